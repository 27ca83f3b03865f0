"""Implied volatility against fifty digits, round trips, bounds, masks and nasty input."""

import subprocess
import sys

import mpmath as mp
import numpy as np
import pandas as pd
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from scipy.special import erfcx

from greekslab.errors import InputError
from greekslab.pricing import ImpliedVols, coin_implied_vol, coin_price, implied_vol, price
from greekslab.pricing.mills import ROUGH, mills_apart

EPS = np.finfo(float).eps
OPTION = dict(forward=100.0, strike=100.0, tau=0.1)


def exact(forward, strike, vol, tau, kind, rate=0.0):
    """Price and vega at fifty digits, from the floats as they are."""
    with mp.workdps(50):
        f, k, s, t, r = (mp.mpf(float(x)) for x in (forward, strike, vol, tau, rate))
        w, v, discount = (1 if kind == "call" else -1), s * mp.sqrt(t), mp.exp(-r * t)
        d1 = mp.log(f / k) / v + v / 2
        value = discount * w * (f * mp.ncdf(w * d1) - k * mp.ncdf(w * (d1 - v)))
        return value, discount * f * mp.npdf(d1) * mp.sqrt(t)


def allowed(value, vega, vol):
    """Relative error of a vol that is allowed: 4e-14, or 4 times what half the price's last bit does, if more.

    To first order d(vol) = d(price) / vega; the price is known to half a unit in its last place.
    """
    return max(4e-14, 4 * float(np.spacing(float(value)) / 2 / (vega * vol)))


def worst(rows, **more):
    """Invert the fifty-digit prices of rows (forward, strike, vol, tau, kind); largest error over what is allowed."""
    table, allowances = [], []
    for forward, strike, vol, tau, kind in rows:
        value, slope = exact(forward, strike, vol, tau, kind, **more)
        bound = mp.exp(-more.get("rate", 0.0) * tau) * (forward if kind == "call" else strike)
        least = mp.exp(-more.get("rate", 0.0) * tau) * max((forward - strike) * (1 if kind == "call" else -1), 0)
        # Where the float nearest to the price is at a bound, or is too small for all its bits, no method can know.
        if value > 1e-290 and value - least > 8 * EPS * least and float(value) < float(bound) * (1 - 4 * EPS):
            table.append((forward, strike, vol, tau, kind, float(value)))
            allowances.append(allowed(value, slope, vol))
    forward, strike, vol, tau, kind, value = (np.array(x) for x in zip(*table, strict=True))
    got = implied_vol(price=value, forward=forward, strike=strike, tau=tau, kind=kind, **more)
    assert np.all(np.isfinite(got))
    return np.max(np.abs(got / vol - 1) / np.array(allowances)), len(table)


DISTANCES = (
    -3,
    -1.7,
    -1,
    -0.4,
    -0.1,
    -0.02,
    -1e-3,
    -1e-5,
    -1e-9,
    0,
    1e-12,
    1e-7,
    1e-4,
    3e-3,
    0.05,
    0.3,
    0.8,
    1.4,
    2.2,
    3,
)


@pytest.mark.parametrize("kind", ["call", "put"])
def test_the_hard_grid_equals_fifty_digits(kind):
    """|ln(K/F)| up to 3, total vol from 1e-4 to 6, in and out of the money: the goal of the package."""
    rows = [(100.0, 100.0 * np.exp(x), s, 1.0, kind) for x in DISTANCES for s in np.geomspace(1e-4, 6.0, 40)]
    error, count = worst(rows)
    assert error <= 1.0 and count > 350


def test_random_rows_equal_fifty_digits():
    rng = np.random.default_rng(3)
    total = 10 ** rng.uniform(-4, np.log10(6), 1500)
    x = np.clip(total * rng.uniform(-30, 30, 1500), -3, 3)
    tau = 10 ** rng.uniform(-4, 0.7, 1500)
    forward = 10 ** rng.uniform(-4, 6, 1500)
    kinds = rng.choice(["call", "put"], 1500)
    error, count = worst(list(zip(forward, forward * np.exp(x), total / np.sqrt(tau), tau, kinds, strict=True)))
    assert error <= 1.0 and count > 900


