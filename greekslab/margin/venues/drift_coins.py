"""Drift v2: what deposits, borrows and open orders of coins count; `drift` has the formulas and the units.

With open orders the worse is taken of all bids and all asks filled: the coins at their weight, and the dollars paid or
received for them in full.
"""

from dataclasses import dataclass, fields

from greekslab.errors import InputError
from greekslab.margin.venues.drift import (
    SIZE,
    WEIGHT,
    DriftMargin,
    DriftPrice,
    drift_asset_weight,
    drift_liability_weight,
    of_kind,
    whole_fields,
)
from greekslab.margin.venues.perpetual_books import whole


@dataclass(frozen=True)
class DriftCoin:
    """A spot market: weights, imf factor, decimals of its token; its deposits and the dollars their scale starts at."""

    initial_asset_weight: int
    maintenance_asset_weight: int
    initial_liability_weight: int
    maintenance_liability_weight: int
    imf_factor: int = 0
    decimals: int = 9
    deposits: int = 0
    scale_start: int = 0

    def __post_init__(self):
        whole_fields(self)
        for f in fields(self):
            value = getattr(self, f.name)
            if f.name.endswith("asset_weight") and value > WEIGHT:
                raise InputError(f.name, value, f"an asset counts for at most all of itself, {WEIGHT}")
            if f.name.endswith("liability_weight") and value < WEIGHT:
                raise InputError(f.name, value, f"a liability counts for all of itself or more, {WEIGHT}")

    def value(self, amount: int, price: int) -> int:
        """Return the dollars of an amount of tokens, rounded down."""
        return amount * price // 10**self.decimals

    def scaled_initial_asset_weight(self, price: int) -> int:
        """Return the asset weight to open positions, before the size of the deposit."""
        deposited = self.value(self.deposits, price)
        crowded = self.scale_start and deposited >= self.scale_start
        return self.initial_asset_weight * self.scale_start // deposited if crowded else self.initial_asset_weight

    def asset_weight(self, amount: int, price: int, kind: str) -> int:
        """Return the weight of a deposit; `price` is that of the scale."""
        base = of_kind(kind, self.scaled_initial_asset_weight(price), self.maintenance_asset_weight)
        return drift_asset_weight(amount * SIZE // 10**self.decimals, self.imf_factor, base)

    def liability_weight(self, amount: int, kind: str) -> int:
        """Return the weight of a borrow of an amount above 0."""
        base = of_kind(kind, self.initial_liability_weight, self.maintenance_liability_weight)
        return drift_liability_weight(amount * SIZE // 10**self.decimals, self.imf_factor, base)


DRIFT_DOLLARS = DriftCoin(
    WEIGHT, WEIGHT, WEIGHT, WEIGHT, decimals=6
)  # counts in full both ways, whatever the trader set


def drift_coin_margin(
    amount: int, coin: DriftCoin, price: DriftPrice, kind: str, *,
    own_ratio: int = 0, open_bids: int = 0, open_asks: int = 0, open_orders: int = 0, order_charge: int = 0,
) -> DriftMargin:  # fmt: skip
    """Return what a deposit (amount above 0) or a borrow (below 0) of a coin counts, with its open orders.

    Parameters
    ----------
    amount, open_bids, open_asks : int
        Tokens; asks below 0.
    coin : DriftCoin
    price : DriftPrice
    kind : {"initial", "fill", "maintenance"}
    own_ratio : int
        Margin ratio that the trader set; to open positions, borrows weigh at least 1 more than it, deposits at most
        1 less.
    open_orders, order_charge : int
        Number of orders, and the requirement of each.
    """
    amount = whole("amount", amount)
    own = whole("own_ratio", own_ratio, 0) if kind == "initial" and coin != DRIFT_DOLLARS else 0
    value, scale_price = coin.value(amount, price.low if amount > 0 else price.high), price.high

    def after(orders):
        """Return the margin after orders are filled: the coins, weighted, and the dollars paid or received."""
        paid = coin.value(-orders, price.high)
        left, worth = amount + orders, value - paid
        if worth > 0:
            weight = coin.asset_weight(abs(left), scale_price, kind)
            coins = DriftMargin(collateral=worth * (min(weight, max(WEIGHT - own, 0)) if own else weight) // WEIGHT)
        else:
            weight = coin.liability_weight(abs(left), kind)
            coins = DriftMargin(requirement=-worth * (max(weight, WEIGHT + own) if own else weight) // WEIGHT)
        return coins + (DriftMargin(collateral=paid) if paid > 0 else DriftMargin(requirement=-paid))

    bids, asks = whole("open_bids", open_bids, 0), whole("open_asks", open_asks)
    charge = DriftMargin(requirement=whole("open_orders", open_orders, 0) * whole("order_charge", order_charge, 0))
    return min((after(asks), after(bids)), key=lambda margin: margin.free) + charge
