"""The legs of a book, and what the market says of them: what every revaluation starts from.

Options are gathered into arrays, one entry a leg; everything else is a straight line in the spot and needs only
its slope.
"""

from dataclasses import dataclass

import numpy as np
from pandas.api.types import infer_dtype
from scipy.special import ndtr

from greekslab.book.instruments import Future, Instrument, Option, Perpetual
from greekslab.book.positions import Book
from greekslab.errors import InputError
from greekslab.market.market import Market
from greekslab.scenarios.sets import ScenarioSet

TINY = 1e-300  # stands for a total volatility of 0, so that x / v is the right infinity and 0 / v is 0


@dataclass(frozen=True, eq=False)
class OptionLegs:
    """The option legs of a book as arrays, shape (options,), and what the market says of them."""

    columns: np.ndarray  # position of each option in the book
    underlyings: list
    strike: np.ndarray
    sign: np.ndarray
    forward: np.ndarray
    vol: np.ndarray
    tau: np.ndarray
    unit: np.ndarray  # quote currency per unit of undiscounted price: discount, and spot / forward if coin-settled
    expiry: np.ndarray
    rate: np.ndarray  # per year, what `unit` discounts with
    loose: np.ndarray  # share of the forward that moves with the spot, 1 unless an average has fixed the rest


def option_legs(book: Book, market: Market) -> OptionLegs | None:
    """Gather the options of a book, None where it has none; one that expired before the market's time is refused."""
    legs = [(i, p.instrument) for i, p in enumerate(book) if isinstance(p.instrument, Option)]
    if not legs:
        return None
    instruments = [instrument for _, instrument in legs]
    places = {}  # the market is asked once for all strikes of an expiry
    for place, o in enumerate(instruments):
        places.setdefault((o.underlying, o.expiry), []).append(place)
    strike = np.array([o.strike for o in instruments])
    tau, forward, spot, vol = np.empty((4, len(legs)))
    for (_, expiry), mine in places.items():
        tau[mine] = market.tau(expiry)
    if (expired := tau < 0.0).any():
        name = instruments[int(expired.argmax())].name
        raise InputError("option", name, f"it expired before {market.time}; take it out of the book")
    for (underlying, expiry), mine in places.items():
        forward[mine], spot[mine] = market.forward(underlying, expiry), market.spot(underlying)
        vol[mine] = market.vol(underlying, expiry, strike[mine])
    inverse = np.array([o.settlement == "inverse" for o in instruments])
    rate, loose = np.full(len(legs), market.rate), np.ones(len(legs))
    if market.rates:
        rate = np.array([market.rate_of(o.underlying, o.expiry) for o in instruments])
    if market.averaged:
        loose = np.array([market.loose_share(o.underlying, o.expiry) for o in instruments])
    if (stuck := inverse & (loose < 1.0)).any():
        name = instruments[int(stuck.argmax())].name
        raise InputError("option", name, "coin-settled options are not valued while their settlement is averaged")
    return OptionLegs(
        columns=np.array([i for i, _ in legs]),
        underlyings=[o.underlying for o in instruments],
        strike=strike,
        sign=np.array([1.0 if o.kind == "call" else -1.0 for o in instruments]),
        forward=forward,
        vol=vol,
        tau=tau,
        unit=np.exp(-rate * tau) * np.where(inverse, spot / forward, 1.0),
        expiry=np.array([o.expiry.value for o in instruments]),
        rate=rate,
        loose=loose,
    )


def movers(options: OptionLegs) -> list:
    """Return (underlying, share of the forward that moves with it) of every option: equal ones move alike."""
    return list(zip(options.underlyings, options.loose.tolist(), strict=True))


def loosened(options: OptionLegs, growth):
    """Return by what the forwards grow where the spots grow by `growth`; the last axis is the options."""
    return growth if (options.loose == 1.0).all() else 1.0 + options.loose * (growth - 1.0)


def undiscounted(log_moneyness, total_vol, forward, strike, sign):
    """Black-76 for arrays of one shape, written over `total_vol` and `log_moneyness` to spare memory.

    The same number as `pricing.price` to 1e-15 of the forward; far wings keep fewer digits, which a P&L cannot see.
    """
    np.maximum(total_vol, TINY, out=total_vol)
    log_moneyness /= total_vol
    total_vol *= 0.5
    d1 = log_moneyness + total_vol
    d2 = np.subtract(log_moneyness, total_vol, out=log_moneyness)
    d1 *= sign
    d2 *= sign
    upper, lower = ndtr(d1, out=d1), ndtr(d2, out=d2)
    upper *= forward
    lower *= strike
    upper -= lower
    upper *= sign
    return np.maximum(upper, 0.0, out=upper)


def in_words(scenarios: ScenarioSet) -> bool:
    """Tell whether vol changes are words, such as "up", and not numbers."""
    return infer_dtype(scenarios.table["vol"]) not in ("floating", "integer", "mixed-integer-float")


def vol_table(options: OptionLegs, scenarios: ScenarioSet):
    """Return (scale, row, table): in scenario s the options have the volatilities scale[s] * table[row[s]]."""
    directions = scenarios.table["vol"].to_numpy()
    if not in_words(scenarios):
        change = np.maximum(1.0 + directions.astype(float), 0.0)
        return change, np.zeros(len(directions), dtype=np.int64), options.vol[None]
    days = options.tau * 365.0
    moneyness = np.log(options.strike / options.forward)
    distinct = list(dict.fromkeys(directions))
    table = np.array([scenarios.vol_rule.shocked(options.vol, days, d, moneyness) for d in distinct])
    position = {d: i for i, d in enumerate(distinct)}
    row = np.array([position[d] for d in directions], dtype=np.int64)
    return np.ones(len(directions)), row, table


def shocked_vols(options: OptionLegs, scenarios: ScenarioSet):
    """Return a function from scenario rows to volatilities, shape (rows, options), in memory of their own."""
    scale, row, table = vol_table(options, scenarios)
    if len(table) == 1:
        return lambda rows: scale[rows, None] * table[0]
    return lambda rows: table[row[rows]]


def mark_price(instrument: Instrument, market: Market) -> float:
    """Return the price a contract or a coin is marked at, quote currency."""
    if isinstance(instrument, Perpetual):
        return market.perp(instrument.underlying)
    if not isinstance(instrument, Future):
        return market.spot(instrument.underlying)
    if market.tau(instrument.expiry) < 0.0:
        raise InputError("future", instrument.name, f"it expired before {market.time}; take it out of the book")
    return market.forward(instrument.underlying, instrument.expiry)


def slope(instrument: Instrument, market: Market) -> float:
    """Return the quote currency earned per unit of quantity and per 100 % move of the spot.

    For everything that is not an option, whose line is straight. Of a future whose settlement is being averaged only
    the share moves that is not fixed yet.
    """
    level = mark_price(instrument, market)
    averaged = market.averaged and isinstance(instrument, Future)
    loose = market.loose_share(instrument.underlying, instrument.expiry) if averaged else 1.0
    if instrument.settlement == "linear":
        return level * loose
    if loose < 1.0:
        remedy = "coin-settled futures are not valued while their settlement is averaged"
        raise InputError("future", instrument.name, remedy)
    return market.spot(instrument.underlying) / level


def is_inverse_future(instrument: Instrument) -> bool:
    """Tell whether a contract's notional is a fixed amount of quote currency."""
    return isinstance(instrument, (Future, Perpetual)) and instrument.settlement == "inverse"
