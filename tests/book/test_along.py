"""P&L, values and deltas along moves of the spot equal those of one moved market after another."""

import numpy as np
import pytest

from greekslab.book import Book, pnl_cube, position_values
from greekslab.book.along import delta_along, pnl_along, position_values_along
from greekslab.book.exposures import position_greeks
from greekslab.errors import InputError
from greekslab.market import Market
from greekslab.scenarios import published, span

BTC = Market.btc()
MOVES = np.array([-0.6, -0.05, 0.0, 0.3, 2.0])
# one leg of every kind; futures with their entry price, without one they would be entered anew in every moved market
BOOK = Book.from_list(
    [
        ("BTC-26NOV21-70000-C", -1.0), ("BTC-31DEC21-60000-P:inverse", 2.0), ("BTC-PERP", 0.5, 60_000.0),
        ("BTC-PERP:inverse", -40_000, 50_000.0), ("BTC-31DEC21", 0.3, 65_000.0), ("BTC", 0.1),
    ]
)  # fmt: skip


@pytest.mark.parametrize(
    "scenarios", [published("paradex-24"), published("derive-pm2-31"), span(price_range=0.15, vol_range=0.1)]
)
def test_pnl_along_is_the_cube_of_each_moved_market(scenarios):
    """Second implementation: `pnl_cube` in one moved market after another."""
    each = [pnl_cube(BOOK, BTC.moved(move), scenarios).values for move in MOVES]
    assert pnl_along(BOOK, BTC, scenarios, MOVES) == pytest.approx(np.array(each), rel=1e-9, abs=1e-6)


def test_pnl_along_works_in_blocks():
    """The same numbers whether few moves are asked for or enough for several blocks of work."""
    many = np.linspace(-0.9, 4.0, 5_000)
    found = pnl_along(BOOK, BTC, published("paradex-24"), many)
    assert found[[0, 2_500, 4_999]] == pytest.approx(
        pnl_along(BOOK, BTC, published("paradex-24"), many[[0, 2_500, 4_999]])
    )


def test_pnl_along_refuses_sets_that_tilt_the_smile():
    with pytest.raises(InputError, match="tilts the smile"):
        pnl_along(BOOK, BTC, published("derive-pm2"), MOVES)


def test_values_along_are_those_of_each_moved_market():
    """Second implementation: `position_values` in one moved market after another."""
    each = [position_values(BOOK, BTC.moved(move, vol_shift=0.2, days=5.0)) for move in MOVES]
    found = position_values_along(BOOK, BTC, MOVES, vol_shift=0.2, days=5.0)
    assert found == pytest.approx(np.array(each), rel=1e-9, abs=1e-6)


def test_delta_along_is_the_delta_of_each_moved_market():
    """Second implementation: `position_greeks` in one moved market after another."""
    each = [position_greeks(BOOK, BTC.moved(move))["delta"] for move in MOVES]
    assert delta_along(BOOK, BTC, MOVES) == pytest.approx(np.array(each), rel=1e-9, abs=1e-12)
