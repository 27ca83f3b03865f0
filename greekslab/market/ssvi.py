r"""SSVI: a whole surface in one tilt and one function, with known conditions for no arbitrage.

With :math:`\theta` the total variance at the money of an expiry and :math:`k = \ln(K/F)`

.. math::

    w(k, \theta) = \frac\theta2 \Bigl\{1 + \rho\varphi k + \sqrt{(\varphi k + \rho)^2 + 1 - \rho^2}\Bigr\},
    \qquad \varphi = \varphi(\theta).

- No butterfly arbitrage in a slice if (theorem 4.2)
  :math:`\theta\varphi(1 + |\rho|) < 4` and :math:`\theta\varphi^2(1 + |\rho|) \le 4`.
- No calendar arbitrage while :math:`\theta` grows with the expiry if and only if (theorem 4.1)
  :math:`0 \le d(\theta\varphi)/d\theta \le (1 + \sqrt{1 - \rho^2})\,\varphi/\rho^2`.

References
----------
Gatheral, J. and Jacquier, A. (2014). Arbitrage-free SVI volatility surfaces. Quantitative Finance 14(1), 59-71,
section 4 and eq. 4.5 (Heston-like); remark 4.4 (power law).
"""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from greekslab.errors import InputError
from greekslab.inputs import BELOW_ONE, SMALLEST, checked_type, number, numbers
from greekslab.market.svi import Svi, SviNatural

_THETA = "give the total variance at the money, vol^2 tau, above 0"


@dataclass(frozen=True)
class PowerLaw:
    r"""Power law: :math:`\varphi = \eta\,\theta^{-\gamma}(1 + \theta)^{\gamma - 1}`.

    A surface with it has no arbitrage at any theta if eta (1 + abs(rho)) <= 2 and gamma <= 1/2.

    Parameters
    ----------
    eta : float
        Size, above 0.
    gamma : float
        Power, between 0 and 1.
    """

    eta: float
    gamma: float = 0.5

    def __post_init__(self):
        object.__setattr__(self, "eta", number("eta", self.eta, "give a size above 0", above=0.0))
        remedy = "give a power between 0 and 1, both left out"
        object.__setattr__(self, "gamma", number("gamma", self.gamma, remedy, above=0.0, most=BELOW_ONE))

    def __call__(self, theta):
        """Return phi at theta (float or array)."""
        theta = numbers("theta", theta, _THETA, above=0.0)
        return (self.eta / (theta**self.gamma * (1.0 + theta) ** (1.0 - self.gamma)))[()]

    def growth(self, theta):
        """Return d(theta phi)/d theta = (1 - gamma) phi / (1 + theta)."""
        return (1.0 - self.gamma) * self(theta) / (1.0 + np.asarray(theta, dtype=float))

    def always_free(self, rho: float) -> bool:
        """Tell whether the parameters alone rule out arbitrage at every theta (sufficient; remark 4.4)."""
        return self.eta * (1.0 + abs(rho)) <= 2.0 and self.gamma <= 0.5


@dataclass(frozen=True)
class HestonLike:
    r"""Heston-like: :math:`\varphi = \frac1x\bigl(1 - \frac{1 - e^{-x}}{x}\bigr)`, :math:`x = \lambda\theta`.

    A surface with it has no arbitrage at any theta if lambda >= (1 + abs(rho)) / 4.

    Parameters
    ----------
    lam : float
        Lambda, above 0.
    """

    lam: float

    def __post_init__(self):
        object.__setattr__(self, "lam", number("lam", self.lam, "give a lambda above 0", above=0.0))

    def _x(self, theta):
        return self.lam * numbers("theta", theta, _THETA, above=0.0)

    def __call__(self, theta):
        """Return phi at theta (float or array)."""
        x = self._x(theta)
        return _exp_tail(x, 2)[()]

    def growth(self, theta):
        """Return d(theta phi)/d theta = (1 - (1 + x) exp(-x)) / x^2."""
        x = self._x(theta)
        return (_exp_tail(x, 1) - _exp_tail(x, 2))[()]

    def always_free(self, rho: float) -> bool:
        """Tell whether the parameters alone rule out arbitrage at every theta (sufficient)."""
        return self.lam >= (1.0 + abs(rho)) / 4.0


