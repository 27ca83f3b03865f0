"""Derive PM2: published cases restated, identities, limits, and bad input."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from greekslab.book import Book, Option, Perpetual, Position, Spot, named_books, pnl_cube
from greekslab.errors import InputError
from greekslab.margin import Account, liquidation_moves
from greekslab.margin.venues import CollateralTerms, DerivePM2, PM2Parameters, card
from greekslab.market import FlatVol, Market
from greekslab.scenarios import grid, published

TOY = Market.toy()
(NEAR,) = TOY.expiries("TOY")
RULE = DerivePM2.published()
TESTS = DerivePM2.published("tests")


def option(strike, kind="call", quantity=-1.0, expiry=NEAR):
    return Position(Option("TOY", "linear", expiry, strike, kind), quantity)


def book(*legs):
    return Book(tuple(legs))


# test_29_perps_basic_perp of derivexyz/v2-core @ 7736900d, PMRM_2/portfolio_cases: IM and MM to the cent
def test_a_perpetual_and_cash_by_hand():
    market = Market("2025-01-01", {"ETH": 2000.0}, perps={"ETH": 2010.0}, confidence={"ETH": 1.0})
    report = TESTS.margin(Account(book(Position(Perpetual("ETH"), 2.0)), cash=1000.0), market)
    # worst scenario: 18 % down on the perpetual's own price; contingencies on the spot's
    assert report.initial == pytest.approx(2 * (0.18 * 2010 + 0.02 * 2000))
    assert report.maintenance == pytest.approx(2 * (0.8 * 0.18 * 2010 + 0.015 * 2000))
    assert report.excess == pytest.approx(1000 - report.initial) and report.binding == "-18 %, vol up"


def test_without_discounts_and_skew_the_scan_is_the_cube():
    flat = {"long_base_static_discount": 1.0, "short_base_static_discount": 1.0, "long_rate_add": 0.0}
    rule = DerivePM2.published(scenarios=published("derive-pm2-31"), add_factor=0.0, mult_factor=0.0, **flat)
    for legs in named_books(TOY).values():
        found, cube = rule.margin(legs, TOY), pnl_cube(legs, TOY, published("derive-pm2-31"))
        assert found.scan["pnl"].to_numpy() == pytest.approx(cube.total(), abs=1e-12)
        assert found.parts["worst scenario"][0] == pytest.approx(max(0.0, -cube.weighted().min()), abs=1e-12)


def test_skew_scenarios_count_every_expiry_as_a_loss():
    far = NEAR + pd.Timedelta(days=60)
    market = replace(TOY, forwards={"TOY": {NEAR: 100.0, far: 100.0}})
    parts = [book(option(120.0, quantity=q, expiry=e)) for q, e in ((-1.0, NEAR), (1.0, far))]
    scans = [TESTS.margin(each, market).scan.set_index("vol")["pnl"] for each in (*parts, parts[0] + parts[1])]
    for word in ("linear", "abs"):
        assert scans[2][word] == pytest.approx(scans[0][word] + scans[1][word]) and scans[0][word] < 0.0


def test_parts_and_contributions_add_up_and_the_report_explains_itself():
    covered = named_books(TOY)["covered call"]
    report = RULE.margin(covered, TOY)
    assert report.contributions.sum() == pytest.approx(report.initial)
    assert RULE.requirement(covered, TOY) == pytest.approx((report.initial, report.maintenance))
    for i in range(len(covered)):
        rest = RULE.requirement(covered.without(i), TOY)[0]
        assert report.marginal.iloc[i] == pytest.approx(report.initial - rest)
    assert "The scenario that binds is -18 %, vol up." in report.explain()
    assert report.certainty == "exact"


def test_the_basis_contingency_binds_where_expiries_hedge_each_other():
    far = NEAR + pd.Timedelta(days=300)
    market = replace(TOY, forwards={"TOY": {NEAR: 100.0, far: 100.0}})
    calendar = book(option(100.0, quantity=1.0), option(100.0, expiry=far))
    rule = DerivePM2.published(add_factor=5.0)
    report = rule.margin(calendar, market)
    assert report.parts["basis contingency"][0] == pytest.approx(-rule.basis_contingency(calendar, market))
    assert "The basis contingency is more than the worst scenario loses" in report.explain()
    assert report.contributions.sum() == pytest.approx(report.initial)


def test_a_coin_that_cancels_risk_hedges_and_another_does_not():
    market = Market("2025-01-01", {"ETH": 2000.0, "BTC": 60_000.0})
    short = book(Position(Perpetual("ETH"), -30.0))
    own = RULE.margin(Account(short, collateral=book(Position(Spot("ETH"), 30.0))), market)
    other = RULE.margin(Account(short, collateral=book(Position(Spot("BTC"), 1.0))), market)
    assert own.parts["worst scenario"] == (0.0, 0.0) and own.binding is None
    assert own.parts["collateral haircuts"] == pytest.approx((60_000 * 0.025, 60_000 * 0.01))
    assert other.parts["worst scenario"][0] == pytest.approx(60_000 * 0.18)
    assert other.parts["collateral haircuts"][0] == pytest.approx(60_000 * 0.105)
    held = RULE.margin(short + book(Position(Spot("ETH"), 30.0)), market)
    assert (held.initial, held.equity) == pytest.approx((own.initial, own.equity))


def test_a_lost_peg_and_doubtful_feeds_cost_initial_margin_only():
    legs = named_books(TOY)["covered call"]
    calm = RULE.margin(legs, TOY)
    pegged = RULE.margin(legs, replace(TOY, stable_price=0.94))
    assert pegged.maintenance == calm.maintenance
    assert pegged.initial - calm.initial == pytest.approx(0.05 * 4.0 * calm.parts["worst scenario"][0])
    for feed, notional in (("TOY", 200.0), (("TOY", "perp"), 200.0), (("TOY", "rate", NEAR), 100.0)):
        doubtful = RULE.margin(legs, replace(TOY, confidence={feed: 0.5}))
        assert doubtful.maintenance == calm.maintenance
        assert doubtful.parts["oracle confidence"] == pytest.approx((0.5 * notional, 0.0))
    assert RULE.margin(legs, replace(TOY, confidence={"TOY": 0.55})).initial == calm.initial


def test_options_naked_at_their_own_strike_are_charged():
    def naked(*legs):
        return RULE.margin(book(*legs), TOY).parts.get("short-option contingency", (0.0,))[0] / 0.5

    assert naked(option(100.0), option(100.0, "put")) == pytest.approx(2.0)
    assert naked(option(100.0), option(100.0, "put", 0.4)) == pytest.approx(0.6)
    assert naked(option(100.0), option(110.0, "call", 1.0)) == pytest.approx(1.0)
    assert naked(option(100.0, "call", 1.0), option(100.0, "put", 1.0)) == 0.0


def test_what_an_average_has_fixed_no_scenario_moves():
    soon = TOY.time + pd.Timedelta(minutes=15)
    market = replace(TOY, forwards={"TOY": {soon: 100.0}}, averaged={"TOY": {soon: 50.0}})
    loose = replace(market, averaged={})
    legs = book(option(50.0, quantity=-1.0, expiry=soon))
    half, whole = (TESTS.margin(legs, each).scan["pnl"] for each in (market, loose))
    at = TESTS.scenarios.table["move"] == 0.18
    static = TESTS.margin(legs, market).scan["pnl"][11]  # no move: the static discount alone
    assert (half[at] - static).item() < 0.0 and half[at].item() == pytest.approx((whole[at].item() + static) / 2)


def test_the_trusted_assessor_looks_at_three_states():
    quick = RULE.for_trusted_assessor()
    legs = named_books(TOY)["long perp"]
    assert len(quick.scenarios) == 3
    assert quick.requirement(legs, TOY)[1] == pytest.approx(0.8 * 4.5 + 3.0)


def test_two_markets_are_two_managers():
    market = Market("2025-01-01", {"ETH": 2000.0, "BTC": 60_000.0})
    eth, btc = book(Position(Perpetual("ETH"), 30.0)), book(Position(Perpetual("BTC"), -1.0))
    both = RULE.margin(eth + btc, market)
    assert both.initial == pytest.approx(RULE.margin(eth, market).initial + RULE.margin(btc, market).initial)
    assert both.binding == "ETH: -18 %, vol up; BTC: +18 %, vol up"


@given(cash=st.floats(-1e6, 1e6), more=st.floats(0.0, 1e6), size=st.floats(0.1, 50.0))
def test_more_cash_never_lowers_the_excess_and_size_scales(cash, more, size):
    legs = named_books(TOY)["short strangle"]
    one = RULE.margin(Account(legs, cash), TOY)
    assert RULE.margin(Account(legs, cash + more), TOY).excess >= one.excess
    assert RULE.requirement(size * legs, TOY)[0] == pytest.approx(size * one.initial, rel=1e-9)


@given(strike=st.floats(40.0, 250.0), kind=st.sampled_from(["call", "put"]))
def test_a_long_option_needs_no_more_than_its_price_without_skew_scenarios(strike, kind):
    legs = book(option(strike, kind, 1.0))
    report = DerivePM2.published("tests", scenarios=published("derive-pm2-31")).margin(legs, TOY)
    assert 0.0 <= report.initial <= report.equity * (1.0 + 1e-9)


def test_a_far_long_option_may_need_more_than_its_price_as_skew_gains_count_as_losses():
    report = TESTS.margin(book(option(40.0, "put", 1.0)), TOY)
    assert report.binding == "0 %, vol abs" and report.initial > 10.0 * report.equity > 0.0


def test_the_cards_agree_with_the_published_scenario_sets():
    for rule in (RULE, TESTS):
        mine, sets = rule.parameters.vol_rule, rule.scenarios.vol_rule
        assert mine.skew == mine.skew_abs == sets.skew
        assert replace(mine, skew=None, skew_abs=None) == replace(sets, skew=None)
    assert card("derive_pm2").edition == "mainnet-2026-01" and len(RULE.scenarios) == 33


@pytest.mark.parametrize("name, low, high", [
    ("im_factor", 0.5, 10.0), ("mm_perp", 0.0, 3.0), ("mm_option", 0.0, 2.0), ("add_factor", 0.0, 20.0),
    ("vol_range_up", 0.0, 10.0), ("dte_floor_days", 0.0, 400.0), ("min_vol_up_shock", 0.0, 20.0),
    ("linear_base_cap", 0.0, 10.0), ("min_k_star", 0.0, 10.0), ("short_base_static_discount", 0.0, 4.0),
    ("long_rate_add", 0.0, 10.0), ("scenario_spot_up", 1.0001, 2.9999), ("conf_threshold", 0.0, 1.0),
])  # fmt: skip
def test_both_ends_of_a_parameter_are_taken(name, low, high):
    legs = named_books(TOY)["short strangle"]
    values = [TESTS.published("tests", **{name: value}).requirement(legs, TOY)[0] for value in (low, high)]
    assert np.isfinite(values).all() and min(values) >= 0.0


@pytest.mark.parametrize("bad, word", [
    ({"im_factor": 0.0}, "im_factor"), ({"mm_perp": -0.1}, "mm_perp"), ({"vol_range_up": np.nan}, "vol_range_up"),
    ({"scenario_spot_up": 0.9}, "scenario_spot_up"), ({"scenario_spot_down": 1.1}, "scenario_spot_down"),
    ({"perp": 0.1}, "parameter of derive_pm2"), ({"linear_c_base": np.inf}, "linear_c_base"),
    ({"max_scenarios": 5}, "scenarios"), ({"scenarios": "derive-pm2"}, "scenarios"), ({"collateral": 1}, "collateral"),
    ({"collateral": {"BTC": {"BTC": 0.1}}}, "terms of BTC"),
])  # fmt: skip
def test_bad_parameters_are_refused(bad, word):
    with pytest.raises(InputError, match=word):
        DerivePM2.published(**bad)


def test_bad_scenarios_and_accounts_are_refused():
    doubled = RULE.scenarios.edited(pd.concat([RULE.scenarios.table] * 2).head(66))
    for scenarios, word in (
        (doubled, "at most 40"), (doubled.edited(doubled.table.iloc[[31, 31]]), "at most one"),
        (doubled.edited(doubled.table.iloc[[31]].assign(move=0.1)), "linear scenario"),
    ):  # fmt: skip
        with pytest.raises(InputError, match=word):
            DerivePM2.published(scenarios=scenarios)
    for dampeners, word in (([1.0], "one for each"), ([-1.0] * 33, "dampeners")):
        with pytest.raises(InputError, match=word):
            replace(RULE, dampeners=dampeners)
    with pytest.raises(InputError, match="takes none"):
        RULE.margin(book(Position(Spot("TOY"), 1.0)), TOY)
    with pytest.raises(InputError, match="lends cash, not coins"):
        RULE.margin(book(Position(Spot("BTC"), -1.0)), Market("2025-01-01", {"BTC": 1e5}))
    few = DerivePM2.published(max_expiries=1, max_assets=1)
    with pytest.raises(InputError, match="assets of TOY"):
        few.margin(book(option(100.0), option(110.0)), TOY)
    far = NEAR + pd.Timedelta(days=1)
    market = replace(TOY, forwards={"TOY": {NEAR: 100.0, far: 100.0}})
    with pytest.raises(InputError, match="expiries of TOY"):
        few.margin(book(option(100.0), option(100.0, expiry=far)), market)
    for haircuts in ((-0.1, 0.0), (0.6, 0.5), (np.nan, 0.0)):
        with pytest.raises(InputError, match="haircut"):
            CollateralTerms(*haircuts)


def test_liquidation_is_found_with_the_collateral_counted():
    market = Market("2025-01-01", {"ETH": 2000.0, "BTC": 60_000.0})
    legs, coins = book(Position(Perpetual("ETH"), -40.0)), book(Position(Spot("ETH"), 30.0))
    account = Account(legs, cash=10_000.0, collateral=coins)
    down, up = liquidation_moves(account, market, RULE)
    assert down is None  # the coins fall by less than the perpetual earns
    moved = market.moved(up)
    assert RULE.slack(account.entered(market), moved) == pytest.approx(0.0, abs=20.0)
    report = RULE.margin(account.entered(market), moved)
    assert RULE.slack(account.entered(market), moved) == pytest.approx(report.equity - report.maintenance)


def test_dampeners_beyond_one_scale_a_scenario():
    legs = named_books(TOY)["short call"]
    calm = RULE.margin(legs, TOY).scan["loss"]
    loud = replace(RULE, dampeners=3.0 * RULE.scenarios.weights).margin(legs, TOY).scan["loss"]
    assert loud.to_numpy() == pytest.approx(3.0 * calm.to_numpy())


def test_a_vol_surface_is_only_asked_for_held_strikes():
    market = Market("2025-01-01", {"BTC": 1e5}, {"BTC": {}}, {"BTC": FlatVol(0.5)})
    assert RULE.requirement(book(Position(Perpetual("BTC"), 1.0)), market)[0] == pytest.approx(22_000.0)
    assert isinstance(RULE.parameters, PM2Parameters) and grid([0.1]).weights[0] == 1.0
