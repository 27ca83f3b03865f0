"""Figures that compare rules draw what they are given and compute nothing."""

import matplotlib

matplotlib.use("Agg")
import pandas as pd
import pytest
from matplotlib import pyplot as plt

from greekslab.figures import plot_bake_off, plot_frontier, plot_paths


@pytest.fixture(autouse=True)
def closed():
    yield
    plt.close("all")


def test_table_of_requirements_coloured_about_zero():
    asked = pd.DataFrame([[16.0, 10.0], [3.0, 18.27]], ["perp", "spread"], ["scan", "rate"])
    shade = pd.DataFrame([[0.3, -0.3], [-1.2, 1.2]])
    ax = plot_bake_off(asked, shade)
    assert [text.get_text() for text in ax.texts] == ["16.0", "10.0", "3.0", "18.3"]
    assert [text.get_color() for text in ax.texts] == ["black", "black", "white", "black"]  # readable on deep blue
    assert ax.images[0].get_clim() == (-1.2, 1.2)
    assert ax.images[0].get_array()[1, 1] == pytest.approx(-1.2)  # dear is drawn as a loss is
    assert [label.get_text() for label in ax.get_xticklabels()] == ["scan", "rate"]


def test_paths_with_their_crossings_and_stages():
    lines = pd.DataFrame({"a": [0.0, 4.0], "b": [3.0, 1.0]}, index=[0.0, 1.0])
    ax = plot_paths(lines, pd.DataFrame({"at": [0.5], "height": [2.0]}), stages={0: "start", 1: "end"}, unit="dollars")
    drawn = {line.get_label(): line for line in ax.lines}
    assert list(drawn["a"].get_ydata()) == [0.0, 4.0] and list(drawn["b"].get_ydata()) == [3.0, 1.0]
    assert any(list(line.get_xdata()) == [0.5] and list(line.get_ydata()) == [2.0] for line in ax.lines)
    assert [label.get_text() for label in ax.get_xticklabels()] == ["start", "end"]
    assert "dollars" in ax.get_ylabel()


def test_frontier_joins_what_no_rule_beats():
    table = {"cost": [1.0, 5.0, 6.0], "cover": [0.2, 0.8, 0.7], "frontier": [True, True, False]}
    ax = plot_frontier(pd.DataFrame(table, ["cheap", "good", "worse"]))
    assert [text.get_text() for text in ax.texts] == ["cheap", "good", "worse"]
    lines = [(list(line.get_xdata()), list(line.get_ydata())) for line in ax.lines]
    assert ([1.0, 5.0], [20.0, 80.0]) in lines and ([6.0], [70.0]) in lines
    assert "%" in ax.get_xlabel() and "%" in ax.get_ylabel()
