r"""What survives a shock: each leg on its own pot, or all legs on one pool.

With the profit :math:`P_i` of leg i after the shock, its pot :math:`m_i`, and maintenance requirements
:math:`M_i` of the leg alone and :math:`M` of the book,

.. math:: \text{isolated: leg } i \text{ is open} \iff m_i + P_i \ge M_i, \qquad
          \text{cross: the book is open} \iff C + \sum_i P_i \ge M.

A pool that falls short is liquidated in an order: all legs at once; one leg after another, the largest or the
smallest requirement first, until what is left is covered; or all by the same share. Legs are closed at the mark,
without penalty, so that closing leaves the equity as it is.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from greekslab.book.along import checked_moves, position_values_along
from greekslab.book.positions import Book
from greekslab.errors import InputError
from greekslab.inputs import checked_type, number
from greekslab.margin.account import Account
from greekslab.margin.by_coin import ByCoin, by_underlying
from greekslab.margin.cross import Cross
from greekslab.margin.efficiency import gross_notional
from greekslab.margin.isolated import FixedRate
from greekslab.market.market import Market

ORDERS = ("all", "largest first", "smallest first", "pro rata")
# Equity that equals its requirement but for rounding is not below it.
_ROUNDING = 1e-9


@dataclass(frozen=True, eq=False)
class Survival:
    """What is left of a book after each of many shocks.

    Attributes
    ----------
    kept : DataFrame
        Shocks x legs: the share of the leg that is still open, from 0 to 1.
    equity, maintenance : DataFrame
        Shocks x pots (one for each leg, or one "pool"), quote currency, before anything is closed.
    """

    kept: pd.DataFrame
    equity: pd.DataFrame
    maintenance: pd.DataFrame

    @property
    def survivors(self) -> pd.Series:
        """Names of the legs of which something is open, joined by " + "; "none" where there is none."""
        names = np.array(self.kept.columns)
        rows = [" + ".join(names[row]) or "none" for row in self.kept.to_numpy() > 0.0]
        return pd.Series(rows, self.kept.index, name="survivors")


def shock_plane(moves: Mapping[str, object]) -> pd.DataFrame:
    """Combine the moves of several coins, each with each.

    Parameters
    ----------
    moves : mapping of str to array
        Relative moves of each coin, above -1.

    Returns
    -------
    DataFrame
        One row per combination, one column per coin, indexed by the moves themselves: ``series.unstack(coin)``
        makes a plane of a column of results.
    """
    checked_type("moves", moves, Mapping, 'give moves by coin, such as {"BTC": [-0.1, 0, 0.1], "ETH": [-0.2, 0]}')
    axes = [checked_moves(axis) for axis in moves.values()]
    return pd.MultiIndex.from_product(axes, names=list(moves)).to_frame()


def isolated_survival(book: Book, market: Market, shocks: pd.DataFrame, pots: Mapping[str, float], rule) -> Survival:
    """Tell which legs are still open if each has a pot of its own.

    Parameters
    ----------
    book : Book
        Every instrument once. A future or perpetual without an entry price is entered at today's mark.
    market : Market
        Before the shocks.
    shocks : DataFrame
        One row per shock, one column of relative moves per coin; a coin that is not named stays. Volatility and
        time stand still.
    pots : mapping of str to float
        Collateral of each leg by the name of its instrument, quote currency.
    rule : object
        Margins each leg alone.

    Returns
    -------
    Survival
    """
    checked_type("book", book, Book, "give a Book, for example Book.from_list([...])")
    checked_type("pots", pots, Mapping, 'give a pot for each leg, such as {"BTC-PERP": 15.0}')
    if missing := [name for name in book.names if name not in pots]:
        raise InputError("pots", list(pots), f"give the pot of {missing[0]}")
    alone = [
        cross_survival(Account(Book((leg,)), cash=pots[name]), market, shocks, rule)
        for name, leg in zip(_names(book), book, strict=True)
    ]
    equity, maintenance = (
        pd.concat([getattr(one, what)["pool"] for one in alone], axis=1, keys=book.names)
        for what in ("equity", "maintenance")
    )
    return Survival(pd.concat([one.kept for one in alone], axis=1), equity, maintenance)


def cross_survival(account: Account, market: Market, shocks: pd.DataFrame, rule, order: str = "all") -> Survival:
    """Tell which legs of an account are still open, all its collateral being one pool.

    Parameters
    ----------
    account : Account
        Book as in `isolated_survival`; cash and posted coins are the pool.
    market, shocks :
        As in `isolated_survival`.
    rule : object
        Anything with ``requirement(book, market)``; quick for `FixedRate`, `Cross` and `ByCoin` of them.
    order : str
        What is closed when equity is below the maintenance requirement: "all" legs; the leg with the largest
        requirement of its own first ("largest first") or the smallest ("smallest first"), one after another until
        equity suffices; or the same share of every leg ("pro rata", for requirements in proportion to size).

    Returns
    -------
    Survival
    """
    checked_type("account", account, Account, "give an Account: a book with cash or posted coins")
    if order not in ORDERS:
        raise InputError("order", order, f"choose one of {', '.join(ORDERS)}")
    moves, names = _checked(shocks, market), _names(account.book)
    account = account.entered(market)
    equity = account.cash + sum(_worth(account, market, moves))
    asked = _maintenance(account.book, market, moves, rule)
    if order == "pro rata":
        with np.errstate(divide="ignore", invalid="ignore"):
            share = np.where(_short(equity, asked), np.clip(np.nan_to_num(equity / asked, nan=0.0), 0.0, 1.0), 1.0)
        kept = np.tile(share[:, None], (1, len(names)))
    elif order == "all":
        kept = np.tile(~_short(equity, asked)[:, None], (1, len(names))).astype(float)
    else:
        kept = _one_by_one(account.book, market, moves, rule, equity, asked, order).astype(float)
    return Survival(
        pd.DataFrame(kept, shocks.index, names),
        pd.DataFrame({"pool": equity}, shocks.index),
        pd.DataFrame({"pool": asked}, shocks.index),
    )


def contagion(account: Account, market: Market, shocks: pd.DataFrame, rule, order: str = "all") -> pd.DataFrame:
    """Count which leg killed which.

    Parameters
    ----------
    account, market, shocks, rule, order :
        As in `cross_survival`.

    Returns
    -------
    DataFrame
        Legs x legs, number of shocks. Row i, column j: leg j is closed, wholly or in part, and would be open had
        leg i not been held, all else equal. On the diagonal: leg j is closed even if it is the only one.
    """
    names = _names(account.book)
    closed = cross_survival(account, market, shocks, rule, order).kept < 1.0
    counts = pd.DataFrame(0, pd.Index(names, name="without"), names)
    for i, name in enumerate(names):
        alone = Account(Book((account.book.positions[i],)), account.cash, account.collateral, account.haircuts)
        shut = cross_survival(alone, market, shocks, rule, order).kept[name] < 1.0
        counts.loc[name, name] = int((closed[name] & shut).sum())
        if len(names) > 1:
            rest = Account(account.book.without(i), account.cash, account.collateral, account.haircuts)
            saved = cross_survival(rest, market, shocks, rule, order).kept == 1.0
            for other in saved:
                counts.loc[name, other] = int((closed[other] & saved[other]).sum())
    return counts


def _one_by_one(book, market, moves, rule, equity, asked, order) -> np.ndarray:
    """Close leg after leg in the order of their own requirements; return what is open, shape (shocks, legs)."""
    alone = [_maintenance(Book((leg,)), market, moves, rule) for leg in book]
    sign = -1.0 if order == "largest first" else 1.0
    rank = np.argsort(sign * np.column_stack(alone), axis=1, kind="stable")
    opened, asked = np.ones(rank.shape, dtype=bool), asked.copy()
    for step in range(len(book)):
        short = np.flatnonzero(_short(equity, asked))
        if not short.size:
            break
        opened[short, rank[short, step]] = False
        for pattern in np.unique(opened[short], axis=0):
            rows = short[(opened[short] == pattern).all(axis=1)]
            left = tuple(leg for leg, is_open in zip(book, pattern, strict=True) if is_open)
            there = {u: move[rows] for u, move in moves.items()}
            asked[rows] = _maintenance(Book(left), market, there, rule) if left else 0.0
    return opened


def _short(equity, asked):
    return equity - asked < -_ROUNDING * (np.abs(equity) + asked)


def _worth(account, market, moves):
    """Yield the values of the legs and of the posted coins after the shocks, one array per leg and coin."""
    for underlying, legs, _ in by_underlying(account.book):
        yield position_values_along(legs, market, moves[underlying]).sum(axis=1)
    for p in account.collateral or ():
        coin = p.instrument.underlying
        yield p.quantity * market.spot(coin) * (1.0 - account.haircuts.get(coin, 0.0)) * (1.0 + moves[coin])


def _maintenance(book, market, moves, rule) -> np.ndarray:
    """Return the maintenance requirement after the shocks, shape (shocks,), quote currency."""
    split = [(u, legs, rule.rule_of(u) if isinstance(rule, ByCoin) else rule) for u, legs, _ in by_underlying(book)]
    if all(isinstance(own, (FixedRate, Cross)) for *_, own in split):  # nothing nets across coins: add them up
        return sum(own.requirements_along(legs, market, moves[u])[:, 1] for u, legs, own in split)
    points = [dict(zip(moves, point, strict=True)) for point in zip(*moves.values(), strict=True)]
    return np.array([rule.requirement(book, market.moved(point))[1] for point in points])


def _checked(shocks, market) -> dict[str, np.ndarray]:
    """Return the moves of every coin of the market, 0 for those that are not named."""
    checked_type("shocks", shocks, pd.DataFrame, "give a DataFrame: one row per shock, one column of moves per coin")
    for underlying in shocks:
        market.spot(underlying)
    still = np.zeros(len(shocks))
    return {u: checked_moves(shocks[u].to_numpy()) if u in shocks else still for u in market.spots}


def _names(book) -> list[str]:
    names = list(book.names)
    if twice := [name for name in names if names.count(name) > 1]:
        raise InputError("book", f"{twice[0]} twice", "give every instrument once, with the sum of the quantities")
    return names


def pots_by_notional(book: Book, market: Market, pool: float) -> dict[str, float]:
    """Split a pool into pots in proportion to the legs' notionals, so that all have the same leverage.

    Returns
    -------
    dict of str to float
        By the name of the instrument, quote currency.
    """
    number("pool", pool, "give the collateral to split, 0 or more", least=0.0)
    sizes = {name: gross_notional(Book((leg,)), market) for name, leg in zip(_names(book), book, strict=True)}
    return {name: pool * size / sum(sizes.values()) for name, size in sizes.items()}
