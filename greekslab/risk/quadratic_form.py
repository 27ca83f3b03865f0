r"""The distribution of a quadratic in normal factors, exactly: one factor in closed form, many by inversion.

After a change of factors to independent standard normals :math:`y_i` a delta-gamma P&L is

.. math:: V = c + \sum_i (a_i y_i^2 + b_i y_i) .

One factor leaves a parabola, whose lower tail is one or two tails of the normal. For many the logarithm of
:math:`E\,e^{sV}` is known,

.. math:: K(s) = cs + \sum_i \Bigl[-\tfrac12\ln(1 - 2a_i s) + \frac{b_i^2 s^2}{2(1 - 2a_i s)}\Bigr],

and the lower tail and the mean shortfall below :math:`p` are integrals along a line that crosses the real axis left
of 0:

.. math:: P(V \le p) = -\frac{1}{2\pi i}\int \frac{e^{K(s) - ps}}{s}\,ds, \qquad
          E(p - V)^+ = \frac{1}{2\pi i}\int \frac{e^{K(s) - ps}}{s^2}\,ds .

The line crosses at the saddle of the integrand and bends to the side on which it dies out.

References
----------
Imhof, J. P. (1961). Computing the distribution of quadratic forms in normal variables. Biometrika 48, 419-426.
Rice, S. O. (1980). Distribution of quadratic forms in normal random variables. SIAM J. Sci. Stat. Comput. 1, 438-448.
Rouvinez, C. (1997). Going Greek with VaR. Risk 10(2), 57-65 (the delta-gamma P&L by inversion).
"""

from dataclasses import dataclass

import numpy as np
from scipy.optimize import brentq
from scipy.special import ndtr

_FLAT = 1e-14  # a number below this share of the largest is rounding: such a curvature is none
_BEND = 0.5  # slope of the bent line; below 1, so that a purely normal part dies out along it as well
# Steps of the trapezoidal rule in u; sinh(u) is the distance along the line. They reach 2e9 times as far as the saddle
# is from 0, and leave an error of 1e-12 (tested against closed forms: one factor, chi-squared).
_U = np.linspace(0.0, 22.0, 1101)
_NEGLIGIBLE = 1e-20  # of the largest term
_STEPS = np.logspace(-8.0, 8.0, 161)  # where the saddle is looked for, in inverse standard deviations


