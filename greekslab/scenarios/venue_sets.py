"""Venues' published scenario sets, read from their parameter cards.

A card is a small TOML file with the numbers as the venue prints them, its source and its date. Nothing in the
package knows a venue's number by heart; every set can be edited before use.
"""

import tomllib
from functools import cache
from importlib.resources import files

import numpy as np

from greekslab.errors import InputError
from greekslab.inputs import number
from greekslab.scenarios.sets import ScenarioSet, Skew, VolRule, moves_table


@cache
def _cards() -> dict:
    folder = files("greekslab.scenarios") / "cards"
    cards = {}
    for entry in sorted(folder.iterdir(), key=lambda f: f.name):
        if entry.name.endswith(".toml"):
            cards |= tomllib.loads(entry.read_text(encoding="utf-8"))
    return cards


def published_names() -> list[str]:
    """List the names that `published` knows."""
    return list(_cards())


def published(name: str) -> ScenarioSet:
    """Return a venue's published scenario set.

    Parameters
    ----------
    name : str
        One of `published_names()`, for example "paradex-24".

    Examples
    --------
    >>> published("paradex-24").names[0]
    '+16 %, vol up'
    """
    cards = _cards()
    if not isinstance(name, str) or name not in cards:
        raise InputError("scenario set", name, f"choose one of {', '.join(cards)}")
    card = cards[name]
    rule = dict(card.get("vol_rule", {}))
    skew = Skew(**rule.pop("skew")) if "skew" in rule else None
    table = moves_table(tuple(row) for row in card["scenarios"])
    return ScenarioSet(
        card["title"], table, VolRule(**rule, skew=skew), card.get("days", 0.0), card["source"], card["as_of"]
    )


def span(*, price_range: float, vol_range: float, extreme: float = 3.0, cover: float = 0.33, days: float = 1.0):
    """Build SPAN's sixteen scenarios for given ranges.

    Parameters
    ----------
    price_range : float
        Price scan range as a share of the price (0.15 is 15 %).
    vol_range : float
        Volatility scan range in volatility (0.10 is ten vol points).
    extreme, cover : float
        Size of the two extreme moves in price ranges, and the share of their loss that counts: 3 and 33 %, in
        older editions 2 and 35 %. Volatility is unchanged in them.
    days : float
        Look-ahead: time passing in every scenario.

    Notes
    -----
    Order: no move, then one, two and three thirds of the range up and down, each with volatility up then down,
    then extreme up and extreme down (CME SPAN).
    """
    price_range = number("price_range", price_range, "give a share of the price, 0.15 for 15 %", above=0.0)
    vol_range = number("vol_range", vol_range, "give volatility, 0.10 for ten vol points", least=0.0)
    extreme = number("extreme", extreme, "give price ranges, such as 3", above=0.0)
    if extreme * price_range >= 1.0:
        raise InputError("extreme * price_range", extreme * price_range, "a price cannot fall by 100 % or more")
    steps = [0.0, 1 / 3, -1 / 3, 2 / 3, -2 / 3, 1.0, -1.0]
    rows = [(step * price_range, vol, 1.0) for step in steps for vol in ("up", "down")]
    rows += [(side * extreme * price_range, "none", cover) for side in (1.0, -1.0)]
    return ScenarioSet(
        f"SPAN, {price_range:.4g} / {vol_range:.4g}",
        moves_table(rows),
        VolRule(up=vol_range, down=vol_range, relative=False),
        days,
        "CME SPAN: sixteen scenarios, absolute volatility scan, one-day look-ahead",
        "2010 (extreme moves at 3 ranges, 33 %)",
    )


def tims(*, up: float, down: float, points: int = 10) -> ScenarioSet:
    """Build TIMS' equally spaced price points from -down to +up, volatility unchanged.

    Parameters
    ----------
    up, down : float
        Ends of the range, as positive shares of the price: 0.15 and 0.15 for single names, 0.10 and 0.10 for
        small indices, 0.06 and 0.08 for large ones.
    points : int
        Number of price points, both ends included.
    """
    remedy = "give the end of the range as a share of the price, 0 or more; down below 1"
    up, down = number("up", up, remedy, least=0.0), number("down", down, remedy, least=0.0)
    if not isinstance(points, (int, np.integer)) or points < 2:
        raise InputError("points", points, "give a whole number of price points, 2 or more")
    rows = [(move, "none", 1.0) for move in np.linspace(-down, up, points)]
    name = f"TIMS, {-down:+.4g} to {up:+.4g}"
    return ScenarioSet(name, moves_table(rows), source="OCC customer portfolio margin (TIMS), ten price points")
