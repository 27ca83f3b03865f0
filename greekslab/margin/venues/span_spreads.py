r"""SPAN's spreads: how net deltas of months and of commodities are paired, charged and credited.

Deltas are composite: each leg's delta averaged over seven prices, -1 to +1 price ranges in thirds. Of the months of a
commodity, in order of priority,

.. math:: n = \min\bigl(|\Delta_A|/r_A,\; |\Delta_B|/r_B\bigr)

spreads are formed while the two deltas have opposite signs, each is charged, and the deltas they used are gone. Across
commodities the same pairing gives a credit.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from greekslab.book.along import delta_along
from greekslab.book.positions import Book
from greekslab.errors import InputError
from greekslab.inputs import checked_type, number
from greekslab.market.market import Market

# Composite delta: weights of the seven price points, by price ranges away from today's; they add up to 0.998.
DELTA_WEIGHTS = {0.0: 0.270, 1 / 3: 0.217, -1 / 3: 0.217, 2 / 3: 0.110, -2 / 3: 0.110, 1.0: 0.037, -1.0: 0.037}


@dataclass(frozen=True)
class CalendarSpread:
    """One line of the table of months: tiers ``near`` and ``far``, the charge, the deltas one spread uses of each.

    Tiers count the expiries of a commodity in order of time from 1; what has no expiry is tier 0. ``charge`` is in
    quote currency per spread.
    """

    near: int
    far: int
    charge: float
    near_ratio: float = 1.0
    far_ratio: float = 1.0

    def __post_init__(self):
        number("charge", self.charge, "give quote currency per spread, 0 or more", least=0.0)
        for name in ("near_ratio", "far_ratio"):
            number(name, getattr(self, name), "give deltas per spread, above 0", above=0.0)
        for name in ("near", "far"):
            number(f"tier {name}", getattr(self, name), "give a tier: 0, 1, 2, ...", least=0)
        if self.near == self.far:
            raise InputError("tiers", (self.near, self.far), "a spread is between two tiers")


@dataclass(frozen=True)
class CommoditySpread:
    """One line of the table of credits: deltas per spread by commodity, signed; and the share that is credited.

    ``deltas`` such as {"BTC": 1, "ETH": -15}: a spread needs the signs given, or all of the opposite ones.
    """

    deltas: Mapping[str, float]
    credit: float

    def __post_init__(self):
        checked_type("deltas", self.deltas, Mapping, 'give deltas per spread, such as {"BTC": 1, "ETH": -15}')
        if len(self.deltas) < 2:
            raise InputError("deltas", list(self.deltas), "a spread is between two commodities or more")
        for name, delta in self.deltas.items():
            if not number(f"delta of {name}", delta, "give deltas per spread, not 0"):
                raise InputError(f"delta of {name}", delta, "give deltas per spread, not 0")
        number("credit", self.credit, "give a share from 0 to 1", least=0.0, most=1.0)


def composite_deltas(book: Book, market: Market, price_range: float) -> np.ndarray:
    """Return every leg's delta averaged over SPAN's seven prices, coins, shape (legs,)."""
    number("price_range", price_range, "give a share of the price, in (0, 1)", above=0.0, most=1.0 - 1e-9)
    steps, weights = np.array(list(DELTA_WEIGHTS)), np.array(list(DELTA_WEIGHTS.values()))
    return weights @ delta_along(book, market, steps * price_range) / weights.sum()


def calendar_charge(deltas: Mapping[int, float], spreads) -> tuple[float, dict[int, float], dict[int, float]]:
    """Form calendar spreads in order of priority.

    Parameters
    ----------
    deltas : mapping of int to float
        Net delta of each tier.
    spreads : sequence of CalendarSpread

    Returns
    -------
    charge : float
        Quote currency, all spreads.
    left : dict
        Net delta of each tier that no spread used.
    by_tier : dict
        The charge by tier: half of every spread to either side.

    Examples
    --------
    >>> calendar_charge({1: 10.0, 2: -4.0, 3: -8.0}, [CalendarSpread(1, 2, 50.0), CalendarSpread(1, 3, 80.0)])[:2]
    (680.0, {1: 0.0, 2: 0.0, 3: -2.0})
    """
    left, by_tier = dict(deltas), dict.fromkeys(deltas, 0.0)
    for spread in spreads:
        near, far = left.get(spread.near, 0.0), left.get(spread.far, 0.0)
        if near * far >= 0.0:
            continue
        count = min(abs(near) / spread.near_ratio, abs(far) / spread.far_ratio)
        left[spread.near] = near - np.sign(near) * count * spread.near_ratio
        left[spread.far] = far - np.sign(far) * count * spread.far_ratio
        for tier in (spread.near, spread.far):
            by_tier[tier] += 0.5 * count * spread.charge
    by_tier = {tier: float(charge) for tier, charge in by_tier.items()}
    return sum(by_tier.values()), {tier: float(delta) for tier, delta in left.items()}, by_tier


def commodity_credit(deltas: Mapping[str, float], price_risk: Mapping[str, float], spreads) -> dict[str, float]:
    """Form spreads across commodities in order of priority; return the credit of each, quote currency.

    Parameters
    ----------
    deltas : mapping of str to float
        Net composite delta of each commodity.
    price_risk : mapping of str to float
        Weighted futures price risk: quote currency per delta.
    spreads : sequence of CommoditySpread
    """
    left, credit = dict(deltas), dict.fromkeys(deltas, 0.0)
    for spread in spreads:
        held = [left.get(name, 0.0) / ratio for name, ratio in spread.deltas.items()]
        if not (min(held) > 0.0 or max(held) < 0.0):
            continue
        count = min(abs(each) for each in held) * np.sign(held[0])
        for name, ratio in spread.deltas.items():
            left[name] -= count * ratio
            credit[name] += spread.credit * price_risk[name] * abs(count * ratio)
    return credit
