"""Greek margin: reference numbers, identities between its parts, a second route, and bad input."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from greekslab.book import Book, exposure, named_books
from greekslab.errors import InputError
from greekslab.margin import GreekMargin, Scan
from greekslab.market import Market
from greekslab.pricing import greeks
from greekslab.risk import worst_quadratic
from greekslab.scenarios import VolRule, published

TOY, BTC = Market.toy(), Market.btc()
BOOKS, REAL = named_books(TOY), named_books(BTC)
RULE = GreekMargin()
SCAN = Scan(published("paradex-16"))


def test_price_alone_of_the_neutral_straddle():
    # by hand: G S^2 x^2 / 2 with G = 2 x 0.02310672 and x = 16 %
    rule = GreekMargin(vol_rule=VolRule())
    assert rule.requirement(BOOKS["hedged straddle"], TOY)[0] == pytest.approx(5.915, abs=5e-4)


def test_the_straddle_is_overcharged():
    # by hand: 5.9153 + 0.06854 x 16 + 2 x 11.395 x 0.6 x 0.40; the scan's number is the book's reference table
    assert RULE.requirement(BOOKS["short straddle"], TOY)[0] == pytest.approx(12.4816, abs=1e-4)
    assert SCAN.requirement(BOOKS["short straddle"], TOY)[0] == pytest.approx(10.7787, abs=1e-4)


def test_a_near_far_call_is_hardly_seen():
    # D, G and V of the 7-day 130 call at 100; the vol shock is 40 % x (30 / 7)^0.3
    market, book = Market.toy(days=7), Book.from_list([("TOY-8JAN24-130-C", -1.0)])
    g = greeks(forward=100, strike=130, vol=0.6, tau=7 / 365)
    by_hand = g.delta * 16.0 + g.gamma * 100.0**2 * 0.16**2 / 2 + g.vega * 0.6 * 0.40 * (30 / 7) ** 0.3
    assert RULE.requirement(book, market)[0] == pytest.approx(by_hand, rel=1e-12)
    assert by_hand == pytest.approx(0.0785, abs=5e-5)
    assert SCAN.requirement(book, market)[0] == pytest.approx(1.8218, abs=5e-5)
    assert Scan(published("paradex-24")).requirement(book, market)[0] == pytest.approx(15.04, abs=5e-3)


def test_call_and_put_of_one_strike_do_not_hedge_their_deltas():
    # long call and short put: gamma and vega cancel, the deltas add up to one coin
    assert RULE.requirement(BOOKS["synthetic long"], TOY)[0] == pytest.approx(16.0, rel=1e-12)
    assert RULE.requirement(BOOKS["conversion"], TOY)[0] == pytest.approx(0.0, abs=1e-9)


def test_the_box_is_that_of_the_core_scenarios():
    core = published("paradex-16")
    assert RULE.moves == (core.moves("").min(), core.moves("").max())
    assert RULE.vol_rule == replace(core.vol_rule, min_vol_up=0.0)


@pytest.mark.parametrize("rule", [RULE, GreekMargin(vanna_volga=True), GreekMargin(vega_correlation=0.6)], ids=str)
@pytest.mark.parametrize("name", REAL)
def test_parts_contributions_and_moves_agree(rule, name):
    book = REAL[name] + 0.3 * REAL["short strangle"]
    report = rule.margin(book, BTC)
    assert report.initial == pytest.approx(rule.requirement(book, BTC)[0], rel=1e-12)
    assert report.contributions.sum() == pytest.approx(report.initial, rel=1e-9, abs=1e-6)
    closed = report.initial - rule.requirement(book.without(0), BTC)[0]
    assert report.marginal.iloc[0] == pytest.approx(closed, rel=1e-9, abs=1e-6)
    moves = np.array([-0.3, 0.0, 0.25])
    apart = [rule.requirement(book, BTC.moved(x)) for x in moves]
    assert rule.requirements_along(book, BTC, moves) == pytest.approx(np.array(apart), rel=1e-9)


def test_small_boxes_are_the_scan():
    # on a box a hundredth as large the quadratic is the exact P&L: second route through full revaluation
    small = GreekMargin(moves=(-0.0016, 0.0016), vol_rule=VolRule(up=0.004, down=0.0022), vanna_volga=True)
    corners = published("paradex-16").table
    corners = corners.assign(move=corners["move"] / 100.0, vol=corners["vol"].map({"up": 0.004, "down": -0.0022}))
    scan = Scan(published("paradex-16").edited(corners))
    for name in ("short straddle", "short call", "short put", "covered call", "far short call"):
        assert small.requirement(BOOKS[name], TOY)[0] == pytest.approx(scan.requirement(BOOKS[name], TOY)[0], rel=3e-4)


@pytest.mark.parametrize("rule", [RULE, GreekMargin(vanna_volga=True, initial_factor=1.5)], ids=["1", "2"])
def test_legs_alone_are_books_of_one_leg(rule):
    book = REAL["covered call"] + REAL["short strangle"]
    alone = [rule.requirement(Book((leg,)), BTC)[0] for leg in book]
    assert rule.stand_alone(book, BTC) == pytest.approx(alone, rel=1e-12)


@pytest.mark.parametrize("rule", [RULE, GreekMargin(vanna_volga=True)], ids=["1", "2"])
def test_terms_and_their_quadratic(rule):
    book = REAL["covered call"] + REAL["short strangle"]
    terms = rule.terms(book, BTC)
    assert list(terms.index) == book.names and terms.shape == (4, 5 if rule.vanna_volga else 3)
    spot = BTC.spot("BTC")
    e = exposure(book, BTC)  # quote: coins, coins per dollar; second route to the same sums
    assert terms["delta"].to_numpy() == pytest.approx(e["delta"].to_numpy() * spot)
    assert terms["gamma"].to_numpy() == pytest.approx(e["gamma"].to_numpy() * spot**2)
    # the quadratic at the worst point is the margin
    sums = terms.sum()
    point = worst_quadratic(**sums, moves=rule.moves, vols=(-0.22, 0.40))
    assert rule.pnl(book, BTC, [point.move], point.vol)[0] == pytest.approx(-rule.requirement(book, BTC)[0])
    assert rule.pnl(book, BTC, [0.0])[0] == 0.0


def two_tenors(near, far):
    return Book.from_list([("BTC-26NOV21-66000-C", near), ("BTC-25MAR22-66000-C", far)])


def test_less_correlated_expiries_offset_less_and_add_up_less():
    amounts = {rho: [GreekMargin(moves=(-1e-9, 1e-9), vega_correlation=rho).requirement(book, BTC)[0]
                     for book in (two_tenors(-1, 1), two_tenors(-1, -1))]
               for rho in (0.0, 0.5, 1.0)}  # fmt: skip
    spread, outright = zip(*amounts.values(), strict=True)
    assert outright[0] < outright[1] < outright[2]
    assert spread[0] > spread[1]
    rule = GreekMargin(vol_rule=replace(RULE.vol_rule, down=0.4), moves=(-1e-9, 1e-9), vega_correlation=0.0)
    alone = [rule.requirement(Book.from_list([leg]), BTC)[0] for leg in (("BTC-26NOV21-66000-C", -1),
                                                                        ("BTC-25MAR22-66000-C", 1))]  # fmt: skip
    # uncorrelated tenors add as the legs of a right-angled triangle
    assert rule.requirement(two_tenors(-1, 1), BTC)[0] == pytest.approx(np.hypot(*alone), rel=1e-4)


@given(size=st.floats(0.01, 100.0), name=st.sampled_from(sorted(BOOKS)))
def test_twice_the_book_needs_twice_the_margin(size, name):
    one = RULE.requirement(BOOKS[name], TOY)[0]
    assert RULE.requirement(size * BOOKS[name], TOY)[0] == pytest.approx(size * one, rel=1e-9, abs=1e-9 * size)


@given(first=st.sampled_from(sorted(BOOKS)), second=st.sampled_from(sorted(BOOKS)))
def test_merging_never_costs_with_full_offset(first, second):
    apart = sum(RULE.requirement(BOOKS[name], TOY)[0] for name in (first, second))
    assert RULE.requirement(BOOKS[first] + BOOKS[second], TOY)[0] <= apart * (1.0 + 1e-9) + 1e-9


def test_underlyings_are_summed_and_named():
    market = Market(TOY.time, spots={"BTC": 100.0, "ETH": 50.0})
    report = RULE.margin(Book.from_list([("BTC-PERP", 1.0), ("ETH-PERP", -2.0)]), market)
    assert report.initial == pytest.approx(32.0)
    assert report.binding == "BTC: -16 %, vol same; ETH: +16 %, vol same"


def test_an_option_of_hardly_any_vega_contributes_what_it_needs():
    # vega 1e-170: its square is 0 in floating point
    book = Book.from_list([("TOY-31JAN24-13000-C", -1.0)])
    report = GreekMargin(vega_correlation=0.5, vanna_volga=True).margin(book, TOY)
    assert 0.0 < report.contributions.sum() == report.initial < 1e-100


def test_an_option_at_the_kink_of_its_payoff_is_named():
    over = replace(TOY, time="2024-01-31 08:00")
    with pytest.raises(InputError, match="TOY-31JAN24-100-C.*no gamma"):
        RULE.requirement(Book.from_list([("TOY-PERP", 1.0), ("TOY-31JAN24-100-C", -1.0)]), over)
    assert RULE.requirement(Book.from_list([("TOY-31JAN24-90-C", -1.0)]), over)[0] == pytest.approx(16.0)


def test_the_explanation_names_the_worst_point():
    assert "The scenario that binds is +16 %, vol +40 %." in RULE.margin(BOOKS["short straddle"], TOY).explain()


@pytest.mark.parametrize("wrong", [
    {"moves": (0.1, 0.2)}, {"moves": 0.16}, {"vega_correlation": 1.1}, {"vega_correlation": -0.1},
    {"initial_factor": 0.0}, {"maintenance_factor": np.nan}, {"vol_rule": 0.4}, {"vol_rule": VolRule(min_vol_up=0.4)},
])  # fmt: skip
def test_bad_parameters_are_refused(wrong):
    with pytest.raises(InputError):
        GreekMargin(**wrong)
