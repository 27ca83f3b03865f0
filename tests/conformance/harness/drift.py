"""Adaptors: Drift v2. Cases are in decimals, the chain counts in whole numbers."""

from decimal import Decimal

from greekslab.margin.venues import (
    DRIFT_DOLLARS,
    DriftCoin,
    DriftMargin,
    DriftPerpetual,
    DriftPosition,
    DriftPrice,
    DriftV2,
    drift_asset_weight,
    drift_coin_margin,
    drift_liability_weight,
    drift_liquidation_size,
    drift_perpetual_margin,
)
from harness.registry import vector

_SIZE, _PRICE, _WEIGHT = 10**9, 10**6, 10**4
_RULE = DriftV2.published()
_LIMITS = {"positive_profit_cap": _RULE.positive_profit_cap, "order_charge": _RULE.order_charge}


def _units(value, scale):
    return int(Decimal(str(value)) * scale)


def _price(oracle, average=None):
    return DriftPrice(_units(oracle, _PRICE), None if average is None else _units(average, _PRICE))


def _dollars(amount):
    return amount / _PRICE


@vector("drift_asset_weight", needs="size imf_factor base_weight", gives="weight")
def asset_weight(case):
    i = case.inputs
    weight = drift_asset_weight(
        _units(i["size"], _SIZE), _units(i["imf_factor"], _PRICE), _units(i["base_weight"], _WEIGHT)
    )
    return {"weight": weight / _WEIGHT}


@vector("drift_liability_weight", needs="size imf_factor base_weight", gives="weight")
def liability_weight(case):
    i = case.inputs
    weight = drift_liability_weight(
        _units(i["size"], _SIZE), _units(i["imf_factor"], _PRICE), _units(i["base_weight"], _WEIGHT)
    )
    return {"weight": weight / _WEIGHT}


@vector(
    "drift_scaled_initial_asset_weight", needs="deposits oracle_price initial_asset_weight scale_start_usd",
    may="twap5 oracle_twap5 twap_5min", gives="weight",
)  # fmt: skip
def scaled_asset_weight(case):
    i, weight = case.inputs, _units(case.inputs["initial_asset_weight"], _WEIGHT)
    coin = DriftCoin(
        weight, weight, _WEIGHT, _WEIGHT,
        deposits=_units(i["deposits"], _SIZE), scale_start=_units(i["scale_start_usd"], _PRICE),
    )  # fmt: skip
    average = next((i[name] for name in ("twap5", "oracle_twap5", "twap_5min") if name in i), None)
    return {"weight": coin.scaled_initial_asset_weight(_price(i["oracle_price"], average).high) / _WEIGHT}


def _perpetual(i, quote_price, kind):
    """Give the position's pnl and margin; a short was paid its entry value, a long paid it."""
    initial = _units(i["margin_ratio_initial"], _WEIGHT)
    weight = i.get("unrealized_pnl_initial_asset_weight", 1)
    market = DriftPerpetual(
        initial, _units(i.get("margin_ratio_maintenance", i["margin_ratio_initial"]), _WEIGHT),
        _units(i.get("imf_factor", 0), _PRICE), _units(weight, _WEIGHT),
        _units(i.get("unrealized_pnl_maintenance_asset_weight", weight), _WEIGHT),
        _units(i.get("unrealized_pnl_imf_factor", 0), _PRICE),
    )  # fmt: skip
    base, price = _units(i["base"], _SIZE), _units(i["oracle_price"], _PRICE)
    paid = abs(_units(i["entry_quote"], _PRICE)) if "entry_quote" in i else abs(DriftPosition(base).pnl(price))
    position = DriftPosition(
        base, paid if base < 0 else -paid, abs(_units(i.get("open_bids", 0), _SIZE)),
        -abs(_units(i.get("open_asks", 0), _SIZE)), i.get("open_orders", 0),
    )  # fmt: skip
    limits = dict(_LIMITS)
    if "positive_upnl_cap_usd" in i:
        limits["positive_profit_cap"] = _units(i["positive_upnl_cap_usd"], _PRICE)
    margin = drift_perpetual_margin(
        position, market, price, kind,
        quote_price=quote_price, own_ratio=_units(i.get("user_max_margin_ratio", 0), _WEIGHT), **limits,
    )  # fmt: skip
    return position.pnl(price), margin


