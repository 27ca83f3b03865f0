"""Numbers the chapter on cross margining reads aloud, each with where it comes from."""

import numpy as np
import pandas as pd
import pytest

from greekslab.book import Book, named_books, position_values
from greekslab.margin import (
    Account,
    ByCoin,
    Cross,
    FixedRate,
    IsolatedPosition,
    Scan,
    contagion,
    cross_survival,
    isolated_survival,
    liquidation_moves,
    replay_pool,
    replay_pots,
    shock_plane,
    toy_path,
)
from greekslab.margin.survival import ORDERS
from greekslab.margin.venues import DeriveSRM, paradex_liquidation
from greekslab.market import FlatVol, Market, closes
from greekslab.scenarios import published

WORLD = Market("2024-01-01 08:00", {"BTC": 100.0, "ALT": 50.0})
TOY = Market.toy()
RATES = {"BTC": FixedRate(0.10, 0.05), "ALT": FixedRate(0.20, 0.10)}
SUMMED = ByCoin(RATES)
FLAT = FixedRate(0.10, 0.05)
LONGS = Book.from_list([("BTC-PERP", 1, 100.0), ("ALT-PERP", 1, 50.0)])
POOL = Account(LONGS, cash=30.0)
POTS = {"BTC-PERP": 15.0, "ALT-PERP": 15.0}
HEDGED = Account(Book.from_list([("BTC-PERP", 1, 100.0), ("BTC-27DEC24", -1, 100.0)]), cash=20.0)


# --- by hand -------------------------------------------------------------------------------------------------------


def test_the_worked_example():
    posted = Account(LONGS, 12.0, collateral=Book.from_list([("BTC", 0.2)]), haircuts={"BTC": 0.1})
    report = SUMMED.margin(posted, WORLD)
    # 12 + 0.2 x 100 x 0.9; 5 % of 100 and 10 % of 50, twice that to open
    assert (report.equity, report.maintenance, report.initial) == pytest.approx((30.0, 10.0, 20.0))
    shocks = pd.DataFrame({"ALT": [0.0, -0.4, -0.5, -0.6]})
    seen = cross_survival(POOL, WORLD, shocks, SUMMED)
    assert seen.equity["pool"].tolist() == pytest.approx([30.0, 10.0, 5.0, 0.0])
    assert seen.maintenance["pool"].tolist() == pytest.approx([10.0, 8.0, 7.5, 7.0])
    assert seen.kept["BTC-PERP"].tolist() == [1.0, 1.0, 0.0, 0.0]
    apart = isolated_survival(LONGS, WORLD, shocks, POTS, SUMMED)
    assert apart.equity["ALT-PERP"].tolist() == pytest.approx([15.0, -5.0, -10.0, -15.0])
    assert apart.kept["BTC-PERP"].tolist() == [1.0] * 4


# --- three ways ----------------------------------------------------------------------------------------------------


def test_the_requirement_in_three_ways():
    pair, spread = Book.from_list([("TOY-PERP", 1), ("TOY-31JAN24", -1)]), named_books(TOY)["call spread"]
    call110 = float(position_values(spread, TOY)[1])
    assert call110 == pytest.approx(3.27, abs=5e-3)
    # 10 + 10, max(15 - 0, 10), the long call in full
    assert FLAT.requirement(pair + spread, TOY)[0] == pytest.approx(35.0 + call110) == pytest.approx(38.27, abs=5e-3)
    # between the strikes 10 can be lost, less what is received for the spread: 6.8539 (reference table) less the other
    most = 10.0 - (6.8539 - call110)
    assert (
        Cross(FLAT, 0.8).requirement(spread, TOY)[0] == pytest.approx(most, abs=5e-5) == pytest.approx(6.42, abs=5e-3)
    )
    assert Cross(FLAT, 0.8).requirement(pair, TOY)[0] == pytest.approx(4.0)  # 20 - 0.8 x 20
    parts = Cross(FLAT, 0.8).margin(pair + spread, TOY).parts
    assert parts["pair credit"][0] == pytest.approx(-16.0)
    assert parts["option spreads"][0] == pytest.approx(-11.85, abs=5e-3)
    assert 38.27 - 16.0 == pytest.approx(22.27) and 22.27 - 11.85 == pytest.approx(10.42)


