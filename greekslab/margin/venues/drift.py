r"""Drift v2: margin of perpetuals, deposits and borrows in the whole numbers of the chain.

Units: sizes 1e-9 coins, prices, dollars and imf factors 1e-6, weights and margin ratios 1e-4, fees 1e-6; every division
is cut off. With :math:`r = \lfloor\sqrt{10 s + 1}\rfloor` of a size s, weights worsen with the size,

.. math::

    \text{liability: } \max\Bigl(w,\; w - \Bigl\lfloor\frac w5\Bigr\rfloor
        + \Bigl\lfloor\frac{r\,\text{imf}}{10^7}\Bigr\rfloor\Bigr), \qquad
    \text{asset: } \min\Bigl(w,\; \Bigl\lfloor\frac{1.1 \cdot 10^{10}}
        {10^6 + \lfloor r\,\text{imf} / 10^5 \rfloor}\Bigr\rfloor\Bigr) \qquad (\text{imf} > 0),

and the asset weight to open positions falls by scale start / deposits once a market's deposits are worth more. A
perpetual needs its liability-weighted margin ratio (or the trader's own, if that is more) on the worse of its size with
all bids and with all asks filled; its profit counts by an asset weight that falls with it, a loss fully. Deposits are
collateral at their asset weight, borrows a requirement at their liability weight. There are three kinds: "initial",
"maintenance" and "fill", half way. Strict pricing takes assets at the lower and liabilities at the higher of oracle and
five-minute average.

Free collateral = collateral - requirement; liquidation when it is below 0 for maintenance.

Source: drift-labs/protocol-v2 @ 0ae3e3b1 (2026-04-01), programs/drift/src/math/margin.rs, math/liquidation.rs,
state/perp_market.rs, state/spot_market.rs, state/user.rs. Left out: unsettled funding, liquidity-provider shares, high
leverage mode, isolated pools, markets in settlement. `drift_coins` has deposits and
borrows, `drift_rule` applies all to an account.
"""

from dataclasses import dataclass, fields
from math import isqrt

from greekslab.errors import InputError
from greekslab.inputs import checked_type
from greekslab.margin.venues.perpetual_books import whole

SIZE, PRICE, QUOTE, WEIGHT, IMF, FEE = 10**9, 10**6, 10**6, 10**4, 10**6, 10**6
KINDS = ("initial", "fill", "maintenance")
EVERYTHING = 2**64 - 1  # the base amount the chain returns where no amount is enough


def cut(numerator: int, denominator: int) -> int:
    """Divide and cut off, towards 0."""
    quotient = abs(numerator) // denominator
    return quotient if numerator >= 0 else -quotient


