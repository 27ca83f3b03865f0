r"""Fixed-rate margin: each position alone, a rate of its notional.

A future or perpetual is charged a rate of its notional. A short option is charged, per coin,

.. math:: \max(a\,S - OTM,\; b\,S) \text{ to open}, \qquad c\,S \text{ to keep},

where OTM is by how much it is out of the money. Venues print these with the option's mark added, because they keep
the mark of a short out of equity; here equity counts every position at its mark, so the mark is left out of the
requirement and the excess is the same. A long option cannot lose more than it is worth, and nothing is lent against
that worth: it is required in full.

References
----------
Deribit documentation, standard margin (2020-2024): a = 15 %, b = 10 %, c = 7.5 %.
"""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from greekslab.book.along import position_values_along
from greekslab.book.instruments import Option, Spot
from greekslab.book.legs import is_inverse_future, slope
from greekslab.book.positions import Book
from greekslab.book.revalue import position_values
from greekslab.errors import InputError
from greekslab.inputs import number
from greekslab.margin.account import as_account
from greekslab.margin.report import MarginReport
from greekslab.market.market import Market


def standard_option_margin(*, spot, strike, mark, kind="call", high=0.15, low=0.10, keep=0.075, closing_fee=0.0):
    """Return the venue's printed margin of one short option, mark included.

    Parameters
    ----------
    spot, strike, mark : float
        Quote currency. For a coin-settled option pass spot 1 and strike / spot to get coins.
    kind : str
        "call" or "put".
    high, low, keep : float
        Rates a, b and c of the module's formula.
    closing_fee : float
        Share of the spot kept back in maintenance for closing the position, where a venue asks for it.

    Returns
    -------
    tuple of float
        (initial, maintenance), both with the mark. For puts maintenance is at least ``keep`` of the mark on top;
        initial is at least maintenance.

    Examples
    --------
    A call struck at 9 000 on an index of 10 000, worth 0.025 coin:

    >>> standard_option_margin(spot=1, strike=0.9, mark=0.025)
    (0.175, 0.1)
    """
    if kind not in ("call", "put"):
        raise InputError("kind", kind, 'say "call" or "put"')
    for name, value in (("spot", spot), ("strike", strike)):
        number(name, value, "give a finite price above 0", above=0.0)
    number("mark", mark, "give the mark of the option, 0 or more", least=0.0)
    for name, rate in (("high", high), ("low", low), ("keep", keep), ("closing_fee", closing_fee)):
        number(name, rate, "give a finite rate, 0 or more", least=0.0)
    out = max(strike - spot if kind == "call" else spot - strike, 0.0)
    initial = max(high * spot - out, low * spot) + mark
    maintenance = keep * (spot if kind == "call" else max(spot, mark)) + mark + closing_fee * spot
    return max(initial, maintenance), maintenance


def open_size(*, position: float, buy_orders: float = 0.0, sell_orders: float = 0.0) -> tuple[float, float]:
    """Return how large a position becomes if all orders on one side are filled and none on the other.

    Parameters
    ----------
    position : float
        Held now, long > 0, short < 0.
    buy_orders, sell_orders : float
        Open orders, 0 or more, in the unit of the position.

    Returns
    -------
    tuple of float
        (long size after all buys, short size after all sells), each 0 or more. A venue that margins orders
        charges the larger of the two (Paradex, cross margin).

    Examples
    --------
    >>> open_size(position=-1, buy_orders=3, sell_orders=2)
    (2, 3)
    """
    number("position", position, "give a finite size, long > 0, short < 0")
    for name, size in (("buy_orders", buy_orders), ("sell_orders", sell_orders)):
        number(name, size, "give the size of open orders, 0 or more", least=0.0)
    return max(buy_orders + position, 0), max(sell_orders - position, 0)


