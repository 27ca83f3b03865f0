"""Fits of SVI to quotes, and the surface they make."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from greekslab.book import Book, pnl_cube
from greekslab.errors import InputError
from greekslab.market import (
    SMILE_TIME,
    FlatVol,
    Market,
    PowerLaw,
    Smile,
    Ssvi,
    Svi,
    SviSurface,
    btc_smile,
    fit_surface,
    fit_svi,
    quote_fit,
)  # fmt: skip
from greekslab.market.arbitrage import calendar
from greekslab.scenarios import published

VOGT = Svi(a=-0.0410, b=0.1331, rho=0.3060, m=0.3586, sigma=0.4153, tau=1.0)
K = np.linspace(-0.6, 0.9, 16)
STRIKES = 100.0 * np.exp(K)
EXPIRIES = [pd.Timestamp(day, tz="UTC") for day in ("2024-03-29 08:00", "2024-06-28 08:00")]


@pytest.fixture(scope="module")
def surface():
    return fit_surface(btc_smile(), time=SMILE_TIME)


# --- the embedded smile


def test_every_quote_of_the_embedded_smile_is_met_between_bid_and_ask(surface):
    table = quote_fit(surface, btc_smile())
    assert len(table) == 49 and (table["outside"] == 0.0).all() and (table["from_mid"].abs() <= 1.0).all()
    assert (table["vol"] >= table["bid_vol"]).all() and (table["vol"] <= table["ask_vol"]).all()


def test_the_fitted_surface_has_no_arbitrage(surface):
    table = surface.arbitrage()
    assert table["free"].all() and (table["g"] >= 0).all() and (table["wing"] < 2).all()
    assert (table["gap"].iloc[1:] > 0).all()
    for svi in surface.slices.values():  # a second implementation: a net of strikes
        assert svi.durrleman(np.linspace(-8, 8, 20_001)).min() >= 0


def test_the_same_quotes_give_the_same_slice(surface):
    assert fit_surface(btc_smile(), time=SMILE_TIME).slices == surface.slices


def test_without_the_later_slices_held_up_the_check_finds_the_crossing():
    slices = {}
    for expiry, rows in btc_smile().groupby("expiry"):
        tau, forward = Market.btc().tau(expiry), rows["forward"].iloc[0]
        slices[expiry] = fit_svi(rows["strike"], rows["bid_vol"], rows["ask_vol"], forward=forward, tau=tau)
    table = SviSurface(slices, {e: Market.btc().forward("BTC", e) for e in slices}).arbitrage()
    assert table["butterfly"].all() and not table["calendar"].all()
    (crossed,) = table.index[~table["calendar"]]
    assert crossed == list(slices)[2] and table.loc[crossed, "gap"] < 0


# --- known answers


def test_a_slice_is_recovered_from_its_own_vols():
    svi = Ssvi(-0.4, PowerLaw(1.0)).at(0.09, 0.25)
    for weights in ("vega", "equal"):
        fitted = fit_svi(STRIKES, svi.vol(K), svi.vol(K), forward=100.0, tau=0.25, weights=weights)
        assert fitted.vol(K) == pytest.approx(svi.vol(K), abs=1e-5)


def test_vogts_slice_is_fitted_with_and_without_its_arbitrage():
    vols = VOGT.vol(K)
    plain = fit_svi(STRIKES, vols, vols, forward=100.0, tau=1.0, free_of_arbitrage=False)
    assert plain.vol(K) == pytest.approx(vols, abs=1e-5) and not plain.butterfly().free
    free = fit_svi(STRIKES, vols, vols, forward=100.0, tau=1.0)
    assert free.butterfly().free
    # nearer to the quotes than the repair in closed form
    assert np.abs(free.vol(K) - vols).mean() < np.abs(VOGT.repaired().vol(K) - vols).mean()


def test_a_later_slice_is_kept_above_an_earlier_one():
    near = Svi(a=0.02, b=0.1, rho=0.0, m=0.0, sigma=0.2, tau=0.25)
    vols = np.full(K.shape, 0.36)  # total variance 0.13: below the wings of the earlier slice
    far = fit_svi(STRIKES, vols - 0.01, vols + 0.01, forward=100.0, tau=1.0)
    assert not calendar(near, far).free
    assert calendar(near, fit_svi(STRIKES, vols - 0.01, vols + 0.01, forward=100.0, tau=1.0, above=near)).free


@settings(max_examples=10)
@given(st.lists(st.floats(0.05, 2.0), min_size=5, max_size=9), st.floats(0.003, 2.0))
def test_quotes_without_any_smile_in_them_still_give_a_slice_without_arbitrage(vols, tau):
    vols, strikes = np.array(vols), np.linspace(60, 170, len(vols))
    assert fit_svi(strikes, 0.97 * vols, 1.03 * vols, forward=100.0, tau=tau).butterfly().free


# --- in a market


def test_a_market_of_fitted_slices_answers_like_one_of_quotes(surface):
    quoted = Market.btc()
    fitted = Market(quoted.time, quoted.spots, quoted.forwards, {"BTC": surface})
    expiry = quoted.expiries("BTC")[1]
    strikes = np.array([50_000.0, 70_000.0, 100_000.0])
    assert fitted.vol("BTC", expiry, strikes) == pytest.approx(quoted.vol("BTC", expiry, strikes), abs=0.01)
    book = Book.from_list([("BTC-26NOV21-60000-P", -2), ("BTC-26NOV21-80000-C", 1), ("BTC-PERP", 1)])
    cubes = [pnl_cube(book, market, published("paradex-24")).values.sum(axis=1) for market in (quoted, fitted)]
    assert np.abs(cubes[0] - cubes[1]).max() < 0.02 * np.abs(cubes[0]).max()


def test_a_strike_keeps_its_vol_when_the_market_moves(surface):
    market = Market(SMILE_TIME, {"BTC": 66_570.0}, Market.btc().forwards, {"BTC": surface})
    expiry = market.expiries("BTC")[0]
    moved = market.moved(-0.2, vol_shift=0.25, days=3)
    assert moved.vol("BTC", expiry, 60_000.0) == pytest.approx(1.25 * market.vol("BTC", expiry, 60_000.0))


@pytest.mark.parametrize("kind", ["smile", "svi"])
def test_vols_are_shocked_by_expiry(kind):
    svi = Ssvi(-0.4, PowerLaw(1.0))
    slices = {e: svi.at(theta, tau) for e, theta, tau in zip(EXPIRIES, (0.09, 0.16), (0.25, 0.5), strict=True)}
    smile = Smile({e: (STRIKES, s.vol(K)) for e, s in slices.items()})
    vols = smile if kind == "smile" else SviSurface(slices, dict.fromkeys(EXPIRIES, 100.0))
    market = Market("2024-01-01", {"X": 100.0}, {"X": dict.fromkeys(EXPIRIES, 100.0)}, {"X": vols})
    moved = market.moved(vol_shift={"2024-03-29 08:00": 0.5})
    first, second = EXPIRIES
    assert moved.vol("X", first, 90.0) == pytest.approx(1.5 * market.vol("X", first, 90.0))
    assert moved.vol("X", second, 90.0) == pytest.approx(market.vol("X", second, 90.0))
    with pytest.raises(InputError, match="no volatility for it; there are 2024-03-29"):
        market.moved(vol_shift={"2024-03-30": 0.5})
    with pytest.raises(InputError, match="vol_shift is -2"):
        market.moved(vol_shift={"2024-03-29 08:00": -2})


def test_skew_is_the_slope_along_log_strike(surface):
    expiry, h = list(surface.slices)[0], 1e-5
    up, down = (surface.vol(expiry, 60_000.0 * np.exp(x)) for x in (h, -h))
    assert surface.vol_slope(expiry, 60_000.0) == pytest.approx((up - down) / (2 * h), rel=1e-6)


# --- what cannot be used

GOOD = dict(strikes=[80.0, 90.0, 100.0, 110.0, 120.0], bid_vols=[0.6] * 5, ask_vols=[0.62] * 5, forward=100.0, tau=0.1)
SLICE = Svi(a=0.04, b=0.4, rho=-0.4, m=0.0, sigma=0.1, tau=1.0)


def fit(**changes):
    terms = GOOD | changes
    return fit_svi(terms.pop("strikes"), terms.pop("bid_vols"), terms.pop("ask_vols"), **terms)


def few():
    chain = btc_smile()
    return chain[chain["expiry"] > chain["expiry"].min()], chain[chain["expiry"] == chain["expiry"].min()][:4]


@pytest.mark.parametrize(
    "build, words",
    [
        (lambda: fit(strikes=[90.0, 100.0, 110.0, 120.0], bid_vols=[0.6] * 4, ask_vols=[0.6] * 4),
         ["number of strikes is 4", "five parameters", "or use a Smile"]),
        (lambda: fit(strikes=[100.0, 100.0, 100.0, 110.0, 120.0]), ["number of strikes is 3"]),
        (lambda: fit(strikes=[80.0, 90.0, 100.0, 110.0, -1.0]), ["strikes is -1.0"]),
        (lambda: fit(bid_vols=[0.6] * 4), ["three arrays of one length"]),
        (lambda: fit(bid_vols=[0.6, 0.6, 0.7, 0.6, 0.6]), ["bid_vols is 0.7", "at strike 100", "the ask 0.62"]),
        (lambda: fit(ask_vols=[0.62, float("nan"), 0.62, 0.62, 0.62]), ["ask_vols is nan"]),
        (lambda: fit(bid_vols=[0.0] * 5), ["bid_vols is 0.0"]),
        (lambda: fit(forward=0.0), ["forward is 0.0"]),
        (lambda: fit(tau=-1.0), ["tau is -1.0"]),
        (lambda: fit(weights="gamma"), ["weights is gamma"]),
        (lambda: fit(above=0.4), ["above is float"]),
        (lambda: fit_surface(pd.concat(few()), time=SMILE_TIME), ["number of strikes, expiry 2021-11-05 is 4"]),
        (lambda: fit_surface(btc_smile(), time="2021-12-01"), ["expiry is 2021-11-05", "not after"]),
        (lambda: SviSurface({}, {}), ["slices is {}"]),
        (lambda: SviSurface({EXPIRIES[0]: SLICE}, {}), ["both a slice and a forward"]),
        (lambda: SviSurface({EXPIRIES[0]: 0.6}, {EXPIRIES[0]: 1.0}), ["give an Svi"]),
        (lambda: SviSurface([SLICE], {}), ["give a mapping"]),
        (lambda: SviSurface({EXPIRIES[0]: SLICE}, {EXPIRIES[0]: -1.0}), ["forward is -1.0"]),
        (lambda: SviSurface({EXPIRIES[0]: SLICE}, {EXPIRIES[0]: 1.0}).vol(EXPIRIES[1], 1.0), ["one of 2024-03-29"]),
        (lambda: SviSurface({EXPIRIES[0]: SLICE}, {EXPIRIES[0]: 1.0}).vol(EXPIRIES[0], 0.0), ["strike is 0.0"]),
        (lambda: FlatVol(0.6).scaled({EXPIRIES[0]: 1.1}), ["a flat volatility has no expiries"]),
        (lambda: Market("2024-01-01", {"X": 1.0}, {}, {"X": SLICE.to_natural()}), ["vol of X"]),
        (lambda: Market("2024-01-01", {"X": 1.0}, {}, {"X": SviSurface}), ["vol of X"]),
    ],
)  # fmt: skip
def test_bad_input_is_named(build, words):
    with pytest.raises(InputError) as error:
        build()
    assert not [word for word in words if word not in str(error.value)], str(error.value)
