"""Numbers the chapter on portfolio delta margin reads aloud, each with where it comes from."""

import numpy as np
import pandas as pd
import pytest
from scipy.optimize import brentq
from scipy.special import ndtr

from greekslab.book import Book, exposure, named_books, pnl_cube, position_values
from greekslab.explorers import delta_view
from greekslab.margin import (
    Account,
    DeltaMargin,
    Scan,
    liquidation_moves,
    minimum_delta,
    net_gross_hedged,
    replay_book,
    wake_up,
)
from greekslab.market import FlatVol, Market, bars, crash_window
from greekslab.pricing import delta as black_delta
from greekslab.pricing import price
from greekslab.scenarios import grid, published

TOY, BTC = Market.toy(), Market.btc()
BOOKS, REAL = named_books(TOY), named_books(BTC)
STRADDLE = BOOKS["hedged straddle"]
RULE, BARE = DeltaMargin(0.16, 0.02, 0.01), DeltaMargin(0.16, net_floor=0.0, hedged_floor=0.0)
CORE, TAILS = Scan(published("paradex-16"), 1.0, 0.5), Scan(published("paradex-24"), 1.0, 0.5)
RULES = {"delta margin": RULE, "core scan": CORE, "scan with tails": TAILS}
TOTAL_VOL = 0.6 * np.sqrt(30 / 365)
CALL_DELTA = float(ndtr(TOTAL_VOL / 2.0))  # N(d1) at the money: 0.5343


def asked(rule, book, market=TOY):
    return rule.requirement(book, market)[0]


def straddle_worth(forward, vol=0.6):
    """What the straddle at 100 is worth, from the option price alone."""
    known = dict(forward=forward, strike=100.0, vol=vol, tau=30 / 365)
    return price(kind="call", **known) + price(kind="put", **known)


def lost(move, size=1.0):
    """What the hedged straddle at 100 has lost: value bought back, less what the hedge earned. Own derivation."""
    return size * (straddle_worth(100.0 * (1.0 + move)) - straddle_worth(100.0) - (2 * CALL_DELTA - 1) * 100.0 * move)


# --- by hand, and in code ------------------------------------------------------------------------------------------


def test_ten_calls_and_four_perpetuals_by_hand():
    net, gross = 6.0 - 4.0, 6.0 + 4.0
    hedged = (gross - net) / 2.0
    assert (net, gross, hedged) == (2.0, 10.0, 4.0)
    assert max(0.16 * net, 0.02 * net + 0.01 * hedged) * 100.0 == pytest.approx(32.0)
    assert (0.02 * net + 0.01 * hedged) * 100.0 == pytest.approx(8.0)
    assert 0.16 * (6.0 + 4.0) * 100.0 == pytest.approx(160.0)
    assert 0.16 * (10 * 0.8 - 4.0) * 110.0 == pytest.approx(70.4)
    # the package on straight lines with the same deltas
    book = Book.from_list([("TOY-PERP", 6.0), ("TOY-31JAN24", -4.0)])
    assert asked(DeltaMargin(), book) == pytest.approx(32.0)


def test_a_hedged_call_apart_and_together():
    call = BOOKS["long call"]
    hedged = call + Book.from_list([("TOY-PERP", -CALL_DELTA)])
    assert [asked(RULE, Book((leg,))) for leg in hedged] == pytest.approx([16.0 * CALL_DELTA] * 2)
    assert 16.0 * CALL_DELTA == pytest.approx(8.55, abs=5e-3)
    assert asked(RULE, hedged) == pytest.approx(CALL_DELTA)  # 1 % of 0.5343 coins at 100
    earned = pnl_cube(hedged, TOY, grid([0.2])).values[0]
    known = dict(strike=100.0, vol=0.6, tau=30 / 365)
    by_price = price(forward=120.0, **known) - price(forward=100.0, **known)
    assert earned == pytest.approx([by_price, -20.0 * CALL_DELTA])
    assert [*earned.round(2), earned.sum().round(2)] == [14.54, -10.69, 3.86]


# --- predict -----------------------------------------------------------------------------------------------------


