"""The explorer of exposure: a book's profit by its Greeks, order by order, beside full revaluation.

Amounts are toy dollars in the toy world and thousand dollars on the BTC smile.
"""

from functools import cache, lru_cache

import numpy as np
import pandas as pd

from greekslab.book import Book, error_map, exposure, market_maker_book, named_books, pnl_cube, taylor_pnl
from greekslab.book.named import nearest_expiry
from greekslab.explorers.controls import Choice, Slider
from greekslab.explorers.explorer import Explorer
from greekslab.explorers.panels import Bars, Lines, Marker, Matrix, Series, Table, View
from greekslab.market import Market
from greekslab.risk import delta_gamma_var, delta_normal_var, quadratic_pnl, value_at_risk
from greekslab.scenarios import grid, lognormal_moves

LEVEL = 0.99  # of every value at risk
# world -> market, name of the unit, quote currency per unit
_WORLDS = {"toy": (Market.toy, "toy dollars", 1.0), "btc": (Market.btc, "thousand USD", 1000.0)}
# book -> world, words, and the legs
_BOOKS = {
    "calls": ("toy", "10 calls less 5 perpetuals", lambda _: _calls()),
    "straddle": ("toy", "short straddle", lambda market: named_books(market)["short straddle"]),
    "hedged": ("toy", "short straddle, delta hedged", lambda market: named_books(market)["hedged straddle"]),
    "maker": ("btc", "market maker, 40 legs", market_maker_book),
}
_LADDER = np.round(np.linspace(-0.4, 0.4, 33), 3)
_MAP_MOVES = np.array([-0.4, -0.3, -0.2, -0.1, 0.0, 0.1, 0.2, 0.3, 0.4])
_MAP_VOLS = np.array([0.4, 0.2, 0.0, -0.2, -0.4])
_WHAT = {1: "delta, vega, theta", 2: "and gamma, vanna, volga", 3: "and speed, zomma, ultima"}


def _calls() -> Book:
    return Book.from_list([("TOY-31JAN24-100-C", 10), ("TOY-PERP", -5)])


@cache
def _bare(name: str) -> tuple[Market, Book, float, str, float]:
    """Return market, book, volatility of the spot, and the unit's name and size."""
    world, _, legs = _BOOKS[name]
    build, unit, size = _WORLDS[world]
    market = build()
    underlying = next(iter(market.spots))
    expiry = nearest_expiry(market, underlying)
    vol = float(market.vol(underlying, expiry, market.forward(underlying, expiry)))
    return market, legs(market), vol, unit, size


@lru_cache(maxsize=512)
def _held(name: str, perps: float) -> Book:
    """Return the book with perpetuals added."""
    market, book, *_ = _bare(name)
    return book + Book.from_list([(f"{next(iter(market.spots))}-PERP", perps)]) if perps else book


@lru_cache(maxsize=512)
def _values_at_risk(name: str, perps: float, days: int) -> tuple[float, float, float]:
    """Return value at risk by delta, by delta, gamma and theta, and by revaluation, quote currency."""
    market, _, vol, _, _ = _bare(name)
    book = _held(name, perps)
    greeks, years = quadratic_pnl(book, market), days / 365.0
    straight = delta_normal_var(greeks.delta, vol**2 * years, LEVEL)
    bent = delta_gamma_var(greeks.delta, greeks.gamma, vol**2 * years, LEVEL, drift=greeks.theta * years)
    full = value_at_risk(pnl_cube(book, market, lognormal_moves(vol, days=days)).total(), LEVEL)
    return straight, bent, full


@lru_cache(maxsize=512)
def _errors(name: str, order: int, days: int) -> pd.DataFrame:
    """Return the error map, in which perpetuals have no part: they are exact."""
    market, book, *_ = _bare(name)
    return error_map(book, market, _MAP_MOVES, _MAP_VOLS, order=order, days=days)


def exposure_view(*, book: str, order: str, vol: float, days: int, perps: float = 0.0) -> View:
    """Show one book by its Greeks and by revaluation.

    Parameters
    ----------
    book : str
        "calls", "straddle", "hedged" or "maker".
    order : str
        "1", "2" or "3": order of the expansion in the error map and in the finding.
    vol : float
        Relative change of all volatilities, per cent.
    days : int
        Days that pass; also the horizon of the values at risk.
    perps : float
        Perpetuals added to the book, coins.
    """
    market, _, spot_vol, unit, size = _bare(book)
    held = _held(book, perps)
    shocks = grid(_LADDER, vol / 100.0, days=days)
    exact = pnl_cube(held, market, shocks).total() / size
    orders = {n: taylor_pnl(held, market, shocks, order=n).total() / size for n in (1, 2, 3)}
    at_risk = [loss / size for loss in _values_at_risk(book, perps, days)]
    errors = _errors(book, int(order), days) / size
    moved = market.moved(vol_shift=vol / 100.0, days=days)
    panels = [
        _ladder(exact, orders, unit),
        _map(errors, int(order), unit),
        Bars(
            f"Value at risk, 99 %, over {_days(days)}, before any shock",
            ["by delta alone", "delta, gamma, theta", "full revaluation"],
            [Series("loss", np.round(at_risk, 4))],
            unit,
        ),
        _table(held, moved, unit, size),
    ]
    name = _BOOKS[book][1] + (f" with {perps:+g} in perpetuals" if perps else "")
    return View(_finding(name, int(order), vol, days, exact, orders[int(order)], at_risk, unit, spot_vol), panels)


