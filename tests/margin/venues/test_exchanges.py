"""OKX, Bybit and Dederi: their few published figures, identities and bad input."""

import numpy as np
import pytest

from greekslab.book import Book, Future, Option, Position, named_books
from greekslab.errors import InputError
from greekslab.margin import Account, rules
from greekslab.margin.venues import (
    BybitCross,
    BybitPortfolio,
    DederiPortfolio,
    OkxPortfolio,
    OkxRiskUnit,
    OkxTier,
    bybit_short_option,
    okx_account,
    okx_minimum_charge,
    okx_worst,
)  # fmt: skip
from greekslab.market import Market

TOY = Market.toy()
EXPIRY = TOY.expiries("TOY")[0]
RULES = [
    OkxPortfolio.published(), OkxPortfolio.published("2024-12"), BybitCross.published(), BybitPortfolio.published(),
    DederiPortfolio.published(),
]  # fmt: skip


def _option(strike, quantity, kind="call"):
    return Position(Option("TOY", "linear", EXPIRY, strike, kind), quantity)


# --- OKX: API documentation, position builder, example of 2025-01-15
def test_the_published_risk_unit():
    earned = {0.0: 0.0, 0.04: -388.1369748240002, 0.12: -1164.4109244719994, -0.12: 1164.4109244719994}
    loss, move = okx_worst(earned)
    assert (loss, move) == (pytest.approx(1164.4109244719994), 0.12)
    delta = -9704.903689800001
    minimum = okx_minimum_charge(delta, 0.0045)
    unit = OkxRiskUnit(mr1=loss, mr4=0.002 * abs(delta), mr6=0.5 * 2328.8218489440005, mr7=minimum)
    assert minimum == pytest.approx(43.67206660410001)
    assert (unit.mmr, unit.imr()) == pytest.approx((1183.8207318516002, 1538.9669514070802))
    assert unit.binding == "shocks"


def test_the_published_account():
    units = [(1183.8207318516002, 1538.9669514070802), (191.6629744572, 249.16186679436)]
    whole = okx_account(units, liability=78553.21888979999)  # 2 % and 10 % of it
    assert whole.derivatives == pytest.approx(1375.4837063088003)
    assert (whole.maintenance, whole.initial) == pytest.approx((2946.5480841048, 9643.45070718144))
    assert okx_account([]).initial == 0.0


def test_the_rule_does_the_same_with_a_book():
    # a short of 0.1 coin at 97 049: the shocks at their ends, the basis at its floor
    market = Market(time="2025-01-15", spots={"BTC": 97_049.0, "X": 100.0})
    rule, delta = OkxPortfolio.published(), 9_704.9
    book = Book.from_list([("BTC-PERP", -0.1)])
    unit = rule.unit(book, market)
    assert (unit.mr1, unit.mr2, unit.mr4) == pytest.approx((0.12 * delta, 0.0, 0.002 * delta))
    assert (unit.mr6, unit.mr7) == pytest.approx((0.5 * 0.24 * delta, 0.0045 * delta))
    report = rule.margin(book, market)
    assert (report.maintenance, report.initial) == pytest.approx((0.122 * delta, 1.3 * 0.122 * delta))
    assert report.binding == "+12 %, vol same"
    both = rule.margin(book + Book.from_list([("X-PERP", 10.0)]), market)
    assert both.maintenance == pytest.approx(0.122 * delta + 0.258 * 1000.0)
    assert both.binding == "BTC: +12 %, vol same; X: -25 %, vol same"


def test_a_hedged_unit_pays_for_its_basis():
    rule = OkxPortfolio.published()
    book = Book.from_list([("TOY-PERP", -1.0), ("TOY-31JAN24", 1.0)])
    parts = rule.margin(book, TOY).parts
    assert parts == {"basis": pytest.approx((1.3 * (0.8 + 30 / 365 * 30.0), 0.8 + 30 / 365 * 30.0))}


