r"""Opyn's Gamma protocol: vaults of at most one short and one long option, fully or partly collateralised.

For a short amount a struck at :math:`K_s` and a long amount b of the same kind and expiry struck at :math:`K_l`, a
spread before expiry needs

.. math::

    \text{put: } \bigl(a K_s - K_l \min(a, b)\bigr)^+ \text{ of the strike asset}, \qquad
    \text{call: } \max\Bigl(\frac{(K_l - K_s)\,a}{K_l},\; (a - b)^+\Bigr) \text{ of the underlying},

which is the most it can lose. A naked short needs, with the shock :math:`\varphi` and the upper bound u of its time to
expiry, per unit

.. math::

    \text{put: } u \min(K, \varphi S) + (K - \varphi S)^+, \qquad
    \text{call: } u \min\Bigl(1, \frac{K\varphi}{S}\Bigr) + \Bigl(1 - \frac{K\varphi}{S}\Bigr)^+.

Numbers are exact decimals. What must be locked is rounded up to the decimals of the collateral, what may be taken out
is rounded down, as on chain.

References
----------
opynfinance/GammaProtocol @ 841f81d9d05da9d27277b5775edfbb48c4012d2a (2022-08-22), contracts/core/MarginCalculator.sol.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from math import ceil, floor

import numpy as np
import pandas as pd

from greekslab.book.instruments import Option
from greekslab.book.positions import Book
from greekslab.errors import InputError
from greekslab.inputs import checked_type, number
from greekslab.margin.account import as_account
from greekslab.margin.report import MarginReport
from greekslab.margin.venues.cards import card
from greekslab.market.market import Market

DECIMALS = 18  # of the collateral on chain; 6 for USDC


def _exact(thing, value, remedy, **bounds) -> Fraction:
    """Return what is written, exactly: 0.1 is one tenth."""
    number(thing, value, remedy, **bounds)
    if isinstance(value, (bool, np.bool_)):
        raise InputError(thing, value, remedy)
    return Fraction(str(value))


def _checked(kind, **amounts):
    if kind not in ("call", "put"):
        raise InputError("kind", kind, 'say "call" or "put"')
    return [_exact(name, value, "give a finite amount, 0 or more", least=0.0) for name, value in amounts.items()]


def rounded(amount: Fraction, decimals: int = DECIMALS, *, up: bool) -> Decimal:
    """Round an exact amount to the collateral's decimals, up (what is locked) or down (what is handed out)."""
    if not isinstance(decimals, int) or not 0 <= decimals <= 77:
        raise InputError("decimals", decimals, "give the decimals of the collateral, a whole number such as 18")
    scaled = amount * 10**decimals
    # from text: arithmetic on decimals would round to 28 digits, to the nearest
    return Decimal(f"{ceil(scaled) if up else floor(scaled)}e-{decimals}")


def spread_requirement(kind, short_amount, short_strike, long_amount=0, long_strike=0) -> Fraction:
    """Return the most a vault's short and long can lose before expiry.

    Parameters
    ----------
    kind : {"call", "put"}
    short_amount, long_amount : float or Decimal
        Options, 0 or more.
    short_strike, long_strike : float or Decimal
        Quote currency; a long amount needs a strike above 0.

    Returns
    -------
    Fraction
        Strike asset for puts, coins of the underlying for calls; 0 or more.
    """
    a, strike, b, wing = _checked(
        kind, short_amount=short_amount, short_strike=short_strike, long_amount=long_amount, long_strike=long_strike
    )
    if a and not strike:
        raise InputError("short_strike", short_strike, "a short option needs a strike above 0")
    if b and not wing:
        raise InputError("long_strike", long_strike, "a long option needs a strike above 0")
    if kind == "put":
        return max(a * strike - wing * min(a, b), Fraction(0))
    uncovered = max(a - b, Fraction(0))
    return max((wing - strike) * a / wing, uncovered) if b else uncovered


def settled(kind, expiry_spot, short_amount, short_strike, long_amount=0, long_strike=0) -> Fraction:
    """Return what the vault owes after expiry, below 0 where it is owed; units as in `spread_requirement`."""
    price, a, strike, b, wing = _checked(
        kind, expiry_spot=expiry_spot, short_amount=short_amount, short_strike=short_strike,
        long_amount=long_amount, long_strike=long_strike,
    )  # fmt: skip
    side = 1 if kind == "call" else -1
    owed = a * max(side * (price - strike), Fraction(0)) - b * max(side * (price - wing), Fraction(0))
    if kind == "put":
        return owed
    if not price:
        return Fraction(0)  # a call is worth nothing at 0, in any unit
    return owed / price


