r"""Pots: collateral set aside for some positions, replayed through price bars until it is liquidated or the bars end.

A pot holds one position (isolated margin) or several (cross margin); the two differ only in who shares a pot. Its
equity at the price S is what was put in and the profit of its positions since their entry,

.. math:: E(S) = \sum_i m_i + \sum_i P_i(S),

and it is liquidated where E falls below the sum of the maintenance requirements. Liability is limited: with a penalty
of p times the notional N at the price of the fill,

.. math:: \text{trader} = \max(E - pN,\, 0), \qquad \text{penalty} = \min(pN,\, \max(E, 0)), \qquad
          \text{shortfall} = \max(-E,\, 0),

so that trader + penalty - shortfall = E. A trader who can lose no more than the pot holds a call on it (Merton 1974).

References
----------
Merton, R. C. (1974). On the pricing of corporate debt: the risk structure of interest rates. Journal of Finance
29(2), 449-470.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy.optimize import brentq

from greekslab.errors import InputError
from greekslab.inputs import checked_type, number, numbers
from greekslab.margin.numeraire import IsolatedPosition
from greekslab.pricing.labels import plain


@dataclass(frozen=True)
class Payout:
    """What becomes of the equity of a pot that is closed: three amounts of 0 or more, quote currency.

    Attributes
    ----------
    trader : float or array
        Handed back.
    penalty : float or array
        Kept by the venue, as far as there was equity.
    shortfall : float or array
        Missing: paid by the venue, its insurance fund, or the traders on the other side.
    """

    trader: float | np.ndarray
    penalty: float | np.ndarray
    shortfall: float | np.ndarray


def limited_liability(equity, *, penalty=0.0) -> Payout:
    """Divide the equity of a closed pot between trader and venue.

    Parameters
    ----------
    equity : float or array
        At the price of the fill, quote currency, any sign.
    penalty : float or array
        Asked for by the venue, quote currency, 0 or more.

    Examples
    --------
    >>> limited_liability(4.0, penalty=1.0)
    Payout(trader=3.0, penalty=1.0, shortfall=0.0)
    >>> limited_liability(-4.0, penalty=1.0)
    Payout(trader=0.0, penalty=0.0, shortfall=4.0)
    """
    equity = numbers("equity", equity, "give a finite amount in quote currency")
    due = numbers("penalty", penalty, "give an amount of 0 or more in quote currency", least=0.0)
    left = np.maximum(equity, 0.0)
    return Payout(plain(np.maximum(left - due, 0.0)), plain(np.minimum(due, left)), plain(np.maximum(-equity, 0.0)))


@dataclass(frozen=True)
class PotReplay:
    """What became of every pot.

    Attributes
    ----------
    worth : DataFrame
        Bars x pots, quote currency: what the trader could walk away with at each close; from its liquidation on what
        was handed back.
    ends : DataFrame
        One row per pot. ``put_in``; ``closed``, the time of the bar that liquidated it (`NaT` if it survived);
        ``trigger`` and ``fill``, quote currency per coin (the last close for survivors); ``equity`` at the fill;
        ``trader``, ``penalty`` and ``shortfall`` as in `Payout`; ``profit``, the trader's less what was put in.
    """

    worth: pd.DataFrame
    ends: pd.DataFrame

    @property
    def profit(self) -> float:
        """Profit of the trader over all pots, quote currency, loss < 0."""
        return float(self.ends["profit"].sum())

    @property
    def shortfall(self) -> float:
        """Amount missing over all pots, quote currency, 0 or more. A full pot does not pay for an empty one."""
        return float(self.ends["shortfall"].sum())


def replay_pots(pots, bars: pd.DataFrame, *, penalty: float = 0.0, slip: float = 0.0) -> PotReplay:
    """Step pots through price bars; liquidate each on its own.

    Parameters
    ----------
    pots : mapping of str to IsolatedPosition, or to a sequence of them
        Positions that share a pot share their margins. All are on one coin and entered at the first bar.
    bars : DataFrame
        Columns open, low, high and close, quote currency, indexed by time; for example `greekslab.market.bars`.
    penalty : float
        Kept by the venue at liquidation, as a share of the notional at the fill, in [0, 1].
    slip : float
        Where a liquidated position is closed: 0 at the liquidation price (or at the open, where the bar opened
        beyond it), 1 at the worst price of the bar, shares between in [0, 1].

    Notes
    -----
    A bar is tested at its low and at its high. Where both would liquidate, which came first is not recorded; the one
    that leaves less above the requirement is taken.
    """
    checked_type("pots", pots, Mapping, 'give a mapping such as {"long": IsolatedPosition(...)}')
    if not pots:
        raise InputError("pots", "none", "give at least one pot")
    number("penalty", penalty, "give a share of the notional from 0 to 1", least=0.0, most=1.0)
    number("slip", slip, "give a share of the way to the worst price, from 0 to 1", least=0.0, most=1.0)
    prices = _prices(bars)
    held = {name: _positions(name, pot) for name, pot in pots.items()}
    rows = {name: _replay(pot, prices, bars.index, penalty, slip) for name, pot in held.items()}
    worth = pd.DataFrame({name: worth for name, (worth, _) in rows.items()}, index=bars.index)
    return PotReplay(worth, pd.DataFrame([end for _, end in rows.values()], index=pd.Index(rows, name="pot")))


def toy_path(*turns: float, steps: int = 10) -> pd.DataFrame:
    """Return bars that walk in a straight line from each turning point to the next.

    Parameters
    ----------
    *turns : float
        Two or more prices, quote currency, above 0.
    steps : int
        Bars between two turns, 1 or more.

    Returns
    -------
    DataFrame
        Columns open, high, low and close; the index counts the turns passed at the end of each bar.

    Examples
    --------
    >>> toy_path(100, 94, 100, steps=2)["close"].tolist()
    [97.0, 94.0, 97.0, 100.0]
    """
    turns = numbers("turns", turns, "give two or more prices above 0", above=0.0)
    if turns.size < 2:
        raise InputError("turns", turns.tolist(), "give two or more prices above 0")
    if not isinstance(steps, (int, np.integer)) or steps < 1:
        raise InputError("steps", steps, "give a whole number of bars between two turns, 1 or more")
    at = np.linspace(0.0, turns.size - 1.0, steps * (turns.size - 1) + 1)
    price = np.interp(at, np.arange(turns.size), turns)
    first, last = price[:-1], price[1:]
    columns = {"open": first, "high": np.maximum(first, last), "low": np.minimum(first, last), "close": last}
    return pd.DataFrame(columns, index=pd.Index(at[1:], name="turn"))


def _positions(name, pot) -> tuple[IsolatedPosition, ...]:
    pot = (pot,) if isinstance(pot, IsolatedPosition) else tuple(pot)
    if not pot:
        raise InputError(f"pot {name!r}", "empty", "give at least one position")
    for position in pot:
        checked_type(f"pot {name!r}", position, IsolatedPosition, "give an IsolatedPosition, or several")
    return pot


def _prices(bars) -> dict[str, np.ndarray]:
    checked_type("bars", bars, pd.DataFrame, 'give a DataFrame, for example greekslab.market.bars("BTC")')
    names = ("open", "low", "high", "close")
    if missing := [name for name in names if name not in bars]:
        raise InputError("columns", list(bars.columns), f'column "{missing[0]}" is missing; add it')
    if bars.empty:
        raise InputError("bars", "none", "give at least one bar")
    remedy = "give finite prices above 0; leave out bars that are missing"
    return {name: numbers(f"column {name}", bars[name], remedy, above=0.0) for name in names}


def _replay(pot, prices, times, penalty, slip):
    def equity(price):
        return sum(position.equity(price) for position in pot)

    def slack(price):
        return equity(price) - sum(position.maintenance(price) for position in pot)

    put_in, close = sum(position.margin for position in pot), prices["close"]
    low, high = slack(np.array([prices["low"], prices["high"]]))
    at_close = equity(close)
    # Within rounding of the requirement is not below it: a pot that starts exactly there is still open.
    below = np.flatnonzero(np.minimum(low, high) < -1e-12 * sum(position.notional(close[0]) for position in pot))
    worth = limited_liability(at_close).trader
    if below.size == 0:
        return worth, _end(put_in, pd.NaT, np.nan, close[-1], limited_liability(at_close[-1]), at_close[-1])
    i = below[0]
    start, worst = prices["open"][i], prices["low" if low[i] <= high[i] else "high"][i]
    trigger = start if slack(start) <= 0.0 else brentq(slack, start, worst, xtol=1e-12 * start)
    fill = trigger + slip * (worst - trigger)
    left = equity(fill)
    paid = limited_liability(left, penalty=penalty * sum(position.notional(fill) for position in pot))
    worth[i:] = paid.trader
    return worth, _end(put_in, times[i], trigger, fill, paid, left)


def _end(put_in, closed, trigger, fill, paid, equity):
    return {
        "put_in": put_in, "closed": closed, "trigger": trigger, "fill": fill, "equity": equity,
        "trader": paid.trader, "penalty": paid.penalty, "shortfall": paid.shortfall, "profit": paid.trader - put_in,
    }  # fmt: skip
