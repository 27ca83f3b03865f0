"""What the appendix on the Greeks states, each with where it comes from."""

import math

import numpy as np
import pytest
import sympy as sp
from scipy.special import erf, ndtr

from greekslab.errors import InputError
from greekslab.pricing import (
    coin_price,
    derivation,
    difference,
    greeks,
    implied_vol,
    net_delta,
    price,
    sign_changes,
    spot_greeks,
)

F, K, S = derivation.FORWARD, derivation.STRIKE, derivation.SPOT
SIGMA, TAU, R, Q = derivation.VOL, derivation.TAU, derivation.RATE, derivation.YIELD
D1, D2 = derivation.moments()
NORMAL, PHI, ZERO = derivation.cumulative, derivation.density, derivation.simplified
TOY = dict(forward=100.0, strike=110.0, vol=0.60, tau=30 / 365)
DAY = dict(forward=100.0, vol=0.60, tau=1 / 365)


def derived(settlement="linear", kind="call"):
    return {name: derivation.derived(name, kind, settlement) for name in derivation.names_of(settlement)}


# --- by hand ---


def test_the_worked_example():
    """Tables of the normal distribution: N(0.1) = 0.53983, phi(0.1) = 0.39695; prices at 99 and 101 alike."""
    g = greeks(forward=100.0, strike=100.0, vol=0.40, tau=0.25, order=3)
    assert g.price == pytest.approx(100 * (0.53983 - 0.46017), abs=2e-3)
    assert g.vega == pytest.approx(100 * 0.39695 * 0.5, abs=1e-3)
    assert g.gamma == pytest.approx(g.vega / (100**2 * 0.4 * 0.25))
    assert g.theta == pytest.approx(-0.4 * g.vega / (2 * 0.25))
    below, above = (price(forward=x, strike=100.0, vol=0.40, tau=0.25) for x in (99.0, 101.0))
    assert (round(below, 5), round(g.price, 5), round(above, 5)) == (7.43571, 7.96557, 8.51527)
    assert round((8.51527 - 7.43571) / 2, 5) == 0.53978 and round(8.51527 - 2 * 7.96557 + 7.43571, 5) == 0.01984
    assert (above - below) / 2 == pytest.approx(g.delta, abs=1e-3)
    assert above - 2 * g.price + below == pytest.approx(g.gamma, abs=1e-3)
    shown = (round(g.vega / 100, 4), round(g.theta / 365, 4), round(g.charm / 365, 6))
    assert shown == (0.1985, -0.0435, -0.000218)
    assert g.zomma < 0.0  # F6: at the money gamma falls when volatility rises


def test_the_identity_in_numbers():
    d1 = math.log(100 / 110) / 0.2 + 0.1
    phi = [math.exp(-(d**2) / 2) / math.sqrt(2 * math.pi) for d in (d1, d1 - 0.2)]
    assert (round(d1, 4), round(phi[0], 5), round(phi[1], 5)) == (-0.3766, 0.37164, 0.33785)
    assert 100 * phi[0] == pytest.approx(110 * phi[1])


# --- proved by SymPy --------------------------------------------------------------------------------------------------


def test_a_false_claim_does_not_vanish():
    g = derived()
    assert ZERO(g["vega"] - g["gamma"]) != 0


def test_the_forward_ends_with_its_own_mean_and_at_the_strike_where_z_is_minus_d2():
    z, v = sp.Symbol("z", real=True), sp.Symbol("v", positive=True)
    end = F * sp.exp(v * z - v**2 / 2)
    assert sp.simplify(sp.integrate(end * PHI(z), (z, -sp.oo, sp.oo))) == F
    assert sp.simplify(end.subs({z: -D2, v: SIGMA * sp.sqrt(TAU)}) - K) == 0


def test_first_derivatives_and_the_density():
    price_of_call, discount = derivation.price_formula("call"), sp.exp(-R * TAU)
    assert ZERO(F * PHI(D1) - K * PHI(D2)) == 0
    assert ZERO(sp.diff(price_of_call, F) - discount * NORMAL(D1)) == 0
    assert ZERO(sp.diff(price_of_call, K) + discount * NORMAL(D2)) == 0
    assert ZERO(sp.diff(price_of_call, K, 2) - discount * PHI(D2) / (K * SIGMA * sp.sqrt(TAU))) == 0
    assert ZERO(sp.diff(price_of_call, SIGMA) - discount * F * PHI(D1) * sp.sqrt(TAU)) == 0


