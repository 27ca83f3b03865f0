"""Figures of exposure draw what they are given and compute nothing."""

import matplotlib

matplotlib.use("Agg")
import pandas as pd
import pytest
from matplotlib import pyplot as plt

from greekslab.figures import plot_error_map, plot_pnl_ladder


@pytest.fixture(autouse=True)
def closed():
    yield
    plt.close("all")


def test_ladder_draws_every_column_over_moves_in_per_cent():
    ladder = pd.DataFrame({"full revaluation": [1.0, 0.0, 2.0], "order 1": [-1.0, 0.0, 1.0]}, [-0.1, 0.0, 0.1])
    ax = plot_pnl_ladder(ladder, unit="toy dollars", y_range=(-2, 3))
    lines = {line.get_label(): line for line in ax.lines}
    assert list(lines["order 1"].get_xdata()) == [-10.0, 0.0, 10.0]
    assert list(lines["full revaluation"].get_ydata()) == [1.0, 0.0, 2.0]
    assert any(list(line.get_ydata()) == [0.0, 0.0] for line in ax.lines)  # the zero line
    assert "toy dollars" in ax.get_ylabel() and "%" in ax.get_xlabel() and ax.get_ylim() == (-2, 3)


def test_map_has_moves_across_and_the_largest_change_of_volatility_on_top():
    errors = pd.DataFrame([[-3.0, 0.5], [1.0, -0.001]], index=[-0.1, 0.2], columns=[0.0, 0.4])
    ax = plot_error_map(errors, ax=plt.subplots()[1], unit="USD")
    assert [text.get_text() for text in ax.texts] == ["0.5", "0.0", "-3.0", "1.0"]
    assert [label.get_text() for label in ax.get_xticklabels()] == ["-10", "+20"]
    assert [label.get_text() for label in ax.get_yticklabels()] == ["+40", "0"]
    assert ax.images[0].get_clim() == (-3.0, 3.0)  # colours are centred at 0
    assert "USD" in ax.get_title(loc="left") + ax.get_title()
