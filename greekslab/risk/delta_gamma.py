r"""Delta-gamma: profit and loss as a quadratic in normal moves, its moments, value at risk and shortfall.

With the relative moves :math:`x \sim N(0, \Sigma)` of the underlyings,

.. math:: V = c + D'x + \tfrac12 x'Gx, \qquad D = \Delta S, \quad G = \Gamma S^2 .

All its cumulants are closed forms,

.. math::

    \kappa_1 = c + \tfrac12 tr(G\Sigma), \qquad
    \kappa_r = \tfrac{(r-1)!}{2}\,tr\bigl[(G\Sigma)^r\bigr] + \tfrac{r!}{2}\,D'\Sigma (G\Sigma)^{r-2} D ,

and so is, for one factor, the chance of a loss; for many it is one integral (`greekslab.risk.quadratic_form`).
*Delta-normal* is the same with G = 0.

References
----------
RiskMetrics Technical Document (1996), 4th ed., section 6.3.
Britten-Jones, M. and Schaefer, S. M. (1999). Non-linear value-at-risk. European Finance Review 2, 161-187.
"""

from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy.special import ndtri

from greekslab.book.exposures import exposure
from greekslab.book.positions import Book
from greekslab.errors import InputError
from greekslab.inputs import BELOW_ONE, number, numbers
from greekslab.market.market import Market
from greekslab.risk.quadratic_form import QuadraticNormal

_ROUNDING = 1e-10  # an eigenvalue of correlations below 0 by less is the rounding of a singular matrix


@dataclass(frozen=True)
class QuadraticPnL:
    """A book by its first two derivatives in the relative moves of the underlyings.

    ``delta`` quote currency per 100 % move and ``gamma`` quote currency per (100 % move) squared, Series by
    underlying; ``theta`` quote currency per year, of the whole book.
    """

    delta: pd.Series
    gamma: pd.Series
    theta: float


def quadratic_pnl(book: Book, market: Market) -> QuadraticPnL:
    """Take D = delta S, G = gamma S^2 and theta of a book from its exposure.

    Examples
    --------
    >>> from greekslab.book import named_books
    >>> toy = Market.toy()
    >>> short = quadratic_pnl(named_books(toy)["short straddle"], toy)
    >>> round(float(short.delta["TOY"]), 3), round(float(short.gamma["TOY"]), 2)
    (-6.854, -462.13)
    """
    table = exposure(book, market, by="underlying").set_index("underlying")
    spot = pd.Series([market.spot(u) for u in table.index], table.index)
    return QuadraticPnL(table["delta"] * spot, table["gamma"] * spot**2, float(table["theta"].sum()))


@dataclass(frozen=True)
class Moments:
    """First four moments of a P&L: ``mean`` and ``sd`` in quote currency, ``skew`` and ``excess_kurtosis`` pure."""

    mean: float
    sd: float
    skew: float
    excess_kurtosis: float


def delta_normal_var(delta, covariance, level: float = 0.99) -> float:
    r"""Value at risk of a straight line in normal moves, :math:`z\sqrt{D'\Sigma D}`.

    Parameters
    ----------
    delta : float, array or Series
        Quote currency per 100 % move of each factor, shape (factors,).
    covariance : float, array or DataFrame
        Covariance of the relative moves over the horizon, shape (factors, factors); for one factor its variance.
    level : float
        Confidence level in (0, 1).

    Returns
    -------
    float
        Loss, quote currency, 0 or more at levels above one half.

    Examples
    --------
    >>> round(delta_normal_var(34.27, 0.6**2 / 365), 3)  # ten toy calls less five perpetuals, one day
    2.504
    """
    size, delta, _, covariance = _read(delta, 0.0, covariance)
    return float(-ndtri(1.0 - _level(level)) * np.sqrt(max(delta @ covariance @ delta, 0.0)) * size)


def delta_gamma_moments(delta, gamma, covariance, *, drift: float = 0.0) -> Moments:
    """Compute mean, standard deviation, skew and excess kurtosis of a delta-gamma P&L.

    Parameters
    ----------
    delta : float, array or Series
        Quote currency per 100 % move of each factor, shape (factors,).
    gamma : float, array, Series or DataFrame
        Quote currency per (100 % move) squared: one number a factor, or the matrix with the cross gammas.
    covariance : float, array or DataFrame
        Covariance of the relative moves over the horizon, shape (factors, factors); for one factor its variance.
    drift : float
        P&L that is certain over the horizon, quote currency, such as theta times years.

    Returns
    -------
    Moments

    Notes
    -----
    The cumulants are at the head of the module; skew is the third over the 1.5th power of the second, excess
    kurtosis the fourth over its square. Both are 0 where nothing moves. Series and DataFrames are matched by label.

    Examples
    --------
    >>> m = delta_gamma_moments(100.0, -8.0, 2.0**2)
    >>> m.mean, round(m.sd, 2), round(m.skew, 3), round(m.excess_kurtosis, 3)
    (-16.0, 201.28, -0.475, 0.301)
    """
    size, delta, gamma, covariance = _read(delta, gamma, covariance)
    bent = gamma @ covariance
    square = bent @ bent
    spread = covariance @ delta  # Sigma D
    mean = size * np.trace(bent) / 2.0 + _drift(drift)
    variance = delta @ spread + np.trace(square) / 2.0
    third = 3.0 * spread @ gamma @ spread + np.trace(square @ bent)
    fourth = 12.0 * spread @ gamma @ covariance @ gamma @ spread + 3.0 * np.trace(square @ square)
    if not variance > 0.0:
        return Moments(float(mean), 0.0, 0.0, 0.0)
    sd, skew, excess = size * np.sqrt(variance), third / variance**1.5, fourth / variance**2
    return Moments(float(mean), float(sd), float(skew), float(excess))


