"""Market states: what they answer, how they move, what they refuse."""

import numpy as np
import pandas as pd
import pytest

from greekslab.errors import InputError
from greekslab.market import FlatVol, Market, Smile, btc_smile, implied_spot, window_returns


def test_the_toy_world():
    market = Market.toy()
    (expiry,) = market.expiries("TOY")
    assert market.spot("TOY") == market.forward("TOY", expiry) == 100.0
    assert market.vol("TOY", expiry, 123.0) == 0.6
    assert market.tau(expiry) == pytest.approx(30 / 365)


def test_the_toy_world_with_several_expiries():
    market = Market.toy(days=[7, 30])
    assert [market.tau(expiry) * 365.0 for expiry in market.expiries("TOY")] == pytest.approx([7.0, 30.0])
    assert {market.forward("TOY", expiry) for expiry in market.expiries("TOY")} == {100.0}


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


DAYS = pd.Series([1.0, 2.0], pd.date_range("2024-01-01", periods=2))
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
        (lambda: Market(1_700_000_000, {"BTC": 1.0}), "time is 1700000000"),
        (lambda: Market("2024-01-01", 40_000.0), "spot is 40000.0"),
        (lambda: Market("2024-01-01", {"BTC": "40000"}), "spot of BTC is 40000"),
        (lambda: Market("2024-01-01", {"BTC": 1.0}, {"BTC": 1.0}), "forward of BTC is 1.0"),
        (lambda: Market("2024-01-01", {"BTC": 1.0}, {"BTC": {"soon": 1.0}}), "expiry, forward of BTC is soon"),
        (lambda: Market("2024-01-01", {"BTC": 1.0}, vols={"BTC": 0.6}), "vol of BTC is 0.6"),
        (lambda: Market("2024-01-01", {"BTC": 1.0}, funding={"BTC": np.nan}), "funding of BTC is nan"),
        (lambda: Market.toy(days=np.nan), "days is nan"),
        (lambda: Market.toy().moved(days=1e300), "days is 1e"),
        (lambda: Market.toy().moved(vol_shift=-1.5), "vol_shift is -1.5"),
        (lambda: Market.toy().moved("up"), "move is up"),
        (lambda: Market.toy().spot(["TOY"]), "underlying is"),
        (lambda: Market.btc().forward("BTC", "soon"), "expiry is soon"),
        (lambda: Market.btc().vol("BTC", "2021-11-26 08:00", 0.0), "strike is 0.0"),
        (lambda: FlatVol([0.5, 0.6]), "vol is"),
        (lambda: Smile({EXPIRY: ([100.0, 110.0], [0.5])}), "strikes of 2024-03-29"),
        (lambda: window_returns([1.0, 2.0]), "prices is list"),
        (lambda: window_returns(btc_smile()["strike"], hours=24), "prices is Series"),
        (lambda: window_returns(DAYS, hours="a day"), "hours is a day"),
        (lambda: implied_spot(pd.DataFrame({"expiry": [EXPIRY]}), "2024-01-01"), "column forward is missing"),
        (lambda: implied_spot(pd.DataFrame({"expiry": [EXPIRY], "forward": [-1.0]}), "2024-01-01"), "forward is -1"),
    ],
)
def test_bad_markets_say_what_is_wrong(build, word):
    with pytest.raises(InputError, match=word) as caught:
        build()
    assert caught.value.remedy


@pytest.mark.parametrize("day", ["2024-03-29 08:00", pd.Timestamp("2024-03-29 08:00"), EXPIRY.tz_convert("Asia/Tokyo")])
def test_an_expiry_may_be_text_or_a_time_of_any_zone(day):
    """Identity: one instant, however it is written, is one expiry."""
    market = Market("2024-01-01", {"BTC": 1.0}, {"BTC": {day: 1.01}}, {"BTC": Smile({day: ([1.0], [0.5])})})
    assert market.expiries("BTC") == [EXPIRY]
    for asked in (day, EXPIRY):
        assert market.forward("BTC", asked) == 1.01
        assert market.vol("BTC", asked, 1.0) == 0.5
        assert market.tau(asked) == market.tau(EXPIRY) > 0.0
    quotes = pd.DataFrame({"expiry": [day], "forward": [1.01]})
    assert implied_spot(quotes, "2024-01-01") == 1.01


def averaging():
    """A market whose near expiry is being averaged: 40 of its forward of 100 are fixed."""
    near, far = pd.Timestamp("2024-01-01 08:20", tz="UTC"), pd.Timestamp("2024-03-29 08:00", tz="UTC")
    return near, far, Market(
        "2024-01-01 08:00", {"X": 100.0}, {"X": {near: 100.0, far: 105.0}}, {"X": FlatVol(0.5)}, 0.02,
        confidence={"X": 0.9, ("X", "perp"): 0.8, ("X", "forward", near): 0.7, ("X", "vol", "2024-03-29 08:00"): 0.6},
        perps={"X": 101.0}, rates={"X": {far: 0.05}}, averaged={"X": {near: 40.0}}, stable_price=0.97,
    )  # fmt: skip


def test_what_venues_look_at_beyond_prices_has_neutral_defaults():
    market = Market.toy()
    (expiry,) = market.expiries("TOY")
    assert market.perp("TOY") == market.spot("TOY") and market.stable_price == 1.0
    assert market.rate_of("TOY", expiry) == 0.0 and market.loose_share("TOY", expiry) == 1.0
    assert market.confidence_in("TOY") == market.confidence_in("TOY", "vol", expiry) == 1.0


def test_perpetual_rates_average_and_confidence_are_answered_per_feed():
    near, far, market = averaging()
    assert market.perp("X") == 101.0 and market.stable_price == 0.97
    assert (market.rate_of("X", near), market.rate_of("X", far)) == (0.02, 0.05)
    assert (market.loose_share("X", near), market.loose_share("X", far)) == (pytest.approx(0.6), 1.0)
    feeds = [("spot",), ("perp",), ("forward", near), ("vol", far), ("rate", far)]
    assert [market.confidence_in("X", *feed) for feed in feeds] == [0.9, 0.8, 0.7, 0.6, 1.0]


def test_a_move_leaves_what_an_average_has_fixed():
    near, far, market = averaging()
    moved = market.moved(-0.5)
    assert moved.forward("X", near) == pytest.approx(40 + 60 * 0.5)
    assert moved.forward("X", far) == pytest.approx(52.5) and moved.perp("X") == pytest.approx(50.5)
    assert moved.rates == market.rates and moved.stable_price == 0.97 and moved.confidence == market.confidence


@pytest.mark.parametrize("bad, word", [
    ({"perps": {"X": -1.0}}, "perp of X"), ({"rates": {"X": 0.05}}, "rate of X"), ({"stable_price": 0.0}, "stable"),
    ({"rates": {"X": {"2024-03-29": np.nan}}}, "rate of X"), ({"averaged": {"X": {"2024-03-29": 101.0}}}, "averaged"),
    ({"confidence": {("X", "perp", "2024-03-29"): 1.0}}, "price feed"), ({"confidence": {("X", "fwd"): 1.0}}, "price"),
    ({"confidence": {("X", "vol"): 1.0}}, "price feed"), ({"confidence": {("X", "perp"): 1.5}}, "confidence"),
])  # fmt: skip
def test_bad_facts_of_venues_are_refused(bad, word):
    with pytest.raises(InputError, match=word):
        Market("2024-01-01", {"X": 100.0}, **bad)
