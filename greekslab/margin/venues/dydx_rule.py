"""dYdX v4 as a rule over a book of linear perpetuals; `dydx` has the formulas.

Sizes and prices of the book are counted to ten and nine decimals, and everything after that in whole numbers. The USDC
balance of the chain is cash less what the positions were entered at, so that net collateral is the account's equity.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from fractions import Fraction

from greekslab.book.legs import mark_price
from greekslab.book.positions import Book
from greekslab.errors import InputError
from greekslab.margin.account import as_account
from greekslab.margin.report import MarginReport
from greekslab.margin.venues.cards import card as card_of
from greekslab.margin.venues.dydx import (
    MILLION,
    QUOTE_DECIMALS,
    DydxMarket,
    DydxRisk,
    DydxTier,
    dydx_account_risk,
    dydx_bankruptcy_price,
    dydx_fillable_price,
)
from greekslab.margin.venues.perpetual_books import (
    OTHERS,
    checked_book,
    checked_numbers,
    checked_terms,
    net_sizes,
    over_legs,
    profits,
    read_terms,
    report,
    requirement,
    terms_of,
    whole,
)
from greekslab.market.market import Market

# of sizes and prices; on chain every market has its own, -10 and -5 for BTC
ATOMIC_RESOLUTION, PRICE_EXPONENT = -10, -9


@dataclass(frozen=True)
class DydxV4:
    """Margin an account of linear perpetuals as dYdX v4 does, to the quantum.

    Parameters
    ----------
    tiers : mapping of str to DydxTier
        By underlying; "*" stands for every other.
    bankruptcy_adjustment_ppm, spread_to_maintenance_ppm : int
        Of the fillable price.
    open_interest : mapping of str to float
        Of each market, coins; 0 where not given.
    own_initial : mapping of str to float
        Initial share that the trader chose for an underlying (1 / leverage), in (0, 1]; the tier's where it is larger.
    name, certainty, note : str
        For the report.
    """

    tiers: Mapping[str, DydxTier]
    bankruptcy_adjustment_ppm: int
    spread_to_maintenance_ppm: int
    open_interest: Mapping[str, float] = field(default_factory=dict)
    own_initial: Mapping[str, float] = field(default_factory=dict)
    name: str = "dYdX v4"
    certainty: str = "exact"
    note: str = ""

    def __post_init__(self):
        checked_terms("tiers", self.tiers, DydxTier)
        for name in ("bankruptcy_adjustment_ppm", "spread_to_maintenance_ppm"):
            whole(name, getattr(self, name), 0)
        checked_numbers("open_interest", self.open_interest, "give coins, 0 or more", least=0.0)
        checked_numbers("own_initial", self.own_initial, "give a share in (0, 1]", above=0.0, most=1.0)

    @classmethod
    def published(cls, edition: str | None = None, **overrides) -> "DydxV4":
        """Build the rule from its card; overrides are its parameters, or numbers of `DydxTier` for all tiers."""
        card = card_of("dydx_v4", edition)
        own = {f.name: overrides.pop(f.name) for f in fields(DydxTier) if f.name in overrides}
        values = {k: v for k, v in card.values.items() if k not in ("tiers", "markets")}
        known = [f.name for f in fields(cls)]
        if unknown := [name for name in overrides if name not in known]:
            remedy = f"choose one of {', '.join([*known, *(f.name for f in fields(DydxTier))])}"
            raise InputError(f"parameter of dydx_v4 {card.edition}", unknown[0], remedy)
        named = read_terms(card, card.values["tiers"], DydxTier, own)
        tiers = {underlying: named[tier] for underlying, tier in card.values["markets"].items()}
        words = {"name": card.title, "certainty": card.certainty, "note": card.note}
        return cls(**{"tiers": tiers, **values, **words, **overrides})

    def margin(self, account, market: Market) -> MarginReport:
        """Report the requirement of an `Account` or a `Book`; it is liquidated when its health falls below 1."""
        account = as_account(account)
        book = checked_book(account, "dYdX")
        equity = self.risk(account, market).net_collateral / MILLION
        return report(self, book, equity, lambda legs: self._parts(legs, market))

    def requirement(self, book: Book, market: Market) -> tuple[float, float]:
        """Return the initial and maintenance requirement alone, USDC."""
        return requirement(self._parts(checked_book(as_account(book), "dYdX"), market))

    def risk(self, account, market: Market) -> DydxRisk:
        """Return the risk of an account, quote quantums."""
        account = as_account(account)
        book = checked_book(account, "dYdX")
        positions = self._positions(book, market)
        worth = sum(m.notional(size) for m, size in positions.values())
        equity = round(Fraction(account.cash + sum(profits(book, market).values())) * MILLION)
        return dydx_account_risk(equity - worth, positions.values())

    def liquidation_prices(self, account, market: Market, underlying: str) -> tuple[float, float]:
        """Return the bankruptcy and the fillable price of the whole position in an underlying, USDC per coin."""
        account = as_account(account)
        m, size = self._positions(checked_book(account, "dYdX"), market).get(underlying, (None, 0))
        if not size:
            raise InputError("underlying", underlying, "the account has no position in it")
        total = self.risk(account, market)
        fillable = dydx_fillable_price(
            total, m, size, adjustment_ppm=self.bankruptcy_adjustment_ppm, spread_ppm=self.spread_to_maintenance_ppm
        )
        unit = Fraction(10) ** (-m.atomic_resolution - QUOTE_DECIMALS)
        return float(Fraction(dydx_bankruptcy_price(total, m, size, -size), size) * unit), float(fillable * unit)

    def _positions(self, book, market) -> dict[str, tuple[DydxMarket, int]]:
        """Return market and base quantums of every underlying."""
        sizes = {p.instrument.underlying: p.instrument for p in book}
        net, found = net_sizes(book), {}
        for underlying, instrument in sizes.items():
            interest = Fraction(self.open_interest.get(underlying, 0.0))
            found[underlying] = (
                DydxMarket(
                    tier=terms_of(self.tiers, underlying, self.name),
                    price=round(Fraction(mark_price(instrument, market)) * 10**-PRICE_EXPONENT),
                    price_exponent=PRICE_EXPONENT,
                    atomic_resolution=ATOMIC_RESOLUTION,
                    open_interest=round(interest * 10**-ATOMIC_RESOLUTION),
                    own_ppm=round(self.own_initial.get(underlying, self.own_initial.get(OTHERS, 0.0)) * MILLION),
                ),
                round(Fraction(net[underlying]) * 10**-ATOMIC_RESOLUTION),
            )
        return found

    def _parts(self, book, market):
        parts = {}
        for underlying, (m, size) in self._positions(book, market).items():
            risk = m.risk(size)
            amounts = {underlying: (risk.initial / MILLION, risk.maintenance / MILLION)}
            parts[f"{underlying} perpetual"] = over_legs(book, amounts)
        return parts