@dataclass(frozen=True)
class FixedRate:
    """Charge every position on its own: no position helps another.

    Parameters
    ----------
    initial, maintenance : float
        Rates of the notional of futures, perpetuals and coins, 0 < maintenance <= initial.
    high, low, keep : float
        Rates of short options, see the module's formula.
    initial_slope, maintenance_slope : float
        By how much those rates rise per coin of a position's notional, 0 or more: large positions are charged
        more than in proportion (Deribit: 0.00005 per BTC).
    name : str
        Name on the report.
    """

    initial: float = 0.10
    maintenance: float = 0.065
    high: float = 0.15
    low: float = 0.10
    keep: float = 0.075
    initial_slope: float = 0.0
    maintenance_slope: float = 0.0
    name: str = "Isolated, fixed rate"

    def __post_init__(self):
        for name in ("initial", "maintenance", "high", "low", "keep", "initial_slope", "maintenance_slope"):
            number(name, getattr(self, name), "give a finite rate, 0 or more", least=0.0)
        if not 0.0 < self.maintenance <= self.initial < np.inf:
            raise InputError("rates", (self.initial, self.maintenance), "give 0 < maintenance <= initial")
        if not (0.0 <= self.low <= self.high and 0.0 <= self.keep <= self.high):
            raise InputError("option rates", (self.high, self.low, self.keep), "give 0 <= low <= high, keep <= high")
        if not 0.0 <= self.maintenance_slope <= self.initial_slope < np.inf:
            slopes = (self.initial_slope, self.maintenance_slope)
            raise InputError("slopes", slopes, "give 0 <= maintenance_slope <= initial_slope")

    def per_position(self, book: Book, market: Market) -> np.ndarray:
        """Return initial and maintenance of every position alone, quote currency, shape (2, positions)."""
        values = position_values(book, market)
        return np.array([self._one(p, v, market) for p, v in zip(book, values, strict=True)]).T

    def requirement(self, book: Book, market: Market) -> tuple[float, float]:
        """Return the initial and maintenance requirement alone, quote currency."""
        return tuple(float(x) for x in self.per_position(book, market).sum(axis=1))

    def requirements_along(self, book: Book, market: Market, moves) -> np.ndarray:
        """Return the requirements after each of several moves of all spots, shape (moves, 2), quote currency."""
        return self.charges_along(book, market, position_values_along(book, market, moves), moves).sum(axis=2)

    def charges_along(self, book: Book, market: Market, values, moves) -> np.ndarray:
        """Return `per_position` after each move, shape (moves, 2, positions), given the positions' values there."""
        growth = 1.0 + np.asarray(moves, dtype=float)
        charges = np.empty((len(growth), 2, len(book)))
        for i, position in enumerate(book):
            instrument, size = position.instrument, abs(position.quantity)
            if isinstance(instrument, (Option, Spot)) and position.quantity >= 0.0:
                charges[:, :, i] = values[:, i, None]
            elif isinstance(instrument, Option):
                spot, side = market.spot(instrument.underlying) * growth, 1.0 if instrument.kind == "call" else -1.0
                out = np.maximum(side * (instrument.strike - spot), 0.0)
                initial, keep = np.maximum(self.high * spot - out, self.low * spot), self.keep * spot
                if instrument.kind == "put":
                    keep = np.maximum(keep, self.keep * -values[:, i] / size)
                charges[:, :, i] = size * np.column_stack([np.maximum(initial, keep), keep])
            else:
                level = 1.0 if is_inverse_future(instrument) else growth
                notional = size * slope(instrument, market) * level * np.ones_like(growth)
                coins = notional / (market.spot(instrument.underlying) * growth)
                rates = [self.initial, self.maintenance] + np.outer(coins, [self.initial_slope, self.maintenance_slope])
                charges[:, :, i] = rates * notional[:, None]
        return charges

    def _one(self, position, value, market):
        instrument, size = position.instrument, abs(position.quantity)
        if isinstance(instrument, Option):
            if position.quantity >= 0.0:
                return value, value
            spot, mark = market.spot(instrument.underlying), -value / size
            both = standard_option_margin(
                spot=spot, strike=instrument.strike, mark=mark, kind=instrument.kind,
                high=self.high, low=self.low, keep=self.keep,
            )  # fmt: skip
            return tuple(size * (margin - mark) for margin in both)
        if isinstance(instrument, Spot) and position.quantity >= 0.0:
            return value, value  # a coin held outright is worth what it is worth; nothing is lent against it
        notional = size * slope(instrument, market)
        coins = notional / market.spot(instrument.underlying)
        return (
            (self.initial + self.initial_slope * coins) * notional,
            (self.maintenance + self.maintenance_slope * coins) * notional,
        )

    def margin(self, account, market: Market) -> MarginReport:
        """Report the requirement of an `Account` or a `Book`.

        Marginal margin equals the contribution: closing a leg frees exactly what it was charged.
        """
        account = as_account(account)
        initial, maintenance = self.per_position(account.book, market)
        index = pd.Index(account.book.names, name="instrument")
        return MarginReport(
            rule=self.name,
            equity=account.equity(market),
            parts=by_class(account.book, initial, maintenance),
            contributions=pd.Series(initial, index),
            marginal=pd.Series(initial, index),
        )


def by_class(book, initial, maintenance):
    """Group per-position amounts into the parts a trader asks for."""
    parts = {}
    for position, a, b in zip(book, initial, maintenance, strict=True):
        if isinstance(position.instrument, Option):
            label = "short options" if position.quantity < 0.0 else "long options, paid in full"
        else:
            label = "coins held" if isinstance(position.instrument, Spot) else "futures and perpetuals"
        before = parts.get(label, (0.0, 0.0))
        parts[label] = (before[0] + float(a), before[1] + float(b))
    return parts
