"""SVI and SSVI: the published slice of Vogt, exact conversions, arbitrage over all strikes, the repair."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.integrate import quad

from greekslab.errors import InputError
from greekslab.market import HestonLike, PowerLaw, Ssvi, Svi, SviJumpWings, SviNatural
from greekslab.market.arbitrage import calendar

# Gatheral and Jacquier (2014), example 3.1: a slice of Axel Vogt's, plausible and yet with butterfly arbitrage
VOGT = Svi(a=-0.0410, b=0.1331, rho=0.3060, m=0.3586, sigma=0.4153, tau=1.0)


@st.composite
def slices(draw):
    number = lambda low, high: draw(st.floats(low, high))  # noqa: E731
    b, rho, sigma = 10 ** number(-3, 0.3), number(-0.99, 0.99), 10 ** number(-2.5, 0.5)
    least = 10 ** number(-4, 0)
    a = least - b * sigma * np.sqrt(1 - rho**2)
    return Svi(a=a, b=b, rho=rho, m=number(-1, 1), sigma=sigma, tau=10 ** number(-2, 0.5))


K = np.linspace(-2, 2, 41)


# --- the published slice


def test_vogts_slice_in_jump_wings():
    # the paper's section 5.1 prints v, psi, p, c, v~
    jw = VOGT.to_jump_wings()
    printed = (0.01742625, -0.1752111, 0.6997381, 1.316798, 0.0116249)
    assert (jw.v, jw.psi, jw.p, jw.c, jw.v_tilde) == pytest.approx(printed, rel=1e-6)


def test_vogts_slice_has_butterfly_arbitrage_and_the_repair_of_the_paper_has_none():
    check = VOGT.butterfly()
    assert not check.free and check.g < 0 and 0.8 < check.k < 1.0  # figure 2: g below 0 around 0.9
    assert check.wing < 2  # the wings alone would not tell
    repaired = VOGT.repaired()
    jw = repaired.to_jump_wings()
    assert (jw.c, jw.v_tilde) == pytest.approx((0.3493158, 0.01548182), rel=1e-6)  # section 5.1
    kept = VOGT.to_jump_wings()
    assert (jw.v, jw.psi, jw.p) == pytest.approx((kept.v, kept.psi, kept.p), rel=1e-12)
    assert repaired.butterfly().free
    assert kept.repaired().to_raw().vol(K) == pytest.approx(repaired.vol(K), rel=1e-9)


def test_a_repaired_slice_is_left_alone():
    repaired = VOGT.repaired()
    assert repaired.repaired() is repaired


# --- identities


@given(slices())
def test_every_form_is_the_same_curve(svi):
    natural, jw = svi.to_natural(), svi.to_jump_wings()
    w = svi.total_variance(K)
    assert natural.to_raw().total_variance(K) == pytest.approx(w, rel=1e-9, abs=1e-12)
    form = 1 + natural.zeta * natural.rho * (K - natural.mu)
    form = form + np.sqrt((natural.zeta * (K - natural.mu) + natural.rho) ** 2 + 1 - natural.rho**2)
    assert natural.delta + 0.5 * natural.omega * form == pytest.approx(w, rel=1e-8, abs=1e-10)  # eq. 3.2 as printed
    if jw.v - jw.v_tilde > 1e-3 * jw.v:  # lowest at the money: jump wings lose the bend, see below
        assert jw.to_raw().total_variance(K) == pytest.approx(w, rel=1e-6, abs=1e-10)


def test_jump_wings_with_the_bend_centred_at_the_money():
    # lemma 3.2 has a case of its own for m = 0
    svi = Svi(a=0.09, b=0.25, rho=-0.2, m=0.0, sigma=0.3, tau=0.5)
    assert vars(svi.to_jump_wings().to_raw()) == pytest.approx(vars(svi), rel=1e-12, abs=1e-15)


@given(slices(), st.floats(-2, 2))
def test_derivatives_are_those_of_the_curve(svi, k):
    h = 1e-4 * np.hypot(k - svi.m, svi.sigma)
    up, down = svi.total_variance(k + h), svi.total_variance(k - h)
    scale = svi.b + svi.total_variance(k) / h * 1e-9  # rounding of the differences
    assert (up - down) / (2 * h) == pytest.approx(svi.slope(k), rel=1e-6, abs=1e-6 * scale)
    slopes = (svi.slope(k + h) - svi.slope(k - h)) / (2 * h)
    assert slopes == pytest.approx(svi.curvature(k), rel=1e-4, abs=1e-6 * svi.b / svi.sigma)
    vols = (svi.vol(k + h) - svi.vol(k - h)) / (2 * h)
    assert vols == pytest.approx(svi.vol_slope(k), rel=1e-4, abs=1e-5)


def test_the_density_of_a_free_slice_is_one():
    """It integrates to 1 and its mean is the forward; that of Vogt's slice does so with a part below 0."""
    for svi in (VOGT, VOGT.repaired(), Svi(a=0.04, b=0.4, rho=-0.4, m=0.05, sigma=0.1, tau=1.0)):
        assert quad(svi.density, -60, 60, limit=400, points=[0, svi.m])[0] == pytest.approx(1, abs=1e-6)
        mean = quad(lambda k, s=svi: np.exp(k) * s.density(k), -60, 60, limit=400, points=[0, svi.m])[0]
        assert mean == pytest.approx(1, abs=1e-6)
    assert VOGT.density(0.9) < 0 < VOGT.repaired().density(0.9)


