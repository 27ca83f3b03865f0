"""Accounts opened with a deposit, and their equity and slack along moves of the spot."""

from dataclasses import replace

import numpy as np
import pytest

from greekslab.book import Book, Option, Spot, named_books
from greekslab.margin import Account, Cross, FixedRate, Scan, liquidation_moves, minimum_delta, rules
from greekslab.margin.liquidation import nearest_breaches, slack_along
from greekslab.market import FlatVol, Market
from greekslab.scenarios import ScenarioSet, crash_scenarios, grid, moves_table, published

BTC = Market.btc()
MOVES = [-0.5, -0.07, 0.0, 0.2, 1.5]
# one leg of every kind: options and futures of both settlements, a perpetual, the coin
EVERY_KIND = Book.from_list(
    [
        ("BTC-26NOV21-70000-C", -1.0), ("BTC-26NOV21-60000-P:inverse", 2.0), ("BTC-PERP", 0.5, 60_000.0),
        ("BTC-PERP:inverse", -40_000, 50_000.0), ("BTC-31DEC21", 0.3), ("BTC", 0.1),
    ]
)  # fmt: skip


@pytest.mark.parametrize("name", ["short straddle", "covered call", "conversion", "long put"])
def test_today_an_opened_account_is_worth_its_deposit(name):
    """By construction: premiums paid and received are in the cash, entries are today's marks."""
    account = Account.opened(named_books(BTC)[name], BTC, 20_000.0)
    assert account.equity(BTC) == pytest.approx(20_000.0)


def test_an_entry_price_brings_its_open_profit():
    """By hand: long 1 perpetual from 60 000 at a spot of 66 569.80 has made 6 569.80; a call bought at 1 000 too."""
    call = Account(Book.from_list([("BTC-26NOV21-70000-C", 1.0)])).equity(BTC)
    book = Book.from_list([("BTC-PERP", 1.0, 60_000.0), ("BTC-26NOV21-70000-C", 1.0, 1_000.0)])
    profit = BTC.spot("BTC") - 60_000.0 + call - 1_000.0
    assert Account.opened(book, BTC, 5_000.0).equity(BTC) == pytest.approx(5_000.0 + profit)


@pytest.mark.parametrize("vol_shift, days", [(0.0, 0.0), (0.5, 10.0)])
def test_equity_along_is_the_equity_of_moved_markets(vol_shift, days):
    """Second implementation: one market and one valuation for every move."""
    account = Account(
        Account.opened(EVERY_KIND, BTC, 1_000.0).book, 1_000.0, Book.from_list([("BTC", 0.2)]), {"BTC": 0.1}
    )
    each = [account.equity(BTC.moved(x, vol_shift=vol_shift, days=days)) for x in MOVES]
    along = account.equity_along(BTC, MOVES, vol_shift=vol_shift, days=days)
    assert along == pytest.approx(np.array(each), rel=1e-9)


def test_equity_along_discounts_the_time_that_is_left():
    """Second implementation, with a rate and time passing: what paid off in 36 days is 26 days away."""
    market = replace(BTC, rate=0.05)
    account = Account(Book(tuple(p for p in EVERY_KIND if isinstance(p.instrument, (Option, Spot)))), 1_000.0)
    each = [account.equity(market.moved(x, days=10.0)) for x in MOVES]
    assert account.equity_along(market, MOVES, days=10.0) == pytest.approx(np.array(each), rel=1e-9)


def test_an_option_that_expires_on_the_way_is_worth_its_payoff():
    """Closed form: 40 days on, the short 70 000 call of 26 November owes what it is in the money."""
    account = Account(Book.from_list([("BTC-26NOV21-70000-C", -1.0)]))
    forward = BTC.forward("BTC", BTC.expiries("BTC")[1])
    along = account.equity_along(BTC, MOVES, days=40.0)
    assert along == pytest.approx([-max(forward * (1.0 + x) - 70_000.0, 0.0) for x in MOVES])


