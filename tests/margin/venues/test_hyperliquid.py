"""Hyperliquid: published rates, tiers, liquidation prices by two routes, withdrawals, and bad input."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from greekslab.book import Book
from greekslab.errors import InputError
from greekslab.margin import Account
from greekslab.margin import liquidation_price as generic_price
from greekslab.margin.venues import (
    Hyperliquid,
    HyperliquidTiers,
    hyperliquid_liquidation_price,
    hyperliquid_maintenance_rate,
)
from greekslab.market import Market

RULE = Hyperliquid.published()
BTC, FLAT = RULE.tiers["BTC"], HyperliquidTiers([(0, 20)])
MARKET = Market("2025-06-01", {"BTC": 100_000.0, "ETH": 2500.0, "TOY": 100.0})


# front end of the venue's perpetuals, docs.byreal.io, risk and liquidation; 3x: Hyperliquid documentation, Margining
@pytest.mark.parametrize(
    ("leverage", "rate"), [(40, 0.0125), (25, 0.02), (20, 0.025), (10, 0.05), (3, 0.1667), (1, 0.5)]
)
def test_maintenance_rates(leverage, rate):
    assert hyperliquid_maintenance_rate(leverage) == pytest.approx(rate, abs=5e-5)


def test_tiers_are_continuous():
    # hand: 1.25 % of the first 150 million, 2.5 % of what is above
    assert BTC.maintenance(150e6) == pytest.approx(1.875e6)
    assert BTC.maintenance(200e6) == pytest.approx(1.875e6 + 0.025 * 50e6)
    assert BTC.lines[1] == (150e6, 0.025, 150e6 * 0.0125)
    assert [BTC.max_leverage(n) for n in (0.0, 149e6, 150e6)] == [40, 40, 20]
    three = HyperliquidTiers([(0, 10), (20_000, 5), (100_000, 3)])
    assert three.maintenance(120_000) == pytest.approx(20_000 / 20 + 80_000 / 10 + 20_000 / 6)


@given(st.floats(0.0, 1e9), st.floats(0.0, 1e8))
def test_maintenance_rises_with_the_position(notional, more):
    assert BTC.maintenance(notional + more) >= BTC.maintenance(notional) - 1e-6


def test_liquidation_price_of_one_position():
    # long 1 at 100 with 10 of value: 100 - (10 - 2.5) / (1 - 0.025)
    assert hyperliquid_liquidation_price(FLAT, price=100.0, size=1.0, value=10.0) == pytest.approx(100 - 7.5 / 0.975)
    for size in (1.0, -1.0):  # second route: the price of an isolated position with maintenance on the mark
        price = hyperliquid_liquidation_price(FLAT, price=100.0, size=size, value=10.0)
        assert price == pytest.approx(generic_price(quantity=size, entry=100.0, margin=10.0, mmr=0.025))
    assert hyperliquid_liquidation_price(FLAT, price=100.0, size=1.0, value=150.0) is None
    assert hyperliquid_liquidation_price(FLAT, price=100.0, size=0.0, value=1.0) is None


@given(st.floats(-4000.0, 4000.0).filter(lambda q: abs(q) > 1e-3), st.floats(0.0, 1.0), st.floats(0.0, 1e6))
def test_at_the_liquidation_price_the_value_is_the_maintenance_margin(size, share, others):
    value = share * abs(size) * 100_000.0 + others
    price = hyperliquid_liquidation_price(BTC, price=100_000.0, size=size, value=value, other_maintenance=others)
    if price is not None:
        left = value + size * (price - 100_000.0)
        assert left == pytest.approx(others + BTC.maintenance(abs(size) * price), rel=1e-9, abs=1e-3)
    else:  # only a long that is paid for in full has none
        assert size > 0.0 and share == pytest.approx(1.0)


# --- the rule ------------------------------------------------------------------------------------------------------
BOOK = Book.from_list([("BTC-PERP", 1.0), ("ETH-PERP", -40.0)])


def test_the_report():
    report = RULE.margin(Account(BOOK, cash=10_000.0), MARKET)
    assert report.parts == {"BTC perpetual": (2500.0, 1250.0), "ETH perpetual": (4000.0, 2000.0)}
    assert report.contributions.tolist() == [2500.0, 4000.0] and report.certainty == "documented"
    assert RULE.requirement(BOOK, MARKET) == (6500.0, 3250.0)
    chosen = Hyperliquid.published(leverage={"BTC": 10.0, "*": 50.0})
    assert chosen.requirement(BOOK, MARKET) == (10_000.0 + 4000.0, 3250.0)  # never above the tier's
    large = Book.from_list([("BTC-PERP", 2000.0)])
    assert RULE.requirement(large, MARKET) == (200e6 / 20, 3.125e6)
    assert RULE.requirement(Book.from_list([("TOY-PERP", 3.0)]), MARKET) == pytest.approx((100.0, 50.0))


def test_the_price_of_the_rule_is_where_its_health_is_1():
    account = Account(Book.from_list([("BTC-PERP", 1.0, 100_000.0), ("ETH-PERP", -40.0, 2500.0)]), cash=10_000.0)
    for underlying in ("BTC", "ETH"):
        price = RULE.liquidation_price(account, MARKET, underlying)
        moved = replace(MARKET, spots={**MARKET.spots, underlying: price})
        assert RULE.margin(account, moved).health == pytest.approx(1.0)


def test_states_and_withdrawals():
    # maintenance 3250; the backstop below two thirds of it, 2166.67
    states = [RULE.state(Account(BOOK, cash=cash), MARKET) for cash in (3250.0, 3249.0, 2167.0, 2166.0)]
    assert states == ["safe", "liquidation", "liquidation", "backstop"]
    assert RULE.withdrawable(Account(BOOK, cash=25_000.0), MARKET) == pytest.approx(5000.0)  # 10 % of 200 000 stay
    assert RULE.withdrawable(Account(BOOK, cash=1.0), MARKET) == 0.0
    free = Hyperliquid.published(transfer_share=0.0)
    assert free.withdrawable(Account(BOOK, cash=25_000.0), MARKET) == pytest.approx(18_500.0)
    assert [RULE.first_order(notional) for notional in (1e5, 1e5 + 1.0)] == [1.0, 0.2]


@given(st.floats(-100.0, 100.0), st.floats(-1e6, 1e6), st.floats(0.0, 1e6))
def test_more_cash_never_lowers_the_excess(size, cash, more):
    book = Book.from_list([("BTC-PERP", size)])
    excess = [RULE.margin(Account(book, cash + x), MARKET).excess for x in (0.0, more)]
    assert excess[1] >= excess[0]


@pytest.mark.parametrize("wrong", [
    {"transfer_share": 1.1}, {"transfer_share": -0.1}, {"backstop_share": 2.0}, {"partial_share": -1.0},
    {"partial_above": -1.0}, {"leverage": {"BTC": 0.5}}, {"tiers": {"BTC": 40}}, {"tiers": 40}, {"levarage": {}},
])  # fmt: skip
def test_bad_parameters_are_refused(wrong):
    with pytest.raises(InputError, match=next(iter(wrong))):
        Hyperliquid.published(**wrong)


@pytest.mark.parametrize("tiers", [
    [], [(0,)], [(1, 40)], [(0, 40), (0, 20)], [(0, 20), (10, 40)], [(0, 0.5)], [(-1, 40)], "40", 40, [40],
])  # fmt: skip
def test_bad_tiers_are_refused(tiers):
    with pytest.raises(InputError):
        HyperliquidTiers(tiers)


@pytest.mark.parametrize("call", [
    lambda: hyperliquid_maintenance_rate(0.5), lambda: BTC.maintenance(-1.0), lambda: RULE.first_order(-1.0),
    lambda: hyperliquid_liquidation_price(40, price=1.0, size=1.0, value=1.0),
    lambda: hyperliquid_liquidation_price(BTC, price=0.0, size=1.0, value=1.0),
    lambda: hyperliquid_liquidation_price(BTC, price=1.0, size=float("nan"), value=1.0),
    lambda: hyperliquid_liquidation_price(BTC, price=1.0, size=1.0, value=1.0, other_maintenance=-1.0),
    lambda: RULE.liquidation_price(BOOK, MARKET, "TOY"), lambda: RULE.margin(Book.from_list([("BTC", 1)]), MARKET),
    lambda: RULE.margin(Account(BOOK, collateral=Book.from_list([("BTC", 1)])), MARKET),
    lambda: Hyperliquid({}).requirement(BOOK, MARKET),
])  # fmt: skip
def test_bad_input_is_refused(call):
    with pytest.raises(InputError):
        call()
