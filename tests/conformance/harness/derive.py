"""Adaptors: Derive's portfolio managers, its standard manager and its liquidation auction."""

import math
import re

import pandas as pd

from greekslab.book import Book, Option, Perpetual, Position, Spot
from greekslab.margin import Account
from greekslab.margin.venues import (
    CollateralTerms,
    DeriveAuction,
    DerivePM1,
    DerivePM2,
    DeriveSRM,
    PM1Parameters,
    PM2Parameters,
    SRMMarket,
)
from greekslab.market import Market, Smile
from greekslab.scenarios import ScenarioSet, moves_table
from harness.cases import NotCovered
from harness.registry import number, vector

_NOW = pd.Timestamp("2025-01-01", tz="UTC")
_AVERAGE = 1800  # seconds before expiry over which the settlement price is averaged


def _expiry(row):
    return _NOW + pd.Timedelta(seconds=row["sec_to_expiry"])


def _legs(underlying, options, perp):
    """Give the positions; the perpetual stands there with quantity 0 too, as an account is never empty here."""
    legs = [
        Position(Option(underlying, "linear", _expiry(o), o["strike"], "call" if o["is_call"] else "put"), o["amount"])
        for o in options
    ]
    return [*legs, Position(Perpetual(underlying), perp)]


def _smile(options, vol):
    quotes = {}
    for o in options:
        if quotes.setdefault(_expiry(o), {}).setdefault(o["strike"], o[vol]) != o[vol]:
            raise NotCovered(f"two volatilities at the strike {o['strike']}")
    return Smile({e: (list(rows), list(rows.values())) for e, rows in quotes.items()})


def _confidence(underlying, feeds, names):
    return {(underlying, feed, _expiry(f)): f[column] for f in feeds for feed, column in names.items() if column in f}


def _positive(**prices):
    return {name: price for name, price in prices.items() if price > 0.0}


def _whole(amount):
    """Give the whole part that the venue compares; doubles know an amount to a nano-unit at best."""
    return math.trunc(round(amount, 9))


def _words(values):
    """Give the venue's parameter names in the package's spelling; days where the venue has seconds."""
    words = r"(?<=[a-z])(?=[A-Z])|(?<=[A-Z]{2})(?=[A-Z][a-z])"
    names = {re.sub(words, "_", name.replace("MtM", "Mtm")).lower(): value for name, value in values.items()}
    if "dte_floor" in names:
        names["dte_floor_days"] = names.pop("dte_floor") / 86_400
    return names


def _least(options, feeds):
    """Give each expiry's feed the least confidence of its options' volatilities."""
    known = {}
    for o in options:
        known.setdefault(o["sec_to_expiry"], []).append(o["vol_confidence"])
    return [f | {"vol_confidence": min(known.get(f["sec_to_expiry"], [1.0]))} for f in feeds]


@vector(
    "derive_pm1", needs="spot spot_confidence perp perp_price perp_confidence base stable_price cash perp_unsettled "
    "options expiry_feeds",
    gives="im mm mtm basis_contingency static_contingency im_truncated mm_truncated",
)  # fmt: skip
def portfolio_manager_1(case):
    i, u = case.inputs, "MARKET"
    groups = case.document["param_sets"][case.record["params"]].values()
    parameters = PM1Parameters(**{name: value for group in groups for name, value in _words(group).items()})
    table = moves_table((spot - 1.0, vol, 1.0) for spot, vol in case.document["scenarios"])
    rule = DerivePM1(parameters, ScenarioSet("case", table, parameters.vol_rule))
    coin = Book((Position(Spot(u), i["base"]),)) if i["base"] else None
    unsettled = i["perp_unsettled"] if i["perp"] else 0.0
    account = Account(Book(tuple(_legs(u, i["options"], i["perp"]))), i["cash"] + unsettled, coin)
    feeds = _least(i["options"], i["expiry_feeds"])
    names = {"forward": "fwd_confidence", "rate": "rate_confidence", "vol": "vol_confidence"}
    market = Market(
        _NOW, {u: i["spot"]}, {u: {_expiry(f): f["fwd_fixed"] + f["fwd_variable"] for f in feeds}},
        {u: _smile(i["options"], "vol")},
        confidence={u: i["spot_confidence"], (u, "perp"): i["perp_confidence"]} | _confidence(u, feeds, names),
        perps=_positive(**{u: i["perp_price"]}),
        rates={u: {_expiry(f): f["rate"] for f in feeds}},
        averaged={u: {_expiry(f): f["fwd_fixed"] for f in feeds}},
        stable_price=i["stable_price"],
    )  # fmt: skip
    report = rule.margin(account, market)
    maintenance = report.equity - report.maintenance
    static = ("perpetual contingency", "coin contingency", "short-option contingency")
    return {
        "im": report.excess,
        "mm": maintenance,
        "mtm": report.equity,
        "basis_contingency": rule.basis_contingency(account, market),
        "static_contingency": sum(report.parts[part][1] for part in static if part in report.parts),
        "im_truncated": _whole(report.excess),
        "mm_truncated": _whole(maintenance),
    }


