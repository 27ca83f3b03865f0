r"""Shortfall margin: the mean of the worst outcomes of a sample, at a fixed probability.

.. math:: M = m \cdot \frac{1}{1-\alpha}\int_\alpha^1 VaR_u\,du ,

the expected shortfall of the netted book over equally likely moves, times a multiplier. Where a scan fixes the
scenarios and takes the largest loss, here the probability is fixed and the loss is read off.
"""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from greekslab.book.along import checked_moves, pnl_along
from greekslab.book.positions import Book
from greekslab.book.revalue import pnl_cube
from greekslab.errors import InputError
from greekslab.inputs import BELOW_ONE, SMALLEST, checked_type, number
from greekslab.margin.account import as_account
from greekslab.margin.report import MarginReport
from greekslab.market.market import Market
from greekslab.risk.functionals import ROUNDING
from greekslab.scenarios.sets import ScenarioSet

_BLOCK = 4_000_000  # doubles in one piece of work along the price: 32 megabytes


@dataclass(frozen=True)
class ShortfallMargin:
    """Charge the expected shortfall of the book over a sample of moves.

    Parameters
    ----------
    scenarios : ScenarioSet
        Equally likely moves (weights of 1), for example ``past_moves(bars("BTC", "1d")["close"])``. All underlyings
        move together, each by its own column where the set has one.
    level : float
        Confidence level in (0, 1).
    multiplier : float
        What the shortfall is multiplied by, above 0.
    maintenance_share : float
        Maintenance as a share of the initial requirement, in (0, 1].
    name, certainty, note : str
        For the report.
    """

    scenarios: ScenarioSet
    level: float = 0.975
    multiplier: float = 1.0
    maintenance_share: float = 1.0
    name: str = "Expected shortfall"
    certainty: str = "generic"
    note: str = "It knows what the sample has seen, and leaves volatility as it is."

    def __post_init__(self):
        remedy = 'give a ScenarioSet, for example past_moves(bars("BTC", "1d")["close"])'
        checked_type("scenarios", self.scenarios, ScenarioSet, remedy)
        if (self.scenarios.weights != 1.0).any() or self.scenarios.table["vol"].isin(["linear", "abs"]).any():
            remedy = "a sample counts every move once and tilts no smile; for weighted scenarios take Scan"
            raise InputError("scenarios", self.scenarios.name, remedy)
        number("level", self.level, "give a confidence level between 0 and 1", above=0.0, most=BELOW_ONE)
        number("multiplier", self.multiplier, "give a finite factor above 0", above=0.0)
        remedy = "give a share above 0, at most 1"
        number("maintenance_share", self.maintenance_share, remedy, least=SMALLEST, most=1.0)

    def margin(self, account, market: Market) -> MarginReport:
        """Report the requirement of an `Account` or a `Book`.

        Each leg contributes its own mean loss over the worst outcomes of the book (Euler's split).
        """
        account = as_account(account)
        book = account.book
        values = pnl_cube(book, market, self.scenarios).values
        share = self._shares(values.sum(axis=1))
        split = -self.multiplier * (share @ values)
        if not split.sum() > ROUNDING * np.abs(values).max():
            split = np.zeros(len(book))
        initial = float(split.sum())
        rest = [self._asked(np.delete(values, i, axis=1)) for i in range(len(book))] if len(book) > 1 else [0.0]
        index = pd.Index(book.names, name="instrument")
        return MarginReport(
            rule=self.name,
            equity=account.equity(market),
            parts={"expected shortfall": (initial, self.maintenance_share * initial)},
            contributions=pd.Series(split, index),
            marginal=pd.Series(initial - np.array(rest), index),
            certainty=self.certainty,
            note=self.note,
        )

    def requirement(self, book: Book, market: Market) -> tuple[float, float]:
        """Return the initial and maintenance requirement alone, quote currency."""
        initial = self._asked(pnl_cube(book, market, self.scenarios).values)
        return initial, self.maintenance_share * initial

    def requirements_along(self, book: Book, market: Market, moves) -> np.ndarray:
        """Return the requirements after each of several moves of all spots, shape (moves, 2), quote currency."""
        moves = checked_moves(moves)
        pieces = max(1, -(-len(moves) * len(self.scenarios) * len(book) // _BLOCK))
        found = [
            self._asked(values)
            for some in np.array_split(moves, pieces)
            for values in pnl_along(book, market, self.scenarios, some)
        ]
        return np.outer(found, [1.0, self.maintenance_share])

    def _asked(self, values) -> float:
        total = values.sum(axis=1)
        loss = -float(self._shares(total) @ total)
        return self.multiplier * loss if loss > ROUNDING * np.abs(values).max() else 0.0

    def _shares(self, total) -> np.ndarray:
        """Return the share of every outcome in the mean of the worst, the one astride the level in part."""
        tail = len(total) * (1.0 - self.level)
        shares = np.zeros(len(total))
        worst_first = np.argsort(total, kind="stable")
        shares[worst_first] = np.clip(max(tail, SMALLEST) - np.arange(len(total)), 0.0, 1.0)
        return shares / shares.sum()
