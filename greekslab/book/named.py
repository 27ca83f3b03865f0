"""The running books: fourteen small portfolios that the chapters return to.

They are written as structures (strikes as multiples of the forward), so that the same fourteen books exist in the
toy world, where they have published reference margins, and on the real BTC smile.
"""

from collections.abc import Callable

import pandas as pd

from greekslab.book.exposures import exposure
from greekslab.book.instruments import Option, Perpetual
from greekslab.book.positions import Book, Position
from greekslab.errors import InputError
from greekslab.inputs import checked_type
from greekslab.market.market import Market

# name -> legs; a leg is (quantity, kind, strike as a multiple of the forward), or (quantity,) for the perpetual
_STRUCTURES = {
    "long perp": [(1,)],
    "long call": [(1, "call", 1.00)],
    "long put": [(1, "put", 1.00)],
    "short call": [(-1, "call", 1.00)],
    "short put": [(-1, "put", 1.00)],
    "short straddle": [(-1, "call", 1.00), (-1, "put", 1.00)],
    "hedged straddle": [(-1, "call", 1.00), (-1, "put", 1.00), ("hedge",)],
    "short strangle": [(-1, "put", 0.85), (-1, "call", 1.15)],
    "covered call": [(1,), (-1, "call", 1.10)],
    "call spread": [(-1, "call", 1.00), (1, "call", 1.10)],
    "synthetic long": [(1, "call", 1.00), (-1, "put", 1.00)],
    "conversion": [(1,), (-1, "call", 1.00), (1, "put", 1.00)],
    "far short call": [(-1, "call", 1.50)],
    "protective put": [(1,), (1, "put", 0.90)],
}


def named_books(market: Market, underlying: str | None = None, expiry=None) -> dict[str, Book]:
    """Build the fourteen running books on a market.

    Parameters
    ----------
    market : Market
        For example `Market.toy()` or `Market.btc()`.
    underlying : str, optional
        Defaults to the market's first.
    expiry : Timestamp, optional
        Defaults to the expiry nearest to 30 days.

    Returns
    -------
    dict of str to Book
        By name, in the order of the reference table. Where the market quotes strikes, the nearest quoted one is
        taken; the hedge of "hedged straddle" makes the book's delta zero.
    """
    checked_type("market", market, Market, "give a Market, for example Market.btc()")
    underlying = underlying or next(iter(market.spots))
    expiry = expiry or nearest_expiry(market, underlying)
    strike = _strike_picker(market, underlying, expiry)
    books = {}
    for name, legs in _STRUCTURES.items():
        positions = [_leg(leg, underlying, expiry, strike) for leg in legs if leg != ("hedge",)]
        book = Book(tuple(positions))
        if ("hedge",) in legs:
            delta = exposure(book, market)["delta"].sum()
            book += Book((Position(Perpetual(underlying), -float(delta)),))
        books[name] = book
    return books


def nearest_expiry(market: Market, underlying: str, days: float = 30.0) -> pd.Timestamp:
    """Return the quoted expiry of `underlying` that is nearest to `days` from now."""
    expiries = market.expiries(underlying)
    if not expiries:
        raise InputError(f"expiries of {underlying}", "none", "give the market forwards by expiry")
    return min(expiries, key=lambda e: abs(market.tau(e) * 365.0 - days))


def _strike_picker(market, underlying, expiry) -> Callable[[float], float]:
    forward = market.forward(underlying, expiry)
    quotes = getattr(market.vols.get(underlying), "quotes", None)
    if quotes is None:
        return lambda multiple: round(multiple * forward, 10)
    return lambda multiple: float(min(quotes[expiry][0], key=lambda k: abs(k - multiple * forward)))


def _leg(leg, underlying, expiry, strike) -> Position:
    if len(leg) == 1:
        return Position(Perpetual(underlying), leg[0])
    quantity, kind, multiple = leg
    return Position(Option(underlying, "linear", expiry, strike(multiple), kind), quantity)
