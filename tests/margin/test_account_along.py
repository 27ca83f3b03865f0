"""Accounts opened with a deposit, and their equity and slack along moves of the spot."""

import numpy as np
import pytest

from greekslab.book import Book, named_books
from greekslab.margin import Account, liquidation_moves, rules
from greekslab.margin.liquidation import nearest_breaches, slack_along
from greekslab.market import Market

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
