r"""Bybit's unified account: cross margin option by option, and what is known of its portfolio margin.

Cross margin prints for one short option of mark V, with the index S and the order price P,

.. math::

    MM &= \max(m S,\; m V) + V + f S, \\
    IM &= \max\bigl(\max(0.15 S - OTM,\; 0.10 S) + \max(P, V),\; MM\bigr);

a long one needs nothing after its premium. Here equity counts options at their mark, so the mark is left out of a short
option's requirement and a long one is required in full; the excess is the same.

Portfolio margin is the worst loss over prices and volatilities, and contingencies on net short options and on futures;
initial is maintenance times a factor.

References
----------
Bybit help centre (2024-09, 2024-10) and Bybit Learn (2025-02). See the card's note for what is left out.
"""

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from greekslab.book.instruments import Future, Option, Perpetual, Spot
from greekslab.book.legs import slope
from greekslab.book.revalue import position_values
from greekslab.inputs import BELOW_ONE, number
from greekslab.margin.isolated import standard_option_margin
from greekslab.margin.scan import Scan
from greekslab.margin.venues.cards import card as card_of
from greekslab.margin.venues.charged import Charged, Charges, add_to
from greekslab.scenarios.grids import grid
from greekslab.scenarios.sets import ScenarioSet, VolRule


def bybit_short_option(
    *, spot, strike, mark, kind="call", order_price=None, high=0.15, low=0.10, keep=0.03, liquidation_fee=0.002
) -> tuple[float, float]:
    """Return the printed initial and maintenance margin of one short option, mark included, quote currency.

    Parameters
    ----------
    spot, strike, mark : float
        Quote currency.
    kind : {"call", "put"}
    order_price : float, optional
        What it is sold at; counts to open where it is above the mark.
    high, low, keep : float
        Shares of the index.
    liquidation_fee : float
        Share of the index kept back for closing it.

    Examples
    --------
    >>> [round(x, 6) for x in bybit_short_option(spot=20250, strike=18500, mark=290, kind="put", order_price=280)]
    [2315.0, 938.0]
    """
    price = mark if order_price is None else number("order_price", order_price, "give a price, 0 or more", least=0.0)
    terms = {"spot": spot, "strike": strike, "kind": kind, "high": high, "low": low}
    _, maintenance = standard_option_margin(mark=mark, keep=keep, closing_fee=liquidation_fee, **terms)
    initial, _ = standard_option_margin(mark=max(mark, price), keep=0.0, **terms)
    return max(initial, maintenance), maintenance


@dataclass(frozen=True)
class BybitCross(Charged):
    """Charge every position alone.

    Parameters
    ----------
    high, low, keep, liquidation_fee : float
        Of options; see `bybit_short_option`.
    futures_initial, futures_maintenance : float
        Rates of the notional of futures and perpetuals.
    name, certainty, note : str
        For the report.
    """

    high: float
    low: float
    keep: float
    liquidation_fee: float
    futures_initial: float
    futures_maintenance: float
    name: str = "Bybit cross margin"
    certainty: str = "partial"
    note: str = ""

    def __post_init__(self):
        for name in ("high", "low", "keep", "liquidation_fee", "futures_initial", "futures_maintenance"):
            number(name, getattr(self, name), "give a finite rate, 0 or more", least=0.0)
        number(
            "futures_maintenance", self.futures_maintenance, "give at most futures_initial", most=self.futures_initial
        )

    @classmethod
    def published(cls, edition: str | None = None, **overrides) -> "BybitCross":
        """Build the rule from its card; `overrides` are numbers of this class."""
        return _from_card(cls, "cross", edition, overrides)

    def charges(self, book, market) -> Charges:
        """Return the charges of every leg."""
        parts, values = {}, position_values(book, market)
        for i, position in enumerate(book):
            instrument, size = position.instrument, abs(position.quantity)
            if isinstance(instrument, (Future, Perpetual)):
                notional = size * slope(instrument, market)
                label, both = "futures", [self.futures_initial * notional, self.futures_maintenance * notional]
            elif isinstance(instrument, Spot) or position.quantity >= 0.0:
                label = "coins held" if isinstance(instrument, Spot) else "long options, paid in full"
                both = [max(values[i], 0.0)] * 2
            else:
                mark = -values[i] / size
                printed = bybit_short_option(
                    spot=market.spot(instrument.underlying), strike=instrument.strike, mark=mark, kind=instrument.kind,
                    high=self.high, low=self.low, keep=self.keep, liquidation_fee=self.liquidation_fee,
                )  # fmt: skip
                label, both = "short options", [size * (each - mark) for each in printed]
            add_to(parts, label, [i], np.array(both).reshape(2, 1), len(book))
        return Charges(parts)