def test_long_call_and_short_put_add_their_deltas():
    table = exposure(BOOKS["synthetic long"], TOY)
    assert table["delta"].tolist() == pytest.approx([0.5343, 0.4657], abs=5e-5)
    # put-call parity: delta of call less delta of put is 1, gamma and vega are the same
    assert table["delta"].sum() == pytest.approx(1.0)
    assert table[["gamma", "vega"]].sum().to_numpy() == pytest.approx(0.0, abs=1e-12)
    for name in ("synthetic long", "long perp"):
        assert [asked(rule, BOOKS[name]) for rule in RULES.values()] == pytest.approx([16.0] * 3)
    apart = asked(TAILS, BOOKS["long call"]) + asked(TAILS, BOOKS["short put"])
    assert apart == pytest.approx(5.7091 + 14.1951, abs=2e-4)  # rows B2 and B5 of the reference table: 19.90


def test_a_book_without_delta_pays_the_minimum():
    table = net_gross_hedged(STRADDLE, TOY).loc[0]
    # exercise: net 0, gross 1.0685, hedged 0.5343, minimum 0.534
    assert table[["net", "gross", "hedged"]].tolist() == pytest.approx([0.0, 1.0685, 0.5343], abs=5e-5)
    assert table["gross"] == pytest.approx(2.0 * CALL_DELTA)
    assert asked(BARE, STRADDLE) == pytest.approx(0.0, abs=1e-12)
    report = RULE.margin(STRADDLE, TOY)
    assert report.initial == pytest.approx(0.534, abs=5e-4)
    assert report.contributions.tolist() == pytest.approx([0.2671, 0.2329, 0.0343], abs=5e-5)
    assert minimum_delta(0.02, 0.01).charge(STRADDLE, TOY)[0].sum() == pytest.approx(report.initial)
    assert (asked(CORE, STRADDLE), asked(TAILS, STRADDLE)) == pytest.approx((9.6821, 14.4647), abs=5e-5)  # row B7


def test_fourteen_books():
    # 16 % of net delta, by N(d1); the scans are the reference table's
    read = {
        "long call": (16.0 * CALL_DELTA, 5.7091), "short straddle": (16.0 * (2 * CALL_DELTA - 1), 10.7787),
        "conversion": (1.0, 0.0), "long perp": (16.0, 16.0),
    }  # fmt: skip
    for name, (charge, scan) in read.items():
        assert (asked(RULE, BOOKS[name]), asked(CORE, BOOKS[name])) == pytest.approx((charge, scan), abs=1e-4)
    far = black_delta(forward=100.0, strike=150.0, vol=0.6, tau=30 / 365)
    assert asked(RULE, BOOKS["far short call"]) == pytest.approx(16.0 * far) == pytest.approx(0.19, abs=5e-3)
    assert asked(TAILS, BOOKS["far short call"]) == pytest.approx(14.3979, abs=5e-5)  # row B13
    for name in ("long call", "long put", "protective put", "call spread"):
        assert asked(RULE, BOOKS[name]) > asked(TAILS, BOOKS[name])
    for name in ("short straddle", "short strangle", "far short call", "covered call", "short put"):
        assert asked(RULE, BOOKS[name]) < asked(CORE, BOOKS[name])


def test_the_minimum_binds_for_the_conversion_alone():
    least = {name: minimum_delta(0.02, 0.01).charge(book, TOY)[0].sum() for name, book in BOOKS.items()}
    assert [name for name, book in BOOKS.items() if least[name] > asked(TAILS, book)] == ["conversion"]
    assert least["conversion"] == pytest.approx(1.0)  # 1 % of one coin long and one short
    # Paradex, page of 2026-08-20: tails at three quarters of the weights of early 2026
    assert asked(Scan(published("paradex-24-2026-08")), STRADDLE) == pytest.approx(0.75 * 14.4647, abs=1e-4)


