"""Adaptors: Paradex's minimum delta, cross margin and liquidation."""

from greekslab.book import Book, exposure
from greekslab.margin import Account, minimum_delta, open_size
from greekslab.margin.venues import ParadexCross, card, paradex_liquidation, paradex_perp
from harness.contracts import perpetuals
from harness.registry import vector


@vector(
    "paradex_min_delta", needs="spot unhedged_factor hedged_factor deltas",
    gives="net_delta gross_delta hedged_delta min_delta_risk",
)  # fmt: skip
def least_delta(case):
    i = case.inputs
    legs, market = zip(*(perpetuals({"X": i["spot"]}, {"X": delta}) for delta in i["deltas"]), strict=True)
    book, market = Book(tuple(p for leg in legs for p in leg)), market[0]
    delta = exposure(book, market)["delta"]
    hedged = minimum_delta(0.0, 1.0).charge(book, market)[0].sum() / i["spot"]  # quote currency -> coin
    charge = minimum_delta(i["unhedged_factor"], i["hedged_factor"]).charge(book, market)
    return {
        "net_delta": delta.sum(),
        "gross_delta": delta.abs().sum(),
        "hedged_delta": hedged,
        "min_delta_risk": charge[0].sum(),
    }


@vector(
    "paradex_cross_imr", needs="position buy_orders sell_orders imf mark",
    may="fee_rate taker_fee mmf_factor buy_limit_price sell_limit_price",
    gives="buy_open_size sell_open_size net_imr fee_provision open_loss imr mmr",
)  # fmt: skip
def cross(case):
    i = case.inputs
    sizes = open_size(position=i["position"], buy_orders=i["buy_orders"], sell_orders=i["sell_orders"])
    needed = paradex_perp(
        position=i["position"], mark=i["mark"], rate=i["imf"],
        buy_orders=[(i["buy_orders"], i.get("buy_limit_price", i["mark"]))],
        sell_orders=[(i["sell_orders"], i.get("sell_limit_price", i["mark"]))],
        fee_rate=i.get("fee_rate", i.get("taker_fee", 0.0)), maintenance_share=i.get("mmf_factor", 0.5),
    )  # fmt: skip
    return {
        "buy_open_size": sizes[0], "sell_open_size": sizes[1], "net_imr": needed.net, "fee_provision": needed.fees,
        "open_loss": needed.open_loss, "imr": needed.initial, "mmr": needed.maintenance,
    }  # fmt: skip


@vector(
    "paradex_liquidation_share", needs="collateral positions mmf", may="liquidation_share liquidation_fee",
    gives="account_value_before mmr_before margin_ratio_before liquidation_share new_mmr liquidation_penalty "
    "new_account_value new_margin_ratio",
)  # fmt: skip
def liquidation(case):
    """Ratios are printed to a tenth of a per cent. The worked table has the older fee."""
    i = case.inputs
    legs = {f"X{n}": position for n, position in enumerate(i["positions"])}
    book, market = perpetuals(
        {u: p["mark"] for u, p in legs.items()}, {u: p["size"] for u, p in legs.items()},
        entries={u: p["entry"] for u, p in legs.items()},
    )  # fmt: skip
    rule = ParadexCross.published(perpetual=i["mmf"], maintenance_share=1.0)
    value, needed = Account(book, cash=i["collateral"]).equity(market), rule.requirement(book, market)[1]
    terms = card("paradex", "2026-02").values["liquidation"]
    if "liquidation_fee" in i:
        terms = terms | {"fee": i["liquidation_fee"]}
    left = paradex_liquidation(value, needed, share=i.get("liquidation_share"), **terms)
    return {
        "account_value_before": value, "mmr_before": needed, "margin_ratio_before": round(needed / value, 3),
        "liquidation_share": left.share, "new_mmr": left.maintenance, "liquidation_penalty": left.penalty,
        "new_account_value": left.account_value, "new_margin_ratio": round(left.ratio, 3),
    }  # fmt: skip