@pytest.mark.parametrize("kind", ["call", "put"])
def test_relations_on_a_forward(kind):
    g = derived(kind=kind)
    assert len(g) == 16
    assert ZERO(g["theta"] + SIGMA**2 * F**2 * g["gamma"] / 2 - R * g["price"]) == 0
    assert ZERO(g["vega"] - SIGMA * TAU * F**2 * g["gamma"]) == 0
    assert ZERO(g["price"] - F * g["delta"] - K * g["dual_delta"]) == 0


def test_relations_on_a_spot():
    g = derived("spot")
    assert len(g) == 17
    drift = (R - Q) * S * g["delta"]
    assert ZERO(g["theta"] + drift + SIGMA**2 * S**2 * g["gamma"] / 2 - R * g["price"]) == 0
    assert ZERO(g["rho"] + g["rho_q"] + TAU * g["price"]) == 0


def test_relations_in_coin():
    g, x = derived(), derived("coin")
    assert ZERO(F * x["delta"] - (g["delta"] - g["price"] / F).subs(R, 0)) == 0
    assert ZERO(F * x["delta"] - K / F * NORMAL(D2)) == 0
    assert ZERO(x["theta"] + SIGMA**2 * F * x["delta"] + SIGMA**2 * F**2 * x["gamma"] / 2) == 0


def test_ten_greeks_do_not_tell_a_call_from_a_put():
    call, put = derived(), derived(kind="put")
    gaps = {name: ZERO(call[name] - put[name]) for name in call}
    differ = {name for name, gap in gaps.items() if gap != 0}
    assert differ == {"price", "delta", "theta", "rho", "charm", "dual_delta"}
    line = sp.exp(-R * TAU) * F * (1 - sp.exp(derivation.LOG_MONEYNESS))  # D (F - K)
    want = {"price": line, "delta": sp.exp(-R * TAU), "theta": R * line, "rho": -TAU * line}
    want |= {"charm": R * sp.exp(-R * TAU), "dual_delta": -sp.exp(-R * TAU)}
    assert all(sp.simplify(gaps[name] - form) == 0 for name, form in want.items())
    assert {name for name in differ if gaps[name].subs(R, 0) == 0} == {"theta", "charm"}


def test_vanna_in_volatility():
    vanna = derived()["vanna"]
    form = vanna * (D1 * D2 - D1 / D2 - 1) / SIGMA
    assert ZERO(sp.diff(vanna, SIGMA) - form) == 0
    up, down = (greeks(**TOY | {"vol": 0.60 + e}, order=2).vanna for e in (1e-4, -1e-4))
    number = float(form.subs({F: 100, K: 110, SIGMA: 0.60, TAU: 30 / 365, R: 0}))
    assert number == pytest.approx((up - down) / 2e-4, rel=1e-5)
    assert round(number, 5) == -0.91015


# --- predictions, landmarks, differences ---


def test_where_the_landmarks_are():
    """Closed forms at v^2 = 0.36 * 30 / 365."""
    v2, forwards = 0.36 * 30 / 365, np.linspace(50.0, 200.0, 301)
    option = dict(strike=100.0, vol=0.60, tau=30 / 365)
    assert sign_changes("vanna", forwards, **option) == pytest.approx([100 * math.exp(v2 / 2)])
    assert sign_changes("speed", forwards, **option) == pytest.approx([100 * math.exp(-1.5 * v2)])
    assert [round(100 * math.exp(k * v2), 2) for k in (0.5, -0.5, -1.5)] == [101.49, 98.53, 95.66]
    coin = {kind: sign_changes("gamma", forwards, **option, kind=kind, settlement="coin") for kind in ("call", "put")}
    assert coin["put"].size == 0
    (place,) = coin["call"]
    assert round(place, 2) == 117.59
    h, v = math.log(place / 100) / math.sqrt(v2), math.sqrt(v2)
    # second derivative of N(d1) - (K/F) N(d2) by hand: phi(d2) / v = 2 N(d2)
    assert math.exp(-((h - v / 2) ** 2) / 2) / math.sqrt(2 * math.pi) / v == pytest.approx(
        2 * ndtr(h - v / 2), rel=1e-6
    )


def test_differences_have_a_best_step():
    exact = greeks(**TOY, order=3)

    def error(name, step):
        return abs(difference(name, step=step, **TOY) / getattr(exact, name) - 1.0)

    assert error("speed", 0.1) == pytest.approx(2e-3, rel=0.3)
    assert error("speed", 0.01) == pytest.approx(2e-5, rel=0.3)
    assert 1e-7 < error("speed", 10**-2.5) < 1e-5
    assert error("speed", 1e-5) > 0.5
    assert error("delta", 10**-4.5) < 1e-9 and error("gamma", 10**-3.5) < 1e-7
    assert min(error("speed", step) for step in 10.0 ** -np.arange(0, 6.1, 0.25)) > 1e-8


