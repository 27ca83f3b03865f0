"""The compiled columns of the cube are the plain ones."""

import numpy as np
import pandas as pd
import pytest

from greekslab.book import Book, Option, Perpetual, Position, pnl_cube
from greekslab.market import FlatVol, Market
from greekslab.pricing.acceleration import SWITCH
from greekslab.pricing.blocks import BLOCK
from greekslab.scenarios import ScenarioSet, VolRule, grid, published

pytest.importorskip("greekslab.pricing.compiled", exc_type=ImportError, reason='the extra "fast" is not installed')

NOW = pd.Timestamp("2024-01-01", tz="UTC")
MARKET = Market(NOW, {"A": 100.0, "B": 3_000.0}, vols={"A": FlatVol(0.6), "B": FlatVol(0.0)})


def book():
    """Mix two underlyings, both kinds and settlements, expiries from today to two years, and a straight line."""
    rng = np.random.default_rng(5)
    positions = [Position(Perpetual("A"), 2.0)]
    for underlying, spot in (("A", 100.0), ("B", 3_000.0), ("A", 100.0)):
        for days in (0.0, 0.01, 1.0, 30.0, 700.0):
            for ratio in (0.01, 0.8, 1.0, 1.1, 50.0):
                settlement, kind = rng.choice(["linear", "inverse"]), rng.choice(["call", "put"])
                option = Option(underlying, str(settlement), NOW + pd.Timedelta(days=days), ratio * spot, str(kind))
                positions.append(Position(option, float(rng.choice([-3.0, 1.0, 0.5]))))
    return Book(tuple(positions))


def cubes(some, market, scenarios, monkeypatch):
    """Give the values of the plain cube and of the compiled one."""
    for word in ("off", "on"):
        monkeypatch.setenv(SWITCH, word)
        yield pnl_cube(some, market, scenarios).values


def words():
    rng = np.random.default_rng(3)
    table = pd.DataFrame({"move_A": rng.uniform(-0.9, 2.0, 400), "move_B": rng.uniform(-0.5, 0.5, 400)})
    table = table.assign(move=0.0, weight=1.0, vol=rng.choice(["up", "none", "down"], 400))
    return ScenarioSet("words", table, VolRule(up=0.5, down=0.5))


@pytest.mark.parametrize("spot", [100.0, 3_000.0])
def test_an_expiry_that_is_being_averaged_moves_less(spot, monkeypatch):
    expiry, later = NOW + pd.Timedelta(days=1), NOW + pd.Timedelta(days=30)
    market = Market(NOW, {"X": spot}, vols={"X": FlatVol(0.6)}, averaged={"X": {expiry: 0.4 * spot}})
    some = Book(tuple(Position(Option("X", "linear", e, spot, "put"), 1.0) for e in (expiry, later)))
    plain, fast = cubes(some, market, grid(np.linspace(-0.5, 0.5, 10_001)), monkeypatch)
    assert plain[0, 0] == pytest.approx(0.3 * spot, rel=0.1) and np.abs(plain - fast).max() < 1e-13 * 1.5 * spot


SETS = {
    "grid": grid(np.linspace(-0.99, 3.0, 40), np.linspace(-1.0, 2.0, 11)),
    "a day later": grid(np.linspace(-0.5, 0.5, 101), [-0.4, 0.0, 0.8, 3.0], days=1.0),
    "words": words(),
    "skew": published("derive-pm2"),
}


@pytest.mark.parametrize("name", SETS)
def test_the_cube_is_the_same(name, monkeypatch):
    """1e-13 of forward, strike or moved forward, whichever is largest, per unit of quantity."""
    some = sum([book()] * 9, book()) if name == "skew" else book()
    plain, fast = cubes(some, MARKET, SETS[name], monkeypatch)
    level = [max(MARKET.spot(p.instrument.underlying), getattr(p.instrument, "strike", 0.0)) for p in some]
    moved = np.column_stack([1.0 + np.abs(SETS[name].moves(p.instrument.underlying)) for p in some])
    assert np.abs((plain - fast) / (moved * level * np.abs(some.quantities))).max() < 1e-13
    assert plain.size * 0.9 > BLOCK  # options alone count


def test_where_nothing_changes_nothing_is_earned(monkeypatch):
    monkeypatch.setenv(SWITCH, "on")
    assert not pnl_cube(book(), MARKET, grid(np.zeros(300))).values.any()
