"""Opyn's vaults: published cases, directed rounding, identities and bad input."""

from dataclasses import replace
from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from greekslab.book import Book
from greekslab.errors import InputError
from greekslab.margin.venues import NakedMargin, OpynVault, excess, settled, spread_requirement
from greekslab.market import Market

NAKED = NakedMargin.published()
AMOUNT = st.decimals("0.01", "50", places=2)
STRIKE = st.decimals("50", "400", places=0)


# --- figures of the venue's unit tests, marginCalculator.test.ts and marginCalculatorNakedMargin.test.ts @ 841f81d9
@pytest.mark.parametrize(("kind", "legs", "needed"), [
    ("put", (1, 250), 250), ("put", (1, 250, 1, 200), 50), ("put", (1, 200, 2, 100), 100),
    ("put", (3, 200, 2, 250), 100), ("call", (1, 200), 1), ("call", (1, 200, 1, 250), Fraction(1, 5)),
    ("call", (4, 100, 1, 300), 3), ("call", (2, 100, 1, 200), 1), ("call", (1, 250, 1, 200), 0),
])  # fmt: skip
def test_spreads_before_expiry(kind, legs, needed):
    assert spread_requirement(kind, *legs) == needed


def test_after_expiry():
    assert settled("put", 150, 1, 200, 1, 250) == -50  # the spread is owed 50
    assert settled("call", 300, 1, 200, 1, 250) == Fraction(100 - 50, 300)
    assert settled("call", 0, 1, 200) == 0


def test_naked_margin():
    assert float(NAKED.requirement("put", 1, 100, 150, 7)) == pytest.approx(16.78)
    assert float(NAKED.requirement("put", 1, 100, 150, 14)) == pytest.approx(23.70)
    assert float(NAKED.requirement("call", 1, 2500, 1800, 7)) == pytest.approx(0.1678)
    assert float(NAKED.requirement("put", 1, 100, 150, 6.5)) == pytest.approx(16.78)  # the bucket that is not shorter


def test_what_is_locked_is_rounded_up_and_what_is_handed_out_down():
    third = Fraction(1, 3)
    assert excess(third, 0, decimals=6) == (Decimal("0.333334"), False)
    assert excess(third, 1, decimals=6) == (Decimal("0.666666"), True)
    assert excess(Fraction(1, 10), 0.1, decimals=6) == (0, True)  # a tenth is a tenth


@given(AMOUNT, STRIKE, AMOUNT, STRIKE)
def test_the_requirement_is_the_most_that_can_be_owed(a, strike, b, wing):
    # second route: the settlement looked at at 0, at both strikes, and very high for calls
    for kind in ("put", "call"):
        worst = max(
            settled(kind, price, a, strike, b, wing) for price in (strike, wing, 10**12, *((0,) * (kind == "put")))
        )
        assert float(spread_requirement(kind, a, strike, b, wing)) == pytest.approx(
            float(max(worst, 0)), rel=1e-8, abs=1e-8
        )


@given(AMOUNT, STRIKE, STRIKE)
def test_naked_margin_is_never_more_than_full_collateral(amount, strike, spot):
    for kind, full in (("put", amount * strike), ("call", amount)):
        assert 0 < NAKED.requirement(kind, amount, strike, spot, 28) <= Fraction(full)


def test_the_auction_runs_from_the_payoff_to_all_of_the_collateral():
    terms = dict(kind="put", strike=100, spot=80, collateral=30, amount=1)
    assert NAKED.liquidation_price(**terms, seconds=0) == pytest.approx(20 - 0.05 * 80)
    assert NAKED.liquidation_price(**terms, seconds=1800) == pytest.approx((16 + 30) / 2)
    assert NAKED.liquidation_price(**terms, seconds=99_999) == 30


