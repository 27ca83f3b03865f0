"""Adaptors: Opyn's vaults."""

from greekslab.margin.venues.opyn import NakedMargin, excess, settled, spread_requirement
from harness.registry import vector


@vector(
    "opyn_spread",
    needs="option short_amount short_strike collateral",
    may="long_amount long_strike expiry_spot collateral_units_per_strike_or_underlying_unit",
    gives="net_value is_excess",
)  # fmt: skip
def spread(case):
    i = case.inputs
    legs = i["short_amount"], i["short_strike"], i.get("long_amount", 0), i.get("long_strike", 0)
    if "expiry_spot" not in i:
        needed = spread_requirement(i["option"], *legs)
    else:
        needed = settled(i["option"], i["expiry_spot"], *legs)
    unit = i.get("collateral_units_per_strike_or_underlying_unit", 1)
    amount, is_excess = excess(needed, i["collateral"], unit)
    return {"net_value": float(amount), "is_excess": is_excess}


@vector(
    "opyn_naked", needs="option short_amount strike spot days_to_expiry_bucket spot_shock upper_bounds_by_days",
    gives="required_collateral",
)  # fmt: skip
def naked(case):
    i = case.inputs
    rule = NakedMargin(i["spot_shock"], {float(days): share for days, share in i["upper_bounds_by_days"].items()})
    needed = rule.requirement(i["option"], i["short_amount"], i["strike"], i["spot"], i["days_to_expiry_bucket"])
    return {"required_collateral": float(needed)}
