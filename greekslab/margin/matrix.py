"""The scan as a matrix: what volatility does down, how far the price moves across.

Traders read a scan as a table of this shape, with the binding cell ringed.
"""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from greekslab.errors import InputError
from greekslab.inputs import checked_type, numbers

_ORDER = ("up", "none", "down", "linear", "abs")
_LABELS = {"up": "vol up", "none": "vol same", "down": "vol down", "linear": "tilt", "abs": "wings"}


@dataclass(frozen=True)
class ScanMatrix:
    """Where each scenario of a set stands in the matrix.

    Attributes
    ----------
    rows, columns : tuple of str
        Labels: vol directions ("vol up"), and moves from down to up ("-66% x24%", weights below 1 named).
    places : ndarray
        Row and column of every scenario, shape (scenarios, 2).
    """

    rows: tuple[str, ...]
    columns: tuple[str, ...]
    places: np.ndarray

    def fill(self, amounts) -> np.ndarray:
        """Put one amount per scenario into its cell, shape (rows, columns).

        NaN where the set has no scenario; where two scenarios share a cell the smaller amount (the larger
        loss) stands.
        """
        amounts = numbers("amounts", amounts, "give one finite amount per scenario")
        if amounts.shape != (len(self.places),):
            raise InputError(
                "amounts", list(amounts.shape), f"give one amount for each of {len(self.places)} scenarios"
            )
        values = np.full((len(self.rows), len(self.columns)), np.inf)
        np.minimum.at(values, tuple(self.places.T), amounts)
        return np.where(np.isinf(values), np.nan, values)

    def to_frame(self, amounts) -> pd.DataFrame:
        """Return the filled matrix as a labelled table."""
        return pd.DataFrame(self.fill(amounts), index=list(self.rows), columns=list(self.columns))

    def ring(self, index: int | None) -> tuple[int, int] | None:
        """Return row and column of the scenario with this number; None gives None."""
        return None if index is None else tuple(int(place) for place in self.places[index])


def scan_matrix(scan: pd.DataFrame) -> ScanMatrix:
    """Arrange scenarios as a matrix.

    Parameters
    ----------
    scan : DataFrame
        Columns move, vol and weight, one row per scenario: a `ScenarioSet.table`, or the `MarginReport.scan`
        of a book with one underlying.

    Examples
    --------
    >>> from greekslab.scenarios import grid
    >>> scan_matrix(grid([-0.1, 0.1], [0.5, "none"]).table).to_frame([1, 2, 3, 4])
              -10%  +10%
    vol same   2.0   4.0
    vol +50%   1.0   3.0
    """
    checked_type("scan", scan, pd.DataFrame, "give the table of a ScenarioSet, or the scan of a report")
    if "underlying" in scan:
        names = ", ".join(scan["underlying"].unique())
        raise InputError("scan", names, "a matrix shows one underlying; select its rows and drop the column")
    if missing := [c for c in ("move", "vol", "weight") if c not in scan]:
        raise InputError("scan", list(scan.columns), f'column "{missing[0]}" is missing; add it')
    directions = list(scan["vol"])
    distinct = list(dict.fromkeys(directions))
    rows = [d for d in _ORDER if d in distinct] + [d for d in distinct if d not in _ORDER]
    moves = list(zip(scan["move"], -scan["weight"], strict=True))
    columns = sorted(set(moves))
    places = [(rows.index(d), columns.index(m)) for d, m in zip(directions, moves, strict=True)]
    return ScanMatrix(tuple(map(_row, rows)), tuple(_column(*c) for c in columns), np.array(places))


def _row(direction) -> str:
    return _LABELS.get(direction) or f"vol {direction * 100:+.3g}%"


def _column(move: float, minus_weight: float) -> str:
    text = f"{move * 100:+.3g}%" if move else "0%"
    return text if minus_weight == -1.0 else f"{text} x{-minus_weight * 100:.3g}%"
