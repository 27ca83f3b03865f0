"""Books of perpetuals: netting, and the charge handed back to the legs."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from greekslab.book import Book, Spot
from greekslab.errors import InputError
from greekslab.margin import Account
from greekslab.margin.venues import card
from greekslab.margin.venues.mango import MangoToken
from greekslab.margin.venues.perpetual_books import (
    checked_book,
    checked_terms,
    net_sizes,
    over_legs,
    profits,
    read_terms,
    terms_of,
    whole,
)
from greekslab.market import Market

BOOK = Book.from_list([("BTC-PERP", 2.0, 90.0), ("BTC-PERP", -0.5), ("ETH-PERP", -4.0, 12.0), ("BTC", 1.0)])
MARKET = Market("2024-01-01", {"BTC": 100.0, "ETH": 10.0}, perps={"ETH": 11.0})


def test_legs_of_one_underlying_net():
    assert net_sizes(BOOK) == {"BTC": 1.5, "ETH": -4.0} and net_sizes(BOOK, Spot) == {"BTC": 1.0}
    assert profits(BOOK, MARKET) == {"BTC": 20.0, "ETH": 4.0}  # against the perpetual's own price


def test_the_charge_goes_to_the_legs_by_their_share():
    split = over_legs(BOOK, {"BTC": (30.0, 15.0), "ETH": (8.0, 4.0)})
    assert split.tolist() == [[40.0, -10.0, 8.0, 0.0], [20.0, -5.0, 4.0, 0.0]]
    flat = Book.from_list([("BTC-PERP", 1.0), ("BTC-PERP", -1.0)])
    assert over_legs(flat, {"BTC": (3.0, 2.0)}).tolist() == [[1.5, 1.5], [1.0, 1.0]]


@given(st.lists(st.floats(-100.0, 100.0), min_size=1, max_size=6), st.floats(0.0, 1e6))
def test_the_legs_share_all_of_the_charge(sizes, charge):
    book = Book.from_list([("BTC-PERP", size) for size in sizes])
    assert np.allclose(over_legs(book, {"BTC": (charge, charge / 2.0)}).sum(axis=1), [charge, charge / 2.0])


def test_terms_by_underlying():
    assert terms_of({"BTC": 1, "*": 2}, "BTC", "a venue") == 1 and terms_of({"*": 2}, "BTC", "a venue") == 2
    with pytest.raises(InputError, match="a venue has ETH"):
        terms_of({"ETH": 1}, "BTC", "a venue")


def test_whole_numbers():
    assert whole("x", "18446744073709551615") == 2**64 - 1 and whole("x", 3.0) == 3 and whole("x", "-7") == -7
    for value in (0.5, "half", None, True, float("inf"), float("nan")):
        with pytest.raises(InputError, match="x is"):
            whole("x", value)
    with pytest.raises(InputError, match="0 or more"):
        whole("x", -1, 0)


@pytest.mark.parametrize("call", [
    lambda: checked_book(Account(BOOK), "a venue"), lambda: checked_terms("tokens", 1, MangoToken),
    lambda: checked_terms("tokens", {"BTC": 1}, MangoToken),
    lambda: read_terms(card("mango_v4"), {"BTC": {"asset_weight": 1.0}}, MangoToken, {}),
])  # fmt: skip
def test_bad_input_is_refused(call):
    with pytest.raises(InputError):
        call()
