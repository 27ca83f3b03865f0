"""A market maker's book: about forty legs, long where customers sell and short where they buy.

The book is a rule, not a record. Customers of an option venue buy what is far out of the money (puts as insurance,
calls as lottery tickets) and sell what is near it (covered calls, cash-secured puts). Whoever takes the other side is
long near the money and short the wings, in every expiry, and hedges the delta that is left with futures and perpetuals.
"""

import numpy as np
import pandas as pd

from greekslab.book.exposures import exposure
from greekslab.book.instruments import Future, Option, Perpetual
from greekslab.book.positions import Book, Position
from greekslab.errors import InputError
from greekslab.inputs import checked_type
from greekslab.market.market import Market

_NEAR = 0.8  # standard deviations: options nearer to the money than this are bought, the others sold
_SIZES = (12.0, 10.0, 8.0, 6.0)  # coins a strike, by expiry from the nearest; the last holds for later ones
_WING = 2.5  # coins sold in the wings for each coin bought near the money
_STEP = 0.5  # coins; a hedge is rounded to it, so a little delta is left
# Where no strikes are quoted: strikes at these standard deviations of the forward.
_DISTANCES = (-2.0, -1.5, -1.0, -0.5, 0.0, 0.5, 1.0, 1.5, 2.0)


def market_maker_book(market: Market, underlying: str | None = None, *, settlement: str = "linear") -> Book:
    r"""Build the book of a market maker: nine options in every expiry, futures and a perpetual as hedge.

    Parameters
    ----------
    market : Market
        For example `Market.btc()`, where the book has 40 legs: nine options in each of four expiries, a future in the
        three later ones, and the perpetual. Expiries that are over are left out.
    underlying : str, optional
        Defaults to the market's first.
    settlement : {"linear", "inverse"}
        Of all legs. Inverse futures and perpetuals hold as many contracts of one unit of quote currency as make the
        same delta.

    Returns
    -------
    Book
        Puts below the forward and calls above it, at nine of the quoted strikes spread evenly over their list (with
        both ends). Within 0.8 standard deviations, :math:`|\ln(K/F)| < 0.8\,\sigma\sqrt\tau`, they are bought, 12,
        10, 8 and 6 coins a strike from the nearest expiry on; beyond it 2.5 times as many are sold. A future hedges
        half the delta of its expiry's options, the perpetual the rest, both to the nearest half coin. The same market
        gives the same book.
    """
    checked_type("market", market, Market, "give a Market, for example Market.btc()")
    underlying = underlying or next(iter(market.spots))
    if settlement not in ("linear", "inverse"):
        raise InputError("settlement", settlement, 'say "linear" or "inverse"')
    expiries = [expiry for expiry in market.expiries(underlying) if market.tau(expiry) > 0.0]
    if not expiries:
        remedy = "give the market forwards by expiry, later than its time"
        raise InputError(f"expiries of {underlying}", "none", remedy)
    options, futures = [], []
    for place, expiry in enumerate(expiries):
        legs = _options(market, underlying, settlement, expiry, _SIZES[min(place, len(_SIZES) - 1)])
        options += legs
        if place > 0:  # the nearest expiry is hedged by the perpetual alone
            futures += _hedge(Future(underlying, settlement, expiry), Book(tuple(legs)), market, 0.5)
    rest = _hedge(Perpetual(underlying, settlement), Book(tuple(options + futures)), market, 1.0)
    return Book(tuple(options + futures + rest))


def _options(market, underlying, settlement, expiry, size) -> list[Position]:
    forward, tau = market.forward(underlying, expiry), market.tau(expiry)
    legs = []
    for strike in _strikes(market, underlying, expiry):
        deviations = np.log(strike / forward) / (float(market.vol(underlying, expiry, strike)) * np.sqrt(tau))
        quantity = size if abs(deviations) < _NEAR else -_WING * size
        option = Option(underlying, settlement, expiry, strike, "put" if strike < forward else "call")
        legs.append(Position(option, quantity))
    return legs


def _strikes(market, underlying, expiry: pd.Timestamp) -> list[float]:
    """Return nine strikes of an expiry: quoted ones where there are quotes."""
    quotes = getattr(market.vols.get(underlying), "quotes", None)
    if quotes is not None:
        listed = quotes[expiry][0]
        places = np.unique(np.linspace(0, len(listed) - 1, len(_DISTANCES)).round().astype(int))
        return [float(listed[i]) for i in places]
    forward = market.forward(underlying, expiry)
    deviation = float(market.vol(underlying, expiry, forward)) * np.sqrt(market.tau(expiry))
    return [float(round(forward * np.exp(distance * deviation), 2)) for distance in _DISTANCES]


def _hedge(instrument, book: Book, market: Market, share: float) -> list[Position]:
    """Return a position that takes `share` of the book's delta away, to the nearest half coin; none if that is 0."""
    wanted = -share * float(exposure(book, market)["delta"].sum())
    coins = _STEP * round(wanted / _STEP)
    if coins == 0.0:
        return []
    spot = market.spot(instrument.underlying)
    contracts = coins * spot if instrument.settlement == "inverse" else coins
    return [Position(instrument, float(round(contracts, 2)))]