def excess(requirement: Fraction, collateral, units_per_requirement=1, decimals: int = DECIMALS):
    """Compare a requirement with what is locked.

    Parameters
    ----------
    requirement : Fraction
        From `spread_requirement` or `settled`.
    collateral : float or Decimal
        Locked, units of the collateral.
    units_per_requirement : float or Decimal
        Units of collateral per unit of the requirement, where they are different assets.
    decimals : int
        Of the collateral.

    Returns
    -------
    amount : Decimal
        What is missing, rounded up, or what may be taken out, rounded down.
    is_excess : bool
        Which of the two; nothing missing counts as excess.
    """
    remedy = "give a finite amount, 0 or more"
    gap = _exact("collateral", collateral, remedy, least=0.0) - requirement * _exact(
        "units_per_requirement", units_per_requirement, "give a price above 0", above=0.0
    )
    return rounded(abs(gap), decimals, up=gap < 0), gap >= 0


@dataclass(frozen=True)
class NakedMargin:
    """Margin of a naked short option, and the price at which its vault is auctioned.

    Parameters
    ----------
    spot_shock : float
        Share of the spot to which it is taken to fall (calls: from which it is taken to have risen), in (0, 1].
    upper_bounds : mapping of int to float
        By days to expiry: value of the option at the shocked spot, as a share of its greatest value.
    deviation : float
        Share of the spot by which the auction starts below the option's payoff, 0 or more.
    auction_seconds : float
        Length of the auction.
    """

    spot_shock: float
    upper_bounds: Mapping
    deviation: float = 0.05
    auction_seconds: float = 3600.0

    def __post_init__(self):
        number("spot_shock", self.spot_shock, "give a share of the spot in (0, 1]", above=0.0, most=1.0)
        number("deviation", self.deviation, "give a share of the spot, 0 or more", least=0.0)
        number("auction_seconds", self.auction_seconds, "give seconds above 0", above=0.0)
        if not isinstance(self.upper_bounds, Mapping) or not self.upper_bounds:
            raise InputError("upper_bounds", self.upper_bounds, "give shares by days to expiry, such as {7: 0.1678}")
        bounds = {}
        for days, share in self.upper_bounds.items():
            days = number("days of upper_bounds", _days(days), "give days above 0", above=0.0)
            bounds[days] = number(f"upper bound at {days:g} days", share, "give a share in (0, 1]", above=0.0, most=1.0)
        object.__setattr__(self, "upper_bounds", dict(sorted(bounds.items())))

    @classmethod
    def published(cls, edition: str | None = None, **overrides) -> "NakedMargin":
        """Build it from the venue's card."""
        return card("opyn", edition).parameters(cls, **overrides)

    def upper_bound(self, days: float) -> float:
        """Return the bound of the first bucket that is not shorter than `days`."""
        number("days", days, "give days to expiry, 0 or more", least=0.0)
        for bucket, share in self.upper_bounds.items():
            if days <= bucket:
                return share
        raise InputError("days", days, f"the venue lists no product beyond {max(self.upper_bounds):g} days")

    def requirement(self, kind, amount, strike, spot, days) -> Fraction:
        """Return the collateral of a naked short: strike asset for puts, coins for calls.

        Parameters
        ----------
        kind : {"call", "put"}
        amount, strike, spot : float or Decimal
            Options sold; quote currency.
        days : float
            To expiry.
        """
        amount, strike, spot = _checked(kind, amount=amount, strike=strike, spot=spot)
        if not strike or not spot:
            raise InputError("strike, spot", (float(strike), float(spot)), "give prices above 0")
        bound, shock = Fraction(str(self.upper_bound(days))), Fraction(str(self.spot_shock))
        if kind == "put":
            return amount * (bound * min(strike, shock * spot) + max(strike - shock * spot, Fraction(0)))
        covered = min(Fraction(1), strike * shock / spot)
        return amount * (bound * covered + 1 - covered)

    def liquidation_price(self, kind, strike, spot, collateral, amount, seconds) -> float:
        """Return what a liquidator is paid per option repaid, in collateral, `seconds` into the auction."""
        number("seconds", seconds, "give seconds since the auction began, 0 or more", least=0.0)
        amount, strike, spot, collateral = map(
            float, _checked(kind, amount=amount, strike=strike, spot=spot, collateral=collateral)
        )
        if not amount or not spot:
            raise InputError("amount, spot", (amount, spot), "give an amount and a price above 0")
        payoff = max(spot - strike, 0.0) if kind == "call" else max(strike - spot, 0.0)
        start = max(payoff - self.deviation * spot, 0.0) / (spot if kind == "call" else 1.0)
        end = collateral / amount
        return min(start + (end - start) * min(seconds / self.auction_seconds, 1.0), end)


