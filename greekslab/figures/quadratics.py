"""Figures of the Greek margin: the quadratic beside the exact curve, and its ratio to the full scan."""

import numpy as np
import pandas as pd

from greekslab.figures.style import diverging


def plot_quadratic(curves: pd.DataFrame, points=None, *, box=None, ax=None, unit="quote currency"):
    """Draw profit and loss along the move of the spot, the worst point of each curve marked.

    Parameters
    ----------
    curves : DataFrame
        Indexed by relative move (decimal); one column per curve, in `unit`.
    points : mapping of str to (float, float), optional
        Column -> relative move and profit of its worst point.
    box : (float, float), optional
        Least and greatest move that count; shaded.
    ax : Axes, optional
    unit : str
        Of the amounts.

    Returns
    -------
    Axes
    """
    ax = _axes(ax, height=3.8)
    percent = 100.0 * np.asarray(curves.index, dtype=float)
    if box is not None:
        ax.axvspan(*(100.0 * end for end in box), color="#e5e7eb", alpha=0.6, linewidth=0.0, label="box")
    # labels stay off the curves, which fall away to the right: the first above its point, others below
    places = [{"xytext": (6, 6), "ha": "left"}] + [{"xytext": (-8, -14), "ha": "right"}] * (curves.shape[1] - 1)
    for name, place in zip(curves, places, strict=True):
        (line,) = ax.plot(percent, curves[name], label=name)
        if points and name in points:
            move, profit = points[name]
            ax.plot(100.0 * move, profit, "o", markersize=8, color=line.get_color(), linestyle="none")
            ax.annotate(f"{profit:.2f}", (100.0 * move, profit), textcoords="offset points", fontsize=9, **place)
    ax.axhline(0.0, color="#374151", linewidth=0.8, linestyle="-")
    ax.set_xlabel("move of the spot, %")
    ax.set_ylabel(f"profit and loss, {unit}")
    ax.legend()
    return ax


def plot_ratio_map(ratios: pd.DataFrame, ring=None, *, ax=None, title="Greek margin over full scan"):
    """Draw a ratio as a heat map, coloured about 1: too little and too much.

    Parameters
    ----------
    ratios : DataFrame
        Days to expiry down, strikes across; 1 where both models agree. NaN leaves a cell empty.
    ring : (int, int), optional
        Row and column of a cell to ring.
    ax : Axes, optional
    title : str

    Returns
    -------
    Axes
    """
    ax = _axes(ax, height=1.4 + 0.36 * len(ratios))
    values = ratios.to_numpy(dtype=float)
    ax.imshow(values, cmap=diverging(), vmin=0.0, vmax=2.0, aspect="auto")
    for (i, j), ratio in np.ndenumerate(values):
        if np.isfinite(ratio):
            ax.text(j, i, f"{ratio:.2f}", ha="center", va="center", fontsize=8.5, color="black")
    if ring is not None:
        from matplotlib.patches import Rectangle

        corner = (ring[1] - 0.47, ring[0] - 0.45)
        ax.add_patch(Rectangle(corner, 0.94, 0.9, fill=False, edgecolor="black", linewidth=2.5))
    ax.set_xticks(range(values.shape[1]), [f"{strike:g}" for strike in ratios.columns], fontsize=9)
    ax.set_yticks(range(values.shape[0]), [f"{days:g}" for days in ratios.index], fontsize=9)
    ax.set_xlabel("strike, forward 100")
    ax.set_ylabel("days to expiry")
    ax.grid(False)
    ax.set_title(title)
    return ax


def plot_ratio_smile(ratios: pd.DataFrame, *, ax=None, x_label="strike over forward"):
    """Draw a ratio along the strikes, one line per expiry, and the line at 1 where both models agree.

    Parameters
    ----------
    ratios : DataFrame
        Columns ``days``, ``moneyness`` (strike over forward) and ``ratio``, one row per option.
    ax : Axes, optional
    x_label : str

    Returns
    -------
    Axes
    """
    ax = _axes(ax, height=3.8)
    for (days, rows), marker in zip(ratios.groupby("days"), "osD^v<>", strict=False):
        ax.plot(rows["moneyness"], rows["ratio"], marker=marker, markersize=4, label=f"{days:.0f} days")
    ax.axhline(1.0, color="#374151", linewidth=0.8, linestyle="-")
    ax.set_xscale("log")
    ticks = [tick for tick in (0.25, 0.5, 0.75, 1.0, 1.5, 2.0, 3.0, 4.0) if _between(tick, ratios["moneyness"])]
    ax.set_xticks(ticks, [f"{tick:g}" for tick in ticks])
    ax.minorticks_off()
    ax.set_xlabel(x_label)
    ax.set_ylabel("Greek margin over full scan")
    ax.legend()
    return ax


def _between(tick, values) -> bool:
    return values.min() <= tick <= values.max()


def _axes(ax, height):
    if ax is not None:
        return ax
    from matplotlib import pyplot as plt

    return plt.subplots(figsize=(7.2, height))[1]
