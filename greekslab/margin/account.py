"""An account: positions, cash, and coins posted as collateral at a haircut."""

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np

from greekslab.book.instruments import Spot
from greekslab.book.positions import Book
from greekslab.book.revalue import position_values
from greekslab.errors import InputError
from greekslab.market.market import Market


@dataclass(frozen=True)
class Account:
    """What a venue sees of one trader.

    Parameters
    ----------
    book : Book
        Positions to be margined.
    cash : float
        Quote currency held, below 0 if borrowed.
    collateral : Book, optional
        Coins (`Spot`) posted as collateral. They count towards equity, at a haircut, and not as risk; a coin whose
        price risk the venue nets with the rest belongs in the book instead.
    haircuts : mapping of str to float
        Share of each coin's value that does not count, in [0, 1]; 0 where not given.
    """

    book: Book
    cash: float = 0.0
    collateral: Book | None = None
    haircuts: Mapping[str, float] = field(default_factory=dict)

    def __post_init__(self):
        if not isinstance(self.book, Book):
            raise InputError(
                "book", type(self.book).__name__, "give a Book, for example Book.from_list([...])"
            )
        if not np.isfinite(self.cash):
            raise InputError("cash", self.cash, "give a finite amount in quote currency")
        for coin, haircut in self.haircuts.items():
            if not 0.0 <= haircut <= 1.0:
                raise InputError(f"haircut of {coin}", haircut, "give a share from 0 to 1")
        for position in self.collateral or ():
            if not isinstance(position.instrument, Spot):
                raise InputError(
                    "collateral", position.instrument.name, "only coins can be posted; move it to the book"
                )

    def equity(self, market: Market) -> float:
        """Return the equity: cash, haircut collateral and the value of all positions, quote currency."""
        return self.cash + self.collateral_value(market) + float(position_values(self.book, market).sum())

    def collateral_value(self, market: Market) -> float:
        """Return what the posted coins count for after their haircuts, quote currency."""
        return sum(
            p.quantity
            * market.spot(p.instrument.underlying)
            * (1.0 - self.haircuts.get(p.instrument.underlying, 0.0))
            for p in self.collateral or ()
        )


def as_account(account) -> Account:
    """Return an account; a bare book becomes one without cash."""
    return account if isinstance(account, Account) else Account(account)
