"""Delta-gamma P&L: moments against samples and published figures, exact tails by two routes, and what it refuses."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import optimize, stats

from greekslab.book import Book, exposure, named_books, pnl_cube, taylor_pnl
from greekslab.errors import InputError
from greekslab.market import FlatVol, Market
from greekslab.risk import (
    delta_gamma_es,
    delta_gamma_moments,
    delta_gamma_var,
    delta_normal_var,
    largest_size,
    quadratic_pnl,
    value_at_risk,
)  # fmt: skip
from greekslab.scenarios import grid, published

TOY = Market.toy()
DAY = 0.6**2 / 365  # variance of a day's move
TEN = Book.from_list([("TOY-31JAN24-100-C", 10), ("TOY-PERP", -5)])
DELTA = [1000.0, -400.0, 700.0]
GAMMA = np.array([[-3000.0, 500.0, 0.0], [500.0, 2000.0, -800.0], [0.0, -800.0, -6000.0]])
ROOT = np.array([[0.03, 0.0, 0.0], [-0.01, 0.02, 0.0], [0.005, 0.01, 0.02]])
COV = ROOT @ ROOT.T
IMPOSSIBLE = np.array([[1.0, 0.9, -0.9], [0.9, 1.0, 0.9], [-0.9, 0.9, 1.0]])  # eigenvalues 1.9, 1.9, -0.8
LEVELS = st.floats(0.001, 0.9999)


# --- from a book -----------------------------------------------------------------------------------------------------


def test_a_book_becomes_its_delta_and_gamma_in_relative_moves():
    market = Market("2024-01-01 08:00", {"A": 10.0, "B": 200.0}, vols={"A": FlatVol(0.9), "B": FlatVol(0.5)})
    book = Book.from_list([("B-31JAN24-200-P", -2.0), ("A-31JAN24-10-C", 30.0), ("A-PERP", -15.0), ("B", 1.0)])
    found = quadratic_pnl(book, market)
    assert list(found.delta.index) == ["B", "A"] == list(found.gamma.index)
    # to the second order the quadratic is the Taylor expansion itself
    x = {"A": 0.07, "B": -0.04}
    table = grid([0.0]).table.assign(move_A=x["A"], move_B=x["B"])
    want = taylor_pnl(book, market, grid([0.0]).edited(table)).total()[0]
    assert sum(found.delta[u] * x[u] + found.gamma[u] * x[u] ** 2 / 2 for u in x) == pytest.approx(want, rel=1e-12)
    assert found.theta == pytest.approx(exposure(book, market)["theta"].sum(), rel=1e-12)


def test_a_book_that_gains_both_ways_has_a_delta_normal_loss():
    # Concept brief of the chapter on exposure: 2.504, though the book gains on both sides
    short = quadratic_pnl(TEN, TOY)
    assert delta_normal_var(short.delta, DAY) == pytest.approx(2.504, abs=5e-4)
    assert (pnl_cube(TEN, TOY, grid([-0.1, 0.1])).total() > 0).all()
    # its gamma outweighs its delta beyond x = 2 D / G = 3 %: with it the loss is at most D^2 / 2G = 0.254
    assert delta_gamma_var(short.delta, short.gamma, DAY) == pytest.approx(0.254, abs=5e-4)


def test_a_short_straddle_by_delta_by_delta_gamma_and_revalued():
    """Concept brief: delta VaR 0.501, revaluation VaR about 1.56 (one day, lognormal, 99 %)."""
    book = named_books(TOY)["short straddle"]
    short = quadratic_pnl(book, TOY)
    assert delta_normal_var(short.delta, DAY) == pytest.approx(0.501, abs=5e-4)
    assert delta_gamma_var(short.delta, short.gamma, DAY, drift=short.theta / 365) == pytest.approx(1.531, abs=5e-4)
    # revalued: the loss L that the two tails of a lognormal day beyond it have 1 % of (roots found on either side)
    sd = np.sqrt(DAY)

    def pnl(z):
        return pnl_cube(book, TOY, grid([np.expm1(sd * z - DAY / 2)], days=1.0)).total()[0]

    top = optimize.minimize_scalar(lambda z: -pnl(z), bounds=(-1, 1), method="bounded").x

    def beyond(loss):
        return stats.norm.cdf(optimize.brentq(lambda z: pnl(z) + loss, -8, top)) + stats.norm.sf(
            optimize.brentq(lambda z: pnl(z) + loss, top, 8)
        )

    exact = optimize.brentq(lambda loss: beyond(loss) - 0.01, 1.0, 3.0)
    assert exact == pytest.approx(1.56, abs=0.01)
    moves = np.expm1(sd * np.random.default_rng(0).standard_normal(40_000) - DAY / 2)
    assert value_at_risk(pnl_cube(book, TOY, grid(moves, days=1.0)).total()) == pytest.approx(exact, abs=0.03)


def test_the_capital_boundary_of_a_straddle():
    # B6 on the first sixteen Paradex scenarios loses 10.7787: an equity of 100 carries 9.2776 of it
    cube = pnl_cube(named_books(TOY)["short straddle"], TOY, published("paradex-16"))
    size = largest_size(cube, 100.0)
    assert size == pytest.approx(100.0 / 10.7787, rel=1e-5)
    bigger = pnl_cube(size * cube.book, TOY, cube.scenarios)
    assert -bigger.total().min() == pytest.approx(100.0, rel=1e-12)
    assert largest_size(cube, 0.0) == 0.0
    assert largest_size(pnl_cube(named_books(TOY)["conversion"], TOY, published("paradex-24")), 1.0) == np.inf
    with pytest.raises(InputError, match="equity is -1"):
        largest_size(cube, -1.0)


# --- moments ---------------------------------------------------------------------------------------------------------


def test_moments_against_a_large_sample():
    x = np.random.default_rng(1).multivariate_normal(np.zeros(3), COV, 2_000_000)
    pnl = 7.0 + x @ DELTA + np.einsum("ij,jk,ik->i", x, GAMMA, x) / 2
    m = delta_gamma_moments(DELTA, GAMMA, COV, drift=7.0)
    assert m.mean == pytest.approx(pnl.mean(), abs=4 * m.sd / np.sqrt(len(pnl)))
    assert m.sd == pytest.approx(pnl.std(), rel=3e-3)
    assert m.skew == pytest.approx(stats.skew(pnl), abs=0.01)
    assert m.excess_kurtosis == pytest.approx(stats.kurtosis(pnl), abs=0.02)


def test_moments_are_those_of_the_diagonal_form():
    # sum of a y^2 + b y over independent y: cumulants add, kappa_r = 2^(r-1) (r-1)! a^r + 2^(r-2) r!/2 ... by hand:
    # kappa_1 = a, kappa_2 = 2a^2 + b^2, kappa_3 = 8a^3 + 6ab^2, kappa_4 = 48a^4 + 48a^2 b^2
    a, b = np.array([0.7, -1.3, 0.2]), np.array([2.0, 0.5, -1.0])
    m = delta_gamma_moments(b, 2 * a, np.eye(3))
    k1, k2, k3, k4 = (
        a.sum(),
        (2 * a**2 + b**2).sum(),
        (8 * a**3 + 6 * a * b**2).sum(),
        (48 * a**4 + 48 * a**2 * b**2).sum(),
    )
    assert (m.mean, m.sd, m.skew, m.excess_kurtosis) == pytest.approx(
        (k1, k2**0.5, k3 / k2**1.5, k4 / k2**2), rel=1e-13
    )


def test_a_chi_squared_has_the_moments_in_every_table():
    # one factor, no delta: a chi-squared of one degree times G s^2 / 2; skew sqrt(8), excess kurtosis 12
    m = delta_gamma_moments(0.0, 4.0, 2.5**2)
    assert (m.mean, m.sd, m.skew, m.excess_kurtosis) == pytest.approx((12.5, 12.5 * 2**0.5, 8**0.5, 12.0), rel=1e-13)
    still = delta_gamma_moments(0.0, 0.0, 1.0, drift=3.0)
    assert (still.mean, still.sd, still.skew, still.excess_kurtosis) == (3.0, 0.0, 0.0, 0.0)


# --- tails -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("level", [0.9, 0.975, 0.99, 0.999])
def test_var_and_es_against_a_large_sample(level):
    x = np.random.default_rng(2).multivariate_normal(np.zeros(3), COV, 2_000_000)
    losses = -np.sort(x @ DELTA + np.einsum("ij,jk,ik->i", x, GAMMA, x) / 2)
    tail = losses[: int(len(losses) * (1 - level))]
    assert delta_gamma_var(DELTA, GAMMA, COV, level) == pytest.approx(tail[-1], rel=0.01)
    assert delta_gamma_es(DELTA, GAMMA, COV, level) == pytest.approx(tail.mean(), rel=0.01)


@given(LEVELS, st.floats(-50, 50), st.floats(-500, 500), st.floats(-3, 3))
def test_one_factor_split_in_two_is_the_same_loss(level, delta, gamma, drift):
    """Two factors that are one and the same: the covariance is singular, and D and G add up."""
    cov = 0.05**2 * np.ones((2, 2))
    one = delta_gamma_var(delta, gamma, 0.05**2, level, drift=drift)
    two = delta_gamma_var([delta * 0.3, delta * 0.7], gamma / 4 * np.ones((2, 2)), cov, level, drift=drift)
    assert two == pytest.approx(one, rel=1e-9, abs=1e-9)


@given(LEVELS, st.floats(-50, 50), st.floats(0.01, 500))
def test_es_is_not_below_var_and_both_grow_with_the_level(level, delta, gamma):
    for g in (gamma, -gamma, [[gamma, 0.0], [0.0, -gamma / 3]]):
        d, cov = (delta, 0.04**2) if np.ndim(g) == 0 else ([delta, 1.0], 0.04**2 * np.eye(2))
        var, es = delta_gamma_var(d, g, cov, level), delta_gamma_es(d, g, cov, level)
        slack = 1e-9 * (1.0 + abs(var))
        assert es >= var - slack
        assert delta_gamma_var(d, g, cov, (1 + level) / 2) >= var - slack


def test_without_gamma_it_is_delta_normal():
    for level in (0.3, 0.5, 0.99, 0.9999):
        want = delta_normal_var(DELTA, COV, level)
        assert delta_gamma_var(DELTA, np.zeros(3), COV, level) == pytest.approx(want, rel=1e-10, abs=1e-10)
    assert delta_gamma_var(DELTA, 0.0, COV) == pytest.approx(delta_normal_var(DELTA, COV), rel=1e-12)


def test_twice_the_book_twice_the_loss():
    for f in (delta_gamma_var, delta_gamma_es):
        once, twice = f(DELTA, GAMMA, COV, 0.99), f(2 * np.array(DELTA), 2 * GAMMA, COV, 0.99)
        assert twice == pytest.approx(2 * once, rel=1e-10)


@pytest.mark.parametrize("size", [1e-200, 1e-30, 1e30, 1e200])
def test_any_size_of_money_will_do(size):
    delta, gamma = size * np.array(DELTA), size * GAMMA
    for f in (delta_gamma_var, delta_gamma_es):
        assert f(delta, gamma, COV) == pytest.approx(size * f(DELTA, GAMMA, COV), rel=1e-10)
    got, want = delta_gamma_moments(delta, gamma, COV), delta_gamma_moments(DELTA, GAMMA, COV)
    assert (got.sd / size, got.skew, got.excess_kurtosis) == pytest.approx((want.sd, want.skew, want.excess_kurtosis))


def test_drift_moves_the_loss_and_nothing_else():
    base = delta_gamma_var(DELTA, GAMMA, COV)
    assert delta_gamma_var(DELTA, GAMMA, COV, drift=-5.0) == pytest.approx(base + 5.0, rel=1e-12)
    assert delta_gamma_var(0.0, 0.0, 1.0, drift=-5.0) == 5.0 == delta_gamma_es(0.0, 0.0, 1.0, drift=-5.0)


def test_a_long_gamma_book_loses_at_most_its_vertex():
    assert delta_gamma_var(10.0, 100.0, 0.2**2, 1 - 1e-9) == pytest.approx(0.5, rel=1e-6)  # D^2 / 2G


# --- labels and bad input --------------------------------------------------------------------------------------------


def test_labels_are_matched_in_any_order():
    names = ["BTC", "ETH", "SOL"]
    delta, gamma, cov = pd.Series(DELTA, names), pd.DataFrame(GAMMA, names, names), pd.DataFrame(COV, names, names)
    turned = ["SOL", "BTC", "ETH"]
    want = delta_gamma_var(DELTA, GAMMA, COV)
    assert delta_gamma_var(delta, gamma.loc[turned, turned], cov.loc[turned, turned]) == pytest.approx(want, rel=1e-12)
    assert delta_gamma_var(delta[turned], gamma, cov) == pytest.approx(want, rel=1e-10)
    diagonal = pd.Series(np.diag(GAMMA), names)
    plain = delta_gamma_moments(DELTA, np.diag(GAMMA), COV)
    assert delta_gamma_moments(delta, diagonal[turned], cov) == plain
    more = cov.reindex(index=[*names, "XRP"], columns=[*names, "XRP"])  # more than is asked for does no harm
    assert delta_normal_var(delta, more) == pytest.approx(delta_normal_var(DELTA, COV), rel=1e-12)
    with pytest.raises(InputError, match="covariance is .*SOL is missing"):
        delta_normal_var(delta, cov.drop(index="SOL", columns="SOL"))


@pytest.mark.parametrize(
    "given, word",
    [
        ({"covariance": [[1.0, 0.0, 0.0]] * 2}, r"shape of covariance is \(2, 3\)"),
        ({"covariance": 0.01}, r"shape of covariance is \(\)"),
        ({"covariance": COV[:2, :2]}, "there are 3 deltas"),
        ({"covariance": -COV}, r"variance is -0\.0009"),
        ({"covariance": IMPOSSIBLE}, r"smallest eigenvalue of the correlations is -0\.8"),
        ({"covariance": COV + np.diag([1.0, 0.0], 1)}, "covariance is not symmetric"),
        ({"covariance": np.full((3, 3), np.nan)}, "covariance is nan"),
        ({"covariance": np.full((3, 3), np.inf)}, "covariance is inf"),
        ({"covariance": "none"}, "covariance is none"),
        ({"gamma": [1.0, 2.0]}, r"shape of gamma is \(2,\)"),
        ({"gamma": 5.0}, r"shape of gamma is \(\)"),
        ({"gamma": GAMMA + np.diag([1.0, 0.0], 1)}, "gamma is not symmetric"),
        ({"gamma": [np.nan] * 3}, "gamma is nan"),
        ({"delta": [1.0, np.nan, 1.0]}, "delta is nan"),
        ({"delta": []}, "delta is"),
        ({"delta": [DELTA]}, "delta is"),
        ({"delta": [1e308] * 3, "covariance": 1e4 * np.eye(3)}, "too large"),
        ({"level": 1.0}, r"level is 1\.0"),
        ({"level": 0}, "level is 0"),
        ({"level": 99}, "level is 99"),
        ({"level": np.nan}, "level is nan"),
        ({"level": "99 %"}, "level is 99 %"),
        ({"drift": np.inf}, "drift is inf"),
    ],
)
def test_bad_input_is_named(given, word):
    inputs = {"delta": DELTA, "gamma": GAMMA, "covariance": COV, "level": 0.99} | given
    for f in (delta_gamma_var, delta_gamma_es):
        with pytest.raises(InputError, match=word):
            f(**inputs)
    moments = {key: value for key, value in inputs.items() if key != "level"}
    if "level" not in given:
        with pytest.raises(InputError, match=word):
            delta_gamma_moments(**moments)


def test_a_covariance_of_perfectly_correlated_factors_is_no_error():
    x = np.array([0.03, -0.02, 0.01])
    cov = np.outer(x, x)  # two eigenvalues are 0, or a rounding below it
    assert delta_normal_var(DELTA, cov) == pytest.approx(stats.norm.ppf(0.99) * abs(x @ DELTA), rel=1e-9)
    one = delta_gamma_var(x @ DELTA, x @ GAMMA @ x, 1.0)
    assert delta_gamma_var(DELTA, GAMMA, cov) == pytest.approx(one, rel=1e-9)
