"""Exposure: every unit against finite differences of revaluation, sums over expiries, and both rules of the smile."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from greekslab.book import Book, Option, exposure, named_books, pnl_cube, position_values
from greekslab.book.exposures import position_greeks
from greekslab.errors import InputError
from greekslab.market import FlatVol, Market, Smile, fit_surface
from greekslab.market.svi_surface import SviSurface
from greekslab.pricing import net_delta
from greekslab.scenarios import ScenarioSet, moves_table

GREEKS = ["delta", "gamma", "vega", "theta", "vanna", "volga"]


def mixed_book(market, settlement="linear"):
    """Options of every expiry, linear or coin-settled, at quoted strikes and between them, and every straight line."""
    tail = "" if settlement == "linear" else ":inverse"
    legs = [
        (Option("BTC", settlement, expiry, strike, kind), quantity)
        for expiry in market.expiries("BTC")
        for strike, kind, quantity in [(50_000.0, "put", -2.0), (66_000.0, "call", 1.5), (81_234.5, "call", 1.0)]
    ]
    lines = [("BTC", 0.5), (f"BTC-PERP{tail}", 1.0 if not tail else 6e4), (f"BTC-26NOV21{tail}", -1.0)]
    return Book.from_list([*legs, *lines])


@pytest.fixture(scope="module")
def btc():
    return Market.btc()


@pytest.fixture(params=["linear", "inverse"])
def book(request, btc):
    return mixed_book(btc, request.param)


def test_the_columns_are_those_of_their_units(btc, book):
    quote, dollar, coin = (exposure(book, btc, unit=unit) for unit in ("quote", "dollar", "coin"))
    assert list(quote) == ["instrument", "underlying", *GREEKS, "vega_30d"] == list(dollar) == list(coin)
    spot, worth = btc.spot("BTC"), position_values(book, btc)
    for name, factor in [("delta", spot), ("gamma", spot**2 / 100), ("vega", 1 / 100), ("theta", 1 / 365),
                         ("vanna", spot / 100), ("volga", 1e-4), ("vega_30d", 1 / 100)]:  # fmt: skip
        assert dollar[name].to_numpy() == pytest.approx(factor * quote[name].to_numpy(), rel=1e-13)
    # in coin: the derivatives of V / S by the quotient rule
    assert coin["delta"].to_numpy() == pytest.approx((quote["delta"] - worth / spot).to_numpy(), rel=1e-12, abs=1e-12)
    for name in ("vega", "theta", "volga"):
        assert coin[name].to_numpy() == pytest.approx((dollar[name] / spot).to_numpy(), rel=1e-13)


def test_coin_greeks_are_the_derivatives_of_the_worth_in_coin(btc, book):
    # x -> V(S (1 + x)) / (S (1 + x)) by central differences of full revaluation
    h, spot, worth = 1e-3, btc.spot("BTC"), position_values(book, btc)
    rows = [(x, v, 1.0) for x in (-h, 0.0, h) for v in (-h, 0.0, h)]
    cube = pnl_cube(book, btc, ScenarioSet("h", moves_table(rows))).values.reshape(3, 3, -1)
    coins = (worth + cube) / (spot * (1.0 + np.array([-h, 0.0, h])))[:, None, None]
    coin = exposure(book, btc, unit="coin")
    assert coin["delta"].to_numpy() == pytest.approx((coins[2, 1] - coins[0, 1]) / (2 * h), rel=1e-4, abs=1e-6)
    bend = (coins[2, 1] - 2 * coins[1, 1] + coins[0, 1]) / h**2
    assert coin["gamma"].to_numpy() * 100 == pytest.approx(bend, rel=1e-4, abs=1e-5)
    vols = np.array([market_vol(btc, p.instrument) for p in book])
    slope = (coins[1, 2] - coins[1, 0]) / (2 * h * vols)
    assert coin["vega"].to_numpy() * 100 == pytest.approx(slope, rel=1e-4, abs=1e-9)
    cross = (coins[2, 2] - coins[2, 0] - coins[0, 2] + coins[0, 0]) / (4 * h * h * vols)
    assert coin["vanna"].to_numpy() * 100 == pytest.approx(cross, rel=1e-3, abs=1e-5)


def market_vol(market, instrument):
    return float(market.vol("BTC", instrument.expiry, instrument.strike)) if isinstance(instrument, Option) else 1.0


def test_net_delta_of_a_coin_settled_option_is_the_premium_adjusted_one(btc):
    expiry = btc.expiries("BTC")[1]
    market = replace(btc, spots={"BTC": btc.forward("BTC", expiry)})  # where spot and forward are one price
    o = Option("BTC", "inverse", expiry, 70_000.0, "call")
    table = exposure(Book.from_list([(o, 3.0)]), market, unit="coin")
    given = dict(forward=market.forward("BTC", expiry), strike=70_000.0, vol=market_vol(market, o))
    assert table["delta"][0] == pytest.approx(3.0 * net_delta(tau=market.tau(expiry), **given), rel=1e-12)


def test_a_coin_and_an_inverse_perpetual_in_coin(btc):
    # A coin is worth one coin at any price. An inverse perpetual of N = S contracts earns N (1/S - 1/P) coins:
    # 1 coin per 100 % move, and second derivative -2.
    book = Book.from_list([("BTC", 1.0), ("BTC-PERP:inverse", btc.spot("BTC"))])
    table = exposure(book, btc, unit="coin")
    assert table["delta"].to_numpy() == pytest.approx([0.0, 1.0], abs=1e-15)
    assert table["gamma"].to_numpy() * 100 == pytest.approx([0.0, -2.0], abs=1e-15)


@pytest.mark.parametrize("unit", ["quote", "dollar", "coin"])
@pytest.mark.parametrize("smile", ["sticky strike", "sticky moneyness"])
def test_rows_by_expiry_and_by_underlying_are_sums(btc, book, unit, smile):
    given = dict(unit=unit, smile=smile)
    whole = exposure(book, btc, **given)
    by_expiry, by_underlying = (exposure(book, btc, by=by, **given) for by in ("expiry", "underlying"))
    columns = [*GREEKS, "vega_30d"]
    assert list(by_expiry) == ["underlying", "expiry", *columns] and list(by_underlying) == ["underlying", *columns]
    total = whole[columns].sum().to_numpy()
    assert by_expiry[columns].sum().to_numpy() == pytest.approx(total, rel=1e-9, abs=1e-9)
    assert by_underlying[columns].iloc[0].to_numpy() == pytest.approx(total, rel=1e-9, abs=1e-9)
    # perpetual and coin first, then the expiries in order of time
    assert pd.isna(by_expiry["expiry"][0]) and list(by_expiry["expiry"][1:]) == btc.expiries("BTC")
    november = [getattr(p.instrument, "expiry", None) == btc.expiries("BTC")[1] for p in book]
    assert by_expiry["delta"][2] == pytest.approx(whole["delta"][november].sum(), rel=1e-12)


def test_two_underlyings_keep_apart():
    market = Market("2024-01-01 08:00", {"B": 10.0, "A": 100.0}, vols={"A": FlatVol(0.5), "B": FlatVol(1.0)})
    book = Book.from_list([("B-31JAN24-10-C", 1.0), ("A-31JAN24-100-C", 1.0), ("B-PERP", 2.0), ("A-PERP", 3.0)])
    assert list(exposure(book, market, by="underlying")["underlying"]) == ["B", "A"]
    table = exposure(book, market, by="expiry", unit="dollar")
    assert list(table["underlying"]) == ["B", "B", "A", "A"]
    assert table["delta"].to_numpy()[[0, 2]] == pytest.approx([20.0, 300.0])


def test_vega_of_all_expiries_is_put_on_thirty_days():
    # Taleb: vega times sqrt(30 days / days). At the money vega is F phi(v / 2) sqrt(tau), so that after weighting
    # only phi(v / 2) differs between the expiries.
    market = Market("2024-01-01 08:00", {"TOY": 100.0}, vols={"TOY": FlatVol(0.6)})
    book = Book.from_list([("TOY-31JAN24-100-C", 1.0), ("TOY-30APR24-100-C", 1.0), ("TOY-PERP", 1.0)])
    table = exposure(book, market)
    assert table["vega_30d"][0] == pytest.approx(table["vega"][0], rel=1e-12) and table["vega_30d"][2] == 0.0
    assert table["vega_30d"][1] == pytest.approx(table["vega"][1] / 2.0, rel=1e-12)  # 120 days
    expired = exposure(book, market.moved(days=30))
    assert expired["vega"][0] == 0.0 and expired["vega_30d"][0] == 0.0


def along(market, move):
    """Return the market after a move of the spot in which the smile keeps its place in moneyness."""
    moved, surface = market.moved(move), market.vols["BTC"]
    if isinstance(surface, Smile):
        surface = Smile({e: (strikes * (1.0 + move), vols) for e, (strikes, vols) in surface.quotes.items()})
    else:
        surface = SviSurface(surface.slices, {e: f * (1.0 + move) for e, f in surface.forwards.items()})
    return replace(moved, vols={"BTC": surface})


@pytest.mark.parametrize("surface", ["quotes", "svi"])
def test_sticky_moneyness_is_the_slope_where_the_smile_moves_along(btc, book, surface):
    from greekslab.market import SMILE_TIME, btc_smile

    if surface == "svi":
        btc = replace(btc, vols={"BTC": fit_surface(btc_smile(), time=SMILE_TIME)})
    options = Book(tuple(p for p in book if isinstance(p.instrument, Option)))
    h, spot = 1e-4, btc.spot("BTC")
    up, down = (position_values(options, along(btc, x)) for x in (h, -h))
    sticky = exposure(options, btc, smile="sticky moneyness")
    # at a quoted strike the line of the quotes bends: its two slopes are averaged, as the central difference does
    assert sticky["delta"].to_numpy() == pytest.approx((up - down) / (2 * h * spot), rel=1e-5, abs=1e-6)
    plain = exposure(options, btc)
    assert sticky.drop(columns="delta").equals(plain.drop(columns="delta"))


def test_a_skew_moves_delta_by_vega_times_its_slope():
    # By hand: vol falls by 0.2 per 1 of ln K, so it rises by 0.2 / S with the spot; vega of the toy call is 11.395,
    # and 0.5343 + 11.395 x 0.2 / 100 = 0.5571.
    toy = Market.toy()
    (expiry,) = toy.expiries("TOY")
    strikes = np.array([80.0, 125.0])
    market = replace(toy, vols={"TOY": Smile({expiry: (strikes, 0.6 - 0.2 * np.log(strikes / 100.0))})})
    call = named_books(toy)["long call"]
    assert exposure(call, market)["delta"][0] == pytest.approx(0.5343, abs=5e-5)
    assert exposure(call, market, smile="sticky moneyness")["delta"][0] == pytest.approx(0.5571, abs=5e-5)


def test_a_flat_smile_is_sticky_both_ways():
    toy = Market.toy()
    for book in named_books(toy).values():
        assert exposure(book, toy).equals(exposure(book, toy, smile="sticky moneyness"))


def test_arrays_of_every_order_are_derivatives_of_the_lower_ones(btc, book):
    h, spot = 1e-4, btc.spot("BTC")
    g = position_greeks(book, btc, order=3)
    assert list(position_greeks(book, btc)) == ["delta", "gamma", "vega", "theta"]
    assert list(position_greeks(book, btc, order=2)) == [*list(g)[:8]]
    up, down = (position_greeks(book, btc.moved(x), order=2) for x in (h, -h))
    # a linear straight line, and an option of either settlement, are worth V(S) in quote currency at any spot
    options = np.array([isinstance(p.instrument, Option) for p in book])
    for name, of in [("gamma", "delta"), ("vanna", "vega"), ("charm", "theta"), ("speed", "gamma"), ("zomma", "vanna"),
                     ("color", "charm")]:  # fmt: skip
        numeric = (up[of] - down[of])[options] / (2 * h * spot)
        assert g[name][options] == pytest.approx(numeric, rel=1e-5, abs=1e-9 * np.abs(numeric).max()), name
    vols = np.array([market_vol(btc, p.instrument) for p in book])
    up, down = (position_greeks(book, btc.moved(0.0, vol_shift=x), order=2) for x in (h, -h))
    for name, of in [("vanna", "delta"), ("volga", "vega"), ("veta", "theta"), ("zomma", "gamma"), ("ultima", "volga")]:
        numeric = ((up[of] - down[of]) / (2 * h * vols))[options]
        assert g[name][options] == pytest.approx(numeric, rel=1e-5, abs=1e-8 * np.abs(numeric).max()), name


@pytest.mark.parametrize(
    "given, word",
    [
        ({"by": "leg"}, 'by is leg: say "position" or "expiry" or "underlying"'),
        ({"unit": "usd"}, 'unit is usd: say "quote" or "dollar" or "coin"'),
        ({"smile": "sticky delta"}, "smile is sticky delta"),
        ({"by": None}, "by is None"),
        ({"unit": ["quote"]}, "unit is"),
    ],
)
def test_words_that_are_not_known_are_refused(given, word):
    toy = Market.toy()
    with pytest.raises(InputError, match=word):
        exposure(named_books(toy)["long call"], toy, **given)


def test_a_book_and_a_market_are_asked_for_by_name():
    toy = Market.toy()
    with pytest.raises(InputError, match="market is Book"):
        exposure(named_books(toy)["long call"], named_books(toy)["long call"])
    with pytest.raises(InputError, match="book is list"):
        exposure([("TOY-PERP", 1)], toy)
    with pytest.raises(InputError, match="order is 4"):
        position_greeks(named_books(toy)["long call"], toy, order=4)
