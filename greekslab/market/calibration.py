r"""Fit SVI to quotes: least squares between bid and ask, with no arbitrage in the slice.

For quotes i with log-moneyness :math:`k_i`, bid and ask volatility, their mid :math:`\sigma_i` and half their spread
:math:`h_i`, the fitted slice minimises

.. math::

    \sum_i \Bigl(\frac{v_i}{v_{max}} \frac{\sigma(k_i) - \sigma_i}{0.01}\Bigr)^2
    + \lambda \sum_i \Bigl(\frac{|\sigma(k_i) - \sigma_i|}{h_i} - 0.98\Bigr)_+^2
    + \mu \Bigl[ \sum_j (10^{-3} - g(k_j))_+^2 + (\beta - 1.99)_+^2 + \dots \Bigr],

with :math:`v_i` the vega, so that the first sum is one of squared price errors; :math:`g` Durrleman's function;
:math:`\beta` the slope of the steeper wing; and more terms for total variance below that of an earlier slice.
:math:`\lambda` and :math:`\mu` grow until the conditions hold; arbitrage is checked over all k, not on the points
:math:`k_j` alone.

The search starts from the best of a net of (m, sigma): there the other three parameters solve a linear
least-squares problem. No chance is involved: the same quotes give the same slice.

References
----------
Gatheral, J. and Jacquier, A. (2014). Arbitrage-free SVI volatility surfaces. Quantitative Finance 14(1), section 5.
De Marco, S. and Martini, C. (2009). Quasi-explicit calibration of Gatheral's SVI model. Zeliade white paper 0005.
"""

from dataclasses import dataclass, replace

import numpy as np
from scipy.optimize import least_squares

from greekslab.errors import InputError
from greekslab.inputs import SMALLEST, checked_type, number, numbers
from greekslab.market.arbitrage import calendar
from greekslab.market.svi import Svi
from greekslab.pricing import vega

_PARAMETERS = 5
_POINT = 0.01  # errors of volatility count in points
_INSIDE = 0.98  # share of the half spread that is free of charge: the optimum of a penalty lies a little beyond
_STRENGTHS = (10.0, 100.0, 1e3) + 3 * (1e4,)  # of the penalties, one after the other; most slices need two
_LEAST_G, _STEEPEST = 1e-3, 1.99  # the same margin for g >= 0 and the wings' slope < 2
_REACH = np.linspace(-6.0, 6.0, 49)  # k_j = m + sigma sinh(x): six widths of the bend in ln k, both wings
_STRONGEST_BAND = 100.0  # quotes that cannot all be met must not outweigh arbitrage
_RISE = 1e-4  # total variance is kept above the earlier slice's by this share of it
_LEAST_WEIGHT = 1e-3  # a far wing without vega is still drawn along
_SCALE = (1.0, 0.1, 0.3, 0.1, 1.0)  # typical steps of the search variables
_STARTS = 3  # best points of the net that are followed; more changed no slice that was tried, one is too few


@dataclass(frozen=True, eq=False)
class _Task:
    """The quotes of one expiry, ready for the search."""

    k: np.ndarray
    mid: np.ndarray
    half: np.ndarray  # half the spread
    weight: np.ndarray
    tau: float
    variance: bool  # errors of total variance instead of volatility
    inside: bool
    free: bool
    above: Svi | None

    def errors(self, w):
        if self.variance:
            return self.weight * (w - self.mid**2 * self.tau)
        return self.weight * (np.sqrt(w / self.tau) - self.mid) / _POINT


