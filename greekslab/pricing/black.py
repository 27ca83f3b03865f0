r"""Black-76: an option on a forward, its price and its Greeks.

The price of a call on a forward :math:`F`, struck at :math:`K`, with volatility :math:`\sigma` and time
:math:`\tau` (years of 365 days), is

.. math::

    V = e^{-r\tau}\,\bigl[F\,N(d_1) - K\,N(d_2)\bigr], \qquad
    d_{1,2} = \frac{\ln(F/K) \pm \tfrac12 \sigma^2\tau}{\sigma\sqrt\tau},

and the put follows from parity. Every function is keyword-only and broadcasts; scalars in, scalar out;
labels of a Series or DataFrame survive. The time value is computed in `greekslab.pricing.time_value`: within 1e-14
of itself where it is at least 1e-8 of the forward, within 2e-13 down to 1e-300, for strikes within a factor of 20 of
the forward and total volatilities from 1e-4 to 6.
Conventions: delta and gamma are taken in the forward, vega per 1.00 of volatility, theta per year of calendar
time (negative for a long option at zero rate), rho per 1.00 of rate at a fixed forward.

References
----------
Black, F. (1976). The pricing of commodity contracts. Journal of Financial Economics 3, 167-179.
Haug, E. G. (2007). The Complete Guide to Option Pricing Formulas, 2nd ed., ch. 1-2.
"""

from dataclasses import dataclass

import numpy as np

from greekslab.errors import InputError
from greekslab.inputs import numbers
from greekslab.pricing.acceleration import compiled_columns
from greekslab.pricing.blocks import BLOCK, blocks
from greekslab.pricing.higher_order import COLUMNS, columns, columns_with_limits
from greekslab.pricing.labels import labels_of
from greekslab.pricing.time_value import BOUNDS, plain, time_value

_SIGNS = {"call": 1.0, "put": -1.0, "c": 1.0, "p": -1.0}
_REMEDIES = {
    "forward": "give a forward price of 0 or more, in quote currency",
    "strike": "give a strike of 0 or more, in quote currency",
    "vol": "give a volatility per year as a decimal, 0 or more (0.6 is 60 %)",
    "tau": "give years to expiry (365 days), 0 or more; expired is no price",
    "rate": "give a finite continuously compounded rate per year",
    "spot": "give a spot price of 0 or more, in quote currency",
    "carry": "give a finite cost of carry per year: rate less yield",
}


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


def _read(name, value, checked=True):
    """Return a NumPy number or array; single numbers take the quick way, and arrays may be checked later."""
    least = -np.inf if name in ("rate", "carry") else 0.0
    if type(value) in (float, int, np.float64) and least <= value < np.inf and value > -np.inf:
        return np.float64(value)
    if not checked and type(value) is np.ndarray and value.dtype == np.float64:
        return value
    return numbers(name, value, _REMEDIES[name], least=least)


def inputs_of(kind, *, checked=True, **market):
    """Read what the caller gave: arrays by name, the sign of each option, the common shape, and the way back.

    Returns
    -------
    market : list of array
        In the order given.
    sign : float or array
        +1.0 for calls, -1.0 for puts.
    shape : tuple
        The shape they broadcast to.
    shaped : callable
        Gives a result the form of the inputs (`greekslab.pricing.labels.labels_of`).
    """
    sign, shaped = kind_sign(kind), labels_of(kind=kind, **market)
    names = ", ".join(market)
    market = [_read(name, value, checked) for name, value in market.items()]
    shapes = {np.shape(x) for x in (*market, sign)} - {()}
    if len(shapes) < 2:
        return market, sign, next(iter(shapes), ()), shaped
    try:
        return market, sign, np.broadcast_shapes(*shapes), shaped
    except ValueError:
        shapes = [np.shape(x) for x in (*market, sign)]
        remedy = "give arrays of one length, or of shapes that broadcast, such as (3, 1) and (4,)"
        raise InputError(f"shapes of {names}, kind", shapes, remedy) from None


def evaluate(order, kind, **market):
    """Compute the columns of an order of Greeks (0: the price alone), each in the form of the inputs."""
    names = tuple(market)
    long = any(type(x) is np.ndarray and x.size > BLOCK for x in market.values())
    market, sign, shape, shaped = inputs_of(kind, checked=not long, **market)
    size = int(np.prod(shape))
    if size <= BLOCK:
        market[0] = np.atleast_1d(market[0])
        found = _columns(order, *market, sign)
        found = (x if x.shape == shape else np.array(np.broadcast_to(x, shape or 1)).reshape(shape) for x in found)
    else:
        flat = [x if np.ndim(x) == 0 else np.broadcast_to(x, shape).reshape(-1) for x in (*market, sign)]
        found = np.empty((len(COLUMNS[order]), size))

        def check():  # the compiled kernels see for themselves what cannot be right
            for name, value in zip(names, market, strict=True):
                _read(name, value)

        done = compiled_columns(order, flat, found, _columns, check)
        if not done:
            check()
        for rows in () if done else blocks(size):
            block = [x if np.ndim(x) == 0 else x[rows] for x in flat]
            block[0] = np.atleast_1d(block[0])
            for column, values in zip(found, _columns(order, *block), strict=True):
                column[rows] = values
        found = found.reshape(-1, *shape)
    return [shaped(x) for x in found]


