"""SPAN and TIMS as rulebooks: printed arrays, spreads by hand, minimums, identities and bad input."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from greekslab.book import Book, Option, Position, exposure, named_books, position_values
from greekslab.errors import InputError
from greekslab.margin import Account, rules
from greekslab.margin.venues import (
    CalendarSpread,
    CommoditySpread,
    SpanMargin,
    SpanTerms,
    TimsClass,
    TimsMargin,
    calendar_charge,
    commodity_credit,
    composite_deltas,
)  # fmt: skip
from greekslab.market import FlatVol, Market

TOY = Market.toy()
EXPIRY = TOY.expiries("TOY")[0]
SPAN, TIMS = SpanMargin.published(), TimsMargin.published()
MONTHS = Market.toy(days=[20, 50, 80])
PAIR = Market("2024-01-01", {"A": 100.0, "B": 50.0}, vols={"A": FlatVol(0.6), "B": FlatVol(0.8)})


def _option(strike, quantity, kind="call", underlying="TOY"):
    return Position(Option(underlying, "linear", EXPIRY, strike, kind), quantity)


def _months(*quantities):
    return Book.from_list([
        (f"TOY-{e.day}{e:%b%y}".upper(), q) for e, q in zip(MONTHS.expiries("TOY"), quantities, strict=False) if q
    ])  # fmt: skip


# --- SPAN: the scan
def test_the_scan_is_that_of_the_ready_made_rule():
    for name, book in named_books(TOY).items():
        report = SPAN.margin(book, TOY)
        assert SPAN.figures(book, TOY)["risk"] == pytest.approx(rules()["span"].requirement(book, TOY)[0]), name
        assert report.contributions.sum() == pytest.approx(report.initial)


def test_the_short_straddle_of_the_exercises():
    # 2 ranges at 35 %: 7.24; 3 ranges at 33 %: 10.39 (one day passes, absolute vol points)
    straddle = Book((_option(100.0, -1.0), _option(100.0, -1.0, "put")))
    assert SPAN.figures(straddle, TOY)["risk"] == pytest.approx(10.39, abs=0.005)
    assert SpanMargin.published("cme-1988").figures(straddle, TOY)["risk"] == pytest.approx(7.24, abs=0.005)


def test_net_option_value_leaves_the_excess_as_it_is():
    for book in named_books(TOY).values():
        account, printed = Account(book, cash=50.0), SPAN.figures(book, TOY)
        report = SPAN.margin(account, TOY)
        beside = 50.0 + float(position_values(book, TOY).sum()) - printed["net_option_value"]
        assert report.excess == pytest.approx(beside - printed["initial"])
        assert report.equity - report.maintenance == pytest.approx(beside - printed["maintenance"])


def test_a_speculator_opens_with_more():
    book = Book.from_list([("TOY-PERP", 2.0)])
    assert SPAN.requirement(book, TOY) == pytest.approx((33.0, 30.0))
    assert SpanMargin.published(initial_factor=1.0).requirement(book, TOY) == pytest.approx((30.0, 30.0))


# --- SPAN: spreads
def test_composite_deltas():
    future = composite_deltas(Book.from_list([("TOY-PERP", -3.0)]), TOY, 0.15)
    assert future == pytest.approx([-3.0])
    book = Book((_option(100.0, 1.0), _option(100.0, 1.0, "put")))
    call, put = composite_deltas(book, TOY, 0.15)
    assert call - put == pytest.approx(1.0)
    # second route: seven markets by hand
    weights = {0: 0.27, 5: 0.217, -5: 0.217, 10: 0.11, -10: 0.11, 15: 0.037, -15: 0.037}
    by_hand = sum(w * exposure(book, TOY.moved(x / 100))["delta"][0] for x, w in weights.items()) / 0.998
    assert call == pytest.approx(by_hand)


def test_calendar_spreads_in_order_of_priority():
    table = [CalendarSpread(1, 2, 5.0), CalendarSpread(1, 3, 8.0), CalendarSpread(2, 3, 6.0)]
    charge, left, by_tier = calendar_charge({1: 10.0, 2: -4.0, 3: -8.0}, table)
    assert charge == 4 * 5 + 6 * 8 and left == {1: 0.0, 2: 0.0, 3: -2.0}
    assert by_tier == {1: 34.0, 2: 10.0, 3: 24.0}
    assert calendar_charge({1: 10.0, 2: 4.0}, table)[0] == 0.0  # same sign: no spread
    assert calendar_charge({1: 6.0, 2: -6.0}, [CalendarSpread(1, 2, 5.0, 2.0, 3.0)])[:2] == (10.0, {1: 2.0, 2: 0.0})


@given(st.lists(st.floats(-100, 100), min_size=3, max_size=3))
def test_spreads_use_no_more_than_there_is(deltas):
    table = [CalendarSpread(a, b, 1.0) for a in (1, 2) for b in (2, 3) if a < b]
    charge, left, by_tier = calendar_charge(dict(zip((1, 2, 3), deltas, strict=True)), table)
    assert sum(left.values()) == pytest.approx(sum(deltas), abs=1e-9)
    assert charge == pytest.approx(sum(by_tier.values())) and charge >= 0.0
    assert not (min(left.values()) < -1e-9 and max(left.values()) > 1e-9)  # all pairs are in the table


def test_a_calendar_spread_costs_its_charge():
    table = (CalendarSpread(1, 2, 5.0), CalendarSpread(2, 3, 6.0))
    rule = SpanMargin.published(calendar=table, initial_factor=1.0)
    report = rule.margin(_months(2.0, -2.0), MONTHS)
    assert report.parts == {"calendar spreads": pytest.approx((10.0, 10.0))}
    assert report.contributions.tolist() == pytest.approx([5.0, 5.0])
    assert rule.requirement(_months(2.0, 2.0), MONTHS)[0] == pytest.approx(60.0)


def test_delivery_charge_on_what_expires_soon():
    rule = SpanMargin.published(delivery_charge=3.0, delivery_days=30.0, initial_factor=1.0)
    assert rule.margin(_months(-2.0), MONTHS).parts["delivery"] == pytest.approx((6.0, 6.0))
    assert "delivery" not in rule.margin(_months(0, -2.0), MONTHS).parts
    spread = SpanMargin.published(delivery_charge=3.0, calendar=(CalendarSpread(1, 2, 5.0),), initial_factor=1.0)
    assert spread.requirement(_months(2.0, -2.0), MONTHS)[0] == pytest.approx(10.0)  # nothing is left to deliver


def test_credit_across_commodities():
    spread = CommoditySpread({"A": 1, "B": -2}, 0.8)
    assert commodity_credit({"A": 3.0, "B": -4.0}, {"A": 15.0, "B": 7.5}, [spread]) == {"A": 24.0, "B": 24.0}
    assert commodity_credit({"A": -3.0, "B": 4.0}, {"A": 15.0, "B": 7.5}, [spread]) == {"A": 24.0, "B": 24.0}
    assert commodity_credit({"A": 3.0, "B": 4.0}, {"A": 15.0, "B": 7.5}, [spread]) == {"A": 0.0, "B": 0.0}
    rule = SpanMargin.published(credits=(spread,), initial_factor=1.0)
    report = rule.margin(Book.from_list([("A-PERP", 3.0), ("B-PERP", -4.0)]), PAIR)
    # price risk of futures: 15 % of the price per delta; two spreads of 1 A and 2 B
    assert report.parts["credit across commodities"] == pytest.approx((-48.0, -48.0))
    assert report.initial == pytest.approx(3 * 15 + 4 * 7.5 - 48)
    assert report.contributions.tolist() == pytest.approx([45 - 24, 30 - 24])


def test_a_credit_of_all_never_turns_into_a_gain():
    rule = SpanMargin.published(credits=(CommoditySpread({"A": 1, "B": -2}, 1.0),))
    assert rule.margin(Book.from_list([("A-PERP", 1.0), ("B-PERP", -2.0)]), PAIR).initial == pytest.approx(
        0.0, abs=1e-9
    )


def test_short_option_minimum():
    far = Book((_option(400.0, -10.0), _option(20.0, -5.0, "put")))
    for count, least in (("sum", 15 * 3.0), ("larger", 10 * 3.0)):
        rule = SpanMargin.published(short_option_minimum=0.03, short_option_count=count)
        report = rule.margin(far, TOY)
        assert report.maintenance == pytest.approx(least) and report.parts["short-option minimum"][1] > 0.0
    near = Book((_option(100.0, -10.0),))
    with_minimum = SpanMargin.published(short_option_minimum=0.03).requirement(near, TOY)
    assert with_minimum == pytest.approx(SPAN.requirement(near, TOY))  # the scan is more


# --- TIMS
def test_tims_is_the_ready_made_scan_where_the_minimum_is_less():
    free = TimsMargin.published(minimum=0.0)
    for name, book in named_books(TOY).items():
        report, ready = free.margin(book, TOY), rules()["tims"].requirement(book, TOY)
        assert (report.initial, report.maintenance) == pytest.approx(ready), name
        assert TIMS.requirement(book, TOY)[0] >= report.initial - 1e-12


def test_the_minimum_is_37_50_per_listed_contract():
    far = Book((_option(400.0, -100.0), _option(410.0, 100.0)))  # one listed contract of each
    report = TIMS.margin(far, TOY)
    assert report.parts == {"minimum": pytest.approx((75.0, 75.0))}
    assert "The minimum is more than the worst scenario loses" in report.explain()
    assert report.contributions.tolist() == pytest.approx([37.5, 37.5])
    coins = Book((Position("TOY", 100.0),))
    assert TIMS.margin(coins, TOY).parts == {"worst scenario": pytest.approx((1500.0, 1500.0))}


def test_ranges_of_the_classes():
    long = Book.from_list([("A-PERP", 10.0)])
    for kind, loss in (("single_name", 150.0), ("large_index", 80.0), ("other_index", 100.0)):
        assert TimsMargin.published(classes={"A": kind}).requirement(long, PAIR)[0] == pytest.approx(loss)
    short = TimsMargin.published(classes={"A": "large_index"}).margin(-1.0 * long, PAIR)
    assert (short.initial, short.binding) == (pytest.approx(60.0), "+6 %")
    twice = TimsMargin.published(classes={"A": TimsClass(0.15, 0.15, leverage=2.0)})
    assert twice.requirement(long, PAIR)[0] == pytest.approx(300.0)


def test_gains_in_a_product_group_count_in_part():
    group = {name: TimsClass.published("other_index", group="indices") for name in "AB"}
    book = Book.from_list([("A-PERP", 10.0), ("B-PERP", -16.0)])  # loses 100 where the other gains 80
    for share, loss in ((0.9, 100 - 72), (0.0, 100), (1.0, 20)):
        report = TimsMargin.published(classes=group, minimum=0.0, offsets=share).margin(book, PAIR)
        assert report.initial == pytest.approx(loss)
        assert report.contributions.sum() == pytest.approx(loss) and report.binding == "point 1 of 10"
    apart = TimsMargin.published(classes=dict.fromkeys("AB", "other_index"), minimum=0.0).margin(book, PAIR)
    assert apart.initial == pytest.approx(180.0) and apart.binding == "A: -10 %; B: +10 %"
    own = TimsMargin.published(classes=group, minimum=0.0, offsets={"indices": 0.75}).requirement(book, PAIR)
    assert own[0] == pytest.approx(100 - 60)


# --- what both share
@pytest.mark.parametrize("rule", [SPAN, TIMS], ids=lambda rule: rule.name)
def test_reports_add_up_and_grow_with_the_book(rule):
    for book in named_books(TOY).values():
        report = rule.margin(Account(book, cash=50.0), TOY)
        assert report.contributions.sum() == pytest.approx(report.initial)
        assert 0.0 <= report.maintenance <= report.initial
        assert rule.requirement(2.0 * book, TOY)[0] == pytest.approx(2.0 * report.initial, abs=1e-9)
        assert rule.margin(Account(book, cash=60.0), TOY).excess == pytest.approx(report.excess + 10.0)
        assert rule.requirements_along(book, TOY, [0.0])[0] == pytest.approx((report.initial, report.maintenance))
    assert report.note


def test_bad_input_is_named():
    for wrong in (
        dict(price_range=0.0), dict(price_range=0.4), dict(vol_range=-0.1), dict(cover=0.0), dict(cover=1.1),
        dict(extreme=0.0), dict(short_option_minimum=-1.0), dict(short_option_count="most"), dict(calendar=(1,)),
        dict(delivery_charge=np.nan), dict(initial_factor=0.9), dict(credits=(1,)), dict(unknown=1),
    ):  # fmt: skip
        with pytest.raises(InputError):
            SpanMargin.published(**wrong)
    for terms in ((1, 1, 5.0), (1, 2, -5.0), (1, 2, 5.0, 0.0), (-1, 2, 5.0)):
        with pytest.raises(InputError):
            CalendarSpread(*terms)
    for deltas, credit in (({"A": 1}, 0.5), ({"A": 1, "B": 0}, 0.5), ({"A": 1, "B": -1}, 1.1), (3, 0.5)):
        with pytest.raises(InputError):
            CommoditySpread(deltas, credit)
    with pytest.raises(InputError):
        composite_deltas(Book.from_list([("TOY-PERP", 1)]), TOY, 1.0)
    for wrong in (dict(minimum=-1.0), dict(offsets=1.1), dict(offsets={"x": -0.1}), dict(points=1)):
        with pytest.raises(InputError):
            TimsMargin.published(**wrong)
    for wrong in (dict(up=0.0), dict(down=1.0), dict(leverage=0.0), dict(leverage=10.0), dict(group=3)):
        with pytest.raises(InputError):
            TimsClass.published("single_name", **wrong)
    with pytest.raises(InputError, match="class"):
        TimsMargin.published(classes={"A": "huge_index"})
    for kind, markets in ((SpanMargin, {"A": SpanTerms(0.1, 0.1)}), (TimsMargin, {"A": TimsClass(0.1, 0.1)})):
        with pytest.raises(InputError):
            kind(markets).margin(Book.from_list([("TOY-PERP", 1)]), TOY)
        with pytest.raises(InputError):
            kind({})
