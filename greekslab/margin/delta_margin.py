r"""Delta margin: one charge for the net directional exposure to each underlying, to first order only.

With the delta :math:`d_i` of every leg (coins), per underlying

.. math::

    D = \sum_i d_i, \qquad G = \sum_i |d_i|, \qquad H = \tfrac12 (G - |D|),

net, gross and hedged delta, and the requirement is

.. math:: M = \max\bigl(r\,|D|\,S + c\,R\,S,\; (f_D\,|D| + f_H\,H)\,S\bigr),
    \qquad R = \tfrac12 \Bigl(\sum_k |D_k| - |D|\Bigr).

:math:`D_k` is the net delta of expiry k, so that R is what offsets across expiries: a future against the spot is no
perfect hedge, and pays the roll rate c. The second branch is the minimum charge that Paradex publishes
(:math:`f_D` = 2 %, :math:`f_H` = 1 %). Gamma and volatility do not enter.
"""

from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy.optimize import brentq

from greekslab.book.along import checked_moves, delta_along
from greekslab.book.exposures import position_greeks
from greekslab.book.positions import Book
from greekslab.errors import InputError
from greekslab.inputs import SMALLEST, checked_type, number
from greekslab.margin.account import as_account
from greekslab.margin.add_ons import AddOn, minimum_delta
from greekslab.margin.report import MarginReport
from greekslab.market.market import Market


def net_gross_hedged(book: Book, market: Market, *, by: str = "underlying") -> pd.DataFrame:
    """Compute net, gross and hedged delta.

    Parameters
    ----------
    book : Book
    market : Market
    by : {"underlying", "expiry"}
        One row for each underlying, or for each underlying and expiry; legs without an expiry (perpetuals, coins)
        have the expiry NaT.

    Returns
    -------
    DataFrame
        ``underlying`` (and ``expiry``); ``net`` (long > 0), ``gross`` and ``hedged`` delta in coins; ``net_value``,
        the net delta times the spot, quote currency.

    Notes
    -----
    Hedged delta is half of what gross exceeds net by: the coins that are long on one leg and short on another. The
    hedged deltas of the expiries do not add up to the underlying's, since a hedge may lie in another expiry.
    """
    if by not in ("underlying", "expiry"):
        raise InputError("by", by, 'say "underlying" or "expiry"')
    checked_type("book", book, Book, "give a Book, for example Book.from_list([...])")
    delta = position_greeks(book, market)["delta"]
    legs = pd.DataFrame(
        {
            "underlying": [p.instrument.underlying for p in book],
            "expiry": pd.to_datetime([getattr(p.instrument, "expiry", None) for p in book], utc=True),
            "net": delta,
            "gross": np.abs(delta),
        }
    )
    keys = ["underlying"] if by == "underlying" else ["underlying", "expiry"]
    table = legs.groupby(keys, sort=by == "expiry", dropna=False)[["net", "gross"]].sum().reset_index()
    table["hedged"] = (table["gross"] - table["net"].abs()) / 2.0
    table["net_value"] = table["net"] * [market.spot(u) for u in table["underlying"]]
    return table


