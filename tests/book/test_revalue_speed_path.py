"""The cube's fast form of Black-76 and the plain one of `pricing.price` are the same number."""

import tracemalloc

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from greekslab.book import Book, Option, Perpetual, Position, pnl_cube
from greekslab.market import FlatVol, Market
from greekslab.pricing import price
from greekslab.scenarios import ScenarioSet, VolRule, grid

NOW = pd.Timestamp("2024-01-01", tz="UTC")


def options(legs, underlying="X"):
    """Give positions from (days, strike, kind, quantity, settlement)."""
    return tuple(
        Position(Option(underlying, settlement, NOW + pd.Timedelta(days=days), strike, kind), quantity)
        for days, strike, kind, quantity, settlement in legs
    )


def plain(position, market, move, vol_factor, days):
    """P&L of one option by `pricing.price`, in quote currency."""
    o = position.instrument
    spot, vol = market.spot(o.underlying), float(market.vol(o.underlying, o.expiry, o.strike))
    terms = {"strike": o.strike, "kind": o.kind, "rate": 0.0}
    tau = market.tau(o.expiry)
    now = price(forward=spot, vol=vol, tau=tau, **terms)
    then = price(forward=spot * (1 + move), vol=vol * vol_factor, tau=max(tau - days / 365, 0.0), **terms)
    return position.quantity * (then - now)


legs = st.tuples(
    st.sampled_from([0.0, 0.01, 1.0, 7.0, 30.0, 700.0]), st.sampled_from([1.0, 60.0, 99.0, 100.0, 101.0, 5_000.0]),
    st.sampled_from(["call", "put"]), st.sampled_from([-3.0, 0.0, 1.0, 0.5]), st.sampled_from(["linear", "inverse"]),
)  # fmt: skip


@given(
    st.lists(legs, min_size=1, max_size=6), st.sampled_from([0.0, 1e-6, 0.2, 0.6, 3.0]),
    st.lists(st.sampled_from([-0.99, -0.3, -1e-9, 0.0, 0.01, 0.5, 40.0]), min_size=1, max_size=4),
    st.sampled_from([-1.0, -0.4, 0.0, 0.5]), st.sampled_from([0.0, 1.0]), st.booleans(),
)  # fmt: skip
def test_the_cube_equals_the_plain_price(legs, vol, moves, vol_change, days, with_perpetual):
    positions = options(legs) + ((Position(Perpetual("X"), 2.0),) if with_perpetual else ())
    market = Market(NOW, {"X": 100.0}, vols={"X": FlatVol(vol)})
    cube = pnl_cube(Book(positions), market, grid(moves, [vol_change], days=days))
    for i, position in enumerate(positions[: len(legs)]):
        for row, move in enumerate(moves):
            expected = plain(position, market, move, 1 + vol_change, days)
            forward = 100.0 * max(1.0, 1 + move)
            assert cube.values[row, i] == pytest.approx(expected, abs=3 * 1e-12 * forward)


def test_two_underlyings_word_vols_and_many_blocks():
    book = options([(30, 100, "call", 1, "linear"), (5, 90, "put", -2, "linear")], "A")
    book = Book(book + options([(30, 2_000, "put", 1, "linear")], "B"))
    market = Market(NOW, {"A": 100.0, "B": 2_000.0}, vols={"A": FlatVol(0.5), "B": FlatVol(0.9)})
    rng = np.random.default_rng(3)
    table = pd.DataFrame({"move_A": rng.uniform(-0.5, 0.5, 20_000), "move_B": rng.uniform(-0.5, 0.5, 20_000)})
    table = table.assign(move=0.0, weight=1.0, vol=rng.choice(["up", "none", "down"], 20_000))
    rule = VolRule(up=0.5, down=0.5)
    cube = pnl_cube(book, market, ScenarioSet("random", table, rule))
    factor = {"up": 1.5, "none": 1.0, "down": 0.5}
    for row in [0, 5_460, 5_461, 5_462, 19_999, *rng.integers(0, 20_000, 50)]:
        for i, position in enumerate(book):
            move = table[f"move_{position.instrument.underlying}"][row]
            expected = plain(position, market, move, factor[table["vol"][row]], 0.0)
            assert cube.values[row, i] == pytest.approx(expected, abs=1e-9)


def test_memory_beyond_the_result_is_small():
    book = Book(options([(30, 50.0 + k, kind, 1, "linear") for k in range(100) for kind in ("call", "put")]))
    market = Market(NOW, {"X": 100.0}, vols={"X": FlatVol(0.6)})
    scenarios = grid(np.linspace(-0.5, 0.5, 100), np.linspace(-0.5, 0.5, 50))
    tracemalloc.start()
    values = pnl_cube(book, market, scenarios).values
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak - values.nbytes < 4e6
