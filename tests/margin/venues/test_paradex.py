"""Paradex: published figures of its pages, provisions, identities and bad input."""

import numpy as np
import pytest

from greekslab.book import Book, Option, Position, named_books
from greekslab.errors import InputError
from greekslab.margin import Account, rules
from greekslab.margin.venues import (
    ParadexCross,
    ParadexMarket,
    ParadexPortfolio,
    ParadexRates,
    paradex_liquidation,
    paradex_option,
    paradex_perp,
)  # fmt: skip
from greekslab.market import FlatVol, Market

TOY = Market.toy()
EXPIRY = TOY.expiries("TOY")[0]
RATES = ParadexCross.published().markets["*"]
NEW, EARLY, CROSS = ParadexPortfolio.published(), ParadexPortfolio.published("2026-02"), ParadexCross.published()


# --- cross margin: cross-margin-requirement.mdx @ 9b82a75a, fees and open loss @ b11bd20a
def test_orders_of_the_worked_example():
    needed = paradex_perp(
        position=-1, mark=90_000, rate=0.02, buy_orders=[(3, 90_000)], sell_orders=[(2, 90_000)]
    )  # fmt: skip
    assert needed.net == needed.initial == pytest.approx(5_400)
    assert needed.maintenance == pytest.approx(900)  # half, on the position alone


def test_fees_and_aggressive_orders():
    needed = paradex_perp(
        position=2, mark=100, rate=0.02, buy_orders=[(1, 101), (1, 90)], sell_orders=[(3, 98), (1, 120)], fee_rate=0.001
    )  # fmt: skip
    assert needed.fees == pytest.approx(0.001 * 100 * (2 + 4 + 2))
    assert needed.open_loss == pytest.approx(1 * 1 + 3 * 2)
    assert needed.maintenance == pytest.approx(0.5 * 0.02 * 200 + 0.001 * 200)
    assert needed.initial == pytest.approx(0.02 * 400 + needed.fees + needed.open_loss)


@pytest.mark.parametrize(("terms", "both"), [
    # docs.paradex.trade, margin requirements of options, spot at 100
    (dict(kind="call", strike=100, mark=10, long=True), (10, 5)),
    (dict(kind="call", strike=100, mark=30, long=True), (20, 10)),
    (dict(kind="call", strike=106, mark=3, long=False), (10, 5)),
    (dict(kind="put", strike=106, mark=9, long=False), (15, 7.5)),
    (dict(kind="put", strike=40, mark=25, long=False), (10, 5)),
    (dict(kind="put", strike=16, mark=1, long=False), (8, 5)),  # by hand: half of the strike
    (dict(kind="call", strike=102, mark=3, long=False), (13, 5.5)),
])  # fmt: skip
def test_options_of_the_page(terms, both):
    assert paradex_option(RATES, spot=100, **terms) == pytest.approx(both)


# --- liquidation: liquidations.mdx @ 9b82a75a; the worked table takes a fee of 50 %
@pytest.mark.parametrize(("share", "maintenance", "penalty", "value", "ratio"), [
    (0.2, 71.04, 8.88, 71.12, 0.999), (0.4, 53.28, 17.76, 62.24, 0.856), (0.6, 35.52, 26.64, 53.36, 0.666),
    (0.8, 17.76, 35.52, 44.48, 0.399),
])  # fmt: skip
def test_the_table_of_shares(share, maintenance, penalty, value, ratio):
    left = paradex_liquidation(80.0, 88.8, share=share, fee=0.5)
    assert (left.maintenance, left.penalty, left.account_value) == pytest.approx((maintenance, penalty, value))
    assert left.ratio == pytest.approx(ratio, abs=5e-4)