def test_buyer_and_seller_are_asked_for_the_same():
    down = TOY.moved(-0.2)
    both = STRADDLE, -1 * STRADDLE
    assert asked(RULE, both[0], down) == asked(RULE, both[1], down) == pytest.approx(10.79, abs=5e-3)
    d1 = np.log(0.8) / TOTAL_VOL + TOTAL_VOL / 2.0
    assert asked(RULE, both[0], down) == pytest.approx(0.16 * 80.0 * 2.0 * (CALL_DELTA - ndtr(d1)))
    assert pnl_cube(both[1], TOY, grid([-0.2])).total()[0] == pytest.approx(lost(-0.2)) == pytest.approx(9.07, abs=5e-3)
    assert asked(CORE, both[1]) == pytest.approx(3.01, abs=5e-3)
    # a bought straddle loses most where nothing moves and volatility falls to 46.8 %, or near there
    assert asked(CORE, both[1]) >= straddle_worth(100.0) - straddle_worth(100.0, 0.468) - 1e-12


# --- wake-up -------------------------------------------------------------------------------------------------------


def charge(spot):
    """16 % of the hedged straddle's net delta at a price, by N(d1) alone."""
    d1 = np.log(spot / 100.0) / TOTAL_VOL + TOTAL_VOL / 2.0
    return 0.16 * abs(2.0 * CALL_DELTA - 2.0 * ndtr(d1)) * spot


def test_the_charge_wakes_up_after_the_loss():
    level = asked(CORE, STRADDLE)
    down, up = wake_up(BARE, STRADDLE, TOY, level)
    prices = [100.0 * (1.0 + x) for x in (down, up)]
    assert prices == pytest.approx([83.80, 113.88], abs=5e-3)  # exercise
    assert prices == pytest.approx(
        [brentq(lambda s: charge(s) - level, *e, xtol=1e-12) for e in ((70, 100), (100, 130))]
    )
    assert [lost(down), lost(up)] == pytest.approx([6.09, 3.98], abs=5e-3)
    scans = CORE.requirements_along(STRADDLE, TOY, [down, up])[:, 0]
    assert scans == pytest.approx([13.14, 15.59], abs=5e-3)
    assert scans == pytest.approx([asked(CORE, STRADDLE, TOY.moved(x)) for x in (down, up)])
    gamma = exposure(STRADDLE, TOY)["gamma"].sum()
    by_hand = -2.0 * np.exp(-(TOTAL_VOL**2) / 8.0) / np.sqrt(2.0 * np.pi) / (100.0 * TOTAL_VOL)  # -2 phi(d1)/(F s)
    assert gamma == pytest.approx(by_hand) == pytest.approx(-0.04621, abs=5e-6)
    assert 100.0 * level / (0.16 * abs(gamma) * 100.0**2) == pytest.approx(13.1, abs=0.05)


def test_the_path_read_at_three_prices():
    for move, charged, spent, scan in ((-0.2, 10.79, 9.07, 13.08), (0.0, 0.53, 0.0, 9.68), (0.1, 7.20, 2.15, 14.26)):
        assert asked(RULE, STRADDLE, TOY.moved(move)) == pytest.approx(charged, abs=5e-3)
        assert lost(move) == pytest.approx(spent, abs=5e-3)
        assert asked(CORE, STRADDLE, TOY.moved(move)) == pytest.approx(scan, abs=5e-3)
    moves = np.linspace(-0.4, 0.4, 161)  # as drawn: the scan is above the charge everywhere
    assert (CORE.requirements_along(STRADDLE, TOY, moves) >= RULE.requirements_along(STRADDLE, TOY, moves)).all()
    assert lost(-0.225) > charge(77.5) > lost(-0.22) and lost(0.335) > charge(133.5) and lost(0.33) < charge(133.0)


# --- along the curve -----------------------------------------------------------------------------------------------