@vector(
    "derive_dutch_auction", needs="seconds_into_auction mtm mm percent_want", may="reserved_cash",
    gives="buffer_margin max_proportion bid_price fraction_liquidated",
)  # fmt: skip
def dutch_auction(case):
    """Lengths of phases that a case's file does not name are those of the card: it has no case of that phase."""
    i = case.inputs
    auction = DeriveAuction.published("tests", **case.document["auction_params"])
    bid = auction.bid(
        i["seconds_into_auction"], i["percent_want"],
        mark_to_market=i["mtm"], maintenance=i["mm"], reserved=i.get("reserved_cash", 0.0),
    )  # fmt: skip
    return {
        "buffer_margin": bid.buffer_margin,
        "max_proportion": bid.max_share,
        "bid_price": bid.price,
        "fraction_liquidated": bid.share,
    }


@vector(
    "derive_srm", needs="cash stable_price markets", gives="im mm mtm im_truncated mm_truncated",
)  # fmt: skip
def standard_manager(case):
    i = case.inputs
    given = case.document["param_sets"][case.record["params"]]
    markets = {
        u: SRMMarket(**_words({name: value for group in groups.values() for name, value in group.items()}))
        for u, groups in given["markets"].items()
    }
    legs, confidence, cash = [], {}, i["cash"]
    names = {"forward": "fwd_confidence", "vol": "vol_confidence"}
    for u, m in i["markets"].items():
        legs += _legs(u, m["options"], m["perp"]) + ([Position(Spot(u), m["base"])] if m["base"] else [])
        cash += m["perp_unsettled"] if m["perp"] else 0.0
        confidence |= {u: m["spot_confidence"], (u, "perp"): m["perp_confidence"]}
        confidence |= _confidence(u, m["expiry_feeds"], names)
    depeg, each = given["depeg"], i["markets"].items()
    rule = DeriveSRM(markets, depeg["threshold"], depeg["depegFactor"])
    market = Market(
        _NOW, {u: m["spot"] for u, m in each},
        {u: {_expiry(f): f["forward"] for f in m["expiry_feeds"]} for u, m in each},
        {u: _smile(m["options"], "vol") for u, m in each},
        confidence=confidence, perps=_positive(**{u: m["perp_price"] for u, m in each}),
        stable_price=i["stable_price"],
    )  # fmt: skip
    report = rule.margin(Account(Book(tuple(legs)), cash), market)
    maintenance = report.equity - report.maintenance
    return {
        "im": report.excess,
        "mm": maintenance,
        "mtm": report.equity,
        "im_truncated": _whole(report.excess),
        "mm_truncated": _whole(maintenance),
    }


@vector(
    "derive_pm2", needs="cash spot spot_confidence stable_price perp_position perp_price perp_confidence "
    "perp_unrealised_pnl perp_unrealised_funding collaterals options feeds",
    gives="im mm scenario_pnl basis_contingency option_mtm collateral_mtm",
)  # fmt: skip
def portfolio_manager_2(case):
    i, u = case.inputs, "MARKET"
    groups = case.document["param_sets"][case.record["params"]]
    rows = case.document["scenario_sets"][case.record["scenarios"]]
    parameters = PM2Parameters(**{name: value for group in groups.values() for name, value in group.items()})
    table = moves_table((spot - 1.0, vol, 1.0) for spot, vol, _ in rows)
    coins = i["collaterals"]
    terms = {c["name"]: CollateralTerms(c["mm_haircut"], c["im_haircut"], c["risk_cancelling"]) for c in coins}
    rule = DerivePM2(
        parameters, ScenarioSet("case", table, parameters.vol_rule), {u: terms}, [dampener for *_, dampener in rows]
    )
    held = i["perp_unrealised_pnl"] + i["perp_unrealised_funding"] if i["perp_position"] else 0.0
    posted = Book(tuple(Position(Spot(c["name"]), c["amount"]) for c in coins)) if coins else None
    account = Account(Book(tuple(_legs(u, i["options"], i["perp_position"]))), i["cash"] + held, posted)
    feeds = i["feeds"]
    names = {"forward": "forward_confidence", "rate": "rate_confidence", "vol": "vol_confidence"}
    confidence = {u: i["spot_confidence"], (u, "perp"): i["perp_confidence"]} | _confidence(u, feeds, names)
    market = Market(
        _NOW, {u: i["spot"]} | {c["name"]: c["price"] for c in coins},
        {u: {_expiry(f): f["forward"] for f in feeds}},
        {u: _smile(i["options"], "mark_vol")},
        confidence=confidence | {c["name"]: c["confidence"] for c in coins},
        perps=_positive(**{u: i["perp_price"]}),
        rates={u: {_expiry(f): f["rate"] for f in feeds}},
        averaged={u: {_expiry(f): f["forward"] * max(1.0 - f["sec_to_expiry"] / _AVERAGE, 0.0) for f in feeds}},
        stable_price=i["stable_price"],
    )  # fmt: skip
    report = rule.margin(account, market)
    value = sum(c["amount"] * c["price"] / i["stable_price"] for c in coins)
    return {
        "im": report.excess,
        "mm": report.equity - report.maintenance,
        "scenario_pnl": list(-report.scan["loss"]),
        "basis_contingency": rule.basis_contingency(account, market),
        "option_mtm": report.equity - account.cash - value,
        "collateral_mtm": value,
    }


