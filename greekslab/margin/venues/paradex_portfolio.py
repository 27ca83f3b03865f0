r"""Paradex portfolio margin: 24 scenarios, a least charge on delta, and provisions for funding and fees.

.. math::

    \text{initial} = \max(\text{scan}, \text{minimum delta}) + \text{funding} + \text{fees}, \qquad
    \text{maintenance} = \tfrac12 \max(\text{scan}, \text{minimum delta}) + \text{funding} + \text{fees},

the scan being the worst weighted loss, and the minimum delta
:math:`(u\,|\Delta| + h\,(\text{gross} - |\Delta|)/2)\,S`. Funding is what the perpetuals are expected to pay over
eight hours, none where they receive; fees are the account's rate on the worth of every derivative it would have to
close.

References
----------
tradeparadex/paradex-docs @ 9b82a75a (2026-08-20), fern/pages, portfolio margin; cross margin requirement @ b11bd20a
for the fee provision. Left out: the text does not say how coins are added up; see the card's note.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cached_property, partial

import numpy as np
import pandas as pd

from greekslab.book.instruments import Option, Perpetual, Spot
from greekslab.book.legs import mark_price, slope
from greekslab.book.revalue import PnLCube, pnl_cube, position_values
from greekslab.inputs import checked_type, number
from greekslab.margin.add_ons import minimum_delta
from greekslab.margin.venues.cards import card as card_of
from greekslab.margin.venues.charged import Charged, Charges, check_markets, legs_of, of_market, one_below_other
from greekslab.risk.functionals import contributions, worst
from greekslab.scenarios.sets import ScenarioSet
from greekslab.scenarios.venue_sets import published


@dataclass(frozen=True)
class ParadexMarket:
    """How one coin is scanned.

    ``scenarios`` a set, or the name of a published one; ``min_vol_up`` the least volatility where it is raised, per
    year; ``net`` and ``hedged`` the shares of the spot in the minimum delta.
    """

    scenarios: ScenarioSet | str
    min_vol_up: float
    net: float
    hedged: float

    def __post_init__(self):
        for name in ("min_vol_up", "net", "hedged"):
            number(name, getattr(self, name), "give a finite number of 0 or more", least=0.0)
        if isinstance(self.scenarios, str):
            object.__setattr__(self, "scenarios", published(self.scenarios))
        checked_type("scenarios", self.scenarios, ScenarioSet, 'give a ScenarioSet or a name such as "paradex-24"')

    @cached_property
    def floored(self) -> ScenarioSet:
        """The scenarios with the floor under raised volatility."""
        return replace(self.scenarios, vol_rule=replace(self.scenarios.vol_rule, min_vol_up=self.min_vol_up))


@dataclass(frozen=True)
class ParadexPortfolio(Charged):
    """Charge the worst scenario or the minimum delta, whichever is more, and the provisions.

    Parameters
    ----------
    markets : mapping of str to ParadexMarket
        By coin; "*" for every other.
    fee_rate : float
        The higher of the account's maker and taker rates, 0 or more.
    maintenance_share : float
        Of the scan and the minimum delta, in (0, 1].
    funding_hours : float
        Hours of funding provided for; 0 for none.
    name, certainty, note : str
        For the report.
    """

    markets: Mapping[str, ParadexMarket]
    fee_rate: float = 0.0
    maintenance_share: float = 0.5
    funding_hours: float = 8.0
    name: str = "Paradex portfolio margin"
    certainty: str = "documented"
    note: str = ""

    def __post_init__(self):
        check_markets("markets", self.markets, ParadexMarket)
        for name in ("fee_rate", "funding_hours"):
            number(name, getattr(self, name), "give a finite number of 0 or more", least=0.0)
        number("maintenance_share", self.maintenance_share, "give a share in (0, 1]", above=0.0, most=1.0)

    @classmethod
    def published(cls, edition: str | None = None, **overrides) -> "ParadexPortfolio":
        """Build the rule of "2026-08" or "2026-02" from the card.

        `overrides` are ``fee_rate``, ``maintenance_share``, ``funding_hours``, or numbers of `ParadexMarket` for all
        coins.
        """
        card = card_of("paradex", edition)
        account = {name: overrides.pop(name, value) for name, value in card.values["account"].items()}
        markets = {u: ParadexMarket(**{**numbers, **overrides}) for u, numbers in card.values["portfolio"].items()}
        return cls(markets, **account, name=f"{card.title}: portfolio margin", certainty=card.certainty, note=card.note)

    def charges(self, book, market) -> Charges:
        """Return the scan or the minimum delta, and the provisions, by leg."""
        scan, least, binding, tables = np.zeros(len(book)), np.zeros(len(book)), [], []
        for coin in book.underlyings:
            places = [i for i, p in enumerate(book) if p.instrument.underlying == coin]
            own, terms = legs_of(book, places), of_market(self.markets, (coin,), "coin")
            cube = pnl_cube(own, market, terms.floored)
            found, label = worst(cube), f"{coin}: " if len(book.underlyings) > 1 else ""
            scan[places] = contributions(cube, found)
            least[places] = minimum_delta(terms.net, terms.hedged).charge(own, market)[0]
            binding += [label + found.name] if found.name else []
            tables.append(partial(_table, cube, coin if label else None))
        label, net = ("worst scenario", scan) if scan.sum() >= least.sum() else ("minimum delta", least)
        parts = {label: np.outer([1.0, self.maintenance_share], net)}
        parts["funding provision"] = np.tile(self.funding(book, market), (2, 1))
        parts["fee provision"] = np.tile(self.fee_rate * _notional(book, market), (2, 1))
        return Charges(parts, "; ".join(binding) or None, one_below_other(tables))

    def funding(self, book, market) -> np.ndarray:
        """Return the funding every perpetual is expected to pay over the hours provided for, 0 if it receives."""
        rates = [market.funding.get(p.instrument.underlying, 0.0) for p in book]  # of 8 hours
        size = [p.quantity * slope(p.instrument, market) if isinstance(p.instrument, Perpetual) else 0.0 for p in book]
        return np.maximum(np.array(size) * rates, 0.0) * (self.funding_hours / 8.0)


def _table(cube: PnLCube, coin) -> pd.DataFrame:
    table = cube.scenarios.table[["name", "move", "vol", "weight"]].assign(pnl=cube.total(), loss=-cube.weighted())
    return table if coin is None else table.assign(underlying=coin)


def _notional(book, market) -> np.ndarray:
    """Return what every derivative would be closed for, quote currency; coins held are not closed."""
    values = np.abs(position_values(book, market))
    for i, position in enumerate(book):
        if isinstance(position.instrument, Spot):
            values[i] = 0.0
        elif not isinstance(position.instrument, Option):
            values[i] = abs(position.quantity) * mark_price(position.instrument, market)
            if position.instrument.settlement == "inverse":
                values[i] = abs(position.quantity)
    return values
