"""Derive's standard manager: published cases restated, identities, and bad input."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from greekslab.book import Book, Option, Perpetual, Position, Spot, named_books
from greekslab.errors import InputError
from greekslab.margin import Account, liquidation_moves
from greekslab.margin.venues import DeriveSRM, SRMMarket, srm_expiry_margin, srm_isolated
from greekslab.market import FlatVol, Market, Smile

RULE = DeriveSRM.published()
TESTS = DeriveSRM.published("tests")
TOY = Market.toy()
(NEAR,) = TOY.expiries("TOY")
NOW = pd.Timestamp("2025-01-01", tz="UTC")
WEEK = NOW + pd.Timedelta(seconds=500_400)
VOLS = {1100.0: 1.198874027186882, 1300.0: 1.0831894155098765, 1500.0: 1.0478844940849863}
ETH = Market(
    NOW, {"ETH": 1500.0}, {"ETH": {WEEK: 1500.833279310994}},
    {"ETH": Smile({WEEK: (list(VOLS), list(VOLS.values()))})}, perps={"ETH": 1505.0},
)  # fmt: skip


def book(*legs):
    return Book(tuple(legs))


def eth(strike, kind="call", quantity=-1.0):
    return Position(Option("ETH", "linear", WEEK, strike, kind), quantity)


def net(report):
    """Return the venue's IM and MM."""
    return report.excess, report.equity - report.maintenance


# derivexyz/v2-core @ 7736900d, test/risk-managers/unit-tests/StandardManager/test-cases.json, Test1, 4, 5, 17
def test_published_cases():
    assert net(TESTS.margin(book(eth(1500.0)), ETH)) == pytest.approx((-304.37158518905994, -191.87158518905994))
    assert net(TESTS.margin(book(eth(1300.0, "put")), ETH)) == pytest.approx((-164.32279429437403, -126.82279429437403))
    spread = TESTS.margin(book(eth(1100.0), eth(1300.0, quantity=1.0)), ETH)
    assert (*net(spread), spread.equity) == pytest.approx((-200.0, -200.0, -187.08463766954605))
    assert list(spread.parts) == ["ETH options 6JAN25T1900 (largest loss)"]
    perpetual = TESTS.margin(Account(book(Position(Perpetual("ETH"), 1.0)), cash=-20.0), ETH)
    assert net(perpetual) == pytest.approx((-117.825, -95.25))


def test_a_put_deep_in_the_money_opens_at_a_multiple_of_what_keeps_it():
    alone = srm_isolated(
        RULE.markets["ETH"], spot=2000.0, strike=np.array([7400.0]), price=np.array([5400.0]), sign=np.array([-1.0])
    )
    assert alone[1] == pytest.approx([5400.0 * 1.09]) and alone[0] == pytest.approx(1.05 * alone[1])


def test_the_better_of_two_ways_is_taken_for_each_requirement():
    rates = RULE.markets["BTC"]
    terms = {"spot": 100.0, "forward": 100.0, "strike": np.array([100.0, 102.0]), "sign": np.ones(2)}
    for quantity, way in (([-1.0, 1.0], "largest loss"), ([-1.0, 0.5], "each alone")):
        q, price = np.array(quantity), np.array([6.0, 5.0])
        label, margin = srm_expiry_margin(rates, quantity=q, net=q, price=price, **terms)
        assert label == way and (margin.sum(axis=1) <= 0.0).all()


def test_uncovered_calls_cost_more_than_their_forward():
    rates = RULE.markets["BTC"]
    q = np.array([-1.01, 1.0])
    _, margin = srm_expiry_margin(
        rates, spot=100.0, forward=100.0, quantity=q, net=q, strike=np.array([50.0, 55.0]),
        price=np.array([50.0, 45.0]), sign=np.ones(2),
    )  # fmt: skip
    assert margin[0].sum() == pytest.approx(-(0.01 * 5.0 * 1.0 + 5.0) - 0.01 * 1.2 * 100.0, abs=0.06)


def test_parts_contributions_and_marginals_add_up():
    for legs in named_books(TOY).values():
        report = RULE.margin(legs, TOY)
        assert report.contributions.sum() == pytest.approx(report.initial)
        assert RULE.requirement(legs, TOY) == pytest.approx((report.initial, report.maintenance))
        assert report.initial >= report.maintenance >= 0.0
        if len(legs) > 1:
            rest = RULE.requirement(legs.without(0), TOY)[0]
            assert report.marginal.iloc[0] == pytest.approx(report.initial - rest)


def test_legs_of_one_instrument_count_net():
    short = Position(Option("TOY", "linear", NEAR, 100.0, "call"), -1.0)
    bought = replace(short, quantity=0.4)
    split, whole = (
        RULE.requirement(book(short, bought), TOY),
        RULE.requirement(book(replace(short, quantity=-0.6)), TOY),
    )
    assert split == pytest.approx(whole)
    assert RULE.requirement(book(short, replace(short, quantity=1.0)), TOY) == pytest.approx((0.0, 0.0), abs=1e-12)


