r"""Black-76: an option on a forward, its price and its first Greeks.

The price of a call on a forward :math:`F`, struck at :math:`K`, with volatility :math:`\sigma` and time
:math:`\tau` (years of 365 days), is

.. math::

    V = e^{-r\tau}\,\bigl[F\,N(d_1) - K\,N(d_2)\bigr], \qquad
    d_{1,2} = \frac{\ln(F/K) \pm \tfrac12 \sigma^2\tau}{\sigma\sqrt\tau},

and the put follows from parity. Every function is keyword-only and broadcasts; scalars in, scalar out;
labels of a Series or DataFrame survive.
Conventions: delta and gamma are taken in the forward, vega per 1.00 of volatility, theta per year of calendar
time (negative for a long option at zero rate), rho per 1.00 of rate at a fixed forward.

References
----------
Black, F. (1976). The pricing of commodity contracts. Journal of Financial Economics 3, 167-179.
Haug, E. G. (2007). The Complete Guide to Option Pricing Formulas, 2nd ed., ch. 1-2.
"""

from dataclasses import dataclass

import numpy as np
from scipy.special import erfcx, ndtr

from greekslab.errors import InputError
from greekslab.inputs import numbers
from greekslab.pricing.labels import labels_of

_SQRT2 = np.sqrt(2.0)
_SQRT_2PI = np.sqrt(2.0 * np.pi)
_SIGNS = {"call": 1.0, "put": -1.0, "c": 1.0, "p": -1.0}
# Beyond three standard deviations N(d1) and N(d2) of the plain form lose relative digits (the exponent is rounded
# before it is exponentiated twice); there the scaled complementary error function keeps them.
_WING = 3.0
# Beyond this total volatility N(d1) = 1 and N(d2) = 0 to the last digit, whatever the strike.
_ENDLESS = 1e4
# The square of a huge d1 overflows to infinity, and exp(-infinity) is the right 0.
_HUGE_IS_FINE = np.errstate(over="ignore")


def kind_sign(kind):
    """Turn "call" / "put" (or an array of them) into +1.0 / -1.0.

    Parameters
    ----------
    kind : str or array of str
        "call" or "put"; "C" and "P" are accepted.

    Returns
    -------
    float or ndarray
        +1.0 for calls, -1.0 for puts.
    """
    if isinstance(kind, str):
        try:
            return _SIGNS[kind.lower()]
        except KeyError:
            raise InputError("kind", kind, 'say "call" or "put"') from None
    return np.array([kind_sign(str(k)) for k in np.ravel(kind)]).reshape(np.shape(kind))


def _inputs(forward, strike, vol, tau, rate, sign):
    forward = numbers("forward", forward, "give a forward price of 0 or more, in quote currency", least=0.0)
    strike = numbers("strike", strike, "give a strike of 0 or more, in quote currency", least=0.0)
    vol = numbers("vol", vol, "give a volatility per year as a decimal, 0 or more (0.6 is 60 %)", least=0.0)
    tau = numbers("tau", tau, "give years to expiry (365 days), 0 or more; expired is no price", least=0.0)
    rate = numbers("rate", rate, "give a finite continuously compounded rate per year")
    shapes = [np.shape(x) for x in (forward, strike, vol, tau, rate, sign)]
    try:
        np.broadcast_shapes(*shapes)
    except ValueError:
        remedy = "give arrays of one length, or of shapes that broadcast, such as (3, 1) and (4,)"
        raise InputError("shapes of forward, strike, vol, tau, rate, kind", shapes, remedy) from None
    return forward, strike, vol, tau, rate


def _moments(forward, strike, total_vol):
    """Return d1, d2; where the total vol is 0 the limits: +-inf, and 0 exactly at the money."""
    with np.errstate(divide="ignore", invalid="ignore"):
        drift = np.log(forward / strike) / total_vol
        drift = np.where(np.isnan(drift), 0.0, drift)  # 0/0: at the money with nothing left to happen
    half = 0.5 * total_vol
    return drift + half, drift - half


def _wing(forward, strike, total_vol, a):
    """Price the out-of-the-money option beyond `_WING` deviations, `a` = |ln(F/K)| / total vol."""
    half = 0.5 * total_vol
    scale = 0.5 * np.sqrt(forward) * np.sqrt(strike) * np.exp(-0.5 * (a * a + half * half))
    return scale * (erfcx((a - half) / _SQRT2) - erfcx((a + half) / _SQRT2))


def _value(forward, strike, total_vol, sign):
    """Undiscounted price: intrinsic value plus the price of the out-of-the-money option of the same strike."""
    d1, d2 = _moments(forward, strike, total_vol)
    out = np.where(forward > strike, -1.0, 1.0)  # out-of-the-money side: put below the forward, call above
    time_value = np.maximum(out * (forward * ndtr(out * d1) - strike * ndtr(out * d2)), 0.0)
    a = np.abs(d1 + d2) * 0.5
    deep = (a > _WING) & (0.5 * total_vol < a) & np.isfinite(a)
    if np.any(deep):
        f, k, v = (np.broadcast_to(x, deep.shape)[deep] for x in (forward, strike, total_vol))
        time_value = np.array(np.broadcast_to(time_value, deep.shape))
        time_value[deep] = _wing(f, k, v, a[deep])
    return np.maximum(sign * (forward - strike), 0.0) + time_value


