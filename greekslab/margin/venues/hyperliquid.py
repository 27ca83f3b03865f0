r"""Hyperliquid: cross margin of perpetuals by leverage tiers, and its liquidation price.

A position of notional N at the mark, opened at a leverage L of at most the tier's :math:`L_n`, needs

.. math::

    \text{initial} = \frac NL, \qquad \text{maintenance} = l_n N - d_n, \quad l_n = \frac{1}{2 L_n}, \qquad
    d_n = d_{n-1} + b_n (l_n - l_{n-1}), \; d_0 = 0,

the deduction d keeping it continuous at the tiers' lower bounds b. Liquidation comes when the account's value falls
below the sum of maintenance margins: for a position of side s (1 or -1) at the price P,

.. math:: P^* = P - s\,\frac{\text{value} - \text{maintenance}}{|q|\,(1 - s\,l)},

l being that of the tier at :math:`P^*`, and all other prices unchanged.

Sources: Hyperliquid documentation (hyperliquid.gitbook.io), Margin tiers, Margining, Liquidations;
hyperliquid-dex/ts-examples @ 1ba2704b (2025-02), examples/LiquidationPx.tsx. Left out: isolated positions (one
position and its margin as an account are the same), portfolio margin, which is not released, and open orders.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, fields

from greekslab.book.instruments import Perpetual
from greekslab.book.legs import mark_price
from greekslab.book.positions import Book
from greekslab.errors import InputError
from greekslab.inputs import checked_type, number
from greekslab.margin.account import as_account
from greekslab.margin.report import MarginReport
from greekslab.margin.venues.cards import card as card_of
from greekslab.margin.venues.perpetual_books import (
    OTHERS,
    checked_book,
    checked_numbers,
    checked_terms,
    net_sizes,
    over_legs,
    report,
    requirement,
    terms_of,
)
from greekslab.market.market import Market


def hyperliquid_maintenance_rate(max_leverage: float) -> float:
    """Return the maintenance margin as a share of the notional: half of the initial margin at the largest leverage.

    Examples
    --------
    >>> hyperliquid_maintenance_rate(40)
    0.0125
    """
    return 1.0 / (2.0 * number("max_leverage", max_leverage, "give a leverage of 1 or more", least=1.0))


@dataclass(frozen=True)
class HyperliquidTiers:
    """Margin tiers of a coin: (lower bound of the notional in dollars, largest leverage), from 0 upwards."""

    tiers: tuple[tuple[float, float], ...]

    def __post_init__(self):
        remedy = "give (lower bound, largest leverage) pairs, such as [(0, 40), (150e6, 20)]"
        if not isinstance(self.tiers, (list, tuple)) or not self.tiers:
            raise InputError("tiers", self.tiers, remedy)
        for pair in self.tiers:
            if not isinstance(pair, (list, tuple)) or len(pair) != 2:
                raise InputError("tiers", pair, remedy)
        tiers = tuple(
            (number("lower bound", b, remedy, least=0.0), number("leverage", lev, remedy)) for b, lev in self.tiers
        )
        rates = [hyperliquid_maintenance_rate(lev) for _, lev in tiers]
        bounds = [b for b, _ in tiers]
        if bounds[0] != 0.0 or any(a >= b for a, b in zip(bounds, bounds[1:], strict=False)):
            raise InputError("tiers", bounds, "lower bounds begin at 0 and rise")
        if any(a > b for a, b in zip(rates, rates[1:], strict=False)):
            raise InputError("tiers", [lev for _, lev in tiers], "the leverage falls from tier to tier")
        object.__setattr__(self, "tiers", tiers)

    @property
    def lines(self) -> list[tuple[float, float, float]]:
        """Lower bound, maintenance rate and deduction of every tier."""
        found, deduction, before = [], 0.0, 0.0
        for bound, leverage in self.tiers:
            rate = hyperliquid_maintenance_rate(leverage)
            deduction += bound * (rate - before)
            before = rate
            found.append((bound, rate, deduction))
        return found

    def max_leverage(self, notional: float) -> float:
        """Return the largest leverage of a position of a notional, dollars."""
        notional = number("notional", notional, "give dollars, 0 or more", least=0.0)
        return [leverage for bound, leverage in self.tiers if bound <= notional][-1]

    def maintenance(self, notional: float) -> float:
        """Return the maintenance margin of a position, dollars."""
        notional = number("notional", notional, "give dollars, 0 or more", least=0.0)
        _, rate, deduction = [line for line in self.lines if line[0] <= notional][-1]
        return rate * notional - deduction


def hyperliquid_liquidation_price(
    tiers: HyperliquidTiers, *, price: float, size: float, value: float, other_maintenance: float = 0.0
) -> float | None:
    """Return the price of one position at which its account is liquidated.

    Parameters
    ----------
    tiers : HyperliquidTiers
    price, size : float
        Mark price and signed coins.
    value : float
        Value of the account at the mark, dollars: all of it for cross margin, the position's margin with its profit for
        an isolated position.
    other_maintenance : float
        Maintenance margin of the other positions of the account; 0 for an isolated position.

    Returns
    -------
    float or None
        None where no price above 0 does.
    """
    checked_type("tiers", tiers, HyperliquidTiers, "give HyperliquidTiers([(0, 40), (150e6, 20)])")
    number("price", price, "give a price above 0", above=0.0)
    number("value", value, "give the value of the account, dollars")
    number("other_maintenance", other_maintenance, "give dollars, 0 or more", least=0.0)
    if number("size", size, "give signed coins") == 0.0:
        return None
    side, upper = (1.0 if size > 0.0 else -1.0), [b for b, _, _ in tiers.lines[1:]] + [float("inf")]
    for (lower, rate, deduction), end in zip(tiers.lines, upper, strict=True):
        spare = value - other_maintenance - (rate * abs(size) * price - deduction)
        found = price - side * spare / abs(size) / (1.0 - side * rate)
        if (lower <= found * abs(size) < end) or (end == upper[0] and found <= 0.0):
            return found if found > 0.0 else None
    return None


@dataclass(frozen=True)
class Hyperliquid:
    """Margin an account of linear perpetuals as Hyperliquid's cross margin does.

    Parameters
    ----------
    tiers : mapping of str to HyperliquidTiers
        By underlying; "*" stands for every other.
    transfer_share : float
        Of the notional, that must stay with the account when profit is taken out, in [0, 1].
    backstop_share : float
        Of the maintenance margin, below which the backstop takes the account over, in [0, 1].
    partial_above, partial_share : float
        Dollars above which a position is liquidated in part first, and that part.
    leverage : mapping of str to float
        Leverage that the trader chose by underlying ("*": every other), 1 or more; the largest of the tier where not
        given, and never above it.
    name, certainty, note : str
        For the report.
    """

    tiers: Mapping[str, HyperliquidTiers]
    transfer_share: float = 0.1
    backstop_share: float = 2.0 / 3.0
    partial_above: float = 1e5
    partial_share: float = 0.2
    leverage: Mapping[str, float] = field(default_factory=dict)
    name: str = "Hyperliquid"
    certainty: str = "documented"
    note: str = ""

    def __post_init__(self):
        checked_terms("tiers", self.tiers, HyperliquidTiers)
        for name in ("transfer_share", "backstop_share", "partial_share"):
            number(name, getattr(self, name), "give a share from 0 to 1", least=0.0, most=1.0)
        number("partial_above", self.partial_above, "give dollars, 0 or more", least=0.0)
        checked_numbers("leverage", self.leverage, "give a leverage of 1 or more", least=1.0)

    @classmethod
    def published(cls, edition: str | None = None, **overrides) -> "Hyperliquid":
        """Build the rule from its card; overrides are its parameters."""
        card = card_of("hyperliquid", edition)
        values = {**card.values, "name": card.title, "certainty": card.certainty, "note": card.note, **overrides}
        if unknown := [name for name in values if name not in [f.name for f in fields(cls)]]:
            remedy = f"choose one of {', '.join(f.name for f in fields(cls))}"
            raise InputError(f"parameter of hyperliquid {card.edition}", unknown[0], remedy)
        if "tiers" not in overrides:
            values["tiers"] = {u: HyperliquidTiers(tiers) for u, tiers in card.values["tiers"].items()}
        return cls(**values)

    def margin(self, account, market: Market) -> MarginReport:
        """Report the requirement of an `Account` or a `Book`; it is liquidated when its health falls below 1."""
        account = as_account(account)
        book = checked_book(account, self.name)
        return report(self, book, account.equity(market), lambda legs: self._parts(legs, market))

    def requirement(self, book: Book, market: Market) -> tuple[float, float]:
        """Return the initial and maintenance requirement alone, dollars."""
        return requirement(self._parts(checked_book(as_account(book), self.name), market))

    def withdrawable(self, account, market: Market) -> float:
        """Return what may be taken out: what is above the initial margin and above a share of the notional."""
        account = as_account(account)
        notional = sum(n for _, n in self._notionals(checked_book(account, self.name), market).values())
        needed = max(self.requirement(account.book, market)[0], self.transfer_share * notional)
        return max(account.equity(market) - needed, 0.0)

    def state(self, account, market: Market) -> str:
        """Return "safe", "liquidation" (orders close positions) or "backstop" (the liquidator takes them over)."""
        account = as_account(account)
        value, maintenance = account.equity(market), self.requirement(account.book, market)[1]
        if value >= maintenance:
            return "safe"
        return "backstop" if value < self.backstop_share * maintenance else "liquidation"

    def first_order(self, notional: float) -> float:
        """Return the share of a position of a notional that the first liquidation order closes."""
        large = number("notional", notional, "give dollars, 0 or more", least=0.0) > self.partial_above
        return self.partial_share if large else 1.0

    def liquidation_price(self, account, market: Market, underlying: str) -> float | None:
        """Return the price of an underlying at which the account is liquidated, all other prices unchanged."""
        account = as_account(account)
        book = checked_book(account, self.name)
        notionals = self._notionals(book, market)
        if underlying not in notionals:
            raise InputError("underlying", underlying, "the account has no position in it")
        tiers, notional = notionals[underlying]
        return hyperliquid_liquidation_price(
            tiers,
            price=mark_price(Perpetual(underlying), market),
            size=net_sizes(book)[underlying],
            value=account.equity(market),
            other_maintenance=max(self.requirement(book, market)[1] - tiers.maintenance(notional), 0.0),
        )

    def _notionals(self, book, market):
        """Return tiers and notional of every underlying."""
        sizes = net_sizes(book)
        marks = {u: mark_price(Perpetual(u), market) for u in sizes}
        return {u: (terms_of(self.tiers, u, self.name), abs(size) * marks[u]) for u, size in sizes.items()}

    def _parts(self, book, market):
        parts = {}
        for underlying, (tiers, notional) in self._notionals(book, market).items():
            most = tiers.max_leverage(notional)
            chosen = min(self.leverage.get(underlying, self.leverage.get(OTHERS, most)), most)
            amounts = (notional / chosen, tiers.maintenance(notional))
            parts[f"{underlying} perpetual"] = over_legs(book, {underlying: amounts})
        return parts
