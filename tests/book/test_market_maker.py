"""The market maker's book: forty legs, long near the money, short the wings, nearly without delta."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from greekslab.book import Future, Option, Perpetual, exposure, market_maker_book, pnl_cube
from greekslab.errors import InputError
from greekslab.market import Market
from greekslab.scenarios import grid

BTC = Market.btc()


def kinds(book):
    return [sum(isinstance(p.instrument, kind) for p in book) for kind in (Option, Future, Perpetual)]


def test_forty_legs_on_the_btc_smile():
    book = market_maker_book(BTC)
    assert kinds(book) == [36, 3, 1]
    per_expiry = [sum(getattr(p.instrument, "expiry", None) == e for p in book) for e in BTC.expiries("BTC")]
    assert per_expiry == [9, 10, 10, 10]
    assert book == market_maker_book(BTC)


def test_long_within_eight_tenths_of_a_deviation_short_beyond():
    for position in market_maker_book(BTC):
        option = position.instrument
        if isinstance(option, Option):
            forward = BTC.forward("BTC", option.expiry)
            deviation = float(BTC.vol("BTC", option.expiry, option.strike)) * np.sqrt(BTC.tau(option.expiry))
            near = abs(np.log(option.strike / forward)) < 0.8 * deviation
            assert (position.quantity > 0.0) == near
            assert (option.kind == "put") == (option.strike < forward)


@pytest.mark.parametrize("settlement", ["linear", "inverse"])
def test_the_hedge_leaves_less_than_half_a_step_of_delta(settlement):
    book = market_maker_book(BTC, settlement=settlement)
    # hedges are rounded to half a coin: a quarter is left at most (inverse futures: rounded to a cent besides)
    assert abs(exposure(book, BTC)["delta"].sum()) <= 0.2501
    assert {p.instrument.settlement for p in book} == {settlement}


def test_it_gains_on_small_moves_and_loses_on_large_ones():
    pnl = pnl_cube(market_maker_book(BTC), BTC, grid([-0.4, -0.1, 0.1, 0.4])).total()
    assert (np.sign(pnl) == [-1, 1, 1, -1]).all()


def test_without_quoted_strikes_strikes_are_deviations_of_the_forward():
    book = market_maker_book(Market.toy())
    strikes = [p.instrument.strike for p in book if isinstance(p.instrument, Option)]
    deviation = 0.6 * np.sqrt(30.0 / 365.0)
    assert strikes == pytest.approx(100.0 * np.exp(np.arange(-2.0, 2.1, 0.5) * deviation), abs=0.006)


def test_expiries_that_are_over_are_left_out():
    first, second, *_ = BTC.expiries("BTC")
    for time, gone in ((first, {first}), (first + pd.Timedelta(hours=1), {first}), (second, {first, second})):
        book = market_maker_book(replace(BTC, time=time))
        assert {p.instrument.expiry for p in book if isinstance(p.instrument, Option)} == {*BTC.expiries("BTC")} - gone
    with pytest.raises(InputError, match="later than its time"):
        market_maker_book(replace(Market.toy(), time="2024-01-31 08:00"))


def test_bad_input_is_named():
    with pytest.raises(InputError, match="settlement is coin"):
        market_maker_book(BTC, settlement="coin")
    with pytest.raises(InputError, match="expiries of ETH"):
        market_maker_book(BTC, "ETH")
