r"""The book by its Greeks: profit and loss of a Taylor expansion, and how far it is from full revaluation.

For every leg, with :math:`F x` the move of its forward, :math:`y` the change of its volatility and :math:`t` the time
that passes (years), the expansion of the undiscounted value :math:`U(F, \sigma, \tau)` is, order by order,

.. math::

    \Delta U \approx{}& \Delta\,Fx + \mathcal V y + \Theta t \\
    &+ \tfrac12\Gamma (Fx)^2 + \text{vanna}\,Fx\,y + \tfrac12\text{volga}\,y^2 + \text{charm}\,Fx\,t
    + \text{veta}\,y\,t \\
    &+ \tfrac16\text{speed}\,(Fx)^3 + \tfrac12\text{zomma}\,(Fx)^2 y
    + \tfrac12\frac{\partial\,\text{vanna}}{\partial\sigma}\,Fx\,y^2 + \tfrac16\text{ultima}\,y^3
    + \tfrac12\text{color}\,(Fx)^2 t .

Time counts twice: over a time :math:`t` a price moves by :math:`\sqrt t`. Left out are the terms in :math:`t^2`, and
:math:`xyt` and :math:`y^2 t` beside color; by that count all are of the fourth order. So an expansion of order n errs
by the (n + 1)-th power of a move that shrinks along with vol changes in proportion and time in proportion to its
square. Futures, perpetuals and coins are straight lines, and exact.

References
----------
Haug, E. G. (2007). The Complete Guide to Option Pricing Formulas, 2nd ed., ch. 2.
"""

import numpy as np
import pandas as pd

from greekslab.book.instruments import Option
from greekslab.book.legs import option_legs, shocked_vols, slope
from greekslab.book.positions import Book
from greekslab.book.revalue import PnLCube, flip_skew_gains, pnl_cube
from greekslab.errors import InputError
from greekslab.inputs import checked_type, number, numbers
from greekslab.market.market import Market
from greekslab.pricing.black import checked_order, greeks
from greekslab.scenarios.grids import grid
from greekslab.scenarios.sets import ScenarioSet


def taylor_pnl(book: Book, market: Market, scenarios: ScenarioSet, *, order: int = 2) -> PnLCube:
    """Estimate the P&L cube from the Greeks of every leg.

    Parameters
    ----------
    book : Book
    market : Market
        Before the shock.
    scenarios : ScenarioSet
        The shocks: the same moves, volatilities and days as `pnl_cube` takes.
    order : {1, 2, 3}
        1: delta, vega, theta. 2: also gamma, vanna, volga, charm, veta. 3: also speed, zomma, the change of vanna
        with volatility, ultima, color.

    Returns
    -------
    PnLCube
        Quote currency, shape (scenarios, positions): what `pnl_cube` gives, but for the terms left out.

    Notes
    -----
    In skew scenarios ("linear", "abs") a net gain of an underlying's expiry is turned into a loss, as in `pnl_cube`;
    the gain here is the expansion's. An option expires at most: it loses no time beyond its own.

    Examples
    --------
    Ten calls less five perpetuals, 20 % up: 45.4 by revaluation, 53.1 by delta and gamma.

    >>> from greekslab.book import Book
    >>> from greekslab.market import Market
    >>> from greekslab.scenarios import grid
    >>> book = Book.from_list([("TOY-31JAN24-100-C", 10), ("TOY-PERP", -5)])
    >>> [round(float(taylor_pnl(book, Market.toy(), grid([0.2]), order=n).total()[0]), 2) for n in (1, 2, 3)]
    [6.85, 53.07, 48.45]
    """
    checked_type("book", book, Book, "give a Book, for example Book.from_list([...])")
    checked_type("market", market, Market, "give a Market, for example Market.btc()")
    checked_type("scenarios", scenarios, ScenarioSet, 'give a ScenarioSet, for example published("paradex-24")')
    order = checked_order(order)
    values = np.empty((len(scenarios), len(book)))
    for i, position in enumerate(book):
        instrument = position.instrument
        if not isinstance(instrument, Option):
            values[:, i] = position.quantity * slope(instrument, market) * scenarios.moves(instrument.underlying)
    options = option_legs(book, market)
    if options is not None:
        moves = {u: scenarios.moves(u) for u in dict.fromkeys(options.underlyings)}
        x = options.loose * options.forward * np.column_stack([moves[u] for u in options.underlyings])
        y = shocked_vols(options, scenarios)(slice(None)) - options.vol
        t = np.minimum(scenarios.days / 365.0, options.tau)
        g = _greeks(book, options, order)
        values[:, options.columns] = _expansion(g, x, y, t, order) * options.unit * book.quantities[options.columns]
        flip_skew_gains(values, options, scenarios)
    return PnLCube(values, book, scenarios)


