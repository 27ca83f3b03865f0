"""The Taylor expansion: its order of convergence to full revaluation, published figures, and what it refuses."""

from dataclasses import replace

import mpmath
import numpy as np
import pytest

from greekslab.book import Book, Option, error_map, named_books, pnl_cube, taylor_pnl
from greekslab.book.legs import option_legs
from greekslab.book.taylor import _greeks
from greekslab.errors import InputError
from greekslab.market import FlatVol, Market
from greekslab.scenarios import ScenarioSet, crash_scenarios, grid, ladder, moves_table, published


def mixed_book(market):
    legs = [
        (Option("BTC", settlement, expiry, strike, kind), quantity)
        for expiry in market.expiries("BTC")
        for settlement, strike, kind, quantity in [
            ("linear", 55_000.0, "put", -2.0), ("inverse", 66_000.0, "call", 1.5), ("inverse", 72_000.0, "put", -1.0),
            ("linear", 81_234.5, "call", 1.0),
        ]
    ]  # fmt: skip
    lines = [("BTC", 0.5), ("BTC-PERP", 1.0), ("BTC-PERP:inverse", 6e4), ("BTC-26NOV21", -1.0),
             ("BTC-26NOV21:inverse", -6e4)]  # fmt: skip
    return Book.from_list([*legs, *lines])


@pytest.fixture(scope="module", params=["plain", "rates", "perpetual apart"])
def btc(request):
    market = Market.btc()
    if request.param == "rates":
        return replace(market, rate=0.08, rates={"BTC": {market.expiries("BTC")[1]: -0.03}})
    return replace(market, perps={"BTC": 66_900.0}) if request.param == "perpetual apart" else market


@pytest.mark.parametrize("order", [1, 2, 3])
def test_the_error_shrinks_with_the_power_of_the_first_term_left_out(btc, order):
    """A joint move of price, volatility and time: every mixed term counts. Time shrinks as the square of the move."""
    book, size = mixed_book(btc), 2.0 ** -np.arange(5, 10)
    errors = []
    for h in size:
        rows = [(x * h, v * h, 1.0) for x, v in [(1, 1.3), (-1, 1.3), (1, -0.9), (-0.6, -1.7), (0, 2), (1, 0)]]
        scenarios = ScenarioSet("joint", moves_table(rows), days=50.0 * h * h)
        exact = pnl_cube(book, btc, scenarios).values
        errors.append(np.abs(taylor_pnl(book, btc, scenarios, order=order).values - exact))
    errors = np.array(errors)
    straight = [not isinstance(p.instrument, Option) for p in book]
    assert errors[:, :, straight].max() < 1e-10 and np.abs(exact[:, straight]).max() > 50.0
    # leg by leg and scenario by scenario, the worst of each size: no leg hides behind another
    worst = errors.max(axis=1)[:, ~np.array(straight)]
    slopes = np.log2(worst[:-1] / worst[1:])
    assert np.abs(slopes[-1] - (order + 1)).max() < 0.15


def test_what_an_average_has_fixed_does_not_move():
    """Half of the settlement average is known: price, Greeks and expansion see half of the move."""
    market = Market.toy()
    (expiry,) = market.expiries("TOY")
    market, book = replace(market, averaged={"TOY": {expiry: 50.0}}), named_books(market)["short straddle"]
    errors = []
    for h in (0.02, 0.01):
        scenarios = ScenarioSet("joint", moves_table([(h, 1.5 * h, 1.0), (-h, h, 1.0)]))
        exact = pnl_cube(book, market, scenarios).total()
        errors.append(np.abs(taylor_pnl(book, market, scenarios, order=2).total() - exact).max())
    assert np.log2(errors[0] / errors[1]) == pytest.approx(3.0, abs=0.2)


def test_ten_calls_less_five_perpetuals():
    # Concept brief of the chapter on exposure: exact 8.376 / 14.163 / 45.415, delta-gamma 8.126 / 14.980 / 53.067
    toy = Market.toy()
    book = Book.from_list([("TOY-31JAN24-100-C", 10), ("TOY-PERP", -5)])
    moves = grid([-0.1, 0.1, 0.2])
    assert pnl_cube(book, toy, moves).total() == pytest.approx([8.376, 14.163, 45.415], abs=5e-4)
    assert taylor_pnl(book, toy, moves).total() == pytest.approx([8.126, 14.980, 53.067], abs=5e-4)
    assert taylor_pnl(book, toy, moves, order=1).total() == pytest.approx(
        34.2697 * np.array([-0.1, 0.1, 0.2]), rel=1e-5
    )


def test_vanna_by_vol_against_fifty_digits():
    def price(f, k, s, t, w):
        d1 = (mpmath.log(f / k) + s * s * t / 2) / (s * mpmath.sqrt(t))
        return w * (f * mpmath.ncdf(w * d1) - k * mpmath.ncdf(w * (d1 - s * mpmath.sqrt(t))))

    market = Market("2024-01-01 08:00", {"TOY": 100.0}, vols={"TOY": FlatVol(0.6)})
    book = Book.from_list([(f"TOY-30APR24-{k}-{side}", 1.0) for k in (60, 100, 130) for side in "CP"])
    options = option_legs(book, market)
    got = _greeks(book, options, 3)["vanna_by_vol"]
    with mpmath.workdps(50):
        tau = mpmath.mpf(float(options.tau[0]))
        for strike, sign, value in zip(options.strike, options.sign, got, strict=True):
            want = mpmath.diff(lambda f, s: price(f, strike, s, tau, sign), (100, mpmath.mpf("0.6")), (1, 2))  # noqa: B023
            assert value == pytest.approx(float(want), rel=1e-11)