def test_the_smallest_share_that_is_enough():
    assert paradex_liquidation(80.0, 88.8, fee=0.5).share == pytest.approx(0.4)
    assert paradex_liquidation(80.0, 88.8).share == 0.6  # the fee of 70 % that the text names takes more
    assert paradex_liquidation(100.0, 88.8).share == 0.0
    assert paradex_liquidation(88.8, 88.8).share == 0.0  # 100 % is not above 100 %
    full = paradex_liquidation(1.0, 88.8)
    assert full.share == 1.0 and full.account_value < 0.0 and full.ratio == 0.0


# --- portfolio margin: portfolio-margin.mdx @ 9b82a75a
def test_the_worked_minimum_delta():
    # long 1 perpetual, short 5 calls of delta 0.3 at 70 000: 1 400. Here the calls are perpetuals of that delta
    market = Market(time="2024-01-01", spots={"BTC": 70_000.0})
    book = Book.from_list([("BTC-PERP", 1.0), ("BTC-PERP", -1.5)])
    flat = ParadexMarket(NEW.markets["*"].scenarios.head(9), 0.4, 0.02, 0.01)
    still = ParadexPortfolio({"*": flat}).margin(book, market)  # none of these nine falls
    assert still.parts["worst scenario"][0] == pytest.approx(0.5 * 0.16 * 70_000)
    level = ParadexMarket(flat.scenarios.edited(flat.scenarios.table.tail(2)), 0.4, 0.02, 0.01)
    report = ParadexPortfolio({"*": level}).margin(book, market)
    assert report.parts == {"minimum delta": pytest.approx((1_400.0, 700.0))}


def test_the_earlier_edition_is_the_ready_made_rule():
    ready = rules()["paradex"]
    for book in named_books(TOY).values():
        a, b = EARLY.margin(book, TOY), ready.margin(book, TOY)
        assert (a.initial, a.maintenance, a.binding) == (
            pytest.approx(b.initial),
            pytest.approx(b.maintenance),
            b.binding,
        )
        assert a.contributions.to_numpy() == pytest.approx(b.contributions.to_numpy())


def test_the_newer_tails_weigh_less():
    short = Book((Position(Option("TOY", "linear", EXPIRY, 150.0, "call"), -1.0),))
    assert NEW.requirement(short, TOY)[0] < EARLY.requirement(short, TOY)[0]


def test_other_coins_have_wider_scenarios():
    market = Market("2024-01-01", {"HYPE": 50.0, "BTC": 60_000.0}, vols={"HYPE": FlatVol(0.9)})
    assert NEW.requirement(Book.from_list([("HYPE-PERP", 1)]), market)[0] == pytest.approx(0.28 * 50)
    both = NEW.margin(Book.from_list([("HYPE-PERP", 1), ("BTC-PERP", -1)]), market)
    assert both.initial == pytest.approx(0.28 * 50 + 0.16 * 60_000)
    assert set(both.scan["underlying"]) == {"HYPE", "BTC"} and "HYPE: -28 %" in both.binding


def test_raised_volatility_has_a_floor():
    low = Market.toy(vol=0.2)
    short = Book((Position(Option("TOY", "linear", EXPIRY, 120.0, "call"), -1.0),))
    free, floored = (ParadexPortfolio.published(min_vol_up=v).margin(short, low).scan["loss"] for v in (0.0, 0.4))
    assert free[0] < floored[0] and free[2] == floored[2]  # 28 % or 40 % where it is raised, the same where it falls


def test_provisions():
    market = Market(TOY.time, TOY.spots, TOY.forwards, TOY.vols, funding={"TOY": 0.0002})
    rule = ParadexPortfolio.published(fee_rate=0.0005)
    pays = rule.margin(Book.from_list([("TOY-PERP", 10.0)]), market)
    gets = rule.margin(Book.from_list([("TOY-PERP", -10.0)]), market)
    assert pays.parts["funding provision"] == pytest.approx((0.2, 0.2))
    assert "funding provision" not in gets.parts
    assert pays.parts["fee provision"] == pytest.approx((0.5, 0.5))
    assert pays.maintenance == pytest.approx(0.5 * 160 + 0.7)
    assert EARLY.margin(Book.from_list([("TOY-PERP", 10.0)]), market).initial == pytest.approx(160.0)