@dataclass(frozen=True)
class BybitPortfolio(Charged):
    """Charge the worst loss of a range of prices and volatilities, and contingencies.

    Parameters
    ----------
    price_range : float
        Largest relative move, below 1.
    steps : int
        Steps from today's price to the end of the range.
    vol_range : float
        Relative shock of volatility, up and down; 0 leaves it unchanged.
    short_options : float
        Share of the index per option that an expiry and strike is net short of.
    futures : float
        Share of the notional of futures and perpetuals.
    initial_factor : float
        Initial over maintenance margin, 1 or more.
    name, certainty, note : str
        For the report.
    """

    price_range: float
    steps: int
    vol_range: float
    short_options: float
    futures: float
    initial_factor: float
    name: str = "Bybit portfolio margin"
    certainty: str = "partial"
    note: str = ""

    def __post_init__(self):
        number("price_range", self.price_range, "give a share of the price, in (0, 1)", above=0.0, most=BELOW_ONE)
        number("steps", self.steps, "give a whole number of steps, 1 or more", least=1)
        for name in ("vol_range", "short_options", "futures"):
            number(name, getattr(self, name), "give a finite rate, 0 or more", least=0.0)
        number("initial_factor", self.initial_factor, "give initial over maintenance, 1 or more", least=1.0)

    @classmethod
    def published(cls, edition: str | None = None, **overrides) -> "BybitPortfolio":
        """Build the rule from its card; `overrides` are numbers of this class."""
        return _from_card(cls, "portfolio", edition, overrides)

    @cached_property
    def scenarios(self) -> ScenarioSet:
        """The prices of the range, each with the volatilities."""
        moves = self.price_range * np.arange(-self.steps, self.steps + 1) / self.steps
        vols = ("up", "none", "down") if self.vol_range else ("none",)
        return grid(moves, vols, vol_rule=VolRule(self.vol_range, self.vol_range), name=self.name)

    def charges(self, book, market) -> Charges:
        """Return the worst loss, coin by coin, and the contingencies, by leg."""
        report = Scan(self.scenarios).margin(book, market)
        sold, notional, net = np.zeros(len(book)), np.zeros(len(book)), {}
        for p in book:
            net[p.instrument] = net.get(p.instrument, 0.0) + p.quantity
        for i, p in enumerate(book):
            if isinstance(p.instrument, Option):
                sold[i] = -p.quantity * market.spot(p.instrument.underlying) if net[p.instrument] < 0.0 else 0.0
            elif not isinstance(p.instrument, Spot):
                notional[i] = abs(p.quantity) * slope(p.instrument, market)
        parts = {
            "worst scenario": report.contributions.to_numpy(),
            "net short options": self.short_options * sold,
            "futures": self.futures * notional,
        }
        amounts = {label: np.outer([self.initial_factor, 1.0], part) for label, part in parts.items()}
        return Charges(amounts, report.binding, report.scan)


def _from_card(kind, section, edition, overrides):
    card = card_of("bybit", edition)
    words = {"name": f"{card.title}: {section} margin", "certainty": card.certainty, "note": card.note}
    return card.parameters(kind, section, **{**words, **overrides})
