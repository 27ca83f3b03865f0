r"""SPAN: the scan of sixteen scenarios, and what is charged and credited around it.

For every commodity

.. math:: \text{risk} = \max\bigl(\text{short-option minimum},\;
          \text{scan} + \text{calendar} + \text{delivery} - \text{credit}\bigr),

the scan being the worst loss of the sixteen (`greekslab.scenarios.span`). A spread across commodities is credited a
share of the futures price risk of the deltas it uses,

.. math:: \text{price risk per delta} = \frac{\text{scan} - \text{time risk} - \text{volatility risk}}{|\Delta|},

where time risk is the mean loss of the first two scenarios, and volatility risk what the worst loses more than the mean
of it and its twin with volatility the other way. A speculator opens with `initial_factor` times the risk.

The exchange asks for :math:`\max(0, \text{risk} - NOV)` beside the options, NOV being their net worth. Here the options
are part of equity, so the requirement is :math:`\max(\text{risk}, NOV)`: the excess is the same.

References
----------
CME SPAN, method and components; L. G. McMillan, Options as a Strategic Investment (risk arrays).
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property, partial

import numpy as np
import pandas as pd

from greekslab.book.instruments import Option
from greekslab.book.revalue import pnl_cube, position_values
from greekslab.errors import InputError
from greekslab.inputs import number
from greekslab.margin.venues.cards import card as card_of
from greekslab.margin.venues.charged import (
    Charged,
    Charges,
    check_markets,
    legs_of,
    of_market,
    one_below_other,
    towards_net,
)  # fmt: skip
from greekslab.margin.venues.span_spreads import (
    CalendarSpread,
    CommoditySpread,
    calendar_charge,
    commodity_credit,
    composite_deltas,
)  # fmt: skip
from greekslab.risk.functionals import contributions, worst
from greekslab.scenarios.venue_sets import span


@dataclass(frozen=True)
class SpanTerms:
    """Numbers of one commodity.

    ``price_range`` a share of the price, ``vol_range`` in volatility; ``extreme`` price ranges and the ``cover`` of
    their loss; ``calendar`` in order of priority; ``delivery_charge`` quote currency per delta that expires within
    ``delivery_days``; ``short_option_minimum`` a share of the spot per short option, counted as the "sum" of short
    calls and puts or the "larger" of the two.
    """

    price_range: float
    vol_range: float
    extreme: float = 3.0
    cover: float = 0.33
    look_ahead_days: float = 1.0
    calendar: tuple[CalendarSpread, ...] = ()
    delivery_charge: float = 0.0
    delivery_days: float = 30.0
    short_option_minimum: float = 0.0
    short_option_count: str = "sum"

    def __post_init__(self):
        for name in ("delivery_charge", "delivery_days", "short_option_minimum", "look_ahead_days"):
            number(name, getattr(self, name), "give a finite number of 0 or more", least=0.0)
        number("cover", self.cover, "give a share in (0, 1]", above=0.0, most=1.0)
        if self.short_option_count not in ("sum", "larger"):
            raise InputError("short_option_count", self.short_option_count, 'say "sum" or "larger"')
        object.__setattr__(self, "calendar", _all(self.calendar, CalendarSpread))
        _ = self.scenarios  # refuses ranges that are none

    @cached_property
    def scenarios(self):
        """The sixteen scenarios."""
        return span(
            price_range=self.price_range, vol_range=self.vol_range, extreme=self.extreme, cover=self.cover,
            days=self.look_ahead_days,
        )  # fmt: skip


@dataclass(frozen=True)
class SpanMargin(Charged):
    """Charge a book as SPAN does, commodity by commodity.

    Parameters
    ----------
    commodities : mapping of str to SpanTerms
        By underlying; "*" for every other.
    credits : tuple of CommoditySpread
        In order of priority.
    initial_factor : float
        Initial over maintenance risk, 1 or more.
    name, certainty, note : str
        For the report.
    """

    commodities: Mapping[str, SpanTerms]
    credits: tuple[CommoditySpread, ...] = ()
    initial_factor: float = 1.1
    name: str = "SPAN"
    certainty: str = "documented"
    note: str = field(default="", repr=False)

    def __post_init__(self):
        check_markets("commodities", self.commodities, SpanTerms)
        object.__setattr__(self, "credits", _all(self.credits, CommoditySpread))
        number("initial_factor", self.initial_factor, "give initial over maintenance, 1 or more", least=1.0)

    @classmethod
    def published(cls, edition: str | None = None, *, credits=(), initial_factor=None, **overrides) -> "SpanMargin":
        """Build the rule from its card; `overrides` are numbers of `SpanTerms`, for all commodities."""
        card = card_of("span", edition)
        values = {**card.values, **overrides}
        factor = values.pop("initial_factor") if initial_factor is None else initial_factor
        values.pop("initial_factor", None)
        known = SpanTerms.__dataclass_fields__
        if unknown := [name for name in values if name not in known]:
            raise InputError(f"parameter of {card.title}", unknown[0], f"choose one of {', '.join(known)}")
        return cls({"*": SpanTerms(**values)}, credits, factor, card.title, card.certainty, card.note)

    def charges(self, book, market) -> Charges:
        """Return the parts of the risk by leg, and what long options are worth beyond it."""
        count, found = len(book), {}
        parts = {label: np.zeros(count) for label in ("worst scenario", "calendar spreads", "delivery")}
        credit, least = np.zeros(count), np.zeros(count)
        for name in book.underlyings:
            places = [i for i, p in enumerate(book) if p.instrument.underlying == name]
            found[name] = each = _Commodity(legs_of(book, places), market, self._terms(name), places)
            parts["worst scenario"][places] = each.scan
            parts["calendar spreads"][places], parts["delivery"][places] = each.spreads()
        given = commodity_credit(
            {name: each.delta.sum() for name, each in found.items()},
            {name: each.price_risk for name, each in found.items()},
            self.credits,
        )
        for name, each in found.items():
            whole = abs(each.delta.sum())
            credit[each.places] = towards_net(each.delta) * given[name] / whole if whole else 0.0
            risk = sum(part[each.places].sum() for part in parts.values()) - credit[each.places].sum()
            least[each.places] = each.minimum_beyond(risk)
        parts |= {"credit across commodities": -credit, "short-option minimum": least}
        factors = [self.initial_factor, 1.0]
        amounts = {label: np.outer(factors, part) for label, part in parts.items()}
        options = np.array([isinstance(p.instrument, Option) for p in book])
        worth = np.where(options, position_values(book, market), 0.0)
        short = [max(worth.sum() - sum(part[row].sum() for part in amounts.values()), 0.0) for row in (0, 1)]
        long = np.maximum(worth, 0.0)
        amounts["options worth more than the risk"] = np.outer(short, long / long.sum() if long.any() else long)
        several = len(found) > 1
        binding = [
            (f"{name}: " if several else "") + each.worst.name for name, each in found.items() if each.worst.name
        ]
        tables = [partial(each.table, name if several else None) for name, each in found.items()]
        return Charges(amounts, "; ".join(binding) or None, one_below_other(tables))

    def figures(self, book, market) -> dict[str, float]:
        """Return the amounts as an exchange prints them, quote currency.

        ``risk`` of all commodities, ``net_option_value``, and the ``maintenance`` and ``initial`` margin beside the
        options: what of the risk their worth does not cover.
        """
        amounts = self.charges(book, market).parts
        amounts = {label: part for label, part in amounts.items() if label != "options worth more than the risk"}
        initial, risk = (float(x) for x in sum(amounts.values()).sum(axis=1))
        options = np.array([isinstance(p.instrument, Option) for p in book])
        worth = float(np.where(options, position_values(book, market), 0.0).sum())
        return {
            "risk": risk, "net_option_value": worth,
            "maintenance": max(risk - worth, 0.0), "initial": max(initial - worth, 0.0),
        }  # fmt: skip

    def _terms(self, name) -> SpanTerms:
        return of_market(self.commodities, (name,), "commodity")


class _Commodity:
    """The legs of one commodity, scanned."""

    def __init__(self, book, market, terms, places):
        self.book, self.market, self.terms, self.places = book, market, terms, places
        self.cube = cube = pnl_cube(book, market, terms.scenarios)
        self.worst, self.losses = worst(cube), -cube.weighted()
        self.scan = contributions(cube, self.worst)
        self.delta = composite_deltas(book, market, terms.price_range)

    def table(self, name) -> pd.DataFrame:
        """Tabulate the scan, with the name of the commodity if there is one."""
        scenarios = self.cube.scenarios.table[["name", "move", "vol", "weight"]]
        table = scenarios.assign(pnl=self.cube.total(), loss=self.losses)
        return table if name is None else table.assign(underlying=name)

    @property
    def price_risk(self) -> float:
        """Weighted futures price risk: quote currency per net delta."""
        row, whole = self.worst.index, abs(self.delta.sum())
        if row is None or not whole:
            return 0.0
        twin = row if row >= 14 else row ^ 1  # scenarios come in pairs, volatility up and down; the extremes are alone
        adjusted, time = (self.losses[row] + self.losses[twin]) / 2.0, self.losses[:2].mean()
        return max(float(adjusted - time), 0.0) / whole

    def spreads(self):
        """Return the calendar and delivery charges by leg."""
        expiries = [getattr(p.instrument, "expiry", None) for p in self.book]
        dates = sorted({e for e in expiries if e is not None})
        tier = np.array([0 if e is None else 1 + dates.index(e) for e in expiries])
        net = {int(t): float(self.delta[tier == t].sum()) for t in np.unique(tier)}
        _, left, by_tier = calendar_charge(net, self.terms.calendar)
        calendar, delivery = np.zeros(len(self.book)), np.zeros(len(self.book))
        for t, whole in net.items():
            mine = tier == t
            share = self.delta[mine] / whole if whole else 0.0
            calendar[mine] = share * by_tier[t]
            if t and self.market.tau(dates[t - 1]) * 365.0 <= self.terms.delivery_days:
                delivery[mine] = share * abs(left[t]) * self.terms.delivery_charge
        return calendar, delivery

    def minimum_beyond(self, risk) -> np.ndarray:
        """Return by leg what the short-option minimum asks for beyond the risk."""
        short = {
            kind: np.array([
                max(-p.quantity, 0.0) if isinstance(p.instrument, Option) and p.instrument.kind == kind else 0.0
                for p in self.book
            ])
            for kind in ("call", "put")
        }  # fmt: skip
        if self.terms.short_option_count == "sum":
            counted = short["call"] + short["put"]
        else:
            counted = max(short.values(), key=np.sum)
        least = counted * self.terms.short_option_minimum * self.market.spot(self.book.underlyings[0])
        beyond = max(float(least.sum()) - risk, 0.0)  # credits may be more than the rest: the risk is not below 0
        share = least / least.sum() if least.any() else np.full(len(self.book), 1.0 / len(self.book))
        return beyond * share


def _all(given, kind) -> tuple:
    given = given if isinstance(given, (tuple, list)) else (given,)
    for each in given:
        if not isinstance(each, kind):
            raise InputError("spread", each, f"give {kind.__name__}(...)")
    return tuple(given)