@pytest.mark.parametrize("rule", rules())
@pytest.mark.parametrize("book", [*named_books(BTC).values(), EVERY_KIND], ids=[*named_books(BTC), "every kind"])
def test_slack_along_is_the_slack_of_moved_markets(rule, book):
    """Second implementation: the account and its requirement in one moved market after another."""
    account, rule = Account.opened(book, BTC, 20_000.0), rules()[rule]
    each = []
    for move in MOVES:
        moved = BTC.moved(move)
        each.append(account.equity(moved) - rule.requirement(account.book, moved)[1])
    assert slack_along(account, BTC, rule, MOVES) == pytest.approx(np.array(each), rel=1e-9, abs=1e-6)


SLOPED = FixedRate(0.02, 0.01, initial_slope=0.005, maintenance_slope=0.005)
STRICT = FixedRate(low=0.05, keep=0.10)  # keeps more of a far option than it asks to open: initial follows
OTHERS = {
    "rates that rise": SLOPED, "keep above low": STRICT, "cross, rates that rise": Cross(SLOPED),
    "cross, keep above low": Cross(STRICT), "tilts": Scan(published("derive-pm2")),
    "joint": Scan(crash_scenarios(), joint=True, floor=minimum_delta(0.02, 0.01)),
}  # fmt: skip
TWO_COINS = Market(
    BTC.time, {"BTC": BTC.spot("BTC"), "ETH": 4_000.0},
    {"BTC": BTC.forwards["BTC"], "ETH": {e: 0.06 * f for e, f in BTC.forwards["BTC"].items()}},
    {"BTC": BTC.vols["BTC"], "ETH": FlatVol(1.0)},
)  # fmt: skip
TWO = Book.from_list(
    [
        ("BTC-26NOV21-60000-C", -1.0), ("BTC-PERP:inverse", 2_000.0), ("ETH-26NOV21-4000-P", -10.0),
        ("ETH-26NOV21-4500-C:inverse", 5.0), ("ETH-PERP", 3.0), ("ETH-PERP", 3.0), ("BTC", -0.5),
    ]
)  # fmt: skip


@pytest.mark.parametrize("rule", [*rules().values(), *OTHERS.values()], ids=[*rules(), *OTHERS])
def test_two_coins_in_every_rule(rule):
    """Identities and a second implementation: requirements along moves, parts, marginal margin, repeated names."""
    each = [rule.requirement(TWO, TWO_COINS.moved(x)) for x in MOVES]
    assert rule.requirements_along(TWO, TWO_COINS, MOVES) == pytest.approx(np.array(each), rel=1e-9)
    report = rule.margin(TWO, TWO_COINS)
    assert report.contributions.sum() == pytest.approx(report.initial) == rule.requirement(TWO, TWO_COINS)[0]
    for i in range(len(TWO)):
        rest = rule.requirement(TWO.without(i), TWO_COINS)[0]
        assert report.marginal.iloc[i] == pytest.approx(report.initial - rest, abs=1e-6)


@pytest.mark.parametrize("rule", [r for r in OTHERS if r != "joint"])
@pytest.mark.parametrize("legs", [[("BTC-26NOV21-120000-C", -1.0)], [("BTC", -1.0), ("BTC-26NOV21:inverse", 9e4)]])
def test_requirements_along_of_unusual_rates(rule, legs):
    """Second implementation: one moved market after another."""
    rule, book = OTHERS[rule], Book.from_list(legs)
    each = [rule.requirement(book, BTC.moved(x)) for x in MOVES]
    assert rule.requirements_along(book, BTC, MOVES) == pytest.approx(np.array(each), rel=1e-9)


