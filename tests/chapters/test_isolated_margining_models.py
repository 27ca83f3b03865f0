"""Numbers the chapter on isolated margining models reads aloud, each with where it comes from."""

import numpy as np
import pandas as pd
import pytest
from scipy.optimize import brentq
from scipy.special import ndtr

from greekslab.book import Book
from greekslab.explorers import isolated_view
from greekslab.margin import (
    Account,
    FixedRate,
    IsolatedPosition,
    bankruptcy_price,
    limited_liability,
    liquidation_moves,
    liquidation_price,
    replay_pots,
    standard_option_margin,
    toy_path,
)
from greekslab.margin.venues import DeriveSRM, srm_isolated
from greekslab.market import FlatVol, Market, bars, crash_facts

LONG_GONE, SHORT_GONE = 90 / 0.95, 110 / 1.05
SRM = DeriveSRM.published()
OPENING = {"path": "toy", "share": 50, "leverage": 10, "mmr": 5.0, "penalty": 0.0, "fill": "trigger"}


def pair(pot):
    return {s: IsolatedPosition("linear", q, 100.0, 100.0 / pot) for s, q in (("long", 1.0), ("short", -1.0))}


def call(spot, strike, vol):
    """Price of a call with 30 days to run, by the plain formula."""
    total = vol * np.sqrt(30 / 365)
    d1 = np.log(spot / strike) / total + total / 2
    return spot * ndtr(d1) - strike * ndtr(d1 - total)


# --- by hand, in code, predict ---------------------------------------------------------------------------------------


def test_the_worked_example():
    # 10 + (96 - 100) = 6 against 0.05 x 96 = 4.80; 90 / 0.95 and 110 / 1.05; 90 and 110; 85: 10 - 15
    long = pair(10.0)["long"]
    assert (long.equity(96.0), long.maintenance(96.0)) == pytest.approx((6.0, 4.80))
    for quantity, gone, bankrupt in ((1.0, LONG_GONE, 90.0), (-1.0, SHORT_GONE, 110.0)):
        terms = dict(quantity=quantity, entry=100.0, margin=10.0)
        assert liquidation_price(mmr=0.05, **terms) == pytest.approx(gone)
        assert bankruptcy_price(**terms) == pytest.approx(bankrupt)
    assert (LONG_GONE, SHORT_GONE) == pytest.approx((94.7368, 104.7619), abs=5e-5)
    assert limited_liability(long.equity(85.0)).shortfall == pytest.approx(5.0)


@pytest.mark.parametrize(
    ("path", "profit", "read"),
    [
        ((100, 94, 100), LONG_GONE - 100, -5.26),
        ((100, 80), 20 - (100 - LONG_GONE), 14.74),
        ((100, 94, 106), LONG_GONE - SHORT_GONE, -10.03),
        ((100, 106, 100), 100 - SHORT_GONE, -4.76),
        ((100, 120), 20 - (SHORT_GONE - 100), 15.24),
    ],
)
def test_five_paths_by_hand(path, profit, read):
    assert replay_pots(pair(10.0), toy_path(*path)).profit == pytest.approx(profit) == pytest.approx(read, abs=5e-3)
    assert replay_pots({"one": tuple(pair(10.0).values())}, toy_path(*path)).profit == pytest.approx(0.0)


def test_options_on_the_parts_are_worth_more_than_one_on_the_whole():
    legs, prices = pair(10.0), np.arange(60.0, 141.0)
    each = [limited_liability(leg.equity(prices)) for leg in legs.values()]
    apart = sum(pot.trader for pot in each)
    # max(S - 90, 0) + max(110 - S, 0): a call struck at one bankruptcy price and a put struck at the other
    np.testing.assert_allclose(apart, np.maximum(prices - 90.0, 0.0) + np.maximum(110.0 - prices, 0.0))
    assert (
        np.all(apart >= 20.0) and apart[[15, 65]].tolist() == [35.0, 35.0] and apart[[0, -1]].tolist() == [50.0, 50.0]
    )
    np.testing.assert_allclose(apart - 20.0, sum(pot.shortfall for pot in each))


# --- short options ---------------------------------------------------------------------------------------------------


def test_a_short_call_by_three_rules():
    # exercise: Deribit 0.12 and 0.095 coin; Derive max(15 % - 5 %, 13 %) x 2 000 + 40 = 300, 9 % x 2 000 + 40 = 220
    assert standard_option_margin(spot=1.0, strike=1.05, mark=0.02) == pytest.approx((0.12, 0.095))
    quote = dict(spot=2_000.0, strike=np.array([2_100.0]), price=np.array([40.0]), sign=np.array([1.0]))
    assert srm_isolated(SRM.markets["ETH"], **quote).ravel().tolist() == pytest.approx([300.0, 220.0])


