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
    assert len(found) + len(notes) == 3
    if "opengreeks" in found:
        assert peers.opengreeks_pnl(found["opengreeks"], legs, moves, changes) == pytest.approx(cube, abs=1e-4)


def test_the_greeks_by_hand_are_the_package_s():
    from benchmarks import by_hand

    spots = np.linspace(30_000.0, 120_000.0, 11)
    ours = greeks(forward=spots, strike=60_000.0, vol=0.6, tau=30 / 365)
    for one, other in zip(vars(ours).values(), by_hand.greeks(spots, 60_000.0, 0.6, 30 / 365, 1.0), strict=True):
        assert one == pytest.approx(other, rel=1e-7, abs=1e-7)


def test_the_plain_kernels_are_compared_with_the_peers_that_load(monkeypatch):
    from benchmarks import kernels, peers

    monkeypatch.setattr(kernels, "SIZES", (20_000,))
    monkeypatch.setattr(kernels, "ROUNDS", {20_000: 1})
    found, notes = peers.load()
    (table,) = kernels.measure()
    names = {row.split(",")[0] for row in table.rows}
    expected = {"price", "eight Greeks", "revaluation"} if "opengreeks" in found else set()
    assert names == expected | ({"implied vol"} if "lbriv" in found else set())
    assert len(table.aims) == len(table.rows) and set(notes) <= set(table.notes)
    assert all(float(row[-1]) < 1e-9 for row in table.rows.values())


def test_a_ratio_comes_with_its_spread():
    """By hand: ratios 1/2, 1 and 3 of three rounds."""
    from benchmarks.timing import ratio

    assert ratio([1.0, 2.0, 3.0], [2.0, 2.0, 1.0]) == (1.0, 0.5, 3.0)


def test_a_table_says_which_aims_are_missed(tmp_path, monkeypatch):
    from benchmarks import results

    table = results.Table("T", ["s"], {"a": [1.0], "b": [None]}, [("fast", 1.0, 2.0), ("small", 3.0, 2.0)])
    assert "met: fast" in str(table) and "MISSED: small" in str(table)
    monkeypatch.setattr(results, "FOLDER", tmp_path / "x" / "y" / "results")
    (tmp_path / "x" / "y").mkdir(parents=True)
    assert results.write("t", [table]).endswith("t.json") and (tmp_path / "x/y/results/t.json").exists()
