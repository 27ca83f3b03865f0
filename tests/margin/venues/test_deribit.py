"""Deribit's standard and portfolio margin: published figures, the coin's arithmetic, identities and bad input."""

from dataclasses import replace

import numpy as np
import pytest

from greekslab.book import Book, Future, Option, Perpetual, Position, exposure, named_books
from greekslab.errors import InputError
from greekslab.margin import Account, standard_option_margin
from greekslab.margin.venues import (
    DeribitPortfolio,
    DeribitStandard,
    DeribitVintage,
    deribit_pm_account,
)  # fmt: skip
from greekslab.market import FlatVol, Market
from greekslab.pricing import price

TOY = Market.toy()
EXPIRY = TOY.expiries("TOY")[0]
STANDARD, PORTFOLIO = DeribitStandard.published(), DeribitPortfolio.published()
RULES = [STANDARD, PORTFOLIO, *(DeribitVintage.published(edition) for edition in ("2018", "2019", "2020"))]


def _leg(strike, kind="call", quantity=-1.0, settlement="inverse"):
    return Position(Option("TOY", settlement, EXPIRY, strike, kind), quantity)


# --- standard margin: Deribit's pages on options (2020-2024) and on linear perpetuals (2025)
def test_perpetuals_pay_more_than_in_proportion():
    market = Market(time="2024-01-01", spots={"BTC": 100_000.0, "SOL": 200.0})
    assert STANDARD.requirement(Book.from_list([("BTC-PERP", 25)]), market) == pytest.approx((53_125, 28_125))
    assert STANDARD.requirement(Book.from_list([("BTC-PERP", -350)]), market)[0] == pytest.approx(1_312_500)
    assert STANDARD.requirement(Book.from_list([("SOL-PERP", 6000)]), market)[0] == pytest.approx(84_000)
    coin = DeribitStandard.published(currency="BTC").margin(Book.from_list([("BTC-PERP:inverse", 2.5e6)]), market)
    assert (coin.currency, coin.initial) == ("BTC", pytest.approx(0.53125))


@pytest.mark.parametrize("kind", ["call", "put"])
@pytest.mark.parametrize("settlement", ["linear", "inverse"])
@pytest.mark.parametrize("strike", [60.0, 100.0, 130.0])
def test_the_printed_margin_less_the_mark(kind, settlement, strike):
    book = Book((_leg(strike, kind, -2.0, settlement),))
    report = STANDARD.margin(book, TOY)
    mark = -report.equity / 2.0
    printed = standard_option_margin(spot=100.0, strike=strike, mark=mark, kind=kind)
    assert (report.initial, report.maintenance) == pytest.approx([2 * (each - mark) for each in printed])


def test_a_long_option_needs_its_price_and_no_more():
    report = STANDARD.margin(Book((_leg(100.0, quantity=1.0),)), TOY)
    assert report.initial == report.maintenance == pytest.approx(report.equity)
    loss = PORTFOLIO.margin(Book((_leg(100.0, quantity=1.0),)), TOY).parts["worst scenario"][0]
    assert loss <= report.equity


# --- portfolio margin: API reference, private/pme/simulate, response example of 2024-06-17
def test_the_published_response_for_futures():
    expiry = Market.toy(days=11).expiries("TOY")[0]
    market = Market(
        "2024-01-01 08:00", {"BTC": 65_666.19}, {"BTC": {expiry: 67_371.75}}, perps={"BTC": 65_910.57}
    )  # fmt: skip
    book = Book((
        Position(Perpetual("BTC", "inverse"), 0.314538364 * 65_910.57),
        Position(Future("BTC", "inverse", expiry), -0.001187534 * 67_371.75),
    ))  # fmt: skip
    rule = DeribitPortfolio.published(currency="BTC")
    report, matrix = rule.margin(book, market), rule.risk_matrix(book, market)
    assert report.binding == "-16 %, vol down"  # the first of three that are equal
    assert matrix["BTC-PERP:inverse"].iloc[[0, 26]].tolist() == pytest.approx(
        [-0.05991206933333334, 0.043384601931034494], abs=1e-9
    )
    assert matrix["aggregated"].iloc[0] == pytest.approx(-0.05968587238095239, abs=1e-9)
    assert (matrix["aggregated"].iloc[12:27] == 0.0).all()  # gains do not count
    assert (matrix["aggregated"].iloc[27:] == 0.0).all()  # the extended table: the dampener is more than any loss
    assert report.parts["roll shock"][0] == pytest.approx(0.00315725898, abs=1e-9)
    assert report.initial == pytest.approx(0.06284313098, abs=1e-9)
    both = deribit_pm_account(report.initial, open_orders=1.8212e-05, market_maker_protection=0.06)
    assert both == pytest.approx((0.122861343, 0.050274504784), abs=1e-9)
    assert report.maintenance == pytest.approx(both[1])


