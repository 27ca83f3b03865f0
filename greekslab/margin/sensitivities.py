r"""Sensitivity-based margin: weighted Greeks, added with correlations, plus a charge for curvature.

The form that ISDA SIMM and Basel's standardised approach share. A sensitivity :math:`s_k` times its risk weight,

.. math:: WS_k = RW_k\,s_k, \qquad K_b = \sqrt{\sum_{kl} \rho_{kl} WS_k WS_l}, \qquad
    M = \sqrt{\sum_b K_b^2 + \sum_{b \ne c} \gamma_{bc} S_b S_c},

with :math:`S_b = \sum_k WS_k` held within :math:`\pm K_b`, for delta and vega apart, and their sum. What a straight
line does not see is charged as curvature: by Basel as the loss of a revaluation at plus and minus the risk weight
beyond the delta's share, by SIMM from the vega of each leg, since :math:`\tfrac12\Gamma S^2\sigma^2 h =
\tfrac12 (h/\tau)\,\sigma\mathcal V` for an option on a forward.

References
----------
Basel Committee on Banking Supervision. MAR21, Standardised approach: sensitivities-based method; SCO60, Cryptoasset
exposures (delta, vega and curvature charges of cryptoassets are summed over assets).
ISDA. SIMM Methodology, version 2.5.
"""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pandas as pd
from scipy.special import ndtri

from greekslab.book.exposures import position_greeks
from greekslab.book.legs import option_legs
from greekslab.book.positions import Book
from greekslab.book.revalue import pnl_cube
from greekslab.errors import InputError
from greekslab.inputs import BELOW_ONE, SMALLEST, checked_type, number, numbers
from greekslab.margin.account import as_account
from greekslab.margin.greek_margin import VOL_RULE
from greekslab.margin.report import MarginReport
from greekslab.market.market import Market
from greekslab.scenarios.grids import grid
from greekslab.scenarios.sets import VolRule

# ISDA SIMM 2.5 scales the 99.5 % quantile of a squared normal.
_CURVATURE_QUANTILE = 0.995


def bucket_margin(weighted, correlation) -> float:
    """Add weighted sensitivities of one bucket with their correlations.

    Parameters
    ----------
    weighted : array
        Risk weight times sensitivity of each factor, quote currency, shape (factors,).
    correlation : float or array
        One correlation for every pair, or the matrix, shape (factors, factors), ones on its diagonal.

    Returns
    -------
    float
        :math:`K_b`, 0 or more. A radicand below 0, which correlations that no factors can have may give, counts as 0.
    """
    weighted = numbers("weighted sensitivities", weighted, "give finite amounts in quote currency").reshape(-1)
    return float(np.sqrt(max(weighted @ _matrix(correlation, len(weighted)) @ weighted, 0.0)))


def across_buckets(margins, sums, correlation) -> float:
    r"""Add the margins of several buckets: :math:`\sqrt{\sum_b K_b^2 + \sum_{b \ne c} \gamma_{bc} S_b S_c}`.

    Parameters
    ----------
    margins : array
        :math:`K_b` of each bucket, 0 or more, quote currency.
    sums : array
        Sum of weighted sensitivities of each bucket; held within plus and minus its margin.
    correlation : float or array
        As in `bucket_margin`, between buckets.
    """
    margins = numbers("bucket margins", margins, "give amounts of 0 or more", least=0.0).reshape(-1)
    sums = numbers("bucket sums", sums, "give finite amounts in quote currency").reshape(-1)
    if len(sums) != len(margins):
        raise InputError("bucket sums", sums.tolist(), f"give one for each of the {len(margins)} buckets")
    sums = np.clip(sums, -margins, margins)
    between = _matrix(correlation, len(sums))
    return float(np.sqrt(max((margins**2).sum() + sums @ between @ sums - (sums * sums).sum(), 0.0)))


