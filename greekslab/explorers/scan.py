"""The explorer of portfolio risk-based margin: which cell of the scan sets the requirement.

All amounts are shown in per cent of the spot, so that the toy world and the bitcoin market read alike.
"""

from dataclasses import replace
from functools import cache

import numpy as np

from greekslab.book import Book, Option, named_books, pnl_cube, position_values
from greekslab.explorers.controls import Choice, Slider
from greekslab.explorers.explorer import Explorer
from greekslab.explorers.panels import Bars, Lines, Marker, Matrix, Series, View
from greekslab.margin import scan_matrix
from greekslab.market import Market
from greekslab.risk import contributions, stand_alone, worst
from greekslab.scenarios import grid, published, span, stretched, tims

_published = cache(published)  # read once; nothing here edits the tables
# world -> words, market, and a call struck at about twice the forward
_WORLDS = {
    "toy": ("toy world", Market.toy, "TOY-31JAN24-200-C"),
    "btc": ("BTC smile of 20 October 2021", Market.btc, "BTC-26NOV21-140000-C"),
}
# set -> words, and the scenarios for a scan range stretched by a factor
_SETS = {
    "paradex-24": ("Paradex, 24 with tails", lambda x: stretched(_published("paradex-24"), x)),
    "paradex-16": ("Paradex, 16 without tails", lambda x: stretched(_published("paradex-16"), x)),
    "derive-pm2-31": ("Derive PM2, 31 with tails", lambda x: stretched(_published("derive-pm2-31"), x)),
    "span": ("SPAN, 15 % and 10 vol points", lambda x: span(price_range=0.15 * x, vol_range=0.10)),
    "tims": ("TIMS, 15 %", lambda x: tims(up=0.15 * x, down=0.15 * x)),
}
_BOOKS = [
    "short straddle", "hedged straddle", "short strangle", "short call", "far short call", "short put",
    "long perp", "covered call", "call spread", "protective put", "synthetic long", "conversion",
    "long call", "long put",
]  # fmt: skip
_ON_PAGE = _BOOKS[:5] + ["long perp", "covered call", "synthetic long", "conversion"]


@cache
def _world(world: str) -> tuple[Market, dict[str, Book], Book]:
    """Return the market, its running books and one far call."""
    market = _WORLDS[world][1]()
    return market, named_books(market), Book.from_list([(_WORLDS[world][2], 1.0)])


@cache
def _scenarios(name: str, reach: float):
    """Return the set at a scan range in per cent of the published one, and its layout as a matrix."""
    chosen = _SETS[name][1](reach / 100.0)
    return chosen, scan_matrix(chosen.table)


@cache
def _curves(world: str, book: str, wings: float, low: float, high: float):
    """Return moves from `low` to `high`, and P&L today and at expiry, all in per cent."""
    market, _, _ = _world(world)
    held = _held(world, book, wings)
    options = [p.instrument for p in held if isinstance(p.instrument, Option)]
    kinks = [o.strike / market.forward(o.underlying, o.expiry) - 1.0 for o in options]
    kinks = [kink for kink in kinks if low < kink < high]
    moves = np.unique(np.round(np.concatenate([np.linspace(low, high, 31), kinks]), 4))
    days = max((market.tau(o.expiry) * 365.0 for o in options), default=0.0)
    today, expiry = (_unit(world) * pnl_cube(held, market, grid(moves, days=d)).total() for d in (0.0, days))
    return np.round(100.0 * moves, 2), np.round(today, 2), np.round(expiry, 2)


def _lines(title, curves, nodes) -> Lines:
    moves, today, expiry = curves
    series = [Series("today", today), Series("at expiry", expiry)]
    seen = [node for node in nodes if moves[0] <= node.x <= moves[-1]]
    return Lines(title, moves, series, "move of the spot, %", "% of spot", markers=seen)


@cache
def _held(world: str, book: str, wings: float) -> Book:
    _, books, far_call = _world(world)
    return books[book] + wings * far_call if wings else books[book]


