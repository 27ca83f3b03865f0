r"""CBOE strategy-based margin: US listed options by recognised strategies, under Regulation T.

The opposite of a portfolio margin: legs are matched into strategies and each has its own rule. Per share, with premium
:math:`\pi`, underlying U, strike K, out-of-the-money amount and leverage factor :math:`\lambda` of the fund,

.. math:: \text{short option} = \pi + \max\bigl(r\lambda U - \text{OTM},\; 0.1\,\lambda\,(U \text{ for calls}, K
    \text{ for puts})\bigr),

r = 20 % for equities and narrow indices, 15 % for broad ones. A short with a long of the same kind that does not expire
before it is a spread: the lesser of its greatest loss and the short's own charge, plus the net premium. A short call
and put left over are a straddle or strangle: the greater charge, plus the premium of the other side. Requirements are
*before* the premium of naked shorts is credited, and net of premiums for spreads. Amounts are exact decimals, rounded
to the cent per share, ties to even.

References
----------
Chicago Board Options Exchange. Margin Manual (2000 and later editions).
Board of Governors of the Federal Reserve System. Regulation T, 12 CFR 220.
"""

from dataclasses import dataclass, field
from decimal import ROUND_HALF_EVEN, Decimal

import numpy as np

from greekslab.errors import InputError
from greekslab.inputs import number
from greekslab.margin.venues.cards import card

_CENT = Decimal("0.01")
_LARGEST = 1e12  # beyond any market; decimals have 28 digits, and amounts are products of two numbers


def _exact(thing, value, remedy, **bounds) -> Decimal:
    """Return what is written, exactly."""
    found = number(thing, value, remedy, **bounds)
    if isinstance(value, (bool, np.bool_)) or abs(found) > _LARGEST:
        raise InputError(thing, value, f"give a number of at most {_LARGEST:g}; {remedy}")
    return Decimal(str(value))


def _cents(amount: Decimal) -> Decimal:
    return amount.quantize(_CENT, ROUND_HALF_EVEN)


@dataclass(frozen=True)
class Underlying:
    """What the options are on: price per share, kind ("equity", "narrow" or "broad") and leverage factor of a fund."""

    price: Decimal
    kind: str = "equity"
    leverage_factor: Decimal = Decimal(1)

    def __post_init__(self):
        object.__setattr__(self, "price", _exact("price", self.price, "give a price above 0", above=0.0))
        factor = _exact("leverage_factor", self.leverage_factor, "give the fund's factor above 0", above=0.0)
        object.__setattr__(self, "leverage_factor", factor)
        if self.kind not in ("equity", "narrow", "broad"):
            raise InputError("kind", self.kind, 'say "equity", "narrow" or "broad"')


@dataclass(frozen=True)
class Leg:
    """A position: options in contracts, shares in shares, long > 0; ``price`` is the premium or the price per share."""

    type: str
    quantity: Decimal
    price: Decimal
    strike: Decimal = Decimal(0)
    days_to_expiry: float = 0.0

    def __post_init__(self):
        if self.type not in ("call", "put", "shares"):
            raise InputError("type of leg", self.type, 'say "call", "put" or "shares"')
        quantity = _exact("quantity", self.quantity, "give a finite number of contracts or shares, long > 0")
        if quantity == 0:
            raise InputError("quantity", self.quantity, "leave out what is not held")
        object.__setattr__(self, "quantity", quantity)
        object.__setattr__(self, "price", _exact("price of leg", self.price, "give a price, 0 or more", least=0.0))
        least = {"least": 0.0} if self.type == "shares" else {"above": 0.0}
        object.__setattr__(self, "strike", _exact("strike", self.strike, "give a strike above 0", **least))
        number("days_to_expiry", self.days_to_expiry, "give days, 0 or more", least=0.0)

    def of(self, quantity: Decimal) -> "Leg":
        """Return the leg in another size."""
        return Leg(self.type, quantity, self.price, self.strike, self.days_to_expiry)

    def payoff(self, price: Decimal) -> Decimal:
        """Return what the leg pays at expiry, per share of each contract."""
        side = 1 if self.type == "call" else -1
        return self.quantity * max(side * (price - self.strike), Decimal(0))


@dataclass(frozen=True)
class StrategyMargin:
    """Initial requirement in a margin account and in a cash account, US dollars, and what each strategy asks."""

    margin_account: Decimal
    cash_account: Decimal
    parts: dict = field(default_factory=dict)