def simm_curvature(amounts, combined) -> float:
    r"""Charge curvature as ISDA SIMM does: :math:`\max(\sum_k CVR_k + \lambda K, 0)`.

    Parameters
    ----------
    amounts : array
        Curvature amounts, loss > 0: :math:`-\tfrac12\min(1, h/\tau)\,\sigma\mathcal V` summed for each factor.
    combined : float
        The same added with squared correlations, 0 or more.

    Notes
    -----
    :math:`\theta = \min(\sum CVR / \sum |CVR|, 0)`, :math:`\lambda = (z^2 - 1)(1 + \theta) - \theta` with z the
    99.5 % quantile of the normal. One factor that loses pays :math:`z^2` times its amount; one that gains, nothing.
    """
    amounts = numbers("curvature amounts", amounts, "give finite amounts in quote currency").reshape(-1)
    combined = number("combined", combined, "give what the amounts come to with correlations, 0 or more", least=0.0)
    size, total = np.abs(amounts).sum(), amounts.sum()
    theta = min(total / size, 0.0) if size > 0.0 else 0.0
    scale = (ndtri(_CURVATURE_QUANTILE) ** 2 - 1.0) * (1.0 + theta) - theta
    return float(max(total + scale * combined, 0.0))


def _matrix(correlation, size) -> np.ndarray:
    found = numbers("correlation", correlation, "give correlations from -1 to 1", least=-1.0)
    if found.ndim == 0:
        found = np.where(np.eye(size) > 0.0, 1.0, found)
    if found.shape != (size, size) or found.max(initial=0.0) > 1.0 or np.any(found != found.T):
        remedy = f"give one number from -1 to 1, or a symmetric matrix of shape ({size}, {size})"
        raise InputError("correlation", correlation, remedy)
    if np.any(np.diag(found) != 1.0):
        raise InputError("correlation", correlation, "the diagonal of the matrix is 1")
    return found


