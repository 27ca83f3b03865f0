"""Instruments and books: names, algebra, and errors with line and column."""

import io

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from greekslab.book import (
    Book,
    Future,
    Option,
    Perpetual,
    Position,
    Spot,
    chain_names,
    named_books,
    parse_instrument,
)
from greekslab.errors import InputError
from greekslab.market import Market

TEXTS = st.text("BTCPERP-0123456789:inversNOV.", max_size=24) | st.text(max_size=12)


@pytest.mark.parametrize(
    "name, want",
    [
        ("BTC", Spot("BTC")),
        ("btc-perpetual", Perpetual("BTC")),
        ("ETH-PERP:inverse", Perpetual("ETH", "inverse")),
        ("BTC-26NOV21", Future("BTC", "linear", "2021-11-26 08:00")),
        ("BTC-5NOV21-62500.5-P", Option("BTC", "linear", "2021-11-05 08:00", 62_500.5, "put")),
        ("SOL-1JAN24T1530-100-C:inverse", Option("SOL", "inverse", "2024-01-01 15:30", 100, "call")),
    ],
)
def test_names_and_instruments_go_both_ways(name, want):
    assert parse_instrument(name) == want
    assert parse_instrument(want.name) == want


def test_every_name_of_the_chain_can_be_read_back():
    market = Market.btc()
    names = chain_names(market, "BTC")
    assert len(names) == len(set(names)) == 2 + 4 + 2 * 49
    assert [parse_instrument(n).name for n in names] == names


@given(TEXTS)
def test_any_text_is_an_instrument_or_a_named_error(text):
    try:
        instrument = parse_instrument(text)
    except InputError as error:
        assert error.remedy
    else:
        assert parse_instrument(instrument.name) == instrument


def test_algebra():
    book = Book.from_list([("BTC-PERP", 1), ("BTC-26NOV21-60000-C", -2)])
    assert (book + 2 * book).quantities.tolist() == [1, -2, 2, -4]
    assert (book * -1).quantities.tolist() == [-1, 2]
    assert book.without(0).names == book.without(-2).names == ["BTC-26NOV21-60000-C"]
    assert len(book) == 2  # unchanged
    with pytest.raises(AttributeError):
        book.positions = ()
    with pytest.raises(InputError, match="book is empty"):
        book.without(0).without(0)
    with pytest.raises(InputError, match="position is 2"):
        book.without(2)


def test_frames_and_csv_round_trip():
    book = Book((Position("BTC-PERP", 1.5, 60_000.0, "here"), Position("BTC-26NOV21-60000-P", -2)))
    frame = book.to_frame()
    assert Book.from_frame(frame) == book
    assert Book.from_csv(io.StringIO(frame.to_csv(index=False))) == book
    assert Book.from_csv("instrument, quantity\n\nBTC-PERP , 1\n").names == ["BTC-PERP"]


@pytest.mark.parametrize(
    "text, word",
    [
        ("instrument,quantity\nBTC-PERP,1\nBTC-PRP,1\n", "line 3, column instrument is BTC-PRP"),
        ("instrument,quantity\nBTC-PERP,one\n", "line 2, column quantity is one"),
        ("instrument,quantity\nBTC-PERP,\n", "line 2, column quantity is empty"),
        ("instrument,quantity\n\nBTC-PERP,inf\n", "line 3, column quantity is inf"),
        ("instrument,quantity\n,1\n", "line 2, column instrument is empty"),
        ("instrument,quantity\nBTC-PERP,1e13\n", "line 2, column quantity is 10000000000000"),
        ("instrument,quantity,entry_price\nBTC-PERP,1,-5\n", "line 2, column entry_price is -5"),
        ("instrument,amount\nBTC-PERP,1\n", "column quantity is missing"),
        ("instrument,quantity,colour\nBTC-PERP,1,red\n", "column is colour"),
        ("instrument,quantity\n", "table is empty"),
        ("\n", "header"),
        ("instrument,quantity\nBTC-26NOV21-0-C,1\n", "line 2, column instrument, strike is 0"),
        ("instrument,quantity\nBTC-PERP,1,2,3\n", "line 2 is BTC-PERP,1,2,3: give 2 cells"),
    ],
)
def test_bad_rows_are_named_by_line_and_column(text, word):
    with pytest.raises(InputError, match=word) as caught:
        Book.from_csv(text)
    assert caught.value.remedy


def test_doubled_columns_are_refused():
    frame = pd.DataFrame([["BTC", 1, 2]], columns=["instrument", "quantity", "quantity"])
    with pytest.raises(InputError, match="column quantity is there twice"):
        Book.from_frame(frame)


@given(st.floats(allow_nan=True, allow_infinity=True))
def test_quantities_are_finite_and_of_this_world(quantity):
    try:
        assert Position("BTC", quantity).quantity == quantity
    except InputError:
        assert not abs(quantity) <= 1e12


@pytest.mark.parametrize(
    "build",
    [
        lambda: Spot("BTC", "inverse"),
        lambda: Perpetual("BTC", "quanto"),
        lambda: Option("BTC", "linear", "2024-01-01", 0.0),
        lambda: Option("BTC", "linear", "2024-01-01", np.nan),
        lambda: Option("BTC", "linear", "2024-01-01", 1.0, "straddle"),
        lambda: Option("BTC", "linear", "someday", 1.0),
        lambda: Future("BTC"),
        lambda: Position("BTC", True),
        lambda: Position(None, 1.0),
        lambda: Position(5, 1.0),
        lambda: Position("BTC-PERP", 1.0, "60000"),
        lambda: Position("BTC-PERP", 1.0, -1.0),
        lambda: Perpetual(5),
        lambda: Option("BTC", "linear", "2024-01-01", "100"),
        lambda: Option("BTC", "linear", "2024-01-01", 100.0, ["call"]),
        lambda: Option("BTC", "linear", "2124-01-01", 100.0),
        lambda: Book((("BTC-PERP", 1.0),)),
        lambda: Book(5),
        lambda: Book.from_list("BTC-PERP"),
        lambda: Book.from_list(None),
        lambda: Book.from_list(["BTC-PERP"]),
        lambda: Book.from_list([("BTC-PERP",)]),
        lambda: Book.from_frame("instrument,quantity\nBTC-PERP,1\n"),
        lambda: Book.from_list([("BTC-PERP", 1.0)]).without(0.0),
        lambda: Book.from_list([("BTC-PERP", 1.0)]).without("first"),
        lambda: named_books("BTC"),
        lambda: Book(()),
    ],
)
def test_bad_instruments_are_refused(build):
    with pytest.raises(InputError):
        build()


def test_the_named_books_exist_in_both_worlds():
    toy, btc = named_books(Market.toy()), named_books(Market.btc())
    assert list(toy) == list(btc) and len(toy) == 14
    assert toy["short strangle"].names == ["TOY-31JAN24-85-P", "TOY-31JAN24-115-C"]
    quoted = chain_names(Market.btc(), "BTC")
    assert all(name in quoted for book in btc.values() for name in book.names)


@pytest.mark.parametrize("strike", [1e13, 0.1 + 0.2, 60_000.5, 1e-7, 123_456.789_012_345])
def test_names_keep_every_digit_of_the_strike(strike):
    """Round trip: two strikes that differ have two names, and a name reads back as its option."""
    option = Option("BTC", "linear", "2024-01-26 08:00", strike, "put")
    assert parse_instrument(option.name) == option