@pytest.mark.parametrize("kind", ["call", "put"])
def test_a_rate_costs_no_digits(kind):
    """The discount factor is rounded as a price is, also where it multiplies the intrinsic value."""
    rows = [(90.0, 90.0 * np.exp(x), s, 0.7, kind) for x in DISTANCES for s in np.geomspace(1e-4, 6.0, 20)]
    assert worst(rows, rate=0.07)[0] <= 1.0


def test_prices_of_1e_minus_300_and_below_have_a_volatility():
    """Fifty digits: a call 20 % above the forward, at total vols whose prices run down to the smallest floats."""
    for forward, vol in ((1.0, 0.00503), (1e-3, 0.00501), (1e-290, 0.05), (1e250, 0.005)):
        value, _ = exact(forward, 1.2 * forward, vol, 1.0, "call")
        assert 0.0 < float(value)
        got = implied_vol(price=float(value), forward=forward, strike=1.2 * forward, tau=1.0)
        # a subnormal price has few bits: its spacing over a^2 = (ln 1.2 / vol)^2 is what they allow
        bit = np.spacing(float(value)) / float(value) * (vol / np.log(1.2)) ** 2
        assert abs(got / vol - 1) <= max(4e-14, 4 * bit)


def test_far_strikes_and_huge_total_vols():
    """Beyond the grid: strikes e^16 and e^50 away, total vols to 16; normalised values by fifty digits."""
    for x, vol in ((16.0, 0.5), (16.0, 10.0), (-50.0, 1.5), (50.0, 12.0), (0.0, 15.0), (600.0, 30.0)):
        kind = "call" if x >= 0 else "put"
        value, slope = exact(1.0, np.exp(x), vol, 1.0, kind)
        got = implied_vol(price=float(value), forward=1.0, strike=np.exp(x), tau=1.0, kind=kind)
        assert abs(got / vol - 1) <= allowed(value, slope, vol)
    assert np.isfinite(implied_vol(price=0.5e-200, forward=1e-200, strike=1e200, tau=1.0))  # K / F has no float


forwards = st.floats(1e-3, 1e6)
ratios = st.floats(-3.0, 3.0)
totals = st.floats(1e-4, 6.0)
taus = st.floats(1e-4, 5.0)
kinds = st.sampled_from(["call", "put"])


@given(forwards, ratios, totals, taus, kinds, st.floats(-0.1, 0.3))
@example(100.0, 0.0, 1e-4, 1.0, "put", 0.0)
@example(100.0, 2.0, 1.96, 1.0, "call", 0.0)
def test_price_to_vol_to_price(forward, x, total, tau, kind, rate):
    """The price of the vol found, at fifty digits, is the one given: to 1e-13, or four times what the last bits do.

    A bit of the vol moves a price in the far wing by more; a bit of the price is more of a small time value.
    """
    option = dict(forward=forward, strike=forward * np.exp(x), tau=tau, kind=kind, rate=rate)
    value = price(vol=total / np.sqrt(tau), **option)
    bound = np.exp(-rate * tau) * (forward if kind == "call" else option["strike"])
    if value < 1e-290 or value >= bound * (1 - EPS):
        return
    vol = implied_vol(price=value, **option)
    if vol > 0.0:
        back, slope = exact(vol=vol, **option)
        assert abs(back / value - 1) <= max(1e-13, 4 * EPS * float(vol * slope / value))


@given(st.floats(-3.0, 3.0), st.floats(0.01, 5.0), kinds)
def test_a_higher_price_has_a_higher_vol(x, total, kind):
    """Forty prices between the bounds, from a millionth of the way to all but a millionth."""
    strike = 100.0 * np.exp(x)
    least, most = max((100.0 - strike) * (1 if kind == "call" else -1), 0.0), 100.0 if kind == "call" else strike
    way = 1 / (1 + np.exp(-np.linspace(-13.8, 13.8, 40)))
    vols = implied_vol(price=least + way * (most - least), forward=100.0, strike=strike, tau=total, kind=kind)
    assert np.all(np.diff(vols) > 0)


