r"""Cross margin: one pool of collateral, requirements summed, and credits for named pairs.

The requirement starts as the sum of the fixed-rate charges. Two kinds of pair get a credit:

* a long and a short future, perpetual or coin on the same underlying: a share :math:`c` of both charges on the
  matched amount is given back;
* options of one underlying and expiry: together never more than the most they can lose by expiry.

Nothing else nets: an option does not offset a perpetual. That step is portfolio margin.
"""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from greekslab.book.along import checked_moves, position_values_along
from greekslab.book.instruments import Option
from greekslab.book.legs import is_inverse_future, slope
from greekslab.book.positions import Book
from greekslab.book.revalue import position_values
from greekslab.inputs import checked_type, number
from greekslab.margin.account import as_account
from greekslab.margin.isolated import FixedRate, by_class
from greekslab.margin.report import MarginReport
from greekslab.market.market import Market


@dataclass(frozen=True)
class Cross:
    """Sum the fixed-rate charges and credit predefined pairs.

    Parameters
    ----------
    base : FixedRate
        Charges before credits.
    pair_credit : float
        Share of both charges given back on matched long and short futures, in [0, 1].
    name : str
        Name on the report.
    """

    base: FixedRate = FixedRate()
    pair_credit: float = 0.8
    name: str = "Cross, pair credits"

    def __post_init__(self):
        number("pair_credit", self.pair_credit, "give a share from 0 to 1", least=0.0, most=1.0)
        checked_type("base", self.base, FixedRate, "give FixedRate(...)")

    def margin(self, account, market: Market) -> MarginReport:
        """Report the requirement of an `Account` or a `Book`."""
        account = as_account(account)
        book = account.book
        charges, credits = self._charges(book, market)
        net = charges - sum(credits.values())
        parts = by_class(book, *charges)
        parts |= {label: tuple(-credit.sum(axis=1)) for label, credit in credits.items() if credit.any()}
        index = pd.Index(book.names, name="instrument")
        return MarginReport(
            rule=self.name,
            equity=account.equity(market),
            parts=parts,
            contributions=pd.Series(net[0], index),
            marginal=pd.Series([self._saved(book, market, i, net[0].sum()) for i in range(len(book))], index),
        )

    def requirement(self, book: Book, market: Market) -> tuple[float, float]:
        """Return the initial and maintenance requirement alone, quote currency."""
        charges, credits = self._charges(book, market)
        return tuple(float(x) for x in (charges - sum(credits.values())).sum(axis=1))

    def requirements_along(self, book: Book, market: Market, moves) -> np.ndarray:
        """Return the requirements after each of several moves of all spots, shape (moves, 2), quote currency."""
        moves = checked_moves(moves)
        values = position_values_along(book, market, moves)
        charges = self.base.charges_along(book, market, values, moves)
        total = charges.sum(axis=2)
        for underlying in book.underlyings:
            legs = [i for i, p in enumerate(book) if _is_straight(p) and p.instrument.underlying == underlying]
            size = np.array([book.positions[i].quantity * slope(book.positions[i].instrument, market) for i in legs])
            fixed = np.array([is_inverse_future(book.positions[i].instrument) for i in legs], dtype=bool)
            size = size * np.where(fixed, 1.0, 1.0 + moves[:, None])
            long, short = np.maximum(size, 0.0).sum(axis=1), np.maximum(-size, 0.0).sum(axis=1)
            with np.errstate(divide="ignore", invalid="ignore"):
                share = np.minimum(long, short)[:, None] / np.where(size > 0.0, long[:, None], short[:, None])
            share = np.nan_to_num(share, posinf=0.0)
            total -= self.pair_credit * (charges[:, :, legs] * share[:, None, :]).sum(axis=2)
        for legs in _expiry_groups(book):
            most = values[:, legs].sum(axis=1) - _least_payoff([book.positions[i] for i in legs])
            sums = charges[:, :, legs].sum(axis=2)
            total -= np.maximum(sums - np.maximum(most, 0.0)[:, None], 0.0)
        return total

    def _charges(self, book, market):
        charges = self.base.per_position(book, market)
        return charges, {
            "pair credit": self._pair_credit(book, market, charges),
            "option spreads": self._spread_credit(book, market, charges),
        }

    def _saved(self, book, market, i, requirement):
        return requirement - (self.requirement(book.without(i), market)[0] if len(book) > 1 else 0.0)

    def _pair_credit(self, book, market, charges):
        """Share `pair_credit` of the charges on matched long and short delta-one legs, by position."""
        credit = np.zeros_like(charges)
        for underlying in book.underlyings:
            legs = [i for i, p in enumerate(book) if _is_straight(p) and p.instrument.underlying == underlying]
            size = np.array([book.positions[i].quantity * slope(book.positions[i].instrument, market) for i in legs])
            long, short = size[size > 0.0].sum(), -size[size < 0.0].sum()
            matched = min(long, short)
            for i, amount in zip(legs, size, strict=True):
                side = long if amount > 0.0 else short
                credit[:, i] = self.pair_credit * charges[:, i] * (matched / side if side > 0.0 else 0.0)
        return credit

    def _spread_credit(self, book, market, charges):
        """Excess of the charges of one expiry's options over the most they can lose, by position."""
        credit = np.zeros_like(charges)
        values = position_values(book, market)
        for legs in _expiry_groups(book):
            most = values[legs].sum() - _least_payoff([book.positions[i] for i in legs])
            sums = charges[:, legs].sum(axis=1, keepdims=True)
            with np.errstate(divide="ignore", invalid="ignore"):
                share = np.where(sums > 0.0, np.clip(1.0 - max(most, 0.0) / sums, 0.0, None), 0.0)
            credit[:, legs] = charges[:, legs] * share
        return credit


def _expiry_groups(book) -> list[list[int]]:
    """Return the places of linear options, one list for each underlying and expiry."""
    groups = {}
    for i, position in enumerate(book):
        if isinstance(position.instrument, Option) and position.instrument.settlement == "linear":
            groups.setdefault((position.instrument.underlying, position.instrument.expiry), []).append(i)
    return list(groups.values())


def _is_straight(position):
    return not isinstance(position.instrument, Option)


def _least_payoff(positions) -> float:
    """Return the least that linear options of one expiry can pay together, -inf with calls net short."""
    calls = sum(p.quantity for p in positions if p.instrument.kind == "call")
    if calls < -1e-12 * sum(abs(p.quantity) for p in positions):
        return -np.inf

    def payoff(price):
        signs = [(p.quantity, p.instrument.strike, 1.0 if p.instrument.kind == "call" else -1.0) for p in positions]
        return sum(q * max(w * (price - k), 0.0) for q, k, w in signs)

    return min(payoff(price) for price in [0.0, *(p.instrument.strike for p in positions)])