@vector(
    "drift_perp_margin", needs="base entry_quote oracle_price margin_ratio_initial",
    may="margin_ratio_maintenance imf_factor unrealized_pnl_initial_asset_weight unrealized_pnl_imf_factor type "
    "unrealized_pnl_maintenance_asset_weight positive_upnl_cap_usd open_bids open_asks open_orders "
    "user_max_margin_ratio quote_price quote_twap5",
    gives="initial_margin maintenance_margin fill_margin margin_requirement weighted_unrealized_pnl unrealized_pnl",
)  # fmt: skip
def perpetual(case):
    i, kind = case.inputs, case.inputs.get("type", "initial")
    quote_price = _price(i.get("quote_price", 1), i.get("quote_twap5"))
    found = {k: _perpetual(i, quote_price, k) for k in ("initial", "fill", "maintenance")}
    pnl, margin = found[kind]
    return {
        **{f"{k}_margin": _dollars(m.requirement) for k, (_, m) in found.items()},
        "margin_requirement": _dollars(margin.requirement),
        "weighted_unrealized_pnl": _dollars(margin.collateral),
        "unrealized_pnl": _dollars(pnl),
    }


def _coin(i):
    """Give a coin with the weights that the case states; what it does not state it does not use."""
    found = {name: _units(i[name], _WEIGHT) for name in i if name.endswith("_weight")}
    for side, least in (("asset", 0), ("liability", _WEIGHT)):
        stated = [found[n] for n in (f"initial_{side}_weight", f"maintenance_{side}_weight") if n in found]
        for kind in ("initial", "maintenance"):
            found.setdefault(f"{kind}_{side}_weight", stated[0] if stated else least)
    return DriftCoin(imf_factor=_units(i.get("imf_factor", 0), _PRICE), **found)


def _account(*margins):
    total = sum(margins, DriftMargin())
    return {
        "margin_requirement": _dollars(total.requirement), "total_collateral": _dollars(total.collateral),
        "free_collateral": _dollars(total.free),
    }  # fmt: skip


@vector(
    "drift_margin_requirement", needs="type", may="perp spot_borrow spot_deposit usdc_deposit user_max_margin_ratio",
    gives="margin_requirement total_collateral free_collateral",
)  # fmt: skip
def requirement(case):
    i = case.inputs
    kind = case.one_of("type", "initial", "fill", "maintenance")
    own = i.get("user_max_margin_ratio", 0)
    dollar, margins = _price(1), []
    for name, side in (("spot_borrow", -1), ("spot_deposit", 1)):
        if coin := i.get(name):
            amount, price = side * _units(coin["amount"], _SIZE), _price(coin["oracle_price"], coin.get("twap5"))
            margins.append(drift_coin_margin(amount, _coin(coin), price, kind, own_ratio=_units(own, _WEIGHT)))
    if i.get("perp"):
        margins.append(_perpetual(i["perp"] | {"user_max_margin_ratio": own}, dollar, kind)[1])
    margins.append(drift_coin_margin(_units(i.get("usdc_deposit", 0), _PRICE), DRIFT_DOLLARS, dollar, kind))
    return _account(*margins)


@vector(
    "drift_strict", needs="usdc_deposit usdc_oracle usdc_twap5 sol_oracle sol_twap5",
    may="sol_borrow sol_deposit maintenance_liability_weight initial_liability_weight maintenance_asset_weight "
    "initial_asset_weight type",
    gives="margin_requirement total_collateral free_collateral",
)  # fmt: skip
def strict(case):
    i, kind = case.inputs, case.inputs.get("type", "maintenance")
    amount = _units(i.get("sol_deposit", 0), _SIZE) - _units(i.get("sol_borrow", 0), _SIZE)
    dollars = drift_coin_margin(
        _units(i["usdc_deposit"], _PRICE), DRIFT_DOLLARS, _price(i["usdc_oracle"], i["usdc_twap5"]), kind
    )
    coins = drift_coin_margin(amount, _coin(i), _price(i["sol_oracle"], i["sol_twap5"]), kind)
    return _account(dollars, coins)


@vector(
    "drift_liquidation_base_amount",
    needs="margin_shortage margin_ratio liquidator_fee insurance_fund_fee oracle_price", may="quote_price",
    gives="base_amount",
)  # fmt: skip
def liquidation_size(case):
    i = {"quote_price": 1} | case.inputs
    amounts = ("liquidator_fee", "insurance_fund_fee", "oracle_price", "quote_price")
    size = drift_liquidation_size(
        _units(i["margin_shortage"], _PRICE),
        _units(i["margin_ratio"], _WEIGHT),
        *(_units(i[name], _PRICE) for name in amounts),
    )
    return {"base_amount": size / _SIZE}
