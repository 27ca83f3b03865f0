"""Figures that compare rules: a table shaded by row, lines along a path with their crossings, cost against cover."""

import numpy as np
import pandas as pd

from greekslab.figures.style import diverging


def plot_bake_off(asked: pd.DataFrame, shade: pd.DataFrame, *, ax=None, unit="% of spot"):
    """Draw requirements as a table: numbers in the cells, coloured about zero.

    Parameters
    ----------
    asked : DataFrame
        Requirements, books down, rules across.
    shade : DataFrame
        What colours the cells, of the same shape: above 0 dear (orange), below 0 cheap (blue).
    ax : Axes, optional
    unit : str
        Of the requirements.

    Returns
    -------
    Axes
    """
    ax = _axes(ax, height=1.6 + 0.27 * len(asked))
    colours = -shade.to_numpy(dtype=float)
    top = np.nanmax(np.abs(colours))
    ax.imshow(colours, cmap=diverging(), vmin=-top, vmax=top, aspect="auto")
    for (i, j), amount in np.ndenumerate(asked.to_numpy(dtype=float)):
        dark = colours[i, j] > 0.7 * top  # black is hard to read on deep blue
        ax.text(j, i, f"{amount:.1f}", ha="center", va="center", fontsize=7.5, color="white" if dark else "black")
    ax.set_xticks(range(asked.shape[1]), asked.columns, fontsize=8, rotation=60, ha="left", rotation_mode="anchor")
    ax.xaxis.tick_top()
    ax.set_yticks(range(asked.shape[0]), asked.index, fontsize=8)
    ax.set_xlabel(f"to open the book, {unit}")
    ax.grid(False)
    return ax


def plot_paths(lines: pd.DataFrame, turns: pd.DataFrame, *, stages=None, ax=None, unit="% of spot"):
    """Draw requirements along a path of books, and the points where they cross.

    Parameters
    ----------
    lines : DataFrame
        Indexed by the place on the path, one column a rule.
    turns : DataFrame
        Columns ``at`` and ``height`` of the crossings.
    stages : mapping of float to str, optional
        Names of places on the path.
    ax : Axes, optional
    unit : str
        Of the requirements.

    Returns
    -------
    Axes
    """
    ax = _axes(ax, height=4.2)
    for name in lines:
        ax.plot(lines.index, lines[name], label=name)
    ax.plot(turns["at"], turns["height"], "o", markersize=7, fillstyle="none", color="#111827", linestyle="none")
    if stages:
        ax.set_xticks(list(stages), list(stages.values()))
        for place in stages:
            ax.axvline(place, color="#9ca3af", linewidth=0.6, linestyle=":")
    ax.set_xlabel("path of the book")
    ax.set_ylabel(f"to open the book, {unit}")
    ax.set_ylim(bottom=0.0)
    ax.legend(fontsize=8, ncols=2)
    return ax


def plot_frontier(
    points: pd.DataFrame, *, below=(), left=(), ax=None, x_label="mean requirement, % of spot", y_label="share covered"
):
    """Draw what rules cover against what they ask, the rules that no other beats joined by a line.

    Parameters
    ----------
    points : DataFrame
        By rule: columns ``cost``, ``cover`` (share, 0 to 1) and ``frontier`` (bool).
    below, left : collection of str
        Rules whose name stands below, or left of, their point, where names would meet.
    ax : Axes, optional
    x_label, y_label : str

    Returns
    -------
    Axes
    """
    ax = _axes(ax, height=4.2)
    front = points[points["frontier"]].sort_values("cost")
    ax.step(front["cost"], 100.0 * front["cover"], where="post", color="#6b7280", linewidth=1.2, linestyle="--")
    for kind, marker, filled in ((True, "o", "full"), (False, "s", "none")):
        mine = points[points["frontier"] == kind]
        label = "no rule beats it" if kind else "beaten by another"
        ax.plot(mine["cost"], 100.0 * mine["cover"], marker, fillstyle=filled, linestyle="none", label=label)
    for name, row in points.iterrows():
        offset = (-7 if name in left else 5, -13 if name in below else 6)
        side = "right" if name in left else "left"
        ax.annotate(name, (row["cost"], 100.0 * row["cover"]), offset, textcoords="offset points", ha=side, fontsize=8)
    ax.set_xlabel(x_label)
    ax.set_ylabel(f"{y_label}, %")
    ax.margins(x=0.1, y=0.1)
    ax.legend(loc="lower right")
    return ax


def _axes(ax, height):
    if ax is not None:
        return ax
    from matplotlib import pyplot as plt

    return plt.subplots(figsize=(7.2, height))[1]
