"""Figures of errors: how far several routes are from the exact value, on a scale of powers of ten."""

import pandas as pd


def plot_errors(errors: pd.DataFrame, *, x_label: str, y_label="relative error", log_x=False, ax=None):
    """Draw relative errors over what was varied.

    Parameters
    ----------
    errors : DataFrame
        Sizes of errors, above 0 (or NaN where there is none); one line per column, the index along the axis.
    x_label, y_label : str
        With units.
    log_x : bool
        Whether the index is drawn on a scale of powers of ten too.
    ax : Axes, optional

    Returns
    -------
    Axes
    """
    import matplotlib.pyplot as plt

    ax = plt.figure().add_subplot() if ax is None else ax
    for name, marker in zip(errors, "osD^v<>", strict=False):
        ax.plot(errors.index, errors[name], marker=marker, markersize=4, label=name)
    ax.set_yscale("log")
    if log_x:
        ax.set_xscale("log")
    ax.set_xlabel(x_label)
    ax.set_ylabel(y_label)
    ax.legend()
    return ax
