"""Numbers that the chapter *Linear Margining* reads aloud, each by a way of its own."""

import numpy as np
import pandas as pd
import pytest
from scipy.special import ndtr

from greekslab.explorers.explorer import PAGE_BYTES
from greekslab.explorers.linear import COLLATERAL, CONTRACTS, ENTRY, MMR, PRICES, linear_explorer, linear_view
from greekslab.margin import IsolatedPosition, bankruptcy_price, liquidated_at, liquidation_price, replay
from greekslab.market import Market, bars
from greekslab.pricing import coin_price, delta, inverse_pnl, linear_pnl, net_delta


def test_worked_example():
    # By hand: 45 000 - 50 000; 50 000 (1/50 000 - 1/45 000) = 1 - 1.1111
    assert linear_pnl(quantity=1, entry=50_000, exit=45_000) == -5_000.0
    assert inverse_pnl(contracts=50_000, entry=50_000, exit=45_000) == pytest.approx(-1 / 9)
    coin = IsolatedPosition("inverse", 1.0, 50_000.0, 10.0, "coin")
    assert coin.equity(45_000.0) == pytest.approx(-500.0)  # 0.1 coin is worth 4 500, 5 000 are lost


def test_exercise_1_bankruptcy_and_liquidation():
    # Closed forms: 50 000 (1 -/+ 0.1); 50 000 / (1 +/- 0.1); 45 000 / 0.95; 50 000 x 1.05 / 1.1
    inverse = dict(entry=50_000, margin=0.1, settlement="inverse")
    assert bankruptcy_price(quantity=1, entry=50_000, margin=5_000) == pytest.approx(45_000)
    assert bankruptcy_price(quantity=-1, entry=50_000, margin=5_000) == pytest.approx(55_000)
    assert bankruptcy_price(quantity=50_000, **inverse) == pytest.approx(45_454.55, abs=0.005)
    assert bankruptcy_price(quantity=-50_000, **inverse) == pytest.approx(55_555.56, abs=0.005)
    assert liquidation_price(quantity=1, entry=50_000, margin=5_000, mmr=0.05) == pytest.approx(47_368.42, abs=0.005)
    assert liquidation_price(quantity=50_000, mmr=0.05, **inverse) == pytest.approx(47_727.27, abs=0.005)


def test_exercise_2_coin_payoffs():
    # (80 000 - 50 000) / 80 000 and (50 000 - 10 000) / 10 000: the option price with no time left
    kw = dict(strike=50_000, vol=0.6, tau=0.0)
    assert coin_price(forward=80_000, kind="call", **kw) == pytest.approx(0.375)
    assert coin_price(forward=10_000, kind="put", **kw) == pytest.approx(4.0)


def test_exercise_3_coin_greeks():
    atm = dict(forward=50_000, strike=50_000, vol=0.6, tau=30 / 365)
    assert coin_price(**atm) == pytest.approx(0.06854, abs=5e-6)
    assert delta(**atm) == pytest.approx(0.5343, abs=5e-5)
    assert net_delta(**atm) == pytest.approx(0.4657, abs=5e-5)
    v = 0.6 * np.sqrt(30 / 365)
    d2 = np.log(50_000 / 55_000) / v - v / 2
    assert net_delta(**{**atm, "strike": 55_000}) == pytest.approx(1.1 * ndtr(d2), rel=1e-12)
    assert net_delta(**{**atm, "strike": 55_000}) == pytest.approx(0.2872, abs=5e-5)


@pytest.mark.parametrize("tau", [0.0, 7 / 365, 2.0])
def test_a_call_never_costs_a_coin_and_a_put_any_number(tau):
    forward = np.geomspace(1.0, 1e9, 60)
    assert np.all(coin_price(forward=forward, strike=50_000, vol=0.9, tau=tau) < 1.0)
    assert coin_price(forward=500.0, strike=50_000, vol=0.9, tau=tau, kind="put") > 98.0  # K/F - 1 = 99