def fit_svi(
    strikes, bid_vols, ask_vols, *, forward, tau, weights="vega", inside_spread=True, free_of_arbitrage=True, above=None
) -> Svi:
    """Fit the slice of one expiry to its quotes.

    Parameters
    ----------
    strikes : array
        Strikes, quote currency; at least five different ones.
    bid_vols, ask_vols : array
        Volatilities per year, decimal. Where they are equal, it is a quote without a spread.
    forward : float
        Forward of the expiry, quote currency.
    tau : float
        Years to expiry (365 days).
    weights : {"vega", "equal"}
        "vega": errors of volatility times vega, which are errors of price. "equal": unweighted errors of total
        variance.
    inside_spread : bool
        Draw every quote into its spread. A slice of five parameters cannot always; `quote_fit` shows where it does.
    free_of_arbitrage : bool
        Admit only slices without butterfly arbitrage. There always is one, if need be far from the quotes.
    above : Svi, optional
        The slice of an earlier expiry; the fit stays above its total variance (no calendar arbitrage) as far as
        the quotes let it.

    Returns
    -------
    Svi

    Examples
    --------
    >>> smile = Svi(a=0.04, b=0.4, rho=-0.4, m=0.05, sigma=0.1, tau=1.0)
    >>> strikes = np.array([60.0, 80.0, 90.0, 100.0, 110.0, 120.0, 150.0])
    >>> vols = smile.vol(np.log(strikes / 100.0))
    >>> fitted = fit_svi(strikes, vols - 0.002, vols + 0.002, forward=100.0, tau=1.0)
    >>> bool(abs(fitted.vol(0.0) - smile.vol(0.0)) < 1e-6)
    True
    """
    if weights not in ("vega", "equal"):
        raise InputError("weights", weights, 'say "vega" or "equal"')
    if above is not None:
        checked_type("above", above, Svi, "give the Svi of an earlier expiry")
    forward = number("forward", forward, "give a finite price above 0, in quote currency", above=0.0)
    tau = number("tau", tau, "give years to expiry (365 days), above 0", above=0.0)
    strikes, mid, half = _quotes(strikes, bid_vols, ask_vols)
    weight = np.ones_like(mid)
    if weights == "vega":
        weight = vega(forward=forward, strike=strikes, vol=mid, tau=tau)
        weight = np.maximum(weight / max(weight.max(), SMALLEST), _LEAST_WEIGHT)
    else:  # the same scale as the penalties: the mean square of a volatility point
        weight = weight / (2.0 * np.mean(mid) * tau * _POINT)
    k = np.log(strikes / forward)
    task = _Task(k, mid, half, weight, tau, weights == "equal", inside_spread, free_of_arbitrage, above)
    return _search(task)


def _quotes(strikes, bid_vols, ask_vols):
    """Return strikes, mid and half spread of the quotes, or say which cannot be used."""
    remedy = "give volatilities per year as decimals, above 0 (0.6 is 60 %)"
    strikes = np.atleast_1d(numbers("strikes", strikes, "give strikes above 0, in quote currency", above=0.0))
    bid = np.atleast_1d(numbers("bid_vols", bid_vols, remedy, above=0.0))
    ask = np.atleast_1d(numbers("ask_vols", ask_vols, remedy, above=0.0))
    if strikes.ndim != 1 or not strikes.shape == bid.shape == ask.shape:
        shapes = [strikes.shape, bid.shape, ask.shape]
        raise InputError("shapes of strikes, bid_vols, ask_vols", shapes, "give three arrays of one length")
    if (n := np.unique(strikes).size) < _PARAMETERS:
        remedy = "a slice has five parameters; give at least five strikes, or use a Smile of the quotes"
        raise InputError("number of strikes", n, remedy)
    for i in np.flatnonzero(bid > ask)[:1]:
        remedy = f"at strike {strikes[i]:g} it is above the ask {ask[i]:g}; swap the two or leave the quote out"
        raise InputError("bid_vols", bid[i], remedy)
    return strikes, 0.5 * (bid + ask), 0.5 * (ask - bid)


# --- the search: x = (ln of the least total variance, b, rho, m, ln sigma)


def _slice(x, tau) -> Svi:
    least, b, rho, m, sigma = np.exp(x[0]), x[1], x[2], x[3], np.exp(x[4])
    return Svi(a=least - b * sigma * np.sqrt(1.0 - rho**2), b=b, rho=rho, m=m, sigma=sigma, tau=tau)


def _search(task: _Task) -> Svi:
    starts = _starts(task)
    follow = min((_solve(x, task, _REACH, _STRENGTHS[0]) for x in starts), key=lambda found: found.cost)
    svi = _tighten(follow.x, task)
    return _flattened(svi, task) if task.free and not svi.butterfly().free else svi


def _flattened(svi, task) -> Svi:
    """Return the slice drawn towards a flat one, which has no arbitrage, just as far as it takes.

    For quotes that contradict each other, beside which the search is caught.
    """
    level, kept, lost = float(np.mean(task.mid**2)) * task.tau, 0.0, 1.0
    for _ in range(20):
        share = 0.5 * (kept + lost)
        free = _mixed(svi, share, level).butterfly().free
        kept, lost = (share, lost) if free else (kept, share)
    return _mixed(svi, kept, level)


def _mixed(svi, share, level) -> Svi:
    return replace(svi, a=share * svi.a + (1.0 - share) * level, b=share * svi.b)


