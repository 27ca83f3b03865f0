"""Figures of delta margin: what rules ask along the price, and along a recorded path."""

import pandas as pd

from greekslab.figures.style import LOSS


def plot_along_price(table: pd.DataFrame, *, unit: str, marks=(), ax=None):
    """Draw requirements and losses over the price.

    Parameters
    ----------
    table : DataFrame
        Indexed by the price (quote currency), one line per column, in `unit`.
    unit : str
        Of the vertical axis.
    marks : sequence of (float, float, str)
        Points to mark: price, height, label.
    ax : Axes, optional

    Returns
    -------
    Axes
    """
    ax = _axes(ax)
    for name in table:
        ax.plot(table.index, table[name], label=name)
    for price, height, label in marks:
        ax.plot(price, height, "o", color=LOSS, markersize=7)
        ax.annotate(
            label, (price, height), (0, 12), textcoords="offset points", ha="center", color=LOSS, fontsize=9,
            bbox={"facecolor": "white", "edgecolor": "none", "alpha": 0.8, "pad": 1.0},
        )  # fmt: skip
    ax.axhline(0.0, color="#374151", linewidth=0.8, linestyle="solid")
    ax.set_xlabel("price of the coin, quote currency")
    ax.set_ylabel(unit)
    ax.legend()
    return ax


def plot_along_time(table: pd.DataFrame, *, unit: str = "US dollars", ax=None):
    """Draw amounts along a recorded path of prices.

    Parameters
    ----------
    table : DataFrame
        Indexed by time (UTC), one line per column.
    unit : str
        Of the vertical axis.
    ax : Axes, optional

    Returns
    -------
    Axes
    """
    from matplotlib.dates import AutoDateLocator, ConciseDateFormatter

    ax = _axes(ax)
    for name in table:
        ax.plot(table.index, table[name], label=name)
    ax.axhline(0.0, color="#374151", linewidth=0.8, linestyle="solid")
    locator = AutoDateLocator()
    ax.xaxis.set_major_locator(locator)
    ax.xaxis.set_major_formatter(ConciseDateFormatter(locator))
    ax.set_xlabel("time, UTC")
    ax.set_ylabel(unit)
    ax.legend()
    return ax


def _axes(ax):
    if ax is not None:
        return ax
    from matplotlib import pyplot as plt

    return plt.figure().add_subplot()
