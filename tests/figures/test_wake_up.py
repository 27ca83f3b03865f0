"""Figures of delta margin draw what they are given and compute nothing."""

import matplotlib

matplotlib.use("Agg")
import pandas as pd
import pytest
from matplotlib import pyplot as plt

from greekslab.figures import plot_along_price, plot_along_time


@pytest.fixture(autouse=True)
def closed():
    yield
    plt.close("all")


def lines(ax):
    return {line.get_label(): list(line.get_ydata()) for line in ax.lines if not line.get_label().startswith("_")}


def test_along_the_price_every_column_is_a_line_and_every_mark_has_its_label():
    table = pd.DataFrame({"charge": [3.0, 0.0, 4.0], "loss": [1.0, 0.0, 1.5]}, [90.0, 100.0, 110.0])
    ax = plot_along_price(table, unit="USD", marks=[(95.0, 1.5, "95.00")])
    assert lines(ax) == {"charge": [3.0, 0.0, 4.0], "loss": [1.0, 0.0, 1.5]}
    assert [text.get_text() for text in ax.texts] == ["95.00"]
    assert ax.get_ylabel() == "USD" and "price" in ax.get_xlabel()


def test_along_time_the_axis_says_utc():
    table = pd.DataFrame({"charge": [1.0, 2.0]}, pd.date_range("2018-11-14", periods=2, freq="1h", tz="UTC"))
    ax = plot_along_time(table, ax=plt.subplots()[1])
    assert lines(ax) == {"charge": [1.0, 2.0]}
    assert "UTC" in ax.get_xlabel() and ax.get_ylabel() == "US dollars"
