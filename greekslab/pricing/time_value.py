r"""The price of an out-of-the-money option before discounting, to the last digits.

Of a call and a put with one strike, one is out of the money; its price is the time value :math:`U` of both. With
:math:`L = \min(F, K)`, :math:`H = \max(F, K)`, :math:`v = \sigma\sqrt\tau`, :math:`a = \ln(H/L)/v` and
:math:`t = v/2`, Black's formula is

.. math:: U = L\,N(-(a - t)) - H\,N(-(a + t)).

It is right, and it is `plain` here; but the two terms are nearly equal when :math:`v` is small or :math:`a` is
large, and their difference keeps few digits. The same number is therefore computed without the cancellation.

Near the money, with the strip of probability :math:`Z` between :math:`a - t` and :math:`a + t`,

.. math:: U = L Z - (H - L)\,N(-(a + t)), \qquad Z = \int_{-t}^{t} \phi(a + s)\,ds .

In the wing, with Mills' ratio :math:`M(z) = N(-z)/\phi(z) = \int \phi(s)\,z/(z^2 + s^2)\,ds`,

.. math:: U = L\,\phi(a - t)\,[M(a - t) - M(a + t)],

where the difference of the two integrands is one fraction, and :math:`\phi(a - t)` comes from an exponent carried
in two floats. Both integrals are sums over a few fixed points.

References
----------
Dekker, T. J. (1971). A floating-point technique for extending the available precision. Numerische Mathematik 18.
Trefethen, L. N. and Weideman, J. A. C. (2014). The exponentially convergent trapezoidal rule. SIAM Review 56, sec. 5.
Jäckel, P. (2017). Let's be rational. Wilmott, sec. 6: where Black's formula loses digits.
"""

from typing import NamedTuple

import numpy as np
from scipy.special import erfcx, ndtr

_SQRT2 = np.sqrt(2.0)
_SQRT_2PI = np.sqrt(2.0 * np.pi)
_SQRT_HALF_PI = np.sqrt(0.5 * np.pi)
# Gauss and Legendre's rule for the strip; seven points leave 1e-17 of it up to half-width 0.3, a = 3.
_POINTS, _SHARES = np.polynomial.legendre.leggauss(7)
_STRIP = 0.3
_SMALL = 2000
# The wing begins here. At less, N in the plain and the strip form has few digits to lose: 5e-15 at most.
_WING = 2.5
# Midpoint rule for Mills' ratio. The pole of its integrand at i z leaves exp(-2 pi z / step + z^2 / 2), 1e-17 of the
# difference at z = 2.5; beyond 26 points the density is below 1e-18.
_STEP = 0.34
_NODES_SQUARED = (_STEP * (np.arange(26) + 0.5)) ** 2
_WEIGHTS = 2.0 * _STEP / _SQRT_2PI * np.exp(-0.5 * _NODES_SQUARED)
# Up to here an exponent of half its square, rounded a few times, costs the price less than 5e-15.
_TWO_FLOATS = 4.2
_FAR = 100.0  # exp(-a^2 / 2) is 0 from 39 on; larger a need not be told apart
# Outside these, intermediate products may overflow; `plain` serves there, and no digits are promised.
SIZES = (1e-140, 1e140)
TOTAL_VOLS = (1e-100, 20.0)


class Parts(NamedTuple):
    """What prices and Greeks are made of, each an array."""

    value: np.ndarray  # U, undiscounted price of the out-of-the-money option, quote currency
    near: np.ndarray | None = None  # N(-(a - t))
    rest: np.ndarray | None = None  # N(a - t) = 1 - near
    far: np.ndarray | None = None  # N(-(a + t))
    bell: np.ndarray | None = None  # F phi(d1) = K phi(d2), quote currency: vega is this times sqrt(tau)
    a: np.ndarray | None = None  # |ln(F/K)| / total volatility