def _list(scenarios):
    """Write a scenario set as the venue's configuration is restated: moves with their vol letters, then tails."""
    letters = {"up": "U", "none": "N", "down": "D"}
    core, tails, skew = {}, [], []
    for row in scenarios.table.itertuples():
        spot = 1.0 + row.move
        if row.vol not in letters:
            skew.append(row.vol)
        elif row.weight == 1.0:
            text = f"{spot:.3f}"
            core.setdefault(text.removesuffix("0") if text.endswith("0") else text, []).append(letters[row.vol])
        else:
            tails.append(f"{spot:.4g}({row.weight:.4g})".replace("(0.", "(."))
    moves = ",".join(spot + "".join(ways) for spot, ways in core.items())
    return (
        f"spot {moves} (U=vol up,N=none,D=vol down); tails (vol up, dampening): {','.join(tails)}; "
        f"skew: {', '.join(skew)}"
    )


@number(
    "derivatives_margin", needs="", gives="scenarios_spot_vol vol IM_factor MM_factor basis contingency",
)  # fmt: skip
def live_portfolio_manager(case):
    rule = DerivePM2.published("mainnet-2026-01")
    p = rule.parameters
    return {
        "scenarios_spot_vol": _list(rule.scenarios),
        "vol": {
            "up": p.vol_range_up, "down": p.vol_range_down, "short_power": p.short_term_power,
            "long_power": p.long_term_power, "dte_floor_days": p.dte_floor_days, "min_vol_up": p.min_vol_up_shock,
        },
        "IM_factor": p.im_factor,
        "MM_factor": p.mm_factor,
        "basis": {
            "up": p.scenario_spot_up, "down": p.scenario_spot_down, "add": p.add_factor, "mult": p.mult_factor,
        },
        "contingency": {
            "MM_perp": p.mm_perp, "IM_perp": p.im_perp, "MM_option": p.mm_option, "IM_option": p.im_option,
        },
    }  # fmt: skip


@number(
    "derivatives_margin", needs="market",
    gives="perp option depeg oracle_confidence_threshold collateral_margin_factor_MM_then_IM_scale",
)  # fmt: skip
def live_standard_manager(case):
    rule = DeriveSRM.published("mainnet-2026-01")
    market, *others = (rule.markets[name] for name in case.inputs["market"].split("/"))
    coins = case.expected.get("collateral_margin_factor_MM_then_IM_scale", {})
    named = {coin: rule.markets[coin.upper()] for coin in coins}
    thresholds = {market.perp_threshold, market.option_threshold, market.base_threshold}
    same = all((m.im_perp_req, m.mm_perp_req) == (market.im_perp_req, market.mm_perp_req) for m in others)
    return {
        "perp": {"MM": market.mm_perp_req, "IM": market.im_perp_req} if same else {},
        "option": {
            "maxSpotReq": market.max_spot_req, "minSpotReq": market.min_spot_req,
            "mmCallSpotReq": market.mm_call_spot_req, "mmPutSpotReq": market.mm_put_spot_req,
            "MMPutMtMReq": market.mm_put_mtm_req, "unpairedIMScale": market.unpaired_im_scale,
            "unpairedMMScale": market.unpaired_mm_scale, "mmOffsetScale": market.mm_offset_scale,
        },
        "depeg": {"threshold": rule.depeg_threshold, "factor": rule.depeg_factor},
        "oracle_confidence_threshold": thresholds.pop() if len(thresholds) == 1 else None,
        "collateral_margin_factor_MM_then_IM_scale": {
            coin: [rates.margin_factor, rates.im_scale] for coin, rates in named.items()
        },
    }  # fmt: skip
