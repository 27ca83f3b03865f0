"""Drift v2 as a rule over an account of linear perpetuals and coins; `drift` has the formulas.

Initial requirement := equity less free collateral by initial weights, maintenance := equity less free collateral by
maintenance weights, so that the report's excess is the venue's free collateral, and an account is liquidated when the
report's ``health`` falls below 1. Cash is USDC at the market's ``stable_price``; coins, of the book or posted, are
deposits, or borrows below 0, and count by the venue's weights, not by the account's haircuts. Equity is in dollars at
oracle prices, without open orders.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from fractions import Fraction

import numpy as np

from greekslab.book.instruments import Perpetual, Spot
from greekslab.book.legs import mark_price
from greekslab.book.positions import Book
from greekslab.errors import InputError
from greekslab.inputs import checked_type, number
from greekslab.margin.account import as_account
from greekslab.margin.report import MarginReport
from greekslab.margin.venues.cards import card as card_of
from greekslab.margin.venues.drift import (
    PRICE,
    QUOTE,
    SIZE,
    WEIGHT,
    DriftMargin,
    DriftPerpetual,
    DriftPosition,
    DriftPrice,
    drift_perpetual_margin,
)
from greekslab.margin.venues.drift_coins import DRIFT_DOLLARS, DriftCoin, drift_coin_margin
from greekslab.margin.venues.perpetual_books import (
    checked_book,
    checked_numbers,
    checked_terms,
    net_sizes,
    over_legs,
    profits,
    read_terms,
    report,
    terms_of,
    whole,
)
from greekslab.market.market import Market

_KINDS = ("initial", "maintenance")
_DOLLARS = "USDC"


def _units(amount, scale) -> int:
    return round(Fraction(amount) * scale)


@dataclass(frozen=True)
class DriftV2:
    """Margin an account of linear perpetuals and coins as Drift v2 does, to a millionth of a dollar.

    Parameters
    ----------
    perpetuals : mapping of str to DriftPerpetual
        By underlying; "*" stands for every other.
    coins : mapping of str to DriftCoin
        By coin; "*" stands for every other. The rule counts all coins to nine decimals.
    positive_profit_cap, order_charge : int
        Profit that counts at most to open positions; requirement of each open order; 1e-6 dollars.
    own_ratio : float
        Margin ratio that the trader set, 1 / leverage; 0 for none.
    averages : mapping of str to float
        Five-minute average prices by underlying, and of "USDC": with them pricing is strict, as it is for withdrawals.
    orders : mapping of str to (float, float, int)
        Open bids and asks of perpetuals by underlying, coins of 0 or more, and the number of orders.
    name, certainty, note : str
        For the report.
    """

    perpetuals: Mapping[str, DriftPerpetual]
    coins: Mapping[str, DriftCoin]
    positive_profit_cap: int
    order_charge: int
    own_ratio: float = 0.0
    averages: Mapping[str, float] = field(default_factory=dict)
    orders: Mapping[str, tuple] = field(default_factory=dict)
    name: str = "Drift v2"
    certainty: str = "exact"
    note: str = ""

    def __post_init__(self):
        checked_terms("perpetuals", self.perpetuals, DriftPerpetual)
        checked_terms("coins", self.coins, DriftCoin)
        for name in ("positive_profit_cap", "order_charge"):
            whole(name, getattr(self, name), 0)
        number("own_ratio", self.own_ratio, "give 1 / leverage, from 0 (none) to 1", least=0.0, most=1.0)
        checked_numbers("averages", self.averages, "give a finite price above 0", above=0.0)
        checked_type("orders", self.orders, Mapping, 'give {"BTC": (bids, asks, number of orders)}')
        for name, orders in self.orders.items():
            if not isinstance(orders, (tuple, list)) or len(orders) != 3:
                raise InputError(f"orders of {name}", orders, "give (bids, asks, number of orders)")
            bids, asks, count = orders
            number(f"orders, bids of {name}", bids, "give coins, 0 or more", least=0.0)
            number(f"orders, asks of {name}", asks, "give coins, 0 or more", least=0.0)
            whole(f"orders, number of {name}", count, 0)

    @classmethod
    def published(cls, edition: str | None = None, **overrides) -> "DriftV2":
        """Build the rule from its card; overrides are its parameters, or terms for all perpetuals or all coins."""
        card = card_of("drift_v2", edition)
        found = {name: card.values[name] for name in ("positive_profit_cap", "order_charge")}
        found |= {"name": card.title, "certainty": card.certainty, "note": card.note}
        own = {k: v for k, v in overrides.items() if k not in [f.name for f in fields(cls)]}
        known = {f.name for kind in (DriftPerpetual, DriftCoin) for f in fields(kind)}
        if unknown := set(own) - known:
            names = ", ".join([*(f.name for f in fields(cls)), *sorted(known)])
            raise InputError(f"parameter of drift_v2 {card.edition}", sorted(unknown)[0], f"choose one of {names}")
        for what, kind in (("perpetuals", DriftPerpetual), ("coins", DriftCoin)):
            mine = {f.name: own[f.name] for f in fields(kind) if f.name in own}
            found[what] = read_terms(card, card.values[what], kind, mine)
        return cls(**{**found, **{k: v for k, v in overrides.items() if k not in own}})

    def margin(self, account, market: Market) -> MarginReport:
        """Report the requirement of an `Account` or a `Book`."""
        account = as_account(account)
        book = self._book(account)
        equity = market.stable_price * (account.cash + sum(profits(book, market).values()))
        equity += sum(size * market.spot(u) for u, size in net_sizes(book, Spot).items())
        return report(self, book, equity, lambda legs: self._parts(legs, account.cash, market))

    def requirement(self, account, market: Market) -> tuple[float, float]:
        """Return the initial and maintenance requirement of an `Account` or a `Book`, dollars."""
        account = as_account(account)
        parts = self._parts(self._book(account), account.cash, market)
        return tuple(float(x) for x in sum(parts.values()).sum(axis=1))

    def collateral(self, account, market: Market, kind: str = "initial") -> DriftMargin:
        """Return total collateral and margin requirement of an account, 1e-6 dollars."""
        account = as_account(account)
        book = self._book(account)
        margins = [*self._perpetuals(book, market, kind).values(), *self._coins(book, market, kind).values()]
        return sum(margins, self._cash(account.cash, market, kind))

    def slack(self, account, market: Market) -> float:
        """Return free collateral for maintenance: equity less requirement, below 0 in liquidation, dollars."""
        return self.collateral(account, market, "maintenance").free / QUOTE

    # --- the rule ----------------------------------------------------------------------------------------------

    def _book(self, account) -> Book:
        book = checked_book(account, "Drift", (Perpetual, Spot), collateral=True)
        for p in book:
            if isinstance(p.instrument, Spot) and p.instrument.underlying == _DOLLARS:
                raise InputError("coin", _DOLLARS, "it is what profits are paid in; give it as cash")
        return book

    def _price(self, name, oracle) -> DriftPrice:
        average = self.averages.get(name)
        return DriftPrice(_units(oracle, PRICE), None if average is None else _units(average, PRICE))

    def _own(self) -> int:
        return _units(self.own_ratio, WEIGHT)

    def _cash(self, cash, market, kind) -> DriftMargin:
        price = self._price(_DOLLARS, market.stable_price)
        return drift_coin_margin(_units(cash, QUOTE), DRIFT_DOLLARS, price, kind)

    def _perpetuals(self, book, market, kind) -> dict[str, DriftMargin]:
        gains, found = profits(book, market), {}
        quote_price = self._price(_DOLLARS, market.stable_price)
        for underlying, size in net_sizes(book).items():
            price, base = _units(mark_price(Perpetual(underlying), market), PRICE), _units(size, SIZE)
            bids, asks, count = self.orders.get(underlying, (0.0, 0.0, 0))
            unpaid = DriftPosition(base).pnl(price)
            position = DriftPosition(
                base, _units(gains[underlying], QUOTE) - unpaid, _units(bids, SIZE), -_units(asks, SIZE), count
            )
            found[underlying] = drift_perpetual_margin(
                position, terms_of(self.perpetuals, underlying, self.name), price, kind,
                quote_price=quote_price, own_ratio=self._own(),
                positive_profit_cap=self.positive_profit_cap, order_charge=self.order_charge,
            )  # fmt: skip
        return found

    def _coins(self, book, market, kind) -> dict[str, DriftMargin]:
        found = {}
        for coin, size in net_sizes(book, Spot).items():
            terms = terms_of(self.coins, coin, self.name)
            amount = _units(size, 10**terms.decimals)
            price = self._price(coin, market.spot(coin))
            found[coin] = drift_coin_margin(amount, terms, price, kind, own_ratio=self._own())
        return found

    def _parts(self, book, cash, market):
        """Return what each position is worth less the free collateral that it gives, by part and leg."""
        parts, gains = {}, profits(book, market)
        for coin, size in net_sizes(book, Spot).items():
            free = (self._coins(book, market, kind)[coin].free / QUOTE for kind in _KINDS)
            amounts = tuple(size * market.spot(coin) - x for x in free)
            parts[f"{coin} weights"] = over_legs(book, {coin: amounts}, Spot)
        by_kind = [self._perpetuals(book, market, kind) for kind in _KINDS]
        for underlying, gain in gains.items():
            worth = gain * market.stable_price
            margins = [found[underlying] for found in by_kind]
            charged = tuple(m.requirement / QUOTE for m in margins)
            parts[f"{underlying} perpetual"] = over_legs(book, {underlying: charged})
            uncounted = tuple(worth - m.collateral / QUOTE for m in margins)
            if any(abs(x) > 1.0 / QUOTE for x in uncounted):
                parts[f"{underlying} profit not counted"] = over_legs(book, {underlying: uncounted})
        lost = [cash * market.stable_price - self._cash(cash, market, kind).free / QUOTE for kind in _KINDS]
        if any(abs(x) > 1.0 / QUOTE for x in lost):
            parts["strict price of cash"] = np.outer(lost, np.full(len(book), 1.0 / len(book)))
        return parts
