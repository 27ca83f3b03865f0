"""What depends on fees and on size: closing fees, rates that rise with the position, open orders."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from greekslab.book import Book
from greekslab.errors import InputError
from greekslab.margin import FixedRate, bankruptcy_price, liquidation_price, open_size, standard_option_margin
from greekslab.market import Market


def test_published_inverse_position_on_a_whole_account():
    # Bybit help centre, liquidation price of an inverse contract under cross margin: long 10 000 USD from 8 000,
    # 0.5 coin in the account, taker fee 0.075 %: bankruptcy at 5 718.57. By hand: 10 007.5 / (1.25 + 0.5).
    terms = dict(quantity=10_000, entry=8_000, margin=0.5, settlement="inverse", closing_fee=0.00075)
    assert bankruptcy_price(**terms) == pytest.approx(10_007.5 / 1.75, rel=1e-12)
    # 10 000 / S = 1.25 + 0.5 - 0.005 * 1.25 - 0.00075 * 10 000 / 5 718.571 = 1.742438: S = 5 739.08
    assert liquidation_price(**terms, mmr=0.005, maintenance_on="entry") == pytest.approx(5739.0835, abs=1e-4)


@given(
    st.sampled_from([1.0, -1.0]), st.floats(0.02, 0.9), st.floats(0.0, 0.01), st.floats(0.0, 0.005),
    st.sampled_from(["linear", "inverse"]),
)  # fmt: skip
def test_a_fee_brings_the_end_nearer_and_is_paid_at_bankruptcy(side, share, mmr, fee, settlement):
    quantity, margin = (side, 100.0 * share) if settlement == "linear" else (100.0 * side, share)
    terms = dict(quantity=quantity, entry=100.0, margin=margin, settlement=settlement)
    bankrupt = bankruptcy_price(**terms, closing_fee=fee)
    if 0.0 < bankrupt < float("inf"):
        value = bankrupt if settlement == "linear" else 100.0 / bankrupt
        pnl = side * (bankrupt - 100.0) if settlement == "linear" else side * (1.0 - value)
        assert margin + pnl == pytest.approx(fee * value, abs=1e-9 * (value + margin))
    with_fee = liquidation_price(**terms, mmr=mmr, closing_fee=fee)
    without = liquidation_price(**terms, mmr=mmr)
    assert side * with_fee >= side * without * (1.0 - side * 1e-12)


@pytest.mark.parametrize("fee", [-0.1, 1.0, float("nan")])
def test_a_fee_is_a_share(fee):
    with pytest.raises(InputError, match="closing_fee"):
        liquidation_price(quantity=1, entry=100, margin=10, mmr=0.05, closing_fee=fee)


def test_published_short_put_with_a_closing_fee():
    # Bybit help centre, cross margin of options (2024-10): short put 18 500, index 20 250, mark 290, maintenance
    # 3 %, fee 0.2 %: maintenance 607.5 + 290 + 40.5 = 938; initial max(3037.5 - 1750, 2025) + 290 = 2315.
    terms = dict(spot=20_250, strike=18_500, mark=290, kind="put", keep=0.03)
    assert standard_option_margin(**terms, closing_fee=0.002) == pytest.approx((2315.0, 938.0))


@pytest.mark.parametrize("kind", ["call", "put"])
def test_initial_is_never_below_maintenance(kind):
    initial, maintenance = standard_option_margin(spot=100, strike=100, mark=5, kind=kind, high=0.1, low=0.1, keep=0.1)
    assert initial == maintenance == pytest.approx(15.0)
    fee = standard_option_margin(spot=100, strike=100, mark=5, kind=kind, high=0.1, keep=0.1, closing_fee=0.01)
    assert fee == pytest.approx((16.0, 16.0))


@pytest.mark.parametrize(
    "size, price, base, slope, expected",
    [  # Deribit support article on linear perpetuals: 25 BTC at 100 000, 350 BTC at 100 000, 6 000 SOL at 200
        (25, 100_000, 0.02, 0.00005, 53_125.0),
        (-350, 100_000, 0.02, 0.00005, 1_312_500.0),
        (6_000, 200, 0.04, 0.000005, 84_000.0),
        (0, 100_000, 0.02, 0.00005, 0.0),
    ],
)
@pytest.mark.parametrize("settlement", ["linear", "inverse"])
def test_rates_that_rise_with_the_position(size, price, base, slope, expected, settlement):
    rule = FixedRate(base, base / 2, initial_slope=slope, maintenance_slope=slope)
    contracts = size if settlement == "linear" else size * price
    book = Book.from_list([(f"X-PERP:{settlement}", contracts)])
    initial, maintenance = rule.requirement(book, Market(time="2024-01-01", spots={"X": price}))
    assert initial == pytest.approx(expected)
    assert maintenance == pytest.approx(expected - base / 2 * abs(size) * price)


def test_slopes_are_checked():
    with pytest.raises(InputError, match="slopes"):
        FixedRate(initial_slope=0.0, maintenance_slope=0.1)


def test_open_orders_on_both_sides():
    # Paradex documentation: short 1, buys of 3, sells of 2 open: up to 2 long or 3 short.
    assert open_size(position=-1, buy_orders=3, sell_orders=2) == (2, 3)
    assert open_size(position=5, sell_orders=2) == (5, 0)
    assert open_size(position=-5, buy_orders=2) == (0, 5)
    with pytest.raises(InputError, match="orders"):
        open_size(position=1, buy_orders=-1)
