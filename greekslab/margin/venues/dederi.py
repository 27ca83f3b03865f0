r"""Dederi portfolio margin: 33 revaluations, and a contingency on every future.

Forwards move by :math:`-15, -12, \dots, +15` per cent, and at each of these eleven points volatility goes up, stays,
and goes down by :math:`f\,(30/\text{days})^p`. Added is a share of the index for every coin of futures, long or short:

.. math:: \max\Bigl(0, \max_s -\sum_i P_{si}\Bigr) + c\,S \sum |q|.

References
----------
Dederi wiki, Risk control rules, Portfolio margin. See the card's note for what the page leaves out.
"""

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from greekslab.book.instruments import Future, Perpetual
from greekslab.inputs import BELOW_ONE, number
from greekslab.margin.scan import Scan
from greekslab.margin.venues.cards import card as card_of
from greekslab.margin.venues.charged import Charged, Charges
from greekslab.scenarios.grids import grid
from greekslab.scenarios.sets import ScenarioSet, VolRule


@dataclass(frozen=True)
class DederiPortfolio(Charged):
    """Charge the worst of 33 states and the future contingency.

    Parameters
    ----------
    price_range : float
        Largest relative move, below 1.
    steps : int
        Steps from today's price to the end of the range.
    up_factor, down_factor, short_power, long_power : float
        Of the volatility shock.
    future_contingency : float
        Share of the index per coin of futures.
    name, certainty, note : str
        For the report.
    """

    price_range: float
    steps: int
    up_factor: float
    down_factor: float
    short_power: float
    long_power: float
    future_contingency: float
    name: str = "Dederi portfolio margin"
    certainty: str = "partial"
    note: str = ""

    def __post_init__(self):
        number("price_range", self.price_range, "give a share of the price, in (0, 1)", above=0.0, most=BELOW_ONE)
        number("steps", self.steps, "give a whole number of steps, 1 or more", least=1)
        number("future_contingency", self.future_contingency, "give a share of the index, 0 or more", least=0.0)
        _ = self.scenarios  # refuses factors and powers that are none

    @classmethod
    def published(cls, edition: str | None = None, **overrides) -> "DederiPortfolio":
        """Build the rule from its card; `overrides` are numbers of this class."""
        card = card_of("dederi", edition)
        words = {"name": card.title, "certainty": card.certainty, "note": card.note}
        return card.parameters(cls, **{**words, **overrides})

    @cached_property
    def scenarios(self) -> ScenarioSet:
        """The states, price by price."""
        rule = VolRule(self.up_factor, self.down_factor, self.short_power, self.long_power)
        moves = self.price_range * np.arange(-self.steps, self.steps + 1) / self.steps
        vols = ("up", "none", "down") if rule != VolRule() else ("none",)
        return grid(moves, vols, vol_rule=rule, name=self.name)

    def charges(self, book, market) -> Charges:
        """Return the worst loss, coin by coin, and the contingency, by leg."""
        report = Scan(self.scenarios).margin(book, market)
        held = [abs(p.quantity) if isinstance(p.instrument, (Future, Perpetual)) else 0.0 for p in book]
        index = np.array([market.spot(p.instrument.underlying) for p in book])
        for i, p in enumerate(book):
            if p.instrument.settlement == "inverse":
                held[i] /= index[i]  # contracts of one unit of quote currency
        parts = {
            "worst scenario": report.contributions.to_numpy(),
            "future contingency": self.future_contingency * index * held,
        }
        return Charges({label: np.tile(part, (2, 1)) for label, part in parts.items()}, report.binding, report.scan)
