r"""ISDA SIMM, equity risk class: the sensitivity-based margin of bilateral derivatives.

Sensitivities come as a table, one row each: ``Risk_Equity`` the profit for a rise of 1 % of a name, ``Risk_EquityVol``
the vega of a name per vol point at a tenor. Both are those of the party that collects the margin, so that a positive
curvature costs. With the risk weight RW of the bucket and :math:`\sigma = RW\sqrt{365/14}/z_{0.99}`:

* delta: :math:`WS = RW \cdot s \cdot CR`, :math:`CR = \max(1, \sqrt{|s|/T})` for concentrated names;
* vega: :math:`WS = VRW \cdot (HVR\,\sigma\,v) \cdot CR`;
* curvature: :math:`\tfrac12 \min(1, 14\,\text{days}/t)\,\sigma v`, with squared correlations.

Each is added within a bucket, names of different concentration correlating less (times
:math:`\min(CR)/\max(CR)`), then across buckets; Residual stands alone. The three are summed.
"""

import re
from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy.special import ndtri

from greekslab.errors import InputError
from greekslab.inputs import checked_type
from greekslab.margin.sensitivities import across_buckets, bucket_margin, simm_curvature
from greekslab.margin.venues.cards import card as card_of

_RESIDUAL = "Residual"
_BUCKETS = (*(str(number) for number in range(1, 13)), _RESIDUAL)
_DAYS = {"d": 1.0, "w": 7.0, "m": 365.0 / 12.0, "y": 365.0}
_HORIZON = 14.0  # calendar days
_COLUMNS = ("risk_type", "qualifier", "bucket", "label1", "amount_usd")


@dataclass(frozen=True)
class SimmMargin:
    """The margin of an equity portfolio and its parts, US dollars, each 0 or more; ``total`` is their sum."""

    delta: float
    vega: float
    curvature: float

    @property
    def total(self) -> float:
        """Margin of the risk class."""
        return self.delta + self.vega + self.curvature


def simm_equity(sensitivities: pd.DataFrame, version: str = "2.5") -> SimmMargin:
    """Compute the ISDA SIMM margin of the equity risk class.

    Parameters
    ----------
    sensitivities : DataFrame
        Columns ``risk_type`` ("Risk_Equity" or "Risk_EquityVol"), ``qualifier`` (the name), ``bucket`` ("1" to "12"
        or "Residual"), ``label1`` (tenor of vegas: "2w", "6m", "1y") and ``amount_usd``.
    version : str
        Of the parameter card.

    Returns
    -------
    SimmMargin
        US dollars, for a horizon of ten business days.
    """
    table, card = _checked(sensitivities), card_of("simm_equity", version).values
    at = table["bucket"].map(_BUCKETS.index).to_numpy(dtype=int)
    spot, vols = (table["risk_type"] == kind for kind in ("Risk_Equity", "Risk_EquityVol"))
    sigma = np.array(card["delta_weight"])[at] * np.sqrt(365.0 / _HORIZON) / ndtri(0.99)
    risk = card["historical_vol_ratio"] * sigma * table["amount_usd"]
    days = table["label1"].map(_days).to_numpy(dtype=float)
    bent = table[vols & ~table["bucket"].isin(card["without_curvature"])]
    curve = 0.5 * np.minimum(1.0, _HORIZON / days) * sigma * table["amount_usd"]
    return SimmMargin(
        _weighted_margin(_net(table[spot], table["amount_usd"]), "delta", card),
        _weighted_margin(_net(table[vols], risk), "vega", card),
        _curvature_margin(_net(bent, curve), card),
    )


def _net(rows, amount) -> pd.Series:
    """Sum amounts by bucket and name."""
    return amount.loc[rows.index].groupby([rows["bucket"], rows["qualifier"]]).sum()


def _by_bucket(amounts: pd.Series):
    for bucket, names in amounts.groupby(level=0):
        yield bucket, names.to_numpy(), _BUCKETS.index(bucket)


def _weighted_margin(amounts, kind, card) -> float:
    """Weigh, add within buckets, add across."""
    margins, sums = {}, {}
    for bucket, s, at in _by_bucket(amounts):
        concentration = np.maximum(1.0, np.sqrt(np.abs(s) / card[f"{kind}_threshold"][at]))
        weighted = card[f"{kind}_weight"][at] * s * concentration
        alike = np.minimum.outer(concentration, concentration) / np.maximum.outer(concentration, concentration)
        correlation = card["correlation"][at] * alike
        np.fill_diagonal(correlation, 1.0)
        margins[bucket], sums[bucket] = bucket_margin(weighted, correlation), weighted.sum()
    residual = margins.pop(_RESIDUAL, 0.0)
    return _across(margins, sums, card, power=1) + residual


def _across(margins, sums, card, power) -> float:
    at = [_BUCKETS.index(bucket) for bucket in margins]
    between = np.array(card["between"])[np.ix_(at, at)] ** power
    return across_buckets(list(margins.values()), [sums[bucket] for bucket in margins], between)


def _curvature_margin(amounts, card) -> float:
    margins, sums = {}, {}
    for bucket, curve, at in _by_bucket(amounts):
        margins[bucket], sums[bucket] = bucket_margin(curve, card["correlation"][at] ** 2), curve.sum()
    residual = margins.pop(_RESIDUAL, 0.0)
    alone = amounts.index.get_level_values(0) == _RESIDUAL
    total = simm_curvature(amounts[~alone].to_numpy(), _across(margins, sums, card, power=2))
    return total + simm_curvature(amounts[alone].to_numpy(), residual)


def _days(label) -> float:
    found = re.fullmatch(r"(\d+(?:\.\d+)?)([dwmy])", str(label).strip().lower())
    return float(found[1]) * _DAYS[found[2]] if found and float(found[1]) > 0.0 else np.nan


def _checked(sensitivities) -> pd.DataFrame:
    """Return a tidy copy, or name what is wrong with it, by row."""
    checked_type("sensitivities", sensitivities, pd.DataFrame, f"give a DataFrame with columns {', '.join(_COLUMNS)}")
    if missing := [column for column in _COLUMNS if column not in sensitivities]:
        raise InputError("sensitivities", list(sensitivities.columns), f"add the column {missing[0]!r}")
    table = sensitivities[list(_COLUMNS)].reset_index(drop=True)
    table["bucket"] = table["bucket"].astype(str).str.strip()
    table["amount_usd"] = pd.to_numeric(table["amount_usd"], errors="coerce")
    vols = table["risk_type"] == "Risk_EquityVol"
    checks = {
        "risk_type": (~vols & (table["risk_type"] != "Risk_Equity"), 'say "Risk_Equity" or "Risk_EquityVol"'),
        "bucket": (~table["bucket"].isin(_BUCKETS), f"choose one of {', '.join(_BUCKETS)}"),
        "qualifier": (table["qualifier"].isna(), "name the share or index"),
        "label1": (vols & table["label1"].map(_days).isna(), 'give the tenor of the vega, such as "2w", "6m", "1y"'),
        "amount_usd": (~np.isfinite(table["amount_usd"]), "give a finite amount in US dollars"),
    }
    for column, (wrong, remedy) in checks.items():
        if wrong.any():
            row = int(np.flatnonzero(wrong)[0])
            raise InputError(f"sensitivity {row}, {column}", sensitivities[column].iloc[row], remedy)
    return table
