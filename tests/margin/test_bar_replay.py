"""Replay on bars. Provenance: by hand, on three bars with round numbers."""

import numpy as np
import pandas as pd
import pytest

from greekslab.errors import InputError
from greekslab.margin import IsolatedPosition, liquidated_at, replay

TIMES = pd.date_range("2024-01-01", periods=3, freq="30min", tz="UTC")
BARS = pd.DataFrame({"low": [98.0, 90.0, 97.0], "high": [101.0, 99.0, 112.0], "close": [99.0, 98.0, 110.0]}, TIMES)


def test_a_long_is_tested_at_the_lows_and_ends_for_good():
    # 1 coin from 100 with 10 of margin, requirement 5 % of the mark: at the low of 90 equity is 0 < 4.5
    table = replay(IsolatedPosition("linear", 1.0, 100.0, 10.0), BARS)
    assert table["alive"].tolist() == [True, False, False]
    assert table["worst_price"].tolist() == [98.0, 90.0, 97.0]
    assert table["worst_equity"].tolist() == pytest.approx([8.0, 0.0, 7.0])
    assert table["equity"].iloc[0] == pytest.approx(9.0) and np.isnan(table["equity"].iloc[2])
    assert table["coins"].iloc[0] == pytest.approx(9.0 / 99.0)
    assert liquidated_at(table) == TIMES[1]


def test_a_short_is_tested_at_the_highs():
    table = replay(IsolatedPosition("linear", -1.0, 100.0, 10.0), BARS)
    assert table["worst_price"].tolist() == [101.0, 99.0, 112.0]
    assert liquidated_at(table) == TIMES[2]


def test_a_position_with_margin_enough_survives():
    table = replay(IsolatedPosition("linear", 1.0, 100.0, 2.0), BARS)
    assert liquidated_at(table) is None and table["equity"].iloc[-1] == pytest.approx(60.0)


def test_a_missing_column_and_no_bars_are_said():
    with pytest.raises(InputError, match='column "low" is missing'):
        replay(IsolatedPosition("linear", 1.0, 100.0, 2.0), BARS[["high", "close"]])
    with pytest.raises(InputError, match="at least one bar"):
        replay(IsolatedPosition("linear", 1.0, 100.0, 2.0), BARS.iloc[:0])
