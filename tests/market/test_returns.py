"""Returns over a window, with gaps left as gaps."""

import numpy as np
import pandas as pd
import pytest

from greekslab.errors import InputError
from greekslab.market import closes, window_returns


def series(values, freq="12h"):
    return pd.Series(values, pd.date_range("2024-01-01", periods=len(values), freq=freq, tz="UTC"))


def test_by_hand():
    # 110 / 100 - 1 and 99 / 90 - 1
    assert window_returns(series([100.0, 90.0, 110.0, 99.0])).tolist() == pytest.approx([0.1, 0.1])


def test_a_window_whose_start_is_missing_is_left_out():
    prices = series([100.0, 90.0, 110.0, 99.0]).drop(pd.Timestamp("2024-01-01 12:00", tz="UTC"))
    assert window_returns(prices).tolist() == pytest.approx([0.1])


def test_every_midnight_of_the_record_agrees_with_daily_closes():
    # second route: daily closes; the last half hour of a UTC day closes at its end
    half_hours = window_returns(closes("BTC", every="30min")["BTC"].dropna())
    at_the_end = half_hours[(half_hours.index.hour == 23) & (half_hours.index.minute == 30)]
    daily = closes("BTC")["BTC"].pct_change().dropna()
    assert len(at_the_end) == len(daily) == 729
    np.testing.assert_allclose(at_the_end, daily, rtol=1e-12)


@pytest.mark.parametrize(
    "call",
    [
        lambda: window_returns(pd.Series([1.0, 2.0])),
        lambda: window_returns([1.0, 2.0]),
        lambda: window_returns(series([1.0, 2.0])[::-1]),
        lambda: window_returns(pd.concat([series([1.0, 2.0]), series([1.0])]).sort_index()),
        lambda: window_returns(series([1.0, np.nan])),
        lambda: window_returns(series([1.0, -2.0])),
        lambda: window_returns(series([1.0, 2.0]), hours=0.0),
    ],
)
def test_bad_input_is_named(call):
    with pytest.raises(InputError):
        call()