def test_a_vault_as_a_rule():
    market, rule = Market.toy(), OpynVault()
    legs = [("TOY-31JAN24-100-P", -2.0), ("TOY-31JAN24-90-P", 2.0)]
    report = rule.margin(Book.from_list(legs), market)
    assert report.initial == report.maintenance == pytest.approx(20.0)
    assert report.contributions.tolist() == pytest.approx([200.0, -180.0])
    assert rule.requirement(Book.from_list([("TOY-31JAN24-100-C", 1.0)]), market) == (0.0, 0.0)
    assert rule.requirement(Book.from_list([("TOY-31JAN24-120-C", -1.0)]), market)[0] == pytest.approx(100.0)  # a coin
    naked = OpynVault(naked=NAKED).margin(Book.from_list([("TOY-31JAN24-100-P", -1.0)]), market)
    assert naked.initial == pytest.approx(float(NAKED.requirement("put", 1, 100, 100, 30)))


@pytest.mark.parametrize("units", [1, 10**29 + 1, 10**40 + 7])
def test_rounding_is_directed_however_large_the_amount(units):
    """Nothing is rounded to the 28 digits that decimals compute with."""
    amount = Fraction(3 * units + 1, 3 * 10**18)  # a third of the last unit above
    locked, out = excess(amount, 0)[0], excess(Fraction(0), amount)[0]
    assert (Fraction(locked), Fraction(out)) == (Fraction(units + 1, 10**18), Fraction(units, 10**18))


def test_a_leg_of_size_zero_contributes_nothing():
    legs = [("TOY-31JAN24-100-P", -1.0), ("TOY-31JAN24-95-P", 1.0), ("TOY-31JAN24-90-P", 0.0)]
    report = OpynVault().margin(Book.from_list(legs), Market.toy())
    assert report.contributions.tolist() == [100.0, -95.0, 0.0] and report.initial == 5.0
    assert report.marginal.tolist() == [5.0, -95.0, 0.0]


def test_an_expired_option_is_refused():
    after = replace(Market.toy(), time="2024-02-01")
    with pytest.raises(InputError, match="expired"):
        OpynVault().requirement(Book.from_list([("TOY-31JAN24-100-P", -1.0)]), after)


@pytest.mark.parametrize("legs", [
    [("TOY-31JAN24-100-P", -1.0), ("TOY-31JAN24-90-P:inverse", 1.0)],
    [("TOY-PERP", 1.0)], [("TOY-31JAN24-100-P", -1.0), ("TOY-31JAN24-100-C", -1.0)],
    [("TOY-31JAN24-100-P", -1.0), ("TOY-31JAN24-90-C", 1.0)],
])  # fmt: skip
def test_other_books_are_no_vault(legs):
    with pytest.raises(InputError, match="vault"):
        OpynVault().requirement(Book.from_list(legs), Market.toy())


@pytest.mark.parametrize("wrong", [
    {"spot_shock": 0.0}, {"spot_shock": 1.5}, {"deviation": -1.0}, {"auction_seconds": 0.0}, {"upper_bounds": {}},
    {"upper_bounds": {7: 1.5}}, {"upper_bounds": {-7: 0.5}}, {"upper_bounds": {"week": 0.5}}, {"spot_shok": 0.7},
])  # fmt: skip
def test_bad_parameters_are_refused(wrong):
    with pytest.raises(InputError, match=next(iter(wrong)).replace("upper_bounds", "upper.bound")):
        NakedMargin.published(**wrong)


@pytest.mark.parametrize("call", [
    lambda: spread_requirement("both", 1, 100), lambda: spread_requirement("put", -1, 100),
    lambda: spread_requirement("put", 1, 0), lambda: spread_requirement("put", 1, 100, 1, 0),
    lambda: NAKED.requirement("put", 1, 100, 0, 7), lambda: NAKED.requirement("put", 1, 100, 150, 90),
    lambda: NAKED.requirement("put", float("nan"), 100, 150, 7), lambda: excess(Fraction(1), -1),
    lambda: NAKED.liquidation_price("put", 100, 80, 30, 0, 0), lambda: spread_requirement("put", True, 100),
    lambda: excess(Fraction(1), 1, decimals=-1), lambda: excess(Fraction(1), 1, decimals=6.0),
])  # fmt: skip
def test_bad_input_is_refused(call):
    with pytest.raises(InputError):
        call()
