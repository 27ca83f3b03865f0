"""Figures of survival: which legs are open on a plane of two shocks."""

import numpy as np
import pandas as pd

from greekslab.figures.style import CYCLE

_HATCHES = ("", "///", "...", "xxx", "---", "\\\\\\")


def plot_survivors(table: pd.DataFrame, *, labels, ax=None, title=""):
    """Draw what survives as regions of a plane, each with a colour, a hatch and its name.

    Parameters
    ----------
    table : DataFrame
        Words, one for each pair of shocks: relative moves of one coin down, of the other across, both evenly spaced;
        the names of the axes are the coins.
    labels : sequence of str
        The words in the order of the colours; the last one is left white.
    ax : Axes, optional
    title : str

    Returns
    -------
    Axes
    """
    from matplotlib.colors import ListedColormap, to_rgba

    if ax is None:
        from matplotlib import pyplot as plt

        ax = plt.subplots(figsize=(5.2, 4.4))[1]
    x, y = (100.0 * np.asarray(axis, dtype=float) for axis in (table.columns, table.index))
    place = {label: i for i, label in enumerate(labels)}
    codes = table.map(place.__getitem__).to_numpy(dtype=float)
    colours = [to_rgba(CYCLE[i % len(CYCLE)], 0.35) for i in range(len(labels) - 1)] + ["white"]
    ax.pcolormesh(x, y, codes, cmap=ListedColormap(colours), vmin=-0.5, vmax=len(labels) - 0.5, shading="nearest")
    for i, label in enumerate(labels):
        inside = codes == i
        if not inside.any():
            continue
        if _HATCHES[i % 6] and i < len(labels) - 1 and not inside.all():
            ax.contourf(x, y, inside.astype(float), levels=[0.5, 1.5], colors="none", hatches=[_HATCHES[i % 6]])
        rows, columns = np.nonzero(inside)
        ax.text(
            x[int(np.median(columns))], y[int(np.median(rows))], label, ha="center", va="center", fontsize=9,
            bbox={"facecolor": "white", "edgecolor": "none", "alpha": 0.85, "pad": 2.0},
        )  # fmt: skip
    ax.axhline(0.0, color="#374151", linewidth=0.8, linestyle="solid")
    ax.axvline(0.0, color="#374151", linewidth=0.8, linestyle="solid")
    ax.set_xlabel(f"move of {table.columns.name}, %")
    ax.set_ylabel(f"move of {table.index.name}, %")
    ax.grid(False)
    ax.set_title(title)
    return ax