def error_map(
    book: Book, market: Market, moves, vol_changes=(0.0,), *, order: int = 2, days: float = 0.0
) -> pd.DataFrame:
    """Tabulate how far the expansion is from full revaluation.

    Parameters
    ----------
    book : Book
    market : Market
    moves : array
        Relative moves of all underlyings, above -1.
    vol_changes : array
        Relative changes of all volatilities, -1 or more: 0.4 turns 60 % into 84 %.
    order : {1, 2, 3}
        Of the expansion; see `taylor_pnl`.
    days : float
        Days that pass in every cell, 0 or more.

    Returns
    -------
    DataFrame
        P&L of the book by Taylor less P&L by revaluation, quote currency: moves down, changes of volatility across.
        Above 0 the expansion promises too much.
    """
    moves = _axis("moves", moves, "give a list of relative moves above -1, such as [-0.1, 0, 0.1]", above=-1.0)
    remedy = "give a list of relative changes of -1 or more, such as [-0.25, 0, 0.4]"
    vol_changes = _axis("vol_changes", vol_changes, remedy, least=-1.0)
    days = number("days", days, "give the days that pass, 0 or more", least=0.0)
    scenarios = grid(moves, vol_changes, days=days, name="error map")
    error = taylor_pnl(book, market, scenarios, order=order).total() - pnl_cube(book, market, scenarios).total()
    rows, columns = pd.Index(moves, name="move"), pd.Index(vol_changes, name="vol change")
    return pd.DataFrame(error.reshape(len(moves), len(vol_changes)), index=rows, columns=columns)


def _axis(name, values, remedy, **bounds):
    values = np.atleast_1d(numbers(name, values, remedy, **bounds))
    if values.ndim != 1 or values.size == 0:
        raise InputError(name, values, remedy)
    return values


def _greeks(book, options, order):
    """Return the Greeks of the undiscounted price of every option by name; at a kink there are none."""
    found = vars(
        greeks(
            forward=options.forward, strike=options.strike, vol=options.vol, tau=options.tau,
            kind=np.where(options.sign > 0, "call", "put"), order=order,
        )
    )  # fmt: skip
    if order == 3:
        found = found | {"vanna_by_vol": _vanna_by_vol(options, found)}
    bent = ~np.isfinite(np.array(list(found.values()))).all(axis=0)
    if bent.any():
        name = book.names[options.columns[np.flatnonzero(bent)[0]]]
        raise InputError("option", name, "at its strike and out of time or volatility it has no slope; use pnl_cube")
    return found


def _vanna_by_vol(options, found):
    r"""Return the change of vanna per 1.00 of vol, which is that of volga per 1 of forward.

    By :math:`\partial d_{1,2}/\partial F = 1/(Fv)` it is
    :math:`[\text{vanna}\,d_1 d_2 + \mathcal V (d_1 + d_2)/(Fv)]/\sigma
    = -\phi(d_1)\,[d_1 d_2^2 - d_1 - d_2]/\sigma^2`.
    """
    with np.errstate(all="ignore"):
        v = options.vol * np.sqrt(options.tau)
        h = np.log(options.forward / options.strike) / v
        bend = found["vanna"] * (h * h - v * v / 4.0) + found["vega"] * 2.0 * h / (options.forward * v)
        return np.where(found["vega"] == 0.0, 0.0, bend / options.vol)


def _expansion(g, x, y, t, order):
    """Return the change of the undiscounted values, shape (scenarios, options)."""
    pnl = g["delta"] * x + g["vega"] * y + g["theta"] * t
    if order >= 2:
        pnl += x * (g["gamma"] / 2.0 * x + g["vanna"] * y + g["charm"] * t)
        pnl += y * (g["volga"] / 2.0 * y + g["veta"] * t)
    if order == 3:
        pnl += x * x * (g["speed"] / 6.0 * x + g["zomma"] / 2.0 * y + g["color"] / 2.0 * t)
        pnl += y * y * (g["vanna_by_vol"] / 2.0 * x + g["ultima"] / 6.0 * y)
    return pnl