def test_a_conversion_gets_no_credit():
    book = named_books(TOY)["conversion"]
    # 10 for the perpetual, 15 for the short call, 6.8539 for the long put
    for rule in (FLAT, Cross(FLAT, 0.8)):
        assert rule.requirement(book, TOY)[0] == pytest.approx(10.0 + 15.0 + 6.8539, abs=5e-5)


# --- predict -------------------------------------------------------------------------------------------------------


def test_the_rally():
    # C / (2 mu) = 20 / 0.10; with a credit c the requirement is (1 - c) 0.10 S
    for credit, price in ((0.0, 200.0), (0.5, 400.0), (0.8, 1000.0)):
        rule = Cross(RATES["BTC"], credit)
        down, up = liquidation_moves(HEDGED, WORLD, rule, high=12.0)
        assert down is None and 100.0 * (1.0 + up) == pytest.approx(price)
    assert liquidation_moves(HEDGED, WORLD, Cross(RATES["BTC"], 1.0), high=12.0) == (None, None)
    for pool, price in ((20.0, 200.0), (40.0, 400.0), (50.0, 500.0), (100.0, 1000.0)):
        up = liquidation_moves(Account(HEDGED.book, cash=pool), WORLD, SUMMED, high=12.0)[1]
        assert 100.0 * (1.0 + up) == pytest.approx(price) == pytest.approx(pool / 0.10)
    assert HEDGED.equity_along(WORLD, [-0.8, 0.0, 1.5]) == pytest.approx([20.0] * 3)


def test_the_paths_of_the_isolated_chapter():
    legs = {
        "long": IsolatedPosition("linear", 1.0, 100.0, 10.0),
        "short": IsolatedPosition("linear", -1.0, 100.0, 10.0),
    }
    long_at, short_at = 90.0 / 0.95, 110.0 / 1.05  # liquidation prices
    expected = {
        (100, 94, 100): long_at - 100.0,
        (100, 80): long_at - 100.0 + 20.0,
        (100, 94, 106): long_at - short_at,
        (100, 210): 110.0 + 100.0 - short_at,
    }
    read = [-5.26, 14.74, -10.03, 105.24]
    for (turns, profit), said in zip(expected.items(), read, strict=True):
        assert replay_pots(legs, toy_path(*turns)).profit == pytest.approx(profit) == pytest.approx(said, abs=5e-3)
        pool = replay_pots({"pool": tuple(legs.values())}, toy_path(*turns))
        assert pool.profit == pytest.approx(0.0, abs=1e-9)
    assert pool.ends.loc["pool", "fill"] == pytest.approx(200.0)


def test_orders_of_liquidation():
    halved = pd.DataFrame({"ALT": [-0.5]})
    left = {o: cross_survival(POOL, WORLD, halved, SUMMED, o).kept.iloc[0].tolist() for o in ORDERS}
    # 5 of equity: BTC alone needs 5, ALT alone 2.5
    assert left["largest first"] == [0.0, 1.0] and left["smallest first"] == [1.0, 0.0]
    assert left["pro rata"] == pytest.approx([5.0 / 7.5] * 2) and left["all"] == [0.0, 0.0]
    for i in (0, 1):  # without the other, each leg stays open on the pool of 30
        rest = Account(LONGS.without(i), cash=30.0)
        assert (cross_survival(rest, WORLD, halved, SUMMED).kept == 1.0).all(axis=None)


# --- the plane -----------------------------------------------------------------------------------------------------


