"""The explorer of portfolio delta margin: how fast a delta-neutral book wakes the charge up.

All amounts are shown in per cent of the spot at the start, so that the toy world and the bitcoin market read alike.
"""

from dataclasses import dataclass
from functools import cache

import numpy as np

from greekslab.book import Book, Perpetual, Position, named_books, pnl_cube
from greekslab.book.along import delta_along
from greekslab.explorers.controls import Choice, Slider
from greekslab.explorers.explorer import Explorer
from greekslab.explorers.panels import Lines, Marker, Series, Table, View
from greekslab.margin import DeltaMargin, Scan, minimum_delta, wake_up
from greekslab.market import Market
from greekslab.scenarios import grid, published

# key -> words, world, running book that is one unit of it, sold
_OPTIONS = {
    "straddle": ("straddle, toy world", "toy", "short straddle"),
    "call": ("call, toy world", "toy", "short call"),
    "btc-straddle": ("straddle, BTC smile", "btc", "short straddle"),
    "btc-call": ("call, BTC smile", "btc", "short call"),
}
_REACH = 40  # per cent, either way
_MOVES = np.arange(-_REACH, _REACH + 1) / 100.0
_DRAWN = slice(None, None, 2)  # every second one is drawn
_RULE = DeltaMargin(rate=0.16, net_floor=0.02, hedged_floor=0.01)  # the scan range of the sets beside it
_BARE = DeltaMargin(rate=0.16, net_floor=0.0, hedged_floor=0.0)


@cache
def _scan(name: str) -> Scan:
    return Scan(published(name))


@cache
def _ladder():
    """Return the moves as scenarios, prices alone."""
    return grid(_MOVES)


@cache
def _options(options: str, days: int) -> tuple[Market, Book, float]:
    """Return the market, one unit of the options sold, and their days to expiry."""
    _, world, name = _OPTIONS[options]
    market = Market.toy(days=float(days)) if world == "toy" else Market.btc()
    underlying = next(iter(market.spots))
    expiry = min(market.expiries(underlying), key=lambda e: abs(365.0 * market.tau(e) - days))
    return market, named_books(market, expiry=expiry)[name], 365.0 * market.tau(expiry)


@dataclass(frozen=True)
class _Path:
    """A book along the price: ``table`` has deltas in coins, and amounts in per cent of the spot at the start."""

    days: float
    table: dict[str, np.ndarray]
    woken: tuple

    def at(self, move: int) -> dict[str, float]:
        """Return the row at a move in whole per cent."""
        return {name: float(column[move + _REACH]) for name, column in self.table.items()}


@cache
def _path(options: str, size: float, hedge: int, days: int) -> _Path:
    market, sold, left = _options(options, days)
    spot, held = next(iter(market.spots.values())), -float(size) * sold
    perpetuals = -hedge / 100.0 * float(delta_along(held, market, [0.0]).sum())
    held += Book((Position(Perpetual(next(iter(market.spots))), perpetuals),))
    legs = delta_along(held, market, _MOVES)
    table = {"net": legs.sum(axis=1), "gross": np.abs(legs).sum(axis=1), "hedge": legs[:, -1]}
    table["hedged"] = (table["gross"] - np.abs(table["net"])) / 2.0
    table["floor"] = minimum_delta(0.02, 0.01).totals(held, market, _MOVES)[:, 0] * 100.0 / spot
    for name, rule in {"asked": _RULE, "core": _scan("paradex-16"), "tails": _scan("paradex-24")}.items():
        table[name] = rule.requirements_along(held, market, _MOVES)[:, 0] * 100.0 / spot
    table["lost"] = -pnl_cube(held, market, _ladder()).total() * 100.0 / spot
    level = table["core"][_REACH] * spot / 100.0
    woken = wake_up(_BARE, held, market, level) if level > 0.0 else (None, None)
    return _Path(left, table, woken)


