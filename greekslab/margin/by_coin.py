"""Rates that differ from coin to coin: every coin's legs by a rule of their own, added up.

A venue asks for a larger share of a small coin than of bitcoin. Credits for pairs and spreads stay within a coin, so
that the requirement of an account is the sum over its coins.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from greekslab.book.along import checked_moves
from greekslab.book.positions import Book
from greekslab.errors import InputError
from greekslab.inputs import checked_type
from greekslab.margin.account import as_account
from greekslab.margin.report import MarginReport
from greekslab.market.market import Market

OTHERS = "*"  # stands for every coin that is not named


@dataclass(frozen=True)
class ByCoin:
    """Margin the legs of every coin by the rule of that coin, and sum.

    Parameters
    ----------
    rules : mapping of str to rule
        By underlying; "*" stands for every other. A rule has ``margin`` and ``requirement``, and
        ``requirements_along`` where that is asked for: `FixedRate`, `Cross`, `Scan`.
    name : str
        Name on the report.

    Examples
    --------
    >>> from greekslab.margin import FixedRate
    >>> from greekslab.market import Market
    >>> rule = ByCoin({"BTC": FixedRate(0.10, 0.05), "*": FixedRate(0.20, 0.10)})
    >>> book = Book.from_list([("BTC-PERP", 1), ("ALT-PERP", 1)])
    >>> rule.requirement(book, Market("2024-01-01", {"BTC": 100.0, "ALT": 50.0}))
    (20.0, 10.0)
    """

    rules: Mapping
    name: str = "Rates by coin"

    def __post_init__(self):
        remedy = 'give a mapping such as {"BTC": FixedRate(0.10, 0.05), "*": FixedRate(0.20, 0.10)}'
        if not checked_type("rules", self.rules, Mapping, remedy):
            raise InputError("rules", self.rules, remedy)
        for underlying, rule in self.rules.items():
            if not hasattr(rule, "requirement") or isinstance(rule, type):
                raise InputError(f"rule of {underlying}", rule, "give a rule, such as FixedRate(0.10, 0.05)")

    def rule_of(self, underlying: str):
        """Return the rule that margins a coin."""
        rule = self.rules.get(underlying, self.rules.get(OTHERS))
        if rule is None:
            known = ", ".join(self.rules)
            raise InputError("underlying", underlying, f'there are rules for {known}; add one, or "*" for all others')
        return rule

    def margin(self, account, market: Market) -> MarginReport:
        """Report the requirement of an `Account` or a `Book`."""
        account = as_account(account)
        parts, contributions, marginal = {}, np.zeros(len(account.book)), np.zeros(len(account.book))
        for underlying, book, places in by_underlying(account.book):
            report = self.rule_of(underlying).margin(book, market)
            parts |= {f"{underlying}: {label}": pair for label, pair in report.parts.items()}
            contributions[places], marginal[places] = report.contributions, report.marginal
        index = pd.Index(account.book.names, name="instrument")
        return MarginReport(
            rule=self.name,
            equity=account.equity(market),
            parts=parts,
            contributions=pd.Series(contributions, index),
            marginal=pd.Series(marginal, index),
        )

    def requirement(self, book: Book, market: Market) -> tuple[float, float]:
        """Return the initial and maintenance requirement alone, quote currency."""
        pairs = [self.rule_of(coin).requirement(legs, market) for coin, legs, _ in by_underlying(book)]
        return tuple(float(x) for x in np.sum(pairs, axis=0))

    def requirements_along(self, book: Book, market: Market, moves) -> np.ndarray:
        """Return the requirements after each of several moves of all spots, shape (moves, 2), quote currency."""
        moves = checked_moves(moves)
        return sum(self.rule_of(u).requirements_along(legs, market, moves) for u, legs, _ in by_underlying(book))


def by_underlying(book: Book) -> list[tuple[str, Book, np.ndarray]]:
    """Split a book by coin: name of the coin, its legs, and their places in the book."""
    coins = np.array([p.instrument.underlying for p in book])
    split = []
    for underlying in dict.fromkeys(coins.tolist()):
        places = np.flatnonzero(coins == underlying)
        split.append((underlying, Book(tuple(book.positions[i] for i in places)), places))
    return split
