"""Rules compared: what each asks for the same books, where their order turns, and what a dollar of margin covers.

Amounts are in per cent of the spot, so that the toy world and a real market read alike.
"""

from collections.abc import Mapping
from itertools import combinations

import numpy as np
import pandas as pd

from greekslab.book.positions import Book
from greekslab.book.revalue import pnl_cube
from greekslab.errors import InputError
from greekslab.inputs import checked_type, numbers
from greekslab.market.market import Market
from greekslab.scenarios.sets import ScenarioSet

_SAME = 1e-9  # requirements that agree to this share of the larger count as equal


def bake_off(books: Mapping[str, Book], market: Market, rules: Mapping) -> pd.DataFrame:
    """Ask every rule what it requires to open every book.

    Parameters
    ----------
    books : mapping of str to Book
        Each with legs on one underlying.
    market : Market
    rules : mapping of str to rule
        Each with ``requirement(book, market)``.

    Returns
    -------
    DataFrame
        Initial requirement in per cent of the underlying's spot, books down, rules across.
    """
    checked_type("books", books, Mapping, "give books by name, for example named_books(market)")
    checked_type("rules", rules, Mapping, "give rules by name, for example rulebooks()")
    units = {name: _unit(book, market) for name, book in books.items()}
    table = {
        key: [units[name] * rule.requirement(book, market)[0] for name, book in books.items()]
        for key, rule in rules.items()
    }
    return pd.DataFrame(table, index=list(books))


def losses(books: Mapping[str, Book], market: Market, states: ScenarioSet) -> pd.DataFrame:
    """Compute what every book loses in every state, per cent of the spot; states down, books across, weights unused."""
    table = {name: -_unit(book, market) * pnl_cube(book, market, states).total() for name, book in books.items()}
    return pd.DataFrame(table, index=states.names)


def covered(asked: pd.DataFrame, lost: pd.DataFrame) -> pd.DataFrame:
    """Count how often a requirement would have paid for the loss.

    Parameters
    ----------
    asked : DataFrame
        Requirements, books down, rules across, as `bake_off` gives them.
    lost : DataFrame
        Losses in the same unit, states down, books across, as `losses` gives them.

    Returns
    -------
    DataFrame
        Share of the states, 0 to 1, in which the loss is no larger than the requirement; books down, rules across.
    """
    if missing := [name for name in asked.index if name not in lost]:
        raise InputError("losses", list(lost), f"the book {missing[0]} is missing; ask losses() for the same books")
    table = {
        key: [float((lost[name] <= need * (1.0 + _SAME) + _SAME).mean()) for name, need in asked[key].items()]
        for key in asked
    }
    return pd.DataFrame(table, index=asked.index)


def undominated(cost: pd.Series, cover: pd.Series) -> pd.Series:
    """Tell which rules no other beats: none covers as much for less, or more for as little.

    Parameters
    ----------
    cost, cover : Series
        By rule: what it asks (less is better) and what it covers (more is better).

    Returns
    -------
    Series of bool
        By rule, True on the frontier.
    """
    cost, cover = cost.astype(float), cover.reindex(cost.index).astype(float)
    if cover.isna().any():
        raise InputError("cover", list(cover.index[cover.isna()]), "give it for the same rules as the cost")
    near = _SAME * max(float(cost.abs().max()), float(cover.abs().max()))  # means of equal numbers differ by rounding
    beaten = {}
    for key in cost.index:
        saved, more = cost[key] - cost, cover - cover[key]
        beaten[key] = bool(((saved >= -near) & (more >= -near) & ((saved > near) | (more > near))).any())
    return ~pd.Series(beaten, dtype=bool)


def crossings(lines: pd.DataFrame) -> pd.DataFrame:
    """Find where requirements along a path overtake one another.

    Parameters
    ----------
    lines : DataFrame
        Indexed by an increasing number, one column a rule; straight between the rows.

    Returns
    -------
    DataFrame
        One row a crossing, in order: ``at``, and the rules ``overtakes`` (dearer from here on) and ``overtaken``.
        Rules that only touch do not cross; where two agree over a stretch the crossing is where the stretch begins.
    """
    x = numbers("index of the lines", lines.index, "give increasing numbers, such as 0, 0.1, 0.2")
    if len(x) < 2 or (np.diff(x) <= 0.0).any():
        raise InputError("index of the lines", len(x), "give two or more numbers that increase")
    found = []
    for first, second in combinations(lines, 2):
        a, b = lines[first].to_numpy(dtype=float), lines[second].to_numpy(dtype=float)
        gap = np.where(np.abs(a - b) <= _SAME * np.maximum(np.abs(a), np.abs(b)) + 1e-12, 0.0, a - b)
        clear = np.flatnonzero(gap)
        for i, j in zip(clear[:-1], clear[1:], strict=True):
            if gap[i] * gap[j] < 0.0:
                at = x[i + 1] if j > i + 1 else x[i] + (x[j] - x[i]) * gap[i] / (gap[i] - gap[j])
                up, down = (first, second) if gap[j] > 0.0 else (second, first)
                found.append((float(at), up, down))
    return pd.DataFrame(sorted(found), columns=["at", "overtakes", "overtaken"])


def _unit(book: Book, market: Market) -> float:
    """Return what turns quote currency into per cent of the spot."""
    if len(book.underlyings) != 1:
        raise InputError("book", ", ".join(book.underlyings), "compare books on one underlying: per cent of which?")
    return 100.0 / market.spot(book.underlyings[0])
