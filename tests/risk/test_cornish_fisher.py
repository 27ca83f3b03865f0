"""Cornish-Fisher: its domain against the slope of its polynomial, shortfall by integration, and its refusals."""

import re

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from scipy.integrate import quad
from scipy.special import ndtri

from greekslab.errors import InputError
from greekslab.risk import (
    cornish_fisher_es,
    cornish_fisher_is_valid,
    cornish_fisher_quantile,
    cornish_fisher_var,
    delta_gamma_moments,
    delta_gamma_var,
    normal_es,
    normal_var,
    student_t_es,
    student_t_var,
)  # fmt: skip

Z = np.sinh(np.linspace(-16.0, 16.0, 8001))  # out to four million standard deviations

POINTS = np.array([-2.0, -1.0, 1.0, 2.0])  # four points tell a cubic


def bent(z, s, k):
    return z + (z**2 - 1) * s / 6 + (z**3 - 3 * z) * k / 24 - (2 * z**3 - 5 * z) * s**2 / 36


@given(st.floats(-3, 3), st.floats(-2, 30))
@example(0.0, -1e-12)
def test_the_domain_is_where_the_polynomial_rises_everywhere(skew, kurtosis):
    slope = np.polynomial.Polynomial.fit(
        POINTS, bent(POINTS, skew, kurtosis), 3, domain=[-1, 1], window=[-1, 1]
    ).deriv()
    least = slope(Z).min()
    bend, base = kurtosis / 8 - skew**2 / 6, 1 - kurtosis / 8 + 5 * skew**2 / 36
    edge = min(abs(bend), abs(4 * bend * base - skew**2 / 9))
    if abs(least) > 1e-6 and edge > 1e-11:  # at the boundary itself rounding decides
        assert cornish_fisher_is_valid(skew, kurtosis) == (least > 0.0)


def test_corners_of_the_domain():
    # Maillard (2012): without skew 0 <= k <= 8; no kurtosis allows a skew beyond 6 (sqrt 2 - 1)
    assert cornish_fisher_is_valid(0, 0) and cornish_fisher_is_valid(0, 8)
    assert not cornish_fisher_is_valid(0, -1e-6) and not cornish_fisher_is_valid(0, 8 + 1e-6)
    edge = 6 * (2**0.5 - 1)
    kurtoses = np.linspace(0, 40, 4001)
    assert any(cornish_fisher_is_valid(edge - 1e-3, k) for k in kurtoses)
    assert not any(cornish_fisher_is_valid(edge + 1e-6, k) for k in kurtoses)
    assert cornish_fisher_is_valid(-1.0, 6.0) == cornish_fisher_is_valid(1.0, 6.0)


def test_without_skew_and_kurtosis_it_is_the_normal():
    assert cornish_fisher_var(3.0, 2.0, 0.0, 0.0, 0.99) == pytest.approx(normal_var(3.0, 2.0, 0.99), rel=1e-14)
    assert cornish_fisher_es(3.0, 2.0, 0.0, 0.0, 0.99) == pytest.approx(normal_es(3.0, 2.0, 0.99), rel=1e-13)


@pytest.mark.parametrize("skew, kurtosis", [(-0.5, 1.0), (-1.0, 6.0), (0.3, 2.0), (0.0, 8.0)])
@pytest.mark.parametrize("level", [0.5, 0.9, 0.99, 0.999])
def test_shortfall_is_the_mean_of_the_tail(skew, kurtosis, level):
    integral = quad(lambda u: bent(ndtri(u), skew, kurtosis), 0, 1 - level, epsabs=1e-13, limit=200)[0]
    want = -(0.1 + 2.0 * integral / (1 - level))
    assert cornish_fisher_es(0.1, 2.0, skew, kurtosis, level) == pytest.approx(want, rel=1e-7)
    assert cornish_fisher_es(0.1, 2.0, skew, kurtosis, level) > cornish_fisher_var(0.1, 2.0, skew, kurtosis, level)


