"""Replay an account on several coins through recorded prices: one pool, closed leg by leg as it falls short.

A leg that is liquidated is closed at the price of that moment, and what it earned or lost stays in the pool. An
isolated leg is an account of one leg. Prices are those at which an account is tested; what happened between two of
them is not seen.
"""

from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from greekslab.book.instruments import Option
from greekslab.book.positions import Book
from greekslab.book.revalue import position_values
from greekslab.errors import InputError
from greekslab.inputs import checked_type, numbers
from greekslab.margin.account import Account
from greekslab.margin.survival import cross_survival
from greekslab.market.market import Market


@dataclass(frozen=True, eq=False)
class PoolReplay:
    """What became of a pool.

    Attributes
    ----------
    table : DataFrame
        Indexed by time: ``equity`` and ``maintenance`` (quote currency), as the account was tested, before anything
        was closed.
    kept : DataFrame
        Times x legs: share of each leg that is open after the test, 0 to 1.
    """

    table: pd.DataFrame
    kept: pd.DataFrame

    @property
    def closed(self) -> pd.Series:
        """Time at which each leg was first cut, NaT where it never was."""
        cut = self.kept < 1.0
        times = [cut.index[column.argmax()] if column.any() else pd.NaT for column in cut.to_numpy().T]
        return pd.Series(times, pd.Index(cut.columns, name="instrument"), name="closed")


def replay_pool(account: Account, market: Market, prices: pd.DataFrame, rule, order: str = "all") -> PoolReplay:
    """Follow an account from price to price; at each, liquidate as much as the order says.

    Parameters
    ----------
    account : Account
        Futures, perpetuals and coins, every instrument once. Those without an entry price are entered at the
        market's mark. An account with options is refused: time and volatility do not pass here.
    market : Market
        At the start.
    prices : DataFrame
        Times x coins, quote currency; a coin that is not named stays where the market has it.
    rule, order :
        As in `cross_survival`.
    """
    shocks = _moves(account, market, prices)
    account, names = account.entered(market), account.book.names
    table = np.empty((len(shocks), 2))
    kept, now, start = np.zeros((len(shocks), len(names))), np.ones(len(names)), 0
    while account is not None and start < len(shocks):
        seen = cross_survival(account, market, shocks.iloc[start:], rule, order)
        held = np.flatnonzero(now > 0.0)
        cut = (seen.kept < 1.0).to_numpy().any(axis=1)
        stop = int(cut.argmax()) + 1 if cut.any() else len(cut)
        rows = slice(start, start + stop)
        table[rows] = np.column_stack([seen.equity["pool"], seen.maintenance["pool"]])[:stop]
        kept[rows] = now
        if cut.any():
            left = seen.kept.iloc[stop - 1].to_numpy()
            now = now.copy()
            now[held] *= left
            kept[start + stop - 1] = now
            there = market.moved(shocks.iloc[start + stop - 1].to_dict())
            account, cash = _closed(account, there, left)
        start += stop
    if account is None and start < len(shocks):
        table[start:] = (cash, 0.0)
    index = prices.index
    return PoolReplay(pd.DataFrame(table, index, ["equity", "maintenance"]), pd.DataFrame(kept, index, names))


def _closed(account, market, left):
    """Return the account (None if nothing is open) and its cash after legs are closed down to the shares left."""
    values = position_values(account.book, market)
    cash = account.cash + float((values * (1.0 - left)).sum())
    legs = [replace(p, quantity=p.quantity * s) for p, s in zip(account.book, left, strict=True) if s > 0.0]
    return (replace(account, book=Book(tuple(legs)), cash=cash) if legs else None), cash


def _moves(account, market, prices) -> pd.DataFrame:
    """Return the prices as moves from the market's spots."""
    checked_type("account", account, Account, "give an Account: a book with cash or posted coins")
    if account.collateral is not None:
        raise InputError("collateral", account.collateral.names, "post cash, or put the coins into the book")
    if options := [p.instrument.name for p in account.book if isinstance(p.instrument, Option)]:
        raise InputError("book", options[0], "options need time and volatility; follow them with replay_book")
    checked_type("prices", prices, pd.DataFrame, 'give a DataFrame of prices, such as closes(["BTC", "ETH"])')
    if prices.empty:
        raise InputError("prices", "none", "give at least one row and one coin")
    remedy = "give finite prices above 0; leave out times that are missing, for example by dropna()"
    columns = {u: numbers(f"column {u}", prices[u], remedy, above=0.0) / market.spot(u) - 1.0 for u in prices}
    return pd.DataFrame(columns, prices.index)
