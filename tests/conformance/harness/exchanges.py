"""Adaptors: OKX, Bybit and Dederi."""

import numpy as np

from greekslab.book import Book, Future, Position
from greekslab.margin.venues import (
    DederiPortfolio,
    OkxRiskUnit,
    bybit_short_option,
    card,
    card_names,
    okx_account,
    okx_minimum_charge,
    okx_worst,
)  # fmt: skip
from greekslab.market import Market
from harness.cases import NotCovered
from harness.registry import vector
from harness.scans import NOW, days_later


@vector(
    "dederi_pm", needs="futures_quantity index annual_basis_rate days contingency_factor",
    gives="future_price future_contingency pnl",
)  # fmt: skip
def dated_future(case):
    """A future at the index carried at the basis rate: the one change of units made here."""
    i = case.inputs
    expiry = days_later(i["days"])
    forward = i["index"] * np.exp(i["annual_basis_rate"] * i["days"] / 365.0)
    market = Market(NOW, {"X": i["index"]}, {"X": {expiry: forward}})
    book = Book((Position(Future("X", "linear", expiry), i["futures_quantity"]),))
    report = DederiPortfolio.published(future_contingency=i["contingency_factor"]).margin(book, market)
    same = report.scan[report.scan["vol"] == "none"]
    moves = case.expected.get("pnl", {})
    found = {move: same["pnl"][np.isclose(same["move"], float(move))].tolist() for move in moves}
    return {
        "future_price": forward,
        "future_contingency": report.parts.get("future contingency", (0.0,))[0],
        "pnl": {move: earned[0] for move, earned in found.items() if earned},
    }


@vector(
    "bybit_uta_option_cross",
    needs="type index strike mark entry_or_order_price quantity mm_factor im_max im_min liquidation_fee_rate",
    gives="im mm",
)  # fmt: skip
def bybit_option(case):
    """A long option is paid for, and needs no margin."""
    i = case.inputs
    both = bybit_short_option(
        spot=i["index"], strike=i["strike"], mark=i["mark"], kind=case.one_of("type", "call", "put"),
        order_price=i["entry_or_order_price"], high=i["im_max"], low=i["im_min"], keep=i["mm_factor"],
        liquidation_fee=i["liquidation_fee_rate"],
    )  # fmt: skip
    size = max(-i["quantity"], 0.0)
    return {"im": size * both[0], "mm": size * both[1]}


def _tier(moves):
    """Give the tier of OKX whose spot shocks these are."""
    wanted = sorted({round(abs(move), 6) for move in moves} - {0.0})
    for edition in (edition for venue, edition in card_names() if venue == "okx"):
        for tier in card("okx", edition).values["tiers"].values():
            if sorted(tier["moves"]) == wanted:
                return tier
    raise NotCovered(f"spot shocks {wanted}")


@vector(
    "okx_pm_risk_unit",
    needs="delta_usd mr1_scenarios_pnl mr6_extreme_pnl mr4_factor mr7_factor mr6_loss_share",
    may="instrument mr7_tiers imr_multiplier",
    gives="mr1 mr1_worst_shock mr2 mr3 mr4 mr5 mr6 mr6_worst_shock mr7 mr9 mmr imr",
)  # fmt: skip
def okx_unit(case):
    """One perpetual: its extreme move goes the way of its worst shock. Lines for options are 0."""
    i = case.inputs
    shocks = {float(move): earned for move, earned in i["mr1_scenarios_pnl"].items()}
    loss, move = okx_worst(shocks)
    extreme = np.copysign(_tier(shocks)["extreme"], move or 0.0)
    far, far_move = okx_worst({extreme: i["mr6_extreme_pnl"]})
    tiers = i.get("mr7_tiers", card("okx").values["minimum_tiers"])
    lines = {
        "mr1": loss, "mr2": 0.0, "mr3": 0.0, "mr4": i["mr4_factor"] * abs(i["delta_usd"]), "mr5": 0.0,
        "mr6": i["mr6_loss_share"] * far, "mr7": okx_minimum_charge(i["delta_usd"], i["mr7_factor"], tiers), "mr9": 0.0,
    }  # fmt: skip
    unit = OkxRiskUnit(**lines)
    factor = i.get("imr_multiplier", card("okx").values["initial_factor"])
    return lines | {
        "mr1_worst_shock": move, "mr6_worst_shock": far_move, "mmr": unit.mmr, "imr": unit.imr(factor),
    }  # fmt: skip


@vector(
    "okx_pm_account", needs="risk_unit_mmr risk_unit_imr", may="borrow_mmr borrow_imr liability_usd",
    gives="deriv_mmr total_mmr total_imr",
)  # fmt: skip
def okx_whole_account(case):
    i = case.inputs
    whole = okx_account(
        zip(i["risk_unit_mmr"], i["risk_unit_imr"], strict=True), liability=i.get("liability_usd", 0.0),
        borrow_mmr=i.get("borrow_mmr"), borrow_imr=i.get("borrow_imr"),
    )  # fmt: skip
    return {"deriv_mmr": whole.derivatives, "total_mmr": whole.maintenance, "total_imr": whole.initial}
