"""Functionals on the cube: worst case, its ties and split; VaR and ES; where they keep and break subadditivity."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from greekslab.book import Book, named_books, pnl_cube
from greekslab.errors import InputError
from greekslab.market import Market
from greekslab.risk import contributions, expected_shortfall, value_at_risk, worst
from greekslab.scenarios import grid, published

TOY = Market.toy()
BOOKS = named_books(TOY)
P24 = published("paradex-24")
SAMPLES = st.lists(st.floats(-1e6, 1e6), min_size=1, max_size=60)


def test_ties_bind_the_scenario_that_comes_first():
    book = BOOKS["long perp"]
    found = worst(pnl_cube(book, TOY, grid([0.1, -0.1, -0.1 * (1 + 1e-12)])))
    assert (found.index, found.name) == (1, "-10 %, vol same")
    apart = worst(pnl_cube(book, TOY, grid([0.1, -0.1, -0.1 * (1 + 1e-6)])))
    assert apart.index == 2


def test_no_loss_binds_nothing():
    for book, scenarios in [(BOOKS["conversion"], P24), (BOOKS["long call"], grid([0.1, 0.2]))]:
        found = worst(pnl_cube(book, TOY, scenarios))
        assert (found.loss, found.index, found.name) == (0.0, None, None)
        assert contributions(pnl_cube(book, TOY, scenarios), found).tolist() == [0.0] * len(book)


@pytest.mark.parametrize("name", list(BOOKS))
def test_contributions_sum_to_the_worst_loss_and_are_its_derivative(name):
    book = BOOKS[name]
    cube = pnl_cube(book, TOY, P24)
    found = worst(cube)
    split = contributions(cube, found)
    assert split.sum() == pytest.approx(found.loss, abs=1e-12)
    for i, share in enumerate(split if found.loss > 0 else ()):
        h = 1e-6  # Euler: size of the leg times the change of the requirement in that size
        legs = [(p.instrument, p.quantity * (1 + (h if j == i else 0.0))) for j, p in enumerate(book)]
        grown = worst(pnl_cube(Book.from_list(legs), TOY, P24)).loss
        assert (grown - found.loss) / h == pytest.approx(share, abs=1e-4)


@given(st.sampled_from(list(BOOKS)), st.sampled_from(list(BOOKS)), st.floats(-3, 3), st.floats(-3, 3))
def test_the_scan_is_subadditive_and_scales(first, second, a, b):
    if min(abs(a), abs(b)) < 1e-6:
        a, b = 1.0, -1.0
    one, two = a * BOOKS[first], b * BOOKS[second]

    def margin(book):
        return worst(pnl_cube(book, TOY, P24)).loss

    assert margin(one + two) <= margin(one) + margin(two) + 1e-9
    assert margin(2.0 * one) == pytest.approx(2.0 * margin(one), rel=1e-9, abs=1e-9)


def test_var_punishes_diversification_where_the_scan_cannot():
    # Two independent positions that each lose 1 with probability 0.7 %: each has a 99 % VaR of 0, together
    # 1 - 0.993^2 = 1.395 % of the time at least one pays, so the pair's VaR is 1.
    n = 1000
    alone = np.repeat([-1.0, 0.0], [7, n - 7])
    pair = np.add.outer(alone, alone).ravel()
    assert value_at_risk(alone, 0.99) == 0.0
    assert value_at_risk(pair, 0.99) == 1.0
    assert expected_shortfall(pair, 0.99) <= 2 * expected_shortfall(alone, 0.99)


@given(SAMPLES, st.floats(0.5, 0.999))
def test_shortfall_is_at_least_var_and_var_is_a_quantile(pnl, level):
    var, es = value_at_risk(pnl, level), expected_shortfall(pnl, level)
    losses = -np.asarray(pnl)
    assert es >= var - 1e-9 * max(1.0, abs(var))
    assert var in losses
    # the definition: the smallest loss not exceeded with probability `level` or more
    assert np.mean(losses <= var) >= level - 1e-9
    smaller = losses[losses < var]
    assert smaller.size == 0 or np.mean(losses <= smaller.max()) < level + 1e-9


def test_large_samples_meet_the_normal_closed_form():
    # Standard normal: VaR 99 % is 2.326, ES 97.5 % is phi(z)/(1 - a) = 2.338 (McNeil, Frey and Embrechts, ex. 2.18).
    pnl = stats.norm.ppf((np.arange(1_000_000) + 0.5) / 1_000_000)
    assert value_at_risk(pnl, 0.99) == pytest.approx(2.3263, abs=1e-3)
    assert expected_shortfall(pnl, 0.975) == pytest.approx(2.3378, abs=1e-3)


def test_a_tail_smaller_than_one_outcome_is_the_worst_outcome():
    assert expected_shortfall([-3.0, 1.0, 2.0], 0.99) == value_at_risk([-3.0, 1.0, 2.0], 0.99) == 3.0


@pytest.mark.parametrize("bad", [dict(pnl=[], level=0.9), dict(pnl=[1, np.nan], level=0.9), dict(pnl=[1], level=99)])
def test_bad_samples_are_refused(bad):
    for function in (value_at_risk, expected_shortfall):
        with pytest.raises(InputError):
            function(**bad)


def test_three_ways_to_read_a_quantile_off_a_sample():
    # Hull, ch. 22: of 500 scenarios the VaR at 99 % is the fifth worst loss, 253,385; by definition it is the sixth
    worst_five = [477_841.0, 345_435.0, 282_204.0, 277_041.0, 253_385.0]
    pnl = -np.array([*worst_five, *np.linspace(250_000.0, -250_000.0, 495)])
    assert value_at_risk(pnl, 0.99, rule="k-th worst") == 253_385.0
    assert value_at_risk(pnl, 0.99) == value_at_risk(pnl, 0.99, rule="definition") == 250_000.0
    between = value_at_risk(pnl, 0.99, rule="interpolated")
    assert between == pytest.approx(np.percentile(-pnl, 99), rel=1e-12) and 250_000.0 < between < 253_385.0
    # where less than one outcome lies beyond the level, all but the interpolation take the worst
    assert value_at_risk(pnl[:10], 0.99, rule="k-th worst") == value_at_risk(pnl[:10], 0.99) == 477_841.0
    with pytest.raises(InputError, match="rule is nearest"):
        value_at_risk(pnl, 0.99, rule="nearest")