@pytest.mark.parametrize(
    ("rule", "cash", "keep", "move", "vol"),
    [(FixedRate(), 240.0, 0.075, 0.0502, 0.573), (SRM, 300.0, 0.09, 0.0721, 0.706)],
    ids=["Deribit's rates", "Derive"],
)
def test_where_its_pot_is_liquidated(rule, cash, keep, move, vol):
    implied = brentq(lambda v: call(2_000.0, 2_100.0, v) - 40.0, 0.1, 1.0)
    assert implied == pytest.approx(0.3426, abs=5e-5)
    expiry = pd.Timestamp("2024-01-31 08:00", tz="UTC")
    market = Market(
        expiry - pd.Timedelta(days=30), {"ETH": 2_000.0}, {"ETH": {expiry: 2_000.0}}, {"ETH": FlatVol(implied)}
    )
    account = Account(Book.from_list([("ETH-31JAN24-2100-C", -1)]), cash=cash)
    # cash less the call = keep x spot, solved with the plain price
    by_hand = brentq(lambda x: cash - call(2_000.0 * (1 + x), 2_100.0, implied) - keep * 2_000.0 * (1 + x), 0.0, 0.5)
    assert liquidation_moves(account, market, rule)[1] == pytest.approx(by_hand, abs=1e-6)
    assert by_hand == pytest.approx(move, abs=5e-5)
    assert brentq(lambda v: cash - call(2_000.0, 2_100.0, v) - keep * 2_000.0, 0.2, 3.0) == pytest.approx(vol, abs=5e-4)


def test_a_spread_is_capped_at_its_largest_loss():
    expiry = pd.Timestamp("2024-01-31 08:00", tz="UTC")
    market = Market(
        expiry - pd.Timedelta(days=30), {"ETH": 2_000.0}, {"ETH": {expiry: 2_000.0}}, {"ETH": FlatVol(0.342634)}
    )
    book = Book.from_list([("ETH-31JAN24-1800-C", -1), ("ETH-31JAN24-2000-C", 1)])
    assert SRM.margin(Account(book, cash=200.0), market).excess == pytest.approx(0.0, abs=1e-9)
    # alone: 15 % of 2 000 and its mark
    alone = -SRM.margin(Book((book.positions[0],)), market).excess
    assert alone == pytest.approx(300.0 + call(2_000.0, 1_800.0, 0.342634)) == pytest.approx(513.49, abs=5e-3)


def test_exercise_3_short_puts():
    # 4 000 + 9 % of 4 000 = 4 360, 1.05 times that = 4 578; Deribit 4 000 + 7.5 % of 4 000
    strikes, marks = np.array([1_900.0, 6_000.0]), np.array([40.0, 4_000.0])
    derive = srm_isolated(SRM.markets["ETH"], spot=2_000.0, strike=strikes, price=marks, sign=-1.0)
    np.testing.assert_allclose(derive, [[300.0, 4_578.0], [220.0, 4_360.0]])
    deribit = [
        standard_option_margin(spot=2_000, strike=k, mark=v, kind="put") for k, v in zip(strikes, marks, strict=True)
    ]
    np.testing.assert_allclose(deribit, [(240.0, 190.0), (4_300.0, 4_300.0)])


# --- in the wild -----------------------------------------------------------------------------------------------------


def test_published_examples():
    # BitMEX, Liquidation: 100.00, 99.50, 99.00
    terms = dict(quantity=1.0, entry=100.0, margin=1.0)
    assert liquidation_price(mmr=0.005, maintenance_on="entry", **terms) == pytest.approx(99.50)
    assert bankruptcy_price(**terms) == pytest.approx(99.00)
    # Bybit help centre, linear: 19 700
    bybit = dict(quantity=1.0, entry=20_000.0, margin=400.0, mmr=0.005, maintenance_on="entry")
    assert liquidation_price(**bybit) == pytest.approx(19_700.0)
    # Bybit help centre, inverse, cross: 5 718.57 and 5 739.50, which is rounded on the way; its equation gives 5 739.08
    inverse = dict(quantity=10_000, entry=8_000, margin=0.5, settlement="inverse", closing_fee=0.00075)
    bankrupt = bankruptcy_price(**inverse)
    price = liquidation_price(mmr=0.005, maintenance_on="entry", **inverse)
    assert bankrupt == pytest.approx(5_718.57, abs=5e-3)
    assert price == pytest.approx(5_739.50, abs=0.5) and price == pytest.approx(5_739.0835, abs=5e-5)
    kept = 0.5 - 10_000 / 8_000 * 0.005 - 10_000 * 0.00075 / bankrupt
    assert 10_000 * (1 / 8_000 - 1 / price) == pytest.approx(-kept)
    # Deribit documentation, evaluated; Aevo documentation
    for kind, strike, mark, expected in [
        ("call", 60_000, 0.05, (0.2, 0.125)), ("call", 70_000, 0.02, (0.12, 0.095)),
        ("put", 60_000, 0.05, (0.2, 0.125)), ("put", 54_000, 0.02, (0.12, 0.095)),
    ]:  # fmt: skip
        asked = standard_option_margin(spot=1.0, strike=strike / 60_000, mark=mark, kind=kind)
        assert asked == pytest.approx(expected)
    assert standard_option_margin(spot=3_000, strike=3_300, mark=60, keep=0.10) == pytest.approx((360.0, 360.0))


