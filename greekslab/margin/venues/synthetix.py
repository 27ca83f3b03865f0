r"""Synthetix perps v3: margin that grows with the share of the skew, and the reward of those who liquidate.

For a position of size s at the price P in a market of skew scale K and skew k,

.. math::

    \text{initial} &= |s| P\,r + m, \quad r = \frac{|s|}{K}\,f + r_{\min}, \qquad
    \text{maintenance} = |s| P\,r\,c + m, \\
    \text{fill price of an order } \Delta &= P\Bigl(1 + \tfrac12\Bigl[\frac kK + \frac{k + \Delta}{K}\Bigr]\Bigr).

Available margin is the value of the collateral plus profit since the fills. Both requirements of an account are the
sums over its positions plus the reward of flagging and liquidating it,

.. math:: \min\bigl(\max(\underline R,\; \textstyle\sum |s| P\,q + g),\; \overline R\bigr) + (n - 1)\,R(0, g'),

q the flag reward ratio, g the cost of flagging, g' that of liquidating, n the most windows that a position needs:
in one window of w seconds (maker + taker fee) K times a multiplier times w coins may be closed. An account is
liquidated when its maintenance requirement is above its available margin.

Amounts are fixed-point numbers of 18 decimals as on chain, cut off after every product and quotient: decimals in,
`Decimal` out.

Source: Synthetixio/synthetix-v3 @ 23585f73 (2025-06-12), markets/perps-market/contracts/storage:
PerpsMarketConfiguration.sol, PerpsAccount.sol, GlobalPerpsMarketConfiguration.sol, AsyncOrder.sol. Left out: funding,
interest, order fees, the discount at which coins posted as collateral are sold (give it as haircuts).
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from decimal import Decimal, localcontext
from math import inf

from greekslab.book.instruments import Perpetual
from greekslab.book.legs import mark_price
from greekslab.book.positions import Book
from greekslab.errors import InputError
from greekslab.inputs import checked_type, number
from greekslab.margin.account import as_account
from greekslab.margin.report import MarginReport
from greekslab.margin.venues.cards import card as card_of
from greekslab.margin.venues.perpetual_books import (
    checked_book,
    checked_terms,
    net_sizes,
    over_legs,
    read_terms,
    report,
    requirement,
    terms_of,
)
from greekslab.market.market import Market

UNIT = 10**18


def _fixed(thing, value, remedy="give a finite number", **bounds) -> int:
    """Return what is written in units of 1e-18: 0.1 is one tenth."""
    number(thing, float(value) if isinstance(value, Decimal) else value, remedy, **bounds)
    with localcontext(prec=80):
        return int(Decimal(str(value)) * UNIT)


def _decimal(fixed: int) -> Decimal:
    with localcontext(prec=80):
        return Decimal(fixed) / UNIT


def _cut(numerator: int, denominator: int) -> int:
    quotient = abs(numerator) // denominator
    return quotient if numerator >= 0 else -quotient


def _times(a: int, b: int) -> int:
    return _cut(a * b, UNIT)


@dataclass(frozen=True)
class SynthetixMarket:
    """A market: ``skew_scale`` K in coins, minimum margin m in dollars, fees and the liquidation window, ratios."""

    skew_scale: float
    initial_margin_fraction: float
    minimum_initial_margin_ratio: float
    maintenance_margin_scalar: float
    flag_reward_ratio: float = 0.0
    minimum_position_margin: float = 0.0
    maker_fee: float = 0.0
    taker_fee: float = 0.0
    liquidation_multiplier: float = 1.0
    liquidation_window: float = 0.0

    def __post_init__(self):
        for f in fields(self):
            number(f.name, getattr(self, f.name), "give a finite number, 0 or more", least=0.0)

    def _of(self, name):
        return _fixed(name, getattr(self, name))

    def margins(self, size, price) -> tuple[Decimal, Decimal]:
        """Return initial and maintenance margin of a position, without the keepers' reward."""
        size, price = abs(_fixed("size", size)), _fixed("price", price, "give a price, 0 or more", least=0.0)
        if size == 0:
            return Decimal(0), Decimal(0)
        scale, minimum = self._of("skew_scale"), self._of("minimum_position_margin")
        impact = size * UNIT // scale if scale else 0
        ratio = _times(impact, self._of("initial_margin_fraction")) + self._of("minimum_initial_margin_ratio")
        kept, notional = _times(ratio, self._of("maintenance_margin_scalar")), _times(size, price)
        return tuple(_decimal(_times(notional, r) + minimum) for r in (ratio, kept))

    def fill_price(self, index, order, skew=0) -> Decimal:
        """Return the price of an order of signed size, in a market of signed skew (long less short, coins)."""
        scale, index = self._of("skew_scale"), _fixed("index", index, "give a price, 0 or more", least=0.0)
        if scale == 0:
            return _decimal(index)
        skew, order = _fixed("skew", skew), _fixed("order", order)
        before, after = (index + _times(index, _cut(k * UNIT, scale)) for k in (skew, skew + order))
        return _decimal(_cut(before + after, 2))

    def flag_reward(self, size, price) -> Decimal:
        """Return what a position adds to the reward of flagging its account."""
        notional = _times(abs(_fixed("size", size)), _fixed("price", price, "give a price, 0 or more", least=0.0))
        return _decimal(_times(notional, self._of("flag_reward_ratio")))

    def max_liquidation(self, seconds=None) -> Decimal:
        """Return the coins that may be closed in some seconds, or in one window."""
        seconds = self.liquidation_window if seconds is None else seconds
        fees = self._of("maker_fee") + self._of("taker_fee")
        rate = _times(_times(fees, self._of("skew_scale")), self._of("liquidation_multiplier"))
        return _decimal(_times(rate, _fixed("seconds", seconds, "give seconds, 0 or more", least=0.0)))

    def windows(self, size) -> int:
        """Return how many windows it takes to close a position; 1 where the window is not limited."""
        most, size = _fixed("window", self.max_liquidation()), abs(_fixed("size", size))
        return -(-size // most) if most else int(size > 0)


@dataclass(frozen=True)
class SynthetixKeepers:
    """Bounds of the keepers' reward, dollars, and what flagging and liquidating costs them.

    The most is also ``max_scaling_ratio`` times the collateral, the least also the cost times 1 + ``min_profit_ratio``.
    """

    min_reward: float = 0.0
    max_reward: float = inf
    min_profit_ratio: float = 0.0
    max_scaling_ratio: float = inf
    flag_cost: float = 0.0
    liquidation_cost: float = 0.0

    def __post_init__(self):
        for f in fields(self):
            if getattr(self, f.name) != inf or not f.name.startswith("max"):
                number(f.name, getattr(self, f.name), "give a finite number, 0 or more", least=0.0)

    def _bounded(self, rewards, cost, collateral) -> Decimal:
        cost, profit = _fixed("cost", cost), UNIT + _fixed("min_profit_ratio", self.min_profit_ratio)
        least = max(cost + _fixed("min_reward", self.min_reward), _times(cost, profit))
        reward = max(least, _fixed("rewards", rewards) + cost)
        bounds = [_fixed("max_reward", self.max_reward)] if self.max_reward != inf else []
        if collateral > 0 and self.max_scaling_ratio != inf:
            bounds.append(_times(_fixed("collateral", collateral), _fixed("ratio", self.max_scaling_ratio)))
        return _decimal(min([reward, *bounds]))

    def reward(self, flag_rewards, collateral=0, windows: int = 1) -> Decimal:
        """Return the reward that an account must be able to pay.

        Parameters
        ----------
        flag_rewards : float
            Sum over its positions.
        collateral : float
            Value of its collateral, dollars.
        windows : int
            Most windows that one of its positions needs.
        """
        further = self._bounded(0, self.liquidation_cost, 0) * max(int(windows) - 1, 0)
        return self._bounded(flag_rewards, self.flag_cost, collateral) + further


@dataclass(frozen=True)
class SynthetixMargins:
    """Margins of an account, dollars: required without the reward of the keepers, the reward, and what is available."""

    initial: Decimal
    maintenance: Decimal
    reward: Decimal
    available: Decimal

    @property
    def withdrawable(self) -> Decimal:
        """What may be taken out, below 0 if something is missing."""
        return self.available - self.initial - self.reward

    @property
    def liquidatable(self) -> bool:
        """Whether the account may be liquidated."""
        return self.maintenance + self.reward > self.available


def synthetix_margins(collateral, positions, keepers: SynthetixKeepers | None = None) -> SynthetixMargins:
    """Return the margins of an account.

    Parameters
    ----------
    collateral : float
        Value of the collateral, dollars.
    positions : iterable of (SynthetixMarket, size, entry, price)
        Signed coins, the price they were filled at, and the price now.
    keepers : SynthetixKeepers, optional
        Without it the reward is not bounded.
    """
    initial = maintenance = rewards = 0
    available, windows = _fixed("collateral", collateral, "give dollars, 0 or more", least=0.0), 0
    for market, size, entry, price in positions:
        needed, kept = market.margins(size, price)
        initial, maintenance = initial + needed, maintenance + kept
        rewards, windows = rewards + market.flag_reward(size, price), max(windows, market.windows(size))
        available += _times(_fixed("size", size), _fixed("price", price) - _fixed("entry", entry))
    reward = (keepers or SynthetixKeepers()).reward(rewards, collateral, windows)
    return SynthetixMargins(Decimal(initial), Decimal(maintenance), reward, _decimal(available))


@dataclass(frozen=True)
class SynthetixV3:
    """Margin an account of linear perpetuals as Synthetix perps v3 does.

    Initial requirement and maintenance carry the keepers' reward, so that the report's excess is what may be withdrawn
    and an account is liquidated when the report's ``health`` falls below 1.

    Parameters
    ----------
    markets : mapping of str to SynthetixMarket
        By underlying; "*" stands for every other.
    keepers : SynthetixKeepers
    name, certainty, note : str
        For the report.
    """

    markets: Mapping[str, SynthetixMarket]
    keepers: SynthetixKeepers = field(default_factory=SynthetixKeepers)
    name: str = "Synthetix perps v3"
    certainty: str = "exact"
    note: str = ""

    def __post_init__(self):
        checked_terms("markets", self.markets, SynthetixMarket)
        checked_type("keepers", self.keepers, SynthetixKeepers, "give SynthetixKeepers(...)")

    @classmethod
    def published(cls, edition: str | None = None, **overrides) -> "SynthetixV3":
        """Build the rule from its card; overrides are numbers of the keepers, or of all markets."""
        card = card_of("synthetix_v3", edition)
        keepers = {f.name: overrides.pop(f.name) for f in fields(SynthetixKeepers) if f.name in overrides}
        known = [f.name for f in fields(SynthetixMarket)]
        if unknown := [name for name in overrides if name not in known]:
            remedy = f"choose one of {', '.join([*known, *(f.name for f in fields(SynthetixKeepers))])}"
            raise InputError(f"parameter of synthetix_v3 {card.edition}", unknown[0], remedy)
        markets = read_terms(card, card.values["markets"], SynthetixMarket, overrides)
        words = {"name": card.title, "certainty": card.certainty, "note": card.note}
        return cls(markets, card.parameters(SynthetixKeepers, "keepers", **keepers), **words)

    def margin(self, account, market: Market) -> MarginReport:
        """Report the requirement of an `Account` or a `Book`; its equity is the venue's available margin."""
        account = as_account(account)
        checked_book(account, "Synthetix", collateral=True)
        pool = account.cash + account.collateral_value(market)
        return report(self, account.book, account.equity(market), lambda legs: self._parts(legs, pool, market))

    def requirement(self, account, market: Market) -> tuple[float, float]:
        """Return the initial and maintenance requirement of an `Account` or a `Book`, dollars."""
        account = as_account(account)
        checked_book(account, "Synthetix", collateral=True)
        return requirement(self._parts(account.book, account.cash + account.collateral_value(market), market))

    def slack(self, account, market: Market) -> float:
        """Return available margin less maintenance requirement, below 0 in liquidation, dollars."""
        account = as_account(account)
        return account.equity(market) - self.requirement(account, market)[1]

    def _parts(self, book: Book, pool, market):
        parts, rewards, windows = {}, {}, 0
        for underlying, size in net_sizes(book).items():
            terms = terms_of(self.markets, underlying, self.name)
            price = mark_price(Perpetual(underlying), market)
            amounts = tuple(float(x) for x in terms.margins(size, price))
            parts[f"{underlying} perpetual"] = over_legs(book, {underlying: amounts})
            rewards[underlying] = float(terms.flag_reward(size, price))
            windows = max(windows, terms.windows(size))
        paid, total = float(self.keepers.reward(sum(rewards.values()), pool, windows)), sum(rewards.values())
        shares = {u: paid * (x / total if total else 1.0 / len(rewards)) for u, x in rewards.items()}
        parts["liquidation reward"] = over_legs(book, {u: (x, x) for u, x in shares.items()})
        return parts