@pytest.mark.parametrize("name", ["derive-pm2-31", "paradex-24", "derive-pm1"])
def test_published_sets_are_followed_where_their_shocks_are_small(name):
    """The vol rule's words, powers of time and days are read as `pnl_cube` reads them."""
    market, scenarios = Market.btc(), published(name)
    book, rule = mixed_book(market), scenarios.vol_rule
    errors = []
    for scale in (0.02, 0.01):
        table = scenarios.table.assign(move=scenarios.table["move"] * scale)
        gentle = replace(rule, up=rule.up * scale, down=rule.down * scale, min_vol_up=0.0)
        small = replace(scenarios, table=table, vol_rule=gentle)
        exact = pnl_cube(book, market, small).total()
        errors.append(np.abs(taylor_pnl(book, market, small, order=3).total() - exact).max() / np.abs(exact).max())
    assert errors[1] < 1e-4 and errors[1] < errors[0] / 6.0  # the error falls by 16, the P&L by 2


def test_skew_scenarios_turn_gains_into_losses_as_the_cube_does():
    market = Market.btc()
    scenarios = published("derive-pm2")
    tilted = scenarios.edited(scenarios.table[scenarios.table["vol"].isin(["linear", "abs"])])
    assert len(tilted) == 2
    for book in [mixed_book(market), -1.0 * mixed_book(market), *named_books(market).values()]:
        exact, estimate = (f(book, market, tilted).select(underlying="BTC") for f in (pnl_cube, taylor_pnl))
        for expiry in {p.instrument.expiry for p in book if isinstance(p.instrument, Option)}:
            legs = [i for i, p in enumerate(book) if isinstance(p.instrument, Option) and p.instrument.expiry == expiry]
            assert (exact.values[:, legs].sum(axis=1) <= 0.0).all()
            assert (estimate.values[:, legs].sum(axis=1) <= 0.0).all()
        # the tilts are modest: a third-order expansion comes within a few percent of the largest tilt of a leg
        third = taylor_pnl(book, market, tilted, order=3).values
        assert np.abs(np.abs(third) - np.abs(exact.values)).max() < 0.05 * np.abs(exact.values).max() + 1e-9


def test_an_option_loses_no_more_time_than_it_has():
    toy = Market.toy()
    book = named_books(toy)["short straddle"]
    at_expiry, later = (taylor_pnl(book, toy, grid([0.1], days=days), order=1).total() for days in (30.0, 300.0))
    assert at_expiry == pytest.approx(later, rel=1e-12)


def test_the_error_map_is_the_difference_cell_by_cell():
    toy = Market.toy()
    book = named_books(toy)["short straddle"]
    table = error_map(book, toy, [-0.2, 0.0, 0.2], [-0.25, 0.0, 0.5], order=2, days=1.0)
    assert table.index.name == "move" and table.columns.name == "vol change" and table.shape == (3, 3)
    cell = grid([0.2], [0.5], days=1.0)
    want = taylor_pnl(book, toy, cell).total() - pnl_cube(book, toy, cell).total()
    assert table.loc[0.2, 0.5] == pytest.approx(want[0], rel=1e-12)
    # nothing moves, nothing errs
    assert error_map(book, toy, [0.0]).to_numpy() == pytest.approx(0.0, abs=1e-12)
    # far away a short straddle loses in proportion to the move, its parabola with the square: too much loss
    assert (error_map(book, toy, [-0.4, 0.4]).to_numpy() < -5.0).all()


def test_a_straight_book_has_no_error_at_all():
    market = Market.btc()
    book = Book.from_list([("BTC", 2.0), ("BTC-PERP", -1.0), ("BTC-PERP:inverse", 5e4), ("BTC-26NOV21:inverse", -7e4)])
    for scenarios in (ladder(0.9), crash_scenarios(), published("derive-pm2")):
        exact = pnl_cube(book, market, scenarios).values
        for order in (1, 2, 3):
            assert taylor_pnl(book, market, scenarios, order=order).values == pytest.approx(exact, rel=1e-12, abs=1e-9)


def test_at_the_kink_of_an_expiring_option_there_is_no_expansion():
    toy = Market.toy().moved(days=30)
    with pytest.raises(InputError, match="TOY-31JAN24-100-C: at its strike and out of time"):
        taylor_pnl(named_books(Market.toy())["long call"], toy, grid([0.1]))
    far = named_books(Market.toy())["far short call"]
    assert taylor_pnl(far, toy, grid([0.1]), order=3).total() == pytest.approx(0.0)  # expired worthless: nothing moves


@pytest.mark.parametrize(
    "call, word",
    [
        (lambda b, m: taylor_pnl(b, m, grid([0.1]), order=4), "order is 4"),
        (lambda b, m: taylor_pnl(b, m, grid([0.1]), order=True), "order is True"),
        (lambda b, m: taylor_pnl(b, m, [0.1]), "scenarios is list"),
        (lambda b, m: taylor_pnl(m, b, grid([0.1])), "book is Market"),
        (lambda b, m: error_map(b, m, [-1.0]), r"moves is -1\.0"),
        (lambda b, m: error_map(b, m, []), "moves is"),
        (lambda b, m: error_map(b, m, [0.1], [-1.1]), r"vol_changes is -1\.1"),
        (lambda b, m: error_map(b, m, [0.1], ["up"]), "vol_changes is"),
        (lambda b, m: error_map(b, m, [np.nan]), "moves is nan"),
        (lambda b, m: error_map(b, m, [0.1], days=-1), "days is -1"),
    ],
)
def test_bad_input_is_named(call, word):
    toy = Market.toy()
    with pytest.raises(InputError, match=word):
        call(named_books(toy)["long call"], toy)