def test_extreme_moves_and_minimum_charges_can_bind():
    rule = OkxPortfolio.published()
    far = Book((_option(130.0, -1.0), _option(140.0, 0.6)))
    unit = rule.unit(100.0 * far, TOY)
    assert unit.mmr == max(unit.mr1 + unit.mr2 + unit.mr4, unit.mr6, unit.mr7)
    tight = OkxPortfolio({"*": OkxTier((0.01,), 0.02, 0.0, 0.0, 0.5)}).margin(Book.from_list([("TOY-PERP", 1)]), TOY)
    assert tight.parts == {"minimum charge": pytest.approx((65.0, 50.0))} and tight.binding == "-1 %, vol same"
    wide = OkxPortfolio({"*": OkxTier((0.01,), 0.5, 0.0, 0.0, 0.0)}).margin(Book.from_list([("TOY-PERP", 1)]), TOY)
    assert wide.parts == {"extreme move": pytest.approx((32.5, 25.0))} and wide.binding == "-50 %, vol same"


def test_long_options_decay_by_a_day():
    lines = OkxPortfolio.published().unit(Book((_option(100.0, 1.0), _option(100.0, 1.0, "put"))), TOY)
    assert lines.mr2 == pytest.approx(2 * 0.11395, rel=0.02)  # theta per day of the toy straddle


@pytest.mark.parametrize(("raw", "multiplier"), [
    (0.0, 1), (10_000.0, 1), (10_001.0, 2), (70_000.0, 2), (170_000.0, 4), (300_000.0, 6), (470_000.0, 8),
    (700_000.0, 10), (700_001.0, 12),
])  # fmt: skip
def test_tiers_of_the_minimum_charge(raw, multiplier):
    tiers = OkxPortfolio.published().minimum_tiers
    assert okx_minimum_charge(-raw, 1.0, tiers) == raw * multiplier


# --- Bybit: help centre, comparison of spread strategies (2024-10-23)
def test_the_published_short_put():
    both = bybit_short_option(spot=20_250, strike=18_500, mark=290, kind="put", order_price=280)
    assert both == pytest.approx((2_315.0, 938.0))
    dear = bybit_short_option(spot=20_250, strike=18_500, mark=290, kind="put", order_price=400)
    assert dear == pytest.approx((2_425.0, 938.0))


def test_bybit_cross_margin_leaves_the_mark_out():
    report = BybitCross.published().margin(Book((_option(110.0, -2.0), _option(90.0, 1.0, "put"))), TOY)
    mark = -Account(Book((_option(110.0, -1.0),))).equity(TOY)
    printed = bybit_short_option(spot=100.0, strike=110.0, mark=mark)
    assert report.parts["short options"] == pytest.approx([2 * (each - mark) for each in printed])
    assert report.parts["long options, paid in full"][0] == pytest.approx(report.equity + 2 * mark)


def test_bybit_portfolio_margin_and_its_contingencies():
    rule = BybitPortfolio.published(short_options=0.01, futures=0.002, initial_factor=1.2)
    book = Book((_option(110.0, -3.0), _option(110.0, 1.0), Position("TOY-PERP", 2.0)))
    parts = rule.margin(book, TOY).parts
    assert parts["net short options"] == pytest.approx((1.2 * 2.0, 2.0))
    assert parts["futures"] == pytest.approx((1.2 * 0.4, 0.4))
    long = Book.from_list([("TOY-PERP", 1.0)])
    assert [BybitPortfolio.published(e).requirement(long, TOY)[1] for e in ("2024-10", "2025-01")] == [15.0, 10.0]