def _ladder(exact, orders, unit) -> Lines:
    series = [Series("full revaluation", np.round(exact, 3))]
    series += [Series(f"order {n}: {_WHAT[n]}", np.round(pnl, 3)) for n, pnl in orders.items()]
    marks = [Marker(100.0 * _LADDER[i], round(exact[i], 3), _signed(exact[i])) for i in _tens()]
    return Lines("Profit and loss along the price", 100.0 * _LADDER, series, "move of the spot, %", unit, markers=marks)


def _map(errors, order, unit) -> Matrix:
    cells = errors.to_numpy().T
    ring = np.unravel_index(np.abs(cells).argmax(), cells.shape)
    return Matrix(
        f"Error of order {order}: expansion less revaluation",
        [_percent(change) for change in errors.columns],
        [_percent(move) for move in errors.index],
        np.round(cells, 2).tolist(),
        ring=tuple(int(place) for place in ring),
        unit=unit,
        row_label="volatility",
        column_label="move of the spot",
    )


def _table(book, market, unit, size) -> Table:
    table = exposure(book, market, by="expiry", unit="dollar")
    total = exposure(book, market, by="underlying", unit="dollar")
    names = ["delta", "gamma", "vega", "theta"]
    labels = ["perpetual" if pd.isna(expiry) else f"{expiry.day} {expiry:%b %Y}" for expiry in table["expiry"]] + [
        "book"
    ]
    numbers = np.vstack([table[names].to_numpy(), total[names].to_numpy()]) / size
    rows = [[label, *(_signed(number) for number in row)] for label, row in zip(labels, numbers, strict=True)]
    columns = ["expiry", "delta, for 100 %", "gamma, per 1 %", "vega, per point", "theta, per day"]
    return Table(f"Exposure after the shock, before the price moves, {unit}", columns, rows)


def _finding(name, order, vol, days, exact, expansion, at_risk, unit, spot_vol) -> str:
    down, up = (exact[i] for i in _tens())
    changed = f"volatility {vol:+g} %" if vol else "volatility unchanged"
    words = f"{name[0].upper()}{name[1:]}, {_days(days)} later, {changed}: "
    words += f"at \u221210 % the book {_result(down)}, at +10 % it {_result(up)} ({unit}). "
    if down > 0.0 and up > 0.0:
        words += "It gains on both sides, and yet delta alone"
    else:
        words += "Delta alone"
    words += f" puts the 99 % value at risk at {_plain(at_risk[0])}; with gamma and theta it is {_plain(at_risk[1])}, "
    words += f"by full revaluation {_plain(at_risk[2])} (volatility of the spot {100 * spot_vol:.0f} %). "
    worst = int(np.abs(expansion - exact).argmax())
    words += f"Order {order} is farthest off at {_percent(_LADDER[worst])}, "
    return words + f"where it says {_signed(expansion[worst])} and revaluation {_signed(exact[worst])}."


def _tens():
    """Return where the ladder stands at -10 % and at +10 %."""
    return [int(np.flatnonzero(_LADDER == move)[0]) for move in (-0.1, 0.1)]


def _percent(share):
    return f"{100 * share:+.3g} %".replace("-", "\u2212") if share else "0 %"


def _days(days):
    return "1 day" if days == 1 else f"{days} days"


def _result(pnl):
    return f"{'gains' if pnl >= 0.0 else 'loses'} {_plain(abs(pnl))}"


def _plain(number):
    return f"{number:,.2f}".replace(",", "\u202f").replace("-", "\u2212")


def _signed(number):
    text = f"{number:+,.2f}".replace(",", "\u202f").replace("-", "\u2212")
    return "0.00" if text[1:] == "0.00" else text


def exposure_explorer() -> Explorer:
    """Build the explorer: book, order of the expansion, volatility shock, days, perpetuals added."""
    orders = {str(n): f"{n}: {words}" for n, words in _WHAT.items()}
    controls = [
        Choice("book", "Book", {key: words for key, (_, words, _) in _BOOKS.items()}, "calls"),
        Choice("order", "Order of the expansion", orders, "2"),
        Slider("vol", "Change of volatility", 0, -40, 60, 5, "%", page=[-40, -20, 0, 5, 20, 40, 60]),
        Slider("days", "Days that pass", 1, 1, 7, 1, page=[1, 3, 7]),
        Slider("perps", "Perpetuals added", 0.0, -5.0, 5.0, 0.25, "coins"),
    ]
    title = "What do the Greeks see?"
    return Explorer(exposure_view, controls, title=title, notebook="05_portfolio_risk_exposure_calculation")
