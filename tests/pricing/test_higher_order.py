"""Greeks beyond the first: bundles, units, limits, and options on a spot and in coin."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from greekslab.errors import InputError
from greekslab.pricing import (
    Greeks,
    SecondGreeks,
    ThirdGreeks,
    coin_delta,
    coin_gamma,
    coin_greeks,
    coin_price,
    greeks,
    price,
    spot_greeks,
    spot_price,
)

OPTION = dict(forward=100.0, strike=[80.0, 100.0, 130.0], vol=0.6, tau=0.25, rate=0.02)


@pytest.mark.parametrize("function", [greeks, coin_greeks])
def test_each_order_extends_the_one_before(function):
    inputs = {k: v for k, v in OPTION.items() if k != "rate" or function is greeks}
    bundles = [function(**inputs, order=n) for n in (1, 2, 3)]
    assert [type(b) for b in bundles] == [Greeks, SecondGreeks, ThirdGreeks]
    for fewer, more in zip(bundles, bundles[1:], strict=False):
        for name, value in vars(fewer).items():
            assert np.array_equal(value, getattr(more, name)), name


@pytest.mark.parametrize("order", [0, 4, True, "all"])
def test_an_order_that_does_not_exist_is_named(order):
    with pytest.raises(InputError, match="order"):
        greeks(**OPTION, order=order)


def test_haug_s_worked_examples():
    """Haug (2007), ch. 2: charm of a put on a future, -0.3700 in his sign (a year nearer), volga of a call, 92.3444."""
    assert spot_greeks(
        spot=105, strike=90, vol=0.24, tau=0.25, rate=0.14, carry=0.0, kind="put"
    ).charm == pytest.approx(0.37, abs=1e-4)
    assert greeks(forward=90, strike=130, vol=0.28, tau=0.75, rate=0.05, order=2).volga == pytest.approx(
        92.3444, abs=1e-3
    )


def test_a_spot_without_carry_is_a_forward():
    spot = {("spot" if k == "forward" else k): v for k, v in OPTION.items()}
    one, other = spot_greeks(**spot, carry=0.0), greeks(**OPTION, order=3)
    for name, value in vars(other).items():
        if name != "rho":  # at a fixed forward there, at a fixed yield here
            assert np.array_equal(getattr(one, name), value), name
    np.testing.assert_allclose(one.rho, -one.rho_q + other.rho)


def test_parity_of_a_stock_with_a_yield():
    """Identity: call - put = S exp(-q tau) - K exp(-r tau)."""
    terms = dict(spot=100.0, strike=np.array([70.0, 110.0]), vol=0.5, tau=0.4, rate=0.05, carry=0.02)
    call, put = (spot_price(**terms, kind=kind) for kind in ("call", "put"))
    np.testing.assert_allclose(call - put, 100.0 * np.exp(-0.03 * 0.4) - terms["strike"] * np.exp(-0.05 * 0.4))


def test_the_carry_is_the_rate_unless_given():
    terms = dict(spot=60.0, strike=65.0, vol=0.3, tau=0.25, rate=0.08)
    assert spot_price(**terms) == spot_price(**terms, carry=0.08) == pytest.approx(2.1334, abs=1e-4)
    with pytest.raises(InputError, match="carry"):
        spot_price(**terms, carry=np.nan)
    with pytest.raises(InputError, match="shapes of spot"):
        spot_price(**terms | {"strike": [1, 2], "vol": [1, 2, 3]})


def test_coin_greeks_are_those_of_the_single_functions():
    terms = {k: v for k, v in OPTION.items() if k != "rate"}
    bundle = coin_greeks(**terms, kind=["call", "put", "call"])
    for function, field in ((coin_price, "price"), (coin_delta, "delta"), (coin_gamma, "gamma")):
        np.testing.assert_allclose(function(**terms, kind=["call", "put", "call"]), getattr(bundle, field), rtol=1e-14)


def test_labels_and_scalars_come_back():
    strikes = pd.Series([90.0, 110.0], index=["a", "b"])
    for bundle in (
        greeks(**OPTION | {"strike": strikes}, order=3),
        coin_greeks(forward=100.0, strike=strikes, vol=0.6, tau=0.1, order=3),
        spot_greeks(spot=100.0, strike=strikes, vol=0.6, tau=0.1),
    ):
        assert all(isinstance(x, pd.Series) and list(x.index) == ["a", "b"] for x in vars(bundle).values())
    assert all(isinstance(x, float) for x in vars(coin_greeks(forward=1, strike=1, vol=0.6, tau=0.1)).values())
    assert all(isinstance(x, float) for x in vars(spot_greeks(spot=1, strike=1, vol=0.6, tau=0.1)).values())


def test_at_the_kink_of_an_expiring_payoff():
    """By hand: the limits for tau -> 0 exactly at the money; 0 elsewhere."""
    g = greeks(forward=[90.0, 100.0, 110.0], strike=100.0, vol=0.6, tau=0.0, order=3)
    infinite = dict(gamma=1, theta=-1, charm=-1, veta=-1, dual_gamma=1, speed=-1, zomma=-1, color=1)
    for name, sign in infinite.items():
        assert getattr(g, name).tolist() == [0.0, sign * np.inf, 0.0], name
    for name in ("vega", "vanna", "volga", "ultima"):
        assert getattr(g, name).tolist() == [0.0, 0.0, 0.0], name
    assert g.dual_delta.tolist() == [0.0, -0.5, -1.0]


SIZES = st.sampled_from([0.0, 1e-300, 1e-8, 0.3, 1.0, 100.0, 1e8, 1e300])


@pytest.mark.filterwarnings("error")
@given(SIZES, SIZES, SIZES, SIZES, st.sampled_from(["call", "put"]), st.sampled_from([0.0, 0.05]))
def test_no_greek_of_any_order_is_nan(level, strike, vol, tau, kind, rate):
    bundles = [greeks(forward=level, strike=strike, vol=vol, tau=tau, kind=kind, rate=rate, order=3)]
    if level > 0.0:
        bundles.append(coin_greeks(forward=level, strike=strike, vol=vol, tau=tau, kind=kind, order=3))
    for bundle in bundles:
        assert not np.isnan(list(vars(bundle).values())).any(), bundle


def test_many_options_are_worked_in_blocks():
    """Identity: 20 000 options at once are those one block at a time, in any shape."""
    strikes = np.linspace(20.0, 400.0, 20_000).reshape(100, 200)
    whole = price(forward=100.0, strike=strikes, vol=0.6, tau=0.25)
    rows = np.array([price(forward=100.0, strike=row, vol=0.6, tau=0.25) for row in strikes])
    np.testing.assert_allclose(whole, rows, rtol=1e-14)