@_HUGE_IS_FINE
def price(*, forward, strike, vol, tau, kind="call", rate=0.0):
    r"""Price European options on a forward.

    Parameters
    ----------
    forward, strike : float or array
        Forward and strike, quote currency, 0 or more.
    vol : float or array
        Volatility per year, decimal (0.6 is 60 %), 0 or more.
    tau : float or array
        Years to expiry, 365 days a year, 0 or more.
    kind : str or array of str
        "call" or "put".
    rate : float or array
        Continuously compounded rate per year.

    Returns
    -------
    float, ndarray, Series or DataFrame
        Price in quote currency per unit of underlying, 0 or more. At ``tau = 0`` or ``vol = 0`` it is the
        discounted intrinsic value.

    Notes
    -----
    The price is the intrinsic value plus that of the out-of-the-money option,
    :math:`V = e^{-r\tau}[(w(F-K))^+ + V_{otm}]`, which keeps all digits of deep options. In the wings
    :math:`V_{otm} = \tfrac12\sqrt{FK}\,e^{-(a^2 + v^2/4)/2}\,[\mathrm{erfcx}((a - v/2)/\sqrt2) -
    \mathrm{erfcx}((a + v/2)/\sqrt2)]`, :math:`v = \sigma\sqrt\tau`, :math:`a = |\ln(F/K)|/v`: the same number,
    without the cancellation.

    Examples
    --------
    >>> round(price(forward=100, strike=100, vol=0.6, tau=30 / 365), 4)
    6.8539
    """
    sign, shaped = kind_sign(kind), labels_of(forward=forward, strike=strike, vol=vol, tau=tau, kind=kind, rate=rate)
    forward, strike, vol, tau, rate = _inputs(forward, strike, vol, tau, rate, sign)
    return shaped(np.exp(-rate * tau) * _value(forward, strike, np.minimum(vol * np.sqrt(tau), _ENDLESS), sign))


@dataclass(frozen=True)
class Greeks:
    """Price and first Greeks of options, each a float or an array of the broadcast shape.

    ``price`` quote currency; ``delta`` per 1 of forward; ``gamma`` delta per 1 of forward; ``vega`` per 1.00 of
    vol; ``theta`` per year of calendar time; ``rho`` per 1.00 of rate at a fixed forward.
    """

    price: float
    delta: float
    gamma: float
    vega: float
    theta: float
    rho: float


@_HUGE_IS_FINE
def greeks(*, forward, strike, vol, tau, kind="call", rate=0.0) -> Greeks:
    r"""Compute price, delta, gamma, vega, theta and rho in one pass.

    Parameters are those of `price`.

    Notes
    -----
    With :math:`D = e^{-r\tau}` and :math:`w = \pm1`: :math:`\Delta = wDN(wd_1)`,
    :math:`\Gamma = D\phi(d_1)/(F\sigma\sqrt\tau)`, :math:`\mathcal V = DF\phi(d_1)\sqrt\tau`,
    :math:`\Theta = -DF\phi(d_1)\sigma/(2\sqrt\tau) + rV`, :math:`\rho = -\tau V`.
    Exactly at the money with ``vol * sqrt(tau) = 0`` the payoff has a kink: delta is the mean of both sides,
    gamma is infinite, and so is theta when time runs out with volatility left.
    """
    sign, shaped = kind_sign(kind), labels_of(forward=forward, strike=strike, vol=vol, tau=tau, kind=kind, rate=rate)
    forward, strike, vol, tau, rate = _inputs(forward, strike, vol, tau, rate, sign)
    root = np.sqrt(tau)
    total_vol = np.minimum(vol * root, _ENDLESS)
    discount = np.exp(-rate * tau)
    d1, _ = _moments(forward, strike, total_vol)
    value = discount * _value(forward, strike, total_vol, sign)
    density = discount * np.exp(-0.5 * d1 * d1) / _SQRT_2PI
    with np.errstate(divide="ignore", invalid="ignore"):
        # A density of exactly 0 wins over a division by 0: far from the strike nothing bends and nothing decays.
        gamma = np.where(density == 0.0, 0.0, density / (forward * total_vol))
        decay = np.where(
            (density == 0.0) | (vol == 0.0) | (forward == 0.0), 0.0, forward * density * vol / (2.0 * root)
        )
    vega = forward * density * root
    delta = discount * sign * ndtr(sign * d1)
    shape = np.broadcast_shapes(np.shape(value), np.shape(delta))
    fields = (value, delta, gamma, vega, rate * value - decay, -tau * value)
    whole = (x if np.shape(x) == shape else np.array(np.broadcast_to(x, shape)) for x in fields)
    return Greeks(*(shaped(x) for x in whole))


def delta(**inputs):
    """Delta: change of price per 1 of forward. Parameters of `price`."""
    return greeks(**inputs).delta


def gamma(**inputs):
    """Gamma: change of delta per 1 of forward, 1 / quote currency. Parameters of `price`."""
    return greeks(**inputs).gamma


def vega(**inputs):
    """Vega: change of price per 1.00 of volatility. Parameters of `price`."""
    return greeks(**inputs).vega


def theta(**inputs):
    """Theta: change of price per year of calendar time. Parameters of `price`."""
    return greeks(**inputs).theta


def rho(**inputs):
    """Rho: change of price per 1.00 of rate at a fixed forward. Parameters of `price`."""
    return greeks(**inputs).rho
