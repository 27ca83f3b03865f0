"""Adaptors: scenario grids, risk arrays, and the parameters of published scenario sets."""

import numpy as np
import pandas as pd

from greekslab.book import Book, Option, Perpetual, PnLCube, Position, Spot, pnl_cube, position_values
from greekslab.margin import Scan
from greekslab.market import FlatVol, Market
from greekslab.risk import worst
from greekslab.scenarios import grid, span
from harness.cases import NotCovered
from harness.registry import number, vector

NOW = pd.Timestamp("2024-01-01", tz="UTC")


def days_later(days: float) -> pd.Timestamp:
    """Give the expiry that is `days` away."""
    return NOW + pd.Timedelta(days=days)


def _leg(quantity, strike, is_call, expiry):
    if not strike:
        return Position(Spot("X"), quantity)
    return Position(Option("X", "linear", expiry, strike, "call" if is_call else "put"), quantity)


@number(
    "derivatives_margin", needs="legs_qty_strike_iscall S vol T spot_shocks vol_shocks",
    gives="base_value pnl worst_spot worst_vol margin",
)  # fmt: skip
def scenario_grid(case):
    i = case.inputs
    expiry = days_later(i["T"] * 365)
    book = Book(tuple(_leg(*leg, expiry) for leg in i["legs_qty_strike_iscall"]))
    market = Market(NOW, {"X": i["S"]}, vols={"X": FlatVol(i["vol"])})
    scenarios = grid(i["spot_shocks"], i["vol_shocks"])
    cube = pnl_cube(book, market, scenarios)
    binding = worst(cube).index
    row = None if binding is None else scenarios.table.loc[binding]
    table = zip(scenarios.table["move"], scenarios.table["vol"], cube.total(), strict=True)
    return {
        "base_value": position_values(book, market).sum(),
        "pnl": [list(cells) for cells in table],
        "worst_spot": None if row is None else row["move"],
        "worst_vol": None if row is None else row["vol"],
        "margin": Scan(scenarios).requirement(book, market)[0],
    }


@vector("span_scan", needs="positions risk_arrays_long_pnl", gives="scan_risk worst_scenario")
def risk_arrays(case):
    """Arrays hold what one long unit earns, the cover of the extreme moves already taken."""
    arrays, positions = case.inputs["risk_arrays_long_pnl"], case.inputs["positions"]
    sixteen = span(price_range=0.1, vol_range=0.1)  # only its order of scenarios is used: the P&L is given
    if {len(arrays[name]) for name in positions} != {len(sixteen)}:
        raise NotCovered("risk arrays of another length than 16")
    book = Book(tuple(Position(Perpetual(name), quantity) for name, quantity in positions.items()))
    values = np.array([arrays[name] for name in positions], dtype=float).T * book.quantities
    found = worst(PnLCube(values, book, sixteen.edited(sixteen.table.assign(weight=1.0))))
    return {"scan_risk": found.loss, "worst_scenario": None if found.index is None else found.index + 1}
