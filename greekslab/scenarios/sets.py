r"""Scenario sets: the states of the world a margin model looks at, as a table.

A set is data, not code: one row per scenario with the relative move of the underlyings, what happens to
volatility, and the weight of the loss. Print it, edit it, pass it back. The vol rule says how a word such as "up"
turns one volatility into another,

.. math:: \sigma' = \max\bigl(\underline\sigma,\; \sigma\,[1 + v\,(30/\max(f, d))^{p}]\bigr),

with :math:`d` the days to expiry, :math:`f` the floor on them, :math:`p` a power that differs below and above 30
days: near expiries are shocked harder than far ones.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from html import escape

import numpy as np
import pandas as pd

from greekslab.errors import InputError
from greekslab.inputs import checked_type, number

_COLUMNS = ("name", "move", "vol", "weight")
_WORDS = ("up", "none", "down", "linear", "abs")


@dataclass(frozen=True)
class Skew:
    """Parameters of a skew scenario: volatility tilts with log-moneyness instead of shifting.

    With h the square root of the years to expiry, ``cap + slope h`` is the largest relative change, reached at the
    log-moneyness ``max(min_width, h (width + width_slope h))`` (Derive PM2; see the card for numbers).
    """

    cap: float
    slope: float
    min_width: float
    width: float
    width_slope: float = 0.0

    def __post_init__(self):
        for name in ("cap", "slope", "min_width", "width", "width_slope"):
            object.__setattr__(self, name, number(f"skew: {name}", getattr(self, name), "give a finite number"))
        number("skew: min_width", self.min_width, "give a log-moneyness above 0: the tilt is divided by it", above=0.0)


@dataclass(frozen=True)
class VolRule:
    """How a scenario's vol direction changes a volatility.

    Parameters
    ----------
    up, down : float
        Size of the shock, 0 or more: relative (0.4 is 40 % of the volatility) or, with ``relative=False``, in
        volatility itself (0.1 is ten vol points).
    short_power, long_power : float
        Power of (30 days / days to expiry) below and above 30 days; 0 leaves all expiries alike.
    floor_days : float
        Days to expiry count as at least this many.
    min_vol_up : float
        Floor of the volatility in "up" scenarios, per year, decimal.
    relative : bool
        Whether shocks multiply or add.
    skew : Skew, optional
        Needed by sets with "linear" or "abs" scenarios.
    skew_abs : Skew, optional
        Used by "abs" scenarios in place of `skew`, where the two differ.
    """

    up: float = 0.0
    down: float = 0.0
    short_power: float = 0.0
    long_power: float = 0.0
    floor_days: float = 1.0
    min_vol_up: float = 0.0
    relative: bool = True
    skew: Skew | None = None
    skew_abs: Skew | None = None

    def __post_init__(self):
        for name in ("up", "down", "short_power", "long_power", "min_vol_up"):
            number(f"vol rule: {name}", getattr(self, name), "give a finite number of 0 or more", least=0.0)
        number("vol rule: floor_days", self.floor_days, "give days above 0, usually 1", above=0.0)
        for name in ("skew", "skew_abs"):
            if getattr(self, name) is not None:
                checked_type(f"vol rule: {name}", getattr(self, name), Skew, "give Skew(...), or leave it out")

    def scale(self, days):
        """Return the tenor factor (30 / max(floor, days))^p, 1 at 30 days."""
        days = np.asarray(days, dtype=float)
        power = np.where(days <= 30.0, self.short_power, self.long_power)
        return (30.0 / np.maximum(days, self.floor_days)) ** power

    def shocked(self, vol, days, direction, moneyness=0.0):
        """Return the volatility under one scenario.

        Parameters
        ----------
        vol : array
            Volatilities now, per year, decimal.
        days : array
            Days to expiry.
        direction : str or float
            "up", "down", "none", "linear", "abs", or a number: a relative change taken as it is.
        moneyness : array
            ln(strike / forward), for skew scenarios only.
        """
        vol = np.asarray(vol, dtype=float)
        if direction == "none":
            return vol
        if direction in ("linear", "abs"):
            return vol * self._tilt(days, direction, np.asarray(moneyness, dtype=float))
        if direction == "up":
            change = self.up * self.scale(days)
            return np.maximum(vol * (1.0 + change) if self.relative else vol + change, self.min_vol_up)
        if direction == "down":
            change = self.down * self.scale(days)
            return np.maximum(vol * (1.0 - change) if self.relative else vol - change, 0.0)
        remedy = f"say one of {', '.join(_WORDS)}, or a relative change of -1 or more"
        return vol * (1.0 + number("vol direction", direction, remedy, least=-1.0))

    def _tilt(self, days, direction, moneyness):
        skew = self.skew_abs if direction == "abs" and self.skew_abs is not None else self.skew
        if skew is None:
            raise InputError("vol direction", direction, "the vol rule has no skew parameters; give VolRule(skew=...)")
        root = np.sqrt(np.asarray(days, dtype=float) / 365.0)
        cap = skew.slope * root + skew.cap
        width = np.maximum(skew.min_width, root * (skew.width + root * skew.width_slope))
        k = np.abs(moneyness) if direction == "abs" else moneyness
        tilt = np.where(k >= 0.0, np.minimum(cap, k * cap / width), np.maximum(-cap, k * cap / width))
        return np.maximum(1.0 + tilt, 0.0)


@dataclass(frozen=True, eq=False)
class ScenarioSet:
    """A named table of scenarios and the vol rule that reads it.

    Parameters
    ----------
    name : str
        Name of the set.
    table : DataFrame
        Columns ``name``, ``move`` (relative move of every underlying, above -1), ``vol`` ("up", "none", "down",
        "linear", "abs" or a relative change) and ``weight`` (share of the loss that counts, in (0, 1]). Optional
        columns ``move_BTC`` and so on override the move for one underlying. Missing names are made from the rest.
    vol_rule : VolRule
        How words become volatilities.
    days : float
        Days that pass in every scenario.
    source, as_of : str
        Where the numbers come from, and their date.
    """

    name: str
    table: pd.DataFrame
    vol_rule: VolRule = VolRule()
    days: float = 0.0
    source: str = "made by the reader"
    as_of: str = ""

    def __post_init__(self):
        object.__setattr__(self, "table", _checked_table(self.table))
        number("days", self.days, "give the days that pass in every scenario, 0 or more", least=0.0)
        rule = checked_type("vol_rule", self.vol_rule, VolRule, "give VolRule(...)")
        words = {word for word in self.table["vol"] if isinstance(word, str)}
        if rule == VolRule() and words & {"up", "down"}:
            raise InputError("vol rule", "empty", "the set moves volatility up or down; say how far: VolRule(up=0.4)")

    def __len__(self):
        return len(self.table)

    @property
    def names(self) -> list[str]:
        """Names of the scenarios, in order."""
        return list(self.table["name"])

    @property
    def weights(self) -> np.ndarray:
        """Weights, shape (scenarios,)."""
        return self.table["weight"].to_numpy(dtype=float)

    def moves(self, underlying: str) -> np.ndarray:
        """Return the relative moves of `underlying`, shape (scenarios,)."""
        own = f"move_{underlying}"
        return self.table[own if own in self.table else "move"].to_numpy(dtype=float)

    def edited(self, table: pd.DataFrame, name: str | None = None) -> "ScenarioSet":
        """Return the set with another table, read by the same vol rule."""
        return replace(self, table=table, name=name or f"{self.name} (edited)")

    def head(self, count: int, name: str | None = None) -> "ScenarioSet":
        """Return the first `count` scenarios as a set of their own."""
        if not isinstance(count, (int, np.integer)) or count < 1:
            raise InputError("count", count, "give a whole number of scenarios, 1 or more")
        return self.edited(self.table.head(count), name or f"{self.name}, first {count}")

    def _repr_html_(self):
        note = escape(f"{self.source}{', ' + self.as_of if self.as_of else ''}")
        head = f"<p><strong>{escape(str(self.name))}</strong>: {len(self)} scenarios. {note}.</p>"
        return head + self.table.to_html()


def scenario_name(move: float, vol, weight: float = 1.0) -> str:
    """Say a scenario in words: "-66 %, vol up, x 24 %"."""
    word = {"none": "vol same"}.get(vol, f"vol {vol}") if isinstance(vol, str) else f"vol {vol * 100:+.3g} %"
    share = "" if weight == 1.0 else f", x {weight * 100:.4g} %"
    return f"{move * 100:+.4g} %, {word}{share}" if move else f"0 %, {word}{share}"


def _checked_table(table: pd.DataFrame) -> pd.DataFrame:
    """Return a tidy copy of a scenario table, or name what is wrong with it, by row."""
    if not isinstance(table, pd.DataFrame):
        raise InputError("scenario table", type(table).__name__, "give a DataFrame with move, vol and weight")
    if doubled := [c for c in table.columns if list(table.columns).count(c) > 1]:
        raise InputError("scenario table column", doubled[0], "it stands there twice; keep one")
    for column in ("move", "vol", "weight"):
        if column not in table:
            raise InputError("scenario table", list(table.columns), f'column "{column}" is missing; add it')
    if table.empty:
        raise InputError("scenario table", "empty", "give at least one scenario")
    table = table.reset_index(drop=True).copy()
    for column in [c for c in table if c in ("move", "weight") or str(c).startswith("move_")]:
        numbers = pd.to_numeric(table[column], errors="coerce")
        low = 0.0 if column == "weight" else -1.0
        ok = (numbers > low) & (numbers <= 1.0 if column == "weight" else numbers < np.inf)
        if not ok.all():
            row = int(np.flatnonzero(~ok)[0])
            remedy = "a weight lies in (0, 1]" if column == "weight" else "a move is a finite number above -1"
            raise InputError(f"scenario {row}, {column}", table[column].iloc[row], remedy)
        table[column] = numbers.astype(float)
    table["vol"] = pd.Series([_direction(row, vol) for row, vol in enumerate(table["vol"])], dtype=object)
    if "name" not in table:
        rows = zip(table["move"], table["vol"], table["weight"], strict=True)
        table.insert(0, "name", [scenario_name(*row) for row in rows])
    return table[[*_COLUMNS, *(c for c in table if c not in _COLUMNS)]]


def _direction(row, vol):
    if isinstance(vol, str) and vol in _WORDS:
        return vol
    try:
        change = float(vol)
    except (TypeError, ValueError):
        change = np.nan
    if not -1.0 <= change < np.inf:
        raise InputError(f"scenario {row}, vol", vol, f"say one of {', '.join(_WORDS)}, or a change of -1 or more")
    return change


def moves_table(rows, extra: Mapping | None = None) -> pd.DataFrame:
    """Build a scenario table from (move, vol, weight) rows."""
    rows = [tuple(row) for row in rows]
    if bad := [row for row in rows if len(row) != 3]:
        raise InputError("scenario row", bad[0], "give (move, vol, weight)")
    table = pd.DataFrame(rows, columns=["move", "vol", "weight"])
    return table.assign(**extra) if extra else table
