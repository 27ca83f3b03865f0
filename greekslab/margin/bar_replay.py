"""Replay an isolated position through recorded price bars, to see when it would have been liquidated.

A venue watches the mark price all the time; bars record four prices of each interval. The low and the high are the
prices at which an account is tested, the close is what its owner sees. Liquidation is for good: what the price does
afterwards no longer matters.
"""

import numpy as np
import pandas as pd

from greekslab.errors import InputError
from greekslab.inputs import checked_type, numbers
from greekslab.margin.numeraire import IsolatedPosition


def replay(position: IsolatedPosition, bars: pd.DataFrame) -> pd.DataFrame:
    """Follow a position bar by bar.

    Parameters
    ----------
    position : IsolatedPosition
        Entered at the start of the first bar.
    bars : DataFrame
        Columns low, high and close, quote currency, indexed by time; for example `greekslab.market.bars`.

    Returns
    -------
    DataFrame
        Indexed as `bars`: ``price`` (the close), ``equity`` (at the close, quote currency), ``coins`` (the same in
        coin), ``worst_price`` (the low or the high, whichever leaves less above the requirement), ``worst_equity``
        and ``maintenance`` there, and ``alive``, False from the bar on in which equity fell below the requirement.
        Equity and coins are `NaN` once the position is gone.
    """
    checked_type("position", position, IsolatedPosition, "give an IsolatedPosition")
    checked_type("bars", bars, pd.DataFrame, 'give a DataFrame, for example greekslab.market.bars("BTC")')
    if missing := [c for c in ("low", "high", "close") if c not in bars]:
        raise InputError("columns", list(bars.columns), f'column "{missing[0]}" is missing; add it')
    if bars.empty:
        raise InputError("bars", "none", "give at least one bar")
    remedy = "give finite prices above 0; leave out bars that are missing"
    low, high, close = (numbers(f"column {c}", bars[c], remedy, above=0.0) for c in ("low", "high", "close"))
    slack = [position.equity(p) - position.maintenance(p) for p in (low, high)]
    worst = np.where(slack[0] <= slack[1], low, high)
    alive = ~np.logical_or.accumulate(np.minimum(*slack) < 0.0)
    equity = np.where(alive, position.equity(close), np.nan)
    return pd.DataFrame(
        {
            "price": close,
            "equity": equity,
            "coins": equity / close,
            "worst_price": worst,
            "worst_equity": position.equity(worst),
            "maintenance": position.maintenance(worst),
            "alive": alive,
        },
        index=bars.index,
    )


def liquidated_at(table: pd.DataFrame) -> pd.Timestamp | None:
    """Return the time of the bar in which a replayed position was liquidated, None if it survived."""
    gone = table.index[~table["alive"]]
    return gone[0] if len(gone) else None
