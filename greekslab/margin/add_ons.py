"""Add-ons: charges for what scenarios do not see, on top of a scan or as a floor under it."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from greekslab.book.along import delta_along
from greekslab.book.exposures import position_greeks
from greekslab.book.instruments import Future, Option, Perpetual
from greekslab.book.legs import is_inverse_future, slope
from greekslab.book.positions import Book
from greekslab.errors import InputError
from greekslab.inputs import number
from greekslab.market.market import Market

_STRAIGHT = (Future, Perpetual)


@dataclass(frozen=True)
class AddOn:
    """A charge on top of (or a floor under) the scan.

    ``charge(book, market)`` returns initial and maintenance by position, quote currency, shape (2, positions).
    ``along(book, market, moves)``, if given, returns their sums after each move of all spots, shape (moves, 2).
    ``many(units, market)``, if given, returns a function from a sparse block of quantities (accounts x instruments) to
    initial and maintenance of every account, shape (accounts, 2); `units` is a book of one unit of each instrument.
    """

    name: str
    charge: Callable[[Book, Market], np.ndarray]
    along: Callable[[Book, Market, np.ndarray], np.ndarray] | None = None
    many: Callable[[Book, Market], Callable] | None = None

    def for_accounts(self, units: Book, market: Market) -> Callable:
        """Return the function that charges a block of accounts, or say that there is none."""
        if self.many is None:
            remedy = "it says nothing of many accounts at once; give AddOn(..., many=...), or ask account by account"
            raise InputError("add-on", self.name, remedy)
        return self.many(units, market)

    def totals(self, book: Book, market: Market, moves) -> np.ndarray:
        """Return initial and maintenance of the book after each move, quote currency, shape (moves, 2)."""
        if self.along is not None:
            return self.along(book, market, np.asarray(moves, dtype=float))
        return np.array([self.charge(book, market.moved(move)).sum(axis=1) for move in moves])


def _rates(**rates):
    for name, rate in rates.items():
        number(name, rate, "give a finite rate, 0 or more (0.04 is 4 %)", least=0.0)


def contract_charge(initial: float, maintenance: float, name: str = "perpetual contingency") -> AddOn:
    """Charge rates of the notional of every future and perpetual, without netting.

    Parameters
    ----------
    initial, maintenance : float
        Shares of the notional, 0 or more.
    """
    _rates(initial=initial, maintenance=maintenance)

    def charge(book, market):
        notional = [
            abs(p.quantity) * slope(p.instrument, market) if isinstance(p.instrument, _STRAIGHT) else 0.0 for p in book
        ]
        return np.outer([initial, maintenance], notional)

    def many(units, market):
        per_unit = charge(units, market).T
        return lambda block: abs(block) @ per_unit

    def along(book, market, moves):
        by_leg = charge(book, market)
        fixed = np.array([is_inverse_future(p.instrument) for p in book])
        return by_leg[:, fixed].sum(axis=1) + np.outer(1.0 + moves, by_leg[:, ~fixed].sum(axis=1))

    return AddOn(name, charge, along, many)


def naked_option_charge(initial: float, maintenance: float, name: str = "short-option contingency") -> AddOn:
    """Charge a share of the spot for every option that is short and not covered at its own strike.

    Parameters
    ----------
    initial, maintenance : float
        Shares of the spot per option, 0 or more.

    Notes
    -----
    Legs of one strike and expiry count together, as Derive counts them: call and put both short add up, a long one
    covers a short one of the other kind, two long ones cost nothing. The charge is split over the short legs.
    """
    _rates(initial=initial, maintenance=maintenance)

    def charge(book, market):
        charged = np.zeros(len(book))
        strikes = {}
        for i, p in enumerate(book):
            if isinstance(p.instrument, Option):
                o = p.instrument
                strikes.setdefault((o.underlying, o.expiry, o.strike), []).append(i)
        for (underlying, _, _), legs in strikes.items():
            net = {"call": 0.0, "put": 0.0}
            for i in legs:
                net[book.positions[i].instrument.kind] += book.positions[i].quantity
            call, put = net.values()
            naked = -call - put if max(call, put) <= 0.0 else max(-(call + put), 0.0)
            short = np.array([max(-book.positions[i].quantity, 0.0) for i in legs])
            if naked > 0.0:
                charged[legs] = naked * market.spot(underlying) * short / short.sum()
        return np.outer([initial, maintenance], charged)

    def many(units, market):
        strikes = {}
        for i, p in enumerate(units):
            if isinstance(o := p.instrument, Option):
                strikes.setdefault((o.underlying, o.expiry, o.strike), {}).setdefault(o.kind, []).append(i)
        spots = np.array([market.spot(underlying) for underlying, _, _ in strikes])
        member = {kind: np.zeros((len(units), len(strikes))) for kind in ("call", "put")}
        for column, legs in enumerate(strikes.values()):
            for kind, places in legs.items():
                member[kind][places, column] = 1.0

        def of_block(block):
            call, put = block @ member["call"], block @ member["put"]
            naked = np.where(np.maximum(call, put) <= 0.0, -call - put, np.maximum(-(call + put), 0.0))
            return np.outer(naked @ spots, [initial, maintenance])

        return of_block

    def along(book, market, moves):
        return np.outer(1.0 + moves, charge(book, market).sum(axis=1))  # in proportion to the spot

    return AddOn(name, charge, along, many)


def minimum_delta(net: float, hedged: float, maintenance_share: float = 0.5, name: str = "minimum delta") -> AddOn:
    """Charge net and hedged delta, for use as a floor: (net |D| + hedged (gross - |D|) / 2) S.

    Parameters
    ----------
    net, hedged : float
        Shares of the spot (Paradex: 0.02 and 0.01).
    maintenance_share : float
        Maintenance as a share of the initial amount.
    """
    _rates(net=net, hedged=hedged, maintenance_share=maintenance_share)

    def charge(book, market):
        delta, charged = position_greeks(book, market)["delta"], np.zeros(len(book))
        owner = np.array([p.instrument.underlying for p in book])
        for underlying in book.underlyings:
            mine = owner == underlying
            towards_net = np.sign(delta[mine].sum()) * delta[mine]
            hedge = (np.abs(delta[mine]) - towards_net) / 2.0
            charged[mine] = market.spot(underlying) * (net * towards_net + hedged * hedge)
        return np.array([charged, maintenance_share * charged])

    def many(units, market):
        delta = position_greeks(units, market)["delta"]
        owner = np.array([p.instrument.underlying for p in units])
        mine = [(market.spot(u), np.where(owner == u, delta, 0.0)) for u in units.underlyings]

        def of_block(block):
            charged = np.zeros(block.shape[0])
            for spot, each in mine:
                size, gross = np.abs(block @ each), abs(block) @ np.abs(each)
                charged += spot * (net * size + hedged * (gross - size) / 2.0)
            return np.outer(charged, [1.0, maintenance_share])

        return of_block

    def along(book, market, moves):
        delta, charged = delta_along(book, market, moves), np.zeros(len(moves))
        owner = np.array([p.instrument.underlying for p in book])
        for underlying in book.underlyings:
            mine = delta[:, owner == underlying]
            size, gross = np.abs(mine.sum(axis=1)), np.abs(mine).sum(axis=1)
            charged += market.spot(underlying) * (1.0 + moves) * (net * size + hedged * (gross - size) / 2.0)
        return np.outer(charged, [1.0, maintenance_share])

    return AddOn(name, charge, along, many)
