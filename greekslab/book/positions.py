"""A book of positions: an immutable table that can be added, scaled and cut.

The book is the one thing that travels through every chapter. Build it from a list, a DataFrame or a CSV; add two,
multiply one, leave a leg out.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from numbers import Real

import numpy as np
import pandas as pd

from greekslab.book.instruments import Instrument, parse_instrument
from greekslab.errors import InputError
from greekslab.inputs import checked_type, number
from greekslab.market.own_table import need, read_table

_COLUMNS = ("instrument", "quantity", "entry_price", "venue")
LARGEST = 1e12  # beyond any market; larger numbers are slips of the keyboard and would drown the rest in rounding


@dataclass(frozen=True)
class Position:
    """One leg: an instrument, a signed quantity, and optionally what it was entered at and where it is held.

    ``quantity`` in coins (inverse futures and perpetuals: contracts of one quote unit), long > 0, short < 0.
    ``entry_price`` in quote currency; without it the leg starts at today's mark.
    """

    instrument: Instrument
    quantity: float
    entry_price: float | None = None
    venue: str | None = None

    def __post_init__(self):
        object.__setattr__(self, "instrument", parse_instrument(self.instrument))
        object.__setattr__(self, "quantity", _quantity(self.quantity, "quantity"))
        if self.entry_price is not None:
            remedy = "give a finite price of 0 or more, in quote currency, or leave it out"
            object.__setattr__(self, "entry_price", number("entry_price", self.entry_price, remedy, least=0.0))


def _quantity(value, where):
    number = float(value) if isinstance(value, (Real, np.number)) and not isinstance(value, bool) else np.nan
    if not abs(number) <= LARGEST:
        raise InputError(where, value, f"give a finite number, long > 0, short < 0, at most {LARGEST:g} in size")
    return number


@dataclass(frozen=True)
class Book:
    """An immutable list of positions.

    Examples
    --------
    >>> straddle = Book.from_list([("TOY-31JAN24-100-C", -1), ("TOY-31JAN24-100-P", -1)])
    >>> len(2 * straddle + straddle)
    4
    """

    positions: tuple[Position, ...]

    def __post_init__(self):
        try:
            object.__setattr__(self, "positions", tuple(self.positions))
        except TypeError:
            raise InputError("book", self.positions, "build it with Book.from_list([(name, quantity), ...])") from None
        for position in self.positions:
            checked_type("position", position, Position, "build the book with Book.from_list([(name, quantity), ...])")
        if not self.positions:
            raise InputError("book", "empty", "add at least one position")

    # --- construction ------------------------------------------------------------------------------------------

    @classmethod
    def from_list(cls, legs) -> "Book":
        """Build a book from (instrument, quantity) or (instrument, quantity, entry price) tuples."""
        remedy = 'give a list of (instrument, quantity) legs, such as [("BTC-PERP", 1.5)]'
        if isinstance(legs, (str, Mapping)) or not isinstance(legs, Iterable):
            raise InputError("legs", legs, remedy)
        legs = list(legs)
        for leg in legs:
            if not isinstance(leg, Position) and not (isinstance(leg, (list, tuple)) and 2 <= len(leg) <= 4):
                raise InputError("leg", leg, remedy)
        return cls(tuple(leg if isinstance(leg, Position) else Position(*leg) for leg in legs))

    @classmethod
    def from_csv(cls, source) -> "Book":
        r"""Build a book from a CSV file, an open file or CSV text.

        Parameters
        ----------
        source : path, file or str
            Columns ``instrument`` and ``quantity``; optional ``entry_price`` and ``venue``. One row per position.
            Errors name the line and the column.

        Examples
        --------
        >>> Book.from_csv("instrument,quantity\nBTC-PERP,1\n").names
        ['BTC-PERP']
        """
        return cls._read(source)

    @classmethod
    def from_frame(cls, frame: pd.DataFrame) -> "Book":
        """Build a book from a DataFrame with the columns of `from_csv`; errors name the row label and the column."""
        return cls._read(checked_type("frame", frame, pd.DataFrame, "give a DataFrame; a file goes to Book.from_csv"))

    @classmethod
    def _read(cls, source) -> "Book":
        table, places = read_table(source)
        need(table, ["instrument", "quantity"])
        if unknown := [c for c in table.columns if c not in _COLUMNS]:
            raise InputError("column", unknown[0], f"it is not known; the columns are {', '.join(_COLUMNS)}")
        return cls(tuple(_row(table.iloc[i], place) for i, place in enumerate(places)))

    # --- algebra -----------------------------------------------------------------------------------------------

    def __add__(self, other: "Book") -> "Book":
        return Book(self.positions + other.positions) if isinstance(other, Book) else NotImplemented

    def __mul__(self, factor: float) -> "Book":
        factor = _quantity(factor, "factor")
        return Book(tuple(replace(p, quantity=p.quantity * factor) for p in self.positions))

    __rmul__ = __mul__

    def without(self, index: int) -> "Book":
        """Return the book without position `index`."""
        if not isinstance(index, (int, np.integer)) or not -len(self) <= index < len(self):
            raise InputError("position", index, f"the book has positions 0 to {len(self) - 1}")
        index %= len(self)
        return Book(self.positions[:index] + self.positions[index + 1 :])

    def __len__(self):
        return len(self.positions)

    def __iter__(self):
        return iter(self.positions)

    # --- views -------------------------------------------------------------------------------------------------

    @property
    def quantities(self) -> np.ndarray:
        """Signed quantities, shape (positions,)."""
        return np.array([p.quantity for p in self.positions])

    @property
    def names(self) -> list[str]:
        """Instrument names, in order."""
        return [p.instrument.name for p in self.positions]

    @property
    def underlyings(self) -> list[str]:
        """Underlyings, each once, in order of appearance."""
        return list(dict.fromkeys(p.instrument.underlying for p in self.positions))

    def to_frame(self) -> pd.DataFrame:
        """Return the positions as a table; entry price and venue only where a position has them."""
        rows = [(p.instrument.name, p.quantity, p.entry_price, p.venue) for p in self.positions]
        frame = pd.DataFrame(rows, columns=list(_COLUMNS))
        return frame.drop(columns=[c for c in ("entry_price", "venue") if frame[c].isna().all()])

    def _repr_html_(self):
        return self.to_frame().to_html()


def _row(cells, place) -> Position:
    """Read one row; errors say its place and column."""
    cells = {c: None if pd.isna(v) or v == "" else v for c, v in cells.items()}
    if cells["instrument"] is None:
        raise InputError(f"{place}, column instrument", "empty", "name the instrument, for example BTC-PERP")
    numbers = {}
    for column in ("quantity", "entry_price"):
        value = cells.get(column)
        try:
            numbers[column] = None if value is None else float(value)
        except (TypeError, ValueError):
            raise InputError(f"{place}, column {column}", value, "give a plain number such as -1.5") from None
    if numbers["quantity"] is None:
        raise InputError(f"{place}, column quantity", "empty", "give a number, long > 0, short < 0")
    try:
        return Position(cells["instrument"], numbers["quantity"], numbers["entry_price"], cells.get("venue"))
    except InputError as error:
        column = error.thing if error.thing in _COLUMNS else f"instrument, {error.thing}"
        raise InputError(f"{place}, column {column}", error.value, error.remedy) from None
