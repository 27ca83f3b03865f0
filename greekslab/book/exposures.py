r"""Exposure: the Greeks of every leg, of every expiry and of the book, in three units.

All legs are put in the same units, so that they add. Forwards move in proportion to the spot (but for what a
settlement average has fixed), so a Greek in the spot is the Greek in the forward times forward over spot, once for
every time the forward is differentiated. A coin-settled leg's value is converted at the moving spot.

In *coin* the book itself is worth :math:`X = V/S`. After a relative move :math:`x` it is
:math:`X(x) = V(S + Sx) / (S + Sx)`, so that at :math:`x = 0`

.. math:: X' = \Delta - \frac VS, \qquad X'' = \Gamma S - 2\Bigl(\Delta - \frac VS\Bigr), \qquad
          \frac{\partial X'}{\partial\sigma} = \text{vanna} - \frac{\mathcal V}{S}.

References
----------
Derman, E. (1999). Regimes of volatility. Risk 12(4), 55-59 (sticky strike, sticky moneyness).
Taleb, N. N. (1997). Dynamic Hedging, ch. 10 (vega of several expiries, weighted by the root of time).
"""

import numpy as np
import pandas as pd

from greekslab.book.instruments import Option
from greekslab.book.legs import OptionLegs, option_legs, slope
from greekslab.book.positions import Book
from greekslab.book.revalue import position_values
from greekslab.errors import InputError
from greekslab.inputs import checked_type
from greekslab.market.market import Market
from greekslab.pricing.black import checked_order, greeks

# order -> the Greeks it asks for, and how often the forward is differentiated in each
_FIRST = {"delta": 1, "gamma": 2, "vega": 0, "theta": 0}
_SECOND = _FIRST | {"vanna": 1, "volga": 0, "charm": 1, "veta": 0}
_POWERS = {1: _FIRST, 2: _SECOND, 3: _SECOND | {"speed": 3, "zomma": 2, "color": 2, "ultima": 0}}
_REFERENCE_DAYS = 30.0  # the tenor that vegas of all expiries are put on in vega_30d


def exposure(
    book: Book, market: Market, *, by: str = "position", unit: str = "quote", smile: str = "sticky strike"
) -> pd.DataFrame:
    r"""Tabulate the Greeks of a book.

    Parameters
    ----------
    book : Book
    market : Market
    by : {"position", "expiry", "underlying"}
        One row for every position, for every expiry of an underlying, or for every underlying. Perpetuals and coins
        have no expiry: their row comes first, with NaT.
    unit : {"quote", "dollar", "coin"}
        See the table below.
    smile : {"sticky strike", "sticky moneyness"}
        What volatility does when the spot moves. Sticky strike: every strike keeps its own. Sticky moneyness: the
        smile moves along with the spot, which changes the delta. The other Greeks are those of sticky strike.

    Returns
    -------
    DataFrame
        ``instrument`` and ``underlying`` by position, ``underlying`` and ``expiry`` by expiry, else ``underlying``,
        then the Greeks. Rows of one underlying add up. Units:

        ========  ===================  ====================  ====================
        column    quote                dollar                coin
        ========  ===================  ====================  ====================
        delta     quote per 1 of spot  quote per 100 %       coins per 100 %
        gamma     delta per 1 of spot  delta per 1 %         delta per 1 %
        vega      quote per 1.00 vol   quote per vol point   coins per vol point
        theta     quote per year       quote per day         coins per day
        vanna     delta per 1.00 vol   delta per vol point   delta per vol point
        volga     vega per 1.00 vol    vega per vol point    vega per vol point
        vega_30d  as vega              as vega               as vega
        ========  ===================  ====================  ====================

        Delta in quote is in coins of the underlying. "quote" and "dollar" are amounts of quote currency; in "coin"
        they are Greeks of V / S, delta being the net (premium-adjusted) one. ``vega_30d`` is vega times the root of
        (30 days / days to expiry): the vega that counts if vols move in proportion to the root of 1 / time.

    Notes
    -----
    With sticky moneyness volatility is a function of :math:`k = \ln(K/F)`, so that
    :math:`d\sigma/dS = -(d\sigma/dk)/S` and delta becomes :math:`\Delta + \mathcal V\,d\sigma/dS`.
    """
    checked_type("book", book, Book, "give a Book, for example Book.from_list([...])")
    checked_type("market", market, Market, "give a Market, for example Market.btc()")
    _choice("by", by, ("position", "expiry", "underlying"))
    _choice("unit", unit, _UNITS)
    _choice("smile", smile, ("sticky strike", "sticky moneyness"))
    options = option_legs(book, market)
    table = _position_greeks(book, market, options, 2)
    spot = np.array([market.spot(p.instrument.underlying) for p in book])
    skewed = 0.0
    if smile == "sticky moneyness" and options is not None:
        skewed = table["vega"] * _vol_by_spot(book, market, options) / spot
    table = _UNITS[unit](table, skewed, spot, book, market)
    table["vega_30d"] = _on_thirty_days(table["vega"], options)
    labels = {"instrument": book.names, "underlying": [p.instrument.underlying for p in book]}
    if by == "position":
        return pd.DataFrame(labels | table)
    expiries = [getattr(p.instrument, "expiry", pd.NaT) if by == "expiry" else pd.NaT for p in book]
    place = {u: i for i, u in enumerate(book.underlyings)}
    keys = [(place[u], e.value) for u, e in zip(labels["underlying"], expiries, strict=True)]  # NaT has the least value
    rows = sorted(range(len(book)), key=keys.__getitem__)
    first = [j for j, row in enumerate(rows) if j == 0 or keys[row] != keys[rows[j - 1]]]
    with np.errstate(invalid="ignore"):  # gammas at the kinks of expiring options, one infinite up and one down
        total = {name: np.add.reduceat(column[rows], first) for name, column in table.items()}
    found = {"underlying": [labels["underlying"][rows[j]] for j in first]}
    if by == "expiry":
        found["expiry"] = pd.DatetimeIndex([expiries[rows[j]] for j in first], tz="UTC").as_unit("ns")
    return pd.DataFrame(found | total)