@dataclass(frozen=True)
class StrategyRule:
    """The numbers of the manual; `published` reads them from the card.

    ``multiplier`` shares a contract; a long option beyond ``long_dated_days`` needs ``long_dated_share`` of its cost;
    ``equity_rate``, ``broad_rate`` and ``least_rate`` are shares of the underlying for short options; ``stock_rate`` of
    the value of stock.
    """

    multiplier: Decimal
    long_dated_days: float
    long_dated_share: float
    equity_rate: float
    broad_rate: float
    least_rate: float
    stock_rate: float

    def __post_init__(self):
        multiplier = _exact("multiplier", self.multiplier, "give shares a contract, above 0", above=0.0)
        object.__setattr__(self, "multiplier", multiplier)
        number("long_dated_days", self.long_dated_days, "give days, 0 or more", least=0.0)
        for name in ("long_dated_share", "equity_rate", "broad_rate", "least_rate", "stock_rate"):
            number(name, getattr(self, name), "give a share from 0 to 1", least=0.0, most=1.0)

    @classmethod
    def published(cls, edition: str | None = None, **overrides) -> "StrategyRule":
        """Build it from the card."""
        return card("cboe_strategy", edition).parameters(cls, **overrides)

    def margin(self, legs, underlying: Underlying) -> StrategyMargin:
        """Compute the initial requirement of an account on one underlying.

        Parameters
        ----------
        legs : list of Leg
        underlying : Underlying

        Returns
        -------
        StrategyMargin
            US dollars, exact.
        """
        legs = list(legs)
        if not legs or not all(isinstance(leg, Leg) for leg in legs):
            raise InputError("legs", legs, "give a list of Leg(type, quantity, price, strike, days_to_expiry)")
        stock, legs = self._stock(legs, underlying)
        spread, long, naked = _matched(legs)
        found = {
            "stock": stock,
            "spreads": self._spread(spread, underlying),
            "long options": (sum(map(self._long, long), Decimal(0)), self._premium(long)),
            "short options": self._naked(naked, underlying),
        }
        parts = {name: both for name, both in found.items() if any(both)}
        return StrategyMargin(*(sum((both[i] for both in found.values()), Decimal(0)) for i in range(2)), parts)

    def short_option(self, leg: Leg, underlying: Underlying) -> Decimal:
        """Return the charge of one short contract, dollars per share, premium included."""
        side = 1 if leg.type == "call" else -1
        out = max(side * (leg.strike - underlying.price), Decimal(0))
        rate = Decimal(str(self.broad_rate if underlying.kind == "broad" else self.equity_rate))
        base = rate * underlying.leverage_factor * underlying.price - out
        level = underlying.price if leg.type == "call" else leg.strike
        least = Decimal(str(self.least_rate)) * underlying.leverage_factor * level
        return _cents(leg.price + max(base, least))

    def _stock(self, legs, underlying):
        """Charge the stock, and take out the options it covers: calls sold against it, puts sold against a short.

        The options that would cost most are covered first.
        """
        held = sum((leg.quantity for leg in legs if leg.type == "shares"), Decimal(0))
        value = sum((abs(leg.quantity) * leg.price for leg in legs if leg.type == "shares"), Decimal(0))
        rate, covers = Decimal(str(self.stock_rate)), "call" if held > 0 else "put"
        free, rest = abs(held) / self.multiplier, []
        sold = [leg for leg in legs if leg.type == covers and leg.quantity < 0]
        sold.sort(key=lambda leg: (-self.short_option(leg, underlying), *_dearest_first(leg)))
        for leg in [*sold, *(leg for leg in legs if leg not in sold)]:
            if leg.type == covers and leg.quantity < 0 and free > 0:
                used = min(free, -leg.quantity)
                free -= used
                if used < -leg.quantity:
                    rest.append(leg.of(leg.quantity + used))
            elif leg.type != "shares":
                rest.append(leg)
        # a short sale leaves its proceeds in the account and needs the rate on top of them
        needed = value * rate if held >= 0 else value * (1 + rate)
        return (needed, value), rest

    def _premium(self, legs) -> Decimal:
        return sum((leg.quantity * leg.price for leg in legs), Decimal(0)) * self.multiplier

    def _long(self, leg) -> Decimal:
        dated = leg.days_to_expiry > self.long_dated_days
        cost = _cents(leg.price * Decimal(str(self.long_dated_share))) if dated else leg.price
        return cost * leg.quantity * self.multiplier

    def _spread(self, legs, underlying):
        """Charge matched legs: the lesser of greatest loss and the shorts' charge, plus the net premium."""
        if not legs:
            return Decimal(0), Decimal(0)
        prices = [Decimal(0), *(leg.strike for leg in legs)]
        loss = max(-min(sum(leg.payoff(price) for leg in legs) for price in prices), Decimal(0)) * self.multiplier
        alone = self._naked([leg for leg in legs if leg.quantity < 0], underlying)[0]
        paid = self._premium(legs)
        return max(min(loss, alone) + paid, Decimal(0)), max(loss + paid, Decimal(0))

    def _naked(self, legs, underlying):
        """Charge short options: each pair of a call and a put the greater charge and the other's premium."""
        sides = {"call": [], "put": []}
        for leg in legs:
            sides[leg.type].append([self.short_option(leg, underlying), -leg.quantity, leg])
        calls, puts = (sorted(side, key=lambda each: -each[0]) for side in sides.values())
        needed = Decimal(0)
        while calls and puts:
            (call, many, call_leg), (put, few, put_leg) = calls[0], puts[0]
            size = min(many, few)
            needed += size * (call + put_leg.price if call > put else put + call_leg.price)
            for side in (calls, puts):
                side[0][1] -= size
                if side[0][1] == 0:
                    side.pop(0)
        needed += sum((size * charge for charge, size, _ in calls + puts), Decimal(0))
        cash = Decimal(0)
        for leg in legs:
            stock = leg.type == "call" and underlying.kind != "broad"
            cash += -leg.quantity * ((underlying.price if stock else leg.strike) - leg.price)
        return needed * self.multiplier, cash * self.multiplier


