"""Black-76 against fifty digits, identities, limits and nasty input."""

import mpmath as mp
import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from greekslab.errors import InputError
from greekslab.pricing import Greeks, delta, gamma, greeks, price, rho, theta, vega

forwards = st.floats(1e-3, 1e6)
ratios = st.floats(-3.0, 3.0)  # ln(K / F)
vols = st.floats(1e-3, 5.0)
taus = st.floats(1e-4, 5.0)
kinds = st.sampled_from(["call", "put"])


def exact(forward, strike, vol, tau, kind="call", rate=0.0):
    """Black's formula and its derivatives at fifty digits, from the floats as they are."""
    with mp.workdps(50):
        f, k, s, t, r = (mp.mpf(float(x)) for x in (forward, strike, vol, tau, rate))
        w = 1 if kind == "call" else -1
        v = s * mp.sqrt(t)
        d1 = mp.log(f / k) / v + v / 2
        discount, density = mp.exp(-r * t), mp.npdf(d1)
        value = discount * w * (f * mp.ncdf(w * d1) - k * mp.ncdf(w * (d1 - v)))
        return dict(
            price=value, delta=discount * w * mp.ncdf(w * d1), gamma=discount * density / (f * v),
            vega=discount * f * density * mp.sqrt(t), theta=r * value - discount * f * density * s / (2 * mp.sqrt(t)),
            rho=-t * value,
        )  # fmt: skip


GRID = [(x, v) for x in (-3, -1, -0.3, -0.02, 0, 0.05, 0.4, 1.5, 3) for v in (0.01, 0.05, 0.2, 0.5, 1, 3, 6)]


@pytest.mark.parametrize("x, v", GRID)
@pytest.mark.parametrize("kind", ["call", "put"])
def test_price_and_greeks_equal_fifty_digits(x, v, kind):
    inputs = dict(forward=100.0, strike=100.0 * np.exp(x), vol=v, tau=1.0, kind=kind, rate=0.03)
    want = exact(**inputs)
    got = greeks(**inputs)
    # ln(F/K) is rounded to one part in 1e16 before it is divided by v and squared; that bounds what can be had.
    tolerance = 1e-14 * (1 + (abs(x) / v) * (1 + 1 / v))
    for name, value in want.items():
        if abs(value) > 1e-290:
            assert abs(getattr(got, name) / value - 1) < tolerance, name


def test_the_toy_option_has_its_reference_values():
    # Forward 100, vol 60 %, 30 days of 365: 6.8539, 0.5343, 0.02311, 11.395, -0.11395 a day (closed form).
    g = greeks(forward=100, strike=100, vol=0.6, tau=30 / 365)
    assert g.price == pytest.approx(6.8539, abs=5e-5)
    assert g.delta == pytest.approx(0.5343, abs=5e-5)
    assert g.gamma == pytest.approx(0.02311, abs=5e-6)
    assert g.vega == pytest.approx(11.395, abs=5e-4)
    assert g.theta / 365 == pytest.approx(-0.11395, abs=5e-6)


def test_black_1976_against_a_textbook_value():
    # Haug (2007), section 1.1.4: futures option, F = 19, K = 19, T = 0.75, r = 10 %, vol 28 %: 1.7011 for call and put.
    inputs = dict(forward=19, strike=19, tau=0.75, rate=0.10, vol=0.28)
    assert price(**inputs) == pytest.approx(1.7011, abs=1e-4)
    assert price(**inputs, kind="put") == pytest.approx(1.7011, abs=1e-4)


@given(forwards, ratios, vols, taus, st.floats(-0.1, 0.3))
def test_put_call_parity(forward, x, vol, tau, rate):
    strike = forward * np.exp(x)
    call, put = (price(forward=forward, strike=strike, vol=vol, tau=tau, rate=rate, kind=k) for k in ("call", "put"))
    assert call - put == pytest.approx(np.exp(-rate * tau) * (forward - strike), rel=1e-12, abs=1e-12 * forward)


@given(forwards, ratios, vols, taus)
def test_call_delta_less_put_delta_is_the_discount_factor(forward, x, vol, tau):
    inputs = dict(forward=forward, strike=forward * np.exp(x), vol=vol, tau=tau, rate=0.05)
    assert delta(**inputs) - delta(**inputs, kind="put") == pytest.approx(np.exp(-0.05 * tau), rel=1e-13)


@given(forwards, ratios, vols, taus, kinds)
def test_price_lies_within_its_bounds_and_rises_with_vol(forward, x, vol, tau, kind):
    strike = forward * np.exp(x)
    low, high = (price(forward=forward, strike=strike, vol=v, tau=tau, kind=kind) for v in (vol, vol * 1.5))
    intrinsic = max(forward - strike, 0.0) if kind == "call" else max(strike - forward, 0.0)
    assert intrinsic <= low <= high * (1 + 1e-12) <= (forward if kind == "call" else strike) * (1 + 2e-12)


@given(st.floats(-1, 1), st.floats(0.1, 2.0), st.floats(0.01, 2.0), kinds)
def test_greeks_are_the_derivatives_of_the_price(x, vol, tau, kind):
    inputs = dict(forward=100.0, strike=100.0 * np.exp(x), vol=vol, tau=tau, kind=kind, rate=0.02)
    g = greeks(**inputs)

    def slope(name, h):
        up, down = ({**inputs, name: inputs[name] + s * h} for s in (1, -1))
        return (price(**up) - price(**down)) / (2 * h)

    scale = 100.0
    assert g.delta == pytest.approx(slope("forward", 1e-3), abs=1e-6)
    assert g.vega == pytest.approx(slope("vol", 1e-5), abs=1e-6 * scale)
    assert g.theta == pytest.approx(-slope("tau", 1e-6), rel=1e-4, abs=1e-4 * scale)
    assert g.rho == pytest.approx(slope("rate", 1e-5), abs=1e-6 * scale)
    h = 0.1 * vol * np.sqrt(tau)  # a thousandth of a standard deviation: gamma bends on that scale
    wide, narrow = ({**inputs, "forward": 100.0 + s * h} for s in (1, -1))
    assert g.gamma == pytest.approx((delta(**wide) - delta(**narrow)) / (2 * h), rel=1e-4, abs=1e-8)


