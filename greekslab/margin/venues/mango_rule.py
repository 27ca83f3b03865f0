r"""Mango v4 as a rule over an account of tokens and perpetuals; `mango` has the formulas.

Initial requirement := equity less initial health, maintenance := equity less maintenance health, so that the report's
excess is the venue's initial health, and an account is liquidated when the report's ``health`` falls below 1. Equity is
at oracle prices. Cash is the balance of the settle token; coins, of the book or posted, are token balances, below 0 if
borrowed, and count by the venue's weights, not by the account's haircuts; a perpetual's quote amount is what was paid
for it.

What the weights of a token take off is charged to its legs, what those of a perpetual take off to the perpetual. What
the weight of the settle token takes off their sum is shared over all legs by the size of their notional.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, fields

import numpy as np

from greekslab.book.instruments import Perpetual, Spot
from greekslab.book.legs import mark_price
from greekslab.book.positions import Book
from greekslab.errors import InputError
from greekslab.margin.account import as_account
from greekslab.margin.report import MarginReport
from greekslab.margin.venues.cards import card as card_of
from greekslab.margin.venues.mango import (
    MangoHealth,
    MangoPerpetual,
    MangoPosition,
    MangoPrice,
    MangoToken,
    mango_health,
)
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
)
from greekslab.market.market import Market

_KINDS = ("init", "maint")  # of the two columns of a report


@dataclass(frozen=True)
class MangoV4:
    """Margin an account of coins and linear perpetuals by Mango's health.

    Parameters
    ----------
    tokens : mapping of str to MangoToken
        By coin; "*" stands for every other.
    perpetuals : mapping of str to MangoPerpetual
        By underlying; "*" stands for every other.
    settle_token : str
        Token of the cash, in which perpetuals settle.
    stable_prices : mapping of str to float
        The venue's slow price of an underlying or of the settle token, quote currency; that of the market where not
        given.
    name, certainty, note : str
        For the report.
    """

    tokens: Mapping[str, MangoToken]
    perpetuals: Mapping[str, MangoPerpetual]
    settle_token: str = "USDC"
    stable_prices: Mapping[str, float] = field(default_factory=dict)
    name: str = "Mango v4"
    certainty: str = "exact"
    note: str = ""

    def __post_init__(self):
        checked_terms("tokens", self.tokens, MangoToken)
        checked_terms("perpetuals", self.perpetuals, MangoPerpetual)
        checked_numbers("stable_prices", self.stable_prices, "give a finite price above 0", above=0.0)

    @classmethod
    def published(cls, edition: str | None = None, **overrides) -> "MangoV4":
        """Build the rule from its card; overrides are its parameters, or weights for all tokens or all perpetuals."""
        card = card_of("mango_v4", edition)
        found = {"settle_token": card.values["settle_token"]}
        found |= {"name": card.title, "certainty": card.certainty, "note": card.note}
        for what, kind in (("tokens", MangoToken), ("perpetuals", MangoPerpetual)):
            own = {f.name: overrides.pop(f.name) for f in fields(kind) if f.name in overrides}
            found[what] = read_terms(card, card.values[what], kind, own)
        if unknown := [name for name in overrides if name not in [f.name for f in fields(cls)]]:
            known = [f.name for kind in (cls, MangoToken, MangoPerpetual) for f in fields(kind)]
            raise InputError(f"parameter of mango_v4 {card.edition}", unknown[0], f"choose one of {', '.join(known)}")
        return cls(**{**found, **overrides})

    def health(self, account, market: Market, kind: str = "init") -> MangoHealth:
        """Return the health of an account: "init", "maint" or "liquidation_end"."""
        account = as_account(account)
        return self._health(self._book(account), account.cash, market, kind)

    def margin(self, account, market: Market) -> MarginReport:
        """Report the requirement of an `Account` or a `Book`; it is liquidated when its health falls below 1."""
        account = as_account(account)
        book = self._book(account)
        equity = self._cash_price(market).oracle * (account.cash + sum(profits(book, market).values()))
        equity += sum(size * market.spot(u) for u, size in net_sizes(book, Spot).items())
        return report(self, book, equity, lambda legs: self._parts(legs, account.cash, market))

    def requirement(self, account, market: Market) -> tuple[float, float]:
        """Return the initial and maintenance requirement of an `Account` or a `Book`, quote currency."""
        account = as_account(account)
        parts = self._parts(self._book(account), account.cash, market)
        return tuple(float(x) for x in sum(parts.values()).sum(axis=1))

    def slack(self, account, market: Market) -> float:
        """Return maintenance health: equity less maintenance requirement, below 0 in liquidation, quote currency."""
        return self.health(account, market, "maint").health

    # --- the rule ----------------------------------------------------------------------------------------------

    def _book(self, account) -> Book:
        book = checked_book(account, "Mango", (Perpetual, Spot), collateral=True)
        for p in book:
            if isinstance(p.instrument, Spot) and p.instrument.underlying == self.settle_token:
                raise InputError("coin", p.instrument.name, "it is the settle token; give it as cash")
        return book

    def _cash_price(self, market):
        return MangoPrice(market.stable_price, self.stable_prices.get(self.settle_token))

    def _positions(self, book, market) -> dict[str, MangoPosition]:
        """Return the net perpetual position of every underlying."""
        gains, found = profits(book, market), {}
        for underlying, size in net_sizes(book).items():
            oracle = mark_price(Perpetual(underlying), market)
            price = MangoPrice(oracle, self.stable_prices.get(underlying))
            terms = terms_of(self.perpetuals, underlying, self.name)
            quote = gains[underlying] - size * oracle
            found[underlying] = MangoPosition(terms, price, self.settle_token, size, quote)
        return found

    def _coins(self, book, market):
        """Return tokens, prices and balances of the coins held."""
        sizes = net_sizes(book, Spot)
        tokens = {u: terms_of(self.tokens, u, self.name) for u in sizes}
        return tokens, {u: MangoPrice(market.spot(u), self.stable_prices.get(u)) for u in sizes}, sizes

    def _health(self, book, cash, market, kind):
        tokens, prices, balances = self._coins(book, market)
        tokens[self.settle_token] = terms_of(self.tokens, self.settle_token, self.name)
        prices[self.settle_token] = self._cash_price(market)
        balances = {**balances, self.settle_token: cash}
        perpetuals = list(self._positions(book, market).values())
        return mango_health(kind, tokens=tokens, prices=prices, balances=balances, perpetuals=perpetuals)

    def _parts(self, book, cash, market):
        """Return what the weights take off, by part and leg."""
        parts = {}
        tokens, prices, balances = self._coins(book, market)
        for coin, size in balances.items():
            worth = size * prices[coin].oracle
            cut = tuple(worth - tokens[coin].worth(kind, prices[coin], size) for kind in _KINDS)
            parts[f"{coin} weights"] = over_legs(book, {coin: cut}, Spot)
        price, positions = self._cash_price(market), self._positions(book, market)
        gains, settled = profits(book, market), {kind: cash for kind in _KINDS}
        for underlying, position in positions.items():
            counted = {kind: position.profit(kind) for kind in _KINDS}
            cut = tuple((gains[underlying] - counted[kind]) * price.oracle for kind in _KINDS)
            parts[f"{underlying} perpetual weights"] = over_legs(book, {underlying: cut})
            settled = {kind: settled[kind] + counted[kind] for kind in _KINDS}
        terms = terms_of(self.tokens, self.settle_token, self.name)
        cut = [settled[kind] * price.oracle - terms.worth(kind, price, settled[kind]) for kind in _KINDS]
        size = np.abs([p.quantity * mark_price(p.instrument, market) for p in book])
        share = size / size.sum() if size.any() else np.full(len(book), 1.0 / len(book))
        parts[f"{self.settle_token} weights"] = np.outer(cut, share)
        return parts
