"""Real prices that travel with the package: an option smile, two years of bars, and facts about crashes.

Every data set has a card (`greekslab.market.card`) with its origin, licence, span and gaps. Times are UTC,
prices are in US dollars. A missing bar stays missing: nothing is filled in. Each call returns a fresh table.
"""

import gzip
import io
from functools import cache

import numpy as np
import pandas as pd

from greekslab.errors import InputError
from greekslab.inputs import numbers
from greekslab.market.data_cards import FOLDER, card, cards
from greekslab.market.own_table import need
from greekslab.market.times import utc

__all__ = [
    "SMILE_TIME", "bars", "btc_smile", "card", "cards", "closes", "crash_facts", "crash_names",
    "crash_window", "funding_extremes", "implied_spot", "month_end_closes", "worst_days",
]  # fmt: skip

# Snapshot of the BTC smile. The source gives maturities only, in years of 360 days; counted back from the
# four expiries they all meet here (see the card).
SMILE_TIME = pd.Timestamp("2021-10-20 21:24:34", tz="UTC")

CHAIN_COLUMNS = ["expiry", "strike", "kind", "bid_vol", "ask_vol", "forward"]
STEPS = {"30min": "30min", "1h": "1h", "4h": "4h", "1d": "1D"}  # our word: pandas' frequency
OHLC_ASSETS = ("BTC", "ETH")
CLOSE_ASSETS = ("LTC", "XRP", "EOS")


def _read(name: str, times: str | None = None) -> pd.DataFrame:
    """Read an embedded CSV; `times` names the column that becomes the UTC index."""
    data = FOLDER.joinpath(name).read_bytes()
    data = gzip.decompress(data) if name.endswith(".gz") else data
    frame = pd.read_csv(io.BytesIO(data))
    if times is None:
        return frame
    index = pd.to_datetime(frame.pop(times), format="ISO8601", utc=True).dt.as_unit("ns")
    return frame.astype(float).set_index(pd.DatetimeIndex(index, name=times))


_table = cache(_read)  # private and shared: every public function below hands out a copy


def _frequency(every: str) -> str:
    if not isinstance(every, str) or every not in STEPS:
        raise InputError("every", every, f"choose one of {', '.join(STEPS)}")
    return STEPS[every]


def bars(asset: str, every: str = "30min") -> pd.DataFrame:
    """Return price bars of BTC or ETH, 2017-10-01 to 2019-09-30.

    Parameters
    ----------
    asset : {"BTC", "ETH"}
        The asset, quoted in US dollars.
    every : {"30min", "1h", "4h", "1d"}
        Length of a bar.

    Returns
    -------
    DataFrame
        Columns open, high, low, close (US dollars), indexed by the start of each bar (UTC): the close of a
        bar is known one bar length later. A bar missing in the source has no row.

    Notes
    -----
    A longer bar takes the first open, the highest high, the lowest low and the last close of the half hours
    that exist in it. Data card: `card("bars")`.

    Examples
    --------
    >>> bars("BTC", "1d").loc["2018-01-16"].tolist()  # a fall of 19 % in a day
    [13602.0, 13617.0, 9940.0, 11065.0]
    """
    if asset not in OHLC_ASSETS:
        remedy = f"bars are embedded for {' and '.join(OHLC_ASSETS)} only"
        remedy += f'; for its closes use closes("{asset}")' if asset in CLOSE_ASSETS else ""
        raise InputError("asset", asset, remedy)
    frequency, frame = _frequency(every), _table(f"bars_{asset}_30min.csv.gz", "time")
    if frequency == "30min":
        return frame.copy()
    rules = {"open": "first", "high": "max", "low": "min", "close": "last"}
    return frame.resample(frequency).agg(rules).dropna()