@pytest.mark.parametrize("kind, want", [("call", [10.0, 0.0, 0.0]), ("put", [0.0, 0.0, 10.0])])
@pytest.mark.parametrize("vol, tau", [(0.0, 1.0), (0.6, 0.0), (0.0, 0.0)])
def test_no_time_or_no_vol_leaves_the_intrinsic_value(kind, want, vol, tau):
    got = price(forward=100, strike=[90, 100, 110], vol=vol, tau=tau, kind=kind)
    assert got.tolist() == want


def test_greeks_at_expiry_are_those_of_the_payoff():
    g = greeks(forward=[110.0, 90.0, 100.0], strike=100, vol=0.6, tau=0.0)
    assert g.delta.tolist() == [1.0, 0.0, 0.5]
    assert g.gamma.tolist() == [0.0, 0.0, np.inf]
    assert g.vega.tolist() == [0.0, 0.0, 0.0]
    assert g.theta.tolist() == [0.0, 0.0, -np.inf]


def test_edges_of_forward_and_strike():
    assert price(forward=100, strike=0, vol=0.5, tau=1) == 100.0
    assert price(forward=0, strike=10, vol=0.5, tau=1) == 0.0
    assert price(forward=0, strike=10, vol=0.5, tau=1, kind="put") == 10.0
    assert price(forward=100, strike=100, vol=50, tau=4) == pytest.approx(100.0, rel=1e-15)


def test_deep_wings_keep_their_digits():
    # thirty standard deviations out of the money: about 1e-197, still right to twelve digits
    want = exact(100, 100 * np.exp(3), 0.1, 1)["price"]
    got = price(forward=100, strike=100 * np.exp(3), vol=0.1, tau=1)
    assert 0 < got < 1e-190
    assert abs(got / want - 1) < 1e-12


@pytest.mark.parametrize("wrap", [float, np.asarray, pd.Series, list])
def test_scalars_give_scalars_and_arrays_give_arrays(wrap):
    strikes = 110.0 if wrap is float else wrap([90.0, 110.0])
    got = price(forward=100.0, strike=strikes, vol=0.6, tau=0.1)
    assert isinstance(got, float) if wrap is float else np.shape(got) == (2,)


def test_inputs_broadcast():
    got = greeks(forward=np.full((3, 1), 100.0), strike=[90, 100, 110, 120], vol=0.6, tau=0.1, kind="put")
    assert isinstance(got, Greeks)
    assert {np.shape(x) for x in vars(got).values()} == {(3, 4)}


def test_single_greeks_agree_with_the_bundle():
    inputs = dict(forward=100, strike=[90, 110], vol=0.6, tau=0.1, kind=["call", "put"], rate=0.01)
    bundle = greeks(**inputs)
    for function in (delta, gamma, vega, theta, rho):
        assert np.array_equal(function(**inputs), getattr(bundle, function.__name__))


@pytest.mark.parametrize(
    "bad, word",
    [
        (dict(vol=-0.2), "vol is -0.2"),
        (dict(vol=np.nan), "vol is nan"),
        (dict(forward=-1.0), "forward is -1.0"),
        (dict(forward=np.inf), "forward is inf"),
        (dict(strike=[100, np.nan]), "strike is nan"),
        (dict(tau=-0.01), "tau is -0.01"),
        (dict(rate=np.nan), "rate is"),
        (dict(kind="straddle"), "kind is straddle"),
        (dict(vol="high"), "vol is high"),
        (dict(rate="low"), "rate is low"),
        (dict(strike=None), "strike is nan"),
        (dict(forward=[1, 2], strike=[1, 2, 3]), "shapes of forward, strike"),
        (dict(forward=[1, 2], kind=["call"] * 3), "shapes of forward, strike"),
    ],
)
def test_bad_input_is_named_with_its_value_and_a_remedy(bad, word):
    with pytest.raises(InputError, match=word) as caught:
        price(**dict(forward=100, strike=100, vol=0.6, tau=0.1) | bad)
    assert ": " in str(caught.value) and caught.value.remedy


@given(st.lists(st.floats(allow_nan=True, allow_infinity=True), min_size=1, max_size=4))
def test_whatever_comes_in_no_nan_comes_out(numbers):
    try:
        got = price(forward=100, strike=100, vol=numbers, tau=0.1)
    except InputError:
        return
    assert np.all(np.isfinite(got)) and np.all(got >= 0.0)


SIZES = st.sampled_from([0.0, 1e-300, 1e-8, 0.3, 1.0, 100.0, 1e8, 1e300])


@pytest.mark.filterwarnings("error")
@given(SIZES, SIZES, SIZES, SIZES, st.sampled_from(["call", "put"]), st.sampled_from([0.0, 0.05]))
def test_no_greek_is_nan_however_odd_the_market(forward, strike, vol, tau, kind, rate):
    """Limits: every corner of the four inputs has a value, and none warns."""
    bundle = greeks(forward=forward, strike=strike, vol=vol, tau=tau, kind=kind, rate=rate)
    assert not np.isnan(list(vars(bundle).values())).any()
