"""What Deribit's rules know of the legs of a book: their pair, what they settle in, and their P&L in that currency."""

import numpy as np

from greekslab.book.exposures import position_greeks
from greekslab.book.instruments import Future, Instrument, Option, Perpetual, Spot
from greekslab.book.positions import Book
from greekslab.book.revalue import pnl_cube, position_values
from greekslab.market.market import Market
from greekslab.scenarios.sets import ScenarioSet

_COIN = ":inverse"


def deribit_pair(instrument: Instrument) -> tuple[str, str]:
    """Return the names under which an instrument's numbers are looked for: "BTC", or "BTC_USDC" if it is linear."""
    coin = instrument.underlying
    return (coin, coin) if instrument.settlement == "inverse" else (f"{coin}_USDC", coin)


def pairs_of(book: Book) -> dict[str, list[int]]:
    """Return the places of the legs of every pair and settlement; coins go with the coin-settled legs."""
    found = {}
    for i, position in enumerate(book):
        coin = position.instrument.underlying
        found.setdefault(f"{coin}{_COIN}" if _in_coin(position) else coin, []).append(i)
    return found


def is_coin_settled(pair: str) -> bool:
    """Tell whether a pair of `pairs_of` settles in coin."""
    return pair.endswith(_COIN)


def settled_pnl(book: Book, market: Market, scenarios: ScenarioSet) -> np.ndarray:
    """Return the P&L of every leg in every scenario as it is settled, shape (scenarios, legs).

    Quote currency. Coin-settled legs earn coin, converted at today's index: a coin held earns nothing.
    """
    values = pnl_cube(book, market, scenarios).values
    marks = np.where(in_coin(book), marks_of(book, market), 0.0)
    for i, position in enumerate(book):
        if _in_coin(position):
            move = scenarios.moves(position.instrument.underlying)
            values[:, i] = (values[:, i] - move * marks[i]) / (1.0 + move)
    return values


def marks_of(book: Book, market: Market) -> np.ndarray:
    """Return the worth of options and coins, quote currency; futures are settled, and worth nothing."""
    settled = np.array([isinstance(p.instrument, (Future, Perpetual)) for p in book])
    return np.where(settled, 0.0, position_values(book, market))


def net_deltas(book: Book, market: Market) -> np.ndarray:
    """Return the delta of every leg, coins; of coin-settled options net of the mark, of coins held 0."""
    delta = position_greeks(book, market)["delta"]
    index = np.array([market.spot(p.instrument.underlying) for p in book])
    paid = np.array([isinstance(p.instrument, (Option, Spot)) for p in book])
    return delta - np.where(paid & in_coin(book), marks_of(book, market) / index, 0.0)


def in_coin(book: Book) -> np.ndarray:
    """Tell which legs settle in coin, coins held among them."""
    return np.array([_in_coin(p) for p in book])


def _in_coin(position) -> bool:
    return isinstance(position.instrument, Spot) or position.instrument.settlement == "inverse"
