r"""Deribit's portfolio margin of 2018 to 2020: the worst move of price and volatility, and contingencies.

The book is revalued from :math:`-r` to :math:`+r` with every volatility up or down by the share
:math:`v\,(30/\text{days})^p`. Added are a share of the index for every option (net short ones per strike in 2020), for
every coin of futures that offset each other, and a share of the vega (per vol point) that expiries offset:

.. math:: \text{worst loss} + a\,S \sum|q| + b\,S \min(L, H) + c\,\min(V^+, V^-).

The pages give the ends of the ranges and one requirement; the steps between them are ours (`buckets`), and initial
equals maintenance. Three sets of numbers, then today's `DeribitPortfolio`: one venue's model in four states.

References
----------
Deribit documentation, portfolio margin, pages of 2018 to 2020.
"""

from dataclasses import dataclass
from functools import cached_property, partial

import numpy as np

from greekslab.book.exposures import position_greeks
from greekslab.book.instruments import Future, Option, Perpetual
from greekslab.inputs import BELOW_ONE, number
from greekslab.margin.add_ons import naked_option_charge
from greekslab.margin.venues.cards import card as card_of
from greekslab.margin.venues.charged import Charged, Charges, add_to, legs_of
from greekslab.margin.venues.deribit_legs import pairs_of, settled_pnl
from greekslab.risk.functionals import ROUNDING, TIE
from greekslab.scenarios.grids import grid
from greekslab.scenarios.sets import ScenarioSet, VolRule


@dataclass(frozen=True)
class DeribitVintage(Charged):
    """Charge the worst of price and volatility moves, and contingencies on what they do not see.

    Parameters
    ----------
    price_range, vol_range : float
        Largest move of the price, and of a volatility at 30 days; relative.
    vol_power : float
        Power of (30 / days to expiry).
    options_gross, options_net_short : float
        Share of the index per option held, and per option that is net short at its strike.
    offsetting_futures : float
        Share of the index per coin of long futures that short ones offset.
    offsetting_vega : float
        Share of the vega, quote currency per vol point, that is long in some expiries and short in others.
    buckets : int
        Number of prices on either side of today's.
    currency, name, certainty, note : str
        For the report.
    """

    price_range: float
    vol_range: float
    vol_power: float
    options_gross: float
    options_net_short: float
    offsetting_futures: float
    offsetting_vega: float
    buckets: int = 4
    currency: str = "quote"
    name: str = "Deribit portfolio margin of older days"
    certainty: str = "partial"
    note: str = ""

    def __post_init__(self):
        for name in ("vol_range", "vol_power", "options_gross", "options_net_short", "offsetting_futures"):
            number(name, getattr(self, name), "give a finite number of 0 or more", least=0.0)
        number("offsetting_vega", self.offsetting_vega, "give a share from 0 to 1", least=0.0, most=1.0)
        number("price_range", self.price_range, "give a share of the price, in (0, 1)", above=0.0, most=BELOW_ONE)
        number("buckets", self.buckets, "give a whole number of prices, 1 or more", least=1)

    @classmethod
    def published(cls, edition: str, **overrides) -> "DeribitVintage":
        """Build the rule of "2018", "2019" or "2020" from the card; `overrides` are numbers of this class."""
        card = card_of("deribit_portfolio", edition)
        words = {"name": card.title, "certainty": card.certainty, "note": card.note}
        return card.parameters(cls, **{**words, **overrides})

    @cached_property
    def scenarios(self) -> ScenarioSet:
        """The prices of the range with volatility up, same and down."""
        rule = VolRule(self.vol_range, self.vol_range, self.vol_power, self.vol_power)
        moves = self.price_range * np.arange(-self.buckets, self.buckets + 1) / self.buckets
        return grid(moves, ["up", "none", "down"], vol_rule=rule, name=self.name)

    def charges(self, book, market) -> Charges:
        """Return the worst loss and the contingencies, pair by pair."""
        parts, binding, tables, units = {"worst scenario": np.zeros((2, len(book)))}, [], [], pairs_of(book)
        for pair, places in units.items():
            own, label = legs_of(book, places), f"{pair}: " if len(units) > 1 else ""
            values = settled_pnl(own, market, scenarios := self.scenarios)
            losses = -values.sum(axis=1)
            if losses.max() > ROUNDING * np.abs(values).max():
                row = int(np.flatnonzero(losses >= losses.max() * (1.0 - TIE))[0])
                binding.append(label + scenarios.names[row])
                add_to(parts, "worst scenario", places, -values[[row, row]], len(book))
            for part, amounts in self._contingencies(own, market):
                add_to(parts, part, places, amounts, len(book))
            tables.append(partial(scenarios.table.assign, pnl=-losses, loss=losses))
        return Charges(parts, "; ".join(binding) or None, tables[0] if len(tables) == 1 else None)

    def _contingencies(self, book, market):
        """Yield the contingencies of one pair by leg, shape (2, legs)."""
        index, greeks = market.spot(book.underlyings[0]), position_greeks(book, market)
        options = np.array([isinstance(p.instrument, Option) for p in book])
        straight = np.array([isinstance(p.instrument, (Future, Perpetual)) for p in book])
        futures = np.where(straight, greeks["delta"], 0.0)
        expiries = [getattr(p.instrument, "expiry", None) for p in book]
        groups = [expiries.index(each) for each in expiries]
        vega = np.bincount(groups, greeks["vega"], len(book)) / 100.0  # of each expiry, per vol point
        with np.errstate(divide="ignore", invalid="ignore"):
            share = np.nan_to_num(greeks["vega"] / 100.0 / vega[groups], posinf=0.0, neginf=0.0)
        amounts = {
            "options": self.options_gross * index * np.where(options, np.abs(book.quantities), 0.0),
            "offsetting futures": self.offsetting_futures * index * _offset(futures),
            "offsetting vega": self.offsetting_vega * _offset(vega)[groups] * share,
        }
        yield "net short options", naked_option_charge(*2 * [self.options_net_short]).charge(book, market)
        for part, amount in amounts.items():
            yield part, np.tile(amount, (2, 1))


def _offset(sizes) -> np.ndarray:
    """Split what longs and shorts offset of each other, min(long, short), over them: half to either side."""
    long, short = np.maximum(sizes, 0.0), np.maximum(-sizes, 0.0)
    matched = min(long.sum(), short.sum())
    if not matched:
        return np.zeros(len(sizes))
    return matched * 0.5 * (long / long.sum() + short / short.sum())
