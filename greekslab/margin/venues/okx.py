r"""OKX portfolio margin: nine risk lines, unit by unit; the greatest of three sums is the maintenance margin.

All derivatives and coins of one underlying are a risk unit. With :math:`MR_1` the worst of spot and vol shocks, 2 the
theta of a day, 3 the vega term structure, 4 the basis, 5 the interest rate, 6 half of the loss in an extreme move, 7 a
minimum charge and 9 the stablecoins,

.. math:: \text{MMR} = \max(MR_1 + MR_2 + MR_3 + MR_4 + MR_5,\; MR_6,\; MR_7) + MR_9, \qquad
          \text{IMR} = 1.3\,\text{MMR},

and borrowing (:math:`MR_8`) is added to the account. The basis charges every expiry its net delta times
:math:`\max(\text{floor}, \text{annualised risk} \times \text{years})`; the minimum charge is a rate of the delta, times
a multiplier that rises with it.

References
----------
OKX help pages (2024-03, 2025-01-02); API documentation, position builder, example of 2025-01-15, whose futures this
meets. See the card's note for what is left out. A page of 2025-07 takes the greatest of lines 1, 2 and 6 before adding
the others, which agrees on that example. Coins of the book count in full; the venue takes as much as hedges.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import pandas as pd

from greekslab.book.exposures import position_greeks
from greekslab.book.revalue import pnl_cube
from greekslab.errors import InputError
from greekslab.inputs import number, numbers
from greekslab.margin.venues.cards import card as card_of
from greekslab.margin.venues.charged import (
    OTHERS,
    Charged,
    Charges,
    add_to,
    check_markets,
    legs_of,
    of_market,
    towards_net,
)
from greekslab.risk.functionals import contributions, worst
from greekslab.scenarios.grids import grid
from greekslab.scenarios.sets import VolRule


@dataclass(frozen=True)
class OkxTier:
    """Numbers of a class of coins: ``moves`` up and down, the ``extreme`` one, and rates of the delta's worth."""

    moves: tuple[float, ...]
    extreme: float
    annualised_move_risk: float
    basis_floor: float
    minimum_rate: float

    def __post_init__(self):
        moves = numbers("moves", self.moves, "give relative moves above 0 and below 1", above=0.0)
        object.__setattr__(self, "moves", tuple(np.atleast_1d(moves).tolist()))
        for move in (*self.moves, self.extreme):
            number("move", move, "give relative moves above 0 and below 1", above=0.0, most=1.0 - 1e-9)
        for name in ("annualised_move_risk", "basis_floor", "minimum_rate"):
            number(name, getattr(self, name), "give a share of the delta, 0 or more", least=0.0)


@dataclass(frozen=True)
class OkxRiskUnit:
    """The risk lines of one unit, quote currency, each 0 or more; ``mr8`` belongs to the account."""

    mr1: float = 0.0
    mr2: float = 0.0
    mr3: float = 0.0
    mr4: float = 0.0
    mr5: float = 0.0
    mr6: float = 0.0
    mr7: float = 0.0
    mr9: float = 0.0

    def __post_init__(self):
        for name, value in vars(self).items():
            number(name, value, "give an amount of 0 or more", least=0.0)

    @property
    def binding(self) -> str:
        """What sets the margin: "shocks", "extreme move" or "minimum charge"; the first if they are equal."""
        sums = {"shocks": self._shocks, "extreme move": self.mr6, "minimum charge": self.mr7}
        return max(sums, key=sums.get)

    @property
    def mmr(self) -> float:
        """Maintenance margin requirement."""
        return max(self._shocks, self.mr6, self.mr7) + self.mr9

    def imr(self, factor: float = 1.3) -> float:
        """Return the initial margin requirement."""
        return factor * self.mmr

    @property
    def _shocks(self):
        return self.mr1 + self.mr2 + self.mr3 + self.mr4 + self.mr5


