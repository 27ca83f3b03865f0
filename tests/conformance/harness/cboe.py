"""Adaptor: CBOE strategy-based margin."""

from greekslab.margin.venues.cboe import Leg, StrategyRule, Underlying
from harness.registry import vector


@vector("cboe_strategy_margin", needs="underlying legs", gives="margin_account cash_account")
def strategy(case):
    legs = [Leg(**leg) for leg in case.inputs["legs"]]
    found = StrategyRule.published().margin(legs, Underlying(**case.inputs["underlying"]))
    return {"margin_account": float(found.margin_account), "cash_account": float(found.cash_account)}
