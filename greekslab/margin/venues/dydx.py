r"""dYdX v4: margin of perpetuals in whole numbers, and the prices of a liquidation.

Sizes are base quantums, amounts quote quantums of 1e-6 USDC, shares millionths (ppm). A position of q base quantums
at the oracle price :math:`p\,10^e`, one base quantum being :math:`10^r` coins, is worth

.. math::

    N = \text{trunc}\bigl(q\,p\,10^{\,e + r + 6}\bigr), \qquad
    IMR = \bigl\lceil |N| \max(f, u) / 10^6 \bigr\rceil, \qquad
    MMR = \bigl\lceil \lceil |N| f_0 / 10^6 \rceil\, g / 10^6 \bigr\rceil,

with the tier's share :math:`f_0`, its maintenance fraction g, the share u that the trader chose, and f the tier's
share raised by the open interest O of the market (0 to its caps l and h):

.. math:: f = f_0 + \Bigl\lfloor (10^6 - f_0) \frac{O - l}{h - l} \Bigr\rfloor \quad (l < O < h), \qquad
          f = 10^6 \quad (O \ge h).

Net collateral is TNC = USDC + sum of N. An account may trade while TNC is at least the sum of IMR, and is liquidated
when TNC is below the sum of MMR (TMMR). A position is closed no worse than at its bankruptcy price, and offered at
its fillable price:

.. math::

    \text{bankruptcy}(\delta) = -\Delta N - \Bigl\lfloor TNC \frac{|\Delta MMR|}{TMMR} \Bigr\rfloor, \qquad
    \text{fillable} = \frac{N - a\,s\,MMR}{q}, \quad a = \Bigl[b \Bigl(1 - \frac{TNC}{TMMR}\Bigr)\Bigr]_0^1.

Source: dydxprotocol/v4-chain @ 84d4664b (2026-03-04), x/perpetuals/lib, x/perpetuals/types/liquidity_tier.go,
x/clob/keeper/liquidations.go. Left out: funding not yet settled, fees, block limits of liquidations.
`dydx_rule` applies it to a book.
"""

from dataclasses import dataclass, fields
from fractions import Fraction

from greekslab.errors import InputError
from greekslab.inputs import checked_type
from greekslab.margin.venues.perpetual_books import whole

MILLION = 10**6
QUOTE_DECIMALS = 6  # of USDC