def closes(assets=None, every: str = "1d") -> pd.DataFrame:
    """Return closing prices side by side, 2017-10-01 to 2019-09-30.

    Parameters
    ----------
    assets : str or list of str, optional
        Some of BTC, ETH, LTC, XRP, EOS, in the order wanted; all five where not given.
    every : {"30min", "1h", "4h", "1d"}
        Time between closes.

    Returns
    -------
    DataFrame
        Times x assets, US dollars. The index is the start of each period (UTC); the close is its last trade
        price. `NaN` where an asset has no bar in a period that another asset has: `dropna()` keeps the common
        times. At "1d" there is none.

    Examples
    --------
    >>> closes(["BTC", "ETH"]).iloc[-1].tolist()
    [8331.14, 181.94]
    """
    known = (*OHLC_ASSETS, *CLOSE_ASSETS)
    try:
        wanted = list(known) if assets is None else [assets] if isinstance(assets, str) else list(assets)
    except TypeError:
        raise InputError("assets", assets, f"name some of {', '.join(known)}") from None
    if not wanted:
        raise InputError("assets", wanted, f"name at least one of {', '.join(known)}")
    for asset in wanted:
        if asset not in known:
            raise InputError("asset", asset, f"closes are embedded for {', '.join(known)} only")
    frequency = _frequency(every)
    frame = pd.concat({asset: _closes(asset) for asset in wanted}, axis=1, sort=True)
    if frequency != "30min":
        frame = frame.resample(frequency).last()
    return frame.dropna(how="all").rename_axis(index="time", columns="asset")


def _closes(asset: str) -> pd.Series:
    if asset in OHLC_ASSETS:
        return _table(f"bars_{asset}_30min.csv.gz", "time")["close"]
    return _table("closes_30min.csv.gz", "time")[asset].dropna()


def btc_smile() -> pd.DataFrame:
    """Return the Deribit BTC option smile of 2021-10-20, 21:24:34 UTC (`SMILE_TIME`).

    Returns
    -------
    DataFrame
        49 quotes of four expiries: expiry (UTC), strike (US dollars), kind ("call" or "put"), bid_vol and
        ask_vol (per year, decimal), forward (US dollars, one per expiry).

    Notes
    -----
    The source has no spot; `implied_spot` derives one. Data card: `card("btc_smile")`.

    Examples
    --------
    >>> smile = btc_smile()
    >>> len(smile), smile["expiry"].nunique()
    (49, 4)
    """
    frame = _table("btc_smile.csv")[CHAIN_COLUMNS].copy()
    frame["expiry"] = pd.to_datetime(frame["expiry"], format="ISO8601", utc=True).dt.as_unit("ns")
    return frame.astype({"strike": float})


def implied_spot(chain: pd.DataFrame, time) -> float:
    """Derive a spot price from the forwards of an option chain. It is derived, not observed.

    Parameters
    ----------
    chain : DataFrame
        Columns expiry (UTC) and forward (quote currency), for example from `btc_smile` or `read_chain`.
    time : Timestamp or str
        The instant of the quotes (UTC where no zone is given).

    Returns
    -------
    float
        Spot in quote currency. With one expiry only, its forward.

    Notes
    -----
    The line through the logarithms of the first two forwards, read at zero time to expiry:

        ln S = ln F1 - (ln F2 - ln F1) / (T2 - T1) * T1

    It takes the carry before the first expiry to be that between the first and the second.

    Examples
    --------
    >>> round(implied_spot(btc_smile(), SMILE_TIME), 2)
    66569.8
    """
    need(chain, ["expiry", "forward"])
    time, curve = utc(time), chain.groupby("expiry")["forward"].first()
    curve = curve.set_axis(pd.DatetimeIndex([utc(e, "expiry") for e in curve.index])).sort_index()
    curve = curve[curve.index > time]
    numbers("forward", curve, "give the forward of each expiry, above 0", above=0.0)
    if curve.empty:
        raise InputError("time", str(time), "give a time before the last expiry of the chain")
    if len(curve) == 1:
        return float(curve.iloc[0])
    F1, F2 = curve.iloc[:2]
    T1, T2 = (curve.index[:2] - time).total_seconds()
    return float(np.exp(np.log(F1) - (np.log(F2) - np.log(F1)) / (T2 - T1) * T1))


