r"""Derive's standard manager (SRM): every position by fixed rates, options of an expiry by the most they can lose.

Net margin is cash plus, market by market and with the spot S, perpetual price P, forwards F and sizes q,

.. math::

    \text{perpetual} &= -|q| P\,r + \text{profit since entry}, \\
    \text{options of } e &= \max\Bigl(-\sum_{short} |q|\,\text{alone},\;
        \min_{K \in \{0, K_i\}} \min(0, \text{payoff}_e(K)) + \min(n, 0)\,F_e\,u\Bigr), \\
    \text{coin} &= q\,S\,m \qquad (\text{initial: } q\,S\,m\,i),

n the net calls of the expiry, u the scale of calls without a cover; `derive_srm_options` has the options. To open,
doubtful price feeds cost :math:`(1-c)\,k\,S` per perpetual, short option and coin, and a stablecoin below its peg costs
:math:`(\text{threshold} - \text{price})\,d\,S` per perpetual and short option.

Initial requirement := equity less the venue's net initial margin, so the report's excess is its "IM", and equity less
maintenance its "MM"; a long option, which brings no margin, is asked for in full. Options are marked without
discounting. Source: derivexyz/v2-core @ 7736900d, StandardManager.sol, SRMPortfolioViewer.sol (2026-01-21). Left out:
fees, caps on positions, the switch that forbids borrowing.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from greekslab.book.instruments import Future, Option, Perpetual, Spot
from greekslab.book.legs import mark_price
from greekslab.book.positions import Book, Position
from greekslab.book.revalue import position_values
from greekslab.errors import InputError
from greekslab.inputs import checked_type, number
from greekslab.margin.account import as_account
from greekslab.margin.by_coin import OTHERS
from greekslab.margin.report import MarginReport
from greekslab.margin.venues.cards import card as card_of
from greekslab.margin.venues.derive_holdings import with_rates
from greekslab.margin.venues.derive_srm_options import SRMMarket, srm_expiry_margin
from greekslab.market.market import Market

_ACCOUNT = ("depeg_threshold", "depeg_factor", "max_assets")


@dataclass(frozen=True)
class DeriveSRM:
    """Margin an account as Derive's standard manager does.

    Parameters
    ----------
    markets : mapping of str to SRMMarket
        Rates by underlying; "*" stands for every other. A coin is margined by the market of its own name.
    depeg_threshold, depeg_factor : float
        Price of the stablecoin below which it has lost its peg, and the scale of the charge.
    max_assets : int, optional
        Instruments an account may hold; without it as many as it likes.
    name, certainty, note : str
        For the report.
    """

    markets: Mapping[str, SRMMarket]
    depeg_threshold: float
    depeg_factor: float
    max_assets: int | None = None
    name: str = "Derive SRM"
    certainty: str = "documented"
    note: str = ""

    def __post_init__(self):
        checked_type("markets", self.markets, Mapping, 'give {"BTC": SRMMarket(...)}')
        for market, rates in self.markets.items():
            checked_type(f"rates of {market}", rates, SRMMarket, "give SRMMarket(...)")
        for name in _ACCOUNT[:2]:
            number(name, getattr(self, name), "give a finite number of 0 or more", least=0.0)
        if self.max_assets is not None:
            number("max_assets", self.max_assets, "give a whole number of 1 or more, or None for no limit", least=1.0)

    @classmethod
    def published(cls, edition: str | None = None, **overrides) -> "DeriveSRM":
        """Build the rule from its parameter card.

        Parameters
        ----------
        edition : str, optional
            Of the card; without it the newest.
        **overrides
            ``depeg_threshold``, ``depeg_factor``, ``max_assets``, or numbers of `SRMMarket` for all markets.
        """
        card = card_of("derive_srm", edition)
        whole = {name: overrides.pop(name, card.values["account"][name]) for name in _ACCOUNT}
        card.parameters(SRMMarket, "common", **overrides)  # refuses a number it does not know
        common = card.values["common"]
        markets = {u: SRMMarket(**{**common, **own, **overrides}) for u, own in card.values["markets"].items()}
        return cls(markets, **whole, name=card.title, certainty=card.certainty, note=card.note)

    # --- answers -----------------------------------------------------------------------------------------------

    def margin(self, account, market: Market) -> MarginReport:
        """Report the requirement of an `Account` or a `Book`.

        Contributions include posted coins, which count as coins of the book do: the venue's haircuts are used, the
        account's own are not.
        """
        account, market = as_account(account), with_rates(market, lambda rate: 0.0)
        book = _legs(account)
        values = self._values(book, market)
        parts = self._parts(book, market, values)
        total = sum(parts.values())[0]
        marginal = np.full(len(book), total.sum())
        for i in range(len(book)) if len(book) > 1 else ():
            marginal[i] -= sum(self._parts(book.without(i), market, np.delete(values, i)).values())[0].sum()
        index = pd.Index(book.names, name="instrument")
        sums = {label: tuple(float(x) for x in amounts.sum(axis=1)) for label, amounts in parts.items()}
        return MarginReport(
            rule=self.name,
            equity=account.cash + float(values.sum()),
            parts={label: pair for label, pair in sums.items() if any(pair)},
            contributions=pd.Series(total, index),
            marginal=pd.Series(marginal, index),
            certainty=self.certainty,
            note=self.note,
        )

    def requirement(self, account, market: Market) -> tuple[float, float]:
        """Return the initial and maintenance requirement alone, quote currency."""
        book, market = _legs(as_account(account)), with_rates(market, lambda rate: 0.0)
        parts = self._parts(book, market, self._values(book, market))
        return tuple(float(x) for x in sum(parts.values()).sum(axis=1))

    def slack(self, account, market: Market) -> float:
        """Return the venue's "MM": equity less maintenance requirement, below 0 in liquidation, quote currency."""
        account, undiscounted = as_account(account), with_rates(market, lambda rate: 0.0)
        worth = self._values(_legs(account), undiscounted).sum()
        return account.cash + float(worth) - self.requirement(account, market)[1]

    # --- the rule ----------------------------------------------------------------------------------------------

    def _rates(self, underlying) -> SRMMarket:
        rates = self.markets.get(underlying, self.markets.get(OTHERS))
        if rates is None:
            raise InputError("underlying", underlying, f"the manager has {', '.join(self.markets)}; give its rates")
        return rates

    def _values(self, book, market):
        """Return the worth of every leg, quote currency; coins in units of the stablecoin."""
        count = len({p.instrument for p in book})
        if self.max_assets is not None and count > self.max_assets:
            raise InputError("assets", count, f"the manager takes at most {self.max_assets}")
        coins = _are(book, Spot)
        for p, coin in zip(book, coins, strict=True):
            if p.instrument.settlement == "inverse":
                raise InputError("instrument", p.instrument.name, "Derive settles in quote currency; use a linear one")
            if coin and p.quantity < 0.0:
                raise InputError(f"quantity of {p.instrument}", p.quantity, "Derive lends cash, not coins")
        values = position_values(book, market)
        return np.where(coins, values / market.stable_price, values)

    def _parts(self, book, market, values) -> dict[str, np.ndarray]:
        """Return the requirement by part and leg, each shape (2, legs): equity less the net margin."""
        parts = {}
        for underlying in book.underlyings:
            mine = np.array([p.instrument.underlying == underlying for p in book])
            for charge in (self._straight, self._options, self._coin):
                for label, amounts in charge(book, market, values, underlying, mine):
                    parts[label] = parts.get(label, 0.0) + amounts
        return parts or {"nothing": np.zeros((2, len(book)))}

    def _contingencies(self, market, underlying, size, confidence, threshold, *, depeg=True):
        """Yield what doubtful feeds and a lost peg cost to open, on sizes of 0 or more in coins."""
        worth, rates = size * market.spot(underlying), self._rates(underlying)
        if confidence < threshold:
            yield f"{underlying} oracle contingency", np.outer([(1.0 - confidence) * rates.oc_factor, 0.0], worth)
        lost = max(self.depeg_threshold - market.stable_price, 0.0)
        if lost and depeg:
            yield f"{underlying} depeg", np.outer([lost * self.depeg_factor, 0.0], worth)

    def _straight(self, book, market, values, underlying, mine):
        """Yield the charges on perpetuals; dated futures, which Derive does not list, count as they do."""
        mine, rates = mine & _are(book, Perpetual, Future), self._rates(underlying)
        if mine.any():
            size = np.where(mine, np.sign(_net(book)) * book.quantities, 0.0)
            price = [mark_price(p.instrument, market) if one else 0.0 for p, one in zip(book, mine, strict=True)]
            yield f"{underlying} perpetual", np.outer([rates.im_perp_req, rates.mm_perp_req], size * np.array(price))
            confidence = min(market.confidence_in(underlying), market.confidence_in(underlying, "perp"))
            yield from self._contingencies(market, underlying, size, confidence, rates.perp_threshold)

    def _options(self, book, market, values, underlying, mine):
        """Yield the charges on the options of every expiry: what they are worth less the margin they bring."""
        rates, net, options = self._rates(underlying), _net(book), mine & _are(book, Option)
        for expiry in sorted({p.instrument.expiry for p, one in zip(book, options, strict=True) if one}):
            legs = np.array([i for i in np.flatnonzero(options) if book.positions[i].instrument.expiry == expiry])
            held, quantity = [book.positions[i].instrument for i in legs], book.quantities[legs]
            price = position_values(Book(tuple(Position(o, 1.0) for o in held)), market)
            way, margin = srm_expiry_margin(
                rates, spot=market.spot(underlying), forward=market.forward(underlying, expiry), quantity=quantity,
                net=net[legs], strike=np.array([o.strike for o in held]), price=price,
                sign=np.array([1.0 if o.kind == "call" else -1.0 for o in held]),
            )  # fmt: skip
            amounts = np.zeros((2, len(book)))
            amounts[:, legs] = values[legs] - margin
            date = held[0].stem.split("-")[1]
            yield f"{underlying} options {date} ({way})", amounts
            short = np.zeros(len(book))
            short[legs] = np.where(net[legs] < 0.0, -quantity, 0.0)
            feeds = (("spot",), ("forward", expiry), ("vol", expiry))
            confidence = min(market.confidence_in(underlying, *feed) for feed in feeds)
            yield from self._contingencies(market, underlying, short, confidence, rates.option_threshold)

    def _coin(self, book, market, values, underlying, mine):
        """Yield what is cut from the worth of a coin."""
        mine, rates = mine & _are(book, Spot), self._rates(underlying)
        if mine.any():
            size = np.where(mine, book.quantities, 0.0)
            counts = size * market.spot(underlying) * rates.margin_factor
            worth = np.where(mine, values, 0.0)
            yield f"{underlying} haircut", np.array([worth - counts * rates.im_scale, worth - counts])
            confidence = market.confidence_in(underlying)
            yield from self._contingencies(market, underlying, size, confidence, rates.base_threshold, depeg=False)


def _legs(account) -> Book:
    """Return the positions and the posted coins as one book."""
    return account.book if account.collateral is None else account.book + account.collateral


def _are(book, *kinds) -> np.ndarray:
    return np.array([isinstance(p.instrument, kinds) for p in book])


def _net(book) -> np.ndarray:
    """Return the net quantity of every leg's instrument, shape (legs,)."""
    sums = {}
    for p in book:
        sums[p.instrument] = sums.get(p.instrument, 0.0) + p.quantity
    return np.array([sums[p.instrument] for p in book])
