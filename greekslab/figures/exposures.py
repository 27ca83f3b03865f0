"""Figures of exposure: profit along the price by expansion and by revaluation, and the map of the error."""

import numpy as np
import pandas as pd

from greekslab.figures.style import diverging


def plot_pnl_ladder(ladder: pd.DataFrame, *, ax=None, unit="quote currency", y_range=None):
    """Draw profit and loss along the move of the spot, the first column as the thick reference.

    Parameters
    ----------
    ladder : DataFrame
        Indexed by relative move (decimal); full revaluation first, then one column per expansion, in `unit`.
    ax : Axes, optional
    unit : str
        Of the amounts.
    y_range : (float, float), optional
        Ends of the vertical axis, where an expansion would run out of the picture.

    Returns
    -------
    Axes
    """
    ax = _axes(ax, height=3.8)
    percent = 100.0 * np.asarray(ladder.index, dtype=float)
    for i, name in enumerate(ladder.columns):
        style = {"color": "black", "linewidth": 2.6, "linestyle": "-"} if i == 0 else {}
        ax.plot(percent, ladder[name], label=name, **style)
    ax.axhline(0.0, color="#374151", linewidth=0.8, linestyle="-")
    ax.set_xlabel("move of the spot, %")
    ax.set_ylabel(f"profit and loss, {unit}")
    if y_range is not None:
        ax.set_ylim(*y_range)
    ax.legend()
    return ax


def plot_error_map(errors: pd.DataFrame, *, ax=None, unit="quote currency", decimals=1):
    """Draw the error of an expansion as a heat map, coloured about zero.

    Parameters
    ----------
    errors : DataFrame
        Expansion less revaluation, in `unit`: relative moves down, relative changes of volatility across, as
        `greekslab.book.error_map` gives it. Drawn with the moves across.
    ax : Axes, optional
    unit : str
        Of the amounts.
    decimals : int
        Written in every cell.

    Returns
    -------
    Axes
    """
    amounts = errors.to_numpy(dtype=float).T[::-1]
    ax = _axes(ax, height=1.6 + 0.42 * len(amounts))
    top = max(float(np.abs(amounts).max()), 1e-12)
    ax.imshow(amounts, cmap=diverging(), vmin=-top, vmax=top, aspect="auto")
    for (i, j), amount in np.ndenumerate(amounts):
        amount = 0.0 if abs(amount) < 0.5 * 10.0**-decimals else amount  # no "-0.0"
        ax.text(j, i, f"{amount:.{decimals}f}", ha="center", va="center", fontsize=8, color="black")
    ax.set_xticks(range(len(errors.index)), [_percent(move) for move in errors.index], fontsize=9)
    ax.set_yticks(range(len(errors.columns)), [_percent(change) for change in errors.columns[::-1]], fontsize=9)
    ax.set_xlabel("move of the spot, %")
    ax.set_ylabel("change of volatility, %")
    ax.grid(False)
    ax.set_title(f"expansion less revaluation, {unit}")
    return ax


def _percent(share):
    return f"{100 * share:+g}" if share else "0"


def _axes(ax, height):
    if ax is not None:
        return ax
    from matplotlib import pyplot as plt

    return plt.subplots(figsize=(7.2, height))[1]
