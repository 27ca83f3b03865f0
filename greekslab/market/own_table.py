"""A table of the reader's own: CSV or DataFrame in, raw cells with the place of each row out.

What is read here is checked by `greekslab.market.prices`. Every error names a place the reader can find: the
line of a file, or the row label of a DataFrame.
"""

import csv
import gzip
import io
import zlib
from pathlib import Path

import numpy as np
import pandas as pd

from greekslab.errors import InputError


def read_table(source) -> tuple[pd.DataFrame, list[str]]:
    """Read a table without judging its cells.

    Parameters
    ----------
    source : path, file, str, bytes, DataFrame or Series
        A CSV file (also .gz; commas, semicolons or tabs, UTF-8), its text, or a table.

    Returns
    -------
    table : DataFrame
        Stripped cells as they stand, with text headers, each there once.
    places : list of str
        Where each row stands: "line 3" of the file or "row 2" of the DataFrame.
    """
    if isinstance(source, (pd.DataFrame, pd.Series)):
        table = source.to_frame() if isinstance(source, pd.Series) else source
        places = [f"row {label}" for label in table.index]
        if isinstance(table.index, pd.DatetimeIndex):
            name = table.index.name or "time"
            table = table.reset_index(drop=name in table.columns, names=name)
        table = table.set_axis([str(c).strip() for c in table.columns], axis=1)
        table = table.astype(object).map(lambda cell: cell.strip() if isinstance(cell, str) else cell)
    else:
        rows = _rows(_text(source))
        (_, names), *body = rows or [(1, [""])]
        for line, cells in body:
            if len(cells) != len(names):
                remedy = f"give {len(names)} cells, as in the header"
                raise InputError(f"line {line}", ",".join(cells)[:60], remedy)
        places = [f"line {line}" for line, _ in body]
        table = pd.DataFrame([cells for _, cells in body], columns=names, dtype=object)
    unique_header(table)
    return table, places


def _rows(text: str) -> list[tuple[int, list[str]]]:
    """Split CSV text into (line number, cells); blank lines are skipped but counted."""
    head = text.lstrip().split("\n", 1)[0]
    separator = max(",;\t", key=head.count)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=separator, skipinitialspace=True)
    rows, line = [], 1
    try:
        for cells in reader:
            if any(cell.strip() for cell in cells):
                rows.append((line, [cell.strip() for cell in cells]))
            line = reader.line_num + 1
    except csv.Error as error:
        raise InputError(f"line {reader.line_num}", str(error), "save the table again as plain CSV") from None
    return rows


def _text(source) -> str:
    """Return the text behind a path, an open file, CSV text or bytes."""
    if isinstance(source, str) and ("\n" in source or not source.strip()):
        return source.removeprefix("\ufeff")
    if isinstance(source, (str, Path)):
        try:
            data = Path(source).read_bytes()
        except (OSError, ValueError) as error:
            reason = getattr(error, "strerror", None) or str(error)
            raise InputError("file", str(source)[:200], f"{reason}; give the path of a CSV file") from None
    elif hasattr(source, "read"):
        data = source.read()
    else:
        data = source
    if isinstance(data, str):
        return data.removeprefix("\ufeff")
    if not isinstance(data, (bytes, bytearray, memoryview)):
        remedy = "give a path, an open file, CSV text or a DataFrame"
        raise InputError("source", type(source).__name__, remedy)
    try:
        data = bytes(data)
        data = gzip.decompress(data) if data[:2] == b"\x1f\x8b" else data
        return data.decode("utf-8-sig")
    except (OSError, EOFError, zlib.error, UnicodeDecodeError) as error:
        raise InputError("file", str(error)[:100], "save the table as CSV in UTF-8") from None


def checked(table, places, column, parse, remedy) -> list:
    """Parse a column cell by cell; `parse` returns None for a cell it refuses.

    The first such cell is named with its place and the remedy, a text or a function of the cell.
    """
    values = [parse(cell) for cell in table[column]]
    for place, cell, value in zip(places, table[column], values, strict=True):
        if value is None:
            shown = cell.item() if isinstance(cell, np.generic) else cell
            shown = shown if not isinstance(shown, str) else shown[:60]
            say = remedy(shown) if callable(remedy) else remedy
            raise InputError(f"{place}, column {column or 'time'}", shown, say)
    return values


def no_repeats(keys: pd.DataFrame, places, remedy) -> None:
    """Raise at the first row whose cells in `keys` stood in a row before."""
    for row in np.flatnonzero(keys.duplicated())[:1]:
        same = np.flatnonzero((keys == keys.iloc[row]).all(axis=1))[0]
        shown = ", ".join(f"{v:g}" if isinstance(v, float) else str(v) for v in keys.iloc[row])
        where = f"{places[row]}, column{'s' * (keys.shape[1] > 1)} {', '.join(keys.columns)}"
        raise InputError(where, shown, f"{places[same]} has it already; {remedy}")


def header(table) -> str:
    """Return the header as one line of text."""
    return ", ".join(table.columns)


def need(table, columns) -> None:
    """Raise unless every column of `columns` is there and at least one row."""
    if missing := [c for c in columns if c not in table.columns]:
        raise InputError("header", header(table), f"column {missing[0]} is missing; add it")
    if table.empty:
        raise InputError("table", "empty", "give at least one line below the header")


def unique_header(table) -> None:
    """Raise if two columns have one name."""
    if table.columns.has_duplicates:
        twice = table.columns[table.columns.duplicated()][0]
        remedy = f"column {twice or 'without a name'} is there twice; rename one"
        raise InputError("header", header(table), remedy)
