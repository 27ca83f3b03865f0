"""A path from book to book: its ends, its middle, its quantities."""

import pytest

from greekslab.book import Book, morph, morph_stages, pnl_cube
from greekslab.errors import InputError
from greekslab.market import Market
from greekslab.scenarios import published

TOY = Market.toy()
STAGES = morph_stages(TOY)
PATH = list(STAGES.values())


def held(book):
    return dict(zip(book.names, book.quantities, strict=True))


def test_the_three_stages():
    assert {name: held(book) for name, book in STAGES.items()} == {
        "directional": {"TOY-PERP": 1.0},
        "hedged": {"TOY-PERP": 1.0, "TOY-31JAN24-100-C": -1.0, "TOY-31JAN24-100-P": 1.0},
        "short tail": {"TOY-31JAN24-70-P": -1.0, "TOY-31JAN24-150-C": -1.0},
    }
    # the nearest quoted strikes to 0.7 and 1.5 times the forward of 67 843
    tail = morph_stages(Market.btc())["short tail"]
    assert tail.names == ["BTC-26NOV21-48000-P", "BTC-26NOV21-100000-C"]


def test_ends_and_between():
    assert [held(morph(PATH, at)) for at in (0, 1, 2)] == [held(book) for book in PATH]
    assert held(morph(PATH, 0.25)) == {"TOY-PERP": 1.0, "TOY-31JAN24-100-C": -0.25, "TOY-31JAN24-100-P": 0.25}
    assert held(morph(PATH, 1.75))["TOY-31JAN24-150-C"] == -0.75
    assert held(morph(PATH, 1.75))["TOY-PERP"] == 0.25


def test_profit_and_loss_is_mixed_in_the_same_shares():
    mixed = pnl_cube(morph(PATH, 1.4), TOY, published("paradex-24")).total()
    second, third = (pnl_cube(book, TOY, published("paradex-24")).total() for book in PATH[1:])
    assert mixed == pytest.approx(0.6 * second + 0.4 * third)


def test_equal_positions_are_one_leg_and_nothing_is_left_out_but_zeros():
    perp = Book.from_list([("TOY-PERP", 1.0)])
    assert held(morph([perp + perp, perp], 0.5)) == {"TOY-PERP": 1.5}
    with pytest.raises(InputError, match="cancel"):
        morph([perp, -1 * perp], 0.5)


@pytest.mark.parametrize("bad", [(PATH[:1], 0), (PATH, -0.1), (PATH, 2.1), (["perp", "put"], 0)], ids=str)
def test_bad_paths_are_refused(bad):
    with pytest.raises(InputError):
        morph(*bad)
