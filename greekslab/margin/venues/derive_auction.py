r"""Derive's liquidation: a Dutch auction of an account that no longer meets its maintenance margin.

With the net maintenance margin MM < 0 (equity less requirement), the mark-to-market value MtM and the buffer margin
:math:`BM = MM + b\,(MM - MtM)`:

* solvent, MtM > 0: the account is offered at a falling share d(t) of its value, in a fast and then a slow straight
  line down to 0. Whoever bids takes a share of it, at most

  .. math:: f = \frac{BM^-}{BM^- - MtM\,d - R\,(1 - d)},

  just enough to bring what is left to its buffer, and pays that share of :math:`(MtM - R)\,d`. R is the cash of
  earlier bids, which stays with the account. Of an account below a cut-off all may be taken.
* insolvent: the bidder is paid to take it, in a straight line from what it owes to -MM.

Source: derivexyz/v2-core @ 7736900d, src/liquidation/DutchAuction.sol (2026-01-21). Left out: the checks of the bidder,
the security module that pays for insolvent accounts.
"""

from dataclasses import dataclass, fields

import numpy as np

from greekslab.errors import InputError
from greekslab.inputs import number, numbers
from greekslab.margin.venues.cards import card as card_of

_LENGTHS = ("fast_length", "slow_length", "insolvent_length")


@dataclass(frozen=True)
class AuctionBid:
    """What a bid comes to, quote currency.

    Attributes
    ----------
    buffer_margin : float
        What the account lacks to be whole with a buffer, below 0.
    max_share, share : float
        Largest share of the account that may be taken now, and the share taken, 0 to 1.
    price : float
        Cash paid for that share; below 0 the bidder is paid.
    cash_needed : float
        Cash the bidder must hold: the price and the buffer of what is taken over.
    """

    buffer_margin: float
    max_share: float
    share: float
    price: float
    cash_needed: float


