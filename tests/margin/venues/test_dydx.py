"""dYdX v4: published cases in whole numbers, liquidation prices, the rule over a book, and bad input."""

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from greekslab.book import Book
from greekslab.errors import InputError
from greekslab.margin import Account
from greekslab.margin.venues import (
    DydxMarket,
    DydxRisk,
    DydxTier,
    DydxV4,
    dydx_account_risk,
    dydx_bankruptcy_price,
    dydx_fillable_price,
)
from greekslab.market import Market

TESTS = DydxV4.published("tests")
TIER = TESTS.tiers["*"]
BTC = DydxMarket(TIER, 50_000, 0, -8)  # one BTC is 1e8 base quantums
ETH = DydxMarket(TIER, 3_000, 0, -9)
TENTH = 10_000_000
PRICES = {"BTC": 50_000.0, "ETH": 3_000.0}
MARKET = Market("2024-01-01", PRICES)
LONG = Account(Book.from_list([("BTC-PERP", 0.1, 50_000.0)]), cash=499.0)


def fill(usdc, size, adjustment=10**6, spread=10**5):
    total = dydx_account_risk(usdc * 10**6, [(BTC, size)])
    return float(
        dydx_fillable_price(total, BTC, size, adjustment_ppm=adjustment, spread_ppm=spread) * 100
    )  # USD per BTC


# dydxprotocol/v4-chain @ 84d4664b, protocol/x/perpetuals/lib/lib_test.go
def test_requirements():
    market = DydxMarket(TIER, 123_456_789_123, -5, 4)
    assert market.risk("1") == market.risk(1) == DydxRisk(12345678912300000, 2469135782460000, 1234567891230000)
    crowded = DydxMarket(DydxTier(200_000, 500_000, 10**12, 2 * 10**12), 123_456_789_123, -5, 4, 10**12)
    assert crowded.risk(-1) == DydxRisk(-12345678912300000, 12345678912300000, 1234567891230000)
    largest = 2**64 - 1
    assert DydxMarket(DydxTier(100, 10**6), largest, -1, -6).risk(largest).initial == 3402823669209384634264811192843492


def test_the_share_rises_with_the_open_interest():
    scaled = DydxTier(200_000, 500_000, 10 * 10**12, 20 * 10**12)
    market = DydxMarket(scaled, 367_500, -1, -6, 408_163_265)
    assert (market.risk(12_000).initial, market.risk(12_000).maintenance) == (264_599_559, 44_100_000)
    # both ends, and beyond
    shares = [scaled.initial_ppm(x * 10**12) for x in (0, 10, 15, 20, 90)]
    assert shares == [200_000, 200_000, 600_000, 10**6, 10**6]
    assert TIER.initial_ppm(10**30) == 200_000  # an upper cap of 0 switches it off


# protocol/x/perpetuals/types/liquidity_tier_test.go
def test_requirements_are_rounded_up():
    assert DydxTier(567_243, 10**6).margins(123_456)[0] == 70_030  # of 70029.55...


def test_the_traders_own_share_raises_what_opens_and_not_what_keeps():
    assert TIER.margins(10**6, own_ppm=500_000) == (500_000, 100_000)
    assert TIER.margins(10**6, own_ppm=100_000) == TIER.margins(10**6)


