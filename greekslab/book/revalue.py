r"""The P&L cube: every position revalued in every scenario.

This is the one engine under every margin model. For scenario :math:`s` and position :math:`i`,

.. math:: P_{si} = q_i\,\bigl[V_i(S(1 + x_s), \sigma_{si}, \tau_i - t) - V_i(S, \sigma_i, \tau_i)\bigr],

in quote currency and before any weight. Rows are scenarios, columns positions; the row sums are the book.

Coin-settled legs are converted at the scenario's own spot: an option worth :math:`V/F` coins is worth
:math:`V S/F` of quote currency, and an inverse future on :math:`N` contracts earns :math:`N x_s` times spot over
forward - a straight line.
"""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from greekslab.book.compiled_cube import compiled_values
from greekslab.book.instruments import Future, Option, Perpetual
from greekslab.book.legs import (
    TINY,
    OptionLegs,
    in_words,
    mark_price,
    movers,
    option_legs,
    slope,
    undiscounted,
    vol_table,
)
from greekslab.book.positions import Book
from greekslab.errors import InputError
from greekslab.inputs import checked_type
from greekslab.market.market import Market
from greekslab.market.times import utc
from greekslab.pricing.blocks import aligned
from greekslab.pricing.mills import tail_over_bell
from greekslab.scenarios.sets import ScenarioSet

# Doubles in one block of work: the arrays of this size stay inside a core's cache.
_BLOCK = 16_384
# In sqrt(8) of total volatility: more is as good as infinite, and the density must not be 0 where n is below 0.
_MOST = 20.0


@dataclass(frozen=True, eq=False)
class PnLCube:
    """Profit and loss of every position in every scenario.

    Attributes
    ----------
    values : ndarray
        Quote currency, shape (scenarios, positions), profit > 0, before weights.
    book : Book
        The positions, in column order.
    scenarios : ScenarioSet
        The scenarios, in row order.
    """

    values: np.ndarray
    book: Book
    scenarios: ScenarioSet

    def total(self) -> np.ndarray:
        """Return the P&L of the book per scenario, shape (scenarios,), unweighted."""
        return self.values.sum(axis=1)

    def weighted(self) -> np.ndarray:
        """Return the book's P&L times each scenario's weight, shape (scenarios,)."""
        return self.total() * self.scenarios.weights

    def to_frame(self) -> pd.DataFrame:
        """Return the cube as a table: scenario names down, instrument names across."""
        return pd.DataFrame(self.values, index=self.scenarios.names, columns=self.book.names)

    def select(self, *, underlying=None, expiry=None, venue=None) -> "PnLCube":
        """Keep the positions of one underlying, expiry or venue.

        Parameters
        ----------
        underlying, venue : str, optional
        expiry : Timestamp, optional
            Options and futures of this expiry only.
        """
        wanted = {"underlying": underlying, "expiry": None if expiry is None else utc(expiry, "expiry"), "venue": venue}
        wanted = {key: value for key, value in wanted.items() if value is not None}
        has = [
            {"venue": p.venue, **{k: getattr(p.instrument, k, None) for k in ("underlying", "expiry")}}
            for p in self.book
        ]
        keep = [i for i, labels in enumerate(has) if all(labels[k] == v for k, v in wanted.items())]
        if not keep:
            raise InputError("selection", wanted, "no position of the book matches; see book.to_frame()")
        return PnLCube(self.values[:, keep], Book(tuple(self.book.positions[i] for i in keep)), self.scenarios)