def time_value(forward, strike, vol, tau, *, probabilities=True):
    """Compute time values, and with them what the Greeks are made of.

    Parameters
    ----------
    forward, strike : float or array
        Quote currency, within `SIZES`.
    vol, tau : float or array
        Per year, and years; ``vol * sqrt(tau)`` within `TOTAL_VOLS`.
    probabilities : bool
        Whether to give what Greeks need; otherwise the value alone.

    Returns
    -------
    Parts
    """
    low, high = np.minimum(forward, strike), np.maximum(forward, strike)
    total_vol = vol * np.sqrt(tau)
    gap, t = high - low, 0.5 * total_vol
    a = np.minimum(np.log1p(gap / low) / total_vol, _FAR)
    # All in units of phi(a): its rounding is then that of the price, and not that of a small difference.
    density = np.exp(-0.5 * a * a) / _SQRT_2PI
    tilt = np.exp(-t * (a + 0.5 * t))  # phi(a + t) / phi(a)
    beyond = tilt * _mills(a + t)
    value = density * (low * _strip(a, t) - gap * beyond)
    far = density * beyond
    bell = high * (density * tilt)
    wide, wing = np.asarray(t > _STRIP), a - t > _WING
    if any_wide := wide.any():
        wide = np.broadcast_to(wide, value.shape)
        value[wide] = _difference(*_where(wide, bell, high, far, a, t))
    if wing.any():
        value[wing], far[wing], bell[wing] = _wing(*_where(wing, low, high, vol, tau, a, t))
    if not probabilities:
        return Parts(value)
    near = (value + high * far) / low  # a sum of what is known to its last digits
    rest = 1.0 - near
    if any_wide:
        rest[wide] = ndtr(np.subtract(*_where(wide, a, t)))  # may be small
    return Parts(value, near, rest, far, bell, a)


def _difference(bell, high, far, a, t):
    return bell * _mills(a - t) - high * far


def _mills(z):
    """Compute Mills' ratio N(-z) / phi(z)."""
    return _SQRT_HALF_PI * erfcx(z / _SQRT2)


def _where(mask, *arrays):
    """Take the elements of broadcast arrays; single numbers stay single."""
    shape = mask.shape
    return [x[mask] if x.shape == shape else x if x.ndim == 0 else np.broadcast_to(x, shape)[mask] for x in arrays]


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
        return Parts(value, ndtr(t - a), ndtr(a - t), ndtr(-(a + t)), low * _density(a - t), a)


def _plain(low, high, a, t):
    return low * ndtr(t - a) - high * ndtr(-(a + t))


def _density(z):
    return np.exp(-0.5 * z * z) / _SQRT_2PI


def _strip(a, t):
    """Integrate phi(a + s) / phi(a) = exp(-s (a + s / 2)) over s from -t to t."""
    if a.size > _SMALL:  # point by point, where a table of all would not stay in the cache
        total = 0.0
        for point, share in zip(_POINTS, _SHARES, strict=True):
            s = point * t
            total = total + share * np.exp(-s * (a + 0.5 * s))
        return t * total
    s = _POINTS.reshape(-1, *(1,) * a.ndim) * t
    return t * np.einsum("i,i...->...", _SHARES, np.exp(-s * (a + 0.5 * s)))


def _wing(low, high, vol, tau, a, t):
    near, far = a - t, a + t
    if a.max() > _TWO_FLOATS:
        bell = np.sqrt(low) * np.sqrt(high) * _exact_exp(low, high, vol, tau) / _SQRT_2PI
    else:
        bell = low * _density(near)
    squares = near * near, far * far
    fractions = (near * far - _NODES_SQUARED[:, None]) / (
        (squares[0] + _NODES_SQUARED[:, None]) * (squares[1] + _NODES_SQUARED[:, None])
    )
    value = bell * (2.0 * t) * (_WEIGHTS @ fractions)
    return value, bell * _mills(far) / high, bell


def _exact_exp(low, high, vol, tau):
    """Compute exp(-(a^2 + t^2) / 2), its exponent carried in two floats.

    The exponent reaches 690 before the price falls below 1e-300, and its every rounding is an error of the price:
    what each operation drops is computed too (Dekker), in the order ratio, logarithm, root, total volatility, a.
    """
    ratio = high / low
    log_ratio, dropped = np.log(ratio), -_product(ratio, low, less=high) / high
    root = np.sqrt(tau)
    total_vol = vol * root
    root_dropped = -_product(root, root, less=tau) / (2.0 * root)
    vol_dropped = _product(vol, root, less=total_vol) + vol * root_dropped
    a = np.minimum(_leading(log_ratio / total_vol), _FAR)  # 26 bits: its square is exact
    leading = _leading(total_vol)
    rest = log_ratio - a * leading - a * (total_vol - leading) + (dropped - a * vol_dropped)
    rest = rest / total_vol
    t = 0.5 * total_vol
    return np.exp(-0.5 * a * a) * np.exp(-(rest * (a + 0.5 * rest) + 0.5 * t * t))


def _leading(x):
    """Keep the first 26 bits of floats: products of two such numbers are exact."""
    return (np.asarray(x).view(np.int64) & -(1 << 27)).view(np.float64)


def _product(x, y, *, less):
    """Compute x y - less without rounding the product; `less` is near to it."""
    x1, y1 = _leading(x), _leading(y)
    x2, y2 = x - x1, y - y1
    return ((x1 * y1 - less) + x1 * y2 + x2 * y1) + x2 * y2