def test_a_calendar_spread_pays_for_the_roll():
    book = Book.from_list([("BTC-26NOV21", 1.0), ("BTC-25MAR22", -1.0)])
    table = net_gross_hedged(book, BTC, by="expiry")
    spot, forwards = BTC.spot("BTC"), [67843.219, 70617.7789]  # the data set's forwards
    assert table["net"].tolist() == pytest.approx([forwards[0] / spot, -forwards[1] / spot])
    assert table["net"].sum() == pytest.approx(-0.0417, abs=5e-5)
    net = 0.16 * (forwards[1] - forwards[0])
    assert round(net) == 444
    assert [round(c * forwards[0]) for c in (0.01, 0.02)] == [678, 1357]  # R is the smaller side, forward over spot
    for c in (0.01, 0.02):
        assert asked(DeltaMargin(roll_rate=c), book, BTC) == pytest.approx(net + c * forwards[0])
    assert asked(RULE, book, BTC) == pytest.approx(0.02 * (forwards[1] - forwards[0]) + 0.01 * forwards[0])
    assert round(asked(RULE, book, BTC)) == 734
    assert asked(CORE, book, BTC) == pytest.approx(net)
    # Deribit, sample response of 2024-06-17: the larger of 1 % and 7.5 % a year, on every expiry's delta
    years = np.array([BTC.tau(e) for e in table["expiry"]])
    shock = np.maximum(0.01, 0.075 * years)
    assert (100 * shock).round(2).tolist() == [1.0, 3.19]
    assert round(100 * np.expm1(0.075 * years[1]), 2) == 3.25  # compounded, as a public re-implementation has it
    roll = np.array(forwards) * shock
    assert [*roll.round(), roll.sum().round()] == [678.0, 2256.0, 2934.0]


def test_carry_against_the_perpetual():
    book, spot, forward = Book.from_list([("BTC-PERP", 1.0), ("BTC-25MAR22", -1.0)]), BTC.spot("BTC"), 70617.7789
    parts = DeltaMargin(roll_rate=0.01).margin(book, BTC).parts
    assert parts["net delta"][0] == pytest.approx(0.16 * (forward - spot))
    assert parts["offsets across expiries"][0] == pytest.approx(0.01 * spot)
    assert [round(parts[k][0]) for k in parts] == [648, 666]
    march = forward * 0.075 * BTC.tau(BTC.expiries("BTC")[-1])
    assert [round(march), round(0.01 * spot), round(march + 0.01 * spot)] == [2256, 666, 2921]


# --- break it --------------------------------------------------------------------------------------------------------


def test_how_many_straddles_a_hundred_carries():
    assert [round(100.0 / asked(rule, STRADDLE), 1) for rule in RULES.values()] == [187.2, 10.3, 6.9]
    size = 100.0 / asked(RULE, STRADDLE)
    assert [lost(x, size) for x in (-0.05, 0.05)] == pytest.approx([110.1, 104.8], abs=0.05)


def test_liquidated_and_bankrupt():
    read = {
        "delta margin": (-1.34, 1.33, -4.77, 4.88),
        "core scan": (-11.80, 10.67, -20.72, 22.79),
        "scan with tails": (-18.42, 17.05, -25.91, 28.96),
    }
    worth = position_values(STRADDLE, TOY).sum()
    for name, rule in RULES.items():
        needed = asked(rule, STRADDLE)
        moves = liquidation_moves(Account(STRADDLE, cash=needed - worth), TOY, rule)
        for move in moves:  # equity is what is left of the amount, and equals the maintenance requirement there
            assert needed - lost(move) == pytest.approx(rule.requirement(STRADDLE, TOY.moved(move))[1], abs=1e-5)
        ends = [brentq(lambda x, needed=needed: lost(x) - needed, *side) for side in ((-0.9, -1e-6), (1e-6, 3.0))]
        assert [100.0 * x for x in (*moves, *ends)] == pytest.approx(read[name], abs=5e-3)


def test_half_hours_that_jump_too_far():
    closes = bars("BTC", "30min")["close"].to_numpy()
    steps = closes[1:] / closes[:-1] - 1.0  # counted from the data, Bitfinex
    ends = [brentq(lambda x: lost(x) - CALL_DELTA, *side) for side in ((-0.9, -1e-6), (1e-6, 3.0))]
    count = int(((steps < ends[0]) | (steps > ends[1])).sum())
    assert (len(steps), count, round(100 * np.abs(steps).max(), 1)) == (35017, 60, 10.3)
    assert round(100 * count / len(steps), 2) == 0.17 and round(len(steps) / 48 / count) == 12


