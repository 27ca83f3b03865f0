"""The look shared by figures and explorers: colours that colour-blind readers can tell apart, and dashes."""

# Okabe and Ito (2008), "Color Universal Design". Yellow is left out: on white paper it disappears.
COLOURS = {
    "blue": "#0072B2",
    "vermillion": "#D55E00",
    "green": "#009E73",
    "purple": "#CC79A7",
    "orange": "#E69F00",
    "sky": "#56B4E9",
}

CYCLE = tuple(COLOURS.values())

# A second code beside colour: the nth line of a chart has the nth colour and the nth dash.
DASHES = ("solid", "dashed", "dotted", "dashdot", "longdash", "shortdash")
_PATTERNS = {
    "solid": "-",
    "dashed": (0, (6, 3)),
    "dotted": (0, (1.5, 2.5)),
    "dashdot": (0, (7, 2.5, 1.5, 2.5)),
    "longdash": (0, (11, 3)),
    "shortdash": (0, (3, 2)),
}

LOSS = COLOURS["vermillion"]  # the negative end of a diverging scale
GAIN = COLOURS["blue"]  # the positive end


def diverging():
    """Colour map from losses over white to gains; centre it at 0 with ``vmin=-m, vmax=m``.

    Returns
    -------
    matplotlib.colors.LinearSegmentedColormap
    """
    from matplotlib.colors import LinearSegmentedColormap

    return LinearSegmentedColormap.from_list("loss_gain", [LOSS, "#ffffff", GAIN])


def rc() -> dict[str, object]:
    """Give matplotlib settings for a calm figure that prints well.

    Returns
    -------
    dict
        For ``matplotlib.rc_context(rc())``; `use` applies it to the whole session.
    """
    from matplotlib import cycler

    dashes = [_PATTERNS[name] for name in DASHES]
    return {
        "axes.prop_cycle": cycler(color=CYCLE) + cycler(linestyle=dashes),
        "axes.spines.top": False,
        "axes.spines.right": False,
        "axes.edgecolor": "#6b7280",
        "axes.labelcolor": "#374151",
        "axes.grid": True,
        "axes.axisbelow": True,
        "axes.titlelocation": "left",
        "axes.titlesize": "medium",
        "axes.titleweight": "bold",
        "grid.color": "#e5e7eb",
        "grid.linewidth": 0.7,
        "lines.linewidth": 1.8,
        "xtick.color": "#4b5563",
        "ytick.color": "#4b5563",
        "legend.frameon": False,
        "font.size": 10,
        "figure.figsize": (7.2, 3.8),
        "figure.dpi": 110,
        "figure.constrained_layout.use": True,
        "savefig.bbox": "tight",
    }


def use() -> None:
    """Apply `rc` to every figure drawn from here on."""
    import matplotlib

    matplotlib.rcParams.update(rc())