@pytest.mark.parametrize("rule", [NEW, EARLY, CROSS], ids=lambda rule: rule.name)
def test_reports_add_up(rule):
    for name, book in named_books(TOY).items():
        report = rule.margin(Account(book, cash=50.0), TOY)
        assert report.contributions.sum() == pytest.approx(report.initial), name
        assert 0.0 <= report.maintenance <= report.initial
        assert rule.requirement(2.0 * book, TOY)[0] == pytest.approx(2.0 * report.initial, abs=1e-9)
        assert rule.margin(Account(book, cash=60.0), TOY).excess == pytest.approx(report.excess + 10.0)
        along = rule.requirements_along(book, TOY, [-0.1, 0.0])
        assert along[1] == pytest.approx((report.initial, report.maintenance))
        one = [rule.requirement(Book((p,)), TOY)[0] for p in book]
        assert report.initial <= sum(one) + 1e-9
    assert report.certainty == "documented" and report.note


def test_cross_margin_is_the_sum_of_its_legs():
    option = Option("TOY", "linear", EXPIRY, 110.0, "call")
    book = Book((Position(option, -2.0), Position(option, 1.0), Position("TOY-PERP", 3.0), Position("TOY", 1.0)))
    report = ParadexCross.published(fee_rate=0.001).margin(book, TOY)
    mark = -Account(Book((Position(option, -1.0),))).equity(TOY)
    assert report.parts["short options"] == pytest.approx((20.0, 10.0))
    assert report.parts["long options"] == pytest.approx((mark, mark / 2))
    assert report.parts["futures and perpetuals"] == pytest.approx((6.0, 3.0))
    assert report.parts["fee provision"] == pytest.approx(2 * (0.001 * (300 + 3 * mark),))
    assert report.parts["coins held"] == pytest.approx((100.0, 100.0))


def test_bad_input_is_named():
    for wrong in (
        dict(fee_rate=-0.1), dict(maintenance_share=0.0), dict(maintenance_share=1.1), dict(funding_hours=-1.0),
        dict(net=-0.1), dict(hedged=np.nan), dict(min_vol_up=-1.0), dict(scenarios="paradex-99"), dict(scenarios=3),
    ):  # fmt: skip
        with pytest.raises(InputError):
            ParadexPortfolio.published(**wrong)
    for wrong in (dict(perpetual=-0.1), dict(short_otm=0.2), dict(premium=-1.0), dict(maintenance_share=0.0)):
        with pytest.raises(InputError):
            ParadexCross.published(**wrong)
    with pytest.raises(InputError, match="cross margin"):
        ParadexCross.published("2026-02")
    terms = dict(position=1, mark=100, rate=0.02)
    for wrong in (
        dict(mark=0), dict(rate=-1), dict(fee_rate=-1), dict(maintenance_share=0), dict(buy_orders=[(-1, 100)]),
        dict(sell_orders=[(1, np.nan)]), dict(position=np.inf),
    ):  # fmt: skip
        with pytest.raises(InputError):
            paradex_perp(**{**terms, **wrong})
    option = dict(kind="call", strike=100, spot=100, mark=5, long=False)
    for wrong in (dict(kind="cap"), dict(strike=0), dict(spot=-1), dict(mark=-1)):
        with pytest.raises(InputError):
            paradex_option(RATES, **{**option, **wrong})
    for wrong in (dict(share=1.1), dict(fee=-1), dict(step=0), dict(target=0), dict(step=1.1), dict(target=1.1)):
        with pytest.raises(InputError):
            paradex_liquidation(80.0, 88.8, **wrong)
    with pytest.raises(InputError):
        paradex_liquidation(80.0, -1.0)
    with pytest.raises(InputError, match="coin"):
        ParadexCross({"BTC": ParadexRates(0.02, 0.2, 0.15, 0.1, 0.5)}).margin(Book.from_list([("TOY-PERP", 1)]), TOY)
