r"""Mango v4: the health of an account of tokens, perpetuals and open orders.

Health is the weighted worth of everything held. There are three kinds, by weight and price: "init" (initial weights,
scaled for crowded banks; the worse of oracle and stable price) must not be below 0 to open positions; "maint"
(maintenance weights, oracle prices) below 0 starts liquidation; "liquidation_end" (initial weights, oracle prices)
ends it at 0. With asset weights a (at most 1), liability weights l (at least 1) and prices :math:`P_a \le P_l`:

.. math::

    \text{token} &= b\,a\,P_a \; (b \ge 0), \qquad b\,l\,P_l \; (b < 0), \\
    u &= \text{quote} + \min_{o \in \{\text{bids}, -\text{asks}\}} \bigl[(q + o)\,w\,P_w - o\,P_o\bigr],
    \qquad b_{\text{settle}} \mathrel{+}= u\,(a_{\text{overall}} \text{ if } u > 0).

The profit u of a perpetual goes into the balance of the token it settles in, before that is weighted. What is
reserved by open orders of a market becomes all base or all quote, whichever is worse, as the last tokens to arrive
in a balance to which every other order has gone already.

Initial asset weights shrink by start / deposits once a bank's deposits (with what open orders may bring) are worth
more than its start, liability weights grow by borrows / start.

Source: blockworks-foundation/mango-v4 @ 1303a4a1 (2024-09-04), programs/mango-v4/src/health/cache.rs, state/bank.rs.
Left out: funding not yet settled, free amounts of open-orders accounts (count them as balances). `mango_rule` applies
it to a book.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields
from math import inf

from greekslab.errors import InputError
from greekslab.inputs import checked_type, number

KINDS = ("init", "maint", "liquidation_end")


def _checked_kind(kind):
    if kind not in KINDS:
        raise InputError("kind", kind, f"say one of {', '.join(KINDS)}")
    return kind


def _check_weights(terms):
    for f in fields(terms):
        if f.name.endswith("asset_weight"):
            number(f.name, getattr(terms, f.name), "an asset counts for a share from 0 to 1", least=0.0, most=1.0)
        elif f.name.endswith("liab_weight"):
            number(f.name, getattr(terms, f.name), "a liability counts for 1 or more of itself", least=1.0)


@dataclass(frozen=True)
class MangoPrice:
    """Price of a token: the oracle's, and the slow "stable" one (the same where not given)."""

    oracle: float
    stable: float | None = None

    def __post_init__(self):
        remedy = "give a finite price above 0"
        number("oracle", self.oracle, remedy, above=0.0)
        stable = self.oracle if self.stable is None else number("stable", self.stable, remedy, above=0.0)
        object.__setattr__(self, "stable", stable)

    def asset(self, kind: str) -> float:
        """Return the price of what is owned."""
        return min(self.oracle, self.stable) if kind == "init" else self.oracle

    def liability(self, kind: str) -> float:
        """Return the price of what is owed."""
        return max(self.oracle, self.stable) if kind == "init" else self.oracle