def _option_values(options: OptionLegs, scenarios: ScenarioSet, out: np.ndarray, factor: np.ndarray):
    """Write factor * (shocked value - value now) of every option into the columns of `out`, block by block.

    What does not change from scenario to scenario is computed once. Logarithms and volatilities are divided by
    sqrt(2), so that the exponent of the normal density is a square.
    """
    every = movers(options)
    alike = list(dict.fromkeys(every))
    which = np.array([alike.index(each) for each in every]) if len(alike) > 1 else slice(None)
    growth = np.column_stack([1.0 + share * scenarios.moves(u) for u, share in alike])
    log_growth = 0.25 * np.log(growth)
    log_now = 0.25 * np.log(options.forward / options.strike)
    root_now = np.sqrt(options.tau / 8.0)
    root = np.sqrt(np.maximum(options.tau - scenarios.days / 365.0, 0.0) / 8.0)
    forward, strike, sign = options.forward, options.strike, options.sign
    levels = forward, strike, sign * forward, sign * strike, factor
    step = max(1, _BLOCK // len(options.strike))
    memory = aligned(4, (min(step, len(scenarios)) * len(options.strike),))
    with np.errstate(over="ignore"):
        now = _value(log_now[None].copy(), (options.vol * root_now)[None], 1.0, levels, memory)
        scale, row, table = vol_table(options, scenarios)
        table = table * root
        contiguous = np.array_equal(options.columns, np.arange(out.shape[1]))
        for start in range(0, len(scenarios), step):
            rows = slice(start, start + step)
            half_vol = table[row[rows]] if len(table) > 1 else scale[rows, None] * table
            log_ratio = log_growth[rows][:, which] + log_now
            value = _value(log_ratio, half_vol, growth[rows][:, which], levels, memory)
            if contiguous:
                np.subtract(value, now, out=out[rows])
            else:
                out[rows, options.columns] = value - now


def _value(a, t, growth, levels, memory):
    r"""Black-76 for a whole block, written over its first two arguments.

    With L, H, a, t and U as in `greekslab.pricing.time_value`, and n = a - t, f = a + t,

        V = factor [(w (F - K))^+ + U],   U = L [N(-n) - (H/L) N(-f)],   (H/L) N(-f) = e^(-n^2/2) [N(-f) e^(f^2/2)].

    `a` comes as ln(F/K) / 4 and `t` as half the total volatility over sqrt(2): a and t over sqrt(2) are then in hand.
    `growth` moves the forward; `levels` are forward, strike, both with the sign of the option, and the factor.
    """
    forward, strike, signed_forward, signed_strike, factor = levels
    np.clip(t, TINY, _MOST, out=t)
    a /= t
    np.abs(a, out=a)
    points, tails = memory[:2, : a.size], memory[2:, : a.size]
    (distance, beyond), (near, far) = ([x.reshape(a.shape) for x in pair] for pair in (points, tails))
    np.add(a, t, out=beyond)
    n = np.subtract(a, t, out=a)
    np.abs(n, out=distance)
    tail_over_bell(points, tails)
    bell = np.multiply(n, n, out=t)
    np.exp(np.negative(bell, out=bell), out=bell)
    near *= bell
    far *= bell
    np.copysign(near, n, out=near)
    near -= np.floor(near, out=distance)  # 1 - N(n) where n is below 0
    near -= far
    near *= np.minimum(np.multiply(growth, forward, out=n), strike, out=n)
    value = np.multiply(growth, signed_forward, out=t)
    value -= signed_strike
    np.maximum(value, 0.0, out=value)
    value += near
    value *= factor
    return value


def pnl_cube(book: Book, market: Market, scenarios: ScenarioSet, *, flip_skew: bool = True) -> PnLCube:
    """Revalue every position of a book in every scenario.

    Parameters
    ----------
    book : Book
        Positions; every underlying needs a spot in the market, every option a volatility.
    market : Market
        The state before the shock.
    scenarios : ScenarioSet
        The shocks.
    flip_skew : bool
        Whether to turn the net gain of an expiry into a loss in skew scenarios; see the notes.

    Returns
    -------
    PnLCube
        Quote currency, shape (scenarios, positions). Memory beyond the result is a few hundred kilobytes.

    Notes
    -----
    In skew scenarios ("linear", "abs") the net gain of each underlying's expiry is turned into a loss, as the tilt
    may go either way. The cube of a part of the book then differs from the part of the cube.
    """
    checked_type("book", book, Book, "give a Book, for example Book.from_list([...])")
    checked_type("market", market, Market, "give a Market, for example Market.btc()")
    checked_type("scenarios", scenarios, ScenarioSet, 'give a ScenarioSet, for example published("paradex-24")')
    values = np.empty((len(scenarios), len(book)))
    options = option_legs(book, market)
    quantities = book.quantities
    if options is not None:
        factor = options.unit * quantities[options.columns]
        if not compiled_values(options, scenarios, values, factor):
            _option_values(options, scenarios, values, factor)
    for i, position in enumerate(book):
        instrument = position.instrument
        if not isinstance(instrument, Option):
            earned = quantities[i] * slope(instrument, market)
            values[:, i] = earned * scenarios.moves(instrument.underlying)
    if options is not None and flip_skew:
        flip_skew_gains(values, options, scenarios)
    return PnLCube(values, book, scenarios)


def flip_skew_gains(values, options, scenarios):
    """Turn the net gain of an underlying's expiry into a loss in every skew scenario, in place."""
    if not in_words(scenarios):
        return
    rows = np.flatnonzero(scenarios.table["vol"].isin(("linear", "abs")))
    groups = {}
    for column, group in zip(options.columns, zip(options.underlyings, options.expiry, strict=True), strict=True):
        groups.setdefault(group, []).append(column)
    for columns in groups.values() if rows.size else ():
        block = np.ix_(rows, columns)
        gain = values[block].sum(axis=1, keepdims=True)
        values[block] *= np.where(gain > 0.0, -1.0, 1.0)


def position_values(book: Book, market: Market) -> np.ndarray:
    """Return what each position is worth now, quote currency, shape (positions,).

    Options and coins at their mark; futures and perpetuals at the profit since entry, 0 without an entry price.
    An option's entry price is money already paid, so it does not enter here.
    """
    values = np.zeros(len(book))
    options = option_legs(book, market)
    if options is not None:
        total_vol = options.vol * np.sqrt(options.tau)
        price = undiscounted(
            np.log(options.forward / options.strike), total_vol, options.forward, options.strike, options.sign
        )
        values[options.columns] = price * options.unit * book.quantities[options.columns]
    for i, position in enumerate(book):
        instrument = position.instrument
        if isinstance(instrument, (Future, Perpetual)) and position.entry_price is not None:
            values[i] = position.quantity * _profit_since(position, market)
        elif not isinstance(instrument, (Option, Future, Perpetual)):
            values[i] = position.quantity * market.spot(instrument.underlying)
    return values


def _profit_since(position, market):
    instrument, level = position.instrument, mark_price(position.instrument, market)
    if instrument.settlement == "linear":
        return level - position.entry_price
    if position.entry_price <= 0.0:
        raise InputError(
            f"entry_price of {instrument}", position.entry_price, "an inverse contract needs an entry price above 0"
        )
    return (1.0 / position.entry_price - 1.0 / level) * market.spot(instrument.underlying)
