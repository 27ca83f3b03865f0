"""Exposure: the Greeks of every leg and of the book.

All legs are put in the same units, so that they add: delta in coins of the underlying, gamma in coins per unit of
quote currency, vega per 1.00 of volatility and theta per year, both in quote currency.
"""

import numpy as np
import pandas as pd

from greekslab.book.instruments import Option
from greekslab.book.legs import option_legs, slope
from greekslab.book.positions import Book
from greekslab.market.market import Market
from greekslab.pricing.black import greeks


def exposure(book: Book, market: Market) -> pd.DataFrame:
    """Compute the Greeks of every position.

    Parameters
    ----------
    book : Book
    market : Market

    Returns
    -------
    DataFrame
        One row per position: ``instrument``, ``underlying``, ``delta`` (quote currency per 1 of spot, that is
        coins), ``gamma`` (change of that delta per 1 of spot), ``vega`` (per 1.00 of volatility) and ``theta`` (per
        year). Column sums are the book's, within one underlying.

    Notes
    -----
    Forwards move in proportion to the spot, so a leg's delta in spot is its delta in the forward times forward over
    spot. A coin-settled leg's value is converted at the moving spot.
    """
    labels = {"instrument": book.names, "underlying": [p.instrument.underlying for p in book]}
    return pd.DataFrame(labels | position_greeks(book, market))


def position_greeks(book: Book, market: Market) -> dict[str, np.ndarray]:
    """Return the columns of `exposure` as arrays, for callers in a loop."""
    size = len(book)
    table = {name: np.zeros(size) for name in ("delta", "gamma", "vega", "theta")}
    options = option_legs(book, market)
    if options is not None:
        g = greeks(
            forward=options.forward, strike=options.strike, vol=options.vol, tau=options.tau,
            kind=np.where(options.sign > 0, "call", "put"), rate=market.rate,
        )  # fmt: skip
        spot = np.array([market.spot(u) for u in options.underlyings])
        carry = options.forward / spot
        scale = options.unit * np.exp(market.rate * options.tau) * book.quantities[options.columns]
        table["delta"][options.columns] = scale * g.delta * carry
        table["gamma"][options.columns] = scale * g.gamma * carry**2
        table["vega"][options.columns] = scale * g.vega
        table["theta"][options.columns] = scale * g.theta
    for i, position in enumerate(book):
        instrument = position.instrument
        if not isinstance(instrument, Option):
            table["delta"][i] = position.quantity * slope(instrument, market) / market.spot(instrument.underlying)
    return table
