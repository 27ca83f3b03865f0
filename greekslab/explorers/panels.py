"""What a function gives an explorer to draw: one finding in words, and panels of plain numbers.

Panels hold numbers and words only; the browser draws them. `View.payload` is what travels: numbers have
six significant digits, with a kernel and on the published page alike, so that both show the same.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from greekslab.errors import InputError
from greekslab.figures.style import COLOURS, DASHES

_DASH_NAMES = {"": "", "-": "solid", "--": "dashed", ":": "dotted", "-.": "dashdot"} | {d: d for d in DASHES}


@dataclass(frozen=True)
class Series:
    """Named numbers: one line, or one part of every bar.

    Parameters
    ----------
    name : str
        In the legend; with its unit where the axis does not say it.
    y : array-like of float or None
        One number for each x (or category). None leaves a gap; NaN is an error.
    dash : str
        ``"solid"``, ``"dashed"``, ``"dotted"``, ``"dashdot"``, ``"longdash"``, ``"shortdash"`` (or
        ``"-"``, ``"--"``, ``":"``, ``"-."``). Empty: by place, solid first.
    colour : str
        A name of `greekslab.figures.COLOURS`. Empty: by place, blue first.
    """

    name: str
    y: Sequence[float | None]
    dash: str = ""
    colour: str = ""

    def payload(self, where: str, length: int) -> dict:
        where = f"{where}, series {self.name!r}"
        if self.dash not in _DASH_NAMES:
            raise InputError(f"{where}: dash", self.dash, f"choose one of {', '.join(DASHES)}")
        if self.colour and self.colour not in COLOURS:
            raise InputError(f"{where}: colour", self.colour, f"choose one of {', '.join(COLOURS)}")
        y = numbers(self.y, where)
        if len(y) != length:
            raise InputError(f"{where}: number of values", len(y), f"give {length}, one for each place")
        colour = list(COLOURS).index(self.colour) if self.colour else None
        return _short(name=self.name, y=y, dash=_DASH_NAMES[self.dash], colour=colour)


@dataclass(frozen=True)
class Marker:
    """A labelled point on a chart of lines."""

    x: float
    y: float
    label: str = ""

    def payload(self, where: str) -> list:
        return [*numbers([self.x, self.y], f"{where}, marker {self.label!r}"), self.label]


@dataclass(frozen=True)
class Lines:
    """Lines over a common x.

    Parameters
    ----------
    title : str
        What the chart shows.
    x : array-like of float
        Increasing.
    series : sequence of Series
    x_label, y_label : str
        With units: ``"move of the spot, %"``.
    markers : sequence of Marker
        Points such as scenario nodes.
    vlines : sequence of (float, str)
        Vertical lines with a label, such as strikes or today's spot.
    y_range : (float, float), optional
        Ends of the y axis. Without it the axis follows the numbers, and stays put while they still fit.
    """

    title: str
    x: Sequence[float]
    series: Sequence[Series]
    x_label: str = ""
    y_label: str = ""
    markers: Sequence[Marker] = ()
    vlines: Sequence[tuple[float, str]] = ()
    y_range: tuple[float, float] | None = None

    def payload(self) -> dict:
        where = f"panel {self.title!r}"
        x = numbers(self.x, f"{where}, x")
        if len(x) < 2 or None in x or any(b < a for a, b in zip(x, x[1:], strict=False)):
            raise InputError(f"{where}: x", x[:5], "give two or more increasing numbers")
        return _short(
            kind="lines",
            title=self.title,
            x=x,
            series=[series.payload(where, len(x)) for series in self.series],
            xLabel=self.x_label,
            yLabel=self.y_label,
            markers=[marker.payload(where) for marker in self.markers],
            vlines=[[*numbers([x], f"{where}, vertical line {label!r}"), label] for x, label in self.vlines],
            yRange=None if self.y_range is None else numbers(self.y_range, f"{where}, y_range"),
        )


@dataclass(frozen=True)
class Bars:
    """Stacked horizontal bars, the total printed at each.

    Parameters
    ----------
    title : str
    categories : sequence of str
        One bar each, from the top.
    series : sequence of Series
        The parts; ``y`` has one number for each category. Negative parts lie left of zero.
    unit : str
        Printed after each total.
    """

    title: str
    categories: Sequence[str]
    series: Sequence[Series]
    unit: str = ""

    def payload(self) -> dict:
        where = f"panel {self.title!r}"
        series = [part.payload(where, len(self.categories)) for part in self.series]
        return _short(kind="bars", title=self.title, categories=list(self.categories), series=series, unit=self.unit)


@dataclass(frozen=True)
class Matrix:
    """A table of signed numbers, coloured about zero.

    Parameters
    ----------
    title : str
    rows, columns : sequence of str
        Labels.
    values : rows x columns of float or None
        None: no such cell.
    ring : (int, int), optional
        Row and column of the cell with a ring, such as the binding scenario.
    unit : str
    row_label, column_label : str
        What the labels are: ``"vol"``, ``"move of the spot"``.
    words : rows x columns of str, optional
        Printed in the cells in place of the numbers, which still colour them; keep them to a few letters.
    """

    title: str
    rows: Sequence[str]
    columns: Sequence[str]
    values: Sequence[Sequence[float | None]]
    ring: tuple[int, int] | None = None
    unit: str = ""
    row_label: str = ""
    column_label: str = ""
    words: Sequence[Sequence[str]] | None = None

    def payload(self) -> dict:
        where = f"panel {self.title!r}"
        if len(self.values) != len(self.rows):
            raise InputError(f"{where}: number of rows", len(self.values), f"give {len(self.rows)}")
        top = _largest(value for row in self.values for value in row)
        values = []
        for label, row in zip(self.rows, self.values, strict=True):
            if len(row) != len(self.columns):
                raise InputError(f"{where}, row {label!r}: values", len(row), f"give {len(self.columns)}")
            values.append(numbers(row, f"{where}, row {label!r}", top))
        ring = None if self.ring is None else [int(place) for place in self.ring]
        if ring and not (0 <= ring[0] < len(self.rows) and 0 <= ring[1] < len(self.columns)):
            raise InputError(f"{where}: ring", tuple(ring), "give a row and a column of the matrix")
        words = None if self.words is None else [[str(word) for word in row] for row in self.words]
        if words is not None and [len(row) for row in words] != [len(row) for row in values]:
            raise InputError(f"{where}: words", words, "give one for each cell")
        return _short(
            kind="matrix",
            title=self.title,
            rows=[str(label) for label in self.rows],
            columns=[str(label) for label in self.columns],
            values=values,
            ring=ring,
            unit=self.unit,
            rowLabel=self.row_label,
            columnLabel=self.column_label,
            words=words,
        )


@dataclass(frozen=True)
class Table:
    """Words and numbers already written out, in rows."""

    title: str
    columns: Sequence[str]
    rows: Sequence[Sequence[str]]

    def payload(self) -> dict:
        rows = [[str(cell) for cell in row] for row in self.rows]
        for row in rows:
            if len(row) != len(self.columns):
                raise InputError(f"panel {self.title!r}: row", row, f"give {len(self.columns)} cells")
        return _short(kind="table", title=self.title, columns=list(self.columns), rows=rows)


Panel = Lines | Bars | Matrix | Table


@dataclass(frozen=True)
class View:
    """What one setting of the controls shows: the finding in words, then the panels."""

    finding: str
    panels: Sequence[Panel]

    def payload(self) -> dict:
        """Give the JSON-ready form that the browser draws."""
        return {"finding": str(self.finding), "panels": [panel.payload() for panel in self.panels]}


def numbers(values: Sequence[float | None], where: str, largest: float | None = None) -> list:
    """Round to six significant digits; refuse NaN and infinity.

    What is a billionth of the largest is rounding noise of sums and becomes 0.
    """
    top = _largest(values) if largest is None else largest
    return [_number(value, where, top * 1e-9) for value in values]


def _number(value: float | None, where: str, noise: float) -> float | int | None:
    if value is None:
        return None
    value = float(value)
    if not np.isfinite(value):
        raise InputError(f"{where}: a value", value, "give finite numbers, or None where there is none")
    if abs(value) <= noise:
        return 0
    value = float(f"{value:.6g}")
    return int(value) if value.is_integer() and abs(value) < 1e15 else value


def _largest(values: Sequence[float | None]) -> float:
    sizes = [abs(float(value)) for value in values if value is not None]
    return max((size for size in sizes if np.isfinite(size)), default=0.0)


def _short(**parts: object) -> dict:
    """Leave out what is empty; the browser takes it as not given."""
    return {key: part for key, part in parts.items() if part not in (None, "", [])} | {
        key: part for key, part in parts.items() if key in ("series", "rows", "categories", "x", "y")
    }
