"""The margin rules a reader can choose from, ready made."""

from greekslab.margin.add_ons import contract_charge, minimum_delta, naked_option_charge
from greekslab.margin.cross import Cross
from greekslab.margin.isolated import FixedRate
from greekslab.margin.scan import Scan
from greekslab.scenarios.venue_sets import published, span, tims


def rules() -> dict:
    """Return the ready-made rules by short name.

    Returns
    -------
    dict of str to rule
        Each has ``name`` and ``margin(account, market) -> MarginReport``. "isolated" and "cross" are generic
        fixed-rate rules; "tims" and "span" scans with the ranges of single-name equities and 15 % / 10 vol points;
        "paradex", "paradex-16" and "derive-pm2" use the venues' published scenario sets.
    """
    return {
        "isolated": FixedRate(),
        "cross": Cross(),
        "tims": Scan(
            tims(up=0.15, down=0.15), name="TIMS, 15 %", certainty="partial",
            note="The least amount per contract and offsets between products are left out.",
        ),
        "span": Scan(
            span(price_range=0.15, vol_range=0.10), name="SPAN, 15 % and 10 vol points", certainty="partial",
            note="The factor for opening, calendar charges, credits between products and the short-option minimum are "
            "left out.",
        ),
        "paradex-16": Scan(
            published("paradex-16"), 1.0, 0.5, name="Paradex scan without tails", certainty="partial",
            note="Tails, minimum delta, funding and fee provisions and the floor under raised volatility are left out.",
        ),
        "paradex": Scan(
            published("paradex-24"), 1.0, 0.5, floor=minimum_delta(0.02, 0.01), name="Paradex portfolio margin",
            certainty="partial", note="Funding and fee provisions and the floor under raised volatility are left out.",
        ),
        "derive-pm2": Scan(
            published("derive-pm2-31"), 1.0, 0.8, (contract_charge(0.04, 0.03), naked_option_charge(0.005, 0.003)),
            name="Derive PM2, scan and contingencies", certainty="partial",
            note="Skew scenarios, static discounts, basis contingency and oracle confidence are left out.",
        ),
    }  # fmt: skip