def test_futures_count_at_the_end_of_the_range_in_the_extended_table():
    # support article: futures are capped there; the fraction and the change of base give the same
    for settlement in ("linear", "inverse"):
        book = Book((Position(Perpetual("TOY", settlement), 1.0),))
        matrix = PORTFOLIO.risk_matrix(book, TOY)
        values = matrix[book.names[0]].to_numpy()
        assert values[27:29] == pytest.approx(2 * [values[0]])
        assert values[29:] == pytest.approx(6 * [values[26]])


def test_coin_settled_options_earn_coin():
    # second route: price over forward before and after, coin by coin
    matrix = PORTFOLIO.risk_matrix(Book((_leg(110.0, quantity=1.0),)), TOY)
    for row, move, vol in ((0, -0.16, 0.45), (26, 0.16, 0.9)):  # 60 % x (1 - 25 %), 60 % x (1 + 50 %) at 30 days
        after = price(forward=100 * (1 + move), strike=110, vol=vol, tau=30 / 365) / (100 * (1 + move))
        now = price(forward=100, strike=110, vol=0.6, tau=30 / 365) / 100
        assert matrix.iloc[row, 3] == pytest.approx(after - now)


def test_a_coin_covers_a_coin_settled_call():
    book = Book((_leg(100.0), Position("TOY", 1.0)))
    alone = PORTFOLIO.requirement(Book((_leg(100.0),)), TOY)
    assert PORTFOLIO.requirement(book, TOY) == pytest.approx(alone)  # and the coin is equity
    assert PORTFOLIO.margin(book, TOY).excess == pytest.approx(PORTFOLIO.margin(book.without(1), TOY).excess + 100.0)


def test_the_dampener_takes_losses_away_and_gives_no_gain():
    far = 1000.0 * Book((_leg(250.0, settlement="linear"),))
    reports = [
        DeribitPortfolio.published(extended_dampener=d).margin(far, TOY) for d in (0.0, 10.0, 1e6)
    ]  # fmt: skip
    assert reports[0].binding == "+500 %, vol up"
    far_loss = reports[0].scan["loss"].iloc[-1]
    assert reports[1].scan["loss"].iloc[-1] == pytest.approx(far_loss - (5 / 0.16 - 1) * 10.0)
    assert (reports[2].scan["loss"].iloc[27:] == 0.0).all()


def test_gains_count_in_part_and_up_to_a_limit():
    book = Book.from_list([("TOY-PERP", 1.0)])
    half = DeribitPortfolio.published(pnl_offset=0.5, max_offsetable_pnl=4.0).risk_matrix(book, TOY)["aggregated"]
    assert half.iloc[[0, 12, 17, 26]].tolist() == pytest.approx([-16.0, 0.0, 2.0, 4.0])