def test_a_flat_slice_is_black():
    svi = Svi(a=0.09, b=0.0, rho=0.0, m=0.0, sigma=1.0, tau=0.25)
    assert svi.vol(K) == pytest.approx(np.full(K.shape, 0.6), rel=1e-15)
    assert svi.durrleman(K) == pytest.approx(np.ones(K.shape))
    assert svi.butterfly().free and svi.scaled(0.0).vol(0.3) == 0.0
    assert svi.scaled(1.5).vol(0.3) == pytest.approx(0.9)
    assert isinstance(svi.vol(0.0), float) and svi.vol([0.0]).shape == (1,)


# --- arbitrage over all strikes, against a second implementation: a fine net


@given(slices())
def test_g_is_nowhere_below_what_the_check_says(svi):
    check = svi.butterfly()
    k = svi.m + svi.sigma * np.sinh(np.linspace(-12, 12, 4001))
    g = svi.durrleman(k)
    assert g.min() >= check.g - 1e-7 * max(1.0, abs(check.g))
    if np.isfinite(check.k):
        assert svi.durrleman(check.k) == check.g
    else:
        assert check.g == pytest.approx((4 - (svi.b * (1 + np.sign(check.k) * svi.rho)) ** 2) / 16)


def test_wings_that_reach_two_are_arbitrage():
    # Lee (2004): slope 2 of total variance is the limit; b (1 + |rho|) = 2.1 and 1.9 with a wide bend
    steep, gentle = (Svi(a=0.5, b=x / 1.5, rho=-0.5, m=0.0, sigma=2.0, tau=1.0) for x in (2.1, 1.9))
    assert steep.butterfly().wing == pytest.approx(2.1) and not steep.butterfly().free
    assert gentle.butterfly().free
    assert steep.durrleman(-1e9) < 0 < gentle.durrleman(-1e9)


@given(slices())
def test_what_is_repaired_is_free(svi):
    try:
        repaired = svi.repaired()
    except InputError as error:
        assert "put wing" in str(error)
        return
    assert repaired.butterfly().free
    assert repaired.total_variance(0.0) == pytest.approx(svi.total_variance(0.0), rel=1e-9)
    assert repaired.slope(0.0) == pytest.approx(svi.slope(0.0), rel=1e-6, abs=1e-9)
    assert repaired.b * (1 - repaired.rho) == pytest.approx(svi.b * (1 - svi.rho), rel=1e-6)


@given(slices(), slices())
def test_slices_cross_where_the_calendar_check_says(near, far):
    check = calendar(near, far)
    k = near.m + near.sigma * np.sinh(np.linspace(-9, 9, 2001))
    gap = far.total_variance(k) - near.total_variance(k)
    if check.free:
        assert gap.min() > -1e-9
    elif np.isinf(check.k):
        slope = [s.b * (1 + np.sign(check.k) * s.rho) for s in (near, far)]
        assert slope[0] > slope[1] if np.isinf(check.gap) else slope[0] == pytest.approx(slope[1], abs=1e-11)
    else:
        assert far.total_variance(check.k) < near.total_variance(check.k)
        assert check.gap <= gap.min() + 1e-6 * (1 + abs(gap.min()))


def test_a_slice_touches_but_does_not_cross_itself():
    assert calendar(VOGT, VOGT).free and calendar(VOGT, VOGT.scaled(1.1)).free
    assert not calendar(VOGT.scaled(1.1), VOGT).free


# --- SSVI


def test_an_ssvi_slice_is_the_natural_form():
    surface = Ssvi(-0.6, PowerLaw(1.2))
    for theta in (0.01, 0.2):
        assert surface.at(theta, 0.5).total_variance(K) == pytest.approx(surface.total_variance(K, theta), rel=1e-12)
    natural = surface.at(0.2, 0.5).to_natural()
    assert (natural.delta, natural.mu) == pytest.approx((0, 0), abs=1e-12)
    assert (natural.omega, natural.zeta) == pytest.approx((0.2, surface.phi(0.2)))


