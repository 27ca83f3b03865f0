"""Derive PM1: published cases restated, identities, and bad input."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from greekslab.book import Book, Option, Perpetual, Position, Spot, named_books
from greekslab.errors import InputError
from greekslab.margin import Account
from greekslab.margin.venues import DerivePM1, DerivePM2
from greekslab.market import FlatVol, Market
from greekslab.scenarios import published

TOY = Market.toy()
RULE = DerivePM1.published()
TESTS = DerivePM1.published("tests")
ETH = Market("2025-01-01", {"ETH": 1500.0}, perps={"ETH": 1505.0})


def book(*legs):
    return Book(tuple(legs))


# derivexyz/v2-core @ 7736900d, test/risk-managers/unit-tests/PMRM/testAndVerifyScenarios.json
def test_published_a_perpetual():
    report = TESTS.margin(book(Position(Perpetual("ETH"), 1.0)), ETH)  # Test16
    assert report.excess == pytest.approx(-332.475) and report.equity - report.maintenance == pytest.approx(-255.75)
    assert report.initial == pytest.approx(1.3 * (0.15 * 1505 + 0.02 * 1500)) and report.binding == "-15 %, vol up"


def test_published_a_short_box_is_worth_its_payoff_in_every_scenario():
    expiry = ETH.time + pd.Timedelta(seconds=500_400)  # Test20
    market = replace(ETH, forwards={"ETH": {expiry: 1500.833279310994}}, vols={"ETH": FlatVol(1.0)}, rate=0.03)
    legs = [(1500, "call", -1), (1500, "put", 1), (2500, "call", 1), (2500, "put", -1)]
    box = book(*(Position(Option("ETH", "linear", expiry, k, kind), q) for k, kind, q in legs))
    report = TESTS.margin(box, market)
    assert (report.excess, report.equity, report.initial) == pytest.approx((-1000.0, -1000.0, 0.0), abs=1e-9)
    assert report.binding is None and TESTS.basis_contingency(box, market) == 0.0


def test_parts_and_contributions_add_up():
    for legs in named_books(TOY).values():
        report = RULE.margin(legs, TOY)
        assert report.contributions.sum() == pytest.approx(report.initial)
        assert RULE.requirement(legs, TOY) == pytest.approx((report.initial, report.maintenance))
        assert report.initial >= report.maintenance >= 0.0


def test_only_what_an_expiry_is_worth_is_discounted():
    short, long = named_books(TOY)["short call"], named_books(TOY)["long call"]
    still = RULE.scenarios.names.index("0 %, vol same")
    assert RULE.margin(short, TOY).scan["pnl"][still] == pytest.approx(0.0, abs=1e-12)
    value = RULE.margin(long, TOY).equity
    lost = value * (1.0 - 0.95 * np.exp(-0.12 * 30 / 365))
    assert RULE.margin(long, TOY).scan["pnl"][still] == pytest.approx(-lost)


def test_options_are_priced_without_discounting():
    legs = named_books(TOY)["short straddle"]
    dear, free = replace(TOY, rate=0.2), TOY
    assert RULE.margin(legs, dear).equity == pytest.approx(RULE.margin(legs, free).equity)
    assert RULE.requirement(legs, dear) == pytest.approx(RULE.requirement(legs, free))  # short: no static discount
    bought = named_books(TOY)["long call"]
    assert RULE.requirement(bought, dear)[0] > RULE.requirement(bought, free)[0]
    assert RULE.requirement(bought, replace(TOY, rate=-0.2)) == pytest.approx(RULE.requirement(bought, free))


def test_the_coin_hedges_and_is_charged():
    short = book(Position(Perpetual("ETH"), -1.0))
    market = Market("2025-01-01", {"ETH": 1500.0})
    report = TESTS.margin(Account(short, collateral=book(Position(Spot("ETH"), 1.0))), market)
    assert report.parts["worst scenario"] == (0.0, 0.0)
    assert report.parts["coin contingency"] == pytest.approx((1.3 * 30.0, 30.0))
    half = TESTS.margin(Account(short, collateral=book(Position(Spot("ETH"), 1.0))), replace(market, stable_price=0.5))
    assert half.equity == pytest.approx(3000.0)
    lost = half.parts["worst scenario"][1] + half.parts["coin contingency"][1] + half.parts["perpetual contingency"][1]
    assert half.parts["peg loss"] == pytest.approx((0.48 * 2.0 * lost, 0.0))


def test_doubtful_feeds_cost_initial_margin_only():
    legs = named_books(TOY)["covered call"]
    (expiry,) = TOY.expiries("TOY")
    report = TESTS.margin(legs, replace(TOY, confidence={"TOY": 0.4}))
    assert report.parts["oracle confidence"] == pytest.approx((0.6 * 0.5 * 200.0, 0.0))
    report = TESTS.margin(legs, replace(TOY, confidence={("TOY", "vol", expiry): 0.3}))
    assert report.parts["oracle confidence"] == pytest.approx((0.7 * 0.5 * 100.0, 0.0))


@pytest.mark.parametrize("bad, word", [
    ({"im_factor": 0.0}, "im_factor"), ({"base_percent": -0.1}, "base_percent"), ({"speed": 1.0}, "parameter of"),
    ({"edition": "1999"}, "edition"), ({"scenarios": published("derive-pm2")}, "DerivePM2 does"),
    ({"scenario_spot_down": 0.0}, "scenario_spot_down"), ({"max_scenarios": 3}, "at most 3"),
])  # fmt: skip
def test_bad_parameters_are_refused(bad, word):
    with pytest.raises(InputError, match=word):
        DerivePM1.published(**bad)


def test_a_coin_of_another_market_is_refused():
    account = Account(book(Position(Perpetual("ETH"), 1.0)), collateral=book(Position(Spot("BTC"), 1.0)))
    market = Market("2025-01-01", {"ETH": 1500.0, "BTC": 60_000.0})
    with pytest.raises(InputError, match="takes ETH alone"):
        RULE.margin(account, market)
    assert DerivePM2.published().margin(account, market).initial > 0.0
