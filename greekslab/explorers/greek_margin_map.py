"""The explorer of the portfolio margin model: where the Greeks of today say enough, and where they are nearly blind.

All amounts are in the toy world, forward 100, so that they also read as per cent of the spot.
"""

from dataclasses import dataclass
from functools import cache

import numpy as np
import pandas as pd

from greekslab.book import Book, named_books, pnl_cube
from greekslab.book.along import position_values_along
from greekslab.explorers.controls import Choice, Slider
from greekslab.explorers.explorer import Explorer
from greekslab.explorers.panels import Bars, Lines, Marker, Matrix, Series, View
from greekslab.margin import GreekMargin, MarginReport, greek_against_scan, sold_options
from greekslab.margin.greek_margin import MOVES, TERMS, VOL_RULE
from greekslab.market import Market
from greekslab.risk import Worst, WorstPoint, worst, worst_quadratic
from greekslab.scenarios import ScenarioSet, VolRule, published, stretched

_REACH = round(100.0 * MOVES[1])  # scan range of the published set, per cent
_STRIKES = list(range(80, 151, 10))
_DAYS = [1, 2, 4, 7, 14, 30, 60, 120]
_GREEKS = {"price": "delta, gamma", "vega": "delta, gamma, vega", "all": "delta, gamma, vega, vanna, volga"}


def greek_rule(reach: float, greeks: str) -> GreekMargin:
    """Return the Greek margin on a box of plus and minus `reach` per cent, with the Greeks of a choice."""
    vol_rule = VolRule() if greeks == "price" else VOL_RULE
    return GreekMargin(moves=(-reach / 100.0, reach / 100.0), vol_rule=vol_rule, vanna_volga=greeks == "all")


@cache
def _scenarios(reach: float) -> ScenarioSet:
    return stretched(published("paradex-16"), reach / _REACH)


@cache
def _map(reach: float, greeks: str, days: int) -> pd.DataFrame:
    """Return Greek margin less scan in per cent of the scan: days down, strikes across.

    The row of the tenor nearest to `days` is that of `days` itself.
    """
    rows = sorted({*(d for d in _DAYS if d != min(_DAYS, key=lambda d: (abs(d - days), d))), days})
    market = Market.toy(days=rows)
    book = sold_options(market, "TOY", _STRIKES, "call")
    table = greek_against_scan(book, market, rule=greek_rule(reach, greeks), scenarios=_scenarios(reach))
    off = 100.0 * (table["ratio"].to_numpy() - 1.0).reshape(len(rows), -1)
    return pd.DataFrame(np.round(off), index=rows, columns=_STRIKES)


@cache
def _held(strike: int | None, days: int) -> tuple[Market, Book]:
    """Return one call sold, or the short straddle where there is no strike."""
    market = Market.toy(days=days)
    book = named_books(market)["short straddle"] if strike is None else sold_options(market, "TOY", [strike], "call")
    return market, book


@cache
def _scan(strike: int | None, days: int, reach: float) -> tuple[Worst, float]:
    """Return the worst scenario, and its move."""
    market, book = _held(strike, days)
    cube = pnl_cube(book, market, _scenarios(reach))
    found = worst(cube)
    return found, float(cube.scenarios.moves("TOY")[found.index])


@cache
def _exact(strike: int, days: int, reach: float) -> tuple[np.ndarray, np.ndarray]:
    """Return moves around the box, and the P&L of the call priced again at the greatest volatility."""
    market, book = _held(strike, days)
    box = reach / 100.0
    moves = np.unique(np.round(np.append(np.linspace(-1.5 * box, 1.5 * box, 31), [-box, 0.0, box]), 4))
    shift = VOL_RULE.up * float(VOL_RULE.scale(days))
    after = position_values_along(book, market, moves, vol_shift=shift)
    return moves, (after - position_values_along(book, market, [0.0])).sum(axis=1)


@dataclass(frozen=True)
class _Both:
    """One book under the two models, both worst points."""

    rule: GreekMargin
    report: MarginReport
    point: WorstPoint
    scan: Worst
    node: float  # move of the worst scenario

    @property
    def ratio(self) -> float:
        return self.report.initial / self.scan.loss

    @property
    def shares(self) -> dict[str, float]:
        """Parts of the Greek margin in per cent of the scan."""
        return {part: 100.0 * amount / self.scan.loss for part, (amount, _) in self.report.parts.items()}


@cache
def _both(strike: int | None, days: int, reach: float, greeks: str) -> _Both:
    rule, (market, book) = greek_rule(reach, greeks), _held(strike, days)
    vols = (-rule.vol_rule.down, rule.vol_rule.up)
    point = worst_quadratic(**rule.terms(book, market).sum(), moves=rule.moves, vols=vols)
    return _Both(rule, rule.margin(book, market), point, *_scan(strike, days, reach))


