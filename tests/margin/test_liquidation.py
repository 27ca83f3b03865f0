"""Liquidation: published prices, closed forms, and the search for whole accounts."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from greekslab.book import Book, named_books
from greekslab.errors import InputError
from greekslab.margin import Account, FixedRate, bankruptcy_price, liquidation_moves, liquidation_price, rules
from greekslab.market import Market

ENTRY = 50_000.0


@pytest.mark.parametrize(
    "quantity, settlement, bankrupt, liquidated",
    [
        # 50 000 of notional from 50 000 at 10x; maintenance 5 %: closed forms of the module's formula.
        (1.0, "linear", 45_000.0, 47_368.42),
        (-1.0, "linear", 55_000.0, 52_380.95),
        (50_000.0, "inverse", 45_454.55, 47_727.27),
        (-50_000.0, "inverse", 55_555.56, 52_777.78),
    ],
)
def test_ten_times_leverage(quantity, settlement, bankrupt, liquidated):
    margin = 5_000.0 if settlement == "linear" else 0.1
    common = dict(quantity=quantity, entry=ENTRY, margin=margin, settlement=settlement)
    assert bankruptcy_price(**common) == pytest.approx(bankrupt, abs=0.005)
    assert liquidation_price(**common, mmr=0.05) == pytest.approx(liquidated, abs=0.005)


def test_published_liquidation_with_maintenance_on_entry():
    # Bybit help centre: long 1 coin at 20 000, 50x, maintenance 0.5 % of the entry value: 19 700.
    got = liquidation_price(quantity=1, entry=20_000, margin=400, mmr=0.005, maintenance_on="entry")
    assert got == pytest.approx(19_700.0)


def test_isolated_pair_by_hand():
    # One unit at 100, pot 10, maintenance 5 %: long 94.7368 = 90/0.95, short 104.7619 = 110/1.05.
    assert liquidation_price(quantity=1, entry=100, margin=10, mmr=0.05) == pytest.approx(90 / 0.95)
    assert liquidation_price(quantity=-1, entry=100, margin=10, mmr=0.05) == pytest.approx(110 / 1.05)


@given(
    st.floats(0.01, 100).flatmap(lambda q: st.sampled_from([q, -q])), st.floats(1.0, 1e5), st.floats(0.01, 0.9),
    st.floats(0.0, 0.3), st.sampled_from(["linear", "inverse"]),
)  # fmt: skip
def test_equity_meets_maintenance_at_the_liquidation_price(size, entry, share, mmr, settlement):
    # share of the notional as margin; q coins or N contracts
    quantity = size if settlement == "linear" else size * entry
    margin = share * abs(quantity) * (entry if settlement == "linear" else 1.0 / entry)
    price = liquidation_price(quantity=quantity, entry=entry, margin=margin, mmr=mmr, settlement=settlement)
    if not 0.0 < price < np.inf:
        return
    if settlement == "linear":
        equity, requirement = margin + quantity * (price - entry), mmr * abs(quantity) * price
    else:
        equity, requirement = margin + quantity * (1 / entry - 1 / price), mmr * abs(quantity) / price
    scale = max(abs(equity), margin)
    assert equity == pytest.approx(requirement, abs=1e-9 * scale + 1e-12 * abs(quantity) / min(entry, price))


def test_positions_that_cannot_be_liquidated():
    # a fully paid long has no liquidation price above 0; a coin-margined short at 1x has none below infinity
    assert liquidation_price(quantity=1, entry=100, margin=100, mmr=0.0) == 0.0
    assert liquidation_price(quantity=-100, entry=100, margin=1.0, mmr=0.0, settlement="inverse") == np.inf


def test_the_search_finds_the_closed_form():
    market = Market.toy()
    rule = FixedRate(0.10, 0.05)
    for quantity, want in [(1.0, 90 / 0.95), (-1.0, 110 / 1.05)]:
        down, up = liquidation_moves(Account(Book.from_list([("TOY-PERP", quantity, 100.0)]), cash=10), market, rule)
        found = down if quantity > 0 else up
        assert found == pytest.approx(want / 100 - 1, abs=1e-6)
        assert (up if quantity > 0 else down) is None


@pytest.mark.parametrize("rule", list(rules()))
@pytest.mark.parametrize("name, cash", [("short straddle", 45.0), ("covered call", 25.0), ("synthetic long", 40.0)])
def test_the_account_stands_at_its_requirement_at_the_moves_found(rule, name, cash):
    market = Market.toy()
    chosen = rules()[rule]
    account = Account.opened(named_books(market)[name], market, deposit=cash)
    for move in liquidation_moves(account, market, chosen):
        if move is not None:
            there = market.moved(move)
            assert account.equity(there) == pytest.approx(chosen.requirement(account.book, there)[1], abs=2e-3)


def test_an_account_below_its_requirement_is_at_its_liquidation_now():
    market = Market.toy()
    assert liquidation_moves(Account(named_books(market)["short straddle"], cash=1.0), market, rules()["paradex"]) == (
        0.0, 0.0,
    )  # fmt: skip


@pytest.mark.parametrize(
    "change",
    [dict(quantity=0), dict(quantity=np.nan), dict(entry=0), dict(margin=-1), dict(mmr=1.0), dict(settlement="quanto"),
     dict(maintenance_on="sundays")],
)  # fmt: skip
def test_bad_positions_are_refused(change):
    with pytest.raises(InputError):
        liquidation_price(**dict(quantity=1, entry=100, margin=10, mmr=0.05) | change)
