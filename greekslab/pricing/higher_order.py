r"""Greeks of an option on a forward, to the third order, from three numbers.

With :math:`D = e^{-r\tau}`, :math:`v = \sigma\sqrt\tau`, :math:`h = \ln(F/K)/v`, :math:`d_{1,2} = h \pm v/2`, and
:math:`B = D F\phi(d_1) = D K\phi(d_2)`, vega is :math:`B\sqrt\tau` and

.. math::

    \Gamma &= \frac{B}{F^2 v}, &
    \text{vanna} &= -\frac{B}{F}\frac{d_2}{\sigma}, &
    \text{volga} &= \mathcal V\,\frac{d_1 d_2}{\sigma}, \\
    \text{speed} &= -\frac{\Gamma}{F}\Bigl(\frac{d_1}{v} + 1\Bigr), &
    \text{zomma} &= \Gamma\,\frac{d_1 d_2 - 1}{\sigma}, &
    \text{ultima} &= -\mathcal V\,\Bigl[\frac{3h^2}{\sigma^2} + \frac{\tau}{4} -
    \Bigl(\frac{d_1 d_2}{\sigma}\Bigr)^2\Bigr].

At a fixed forward time works through the discount factor and through the total volatility only, so that the Greeks
in calendar time (minus the derivative in :math:`\tau`) follow from those in volatility:

.. math::

    \Theta &= rV - \frac{\sigma\mathcal V}{2\tau}, &
    \text{charm} &= r\Delta - \frac{\sigma\,\text{vanna}}{2\tau}, \\
    \text{veta} &= r\mathcal V - \frac{\mathcal V + \sigma\,\text{volga}}{2\tau}, &
    \text{color} &= r\Gamma - \frac{\sigma\,\text{zomma}}{2\tau}.

`greekslab.pricing.derivation` derives all of them from the price alone.

References
----------
Haug, E. G. (2007). The Complete Guide to Option Pricing Formulas, 2nd ed., ch. 2.
"""

import numpy as np

_FIRST = ("price", "delta", "gamma", "vega", "theta", "rho")
_SECOND = (*_FIRST, "vanna", "volga", "charm", "veta", "dual_delta", "dual_gamma")
COLUMNS = {0: ("price",), 1: _FIRST, 2: _SECOND, 3: (*_SECOND, "speed", "zomma", "color", "ultima")}


def columns(order, forward, strike, vol, tau, rate, sign, parts):
    """Compute the columns of `COLUMNS` [order] as a list of arrays, for inputs of ordinary size.

    Parameters
    ----------
    order : {0, 1, 2, 3}
    forward, strike, vol, tau, rate : float or array
        As in `greekslab.pricing.price`, within `greekslab.pricing.time_value.BOUNDS`; at least one is an array.
    sign : float or array
        +1.0 for calls, -1.0 for puts.
    parts : tuple of array
        What `greekslab.pricing.time_value` gives.
    """
    discounted = np.ndim(rate) > 0 or rate != 0.0
    discount = np.exp(-rate * tau) if discounted else 1.0
    price = np.maximum(sign * (forward - strike), 0.0) + parts.value
    if order == 0:
        return [price * discount] if discounted else [price]
    side = np.copysign(1.0, strike - forward)  # that of the option out of the money
    first, second = _chances(side, sign, parts)
    bell, t = parts.bell, parts.t
    if discounted:
        price, bell, first, second = (x * discount for x in (price, bell, first, second))
    total_vol = 2.0 * t
    slope = bell / forward
    gamma = slope / (forward * total_vol)
    vega = bell * parts.root
    decay = 0.5 * (vol / tau)
    found = [price, first, gamma, vega, rate * price - decay * vega, -tau * price]
    if order == 1:
        return found
    h = -side * parts.a
    product = (parts.a - t) * (parts.a + t)  # d1 d2
    vanna = slope * ((t - h) / vol)
    found += [
        vanna,
        vega * (product / vol),
        rate * first - decay * vanna,
        vega * (rate - (1.0 + product) * (0.5 / tau)),
        -second,
        bell / strike / (strike * total_vol),
    ]
    if order == 3:
        zomma = gamma * ((product - 1.0) / vol)
        steep, bend = h / vol, h * (h / vol) - 0.25 * vol * tau  # d1 d2 / vol
        found += [
            -gamma / forward * (h / total_vol + 1.5),
            zomma,
            rate * gamma - decay * zomma,
            -vega * (3.0 * steep * steep + 0.25 * tau - bend * bend),
        ]
    return found


def _chances(side, sign, parts):
    """Give w N(w d1) and w N(w d2): the tail out of the money, 1 less the tail in the money."""
    above = side > 0.0
    inside = 0.5 * (sign - side)  # 0 out of the money, w in the money
    first = side * np.where(above, parts.near, parts.far) + inside
    second = side * np.where(above, parts.far, parts.near) + inside
    if parts.rest is not None:
        first = np.where(above & (inside != 0.0), inside * parts.rest, first)
        second = np.where(~above & (inside != 0.0), inside * parts.rest, second)
    return first, second


def columns_with_limits(order, forward, strike, vol, tau, rate, sign, parts):
    """Compute what `columns` does where an input may be 0 or huge: what cannot be divided is replaced by its limit.

    The formulas are the same, multiplied out so that the quotients that stay have limits.
    """
    discount = np.exp(-rate * tau)
    price = discount * (np.maximum(sign * (forward - strike), 0.0) + parts.value)
    if order == 0:
        return [price]
    bell, root = discount * parts.bell, np.sqrt(tau)
    finite = _limits(bell)
    total_vol = vol * root
    below = forward < strike
    out_of_money = below == (sign > 0.0)  # a call struck above the forward, a put below it
    delta = sign * discount * _either(out_of_money, below, parts)
    gamma = finite(bell / forward / (forward * total_vol))
    vega = bell * root
    found = [price, delta, gamma, vega, rate * price - finite(bell * vol / (2.0 * root)), -tau * price]
    if order == 1:
        return found
    h = np.copysign(parts.a, forward - strike)
    slope = finite(h / vol)
    product = finite(h * h - 0.25 * total_vol * total_vol)  # d1 d2
    curvature = finite(h * slope - 0.25 * vol * tau)  # d1 d2 / vol, which has a limit at vol = 0
    found += [
        finite(bell / forward * (0.5 * root - slope)),
        finite(vega * curvature),
        rate * delta + finite(bell / forward * (finite(h / tau) - finite(0.5 * vol / root)) / 2.0),
        rate * vega - finite(bell * (1.0 + product) / (2.0 * root)),
        -sign * discount * _either(out_of_money, ~below, parts),
        finite(bell / strike / (strike * total_vol)),
    ]
    if order == 3:
        found += [
            -finite(gamma / forward * (finite(h / total_vol) + 1.5)),
            finite(gamma * (curvature - 1.0 / vol)),
            finite(rate * gamma) + finite(gamma * (1.0 - product) / (2.0 * tau)),
            -finite(vega * (3.0 * slope * slope + 0.25 * tau - curvature * curvature)),
        ]
    return found


def _either(out_of_money, nearer, parts):
    """Choose N(w d): the nearer of the two probabilities or the far one, and its complement in the money."""
    tail, rest = np.where(nearer, parts.near, parts.far), np.where(nearer, parts.rest, 1.0 - parts.far)
    return np.where(out_of_money, tail, rest)


def _limits(bell):
    """Return what replaces 0 / 0: far from the strike nothing bends and nothing decays, whatever it is divided by."""
    return lambda x: np.where((bell == 0.0) | np.isnan(x), 0.0, x)
