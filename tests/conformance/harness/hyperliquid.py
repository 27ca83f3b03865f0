"""Adaptors: Hyperliquid's maintenance rates."""

from greekslab.margin.venues import hyperliquid_maintenance_rate
from harness.registry import vector


@vector("hyperliquid_maintenance_rate", needs="max_leverage", gives="maintenance_margin_rate")
def maintenance_rate(case):
    return {"maintenance_margin_rate": hyperliquid_maintenance_rate(case.inputs["max_leverage"])}