def crash_names() -> list[str]:
    """Return the names of the crashes in the order they happened.

    Examples
    --------
    >>> crash_names()
    ['covid', 'china-ban', 'terra-3ac', 'ftx', 'usdc-depeg', 'yen-carry']
    """
    return list(_table("crash_facts.csv")["event"].unique())


def crash_window(name: str) -> pd.DataFrame:
    """Return the daily closes around one crash: ten days before, the day, ten days after.

    Parameters
    ----------
    name : str
        One of `crash_names`.

    Returns
    -------
    DataFrame
        21 UTC days x assets (BTC, ETH, BNB and, where it traded, SOL), US dollars, five significant digits.

    Examples
    --------
    >>> crash_window("covid").loc["2020-03-11":"2020-03-12", "BTC"].tolist()
    [7911.4, 4970.8]
    """
    frame = _table("crash_windows.csv")
    if name not in (known := crash_names()):
        raise InputError("crash", name, f"choose one of {', '.join(known)}")
    rows = frame[frame["event"] == name].drop(columns="event").dropna(axis=1, how="all")
    index = pd.DatetimeIndex(rows.pop("date"), tz="UTC", name="time").as_unit("ns")
    return rows.set_index(index).rename_axis(columns="asset")


def crash_facts() -> pd.DataFrame:
    """Return what happened on the day of each crash, per asset.

    Returns
    -------
    DataFrame
        Indexed by event and asset: title, day (UTC), previous_close, low and close (US dollars), log_return =
        ln(close / previous_close), previous_close_to_low = low / previous_close - 1, and funding_8h, the mean
        funding rate per 8 hours of a BTC perpetual on that day (decimal; `NaN` where none is recorded).

    Examples
    --------
    >>> facts = crash_facts()
    >>> float(facts.loc[("covid", "BTC"), "previous_close_to_low"].round(4))
    -0.3857
    """
    frame = _table("crash_facts.csv").copy()
    frame["day"] = pd.to_datetime(frame["day"], utc=True).dt.as_unit("ns")
    frame.insert(6, "log_return", np.log(frame["close"] / frame["previous_close"]))
    frame.insert(7, "previous_close_to_low", frame["low"] / frame["previous_close"] - 1.0)
    return frame.set_index(["event", "asset"])


def month_end_closes() -> pd.DataFrame:
    """Return closes of BTC, ETH, BNB and SOL on the last day of each month, 2017-11 to 2024-12.

    Returns
    -------
    DataFrame
        86 UTC days x assets, US dollars, five significant digits; `NaN` before SOL was listed (2020-04).

    Examples
    --------
    >>> float(month_end_closes().loc["2021-10-31", "BTC"])
    61319.0
    """
    return _table("month_end_closes.csv", "time").rename_axis(columns="asset")


def funding_extremes() -> pd.DataFrame:
    """Return the ten lowest and the ten highest days of BTC funding, 2019-09-10 to 2026-02-13.

    Returns
    -------
    DataFrame
        Indexed by day (UTC): side ("lowest" or "highest"), rank from 1, and funding_8h, the day's mean rate
        per 8 hours (decimal; longs pay shorts when it is above 0). The median of all days is in
        `card("funding_extremes").facts`.
    """
    return _days("funding_extremes.csv")


def worst_days() -> pd.DataFrame:
    """Return the fifteen worst and the ten best days of BTC, 2014-09-17 to 2024-12-31.

    Returns
    -------
    DataFrame
        Indexed by day (UTC): side ("worst" or "best"), rank from 1, and log_return of the close (decimal).
    """
    return _days("worst_days.csv")


def _days(name: str) -> pd.DataFrame:
    frame = _table(name).copy()
    return frame.set_index(pd.DatetimeIndex(frame.pop("day"), tz="UTC", name="day").as_unit("ns"))
