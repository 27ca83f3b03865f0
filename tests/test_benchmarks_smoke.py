"""The benchmarks measure equal work: what is written by hand gives the package's numbers."""

from pathlib import Path

import numpy as np
import pytest

from greekslab.book import pnl_cube
from greekslab.pricing import greeks
from greekslab.scenarios import grid

ROOT = Path(__file__).resolve().parent.parent


@pytest.fixture(autouse=True)
def reachable(monkeypatch):
    monkeypatch.syspath_prepend(str(ROOT))


def test_the_loop_by_hand_is_the_cube():
    from benchmarks import by_hand, peers
    from benchmarks.legs import options

    book, market, legs = options(40)
    spots, vols = np.linspace(-0.5, 1.0, 7), np.linspace(-0.4, 0.8, 5)
    moves, changes = np.repeat(spots, 5), np.tile(vols, 7)
    cube = pnl_cube(book, market, grid(spots, vols)).values
    assert by_hand.pnl(legs, moves, changes) == pytest.approx(cube, abs=1e-9 * 60_000)
    found, notes = peers.load()
    assert len(found) + len(notes) == 2
    if "opengreeks" in found:
        assert peers.opengreeks_pnl(found["opengreeks"], legs, moves, changes) == pytest.approx(cube, abs=1e-4)


def test_the_greeks_by_hand_are_the_package_s():
    from benchmarks import by_hand

    spots = np.linspace(30_000.0, 120_000.0, 11)
    ours = greeks(forward=spots, strike=60_000.0, vol=0.6, tau=30 / 365)
    for one, other in zip(vars(ours).values(), by_hand.greeks(spots, 60_000.0, 0.6, 30 / 365, 1.0), strict=True):
        assert one == pytest.approx(other, rel=1e-7, abs=1e-7)


def test_a_table_says_which_aims_are_missed(tmp_path, monkeypatch):
    from benchmarks import results

    table = results.Table("T", ["s"], {"a": [1.0], "b": [None]}, [("fast", 1.0, 2.0), ("small", 3.0, 2.0)])
    assert "met: fast" in str(table) and "MISSED: small" in str(table)
    monkeypatch.setattr(results, "FOLDER", tmp_path / "x" / "y" / "results")
    (tmp_path / "x" / "y").mkdir(parents=True)
    assert results.write("t", [table]).endswith("t.json") and (tmp_path / "x/y/results/t.json").exists()
