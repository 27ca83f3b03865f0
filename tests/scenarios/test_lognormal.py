"""Equally likely slices of a lognormal move: its mean, its deviation, its quantiles."""

import numpy as np
import pytest
from scipy.special import ndtri

from greekslab.book import Book, pnl_cube
from greekslab.errors import InputError
from greekslab.market import Market
from greekslab.risk import value_at_risk
from greekslab.scenarios import lognormal_moves


def test_mean_zero_and_the_deviation_of_the_log():
    # own derivation: E exp(s z - s^2/2) = 1, and the log has deviation s; the middles of slices cut the last tails
    moves = lognormal_moves(0.6, days=4.0, count=20_000).moves("BTC")
    s = 0.6 * np.sqrt(4.0 / 365.0)
    assert moves.mean() == pytest.approx(0.0, abs=2e-5)
    assert np.log1p(moves).std() == pytest.approx(s, rel=1e-3)
    assert np.log1p(moves).mean() == pytest.approx(-s * s / 2.0)


@pytest.mark.parametrize("side", [1.0, -1.0])
def test_quantile_of_a_straight_line_is_exact(side):
    # closed form: a long loses 1 - exp(-z s - s^2/2) at 99 %, a short exp(z s - s^2/2) - 1
    book, s, z = Book.from_list([("TOY-PERP", side)]), 0.6 / np.sqrt(365.0), ndtri(0.99)
    loss = value_at_risk(pnl_cube(book, Market.toy(), lognormal_moves(0.6)).total(), 0.99)
    assert loss == pytest.approx(-side * 100.0 * np.expm1(-side * z * s - s * s / 2.0), rel=1e-12)


def test_days_pass_for_the_options_too():
    assert lognormal_moves(0.6, days=3.0).days == 3.0
    assert len(lognormal_moves(0.0, count=7)) == 7 and not lognormal_moves(0.0).moves("").any()


@pytest.mark.parametrize("bad", [dict(vol=-0.1), dict(vol=0.6, days=0.0), dict(vol=0.6, count=0), dict(vol="0.6")])
def test_bad_input_is_named(bad):
    with pytest.raises(InputError):
        lognormal_moves(**bad)
