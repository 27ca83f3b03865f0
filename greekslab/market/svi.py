r"""SVI: the smile of one expiry in five numbers, written in three ways.

Total variance :math:`w = \sigma^2 \tau` over log-moneyness :math:`k = \ln(K/F)`:

.. math::

    w(k) = a + b\,\bigl[\rho\,(k - m) + \sqrt{(k - m)^2 + \varsigma^2}\,\bigr].

`Svi` holds these *raw* parameters; `SviNatural` counts from a normalised hyperbola; `SviJumpWings` says what a
trader sees: the level and the slope at the money, the slopes of the wings, the least variance. Each turns into
the others without loss. A slice is free of butterfly arbitrage where Durrleman's

.. math::

    g(k) = \Bigl(1 - \frac{k w'}{2w}\Bigr)^2 - \frac{w'^2}{4}\Bigl(\frac1w + \frac14\Bigr) + \frac{w''}{2}

is nowhere below 0 and no wing reaches the slope 2.

References
----------
Gatheral, J. and Jacquier, A. (2014). Arbitrage-free SVI volatility surfaces. Quantitative Finance 14(1), 59-71:
eq. 2.1 (g), 3.1 (raw), 3.2 and lemma 3.1 (natural), 3.5 and lemma 3.2 (jump wings), 5.1 (repair).
"""

from dataclasses import dataclass, fields, replace

import numpy as np

from greekslab.errors import InputError
from greekslab.inputs import BELOW_ONE, SMALLEST, number, numbers
from greekslab.market.arbitrage import ButterflyCheck, butterfly

_LOG_MONEYNESS = "give ln(strike / forward), a finite number"
_RULES = {  # field: (remedy, bounds)
    "b": ("give a slope of 0 or more", {"least": 0.0}),
    "rho": ("give a tilt between -1 and 1, both left out", {"least": -BELOW_ONE, "most": BELOW_ONE}),
    "sigma": ("give a width above 0", {"above": 0.0}),
    "omega": ("give a scale of 0 or more", {"least": 0.0}),
    "zeta": ("give a sharpness above 0", {"above": 0.0}),
    "v": ("give the variance per year at the money, above 0", {"above": 0.0}),
    "p": ("give the slope of the put wing, above 0", {"above": 0.0}),
    "c": ("give the slope of the call wing, above 0", {"above": 0.0}),
    "v_tilde": ("give the least variance per year, 0 or more", {"least": 0.0}),
    "tau": ("give years to expiry (365 days), above 0", {"above": 0.0}),
}


def checked_fields(parameters) -> None:
    """Read every field of a frozen dataclass as a number within the bounds its symbol has."""
    for f in fields(parameters):
        remedy, bounds = _RULES.get(f.name, ("give a finite number", {}))
        object.__setattr__(parameters, f.name, number(f.name, getattr(parameters, f.name), remedy, **bounds))


