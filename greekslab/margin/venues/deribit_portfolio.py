r"""Deribit portfolio margin: a risk matrix, far moves with a dampener, and shocks for rolls and for size.

The legs of one pair and settlement are revalued at 9 prices x 3 volatilities, and at eight far prices with volatility
up. Coin-settled legs earn coin: with the mark V, the move x and the index S,

.. math:: P = \frac{V(S(1 + x))}{S (1 + x)} - \frac{V(S)}{S}, \qquad
          \text{inverse futures on n coins: } n\Bigl(1 - \frac1{1 + x}\Bigr).

Of a far move only the fraction :math:`f\,r/|x|` counts (r the price range; coin-settled books: times
:math:`(1 + x)/(1 \pm r)`, so that a future earns what it earns at the end of the range), and a loss there falls by the
dampener :math:`(|x|/r - 1)\,d`, to 0 at the least. Of gains only a share counts. Then, with the net delta
:math:`\Delta_e` of an expiry,

.. math::

    \text{roll shock} &= \sum_e |\Delta_e|\,\max(a, b\,\tau_e), \qquad
    \text{delta shock} = |\Delta|\,\min\bigl(c\,(|\Delta| - \Delta_0)^+,\; c_1\bigr), \\
    \text{initial} &= \text{worst loss} + \text{roll shock} + \text{delta shock}, \qquad
    \text{maintenance} = 0.8 \cdot \text{initial}.

Deltas of coin-settled options are net of their mark (the venue's "net transaction delta"). Coin amounts are converted
at the index. Coins held are equity and carry no risk here.

References
----------
Deribit, private/pme/simulate: response example of the API reference (2024-06-17) and a recorded response (2026-02-15),
from which the futures part is recovered and met; support article "Portfolio Margin" (2024-2025).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property, partial

import numpy as np
import pandas as pd

from greekslab.book.instruments import Spot
from greekslab.book.positions import Book
from greekslab.errors import InputError
from greekslab.inputs import BELOW_ONE, checked_type, number, numbers
from greekslab.margin.venues.cards import card as card_of
from greekslab.margin.venues.charged import (
    Charged,
    Charges,
    add_to,
    check_markets,
    legs_of,
    of_market,
    one_below_other,
    towards_net,
)  # fmt: skip
from greekslab.margin.venues.deribit_legs import deribit_pair, is_coin_settled, net_deltas, pairs_of, settled_pnl
from greekslab.market.market import Market
from greekslab.risk.functionals import ROUNDING, TIE
from greekslab.scenarios.sets import ScenarioSet, VolRule, moves_table


@dataclass(frozen=True)
class DeribitPMParameters:
    """Numbers of one pair, by the venue's names.

    Ranges, moves and risks are relative; ``min_volatility_for_shock_up`` is a volatility per year,
    ``extended_dampener``, ``max_offsetable_pnl`` and ``delta_total_liq_shock_threshold`` are in quote currency,
    ``m_inc`` is per coin; ``buckets_count`` is the number of prices on either side of today's.
    """

    price_range: float
    volatility_range_up: float
    volatility_range_down: float
    short_term_vega_power: float
    long_term_vega_power: float
    min_volatility_for_shock_up: float
    extended_dampener: float
    min_annualised_move: float
    annualised_move_risk: float
    pnl_offset: float
    max_offsetable_pnl: float
    m_inc: float
    delta_total_liq_shock_threshold: float
    max_delta_shock: float
    mm_factor: float = 0.8
    extended_table_factor: float = 1.0
    buckets_count: int = 4
    extended_moves: tuple[float, ...] = (-0.66, -0.33, 0.5, 1.0, 2.0, 3.0, 4.0, 5.0)

    def __post_init__(self):
        for name, value in vars(self).items():
            if name != "extended_moves":
                number(name, value, "give a finite number of 0 or more", least=0.0)
        number("price_range", self.price_range, "give a share of the price, in (0, 1)", above=0.0, most=BELOW_ONE)
        number("pnl_offset", self.pnl_offset, "give the share of gains that counts, in [0, 1]", most=1.0)
        number("mm_factor", self.mm_factor, "give maintenance over initial margin, in (0, 1]", above=0.0, most=1.0)
        number("buckets_count", self.buckets_count, "give a whole number of prices, 1 or more", least=1)
        far = numbers("extended_moves", self.extended_moves, "give relative moves above -1", above=-1.0)
        if (np.abs(far) < self.price_range).any():
            raise InputError(
                "extended_moves", far.tolist(), "give moves beyond the price range; the matrix has the rest"
            )
        object.__setattr__(self, "extended_moves", tuple(far.tolist()))

    @cached_property
    def scenarios(self) -> ScenarioSet:
        """The entries of the matrix, by price and then volatility down, same and up, and the far moves behind them."""
        n = int(self.buckets_count)
        rows = [(i * self.price_range / n, vol, 1.0) for i in range(-n, n + 1) for vol in ("down", "none", "up")]
        rule = VolRule(
            self.volatility_range_up, self.volatility_range_down, self.short_term_vega_power, self.long_term_vega_power,
            1.0, self.min_volatility_for_shock_up,
        )  # fmt: skip
        far = [(move, "up", 1.0) for move in self.extended_moves]
        return ScenarioSet("Deribit risk matrix", moves_table(rows + far), rule)

    @property
    def fractions(self) -> np.ndarray:
        """Share of the P&L that counts, by entry: 1 in the matrix, less for far moves."""
        moves = self.scenarios.moves("")
        far = np.arange(len(moves)) >= len(moves) - len(self.extended_moves)
        share = self.extended_table_factor * self.price_range / np.abs(np.where(far, moves, 1.0))
        return np.where(far, share, 1.0)

    @property
    def dampeners(self) -> np.ndarray:
        """What a loss is reduced by, by entry, quote currency: 0 in the matrix."""
        beyond = np.abs(self.scenarios.moves("")) / self.price_range - 1.0
        return np.maximum(beyond, 0.0) * self.extended_dampener

    def roll_rate(self, years):
        """Return the share of an expiry's net delta that rolling it may cost."""
        return np.maximum(self.min_annualised_move, self.annualised_move_risk * np.asarray(years, dtype=float))

    def delta_shock(self, delta: float, index: float) -> float:
        """Return what a net delta too large to sell at once costs, coins."""
        beyond = max(abs(delta) - self.delta_total_liq_shock_threshold / index, 0.0)
        return abs(delta) * min(self.m_inc * beyond, self.max_delta_shock)