def delta_gamma_var(delta, gamma, covariance, level: float = 0.99, *, drift: float = 0.0) -> float:
    """Value at risk of a delta-gamma P&L, exactly.

    Parameters
    ----------
    delta, gamma, covariance, drift
        As in `delta_gamma_moments`.
    level : float
        Confidence level in (0, 1).

    Returns
    -------
    float
        The loss that is exceeded with probability 1 - level, quote currency; negative if even that is a gain.

    Notes
    -----
    One factor: the root of a closed form. Many: the root of an integral, to about 12 digits.

    Examples
    --------
    >>> round(delta_gamma_var(100.0, -8.0, 2.0**2, 0.99), 4)
    551.8599
    """
    size, *inputs = _read(delta, gamma, covariance)
    return -_drift(drift) - size * QuadraticNormal.of(*inputs).quantile(1.0 - _level(level))


def delta_gamma_es(delta, gamma, covariance, level: float = 0.975, *, drift: float = 0.0) -> float:
    """Expected shortfall of a delta-gamma P&L, exactly: the mean loss beyond `delta_gamma_var`.

    Parameters are those of `delta_gamma_var`.
    """
    size, *inputs = _read(delta, gamma, covariance)
    return -_drift(drift) - size * QuadraticNormal.of(*inputs).shortfall(1.0 - _level(level))


# --- reading -------------------------------------------------------------------------------------------------------


def _level(level):
    return number("level", level, "give a confidence level between 0 and 1, such as 0.99", above=0.0, most=BELOW_ONE)


def _drift(drift):
    return number("drift", drift, "give the P&L that is certain over the horizon, in quote currency")


def _read(delta, gamma, covariance):
    """Return the size of the P&L, delta and the gamma matrix in units of it, and the covariance, all of one shape."""
    if isinstance(delta, pd.Series):
        gamma, covariance = _matched("gamma", gamma, delta.index), _matched("covariance", covariance, delta.index)
    delta = np.atleast_1d(numbers("delta", delta, "give quote currency per 100 % move, one number a factor"))
    count = len(delta)
    if delta.ndim != 1 or count == 0:
        raise InputError("delta", delta, "give one number a factor")
    gamma = _square("gamma", gamma, count, "one number a factor, or a matrix with the cross gammas")
    covariance = _square("covariance", covariance, count, "the matrix of the factors' covariances")
    sd = _spreads(covariance)
    with np.errstate(over="ignore", invalid="ignore"):
        size = float(sd @ np.abs(delta) + sd @ np.abs(gamma) @ sd)
    if not np.isfinite(size):
        raise InputError("size of the P&L", size, "delta, gamma or covariance is too large for the arithmetic")
    size = size if size > 0.0 else 1.0
    return size, delta / size, gamma / size, covariance


def _spreads(covariance):
    """Return the standard deviations of a covariance that is one."""
    variances = np.diag(covariance)
    if (variances < 0.0).any():
        raise InputError("variance", float(variances.min()), "give 0 or more on the diagonal of the covariance")
    sd = np.sqrt(variances)
    scale = np.where(sd > 0.0, sd, 1.0)
    least = float(np.linalg.eigvalsh(covariance / scale / scale[:, None])[0])
    if least < -_ROUNDING:
        remedy = "the covariance is not positive semidefinite; estimate it from one sample, or shrink it"
        raise InputError("smallest eigenvalue of the correlations", least, remedy)
    return sd


def _matched(thing, table, names):
    """Put a labelled table in the order of the deltas."""
    if not isinstance(table, (pd.Series, pd.DataFrame)):
        return table
    axes = [table.index] if isinstance(table, pd.Series) else [table.index, table.columns]
    for axis in axes:
        if missing := [name for name in names if name not in axis]:
            raise InputError(thing, list(axis), f"{missing[0]} is missing; give an entry for every delta")
    return table.loc[names] if isinstance(table, pd.Series) else table.loc[names, names]


def _square(thing, table, count, what):
    remedy = f"give {what}: there are {count} deltas"
    table = numbers(thing, table, remedy)
    if thing == "gamma" and table.ndim == 1 and len(table) == count:
        return np.diag(table)
    if table.ndim == 0 and (count == 1 or (thing == "gamma" and table == 0.0)):
        return np.full((count, count), float(table))
    if table.shape != (count, count):
        raise InputError(f"shape of {thing}", table.shape, remedy)
    if not np.allclose(table, table.T, rtol=1e-8, atol=1e-12 * np.abs(table).max(initial=0.0)):
        raise InputError(thing, "not symmetric", "entry (i, j) is entry (j, i); give both alike")
    return (table + table.T) / 2.0
