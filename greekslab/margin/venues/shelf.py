"""The shelf: every rule that takes a book of options and perpetuals on one coin, ready to be compared.

Generic rules first, by how much they look at: each leg alone, predefined pairs, net delta, Greeks, a sample of moves,
fixed scenarios; then the rulebooks of clearing houses and venues, with the numbers of their newest card, and earlier
editions by their date.
"""

from collections.abc import Mapping
from functools import cache

import pandas as pd

from greekslab.inputs import checked_type
from greekslab.margin.cross import Cross
from greekslab.margin.delta_margin import DeltaMargin
from greekslab.margin.greek_margin import GreekMargin
from greekslab.margin.isolated import FixedRate
from greekslab.margin.ready_made import rules
from greekslab.margin.sensitivities import SensitivityMargin
from greekslab.margin.shortfall import ShortfallMargin
from greekslab.margin.venues.bybit import BybitCross, BybitPortfolio
from greekslab.margin.venues.dederi import DederiPortfolio
from greekslab.margin.venues.deribit_portfolio import DeribitPortfolio
from greekslab.margin.venues.deribit_standard import DeribitStandard
from greekslab.margin.venues.deribit_vintages import DeribitVintage
from greekslab.margin.venues.derive_pm1 import DerivePM1
from greekslab.margin.venues.derive_pm2 import DerivePM2
from greekslab.margin.venues.derive_srm import DeriveSRM
from greekslab.margin.venues.okx import OkxPortfolio
from greekslab.margin.venues.paradex_cross import ParadexCross
from greekslab.margin.venues.paradex_portfolio import ParadexPortfolio
from greekslab.margin.venues.span_margin import SpanMargin
from greekslab.margin.venues.tims_margin import TimsMargin
from greekslab.market.data import bars
from greekslab.scenarios.samples import past_moves
from greekslab.scenarios.sets import ScenarioSet

# What a rule looks at, by its class; a class that is not named here looks at fixed scenarios.
_LOOKS_AT = {
    FixedRate: "each leg",
    BybitCross: "each leg",
    DeribitStandard: "each leg",
    ParadexCross: "each leg",
    DeriveSRM: "pairs and expiries",
    Cross: "pairs and expiries",
    DeltaMargin: "net delta",
    GreekMargin: "Greeks",
    SensitivityMargin: "Greeks",
    ShortfallMargin: "a sample",
}
_SCENARIOS = "scenarios"
FAMILIES = ("each leg", "pairs and expiries", "net delta", "Greeks", _SCENARIOS, "a sample")


@cache
def _shortfall() -> ShortfallMargin:
    """Return the shortfall of one day of BTC, over the two years of daily closes in the package."""
    closes = bars("BTC", "1d")["close"]
    moves = past_moves(closes, name=f"daily moves of BTC, {closes.index[0]:%Y} to {closes.index[-1]:%Y}")
    return ShortfallMargin(moves, name="Shortfall 97.5 %, one day")


def rulebooks() -> dict:
    """Return every rule that takes a book of options and perpetuals on one coin.

    Returns
    -------
    dict of str to rule
        By short name. Each has ``name``, ``margin(account, market) -> MarginReport`` and ``requirement(book, market)``.
        `rulebook_table` says what each looks at, how well it is known and what it costs to compute.

    See Also
    --------
    greekslab.margin.rules : the few that the first chapters use; the venues' are simplified there.
    """
    ready = rules()
    return {
        "isolated": ready["isolated"],
        "cross": ready["cross"],
        "delta": DeltaMargin(),
        "greeks": GreekMargin(),
        "sensitivities": SensitivityMargin(),
        "shortfall": _shortfall(),
        "core-16": ready["paradex-16"],
        "tims": TimsMargin.published(),
        "span": SpanMargin.published(),
        "paradex-cross": ParadexCross.published(),
        "paradex": ParadexPortfolio.published(),
        "paradex-2026-02": ParadexPortfolio.published("2026-02"),
        "derive-srm": DeriveSRM.published(),
        "derive-pm1": DerivePM1.published(),
        "derive-pm2": DerivePM2.published(),
        "deribit-standard": DeribitStandard.published(),
        "deribit-portfolio": DeribitPortfolio.published(),
        "deribit-2020": DeribitVintage.published("2020"),
        "deribit-2019": DeribitVintage.published("2019"),
        "deribit-2018": DeribitVintage.published("2018"),
        "okx": OkxPortfolio.published(),
        "bybit-cross": BybitCross.published(),
        "bybit": BybitPortfolio.published(),
        "dederi": DederiPortfolio.published(),
    }


def revaluations(rule) -> int:
    """Count how often a rule prices the book anew for one requirement of one coin; 0 where today's prices do.

    Deltas and Greeks at today's price are not counted.
    """
    if isinstance(rule, SensitivityMargin):
        return 2 if rule.curvature == "revaluation" else 0
    if isinstance(rule, TimsMargin):
        return int(rule.points)
    if isinstance(rule, (DeribitPortfolio, ParadexPortfolio, SpanMargin)):
        terms = rule.commodities if isinstance(rule, SpanMargin) else rule.markets
        return max(len(each.scenarios) for each in terms.values())
    if isinstance(rule, (DerivePM1, DerivePM2)):
        return len(rule.scenarios) + 2  # the two moves of the basis contingency
    if isinstance(rule, OkxPortfolio):  # its moves and none, each with every volatility; a day; two extreme moves
        return max((2 * len(tier.moves) + 1) * (3 if rule.vol_range else 1) for tier in rule.tiers.values()) + 3
    scenarios = getattr(rule, "scenarios", None)
    return len(scenarios) if isinstance(scenarios, ScenarioSet) else 0


def looks_at(rule) -> str:
    """Return what a rule looks at, one of `FAMILIES`."""
    return _LOOKS_AT.get(type(rule), _SCENARIOS)


def rulebook_table(shelf: Mapping | None = None) -> pd.DataFrame:
    """Tabulate the rules of a shelf.

    Parameters
    ----------
    shelf : mapping of str to rule, optional
        All of `rulebooks` if not given.

    Returns
    -------
    DataFrame
        By short name: ``name``, ``looks at``, ``revaluations`` of the book for one requirement, ``certainty`` and
        ``note`` (what is left out).
    """
    shelf = rulebooks() if shelf is None else checked_type("shelf", shelf, Mapping, "give rules by name")
    table = {
        "name": [rule.name for rule in shelf.values()],
        "looks at": [looks_at(rule) for rule in shelf.values()],
        "revaluations": [revaluations(rule) for rule in shelf.values()],
        "certainty": [getattr(rule, "certainty", "generic") for rule in shelf.values()],
        "note": [getattr(rule, "note", "") for rule in shelf.values()],
    }
    return pd.DataFrame(table, index=list(shelf))
