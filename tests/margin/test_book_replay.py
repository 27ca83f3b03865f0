"""Replay of a book through prices. Provenance: straight lines by hand, identities, the second-order expansion."""

from dataclasses import replace

import pandas as pd
import pytest

from greekslab.book import Book, exposure, named_books, position_values
from greekslab.errors import InputError
from greekslab.margin import DeltaMargin, FixedRate, replay_book
from greekslab.market import Market

TOY = Market.toy()
BOOKS = named_books(TOY)
DAYS = pd.date_range(TOY.time, periods=4, freq="1D")
PRICES = pd.Series([100.0, 104.0, 91.0, 97.0], DAYS)
NET = DeltaMargin(rate=0.16, net_floor=0.0, hedged_floor=0.0)


def test_a_perpetual_earns_the_difference():
    table = replay_book(Book.from_list([("TOY-PERP", 2.0)]), TOY, PRICES, {"rate": FixedRate(0.10, 0.05)})
    assert table["earned"].tolist() == pytest.approx([0.0, 8.0, -26.0, 12.0])
    assert table["pnl"].tolist() == pytest.approx([0.0, 8.0, -18.0, -6.0])
    assert table["delta"].tolist() == pytest.approx([2.0] * 4)
    assert table["rate"].tolist() == pytest.approx([20.0, 20.8, 18.2, 19.4])  # 10 % of 2 coins
    assert table.index.equals(DAYS)


def test_options_earn_what_their_value_changes_by():
    book = BOOKS["short straddle"]
    table = replay_book(book, TOY, PRICES, {"net": NET})
    end = TOY.moved(-0.03, days=3.0)
    assert table["pnl"].iloc[-1] == pytest.approx((position_values(book, end) - position_values(book, TOY)).sum())
    assert table["earned"].sum() == pytest.approx(table["pnl"].iloc[-1])
    assert table["delta"].iloc[-1] == pytest.approx(exposure(book, end)["delta"].sum())
    assert table["net"].iloc[-1] == pytest.approx(0.16 * 97.0 * abs(table["delta"].iloc[-1]))


def test_hedged_again_the_net_charge_is_nothing():
    table = replay_book(BOOKS["hedged straddle"], TOY, PRICES, {"net": NET}, rehedge=True)
    assert table["net"].to_numpy() == pytest.approx(0.0, abs=1e-12)
    assert table["delta"].abs().iloc[1:].min() > 0.05  # there was something to hedge


def test_the_new_hedge_is_one_leg_with_the_old():
    # gross delta counts legs: the straddle's 1.0685 at the start stays so where the price returns
    prices = pd.Series([100.0, 120.0, 100.0], [TOY.time] * 3)
    least = {"hedged": DeltaMargin(rate=0.0, net_floor=0.0, hedged_floor=0.01)}
    table = replay_book(BOOKS["hedged straddle"], TOY, prices, least, rehedge=True)
    assert table["hedged"].iloc[[0, 2]].tolist() == pytest.approx([0.53427, 0.53427], abs=1e-5)


@pytest.mark.parametrize("basis", [-5.0, 0.0, 8.0])
def test_a_perpetual_apart_from_the_spot_hedges_as_well(basis):
    market = replace(TOY, perps={"TOY": 100.0 + basis})
    table = replay_book(BOOKS["hedged straddle"], market, PRICES, {"net": NET}, rehedge=True)
    assert table["net"].to_numpy() == pytest.approx(0.0, abs=1e-12)


def test_what_an_inverse_contract_earns_is_changed_at_the_end_of_each_bar():
    table = replay_book(Book.from_list([("TOY-PERP:inverse", 100.0)]), TOY, PRICES, {})
    assert table["earned"].tolist() == pytest.approx([0.0, 4.0, -1300.0 / 104.0, 600.0 / 91.0])


def test_one_small_bar_of_a_hedged_book_is_gamma():
    book, prices = BOOKS["hedged straddle"], pd.Series([100.0, 100.1], [TOY.time, TOY.time])
    gamma = exposure(book, TOY)["gamma"].sum()
    for rehedge in (False, True):
        table = replay_book(book, TOY, prices, {}, rehedge=rehedge)
        assert table["earned"].iloc[1] == pytest.approx(0.5 * gamma * 0.1**2, rel=2e-3)


def test_bad_input_is_named():
    book, rule = BOOKS["short call"], {"net": NET}
    with pytest.raises(InputError, match="start at the market's 100"):
        replay_book(book, TOY, PRICES.iloc[1:], rule)
    with pytest.raises(InputError, match="in order of time"):
        replay_book(book, TOY, PRICES.iloc[::-1], rule)
    with pytest.raises(InputError, match="at least one price"):
        replay_book(book, TOY, PRICES.iloc[:0], rule)
    with pytest.raises(InputError, match="stop before the first expiry"):
        late = pd.Series([100.0, 101.0], [TOY.time, TOY.time + pd.Timedelta(days=31)])
        replay_book(book, TOY, late, rule)
    with pytest.raises(InputError, match="prices is list"):
        replay_book(book, TOY, [100.0, 101.0], rule)
    with pytest.raises(InputError, match="rules is list"):
        replay_book(book, TOY, PRICES, [NET])
    two = Market(TOY.time, {"TOY": 100.0, "ETH": 50.0})
    with pytest.raises(InputError, match="one underlying at a time"):
        replay_book(Book.from_list([("TOY-PERP", 1), ("ETH-PERP", 1)]), two, PRICES, rule)