def test_the_plane_by_inequalities():
    fine = shock_plane({"ALT": np.linspace(-0.9, 0.6, 76), "BTC": np.linspace(-0.6, 0.6, 61)})
    x, y = fine["BTC"].to_numpy(), fine["ALT"].to_numpy()
    pool = 30.0 + 100.0 * x + 50.0 * y - 5.0 * (1.0 + x) - 5.0 * (1.0 + y) >= -1e-9
    pots = np.column_stack([15.0 + 100.0 * x - 5.0 * (1.0 + x) >= -1e-9, 15.0 + 50.0 * y - 5.0 * (1.0 + y) >= -1e-9])
    assert not (pots.all(axis=1) & ~pool).any()
    more = np.sign(2.0 * pool - pots.sum(axis=1))
    assert (len(fine), (more > 0).sum(), (more < 0).sum(), (more == 0).sum()) == (4636, 1338, 936, 2362)
    assert (cross_survival(POOL, WORLD, fine, SUMMED).kept.to_numpy() == pool[:, None]).all()
    assert (isolated_survival(LONGS, WORLD, fine, POTS, SUMMED).kept.to_numpy() == pots).all()
    assert (10 / 95, 10 / 45) == pytest.approx((0.105, 0.222), abs=5e-4)  # the corner
    # each leg alone on the pool of 30
    btc, alt = 30.0 + 100.0 * x >= 5.0 * (1.0 + x) - 1e-9, 30.0 + 50.0 * y >= 5.0 * (1.0 + y) - 1e-9
    expected = [[(~pool & ~btc).sum(), (~pool & alt).sum()], [(~pool & btc).sum(), (~pool & ~alt).sum()]]
    assert expected == [[1153, 1116], [633, 670]] and (~pool).sum() == 1786
    assert contagion(POOL, WORLD, fine, SUMMED).to_numpy().tolist() == expected


def test_a_jump_is_split_between_trader_and_venue():
    worth = isolated_survival(LONGS, WORLD, pd.DataFrame({"ALT": [-0.8]}), POTS, SUMMED).equity.iloc[0]
    assert worth.tolist() == pytest.approx([15.0, -25.0]) and worth.sum() == pytest.approx(-10.0)


def test_a_path_there_and_back():
    path = pd.DataFrame({"BTC": [100, 100, 100, 120.0], "ALT": [50, 25, 50, 50.0]})
    ends = {o: replay_pool(POOL, WORLD, path, SUMMED, o).table["equity"].iloc[-1] for o in ORDERS}
    # 5; 5 + 25; 5 + 20; 5 + 2/3 (25 + 20)
    assert [ends[o] for o in ORDERS] == pytest.approx([5.0, 30.0, 25.0, 35.0])


# --- in the wild ---------------------------------------------------------------------------------------------------


def test_derive_caps_the_options_of_an_expiry():
    expiry = pd.Timestamp("2024-01-31 08:00", tz="UTC")
    eth = Market("2024-01-01 08:00", {"ETH": 2000.0}, {"ETH": {expiry: 2000.0}}, {"ETH": FlatVol(0.6)})
    spread, srm = Book.from_list([("ETH-31JAN24-1800-C", -1), ("ETH-31JAN24-2000-C", 1)]), DeriveSRM.published()
    premium = -float(position_values(spread, eth).sum())
    assert premium == pytest.approx(116.75, abs=5e-3)
    assert srm.requirement(spread, eth)[0] == pytest.approx(200.0 - premium) == pytest.approx(83.25, abs=5e-3)
    assert srm.requirement(spread.without(1), eth)[0] == pytest.approx(300.0)  # 15 % of 2 000, mark aside
    straight = Book.from_list([("ETH-PERP", 1), ("ETH-31JAN24", -1)])
    assert srm.requirement(straight, eth) == pytest.approx((400.0, 260.0))  # 10 and 6.5 % of 4 000
    coins = {name: rates.margin_factor for name, rates in srm.markets.items()}
    assert (coins["BTC"], coins["ETH"], coins["USDT"]) == (0.75, 0.80, 0.98)


