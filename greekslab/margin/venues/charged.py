"""What the rules of several venues share: charges by part and leg, and the report made of them.

Equity counts every position at its mark. Venues that keep a short option's mark out of equity print it inside their
margin; here it is left out of both, and the excess is the same.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from greekslab.book.along import checked_moves
from greekslab.book.positions import Book
from greekslab.errors import InputError
from greekslab.inputs import checked_type
from greekslab.margin.account import as_account
from greekslab.margin.by_coin import OTHERS
from greekslab.margin.report import MarginReport
from greekslab.market.market import Market


@dataclass(frozen=True, eq=False)
class Charges:
    """Initial and maintenance amounts by part and leg, quote currency, each of shape (2, legs); and what binds.

    ``scan`` is the table of the scenarios, or a function that makes it: only a report shows it, and most requirements
    are asked for without one.
    """

    parts: Mapping[str, np.ndarray]
    binding: str | None = None
    scan: pd.DataFrame | Callable[[], pd.DataFrame] | None = field(default=None, repr=False)

    @property
    def total(self) -> np.ndarray:
        """Initial and maintenance requirement by leg, shape (2, legs)."""
        return sum(self.parts.values())


class Charged:
    """A rule that charges a book part by part; those that share it say how in ``charges(book, market)``.

    They have ``name``, ``certainty`` and ``note`` for the report. ``currency`` is "quote", or the coin that every
    leg settles in: the report is then in coin at today's spot.
    """

    currency = "quote"

    def charges(self, book: Book, market: Market) -> Charges:
        """Return the charges by part and leg."""
        raise NotImplementedError

    def margin(self, account, market: Market) -> MarginReport:
        """Report the requirement of an `Account` or a `Book`."""
        account = as_account(account)
        book, unit = account.book, self._unit(account.book, market)
        found = self.charges(book, market)
        total = found.total[0] / unit
        rest = [self.requirement(book.without(i), market)[0] for i in range(len(book))] if len(book) > 1 else [0.0]
        sums = {label: tuple(float(x) for x in amounts.sum(axis=1) / unit) for label, amounts in found.parts.items()}
        index, scan = pd.Index(book.names, name="instrument"), found.scan() if callable(found.scan) else found.scan
        if scan is not None:
            scan = scan.assign(pnl=scan["pnl"] / unit, loss=scan["loss"] / unit)
        return MarginReport(
            rule=self.name,
            equity=account.equity(market) / unit,
            parts={label: pair for label, pair in sums.items() if any(pair)} or {"nothing": (0.0, 0.0)},
            contributions=pd.Series(total, index),
            marginal=pd.Series(total.sum() - np.array(rest) / unit, index),
            binding=found.binding,
            scan=scan,
            currency=self.currency,
            certainty=self.certainty,
            note=self.note,
        )

    def requirement(self, account, market: Market) -> tuple[float, float]:
        """Return the initial and maintenance requirement alone, quote currency."""
        both = self.charges(as_account(account).book, market).total.sum(axis=1)
        return float(both[0]), float(both[1])

    def requirements_along(self, book: Book, market: Market, moves) -> np.ndarray:
        """Return the requirements after each of several moves of all spots, shape (moves, 2), quote currency."""
        return np.array([self.requirement(book, market.moved(x)) for x in checked_moves(moves)])

    def _unit(self, book, market) -> float:
        """Return what one unit of the rule's currency is worth, quote currency."""
        if self.currency == "quote":
            return 1.0
        for position in book:
            if (position.instrument.settlement, position.instrument.underlying) != ("inverse", self.currency):
                remedy = f'it does not settle in {self.currency}; leave it out, or ask with currency="quote"'
                raise InputError("instrument", position.instrument.name, remedy)
        return market.spot(self.currency)


def one_below_other(tables: Sequence[Callable[[], pd.DataFrame]]) -> Callable[[], pd.DataFrame]:
    """Return a function that makes all tables and puts each below the one before."""
    return lambda: pd.concat([make() for make in tables], ignore_index=True)


def of_market(table: Mapping, names, thing: str):
    """Return the first entry of `table` found under one of `names`, or what stands for all others."""
    for name in (*names, OTHERS):
        if name in table:
            return table[name]
    raise InputError(thing, names[-1], f"there are numbers for {', '.join(table)}; give some for it")


def check_markets(thing: str, table, kind: type):
    """Refuse a table of numbers by underlying that is not one."""
    checked_type(thing, table, Mapping, f'give a mapping such as {{"BTC": {kind.__name__}(...)}}')
    for name, numbers in table.items():
        checked_type(f"{thing} of {name}", numbers, kind, f"give {kind.__name__}(...)")
    if not table:
        raise InputError(thing, "empty", f'give numbers for at least one underlying, or for "{OTHERS}"')


def legs_of(book: Book, places) -> Book:
    """Return the legs at these places as a book."""
    return Book(tuple(book.positions[i] for i in places))


def towards_net(values: np.ndarray) -> np.ndarray:
    """Return each leg's share of the size of the sum: they add up to |sum|, hedges below 0."""
    return np.sign(values.sum()) * values


def add_to(parts: dict, label: str, places, amounts, count: int):
    """Add amounts of some legs, shape (2, places), to a part of all legs."""
    parts.setdefault(label, np.zeros((2, count)))[:, places] += amounts