@pytest.mark.parametrize(("coins", "shock"), [
    (1_000.0, 0.0), (2_000.0, 0.0),  # 200 000 is the threshold
    (3_000.0, 3_000 * 1_000 * 5e-5), (10_000.0, 10_000 * 0.1),
])  # fmt: skip
def test_delta_shock_starts_at_the_threshold_and_is_capped(coins, shock):
    numbers = PORTFOLIO.markets["BTC"]
    own = replace(numbers, delta_total_liq_shock_threshold=2e5)
    assert own.delta_shock(coins, 100.0) == pytest.approx(shock)
    assert own.delta_shock(-coins, 100.0) == pytest.approx(shock)
    report = DeribitPortfolio({"*": own}).margin(Book.from_list([("TOY-PERP", coins)]), TOY)
    assert report.parts.get("delta shock", (0.0,))[0] == pytest.approx(shock * 100.0)


def test_roll_shock_grows_with_the_time_to_expiry():
    assert PORTFOLIO.markets["BTC"].roll_rate([0.0, 0.1, 1.0]) == pytest.approx([0.01, 0.01, 0.075])
    long = Book.from_list([("TOY-31JAN24", 1.0)])
    assert PORTFOLIO.margin(long, TOY).parts["roll shock"][0] == pytest.approx(1.0)
    both = Book.from_list([("TOY-31JAN24", 1.0), ("TOY-31JAN24-100-C", -1.0), ("TOY-31JAN24-100-P", 1.0)])
    assert PORTFOLIO.margin(both, TOY).initial == pytest.approx(0.0, abs=1e-9)  # a conversion, all in one expiry


# --- older models: pages of 2018 to 2020
def test_vol_shocks_of_the_vintages():
    # the page's example for 15 days: sqrt(30/15) x 40 % = 56.6 %
    at = {e: DeribitVintage.published(e).scenarios.vol_rule for e in ("2018", "2019", "2020")}
    assert [at[e].shocked(1.0, 15.0, "up") - 1.0 for e in at] == pytest.approx([0.566, 0.382, 0.468], abs=5e-4)
    assert [at[e].shocked(1.0, 1.0, "up") - 1.0 for e in ("2018", "2020")] == pytest.approx([2.19, 1.05], abs=6e-3)


def test_contingencies_of_the_vintages():
    # the page's examples: 200 options at 1 % are 2 coins; 100 against 100 futures at 2 % are 2 coins
    first, last = DeribitVintage.published("2018"), DeribitVintage.published("2020")
    options = Book((_leg(100.0, quantity=100.0), _leg(110.0, quantity=-100.0)))
    assert first.margin(options, TOY).parts["options"][0] == pytest.approx(2 * 100.0)
    futures = Book.from_list([("TOY-PERP", 100.0), ("TOY-31JAN24", -100.0)])
    assert first.margin(futures, TOY).parts == {"offsetting futures": pytest.approx((200.0, 200.0))}
    # calls +10 and puts -20 at one strike: 10 net short
    strike = Book((_leg(100.0, quantity=10.0), _leg(100.0, "put", -20.0)))
    assert last.margin(strike, TOY).parts["net short options"][0] == pytest.approx(0.01 * 10 * 100.0)


def test_vega_of_expiries_that_offset_each_other():
    market = Market.toy(days=[30, 60])
    near, later = (Option("TOY", "linear", e, 100.0, "call") for e in market.expiries("TOY"))
    book = Book((Position(near, 2.0), Position(later, -1.0)))
    vega = exposure(book, market)["vega"].to_numpy() / 100.0
    part = DeribitVintage.published("2018").margin(book, market).parts["offsetting vega"][0]
    assert part == pytest.approx(0.25 * np.abs(vega).min())


# --- what all of them share
@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.name)
def test_reports_add_up_and_grow_with_the_book(rule):
    for name, book in named_books(TOY).items():
        report = rule.margin(Account(book, cash=50.0), TOY)
        assert report.contributions.sum() == pytest.approx(report.initial, abs=1e-9), name
        assert 0.0 <= report.maintenance <= report.initial + 1e-9
        assert rule.requirement(book, TOY) == pytest.approx((report.initial, report.maintenance), abs=1e-9)
        assert rule.margin(Account(book, cash=60.0), TOY).excess == pytest.approx(report.excess + 10.0)
        if rule is not STANDARD and rule is not PORTFOLIO:
            assert rule.requirement(2.0 * book, TOY)[0] == pytest.approx(2.0 * report.initial, abs=1e-9)
        along = rule.requirements_along(book, TOY, [-0.1, 0.0])
        assert along[1] == pytest.approx(rule.requirement(book, TOY), abs=1e-9)
    assert report.certainty in ("documented", "partial") and report.note