def test_markets_add_up_and_a_coin_backs_another_market():
    market = Market(NOW, {"ETH": 2000.0, "BTC": 28_000.0}, vols={"ETH": FlatVol(0.5)})
    account = Account(book(Position(Perpetual("ETH"), -1.0)), collateral=book(Position(Spot("BTC"), 1.0)))
    report = RULE.margin(account, market)
    assert report.excess == pytest.approx(28_000 * 0.75 * 0.93 - 200.0)
    assert report.equity - report.maintenance == pytest.approx(28_000 * 0.75 - 130.0)
    assert list(report.parts) == ["ETH perpetual", "BTC haircut"]
    assert "BTC haircut" in report.explain()


def test_doubt_and_a_lost_peg_cost_initial_margin_only():
    legs = book(Position(Perpetual("ETH"), 2.0), eth(1500.0), eth(1300.0, "put", 1.0), Position(Spot("ETH"), 3.0))
    calm = TESTS.margin(legs, ETH)
    lost = TESTS.margin(legs, replace(ETH, stable_price=0.9))
    assert lost.parts["ETH depeg"] == pytest.approx((0.08 * 1.2 * 1500.0 * (2.0 + 1.0), 0.0))
    assert net(lost)[1] == pytest.approx(net(calm)[1])
    charges = {"ETH": 2.0 + 1.0 + 3.0, ("ETH", "perp"): 2.0, ("ETH", "forward", WEEK): 1.0, ("ETH", "vol", WEEK): 1.0}
    for feed, size in charges.items():
        doubt = TESTS.margin(legs, replace(ETH, confidence={feed: 0.3}))
        assert doubt.parts["ETH oracle contingency"] == pytest.approx((0.7 * 0.4 * 1500.0 * size, 0.0))
        assert net(doubt)[1] == pytest.approx(net(calm)[1])
    for harmless in ({"ETH": 0.4}, {("ETH", "rate", WEEK): 0.0}):
        assert TESTS.margin(legs, replace(ETH, confidence=harmless)).initial == calm.initial


def test_liquidation_of_a_perpetual_has_its_closed_form():
    market = Market(NOW, {"ETH": 2000.0})
    account = Account(book(Position(Perpetual("ETH"), 1.0)), cash=400.0)
    down, up = liquidation_moves(account, market, RULE)
    assert up is None and 2000.0 * (1.0 + down) == pytest.approx((2000.0 - 400.0) / (1.0 - 0.065), rel=1e-4)


@given(cash=st.floats(-1e5, 1e5), more=st.floats(0.0, 1e5), size=st.floats(0.1, 100.0))
def test_more_cash_never_lowers_the_excess_and_size_scales(cash, more, size):
    legs = named_books(TOY)["short strangle"]
    one = RULE.margin(Account(legs, cash), TOY)
    assert RULE.margin(Account(legs, cash + more), TOY).excess >= one.excess
    assert RULE.requirement(size * legs, TOY)[0] == pytest.approx(size * one.initial)


@given(strike=st.floats(40.0, 250.0), kind=st.sampled_from(["call", "put"]))
def test_a_long_option_needs_its_price(strike, kind):
    report = RULE.margin(book(Position(Option("TOY", "linear", NEAR, strike, kind), 1.0)), TOY)
    assert report.initial == report.maintenance == pytest.approx(report.equity)


@pytest.mark.parametrize("bad, word", [
    ({"im_perp_req": -0.1}, "im_perp_req"), ({"margin_factor": 1.2}, "margin_factor"),
    ({"depeg_factor": -1.0}, "depeg_factor"),
    ({"perp": 1.0}, "parameter of derive_srm"), ({"oc_factor": np.nan}, "oc_factor"), ({"max_assets": 0}, "max_assets"),
    ({"edition": "1999"}, "edition"),
])  # fmt: skip
def test_bad_parameters_are_refused(bad, word):
    with pytest.raises(InputError, match=word):
        DeriveSRM.published(**bad)


def test_what_the_manager_does_not_take_is_refused():
    with pytest.raises(InputError, match="rates of BTC"):
        DeriveSRM({"BTC": 0.1}, 0.98, 1.2)
    with pytest.raises(InputError, match="give its rates"):
        TESTS.margin(named_books(TOY)["long call"], TOY)
    with pytest.raises(InputError, match="settles in quote"):
        RULE.margin(book(Position(Perpetual("TOY", "inverse"), 100.0)), TOY)
    with pytest.raises(InputError, match="lends cash, not coins"):
        RULE.margin(book(Position(Spot("TOY"), -1.0)), TOY)
    with pytest.raises(InputError, match="at most 1"):
        DeriveSRM.published(max_assets=1).margin(named_books(TOY)["short straddle"], TOY)
    assert isinstance(RULE.markets["SOL"], SRMMarket)
