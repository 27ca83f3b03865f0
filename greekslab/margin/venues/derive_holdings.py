"""What one of Derive's portfolio managers holds: derivatives of one market, cash, and coins as collateral.

Each manager looks after one market. The account is revalued once, in all scenarios and in the two moves of the basis
contingency, and every manager gets its legs; what it charges is in `derive_scan`.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
import pandas as pd

from greekslab.book.instruments import Option, Spot
from greekslab.book.legs import slope
from greekslab.book.positions import Book, Position
from greekslab.book.revalue import pnl_cube, position_values
from greekslab.errors import InputError
from greekslab.inputs import number
from greekslab.margin.account import Account
from greekslab.market.market import Market
from greekslab.scenarios.sets import ScenarioSet


@dataclass(frozen=True)
class CollateralTerms:
    """How a manager counts a coin: haircuts as shares of its value, the initial one on top of the maintenance one.

    ``risk_cancelling`` coins move with the manager's spot in the scenarios; others keep their value there.
    """

    mm_haircut: float
    im_haircut: float
    risk_cancelling: bool = False

    def __post_init__(self):
        for name in ("mm_haircut", "im_haircut"):
            number(name, getattr(self, name), "give a share from 0 to 1", least=0.0, most=1.0)
        if self.mm_haircut + self.im_haircut > 1.0 + 1e-12:
            raise InputError("haircuts", (self.mm_haircut, self.im_haircut), "together they are at most 1")


@dataclass(frozen=True, eq=False)
class Holdings:
    """What one manager holds, leg by leg, quote currency.

    Attributes
    ----------
    underlying : str
        The manager's market.
    market : Market
        As the manager prices it.
    positions : tuple of Position
        Derivatives and coins.
    places : ndarray
        Where each leg stands in the account: its positions, then its collateral.
    values : ndarray
        Worth now, shape (legs,); of perpetuals the profit since entry.
    pnl : ndarray
        Profit and loss in every scenario, then in basis up and basis down, shape (scenarios + 2, legs); no weights.
    size : ndarray
        Signed size of each leg, coins.
    same : ndarray
        Number of each leg's instrument: legs of one instrument count net.
    expiries : tuple of Timestamp
        Expiries of the manager's options, in order of time.
    groups : ndarray
        Which option belongs to which expiry, 1 or 0, shape (legs, expiries).
    """

    underlying: str
    market: Market
    positions: tuple[Position, ...]
    places: np.ndarray
    values: np.ndarray
    pnl: np.ndarray
    size: np.ndarray
    same: np.ndarray
    expiries: tuple
    groups: np.ndarray

    @cached_property
    def book(self) -> Book:
        """The legs as a book."""
        return Book(self.positions)

    def are(self, *kinds) -> np.ndarray:
        """Tell which legs are of these kinds of instrument, shape (legs,)."""
        return np.array([isinstance(p.instrument, kinds) for p in self.positions])

    def without(self, i: int) -> "Holdings":
        """Return the holdings with leg `i` closed."""
        keep = np.arange(len(self.positions)) != i
        arrays = {name: getattr(self, name)[keep] for name in ("places", "values", "size", "same", "groups")}
        positions = self.positions[:i] + self.positions[i + 1 :]
        return replace(self, positions=positions, pnl=self.pnl[:, keep], **arrays)

    def net_size(self, *kinds) -> np.ndarray:
        """Return every leg's share of the net size of its instrument, coins, shape (legs,); sums are |net| of each."""
        coins = np.where(self.are(*kinds), self.size, 0.0)
        return np.sign(np.bincount(self.same, coins)[self.same]) * coins


def with_basis(scenarios: ScenarioSet, up: float, down: float) -> ScenarioSet:
    """Return the set and the two moves of the basis contingency behind it."""
    ends = pd.DataFrame(
        {"name": ["basis up", "basis down"], "move": [up - 1.0, down - 1.0], "vol": "none", "weight": 1.0}
    )
    table = scenarios.table
    for column in [c for c in table if str(c).startswith("move_")]:
        ends[column] = ends["move"]
    return scenarios.edited(pd.concat([table, ends], ignore_index=True), scenarios.name)


def with_rates(market: Market, read: Callable[[float], float]) -> Market:
    """Return the market with every rate read by the manager: floored at 0, or left out."""
    rates = {u: {e: read(r) for e, r in curve.items()} for u, curve in market.rates.items()}
    if rates == market.rates and read(market.rate) == market.rate:
        return market
    return replace(market, rate=read(market.rate), rates=rates)


def hold(account: Account, market: Market, scenarios: ScenarioSet, follows: Callable[[str, str], bool]):
    """Revalue an account and give each manager its legs.

    Parameters
    ----------
    account : Account
        A coin goes to the manager of its own market, others to the first.
    market : Market
        As the managers price it; stablecoin price included, in which coins are counted.
    scenarios : ScenarioSet
        From `with_basis`.
    follows : callable
        Of a manager's market and a coin: whether the coin's price moves with the market in the scenarios.

    Returns
    -------
    list of Holdings
        One for each market, in order of appearance.
    """
    legs = account.book.positions + (account.collateral.positions if account.collateral is not None else ())
    book = Book(legs)
    derivatives = [p.instrument.underlying for p in legs if not isinstance(p.instrument, Spot)]
    owners = list(dict.fromkeys(derivatives)) or [book.underlyings[0]]
    owner = [p.instrument.underlying if p.instrument.underlying in owners else owners[0] for p in legs]
    values, pnl = position_values(book, market), pnl_cube(book, market, scenarios, flip_skew=False).values
    for i, position in enumerate(legs):
        if isinstance(position.instrument, Spot):
            if position.quantity < 0.0:
                raise InputError(
                    f"quantity of {position.instrument}", position.quantity, "Derive lends cash, not coins"
                )
            values[i] /= market.stable_price
            pnl[:, i] = values[i] * scenarios.moves(owner[i]) if follows(owner[i], position.instrument.name) else 0.0
    found, size = [], np.array([_coins(p, market) for p in legs])
    same = {instrument: number for number, instrument in enumerate(dict.fromkeys(p.instrument for p in legs))}
    same = np.array([same[p.instrument] for p in legs])
    for underlying in owners:
        mine = np.array([i for i, each in enumerate(owner) if each == underlying])
        positions = tuple(legs[i] for i in mine)
        dates = [p.instrument.expiry if isinstance(p.instrument, Option) else None for p in positions]
        expiries = tuple(sorted({e for e in dates if e is not None}))
        groups = np.array([[float(e == each) for each in expiries] for e in dates]).reshape(len(mine), len(expiries))
        parts = values[mine], pnl[:, mine], size[mine], same[mine], expiries, groups
        found.append(Holdings(underlying, market, positions, mine, *parts))
    return found


def _coins(position, market) -> float:
    """Return the signed size of a leg in coins; inverse contracts count at their mark."""
    instrument = position.instrument
    if instrument.settlement == "linear" or isinstance(instrument, Option):
        return position.quantity
    return position.quantity * slope(instrument, market) / market.spot(instrument.underlying)
