r"""Static arbitrage in SVI slices: butterflies within one expiry, calendar spreads between two.

Nothing is searched on a grid that could miss a dip. With :math:`k = m + \varsigma\sinh x` and :math:`u = e^x`
every part of Durrleman's function is rational in :math:`u > 0`, and so is :math:`g`:

.. math::

    g = \frac{R\,(4RQ - bHP)^2 - b^2P^2R\,Q(4u + Q) + (64\,b/\varsigma)\,u^3Q^2}{16\,R^3Q^2},

.. math::

    R = u^2 + 1,\quad H = \varsigma u^2 + 2mu - \varsigma = 2uk,\quad
    P = (1+\rho)u^2 - (1-\rho) = \frac{R\,w'}{b},\quad
    Q = \tfrac{b\varsigma}{2}(1+\rho)u^2 + au + \tfrac{b\varsigma}{2}(1-\rho) = u\,w.

Its smallest value is at a root of one polynomial, or in a wing, where :math:`g \to (4 - \beta^2)/16` with
:math:`\beta` the slope of the wing. Two slices cross at roots of a quartic.

References
----------
Gatheral, J. and Jacquier, A. (2014). Arbitrage-free SVI volatility surfaces. Quantitative Finance 14(1), 59-71,
eq. 2.1 (butterfly), lemma 2.1 (calendar).
Lee, R. (2004). The moment formula for implied volatility at extreme strikes. Mathematical Finance 14(3), 469-480.
"""

from dataclasses import dataclass

import numpy as np
from numpy.polynomial import Polynomial

# Rounding in g, whose largest term is of the order 1 to 100, and in differences of total variances.
_ROUNDING = 1e-12
_STEEPEST = 2.0  # Lee: total variance cannot grow faster than 2 |k|; at 2 the price of a far call would not vanish


@dataclass(frozen=True)
class ButterflyCheck:
    """The smallest value of Durrleman's g over all k, and the steeper wing.

    Attributes
    ----------
    g : float
        Smallest g; below 0 the density of the price at expiry is negative there.
    k : float
        Where it is, ln(strike / forward); -inf or inf in a wing.
    wing : float
        Slope of total variance in the steeper wing, b (1 + abs(rho)).
    """

    g: float
    k: float
    wing: float

    @property
    def free(self) -> bool:
        """Tell whether no butterfly has a negative price: g is nowhere below 0 and the wings are below 2."""
        return self.g >= -_ROUNDING and self.wing < _STEEPEST


@dataclass(frozen=True)
class CalendarCheck:
    """The smallest total variance that the later of two slices has above the earlier, over all k.

    Attributes
    ----------
    gap : float
        Smallest difference, later minus earlier; -inf where a wing of the earlier slice is steeper.
    k : float
        Where it is, ln(strike / forward), each expiry with its own forward; -inf or inf in a wing.
    """

    gap: float
    k: float

    @property
    def free(self) -> bool:
        """Tell whether no calendar spread has a negative price: the slices do not cross."""
        return self.gap >= -_ROUNDING


def butterfly(svi) -> ButterflyCheck:
    """Find the smallest g of a raw slice over the whole axis of strikes."""
    wings = {-np.inf: svi.b * (1.0 - svi.rho), np.inf: svi.b * (1.0 + svi.rho)}
    limits = {k: (4.0 - beta**2) / 16.0 for k, beta in wings.items()} if svi.b > 0.0 else {}
    k = _turning_points(svi)
    found = dict(zip(k, np.atleast_1d(svi.durrleman(k)), strict=True)) | limits
    where = min(found, key=found.get)
    if np.isfinite(where):  # a root that is nearly double is rounded in the third digit; the lowest point is not
        near = 0.01 * np.hypot(where - svi.m, svi.sigma)
        where = _lowest(svi.durrleman, np.append(np.linspace(where - near, where + near, 41), where))
        found[where] = svi.durrleman(where)
    return ButterflyCheck(float(found[where]), float(where), max(wings.values()))


