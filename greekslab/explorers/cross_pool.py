"""The explorer of cross margin: what survives two shocks, each leg on its own pot or all on one pool.

One coin costs 100 and the other 50, quote currency; the account holds one of each, or less than nothing of it.
"""

from dataclasses import dataclass
from functools import cache, lru_cache

import numpy as np
import pandas as pd

from greekslab.book import Book
from greekslab.explorers.controls import Choice, Slider
from greekslab.explorers.explorer import Explorer
from greekslab.explorers.panels import Bars, Lines, Marker, Matrix, Series, View
from greekslab.margin import (
    Account,
    ByCoin,
    Cross,
    FixedRate,
    Survival,
    cross_survival,
    isolated_survival,
    nearest_breaches,
    pots_by_notional,
    shock_plane,
)
from greekslab.margin.efficiency import gross_notional
from greekslab.market import Market

MARKET = Market("2024-01-01 08:00", {"BTC": 100.0, "ALT": 50.0})
_RATES = {"BTC": FixedRate(0.10, 0.05), "ALT": FixedRate(0.20, 0.10)}  # initial, maintenance
SUM = ByCoin(_RATES, name="sum of the legs")
PAIRS = ByCoin({coin: Cross(rates, 0.8) for coin, rates in _RATES.items()}, name="80 % pair credit")
_LETTERS = {"BTC-PERP": "B", "BTC-27DEC24": "H", "ALT-PERP": "A"}
_CALLED = {"BTC-PERP": "BTC", "BTC-27DEC24": "the BTC hedge", "ALT-PERP": "ALT"}
_LONGS = (("BTC-PERP", 1.0), ("ALT-PERP", 1.0))
_HEDGED = (("BTC-PERP", 1.0), ("BTC-27DEC24", -1.0), ("ALT-PERP", 1.0))
# key -> words, legs, rule of the pool
_ACCOUNTS = {
    "longs": ("Long BTC, long ALT", _LONGS, SUM),
    "spread": ("Long BTC, short ALT", (("BTC-PERP", 1.0), ("ALT-PERP", -1.0)), SUM),
    "hedged": ("Hedged BTC, long ALT", _HEDGED, SUM),
    "credit": ("Hedged BTC, long ALT, pair credit", _HEDGED, PAIRS),
}
_BTC = (-60, -40, -20, 0, 40, 80, 120)  # per cent, across the plane
_ALT = (40, 20, 0, -20, -40, -60, -80)  # down the plane
_LINE = np.arange(-60.0, 121.0, 5.0)


@cache
def _book(account: str) -> Book:
    return Book.from_list(_ACCOUNTS[account][1])


@dataclass(frozen=True, eq=False)
class _Plane:
    """Both sides on one plane of shocks, in whole per cent."""

    pool: float
    pots: dict[str, float]
    isolated: Survival
    cross: Survival


@lru_cache(maxsize=4096)
def _plane(account: str, leverage: int, fenced: int, btc: tuple, alt: tuple) -> _Plane:
    _, _, rule = _ACCOUNTS[account]
    book = _book(account)
    pool = gross_notional(book, MARKET) / leverage
    pots = _pots(book, pool, fenced / 100.0)
    shocks = shock_plane({"ALT": np.array(alt) / 100.0, "BTC": np.array(btc) / 100.0})
    return _Plane(
        pool,
        pots,
        isolated_survival(book, MARKET, shocks, pots, SUM),
        cross_survival(Account(book, cash=pool), MARKET, shocks, rule),
    )


def _pots(book: Book, pool: float, fenced: float) -> dict[str, float]:
    """Ring-fence a share of the pool for ALT; the legs on BTC share the rest by notional."""
    others = Book(tuple(p for p in book if p.instrument.underlying != "ALT"))
    return pots_by_notional(others, MARKET, pool * (1.0 - fenced)) | {"ALT-PERP": pool * fenced}


@lru_cache(maxsize=4096)
def _line(account: str, leverage: int, alt: int) -> tuple[np.ndarray, np.ndarray]:
    """Return equity and requirement of the pool along the BTC price."""
    _, _, rule = _ACCOUNTS[account]
    book = _book(account)
    shocks = pd.DataFrame({"BTC": _LINE / 100.0, "ALT": alt / 100.0})
    seen = cross_survival(Account(book, cash=gross_notional(book, MARKET) / leverage), MARKET, shocks, rule)
    return seen.equity["pool"].to_numpy(), seen.maintenance["pool"].to_numpy()


def cross_view(*, account: str, btc: int, alt: int, leverage: int, fenced: int) -> View:
    """Show what survives a shock of two coins.

    Parameters
    ----------
    account : str
        "longs", "spread", "hedged" or "credit".
    btc, alt : int
        Moves of the two coins, per cent.
    leverage : int
        Gross notional over the pool.
    fenced : int
        Share of the pool that is ring-fenced for ALT on the isolated side, per cent; the rest is for BTC.
    """
    across, down = _with(_BTC, btc), _with(_ALT, alt)
    plane = _plane(account, leverage, fenced, across, down)
    ring = (down.index(alt), across.index(btc))
    place = ring[0] * len(across) + ring[1]
    line = _line(account, leverage, alt)
    ends = nearest_breaches(_LINE, line[0] - line[1], btc) if plane.cross.kept.iloc[place].all() else (None, None)
    letters = ", ".join(f"{_LETTERS[name]} {_CALLED[name].removeprefix('the ')}" for name in _book(account).names)
    return View(
        _finding(account, btc, alt, leverage, fenced, plane, place, ends),
        [
            _matrix(f"Isolated: what survives ({letters})", plane.isolated, across, down, ring),
            _matrix("Cross, one pool: what survives", plane.cross, across, down, ring),
            _prices(line, ends, alt, btc),
            _bars(plane, place),
        ],
    )