def test_outside_the_domain_it_refuses_and_says_what_to_do():
    # no delta, short gamma: skew -2.83, excess kurtosis 12; the polynomial gives 86.76 where 82.94 is exact
    m = delta_gamma_moments(0.0, -4.0, 2.5**2)
    words = re.escape("skew and excess kurtosis is -2.828 and 12") + ".*delta_gamma_var"
    for f in (cornish_fisher_var, cornish_fisher_es):
        with pytest.raises(InputError, match=words):
            f(m.mean, m.sd, m.skew, m.excess_kurtosis)
    bare = -(m.mean + m.sd * cornish_fisher_quantile(m.skew, m.excess_kurtosis))
    assert bare == pytest.approx(86.7619, abs=1e-4)
    assert delta_gamma_var(0.0, -4.0, 2.5**2) == pytest.approx(82.9362, abs=1e-4)


def test_one_factor_with_any_gamma_is_outside_and_opposite_gammas_may_be_inside():
    for gamma in [1e-3, 0.1, 1.0, 10.0, 1e3, -0.1, -10.0]:
        m = delta_gamma_moments(1.0, gamma, 1.0)
        assert not cornish_fisher_is_valid(m.skew, m.excess_kurtosis)
    # two alike but for the sign of gamma: skews cancel, kurtosis stays
    m = delta_gamma_moments([1.0, 1.0], [0.5, -0.5], np.eye(2))
    assert cornish_fisher_is_valid(m.skew, m.excess_kurtosis)
    close = cornish_fisher_var(m.mean, m.sd, m.skew, m.excess_kurtosis)
    assert close == pytest.approx(delta_gamma_var([1.0, 1.0], [0.5, -0.5], np.eye(2)), rel=0.02)


@pytest.mark.parametrize("place, name", list(enumerate(["mean", "sd", "skew", "excess_kurtosis", "level"])))
@pytest.mark.parametrize("value", [np.nan, np.inf, "1", None, [1.0, 2.0]])
def test_bad_input_is_named(place, name, value):
    given = [0.0, 1.0, -0.2, 1.0, 0.99]
    given[place] = value
    for f in (cornish_fisher_var, cornish_fisher_es):
        with pytest.raises(InputError, match=f"^{name} is"):
            f(*given)


def test_levels_and_spreads_have_their_bounds():
    for level in (0.0, 1.0, 99, -0.1):
        with pytest.raises(InputError, match="level is"):
            cornish_fisher_quantile(0.0, 0.0, level)
        with pytest.raises(InputError, match="level is"):
            normal_es(0.0, 1.0, level)
    with pytest.raises(InputError, match="sd is -1"):
        cornish_fisher_var(0.0, -1.0, 0.0, 0.0)
    for f in (student_t_var, student_t_es):
        with pytest.raises(InputError, match="dof is 2"):
            f(0.0, 1.0, 2)


@pytest.mark.parametrize("dof", [2.5, 3, 4, 30])
@pytest.mark.parametrize("level", [0.6, 0.975, 0.999])
def test_student_t_by_integration_and_towards_the_normal(dof, level):
    # Concept brief of the chapter on risk assessment: t(3) of unit variance 2.622 at 99 %, 5.897 at 99.9 %
    tail = quad(lambda u: student_t_var(0.5, 2.0, dof, u), level, 1, limit=300, epsrel=1e-9)[0] / (1 - level)
    assert student_t_es(0.5, 2.0, dof, level) == pytest.approx(tail, rel=1e-5)
    assert student_t_var(0.0, 1.0, 1e9, level) == pytest.approx(normal_var(0.0, 1.0, level), rel=1e-6)
    assert student_t_es(0.0, 1.0, 1e7, level) == pytest.approx(normal_es(0.0, 1.0, level), rel=1e-6)
    assert (student_t_var(0, 1, 3), student_t_var(0, 1, 3, 0.999)) == pytest.approx((2.622, 5.897), abs=5e-4)