def test_february_2018_by_a_plain_loop():
    window = bars("BTC").loc["2018-02-05":"2018-02-08"]
    assert (window["open"].iloc[0], len(window)) == (8_185.2, 192)
    window = window * (100.0 / 8_185.2)
    assert window["low"].min() == pytest.approx(73.30, abs=5e-3)
    assert window["high"].max() == pytest.approx(105.67, abs=5e-3)
    assert window["close"].iloc[-1] == pytest.approx(100.67, abs=5e-3)
    first = {"long": None, "short": None}
    for time, bar in window.iterrows():
        first["long"] = first["long"] or (time if bar["low"] < LONG_GONE else None)
        first["short"] = first["short"] or (time if bar["high"] > SHORT_GONE else None)
    apart = replay_pots(pair(10.0), window)
    assert apart.ends["closed"].to_dict() == first
    assert apart.profit == pytest.approx(LONG_GONE - SHORT_GONE) == pytest.approx(-10.03, abs=5e-3)
    assert apart.worth["short"].max() == pytest.approx(36.14, abs=5e-3)
    assert replay_pots({"one": tuple(pair(10.0).values())}, window).profit == pytest.approx(0.0)


def test_april_2019_by_hand():
    window = bars("BTC").loc["2019-04-01":"2019-04-05"]
    window = window * (100.0 / window["open"].iloc[0])
    jump = window.loc["2019-04-02 04:30"]
    assert jump["close"].item() / jump["open"].item() - 1.0 == pytest.approx(0.103, abs=5e-4)
    top, last = jump["high"].item(), window["close"].iloc[-1]
    for pot, fill in {20.0: top, 10.0: top, 7.5: top}.items():
        run = replay_pots(pair(pot), window, slip=1.0)
        assert run.ends.loc["short", "fill"] == pytest.approx(fill) == pytest.approx(115.18, abs=5e-3)
        assert run.shortfall == pytest.approx(max(top - 100 - pot, 0.0))
        assert run.profit == pytest.approx(last - 100 + max(-pot, 100 - top))
    thin = replay_pots(pair(6.0), window, slip=1.0)
    assert thin.ends.loc["short", "closed"] == pd.Timestamp("2019-04-01 07:00", tz="UTC")
    assert (thin.ends.loc["short", "fill"], thin.shortfall) == (pytest.approx(100.96, abs=5e-3), 0.0)
    gone = replay_pots(pair(5.0), window, slip=1.0)
    assert (gone.ends["closed"] == window.index[0]).all() and gone.profit == pytest.approx(-1.06, abs=5e-3)


def _weeks(levels):
    """Profit and legs closed in each of 724 weeks, by a plain loop over hours; no costs."""
    hourly = bars("BTC", "1h")
    opens, lows, highs, closes = (hourly[c].to_numpy() for c in ("open", "low", "high", "close"))
    days = hourly.index.normalize()
    profits, closed = [], []
    for day in days.unique()[:724]:
        a = hourly.index.searchsorted(day)
        b = hourly.index.searchsorted(day + pd.Timedelta(hours=168))
        start, profit, count = opens[a], 0.0, 0
        for side, level in levels.items():
            extreme = lows[a:b] if side > 0 else highs[a:b]
            beyond = np.flatnonzero(side * (100.0 * extreme / start - level) < 0.0)
            price = 100.0 * closes[b - 1] / start
            if beyond.size:
                gap = 100.0 * opens[a + beyond[0]] / start
                price, count = (min(level, gap) if side > 0 else max(level, gap)), count + 1
            profit += side * (price - 100.0)
        profits.append(profit)
        closed.append(count)
    return np.array(profits), np.array(closed)


