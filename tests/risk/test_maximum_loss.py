"""The worst point of a quadratic on a box: closed cases, a search as second route, and bad input."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.optimize import minimize

from greekslab.errors import InputError
from greekslab.risk import worst_quadratic

TERM = st.floats(-1e4, 1e4)
BOX = {"moves": (-0.16, 0.16), "vols": (-0.22, 0.40)}


def pnl(x, y, delta, gamma, vega, vanna, volga):
    return delta * x + gamma * x * x / 2 + vega * y + vanna * x * y + volga * y * y / 2


def test_a_long_gamma_book_loses_most_inside():
    # by hand: x* = -D / G = -0.05, loss D^2 / (2 G)
    point = worst_quadratic(10.0, 200.0)
    assert (point.loss, point.move, point.vol) == pytest.approx((0.25, -0.05, 0.0))


def test_a_stationary_point_out_of_reach_leaves_the_corner():
    point = worst_quadratic(100.0, 200.0)  # -D / G = -0.5
    assert (point.loss, point.move) == pytest.approx((100.0 * 0.16 - 100.0 * 0.16**2, -0.16))


def test_short_gamma_and_short_vega_lose_at_a_corner():
    point = worst_quadratic(0.0, -462.1, -13.674)
    assert (point.move, point.vol) == (-0.16, 0.40)
    assert point.loss == pytest.approx(462.1 * 0.16**2 / 2 + 13.674 * 0.40)


def test_inside_in_both_directions():
    # the bowl x^2 + y^2 + x y around (0.05, -0.1): its least value is known
    gamma, volga, vanna, at = 2.0, 2.0, 1.0, (0.05, -0.1)
    slope = -np.array([gamma * at[0] + vanna * at[1], vanna * at[0] + volga * at[1]])
    point = worst_quadratic(slope[0], gamma, slope[1], vanna=vanna, volga=volga, **BOX)
    assert (point.move, point.vol) == pytest.approx(at)
    assert point.loss == pytest.approx(-pnl(*at, slope[0], gamma, slope[1], vanna, volga))


def test_nothing_lost_has_no_point():
    assert worst_quadratic(0.0, 5.0, 0.0) == worst_quadratic(0.0, 0.0)
    assert worst_quadratic(0.0, 5.0).loss == 0.0


@given(TERM, TERM, TERM, TERM, TERM)
def test_no_point_of_the_box_is_worse(delta, gamma, vega, vanna, volga):
    point = worst_quadratic(delta, gamma, vega, vanna=vanna, volga=volga, **BOX)
    x, y = np.meshgrid(np.linspace(-0.16, 0.16, 65), np.linspace(-0.22, 0.40, 63))
    seen = -pnl(x, y, delta, gamma, vega, vanna, volga).min()
    size = 0.16 * abs(delta) + abs(gamma) + abs(vega) + abs(vanna) + abs(volga) + 1e-9
    assert point.loss >= seen - 1e-11 * size
    assert point.loss == pytest.approx(-pnl(point.move, point.vol, delta, gamma, vega, vanna, volga), abs=1e-9 * size)
    assert -0.16 <= point.move <= 0.16 and -0.22 <= point.vol <= 0.40


@pytest.mark.parametrize("seed", range(5))
def test_a_numerical_search_finds_the_same_loss(seed):
    terms = np.random.default_rng(seed).normal(size=5) * [10, 300, 20, 100, 60]
    point = worst_quadratic(*terms[:3], vanna=terms[3], volga=terms[4], **BOX)
    starts = [(x, y) for x in (-0.15, 0.0, 0.15) for y in (-0.2, 0.0, 0.35)]
    found = [
        minimize(lambda z: pnl(*z, *terms), start, bounds=[BOX["moves"], BOX["vols"]], method="L-BFGS-B").fun
        for start in starts
    ]
    assert point.loss == pytest.approx(-min(found), rel=1e-6)


def test_arrays_give_the_numbers_of_their_rows():
    delta, gamma = np.array([10.0, -3.0, 0.0]), np.array([[200.0], [-50.0]])
    points = worst_quadratic(delta, gamma, 4.0)
    for i in range(2):
        for j in range(3):
            alone = worst_quadratic(delta[j], gamma[i, 0], 4.0)
            assert (points.loss[i, j], points.move[i, j], points.vol[i, j]) == (alone.loss, alone.move, alone.vol)


@pytest.mark.parametrize("wrong", [
    {"delta": np.nan}, {"gamma": np.inf}, {"vega": "far"}, {"moves": (0.1, 0.2)}, {"moves": (-0.1,)},
    {"delta": -1e308, "gamma": -1e308, "moves": (-0.9, 1e3)},  # its loss would be infinite
    {"vols": (0.1, -0.1)}, {"vols": 0.4}, {"moves": (np.nan, 0.1)}, {"delta": [1.0, 2.0], "gamma": [1.0, 2.0, 3.0]},
])  # fmt: skip
def test_bad_input_is_refused(wrong):
    with pytest.raises(InputError):
        worst_quadratic(**({"delta": 1.0, "gamma": 1.0} | wrong))
