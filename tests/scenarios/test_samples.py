"""Samples of moves: past prices, and a Student distribution in equally likely slices."""

import numpy as np
import pandas as pd
import pytest
from scipy.stats import t

from greekslab.errors import InputError
from greekslab.market import bars
from greekslab.scenarios import past_moves, student_moves


def test_past_moves_are_the_changes_from_price_to_price():
    sample = past_moves(pd.Series([100.0, 110.0, 99.0]), days=0.5)
    assert sample.moves("ANY").tolist() == pytest.approx([0.1, -0.1])
    assert sample.days == 0.5 and (sample.weights == 1.0).all()


def test_recorded_days():
    # worst day of the data card's span: 2018-01-16, from 13 602 (open) to 11 065
    closes = bars("BTC", "1d")["close"]
    moves = past_moves(closes).moves("BTC")
    assert len(moves) == len(closes) - 1
    assert np.log1p(moves).sum() == pytest.approx(np.log(closes.iloc[-1] / closes.iloc[0]))


def test_slices_keep_the_mean_and_nearly_the_deviation():
    moves = student_moves(0.6, dof=5, days=1, count=4000).moves("ANY")
    assert moves.mean() == pytest.approx(0.0, abs=1e-12) and (np.diff(moves) > 0).all()
    assert moves.std() == pytest.approx(0.6 / np.sqrt(365), rel=5e-3)


@pytest.mark.parametrize("dof", [2.5, 3, 8])
def test_the_shortfall_of_a_straight_line_is_the_closed_form(dof):
    # ES of t(nu): (nu + q^2) / (nu - 1) f(q) / (1 - a) (McNeil, Frey and Embrechts 2005, example 2.19)
    q = t.ppf(0.975, dof)
    closed = 0.6 / np.sqrt(365) * np.sqrt((dof - 2) / dof) * (dof + q**2) / (dof - 1) * t.pdf(q, dof) / 0.025
    moves = student_moves(0.6, dof=dof, count=2000).moves("ANY")
    assert -moves[:50].mean() == pytest.approx(closed, rel=1e-12)


@pytest.mark.parametrize(
    "bad",
    [{"vol": -0.1}, {"vol": 0.6, "dof": 2.0}, {"vol": 0.6, "days": 0.0}, {"vol": 0.6, "count": 0}, {"vol": 9.0}],
    ids=str,
)
def test_a_bad_distribution_is_refused(bad):
    with pytest.raises(InputError):
        student_moves(**bad)


@pytest.mark.parametrize(
    "prices", [[100.0, 99.0], pd.Series([100.0]), pd.Series([100.0, 0.0]), pd.Series([1.0, 2.0], [2, 1])], ids=str
)
def test_bad_prices_are_refused(prices):
    with pytest.raises(InputError):
        past_moves(prices)
    with pytest.raises(InputError):
        past_moves(pd.Series([1.0, 2.0]), days=0)