def test_with_sixty_digits_a_small_step_is_harmless():
    step, line = sp.Rational(1, 10**10), {key: value for key, value in TOY.items() if key != "forward"}
    weights = {3: 1, 1: -3, -1: 3, -3: -1}
    prices = {k: derivation.exact("price", forward=100 + k * step / 2, digits=60, **line) for k in weights}
    third = sum(weight * prices[k] for k, weight in weights.items()) / step**3
    assert float(third / derivation.exact("speed", digits=60, **TOY) - 1) == pytest.approx(-5.3e-24, rel=0.02)


# --- what breaks ---


def school_call(forward, strike, vol, tau, cumulative=lambda x: (1 + erf(x / np.sqrt(2))) / 2):
    v = vol * np.sqrt(tau)
    h = np.log(forward / strike) / v
    return forward * cumulative(h + v / 2) - strike * cumulative(h - v / 2)


def true_price(strike, kind="call"):
    return float(derivation.exact("price", kind=kind, strike=strike, **DAY))


def test_the_school_formula_breaks_far_out():
    strikes = np.array([105.0, 110.0, 115.0, 120.0, 125.0, 130.0, 140.0])
    exact = np.array([true_price(strike) for strike in strikes])
    wrong = np.abs(school_call(strike=strikes, **DAY) / exact - 1.0)
    assert wrong[0] < 1e-12 and 1e-5 < wrong[4] < 1e-2 and wrong[5] >= 0.9 and wrong[6] >= 0.9
    careful = np.abs(school_call(strike=strikes, cumulative=ndtr, **DAY) / exact - 1.0)
    ours = np.abs(price(strike=strikes, **DAY) / exact - 1.0)
    assert 1e-13 < careful.max() < 1e-10 and ours.max() < 2e-14
    assert exact[5] == pytest.approx(1.375e-17, rel=1e-3)


def test_parity_loses_a_far_put():
    strike = 100.0**2 / 125.0
    by_parity = school_call(strike=strike, cumulative=ndtr, **DAY) - (100.0 - strike)
    assert by_parity / true_price(strike, "put") != pytest.approx(1.0, abs=0.01)
    far = school_call(strike=100.0**2 / 140.0, cumulative=ndtr, **DAY) - (100.0 - 100.0**2 / 140.0)
    assert abs(far) < 1e-13  # of a price of 1e-27, whatever the last bit says


def test_a_negative_price_has_no_volatility():
    with pytest.raises(InputError, match="intrinsic"):
        implied_vol(price=-1.665e-15, forward=100.0, strike=130.0, tau=1 / 365)
    vol = implied_vol(price=2.858824288409778e-13, forward=100.0, strike=125.0, tau=1 / 365)  # as the school has it
    assert vol - 0.6 == pytest.approx(-4.15e-06, rel=0.01)


# --- checks ---

MINUTE = 1 / (365 * 24 * 60)


@pytest.mark.parametrize("name", ["price", "delta", "gamma", "vanna", "charm", "speed", "color", "ultima"])
@pytest.mark.parametrize(
    "row",
    [
        dict(strike=130.0, vol=0.60, tau=1 / 365),
        dict(strike=100.0, vol=0.60, tau=MINUTE),
        dict(strike=100.5, vol=0.60, tau=MINUTE),
        dict(strike=2000.0, vol=6.0, tau=1.0),
    ],
)
def test_hard_rows_at_fifty_digits(name, row):
    true = derivation.exact(name, forward=100.0, **row)
    ours = sp.Rational(float(getattr(greeks(forward=100.0, order=3, **row), name)))
    assert abs(float(ours / true - 1)) < 2e-14


def test_implied_volatility_is_as_good_as_its_price():
    strikes = np.array([100.0, 90.0, 80.0, 70.0, 60.0, 50.0])
    g = greeks(forward=100.0, strike=strikes, vol=0.60, tau=30 / 365)
    back = implied_vol(price=g.price, forward=100.0, strike=strikes, tau=30 / 365)
    allowed = 2.0**-53 * g.price / (0.60 * g.vega)
    assert np.all(np.abs(back / 0.60 - 1.0) <= np.maximum(4.0 * allowed, 4e-14))
    assert allowed[-1] == pytest.approx(3.85e-12, rel=0.01) and round(float(g.price[-1]), 5) == 50.00008


# --- published figures ---