# --- check, in the wild ----------------------------------------------------------------------------------------------


def test_net_delta_is_the_slope_of_the_profit():
    for book in BOOKS.values():
        low, high = pnl_cube(book, TOY, grid([-1e-4, 1e-4])).total()
        assert (high - low) / 0.02 == pytest.approx(net_gross_hedged(book, TOY)["net"].sum(), abs=1e-6)


def test_a_composite_delta_does_not_see_the_straddle():
    points = 0.15 * np.array([0, 1, -1, 2, -2, 3, -3]) / 3.0
    weights = np.array([0.270, 0.217, 0.217, 0.110, 0.110, 0.037, 0.037])
    deltas = 2.0 * CALL_DELTA - 2.0 * ndtr(np.log(1.0 + points) / TOTAL_VOL + TOTAL_VOL / 2.0)  # closed form
    assert weights @ deltas / weights.sum() == pytest.approx(0.0146, abs=5e-5)
    assert [net_gross_hedged(STRADDLE, TOY.moved(x))["net"].sum() for x in points] == pytest.approx(deltas)


def test_delta_plus_comes_near_the_scan():
    total = exposure(STRADDLE, TOY)[["delta", "gamma", "vega"]].sum()
    gamma, vega = -total["gamma"] * 16.0**2 / 2.0, -total["vega"] * 0.6 * 0.25
    assert gamma == pytest.approx(5.915, abs=5e-4)  # exercise of the next chapter: gamma S^2 x^2 / 2 at 16 %
    # vega of a straddle at the money: 2 F phi(d1) sqrt(tau)
    by_hand = 2.0 * 100.0 * np.exp(-(TOTAL_VOL**2) / 8.0) / np.sqrt(2.0 * np.pi) * np.sqrt(30 / 365)
    assert vega == pytest.approx(by_hand * 0.15) == pytest.approx(3.42, abs=5e-3)
    assert gamma + vega == pytest.approx(9.33, abs=5e-3)


def test_the_real_smile():
    book, spot = REAL["hedged straddle"], BTC.spot("BTC")
    assert "BTC-26NOV21-70000-C" in book.names
    assert [round(asked(rule, book, BTC)) for rule in RULES.values()] == [349, 8385, 9979]
    assert asked(RULE, book, BTC) == pytest.approx(0.01 * spot * np.abs(exposure(book, BTC)["delta"]).sum() / 2.0)
    assert [round(100 * asked(rule, book, BTC) / spot, 2) for rule in (RULE, CORE)] == [0.52, 12.60]
    down, up = wake_up(BARE, book, BTC, asked(CORE, book, BTC))
    assert down is None and up == pytest.approx(0.281, abs=5e-4)
    falls = np.linspace(-0.9, 0.0, 91)
    along = BARE.requirements_along(book, BTC, falls)[:, 0] / spot
    assert along.max() == pytest.approx(0.094, abs=5e-4) and falls[along.argmax()] == pytest.approx(-0.36, abs=0.01)
    moved = BTC.moved(up)
    assert 0.16 * abs(exposure(book, moved)["delta"].sum()) * moved.spot("BTC") == pytest.approx(asked(CORE, book, BTC))


# --- real paths ----------------------------------------------------------------------------------------------------


def sold(prices, vol):
    first, spot = prices.index[0], float(prices.iloc[0])
    expiry = first + pd.Timedelta(days=30)
    market = Market(first, {"BTC": spot}, {"BTC": {expiry: spot}}, {"BTC": FlatVol(vol)})
    return named_books(market)["hedged straddle"], market


