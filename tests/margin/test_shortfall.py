"""Shortfall margin: the mean of the worst outcomes, its split, and its bounds."""

import numpy as np
import pytest

from greekslab.book import named_books, pnl_cube
from greekslab.errors import InputError
from greekslab.margin import ShortfallMargin
from greekslab.market import Market
from greekslab.risk import expected_shortfall
from greekslab.scenarios import grid, past_moves, published, student_moves

TOY = Market.toy()
BOOKS = named_books(TOY)
SAMPLE = student_moves(0.6, count=1000)


@pytest.mark.parametrize("level", [0.9, 0.975, 0.9993])  # 100, 25 and 0.7 outcomes
@pytest.mark.parametrize("name", ["long perp", "short straddle", "call spread", "protective put"])
def test_it_is_the_expected_shortfall_of_the_book(name, level):
    rule = ShortfallMargin(SAMPLE, level)
    total = pnl_cube(BOOKS[name], TOY, SAMPLE).total()
    assert rule.requirement(BOOKS[name], TOY)[0] == pytest.approx(expected_shortfall(total, level))


def test_perpetual_by_hand():
    # ten moves, 80 %: the mean of the two worst, 20 % and 10 % of 100; twice that with a multiplier of 2
    rule = ShortfallMargin(grid([-0.2, -0.1, 0, 0, 0, 0, 0.1, 0.1, 0.1, 0.1]), 0.8, 2.0, 0.5)
    assert rule.requirement(BOOKS["long perp"], TOY) == pytest.approx((30.0, 15.0))


def test_contributions_add_up_and_marginal_is_what_closing_frees():
    rule = ShortfallMargin(SAMPLE)
    book = BOOKS["hedged straddle"]
    report = rule.margin(book, TOY)
    assert report.contributions.sum() == pytest.approx(report.initial)
    assert report.initial == pytest.approx(rule.requirement(book, TOY)[0])
    for i in range(len(book)):
        freed = report.initial - rule.requirement(book.without(i), TOY)[0]
        assert report.marginal.iloc[i] == pytest.approx(freed)
    # Euler: the contribution is the derivative in the size of the leg
    step = 1e-6
    longer = book + step * type(book)((book.positions[0],))
    slope = (rule.requirement(longer, TOY)[0] - report.initial) / step
    assert slope == pytest.approx(report.contributions.iloc[0], rel=1e-4)


def test_it_never_asks_less_than_nothing_and_is_subadditive():
    rule = ShortfallMargin(SAMPLE)
    assert rule.requirement(BOOKS["conversion"], TOY) == (0.0, 0.0)
    assert rule.margin(BOOKS["conversion"], TOY).initial == 0.0
    for a in BOOKS.values():
        for b in BOOKS.values():
            apart = rule.requirement(a, TOY)[0] + rule.requirement(b, TOY)[0]
            assert rule.requirement(a + b, TOY)[0] <= apart + 1e-9


def test_along_is_one_market_after_another(monkeypatch):
    import greekslab.margin.shortfall as module

    monkeypatch.setattr(module, "_BLOCK", 3_000)  # several pieces
    rule, moves = ShortfallMargin(SAMPLE), np.array([-0.3, 0.0, 0.2])
    book = BOOKS["short straddle"]
    one = [rule.requirement(book, TOY.moved(x)) for x in moves]
    assert rule.requirements_along(book, TOY, moves) == pytest.approx(np.array(one))


@pytest.mark.parametrize(
    "bad",
    [
        {"scenarios": "sample"}, {"scenarios": published("paradex-24")}, {"level": 0.0}, {"level": 1.0},
        {"multiplier": 0.0}, {"maintenance_share": 0.0}, {"maintenance_share": 1.1},
    ],
    ids=lambda bad: next(iter(bad)),
)  # fmt: skip
def test_bad_parameters_are_refused(bad):
    with pytest.raises(InputError):
        ShortfallMargin(**{"scenarios": SAMPLE} | bad)


def test_past_moves_know_only_the_past():
    import pandas as pd

    calm = past_moves(pd.Series([100.0, 101.0, 100.0, 101.0]))
    assert ShortfallMargin(calm).requirement(BOOKS["long perp"], TOY)[0] == pytest.approx(100.0 / 101.0)
