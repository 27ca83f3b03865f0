"""Figures of the prologue: gross beside net margin, and the chance of ruin along a hedge ratio."""

import numpy as np
import pandas as pd

from greekslab.figures.style import COLOURS


def plot_gross_net(table: pd.DataFrame, *, ax=None, unit: str = "quote currency"):
    """Draw gross and net margin of several books as pairs of bars.

    Parameters
    ----------
    table : DataFrame
        One row per book, in order from the top: ``gross``, ``net`` (in `unit`) and ``efficiency`` (decimal).
    ax : Axes, optional
    unit : str
        For the axis.

    Returns
    -------
    Axes
    """
    ax = _axes(ax)
    places = np.arange(len(table))
    outline = {"color": "none", "edgecolor": COLOURS["vermillion"], "hatch": "///"}
    ax.barh(places - 0.2, table["gross"], 0.38, label="gross", **outline)
    ax.barh(places + 0.2, table["net"], 0.38, color=COLOURS["blue"], label="net")
    for place, row in zip(places, table.itertuples(), strict=True):
        text = f" saved {row.efficiency:.0%}".replace("%", " %").replace("-", "\N{MINUS SIGN}")
        ax.annotate(text, (row.net, place + 0.2), va="center", fontsize="small")
    ax.set_yticks(places, table.index)
    ax.invert_yaxis()
    ax.grid(axis="y", visible=False)
    ax.set_xlabel(f"margin requirement, {unit}")
    ax.legend(loc="upper right")
    return ax


def plot_ruin(table: pd.DataFrame, *, ax=None):
    """Draw the chance of ruin in a day along a hedge ratio.

    Parameters
    ----------
    table : DataFrame
        Index: share of the position that is hedged (decimal). One column per line, probabilities (decimal).
    ax : Axes, optional

    Returns
    -------
    Axes
    """
    ax = _axes(ax)
    for name in table.columns:
        ax.plot(100.0 * table.index, 100.0 * table[name], label=name)
    ax.axhline(0.0, color="#6b7280", linewidth=0.8, linestyle="-")
    ax.set_xlabel("share of the position that is hedged, %")
    ax.set_ylabel("chance of ruin in a day, %")
    ax.legend()
    return ax


def _axes(ax):
    if ax is not None:
        return ax
    import matplotlib.pyplot as plt

    return plt.figure().gca()