@dataclass(frozen=True)
class DeribitPortfolio(Charged):
    """Margin a book by Deribit's risk matrix, pair by pair and settlement by settlement.

    Parameters
    ----------
    markets : mapping of str to DeribitPMParameters
        Numbers by pair: "BTC" for coin-settled contracts and, unless there is "BTC_USDC", for linear ones; "*" for
        every other.
    currency : str
        Of the report: "quote" (cross collateral), or the coin in which everything settles (segregated).
    name, certainty, note : str
        For the report.
    """

    markets: Mapping[str, DeribitPMParameters]
    currency: str = "quote"
    name: str = "Deribit portfolio margin"
    certainty: str = "partial"
    note: str = ""

    def __post_init__(self):
        check_markets("markets", self.markets, DeribitPMParameters)
        checked_type("currency", self.currency, str, 'say "quote" or a coin such as "BTC"')

    @classmethod
    def published(cls, edition: str | None = None, *, currency: str = "quote", **overrides) -> "DeribitPortfolio":
        """Build the rule from its card; `overrides` are numbers of `DeribitPMParameters`, for all pairs."""
        card = card_of("deribit_portfolio", edition)
        if "markets" not in card.values:
            raise InputError("edition", edition, "it is an older model; ask DeribitVintage.published(edition)")
        common = card.values["common"]
        markets = {
            pair: DeribitPMParameters(**{**common, **own, **overrides}) for pair, own in card.values["markets"].items()
        }
        return cls(markets, currency, card.title, card.certainty, card.note)

    def charges(self, book, market) -> Charges:
        """Return the worst loss of the matrix and the shocks, pair by pair."""
        parts, binding, tables = {"worst scenario": np.zeros((2, len(book)))}, [], []
        units = pairs_of(book)
        for pair, places in units.items():
            found = self._pair(legs_of(book, places), market)
            for label, amounts in found.parts.items():
                add_to(parts, label, places, amounts, len(book))
            label = f"{pair}: " if len(units) > 1 else ""
            binding += [label + found.binding] if found.binding else []
            tables.append(partial(found.scan, pair if label else None))
        return Charges(parts, "; ".join(binding) or None, one_below_other(tables))

    def risk_matrix(self, book: Book, market: Market) -> pd.DataFrame:
        """Tabulate what every leg of one pair earns in every entry, and what counts for the book.

        Returns
        -------
        DataFrame
            One row per entry: ``name``, ``move``, ``vol``, one column per leg, and ``aggregated``, where the share of
            gains and the dampener are taken; in the settlement currency, coin or quote.
        """
        if len(units := pairs_of(book)) != 1:
            raise InputError("book", ", ".join(units), "a matrix is of one pair and settlement; ask for each")
        p, values, aggregated = self._entries(book, market)
        unit = market.spot(book.underlyings[0]) if is_coin_settled(next(iter(units))) else 1.0
        table = p.scenarios.table[["name", "move", "vol"]].copy()
        table[book.names] = values / unit
        return table.assign(aggregated=aggregated / unit)

    def _parameters(self, book) -> DeribitPMParameters:
        legs = [p.instrument for p in book]
        first = next((each for each in legs if not isinstance(each, Spot)), legs[0])
        return of_market(self.markets, deribit_pair(first), "pair")

    def _entries(self, book, market):
        """Return the numbers, the P&L by entry and leg, and what counts of its sums; quote currency, at the index."""
        p = self._parameters(book)
        counted = p.fractions
        if is_coin_settled(next(iter(pairs_of(book)))):
            move = p.scenarios.moves("")
            counted = counted * (1.0 + move) / (1.0 + np.clip(move, -p.price_range, p.price_range))
        values = settled_pnl(book, market, p.scenarios) * counted[:, None]
        total = values.sum(axis=1)
        total = np.where(total < 0.0, np.minimum(total + p.dampeners, 0.0), total)
        gain = np.minimum(p.pnl_offset * total, p.max_offsetable_pnl)
        return p, values, np.where(total > 0.0, gain, total)

    def _pair(self, book, market) -> Charges:
        p, values, aggregated = self._entries(book, market)
        loss, binding = np.zeros(len(book)), None
        if -aggregated.min() > ROUNDING * np.abs(values).max():
            row = int(np.flatnonzero(aggregated <= aggregated.min() * (1.0 - TIE))[0])
            loss, binding = values[row] * aggregated[row] / -values[row].sum(), p.scenarios.names[row]
        delta, index = net_deltas(book, market), market.spot(book.underlyings[0])
        rolled = np.zeros(len(book))
        expiries = [getattr(each.instrument, "expiry", None) for each in book]
        for expiry in dict.fromkeys(expiries):
            mine = np.array([each == expiry for each in expiries])
            years = 0.0 if expiry is None else market.tau(expiry)
            rolled[mine] = towards_net(delta[mine]) * p.roll_rate(years) * index
        whole = delta.sum()
        shock = towards_net(delta) / abs(whole) * p.delta_shock(whole, index) * index if whole else np.zeros(len(book))
        rates = [1.0, p.mm_factor]
        parts = {"worst scenario": loss, "roll shock": rolled, "delta shock": shock}
        return Charges(
            {label: np.outer(rates, each) for label, each in parts.items()},
            binding,
            partial(_table, p, values, aggregated),
        )


def _table(p, values, aggregated, pair) -> pd.DataFrame:
    """Tabulate the entries, with the name of the pair if there is one."""
    table = p.scenarios.table[["name", "move", "vol"]].assign(weight=p.fractions)
    table = table.assign(pnl=values.sum(axis=1) / p.fractions, loss=0.0 - aggregated)
    return table if pair is None else table.assign(underlying=pair)


def deribit_pm_account(risk_matrix, *, open_orders=0.0, market_maker_protection=0.0, spot=0.0, mm_factor=0.8):
    """Return the initial and maintenance margin of an account, given its risk matrix margin and what orders add.

    All in one currency, 0 or more: open orders, orders under market maker protection, and the spot margin add to the
    initial margin alone.
    """
    terms = {
        "risk_matrix": risk_matrix, "open_orders": open_orders, "market_maker_protection": market_maker_protection,
        "spot": spot,
    }  # fmt: skip
    for name, value in terms.items():
        number(name, value, "give an amount of 0 or more", least=0.0)
    number("mm_factor", mm_factor, "give maintenance over initial margin, in (0, 1]", above=0.0, most=1.0)
    return sum(terms.values()), mm_factor * risk_matrix
