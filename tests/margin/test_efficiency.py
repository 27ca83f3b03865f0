"""Gross and net margin, and what a hedge sets free."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from greekslab.book import Book, named_books
from greekslab.errors import InputError
from greekslab.margin import (
    Capital,
    capital,
    gross_margin,
    gross_notional,
    hedged_book,
    hedged_pnl,
    hedged_requirements,
    redeployed_size,
    rules,
)
from greekslab.market import Market

TOY = Market.toy()
PERP, FUTURE = Book.from_list([("TOY-PERP", 1)]), Book.from_list([("TOY-31JAN24", -1)])


def test_straddle_against_the_reference_table():
    # reference table of the running books: 15.7807 + 14.1951 apart, 15.5613 together
    found = capital(named_books(TOY)["short straddle"], TOY, rules()["paradex"])
    assert found.gross == pytest.approx(15.7807 + 14.1951, abs=2e-4)
    assert found.net == pytest.approx(15.5613, abs=1e-4)
    assert found.efficiency == pytest.approx(0.48, abs=0.005)
    assert found.leverage == pytest.approx(200 / 15.5613, rel=1e-5)


def test_two_rules_can_make_the_efficiency_negative():
    # Derive PM2: 18 scan + 3 + 1 contingency, standard manager 10: 1 - 22/10
    assert capital(PERP, TOY, rules()["derive-pm2"], alone=rules()["isolated"]).efficiency == pytest.approx(-1.2)


def test_half_hedged_perpetual_by_hand():
    # 16 and 8 apart; together half of 16
    found = capital(hedged_book(PERP, FUTURE, 0.5), TOY, rules()["paradex"])
    assert (found.gross, found.net, found.notional) == pytest.approx((24.0, 8.0, 150.0))
    assert found.saved == pytest.approx(16.0) and found.leverage == pytest.approx(18.75)
    assert found.return_on_margin(2.0) == pytest.approx(0.25)


@pytest.mark.parametrize("name", ["paradex-16", "span", "tims"])
@settings(max_examples=25)
@given(quantities=st.lists(st.floats(-5, 5).filter(lambda q: abs(q) > 1e-3), min_size=2, max_size=4))
def test_within_one_scan_netting_never_costs(name, quantities):
    legs = ["TOY-PERP", "TOY-31JAN24-100-C", "TOY-31JAN24-90-P", "TOY-31JAN24-115-C"]
    book = Book.from_list(list(zip(legs, quantities, strict=False)))
    assert -1e-12 <= capital(book, TOY, rules()[name]).efficiency <= 1.0


def test_gross_margin_of_a_fixed_rate_is_its_requirement():
    book = named_books(TOY)["conversion"]
    assert gross_margin(book, TOY, rules()["isolated"]) == pytest.approx(rules()["isolated"].requirement(book, TOY)[0])


def test_notional_of_every_kind():
    btc = Market.btc()
    expiry = btc.expiries("BTC")[2]
    name = f"BTC-{expiry.day}{expiry:%b%y}".upper()
    spot, forward = btc.spot("BTC"), btc.forward("BTC", expiry)
    sizes = {"BTC": (2, 2 * spot), "BTC-PERP": (-2, 2 * spot), name: (3, 3 * forward), f"{name}-60000-P": (-1, spot)}
    sizes |= {"BTC-PERP:inverse": (-500, 500.0), f"{name}:inverse": (700, 700.0), f"{name}-60000-P:inverse": (1, spot)}
    for instrument, (quantity, notional) in sizes.items():
        assert gross_notional(Book.from_list([(instrument, quantity)]), btc) == pytest.approx(notional), instrument


def test_nothing_asked_and_nothing_to_save():
    assert Capital(gross=10.0, net=0.0, notional=5.0).efficiency == 1.0
    assert Capital(gross=10.0, net=0.0, notional=5.0).leverage == np.inf
    assert Capital(gross=0.0, net=0.0, notional=5.0).efficiency == 0.0
    assert Capital(gross=0.0, net=1.0, notional=5.0).efficiency == -np.inf
    assert Capital(gross=10.0, net=0.0, notional=5.0).return_on_margin(-1.0) == -np.inf


def test_requirements_and_profit_along_a_hedge():
    ratios = [0.0, 0.25, 1.0]
    table = hedged_requirements(PERP, FUTURE, TOY, rules()["paradex"], ratios)
    assert table["net"].tolist() == pytest.approx([16.0, 12.0, 1.0])  # 16 (1 - h); at 1 the minimum charge
    assert table["gross"].tolist() == pytest.approx([16.0, 20.0, 32.0])
    pnl = hedged_pnl(PERP, FUTURE, TOY, [-0.1, 0.2], ratios)
    assert pnl == pytest.approx(np.array([[-10.0, 20.0], [-7.5, 15.0], [0.0, 0.0]]))


def test_a_day_passes_for_options():
    straddle, wings = named_books(TOY)["short straddle"], named_books(TOY)["long call"]
    still = hedged_pnl(straddle, wings, TOY, [0.0], [0.0])[0, 0]
    assert still == pytest.approx(0.2279, rel=0.02)  # theta 2 x 0.11395 a day, a little more as time runs out


def test_size_of_a_redeployed_book():
    assert redeployed_size(16.0, 8.0) == 2.0
    assert redeployed_size(16.0, 8.0, 0.5) == 1.5
    assert redeployed_size(16.0, 8.0, 0.0) == 1.0
    assert redeployed_size(10.0, 15.0) == 1.0  # nothing free
    assert redeployed_size(10.0, 0.0) == 1.0
    assert redeployed_size(16.0, [8.0, 4.0]).tolist() == [2.0, 4.0]


def test_bad_input_is_named():
    for ratio in (-0.1, np.nan):
        with pytest.raises(InputError, match="ratio"):
            hedged_book(PERP, FUTURE, ratio)
    for share in (-0.1, 1.1, np.nan):
        with pytest.raises(InputError, match="share"):
            redeployed_size(16.0, 8.0, share)
