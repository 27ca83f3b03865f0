"""Stretched scan ranges."""

import pytest

from greekslab.book import named_books, pnl_cube
from greekslab.errors import InputError
from greekslab.market import Market
from greekslab.risk import worst
from greekslab.scenarios import published, stretched

TOY, P24 = Market.toy(), published("paradex-24")


def test_stretched_range_keeps_straight_lines_out_of_the_tails():
    perp = named_books(TOY)["long perp"]
    for factor in (0.5, 1.0, 1.5):
        wide = stretched(P24, factor)
        assert worst(pnl_cube(perp, TOY, wide)).loss == pytest.approx(16.0 * factor)
        assert wide.table["move"].iloc[-1] == 5.0  # tails stay where they are
    assert stretched(P24, 1.0).table.equals(P24.table)
    assert stretched(P24, 5.0).weights.max() == 1.0  # a weight never passes 1
    with pytest.raises(InputError, match="factor"):
        stretched(P24, 0.0)