@dataclass(frozen=True)
class DeriveAuction:
    """The auction by its numbers: ``..._pct`` shares of the mark-to-market value, ``..._length`` in seconds.

    ``fee_rate`` is a share of the value of what must be sold, ``buffer_pct`` the buffer on top of the maintenance
    requirement, ``mtm_cutoff`` the value in quote currency below which an account is sold whole.
    """

    starting_mtm_pct: float
    fast_cutoff_pct: float
    fast_length: float
    slow_length: float
    insolvent_length: float
    fee_rate: float
    buffer_pct: float
    mtm_cutoff: float = 0.0

    def __post_init__(self):
        for name in (each.name for each in fields(self)):
            value = getattr(self, name)
            if name in _LENGTHS:
                number(name, value, "give seconds above 0", above=0.0)
            elif name == "mtm_cutoff":
                number(name, value, "give an amount of quote currency, 0 or more", least=0.0)
            else:
                number(name, value, "give a share from 0 to 1", least=0.0, most=1.0)
        if self.fast_cutoff_pct > self.starting_mtm_pct:
            raise InputError(
                "fast_cutoff_pct", self.fast_cutoff_pct, "it is where the fast fall ends: at most its start"
            )

    @classmethod
    def published(cls, edition: str | None = None, **overrides) -> "DeriveAuction":
        """Build the auction from its parameter card; numbers given take the place of the card's."""
        return card_of("derive_auction", edition).parameters(cls, "parameters", **overrides)

    def discount(self, seconds):
        """Return the share of its value that a solvent account is offered at, `seconds` after the start (or array)."""
        seconds = numbers("seconds", seconds, "give seconds since the start, 0 or more", least=0.0)
        ends = [0.0, self.fast_length, self.fast_length + self.slow_length]
        return np.interp(seconds, ends, [self.starting_mtm_pct, self.fast_cutoff_pct, 0.0])[()]

    def buffer_margin(self, *, mark_to_market: float, maintenance: float) -> float:
        """Return the buffer margin: net maintenance margin with a buffer; the auction ends when it is 0 or more."""
        return maintenance + self.buffer_pct * (maintenance - mark_to_market)

    def max_share(self, seconds, *, mark_to_market: float, maintenance: float, reserved: float = 0.0):
        """Return the largest share of a solvent account that may be taken after `seconds`; parameters of `bid`."""
        return self._share(self.discount(seconds), mark_to_market, maintenance, reserved)

    def price(self, seconds, *, mark_to_market: float, maintenance: float, reserved: float = 0.0):
        """Return the price of the whole account after `seconds` (or array): the path of the auction.

        Above 0 the bidder pays, below 0 the bidder is paid. Parameters of `bid`.
        """
        _checked(mark_to_market, maintenance, reserved)
        if mark_to_market > 0.0:
            return (mark_to_market - reserved) * self.discount(seconds)
        seconds = numbers("seconds", seconds, "give seconds since the start, 0 or more", least=0.0)
        gone = np.minimum(seconds / self.insolvent_length, 1.0)
        return (mark_to_market + (maintenance - mark_to_market) * gone)[()]

    def bid(self, seconds: float, share: float = 1.0, *, mark_to_market, maintenance, reserved=0.0) -> AuctionBid:
        """Return what a bid for a share of the account comes to.

        Parameters
        ----------
        seconds : float
            Since the start of the auction of the phase the account is in.
        share : float
            Share of the present account asked for, 0 to 1; a solvent account gives no more than `max_share`.
        mark_to_market : float
            Value of the account with its cash, quote currency: a report's ``equity``. 0 or less is insolvent.
        maintenance : float
            Net maintenance margin: a report's ``equity - maintenance``. An auction starts where it is below 0, and
            goes on after the first bids until the buffer margin is 0 or more.
        reserved : float
            Cash paid in by earlier bids of this auction.
        """
        share = number("share", share, "give a share of the account from 0 to 1", least=0.0, most=1.0)
        number("seconds", seconds, "give seconds since the start, 0 or more", least=0.0)
        market = {"mark_to_market": mark_to_market, "maintenance": maintenance, "reserved": reserved}
        whole = float(self.price(seconds, **market))
        buffer = self.buffer_margin(mark_to_market=mark_to_market, maintenance=maintenance)
        if mark_to_market <= 0.0:
            return AuctionBid(buffer, 1.0, share, whole * share, (abs(maintenance) + whole) * share)
        most = float(self.max_share(seconds, **market))
        share = min(share, most)
        return AuctionBid(buffer, most, share, whole * share, (whole + abs(buffer - reserved)) * share)

    def starting_fee(self, *, mark_to_market: float, maintenance: float) -> float:
        """Return the fee of a solvent account when its auction starts, quote currency; an insolvent one pays none."""
        _checked(mark_to_market, maintenance, 0.0)
        if mark_to_market <= 0.0:
            return 0.0
        return float(self._share(1.0, mark_to_market, maintenance, 0.0)) * mark_to_market * self.fee_rate

    def _share(self, discount, mark_to_market, maintenance, reserved):
        _checked(mark_to_market, maintenance, reserved)
        if mark_to_market <= 0.0:
            raise InputError("mark_to_market", mark_to_market, "an insolvent account is taken whole or in part at will")
        if mark_to_market < self.mtm_cutoff:
            return np.ones(np.shape(discount))[()]
        lack = min(self.buffer_margin(mark_to_market=mark_to_market, maintenance=maintenance), 0.0)
        return lack / (lack - mark_to_market * discount - reserved * (1.0 - discount)) if lack else 0.0 * discount


def _checked(mark_to_market, maintenance, reserved):
    number("mark_to_market", mark_to_market, "give the value of the account, finite, in quote currency")
    if number("maintenance", maintenance, "give the net maintenance margin, in quote currency") > mark_to_market:
        raise InputError("maintenance", maintenance, f"a net margin is at most the value, {mark_to_market:g}")
    number("reserved", reserved, "give the cash of earlier bids, 0 or more", least=0.0)
    if mark_to_market > 0.0 and reserved > mark_to_market:
        raise InputError(
            "reserved", reserved, "earlier bids paid more than the account is worth: the auction starts anew"
        )
