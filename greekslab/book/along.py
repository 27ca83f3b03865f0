r"""The book after many moves: what a scan, or a delta, would be at each of a whole row of prices.

To scan after a move :math:`m` is to revalue at the compounded move :math:`(1+m)(1+x_s) - 1` and to subtract the
value at :math:`m`. The vols of the strikes stay where they are, so one set of shocked vols serves all moves.
"""

import numpy as np
from scipy.special import ndtr

from greekslab.book.instruments import Option
from greekslab.book.legs import TINY, is_inverse_future, loosened, option_legs, shocked_vols, slope, undiscounted
from greekslab.book.positions import Book
from greekslab.book.revalue import position_values
from greekslab.errors import InputError
from greekslab.inputs import number, numbers
from greekslab.market.market import Market
from greekslab.scenarios.sets import ScenarioSet


def checked_moves(moves) -> np.ndarray:
    """Return relative moves as an array, shape (moves,), each finite and above -1."""
    moves = numbers("moves", moves, "give a list of relative moves above -1, such as [-0.1, 0, 0.1]", above=-1.0)
    if moves.ndim != 1:
        raise InputError("moves", moves, "give a list of them, such as [-0.1, 0, 0.1]")
    return moves


def pnl_along(book: Book, market: Market, scenarios: ScenarioSet, moves) -> np.ndarray:
    """Compute the P&L cube after each of several moves of all spots.

    Parameters
    ----------
    book : Book
    market : Market
        Before the moves.
    scenarios : ScenarioSet
        The shocks after each move. Sets that tilt the smile ("linear", "abs") are refused: their shocks depend on
        where the price is.
    moves : array
        Relative moves, above -1.

    Returns
    -------
    ndarray
        Quote currency, shape (moves, scenarios, positions): ``pnl_cube(book, market.moved(m), scenarios).values``
        for every move m.
    """
    if scenarios.table["vol"].isin(["linear", "abs"]).any():
        raise InputError("scenarios", scenarios.name, "it tilts the smile; move the market and scan it each time")
    before = 1.0 + checked_moves(moves)
    values = np.empty((len(before), len(scenarios), len(book)))
    for i, position in enumerate(book):
        if not isinstance(position.instrument, Option):
            earned = position.quantity * slope(position.instrument, market)
            # an inverse future is a fixed amount of quote currency, whatever the price
            level = 1.0 if is_inverse_future(position.instrument) else before
            values[:, :, i] = np.outer(earned * level * np.ones_like(before), _moves(position, scenarios))
    options = option_legs(book, market)
    if options is None:
        return values
    factor = options.unit * book.quantities[options.columns]
    growth = np.column_stack([1.0 + scenarios.moves(u) for u in options.underlyings])
    total_vols = shocked_vols(options, scenarios)(slice(None)) * _root(options, scenarios.days)
    now = _values(options, loosened(options, before[:, None]), options.vol * _root(options, 0.0))
    # a block of moves at a time: a dozen megabytes of work, whatever the number of moves
    for rows in np.array_split(np.arange(len(before)), max(1, -(-len(before) * growth.size // 200_000))):
        after = before[rows, None, None] * growth
        shocked = _values(options, loosened(options, after), total_vols)
        values[np.ix_(rows, range(len(scenarios)), options.columns)] = (shocked - now[rows, None, :]) * factor
    return values


def delta_along(book: Book, market: Market, moves) -> np.ndarray:
    """Return the delta of every position after each move, coins, shape (moves, positions); see `exposure`."""
    before = 1.0 + checked_moves(moves)[:, None]
    delta = np.empty((len(before), len(book)))
    options = option_legs(book, market)
    for i, position in enumerate(book):
        if not isinstance(position.instrument, Option):
            earned = position.quantity * slope(position.instrument, market)
            level = before[:, 0] if is_inverse_future(position.instrument) else 1.0
            delta[:, i] = earned / (market.spot(position.instrument.underlying) * level)
    if options is not None:
        total_vol = np.maximum(options.vol * _root(options, 0.0), TINY)
        d1 = np.log(loosened(options, before) * (options.forward / options.strike)) / total_vol + total_vol / 2.0
        carry = options.loose * options.forward / np.array([market.spot(u) for u in options.underlyings])
        scale = options.unit * book.quantities[options.columns] * carry
        delta[:, options.columns] = scale * options.sign * ndtr(options.sign * d1)
    return delta


def position_values_along(book: Book, market: Market, moves, *, vol_shift=0.0, days=0.0) -> np.ndarray:
    """Return `position_values` after each move, quote currency, shape (moves, positions).

    Futures and perpetuals are worth their profit since entry; without an entry price they count as entered at the
    market's mark. With `vol_shift` all volatilities change by this share, with `days` time passes; an option that
    expires on the way is worth its payoff.
    """
    growth = 1.0 + checked_moves(moves)[:, None]
    vol_shift = number("vol_shift", vol_shift, "give a relative change of -1 or more, 0.4 for 40 % up", least=-1.0)
    days = number("days", days, "give a finite number of days")
    values = np.tile(position_values(book, market), (len(growth), 1))
    for i, position in enumerate(book):
        instrument = position.instrument
        if not isinstance(instrument, Option):
            if is_inverse_future(instrument):
                values[:, i] *= growth[:, 0]  # the profit so far is held in coin
            values[:, i] += position.quantity * slope(instrument, market) * (growth[:, 0] - 1.0)
    options = option_legs(book, market)
    if options is not None:
        total_vol = options.vol * (1.0 + vol_shift) * _root(options, days)
        nearer = np.exp(options.rate * np.minimum(days / 365.0, options.tau))  # the time that passes discounts less
        factor = options.unit * nearer * book.quantities[options.columns]
        values[:, options.columns] = _values(options, loosened(options, growth), total_vol) * factor
    return values


def _moves(position, scenarios):
    return scenarios.moves(position.instrument.underlying)


def _root(options, days):
    return np.sqrt(np.maximum(options.tau - days / 365.0, 0.0))


def _values(options, growth, total_vol):
    """Return undiscounted values at forwards times `growth`; the last axis is the options."""
    forward = growth * options.forward
    total_vol = np.array(np.broadcast_to(total_vol, forward.shape))
    return undiscounted(np.log(forward / options.strike), total_vol, forward, options.strike, options.sign)
