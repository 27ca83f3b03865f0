r"""The price of an out-of-the-money option before discounting, to the last digits.

Of a call and a put with one strike, one is out of the money; its price is the time value :math:`U` of both. With
:math:`L = \min(F, K)`, :math:`H = \max(F, K)`, :math:`v = \sigma\sqrt\tau`, :math:`a = \ln(H/L)/v` and
:math:`t = v/2`, Black's formula is

.. math:: U = L\,N(-(a - t)) - H\,N(-(a + t)).

It is right, and it is `plain` here; but the two terms are nearly equal when :math:`v` is small or :math:`a` is
large, and their difference keeps few digits. Since :math:`L\phi(a - t) = H\phi(a + t)`, with Mills' ratio
:math:`M(z) = N(-z)/\phi(z)`

.. math:: U = L\,\phi(a - t)\,[M(a - t) - M(a + t)],

and the bracket is had without cancellation (`greekslab.pricing.mills`). Far out the exponent of :math:`\phi` is
carried in two floats. Where :math:`t - a > 1` nothing cancels in :math:`U = L\,[1 - N(a - t)] - H\,N(-(a + t))`.

References
----------
Dekker, T. J. (1971). A floating-point technique for extending the available precision. Numerische Mathematik 18.
Jäckel, P. (2017). Let's be rational. Wilmott, sec. 6: where Black's formula loses digits.
"""

from typing import NamedTuple

import numpy as np
from scipy.special import ndtr

from greekslab.pricing.mills import LEAST, mills_apart

_SQRT_2PI = np.sqrt(2.0 * np.pi)
# Up to here an exponent of half its square, rounded a few times, costs the price less than 5e-15.
_TWO_FLOATS = 4.2
_FAR = 100.0  # exp(-a^2 / 2) is 0 from 39 on; larger a need not be told apart
# Of forward, strike, vol and tau. Outside them products may overflow; `plain` serves there, no digits are promised.
BOUNDS = (1e-140, 1e140), (1e-140, 1e140), (1e-50, 1e50), (1e-50, 1e50)


class Parts(NamedTuple):
    """What prices and Greeks are made of, each an array."""

    value: np.ndarray  # U, undiscounted price of the out-of-the-money option, quote currency
    near: np.ndarray | None = None  # N(-(a - t))
    rest: np.ndarray | None = None  # N(a - t) if somewhere it is less than the last digits of near, else None
    far: np.ndarray | None = None  # N(-(a + t))
    bell: np.ndarray | None = None  # F phi(d1) = K phi(d2), quote currency: vega is this times sqrt(tau)
    a: np.ndarray | None = None  # |ln(F/K)| / total volatility
    t: np.ndarray | None = None  # total volatility / 2
    root: np.ndarray | None = None  # sqrt(tau)


def time_value(forward, strike, vol, tau, *, probabilities=True):
    """Compute time values, and with them what the Greeks are made of.

    Parameters
    ----------
    forward, strike : float or array
        Quote currency.
    vol, tau : float or array
        Per year, and years. All four within `BOUNDS`.
    probabilities : bool
        Whether to give what Greeks need; otherwise the value alone.

    Returns
    -------
    Parts
    """
    low, high = np.minimum(forward, strike), np.maximum(forward, strike)
    root = np.sqrt(tau)
    total_vol = vol * root
    t = 0.5 * total_vol
    a = np.minimum(np.log1p((high - low) / low) / total_vol, _FAR)
    ratio, apart = mills_apart(a, t)
    bell = low * _density(a - t)
    if a.max(initial=0.0) > _TWO_FLOATS:
        wing = np.nonzero(a > _TWO_FLOATS)
        bell[wing] = _exact_bell(*(np.broadcast_to(x, a.shape)[wing] for x in (low, high, vol, tau)))
    value, beyond = bell * apart, bell * ratio  # U and H N(-(a + t))
    rest = None
    if np.max(t, initial=0.0) > -LEAST and (wide := t - a > -LEAST).any():
        rest = ndtr(a - t)
        value = np.where(wide, low * (1.0 - rest) - beyond, value)
    if not probabilities:
        return Parts(value)
    near = (value + beyond) / low  # a sum of what is known to its last digits
    return Parts(value, near, rest, beyond / high, bell, a, t, root)


def _exact_bell(low, high, vol, tau):
    return np.sqrt(low) * np.sqrt(high) * _exact_exp(low, high, vol, tau) / _SQRT_2PI


def plain(forward, strike, vol, tau):
    """Compute what `time_value` does by Black's formula as it is written, for inputs of any size, 0 included."""
    low, high = np.minimum(forward, strike), np.maximum(forward, strike)
    # From 1e4 on N(-(a - t)) = 1 and N(-(a + t)) = 0 whatever the strike.
    total_vol = np.minimum(vol * np.sqrt(tau), 1e4)
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        log_ratio = np.where(low == high, 0.0, np.log(high) - np.log(low))
        a = np.where(log_ratio == 0.0, 0.0, log_ratio / total_vol)  # 0/0: at the money with nothing left to happen
        t = 0.5 * total_vol
        value = np.maximum(_plain(low, high, a, t), 0.0)
        return Parts(value, ndtr(t - a), ndtr(a - t), ndtr(-(a + t)), low * _density(a - t), a, t, np.sqrt(tau))


def _plain(low, high, a, t):
    return low * ndtr(t - a) - high * ndtr(-(a + t))


def _density(z):
    return np.exp(-0.5 * z * z) / _SQRT_2PI


def _exact_exp(low, high, vol, tau):
    """Compute exp(-(a^2 + t^2) / 2), its exponent carried in two floats.

    The exponent reaches 690 before the price falls below 1e-300, and its every rounding is an error of the price:
    what each operation drops is computed too (Dekker), in the order ratio, logarithm, root, total volatility, a.
    """
    ratio, root = high / low, np.sqrt(tau)
    total_vol = vol * root
    ratio_dropped, root_dropped, dropped = _product([ratio, root, vol], [low, root, root], less=[high, tau, total_vol])
    log_ratio = np.log(ratio)
    vol_dropped = dropped - vol * root_dropped / (2.0 * root)
    a = np.minimum(_leading(log_ratio / total_vol), _FAR)  # 26 bits: its square is exact
    leading = _leading(total_vol)
    rest = log_ratio - a * leading - a * (total_vol - leading) - (ratio_dropped / high + a * vol_dropped)
    rest = rest / total_vol
    t = 0.5 * total_vol
    return np.exp(-0.5 * a * a) * np.exp(-(rest * (a + 0.5 * rest) + 0.5 * t * t))


def _leading(x):
    """Keep the first 26 bits of floats: products of two such numbers are exact."""
    return (x.view(np.int64) & -(1 << 27)).view(np.float64)


def _product(x, y, *, less):
    """Compute x y - less without rounding the product; `less` is near to it."""
    x, y = np.array(x), np.array(y)
    x1, y1 = _leading(x), _leading(y)
    x2, y2 = x - x1, y - y1
    return ((x1 * y1 - less) + x1 * y2 + x2 * y1) + x2 * y2
