"""The explorer of the bake-off: shows what the rules ask, where they cross, and stays quick and small."""

from time import perf_counter

import numpy as np
import pytest

from greekslab.book import morph, morph_stages
from greekslab.explorers import bake_off_explorer, bake_off_view
from greekslab.explorers.bake_off import _PICKS
from greekslab.explorers.explorer import PAGE_BYTES
from greekslab.margin.venues import revaluations, rulebooks
from greekslab.market import Market

START = {"at": 100, "world": "toy", "pick": "schools"}
SETTINGS = [{}, {"at": 0}, {"at": 170, "world": "btc"}, {"pick": "scans", "at": 200}, {"pick": "history", "at": 30}]
SHELF = rulebooks()


def test_the_start_shows_the_surprise():
    # hand calculation: 10 for the perpetual, 15 for the sold call, the bought put's price 6.8539 in full: 31.85
    finding = bake_off_view(**START).finding
    assert "isolated asks for most, 31.85\u00a0% of the spot, Greeks and shortfall for nothing" in finding
    assert "the 6 lines cross 8 times" in finding


@pytest.mark.parametrize("changed", SETTINGS, ids=str)
def test_it_shows_what_the_rules_ask(changed):
    values = START | changed
    market = Market.toy() if values["world"] == "toy" else Market.btc()
    book = morph(list(morph_stages(market).values()), values["at"] / 100)
    unit = 100.0 / next(iter(market.spots.values()))
    asked = {words: SHELF[key].requirement(book, market) for key, words in _PICKS[values["pick"]][1].items()}
    bars, lines, table = bake_off_view(**values).panels
    keep, more = (dict(zip(bars.categories, series.y, strict=True)) for series in bars.series)
    for words, (initial, maintenance) in asked.items():
        assert keep[words] == pytest.approx(unit * maintenance, abs=0.006)
        assert keep[words] + more[words] == pytest.approx(unit * initial, abs=0.011)
    totals = [keep[words] + more[words] for words in bars.categories]
    assert all(a >= b - 0.02 for a, b in zip(totals, totals[1:], strict=False))  # the dearest first
    place = list(lines.x).index(values["at"])
    assert {s.name: s.y[place] for s in lines.series} == pytest.approx(
        {words: unit * initial for words, (initial, _) in asked.items()}, abs=0.006
    )
    assert [row[0] for row in table.rows] == list(asked)
    assert [int(row[-1]) for row in table.rows] == [revaluations(SHELF[k]) for k in _PICKS[values["pick"]][1]]


def test_marks_lie_where_two_lines_meet():
    lines = bake_off_view(**START).panels[1]
    assert len(lines.markers) == 8
    for mark in lines.markers:
        heights = [np.interp(mark.x, lines.x, series.y) for series in lines.series]
        assert sum(abs(height - mark.y) < 0.08 for height in heights) >= 2


def test_places_at_the_three_stages():
    table = bake_off_view(**START).panels[2]
    rows = {row[0]: row[1:4] for row in table.rows}
    # Paradex of early 2026, reference margins: 16 for a perpetual, 14.39 from the far call and the put at -66 %
    assert rows["Paradex"][0] == "16.00 (2.)" and rows["Derive PM2"][0] == "22.00 (1.)"
    assert rows["isolated"] == ("10.00 (6.)", "31.85 (1.)", "20.00 (1.)")


def test_a_step_is_quick():
    explorer = bake_off_explorer()
    times = []
    for at in range(0, 200, 10):
        start = perf_counter()
        explorer.evaluate(at=at)
        times.append(perf_counter() - start)
    assert np.median(times) < 0.06


def test_it_fits_the_page(monkeypatch):
    monkeypatch.setenv("GREEKSLAB_PAGE", "1")
    assert 0 < len(bake_off_explorer().grid) <= PAGE_BYTES