def _exp_tail(x, n):
    """Return (1 - exp(-x)) / x for n = 1 and (x - 1 + exp(-x)) / x^2 for n = 2, exact for small x too."""
    small = np.minimum(x, 0.1)
    series, term = np.zeros_like(small), np.ones_like(small)
    for i in range(1, 13):  # below 0.1 the twelfth term is under 1e-20
        term = term / i
        if i >= n:
            series = series + term
            term = -term * small
    with np.errstate(over="ignore"):
        whole = -np.expm1(-x) / x if n == 1 else (x + np.expm1(-x)) / x**2
    return np.where(x < 0.1, series, whole)


@dataclass(frozen=True)
class Ssvi:
    """A surface w(k, theta).

    Parameters
    ----------
    rho : float
        Tilt of every slice, between -1 and 1.
    phi : PowerLaw or HestonLike
        How the bend changes with the total variance at the money.

    Examples
    --------
    >>> surface = Ssvi(-0.6, PowerLaw(1.2))
    >>> float(round(surface.total_variance(0.2, 0.05), 6))
    0.032204
    >>> bool(surface.conditions([0.01, 0.05, 0.2])["free"].all())
    True
    """

    rho: float
    phi: PowerLaw | HestonLike

    def __post_init__(self):
        remedy = "give a tilt between -1 and 1, both left out"
        object.__setattr__(self, "rho", number("rho", self.rho, remedy, least=-BELOW_ONE, most=BELOW_ONE))
        checked_type("phi", self.phi, (PowerLaw, HestonLike), "give PowerLaw(eta, gamma) or HestonLike(lam)")

    def total_variance(self, k, theta):
        """Return w at k = ln(strike / forward), for theta, the total variance at k = 0; arrays broadcast."""
        k = numbers("k", k, "give ln(strike / forward), a finite number")
        phi, theta, rho = self.phi(theta), np.asarray(theta, dtype=float), self.rho
        return (0.5 * theta * (1.0 + rho * phi * k + np.sqrt((phi * k + rho) ** 2 + 1.0 - rho**2)))[()]

    def at(self, theta: float, tau: float) -> Svi:
        """Return the slice of one expiry in raw form: natural with delta = mu = 0, omega = theta, zeta = phi.

        Parameters
        ----------
        theta : float
            Total variance at the money.
        tau : float
            Years to expiry (365 days).
        """
        theta = number("theta", theta, _THETA, above=0.0)
        return SviNatural(delta=0.0, mu=0.0, rho=self.rho, omega=theta, zeta=self.phi(theta), tau=tau).to_raw()

    def conditions(self, theta) -> pd.DataFrame:
        """Tabulate the conditions for no static arbitrage.

        Parameters
        ----------
        theta : array
            Total variances at the money, in order of expiry; they must not fall.

        Returns
        -------
        DataFrame
            One row per theta: phi; wing = theta phi (1 + abs(rho)), below 4; bend = theta phi^2 (1 + abs(rho)),
            at most 4; growth = d(theta phi)/d theta and most_growth, its upper bound; butterfly, calendar and
            free: whether the conditions hold. Those for butterflies are sufficient, not necessary:
            `at(theta, tau).butterfly()` decides a slice exactly.
        """
        theta = np.atleast_1d(numbers("theta", theta, _THETA, above=0.0))
        if np.any(fall := np.diff(theta) < 0.0):
            remedy = f"it falls below {theta[:-1][fall][0]:g} before it; give thetas that grow with the expiry"
            raise InputError("theta", theta[1:][fall][0], remedy)
        phi, growth = self.phi(theta), self.phi.growth(theta)
        tilt = 1.0 + abs(self.rho)
        with np.errstate(over="ignore"):
            most_growth = (1.0 + np.sqrt(1.0 - self.rho**2)) * phi / max(self.rho**2, SMALLEST)
        table = pd.DataFrame(
            dict(theta=theta, phi=phi, wing=theta * phi * tilt, bend=theta * phi**2 * tilt, growth=growth)
        )
        table["most_growth"] = most_growth
        table["butterfly"] = (table["wing"] < 4.0) & (table["bend"] <= 4.0)
        table["calendar"] = (table["growth"] >= 0.0) & (table["growth"] <= table["most_growth"])
        table["free"] = table["butterfly"] & table["calendar"]
        return table