def test_paradex_cuts_in_fifths():
    cut = {fee: paradex_liquidation(5.0, 7.5, fee=fee) for fee in (0.0, 0.5, 0.7)}
    # ratios after fifths: 7.5 (1 - s) < 0.9 (5 - 7.5 s fee)
    assert [c.share for c in cut.values()] == pytest.approx([0.6, 0.8, 1.0])
    assert cut[0.7].account_value == pytest.approx(5.0 - 0.7 * 7.5) == pytest.approx(-0.25)
    # with 70 % every fifth but the last makes the ratio worse
    ratios = [paradex_liquidation(5.0, 7.5, share=k / 5, fee=0.7).ratio for k in range(5)]
    assert (np.diff(ratios) > 0.0).all()


def test_two_questions_four_answers():
    long, short = Book.from_list([("TOY-PERP", 1, 100.0)]), Book.from_list([("TOY-PERP:inverse", -100, 100.0)])
    coin = Book.from_list([("TOY", 0.2)])
    apart = Account(long, cash=20.0), Account(short, collateral=coin)
    pooled = Account(long + short, cash=20.0, collateral=coin, haircuts={"TOY": 0.1})
    scan = Scan(published("paradex-16"), 1.0, 0.5)
    assert [r.requirement(a.book, TOY)[0] for r in (FLAT, scan) for a in apart] == pytest.approx([10, 10, 16, 16])
    assert FLAT.requirement(pooled.book, TOY)[0] == pytest.approx(20.0)
    assert scan.requirement(pooled.book, TOY)[0] == pytest.approx(0.0, abs=1e-9)
    # linear: 20 + S - 100 = k S; inverse: 0.2 S - (S - 100) = k 100
    for rule, keep in ((FLAT, 0.05), (scan, 0.08)):
        assert liquidation_moves(apart[0], TOY, rule)[0] == pytest.approx(80.0 / (1.0 - keep) / 100.0 - 1.0, abs=1e-6)
        up = (100.0 - 100.0 * keep) / 0.8 / 100.0 - 1.0
        assert liquidation_moves(apart[1], TOY, rule)[1] == pytest.approx(up, abs=1e-6)
        assert liquidation_moves(pooled, TOY, rule) == (None, None)


WEEK_STARTS = closes(["BTC", "ETH"], "30min").dropna().set_axis(["BTC", "ALT"], axis=1)


def weeks(prices, days=7):
    """List moves since the start of each day by plain slicing: another way than the chapter's."""
    starts = prices.index.floor("D").unique()[:-days]
    paths = {s: prices[s : s + pd.Timedelta(days=days)] for s in starts}
    return {s: (p / p.iloc[0]).to_numpy() for s, p in paths.items()}


def test_a_week_in_august_2018():
    start = pd.Timestamp("2018-08-08", tz="UTC")
    week = WEEK_STARTS[start : start + pd.Timedelta(days=7)]
    week = week / week.iloc[0] * [100.0, 50.0]
    assert week.min().tolist() == pytest.approx([90.12, 33.84], abs=5e-3)
    equity = 30.0 + (week - [100.0, 50.0]).sum(axis=1)
    short = equity < 0.05 * week["BTC"] + 0.10 * week["ALT"]
    assert short.idxmax() == pd.Timestamp("2018-08-14 01:30", tz="UTC")
    runs = {o: replay_pool(POOL, WORLD, week, SUMMED, o) for o in ORDERS}
    assert [runs[o].table["equity"].iloc[-1] for o in ORDERS] == pytest.approx([5.78, 8.72, 4.36, 9.46], abs=5e-3)
    at, last = week.loc[short.idxmax()], week.iloc[-1]
    left = equity[short.idxmax()]
    assert runs["all"].table["equity"].iloc[-1] == pytest.approx(left)
    assert runs["largest first"].table["equity"].iloc[-1] == pytest.approx(left + last["ALT"] - at["ALT"])
    assert runs["smallest first"].closed["BTC-PERP"] == pd.Timestamp("2018-08-14 02:30", tz="UTC")
    pots = [replay_pool(Account(Book((leg,)), cash=15.0), WORLD, week, SUMMED) for leg in LONGS]
    assert [run.table["equity"].iloc[-1] for run in pots] == pytest.approx([9.22, 3.44], abs=5e-3)
    assert pots[1].closed.iloc[0] == pd.Timestamp("2018-08-13 17:00", tz="UTC")


