"""The reader's own prices and option chains, checked before anything is computed from them.

`read_prices` and `read_chain` take a path, an open file, CSV text, bytes or a DataFrame and return a clean
table, or raise an `InputError` that names the line, the column, the value and the remedy. Nothing is guessed:
a missing price is an error, not a zero and not the price before.
"""

import re
from datetime import date, datetime

import numpy as np
import pandas as pd

from greekslab.errors import InputError
from greekslab.market.own_table import checked, header, need, no_repeats, read_table, unique_header

_TIME_NAMES = ("time", "date", "datetime", "timestamp")
_BAR_NAMES = {"open", "high", "low", "close"}
_KINDS = {"call": "call", "c": "call", "put": "put", "p": "put"}
_MONTHS = ("JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC")
_EXPIRY_HOUR = 8  # crypto options expire at 08:00 UTC; a day without a time of day means that instant
_HIGHEST_VOL = 10.0  # 1000 % a year: above it a number is a percentage, not a decimal

_DAY = re.compile(r"\d{4}-\d{2}-\d{2}", re.A)
_CLOCK = r"\d{2}:\d{2}(:\d{2}(\.\d{1,9})?)?"
_INSTANT = re.compile(rf"\d{{4}}-\d{{2}}-\d{{2}}([T ]{_CLOCK}( ?UTC|Z|[+-]\d{{2}}:?\d{{2}})?)?", re.A)
_DERIBIT_DAY = re.compile(r"(\d{1,2})([A-Z]{3})(\d{2})", re.A)


def read_prices(source, assets=None) -> pd.DataFrame:
    r"""Read closing prices of the reader's own and check every one.

    Parameters
    ----------
    source : path, file, str, bytes or DataFrame
        A CSV (also .gz; commas, semicolons or tabs) or its text with a header line, or a DataFrame: one
        column of times named time (or date, datetime, timestamp; in a DataFrame it may be the index) and one
        column of prices per asset, named after the asset. Times are ISO 8601; without a zone they are UTC.
    assets : str or list of str, optional
        The columns wanted, in this order; all where not given.

    Returns
    -------
    DataFrame
        Times (UTC, sorted) x assets, prices in quote currency, all finite and above 0. The input stays as is.

    Examples
    --------
    >>> read_prices("date,BTC\n2024-01-02,44957\n2024-01-01,44168\n")["BTC"].tolist()
    [44168.0, 44957.0]
    >>> read_prices("date,BTC\n2024-01-01,44168\n2024-01-02,\n")
    Traceback (most recent call last):
        ...
    greekslab.errors.InputError: line 3, column BTC is '': give a price above 0, or leave the whole line out
    """
    table, places = read_table(source)
    names = [n for n in table.columns if n.lower() in _TIME_NAMES]
    if not names and table.columns[:1].tolist() == [""]:  # how pandas writes an index without a name
        names = [""]
    if len(names) != 1:
        remedy = "name one column of dates time, then give one column of prices per asset"
        raise InputError("header", header(table), remedy)
    wanted = [n for n in table.columns if n not in (names[0], "")]
    if assets is not None:
        wanted = [assets] if isinstance(assets, str) else list(assets)
    elif {n.lower() for n in wanted} >= _BAR_NAMES:
        remedy = "these are bars of one asset; keep time and close, and name the close after the asset"
        raise InputError("header", header(table), remedy)
    if not wanted:
        raise InputError("header", header(table), "give at least one column of prices, named after its asset")
    need(table, wanted)

    remedy = "give a date as 2024-01-31 or a time as 2024-01-31 08:00"
    times = checked(table, places, names[0], _instant, remedy)
    no_repeats(pd.DataFrame({names[0] or "time": times}), places, "keep one line for each time")
    remedy = "give a price above 0, or leave the whole line out"
    prices = {asset: checked(table, places, asset, _positive, remedy) for asset in wanted}
    index = pd.DatetimeIndex(times, name="time").as_unit("ns")
    return pd.DataFrame(prices, index=index, dtype=float).sort_index().rename_axis(columns="asset")