def okx_worst(pnl: Mapping[float, float]) -> tuple[float, float | None]:
    """Return the greatest loss, 0 or more, and the move that makes it, None if nothing is lost.

    Parameters
    ----------
    pnl : mapping of float to float
        P&L by relative move of the spot, quote currency.
    """
    if not isinstance(pnl, Mapping) or not pnl:
        raise InputError("pnl", pnl, "give P&L by move, such as {0.04: -388.1, -0.04: 388.1}")
    values = {number("move", m, "give a relative move"): number(f"P&L at {m}", p, "give it") for m, p in pnl.items()}
    move = min(values, key=values.get)
    return (-values[move], move) if values[move] < 0.0 else (0.0, None)


def okx_minimum_charge(delta, rate, tiers=((np.inf, 1.0),)) -> float:
    """Return the minimum charge: a rate of the delta's worth times the multiplier of the tier that it is in.

    Parameters
    ----------
    delta : float
        Quote currency.
    rate : float
        Share of it, 0 or more.
    tiers : sequence of (upper end, multiplier)
        Of the raw charge; an upper end belongs to its tier.
    """
    raw = abs(number("delta", delta, "give it in quote currency")) * number("rate", rate, "give a share", least=0.0)
    for end, multiplier in tiers:
        if raw <= end:
            return raw * multiplier
    raise InputError("raw charge", raw, f"the tiers end at {tiers[-1][0]:g}; let the last end at infinity")


@dataclass(frozen=True)
class OkxAccount:
    """Requirements of an account, quote currency."""

    derivatives: float
    maintenance: float
    initial: float


def okx_account(units, *, liability=0.0, borrow_mmr=None, borrow_imr=None, rates=(0.02, 0.10)) -> OkxAccount:
    """Add up the risk units and what borrowing asks for.

    Parameters
    ----------
    units : sequence of (float, float)
        MMR and IMR of each.
    liability : float
        What is borrowed, quote currency.
    borrow_mmr, borrow_imr : float, optional
        What borrowing asks for; without them the `rates` of the liability, which are those of a sample.
    """
    units = np.asarray([*units] or [(0.0, 0.0)], dtype=float).reshape(-1, 2)
    numbers("units", units, "give MMR and IMR of each unit, 0 or more", least=0.0)
    number("liability", liability, "give an amount of 0 or more", least=0.0)
    pairs = zip((borrow_mmr, borrow_imr), rates, strict=True)
    borrowed = [rate * liability if given is None else given for given, rate in pairs]
    for name, value in zip(("borrow_mmr", "borrow_imr"), borrowed, strict=True):
        number(name, value, "give an amount of 0 or more", least=0.0)
    mmr, imr = units.sum(axis=0)
    return OkxAccount(float(mmr), float(mmr + borrowed[0]), float(imr + borrowed[1]))