def test_723_weeks_by_inequalities():
    counts = {"both, pots": 0, "both, pool": 0, "none, pots": 0, "none, pool": 0, "taken down": 0}
    lived = {"BTC": 0, "ETH": 0}
    paths = weeks(WEEK_STARTS)
    for path in paths.values():
        btc, alt = 100.0 * path[:, 0], 50.0 * path[:, 1]
        pots = [(15 + btc - 100 >= 0.05 * btc - 1e-9).all(), (15 + alt - 50 >= 0.10 * alt - 1e-9).all()]
        pool = (30 + btc - 100 + alt - 50 >= 0.05 * btc + 0.10 * alt - 1e-9).all()
        counts["both, pots"] += all(pots)
        counts["none, pots"] += not any(pots)
        counts["both, pool"] += pool
        counts["none, pool"] += not pool
        counts["taken down"] += not pool and any(pots)
        lived["BTC"] += not pool and (30 + btc - 100 >= 0.05 * btc).all()
        lived["ETH"] += not pool and (30 + alt - 50 >= 0.10 * alt).all()
    assert len(paths) == 723
    assert list(counts.values()) == [523, 578, 81, 145, 64] and lived == {"BTC": 118, "ETH": 145}


# --- exercises -----------------------------------------------------------------------------------------------------


def test_exercises():
    alt = Book((LONGS.positions[1],))
    # 2: 20/45 on 25 alone, 10/45 on 15
    for pot, fall in ((25.0, 20 / 45), (15.0, 10 / 45)):
        down = liquidation_moves(Account(alt, cash=pot), WORLD, SUMMED)[0]
        assert -down == pytest.approx(fall, abs=1e-6)
    # 3: 16 - 0.8 x 12
    part = Book.from_list([("TOY-PERP", 1), ("TOY-31JAN24", -0.6)])
    assert Cross(FLAT, 0.8).requirement(part, TOY)[0] == pytest.approx(6.4)
    # 4: equity tends to 25 + 10 + premium of the call; 0.05 S + 0.075 S reaches it at 306
    covered = Account.opened(named_books(TOY)["covered call"], TOY, deposit=25.0)
    most = 25.0 + 10.0 + float(-position_values(named_books(TOY)["covered call"], TOY)[1])
    assert most == pytest.approx(38.27, abs=5e-3)
    down, up = liquidation_moves(covered, TOY, FLAT)
    assert up == pytest.approx(most / 0.125 / 100.0 - 1.0, abs=1e-4) == pytest.approx(2.062, abs=5e-4)
    scanned = liquidation_moves(covered, TOY, Scan(published("paradex-16"), 1.0, 0.5))
    assert scanned[1] is None and (down, scanned[0]) == pytest.approx((-0.177, -0.219), abs=5e-4)


@pytest.mark.parametrize(
    ("coin", "side", "read"),
    [
        ("LTC", 1.0, [532, 576, 87, 147]),
        ("XRP", 1.0, [523, 579, 70, 144]),
        ("EOS", 1.0, [511, 562, 104, 161]),
        ("ETH", -1.0, [430, 699, 22, 24]),
    ],
)
def test_other_coins_by_inequalities(coin, side, read):
    found = np.zeros(4, dtype=int)
    for path in weeks(closes(["BTC", coin], "30min").dropna()).values():
        btc, alt = 100.0 * path[:, 0], 50.0 * path[:, 1]
        profit, needed = side * (alt - 50), 0.10 * alt
        pots = [(15 + btc - 100 >= 0.05 * btc - 1e-9).all(), (15 + profit >= needed - 1e-9).all()]
        pool = (30 + btc - 100 + profit >= 0.05 * btc + needed - 1e-9).all()
        found += [all(pots), pool, not any(pots), not pool]
    assert found.tolist() == read
