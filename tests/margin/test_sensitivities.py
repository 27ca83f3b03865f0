"""Sensitivity-based margin: the shared form, its two curvatures, and bad input."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import norm

from greekslab.book import Book, named_books
from greekslab.errors import InputError
from greekslab.margin import SensitivityMargin, across_buckets, bucket_margin, simm_curvature
from greekslab.market import Market
from greekslab.pricing import greeks, price

TOY, BTC = Market.toy(), Market.btc()
BOOKS, REAL = named_books(TOY), named_books(BTC)
RULE = SensitivityMargin()
AMOUNTS = st.lists(st.floats(-1e6, 1e6), min_size=1, max_size=6)


@given(AMOUNTS)
def test_correlation_one_is_the_net_and_zero_the_right_angle(weighted):
    assert bucket_margin(weighted, 1.0) == pytest.approx(abs(sum(weighted)), rel=1e-6, abs=1e-2)
    assert bucket_margin(weighted, 0.0) == pytest.approx(np.sqrt(np.sum(np.square(weighted))), rel=1e-9)


def test_direction_decides_what_correlation_does():
    # long 100 and short 80, or both long, at 0.8: sqrt(100^2 + 80^2 -+ 2 x 0.8 x 100 x 80)
    assert bucket_margin([100, -80], 0.8) == pytest.approx(60.0)
    assert bucket_margin([100, 80], 0.8) == pytest.approx(170.8801)


def test_buckets_add_like_sensitivities_while_the_sums_are_within_their_margins():
    assert across_buckets([3.0, 4.0], [3.0, -4.0], 0.0) == pytest.approx(5.0)
    assert across_buckets([3.0, 4.0], [3.0, 4.0], 1.0) == pytest.approx(7.0)
    assert across_buckets([3.0, 4.0], [30.0, 4.0], 0.5) == pytest.approx(np.sqrt(25 + 3.0 * 4.0))  # 30 counts as 3


def test_simm_curvature_of_one_factor():
    z = norm.ppf(0.995)
    assert simm_curvature([2.0], 2.0) == pytest.approx(2.0 * z**2)  # theta 0, lambda z^2 - 1
    assert simm_curvature([-2.0], 2.0) == pytest.approx(0.0, abs=1e-12)  # theta -1, lambda 1


# --- the rule over a book


def test_the_straddles_parts_by_hand():
    # delta 0.06854 x 16; vega 2 x 11.395 x 0.6 x 0.40; curvature: revalued at +16 %, less delta's share
    parts = RULE.margin(BOOKS["short straddle"], TOY).parts
    assert parts["delta"][0] == pytest.approx(1.0966, abs=1e-4)
    assert parts["vega"][0] == pytest.approx(5.4696, abs=1e-4)
    terms = {"strike": 100, "vol": 0.6, "tau": 30 / 365}
    up, now = (sum(price(forward=f, kind=kind, **terms) for kind in ("call", "put")) for f in (116, 100))
    down = sum(price(forward=84, kind=kind, **terms) for kind in ("call", "put"))
    both = [up - now - 1.0966305, down - now + 1.0966305]
    assert parts["curvature"][0] == pytest.approx(max(both), abs=1e-6)


def test_simms_curvature_is_the_gamma_loss_at_its_quantile():
    # vega = gamma S^2 sigma tau, so half the scaled vega is gamma's loss at a move of one deviation over the horizon
    rule = SensitivityMargin(curvature="vega", horizon_days=14.0)
    g = greeks(forward=100, strike=100, vol=0.6, tau=30 / 365)
    move = norm.ppf(0.995) * 0.6 * np.sqrt(14 / 365)
    by_hand = 2 * g.gamma * 100.0**2 * move**2 / 2
    assert rule.margin(BOOKS["short straddle"], TOY).parts["curvature"][0] == pytest.approx(by_hand, rel=1e-9)
    assert rule.margin(BOOKS["long call"], TOY).parts["curvature"][0] == 0.0


@pytest.mark.parametrize("form", ["revaluation", "vega"])
@pytest.mark.parametrize("name", REAL)
def test_contributions_sum_to_the_requirement_and_marginals_are_what_closing_saves(form, name):
    rule = SensitivityMargin(curvature=form, tenor_correlation=0.7)
    book = REAL[name] + 0.4 * REAL["short strangle"]
    report = rule.margin(book, BTC)
    assert report.contributions.sum() == pytest.approx(report.initial, rel=1e-9, abs=1e-6)
    assert report.initial == pytest.approx(rule.requirement(book, BTC)[0])
    assert report.marginal.iloc[0] == pytest.approx(report.initial - rule.requirement(book.without(0), BTC)[0])


@given(size=st.floats(0.01, 100.0), name=st.sampled_from(sorted(BOOKS)))
def test_twice_the_book_needs_twice_the_margin(size, name):
    one = RULE.requirement(BOOKS[name], TOY)[0]
    assert RULE.requirement(size * BOOKS[name], TOY)[0] == pytest.approx(size * one, rel=1e-9, abs=1e-9 * size)


def test_underlyings_are_summed():
    market = Market(TOY.time, spots={"BTC": 100.0, "ETH": 50.0})
    assert RULE.requirement(Book.from_list([("BTC-PERP", 1.0), ("ETH-PERP", -2.0)]), market)[0] == pytest.approx(32.0)


@pytest.mark.parametrize("wrong", [
    {"delta_weight": 0.0}, {"delta_weight": 1.0}, {"tenor_correlation": 2.0}, {"curvature": "gamma"},
    {"horizon_days": 0.0}, {"maintenance_share": 0.0}, {"vol_rule": None},
])  # fmt: skip
def test_bad_parameters_are_refused(wrong):
    with pytest.raises(InputError):
        SensitivityMargin(**wrong)


@pytest.mark.parametrize("combined", [np.nan, -1.0, np.inf, [1.0, 2.0]])
def test_bad_sums_of_curvature_are_refused(combined):
    with pytest.raises(InputError, match="combined"):
        simm_curvature([1.0], combined)


@pytest.mark.parametrize("correlation", [1.5, -2.0, [[1.0, 0.5], [0.4, 1.0]], [[0.5, 0.1], [0.1, 0.5]], np.nan, "high"])
def test_bad_correlations_are_refused(correlation):
    with pytest.raises(InputError):
        bucket_margin([1.0, 2.0], correlation)