@pytest.mark.parametrize("phi", [PowerLaw(0.9, 0.3), PowerLaw(1.2, 0.5), HestonLike(0.05), HestonLike(4.0)])
@pytest.mark.parametrize("theta", [1e-6, 1e-3, 0.0999, 0.1001, 3.0])
def test_growth_is_the_derivative_of_theta_phi(phi, theta):
    h = 1e-4 * theta
    slope = ((theta + h) * phi(theta + h) - (theta - h) * phi(theta - h)) / (2 * h)
    assert phi.growth(theta) == pytest.approx(slope, rel=1e-7)


def test_heston_like_phi_at_small_theta():
    # x = lambda theta: phi = 1/2 - x/6 + x^2/24 - ..., by hand
    x = 1e-5
    assert HestonLike(1.0)(x) == pytest.approx(0.5 - x / 6 + x**2 / 24, rel=1e-15)


@given(st.floats(-0.95, 0.95), st.floats(0.05, 1.0), st.floats(0.05, 0.5), st.booleans())
def test_surfaces_that_are_always_free_are_free_slice_by_slice(rho, share, gamma, power):
    tilt = 1 + abs(rho)
    surface = Ssvi(rho, PowerLaw(2 * share / tilt, gamma) if power else HestonLike(tilt / 4 / share))
    assert surface.phi.always_free(rho) or share == 1.0
    thetas = [0.001, 0.03, 0.2, 1.5]
    table, raw = surface.conditions(thetas), [surface.at(theta, 1.0) for theta in thetas]
    assert table["free"].all()
    assert all(s.butterfly().free for s in raw)
    assert all(calendar(a, b).free for a, b in zip(raw, raw[1:], strict=False))


# --- what cannot be used

BAD = dict(a=0.04, b=0.4, rho=-0.4, m=0.0, sigma=0.1, tau=1.0)
WINGS = dict(v=0.09, psi=-0.1, p=0.6, c=0.4, v_tilde=0.08, tau=1.0)


@pytest.mark.parametrize(
    "build, word",
    [
        (lambda: Svi(**BAD | {"b": -0.1}), "b is -0.1"),
        (lambda: Svi(**BAD | {"rho": 1.0}), "rho is 1.0"),
        (lambda: Svi(**BAD | {"sigma": 0.0}), "sigma is 0.0"),
        (lambda: Svi(**BAD | {"tau": 0}), "tau is 0"),
        (lambda: Svi(**BAD | {"m": float("nan")}), "m is nan"),
        (lambda: Svi(**BAD | {"a": "0.04"}), "a is 0.04: give one number"),
        (lambda: Svi(**BAD | {"a": -0.2}), "total variance would be negative; give -0.03666"),
        (lambda: Svi(**BAD).vol(float("inf")), "k is inf"),
        (lambda: Svi(**BAD).scaled(-1.0), "factor is -1.0"),
        (lambda: Svi(a=0.0, b=0.0, rho=0.0, m=0.0, sigma=1.0, tau=1.0).to_jump_wings(), "raise a"),
        (lambda: SviNatural(delta=0.0, mu=0.0, rho=0.0, omega=0.1, zeta=0.0, tau=1.0), "zeta is 0.0"),
        (lambda: SviJumpWings(**WINGS | {"c": 0.0}), "c is 0.0"),
        (lambda: SviJumpWings(**WINGS | {"psi": 0.3}), "psi is 0.3: give a slope between -p/2 = -0.3 and c/2 = 0.2"),
        (lambda: SviJumpWings(**WINGS | {"v_tilde": 0.1}), "v_tilde is 0.1"),
        (lambda: SviJumpWings(**WINGS | {"psi": 0.0}).to_raw(), "lowest at the money"),
        (lambda: Svi(**BAD | {"b": 3.0}).repaired(), "put wing"),
        (lambda: Ssvi(1.0, PowerLaw(1.0)), "rho is 1.0"),
        (lambda: Ssvi(0.1, 0.5), "give PowerLaw"),
        (lambda: PowerLaw(1.0, 1.0), "gamma is 1.0"),
        (lambda: HestonLike(0.0), "lam is 0.0"),
        (lambda: Ssvi(0.1, PowerLaw(1.0)).at(0.0, 1.0), "theta is 0.0"),
        (lambda: Ssvi(0.1, PowerLaw(1.0)).conditions([0.2, 0.1]), "falls below 0.2"),
    ],
)
def test_bad_input_is_named(build, word):
    with pytest.raises(InputError) as error:
        build()
    assert word in str(error.value)