@dataclass(frozen=True, kw_only=True)
class Svi:
    """A slice in raw parameters.

    Parameters
    ----------
    a : float
        Level of total variance; the least is a + b sigma sqrt(1 - rho^2), 0 or more.
    b : float
        Opening of the wings, 0 or more: their slopes are b (1 - rho) to the left and b (1 + rho) to the right.
    rho : float
        Tilt, between -1 and 1.
    m : float
        Shift along k = ln(strike / forward).
    sigma : float
        Width of the bend, above 0. It is no volatility.
    tau : float
        Years to expiry (365 days), above 0: vol = sqrt(w / tau).

    Examples
    --------
    >>> smile = Svi(a=0.04, b=0.4, rho=-0.4, m=0.05, sigma=0.1, tau=1.0)
    >>> float(round(smile.vol(0.0), 6))
    0.304502
    >>> smile.butterfly().free
    True
    """

    a: float
    b: float
    rho: float
    m: float
    sigma: float
    tau: float

    def __post_init__(self):
        checked_fields(self)
        if self.least < -1e-14 * (abs(self.a) + self.b * self.sigma):  # rounding of a slice that touches 0
            depth = self.b * self.sigma * np.sqrt(1.0 - self.rho**2)
            raise InputError("a", self.a, f"total variance would be negative; give {-depth:.6g} or more")

    @property
    def least(self) -> float:
        """Least total variance over all k."""
        return self.a + self.b * self.sigma * float(np.sqrt(1.0 - self.rho**2))

    # --- the curve ---------------------------------------------------------------------------------------------

    def total_variance(self, k):
        """Return w at k = ln(strike / forward), shaped like `k`."""
        k = numbers("k", k, _LOG_MONEYNESS)
        w = self.a + self.b * (self.rho * (k - self.m) + np.hypot(k - self.m, self.sigma))
        return np.maximum(w, 0.0)[()]

    def slope(self, k):
        """Return dw/dk."""
        k = numbers("k", k, _LOG_MONEYNESS)
        return (self.b * (self.rho + (k - self.m) / np.hypot(k - self.m, self.sigma)))[()]

    def curvature(self, k):
        """Return the second derivative of w by k, 0 or more."""
        k = numbers("k", k, _LOG_MONEYNESS)
        root = np.hypot(k - self.m, self.sigma)
        return (self.b * (self.sigma / root) ** 2 / root)[()]

    def vol(self, k):
        """Return the implied volatility per year, decimal: sqrt(w / tau)."""
        return np.sqrt(self.total_variance(k) / self.tau)

    def vol_slope(self, k):
        """Return the skew: change of volatility per 1 of k, w' / (2 vol tau); 0 where the volatility is 0."""
        vol, slope = self.vol(k), self.slope(k)
        return np.where(vol > 0.0, slope / (2.0 * np.where(vol > 0.0, vol, 1.0) * self.tau), 0.0)[()]

    def durrleman(self, k):
        """Return g; below 0 a butterfly around k has a negative price."""
        k, w, w1, w2 = np.asarray(k, dtype=float), self.total_variance(k), self.slope(k), self.curvature(k)
        w = np.maximum(w, SMALLEST / np.finfo(float).eps)  # at w = 0 the limit from above
        with np.errstate(over="ignore"):
            return ((1.0 - k * w1 / (2.0 * w)) ** 2 - w1**2 / 4.0 * (1.0 / w + 0.25) + w2 / 2.0)[()]

    def density(self, k):
        """Return the density of ln(price at expiry / forward) that the slice implies: g phi(d2) / sqrt(w)."""
        k = np.asarray(k, dtype=float)
        g, root = self.durrleman(k), np.sqrt(self.total_variance(k))
        d2 = -k / root - 0.5 * root
        return (g * np.exp(-0.5 * d2**2) / (np.sqrt(2.0 * np.pi) * root))[()]

    # --- arbitrage ---------------------------------------------------------------------------------------------

    def butterfly(self) -> ButterflyCheck:
        """Check for butterfly arbitrage over all k, wings included."""
        return butterfly(self)

    def repaired(self) -> "Svi":
        r"""Return the slice itself if it has no butterfly arbitrage, else one of SSVI's shape (eq. 5.1).

        Notes
        -----
        v, psi and p stay; :math:`c' = p + 2\psi`, :math:`\tilde v' = 4 v p c' / (p + c')^2` (eq. 5.1). That is the
        natural form with :math:`\Delta = \mu = 0`, :math:`\omega = v\tau`, :math:`\rho = \psi / (p + \psi)`,
        :math:`\zeta = 2 (p + \psi) / \sqrt{v\tau}`. If even that has arbitrage, an `InputError` says so.
        """
        if self.butterfly().free:
            return self
        jw = self.to_jump_wings()
        w0 = jw.v * jw.tau
        rho, zeta = jw.psi / (jw.p + jw.psi), 2.0 * (jw.p + jw.psi) / np.sqrt(w0)
        slice_ = SviNatural(delta=0.0, mu=0.0, rho=rho, omega=w0, zeta=zeta, tau=jw.tau).to_raw()
        if not slice_.butterfly().free:
            remedy = "keeping level, slope and put wing leaves arbitrage; lower the put wing p, or fit with fit_svi"
            raise InputError("p", jw.p, remedy)
        return slice_

    # --- other forms -------------------------------------------------------------------------------------------

    def scaled(self, factor: float) -> "Svi":
        """Return the slice with every volatility multiplied by `factor`, 0 or more."""
        factor = number("factor", factor, "give a factor of 0 or more", least=0.0)
        return replace(self, a=self.a * factor**2, b=self.b * factor**2)

    def to_natural(self) -> "SviNatural":
        """Return the natural form (lemma 3.1)."""
        root = np.sqrt(1.0 - self.rho**2)
        omega = 2.0 * self.b * self.sigma / root
        delta, mu = self.a - 0.5 * omega * (1.0 - self.rho**2), self.m + self.rho * self.sigma / root
        return SviNatural(delta=delta, mu=mu, rho=self.rho, omega=omega, zeta=root / self.sigma, tau=self.tau)

    def to_jump_wings(self) -> "SviJumpWings":
        """Return the jump-wing form (eq. 3.5); it needs a total variance above 0 at k = 0."""
        w0 = self.total_variance(0.0)
        if w0 <= 0.0:
            raise InputError("total variance at k = 0", w0, "jump wings divide by it; raise a")
        root = np.sqrt(w0)
        return SviJumpWings(
            v=w0 / self.tau, psi=self.slope(0.0) / (2.0 * root), p=self.b * (1.0 - self.rho) / root,
            c=self.b * (1.0 + self.rho) / root, v_tilde=max(self.least, 0.0) / self.tau, tau=self.tau,
        )  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class SviNatural:
    r"""A slice in natural parameters.

    :math:`w = \Delta + \frac\omega2\{1 + \zeta\rho(k-\mu) + \sqrt{(\zeta(k-\mu)+\rho)^2 + 1 - \rho^2}\}`.

    Parameters
    ----------
    delta : float
        Total variance added to the hyperbola. It is no Greek.
    mu : float
        Shift along k.
    rho : float
        Tilt, between -1 and 1.
    omega : float
        Scale of total variance, 0 or more; w(mu) = delta + omega.
    zeta : float
        Sharpness of the bend, above 0.
    tau : float
        Years to expiry (365 days), above 0.
    """

    delta: float
    mu: float
    rho: float
    omega: float
    zeta: float
    tau: float

    def __post_init__(self):
        checked_fields(self)

    def to_raw(self) -> Svi:
        """Return the raw form (lemma 3.1)."""
        rest = 1.0 - self.rho**2
        return Svi(
            a=self.delta + 0.5 * self.omega * rest, b=0.5 * self.omega * self.zeta, rho=self.rho,
            m=self.mu - self.rho / self.zeta, sigma=np.sqrt(rest) / self.zeta, tau=self.tau,
        )  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class SviJumpWings:
    """A slice as a trader reads it.

    Parameters
    ----------
    v : float
        Variance per year at the money, vol squared, above 0.
    psi : float
        Slope of the volatility at the money, times sqrt(tau): d sqrt(w) / dk at k = 0.
    p, c : float
        Slopes of the put and the call wing, in units of sqrt(w(0)), above 0; -p < 2 psi < c.
    v_tilde : float
        Least variance per year, from 0 to v.
    tau : float
        Years to expiry (365 days), above 0.
    """

    v: float
    psi: float
    p: float
    c: float
    v_tilde: float
    tau: float

    def __post_init__(self):
        checked_fields(self)
        if not -self.p < 2.0 * self.psi < self.c:
            raise InputError("psi", self.psi, f"give a slope between -p/2 = {-self.p / 2:g} and c/2 = {self.c / 2:g}")
        if self.v_tilde > self.v:
            raise InputError("v_tilde", self.v_tilde, f"give at most the variance at the money, v = {self.v:g}")

    def to_raw(self) -> Svi:
        r"""Return the raw form.

        Notes
        -----
        Lemma 3.2, written without its special case m = 0. With :math:`w_0 = v\tau`,
        :math:`b = \sqrt{w_0}(p + c)/2`, :math:`\rho = (c - p)/(c + p)` and
        :math:`\beta = m/\sqrt{m^2+\varsigma^2} = \rho - 2\psi\sqrt{w_0}/b`:

        .. math::

            \sqrt{m^2+\varsigma^2} = \frac{(v - \tilde v)\tau}{b}\;
            \frac{1 - \rho\beta + \sqrt{(1-\rho^2)(1-\beta^2)}}{(\rho - \beta)^2}.

        At psi = 0 the smile's least point is at the money, and jump wings no longer tell how sharp its bend is.
        """
        if self.psi == 0.0 or self.v_tilde == self.v:
            remedy = "the smile is lowest at the money, where jump wings do not tell the bend; use Svi or SviNatural"
            raise InputError("psi", self.psi, remedy)
        root = np.sqrt(self.v * self.tau)
        b, rho = 0.5 * root * (self.p + self.c), (self.c - self.p) / (self.c + self.p)
        beta = (self.c - self.p - 4.0 * self.psi) / (self.c + self.p)
        both = np.sqrt((1.0 - rho**2) * (1.0 - beta**2))
        r = (self.v - self.v_tilde) * self.tau / b * (1.0 - rho * beta + both) / (rho - beta) ** 2
        sigma = r * np.sqrt(1.0 - beta**2)
        a = self.v_tilde * self.tau - b * sigma * np.sqrt(1.0 - rho**2)
        return Svi(a=a, b=b, rho=rho, m=r * beta, sigma=sigma, tau=self.tau)

    def repaired(self) -> "SviJumpWings":
        """Keep v, psi and p, take the call wing and the least variance of eq. 5.1; see `Svi.repaired`."""
        c = self.p + 2.0 * self.psi
        return replace(self, c=c, v_tilde=self.v * 4.0 * self.p * c / (self.p + c) ** 2)