def test_weeks_of_a_pair_by_a_plain_loop():
    profit, closed = _weeks({1: LONG_GONE, -1: SHORT_GONE})
    assert np.bincount(closed).tolist() == [82, 462, 180]
    assert profit.mean() == pytest.approx(1.17, abs=5e-3)
    assert profit.std() == pytest.approx(9.7, abs=0.05)
    assert profit[closed == 1].mean() == pytest.approx(5.73, abs=5e-3)
    # a mean of 0 over all weeks would need this much where one leg is closed
    assert 10.0251 * 180 / 462 == pytest.approx(3.91, abs=5e-3)
    assert profit[closed == 2].max() == pytest.approx(-10.03, abs=5e-3)
    # exercise 5: pots of 50 and 20, levels (100 - pot) / 0.95 and (100 + pot) / 1.05
    for pot, weeks, worst, spread in ((50.0, 9, -25.68, 1.58), (20.0, 287, -30.08, 6.90)):
        profit, closed = _weeks({1: (100 - pot) / 0.95, -1: (100 + pot) / 1.05})
        assert (closed > 0).sum() == weeks
        assert profit.min() == pytest.approx(worst, abs=6e-3)
        assert profit.std(ddof=1) == pytest.approx(spread, abs=5e-3)


def test_costs_of_the_weeks():
    hourly = bars("BTC", "1h")
    runs = {"penalty": dict(penalty=0.01), "and slip": dict(penalty=0.01, slip=1.0)}
    means = {name: [] for name in runs}
    for day in hourly.index.normalize().unique()[:724]:
        week = hourly.loc[day : day + pd.Timedelta(hours=167)]
        for name, how in runs.items():
            means[name].append(replay_pots(pair(10.0), 100.0 / week["open"].iloc[0] * week, **how))
    profit = {name: np.mean([run.profit for run in each]) for name, each in means.items()}
    free, closed = _weeks({1: LONG_GONE, -1: SHORT_GONE})
    assert profit["penalty"] == pytest.approx(free.mean() - closed.mean(), abs=0.01)  # about 1 a closing
    assert profit["penalty"] == pytest.approx(0.03, abs=5e-3)
    assert profit["and slip"] == pytest.approx(-1.17, abs=5e-3)
    assert np.mean([run.shortfall for run in means["and slip"]]) == pytest.approx(0.14, abs=5e-3)


def test_a_fair_game_pays_nothing_on_average():
    # optional stopping: a martingale stopped at the first hour beyond a level has no drift
    step = 0.60 * np.sqrt(1.0 / (365 * 24))
    shocks = np.random.default_rng(3).normal(-0.5 * step**2, step, (20_000, 7 * 24))
    paths = 100.0 * np.exp(shocks.cumsum(axis=1))
    ends = []
    for beyond in (paths <= LONG_GONE, paths >= SHORT_GONE):
        hour = np.where(beyond.any(axis=1), beyond.argmax(axis=1), -1)
        ends.append((paths[np.arange(20_000), hour], beyond.any(axis=1)))
    profit = ends[0][0] - ends[1][0]
    error = profit.std() / np.sqrt(20_000)
    assert abs(profit.mean()) < 3 * error
    assert (profit.mean(), error, profit.std()) == pytest.approx((0.01, 0.04, 6.33), abs=6e-3)
    assert ends[0][1].mean() + ends[1][1].mean() == pytest.approx(1.03, abs=5e-3)


def test_the_day_of_the_crash():
    fall = crash_facts().xs("BTC", level="asset")["previous_close_to_low"]
    left = {leverage: (100.0 / leverage + 100.0 * fall).round(1) for leverage in (3, 5, 10)}
    assert [left[leverage]["covid"] for leverage in (3, 5, 10)] == [-5.2, -18.6, -28.6]
    assert (left[10] > 0).sum() == 1 and 0.8 / 0.95 == pytest.approx(0.842, abs=5e-4)


def test_exercise_2_a_little_more_in_the_right_pot():
    enough = 100.0 - 94.0 * 0.95
    assert enough == pytest.approx(10.70)
    assert round(100 * (enough - 10.0) / (100.0 - 94.0)) == 12  # per cent of the short's profit at 94
    for pot, alive in ((enough + 1e-6, True), (enough - 1e-3, False)):
        end = replay_pots({"long": pair(pot)["long"]}, toy_path(100, 94, 100)).ends.loc["long"]
        assert pd.isna(end["closed"]) == alive


def test_answers_below_the_explorer():
    assert "No leg is closed" in isolated_view(**OPENING | {"share": 70}).finding
    three, five = (isolated_view(**OPENING | {"path": "feb-2018", "leverage": x}) for x in (3, 5))
    assert "No leg is closed" in three.finding and "The long is closed" in five.finding
    # pots of 10 on 0.3 coin: (30 - 10) / (0.3 x 0.95)
    assert three.panels[0].series[1].y[0] == pytest.approx(20.0 / 0.285) == pytest.approx(70.18, abs=5e-3)
    november = isolated_view(**OPENING | {"path": "nov-2018"}).finding
    assert "falls to 56.73" in november and "earns 31.31" in november
    april = isolated_view(**OPENING | {"path": "apr-2019", "fill": "worst"})
    assert "closed at 115.18" in april.finding and "5.18 in debt" in april.finding
    assert april.panels[1].series[0].y[0] == pytest.approx(31.97, abs=5e-3)
