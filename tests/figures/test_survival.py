"""The figure of survival draws the table it is given, and computes nothing."""

import matplotlib
import pandas as pd

matplotlib.use("Agg")

from greekslab.figures import plot_survivors

TABLE = pd.DataFrame(
    [["none", "none", "A"], ["B", "both", "both"], ["B", "both", "both"]],
    index=pd.Index([-0.5, 0.0, 0.5], name="ALT"),
    columns=pd.Index([-0.2, 0.0, 0.2], name="BTC"),
)
LABELS = ("both", "B", "A", "none")


def test_every_region_has_its_name_and_the_axes_their_coins():
    ax = plot_survivors(TABLE, labels=LABELS, title="isolated")
    assert {text.get_text() for text in ax.texts} == set(LABELS)
    assert ax.get_xlabel() == "move of BTC, %" and ax.get_ylabel() == "move of ALT, %"
    assert ax.get_title(loc="left") == "isolated" or ax.get_title() == "isolated"
    codes = ax.collections[0].get_array().reshape(3, 3)
    assert codes.tolist() == [[3, 3, 2], [1, 0, 0], [1, 0, 0]]


def test_it_draws_on_the_axes_given_and_one_region_alone():
    from matplotlib import pyplot as plt

    ax = plt.subplots()[1]
    assert plot_survivors(TABLE.replace("none", "B").replace(["A", "both"], "B"), labels=LABELS, ax=ax) is ax
    assert [text.get_text() for text in ax.texts] == ["B"]