def test_neighbouring_prices_keep_their_order_where_two_ways_meet():
    """Monotone across c = 1/2, the inflection and the series' edge, to within the error allowed."""
    for k, share in ((0.0, 0.5), (0.3, 0.5), (2.0, 0.315), (1e-4, 0.0056), (0.02, 0.19)):
        prices = share * (1 + np.linspace(-1e-9, 1e-9, 2001))
        vols = implied_vol(price=prices, forward=1.0, strike=np.exp(k), tau=1.0)
        assert np.all(np.diff(vols) > -4e-14 * vols[1:])


def test_both_sides_of_a_strike_have_one_vol():
    """Put-call parity: the put and the call of a strike, in and out of the money."""
    strikes = np.array([60.0, 90.0, 100.0, 110.0, 160.0])
    option = dict(forward=100.0, strike=strikes, tau=0.5, rate=0.04)
    for kind in ("call", "put"):
        got = implied_vol(price=price(vol=0.7, kind=kind, **option), kind=kind, **option)
        assert got == pytest.approx(np.full(5, 0.7), rel=1e-13)


def test_a_chain_of_mixed_kinds_keeps_its_labels():
    strikes = pd.Series([80.0, 95.0, 105.0, 130.0], index=list("abcd"))
    kind = pd.Series(["put", "put", "call", "call"], index=list("abcd"))
    option = dict(forward=100.0, strike=strikes, tau=0.2, kind=kind)
    got = implied_vol(price=price(vol=0.55, **option), **option)
    assert isinstance(got, pd.Series) and list(got.index) == list("abcd")
    assert got.to_numpy() == pytest.approx(np.full(4, 0.55), rel=1e-13)
    frame = pd.DataFrame([[5.0, 6.0], [7.0, 8.0]], index=["x", "y"], columns=["p", "q"])
    got = implied_vol(price=frame, **OPTION)
    assert got.index.equals(frame.index) and got.columns.equals(frame.columns)
    assert got.loc["y", "p"] == implied_vol(price=7.0, **OPTION)
    with pytest.raises(InputError, match="labels of strike"):
        implied_vol(price=strikes, forward=100.0, strike=strikes.iloc[::-1], tau=0.2)


def test_scalars_and_shapes():
    assert isinstance(implied_vol(price=5.0, **OPTION), float)
    assert implied_vol(price=[], **OPTION).shape == (0,)
    grid = implied_vol(
        price=np.array([[14.0], [15.0]]), forward=100.0, strike=[95.0, 100.0, 105.0], tau=1.0, kind="put"
    )
    assert grid.shape == (2, 3) and grid[1, 2] != grid[0, 2]
    many = np.linspace(1.0, 99.0, 20_001)  # more than two blocks
    got = implied_vol(price=many, **OPTION)
    assert np.array_equal(
        got[[0, 8191, 8192, 20_000]], [implied_vol(price=many[i], **OPTION) for i in (0, 8191, 8192, 20_000)]
    )


def test_exactly_intrinsic_is_a_vol_of_zero():
    """Closed form: at vol 0 the price is D (w (F - K))^+."""
    assert implied_vol(price=0.0, forward=100.0, strike=120.0, tau=0.1) == 0.0
    assert implied_vol(price=20.0, forward=120.0, strike=100.0, tau=0.1) == 0.0
    assert implied_vol(price=0.0, **OPTION) == 0.0
    option = dict(forward=100.1, strike=33.3, tau=0.37, rate=0.11)
    assert implied_vol(price=price(vol=0.0, **option), **option) == 0.0
    assert implied_vol(price=price(vol=0.0, **option) * (1 - EPS), **option) == 0.0  # one rounding below it


