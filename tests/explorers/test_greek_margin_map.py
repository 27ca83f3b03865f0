"""The explorer of the portfolio margin model: shows what the two rules ask for, and stays quick and small."""

from time import perf_counter

import numpy as np
import pytest

from greekslab.book import Book
from greekslab.explorers import greek_margin_explorer, greek_margin_view
from greekslab.explorers.explorer import PAGE_BYTES
from greekslab.explorers.greek_margin_map import greek_rule
from greekslab.margin import GreekMargin, Scan
from greekslab.market import Market
from greekslab.scenarios import published, stretched

START = {"strike": 130, "days": 7, "reach": 16, "greeks": "vega"}
SETTINGS = [
    {},
    {"strike": 100, "days": 30},
    {"reach": 8, "greeks": "all"},
    {"days": 5, "strike": 80, "greeks": "price"},
]


def test_the_start_shows_the_surprise():
    # reference numbers of the chapter: 0.0785 against 1.8218, and 12.4816 against 10.7787 for the straddle
    finding = greek_margin_view(**START).finding
    assert "asks for 0.0785 where the full scan asks for 1.82, 23 times too little" in finding
    assert "12.48 against 10.78, 16\u00a0% too much" in finding


@pytest.mark.parametrize("changed", SETTINGS, ids=str)
def test_it_shows_what_the_two_rules_ask(changed):
    values = START | changed
    market = Market.toy(days=values["days"])
    expiry = market.expiries("TOY")[0]
    book = Book.from_list([(f"TOY-{expiry.day}{expiry:%b%y}-{values['strike']}-C".upper(), -1.0)])
    greek = greek_rule(values["reach"], values["greeks"]).requirement(book, market)[0]
    scan = Scan(stretched(published("paradex-16"), values["reach"] / 16)).requirement(book, market)[0]
    matrix, lines, bars = greek_margin_view(**values).panels
    row, column = matrix.ring
    assert (matrix.rows[row], matrix.columns[column]) == (f"{values['days']} d", str(values["strike"]))
    assert matrix.values[row][column] == pytest.approx(100.0 * (greek / scan - 1.0), abs=0.51)  # whole per cent
    assert [-mark.y for mark in lines.markers] == pytest.approx([scan, greek], abs=1e-4)
    assert sum(part.y[0] for part in bars.series) == pytest.approx(100.0 * greek / scan, abs=0.3)
    # the worst point of each model lies on its own curve
    exact, rough = (np.interp([mark.x for mark in lines.markers], lines.x, line.y) for line in lines.series)
    assert exact[0] == pytest.approx(-scan, abs=2e-4)
    assert rough[1] == pytest.approx(-greek, abs=2e-4)


def test_the_start_is_the_published_box():
    assert greek_rule(16, "vega") == GreekMargin()


def test_any_tenor_has_its_own_row():
    for days in (1, 3, 10, 45, 90, 120):
        matrix = greek_margin_view(**START | {"days": days}).panels[0]
        assert f"{days} d" in matrix.rows and len(matrix.rows) == 8


def test_a_step_is_quick():
    explorer = greek_margin_explorer()
    times = []
    for days in range(8, 15):
        start = perf_counter()
        explorer.evaluate(days=days)
        times.append(perf_counter() - start)
    assert np.median(times) < 0.06


def test_it_fits_the_page(monkeypatch):
    monkeypatch.setenv("GREEKSLAB_PAGE", "1")
    assert 0 < len(greek_margin_explorer().grid) <= PAGE_BYTES