def delta_view(*, options: str, size: float, hedge: int, move: int, days: int) -> View:
    """Follow the delta margin of a hedged option book along the price.

    Parameters
    ----------
    options : str
        "straddle", "call", "btc-straddle" or "btc-call", at the money.
    size : float
        Units of it, bought > 0, sold < 0.
    hedge : int
        Perpetuals against it, in per cent of its delta at the start.
    move : int
        Move of the spot since the hedge was set, per cent; time and volatility stand still.
    days : int
        To expiry; on the smile the nearest listed one is taken.
    """
    path = _path(options, size, hedge, days)
    start, now, table = path.at(0), path.at(move), path.table
    percent = 100.0 * _MOVES[_DRAWN]
    woken = [(round(100.0 * x, 2), "wakes up") for x in path.woken if x and abs(x) <= _REACH / 100.0]
    deltas = {"net": table["net"], "options": table["net"] - table["hedge"], "hedge": table["hedge"]}
    amounts = {"delta margin": "asked", "core scan": "core", "scan with tails": "tails", "loss so far": "lost"}
    x = "move of the spot since the hedge was set, %"
    return View(
        _finding(options, size, hedge, move, path),
        [
            Lines(
                "Delta after the move", percent, [Series(k, np.round(y[_DRAWN], 4)) for k, y in deltas.items()],
                x, "coins", markers=[Marker(move, round(now["net"], 4), "net, now")],
            ),
            Lines(
                "What each rule asks, and what is lost", percent,
                [Series(words, np.round(table[k][_DRAWN], 2)) for words, k in amounts.items()],
                x, "% of spot", markers=[Marker(move, round(now["asked"], 2), "asked, now")], vlines=woken,
            ),
            Table("In numbers", ["", "at the start", "after the move"], _rows(start, now)),
        ],
    )  # fmt: skip


def _rows(start, now) -> list[tuple[str, str, str]]:
    coins = {"net": "net delta, coins", "gross": "gross delta, coins", "hedged": "hedged delta, coins"}
    share = {
        "asked": "delta margin, % of spot",
        "floor": "its floor, the minimum charge",
        "core": "core scan",
        "tails": "scan with tails",
        "lost": "loss so far",
    }
    rows = [(words, _number(start[key], 4), _number(now[key], 4)) for key, words in coins.items()]
    return rows + [(words, _number(start[key], 2), _number(now[key], 2)) for key, words in share.items()]


def _finding(options, size, hedge, move, path) -> str:
    if not size:
        return "No options: there is nothing to margin."
    start, now = path.at(0), path.at(move)
    words, world, _ = _OPTIONS[options]
    kind = words.split(",")[0] + ("" if abs(size) == 1 else "s")
    where = "toy world" if world == "toy" else "BTC smile of 20 October 2021"
    text = f"{abs(size):g} {kind} {'bought' if size > 0 else 'sold'}, {path.days:.0f} days, {hedge} % hedged, {where}: "
    text += f"net delta {_number(start['net'], 4)} coins. "
    if start["asked"] <= start["floor"] + 1e-9:
        text += f"16 % of net delta is {16.0 * abs(start['net']):.2f} % of the spot, "
        text += f"the minimum charge makes it {start['asked']:.2f} %; "
    else:
        text += f"The delta margin asks for {start['asked']:.2f} % of the spot; "
    text += f"the scan asks for {start['core']:.2f} % (with tails {start['tails']:.2f} %). "
    if move:
        text += f"After {_number(move, 0, '+')} % the net delta is {_number(now['net'], 4)}, the delta margin "
        text += f"{now['asked']:.2f} %, the scan {now['core']:.2f} %, "
        text += f"and the book has {'lost' if now['lost'] >= 0.0 else 'earned'} {abs(now['lost']):.2f} %. "
    return text + _wakes(path, start["core"])


def _wakes(path, core) -> str:
    """Say where the charge on net delta reaches the scan that was asked for at the start."""
    down, up = path.woken
    level = f"{core:.2f} % of the starting scan"
    if down == 0.0:
        return f"It asks for the {level} at once."
    ends = [_number(100.0 * x, 1, "+") + " %" for x in (down, up) if x is not None]
    if not ends:
        return f"It never asks for the {level}."
    text = f"The delta margin reaches the {level} at {' and at '.join(ends)}"
    return text + (", on the way down never." if down is None else ", on the way up never." if up is None else ".")


def _number(value: float, places: int, sign: str = "") -> str:
    """Format a number with a real minus sign; what rounds to zero has no sign."""
    value = round(float(value), places) + 0.0
    return format(value, f"{sign}.{places}f").replace("-", "\N{MINUS SIGN}")


def delta_explorer() -> Explorer:
    """Build the explorer: options, size, hedge ratio, move of the spot, days to expiry."""
    controls = [
        Choice("options", "Options, at the money", {key: words for key, (words, *_) in _OPTIONS.items()}, "straddle"),
        Slider("size", "How many (sold below 0)", -1.0, -3.0, 3.0, 0.5, page=[-1.0, 1.0]),
        Slider("hedge", "Hedge, of their delta", 100, 0, 150, 10, "%", page=[0, 50, 100]),
        Slider("move", "Move of the spot", 0, -40, 40, 1, "%", page=[-30, -20, -15, -10, -5, 0, 5, 10, 15, 20, 30]),
        Slider("days", "Days to expiry", 30, 2, 150, 1, "days", page=[7, 30, 90]),
    ]
    return Explorer(
        delta_view, controls, title="When does a delta margin wake up?", notebook="06_portfolio_delta_margin"
    )
