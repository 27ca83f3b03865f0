"""Explorer of the prologue: hedge a position, then decide what becomes of the margin that is set free."""

from functools import cache

import numpy as np

from greekslab.book import Book, named_books
from greekslab.explorers.controls import Choice, Slider
from greekslab.explorers.explorer import Explorer
from greekslab.explorers.panels import Bars, Lines, Marker, Series, Table, View
from greekslab.margin import hedged_pnl, hedged_requirements, redeployed_size
from greekslab.margin import rules as margin_rules
from greekslab.market import Market, closes, window_returns
from greekslab.risk import ruin_probability

BOOKS = {
    "perp": "long perp, hedged by a short future",
    "straddle": "short straddle, hedged by a long strangle",
}
RULES = {
    "isolated": "fixed rate, each leg alone",
    "cross": "cross margin, 80 % pair credit",
    "paradex": "Paradex portfolio margin",
    "derive-pm2": "Derive PM2 portfolio margin",
}
STEPS = tuple(range(0, 101, 5))  # hedge ratios of the lines, %
_RATIOS = [step / 100.0 for step in STEPS]


def position_and_hedge(book: str) -> tuple[Book, Book]:
    """Return the position and its full hedge, in the toy world."""
    if book == "perp":
        return Book.from_list([("TOY-PERP", 1.0)]), Book.from_list([("TOY-31JAN24", -1.0)])
    wings = Book.from_list([("TOY-31JAN24-85-P", 1.0), ("TOY-31JAN24-115-C", 1.0)])
    return named_books(Market.toy())["short straddle"], wings


@cache
def _returns():
    return window_returns(closes("BTC", every="30min")["BTC"].dropna()).to_numpy()


@cache
def _pnl(book):
    return hedged_pnl(*position_and_hedge(book), Market.toy(), _returns(), _RATIOS)


@cache
def _requirements(book, rule):
    return hedged_requirements(*position_and_hedge(book), Market.toy(), margin_rules()[rule], _RATIOS)


@cache
def _accounts(book, rule, share):
    """Return equity, size and chance of ruin along the hedge ratio; equity is at least the requirement."""
    net = _requirements(book, rule)["net"].to_numpy()
    equity = np.maximum(net, net[0])
    size = redeployed_size(equity, net, share)
    rows = zip(_pnl(book), equity, size, strict=True)
    return equity, size, np.array([ruin_probability(times * pnl, money) for pnl, money, times in rows])


