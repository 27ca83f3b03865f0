"""Tails of a quadratic in normals: the inversion against closed forms, far out and over many sizes at once."""

import numpy as np
import pytest
from scipy import stats
from scipy.integrate import quad

from greekslab.risk.quadratic_form import QuadraticNormal


def drawn(seed, count, least, most):
    """Draw forms whose curvatures and slopes span many powers of ten, zeros among them, and a point of each."""
    rng = np.random.default_rng(seed)
    for _ in range(count):
        n = int(rng.integers(least, most + 1))
        a = rng.choice([-1.0, 1.0], n) * 10 ** rng.uniform(-5, 2, n)
        b = 10 ** rng.uniform(-3, 2, n) * rng.choice([0.0, 1.0, 1.0], n)
        form = QuadraticNormal(float(rng.normal() * np.hypot(a, b).max()), a, b)
        yield form, form.mean + form.sd * rng.uniform(-6, 6)


def test_the_inversion_of_one_factor_is_its_closed_form():
    for form, p in drawn(1, 400, 1, 1):
        exact, found = np.array(form._parabola(p)), np.array(form._inverted(p))
        assert found / [1, form.sd] == pytest.approx(exact / [1, form.sd], abs=1e-13), form


@pytest.mark.parametrize("dof", [2, 3, 10, 50])
@pytest.mark.parametrize("probability", [1e-6, 0.01, 0.5, 0.99])
def test_equal_curvatures_are_a_chi_squared(dof, probability):
    plus, minus = (QuadraticNormal(0.0, sign * np.ones(dof), np.zeros(dof)) for sign in (1.0, -1.0))
    assert plus.quantile(probability) == pytest.approx(stats.chi2.ppf(probability, dof), rel=1e-12)
    assert minus.quantile(probability) == pytest.approx(-stats.chi2.isf(probability, dof), rel=1e-10)
    # mean below the quantile: E(Y; Y <= q) = n P(chi2_{n+2} <= q)
    q = stats.chi2.ppf(probability, dof)
    assert plus.shortfall(probability) == pytest.approx(dof * stats.chi2.cdf(q, dof + 2) / probability, rel=1e-9)


def test_equal_curvatures_with_slopes_are_a_non_central_chi_squared():
    # sum of (y + m)^2 = sum of y^2 + 2 m y + m^2
    m = np.array([0.5, -1.0, 2.0])
    form = QuadraticNormal(float(m @ m), np.ones(3), 2 * m)
    for p in (0.01, 0.3, 0.9):
        assert form.quantile(p) == pytest.approx(stats.ncx2.ppf(p, 3, m @ m), rel=1e-8)


def test_two_factors_against_an_integral_over_one():
    compared = 0
    for form, p in drawn(5, 60, 2, 2):
        k = int(np.argmin(2 * form.a**2 + form.b**2))  # over the smaller: the other's tail is then smooth in it
        one = QuadraticNormal(form.shift, form.a[[1 - k]], form.b[[1 - k]])
        y = np.linspace(-9.0, 9.0, 37)
        rest = lambda z, a=form.a[k], b=form.b[k], one=one, p=p: (  # noqa: E731
            stats.norm.pdf(z) * one._parabola(p - a * z * z - b * z)[0]
        )
        parts = [quad(rest, lo, hi, epsabs=1e-12, limit=100)[0] for lo, hi in zip(y[:-1], y[1:], strict=True)]
        assert form.lower_tail(p)[0] == pytest.approx(sum(parts), abs=1e-9), form
        compared += 1e-6 < sum(parts) < 1 - 1e-6
    assert compared > 30


def test_many_sizes_at_once_give_probabilities():
    for form, p in drawn(11, 300, 2, 8):
        (below, short), (above, _) = form.lower_tail(p), form.lower_tail(p + 0.1 * form.sd)
        assert -1e-12 <= below <= above + 1e-11 <= 1 + 1e-10 and short >= -1e-12 * form.sd
        # Cantelli's bounds hold
        k = (p - form.mean) / form.sd
        assert below <= 1 / (1 + k * k) + 1e-12 if k < 0 else below >= k * k / (1 + k * k) - 1e-12


@pytest.mark.parametrize("probability", [1e-13, 1e-6, 0.01, 0.7, 1 - 1e-9])
def test_the_quantile_is_the_inverse_of_the_tail(probability):
    for form, _ in drawn(3, 25, 1, 5):
        p = form.quantile(probability)
        low, high = (form.lower_tail(p + step * form.sd)[0] for step in (-1e-7, 1e-7))
        assert low <= probability * (1 + 1e-5) and high >= probability * (1 - 1e-5), form


def test_rounding_makes_no_factors():
    # eigenvalues of a singular covariance come out as 1e-18 instead of 0: one factor is left, and the closed form
    x = np.array([0.3, -0.2, 0.1])
    form = QuadraticNormal.of(np.array([1.0, 2.0, 3.0]), np.diag([1.0, -2.0, 0.5]), np.outer(x, x))
    assert len(form.a) == 1
    straight = QuadraticNormal.of(np.array([1.0, 2.0]), np.zeros((2, 2)), np.eye(2))
    assert straight.a.tolist() == [0.0] and straight.b == pytest.approx([5**0.5])
