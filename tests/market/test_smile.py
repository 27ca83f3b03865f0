"""The skew of every kind of smile: against differences of its own volatilities, and by hand."""

import numpy as np
import pytest

from greekslab.errors import InputError
from greekslab.market import FlatVol, Market, Smile

DAY = "2024-01-31 08:00"


def test_the_skew_of_quotes_is_the_slope_between_them():
    # by hand: from 80 to 100 the vol falls by 0.1 over ln(100 / 80), from 100 to 125 by 0.02 over ln(125 / 100)
    smile = Smile({DAY: ([80.0, 100.0, 125.0], [0.7, 0.6, 0.58])})
    left, right = -0.1 / np.log(1.25), -0.02 / np.log(1.25)
    slopes = smile.vol_slope(DAY, [70.0, 80.0, 90.0, 100.0, 110.0, 125.0, 200.0])
    assert slopes == pytest.approx([0.0, left / 2, left, (left + right) / 2, right, right / 2, 0.0], rel=1e-12)
    assert isinstance(smile.vol_slope(DAY, 90.0), float)


def test_every_market_gives_the_central_difference_of_its_volatilities():
    btc, h = Market.btc(), 1e-6
    for expiry in btc.expiries("BTC"):
        strikes = np.concatenate([btc.vols["BTC"].quotes[expiry][0], [45_678.9, 71_234.5]])
        up, down = (btc.vol("BTC", expiry, strikes * np.exp(x)) for x in (h, -h))
        assert btc.vol_slope("BTC", expiry, strikes) == pytest.approx((up - down) / (2 * h), abs=1e-8)


def test_one_quote_and_a_flat_volatility_have_no_skew():
    assert Smile({DAY: ([100.0], [0.6])}).vol_slope(DAY, [90.0, 100.0]) == pytest.approx([0.0, 0.0])
    assert FlatVol(0.6).vol_slope(DAY, 100.0) == 0.0 and FlatVol(0.6).vol_slope(DAY, np.ones((2, 3))).shape == (2, 3)


def test_the_skew_is_asked_for_as_the_volatility_is():
    with pytest.raises(InputError, match="expiry is 2024-02-29"):
        Smile({DAY: ([100.0], [0.6])}).vol_slope("2024-02-29 08:00", 100.0)
    with pytest.raises(InputError, match="strike is 0"):
        Smile({DAY: ([100.0], [0.6])}).vol_slope(DAY, 0.0)
    with pytest.raises(InputError, match="underlying is DOGE"):
        Market.toy().vol_slope("DOGE", DAY, 100.0)
    with pytest.raises(InputError, match="vol of TOY is SlopeLess"):
        Market(DAY, {"TOY": 100.0}, vols={"TOY": SlopeLess()})


class SlopeLess:
    """A surface of someone's own that does not tell its skew."""

    def vol(self, expiry, strike):
        return 0.6

    def scaled(self, factor):
        return self

    def __repr__(self):
        return "SlopeLess"