@pytest.mark.parametrize(
    "change, words",
    [
        (dict(price=-1e-9), r"price is -1e-09: no volatility gives less .* \(0\.0\)"),
        (dict(price=19.999, strike=80.0), r"price is 19\.999: no volatility gives less .* \(20\.0\)"),
        (dict(price=100.0), r"price is 100\.0: every volatility gives less than the upper bound \(100\.0\)"),
        (dict(price=130.0, strike=120.0, kind="put"), r"upper bound \(120\.0\)"),
        (dict(price=[5.0, 101.0, 102.0]), r"price of row 1 is 101\.0: .* \(100\.0\)"),
        (dict(price=[[5.0, 6.0], [-1.0, 5.0]]), r"price of row \(1, 0\) is -1\.0"),
        (dict(price=pd.Series([5.0, -2.0], index=["BTC-1", "BTC-2"])), r"price of row BTC-2 is -2\.0"),
        (dict(price=np.nan), "price is nan: give a finite price"),
        (dict(price=[5.0, np.inf]), "price of row 1 is inf: give a finite price"),
        (dict(price="dear"), "price is dear: give numbers"),
        (dict(tau=0.0), "tau is 0.0: at expiry"),
        (dict(price=0.0, tau=0.0), "tau is 0.0: at expiry"),
        (dict(tau=-0.1), "tau is -0.1: give years"),
        (dict(tau=[0.1, np.nan]), "tau of row 1 is nan: give years"),
        (dict(forward=0.0), "forward is 0.0: give a forward price above 0"),
        (dict(strike=-5.0), "strike is -5.0: give a strike above 0"),
        (dict(rate=np.inf), "rate is inf"),
        (dict(kind="calf"), "kind is calf"),
        (dict(price=[5.0, 6.0], strike=[90.0, 95.0, 100.0]), "shapes of price"),
        (dict(on_error="ignore"), 'on_error is ignore: say "raise" or "mask"'),
    ],
)
def test_what_has_no_volatility_is_named(change, words):
    with pytest.raises(InputError, match=words):
        implied_vol(**{**dict(price=5.0), **OPTION, **change})


def test_the_first_row_is_named_whatever_its_fault():
    with pytest.raises(InputError, match="row 1 "):
        implied_vol(price=[5.0, 500.0, 5.0], forward=[100.0, 100.0, -1.0], strike=100.0, tau=0.1)
    with pytest.raises(InputError, match="row 9000 "):
        implied_vol(price=np.where(np.arange(10_000) == 9000, -1.0, 5.0), **OPTION)


def test_a_masked_chain_has_nan_and_reasons():
    """By hand: bounds 0 and 100 at the money, and expired or missing rows."""
    names = ["good", "dear", "missing", "expired", "negative"]
    prices = pd.Series([5.0, 101.0, np.nan, 5.0, -1.0], index=names)
    got = implied_vol(price=prices, forward=100.0, strike=100.0, tau=[0.1, 0.1, 0.1, 0.0, 0.1], on_error="mask")
    assert isinstance(got, ImpliedVols) and list(got.vol.index) == names
    assert got.vol["good"] == implied_vol(price=5.0, **OPTION) and got.vol[1:].isna().all()
    assert list(got.reasons.index) == names[1:] and got.reasons.index.name == "row"
    assert list(got.reasons["thing"]) == ["price", "price", "tau", "price"]
    assert got.reasons["bound"].tolist() == pytest.approx([100.0, np.nan, 0.0, 0.0], nan_ok=True)
    assert got.reasons["value"].tolist() == pytest.approx([101.0, np.nan, 0.0, -1.0], nan_ok=True)
    assert got.reasons.loc["dear", "remedy"].startswith("every volatility gives less than the upper bound;")


def test_masks_of_other_forms():
    clean = implied_vol(price=[5.0, 6.0], **OPTION, on_error="mask")
    assert clean.vol.shape == (2,) and len(clean.reasons) == 0
    assert list(clean.reasons.columns) == ["thing", "value", "bound", "remedy"]
    alone = implied_vol(price=500.0, **OPTION, on_error="mask")
    assert np.isnan(alone.vol) and len(alone.reasons) == 1
    grid = implied_vol(price=[[5.0, -1.0], [500.0, 5.0]], **OPTION, on_error="mask")
    assert list(grid.reasons.index) == [(0, 1), (1, 0)]
    frame = pd.DataFrame([[5.0, -1.0]], index=["x"], columns=["p", "q"])
    assert list(implied_vol(price=frame, **OPTION, on_error="mask").reasons.index) == [("x", "q")]
    far = implied_vol(price=np.where(np.arange(10_000) % 9999 == 5, -1.0, 5.0), **OPTION, on_error="mask")
    assert list(far.reasons.index) == [5] and np.isnan(far.vol).sum() == 1


