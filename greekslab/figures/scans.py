"""Figures of a scan: the matrix with its binding cell, and weighted losses along the price."""

import numpy as np
import pandas as pd

from greekslab.figures.style import diverging


def plot_scan_matrix(values: pd.DataFrame, ring=None, *, ax=None, unit="quote currency"):
    """Draw a scan as a heat map, losses and gains coloured about zero.

    Parameters
    ----------
    values : DataFrame
        Weighted P&L, profit > 0: vol directions down, moves across, as `ScanMatrix.to_frame` gives it.
    ring : (int, int), optional
        Row and column of the binding scenario.
    ax : Axes, optional
    unit : str
        Of the amounts.

    Returns
    -------
    Axes
    """
    ax = _axes(ax, height=1.7 + 0.5 * len(values))
    amounts = values.to_numpy(dtype=float)
    top = np.nanmax(np.abs(amounts))
    ax.imshow(amounts, cmap=diverging(), vmin=-top, vmax=top, aspect="auto")
    for (i, j), amount in np.ndenumerate(amounts):
        if np.isfinite(amount):
            ax.text(j, i, f"{amount:.1f}", ha="center", va="center", fontsize=7.5, color="black")
    if ring is not None:
        ax.add_patch(_rectangle(ring))
    ax.set_xticks(range(values.shape[1]), values.columns, fontsize=8, rotation=90)
    ax.set_yticks(range(values.shape[0]), values.index, fontsize=9)
    ax.set_xlabel("move of the spot, and weight of the loss where it is below 1")
    ax.grid(False)
    ax.set_title(f"weighted P&L, {unit}")
    return ax


def plot_weighted_losses(losses: pd.DataFrame, *, ax=None, unit="quote currency"):
    """Draw weighted losses of several books along the scenarios, the largest of each marked.

    Parameters
    ----------
    losses : DataFrame
        Loss > 0, one column per book, one row per scenario in the order drawn; the index labels the axis.
    ax : Axes, optional
    unit : str
        Of the amounts.

    Returns
    -------
    Axes
    """
    ax = _axes(ax, height=4.0)
    places = np.arange(len(losses))
    for name, marker in zip(losses.columns, "osD^v", strict=False):
        (line,) = ax.plot(places, losses[name], marker=marker, markersize=4, label=name)
        worst = int(np.argmax(losses[name]))
        ax.plot(worst, losses[name].iloc[worst], "o", markersize=13, fillstyle="none", color=line.get_color())
        above = (worst, losses[name].iloc[worst])
        ax.annotate(f"{above[1]:.2f}", above, (0, 10), textcoords="offset points", ha="center", fontsize=9)
    ax.axhline(0.0, color="#374151", linewidth=0.8)
    ax.set_xticks(places, losses.index, fontsize=8, rotation=90)
    ax.set_xlabel("move of the spot, and weight of the loss where it is below 1")
    ax.set_ylabel(f"weighted loss, {unit}")
    ax.margins(y=0.15)
    ax.legend(loc="upper center")
    return ax


def _axes(ax, height):
    if ax is not None:
        return ax
    from matplotlib import pyplot as plt

    return plt.subplots(figsize=(7.2, height))[1]


def _rectangle(ring):
    from matplotlib.patches import Rectangle

    corner = (ring[1] - 0.47, ring[0] - 0.45)
    return Rectangle(corner, 0.94, 0.9, fill=False, edgecolor="black", linewidth=2.5)
