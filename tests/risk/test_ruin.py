"""Chance of ruin: counted, by formula, and both against each other."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import norm

from greekslab.errors import InputError
from greekslab.risk import lognormal_ruin, ruin_probability


def test_counted_by_hand():
    # losses 3, 10 and 16 against 10: only 16 is more
    assert ruin_probability([5.0, -3.0, -10.0, -16.0], equity=10.0) == 0.25


@pytest.mark.parametrize("sample", [[-20.0, 1.0], np.array([-20.0, 1.0]), pd.Series([-20.0, 1.0])])
def test_any_kind_of_sample(sample):
    assert ruin_probability(sample, 10.0) == 0.5


def test_equity_already_gone_is_ruined_by_any_day_that_does_not_win_it_back():
    assert ruin_probability([0.0, 5.0, -5.0], equity=-1.0) == pytest.approx(2 / 3)


@given(
    st.lists(st.floats(-1e6, 1e6), min_size=1, max_size=50),
    st.floats(0.0, 1e6),
    st.floats(0.0, 1e6),
    st.floats(0.01, 100.0),
)
def test_more_equity_never_adds_ruin_and_scale_does_not_matter(pnl, equity, more, factor):
    chance = ruin_probability(pnl, equity)
    assert 0.0 <= ruin_probability(pnl, equity + more) <= chance <= 1.0
    # away from ties, which scaling may move by rounding
    if all(abs(-p - equity) > 1e-6 * max(equity, 1.0) for p in pnl):
        assert ruin_probability(factor * np.array(pnl), factor * equity) == chance


def test_lognormal_is_the_normal_distribution_of_the_logarithm():
    # second route: scipy's normal with mean m t and deviation sigma sqrt(t)
    t = 3 / 365
    expected = norm.cdf(np.log(0.84), loc=0.3 * t, scale=0.8 * np.sqrt(t))
    assert lognormal_ruin(fall=0.16, vol=0.8, drift=0.3, days=3) == pytest.approx(expected, rel=1e-12)


def test_lognormal_agrees_with_counting_its_own_draws():
    drawn = np.expm1(np.random.default_rng(1).normal(0.0, 0.8 / np.sqrt(365), 1_000_000))
    chance = lognormal_ruin(fall=0.10, vol=0.8)
    # four standard errors of a count of a million
    assert ruin_probability(drawn, 0.10) == pytest.approx(chance, abs=4 * np.sqrt(chance / 1e6))


def test_limits():
    assert lognormal_ruin(fall=0.0, vol=0.8) == pytest.approx(0.5)  # no drift: up or down
    assert lognormal_ruin(fall=1.0, vol=0.8) == 0.0  # a price cannot fall to zero
    assert lognormal_ruin(fall=[0.1, 2.0], vol=0.8).shape == (2,)


@pytest.mark.parametrize(
    "call",
    [
        lambda: ruin_probability([], 1.0),
        lambda: ruin_probability([np.nan], 1.0),
        lambda: ruin_probability([1.0], np.inf),
        lambda: lognormal_ruin(fall=-0.1, vol=0.8),
        lambda: lognormal_ruin(fall=np.nan, vol=0.8),
        lambda: lognormal_ruin(fall=0.1, vol=0.0),
        lambda: lognormal_ruin(fall=0.1, vol=0.8, days=0.0),
    ],
)
def test_bad_input_is_named(call):
    with pytest.raises(InputError):
        call()
