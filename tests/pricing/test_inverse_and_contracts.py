"""Coin-settled options, linear and inverse contracts."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.special import ndtr

from greekslab.errors import InputError
from greekslab.pricing import coin_delta, coin_gamma, coin_price, inverse_pnl, inverse_pnl_quote, linear_pnl, net_delta

OPTION = dict(forward=50_000.0, strike=50_000.0, vol=0.6, tau=30 / 365)


def test_thirty_day_at_the_money_call_in_coin():
    # Closed form: 0.06854 coin, premium-adjusted delta 0.4657; for K = 55 000 the latter is 0.2872.
    assert coin_price(**OPTION) == pytest.approx(0.06854, abs=5e-6)
    assert net_delta(**OPTION) == pytest.approx(0.4657, abs=5e-5)
    assert net_delta(**OPTION | dict(strike=55_000)) == pytest.approx(0.2872, abs=5e-5)


@given(st.floats(-1, 1), st.floats(0.1, 3), st.floats(0.01, 2))
def test_premium_adjusted_call_delta_is_k_over_f_times_nd2(x, vol, tau):
    strike = 50_000 * np.exp(x)
    v = vol * np.sqrt(tau)
    d2 = -x / v - v / 2
    got = net_delta(forward=50_000, strike=strike, vol=vol, tau=tau)
    assert got == pytest.approx(strike / 50_000 * ndtr(d2), rel=1e-9, abs=1e-12)


def test_published_inverse_values():
    # mpmath at 60 digits: F = K = 60 000, T = 0.25, vol 60 %.
    option = dict(forward=60_000, strike=60_000, vol=0.6, tau=0.25)
    assert coin_price(**option) == pytest.approx(0.11923538474048503, rel=1e-13)
    assert coin_delta(**option) == pytest.approx(7.339705127162625e-06, rel=1e-12)
    assert coin_gamma(**option) == pytest.approx(1.2060180215743927e-10, rel=1e-9)
    assert coin_gamma(**option, kind="put") == pytest.approx(6.761573577129948e-10, rel=1e-9)


def test_coin_gamma_is_the_derivative_of_coin_delta():
    up, down = (coin_delta(**OPTION | dict(forward=50_000 + h)) for h in (1.0, -1.0))
    assert coin_gamma(**OPTION) == pytest.approx((up - down) / 2.0, rel=1e-6)


def test_coin_payoffs_at_expiry():
    # A call struck at 50 000 pays 0.375 coin at 80 000 and never more than 1; a put pays 4 coins at 10 000.
    at = dict(strike=50_000, vol=0.6, tau=0.0)
    assert coin_price(forward=80_000, **at) == pytest.approx(0.375)
    assert coin_price(forward=1e12, **at) < 1.0
    assert coin_price(forward=10_000, kind="put", **at) == pytest.approx(4.0)


def test_published_inverse_profits():
    # BitMEX inverse futures guide: 100 000 contracts from 10 000 to 10 500 earn 0.476 coin.
    assert inverse_pnl(contracts=100_000, entry=10_000, exit=10_500) == pytest.approx(0.476, abs=5e-4)
    assert inverse_pnl(contracts=60_000, entry=600, exit=500) == pytest.approx(-20.0)


@given(st.floats(-1e6, 1e6), st.floats(1, 1e5), st.floats(1, 1e5))
def test_an_inverse_contract_is_straight_in_quote(contracts, entry, exit):
    coin = inverse_pnl(contracts=contracts, entry=entry, exit=exit)
    quote = inverse_pnl_quote(contracts=contracts, entry=entry, exit=exit)
    assert coin * exit == pytest.approx(quote, rel=1e-9, abs=1e-6)
    assert quote == pytest.approx(contracts / entry * (exit - entry), rel=1e-9, abs=1e-6)


def test_linear_profit_and_bad_prices():
    assert linear_pnl(quantity=2.5, entry=60_000, exit=54_000) == -15_000
    with pytest.raises(InputError, match="exit is 0"):
        inverse_pnl(contracts=1, entry=100, exit=0)
    with pytest.raises(InputError, match="forward"):
        coin_price(forward=0, strike=100, vol=0.6, tau=0.1)
