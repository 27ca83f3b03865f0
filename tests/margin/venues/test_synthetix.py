"""Synthetix perps v3: published accounts, fill prices, the keepers' reward, the rule over a book, and bad input."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from greekslab.book import Book
from greekslab.errors import InputError
from greekslab.margin import Account, liquidation_moves
from greekslab.margin.venues import SynthetixKeepers, SynthetixMarket, SynthetixV3, synthetix_margins
from greekslab.market import Market

RULE = SynthetixV3.published()
BTC, ETH = RULE.markets["BTC"], RULE.markets["ETH"]
MARKET = Market("2024-01-01", {"BTC": 30_000.0, "ETH": 2000.0})
BOOK = Book.from_list([("BTC-PERP", -2.0, 29_700.0), ("ETH-PERP", 20.0, 2020.0)])


# Synthetixio/synthetix-v3 @ 23585f73, markets/perps-market/test/integration/Account/Margins.test.ts
def test_published_account():
    held = [(BTC, -2, BTC.fill_price(30_000, -2), 30_000), (ETH, 20, ETH.fill_price(2000, 20), 2000)]
    assert [entry for _, _, entry, _ in held] == [29_700, 2020]
    found = synthetix_margins(100_000, held)
    assert (found.initial, found.maintenance, found.reward) == (6500, 4000, 3000 + 2000)
    assert (found.available, found.withdrawable, found.liquidatable) == (99_000, 87_500, False)


# test/integration/Liquidation/Liquidation.margin.test.ts: prices at which nothing is left
def test_published_liquidation():
    sizes = [(-1, 100, 30_000, 31_000), (20, 1000, 2000, 1775), (2000, 100_000, 5, 3), (5000, 100_000, 2, 1)]
    held = []
    for size, scale, index, price in [*sizes, (5000, 100_000, 2, 1.13)]:
        market = SynthetixMarket(scale, 2, 0.01, 0.5, 0.05)
        held.append((market, size, market.fill_price(index, size), price))
    assert [synthetix_margins(0, [p]).available for p in held] == [-1150, -4900, -4100, -5250, -4600]
    assert synthetix_margins(20_000, held).available == 0
    assert synthetix_margins(20_000, held).liquidatable


def test_fill_prices_move_with_the_skew():
    market = SynthetixMarket(1_000_000, 1, 0, 0.5)
    assert market.fill_price(1200, 100) == Decimal("1200.06")
    assert market.fill_price(1200, -100, skew=100) == Decimal("1200.06")  # back to no skew: the same path
    assert market.fill_price(1200, 0, skew=-1_000_000) == 0
    assert SynthetixMarket(0, 1, 0, 0.5).fill_price(1200, 100) == 1200  # no skew scale, no premium


@given(st.integers(-1000, 1000), st.integers(-1000, 1000), st.integers(-1000, 1000))
def test_an_order_in_two_parts_costs_the_same(skew, one, other):
    at = [
        ETH.fill_price(2000, one, skew),
        ETH.fill_price(2000, other, skew + one),
        ETH.fill_price(2000, one + other, skew),
    ]
    assert one * at[0] + other * at[1] == pytest.approx((one + other) * at[2])


def test_margin_grows_with_the_square_of_the_size():
    market = SynthetixMarket(1000, 2, 0, 0.5)
    assert [market.margins(size, 100)[0] for size in (10, -20, 0)] == [20, 80, 0]
    assert SynthetixMarket(0, 2, 0.01, 0.5).margins(10, 100) == (10, 5)  # without a scale only the least ratio
    assert SynthetixMarket(3, 1, 0, 1).margins(1, 1)[0] == Decimal("0.333333333333333333")  # cut off


def test_windows():
    market = SynthetixMarket(1000, 2, 0.01, 0.5, maker_fee=0.001, taker_fee=0.004, liquidation_window=30)
    assert market.max_liquidation() == 150 and market.max_liquidation(seconds=1) == 5
    assert [market.windows(size) for size in (0, 1, 150, -151, 301)] == [0, 1, 1, 2, 3]
    assert ETH.windows(20) == 1  # fees of 0 set no limit here


def test_the_reward_of_the_keepers():
    assert SynthetixKeepers().reward(100) == 100
    bounded = SynthetixKeepers(min_reward=50, max_reward=500, flag_cost=10, liquidation_cost=4, min_profit_ratio=0.25)
    assert bounded.reward(0) == 60 and bounded.reward(100) == 110 and bounded.reward(10_000) == 500
    assert bounded.reward(100, windows=3) == 110 + 2 * 54
    assert SynthetixKeepers(flag_cost=100, min_profit_ratio=0.25).reward(0) == 125
    scaled = SynthetixKeepers(max_scaling_ratio=0.1)
    assert scaled.reward(500, collateral=1000) == 100 and scaled.reward(500, collateral=0) == 500


# --- the rule ------------------------------------------------------------------------------------------------------
def test_the_rule_agrees_with_the_account():
    report = RULE.margin(Account(BOOK, cash=100_000.0), MARKET)
    assert (report.equity, report.initial, report.maintenance) == (99_000.0, 11_500.0, 9000.0)
    assert report.excess == 87_500.0
    assert report.parts["liquidation reward"] == (5000.0, 5000.0)
    assert report.contributions.tolist() == [4000.0 + 3000.0, 2500.0 + 2000.0]
    assert RULE.requirement(BOOK, MARKET) == (11_500.0, 9000.0)


def test_the_liquidation_criterion_and_the_collateral():
    # 9000 must be there and 1000 are lost
    for cash, below in ((9999.0, True), (10_001.0, False)):
        assert (RULE.margin(Account(BOOK, cash=cash), MARKET).health < 1.0) == below
    capped = SynthetixV3.published(max_scaling_ratio=0.01)
    coins = Account(BOOK, collateral=Book.from_list([("ETH", 10.0)]), haircuts={"ETH": 0.5})
    assert capped.margin(coins, MARKET).parts["liquidation reward"] == (100.0, 100.0)
    assert capped.margin(coins, MARKET).equity == 10_000.0 - 1000.0


def test_legs_that_cancel_need_only_the_least_reward():
    flat = Book.from_list([("BTC-PERP", 1.0), ("BTC-PERP", -1.0)])
    assert RULE.requirement(flat, MARKET) == (0.0, 0.0)
    report = SynthetixV3.published(min_reward=10.0).margin(flat, MARKET)
    assert report.initial == 10.0 and report.contributions.tolist() == [5.0, 5.0]


@given(st.floats(-10.0, 10.0), st.floats(-100.0, 100.0), st.floats(0.0, 1e5), st.floats(0.0, 1e5))
def test_more_cash_never_lowers_the_excess(btc, eth, cash, more):
    book = Book.from_list([("BTC-PERP", btc), ("ETH-PERP", eth)])
    excess = [RULE.margin(Account(book, cash + x), MARKET).excess for x in (0.0, more)]
    assert excess[1] >= excess[0] - 1e-6


def test_the_move_to_liquidation_is_where_nothing_is_spare():
    mine = Account(BOOK, cash=11_000.0)
    down, up = liquidation_moves(mine, MARKET, RULE)
    for move in (down, up):
        if move is not None:
            assert RULE.slack(mine, MARKET.moved(move)) == pytest.approx(0.0, abs=50.0)
    assert up is not None


@pytest.mark.parametrize("wrong", [
    {"skew_scale": -1.0}, {"initial_margin_fraction": float("nan")}, {"maker_fee": "0.1"}, {"min_reward": -1.0},
    {"min_reward": float("inf")}, {"max_reward": float("nan")}, {"max_scaling_ratio": -0.1}, {"margin_ratio": 0.1},
])  # fmt: skip
def test_bad_parameters_are_refused(wrong):
    with pytest.raises(InputError, match=next(iter(wrong))):
        SynthetixV3.published(**wrong)


@pytest.mark.parametrize("call", [
    lambda: BTC.margins(float("nan"), 1), lambda: BTC.margins(1, -1), lambda: BTC.fill_price(-1, 1),
    lambda: BTC.flag_reward(1, -1), lambda: BTC.max_liquidation(-1), lambda: synthetix_margins(-1, []),
    lambda: SynthetixV3({"BTC": 0.1}), lambda: SynthetixV3(RULE.markets, keepers=0.1),
    lambda: SynthetixV3({}).margin(BOOK, MARKET),
    lambda: SynthetixV3({"SOL": BTC}).margin(BOOK, MARKET), lambda: RULE.margin(Book.from_list([("BTC", 1)]), MARKET),
    lambda: RULE.margin(Book.from_list([("BTC-PERP:inverse", 1)]), MARKET),
])  # fmt: skip
def test_bad_input_is_refused(call):
    with pytest.raises(InputError):
        call()