def of_kind(kind: str, initial: int, maintenance: int) -> int:
    """Return what counts for a kind of margin."""
    if kind not in KINDS:
        raise InputError("kind", kind, f"say one of {', '.join(KINDS)}")
    return {"initial": initial, "fill": (initial + maintenance) // 2, "maintenance": maintenance}[kind]


def whole_fields(terms, *, signed=()) -> None:
    """Turn the fields of a frozen dataclass into whole numbers, 0 or more but for the signed ones."""
    for f in fields(terms):
        least = None if f.name in signed else 0
        object.__setattr__(terms, f.name, whole(f.name, getattr(terms, f.name), least))


def drift_liability_weight(size: int, imf_factor: int, weight: int) -> int:
    """Return a liability weight, or a margin ratio, at a size."""
    size, imf_factor, weight = whole("size", size, 0), whole("imf_factor", imf_factor, 0), whole("weight", weight, 0)
    if imf_factor == 0:
        return weight
    premium = isqrt(10 * size + 1) * imf_factor // (10**5 * IMF // WEIGHT)
    return max(weight, weight - weight // 5 + premium)


def drift_asset_weight(size: int, imf_factor: int, weight: int) -> int:
    """Return an asset weight at a size."""
    size, imf_factor, weight = whole("size", size, 0), whole("imf_factor", imf_factor, 0), whole("weight", weight, 0)
    if imf_factor == 0:
        return weight
    return min(weight, (IMF + IMF // 10) * WEIGHT // (IMF + isqrt(10 * size + 1) * imf_factor // 10**5))


@dataclass(frozen=True)
class DriftPrice:
    """Price of a coin, 1e-6 dollars; with its five-minute average it is strict."""

    oracle: int
    average: int | None = None

    def __post_init__(self):
        object.__setattr__(self, "oracle", whole("oracle", self.oracle, 0))
        average = self.oracle if self.average is None else whole("average", self.average, 0)
        object.__setattr__(self, "average", average)

    @property
    def low(self) -> int:
        """What an asset counts at."""
        return min(self.oracle, self.average)

    @property
    def high(self) -> int:
        """What a liability counts at."""
        return max(self.oracle, self.average)


DOLLAR = DriftPrice(PRICE)


@dataclass(frozen=True)
class DriftMargin:
    """What a position adds to collateral and to the requirement, 1e-6 dollars; they add up over an account."""

    collateral: int = 0
    requirement: int = 0

    def __add__(self, other: "DriftMargin") -> "DriftMargin":
        return DriftMargin(self.collateral + other.collateral, self.requirement + other.requirement)

    @property
    def free(self) -> int:
        """Free collateral; for maintenance, liquidation when it is below 0."""
        return self.collateral - self.requirement


@dataclass(frozen=True)
class DriftPerpetual:
    """A perpetual market: margin ratios, the weights of its profit, and their imf factors.

    Where the profit of all its users together, ``net_user_pnl``, is above ``pnl_max_imbalance`` (0: no limit), the
    weight to open positions falls in proportion.
    """

    margin_ratio_initial: int
    margin_ratio_maintenance: int
    imf_factor: int = 0
    pnl_initial_asset_weight: int = WEIGHT
    pnl_maintenance_asset_weight: int = WEIGHT
    pnl_imf_factor: int = 0
    pnl_max_imbalance: int = 0
    net_user_pnl: int = 0

    def __post_init__(self):
        whole_fields(self, signed=("net_user_pnl",))
        for name in ("pnl_initial_asset_weight", "pnl_maintenance_asset_weight"):
            if getattr(self, name) > WEIGHT:
                raise InputError(name, getattr(self, name), f"a profit counts for at most all of itself, {WEIGHT}")

    def ratio(self, size: int, kind: str) -> int:
        """Return the margin ratio of a position of a size."""
        base = of_kind(kind, self.margin_ratio_initial, self.margin_ratio_maintenance)
        return drift_liability_weight(size, self.imf_factor, base)

    def pnl_weight(self, pnl: int, kind: str) -> int:
        """Return the weight of a profit or loss."""
        if pnl <= 0:
            return WEIGHT
        if kind == "maintenance":
            return self.pnl_maintenance_asset_weight
        weight = self.pnl_initial_asset_weight
        if 0 < self.pnl_max_imbalance < self.net_user_pnl:
            weight = weight * self.pnl_max_imbalance // self.net_user_pnl
        return drift_asset_weight(pnl * SIZE // QUOTE, self.pnl_imf_factor, weight) if weight else 0


@dataclass(frozen=True)
class DriftPosition:
    """A perpetual held: base signed, ``quote`` what was received less what was paid.

    ``open_bids`` (0 or more) and ``open_asks`` (0 or less) are sizes, ``open_orders`` counts the orders.
    """

    base: int
    quote: int = 0
    open_bids: int = 0
    open_asks: int = 0
    open_orders: int = 0

    def __post_init__(self):
        whole_fields(self, signed=("base", "quote", "open_asks"))
        if self.open_asks > 0:
            raise InputError("open_asks", self.open_asks, "asks sell: give them below 0")

    @property
    def worst_case(self) -> int:
        """Base amount with all bids, or with all asks, filled, whichever is larger in size."""
        bought, sold = self.base + self.open_bids, self.base + self.open_asks
        return bought if abs(bought) > abs(sold) else sold

    def pnl(self, price: int) -> int:
        """Return profit or loss at a price, before weights."""
        return self.quote + cut(self.base * price, SIZE)


def drift_perpetual_margin(
    position: DriftPosition, market: DriftPerpetual, price: int, kind: str, *,
    quote_price: DriftPrice = DOLLAR, own_ratio: int = 0, positive_profit_cap: int, order_charge: int,
) -> DriftMargin:  # fmt: skip
    """Return weighted profit and requirement of a perpetual.

    Parameters
    ----------
    position : DriftPosition
    market : DriftPerpetual
    price : int
        Oracle price.
    kind : {"initial", "fill", "maintenance"}
    quote_price : DriftPrice
        Of the coin that profits are paid in.
    own_ratio : int
        Margin ratio that the trader set; counts to open positions only.
    positive_profit_cap, order_charge : int
        Profit that counts at most to open positions; requirement of each open order.
    """
    checked_type("position", position, DriftPosition, "give DriftPosition(base, quote)")
    price, size = whole("price", price, 0), abs(position.worst_case)
    ratio = max(market.ratio(size, kind), whole("own_ratio", own_ratio, 0) if kind == "initial" else 0)
    value = size * price // SIZE * quote_price.high // PRICE
    needed = value * ratio // WEIGHT + position.open_orders * whole("order_charge", order_charge, 0)
    pnl = position.pnl(price)
    weighted = cut(pnl * market.pnl_weight(pnl, kind), WEIGHT)
    weighted = cut(weighted * (quote_price.low if pnl > 0 else quote_price.high), PRICE)
    if kind == "initial":
        weighted = min(weighted, whole("positive_profit_cap", positive_profit_cap, 0))
    return DriftMargin(weighted, needed)


def drift_liquidation_size(
    shortage: int, ratio: int, liquidator_fee: int, insurance_fee: int, price: int, quote_price: int = PRICE
) -> int:
    """Return the base amount whose closing covers a shortage of margin.

    Parameters
    ----------
    shortage : int
        Dollars missing.
    ratio : int
        Margin ratio of the position.
    liquidator_fee, insurance_fee : int
        Shares of the value closed, 1e-6.
    price, quote_price : int
        Of the coin, and of what it is paid in.

    Returns
    -------
    int
        `EVERYTHING` where closing frees no margin.
    """
    shortage, ratio, liquidator_fee, insurance_fee, price, quote_price = (
        whole(name, value, 0)
        for name, value in (
            ("shortage", shortage), ("ratio", ratio), ("liquidator_fee", liquidator_fee),
            ("insurance_fee", insurance_fee), ("price", price), ("quote_price", quote_price),
        )
    )  # fmt: skip
    ratio *= FEE // WEIGHT
    if price == 0 or ratio <= liquidator_fee:
        return EVERYTHING
    freed = price * quote_price // PRICE * (ratio - liquidator_fee) // FEE - price * insurance_fee // FEE
    return shortage * SIZE // freed if freed > 0 else EVERYTHING
