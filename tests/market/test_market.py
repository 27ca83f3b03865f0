"""Market states: what they answer, how they move, what they refuse."""

import numpy as np
import pandas as pd
import pytest

from greekslab.errors import InputError
from greekslab.market import FlatVol, Market, Smile, btc_smile


def test_the_toy_world():
    market = Market.toy()
    (expiry,) = market.expiries("TOY")
    assert market.spot("TOY") == market.forward("TOY", expiry) == 100.0
    assert market.vol("TOY", expiry, 123.0) == 0.6
    assert market.tau(expiry) == pytest.approx(30 / 365)


def test_the_btc_market_holds_the_quotes():
    market, quotes = Market.btc(), btc_smile()
    assert len(quotes) == 49 and len(market.expiries("BTC")) == 4
    for row in quotes.itertuples():
        assert market.forward("BTC", row.expiry) == row.forward
        assert row.bid_vol <= market.vol("BTC", row.expiry, row.strike) <= row.ask_vol


def test_the_quotes_are_of_one_instant_on_real_expiry_dates():
    # The source gives maturities of 0.0429 to 0.4318 years of 360 days; the first is 15.44 days.
    market = Market.btc()
    days = [market.tau(e) * 365 for e in market.expiries("BTC")]
    assert days[0] == pytest.approx(0.04289242541152263 * 360, abs=1e-4)
    assert days[3] == pytest.approx(0.4317813143004115 * 360, abs=1e-4)


def test_vol_between_strikes_is_linear_in_log_strike_and_flat_beyond():
    expiry = pd.Timestamp("2024-03-29 08:00", tz="UTC")
    smile = Smile({expiry: ([110.0, 90.0], [0.5, 0.7])})
    assert smile.vol(expiry, np.sqrt(90.0 * 110.0)) == pytest.approx(0.6)
    assert smile.vol(expiry, [1.0, 90.0, 110.0, 1e6]).tolist() == [0.7, 0.7, 0.5, 0.5]


def test_a_move_scales_spot_and_forwards_and_keeps_each_strikes_vol():
    market = Market.btc()
    expiry = market.expiries("BTC")[1]
    moved = market.moved(-0.1, vol_shift=0.4, days=2)
    assert moved.spot("BTC") == pytest.approx(0.9 * market.spot("BTC"))
    assert moved.forward("BTC", expiry) == pytest.approx(0.9 * market.forward("BTC", expiry))
    assert moved.vol("BTC", expiry, 60_000.0) == pytest.approx(1.4 * market.vol("BTC", expiry, 60_000.0))
    assert moved.tau(expiry) == pytest.approx(market.tau(expiry) - 2 / 365)
    assert market.moved().spots == market.spots


def test_a_mapping_moves_the_named_coins_only():
    market = Market("2024-01-01", {"BTC": 40_000.0, "ETH": 2_000.0})
    assert market.moved({"ETH": -0.5}).spots == {"BTC": 40_000.0, "ETH": 1_000.0}


def test_own_chain_from_a_frame():
    chain = pd.DataFrame(
        dict(expiry=["2024-03-29"] * 2, strike=[1800.0, 2200.0], kind=["put", "call"], vol=[0.7, 0.6], forward=2000.0)
    )
    market = Market.from_chain(chain, time="2024-01-01", underlying="ETH", spot=1990.0)
    assert market.spot("ETH") == 1990.0
    assert market.vol("ETH", market.expiries("ETH")[0], 1800.0) == pytest.approx(0.7)
    with pytest.raises(InputError, match="not after"):
        Market.from_chain(chain, time="2025-01-01", underlying="ETH")


EXPIRY = pd.Timestamp("2024-03-29 08:00", tz="UTC")


@pytest.mark.parametrize(
    "build, word",
    [
        (lambda: Market("soon", {"BTC": 1.0}), "time is soon"),
        (lambda: Market("2024-01-01", {}), "spots"),
        (lambda: Market("2024-01-01", {"BTC": float("nan")}), "spot of BTC is nan"),
        (lambda: Market("2024-01-01", {"BTC": -1.0}), "spot of BTC is -1.0"),
        (lambda: Market("2024-01-01", {"BTC": 1.0}, {"BTC": {EXPIRY: 0.0}}), "forward of BTC"),
        (lambda: Market("2024-01-01", {"BTC": 1.0}, rate=np.inf), "rate is inf"),
        (lambda: Market("2024-01-01", {"BTC": 1.0}, confidence={"BTC": 1.2}), "confidence of BTC is 1.2"),
        (lambda: FlatVol(-0.1), "vol is -0.1"),
        (lambda: Smile({EXPIRY: ([100.0, 100.0], [0.5, 0.5])}), "strikes of 2024-03-29"),
        (lambda: Market.toy().spot("DOGE"), "underlying is DOGE"),
        (lambda: Market.btc().forward("BTC", EXPIRY), "expiry of BTC is 2024-03-29"),
        (lambda: Market.btc().vol("BTC", EXPIRY, 1.0), "expiry is 2024-03-29"),
        (lambda: Market("2024-01-01", {"BTC": 1.0}).vol("BTC", EXPIRY, 1.0), "no volatility"),
        (lambda: Market.toy().moved(-1.0), "move is -1.0"),
        (lambda: Market.toy().moved({"BTC": 0.1}), "underlying is BTC"),
    ],
)
def test_bad_markets_say_what_is_wrong(build, word):
    with pytest.raises(InputError, match=word) as caught:
        build()
    assert caught.value.remedy