@dataclass(frozen=True)
class OkxPortfolio(Charged):
    """Charge a book unit by unit.

    Parameters
    ----------
    tiers : mapping of str to OkxTier
        By underlying; "*" for every other.
    minimum_tiers : sequence of (float, float)
        See `okx_minimum_charge`.
    extreme_share : float
        Of the loss in the extreme move, in [0, 1].
    initial_factor : float
        Initial over maintenance margin, 1 or more.
    vol_range : float
        Relative shock of volatility, up and down, in the spot shocks; 0 leaves it unchanged.
    name, certainty, note : str
        For the report.
    """

    tiers: Mapping[str, OkxTier]
    minimum_tiers: tuple = ((np.inf, 1.0),)
    extreme_share: float = 0.5
    initial_factor: float = 1.3
    vol_range: float = 0.0
    name: str = "OKX portfolio margin"
    certainty: str = "partial"
    note: str = ""

    def __post_init__(self):
        check_markets("tiers", self.tiers, OkxTier)
        number("extreme_share", self.extreme_share, "give a share from 0 to 1", least=0.0, most=1.0)
        number("initial_factor", self.initial_factor, "give initial over maintenance, 1 or more", least=1.0)
        number("vol_range", self.vol_range, "give a relative change of volatility, 0 or more", least=0.0)
        object.__setattr__(self, "minimum_tiers", tuple(tuple(tier) for tier in self.minimum_tiers))

    @classmethod
    def published(cls, edition: str | None = None, **overrides) -> "OkxPortfolio":
        """Build the rule from its card; `overrides` are fields of this class."""
        card = card_of("okx", edition)
        own = {name: OkxTier(**values) for name, values in card.values["tiers"].items()}
        tiers = {coin: own[tier] for coin, tier in card.values["members"].items()} | {OTHERS: own["others"]}
        whole = {name: card.values[name] for name in ("minimum_tiers", "extreme_share", "initial_factor")}
        words = {"name": card.title, "certainty": card.certainty, "note": card.note}
        return cls(**{"tiers": tiers, **whole, **words, **overrides})

    def unit(self, book, market) -> OkxRiskUnit:
        """Return the risk lines of a book of one underlying."""
        if len(book.underlyings) != 1:
            raise InputError("book", ", ".join(book.underlyings), "a risk unit is of one underlying; ask for each")
        return _unit_of(self._lines(book, market)[0])

    def charges(self, book, market) -> Charges:
        """Return the lines that set the margin, by leg."""
        parts, binding, tables = {}, [], []
        for name in book.underlyings:
            places = [i for i, p in enumerate(book) if p.instrument.underlying == name]
            own = legs_of(book, places)
            lines, found, table = self._lines(own, market)
            what = _unit_of(lines).binding
            counted = {
                "shocks": {"worst scenario": "mr1", "theta of a day": "mr2", "basis": "mr4"},
                "extreme move": {"extreme move": "mr6"},
                "minimum charge": {"minimum charge": "mr7"},
            }[what]
            for label, line in counted.items():
                add_to(parts, label, places, np.outer([self.initial_factor, 1.0], lines[line]), len(book))
            label = f"{name}: " if len(book.underlyings) > 1 else ""
            shown = found["mr6" if what == "extreme move" else "mr1"]
            binding += [label + shown] if shown else []
            tables.append(table.assign(underlying=name) if label else table)
        return Charges(parts, "; ".join(binding) or None, pd.concat(tables, ignore_index=True))

    def _lines(self, book, market):
        """Return the amounts of every line by leg, the names of the worst states, and the table of shocks."""
        tier = of_market(self.tiers, (book.underlyings[0],), "underlying")
        sets = _sets(tier, self.vol_range)
        cubes = {name: pnl_cube(book, market, scenarios) for name, scenarios in sets.items()}
        found = {name: worst(cube) for name, cube in cubes.items()}
        lines = {name: contributions(cube, found[name]) for name, cube in cubes.items()}
        lines["mr6"] = self.extreme_share * lines["mr6"]
        delta = position_greeks(book, market)["delta"] * market.spot(book.underlyings[0])
        lines["mr4"], expiries = np.zeros(len(book)), [getattr(p.instrument, "expiry", None) for p in book]
        for expiry in dict.fromkeys(expiries):
            mine = np.array([each == expiry for each in expiries])
            years = 0.0 if expiry is None else market.tau(expiry)
            lines["mr4"][mine] = towards_net(delta[mine]) * max(tier.basis_floor, tier.annualised_move_risk * years)
        whole = float(delta.sum())
        charge = okx_minimum_charge(whole, tier.minimum_rate, self.minimum_tiers)
        lines["mr7"] = towards_net(delta) * (charge / abs(whole) if whole else 0.0)
        table = cubes["mr1"].scenarios.table.assign(pnl=cubes["mr1"].total(), loss=-cubes["mr1"].total())
        return lines, {name: each.name for name, each in found.items()}, table


def _unit_of(lines) -> OkxRiskUnit:
    return OkxRiskUnit(**{name: max(float(amounts.sum()), 0.0) for name, amounts in lines.items()})


@lru_cache(maxsize=64)
def _sets(tier, vol_range) -> dict:
    """Return the scenarios of the lines that need any; making them takes longer than pricing."""
    moves = sorted({0.0, *tier.moves, *(-move for move in tier.moves)})
    vols = ("down", "none", "up") if vol_range else ("none",)
    return {
        "mr1": grid(moves, vols, vol_rule=VolRule(vol_range, vol_range)),
        "mr2": grid([0.0], days=1.0),
        "mr6": grid([-tier.extreme, tier.extreme]),
    }