@dataclass(frozen=True)
class MangoToken:
    """Weights of a token, and the totals of its bank, tokens; scaling starts at values in quote currency."""

    init_asset_weight: float
    init_liab_weight: float
    maint_asset_weight: float
    maint_liab_weight: float
    deposits: float = 0.0
    borrows: float = 0.0
    potential_from_orders: float = 0.0
    deposit_scale_start: float = inf
    borrow_scale_start: float = inf

    def __post_init__(self):
        _check_weights(self)
        for name in ("deposits", "borrows", "potential_from_orders"):
            number(name, getattr(self, name), "give tokens, 0 or more", least=0.0)
        for name in ("deposit_scale_start", "borrow_scale_start"):
            if getattr(self, name) != inf:
                number(name, getattr(self, name), "give a value above 0, or leave it out", above=0.0)

    def asset_weight(self, kind: str, price: MangoPrice) -> float:
        """Return the share for which a balance counts."""
        if kind == "maint":
            return self.maint_asset_weight
        deposited = (self.deposits + self.potential_from_orders) * price.asset(kind)
        crowded = kind == "init" and deposited > self.deposit_scale_start
        return self.init_asset_weight * (self.deposit_scale_start / deposited if crowded else 1.0)

    def liability_weight(self, kind: str, price: MangoPrice) -> float:
        """Return for how much of itself a borrow counts."""
        if kind == "maint":
            return self.maint_liab_weight
        borrowed = self.borrows * price.liability(kind)
        crowded = kind == "init" and borrowed > self.borrow_scale_start
        return self.init_liab_weight * (borrowed / self.borrow_scale_start if crowded else 1.0)

    def unit_values(self, kind: str, price: MangoPrice) -> tuple[float, float]:
        """Return the weighted price of a token owned, and of one owed."""
        owned = self.asset_weight(kind, price) * price.asset(kind)
        return owned, self.liability_weight(kind, price) * price.liability(kind)

    def worth(self, kind: str, price: MangoPrice, balance: float) -> float:
        """Return what a balance adds to health."""
        owned, owed = self.unit_values(kind, price)
        return balance * (owed if balance < 0.0 else owned)


@dataclass(frozen=True)
class MangoPerpetual:
    """Weights of a perpetual: of its base position, and of its profit as a whole."""

    init_base_asset_weight: float
    init_base_liab_weight: float
    maint_base_asset_weight: float
    maint_base_liab_weight: float
    init_overall_asset_weight: float
    maint_overall_asset_weight: float

    def __post_init__(self):
        _check_weights(self)


@dataclass(frozen=True)
class MangoPosition:
    """A perpetual held: base (lots x lot size) and quote amounts signed, open bids and asks in base, 0 or more."""

    terms: MangoPerpetual
    price: MangoPrice
    settle_token: str
    base: float = 0.0
    quote: float = 0.0
    bids: float = 0.0
    asks: float = 0.0

    def __post_init__(self):
        checked_type("terms", self.terms, MangoPerpetual, "give MangoPerpetual(...)")
        checked_type("price", self.price, MangoPrice, "give MangoPrice(oracle, stable)")
        for name in ("base", "quote"):
            number(name, getattr(self, name), "give a finite amount")
        for name in ("bids", "asks"):
            number(name, getattr(self, name), "give an amount of 0 or more", least=0.0)

    def _after(self, kind, orders, order_price):
        """Return the weighted worth once `orders` are filled at `order_price`."""
        base = self.base + orders
        side, price = ("liab", self.price.liability(kind)) if base < 0.0 else ("asset", self.price.asset(kind))
        weight = getattr(self.terms, f"{'maint' if kind == 'maint' else 'init'}_base_{side}_weight")
        return base * weight * price - orders * order_price

    def profit(self, kind: str) -> float:
        """Return what the position brings to the balance of its settle token."""
        bids = self._after(kind, self.bids, self.price.liability(kind))
        asks = self._after(kind, -self.asks, self.price.asset(kind))
        profit = self.quote + min(bids, asks)
        if profit <= 0.0:
            return profit
        maint = kind == "maint"
        return profit * (self.terms.maint_overall_asset_weight if maint else self.terms.init_overall_asset_weight)


@dataclass(frozen=True)
class MangoOrders:
    """Open orders of a spot market: tokens and amounts reserved; the best prices at which they may be filled.

    ``lowest_ask`` and ``highest_bid`` are quote tokens per base token; without them orders are filled at the oracle.
    """

    base_token: str
    quote_token: str
    base: float = 0.0
    quote: float = 0.0
    lowest_ask: float | None = None
    highest_bid: float | None = None

    def __post_init__(self):
        for name in ("base", "quote"):
            number(name, getattr(self, name), "give an amount of 0 or more", least=0.0)
        for name in ("lowest_ask", "highest_bid"):
            if getattr(self, name) is not None:
                number(name, getattr(self, name), "give a price above 0, or leave it out", above=0.0)

    def all_as(self, kind: str, prices: Mapping[str, MangoPrice]) -> tuple[float, float]:
        """Return the base tokens there are once every bid is filled, and the quote tokens once every ask is."""
        base, quote = prices[self.base_token], prices[self.quote_token]
        bought = self.quote * quote.asset(kind) / base.liability(kind)
        sold = self.base * base.asset(kind) / quote.liability(kind)
        if self.highest_bid is not None:
            bought = min(bought, self.quote / self.highest_bid)
        if self.lowest_ask is not None and self.base:
            sold = min(sold, self.base * self.lowest_ask)
        return self.base + bought, self.quote + sold