def _divided_up(a: int, b: int) -> int:
    return -(-a // b)


@dataclass(frozen=True)
class DydxTier:
    """A liquidity tier: shares in ppm, caps of the open interest in quote quantums (an upper cap of 0: none)."""

    initial_margin_ppm: int
    maintenance_fraction_ppm: int
    lower_cap: int = 0
    upper_cap: int = 0

    def __post_init__(self):
        for f in fields(self):
            object.__setattr__(self, f.name, whole(f.name, getattr(self, f.name), 0))
        for name in ("initial_margin_ppm", "maintenance_fraction_ppm"):
            if getattr(self, name) > MILLION:
                raise InputError(name, getattr(self, name), "give millionths, at most 1000000")
        if self.lower_cap > self.upper_cap:
            raise InputError("lower_cap", self.lower_cap, f"it is above the upper cap, {self.upper_cap}; swap them")

    def initial_ppm(self, open_interest: int) -> int:
        """Return the initial share, ppm, at an open interest in quote quantums."""
        base = self.initial_margin_ppm
        if self.upper_cap == 0 or open_interest <= self.lower_cap:
            return base
        if open_interest >= self.upper_cap:
            return MILLION
        return base + (MILLION - base) * (open_interest - self.lower_cap) // (self.upper_cap - self.lower_cap)

    def margins(self, notional: int, open_interest: int = 0, own_ppm: int = 0) -> tuple[int, int]:
        """Return (IMR, MMR) of a notional, in quote quantums; `own_ppm` is the share that the trader chose."""
        notional = abs(whole("notional", notional))
        share = max(self.initial_ppm(whole("open_interest", open_interest, 0)), whole("own_ppm", own_ppm, 0))
        base = _divided_up(notional * self.initial_margin_ppm, MILLION)
        maintenance = _divided_up(base * self.maintenance_fraction_ppm, MILLION)
        return _divided_up(notional * share, MILLION), maintenance


@dataclass(frozen=True)
class DydxRisk:
    """Net collateral and requirements, quote quantums; risks add up."""

    net_collateral: int = 0
    initial: int = 0
    maintenance: int = 0

    def __add__(self, other: "DydxRisk") -> "DydxRisk":
        return DydxRisk(*(getattr(self, f.name) + getattr(other, f.name) for f in fields(self)))

    @property
    def collateralised(self) -> bool:
        """Whether new positions may be opened."""
        return self.net_collateral >= self.initial

    @property
    def liquidatable(self) -> bool:
        """Whether positions may be taken over."""
        return self.maintenance > 0 and self.maintenance > self.net_collateral


@dataclass(frozen=True)
class DydxMarket:
    """A perpetual market: its tier, oracle price (``price`` x 10^``price_exponent``) and open interest.

    ``atomic_resolution`` r says that one base quantum is 10^r coins; ``open_interest`` is in base quantums, ``own_ppm``
    the share that the trader chose.
    """

    tier: DydxTier
    price: int
    price_exponent: int
    atomic_resolution: int
    open_interest: int = 0
    own_ppm: int = 0

    def __post_init__(self):
        checked_type("tier", self.tier, DydxTier, "give DydxTier(...)")
        for name, least in {"price": 0, "price_exponent": None, "atomic_resolution": None, "open_interest": 0}.items():
            object.__setattr__(self, name, whole(name, getattr(self, name), least))
        object.__setattr__(self, "own_ppm", whole("own_ppm", self.own_ppm, 0))

    def notional(self, quantums: int) -> int:
        """Return what base quantums are worth in quote quantums, signed, rounded towards 0."""
        quantums = whole("quantums", quantums)
        power = self.price_exponent + self.atomic_resolution + QUOTE_DECIMALS
        worth = abs(quantums) * self.price
        worth = worth * 10**power if power >= 0 else worth // 10**-power
        return worth if quantums >= 0 else -worth

    def risk(self, quantums: int) -> DydxRisk:
        """Return the risk of a position of base quantums."""
        notional = self.notional(quantums)
        return DydxRisk(notional, *self.tier.margins(notional, self.notional(self.open_interest), self.own_ppm))


def dydx_account_risk(usdc: int, positions) -> DydxRisk:
    """Return the risk of an account: USDC in quote quantums, and (market, base quantums) pairs."""
    return sum((market.risk(size) for market, size in positions), DydxRisk(whole("usdc", usdc)))


def _total_maintenance(total):
    if total.maintenance <= 0:
        raise InputError("maintenance", total.maintenance, "an account without a requirement is not liquidated")
    return total.maintenance


def dydx_bankruptcy_price(total: DydxRisk, market: DydxMarket, quantums: int, delta: int) -> int:
    """Return the quote quantums at which closing `delta` leaves the account its share of the collateral.

    Parameters
    ----------
    total : DydxRisk
        Of the whole account.
    market : DydxMarket
    quantums, delta : int
        Base quantums held, and their change: opposite sign, not larger.

    Returns
    -------
    int
        Received for a sale, above 0; paid for a purchase, below 0. Rounded against the account.
    """
    quantums, delta = whole("quantums", quantums), whole("delta", delta)
    if quantums * delta >= 0 or abs(delta) > abs(quantums):
        raise InputError("delta", delta, f"close at most the position of {quantums}, in the other direction")
    before, after = market.risk(quantums), market.risk(quantums + delta)
    freed = before.maintenance - after.maintenance
    return (
        before.net_collateral
        - after.net_collateral
        - total.net_collateral * freed // _total_maintenance(total)  # towards minus infinity
    )


def dydx_fillable_price(
    total: DydxRisk, market: DydxMarket, quantums: int, *, adjustment_ppm: int, spread_ppm: int
) -> Fraction:
    """Return the price at which the chain offers a position of a liquidatable account, quote per base quantum.

    Parameters
    ----------
    total : DydxRisk
        Of the whole account.
    market : DydxMarket
    quantums : int
        Base quantums held, not 0.
    adjustment_ppm, spread_ppm : int
        How fast the price leaves the oracle's as collateral is lost, and how far it goes, as a share of the position's
        maintenance requirement; millionths.
    """
    quantums = whole("quantums", quantums)
    if quantums == 0:
        raise InputError("quantums", quantums, "there is no position to fill")
    lost = 1 - Fraction(total.net_collateral, _total_maintenance(total))
    rating = min(max(lost * Fraction(whole("adjustment_ppm", adjustment_ppm, 0), MILLION), Fraction(0)), Fraction(1))
    position = market.risk(quantums)
    spread = rating * Fraction(whole("spread_ppm", spread_ppm, 0), MILLION) * position.maintenance
    return (position.net_collateral - spread) / quantums