@pytest.mark.parametrize("rule", RULES[:2], ids=lambda rule: rule.name)
def test_books_merged_never_need_more_than_apart(rule):
    # the older models can: they charge what offsets
    books = list(named_books(TOY).values())
    for a, b in zip(books, books[3:], strict=False):
        apart = rule.requirement(a, TOY)[0] + rule.requirement(b, TOY)[0]
        assert rule.requirement(a + b, TOY)[0] <= apart + 1e-9


def test_bad_input_is_named():
    for wrong in (
        dict(price_range=0.0), dict(price_range=1.0), dict(pnl_offset=1.1), dict(mm_factor=0.0), dict(mm_factor=1.1),
        dict(buckets_count=0), dict(m_inc=-1.0), dict(extended_moves=(-1.0,)), dict(extended_moves=(0.1,)),
        dict(volatility_range_up=np.nan),
    ):  # fmt: skip
        with pytest.raises(InputError):
            DeribitPortfolio.published(**wrong)
    for wrong in (dict(price_range=0.0), dict(offsetting_vega=1.5), dict(buckets=0), dict(vol_range=-0.1), dict(x=1)):
        with pytest.raises(InputError):
            DeribitVintage.published("2018", **wrong)
    with pytest.raises(InputError, match="DeribitVintage"):
        DeribitPortfolio.published("2018")
    with pytest.raises(InputError, match="settle in TOY"):
        DeribitPortfolio.published(currency="TOY").margin(Book.from_list([("TOY-PERP", 1)]), TOY)
    with pytest.raises(InputError, match="ask for each"):
        PORTFOLIO.risk_matrix(Book.from_list([("TOY-PERP", 1), ("TOY-PERP:inverse", 1)]), TOY)
    for markets in ({}, {"BTC": 1.0}, 3):
        with pytest.raises(InputError):
            DeribitPortfolio(markets)
        with pytest.raises(InputError):
            DeribitStandard(markets)
    with pytest.raises(InputError, match="pair"):
        DeribitPortfolio({"BTC": PORTFOLIO.markets["BTC"]}).margin(Book.from_list([("TOY-PERP", 1)]), TOY)
    for wrong in (dict(risk_matrix=-1.0), dict(risk_matrix=1.0, mm_factor=0.0), dict(risk_matrix=1.0, spot=-1.0)):
        with pytest.raises(InputError):
            deribit_pm_account(**wrong)


def test_several_pairs_are_added_up():
    market = Market("2024-01-01", {"BTC": 60_000.0, "ETH": 3_000.0}, vols={"ETH": FlatVol(0.8)})
    legs = [("BTC-PERP:inverse", 60_000.0), ("ETH-PERP", -10.0), ("ETH-PERP:inverse", 3_000.0)]
    book = Book.from_list(legs)
    apart = [PORTFOLIO.requirement(Book.from_list([leg]), market)[0] for leg in legs]
    report = PORTFOLIO.margin(book, market)
    assert report.initial == pytest.approx(sum(apart))
    assert report.binding.count(":") == 5 and set(report.scan["underlying"]) == {"BTC:inverse", "ETH", "ETH:inverse"}


def test_a_report_in_coin_and_a_requirement_in_quote():
    book = Book.from_list([("TOY-PERP:inverse", 200.0)])
    rule = DeribitPortfolio.published(currency="TOY")
    report = rule.margin(Account(book, cash=300.0), TOY)
    assert (report.currency, report.equity) == ("TOY", pytest.approx(3.0))
    assert report.in_quote(TOY).initial == pytest.approx(rule.requirement(book, TOY)[0])
    assert report.initial == pytest.approx(2 * (1 / 0.84 - 1) + 2 * 0.01)
    assert report.marginal.tolist() == pytest.approx([report.initial])
