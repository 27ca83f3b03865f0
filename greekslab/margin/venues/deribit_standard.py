r"""Deribit standard margin: every instrument alone, coin-settled and linear.

With the index S, the strike K and the mark V, one short option is printed as

.. math::

    \text{call: } &\max(0.15 - OTM/S,\; 0.10) + V/S \text{ to open}, \qquad 0.075 + V/S \text{ to keep}, \\
    \text{put: } &\max\bigl(0.15 - OTM/S, 0.10, MM - V/S\bigr) + V/S, \qquad MM = \max(0.075,\; 0.075\,V/S) + V/S,

in coin per option; the linear one is the same times S. A future or perpetual on n coins is charged
:math:`r + s\,n` of its notional, so that large positions pay more than in proportion. Nothing nets.

Deribit keeps the mark of options out of the equity that it compares with these. Here equity counts every option at its
mark, so the mark is left out of a short option's requirement and a long option is required in full; the excess is the
venue's (`standard_option_margin` has the printed numbers).

References
----------
Deribit documentation, options (2020-2024), and support article "Linear Perpetual" (2025). Orders are left out.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from greekslab.book.instruments import Option, Spot
from greekslab.inputs import checked_type
from greekslab.margin.isolated import FixedRate
from greekslab.margin.venues.cards import card as card_of
from greekslab.margin.venues.charged import Charged, Charges, add_to, check_markets, legs_of, of_market
from greekslab.margin.venues.deribit_legs import deribit_pair


@dataclass(frozen=True)
class DeribitStandard(Charged):
    """Charge every position on its own, by the rates of its market.

    Parameters
    ----------
    markets : mapping of str to FixedRate
        Rates by market: "BTC" for coin-settled contracts and, unless there is "BTC_USDC", for linear ones; "*" for
        every other.
    currency : str
        Of the report: "quote", or the coin in which everything settles.
    name, certainty, note : str
        For the report.
    """

    markets: Mapping[str, FixedRate]
    currency: str = "quote"
    name: str = "Deribit standard margin"
    certainty: str = "documented"
    note: str = ""

    def __post_init__(self):
        check_markets("markets", self.markets, FixedRate)
        checked_type("currency", self.currency, str, 'say "quote" or a coin such as "BTC"')

    @classmethod
    def published(cls, edition: str | None = None, *, currency: str = "quote", **overrides) -> "DeribitStandard":
        """Build the rule from its card; `overrides` are numbers of `FixedRate`, for all markets."""
        card = card_of("deribit", edition)
        markets = {name: FixedRate(**{**rates, **overrides}) for name, rates in card.values["markets"].items()}
        return cls(markets, currency, card.title, card.certainty, card.note)

    def charges(self, book, market) -> Charges:
        """Return the charges of every leg, sorted into short and long options, futures, and coins."""
        parts = {}
        for i, position in enumerate(book):
            rates = of_market(self.markets, deribit_pair(position.instrument), "market")
            alone = rates.per_position(legs_of(book, [i]), market)
            add_to(parts, _class(position), [i], alone, len(book))
        return Charges(parts or {"nothing": np.zeros((2, len(book)))})


def _class(position) -> str:
    if isinstance(position.instrument, Option):
        return "short options" if position.quantity < 0.0 else "long options, paid in full"
    return "coins held" if isinstance(position.instrument, Spot) else "futures and perpetuals"