def _with(axis: tuple, here: int) -> tuple:
    """Return the axis with the shock of the control in place of the nearest one."""
    nearest = min(range(len(axis)), key=lambda i: abs(axis[i] - here))
    return tuple(here if i == nearest else each for i, each in enumerate(axis))


def _matrix(title, side, across, down, ring) -> Matrix:
    shape = (len(down), len(across), -1)
    opened = (side.kept.to_numpy() > 0.0).reshape(shape)
    letters = [_LETTERS[name] for name in side.kept.columns]
    words = [
        ["".join(x for x, yes in zip(letters, cell, strict=True) if yes) or "\u2013" for cell in row] for row in opened
    ]
    return Matrix(
        title, [_percent(x) for x in down], [_percent(x) for x in across], opened.sum(axis=2).tolist(), ring,
        "open", "ALT", "BTC", words,
    )  # fmt: skip


def _prices(line, ends, alt, btc) -> Lines:
    equity, asked = line
    here = float(np.interp(btc, _LINE, equity))
    return Lines(
        f"The pool along the BTC price, ALT at {_percent(alt)}", _LINE,
        [Series("equity", np.round(equity, 3)), Series("maintenance requirement", np.round(asked, 3))],
        "move of BTC, %", "quote currency", markers=[Marker(btc, round(here, 3), "equity, now")],
        vlines=[(round(x, 1), "liquidated") for x in ends if x is not None],
    )  # fmt: skip


def _bars(plane, place) -> Bars:
    names, equity, asked = [], [], []
    pots = {f"{_CALLED[n].removeprefix('the ')}, own pot": (plane.isolated, n) for n in plane.pots}
    for label, (side, column) in {**pots, "the pool": (plane.cross, "pool")}.items():
        names += [f"{label}: equity", f"{label}: requirement"]
        equity += [float(side.equity[column].iloc[place]), 0.0]
        asked += [0.0, float(side.maintenance[column].iloc[place])]
    series = [Series("equity", np.round(equity, 3)), Series("maintenance requirement", np.round(asked, 3))]
    return Bars("After the shock, before anything is closed", names, series, "quote currency")


def _finding(account, btc, alt, leverage, fenced, plane, place, ends) -> str:
    text = f"{_ACCOUNTS[account][0]}; collateral {plane.pool:.4g} ({leverage}x). "
    apart, pooled = plane.isolated.kept.iloc[place] > 0.0, plane.cross.kept.iloc[place] > 0.0
    text += f"BTC {_percent(btc)}, ALT {_percent(alt)}. Isolated, {fenced} % ring-fenced for ALT: {_lived(apart)}. "
    equity, asked = plane.cross.equity["pool"].iloc[place], plane.cross.maintenance["pool"].iloc[place]
    text += f"Cross: the pool has {_number(equity)} and needs {_number(asked)}, {_lived(pooled)}. "
    if not pooled.any() and apart.any():
        text += f"Cross has closed {_and(apart[apart].index)}, which isolated keeps. "
    elif pooled.all() and not apart.all():
        text += f"Cross has saved {_and(apart[~apart].index)}. "
    more = plane.cross.kept.gt(0.0).sum(axis=1) - plane.isolated.kept.gt(0.0).sum(axis=1)
    better, worse = int((more > 0).sum()), int((more < 0).sum())
    text += f"Of {len(more)} pairs of shocks cross keeps more legs in {better}, isolated in {worse}. "
    if not pooled.all():
        needed = _ACCOUNTS[account][2].requirement(_book(account), MARKET)[1]
        return text + f"Before the shocks the pool had {_number(plane.pool)} and needed {_number(needed)}."
    moves = [_percent(round(x, 1)) for x in ends if x is not None]
    where = "at ALT unchanged" if alt == 0 else f"at ALT {_percent(alt)}"
    if not moves:
        return text + f"No move of BTC from \u221260 to +120 % ends the pool {where}."
    return text + f"BTC alone ends the pool, {where}, where it stands at {' or '.join(moves)}."


def _lived(alive) -> str:
    if alive.all():
        return "every leg stays open"
    return (
        f"{_and(alive[alive].index)} stays open"
        if alive.sum() == 1
        else (f"{_and(alive[alive].index)} stay open" if alive.any() else "everything is closed")
    )


def _and(names) -> str:
    return " and ".join(_CALLED[name] for name in names)


def _number(value: float) -> str:
    return format(round(float(value), 2) + 0.0, ".2f").replace("-", "\u2212")


def _percent(value: float) -> str:
    return "0 %" if value == 0 else f"{value:+g} %".replace("-", "\u2212")


def cross_explorer() -> Explorer:
    """Build the explorer: account, two shocks, leverage, share of the pool that is ring-fenced."""
    controls = [
        Choice("account", "Account", {key: words for key, (words, *_) in _ACCOUNTS.items()}, "longs"),
        Slider("btc", "BTC moves", 0, -60, 120, 5, "%", page=list(_BTC)),
        Slider("alt", "ALT moves", -60, -80, 40, 5, "%", page=list(_ALT)),
        Slider("leverage", "Leverage, notional over pool", 5, 2, 20, 1, "x", page=[3, 5, 10]),
        Slider("fenced", "Ring-fenced for ALT, if isolated", 50, 10, 90, 5, "% of the pool"),
    ]
    return Explorer(cross_view, controls, title="What survives two shocks?", notebook="04_cross_margining_mechanisms")
