r"""Paradex cross margin: market by market, orders included; and how much of an account is liquidated.

A perpetual of n coins at mark P with buy orders b and sell orders s is charged the rate of the larger size that orders
may lead to, the account's fee rate on all of it, and what aggressive orders lose at once,

.. math:: r P \max\bigl((b + n)^+, (s - n)^+\bigr) + f P\,(b + s + |n|) + \text{open loss}; \qquad
          \text{to keep: } \tfrac12 r P |n| + f P |n|.

An option of mark V and strike K needs

.. math:: \text{long: } \min(V, l S), \qquad \text{short: } \max(i S - OTM, o S), \text{ a put at most } c K,

and half of each rate, but all of c, to keep. Marks count in the account's value.

When maintenance exceeds the account's value all positions are cut by the smallest multiple of a fifth that brings their
ratio below 90 %, for a penalty of share x fee x maintenance.

References
----------
tradeparadex/paradex-docs @ 9b82a75a (2026-08-20), cross-margin-requirement.mdx (fees and open loss @ b11bd20a) and
liquidations.mdx; docs.paradex.trade, margin requirements of options (premium multiplier, cap on short puts).
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from greekslab.book.instruments import Option, Spot
from greekslab.book.legs import slope
from greekslab.book.revalue import position_values
from greekslab.errors import InputError
from greekslab.inputs import number
from greekslab.margin.isolated import open_size
from greekslab.margin.venues.cards import card as card_of
from greekslab.margin.venues.charged import Charged, Charges, add_to, check_markets, of_market


@dataclass(frozen=True)
class ParadexRates:
    """Rates of one coin: ``perpetual`` of the notional, the rest of the spot, ``short_put_cap`` of the strike.

    ``premium`` is the share of a long option's mark; maintenance rates are ``maintenance_share`` of all but the cap.
    """

    perpetual: float
    long_itm: float
    short_itm: float
    short_otm: float
    short_put_cap: float
    premium: float = 1.0
    maintenance_share: float = 0.5

    def __post_init__(self):
        for name, value in vars(self).items():
            number(name, value, "give a finite rate, 0 or more", least=0.0)
        number("maintenance_share", self.maintenance_share, "give a share in (0, 1]", above=0.0, most=1.0)
        if self.short_otm > self.short_itm:
            raise InputError("short_otm", self.short_otm, "give at most short_itm")


@dataclass(frozen=True)
class ParadexRequirement:
    """What one market asks for, quote currency: ``net`` of fees and open loss, and the whole of it."""

    net: float
    fees: float
    open_loss: float
    maintenance: float

    @property
    def initial(self) -> float:
        """Requirement to open positions."""
        return self.net + self.fees + self.open_loss


def paradex_perp(
    *, position, mark, rate, buy_orders=(), sell_orders=(), fee_rate=0.0, maintenance_share=0.5
) -> ParadexRequirement:
    """Return what a perpetual and its orders ask for.

    Parameters
    ----------
    position : float
        Coins, long > 0, short < 0.
    mark : float
        Mark price, quote currency.
    rate : float
        Initial margin fraction: 1 over the leverage chosen.
    buy_orders, sell_orders : sequence of (size, limit price)
        Open orders; a size in coins.
    fee_rate : float
        The higher of the account's maker and taker rates.
    maintenance_share : float
        Of the initial rate.
    """
    mark = number("mark", mark, "give a finite price above 0", above=0.0)
    rate = number("rate", rate, "give a share of the notional, 0 or more", least=0.0)
    fee_rate = number("fee_rate", fee_rate, "give a rate of 0 or more", least=0.0)
    number("maintenance_share", maintenance_share, "give a share in (0, 1]", above=0.0, most=1.0)
    lost, sizes = 0.0, []
    for side, orders in ((1.0, buy_orders), (-1.0, sell_orders)):
        for size, limit in orders:
            number("order size", size, "give coins, 0 or more", least=0.0)
            number("limit price", limit, "give a finite price of 0 or more", least=0.0)
            lost += size * max(side * (limit - mark), 0.0)
        sizes.append(sum(size for size, _ in orders))
    largest = max(open_size(position=position, buy_orders=sizes[0], sell_orders=sizes[1]))
    held = abs(position) * mark
    return ParadexRequirement(
        rate * largest * mark,
        fee_rate * (sum(sizes) * mark + held),
        lost,
        (maintenance_share * rate + fee_rate) * held,
    )


def paradex_option(rates: ParadexRates, *, kind, strike, spot, mark, long) -> tuple[float, float]:
    """Return initial and maintenance margin of one option, quote currency; its mark counts in the account's value.

    Parameters
    ----------
    rates : ParadexRates
    kind : {"call", "put"}
    strike, spot, mark : float
        Quote currency.
    long : bool
        Bought, or sold.

    Examples
    --------
    The page's short put struck at 40 with the spot at 100; half its strike, 20, would be the cap:

    >>> rates = ParadexRates(0.02, 0.20, 0.15, 0.10, 0.50)
    >>> paradex_option(rates, kind="put", strike=40, spot=100, mark=25, long=False)
    (10.0, 5.0)
    """
    if kind not in ("call", "put"):
        raise InputError("kind", kind, 'say "call" or "put"')
    for name, value in (("strike", strike), ("spot", spot)):
        number(name, value, "give a finite price above 0", above=0.0)
    number("mark", mark, "give the mark of the option, 0 or more", least=0.0)
    out = max(strike - spot if kind == "call" else spot - strike, 0.0)

    def margin(share):
        if long:
            return min(share * rates.premium * mark, share * rates.long_itm * spot)
        needed = max(share * rates.short_itm * spot - out, share * rates.short_otm * spot)
        return min(needed, rates.short_put_cap * strike) if kind == "put" else needed

    return margin(1.0), margin(rates.maintenance_share)


@dataclass(frozen=True)
class ParadexCross(Charged):
    """Charge every position of a book by its market's rates; nothing nets, and there are no orders.

    Parameters
    ----------
    markets : mapping of str to ParadexRates
        By coin; "*" for every other.
    fee_rate : float
        The higher of the account's maker and taker rates.
    name, certainty, note : str
        For the report.
    """

    markets: Mapping[str, ParadexRates]
    fee_rate: float = 0.0
    name: str = "Paradex cross margin"
    certainty: str = "documented"
    note: str = ""

    def __post_init__(self):
        check_markets("markets", self.markets, ParadexRates)
        number("fee_rate", self.fee_rate, "give a rate of 0 or more", least=0.0)

    @classmethod
    def published(cls, edition: str | None = None, *, fee_rate: float | None = None, **overrides) -> "ParadexCross":
        """Build the rule from its card; `overrides` are numbers of `ParadexRates`, for all coins."""
        card = card_of("paradex", edition)
        if "cross" not in card.values:
            raise InputError("edition", edition, "its card has no rates for cross margin; ask for the newest")
        markets = {coin: ParadexRates(**{**rates, **overrides}) for coin, rates in card.values["cross"].items()}
        rate = card.values["account"]["fee_rate"] if fee_rate is None else fee_rate
        return cls(markets, rate, f"{card.title}: cross margin", card.certainty, card.note)

    def charges(self, book, market) -> Charges:
        """Return the charges of every leg; coins held are not lent against."""
        parts, values = {}, position_values(book, market)
        for i, position in enumerate(book):
            rates = of_market(self.markets, (position.instrument.underlying,), "coin")
            for label, amounts in self._leg(position, values[i], rates, market):
                add_to(parts, label, [i], np.array(amounts).reshape(2, 1), len(book))
        return Charges(parts)

    def _leg(self, position, value, rates, market):
        instrument, size = position.instrument, abs(position.quantity)
        if isinstance(instrument, Spot):
            yield "coins held", (max(value, 0.0),) * 2
        elif isinstance(instrument, Option):
            if size:
                both = paradex_option(
                    rates, kind=instrument.kind, strike=instrument.strike, spot=market.spot(instrument.underlying),
                    mark=abs(value) / size, long=position.quantity > 0.0,
                )  # fmt: skip
                yield "long options" if position.quantity > 0.0 else "short options", [size * each for each in both]
                yield "fee provision", (self.fee_rate * abs(value),) * 2
        else:
            notional = size * slope(instrument, market)
            both = rates.perpetual, rates.perpetual * rates.maintenance_share
            yield "futures and perpetuals", [rate * notional for rate in both]
            yield "fee provision", (self.fee_rate * notional,) * 2


@dataclass(frozen=True)
class ParadexLiquidation:
    """What a liquidation of a share of all positions leaves: quote currency, the ratio as a share."""

    share: float
    penalty: float
    maintenance: float
    account_value: float

    @property
    def ratio(self) -> float:
        """Maintenance over account value, infinite where there is none left."""
        if not self.maintenance:
            return 0.0
        return self.maintenance / self.account_value if self.account_value > 0.0 else np.inf


def paradex_liquidation(account_value, maintenance, *, share=None, fee=0.7, step=0.2, target=0.9) -> ParadexLiquidation:
    """Return what is liquidated of an account, and what it leaves.

    Parameters
    ----------
    account_value : float
        Collateral and profit at mark prices, quote currency.
    maintenance : float
        Maintenance requirement before, 0 or more.
    share : float, optional
        Share of all positions; without it the smallest multiple of `step` that brings the ratio below `target`, all
        of them if none does, none if the account is not to be liquidated.
    fee : float
        Penalty as a share of the requirement that is liquidated.
    step, target : float
        See `share`.
    """
    value = number("account_value", account_value, "give a finite amount, quote currency")
    needed = number("maintenance", maintenance, "give an amount of 0 or more", least=0.0)
    fee = number("fee", fee, "give a share of 0 or more", least=0.0)
    step = number("step", step, "give a share in (0, 1]", above=0.0, most=1.0)
    target = number("target", target, "give a ratio in (0, 1]", above=0.0, most=1.0)

    def after(part):
        return ParadexLiquidation(part, part * fee * needed, (1.0 - part) * needed, value - part * fee * needed)

    if share is not None:
        return after(number("share", share, "give a share from 0 to 1", least=0.0, most=1.0))
    if needed <= value:
        return after(0.0)
    shares = [min(round(k * step, 12), 1.0) for k in range(1, int(np.ceil(1.0 / step - 1e-9)) + 1)]
    return next((left for left in map(after, shares) if left.ratio < target), after(1.0))
