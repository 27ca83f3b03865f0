r"""Customer portfolio margin (TIMS): ten price points, offsets within product groups, a minimum per contract.

The options, futures and shares on one underlying are revalued at ten equally spaced prices between the ends of its
class's range, volatility unchanged; among them gains and losses offset in full. In a product group, such as the broad
indices, gains of one underlying count against losses of another in part,

.. math:: \text{requirement} = \sum_{\text{groups}} \max\Bigl(\max_k \sum_u
          \bigl[L_{uk}^+ - \theta\,(-L_{uk})^+\bigr],\; m \sum |q|\Bigr),

with the loss L at point k, the share :math:`\theta` (90 %) and the minimum m per option and future, bought or sold. An
underlying with no group is a group of its own. Initial equals maintenance.

References
----------
Cboe, customer portfolio margin; OCC, Theoretical Intermarket Margin System. Ranges and minimum: see the card's note.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache, partial

import numpy as np
import pandas as pd

from greekslab.book.instruments import Spot
from greekslab.book.revalue import pnl_cube
from greekslab.errors import InputError
from greekslab.inputs import BELOW_ONE, checked_type, number
from greekslab.margin.venues.cards import card as card_of
from greekslab.margin.venues.charged import OTHERS, Charged, Charges, check_markets, of_market, one_below_other
from greekslab.risk.functionals import ROUNDING, TIE
from greekslab.scenarios.sets import ScenarioSet
from greekslab.scenarios.venue_sets import tims


@dataclass(frozen=True)
class TimsClass:
    """Range of one underlying, as positive shares of its price, times ``leverage`` for leveraged funds.

    ``group`` names the product group it offsets in, "" for none.
    """

    up: float
    down: float
    group: str = ""
    leverage: float = 1.0

    def __post_init__(self):
        number("leverage", self.leverage, "give the leverage of the fund, above 0", above=0.0)
        remedy = "give a share of the price, above 0; down times leverage below 1"
        number("up", self.up, remedy, above=0.0)
        number("down", self.down * self.leverage, remedy, above=0.0, most=BELOW_ONE)
        checked_type("group", self.group, str, 'name the product group, or say ""')

    @classmethod
    def published(cls, name: str, edition: str | None = None, **overrides) -> "TimsClass":
        """Build "single_name", "large_index" or "other_index" from the card."""
        classes = card_of("tims", edition).values["classes"]
        if name not in classes:
            raise InputError("class", name, f"choose one of {', '.join(classes)}")
        return cls(**{**classes[name], **overrides})


@dataclass(frozen=True)
class TimsMargin(Charged):
    """Charge every product group its worst point, or the minimum.

    Parameters
    ----------
    classes : mapping of str to TimsClass
        By underlying; "*" for every other.
    minimum : float
        Quote currency per option or future, 0 or more.
    offsets : float or mapping of str to float
        Share of gains that counts against losses of other underlyings of the group, for all groups or by group.
    points : int
        Prices, both ends included.
    name, certainty, note : str
        For the report.
    """

    classes: Mapping[str, TimsClass]
    minimum: float = 0.375
    offsets: float | Mapping[str, float] = 0.90
    points: int = 10
    name: str = "TIMS"
    certainty: str = "partial"
    note: str = ""

    def __post_init__(self):
        check_markets("classes", self.classes, TimsClass)
        number("minimum", self.minimum, "give quote currency per contract, 0 or more", least=0.0)
        each = self.offsets if isinstance(self.offsets, Mapping) else {OTHERS: self.offsets}
        for group, share in each.items():
            number(f"offset of {group}", share, "give a share from 0 to 1", least=0.0, most=1.0)
        object.__setattr__(self, "offsets", dict(each))
        tims(up=0.1, down=0.1, points=self.points)  # refuses a number of points that is none

    @classmethod
    def published(cls, edition: str | None = None, *, classes: Mapping | None = None, **overrides) -> "TimsMargin":
        """Build the rule from its card.

        Parameters
        ----------
        edition : str, optional
            Of the card; without it the newest.
        classes : mapping of str to TimsClass or str
            By underlying: own classes, or the names of those on the card. All others are single names.
        **overrides
            ``minimum``, ``offsets``, ``points``.
        """
        card = card_of("tims", edition)
        given = {OTHERS: "single_name"} | dict(classes or {})
        own = {u: TimsClass.published(c, edition) if isinstance(c, str) else c for u, c in given.items()}
        numbers = {"minimum": card.values["minimum"], "points": card.values["points"]} | overrides
        return cls(own, **numbers, name=card.title, certainty=card.certainty, note=card.note)

    def charges(self, book, market) -> Charges:
        """Return the requirement by leg, group by group."""
        parts, binding, tables = {label: np.zeros(len(book)) for label in ("worst scenario", "minimum")}, [], []
        losses = self._losses(book, market)
        groups = self._groups(book)
        counted = np.array([0.0 if isinstance(p.instrument, Spot) else abs(p.quantity) for p in book]) * self.minimum
        for (group, alone), names in groups.items():
            mine = np.array([p.instrument.underlying in names for p in book])
            weight = self._weights(book, names, losses, group)
            total = (losses * weight * mine).sum(axis=1)
            label = f"{group or alone}: " if len(groups) > 1 else ""
            row = int(np.flatnonzero(total >= total.max() - TIE * abs(total.max()))[0])
            if total.max() > ROUNDING * np.abs(losses[:, mine]).max():
                binding.append(label + self._names(names)[row])
            if total.max() >= counted[mine].sum():
                parts["worst scenario"] += np.where(mine, losses[row] * weight[row], 0.0)
            else:
                parts["minimum"] += np.where(mine, counted, 0.0)
            tables.append(partial(self._table, names, label.removesuffix(": "), -(losses * mine).sum(axis=1), total))
        both = {label: np.tile(part, (2, 1)) for label, part in parts.items()}
        return Charges(both, "; ".join(binding) or None, one_below_other(tables))

    def _table(self, names, label, pnl, loss) -> pd.DataFrame:
        table = pd.DataFrame({"name": self._names(names), "move": self._moves(names[0]), "vol": "none"})
        table = table.assign(weight=1.0, pnl=pnl, loss=loss)
        return table.assign(group=label) if label else table

    def _class(self, underlying) -> TimsClass:
        return of_market(self.classes, (underlying,), "class")

    def _moves(self, underlying) -> np.ndarray:
        each = self._class(underlying)
        return _points(each.up * each.leverage, each.down * each.leverage, self.points)

    def _names(self, underlyings) -> list[str]:
        """Name the points: by the move where one class is alone, by their number where several move together."""
        if len(underlyings) == 1:
            return [f"{100 * move:+.4g} %" for move in self._moves(underlyings[0])]
        return [f"point {k} of {self.points}" for k in range(1, self.points + 1)]

    def _groups(self, book) -> dict[tuple[str, str], list[str]]:
        """Return the underlyings by product group; one without a group stands alone, by its own name."""
        found = {}
        for underlying in book.underlyings:
            group = self._class(underlying).group
            found.setdefault((group, "" if group else underlying), []).append(underlying)
        return found

    def _losses(self, book, market) -> np.ndarray:
        """Return the loss of every leg at its own class's points, shape (points, legs)."""
        return -pnl_cube(book, market, _at_points(tuple((u, tuple(self._moves(u))) for u in book.underlyings))).values

    def _weights(self, book, names, losses, group) -> np.ndarray:
        """Return what share of each leg's loss counts: gains of an underlying in part where the group has others."""
        weight = np.ones_like(losses)
        if len(names) > 1:
            share = self.offsets.get(group, self.offsets.get(OTHERS, 0.0))
            for name in names:
                mine = np.array([p.instrument.underlying == name for p in book])
                gains = losses[:, mine].sum(axis=1) < 0.0
                weight[np.ix_(gains, mine)] = share
        return weight


# A rule asks for its points at every price it looks at; making a set of scenarios takes longer than pricing it.


@lru_cache(maxsize=64)
def _points(up, down, points) -> np.ndarray:
    """Return the moves of one class."""
    moves = tims(up=up, down=down, points=points).moves("")
    moves.flags.writeable = False
    return moves


@lru_cache(maxsize=64)
def _at_points(moves) -> ScenarioSet:
    """Return the points as scenarios, given the moves of every underlying."""
    first = tims(up=0.1, down=0.1, points=len(moves[0][1]))
    return first.edited(first.table.assign(**{f"move_{name}": each for name, each in moves}))
