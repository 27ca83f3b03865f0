"""Books of linear perpetuals: what the rulebooks of perpetual venues share.

A venue nets the legs of one underlying and charges the net size. Here the charge is handed back to the legs in
proportion to their share of that size, so that a leg against the net counts as an offset.
"""

from collections.abc import Callable, Mapping
from dataclasses import replace

import numpy as np
import pandas as pd

from greekslab.book.instruments import Instrument, Perpetual
from greekslab.book.legs import mark_price
from greekslab.book.positions import Book
from greekslab.errors import InputError
from greekslab.inputs import checked_type, number
from greekslab.margin.by_coin import OTHERS
from greekslab.margin.report import MarginReport
from greekslab.margin.venues.cards import Card
from greekslab.market.market import Market


def whole(thing: str, value, least: int | None = None) -> int:
    """Return a whole number, written as an int or as text of any length."""
    remedy = "give a whole number" + ("" if least is None else f", {least} or more")
    try:
        found = int(value)
    except (TypeError, ValueError, OverflowError):
        raise InputError(thing, value, remedy) from None
    if isinstance(value, bool) or (not isinstance(value, str) and found != value):
        raise InputError(thing, value, remedy)
    if least is not None and found < least:
        raise InputError(thing, value, remedy)
    return found


def checked_book(account, venue: str, kinds: tuple = (Perpetual,), collateral: bool = False) -> Book:
    """Return the positions and the posted coins as one book, or say what the venue does not hold.

    Parameters
    ----------
    account : Account
    venue : str
        For the error.
    kinds : tuple of type
        Instruments that the venue lists.
    collateral : bool
        Whether coins can be posted.
    """
    names = " and ".join({"Perpetual": "linear perpetuals", "Spot": "coins"}[kind.__name__] for kind in kinds)
    for p in account.book:
        if not isinstance(p.instrument, kinds) or p.instrument.settlement == "inverse":
            raise InputError("position", p.instrument.name, f"{venue} holds {names}; leave it out")
    if account.collateral is None:
        return account.book
    if not collateral:
        raise InputError("collateral", account.collateral.names, f"{venue} takes cash only; give it as cash")
    return account.book + account.collateral


def terms_of(table, underlying: str, venue: str):
    """Return the terms of an underlying, or those that stand for every other."""
    terms = table.get(underlying, table.get(OTHERS))
    if terms is None:
        raise InputError("underlying", underlying, f"{venue} has {', '.join(table)}; give its terms")
    return terms


def checked_numbers(thing: str, table, remedy: str, **bounds) -> None:
    """Check a mapping from underlyings to numbers."""
    checked_type(thing, table, Mapping, 'give a mapping by underlying, such as {"BTC": 1.0}')
    for underlying, value in table.items():
        number(f"{thing} of {underlying}", value, remedy, **bounds)


def checked_terms(thing: str, table, kind: type) -> None:
    """Check a mapping from underlyings to their terms."""
    remedy = f'give a mapping by underlying, such as {{"BTC": {kind.__name__}(...)}}'
    for underlying, terms in checked_type(thing, table, Mapping, remedy).items():
        checked_type(f"{thing}, terms of {underlying}", terms, kind, f"give {kind.__name__}(...)")


def read_terms(card: Card, table: Mapping, kind: type, overrides: Mapping) -> dict:
    """Build the terms of every row of a card's table, refusing numbers that they do not know."""
    return {name: replace(card, values=values).parameters(kind, **overrides) for name, values in table.items()}


def net_sizes(book: Book, kind: type[Instrument] = Perpetual) -> dict[str, float]:
    """Return the net quantity of every underlying held as `kind`, coins."""
    sizes = {}
    for p in book:
        if isinstance(p.instrument, kind):
            sizes[p.instrument.underlying] = sizes.get(p.instrument.underlying, 0.0) + p.quantity
    return sizes


def profits(book: Book, market: Market) -> dict[str, float]:
    """Return the profit of the perpetuals of every underlying since their entries, quote currency."""
    gains = {}
    for p in book:
        if isinstance(p.instrument, Perpetual):
            mark = mark_price(p.instrument, market)
            entry = mark if p.entry_price is None else p.entry_price
            u = p.instrument.underlying
            gains[u] = gains.get(u, 0.0) + p.quantity * (mark - entry)
    return gains


def over_legs(book: Book, amounts: dict, kind: type[Instrument] = Perpetual) -> np.ndarray:
    """Split amounts by underlying over the legs, in proportion to their share of the net size.

    Parameters
    ----------
    book : Book
    amounts : dict of str to (float, float)
        Initial and maintenance of each underlying.
    kind : type
        Which instruments they belong to.

    Returns
    -------
    ndarray, shape (2, legs)
    """
    split = np.zeros((2, len(book)))
    for underlying, pair in amounts.items():
        legs = [
            i for i, p in enumerate(book) if isinstance(p.instrument, kind) and p.instrument.underlying == underlying
        ]
        size = book.quantities[legs]
        net = size.sum()
        flat = abs(net) <= 1e-12 * np.abs(size).sum()  # what is left of opposite legs is rounding
        split[:, legs] = np.outer(pair, np.full(len(legs), 1.0 / len(legs)) if flat else size / net)
    return split


def report(rule, book: Book, equity: float, parts_of: Callable[[Book], dict]) -> MarginReport:
    """Build the report of a rule from its parts by leg.

    Parameters
    ----------
    rule
        With ``name``, ``certainty`` and ``note``.
    book : Book
        All legs.
    equity : float
        Quote currency.
    parts_of : callable
        From a book to a dict of label to amounts, shape (2, legs).
    """
    parts = parts_of(book)
    total = sum(parts.values())[0]
    saved = np.full(len(book), total.sum())
    for i in range(len(book)) if len(book) > 1 else ():
        saved[i] -= sum(parts_of(book.without(i)).values())[0].sum()
    index = pd.Index(book.names, name="instrument")
    return MarginReport(
        rule=rule.name,
        equity=equity,
        parts={label: tuple(float(x) for x in amounts.sum(axis=1)) for label, amounts in parts.items()},
        contributions=pd.Series(total, index),
        marginal=pd.Series(saved, index),
        certainty=rule.certainty,
        note=rule.note,
    )


def requirement(parts: dict) -> tuple[float, float]:
    """Return initial and maintenance of parts by leg."""
    return tuple(float(x) for x in sum(parts.values()).sum(axis=1))
