"""Replay a book through recorded prices: what is earned in each bar, and what each rule asked when it ended.

The requirement at the end of one bar has to pay for the loss of the next. A book may also be hedged again at the end
of every bar, by as much perpetual as makes its delta zero.
"""

from collections.abc import Mapping

import pandas as pd

from greekslab.book.exposures import position_greeks
from greekslab.book.instruments import Option, Perpetual
from greekslab.book.legs import slope
from greekslab.book.positions import Book, Position
from greekslab.book.revalue import pnl_cube
from greekslab.errors import InputError
from greekslab.inputs import checked_type, numbers
from greekslab.market.market import Market
from greekslab.market.times import utc
from greekslab.scenarios.grids import grid


def replay_book(book: Book, market: Market, prices: pd.Series, rules, *, rehedge: bool = False) -> pd.DataFrame:
    """Follow a book of one underlying from price to price.

    Parameters
    ----------
    book : Book
        All legs on one underlying. The options must not expire on the way.
    market : Market
        At the first price. Forwards keep their distance to the spot and every strike keeps its volatility.
    prices : Series
        Prices of the underlying, quote currency, indexed by increasing time (UTC); the first is the market's spot.
    rules : dict of str to rule
        Each with ``requirement(book, market)``.
    rehedge : bool
        Whether a perpetual is traded at each price so that the delta is zero afterwards, without cost.

    Returns
    -------
    DataFrame
        Indexed as `prices`: ``price``; ``delta`` in coins, before any new hedge; ``earned`` since the price before and
        ``pnl`` since the start, quote currency; and the initial requirement of each rule, after the hedge. What
        inverse contracts earn in a bar counts as changed into quote currency at its end.
    """
    underlying = _checked(book, market, prices, rules)
    perpetual, held, total, rows = Perpetual(underlying), book, 0.0, []
    for time, price in zip(prices.index, prices.to_numpy(dtype=float), strict=True):
        move = price / market.spot(underlying) - 1.0
        days = (utc(time) - market.time).total_seconds() / 86_400.0
        earned = float(pnl_cube(held, market, grid([move], days=days)).total()[0])
        market = market.moved(move, days=days)
        delta, total = float(position_greeks(held, market)["delta"].sum()), total + earned
        if rehedge:
            held = _hedged(book, market, perpetual)
        asked = {name: rule.requirement(held, market)[0] for name, rule in rules.items()}
        rows.append({"price": price, "delta": delta, "earned": earned, "pnl": total, **asked})
    return pd.DataFrame(rows, index=prices.index)


def _hedged(book, market, perpetual) -> Book:
    """Return the book with as much perpetual as makes its delta zero, in one leg."""
    rest = tuple(p for p in book if p.instrument != perpetual)
    delta = float(position_greeks(Book(rest), market)["delta"].sum()) if rest else 0.0
    a_coin = slope(perpetual, market) / market.spot(perpetual.underlying)  # delta of one: 1 but for a basis
    return Book((*rest, Position(perpetual, -delta / a_coin)))


def _checked(book, market, prices, rules) -> str:
    """Return the underlying of a book that can be replayed."""
    checked_type("book", book, Book, "give a Book, for example Book.from_list([...])")
    checked_type("market", market, Market, "give a Market, the state at the first price")
    checked_type("rules", rules, Mapping, 'give rules by name, for example {"net": DeltaMargin()}')
    checked_type("prices", prices, pd.Series, 'give a Series, for example bars("BTC", "1d")["close"]')
    if len(book.underlyings) != 1:
        raise InputError("book", ", ".join(book.underlyings), "replay the legs of one underlying at a time")
    values = numbers("prices", prices, "give finite prices above 0, at least one", above=0.0)
    if not len(values) or not prices.index.is_monotonic_increasing:
        raise InputError("prices", len(values), "give at least one price, in order of time")
    (underlying,) = book.underlyings
    if abs(values[0] / market.spot(underlying) - 1.0) > 1e-9 or utc(prices.index[0]) != market.time:
        start = f"{values[0]:g} at {prices.index[0]}"
        raise InputError("first price", start, f"start at the market's {market.spot(underlying):g} at {market.time}")
    expiries = [p.instrument.expiry for p in book if isinstance(p.instrument, Option)]
    if expiries and min(expiries) < utc(prices.index[-1]):
        raise InputError("prices", f"until {prices.index[-1]}", f"stop before the first expiry, {min(expiries)}")
    return underlying
