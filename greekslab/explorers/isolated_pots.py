"""The explorer of isolated margin: a hedged pair in two pots, and the same pair in one, on a path.

The price is set to 100 at the start of every path, and the collateral is 20: one coin of each leg at 10x.
"""

from dataclasses import dataclass
from functools import cache

import numpy as np
import pandas as pd

from greekslab.explorers.controls import Choice, Slider
from greekslab.explorers.explorer import Explorer
from greekslab.explorers.panels import Bars, Lines, Marker, Series, Table, View
from greekslab.margin import IsolatedPosition, PotReplay, replay_pots, toy_path
from greekslab.market import bars

START, COLLATERAL = 100.0, 20.0
# key -> (words, first day, last day); days are UTC, both included
PATHS = {
    "toy": ("100 → 94 → 100, made up", "", ""),
    "feb-2018": ("BTC, 5 to 8 February 2018", "2018-02-05", "2018-02-08"),
    "nov-2018": ("BTC, 13 to 25 November 2018", "2018-11-13", "2018-11-25"),
    "apr-2019": ("BTC, 1 to 5 April 2019", "2019-04-01", "2019-04-05"),
    "jun-2019": ("BTC, 26 to 28 June 2019", "2019-06-26", "2019-06-28"),
}
FILLS = {"trigger": "at the liquidation price", "worst": "at the worst price of the bar"}
_DRAWN = 48  # stretches a path is drawn in, each by its low and its high


@dataclass(frozen=True)
class _Path:
    bars: pd.DataFrame  # open, high, low and close, 100 at the start
    x: np.ndarray  # days (toy: turns) since the start at the end of each bar
    drawn: tuple[np.ndarray, np.ndarray]  # the line: x and price


@cache
def _path(key: str) -> _Path:
    _, first, last = PATHS[key]
    if key == "toy":
        table = toy_path(100.0, 94.0, 100.0, steps=30)
        x = table.index.to_numpy(dtype=float)
        return _Path(table, x, (np.append(0.0, x), np.append(START, table["close"])))
    window = bars("BTC").loc[first:last]
    table = window * (START / window["open"].iloc[0])
    x = ((table.index - table.index[0]) / pd.Timedelta(days=1)).to_numpy() + 1 / 48  # a bar is half an hour
    return _Path(table, x, _line(table, x))


def _line(table, x):
    """Return a line through the low and the high of every stretch, in the order in which they came."""
    points = {0.0: float(table["open"].iloc[0])}
    for part in np.array_split(np.arange(len(table)), _DRAWN):
        stretch = table.iloc[part]
        for price, i in ((stretch["low"], stretch["low"].argmin()), (stretch["high"], stretch["high"].argmax())):
            points.setdefault(float(x[part[i]]), float(price.iloc[i]))
    points[float(x[-1])] = float(table["close"].iloc[-1])
    at = np.array(sorted(points))
    return at, np.array([points[t] for t in at])


def _legs(share: float, leverage: float, mmr: float) -> dict[str, IsolatedPosition]:
    """Return the two legs; `share` of the collateral is the long's, in percent."""
    size = leverage * COLLATERAL / 2.0 / START
    pots = {"long": COLLATERAL * share / 100.0, "short": COLLATERAL * (1.0 - share / 100.0)}
    sides = {"long": 1.0, "short": -1.0}
    return {
        name: IsolatedPosition("linear", sides[name] * size, START, size * START / pot, mmr=mmr / 100.0)
        for name, pot in pots.items()
    }


@dataclass(frozen=True)
class _Run:
    """Both ways to keep the pair: `ends` has one row per pot, "long", "short" and "one pot"."""

    legs: dict[str, IsolatedPosition]
    apart: PotReplay
    ends: pd.DataFrame


@cache
def _run(path, share, leverage, mmr, penalty, fill) -> _Run:
    legs = _legs(share, leverage, mmr)
    how = {"penalty": penalty / 100.0, "slip": 1.0 if fill == "worst" else 0.0}
    apart = replay_pots(legs, _path(path).bars, **how)
    together = replay_pots({"one pot": tuple(legs.values())}, _path(path).bars, **how)
    return _Run(legs, apart, pd.concat([apart.ends.astype(object), together.ends.astype(object)]))


def isolated_view(*, path: str, share: float, leverage: float, mmr: float, penalty: float, fill: str) -> View:
    """Follow a long and a short of the same size along a path, each in its own pot.

    Parameters
    ----------
    path : str
        Key of `PATHS`.
    share : float
        Part of the collateral of 20 that is in the long's pot, percent; the rest is the short's.
    leverage : float
        Notional of each leg over half of the collateral, at the start.
    mmr : float
        Maintenance rate of the notional at the mark, percent.
    penalty : float
        Kept by the venue at liquidation, percent of the notional.
    fill : str
        Key of `FILLS`.
    """
    run, way = _run(path, share, leverage, mmr, penalty, fill), _path(path)
    return View(_finding(path, run, way), [_chart(path, run, way), _pots(run), _table(path, run)])