def test_the_scan_of_two_coins_that_tilt_is_the_sum_of_both():
    """Identity: each coin turns its own gain into a loss; here the tilt helps one and hurts the other."""
    rule = Scan(ScenarioSet("tilt", moves_table([(0.0, "linear", 1.0)]), published("derive-pm2").vol_rule))
    btc = Book.from_list([("BTC-26NOV21-55000-P", 1.0), ("BTC-26NOV21-85000-C", -1.0)])
    eth = Book.from_list([("ETH-26NOV21-3000-P", -10.0), ("ETH-26NOV21-5500-C", 10.0)])
    apart = [rule.requirement(book, TWO_COINS)[0] for book in (btc, eth)]
    assert min(apart) > 0.0
    assert rule.requirement(btc + eth, TWO_COINS)[0] == pytest.approx(sum(apart))


def test_marginal_margin_where_the_tilt_turns_with_the_leg():
    """Identity, in a book whose tilt turns over when its larger leg is closed."""
    rule = Scan(ScenarioSet("tilt", moves_table([(0.0, "linear", 1.0)]), published("derive-pm2").vol_rule))
    book = Book.from_list([("BTC-26NOV21-50000-P", 1.0), ("BTC-26NOV21-85000-C", 2.0), ("BTC-26NOV21-55000-P", 0.5)])
    report = rule.margin(book, BTC)
    for i in range(3):
        rest = rule.requirement(book.without(i), BTC)[0]
        assert report.marginal.iloc[i] == pytest.approx(report.initial - rest)


def test_a_floor_is_compared_with_the_scans_of_all_coins_together():
    """By hand: 1 000 of BTC long lose 100 in the scan; 1 000 of ETH, long and short, lose nothing but have a floor.

    Paradex takes the greater of SCAN risk and minimum delta of the portfolio: 2 % of 1 000 and 1 % of 1 000 make 30.
    """
    market = Market("2024-01-01", {"BTC": 1_000.0, "ETH": 100.0})
    book = Book.from_list([("BTC-PERP", 1.0), ("ETH-PERP", 10.0), ("ETH-PERP", -10.0)])
    rule = Scan(grid([-0.1, 0.1]), floor=minimum_delta(0.02, 0.01))
    assert rule.requirement(book, market)[0] == pytest.approx(100.0)
    assert Scan(grid([-0.01, 0.01]), floor=rule.floor).requirement(book, market)[0] == pytest.approx(30.0)


def test_a_perpetual_without_an_entry_price_still_loses_money():
    """Closed form: 10 000 less 66 569.80 x, against a maintenance of 6.5 % of the moved notional."""
    spot = BTC.spot("BTC")
    down, up = liquidation_moves(Account(Book.from_list([("BTC-PERP", 1.0)]), 10_000.0), BTC, rules()["isolated"])
    assert down == pytest.approx((0.065 * spot - 10_000.0) / (spot * (1.0 - 0.065)), rel=1e-6)
    assert up is None


def test_nearest_breaches_agree_with_the_search():
    """Second implementation: `liquidation_moves`, which narrows the bracket instead of reading a curve."""
    moves = np.unique(np.concatenate([np.linspace(-0.95, 0.6, 311), np.linspace(0.6, 4.0, 100)]))
    for book in named_books(BTC).values():
        account, rule = Account.opened(book, BTC, 14_000.0), rules()["paradex"]
        found = nearest_breaches(moves, slack_along(account, BTC, rule, moves))
        assert found == pytest.approx(liquidation_moves(account, BTC, rule), abs=5e-5)


def test_nearest_breaches_looks_both_ways_from_where_the_account_stands():
    """By hand, straight lines: the slack is 1 between -1 and 1 and falls by 1 per 1 outside."""
    moves, slack = [-3.0, -1.0, 1.0, 3.0], [-1.0, 1.0, 1.0, -1.0]
    assert nearest_breaches(moves, slack) == pytest.approx((-2.0, 2.0))
    assert nearest_breaches(moves, slack, here=1.5) == pytest.approx((-2.0, 2.0))
    assert nearest_breaches(moves, slack, here=-2.5) == (-2.5, -2.5)
    assert nearest_breaches(moves, [1.0, 1.0, 1.0, -1.0]) == pytest.approx((None, 2.0))
