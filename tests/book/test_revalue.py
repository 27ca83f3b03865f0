"""The P&L cube: against the price function leg by leg, identities, settlement, and what it refuses."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from greekslab.book import Book, Future, Option, exposure, named_books, pnl_cube, position_values
from greekslab.errors import InputError
from greekslab.market import Market
from greekslab.pricing import coin_price, inverse_pnl, price
from greekslab.scenarios import ScenarioSet, crash_scenarios, grid, ladder, moves_table, published

SETS = ["paradex-24", "derive-pm2-31", "derive-pm1"]


def leg_by_leg(book, market, scenarios):
    """Revalue with the price function alone, one number at a time: the slow, plain second route."""
    out = np.zeros((len(scenarios), len(book)))
    for i, position in enumerate(book):
        o = position.instrument
        for s, row in scenarios.table.iterrows():
            if isinstance(o, Option):
                forward, tau = market.forward(o.underlying, o.expiry), market.tau(o.expiry)
                vol = float(market.vol(o.underlying, o.expiry, o.strike))
                k = np.log(o.strike / forward)
                shocked = float(scenarios.vol_rule.shocked(vol, tau * 365, row["vol"], k))
                common = dict(strike=o.strike, kind=o.kind, rate=market.rate)
                later = max(tau - scenarios.days / 365, 0.0)
                # the discount is the position's own, now: cash does not earn interest in a scenario
                unit = np.exp(-market.rate * (tau - later))
                new = unit * price(forward=forward * (1 + row["move"]), vol=shocked, tau=later, **common)
                out[s, i] = position.quantity * (new - price(forward=forward, vol=vol, tau=tau, **common))
            else:
                level = market.forward(o.underlying, o.expiry) if isinstance(o, Future) else market.spot(o.underlying)
                out[s, i] = position.quantity * level * row["move"]
    return out


@pytest.mark.parametrize("name", SETS)
@pytest.mark.parametrize("world", [Market.toy, Market.btc])
def test_the_cube_equals_the_price_function_leg_by_leg(name, world):
    market = world()
    for book in named_books(market).values():
        cube = pnl_cube(book, market, published(name))
        want = leg_by_leg(book, market, published(name))
        assert np.abs(cube.values - want).max() < 1e-12 * next(iter(market.spots.values()))


def test_many_options_over_many_blocks_equal_the_price_function():
    market, rng = Market.btc(), np.random.default_rng(7)
    expiries = market.expiries("BTC")
    legs = [
        (Option("BTC", "linear", expiries[i % 4], float(k), ["call", "put"][i % 2]), q)
        for i, (k, q) in enumerate(zip(rng.uniform(3e4, 2e5, 700), rng.normal(size=700), strict=True))
    ]
    book = Book.from_list([*legs, ("BTC-PERP", 1.0)])
    rows = zip(rng.uniform(-0.5, 1.0, 90), rng.uniform(-0.5, 1.0, 90), np.ones(90), strict=True)
    scenarios = ScenarioSet("random", moves_table(rows))
    got = pnl_cube(book, market, scenarios).values
    want = leg_by_leg(book, market, scenarios)
    assert np.abs(got - want).max() < 1e-12 * 66_000 * 4


def test_published_scan_grid():
    # Reference grid (Black-76, rate 0, multiplicative vol shocks): short 66 000 call and 54 000 put on 60 000, vol
    # 60 %, 30 days. P&L at -16 %, vol x 1.5: -4901.424; at +16 %, x 1.5: -6681.260 (the margin).
    market = Market.toy(spot=60_000.0)
    (expiry,) = market.expiries("TOY")
    book = Book.from_list(
        [(Option("TOY", "linear", expiry, 66_000, "call"), -1), (Option("TOY", "linear", expiry, 54_000, "put"), -1)]
    )
    cube = pnl_cube(book, market, grid([-0.16, 0.16], [-0.25, 0.0, 0.5]))
    assert cube.total()[[2, 5]] == pytest.approx([-4901.424007693326, -6681.260255552535], abs=1e-6)
    assert position_values(book, market).sum() == pytest.approx(-3577.0973987903617, abs=1e-6)


@given(st.floats(-0.9, 3), st.sampled_from(["up", "none", "down"]))
def test_no_arbitrage_identities_hold_in_every_scenario(move, vol):
    market = Market.toy()
    scenarios = ScenarioSet("one", moves_table([(move, vol, 1.0)]), published("paradex-24").vol_rule)
    books = named_books(market)
    assert pnl_cube(books["conversion"], market, scenarios).total()[0] == pytest.approx(0.0, abs=1e-11)
    synthetic, perp = (pnl_cube(books[n], market, scenarios).total()[0] for n in ("synthetic long", "long perp"))
    assert synthetic == pytest.approx(perp, abs=1e-11)


def test_the_cube_is_linear_in_the_book():
    market = Market.btc()
    books = named_books(market)
    a, b = books["covered call"], books["short strangle"]
    scenarios = published("derive-pm2-31")
    both = pnl_cube(a + -2 * b, market, scenarios).total()
    apart = pnl_cube(a, market, scenarios).total() - 2 * pnl_cube(b, market, scenarios).total()
    assert both == pytest.approx(apart, abs=1e-8)


def test_coin_settled_legs_are_converted_at_the_scenarios_spot():
    market = Market.btc()
    expiry = market.expiries("BTC")[1]
    names = ["BTC-PERP:inverse", "BTC-26NOV21:inverse", "BTC-26NOV21-70000-C:inverse"]
    book = Book.from_list([(names[0], 1_000.0), (names[1], -1_000.0), (names[2], 2.0)])
    spot, forward = market.spot("BTC"), market.forward("BTC", expiry)
    vol, tau = float(market.vol("BTC", expiry, 70_000.0)), market.tau(expiry)
    got = pnl_cube(book, market, grid([0.25])).values[0]
    later = spot * 1.25
    option = dict(strike=70_000, vol=vol, tau=tau)
    want = [
        inverse_pnl(contracts=1_000, entry=spot, exit=later) * later,
        inverse_pnl(contracts=-1_000, entry=forward, exit=forward * 1.25) * later,
        2.0 * (coin_price(forward=forward * 1.25, **option) * later - coin_price(forward=forward, **option) * spot),
    ]
    assert got == pytest.approx(want, rel=1e-12)


def test_time_passes_where_the_set_says_so():
    market = Market.toy()
    (expiry,) = market.expiries("TOY")
    book = named_books(market)["short straddle"]
    day = pnl_cube(book, market, grid([0.0], days=1)).total()[0]
    toy = dict(forward=100, strike=100, vol=0.6)
    want = -2 * (price(**toy, tau=29 / 365) - price(**toy, tau=30 / 365))
    assert day == pytest.approx(want, rel=1e-12)
    at_expiry = pnl_cube(book, market, ladder(0.2, 2, days=30)).total() + position_values(book, market).sum()
    assert at_expiry == pytest.approx([-20, 0, -20], abs=1e-9)
    assert expiry == market.moved(days=30).time


def test_each_coin_takes_its_own_move():
    market = Market("2020-03-12", {"BTC": 7911.43, "ETH": 194.87})
    book = Book.from_list([("BTC-PERP", 1.0), ("ETH-PERP", -10.0)])
    first = pnl_cube(book, market, crash_scenarios()).values[0]
    # 12 March 2020: BTC -38.57 % and ETH -42.93 % from the close before to the low
    assert first == pytest.approx([-0.385654 * 7911.43, 0.429304 * 1948.7], rel=1e-5)


def test_skew_scenarios_count_each_expirys_gain_as_a_loss():
    market = Market.btc()
    book = Book.from_list([("BTC-26NOV21-55000-P", 1.0), ("BTC-26NOV21-85000-C", -1.0)])
    for quantity in (1.0, -1.0):
        cube = pnl_cube(quantity * book, market, published("derive-pm2"))
        assert np.all(cube.total()[-2:] < 0.0)
    unflipped = grid([0.0], ["linear"], vol_rule=published("derive-pm2").vol_rule)
    assert np.abs(pnl_cube(book, market, unflipped).total()) == pytest.approx(
        np.abs(leg_by_leg(book, market, unflipped).sum()), rel=1e-9
    )


def test_slices_are_labelled():
    market = Market.btc()
    book = Book.from_list([("BTC-PERP", 1.0), ("BTC-5NOV21-60000-P", 1.0), ("BTC-26NOV21-60000-P", 1.0)])
    cube = pnl_cube(book, market, published("paradex-24"))
    frame = cube.to_frame()
    assert list(frame.columns) == book.names and frame.index[0] == "+16 %, vol up"
    one = cube.select(expiry=market.expiries("BTC")[0])
    assert one.book.names == ["BTC-5NOV21-60000-P"]
    assert one.total() == pytest.approx(frame["BTC-5NOV21-60000-P"].to_numpy())
    assert cube.select(underlying="BTC").values.shape == cube.values.shape
    assert cube.select(expiry="2021-11-05 08:00").book == one.book
    with pytest.raises(InputError, match="no position"):
        cube.select(venue="nowhere")


def test_values_of_positions():
    market = Market.btc()
    spot, dated = market.spot("BTC"), market.forward("BTC", market.expiries("BTC")[1])
    book = Book.from_list(
        [("BTC", 2.0), ("BTC-PERP", 1.0), ("BTC-PERP", 1.0, 60_000.0), ("BTC-26NOV21", -1.0, 60_000.0),
         ("BTC-PERP:inverse", 60_000.0, 60_000.0)]
    )  # fmt: skip
    want = [2 * spot, 0.0, spot - 60_000, 60_000 - dated, (1.0 - 60_000 / spot) * spot]
    assert position_values(book, market) == pytest.approx(want, rel=1e-12)


def test_exposure_is_the_slope_of_the_cube():
    market = Market.btc()
    book = named_books(market)["covered call"] + Book.from_list([("BTC-26NOV21", 1.0), ("BTC-PERP:inverse", 5e4)])
    table, spot, h = exposure(book, market), market.spot("BTC"), 1e-4
    up, down = pnl_cube(book, market, grid([h, -h])).values
    assert table["delta"].to_numpy() == pytest.approx((up - down) / (2 * h * spot), rel=1e-6)
    assert table["gamma"].to_numpy() == pytest.approx((up + down) / (h * spot) ** 2, rel=1e-3, abs=1e-9)
    vol_up, vol_down = pnl_cube(book, market, grid([0.0], [h, -h])).values
    expiry = market.expiries("BTC")[1]
    vol = float(market.vol("BTC", expiry, 75_000.0))
    assert table["vega"].sum() == pytest.approx((vol_up - vol_down).sum() / (2 * h * vol), rel=1e-6)
    # toy world: ten calls less five perpetuals have delta 0.3427, gamma 0.2311, vega 113.95, theta -1.1395 a day
    toy = Market.toy()
    ten = Book.from_list([("TOY-31JAN24-100-C", 10), ("TOY-PERP", -5)])
    total = exposure(ten, toy).drop(columns=["instrument", "underlying"]).sum()
    assert total["delta"] == pytest.approx(0.3427, abs=5e-5)
    assert total["gamma"] == pytest.approx(0.2311, abs=5e-5)
    assert total["vega"] == pytest.approx(113.95, abs=5e-3)
    assert total["theta"] / 365 == pytest.approx(-1.1395, abs=5e-5)


@pytest.mark.parametrize(
    "legs, word",
    [
        ([("DOGE-PERP", 1)], "underlying is DOGE"),
        ([("BTC-24NOV21-60000-C", 1)], "expiry of BTC is 2021-11-24"),
        ([("BTC-1OCT21-60000-C", 1)], "option is BTC-1OCT21-60000-C: it expired"),
        ([("BTC-1OCT21", 1)], "BTC"),
    ],
)
def test_what_the_market_does_not_know_is_named(legs, word):
    with pytest.raises(InputError, match=word):
        pnl_cube(Book.from_list(legs), Market.btc(), published("paradex-24"))


def test_a_flat_market_without_vol_refuses_options():
    market = Market("2024-01-01", {"BTC": 40_000.0})
    with pytest.raises(InputError, match="no volatility"):
        pnl_cube(Book.from_list([("BTC-29MAR24-50000-C", 1)]), market, grid([0.1]))


@pytest.mark.parametrize("place, word", [(0, "book is NoneType"), (1, "market is BTC"), (2, "scenarios is paradex-24")])
def test_a_cube_of_something_else_is_refused_by_name(place, word):
    inputs = [Book.from_list([("BTC-PERP", 1.0)]), Market.btc(), published("paradex-24")]
    inputs[place] = [None, "BTC", "paradex-24"][place]
    with pytest.raises(InputError, match=word):
        pnl_cube(*inputs)


@pytest.mark.parametrize("days, left", [(0.25, 0.25), (1.0, 0.0), (3.0, 0.0)])
def test_an_option_that_expires_within_the_look_ahead_is_worth_its_payoff(days, left):
    """Closed form: half a day of life less the look-ahead, never less than none; SPAN looks one day ahead."""
    market = Market.toy(days=0.5)
    expiry = market.expiries("TOY")[0]
    book = Book.from_list([(Option("TOY", "linear", expiry, 105.0, "call"), -1.0)])
    got = pnl_cube(book, market, grid([0.0, 0.1], days=days)).total()
    now, *later = (price(forward=f, strike=105.0, vol=0.6, tau=t / 365)
                   for f, t in [(100.0, 0.5), (100.0, left), (110.0, left)])  # fmt: skip
    assert got == pytest.approx([now - value for value in later], abs=1e-12)


def test_an_option_at_its_expiry_has_a_cube_of_payoffs():
    """Closed form, at the moment of expiry: 12 moves of call, put and coin-settled call, spot equal to forward."""
    toy = Market.toy()
    market, expiry = toy.moved(days=30.0), toy.expiries("TOY")[0]
    legs = [(Option("TOY", s, expiry, 100.0, k), 1.0) for s, k in [("linear", "call"), ("linear", "put")]]
    book = Book.from_list([*legs, (Option("TOY", "inverse", expiry, 100.0, "call"), 2.0)])
    moves = np.linspace(-0.5, 0.6, 12)
    up, down = np.maximum(100.0 * moves, 0.0), np.maximum(-100.0 * moves, 0.0)
    for vols in (["none"], [0.5]):
        assert pnl_cube(book, market, grid(moves, vols)).values == pytest.approx(np.column_stack([up, down, 2.0 * up]))
