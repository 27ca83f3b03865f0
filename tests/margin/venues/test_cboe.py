"""CBOE strategy-based margin: worked cases of the manual, identities and bad input."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from greekslab.errors import InputError
from greekslab.margin.venues import Leg, StrategyRule, Underlying, stock_maintenance

RULE = StrategyRule.published()


def margin(underlying, *legs):
    return RULE.margin([Leg(*leg) for leg in legs], Underlying(*underlying))


# --- worked cases that follow the manual, as in tastyware/margin-estimator @ cd1b0187, test.py
# (underlying), legs of (type, quantity, price, strike[, days]), margin account, cash account
CASES = {
    "short put": ((95,), [("put", -1, 2, 80)], 1000, 7800),
    "leveraged put": ((390.7, "equity", 3), [("put", -1, 15.5, 400)], 24992, 38450),
    "broad put, 24 months": ((43.34, "broad"), [("put", -1, 2.85, 45, 720)], 935, 4215),
    "short call": ((26.38,), [("call", -1, 0.05, 30)], 269, 2633),
    "broad call": ((433.35, "broad"), [("call", -1, 8.7, 430)], 7370, 42130),
    "half a cent, to even": ((1050.3, "equity", 1.5), [("call", -1, 2, 1250)], 15954, 104830),
    "long, 18 months": ((78,), [("call", 1, 12, 80, 540)], 900, 1200),
    "credit spread": ((43.34, "narrow"), [("put", 1, 2, 42.5), ("put", -1, 2.9, 45)], 160, 160),
    "long leg expires first": ((75,), [("call", 1, 5, 70), ("call", -1, 8, 70, 30)], 2800, 7200),
    "the same, broad": ((433.35, "broad"), [("call", 1, 13.1, 425), ("call", -1, 12.2, 430, 30)], 9030, 43090),
    "straddle": ((43.34, "broad"), [("put", -1, 2.85, 45), ("call", -1, 1.35, 45)], 1070, 8580),
    "iron condor": (
        (1060,),
        [("put", 1, 32, 1000), ("put", -1, 35.1, 1025), ("call", -1, 9.4, 1150), ("call", 1, 6.3, 1175)], 1880, 1880,
    ),
    "condor": (
        (1160,),
        [("put", 1, 47.1, 1050), ("put", -1, 55.7, 1075), ("put", 1, 85.4, 1125), ("put", -1, 66.3, 1100)], 1050, 1050,
    ),
    "covered call": ((95,), [("call", -1, 7, 90), ("shares", 100, 92.38)], 4619, 9238),
}  # fmt: skip


@pytest.mark.parametrize("name", CASES)
def test_worked_cases(name):
    underlying, legs, in_margin, in_cash = CASES[name]
    found = margin(underlying, *legs)
    assert (found.margin_account, found.cash_account) == (in_margin, in_cash)


def test_a_covered_put_and_short_stock():
    # by hand: 100 shares sold at 50 need 150 % of 5 000; the put sold against them nothing
    found = margin((50,), ("shares", -100, 50), ("put", -1, 2, 45))
    assert found.margin_account == 7500
    uncovered = margin((50,), ("shares", -50, 50), ("put", -1, 2, 45))  # half a contract is covered
    assert uncovered.margin_account == 3750 + (2 + 10 - 5) * 50


def test_a_wide_spread_pays_no_more_than_the_short_alone():
    # greatest loss 60, the short's charge 2 + 20 - 0: the lesser, plus the net premium of -1.9
    found = margin((100,), ("put", -1, 2, 100), ("put", 1, 0.1, 40))
    assert found.margin_account == (22 - Decimal("1.9")) * 100


@given(st.integers(1, 9), st.sampled_from(sorted(CASES)))
def test_twice_the_contracts_need_twice_the_margin(size, name):
    underlying, legs, in_margin, in_cash = CASES[name]
    found = margin(underlying, *[(leg[0], leg[1] * size, *leg[2:]) for leg in legs])
    assert (found.margin_account, found.cash_account) == (in_margin * size, in_cash * size)


@given(st.permutations(CASES["iron condor"][1]))
def test_the_order_of_the_legs_is_of_no_account(legs):
    assert margin((1060,), *legs).margin_account == 1880


LEGS = [("shares", 100, 100), ("call", -1, 12, 90), ("call", -1, 1, 120), ("put", -1, 1, 90), ("put", -1, 5, 100)]


@given(st.permutations([*LEGS, ("put", 1, 3, 95)]))
def test_what_covers_costs_most_uncovered(legs):
    # the stock covers the call at 90 (half of 10,000), not the one at 120; the long put covers the put at 100 (greatest
    # loss 5 less 2 received), not the one at 90. Left: the put at 90, 1 + (20 - 10), and 1 for the call at 120, whose
    # own charge, 1 + 10, is no more than the put's
    assert margin((100,), *legs).margin_account == 5000 + 300 + (11 + 1) * 100


@given(st.permutations([("put", -3, 21.05, 120), ("put", -2, 21.16, 120), ("put", 2, 25.65, 120)]))
def test_equal_strikes_are_matched_in_one_order(legs):
    # the dearer of two shorts of one strike is covered: 2 * (25.65 - 21.16), and 3 * (21.05 + 20)
    assert margin((100,), *legs).margin_account == 898 + 12315


@given(strike=st.decimals("60", "140", places=1), wing=st.decimals("60", "140", places=1))
def test_buying_a_wing_never_costs_more_than_its_price(strike, wing):
    alone = margin((100,), ("call", -1, Decimal(5), strike)).margin_account
    with_wing = margin((100,), ("call", -1, Decimal(5), strike), ("call", 1, Decimal(1), wing)).margin_account
    assert with_wing <= alone + 100


@pytest.mark.parametrize("multiplier", [10, 10.0, Decimal(10)])
def test_contracts_may_be_smaller(multiplier):
    rule = StrategyRule.published(multiplier=multiplier)
    legs = [Leg("put", -1, 2, 80), Leg("shares", 10, 95), Leg("call", -1, 1, 120)]
    assert rule.margin(legs, Underlying(95)).margin_account == 100 + 475


def test_parts_sum_to_the_whole():
    found = margin((92.63,), ("put", -2, 3.7, 90), ("call", -1, 7, 90), ("call", 1, 1, 120, 400), ("shares", 100, 92))
    assert sum(both[0] for both in found.parts.values()) == found.margin_account


def test_maintenance_of_hedged_stock():
    # the manual's rules by hand: 25 % of 100; 10 % of 90 + 10 out of the money; a conversion; a collar
    assert stock_maintenance(100) == 25
    assert stock_maintenance(100, put_strike=90) == 19
    assert stock_maintenance(100, put_strike=100, call_strike=100) == 10
    assert stock_maintenance(100, put_strike=95, call_strike=50) == Decimal("12.50")


@pytest.mark.parametrize("call", [
    lambda: Underlying(0), lambda: Underlying(100, "index"), lambda: Underlying(100, "equity", -1),
    lambda: Leg("warrant", 1, 1, 1), lambda: Leg("call", 0, 1, 1), lambda: Leg("call", 1, -1, 1),
    lambda: Leg("call", 1, 1, 0), lambda: Leg("call", float("nan"), 1, 1), lambda: Leg("put", 1, 1, 1, -3),
    lambda: RULE.margin([], Underlying(100)), lambda: RULE.margin([("call", 1)], Underlying(100)),
    lambda: StrategyRule.published(equity_rate=1.2), lambda: StrategyRule.published(multiplier=0),
    lambda: StrategyRule.published(rate=0.2), lambda: stock_maintenance(-1),
    lambda: Leg("call", 1, True, 1), lambda: Leg("call", 1, 1e28, 1), lambda: Leg("call", -10**15, 1, 1),
])  # fmt: skip
def test_bad_input_is_refused(call):
    with pytest.raises(InputError):
        call()