@dataclass(frozen=True)
class MangoHealth:
    """Health, what it is made of, and assets and liabilities, quote currency; their difference is the health."""

    health: float
    parts: Mapping[str, float] = field(repr=False)
    assets: float = 0.0
    liabilities: float = 0.0

    @property
    def ratio(self) -> float:
        """Health in per cent of the liabilities; infinite without any."""
        return 100.0 * (self.assets - self.liabilities) / self.liabilities if self.liabilities > 0.0 else inf


def mango_health(
    kind: str,
    *,
    tokens: Mapping[str, MangoToken],
    prices: Mapping[str, MangoPrice],
    balances: Mapping[str, float],
    perpetuals: Sequence[MangoPosition] = (),
    orders: Sequence[MangoOrders] = (),
) -> MangoHealth:
    """Compute the health of an account.

    Parameters
    ----------
    kind : {"init", "maint", "liquidation_end"}
    tokens, prices, balances : mapping by token
        Weights, prices, and tokens held (below 0: borrowed), with what is free on open-orders accounts.
    perpetuals : sequence of MangoPosition
    orders : sequence of MangoOrders
    """
    _checked_kind(kind)
    named = {p.settle_token for p in perpetuals} | {t for o in orders for t in (o.base_token, o.quote_token)}
    held = list(dict.fromkeys([*balances, *sorted(named)]))
    for token in held:
        if token not in tokens or token not in prices:
            raise InputError("token", token, f"give its weights and its price; there are {', '.join(tokens)}")
    flows = {token: [number(f"balance of {token}", balances.get(token, 0.0), "give tokens")] for token in held}
    for p in perpetuals:
        flows[p.settle_token].append(p.profit(kind))
    totals = {token: sum(amounts) for token, amounts in flows.items()}
    parts = {t: tokens[t].worth(kind, prices[t], total) for t, total in totals.items() if any(flows[t])}
    sides = [_assets_and_liabilities(tokens[t].unit_values(kind, prices[t]), flows[t]) for t in flows]
    for label, effect in _order_effects(kind, tokens, prices, totals, orders):
        parts[label] = parts.get(label, 0.0) + effect
        sides.append((max(effect, 0.0), max(-effect, 0.0)))
    assets, liabilities = (sum(side) for side in zip(*sides, strict=True)) if sides else (0.0, 0.0)
    return MangoHealth(sum(parts.values()), parts, assets, liabilities)


def _assets_and_liabilities(unit_values, amounts):
    """Return both sides of a token: liabilities fully weighted, the assets that pay for them at the same weight."""
    owned, owed = unit_values
    plus, minus = sum(a for a in amounts if a > 0.0), -sum(a for a in amounts if a < 0.0)
    return min(plus, minus) * owed + max(plus - minus, 0.0) * owned, minus * owed


def _order_effects(kind, tokens, prices, totals, orders):
    """Yield what each market's open orders add to health."""
    most = dict(totals)  # of each token, once the orders of every market turn its way
    for o in orders:
        base, quote = o.all_as(kind, prices)
        most[o.base_token] += base
        most[o.quote_token] += quote
    for o in orders:
        effects = []
        for token, arriving in zip((o.base_token, o.quote_token), o.all_as(kind, prices), strict=True):
            kept = min(max(most[token], 0.0), arriving)
            owned, owed = tokens[token].unit_values(kind, prices[token])
            effects.append(kept * owned + (arriving - kept) * owed)
        yield f"orders {o.base_token}/{o.quote_token}", min(effects)