def test_call_on_the_real_smile():
    market = Market.btc()
    expiry = pd.Timestamp("2021-11-26 08:00", tz="UTC")
    F, vol = market.forward("BTC", expiry), float(market.vol("BTC", expiry, 80_000.0))
    call = dict(forward=F, strike=80_000.0, vol=vol, tau=market.tau(expiry))
    v = vol * np.sqrt(call["tau"])  # a second implementation, from the plain formula
    d1 = np.log(F / 80_000.0) / v + v / 2
    expected = ndtr(d1) - 80_000.0 / F * ndtr(d1 - v), ndtr(d1), 80_000.0 / F * ndtr(d1 - v)
    assert (coin_price(**call), delta(**call), net_delta(**call)) == pytest.approx(expected, rel=1e-9)
    assert expected == pytest.approx((0.0574, 0.3403, 0.2829), abs=5e-5)


def test_published_examples():
    # BitMEX Inverse Futures Guide (2020); Bybit help centre, Liquidation Price (USDT Contract)
    assert inverse_pnl(contracts=100_000, entry=10_000, exit=10_500) == pytest.approx(0.476, abs=5e-4)
    bybit = dict(quantity=1, entry=20_000, margin=400, mmr=0.005)
    assert liquidation_price(maintenance_on="entry", **bybit) == pytest.approx(19_700)
    # Bybit, isolated mode, 2024-09-10: quantity / (value - (initial - maintenance)); 2026-05-27: rate at the mark
    short = dict(quantity=-60_000, entry=50_000, margin=0.12, mmr=0.005, settlement="inverse")
    assert liquidation_price(maintenance_on="entry", **short) == pytest.approx(60_000 / (1.2 - (0.12 - 0.006)))
    assert liquidation_price(maintenance_on="mark", **short) == pytest.approx(60_000 * 0.995 / (1.2 - 0.12))


def test_november_2018_by_hand():
    week = bars("BTC").loc["2018-11-24":"2018-11-30"]
    entry, low = 4_422.8, 3_657.6
    assert (week["open"].iloc[0], week["low"].min()) == (entry, low)
    tables = {
        held: replay(IsolatedPosition("inverse", 1.0, entry, 5.0, held, mmr=0.005), week) for held in ("stable", "coin")
    }
    at = week["low"].idxmin()
    # one fifth of the entry, or 0.2 coin, less the fall of one coin
    assert tables["stable"].loc[at, "worst_equity"] == pytest.approx(entry / 5 + low - entry)
    assert tables["coin"].loc[at, "worst_equity"] == pytest.approx(0.2 * low + low - entry)
    assert liquidated_at(tables["stable"]) is None
    assert liquidated_at(tables["coin"]) == at == pd.Timestamp("2018-11-25 10:00", tz="UTC")
    assert tables["stable"]["equity"].iloc[-1] == pytest.approx(entry / 5 + 4_039.5 - entry)


@pytest.mark.parametrize(
    ("asset", "leverage", "expected"),
    [
        ("BTC", 5, {"stable": (84, 104), "coin": (115, 66)}),
        ("ETH", 5, {"stable": (129, 126), "coin": (167, 87)}),
        ("ETH", 3, {"stable": (31, 49), "coin": (86, 16)}),
    ],
)
def test_liquidated_weeks_by_a_plain_loop(asset, leverage, expected):
    daily = bars(asset, "1d")
    levels = {  # the chapter's closed forms for an inverse contract, maintenance 0.5 %
        "stable": (1 - 1 / leverage + 0.005, 1 + 1 / leverage - 0.005),
        "coin": (1.005 / (1 + 1 / leverage), 0.995 / (1 - 1 / leverage)),
    }
    counts = {held: [0, 0] for held in levels}
    for i in range(len(daily) - 6):
        start, week = daily["open"].iloc[i], daily.iloc[i : i + 7]
        for held, (down, up) in levels.items():
            counts[held][0] += week["low"].min() <= down * start
            counts[held][1] += week["high"].max() >= up * start
    assert {held: tuple(map(int, pair)) for held, pair in counts.items()} == expected


