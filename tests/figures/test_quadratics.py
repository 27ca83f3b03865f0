"""Figures of the Greek margin draw what they are given and compute nothing."""

import matplotlib

matplotlib.use("Agg")
import numpy as np
import pandas as pd
import pytest
from matplotlib import pyplot as plt

from greekslab.figures import plot_quadratic, plot_ratio_map, plot_ratio_smile


@pytest.fixture(autouse=True)
def closed():
    yield
    plt.close("all")


def test_curves_over_moves_in_per_cent_with_their_worst_points():
    curves = pd.DataFrame({"exact": [-2.0, 0.0, -1.0], "quadratic": [-3.0, 0.0, -3.0]}, [-0.1, 0.0, 0.1])
    ax = plot_quadratic(curves, {"exact": (-0.1, -2.0)}, box=(-0.05, 0.05), unit="toy dollars")
    lines = {line.get_label(): line for line in ax.lines}
    assert list(lines["quadratic"].get_xdata()) == [-10.0, 0.0, 10.0]
    assert list(lines["exact"].get_ydata()) == [-2.0, 0.0, -1.0]
    assert [text.get_text() for text in ax.texts] == ["-2.00"]
    assert any(list(line.get_ydata()) == [0.0, 0.0] for line in ax.lines)  # the zero line
    assert "toy dollars" in ax.get_ylabel() and "%" in ax.get_xlabel()


def test_map_is_centred_at_one_and_rings_a_cell():
    ratios = pd.DataFrame([[1.0, 0.043], [1.2, np.nan]], index=[7, 30], columns=[100, 130])
    ax = plot_ratio_map(ratios, (0, 1), ax=plt.subplots()[1])
    assert [text.get_text() for text in ax.texts] == ["1.00", "0.04", "1.20"]
    assert sum(ax.images[0].get_clim()) / 2 == 1.0
    assert [label.get_text() for label in ax.get_xticklabels()] == ["100", "130"]
    assert ax.patches[0].get_x() == pytest.approx(1 - 0.47)


def test_smile_has_one_line_per_expiry_and_the_line_at_one():
    ratios = pd.DataFrame({"days": [15, 15, 36], "moneyness": [0.8, 1.2, 1.0], "ratio": [0.7, 0.9, 1.0]})
    ax = plot_ratio_smile(ratios)
    assert {"15 days", "36 days"} <= {line.get_label() for line in ax.lines}
    assert any(list(line.get_ydata()) == [1.0, 1.0] for line in ax.lines)
    assert [label.get_text() for label in ax.get_xticklabels()] == ["1"]
