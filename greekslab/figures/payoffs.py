"""Figures of one position: profit or equity over the price, in one unit, and equity along a recorded path."""

import pandas as pd

from greekslab.figures.style import COLOURS, LOSS


def plot_by_price(table: pd.DataFrame, *, unit: str, marks=(), ax=None):
    """Draw columns of a table over the price in its index.

    Parameters
    ----------
    table : DataFrame
        Indexed by price (quote currency), one line per column, in `unit`.
    unit : str
        Of the vertical axis: "US dollars" or "coins".
    marks : sequence of (float, str)
        Prices to mark by a vertical line, with their labels.
    ax : Axes, optional

    Returns
    -------
    Axes
    """
    import matplotlib.pyplot as plt

    ax = plt.figure().add_subplot() if ax is None else ax
    for name in table:
        ax.plot(table.index, table[name], label=name)
    ax.axhline(0.0, color="#111827", linewidth=0.8, linestyle="solid")
    for price, label in marks:
        ax.axvline(price, color=LOSS, linewidth=0.9, linestyle="dotted")
        ax.annotate(
            label, (price, 1.0), xycoords=("data", "axes fraction"), xytext=(3, -3), textcoords="offset points",
            fontsize="small", color=LOSS, rotation=90, va="top",
        )  # fmt: skip
    ax.set_xlabel("price, thousand US dollars")
    ax.xaxis.set_major_formatter(lambda price, _: f"{price / 1000:g}")
    ax.yaxis.set_major_formatter(lambda value, _: f"{value:,.10g}".replace(",", " "))
    ax.set_ylabel(unit)
    ax.legend()
    return ax


def plot_replay(replays: dict[str, pd.DataFrame], *, ax=None):
    """Draw the equity of replayed positions over time, a cross where one was liquidated.

    Parameters
    ----------
    replays : dict of str to DataFrame
        Name of the account -> what `greekslab.margin.replay` returned.
    ax : Axes, optional

    Returns
    -------
    Axes
    """
    import matplotlib.pyplot as plt
    from matplotlib.dates import AutoDateLocator, ConciseDateFormatter

    ax = plt.figure().add_subplot() if ax is None else ax
    for name, table in replays.items():
        (line,) = ax.plot(table.index, table["equity"], label=name)
        gone = table[~table["alive"]].iloc[:1]
        ax.plot(gone.index, gone["maintenance"], "x", color=line.get_color(), markersize=10, markeredgewidth=2.5)
    first = next(iter(replays.values()))
    ax.plot(first.index, first["maintenance"], color=COLOURS["purple"], linestyle="dotted", label="maintenance")
    ax.axhline(0.0, color="#111827", linewidth=0.8, linestyle="solid")
    locator = AutoDateLocator()
    ax.xaxis.set_major_locator(locator)
    ax.xaxis.set_major_formatter(ConciseDateFormatter(locator))
    ax.set_xlabel("time, UTC")
    ax.set_ylabel("equity, US dollars")
    ax.legend()
    return ax
