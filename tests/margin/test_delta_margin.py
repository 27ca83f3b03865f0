"""Delta margin: published charges, identities, the path of the requirement, and bad input."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.optimize import brentq

from greekslab.book import Book, exposure, named_books
from greekslab.errors import InputError
from greekslab.margin import Account, DeltaMargin, Scan, SensitivityMargin, net_gross_hedged, wake_up
from greekslab.market import FlatVol, Market
from greekslab.pricing import delta as option_delta
from greekslab.scenarios import published

TOY = Market.toy()
BOOKS = named_books(TOY)
NEUTRAL = BOOKS["hedged straddle"]
RULE = DeltaMargin()


def test_the_minimum_charge_is_the_one_of_paradexs_worked_book():
    # Paradex documentation, delta margin: +1 perpetual and -5 calls of delta 0.3 at a spot of 70 000 need 1 400
    forward, tau = 70_000.0, 30 / 365
    strike = 75_000.0  # its volatility is chosen so that the call's delta is 0.3
    vol = brentq(lambda v: option_delta(forward=forward, strike=strike, vol=v, tau=tau) - 0.3, 0.1, 1.0, xtol=1e-15)
    start = pd.Timestamp("2024-01-01 08:00", tz="UTC")
    market = Market(start, spots={"BTC": forward}, vols={"BTC": FlatVol(vol)})
    book = Book.from_list([("BTC-PERP", 1.0), ("BTC-31JAN24-75000-C", -5.0)])
    row = net_gross_hedged(book, market).iloc[0]
    assert [row.net, row.gross, row.hedged] == pytest.approx([-0.5, 2.5, 1.0], rel=1e-9)
    assert DeltaMargin(rate=0.0).requirement(book, market)[0] == pytest.approx(1_400.0, rel=1e-9)


def test_the_neutral_straddle_needs_the_hedged_floor_alone():
    # by hand: call delta 0.53427, put delta -0.46573, perpetual 0.06854; 1 % of hedged delta on a spot of 100
    row = net_gross_hedged(NEUTRAL, TOY).iloc[0]
    assert row.net == pytest.approx(0.0, abs=1e-12)
    assert [row.gross, row.hedged] == pytest.approx([1.0685, 0.5343], abs=5e-5)
    report = RULE.margin(NEUTRAL, TOY)
    assert report.initial == pytest.approx(0.534, abs=5e-4)
    assert list(report.parts) == ["minimum delta"]
    assert DeltaMargin(net_floor=0.0, hedged_floor=0.0).requirement(NEUTRAL, TOY)[0] == pytest.approx(0.0, abs=1e-12)


def test_the_charge_wakes_up_after_the_loss():
    # spots at which 16 % of |net delta| S first reaches the scan of the start, 9.68 (root of the Black-76 delta)
    start = Scan(published("paradex-16")).requirement(NEUTRAL, TOY)[0]
    assert start == pytest.approx(9.6821, abs=1e-4)
    down, up = wake_up(RULE, NEUTRAL, TOY, 9.68)
    assert [100.0 * (1.0 + up), 100.0 * (1.0 + down)] == pytest.approx([113.88, 83.80], abs=0.01)
    for move in (down, up):  # second route: one revalued market
        assert RULE.requirement(NEUTRAL, TOY.moved(move))[0] == pytest.approx(9.68, rel=1e-9)


def test_wake_up_says_where_nothing_is_reached_and_where_it_is_already():
    perp = BOOKS["long perp"]
    assert wake_up(RULE, perp, TOY, 16.0) == (0.0, 0.0)
    down, up = wake_up(RULE, perp, TOY, 20.0)
    assert down is None and up == pytest.approx(0.25)
    for level in (0.0, -1.0, np.nan):
        with pytest.raises(InputError, match="level"):
            wake_up(RULE, perp, TOY, level)
    with pytest.raises(InputError, match="low"):
        wake_up(RULE, perp, TOY, 20.0, low=0.5)


@pytest.mark.parametrize("name", BOOKS)
def test_requirements_along_equal_one_market_after_another(name):
    rule, moves = DeltaMargin(roll_rate=0.01), np.array([-0.4, -0.1, 0.0, 0.2, 1.0])
    one_by_one = [rule.requirement(BOOKS[name], TOY.moved(x)) for x in moves]
    assert rule.requirements_along(BOOKS[name], TOY, moves) == pytest.approx(np.array(one_by_one), rel=1e-9, abs=1e-12)


@pytest.mark.parametrize("name", named_books(Market.btc()))
def test_parts_and_contributions_sum_to_the_requirement(name):
    market = Market.btc()
    report = DeltaMargin(roll_rate=0.02).margin(named_books(market)[name], market)
    assert report.contributions.sum() == pytest.approx(report.initial, rel=1e-12, abs=1e-9)
    assert report.maintenance == pytest.approx(report.initial / 2.0)
    assert report.to_frame().notna().all(axis=None)


def test_expiries_offset_each_other_and_pay_the_roll():
    # +2 and -1 coin on two expiries: net 1, offset 1; 16 % and 1 % of 100 by hand (all forwards are at 100)
    book = Book.from_list([("TOY-31JAN24", 2.0), ("TOY-29MAR24", -1.0)])
    market = Market(TOY.time, spots={"TOY": 100.0})  # without a curve every forward is the spot
    report = DeltaMargin(roll_rate=0.01).margin(book, market)
    assert report.parts["net delta"][0] == pytest.approx(16.0)
    assert report.parts["offsets across expiries"][0] == pytest.approx(1.0)
    by_expiry = net_gross_hedged(book, market, by="expiry")
    assert list(by_expiry["net"]) == pytest.approx([2.0, -1.0])
    assert list(by_expiry["hedged"]) == pytest.approx([0.0, 0.0])  # hedged across expiries, not within
    assert net_gross_hedged(book, market)["hedged"].iloc[0] == pytest.approx(1.0)


def test_underlyings_do_not_net():
    both = Market(TOY.time, spots={"BTC": 100.0, "ETH": 50.0})
    book = Book.from_list([("BTC-PERP", 1.0), ("ETH-PERP", -2.0)])
    assert RULE.requirement(book, both)[0] == pytest.approx(32.0)


@given(size=st.floats(0.01, 100.0), move=st.floats(-0.5, 1.0))
def test_twice_the_book_needs_twice_the_margin_and_merging_never_costs(size, move):
    market = TOY.moved(move)
    alone = [RULE.requirement(b, market)[0] for b in (BOOKS["short straddle"], BOOKS["long perp"])]
    assert RULE.requirement(size * BOOKS["short straddle"], market)[0] == pytest.approx(size * alone[0], rel=1e-9)
    merged = RULE.requirement(BOOKS["short straddle"] + BOOKS["long perp"], market)[0]
    assert merged <= sum(alone) * (1.0 + 1e-12) + 1e-12


def test_the_sum_of_deltas_is_that_of_the_exposure_report():
    book = BOOKS["conversion"] + BOOKS["short strangle"]
    assert net_gross_hedged(book, TOY)["net"].iloc[0] == pytest.approx(exposure(book, TOY)["delta"].sum())


def test_wake_up_names_a_rule_that_cannot_be_followed():
    with pytest.raises(InputError, match="requirements_along"):
        wake_up(SensitivityMargin(), NEUTRAL, TOY, 10.0)


def test_more_cash_never_lowers_the_excess():
    reports = [RULE.margin(Account(NEUTRAL, cash=cash), TOY) for cash in (0.0, 10.0)]
    assert reports[1].excess - reports[0].excess == pytest.approx(10.0)


@pytest.mark.parametrize("wrong", [
    {"rate": -0.1}, {"rate": np.nan}, {"net_floor": "2 %"}, {"hedged_floor": np.inf}, {"roll_rate": -1},
    {"maintenance_share": 0.0}, {"maintenance_share": 1.5},
])  # fmt: skip
def test_bad_parameters_are_refused(wrong):
    with pytest.raises(InputError, match=next(iter(wrong))):
        DeltaMargin(**wrong)


def test_the_summary_refuses_other_groupings():
    with pytest.raises(InputError, match="by"):
        net_gross_hedged(NEUTRAL, TOY, by="venue")