# --- Dederi: wiki, portfolio margin
def test_the_published_future():
    now = Market.toy(days=20)
    expiry = now.expiries("TOY")[0]
    market = Market(now.time, {"ETH": 2243.3}, {"ETH": {expiry: 2253.2}})
    report = DederiPortfolio.published().margin(Book((Position(Future("ETH", "linear", expiry), 10.0),)), market)
    assert report.parts["future contingency"][0] == pytest.approx(134.6, abs=0.05)
    same = report.scan[report.scan["vol"] == "none"]["pnl"].tolist()
    assert same == pytest.approx([-3380, -2704, -2028, -1352, -676, 0, 676, 1352, 2028, 2704, 3380], abs=0.5)
    assert report.initial == pytest.approx(3379.8 + 134.598) and len(report.scan) == 33


def test_dederi_counts_inverse_contracts_in_coins():
    rule = DederiPortfolio.published()
    one = [rule.margin(Book.from_list([leg]), TOY).parts for leg in (("TOY-PERP", 1.0), ("TOY-PERP:inverse", 100.0))]
    assert one[0]["future contingency"] == pytest.approx(one[1]["future contingency"])


# --- what all share
@pytest.mark.parametrize("rule", RULES, ids=lambda rule: f"{rule.name}")
def test_reports_add_up(rule):
    for name, book in named_books(TOY).items():
        report = rule.margin(Account(book, cash=50.0), TOY)
        assert report.contributions.sum() == pytest.approx(report.initial, abs=1e-9), name
        assert 0.0 <= report.maintenance <= report.initial
        assert rule.margin(Account(book, cash=60.0), TOY).excess == pytest.approx(report.excess + 10.0)
        assert rule.requirement(2.0 * book, TOY)[0] == pytest.approx(2.0 * report.initial, abs=1e-9)
        assert rule.requirements_along(book, TOY, [0.0])[0] == pytest.approx((report.initial, report.maintenance))
    assert report.certainty == "partial" and report.note


def test_bad_input_is_named():
    for wrong in (
        dict(extreme_share=1.1),
        dict(initial_factor=0.9),
        dict(vol_range=-0.1),
        dict(tiers={}),
        dict(tiers=3),
    ):
        with pytest.raises(InputError):
            OkxPortfolio.published(**wrong)
    for wrong in (((0.0,), 0.2, 0, 0, 0), ((0.1,), 1.0, 0, 0, 0), ((0.1,), 0.2, -1, 0, 0), ((0.1,), 0.2, 0, np.nan, 0)):
        with pytest.raises(InputError):
            OkxTier(*wrong)
    for wrong in (dict(mr1=-1.0), dict(mr9=np.inf)):
        with pytest.raises(InputError):
            OkxRiskUnit(**wrong)
    for call in (
        lambda: okx_worst({}), lambda: okx_worst({0.1: np.nan}), lambda: okx_minimum_charge(1.0, -0.1),
        lambda: okx_minimum_charge(10.0, 1.0, ((1.0, 1.0),)), lambda: okx_account([(-1.0, 1.0)]),
        lambda: okx_account([], liability=-1.0), lambda: okx_account([], borrow_imr=-1.0),
        lambda: RULES[0].unit(Book.from_list([("A-PERP", 1), ("B-PERP", 1)]), TOY),
        lambda: bybit_short_option(spot=1, strike=1, mark=1, order_price=-1.0),
    ):  # fmt: skip
        with pytest.raises(InputError):
            call()
    for kind, wrong in (
        (BybitCross, dict(keep=-0.1)), (BybitCross, dict(futures_maintenance=0.2)), (BybitPortfolio, dict(steps=0)),
        (BybitPortfolio, dict(price_range=1.0)), (BybitPortfolio, dict(initial_factor=0.5)),
        (DederiPortfolio, dict(price_range=0.0)), (DederiPortfolio, dict(up_factor=-1.0)),
        (DederiPortfolio, dict(future_contingency=-1.0)), (DederiPortfolio, dict(steps=0)),
        (DederiPortfolio, dict(x=1)),
    ):  # fmt: skip
        with pytest.raises(InputError):
            kind.published(**wrong)


def test_partial_rules_stay_out_of_the_ready_made_ones():
    assert not {"okx", "bybit", "dederi"} & set(rules())