def _solve(x, task, reach, strength):
    low, high = _bounds(task)
    return least_squares(
        _residuals, np.clip(x, low + 1e-9, high - 1e-9), bounds=(low, high), x_scale=_SCALE,
        args=(task, reach, strength), xtol=1e-10, ftol=1e-10, gtol=1e-10, max_nfev=200,
    )  # fmt: skip


def _tighten(x, task) -> Svi:
    """Solve on with stronger penalties until every condition holds, between the points k_j too."""
    reach = _REACH
    for strength in _STRENGTHS[1:]:
        svi = _slice(x, task.tau)
        checks = [svi.butterfly()] if task.free else []
        checks += [calendar(task.above, svi)] if task.above is not None else []
        if all(check.free for check in checks) and (strength > _STRONGEST_BAND or not np.any(_outside(svi, task))):
            break
        dips = np.array([check.k for check in checks if not check.free and np.isfinite(check.k)])
        reach = np.append(reach, np.arcsinh((dips - svi.m) / svi.sigma))
        x = _solve(x, task, reach, strength).x
    return _slice(x, task.tau)


def _outside(svi, task):
    """Return how far each quote with a spread is missed, in halves of the spread; 0 well within it."""
    if not task.inside:
        return np.zeros(0)
    wide = task.half > 0.0
    off = np.abs(svi.vol(task.k[wide]) - task.mid[wide]) / task.half[wide]
    return np.maximum(off - _INSIDE, 0.0)


def _residuals(x, task, reach, strength):
    errors = task.errors(_slice(x, task.tau).total_variance(task.k))
    return np.concatenate([errors, _penalties(x, task, reach, strength)])


def _penalties(x, task, reach, strength):
    """Return what each condition is broken by, times its strength; zeros where it holds."""
    svi, arbitrage = _slice(x, task.tau), 0.1 * strength**2
    parts = [min(strength, _STRONGEST_BAND) * _outside(svi, task)]
    k = svi.m + svi.sigma * np.sinh(reach)
    if task.free:
        parts.append(arbitrage * np.clip(_LEAST_G - svi.durrleman(k), 0.0, 1e3))
        parts.append([arbitrage * max(svi.b * (1.0 + abs(svi.rho)) - _STEEPEST, 0.0)])
    if task.above is not None:
        below = (1.0 + _RISE) * task.above.total_variance(k) - svi.total_variance(k)
        flatter = [task.above.b * (1.0 + s * task.above.rho) - svi.b * (1.0 + s * svi.rho) for s in (-1.0, 1.0)]
        parts.append(arbitrage * np.maximum(below / (1.0 + np.abs(k)), 0.0))
        parts.append(arbitrage * np.maximum(flatter, 0.0))
    return np.concatenate(parts)


def _bounds(task):
    width = max(np.ptp(task.k), 0.1)
    floor = np.log(1e-4 * np.min(task.mid) ** 2 * task.tau)
    low = [floor, 0.0, -0.999, task.k.min() - 2.0 * width, np.log(1e-3 * width)]
    top = np.log(4.0 * np.max(task.mid) ** 2 * task.tau)
    high = [top, 2.0, 0.999, task.k.max() + 2.0 * width, np.log(5.0 * width)]  # b > 2 has a wing steeper than 2
    return np.array(low), np.array(high)


def _starts(task):
    """Return the best points of a net over (m, sigma), the three linear parameters solved for at each."""
    width = max(np.ptp(task.k), 0.1)
    w = task.mid**2 * task.tau
    scale = task.weight if task.variance else task.weight / (2.0 * task.mid * task.tau * _POINT)
    found = []
    for m in np.linspace(task.k.min() - 0.5 * width, task.k.max() + 0.5 * width, 17):
        for sigma in width * np.geomspace(0.01, 2.0, 10):
            columns = np.stack([np.ones_like(w), task.k - m, np.hypot(task.k - m, sigma)])
            a, tilt, b = np.linalg.lstsq((columns * scale).T, scale * w, rcond=None)[0]
            b = np.clip(b, 1e-6, 1.9)
            rho = np.clip(tilt / b, -0.95, 0.95)
            least = max(a + b * sigma * np.sqrt(1.0 - rho**2), 0.01 * w.min())
            x = np.array([np.log(least), b, rho, m, np.log(sigma)])
            error = task.errors(_slice(x, task.tau).total_variance(task.k))
            found.append((float(error @ error), x))
    found.sort(key=lambda pair: pair[0])
    return [x for _, x in found[:_STARTS]]
