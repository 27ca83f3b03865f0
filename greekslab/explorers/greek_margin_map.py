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
_STRIKES = list(range(60, 151, 10))
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


@dataclass(frozen=True)
class _Both:
    """One book under the two models: the report and worst point of the one, the worst scenario of the other."""

    market: Market
    book: Book
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


def _both(market, book, reach, greeks) -> _Both:
    rule, cube = greek_rule(reach, greeks), pnl_cube(book, market, _scenarios(reach))
    vols = (-rule.vol_rule.down, rule.vol_rule.up)
    point = worst_quadratic(**rule.terms(book, market).sum(), moves=rule.moves, vols=vols)
    found = worst(cube)
    node = float(cube.scenarios.moves("TOY")[found.index])
    return _Both(market, book, rule, rule.margin(book, market), point, found, node)


@cache
def _call(strike: int, days: int, reach: float, greeks: str) -> _Both:
    market = Market.toy(days=days)
    return _both(market, sold_options(market, "TOY", [strike], "call"), reach, greeks)


@cache
def _straddle(reach: float, greeks: str) -> _Both:
    market = Market.toy()
    return _both(market, named_books(market)["short straddle"], reach, greeks)


def _lines(call: _Both, days: int) -> Lines:
    """Draw both curves at the greatest volatility of the box, and the worst point of each model."""
    reach = call.rule.moves[1]
    moves = np.unique(np.round(np.append(np.linspace(-1.5 * reach, 1.5 * reach, 31), [-reach, 0.0, reach]), 4))
    shift = VOL_RULE.up * float(VOL_RULE.scale(days))
    before = position_values_along(call.book, call.market, [0.0])
    exact = (position_values_along(call.book, call.market, moves, vol_shift=shift) - before).sum(axis=1)
    rough = call.rule.pnl(call.book, call.market, moves, call.rule.vol_rule.up)
    marks = [
        Marker(100.0 * call.node, _four(-call.scan.loss), f"scan {_amount(call.scan.loss)}"),
        Marker(100.0 * call.point.move, _four(-call.point.loss), f"Greeks {_amount(call.point.loss)}"),
    ]
    series = [Series("priced again, volatility up", _four(exact)), Series("quadratic of today's Greeks", _four(rough))]
    ends = [(100.0 * end, words) for end, words in zip(call.rule.moves, ("box from", "to"), strict=True)]
    title = "Profit and loss of the call along the price"
    return Lines(title, np.round(100.0 * moves, 2), series, "move of the spot, %", "toy dollars", marks, ends)


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
    call, straddle = _call(strike, days, reach, greeks), _straddle(reach, greeks)
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
            _lines(call, days),
            _bars(call, straddle, words),
        ],
    )  # fmt: skip


def _finding(call, straddle, table, words) -> str:
    text = f"{words.capitalize()}: the Greek margin asks for {_amount(call.point.loss)} where the full scan asks "
    text += f"for {_amount(call.scan.loss)}, {_off(call.ratio)}. "
    text += f"Straddle at 100, 30 days: {straddle.point.loss:.2f} against {straddle.scan.loss:.2f}, "
    text += f"{_off(straddle.ratio)}. "
    low, high = (table.to_numpy() < -5.0).sum(), (table.to_numpy() > 5.0).sum()
    return text + f"Of the {table.size} calls on the map {low} get more than 5 % too little and {high} too much."


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
        Slider("strike", "Strike of the call sold", 130, 60, 150, 10, page=_STRIKES),
        Slider("days", "Days to expiry", 7, 1, 120, 1, "days", page=_DAYS),
        Slider("reach", "Scan range of both models", _REACH, 4, 32, 4, "%", page=[8, 16, 24]),
        Choice("greeks", "Greeks that count", _GREEKS, "vega"),
    ]
    title = "Where does a quadratic see enough?"
    return Explorer(greek_margin_view, controls, title=title, notebook="07_portfolio_margin_model")