def _turning_points(svi):
    """Return every k at which g may turn, among them all at which it does."""
    a, b, rho, m, sigma = svi.a, svi.b, svi.rho, svi.m, svi.sigma
    u = Polynomial([0.0, 1.0])
    R = u**2 + 1.0
    H = sigma * u**2 + 2.0 * m * u - sigma
    P = (1.0 + rho) * u**2 - (1.0 - rho)
    Q = 0.5 * b * sigma * ((1.0 + rho) * u**2 + (1.0 - rho)) + a * u
    G = R * (4.0 * R * Q - b * H * P) ** 2 - b**2 * P**2 * R * Q * (4.0 * u + Q) + 64.0 * b / sigma * u**3 * Q**2
    slope = G.deriv() * R * Q - G * (3.0 * R.deriv() * Q + 2.0 * R * Q.deriv())  # of G / (R^3 Q^2), times R^4 Q^3
    roots = slope.trim().roots().real  # a root off the axis by rounding still counts; one that is complex does no harm
    roots = roots[(roots > 1e-100) & (roots < 1e100)]
    return np.append(m + 0.5 * sigma * (roots - 1.0 / roots), (m, 0.0))


def calendar(near, far) -> CalendarCheck:
    """Find where the slice `far` (later expiry) comes closest to `near`, or falls below it."""
    limits = []
    for side in (-1.0, 1.0):  # a wing's line is a + slope (|k| - side m)
        near_slope, far_slope = (s.b * (1.0 + side * s.rho) for s in (near, far))
        if near_slope > far_slope + _ROUNDING:
            return CalendarCheck(-np.inf, side * np.inf)
        if abs(near_slope - far_slope) <= _ROUNDING:
            limit = far.a - near.a - side * (far_slope * far.m - near_slope * near.m)
            limits.append(CalendarCheck(limit, side * np.inf))

    def gap(k):
        return far.total_variance(k) - near.total_variance(k)

    # between two roots the sign does not change, so one point in each interval settles it
    roots = np.unique(np.concatenate([_crossings(near, far), [near.m, far.m, 0.0]]))
    between = 0.5 * (roots[1:] + roots[:-1])
    reach = 10.0 * max(near.sigma, far.sigma) + 1.0
    k = np.unique(np.concatenate([roots, between, np.linspace(roots[0] - reach, roots[-1] + reach, 201)]))
    k = _lowest(gap, k)
    return min([CalendarCheck(float(gap(k)), float(k)), *limits], key=lambda check: check.gap)


def _lowest(curve, k):
    """Return the lowest point of a curve near each local low of the points `k`, never a higher one."""
    k = np.sort(k)
    k = k[np.diff(k, prepend=-np.inf) > 1e-9 * (1.0 + np.abs(k))]  # two points in one place enclose nothing
    y = np.pad(curve(k), 1, constant_values=np.inf)
    lows = np.flatnonzero((y[1:-1] <= y[:-2]) & (y[1:-1] <= y[2:]))
    edges = np.pad(k, 1, mode="edge")
    best, low, high = k[lows], edges[lows], edges[lows + 2]
    for _ in range(4):
        net = np.concatenate([np.linspace(low, high, 41), best[None, :]])
        best = net[np.argmin(curve(net), axis=0), np.arange(best.size)]
        step = (high - low) / 40.0
        low, high = best - step, best + step
    return best[np.argmin(curve(best))]


def _crossings(near, far):
    """Return the candidates for near(k) = far(k): square away both roots, one after the other."""
    k = Polynomial([0.0, 1.0])
    q1, q2 = ((k - s.m) ** 2 + s.sigma**2 for s in (near, far))
    line1, line2 = (s.a + s.b * s.rho * (k - s.m) for s in (near, far))
    L = line1 - line2  # = b2 sqrt(q2) - b1 sqrt(q1) at a crossing
    quartic = (near.b**2 * q1 + far.b**2 * q2 - L**2) ** 2 - 4.0 * near.b**2 * far.b**2 * q1 * q2
    roots = quartic.trim().roots().real
    return roots[np.abs(roots) < 1e6]  # beyond, the wings' slopes have spoken already
