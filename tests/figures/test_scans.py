"""Figures of a scan draw what they are given, ring what binds, and compute nothing."""

import matplotlib

matplotlib.use("Agg")
import numpy as np
import pandas as pd
import pytest
from matplotlib import pyplot as plt

from greekslab.figures import plot_scan_matrix, plot_weighted_losses


@pytest.fixture(autouse=True)
def closed():
    yield
    plt.close("all")


def test_matrix_writes_every_amount_and_rings_one_cell():
    values = pd.DataFrame([[-2.0, 1.0], [np.nan, 0.5]], ["vol up", "vol down"], ["-16%", "+16%"])
    ax = plot_scan_matrix(values, (0, 0), unit="USD")
    assert [text.get_text() for text in ax.texts] == ["-2.0", "1.0", "0.5"]
    assert len(ax.patches) == 1 and ax.patches[0].get_x() < 0.0
    assert ax.images[0].get_clim() == (-2.0, 2.0)  # colours are centred at 0
    assert "USD" in ax.get_title(loc="left") + ax.get_title()


def test_losses_mark_the_largest_of_each_book():
    losses = pd.DataFrame({"a": [1.0, 3.0, 2.0], "b": [0.5, 0.4, 0.3]}, ["-16%", "0%", "+16%"])
    ax = plot_weighted_losses(losses, ax=plt.subplots()[1])
    assert [text.get_text() for text in ax.texts] == ["3.00", "0.50"]
    assert [label.get_text() for label in ax.get_xticklabels()] == list(losses.index)
    assert ax.get_ylabel().startswith("weighted loss")
