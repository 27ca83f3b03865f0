"""Rates by coin: the sum of rules, each on its own coin."""

import numpy as np
import pytest

from greekslab.book import Book
from greekslab.errors import InputError
from greekslab.margin import Account, ByCoin, Cross, FixedRate, liquidation_moves
from greekslab.market import Market

WORLD = Market("2024-01-01", {"BTC": 100.0, "ALT": 50.0})
RULE = ByCoin({"BTC": FixedRate(0.10, 0.05), "*": FixedRate(0.20, 0.10)})
LONGS = Book.from_list([("ALT-PERP", 1), ("BTC-PERP", 1), ("BTC-27DEC24", -1)])


def test_each_coin_pays_its_own_rates():
    # 10 % of 100 twice and 20 % of 50; 5 % of 100 twice and 10 % of 50
    assert RULE.requirement(LONGS, WORLD) == pytest.approx((30.0, 15.0))
    report = RULE.margin(Account(LONGS, cash=40.0), WORLD)
    assert (report.initial, report.maintenance, report.equity) == pytest.approx((30.0, 15.0, 40.0))
    assert report.contributions.tolist() == pytest.approx([10.0, 10.0, 10.0])
    assert list(report.contributions.index) == list(LONGS.names)
    assert report.contributions.sum() == pytest.approx(report.initial)
    assert set(report.parts) == {"ALT: futures and perpetuals", "BTC: futures and perpetuals"}


def test_credits_stay_within_a_coin():
    pairs = ByCoin({u: Cross(rule) for u, rule in RULE.rules.items()})
    # BTC: 20 of charges, a long and a short of the same size, 80 % back
    assert pairs.requirement(LONGS, WORLD) == pytest.approx((10.0 + 4.0, 5.0 + 2.0))


def test_along_the_price_it_is_the_requirement_there():
    moves = np.array([-0.5, 0.0, 0.7])
    along = RULE.requirements_along(LONGS, WORLD, moves)
    assert along == pytest.approx(np.array([RULE.requirement(LONGS, WORLD.moved(x)) for x in moves]))
    # liquidation of one long with a pot of 10 at 5 %: 90 / 0.95 = 94.7368
    alone = Account(Book.from_list([("BTC-PERP", 1, 100.0)]), cash=10.0)
    assert liquidation_moves(alone, WORLD, RULE)[0] == pytest.approx(94.7368 / 100.0 - 1.0, abs=1e-6)


@pytest.mark.parametrize(("rules", "says"), [({}, "rules"), ({"BTC": FixedRate}, "rule of BTC"), ("BTC", "rules")])
def test_bad_rules_are_refused(rules, says):
    with pytest.raises(InputError, match=says):
        ByCoin(rules)


def test_a_coin_without_a_rule_is_named():
    with pytest.raises(InputError, match="ALT"):
        ByCoin({"BTC": FixedRate()}).requirement(LONGS, WORLD)