def stock_maintenance(underlying_price, *, put_strike=None, call_strike=None) -> Decimal:
    """Return the maintenance of long stock hedged by options, dollars per share.

    Parameters
    ----------
    underlying_price : float or Decimal
        Price per share.
    put_strike : float or Decimal, optional
        Of a put held against the stock.
    call_strike : float or Decimal, optional
        Of a call sold against it.

    Notes
    -----
    25 % of the value alone; with a put the lesser of that and 10 % of its strike plus its out-of-the-money amount; put
    and call of one strike (a conversion) 10 % of it; a collar the lesser of the put's figure and 25 % of the call's
    strike.
    """
    price = _exact("underlying_price", underlying_price, "give a price above 0", above=0.0)
    if put_strike is None:
        return _cents(price / 4)
    strike = _exact("put_strike", put_strike, "give a strike above 0", above=0.0)
    hedged = strike / 10 + max(price - strike, Decimal(0))
    if call_strike is None:
        return _cents(min(hedged, price / 4))
    cap = _exact("call_strike", call_strike, "give a strike above 0", above=0.0)
    return _cents(strike / 10 if cap == strike else min(hedged, cap / 4))


def _matched(legs):
    """Pair shorts with longs of the same kind that do not expire before them; return spreads, longs and shorts left."""
    longs = [[leg, leg.quantity] for leg in legs if leg.quantity > 0]
    spread, naked = [], []
    for short in sorted((leg for leg in legs if leg.quantity < 0), key=_dearest_first):
        left = -short.quantity
        able = [
            each
            for each in longs
            if each[0].type == short.type and each[0].days_to_expiry >= short.days_to_expiry and each[1] > 0
        ]
        able.sort(key=lambda each: (*_gap(short, each[0]), each[0].price, each[0].days_to_expiry))
        for each in able:
            used = min(left, each[1])
            if used > 0:
                spread += [short.of(-used), each[0].of(used)]
                each[1] -= used
                left -= used
        if left > 0:
            naked.append(short.of(-left))
    return spread, [leg.of(size) for leg, size in longs if size > 0], naked


def _dearest_first(short):
    """Order shorts from the deepest in the money on, whatever the order in which they are given."""
    deep = short.strike if short.type == "call" else -short.strike
    return short.type, deep, -short.price, -short.days_to_expiry


def _gap(short, long):
    """Return what the pair can lose at expiry, then how much the long one protects beyond that."""
    side = 1 if short.type == "call" else -1
    return max(side * (long.strike - short.strike), Decimal(0)), -abs(long.strike - short.strike)