@given(
    st.floats(), st.floats(), st.floats(), st.floats(), kinds, st.floats(-1e3, 1e3),
)  # fmt: skip
@example(5e-324, 1.0, 2.0, 1.0, "call", 0.0)
@example(1.0, 1e308, 1e308, 1.0, "call", 0.0)
@example(1e-320, 1e-310, 1e-309, 1.0, "call", 0.0)
@example(0.5, 1.0, 5e-324, 1e300, "put", 0.0)
def test_any_floats_give_a_vol_or_a_reason(value, forward, strike, tau, kind, rate):
    got = implied_vol(
        price=[value], forward=forward, strike=strike, tau=tau, kind=kind, rate=rate, on_error="mask"
    )  # fmt: skip
    assert len(got.reasons) == 1 if np.isnan(got.vol[0]) else got.vol[0] >= 0.0


def test_coin_prices_have_the_vol_of_their_dollar_prices():
    option = dict(forward=50_000.0, strike=np.array([20_000.0, 45_000.0, 50_000.0, 90_000.0]), tau=0.2)
    for kind in ("call", "put"):
        coins = coin_price(vol=0.8, kind=kind, **option)
        got = coin_implied_vol(price=coins, kind=kind, **option)
        assert got == pytest.approx(np.full(4, 0.8), rel=1e-12)
        assert np.array_equal(got, implied_vol(price=coins * 50_000.0, kind=kind, **option))


def test_coin_bounds_are_told_in_coin():
    with pytest.raises(InputError, match=r"price is 1\.2: .* \(1\.0\)"):
        coin_implied_vol(price=1.2, forward=50_000.0, strike=40_000.0, tau=0.1)
    with pytest.raises(InputError, match=r"price is 0\.19: .* \(0\.2\)"):
        coin_implied_vol(price=0.19, forward=50_000.0, strike=40_000.0, tau=0.1)
    masked = coin_implied_vol(price=[0.25, 1.2], forward=50_000.0, strike=40_000.0, tau=0.1, on_error="mask")
    assert masked.reasons["bound"].tolist() == [1.0]


def test_inputs_are_not_changed_and_may_be_read_only():
    prices = np.array([3.0, 5.0, 7.0])
    prices.flags.writeable = False
    assert np.array_equal(implied_vol(price=prices, **OPTION), implied_vol(price=[3.0, 5.0, 7.0], **OPTION))


def test_the_rough_ratio_is_as_good_as_it_says():
    """Against scipy's erfcx: error 3e-7, and 2e-5 of the slope x M(x) - 1, from -0.7 to far out."""

    def exact_ratio(x):
        return np.sqrt(np.pi / 2) * erfcx(x / np.sqrt(2))

    x = np.linspace(0.0, 12.0, 4001)
    assert np.max(np.abs(mills_apart(x, 0.0 * x, ROUGH)[0] / exact_ratio(x) - 1)) < 3.1e-7
    h = 1e-4
    assert np.max(np.abs(mills_apart(x, h + 0.0 * x, ROUGH)[1] / (2 * h) / (1 - x * exact_ratio(x)) - 1)) < 2.5e-5
    left = np.linspace(0.0, 0.7, 401)  # M(-t), and its slope from differences of neighbours
    ratio = sum(mills_apart(0.0 * left, left, ROUGH))
    assert np.max(np.abs(ratio / exact_ratio(-left) - 1)) < 3.1e-7
    assert np.max(np.abs(np.diff(ratio) / np.diff(exact_ratio(-left)) - 1)) < 2.5e-5
    far = np.geomspace(12, 1e6)
    assert np.max(np.abs(mills_apart(far, 0.0 * far, ROUGH)[0] / exact_ratio(far) - 1)) < 3.1e-7


def test_a_volatility_needs_no_pandas():
    code = "import sys; from greekslab.pricing import implied_vol as f; f(price=5, forward=100, strike=100, tau=1);"
    out = subprocess.run(
        [sys.executable, "-c", code + "print('pandas' in sys.modules)"], capture_output=True, text=True, check=True
    )
    assert out.stdout.strip() == "False"