def position_greeks(book: Book, market: Market, *, order: int = 1) -> dict[str, np.ndarray]:
    """Return the Greeks of every position in the spot as arrays, for callers in a loop.

    Parameters
    ----------
    book : Book
    market : Market
    order : {1, 2, 3}
        1: delta, gamma, vega, theta. 2: also vanna, volga, charm, veta. 3: also speed, zomma, color, ultima.

    Returns
    -------
    dict of str to ndarray
        By name, shape (positions,), in the units of ``exposure(..., unit="quote")``; everything in time is per year
        of calendar time.
    """
    return _position_greeks(book, market, option_legs(book, market), checked_order(order))


def _position_greeks(book, market, options, order):
    powers = _POWERS[order]
    table = {name: np.zeros(len(book)) for name in powers}
    if options is not None:
        g = greeks(
            forward=options.forward, strike=options.strike, vol=options.vol, tau=options.tau,
            kind=np.where(options.sign > 0, "call", "put"), rate=options.rate, order=order,
        )  # fmt: skip
        spot = np.array([market.spot(u) for u in options.underlyings])
        carry = options.loose * options.forward / spot
        scale = options.unit * book.quantities[options.columns]
        if options.rate.any():
            scale *= np.exp(options.rate * options.tau)  # the Greeks are discounted already
        scales = [scale, scale * carry, scale * carry * carry, scale * carry**3 if order == 3 else None]
        for name, power in powers.items():
            table[name][options.columns] = scales[power] * getattr(g, name)
    for i, position in enumerate(book):
        instrument = position.instrument
        if not isinstance(instrument, Option):
            table["delta"][i] = position.quantity * slope(instrument, market) / market.spot(instrument.underlying)
    return table


def _vol_by_spot(book: Book, market: Market, options: OptionLegs) -> np.ndarray:
    """Return S d vol / dS of every position under sticky moneyness, shape (positions,); 0 for straight lines."""
    found = np.zeros(len(book))
    for i, share in zip(options.columns, options.loose, strict=True):
        o = book.positions[i].instrument
        found[i] = -float(market.vol_slope(o.underlying, o.expiry, o.strike)) * share
    return found


def _on_thirty_days(vega, options):
    found = np.zeros(len(vega))
    if options is not None:
        mine, days = vega[options.columns], options.tau * 365.0
        found[options.columns] = np.where(mine == 0.0, 0.0, mine * np.sqrt(_REFERENCE_DAYS / np.maximum(days, 1e-300)))
    return found


def _quote(greeks, skewed, spot, book, market):
    names = ("delta", "gamma", "vega", "theta", "vanna", "volga")
    return {name: greeks[name] for name in names} | {"delta": greeks["delta"] + skewed}


def _dollar(greeks, skewed, spot, book, market):
    return {
        "delta": (greeks["delta"] + skewed) * spot,
        "gamma": greeks["gamma"] * spot**2 / 100.0,
        "vega": greeks["vega"] / 100.0,
        "theta": greeks["theta"] / 365.0,
        "vanna": greeks["vanna"] * spot / 100.0,
        "volga": greeks["volga"] / 1e4,
    }


def _coin(greeks, skewed, spot, book, market):
    net = greeks["delta"] - position_values(book, market) / spot
    return {
        "delta": net + skewed,
        "gamma": (greeks["gamma"] * spot - 2.0 * net) / 100.0,
        "vega": greeks["vega"] / spot / 100.0,
        "theta": greeks["theta"] / spot / 365.0,
        "vanna": (greeks["vanna"] - greeks["vega"] / spot) / 100.0,
        "volga": greeks["volga"] / spot / 1e4,
    }


_UNITS = {"quote": _quote, "dollar": _dollar, "coin": _coin}


def _choice(thing, value, known):
    if not isinstance(value, str) or value not in known:
        raise InputError(thing, value, "say " + " or ".join(f'"{word}"' for word in known))
    return value
