r"""Capital: what netting saves, what it lets you hold, and what the saving is worth.

With the *gross* margin :math:`G` (every position margined alone, then summed) and the *net* margin :math:`M`
(the book margined as one),

.. math:: \eta = 1 - \frac{M}{G}, \qquad \ell = \frac{\sum_i |q_i|\,S_i}{M}, \qquad ROM = \frac{P\&L}{M},

are the efficiency, the effective leverage and the return on margin. The two margins may come from two rules:
then :math:`\eta` compares the rules as well, and is negative where the second asks for more.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from greekslab.book.legs import is_inverse_future, mark_price
from greekslab.book.positions import Book
from greekslab.book.revalue import pnl_cube
from greekslab.inputs import number, numbers
from greekslab.market.market import Market
from greekslab.scenarios.grids import grid


@dataclass(frozen=True)
class Capital:
    """Gross and net margin of one book, and what follows from them.

    ``gross``, ``net`` (initial requirements) and ``notional`` in quote currency, 0 or more.
    """

    gross: float
    net: float
    notional: float

    @property
    def saved(self) -> float:
        """Margin that netting sets free, quote currency; below 0 where the net margin is the larger."""
        return self.gross - self.net

    @property
    def efficiency(self) -> float:
        """Share of the gross margin that is saved, 1 - net / gross, may be negative."""
        if self.gross > 0.0:
            return 1.0 - self.net / self.gross
        return 0.0 if self.net == 0.0 else -np.inf

    @property
    def leverage(self) -> float:
        """Notional carried per unit of net margin; infinite where nothing is asked."""
        return self.notional / self.net if self.net > 0.0 else np.inf

    def return_on_margin(self, pnl: float) -> float:
        """Return a profit (quote currency) per unit of net margin, decimal."""
        return pnl / self.net if self.net > 0.0 else np.copysign(np.inf, pnl) if pnl else 0.0

    def to_frame(self) -> pd.DataFrame:
        """Return the numbers as one row."""
        names = ("gross", "net", "saved", "efficiency", "notional", "leverage")
        return pd.DataFrame([{name: getattr(self, name) for name in names}])


def gross_margin(book: Book, market: Market, rule) -> float:
    """Sum the initial requirements of every position margined alone, quote currency, 0 or more."""
    return float(sum(rule.requirement(Book((position,)), market)[0] for position in book))


def gross_notional(book: Book, market: Market) -> float:
    """Sum the notionals of all positions, quote currency: size times forward (futures) or spot (all others).

    Nothing nets here. An option counts with the whole coin it is written on; a coin-settled future or perpetual
    with its contracts, which are units of quote currency already.
    """
    levels = (1.0 if is_inverse_future(p.instrument) else mark_price(p.instrument, market) for p in book)
    return float(sum(abs(p.quantity) * level for p, level in zip(book, levels, strict=True)))


def capital(book: Book, market: Market, rule, *, alone=None) -> Capital:
    """Compare the margin of a book with that of its positions one by one.

    Parameters
    ----------
    book : Book
    market : Market
    rule : object
        Rule that margins the book as one; anything with ``requirement(book, market)``.
    alone : object, optional
        Rule that margins the positions one by one; `rule` itself where not given.

    Returns
    -------
    Capital
    """
    alone = rule if alone is None else alone
    net = float(rule.requirement(book, market)[0])
    return Capital(gross_margin(book, market, alone), net, gross_notional(book, market))


def hedged_book(position: Book, hedge: Book, ratio: float) -> Book:
    """Add `ratio` times a hedge to a position; a ratio of 0 leaves the position alone."""
    ratio = number("ratio", ratio, "give the share of the hedge, 0 or more (1 is all of it)", least=0.0)
    return position + ratio * hedge if ratio > 0.0 else position


def hedged_requirements(position: Book, hedge: Book, market: Market, rule, ratios: Sequence[float]) -> pd.DataFrame:
    """Compute gross and net margin of a position along a hedge ratio.

    Returns
    -------
    DataFrame
        Indexed by ``ratio``: ``gross`` and ``net`` initial requirement of one rule, and ``notional``, quote currency.
    """
    ratios = _ratios(ratios)
    rows = [capital(hedged_book(position, hedge, ratio), market, rule) for ratio in ratios]
    table = [(c.gross, c.net, c.notional) for c in rows]
    return pd.DataFrame(table, pd.Index(list(ratios), name="ratio"), ["gross", "net", "notional"])


def hedged_pnl(
    position: Book, hedge: Book, market: Market, returns, ratios: Sequence[float], days: float = 1.0
) -> np.ndarray:
    """Revalue a position along a hedge ratio after each of many moves of the spot.

    Parameters
    ----------
    position, hedge : Book
    market : Market
    returns : array
        Relative moves of the spot over the horizon, each above -1.
    ratios : sequence of float
        Shares of the hedge that is held.
    days : float
        Days that pass; volatilities stay as they are.

    Returns
    -------
    ndarray
        Profit, quote currency, shape (ratios, returns).
    """
    ratios, moves = _ratios(ratios), grid(returns, days=days)
    alone, other = (pnl_cube(book, market, moves).total() for book in (position, hedge))
    return alone + np.outer(ratios, other)


def _ratios(ratios):
    return np.atleast_1d(
        numbers("ratios", ratios, "give shares of the hedge, 0 or more, such as [0, 0.5, 1]", least=0.0)
    )


def redeployed_size(equity, requirement, share: float = 1.0):
    """Return how often a book is held when part of the free equity is used to hold more of it.

    Parameters
    ----------
    equity, requirement : float or array
        Equity, and the initial requirement of the book held once, quote currency.
    share : float
        Share of the free equity that is used, in [0, 1]: 0 holds the book once, 1 as often as the equity allows.

    Returns
    -------
    float or ndarray
        Times the book is held, 1 or more: 1 + share (equity / requirement - 1). Nothing free leaves it at 1, and
        so does a requirement of 0, which no amount of equity could fill.
    """
    share = number("share", share, "give a share from 0 to 1", least=0.0, most=1.0)
    equity = numbers("equity", equity, "give a finite amount in quote currency")
    requirement = numbers("requirement", requirement, "give a finite amount in quote currency, 0 or more", least=0.0)
    equity, requirement = np.broadcast_arrays(equity, requirement)
    times = np.divide(equity, requirement, out=np.ones(equity.shape), where=requirement > 0.0)
    size = 1.0 + share * np.maximum(times - 1.0, 0.0)
    return float(size) if size.ndim == 0 else size