# --- explorer ----------------------------------------------------------------------------------------------------


def test_explorer_opens_on_its_point():
    view = linear_explorer().view
    assert "Liquidation at 47 727, 4.5 % below entry." in view.finding
    assert "In dollars nothing bends: equity moves +1.10" in view.finding
    assert [p.title for p in view.panels[:2]] == ["In dollars", "In coin"]
    assert (47_727.27, "liquidation 47 727") == (round(view.panels[0].vlines[0][0], 2), view.panels[0].vlines[0][1])
    assert view.panels[2].rows[2] == ("equity", "2 800", "0.0583")  # by hand: 0.1 x 48 000 - 2 000


@pytest.mark.parametrize("contract", CONTRACTS)
@pytest.mark.parametrize("collateral", COLLATERAL)
@pytest.mark.parametrize(("leverage", "move"), [(1, -50), (10, 0), (15, 60)])
def test_explorer_draws_what_the_engine_computes(contract, collateral, leverage, move):
    view = linear_view(contract=contract, collateral=collateral, leverage=leverage, move=move)
    kind, size, _ = CONTRACTS[contract]
    position = IsolatedPosition(kind, size, ENTRY, leverage, collateral, mmr=MMR)
    dollars, coins, _ = view.panels
    np.testing.assert_allclose(dollars.series[0].y, position.equity(PRICES))
    np.testing.assert_allclose(coins.series[0].y, position.equity(PRICES) / PRICES)
    np.testing.assert_allclose(dollars.series[1].y, position.pnl(PRICES))
    now = ENTRY * (1 + move / 100)
    assert (dollars.markers[0].x, dollars.markers[0].y) == pytest.approx((now, position.equity(now)))
    assert ("already passed" in view.finding) == any(
        end is not None and (now <= end < ENTRY or ENTRY < end <= now) for end in position.liquidation()
    )
    view.payload()


def test_inverse_and_linear_draw_the_same_lines():
    inverse, linear = (
        linear_view(contract=c, collateral="coin", leverage=10, move=-4).panels for c in ("inverse-long", "linear-long")
    )
    for a, b in zip(inverse[:2], linear[:2], strict=True):
        np.testing.assert_allclose(a.series[0].y, b.series[0].y)


def test_synthetic_dollar_is_said():
    view = linear_view(contract="inverse-short", collateral="coin", leverage=1, move=30)
    assert "worth 50 000 dollars at any price. No price liquidates it." in view.finding


def test_answers_below_the_explorer():
    # (1 + 0.5) of a forward at the strike: Black's call over the forward; K/S - 1 = 1 for the put at half the price
    call = linear_view(contract="short-call", collateral="coin", leverage=10, move=50)
    put = linear_view(contract="short-put", collateral="coin", leverage=10, move=-50)
    assert "owes 0.3338 coin now, and never more than 1 coin" in call.finding and "already passed" in call.finding
    assert "owes 1.0000 coin now" in put.finding and "already passed" in put.finding
    assert coin_price(forward=75_000, strike=50_000, vol=0.6, tau=30 / 365) == pytest.approx(0.3338, abs=5e-5)
    assert IsolatedPosition("linear", 1.0, 50_000.0, 1.0).liquidation() == (None, None)
    assert IsolatedPosition("inverse", 1.0, 50_000.0, 1.0, "coin").liquidation()[0] == pytest.approx(26_250.0)


def test_page_grid_is_small(monkeypatch):
    monkeypatch.setenv("GREEKSLAB_PAGE", "1")
    assert 0 < len(linear_explorer().grid) <= PAGE_BYTES / 3