HAUG = [  # Haug (1998) ch. 1, charm and volga Haug (2007) ch. 2
    ("price", 60, 65, 0.25, 0.08, 0.08, 0.30, "call", 2.1334),
    ("price", 19, 19, 0.75, 0.10, 0.00, 0.28, "call", 1.7011),
    ("delta", 105, 100, 0.50, 0.10, 0.00, 0.36, "call", 0.5946),
    ("delta", 105, 100, 0.50, 0.10, 0.00, 0.36, "put", -0.3566),
    ("gamma", 55, 60, 0.75, 0.10, 0.10, 0.30, "call", 0.0278),
    ("vega", 55, 60, 0.75, 0.10, 0.10, 0.30, "call", 18.9358),
    ("rho", 72, 75, 1.00, 0.09, 0.09, 0.19, "call", 38.7325),
    ("rho_q", 500, 490, 0.25, 0.08, 0.03, 0.15, "put", 42.2254),
    ("charm", 105, 90, 0.25, 0.14, 0.00, 0.24, "put", 0.3700),
    ("volga", 90, 130, 0.75, 0.05, 0.00, 0.28, "call", 92.3444),
]


@pytest.mark.parametrize("name, spot, strike, tau, rate, carry, vol, kind, printed", HAUG)
def test_haug(name, spot, strike, tau, rate, carry, vol, kind, printed):
    found = spot_greeks(spot=spot, strike=strike, tau=tau, rate=rate, carry=carry, vol=vol, kind=kind)
    assert round(getattr(found, name), 4) == printed


def test_hull():
    """Hull, the chapter on the Greek letters: 0.522, 0.066, -4.31, 12.1, 8.91."""
    g = spot_greeks(spot=49, strike=50, vol=0.20, tau=0.3846, rate=0.05)
    assert [round(x, n) for x, n in ((g.delta, 3), (g.gamma, 3), (g.vega, 1), (g.rho, 2))] == [0.522, 0.066, 12.1, 8.91]
    assert g.theta == pytest.approx(-4.31, abs=0.006)


TICKERS = [  # Deribit's public ticker, 2025-12-30 17:31:15 UTC and 2026-02-06 04:30:12 UTC
    (92617.64, 95e3, 0.9845401, 0.4678, "call", 0.17336639, 0.57061, 361.06393),
    (89559.35, 120e3, 0.2371069, 0.4302, "put", 0.34884226, -0.90201, 75.40471),
    (65034.02, 70e3, 0.1345536, 0.5724, "call", 0.05391738, 0.40262, 92.33204),
    (1951.0, 3400.0, 0.6328424, 0.6964, "put", 0.801908, -0.76527, 4.77339),
]


@pytest.mark.parametrize("forward, strike, tau, vol, kind, mark, delta, vega", TICKERS)
def test_deribit(forward, strike, tau, vol, kind, mark, delta, vega):
    terms = dict(forward=forward, strike=strike, tau=tau, vol=vol, kind=kind)
    assert coin_price(**terms) == pytest.approx(mark, abs=1e-4)
    assert greeks(**terms).delta == pytest.approx(delta, abs=7e-4)
    assert greeks(**terms).vega / 100 == pytest.approx(vega, rel=0.0031)


def test_a_put_in_the_money_moves_by_more_than_a_coin():
    put = dict(forward=89559.35, strike=120e3, tau=0.2371069, vol=0.4302, kind="put")
    assert round(net_delta(**put), 2) == -1.25
    assert round(120e3 / 89559.35, 2) == 1.34


# --- exercises ---


def test_the_move_that_pays_for_a_day():
    """By (A.6): F sigma / sqrt(365) = 3.1405; revalued in full."""
    assert 100 * 0.60 / math.sqrt(365) == pytest.approx(3.1405, abs=1e-4)

    def straddle(forward, days):
        terms = dict(forward=forward, strike=100.0, vol=0.60, tau=days / 365)
        return sum(price(kind=kind, **terms) for kind in ("call", "put"))

    hedge = 2 * greeks(forward=100.0, strike=100.0, vol=0.60, tau=30 / 365).delta - 1
    earned = [round(straddle(100 + x, 29) - straddle(100, 30) - hedge * x, 4) for x in (-3.1405, 0, 3.1405)]
    assert earned == [0.0086, -0.2298, -0.0058]


def test_a_straddle_is_neutral_at_two_strikes():
    half = 0.60**2 * (30 / 365) / 2
    terms = dict(forward=100.0, vol=0.60, tau=30 / 365)
    quote = sum(greeks(strike=100 * math.exp(half), kind=kind, **terms).delta for kind in ("call", "put"))
    coin = sum(net_delta(strike=100 * math.exp(-half), kind=kind, **terms) for kind in ("call", "put"))
    assert (quote, coin) == pytest.approx((0.0, 0.0), abs=1e-12)