@dataclass(frozen=True)
class DeltaMargin:
    """Charge the net delta of each underlying, at least the minimum charge on net and hedged delta.

    Parameters
    ----------
    rate : float
        Share of the spot per coin of net delta, 0 or more: the move that the charge covers (0.16 is 16 %).
    net_floor, hedged_floor : float
        Minimum charge per coin of net and of hedged delta, shares of the spot (Paradex: 0.02 and 0.01).
    roll_rate : float
        Share of the spot per coin of delta that offsets across expiries; 0 nets expiries in full.
    maintenance_share : float
        Maintenance as a share of the initial requirement, in (0, 1].
    name, certainty, note : str
        For the report.
    """

    rate: float = 0.16
    net_floor: float = 0.02
    hedged_floor: float = 0.01
    roll_rate: float = 0.0
    maintenance_share: float = 0.5
    name: str = "Delta margin"
    certainty: str = "generic"
    note: str = "Gamma and volatility are left out: a delta-neutral book pays the minimum charge only."

    def __post_init__(self):
        for which in ("rate", "net_floor", "hedged_floor", "roll_rate"):
            number(which, getattr(self, which), "give a share of the spot, 0 or more (0.16 is 16 %)", least=0.0)
        remedy = "give a share above 0, at most 1"
        number("maintenance_share", self.maintenance_share, remedy, least=SMALLEST, most=1.0)

    def margin(self, account, market: Market) -> MarginReport:
        """Report the requirement of an `Account` or a `Book`."""
        account = as_account(account)
        book = account.book
        parts, by_leg = self._parts(book, market)
        index = pd.Index(book.names, name="instrument")
        return MarginReport(
            rule=self.name,
            equity=account.equity(market),
            parts=parts,
            contributions=pd.Series(by_leg, index),
            marginal=pd.Series([by_leg.sum() - self._without(book, i, market) for i in range(len(book))], index),
            certainty=self.certainty,
            note=self.note,
        )

    def requirement(self, book: Book, market: Market) -> tuple[float, float]:
        """Return the initial and maintenance requirement alone, quote currency."""
        initial = float(self._parts(book, market)[1].sum())
        return initial, self.maintenance_share * initial

    def requirements_along(self, book: Book, market: Market, moves) -> np.ndarray:
        """Return the requirements after each of several moves of all spots, shape (moves, 2), quote currency."""
        moves = checked_moves(moves)
        delta, charge = delta_along(book, market, moves), np.zeros(len(moves))
        for underlying, buckets in _buckets(book).items():
            level = market.spot(underlying) * (1.0 + moves)
            nets = np.array([delta[:, legs].sum(axis=1) for legs in buckets])
            size = np.abs(nets.sum(axis=0))
            across = (np.abs(nets).sum(axis=0) - size) / 2.0
            charge += level * (self.rate * size + self.roll_rate * across)
        initial = np.maximum(charge, self._floor.totals(book, market, moves)[:, 0])
        return np.outer(initial, [1.0, self.maintenance_share])

    @property
    def _floor(self) -> AddOn:
        return minimum_delta(self.net_floor, self.hedged_floor, self.maintenance_share)

    def _parts(self, book, market):
        """Return the parts of the requirement, and the initial requirement by position."""
        delta = position_greeks(book, market)["delta"]
        net_charge, roll_charge = np.zeros(len(book)), np.zeros(len(book))
        for underlying, buckets in _buckets(book).items():
            spot, legs = market.spot(underlying), [i for bucket in buckets for i in bucket]
            side = np.sign(delta[legs].sum())
            net_charge[legs] = self.rate * spot * side * delta[legs]
            for bucket in buckets:
                against = (np.sign(delta[bucket].sum()) - side) / 2.0
                roll_charge[bucket] = self.roll_rate * spot * against * delta[bucket]
        least = self._floor.charge(book, market)[0]
        if least.sum() > net_charge.sum() + roll_charge.sum():
            return {"minimum delta": self._both(least)}, least
        parts = {"net delta": self._both(net_charge)}
        if self.roll_rate > 0.0:
            parts["offsets across expiries"] = self._both(roll_charge)
        return parts, net_charge + roll_charge

    def _both(self, charge) -> tuple[float, float]:
        return float(charge.sum()), self.maintenance_share * float(charge.sum())

    def _without(self, book, i, market) -> float:
        return self.requirement(book.without(i), market)[0] if len(book) > 1 else 0.0


def _buckets(book: Book) -> dict[str, list[list[int]]]:
    """Return the places of the legs: for each underlying, one list per expiry; what has none is one more."""
    groups = {}
    for i, position in enumerate(book):
        expiries = groups.setdefault(position.instrument.underlying, {})
        expiries.setdefault(getattr(position.instrument, "expiry", None), []).append(i)
    return {underlying: list(expiries.values()) for underlying, expiries in groups.items()}


def wake_up(rule, book: Book, market: Market, level: float, *, low=-0.95, high=4.0) -> tuple:
    """Find the nearest moves of all spots at which a rule's initial requirement reaches a level.

    Parameters
    ----------
    rule : object
        Any rule with ``requirements_along(book, market, moves)``.
    book : Book
    market : Market
    level : float
        Requirement to reach, quote currency, above 0.
    low, high : float
        Ends of the search as relative moves; time and volatilities stand still.

    Returns
    -------
    tuple of (float or None, float or None)
        Relative move down (below 0) and up (above 0); None where the level is not reached. A book that needs the
        level already gives (0.0, 0.0).
    """
    level = number("level", level, "give a requirement above 0, quote currency", above=0.0)
    number("low", low, "give a relative move between -1 and 0", above=-1.0, most=-SMALLEST)
    number("high", high, "give a relative move above 0", above=0.0)
    if not hasattr(rule, "requirements_along"):
        raise InputError("rule", getattr(rule, "name", rule), "give a rule that has requirements_along, such as Scan")

    def short_of(moves):
        return rule.requirements_along(book, market, np.atleast_1d(moves))[:, 0] - level

    if short_of(0.0)[0] >= 0.0:
        return 0.0, 0.0
    found = []
    for end in (low, high):
        moves = end * np.linspace(0.0, 1.0, 201) ** 2  # denser near today's price
        reached = np.flatnonzero(short_of(moves) >= 0.0)
        if reached.size == 0:
            found.append(None)
            continue
        sides = moves[reached[0] - 1], moves[reached[0]]
        found.append(float(brentq(lambda x: short_of(x)[0], *sides, xtol=1e-13)))
    return tuple(found)