@dataclass(frozen=True)
class SensitivityMargin:
    """Charge delta, vega and curvature of a book, each by weighted sensitivities, and add them.

    Parameters
    ----------
    delta_weight : float
        Move of the spot that delta and curvature are charged for, in (0, 1).
    vol_rule : VolRule
        Its `up` is the change of volatility that vega is charged for, scaled by the days to expiry.
    tenor_correlation : float
        Correlation of the volatilities of any two expiries, from 0 to 1.
    curvature : {"revaluation", "vega"}
        Basel's form, from the book revalued at plus and minus `delta_weight`; or SIMM's, from the vegas.
    horizon_days : float
        Days of risk in SIMM's form, above 0 (ISDA: 14 calendar days).
    maintenance_share : float
        Maintenance as a share of the initial requirement, in (0, 1].
    name, certainty, note : str
        For the report.

    Notes
    -----
    Each underlying is a bucket of its own and buckets are summed, as Basel does for cryptoassets (SCO60.78, SCO60.81):
    nothing nets across coins.
    """

    delta_weight: float = 0.16
    vol_rule: VolRule = VOL_RULE
    tenor_correlation: float = 1.0
    curvature: str = "revaluation"
    horizon_days: float = 14.0
    maintenance_share: float = 0.5
    name: str = "Sensitivity-based margin"
    certainty: str = "generic"
    note: str = "Delta, vega and curvature are charged apart and added: their losses never offset."

    def __post_init__(self):
        number("delta_weight", self.delta_weight, "give a share between 0 and 1", above=0.0, most=BELOW_ONE)
        number("tenor_correlation", self.tenor_correlation, "give a correlation from 0 to 1", least=0.0, most=1.0)
        number("horizon_days", self.horizon_days, "give days above 0", above=0.0)
        number("maintenance_share", self.maintenance_share, "give a share in (0, 1]", least=SMALLEST, most=1.0)
        checked_type("vol_rule", self.vol_rule, VolRule, "give VolRule(up=0.4)")
        if self.curvature not in ("revaluation", "vega"):
            raise InputError("curvature", self.curvature, 'say "revaluation" (Basel) or "vega" (ISDA SIMM)')

    def margin(self, account, market: Market) -> MarginReport:
        """Report the requirement of an `Account` or a `Book`."""
        account = as_account(account)
        book = account.book
        by_leg = self._charges(book, market)
        total = sum(by_leg.values())
        index = pd.Index(book.names, name="instrument")
        rest = [self.requirement(book.without(i), market)[0] if len(book) > 1 else 0.0 for i in range(len(book))]
        return MarginReport(
            rule=self.name,
            equity=account.equity(market),
            parts={
                name: (float(legs.sum()), self.maintenance_share * float(legs.sum())) for name, legs in by_leg.items()
            },
            contributions=pd.Series(total, index),
            marginal=pd.Series(total.sum() - np.array(rest), index),
            certainty=self.certainty,
            note=self.note,
        )

    def requirement(self, book: Book, market: Market) -> tuple[float, float]:
        """Return the initial and maintenance requirement alone, quote currency."""
        initial = float(sum(self._charges(book, market).values()).sum())
        return initial, self.maintenance_share * initial

    def _charges(self, book, market) -> dict[str, np.ndarray]:
        """Return what delta, vega and curvature cost, by leg: each leg's share is its size times the derivative."""
        spot = np.array([market.spot(p.instrument.underlying) for p in book])
        delta = position_greeks(book, market)["delta"] * spot
        vega, vol, days = _vega(book, market)
        curves = self._curvatures(book, market, delta, vega * vol, days)
        shocked = vega * (vol if self.vol_rule.relative else 1.0)
        charge = {name: np.zeros(len(book)) for name in ("delta", "vega", "curvature")}
        owner = np.array([p.instrument.underlying for p in book])
        for underlying in book.underlyings:
            mine = owner == underlying
            charge["delta"][mine] = _split(self.delta_weight * delta[mine, None], 1.0)
            tenors = (days[mine, None] == np.unique(days[mine])) * shocked[mine, None]
            weights = self.vol_rule.up * self.vol_rule.scale(np.unique(days[mine]))
            charge["vega"][mine] = _split(tenors * weights, self.tenor_correlation)
            worst = max(curves, key=lambda curve: curve[mine].sum())[mine]
            charge["curvature"][mine] = worst if worst.sum() > 0.0 else 0.0
        return charge

    @cached_property
    def _both_ways(self):
        """The two moves of Basel's form as scenarios."""
        return grid([self.delta_weight, -self.delta_weight])

    def _curvatures(self, book, market, delta, vol_weighted_vega, days):
        """Return the curvature amounts by leg, loss > 0: Basel's up and down, or SIMM's one, times its multiple."""
        if self.curvature == "vega":
            share = np.minimum(1.0, self.horizon_days / np.where(days > 0.0, days, self.horizon_days))
            return [-0.5 * ndtri(_CURVATURE_QUANTILE) ** 2 * share * vol_weighted_vega]
        moves = np.array([self.delta_weight, -self.delta_weight])
        values = pnl_cube(book, market, self._both_ways).values
        return [-(values[row] - moves[row] * delta) for row in range(2)]


def _vega(book, market):
    """Return vega per 1.00 of volatility, volatility and days to expiry of each leg; 0 where there is none."""
    vol, days = np.zeros(len(book)), np.zeros(len(book))
    options = option_legs(book, market)
    if options is not None:
        vol[options.columns], days[options.columns] = options.vol, options.tau * 365.0
    return position_greeks(book, market)["vega"], vol, days


def _split(weighted, correlation) -> np.ndarray:
    """Split `bucket_margin` over the legs; `weighted` has shape (legs, factors). The parts sum to it."""
    factors = weighted.sum(axis=0)
    correlated = _matrix(correlation, len(factors)) @ factors
    size = bucket_margin(factors, correlation)
    return weighted @ correlated / size if size > 0.0 else np.zeros(len(weighted))
