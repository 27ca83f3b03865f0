"""Accounts, rules, reports: published figures, hand calculations, and properties every rule shares."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from greekslab.book import Book, named_books
from greekslab.errors import InputError
from greekslab.margin import (
    Account,
    Cross,
    FixedRate,
    Scan,
    contract_charge,
    minimum_delta,
    naked_option_charge,
    rules,
    standard_option_margin,
)
from greekslab.market import Market
from greekslab.scenarios import crash_scenarios, grid, published, span, tims

TOY = Market.toy()
BOOKS = named_books(TOY)
RULES = rules()
REAL = Market.btc()


@pytest.mark.parametrize("rule", list(RULES))
@pytest.mark.parametrize("name", list(BOOKS))
@pytest.mark.parametrize("world", ["toy", "btc"])
def test_every_report_adds_up(rule, name, world):
    market = TOY if world == "toy" else REAL
    book = named_books(market)[name]
    report = RULES[rule].margin(Account(book, cash=1_000.0), market)
    assert 0.0 <= report.maintenance <= report.initial + 1e-9
    assert report.contributions.sum() == pytest.approx(report.initial, rel=1e-9, abs=1e-9)
    assert sum(a for a, _ in report.parts.values()) == pytest.approx(report.initial)
    assert RULES[rule].requirement(book, market) == pytest.approx((report.initial, report.maintenance), abs=1e-9)
    assert report.excess == pytest.approx(report.equity - report.initial)
    assert list(report.to_frame().index) == book.names
    assert RULES[rule].name in report.explain() and RULES[rule].name in report._repr_html_()
    for i in range(len(book)):
        rest = RULES[rule].requirement(book.without(i), market)[0] if len(book) > 1 else 0.0
        assert report.marginal.iloc[i] == pytest.approx(report.initial - rest, abs=1e-6)
    if report.scan is not None:
        assert len(report.scan) == len(RULES[rule].scenarios)
        assert report.binding is None or report.binding in set(report.scan["name"])


@given(st.sampled_from(list(RULES)), st.sampled_from(list(BOOKS)), st.floats(0, 1e6), st.floats(0.01, 100))
def test_cash_helps_and_size_scales(rule, name, cash, size):
    poor, rich = (RULES[rule].margin(Account(BOOKS[name], cash=c), TOY) for c in (0.0, cash))
    assert rich.excess >= poor.excess and rich.initial == poor.initial
    scaled = RULES[rule].requirement(size * BOOKS[name], TOY)
    assert scaled == pytest.approx([size * x for x in (poor.initial, poor.maintenance)], rel=1e-6, abs=1e-9)


@given(st.sampled_from(["tims", "span", "paradex", "paradex-16", "isolated"]), st.sampled_from(list(BOOKS)),
       st.sampled_from(list(BOOKS)))  # fmt: skip
def test_merged_books_never_need_more(rule, first, second):
    together = RULES[rule].requirement(BOOKS[first] + BOOKS[second], TOY)[0]
    apart = RULES[rule].requirement(BOOKS[first], TOY)[0] + RULES[rule].requirement(BOOKS[second], TOY)[0]
    assert together <= apart + 1e-9


def test_fixed_rate_of_delta_one():
    report = FixedRate(0.10, 0.05).margin(Account(Book.from_list([("TOY-PERP", -2.0)]), cash=20.0), TOY)
    assert (report.initial, report.maintenance, report.excess, report.health) == pytest.approx((20, 10, 0, 2))


def test_standard_option_margin_of_documented_examples():
    # Deribit: index 10 000, call 9 000, mark 0.025 coin: initial 0.175, maintenance 0.1 coin.
    assert standard_option_margin(spot=1, strike=0.9, mark=0.025) == pytest.approx((0.175, 0.1))
    # Short 2 100 call, spot 2 000, mark 40 under Deribit's rule: 0.12 and 0.095 coin.
    assert standard_option_margin(spot=1, strike=1.05, mark=0.02) == pytest.approx((0.12, 0.095))
    # Derive standard manager on the same call: 300 and 220 (15 % less OTM, at least 13 %; 9 % to keep).
    assert standard_option_margin(spot=2_000, strike=2_100, mark=40, low=0.13, keep=0.09) == pytest.approx((300, 220))
    # Aevo: spot 3 000, call 3 300, mark 60: 360 and 360.
    assert standard_option_margin(spot=3_000, strike=3_300, mark=60, keep=0.10) == pytest.approx((360, 360))


def test_the_rule_leaves_out_the_mark_that_equity_already_counts():
    book = BOOKS["short call"]
    report = FixedRate().margin(Account(book, cash=50.0), TOY)
    venue = standard_option_margin(spot=100, strike=100, mark=6.853940718)[0]
    assert report.initial == pytest.approx(15.0)
    # the excess is the same either way: cash + premium liability against 15, or cash against 15 + mark
    assert report.excess == pytest.approx(50.0 - venue)


def test_pair_credit_by_hand():
    # Futures long 1 and short 1 at 100, 10 % each, 80 % credit: 4 is left of 20.
    pair = Book.from_list([("TOY-PERP", 1.0), ("TOY-31JAN24", -1.0)])
    report = Cross(FixedRate(0.10, 0.05), pair_credit=0.8).margin(pair, TOY)
    assert (report.initial, report.maintenance) == pytest.approx((4.0, 2.0))
    assert report.parts["pair credit"] == pytest.approx((-16.0, -8.0))
    lopsided = Book.from_list([("TOY-PERP", 3.0), ("TOY-31JAN24", -1.0)])
    assert Cross(pair_credit=1.0).requirement(lopsided, TOY)[0] == pytest.approx(20.0)


def test_option_spreads_are_capped_at_their_greatest_loss():
    # Short 1 800 call, long 2 000 call, spot 2 000: at expiry they lose at most 200.
    market = Market.toy(spot=2_000.0)
    book = Book.from_list([("TOY-31JAN24-1800-C", -1.0), ("TOY-31JAN24-2000-C", 1.0)])
    account = Account(book, cash=0.0)
    report = Cross().margin(account, market)
    worst_equity = account.equity(market) - report.initial
    assert worst_equity == pytest.approx(-200.0)
    naked = Book.from_list([("TOY-31JAN24-1800-C", -1.0)])
    assert "option spreads" not in Cross().margin(naked, market).parts


def test_derive_pm2_and_its_standard_rule_on_a_naked_perpetual():
    # Published parameters: 18 + 3 + 1 = 22 % to open and 0.8 x 18 + 3 = 17.4 % to keep, against 10 % and 6.5 %.
    report = RULES["derive-pm2"].margin(BOOKS["long perp"], TOY)
    assert (report.initial, report.maintenance) == pytest.approx((22.0, 17.4))
    assert RULES["isolated"].requirement(BOOKS["long perp"], TOY) == pytest.approx((10.0, 6.5))


def test_one_straddle_under_different_families():
    # Reference figures for the short straddle: TIMS +-15 % 5.62; SPAN 15 % / 10 points 7.24 (extremes 2x at 35 %) and
    # 10.39 (3x at 33 %), one day of decay.
    book = BOOKS["short straddle"]
    assert Scan(tims(up=0.15, down=0.15)).requirement(book, TOY)[0] == pytest.approx(5.62, abs=5e-3)
    three = span(price_range=0.15, vol_range=0.10)
    two = span(price_range=0.15, vol_range=0.10, extreme=2.0, cover=0.35)
    assert Scan(three).requirement(book, TOY)[0] == pytest.approx(10.39, abs=5e-3)
    assert Scan(two).requirement(book, TOY)[0] == pytest.approx(7.24, abs=5e-3)


def test_minimum_delta_of_the_documented_book():
    # Paradex: +1 perpetual and -5 calls of delta 0.3 at spot 70 000: net -0.5, gross 2.5, hedged 1.0 -> 1 400.
    market = Market("2024-01-01", {"BTC": 70_000.0})
    book = Book.from_list([("BTC-PERP", 1.0), ("BTC-PERP", -1.5)])
    assert minimum_delta(0.02, 0.01).charge(book, market)[0].sum() == pytest.approx(1_400.0)
    # The delta-hedged straddle: net 0, hedged 0.5343 -> 0.534.
    assert minimum_delta(0.02, 0.01).charge(BOOKS["hedged straddle"], TOY)[0].sum() == pytest.approx(0.534, abs=1e-3)


def test_the_floor_binds_where_scenarios_lose_nothing():
    report = RULES["paradex"].margin(BOOKS["conversion"], TOY)
    assert list(report.parts) == ["minimum delta"] and report.binding is None
    assert report.initial == pytest.approx(0.01 * 100.0, rel=1e-6)  # all delta is hedged: gross 2, hedged 1


@pytest.mark.parametrize(
    "legs, naked",
    [
        ([("TOY-31JAN24-100-C", -1.0)], 1.0),
        ([("TOY-31JAN24-100-C", -1.0), ("TOY-31JAN24-100-P", -2.0)], 3.0),
        ([("TOY-31JAN24-100-C", -3.0), ("TOY-31JAN24-100-P", 1.0)], 2.0),
        ([("TOY-31JAN24-100-C", -1.0), ("TOY-31JAN24-100-P", 1.0)], 0.0),
        ([("TOY-31JAN24-100-C", 1.0), ("TOY-31JAN24-100-P", 1.0)], 0.0),
        ([("TOY-31JAN24-100-C", -1.0), ("TOY-31JAN24-110-C", 1.0)], 1.0),
        ([("TOY-PERP", -1.0)], 0.0),
    ],
)
def test_naked_options_count_by_strike(legs, naked):
    # Derive PM2: one option (-q)+; opposite signs (|short| - long)+; both short, the sum; both long, nothing. The
    # venue's own cases (long_box, short_box, syn_forward) have no option contingency although they hold short options.
    charge = naked_option_charge(0.01, 0.005).charge(Book.from_list(legs), TOY)
    assert charge.sum(axis=1) == pytest.approx([naked * 1.0, naked * 0.5])


def test_contract_charge_is_gross():
    charge = contract_charge(0.04, 0.03).charge(Book.from_list([("TOY-PERP", 1.0), ("TOY-31JAN24", -1.0)]), TOY)
    assert charge.sum(axis=1) == pytest.approx([8.0, 6.0])


def test_coins_are_scanned_apart_unless_the_set_moves_each():
    market = Market("2020-03-12", {"BTC": 7_911.43, "ETH": 194.87})
    book = Book.from_list([("BTC-PERP", 1.0), ("ETH-PERP", -40.6)])
    apart = Scan(grid([-0.1, 0.1])).margin(book, market)
    assert apart.initial == pytest.approx(0.1 * (7_911.43 + 40.6 * 194.87))
    assert apart.binding == "BTC: -10 %, vol same; ETH: +10 %, vol same"
    together = Scan(crash_scenarios(), joint=True).margin(book, market)
    assert together.initial < 0.2 * apart.initial / 0.1 * 0.1
    assert together.contributions.sum() == pytest.approx(together.initial)


def test_equity_counts_cash_positions_and_haircut_collateral():
    book = Book.from_list([("BTC-PERP", 1.0, 60_000.0), ("BTC-26NOV21-70000-C", -1.0)])
    account = Account(book, 5_000.0, Book.from_list([("BTC", 0.5)]), {"BTC": 0.2})
    spot = REAL.spot("BTC")
    mark = Account(book.without(0)).equity(REAL)
    assert mark < 0.0
    assert account.equity(REAL) == pytest.approx(5_000 + 0.4 * spot + (spot - 60_000) + mark)


def test_reports_in_coin_convert_to_quote():
    report = RULES["paradex"].margin(Account(named_books(REAL)["covered call"], 10_000.0), REAL)
    assert report.in_quote(REAL) is report
    spot = REAL.spot("BTC")
    coin = type(report)(
        rule="r", equity=report.equity / spot, contributions=report.contributions / spot, currency="BTC",
        marginal=report.marginal / spot, parts={k: (a / spot, b / spot) for k, (a, b) in report.parts.items()},
    )  # fmt: skip
    back = coin.in_quote(REAL)
    assert (back.initial, back.equity, back.currency) == (
        pytest.approx(report.initial), pytest.approx(report.equity), "quote",
    )  # fmt: skip
    with pytest.raises(InputError, match="currency is BTC"):
        coin.in_quote(TOY)


def test_health_and_explanation():
    account = Account(BOOKS["covered call"], cash=2.0)
    report = RULES["paradex"].margin(account, TOY)
    assert report.health == pytest.approx(account.equity(TOY) / report.maintenance)
    text = report.explain()
    for word in ("15.06 to open", "-66 %, vol up, x 24 %", "TOY-PERP causes most", "below the requirement"):
        assert word in text
    free = Scan(grid([0.1])).margin(BOOKS["long call"], TOY)
    assert free.initial == 0.0 and free.health == np.inf and "No scenario loses money" in free.explain()


@pytest.mark.parametrize(
    "build",
    [
        lambda: Account("BTC-PERP"),
        lambda: Account(BOOKS["long call"], cash=np.nan),
        lambda: Account(BOOKS["long call"], haircuts={"BTC": 1.5}),
        lambda: Account(BOOKS["long call"], collateral=BOOKS["long perp"]),
        lambda: FixedRate(0.05, 0.10),
        lambda: FixedRate(low=0.2, high=0.1),
        lambda: Cross(pair_credit=1.5),
        lambda: Scan(published("paradex-16"), initial_factor=0.0),
        lambda: Scan(published("paradex-16"), maintenance_factor=np.nan),
        lambda: standard_option_margin(spot=0, strike=1, mark=0),
        lambda: standard_option_margin(spot=1, strike=1, mark=0, kind="both"),
    ],
)
def test_bad_accounts_and_rules_are_refused(build):
    with pytest.raises(InputError) as caught:
        build()
    assert caught.value.remedy