def _columns(order, forward, strike, vol, tau, rate, sign):
    """Use the exact time value where the sizes are ordinary, the plain formula and limits elsewhere."""
    market = forward, strike, vol, tau
    if all(x.size == 0 or (a <= x.min() and x.max() <= b) for x, (a, b) in zip(market, BOUNDS, strict=True)):
        return columns(order, *market, rate, sign, time_value(*market, probabilities=order > 0))
    every = np.broadcast_arrays(*market, rate, sign)
    with np.errstate(all="ignore"):
        found = np.array(columns_with_limits(order, *every, plain(*every[:4])))
    ordinary = np.all([(a <= x) & (x <= b) for x, (a, b) in zip(every, BOUNDS, strict=False)], axis=0)
    if ordinary.any():
        mine = [x[ordinary] for x in every]
        found[:, ordinary] = np.array(columns(order, *mine, time_value(*mine[:4])))
    return found


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
    The price is the intrinsic value plus the time value :math:`U`, the price of the out-of-the-money option of the
    same strike: :math:`V = e^{-r\tau}[(w(F-K))^+ + U]`, :math:`w = \pm1`. No digits are lost deep in or out of the
    money.

    Examples
    --------
    >>> round(price(forward=100, strike=100, vol=0.6, tau=30 / 365), 4)
    6.8539
    """
    return evaluate(0, kind, forward=forward, strike=strike, vol=vol, tau=tau, rate=rate)[0]


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


@dataclass(frozen=True)
class SecondGreeks(Greeks):
    """Greeks of the second order, after those of `Greeks`.

    ``vanna`` delta per 1.00 of vol; ``volga`` vega per 1.00 of vol; ``charm`` delta and ``veta`` vega per year of
    calendar time; ``dual_delta`` price per 1 of strike; ``dual_gamma`` dual delta per 1 of strike.
    """

    vanna: float
    volga: float
    charm: float
    veta: float
    dual_delta: float
    dual_gamma: float


@dataclass(frozen=True)
class ThirdGreeks(SecondGreeks):
    """Greeks of the third order, after those of `SecondGreeks`.

    ``speed`` gamma per 1 of forward; ``zomma`` gamma per 1.00 of vol; ``color`` gamma per year of calendar time;
    ``ultima`` volga per 1.00 of vol.
    """

    speed: float
    zomma: float
    color: float
    ultima: float


BUNDLES = {1: Greeks, 2: SecondGreeks, 3: ThirdGreeks}


def checked_order(order):
    """Return the order of Greeks asked for, if there is one."""
    if isinstance(order, bool) or order not in (1, 2, 3):
        raise InputError("order", order, "ask for Greeks to order 1 (gamma comes with them), 2 or 3")
    return order


def greeks(*, forward, strike, vol, tau, kind="call", rate=0.0, order=1) -> Greeks:
    r"""Compute price and Greeks in one pass.

    Parameters are those of `price`, and

    Parameters
    ----------
    order : {1, 2, 3}
        1: price, delta, gamma, vega, theta, rho. 2: also vanna, volga, charm, veta, dual delta, dual gamma.
        3: also speed, zomma, color, ultima. Fewer take less time.

    Returns
    -------
    Greeks, SecondGreeks or ThirdGreeks
        One field for each; units are in the docstrings of the classes.

    Notes
    -----
    With :math:`D = e^{-r\tau}` and :math:`w = \pm1`: :math:`\Delta = wDN(wd_1)`,
    :math:`\Gamma = D\phi(d_1)/(F\sigma\sqrt\tau)`, :math:`\mathcal V = DF\phi(d_1)\sqrt\tau`,
    :math:`\Theta = -DF\phi(d_1)\sigma/(2\sqrt\tau) + rV`, :math:`\rho = -\tau V`; the others are in
    `greekslab.pricing.higher_order`.
    Exactly at the money with ``vol * sqrt(tau) = 0`` the payoff has a kink: delta is the mean of both sides,
    gamma is infinite, and so is theta when time runs out with volatility left.
    """
    order = checked_order(order)
    return BUNDLES[order](*evaluate(order, kind, forward=forward, strike=strike, vol=vol, tau=tau, rate=rate))


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
