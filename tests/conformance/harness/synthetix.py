"""Adaptors: margins of Synthetix perps v3."""

from dataclasses import fields

from greekslab.margin.venues import SynthetixKeepers, SynthetixMarket, synthetix_margins
from harness.cases import only
from harness.registry import vector

_KEEPERS = {
    "min_keeper_reward": "min_reward", "max_keeper_reward": "max_reward", "min_keeper_profit_ratio": "min_profit_ratio",
    "max_keeper_scaling_ratio": "max_scaling_ratio", "flag_cost": "flag_cost", "liquidation_cost": "liquidation_cost",
}  # fmt: skip
_MARKET = {"liquidation_reward_ratio": "flag_reward_ratio", "max_seconds_in_liquidation_window": "liquidation_window"}
_TERMS = " ".join(field.name for field in fields(SynthetixMarket))
_GIVES = (
    "initial_margin_ex_keeper maintenance_margin_ex_keeper liquidation_reward initial_margin maintenance_margin "
    "available_margin withdrawable_margin pnl fill_prices"
)


def margins(case):
    i = case.inputs
    keepers = SynthetixKeepers(**{to: i[name] for name, to in _KEEPERS.items() if name in i})
    held, fills = [], []
    for p in (only(p, "market size entry_index price skew", "position") for p in i["positions"]):
        terms = {_MARKET.get(name, name): x for name, x in p["market"].items()}
        market = SynthetixMarket(**only(terms, _TERMS, "market"))
        fills.append(market.fill_price(p["entry_index"], p["size"], p.get("skew", i.get("initial_skew", 0))))
        held.append((market, p["size"], fills[-1], p["price"]))
    account = synthetix_margins(i["collateral"], held, keepers)
    return {
        "initial_margin_ex_keeper": float(account.initial), "maintenance_margin_ex_keeper": float(account.maintenance),
        "liquidation_reward": float(account.reward), "initial_margin": float(account.initial + account.reward),
        "maintenance_margin": float(account.maintenance + account.reward),
        "available_margin": float(account.available), "withdrawable_margin": float(account.withdrawable),
        "pnl": [float(synthetix_margins(0, [position]).available) for position in held],
        "fill_prices": [float(price) for price in fills],
    }  # fmt: skip


for _kind in ("snx_v3_margin", "snx_v3_available_margin"):
    vector(_kind, needs="collateral positions", may=" ".join(["initial_skew", *_KEEPERS]), gives=_GIVES)(margins)