def prologue_view(*, hedge: int, redeployed: int, rule: str, book: str) -> View:
    """Show what a hedge does to margin, leverage and the chance of ruin.

    Parameters
    ----------
    hedge : int
        Share of the position that is hedged, %, a multiple of 5.
    redeployed : int
        Share of the freed margin that is used to hold more of the hedged book, %.
    rule, book : str
        Keys of `RULES` and `BOOKS`.
    """
    place = STEPS.index(hedge)
    table, fixed = _requirements(book, rule), _requirements(book, "isolated")["gross"].to_numpy()
    gross, net, notional = (table[column].to_numpy() for column in table)
    equity, size, ruin = _accounts(book, rule, redeployed / 100.0)
    cushion = _accounts(book, rule, 0.0)[2]

    bars = Bars(
        "Margin: legs alone, and together",
        ["legs alone, fixed rate", "legs alone, this rule (gross)", "together (net)", "together, redeployed"],
        [Series("requirement", [fixed[place], gross[place], net[place], net[place] * size[place]])],
        unit="dollars",
    )
    lines = Lines(
        "Chance that a day's loss exceeds the equity",
        STEPS,
        [
            Series("freed margin kept as a cushion", 100.0 * cushion),
            Series("freed margin redeployed as chosen", 100.0 * ruin),
        ],
        x_label="share of the position that is hedged, %",
        y_label="chance of ruin in a day, %",
        markers=[Marker(hedge, 100.0 * ruin[place], _percent(ruin[place]))],
    )
    columns = [(0, 1.0, cushion), (place, 1.0, cushion), (place, size[place], ruin)]
    account = Table(
        "The account",
        ["", "no hedge", "hedged, cushion kept", "hedged, redeployed"],
        [
            ["equity", *(_amount(equity[i]) for i, _, _ in columns)],
            ["initial requirement", *(_amount(net[i] * times) for i, times, _ in columns)],
            ["times the book is held", *(_amount(times) for _, times, _ in columns)],
            ["notional", *(_amount(notional[i] * times) for i, times, _ in columns)],
            ["leverage, notional / equity", *(f"{notional[i] * times / equity[i]:.1f}" for i, times, _ in columns)],
            ["efficiency, 1 - net / gross", *(_saved(net[i], gross[i]) for i, _, _ in columns)],
            ["the same against the fixed rate", *(_saved(net[i], fixed[i]) for i, _, _ in columns)],
            ["chance of ruin in a day", *(_percent(chance[i]) for i, _, chance in columns)],
            ["that is, of all day-long windows", *(_windows(chance[i]) for i, _, chance in columns)],
        ],
    )
    begin = (
        f"Without a hedge the {BOOKS[book].partition(',')[0]} needs {_amount(net[0])} ({RULES[rule]}), "
        f"and ruin has a chance of {_percent(cushion[0])} a day."
    )
    after = _after(hedge, redeployed, net[place] - net[0], net[place], size[place], cushion[place])
    back = _verdict(ruin[place], cushion[0]) if redeployed and net[place] < net[0] else ""
    return View(f"{begin} {after.format(chance=_percent(ruin[place]))}{back}", [bars, lines, account])


def _after(hedge, redeployed, change, net, size, cushion):
    """Say what the hedge does to the requirement, and what its holder does with the difference."""
    if hedge == 0:
        return "Nothing is hedged, so nothing is set free: move the first slider."
    if change > 1e-9:
        return (
            f"With {hedge} % hedged the rule asks for {_amount(net)}: it does not count this hedge, and "
            f"{_amount(change)} must be added. Nothing is set free; the chance falls to {{chance}}."
        )
    begin = f"With {hedge} % hedged the rule asks for {_amount(net)}. The {_amount(-change)} set free,"
    if redeployed == 0:
        return f"{begin} kept as a cushion, leaves a chance of {{chance}}."
    how = "in full" if redeployed == 100 else f"by {redeployed} %"
    return (
        f"{begin} kept as a cushion, would leave {_percent(cushion)}. Redeployed {how}, it carries "
        f"{_amount(size)} times the book, and the chance is {{chance}}"
    )


def _verdict(now, before):
    if _windows(now) == _windows(before):
        return ": back where it was." if before > 0.0 else "."
    return ": more than without the hedge." if now > before else "."


def _saved(net, gross):
    if gross <= 0.0:
        return "nothing is asked"
    return f"{round(100.0 * (1.0 - net / gross))} %".replace("-", "\N{MINUS SIGN}")


def _windows(chance):
    return f"{round(chance * len(_returns()))} of {len(_returns())}"


def _amount(value):
    return f"{value:.2f}"


def _percent(chance):
    return f"{100.0 * chance:.2f} %" if chance > 0.0 else "0 %"


def prologue_explorer() -> Explorer:
    """Build the explorer: hedge ratio, share redeployed, rule and position."""
    return Explorer(
        prologue_view,
        [
            Slider("hedge", "Share of the position hedged", 50, 0, 100, 5, "%", page=range(0, 101, 10)),
            Slider("redeployed", "Freed margin redeployed", 100, 0, 100, 25, "%", page=range(0, 101, 25)),
            Choice("rule", "Margin rule", RULES, "paradex"),
            Choice("book", "Position and hedge", BOOKS, "perp"),
        ],
        title="Saved margin, kept or redeployed",
        notebook="01_prologue",
    )
