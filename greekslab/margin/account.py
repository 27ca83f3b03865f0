"""An account: positions, cash, and coins posted as collateral at a haircut."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

import numpy as np

from greekslab.book.along import checked_moves, position_values_along
from greekslab.book.instruments import Future, Perpetual, Spot
from greekslab.book.legs import mark_price
from greekslab.book.positions import Book
from greekslab.book.revalue import position_values
from greekslab.errors import InputError
from greekslab.inputs import checked_type, number
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
        checked_type("book", self.book, Book, "give a Book, for example Book.from_list([...])")
        object.__setattr__(self, "cash", number("cash", self.cash, "give a finite amount in quote currency"))
        checked_type("haircuts", self.haircuts, Mapping, 'give a mapping by coin, such as {"BTC": 0.1}')
        for coin, haircut in self.haircuts.items():
            number(f"haircut of {coin}", haircut, "give a share from 0 to 1", least=0.0, most=1.0)
        if self.collateral is not None:
            remedy = 'give a Book of coins, such as Book.from_list([("BTC", 1)])'
            checked_type("collateral", self.collateral, Book, remedy)
        for position in self.collateral or ():
            if not isinstance(position.instrument, Spot):
                raise InputError(
                    "collateral", position.instrument.name, "only coins can be posted; move it to the book"
                )

    @classmethod
    def opened(cls, book: Book, market: Market, deposit: float) -> "Account":
        """Open an account: put a deposit in and enter every leg, premiums paid and received.

        Parameters
        ----------
        book : Book
            A leg without an entry price is entered at today's mark.
        market : Market
            Today.
        deposit : float
            Quote currency brought along.

        Returns
        -------
        Account
            Its equity is the deposit plus the profit of every leg since its entry, so today simply the deposit if
            no leg has an entry price.
        """
        entered, paid = [], -number("deposit", deposit, "give a finite amount in quote currency")
        for position, value in zip(book, position_values(book, market), strict=True):
            if isinstance(position.instrument, (Future, Perpetual)):
                entry = position.entry_price
                mark = mark_price(position.instrument, market) if entry is None else entry
                entered.append(replace(position, entry_price=mark))
            else:
                entry = position.entry_price
                paid += float(value) if entry is None else position.quantity * entry
                entered.append(position)
        return cls(Book(tuple(entered)), cash=-paid)

    def entered(self, market: Market) -> "Account":
        """Return the account with futures and perpetuals that have no entry price entered at the market's mark."""
        legs = [
            replace(p, entry_price=mark_price(p.instrument, market))
            if isinstance(p.instrument, (Future, Perpetual)) and p.entry_price is None
            else p
            for p in self.book
        ]
        return replace(self, book=Book(tuple(legs)))

    def equity(self, market: Market) -> float:
        """Return the equity: cash, haircut collateral and the value of all positions, quote currency."""
        return self.cash + self.collateral_value(market) + float(position_values(self.book, market).sum())

    def equity_along(self, market: Market, moves, *, vol_shift: float = 0.0, days: float = 0.0) -> np.ndarray:
        """Return the equity after each of several moves of all spots, shape (moves,), quote currency.

        Parameters
        ----------
        market : Market
            Today.
        moves : array
            Relative moves, above -1.
        vol_shift : float
            Relative change of every volatility: 0.4 turns 60 % into 84 %.
        days : float
            Days that pass.

        Notes
        -----
        Equals ``equity(market.moved(x, vol_shift=..., days=...))`` for every move x, from one P&L cube; a future or
        perpetual without an entry price counts as entered at today's mark. The open profit of an inverse future is
        held in coin, so it moves with the spot as well.
        """
        moves = checked_moves(moves)
        values = position_values_along(self.book, market, moves, vol_shift=vol_shift, days=days)
        return self.cash + values.sum(axis=1) + self.collateral_value(market) * (1.0 + moves)

    def collateral_value(self, market: Market) -> float:
        """Return what the posted coins count for after their haircuts, quote currency."""
        return sum(
            p.quantity * market.spot(p.instrument.underlying) * (1.0 - self.haircuts.get(p.instrument.underlying, 0.0))
            for p in self.collateral or ()
        )


def as_account(account) -> Account:
    """Return an account; a bare book becomes one without cash."""
    return account if isinstance(account, Account) else Account(account)