def _chart(path, run, way):
    x, price = way.drawn
    series, markers = [Series("price", price)], []
    for place, (name, leg) in enumerate(run.legs.items()):
        end, level = run.ends.loc[name], leg.liquidation()[place]
        gone = np.inf if pd.isna(end["closed"]) else way.x[way.bars.index.get_loc(end["closed"])]
        line = [None if level is None or t > gone else level for t in x]
        line[0] = level
        series.append(Series(f"the {name} is liquidated here", line))
        if np.isfinite(gone):
            markers.append(Marker(gone, end["fill"], f"{name} closed"))
    unit = "turns of the path" if path == "toy" else "days since the start"
    return Lines("The price, and where each leg ends", x, series, unit, "price, 100 at the start", markers=markers)


def _pots(run):
    rows = run.ends.loc[["long", "short"]]
    names = [f"pot of the {name} ({_number(rows.loc[name, 'put_in'])} put in)" for name in rows.index]
    names += [f"two pots ({COLLATERAL:g} put in)", f"one pot ({COLLATERAL:g} put in)"]
    series = []
    for column, words in {"trader": "the trader gets", "penalty": "penalty", "shortfall": "the venue pays"}.items():
        amounts = np.array([*rows[column], rows[column].sum(), run.ends.loc["one pot", column]], dtype=float)
        series.append(Series(words, np.round(-amounts if column == "shortfall" else amounts, 4) + 0.0))
    return Bars("What is in the pots at the end", names, series)


def _table(path, run):
    words = {
        "put_in": "put in",
        "trigger": "liquidated at a price of",
        "closed": "when",
        "fill": "closed at, or last price",
        "trader": "the trader gets",
        "penalty": "penalty",
        "shortfall": "missing: the venue pays",
        "profit": "profit of the trader",
    }
    ends = run.ends.loc[["long", "short", "one pot"]]
    rows = [(label, *(_cell(path, column, value) for value in ends[column])) for column, label in words.items()]
    return Table("Pot by pot", ["", "long", "short", "one pot for both"], rows)


def _cell(path, column, value):
    if pd.isna(value):
        return "never"
    if column != "closed":
        return _number(value)
    return f"turn {value:.1f}" if path == "toy" else f"{value:%d %b %H:%M}"


def _finding(path, run, way) -> str:
    last = float(way.bars["close"].iloc[-1])
    back = "ends where it began" if abs(last - START) < 0.005 else f"ends at {_number(last)}"
    low, high = _number(way.bars["low"].min()), _number(way.bars["high"].max())
    words = "The made-up path" if path == "toy" else PATHS[path][0]
    text = f"{words}: the price starts at 100, falls to {low} and rises to {high} on the way, and {back}. "
    if path == "toy":
        text = f"The price falls from 100 to {low} and {back}. "
    closed = run.ends.loc[["long", "short"]].loc[lambda ends: ends["closed"].notna()]
    for name, end in closed.sort_values("closed").iterrows():
        text += f"The {name} is closed at {_number(end['fill'])}" + (" at once" if end["trigger"] == START else "")
        missing = end["shortfall"]
        text += f"; its pot is {_number(missing)} in debt, which the venue pays. " if missing > 0.005 else ". "
    if len(closed) == 1:
        text += f"From there on the {'short' if 'long' in closed.index else 'long'} stands alone. "
    text += "No leg is closed. " if closed.empty else ""
    apart, pooled = run.apart.profit, float(run.ends.loc["one pot", "profit"])
    return f"{text}The perfectly hedged pair in two pots {_result(apart)}, in one pot {_result(pooled)}."


def _result(profit) -> str:
    if abs(profit) < 0.005:
        return "loses nothing"
    return f"{'loses' if profit < 0.0 else 'earns'} {_number(abs(profit))} on {COLLATERAL:g} of collateral"


def _number(value) -> str:
    """Write two decimals with a real minus sign; what rounds to zero has none."""
    return f"{round(float(value), 2) + 0.0:.2f}".replace("-", "\N{MINUS SIGN}")


def isolated_explorer() -> Explorer:
    """Build the explorer; its controls say the rest."""
    return Explorer(
        isolated_view,
        [
            Choice("path", "Path of the price", {key: words for key, (words, *_) in PATHS.items()}, "toy"),
            Slider("share", "Collateral in the long's pot", 50, 10, 90, 5, "%", page=[30, 50, 70]),
            Slider("leverage", "Leverage of each leg", 10, 1, 20, 1, "x", page=[3, 5, 10, 20]),
            Slider("mmr", "Maintenance rate", 5.0, 0.5, 10.0, 0.5, "%", page=[1.0, 5.0]),
            Slider("penalty", "Penalty, of the notional", 0.0, 0.0, 5.0, 0.5, "%", page=[0.0, 1.0]),
            Choice("fill", "A liquidated leg is closed", FILLS, "trigger"),
        ],
        title="A hedge in two pots",
        notebook="03_isolated_margining_models",
    )
