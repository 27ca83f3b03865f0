"""Survival under isolated and cross margin. Provenance: by hand on round numbers, and the rules themselves."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from greekslab.book import Book
from greekslab.errors import InputError
from greekslab.margin import (
    Account,
    ByCoin,
    Cross,
    FixedRate,
    Scan,
    contagion,
    cross_survival,
    isolated_survival,
    liquidation_moves,
    pots_by_notional,
    replay_pool,
    shock_plane,
)  # fmt: skip
from greekslab.market import Market
from greekslab.scenarios import published

WORLD = Market("2024-01-01", {"BTC": 100.0, "ALT": 50.0})
RULE = ByCoin({"BTC": FixedRate(0.10, 0.05), "ALT": FixedRate(0.20, 0.10)})
LONGS = Book.from_list([("BTC-PERP", 1), ("ALT-PERP", 1)])
POOL = Account(LONGS, cash=30.0)
POTS = {"BTC-PERP": 15.0, "ALT-PERP": 15.0}
PAIR = Book.from_list([("BTC-PERP", 1), ("BTC-27DEC24", -1)])
PLANE = shock_plane({"BTC": [-0.3, -0.1, 0.0, 0.3], "ALT": [-0.7, -0.5, -0.3, 0.0, 0.4]})


def one(**moves):
    return pd.DataFrame({u: [x] for u, x in moves.items()})


def test_the_exercise_of_the_alt_coin():
    # pool 30: 30 - 50 x = 5 + 5 (1 - x) at x = 20/45; pot 15: 15 - 50 x = 5 (1 - x) at x = 10/45
    for alive, pooled, apart in ((True, 20 / 45 - 1e-6, 10 / 45 - 1e-6), (False, 20 / 45 + 1e-6, 10 / 45 + 1e-6)):
        assert (cross_survival(POOL, WORLD, one(ALT=-pooled), RULE).kept == alive).all(axis=None)
        kept = isolated_survival(LONGS, WORLD, one(ALT=-apart), POTS, RULE).kept.iloc[0]
        assert kept.tolist() == [1.0, float(alive)]  # BTC untouched


def test_a_hedged_pair_is_liquidated_by_a_rally():
    # pool 20: equity stays 20, requirement 0.05 S + 0.05 S = 20 at S = 200; with 80 % credit at S = 1000
    pool = Account(PAIR, cash=20.0)
    for rule, move in ((RULE, 1.0), (ByCoin({"BTC": Cross(FixedRate(0.10, 0.05))}), 9.0)):
        for end, alive in ((move * 0.999, True), (move * 1.001, False)):
            seen = cross_survival(pool, WORLD, one(BTC=end), rule)
            assert seen.equity["pool"].tolist() == pytest.approx([20.0])
            assert (seen.kept == alive).all(axis=None)
    assert liquidation_moves(pool, WORLD, RULE)[1] == pytest.approx(1.0, abs=1e-6)


def test_orders_of_liquidation_by_hand():
    # ALT at 25: equity 30 - 25 = 5, requirement 5 + 2.5
    kept = {o: cross_survival(POOL, WORLD, one(ALT=-0.5), RULE, o).kept.iloc[0].tolist() for o in ("all", "pro rata")}
    assert kept["all"] == [0.0, 0.0] and kept["pro rata"] == pytest.approx([2 / 3, 2 / 3])
    assert cross_survival(POOL, WORLD, one(ALT=-0.5), RULE, "largest first").kept.iloc[0].tolist() == [0.0, 1.0]
    assert cross_survival(POOL, WORLD, one(ALT=-0.5), RULE, "smallest first").kept.iloc[0].tolist() == [1.0, 0.0]
    assert cross_survival(POOL, WORLD, one(ALT=-0.5), RULE, "all").survivors.tolist() == ["none"]


@pytest.mark.parametrize("order", ["all", "largest first", "smallest first", "pro rata"])
@pytest.mark.parametrize("rule", [RULE, ByCoin({"*": Cross(FixedRate(0.10, 0.05), 0.8)})], ids=["sum", "pairs"])
def test_what_is_left_is_covered_and_no_more_was_closed_than_needed(order, rule):
    book = LONGS + Book.from_list([("BTC-27DEC24", -0.6)])
    account = Account(book, cash=25.0)
    seen = cross_survival(account, WORLD, PLANE, rule, order)
    for point, kept in seen.kept.iterrows():
        there = WORLD.moved(dict(zip(PLANE.columns, point, strict=True)))
        equity = account.entered(WORLD).equity(there)
        assert seen.equity["pool"][point] == pytest.approx(equity)
        assert seen.maintenance["pool"][point] == pytest.approx(rule.requirement(book, there)[1])
        left = [(p.instrument.name, p.quantity * k) for p, k in zip(book, kept, strict=True) if k > 0.0]
        needed = rule.requirement(Book.from_list(left), there)[1] if left else 0.0
        assert needed <= max(equity, 0.0) + 1e-9
        assert (kept == 1.0).all() == (equity >= rule.requirement(book, there)[1] - 1e-9)


def test_a_rule_that_nets_across_coins_is_asked_point_by_point():
    scan = Scan(published("paradex-16"), 1.0, 0.5)
    seen = cross_survival(POOL, WORLD, PLANE, scan)
    for point, asked in seen.maintenance["pool"].items():
        there = WORLD.moved(dict(zip(PLANE.columns, point, strict=True)))
        assert asked == pytest.approx(scan.requirement(LONGS, there)[1])


@given(
    pool=st.floats(0.0, 200.0), share=st.floats(0.0, 1.0), btc=st.floats(-0.9, 2.0), alt=st.floats(-0.9, 2.0),
    sizes=st.tuples(st.sampled_from([-2.0, -0.5, 1.0, 3.0]), st.sampled_from([-2.0, -0.5, 1.0, 3.0])),
)  # fmt: skip
def test_where_every_isolated_leg_lives_the_pool_lives(pool, share, btc, alt, sizes):
    # summing the conditions of the pots gives the condition of the pool
    book = Book.from_list(list(zip(LONGS.names, sizes, strict=True)))
    pots = dict(zip(LONGS.names, (pool * share, pool * (1 - share)), strict=True))
    shock = one(BTC=btc, ALT=alt)
    apart = isolated_survival(book, WORLD, shock, pots, RULE)
    together = cross_survival(Account(book, cash=pool), WORLD, shock, RULE)
    if (apart.equity - apart.maintenance > 1e-6).all(axis=None):
        assert (together.kept == 1.0).all(axis=None)
    more = cross_survival(Account(book, cash=pool + 10.0), WORLD, shock, RULE)
    assert (more.kept >= together.kept).all(axis=None)  # more cash never closes more


def test_contagion_names_the_culprit():
    shocks = pd.DataFrame({"BTC": [0.0, -0.35, -0.3], "ALT": [-0.5, 0.0, -0.3]})
    # 1: ALT kills BTC, and survives neither alone with the pool (5 left, 2.5 asked: it does) -> so only with BTC held
    # 2: BTC alone: 30 - 35 < 0, it dies in any case, and ALT with it
    # 3: BTC alone: 0 < 3.5 dead in any case; ALT alone: 30 - 15 = 15 > 3.5 alive, killed by BTC; BTC is not saved
    table = contagion(POOL, WORLD, shocks, RULE)
    assert table.loc["ALT-PERP", "BTC-PERP"] == 1
    assert table.loc["BTC-PERP", "ALT-PERP"] == 3
    assert (table.loc["BTC-PERP", "BTC-PERP"], table.loc["ALT-PERP", "ALT-PERP"]) == (2, 0)


def test_posted_coins_count_after_their_haircut():
    account = Account(LONGS, cash=0.0, collateral=Book.from_list([("BTC", 0.4)]), haircuts={"BTC": 0.25})
    seen = cross_survival(account, WORLD, one(BTC=-0.1), RULE)
    assert seen.equity["pool"].tolist() == pytest.approx([0.4 * 90.0 * 0.75 - 10.0])


def test_pots_have_equal_leverage():
    assert pots_by_notional(LONGS, WORLD, 30.0) == pytest.approx({"BTC-PERP": 20.0, "ALT-PERP": 10.0})


# --- along a path ---------------------------------------------------------------------------------------------------


def path(**prices):
    return pd.DataFrame(prices, index=pd.RangeIndex(len(next(iter(prices.values()))), name="step"))


def test_a_path_closes_for_good_and_keeps_what_was_lost():
    prices = path(BTC=[100.0, 100.0, 100.0, 120.0], ALT=[50.0, 25.0, 50.0, 60.0])
    first = replay_pool(POOL, WORLD, prices, RULE, "largest first")
    # BTC is closed at 100 (nothing earned); ALT goes on: 30 + 0, then 30 + 10
    assert first.kept["BTC-PERP"].tolist() == [1.0, 0.0, 0.0, 0.0]
    assert first.kept["ALT-PERP"].tolist() == [1.0] * 4
    assert first.table["equity"].tolist() == pytest.approx([30.0, 5.0, 30.0, 40.0])
    assert first.table["maintenance"].tolist() == pytest.approx([10.0, 7.5, 5.0, 6.0])
    assert first.closed["BTC-PERP"] == 1 and pd.isna(first.closed["ALT-PERP"])
    whole = replay_pool(POOL, WORLD, prices, RULE)
    assert whole.table["equity"].tolist() == pytest.approx([30.0, 5.0, 5.0, 5.0])
    assert whole.table["maintenance"].tolist() == pytest.approx([10.0, 7.5, 0.0, 0.0])
    shared = replay_pool(POOL, WORLD, prices, RULE, "pro rata")
    assert shared.kept.iloc[-1].tolist() == pytest.approx([2 / 3, 2 / 3])
    assert shared.table["equity"].iloc[-1] == pytest.approx(5.0 + (25.0 + 10.0 + 20.0) * 2 / 3)


def test_the_hedged_pair_on_the_way_down_and_back():
    # pots of 10 at 5 %: the long goes at 94.7 and has lost 6 at the 94 that is seen; pooled, nothing happens
    prices = path(BTC=[100.0, 94.0, 100.0])
    long, short = (Account(Book((leg,)), cash=10.0) for leg in PAIR)
    assert replay_pool(long, WORLD, prices, RULE).table["equity"].tolist() == pytest.approx([10.0, 4.0, 4.0])
    assert replay_pool(short, WORLD, prices, RULE).table["equity"].tolist() == pytest.approx([10.0, 16.0, 10.0])
    pool = replay_pool(Account(PAIR, cash=20.0), WORLD, prices, RULE)
    assert pool.table["equity"].tolist() == pytest.approx([20.0] * 3) and pool.closed.isna().all()


def test_no_liquidation_is_the_plain_equity():
    steps = np.linspace(100.0, 110.0, 6)
    seen = replay_pool(POOL, WORLD, path(BTC=steps), RULE)
    assert seen.table["equity"].tolist() == pytest.approx((30.0 + steps - 100.0).tolist())


@pytest.mark.parametrize(
    ("call", "says"),
    [
        (lambda: cross_survival(LONGS, WORLD, PLANE, RULE), "account"),
        (lambda: cross_survival(POOL, WORLD, PLANE, RULE, "random"), "order"),
        (lambda: cross_survival(POOL, WORLD, {"BTC": 0.1}, RULE), "shocks"),
        (lambda: cross_survival(POOL, WORLD, one(ETH=0.1), RULE), "ETH"),
        (lambda: cross_survival(POOL, WORLD, one(BTC=-1.0), RULE), "moves"),
        (lambda: cross_survival(Account(LONGS + LONGS), WORLD, PLANE, RULE), "twice"),
        (lambda: isolated_survival(LONGS, WORLD, PLANE, {"BTC-PERP": 1.0}, RULE), "ALT-PERP"),
        (lambda: shock_plane([0.1]), "moves"),
        (lambda: pots_by_notional(LONGS, WORLD, -1.0), "pool"),
        (lambda: replay_pool(POOL, WORLD, path(BTC=[100.0, np.nan]), RULE), "BTC"),
        (lambda: replay_pool(POOL, WORLD, path(BTC=[]), RULE), "prices"),
        (lambda: replay_pool(Account(Book.from_list([("TOY-31JAN24-100-C", 1)])), Market.toy(), path(TOY=[1.0]), RULE),
         "TOY-31JAN24-100-C"),
        (lambda: replay_pool(Account(LONGS, collateral=Book.from_list([("BTC", 1)])), WORLD, path(BTC=[1.0]), RULE),
         "collateral"),
    ],
)  # fmt: skip
def test_bad_input_is_named(call, says):
    with pytest.raises(InputError, match=says):
        call()