def test_march_2020_hedged_every_evening():
    prices = crash_window("covid")["BTC"]
    table = replay_book(*sold(prices, 0.6), prices, RULES, rehedge=True)
    eve, day = table.loc["2020-03-11 00:00+00:00"], table.loc["2020-03-12 00:00+00:00"]
    assert (eve["delta margin"], day["earned"]) == pytest.approx((60.5, -1089.8), abs=0.05)
    assert [round(eve[k]) for k in ("core scan", "scan with tails")] == [935, 1866]
    assert -day["earned"] / eve["delta margin"] == pytest.approx(18, abs=0.1)
    # the loss of that day from the option price alone: bought back at 19 days, hedge set at 20 days
    strike, known = prices.iloc[0], dict(vol=0.6, strike=prices.iloc[0])

    def worth(spot, days):
        return sum(price(forward=spot, tau=days / 365, kind=kind, **known) for kind in ("call", "put"))

    s0, s1 = prices.loc["2020-03-11"], prices.loc["2020-03-12"]
    s0, s1 = (float(np.ravel(s)[0]) for s in (s0, s1))
    hedge = 2.0 * black_delta(forward=s0, tau=21 / 365, **known) - 1.0
    assert day["earned"] == pytest.approx(worth(s0, 21) - worth(s1, 20) + hedge * (s1 - s0))
    assert round(100 * (s1 / s0 - 1.0)) == -37 and strike == 8869.7


def test_march_2020_hedged_once():
    prices = crash_window("covid")["BTC"]
    table = replay_book(*sold(prices, 0.6), prices, RULES)
    eve, day = table.loc["2020-03-11 00:00+00:00"], table.loc["2020-03-12 00:00+00:00"]
    assert (eve["delta margin"], day["earned"], eve["delta"]) == pytest.approx((757.7, -2849.9, 0.60), abs=0.05)
    assert [round(eve[k]) for k in ("core scan", "scan with tails")] == [1180, 1269]
    assert [round(day[k]) for k in RULES] == [850, 850, 850]
    assert eve["delta margin"] == pytest.approx(0.16 * abs(eve["delta"]) * eve["price"])


def test_november_2018_hour_by_hour():
    closes = bars("BTC", "1h")["close"]
    vol = float(np.log(closes["2018-10-14":"2018-11-12"]).diff().std() * np.sqrt(365 * 24))
    slide = closes["2018-11-13":"2018-11-21"]
    assert (round(vol, 3), len(slide), slide.iloc[0], slide.min()) == (0.539, 216, 6437.1, 4453.9)  # from the data
    assert (slide.idxmin() - slide.index[0]).days == 7
    two = {"delta margin": RULE, "core scan": CORE}
    still, hourly = (replay_book(*sold(slide, vol), slide, two, rehedge=again) for again in (False, True))
    at = still.loc[pd.to_datetime([f"2018-11-{h}:00Z" for h in ("13 00", "14 12", "14 18", "15 14", "19 21", "21 23")])]
    assert at["delta margin"].round().tolist() == [34, 65, 433, 676, 792, 781]
    assert (-at["pnl"]).round().tolist() == [0, -18, 105, 379, 794, 1094]
    assert round(still["core scan"].iloc[0]) == 611
    assert still["delta margin"].gt(still["core scan"].iloc[0]).idxmax() == at.index[3]  # first above the scan's start
    assert (-still["pnl"]).gt(still["delta margin"]).idxmax() == at.index[4]  # the loss overtakes the charge
    assert -0.08 < at["price"].iloc[2] / at["price"].iloc[1] - 1.0 < -0.07
    assert (hourly["pnl"].iloc[-1], hourly["earned"].min()) == pytest.approx((-71, -18.7), abs=0.5)
    assert hourly["delta margin"].max() == pytest.approx(48.5, abs=0.05)
    assert slide.pct_change().abs().max() == pytest.approx(0.06, abs=5e-4)
    # identity: what the book hedged once has lost is what buying it back costs
    end, market = float(slide.iloc[-1]), sold(slide, vol)[1]
    moved = market.moved(
        end / market.spot("BTC") - 1.0, days=(slide.index[-1] - slide.index[0]).total_seconds() / 86400
    )
    book = sold(slide, vol)[0]
    options = Book(tuple(p for p in book if "PERP" not in p.instrument.name))
    change = position_values(options, moved).sum() - position_values(options, market).sum()
    hedge = book.quantities[-1] * (end - market.spot("BTC"))
    assert still["pnl"].iloc[-1] == pytest.approx(change + hedge)