@dataclass(frozen=True, eq=False)
class QuadraticNormal:
    """V = shift + sum(a y^2 + b y) over independent standard normals y; shapes (factors,), in units of V."""

    shift: float
    a: np.ndarray
    b: np.ndarray

    @classmethod
    def of(cls, delta, gamma, covariance) -> "QuadraticNormal":
        """Diagonalise D'x + x'Gx/2 with x ~ N(0, covariance); linear factors are put together as one."""
        root = _root(covariance)
        a, turn = np.linalg.eigh(root.T @ gamma @ root / 2.0)
        b = turn.T @ (root.T @ delta)
        least = _FLAT * max(np.abs(a).max(), np.abs(b).max())
        flat = np.abs(a) <= least
        linear = np.sqrt((b[flat] ** 2).sum())
        if linear > least or flat.all():
            return cls(0.0, np.append(a[~flat], 0.0), np.append(b[~flat], linear))
        return cls(0.0, a[~flat], b[~flat])

    @property
    def mean(self) -> float:
        """Mean, in units of V."""
        return self.shift + float(self.a.sum())

    @property
    def sd(self) -> float:
        """Standard deviation, in units of V."""
        return float(np.sqrt((2.0 * self.a**2 + self.b**2).sum()))

    def quantile(self, probability: float) -> float:
        """Return the p with P(V <= p) = probability, in (0, 1)."""
        if self.sd == 0.0:
            return self.mean
        # Cantelli: no distribution of this mean and spread has its quantile outside these
        low = self.mean - self.sd * np.sqrt((1.0 - probability) / probability)
        high = self.mean + self.sd * np.sqrt(probability / (1.0 - probability))
        low, high = (p + step * self.sd for p, step in ((low, -1e-9), (high, 1e-9)))
        find = lambda p: self.lower_tail(p)[0] - probability  # noqa: E731
        return brentq(find, low, high, xtol=1e-14 * self.sd, rtol=1e-14)

    def shortfall(self, probability: float) -> float:
        """Return the mean of V over its lower tail of this probability."""
        p = self.quantile(probability)
        return p if self.sd == 0.0 else p - self.lower_tail(p)[1] / probability

    def lower_tail(self, p: float) -> tuple[float, float]:
        """Return P(V <= p) and E max(p - V, 0)."""
        return self._parabola(p) if len(self.a) == 1 else self._inverted(p)

    # --- one factor --------------------------------------------------------------------------------------------

    def _parabola(self, p):
        a, b, c = float(self.a[0]), abs(float(self.b[0])), self.shift - p  # the normal does not see the sign of b
        inside = b * b - 4.0 * a * c
        if inside < 0.0:  # p lies beyond the vertex
            return (0.0, 0.0) if a > 0.0 else (1.0, p - self.mean)
        q = -(b + np.sqrt(inside)) / 2.0
        near = c / q if q < 0.0 else 0.0  # V = p at c / q and at q / a: so written, no digits are lost
        far = q / a if a != 0.0 else np.inf
        bells = np.exp(-0.5 * np.array([near, far]) ** 2) / np.sqrt(2.0 * np.pi)
        # V <= p below the near root and not below the far one (a > 0), or also above it (a < 0)
        mass = ndtr(near) - np.sign(a) * ndtr(-abs(far))
        first = bells[1] - bells[0]
        second = mass - near * bells[0] + (far * bells[1] if a != 0.0 else 0.0)
        return float(mass), float(-(c * mass + b * first + a * second))

    # --- many factors ------------------------------------------------------------------------------------------

    def _inverted(self, p):
        if p > self.mean:  # the upper tail is the lower one of -V: the small one is computed
            chance, short = QuadraticNormal(-self.shift, -self.a, -self.b)._inverted(-p)
            return 1.0 - chance, p - self.mean + short
        a, b, c = self.a / self.sd, self.b / self.sd, (self.shift - p) / self.sd
        bent = a != 0.0
        vertex = c - (b[bent] ** 2 / (4.0 * a[bent])).sum()
        if (a > 0.0).all() and vertex >= 0.0:  # p lies below every outcome
            return 0.0, 0.0
        # the saddle, as near as it is needed: the least of the integrand on the axis between the pole at 0 and the
        # first branch point to its left
        axis = -_STEPS / (1.0 + 2.0 * max(-a.min(), 0.0) * _STEPS)
        start = axis[np.argmin(_exponent(axis, a, b, c) - np.log(-axis))]
        lines = [_line(start, side, a, b, c) for side in (-_BEND, _BEND)]
        terms, s = min(lines, key=lambda line: np.abs(line[0]).sum())  # the one on which the integrand dies out
        chance, short = -terms.sum().imag / np.pi, (terms / s).sum().imag / np.pi
        return float(chance), float(short * self.sd)


def _root(covariance):
    """Return A with A A' = covariance; correlations that are 1 but for rounding count as 1."""
    sd = np.sqrt(np.diag(covariance))
    scale = np.where(sd > 0.0, sd, 1.0)
    values, vectors = np.linalg.eigh(covariance / scale / scale[:, None])
    # a root would make 1e-8 of a rounding of 1e-16
    values = np.where(values > 8.0 * len(sd) * np.finfo(float).eps, values, 0.0)
    return sd[:, None] * vectors * np.sqrt(values)


def _line(start, side, a, b, c):
    """Return the terms of the integral of exp(K(s)) / s along a bent line, and its points s."""
    t, growth = -start * np.sinh(_U), -start * np.cosh(_U)
    s = start + 1j * t + side * (growth + start)
    step = (1j * growth + side * t) * (_U[1] - _U[0])
    step[0] /= 2.0
    with np.errstate(over="ignore", invalid="ignore"):
        terms = np.exp(_exponent(s, a, b, c)) * step / s
        size = np.nan_to_num(np.abs(terms), nan=np.inf)
    # once it is negligible the line may turn to wherever it stays so: what comes back beyond does not count
    dead = size <= _NEGLIGIBLE * np.maximum.accumulate(size)
    end = int(np.argmax(dead)) if dead.any() else len(s)
    return np.nan_to_num(terms[:end], nan=np.inf), s[:end]


def _exponent(s, a, b, c):
    """Return K(s) for every s, with c in place of the shift."""
    s = s[:, None]
    left = 1.0 - 2.0 * a * s
    return c * s[:, 0] + (b**2 * s**2 / (2.0 * left) - 0.5 * np.log(left)).sum(axis=1)