def _lines(call: _Both, strike: int, days: int, reach: float) -> Lines:
    """Draw both curves at the greatest volatility of the box, and the worst point of each model."""
    moves, exact = _exact(strike, days, reach)
    market, book = _held(strike, days)
    rough = call.rule.pnl(book, market, moves, call.rule.vol_rule.up)
    marks = [
        Marker(100.0 * call.node, _four(-call.scan.loss), f"scan {_amount(call.scan.loss)}"),
        Marker(100.0 * call.point.move, _four(-call.point.loss), f"Greeks {_amount(call.point.loss)}"),
    ]
    series = [Series("priced again, volatility up", _four(exact)), Series("quadratic of today's Greeks", _four(rough))]
    title = f"Profit and loss of the call, box of plus and minus {reach} %"
    return Lines(title, np.round(100.0 * moves, 2), series, "move of the spot, %", "toy dollars", marks)


def _bars(call: _Both, straddle: _Both, words: str) -> Bars:
    shares = call.shares, straddle.shares
    parts = [Series(part, [round(share.get(part, 0.0), 1) for share in shares] + [0.0]) for part in TERMS]
    parts.append(Series("priced again", [0.0, 0.0, 100.0]))
    return Bars("What each Greek adds", [words, "straddle 100, 30 days", "full scan"], parts, "% of the scan")


def greek_margin_view(*, strike: int, days: int, reach: int, greeks: str) -> View:
    """Compare Greek margin and full scan of one call sold, and over the map.

    Parameters
    ----------
    strike : int
        Quote currency; the forward is 100.
    days : int
        Days to expiry.
    reach : int
        Scan range of both models, per cent.
    greeks : str
        "price", "vega" or "all".
    """
    call, straddle = _both(strike, days, reach, greeks), _both(None, 30, reach, greeks)
    table = _map(reach, greeks, days)
    words = f"call {strike}, {days} day{'' if days == 1 else 's'}"
    return View(
        _finding(call, straddle, table, words),
        [
            Matrix(
                "Greek margin less full scan", [f"{d} d" for d in table.index], [str(k) for k in table.columns],
                table.to_numpy().tolist(), ring=(list(table.index).index(days), _STRIKES.index(strike)),
                unit="% of the scan", row_label="expires in", column_label="strike of the call sold, forward 100",
            ),
            _lines(call, strike, days, reach),
            _bars(call, straddle, words),
        ],
    )  # fmt: skip


def _finding(call, straddle, table, words) -> str:
    text = f"{words.capitalize()}: the Greek margin asks for {_amount(call.point.loss)} where the full scan asks "
    text += f"for {_amount(call.scan.loss)}, {_off(call.ratio)}. "
    text += f"Straddle at 100, 30 days: {straddle.point.loss:.2f} against {straddle.scan.loss:.2f}, "
    text += f"{_off(straddle.ratio)}. "
    low, high = (table.to_numpy() < -5.0).sum(), (table.to_numpy() > 5.0).sum()
    text += f"Of the {table.size} calls on the map {low} get more than 5 % too little and {high} too much."
    return text.replace(" %", "\u00a0%")  # a number and its sign stay on one line


def _off(ratio: float) -> str:
    """Say how far a ratio is from 1."""
    if ratio < 1e-3:
        return "next to nothing of it"
    if ratio < 0.5:
        return f"{1.0 / ratio:.{0 if ratio < 0.1 else 1}f} times too little"
    share = round(100.0 * abs(ratio - 1.0))
    if share == 0:
        return "the same to half a per cent"
    return f"{share} % too {'little' if ratio < 1.0 else 'much'}"


def _amount(value: float) -> str:
    if value < 1e-6:
        return "less than 0.000001"
    return f"{value:.2f}" if value >= 0.1 else np.format_float_positional(value, 3, fractional=False, trim="-")


def _four(values):
    """Round to what the eye can use."""
    return np.round(values, 4)


def greek_margin_explorer() -> Explorer:
    """Build the explorer: strike, days to expiry, scan range, and which Greeks count."""
    controls = [
        Slider("strike", "Strike of the call sold", 130, 80, 150, 10, page=_STRIKES),
        Slider("days", "Days to expiry", 7, 1, 120, 1, "days", page=_DAYS),
        Slider("reach", "Scan range of both models", _REACH, 4, 32, 4, "%", page=[8, 16, 24]),
        Choice("greeks", "Greeks that count", _GREEKS, "vega"),
    ]
    title = "Where does a quadratic see enough?"
    return Explorer(greek_margin_view, controls, title=title, notebook="07_portfolio_margin_model")
