"""Returns over a fixed window, from a series of prices with gaps."""

import pandas as pd

from greekslab.errors import InputError
from greekslab.inputs import number, numbers


def window_returns(prices: pd.Series, hours: float = 24.0) -> pd.Series:
    """Compute the relative change of a price over every window of a fixed length.

    Parameters
    ----------
    prices : Series
        Prices in quote currency, above 0, indexed by time (increasing).
    hours : float
        Length of the window.

    Returns
    -------
    Series
        ``price / price one window earlier - 1`` (decimal), indexed by the end of the window. A window whose
        start has no price is left out; nothing is filled in.

    Notes
    -----
    Windows that start at every half hour overlap: neighbours share most of a day. They show every day a trader
    could have had, not only those that begin at midnight, but they are far from independent observations.

    Examples
    --------
    >>> times = pd.date_range("2024-01-01", periods=4, freq="12h", tz="UTC")
    >>> window_returns(pd.Series([100.0, 90.0, 110.0, 99.0], times)).round(2).tolist()
    [0.1, 0.1]
    """
    index = prices.index if isinstance(prices, pd.Series) else None
    if not isinstance(index, pd.DatetimeIndex) or not index.is_monotonic_increasing or index.has_duplicates:
        remedy = "give a Series indexed by increasing times, each once"
        raise InputError("prices", type(prices).__name__, remedy)
    numbers("price", prices, "give finite prices above 0; drop what is missing", above=0.0)
    remedy = "give the length of the window in hours, above 0 and at most a century"
    hours = number("hours", hours, remedy, above=0.0, most=876_000.0)
    before = prices.reindex(index - pd.Timedelta(hours=hours)).to_numpy()
    return (prices / before - 1.0).dropna()