# protocol/x/clob/keeper/liquidations_test.go, TestGetBankruptcyPriceInQuoteQuantums and TestGetFillablePrice
@pytest.mark.parametrize(("usdc", "held", "delta", "price"), [
    (-4501, [(BTC, TENTH)], -TENTH, 4_501_000_000), (5499, [(BTC, -TENTH)], TENTH, -5_499_000_000),
    (-5000, [(BTC, TENTH)], -TENTH // 2, 2_500_000_000), (4900, [(BTC, -TENTH)], TENTH, -4_900_000_000),
    (510, [(ETH, -100_000_000), (BTC, -400_000)], 100_000_000, -306_000_000),
])  # fmt: skip
def test_bankruptcy_prices(usdc, held, delta, price):
    assert dydx_bankruptcy_price(dydx_account_risk(usdc * 10**6, held), *held[0], delta) == price


def test_fillable_prices():
    assert fill(-4501, TENTH, adjustment=2 * 10**6) == fill(-4501, TENTH, spread=2 * 10**5) == 49_998.0
    assert fill(5499, -TENTH, spread=2 * 10**5) == 50_002.0
    assert fill(5000, -TENTH) == 50_500.0
    assert fill(-5500, TENTH) == 49_500.0  # the rating stops at 1
    assert fill(-1000, TENTH) == 50_000.0  # and at 0


@given(st.integers(-6_000 * 10**6, -4_000 * 10**6), st.integers(1, TENTH))
def test_closing_at_the_bankruptcy_price_leaves_the_share_of_the_collateral(usdc, delta):
    # second route: at that price the collateral falls in proportion to the requirement, but for one rounding
    held = [(BTC, TENTH)]
    total = dydx_account_risk(usdc, held)
    received = dydx_bankruptcy_price(total, BTC, TENTH, -delta)
    rest = dydx_account_risk(usdc + received, [(BTC, TENTH - delta)])
    due = Fraction(total.net_collateral * rest.maintenance, total.maintenance)
    assert 0 <= rest.net_collateral - due < 1


def test_a_short_that_does_not_divide_is_rounded_towards_minus_infinity():
    held = [(BTC, TENTH), (ETH, -7)]
    total = dydx_account_risk(-4_900_000_001 - 7, held)
    exact = -Fraction(total.net_collateral * BTC.risk(TENTH).maintenance, total.maintenance) + 5_000_000_000
    price = dydx_bankruptcy_price(total, BTC, TENTH, -TENTH)
    assert price == -(-exact // 1)


# --- the rule ------------------------------------------------------------------------------------------------------
def test_the_rule_agrees_with_the_whole_numbers():
    report = TESTS.margin(LONG, MARKET)
    risk = TESTS.risk(LONG, MARKET)
    assert risk == dydx_account_risk(-4501 * 10**6, [(BTC, TENTH)])
    assert (report.equity, report.initial, report.maintenance) == (499.0, 1000.0, 500.0)
    assert risk.liquidatable and report.health < 1.0 and not risk.collateralised
    bankruptcy, fillable = TESTS.liquidation_prices(LONG, MARKET, "BTC")
    assert bankruptcy == 45_010.0 and fillable == fill(-4501, TENTH)


def test_legs_of_one_market_net_and_markets_add_up():
    book = Book.from_list([("BTC-PERP", 0.1), ("ETH-PERP", -2.0), ("ETH-PERP", 1.0)])
    report = DydxV4.published().margin(book, MARKET)
    assert report.parts == {"BTC perpetual": (100.0, 60.0), "ETH perpetual": (60.0, 36.0)}
    assert report.contributions.tolist() == pytest.approx([100.0, 120.0, -60.0])
    assert report.contributions.sum() == pytest.approx(report.initial)
    assert DydxV4.published().requirement(book, MARKET) == (report.initial, report.maintenance)


def test_open_interest_and_own_leverage_reach_the_rule():
    book = Book.from_list([("SOL-PERP", -100.0)])
    market = Market("2024-01-01", {"SOL": 100.0})
    rule = DydxV4.published(open_interest={"SOL": 350_000.0})  # 35 million, half way from 20 to 50
    assert rule.requirement(book, market) == (5500.0, 500.0)
    assert DydxV4.published(own_initial={"SOL": 0.25}).requirement(book, market) == (2500.0, 500.0)
    assert DydxV4.published(own_initial={"*": 1.0}).requirement(book, market) == (10_000.0, 500.0)


@given(st.floats(-1e4, 1e4), st.floats(0.0, 1e4))
def test_more_cash_never_lowers_the_excess(cash, more):
    book = LONG.book
    assert TESTS.margin(Account(book, cash + more), MARKET).excess >= TESTS.margin(Account(book, cash), MARKET).excess


@pytest.mark.parametrize("wrong", [
    {"initial_margin_ppm": 1_000_001}, {"initial_margin_ppm": -1}, {"maintenance_fraction_ppm": 0.5},
    {"lower_cap": 2, "upper_cap": 1}, {"spread_to_maintenance_ppm": -1}, {"bankruptcy_adjustment_ppm": True},
    {"open_interest": {"BTC": -1.0}}, {"own_initial": {"BTC": 0.0}}, {"own_initial": {"BTC": 1.5}},
    {"tiers": {"BTC": 0.2}}, {"open_interest": 1.0}, {"own_initial": 0.5}, {"initial_margin": 0.2},
])  # fmt: skip
def test_bad_parameters_are_refused(wrong):
    with pytest.raises(InputError, match=next(iter(wrong)).replace("tiers", "tier")):
        DydxV4.published(**wrong)


@pytest.mark.parametrize("call", [
    lambda: BTC.risk("ten"), lambda: BTC.risk(0.5), lambda: DydxMarket(0.2, 1, 0, -8),
    lambda: DydxMarket(TIER, -1, 0, -8),
    lambda: dydx_bankruptcy_price(dydx_account_risk(0, [(BTC, 1)]), BTC, 1, 1), lambda: TIER.margins(10, own_ppm=-1),
    lambda: dydx_bankruptcy_price(dydx_account_risk(0, [(BTC, 1)]), BTC, 1, -2), lambda: fill(0, 0),
    lambda: dydx_fillable_price(DydxRisk(), BTC, 1, adjustment_ppm=1, spread_ppm=1),
    lambda: TESTS.liquidation_prices(LONG, MARKET, "ETH"), lambda: TESTS.margin(Book.from_list([("BTC", 1)]), MARKET),
    lambda: TESTS.margin(Book.from_list([("BTC-PERP:inverse", 1)]), MARKET),
    lambda: TESTS.margin(Account(LONG.book, collateral=Book.from_list([("BTC", 1)])), MARKET),
    lambda: DydxV4({"ETH": TIER}, 1, 1).margin(LONG, MARKET),
])  # fmt: skip
def test_bad_input_is_refused(call):
    with pytest.raises(InputError):
        call()
