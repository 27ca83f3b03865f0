"""A surface fitted to a whole chain of quotes, and how well it meets them."""

import numpy as np
import pandas as pd

from greekslab.errors import InputError
from greekslab.market.calibration import fit_svi
from greekslab.market.prices import read_chain
from greekslab.market.svi_surface import SviSurface
from greekslab.market.times import SECONDS_PER_YEAR, utc


def fit_surface(chain, *, time, **options) -> SviSurface:
    """Fit a slice to every expiry of a chain, each above the one before.

    Parameters
    ----------
    chain : DataFrame, path or buffer
        Quotes as `read_chain` takes them: expiry, strike, kind, forward and bid_vol, ask_vol (or vol).
    time : Timestamp or str
        The instant of the quotes (UTC).
    **options
        weights, inside_spread, free_of_arbitrage of `fit_svi`.

    Returns
    -------
    SviSurface
        Its `arbitrage()` tells what holds; `quote_fit` compares it with the quotes.
    """
    time, chain = utc(time), read_chain(chain)
    slices, forwards, before = {}, {}, None
    for expiry, rows in chain.groupby("expiry"):
        if expiry <= time:
            raise InputError("expiry", f"{expiry:%Y-%m-%d %H:%M}", f"it is not after the quotes' time {time}")
        tau = (expiry - time).total_seconds() / SECONDS_PER_YEAR
        quotes = (rows[name].to_numpy() for name in ("strike", "bid_vol", "ask_vol"))
        forwards[expiry] = float(rows["forward"].iloc[0])
        try:
            before = fit_svi(*quotes, forward=forwards[expiry], tau=tau, above=before, **options)
        except InputError as error:
            raise InputError(f"{error.thing}, expiry {expiry:%Y-%m-%d}", error.value, error.remedy) from None
        slices[expiry] = before
    return SviSurface(slices, forwards)


def quote_fit(surface, chain) -> pd.DataFrame:
    """Compare a surface with quotes.

    Parameters
    ----------
    surface : SviSurface, Smile or FlatVol
        What is compared.
    chain : DataFrame, path or buffer
        Quotes as `read_chain` takes them.

    Returns
    -------
    DataFrame
        The chain with vol (of the surface), from_mid (its distance from the mid in halves of the spread: -1 is
        the bid, 1 the ask) and outside (distance beyond bid or ask, volatility; 0 between them).
    """
    table = read_chain(chain)
    for expiry, rows in table.groupby("expiry"):
        table.loc[rows.index, "vol"] = surface.vol(expiry, rows["strike"].to_numpy())
    half = 0.5 * (table["ask_vol"] - table["bid_vol"])
    table["from_mid"] = (table["vol"] - table["bid_vol"] - half) / half.where(half > 0.0)
    table["outside"] = np.maximum(np.maximum(table["bid_vol"] - table["vol"], table["vol"] - table["ask_vol"]), 0.0)
    return table