# --- exercises -----------------------------------------------------------------------------------------------------


def test_paradex_worked_example():
    # venue documentation: +1 perpetual, -5 calls of delta 0.3, spot 70 000: 1 400
    net, gross = 1.0 - 1.5, 1.0 + 1.5
    hedged = (gross - abs(net)) / 2.0
    assert (net, gross, hedged) == (-0.5, 2.5, 1.0)
    assert (0.02 * abs(net) + 0.01 * hedged) * 70_000 == pytest.approx(1_400)
    market = Market.toy(spot=70_000.0)

    def book(strike):
        return Book.from_list([("TOY-PERP", 1.0), (f"TOY-31JAN24-{strike}-C", -5.0)])

    strike = brentq(lambda k: black_delta(forward=70_000.0, strike=k, vol=0.6, tau=30 / 365) - 0.3, 7e4, 9e4)
    assert round(strike) == 77_750
    assert asked(DeltaMargin(rate=0.0), book(strike), market) == pytest.approx(1_400, abs=1e-3)


def test_the_same_risk_written_twice():
    twin = 2 * BOOKS["short call"] + Book.from_list([("TOY-PERP", 2.0 * CALL_DELTA)])
    # put-call parity: a put is a call less the coin
    moves = grid(np.linspace(-0.5, 5.0, 50))
    assert pnl_cube(twin, TOY, moves).total() == pytest.approx(pnl_cube(STRADDLE, TOY, moves).total())
    assert asked(RULE, twin) == pytest.approx(2.0 * asked(RULE, STRADDLE)) == pytest.approx(1.07, abs=5e-3)
    assert (asked(CORE, twin), asked(TAILS, twin)) == pytest.approx((9.6821, 14.4647), abs=5e-5)


def test_a_week_to_expiry_wakes_up_sooner():
    week = Market.toy(days=7.0)
    book = named_books(week)["hedged straddle"]
    level = asked(CORE, book, week)
    total = 0.6 * np.sqrt(7 / 365)

    def charged(spot):
        return 0.32 * abs(ndtr(total / 2) - ndtr(np.log(spot / 100.0) / total + total / 2)) * spot

    prices = [brentq(lambda s: charged(s) - level, *side) for side in ((80.0, 100.0), (100.0, 120.0))]
    assert [round(level, 2), *np.round(prices, 2)] == [11.03, 91.02, 108.08]
    assert [100 * (1 + x) for x in wake_up(BARE, book, week, level)] == pytest.approx(prices)


def test_two_coins():
    # sqrt(100^2 + 80^2 -+ 2 * 0.8 * 100 * 80): 60 and 170.9
    assert [np.sqrt(10_000 + 6_400 + s * 12_800).round(1) for s in (-1, 1)] == [60.0, 170.9]
    both = Market(BTC.time, {"BTC": 62_500.0, "ETH": 4_000.0})
    for s in (-1, 1):
        book = Book.from_list([("BTC-PERP", 0.01), ("ETH-PERP", s * 0.125)])
        assert asked(RULE, book, both) == pytest.approx(0.16 * (625.0 + 500.0)) == pytest.approx(180.0)


# --- the explorer's four questions -----------------------------------------------------------------------------------


def test_answers_below_the_explorer():
    start = {"options": "straddle", "size": -1.0, "hedge": 100, "move": 0, "days": 30}
    bare, hedged = (delta_view(**start | {"options": "call", "hedge": h}).finding for h in (0, 100))
    assert "asks for 8.55 %" in bare and "13.39 %" in bare
    assert "makes it 0.53 %" in hedged and "4.84 %" in hedged  # half of the straddle's 9.68, by parity
    assert asked(CORE, STRADDLE) / 2.0 == pytest.approx(4.84, abs=5e-3)
    week = delta_view(**start | {"days": 7}).finding
    assert "11.03 %" in week and "−9.0 %" in week and "+8.1 %" in week
    assert "3.01 %" in delta_view(**start | {"size": 1.0}).finding
    real = delta_view(**start | {"options": "btc-straddle"}).finding
    assert "12.60 %" in real and "on the way down never" in real