def read_chain(source) -> pd.DataFrame:
    r"""Read an option chain of the reader's own and check every quote.

    Parameters
    ----------
    source : path, file, str, bytes or DataFrame
        A CSV (also .gz; commas, semicolons or tabs) or its text with a header line, or a DataFrame, with
        columns expiry, strike, kind (call or put, C or P), forward (of that expiry) and either vol or both
        bid_vol and ask_vol. Volatilities are decimals per year: 0.65, not 65. An expiry is ISO 8601 or as in
        5NOV21; a day without a time of day means 08:00 UTC. Other columns are left aside.

    Returns
    -------
    DataFrame
        Sorted by expiry, strike and kind, with the columns of `btc_smile`: expiry (UTC), strike, kind,
        bid_vol, ask_vol, forward. With vol only, bid_vol and ask_vol both equal it. The input is not changed.

    Examples
    --------
    >>> text = "expiry,strike,kind,vol,forward\n5NOV21,60000,P,65,67106\n"
    >>> read_chain(text)
    Traceback (most recent call last):
        ...
    greekslab.errors.InputError: line 2, column vol is 65: give volatility as a decimal per year: 0.65, not 65
    """
    table, places = read_table(source)
    table.columns = [n.lower() for n in table.columns]
    unique_header(table)
    vols = ["bid_vol", "ask_vol"] if {"bid_vol", "ask_vol"} & set(table.columns) else ["vol"]
    need(table, ["expiry", "strike", "kind", "forward", *vols])

    day = "give an expiry as 2021-11-05, 2021-11-05 08:00 or 5NOV21"
    expiries = pd.DatetimeIndex(checked(table, places, "expiry", _expiry, day)).as_unit("ns")
    chain = pd.DataFrame({"expiry": expiries})
    chain["strike"] = checked(table, places, "strike", _positive, "give a strike above 0, in quote currency")
    chain["kind"] = checked(table, places, "kind", _kind, "write call or put")
    for column in vols:
        chain[column] = checked(table, places, column, _vol, _vol_remedy)
    if vols == ["vol"]:
        chain["bid_vol"] = chain["ask_vol"] = chain.pop("vol")
    chain["forward"] = checked(table, places, "forward", _positive, "give the expiry's forward, above 0")

    no_repeats(chain[["expiry", "strike", "kind"]], places, "keep one quote for each option")
    for row in np.flatnonzero(chain["bid_vol"] > chain["ask_vol"])[:1]:
        remedy = f"it is above the ask_vol {chain['ask_vol'][row]:g}; swap the two or leave the quote out"
        raise InputError(f"{places[row]}, column bid_vol", float(chain["bid_vol"][row]), remedy)
    first = chain.groupby("expiry")["forward"].transform("first")
    for row in np.flatnonzero(chain["forward"] != first)[:1]:
        remedy = f"that expiry has forward {first[row]:g} above; give each expiry one forward"
        raise InputError(f"{places[row]}, column forward", float(chain["forward"][row]), remedy)
    return chain.sort_values(["expiry", "strike", "kind"], ignore_index=True)


# --- one cell: its value, or None where it is no such thing


def _number(cell) -> float | None:
    if isinstance(cell, (bool, np.bool_)) or (isinstance(cell, str) and "_" in cell):
        return None  # Python would read True as 1 and 1_000 as 1000
    try:
        value = float(cell)
    except (TypeError, ValueError, OverflowError):
        return None
    return value if np.isfinite(value) else None


def _positive(cell) -> float | None:
    value = _number(cell)
    return value if value is not None and value > 0.0 else None


def _vol(cell) -> float | None:
    value = _positive(cell)
    return value if value is not None and value <= _HIGHEST_VOL else None


def _vol_remedy(cell) -> str:
    percent = _positive(cell.strip().removesuffix("%") if isinstance(cell, str) else cell)
    if percent is None:
        return "give a volatility above 0 as a decimal per year, such as 0.65, or leave the quote out"
    return f"give volatility as a decimal per year: {percent / 100:g}, not {str(cell).strip()}"


def _kind(cell) -> str | None:
    return _KINDS.get(cell.lower()) if isinstance(cell, str) else None


def _instant(cell) -> pd.Timestamp | None:
    # Text or a date object: a bare number could be seconds, milliseconds or a spreadsheet's day count.
    is_text = isinstance(cell, str) and _INSTANT.fullmatch(cell) is not None
    if not is_text and not isinstance(cell, (date, np.datetime64)):
        return None
    try:
        stamp = pd.Timestamp(cell)
        if stamp is pd.NaT:
            return None
        return (stamp.tz_localize("UTC") if stamp.tzinfo is None else stamp.tz_convert("UTC")).as_unit("ns")
    except (ValueError, OverflowError):  # no such day, or outside the years 1678 to 2261
        return None


def _expiry(cell) -> pd.Timestamp | None:
    if isinstance(cell, str) and (parts := _DERIBIT_DAY.fullmatch(cell.upper())):
        day, month, year = parts.groups()
        cell = f"20{year}-{_MONTHS.index(month) + 1:02d}-{int(day):02d}" if month in _MONTHS else None
    is_day = isinstance(cell, date) and not isinstance(cell, datetime)
    is_day = is_day or (isinstance(cell, str) and _DAY.fullmatch(cell) is not None)
    stamp = _instant(cell)
    return stamp + pd.Timedelta(hours=_EXPIRY_HOUR) if is_day and stamp is not None else stamp