def scan_view(*, book: str, world: str, scenarios: str, reach: float, wings: float) -> View:
    """Scan one book.

    Parameters
    ----------
    book : str
        Name of a running book.
    world : str
        "toy" or "btc".
    scenarios : str
        "paradex-24", "paradex-16", "derive-pm2-31", "span" or "tims".
    reach : float
        Scan range in per cent of the published one.
    wings : float
        Far calls bought on top, struck at about twice the forward.
    """
    market, _, far_call = _world(world)
    held, (chosen, matrix) = _held(world, book, wings), _scenarios(scenarios, reach)
    unit = _unit(world)
    cube = pnl_cube(held, market, chosen)
    found, alone = worst(cube), unit * stand_alone(cube)
    split, pnl = unit * contributions(cube, found), unit * cube.total()
    filled = matrix.fill(unit * cube.weighted())
    cells = [[None if np.isnan(v) else round(v, 2) for v in row] for row in filled]
    far = (-0.7, 5.2) if chosen.moves("").max() > 1.0 else (-0.7, 0.7)
    nodes = [Marker(100.0 * x, round(y, 2), "") for x, y in zip(chosen.moves(""), pnl, strict=True)]
    if found.index is not None:
        nodes.append(replace(nodes.pop(found.index), label=found.name))
    legs = [Series(name, np.round(both, 4)) for name, *both in zip(held.names, alone, split, strict=True)]
    bare = _bare(world, book, scenarios, reach) if wings else None
    price = unit * float(position_values(far_call, market)[0])
    return View(
        _finding(book, world, scenarios, found, alone, wings, price, bare),
        [
            Matrix(
                "Weighted profit and loss of every scenario", matrix.rows, matrix.columns, cells,
                ring=matrix.ring(found.index), unit="% of spot", row_label="volatility",
                column_label="move of the spot",
            ),
            _lines("Profit and loss near today's price", _curves(world, book, wings, -0.3, 0.3), nodes),
            _lines("The same, out to the tails", _curves(world, book, wings, *far), nodes),
            Bars("Requirement by leg", ["legs scanned alone", "scanned together"], legs, "% of spot"),
        ],
    )  # fmt: skip


@cache
def _unit(world: str) -> float:
    """Return what turns quote currency into per cent of the spot."""
    return 100.0 / next(iter(_world(world)[0].spots.values()))


@cache
def _bare(world: str, book: str, scenarios: str, reach: float) -> float:
    """Return the requirement without far calls, per cent of the spot."""
    market, books, _ = _world(world)
    return _unit(world) * worst(pnl_cube(books[book], market, _scenarios(scenarios, reach)[0])).loss


def _finding(book, world, scenarios, found, alone, wings, price, bare) -> str:
    initial = _unit(world) * found.loss
    calls = f" with {wings:g} far call{'' if wings == 1 else 's'}" if wings else ""
    words = f"{book.capitalize()}{calls}, {_WORLDS[world][0]}, "
    words += f"{_SETS[scenarios][0]}: the scan asks for {initial:.2f} % of the spot"
    words += f" ({found.loss:,.0f} USD). ".replace(",", "\u00a0") if world == "btc" else ". "
    words += f"The scenario that binds is {found.name}. " if found.name else "No scenario loses money. "
    if len(alone) > 1 and alone.sum() > 0.0:
        saved = 100.0 * (1.0 - initial / alone.sum())
        words += f"Scanned alone the legs need {alone.sum():.2f} %: netting saves {saved:.0f} %. "
    if wings:
        cost = np.format_float_positional(wings * price, precision=2, fractional=False, trim="-")
        words += f"The far calls cost {cost} % of the spot; "
        words += f"without them the scan asks for {bare:.2f} %."
    return words.strip()


def scan_explorer() -> Explorer:
    """Build the explorer: book, world, scenario set, scan range, far calls bought."""
    controls = [
        Choice("book", "Book", {name: name for name in _BOOKS}, "short straddle", page=_ON_PAGE),
        Choice("world", "World", {key: words for key, (words, *_) in _WORLDS.items()}, "toy"),
        Choice("scenarios", "Scenario set", {key: words for key, (words, _) in _SETS.items()}, "paradex-24"),
        Slider("reach", "Scan range, of the published one", 100, 50, 150, 5, "%", page=[75, 100, 125]),
        Slider("wings", "Far calls bought, strike 2 x forward", 0.0, 0.0, 2.0, 0.25, page=[0, 0.5, 1]),
    ]
    title = "Which cell of the scan sets the margin?"
    return Explorer(scan_view, controls, title=title, notebook="08_portfolio_risk_based_margin")
