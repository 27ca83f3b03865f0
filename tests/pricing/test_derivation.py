"""Every Greek is the derivative of the price: proved by SymPy, and met at fifty digits on the hard grid."""

import mpmath as mp
import numpy as np
import pytest
import sympy as sp

from greekslab.errors import InputError
from greekslab.pricing import coin_greeks, greeks, spot_greeks
from greekslab.pricing import derivation as by_hand

# ln(K/F) up to 3, total volatility from 1e-4 to 6, both sides of the money, floats of no special form.
ROWS = [
    (x, v)
    for v in (1e-4, 1.3e-3, 0.017, 0.11, 0.37, 0.93, 2.1, 6.0)
    for x in (-3.0, -1.1, -0.31, -0.023, -1.9 * v, -0.4 * v, 0.0, 0.7 * v, 2.7 * v, 8.0 * v, 0.004, 0.2, 0.8, 3.0)
    if abs(x) <= 3.0
]
TAU, RATE, YIELD, FORWARD = 0.37, 0.043, 0.017, 103.7
SYMBOLS = [by_hand.STRIKE, by_hand.VOL, by_hand.TAU, by_hand.RATE, by_hand.YIELD]
CALLS = {
    "linear": lambda k, v, kind: greeks(forward=FORWARD, strike=k, vol=v, tau=TAU, rate=RATE, kind=kind, order=3),
    "coin": lambda k, v, kind: coin_greeks(forward=FORWARD, strike=k, vol=v, tau=TAU, kind=kind, order=3),
    "spot": lambda k, v, kind: spot_greeks(
        spot=FORWARD, strike=k, vol=v, tau=TAU, rate=RATE, carry=RATE - YIELD, kind=kind
    ),
}


@pytest.mark.parametrize("kind", ["call", "put"])
@pytest.mark.parametrize("settlement", by_hand.SETTLEMENTS)
def test_the_closed_form_is_the_derivative_symbolically(settlement, kind):
    forms = by_hand.closed_forms(kind, settlement)
    assert set(forms) == set(by_hand.names_of(settlement))
    assert {name: by_hand.remainder(name, kind, settlement) for name in forms} == dict.fromkeys(forms, 0)


@pytest.mark.parametrize("kind", ["call", "put"])
def test_the_price_is_the_discounted_mean_of_the_payoff(kind):
    """The integral by SymPy against Black's formula."""
    assert by_hand.simplified(by_hand.expectation(kind) - by_hand.price_formula(kind)) == 0


def test_fifty_digits_come_from_the_floats_as_they_are():
    """At the money the price is F erf(v / sqrt 8), here v = 0.2 with sigma = 0.4 as a float; and far out."""
    with mp.workdps(50):
        want = 100 * mp.erf(mp.mpf(0.4) * mp.mpf("0.5") / mp.sqrt(8))
        got = by_hand.exact("price", forward=100, strike=100, vol=0.4, tau=0.25)
        assert abs(mp.mpf(got) / want - 1) < mp.mpf("1e-48")
    far = by_hand.exact("price", forward=100, strike=260, vol=0.6, tau=1 / 365)
    assert float(far) == pytest.approx(greeks(forward=100, strike=260, vol=0.6, tau=1 / 365).price, rel=2e-13)
    haug = dict(spot=500, strike=490, vol=0.15, tau=0.25, rate=0.08, yield_=0.05)
    on_spot = by_hand.exact("rho_q", kind="put", settlement="spot", **haug)
    assert float(on_spot) == pytest.approx(42.2254, abs=1e-4)  # Haug (1998), ch. 1


@pytest.mark.parametrize("kind", ["call", "put"])
@pytest.mark.parametrize("settlement", by_hand.SETTLEMENTS)
def test_the_numbers_are_the_derivatives_at_fifty_digits(settlement, kind):
    """1e-13 of each Greek, down to 1e-290; ultima passes through 0 on the grid, and a spot's forward is rounded."""
    x, total_vol = np.array(ROWS).T
    strikes, vols = FORWARD * np.exp(x), total_vol / np.sqrt(TAU)
    got = CALLS[settlement](strikes, vols, kind)
    moved = by_hand.SPOT if settlement == "spot" else by_hand.FORWARD
    tolerances = {"ultima": 5e-12}
    with mp.workdps(60):
        for name in by_hand.names_of(settlement):
            exact = sp.lambdify([moved, *SYMBOLS], by_hand.derived(name, kind, settlement), "mpmath")
            for i, (strike, vol) in enumerate(zip(strikes, vols, strict=True)):
                carry_yield = mp.mpf(RATE) - mp.mpf(RATE - YIELD)
                terms = [mp.mpf(float(z)) for z in (FORWARD, strike, vol, TAU, RATE)]
                want = exact(*terms, carry_yield)
                if abs(want) < mp.mpf("1e-290"):
                    continue
                off = float(abs(mp.mpf(float(getattr(got, name)[i])) - want) / abs(want))
                allowed = 1e-11 if settlement == "spot" else tolerances.get(name, 1e-13)
                assert off < allowed, (name, x[i], total_vol[i])


def test_what_does_not_exist_is_named():
    with pytest.raises(InputError, match="rho_q"):
        by_hand.derived("rho_q")
    with pytest.raises(InputError, match="quanto"):
        by_hand.price_formula(settlement="quanto")
    with pytest.raises(InputError, match="straddle"):
        by_hand.expectation("straddle")