def _days(key):
    """Read the days of a bucket; the keys of a card are text."""
    try:
        return float(key)
    except (TypeError, ValueError):
        raise InputError("days of upper_bounds", key, "give days above 0") from None


@dataclass(frozen=True)
class OpynVault:
    """Opyn's requirement of a book that fits into one vault: a short option, and a long one beside it or none.

    Parameters
    ----------
    naked : NakedMargin, optional
        Charge a short option alone by it; without it vaults are fully collateralised.
    name, certainty, note : str
        For the report.

    Notes
    -----
    What calls need in coins is converted at the spot. There is one requirement, to open and to keep.
    """

    naked: NakedMargin | None = None
    name: str = "Opyn vault"
    certainty: str = "exact"
    note: str = ""

    def __post_init__(self):
        if self.naked is not None:
            checked_type("naked", self.naked, NakedMargin, "give NakedMargin.published(), or leave it out")

    def margin(self, account, market: Market) -> MarginReport:
        """Report the requirement of an `Account` or a `Book` that fits into one vault."""
        account = as_account(account)
        book = account.book
        needed, part = self._needed(book, market)
        short = [-p.quantity > 0.0 for p in book]
        alone = {i: self._needed(Book((p,)), market)[0] for i, p in enumerate(book) if short[i]}
        index = pd.Index(book.names, name="instrument")
        saved = [needed - sum(alone.values()) if p.quantity > 0.0 else 0.0 for p in book]
        split = [alone.get(i, saved[i]) for i in range(len(book))]
        return MarginReport(
            rule=self.name,
            equity=account.equity(market),
            parts={part: (needed, needed)},
            contributions=pd.Series(split, index),
            marginal=pd.Series([needed if short[i] else split[i] for i in range(len(book))], index),
            certainty=self.certainty,
            note=self.note,
        )

    def requirement(self, book: Book, market: Market) -> tuple[float, float]:
        """Return the requirement, quote currency, to open and to keep."""
        needed = self._needed(book, market)[0]
        return needed, needed

    def _needed(self, book, market):
        short, long = _vault(book)
        if short is None:
            return 0.0, "bought and paid for"
        option, amount = short.instrument, -short.quantity
        if market.tau(option.expiry) < 0.0:
            remedy = f"it expired before {market.time}; `settled` says what its vault owes"
            raise InputError("option", option.name, remedy)
        spot = market.spot(option.underlying)
        unit = spot if option.kind == "call" else 1.0
        if long is None and self.naked is not None:
            days = market.tau(option.expiry) * 365.0
            return unit * float(self.naked.requirement(option.kind, amount, option.strike, spot, days)), "naked short"
        bought = (0, 0) if long is None else (long.quantity, long.instrument.strike)
        return unit * float(spread_requirement(option.kind, amount, option.strike, *bought)), "greatest loss"


def _vault(book):
    """Return the short and the long position of a vault, or say why the book is none."""
    remedy = "a vault holds at most one short and one long option of one underlying, kind, expiry and settlement"
    for p in book:
        if not isinstance(p.instrument, Option):
            raise InputError("position", p.instrument.name, remedy)
    shorts, longs = ([p for p in book if p.quantity * side > 0.0] for side in (-1.0, 1.0))
    if len(shorts) > 1 or len(longs) > 1:
        raise InputError("book", book.names, remedy)
    alike = {(p.instrument.underlying, p.instrument.kind, p.instrument.expiry, p.instrument.settlement) for p in book}
    if len(alike) > 1:
        raise InputError("book", book.names, remedy)
    return (shorts or [None])[0], (longs or [None])[0]
