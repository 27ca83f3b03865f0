"""Explorer of the chapter *Linear Margining*: one contract, one collateral, counted in dollars and in coin."""

from functools import lru_cache

import numpy as np

from greekslab.explorers.controls import Choice, Slider
from greekslab.explorers.explorer import Explorer
from greekslab.explorers.panels import Lines, Marker, Series, Table, View
from greekslab.margin.numeraire import IsolatedPosition

ENTRY = 50_000.0  # US dollars: the round number of the chapter's examples
MMR = 0.05  # maintenance rate of the notional, the chapter's

# key -> (contract, size in coins, what it is called)
CONTRACTS = {
    "inverse-long": ("inverse", 1.0, "long inverse perpetual"),
    "inverse-short": ("inverse", -1.0, "short inverse perpetual"),
    "linear-long": ("linear", 1.0, "long linear perpetual"),
    "linear-short": ("linear", -1.0, "short linear perpetual"),
    "short-call": ("call", -1.0, "short coin-settled call"),
    "short-put": ("put", -1.0, "short coin-settled put"),
}
COLLATERAL = {"coin": "coin", "stable": "stablecoin (dollars)"}
# 20 000 to 80 000, every 1 500 dollars: dense enough that the curves look smooth.
PRICES = ENTRY * np.linspace(0.4, 1.6, 41)
_MOVES = [-50, -30, -20, -15, -10, -6, -4, -2, 0, 2, 5, 10, 20, 30, 50]
_LEVERAGES = [1, 2, 3, 5, 10, 15]


@lru_cache(maxsize=512)
def _position(contract: str, leverage: float, collateral: str):
    """Return the position, its liquidation and bankruptcy prices, and its curves in dollars."""
    kind, size, _ = CONTRACTS[contract]
    position = IsolatedPosition(kind, size, ENTRY, leverage, collateral, mmr=MMR)
    ends = (position.liquidation(), position.bankruptcy())
    return position, ends, position.pnl(PRICES), position.equity(PRICES)


def linear_view(*, contract: str, collateral: str, leverage: float, move: float) -> View:
    """Show one position of 1 coin of notional, entered at 50 000 dollars.

    Parameters
    ----------
    contract : str
        Key of `CONTRACTS`.
    collateral : str
        "coin" or "stable".
    leverage : float
        Notional over margin at entry.
    move : float
        Price move since entry, in percent.

    Returns
    -------
    View
        Two charts, in dollars and in coin, and a table.
    """
    position, ends, pnl, equity = _position(contract, leverage, collateral)
    price = ENTRY * (1.0 + move / 100.0)
    marks = [
        (end, f"{word} {_usd(end)}")
        for word, pair in zip(("liquidation", "bankruptcy"), ends, strict=True)
        for end in pair
        if end is not None and PRICES[0] <= end <= PRICES[-1]
    ]
    now = position.equity(price)
    panels = [
        _chart("In dollars", "US dollars", pnl, equity, Marker(price, now, "now"), marks),
        _chart("In coin", "coins", pnl / PRICES, equity / PRICES, Marker(price, now / price, "now"), marks),
        _table(position, price, ends),
    ]
    return View(_finding(position, contract, price, ends), panels)


def _chart(title, unit, pnl, equity, marker, marks):
    series = [Series("equity: margin and profit", equity, "solid"), Series("profit of the contract", pnl, "dashed")]
    return Lines(title, PRICES, series, "price, US dollars", unit, markers=[marker], vlines=marks)


def _table(position, price, ends):
    rows = [
        ("profit of the contract", position.pnl(price)),
        ("margin, as it is worth now", position.collateral_value(price)),
        ("equity", position.equity(price)),
        ("maintenance requirement", position.maintenance(price)),
    ]
    rows = [(label, _usd(value), _number(value / price, ".4f")) for label, value in rows]
    for label, pair in zip(("liquidation price", "bankruptcy price"), ends, strict=True):
        rows.append((label, _ends(pair), _ends(pair, share=True)))
    return Table(f"At a price of {_usd(price)} dollars", ["", "US dollars", "coins, or move"], rows)


def _finding(position, contract, price, ends):
    shape = _option_words if position.contract in ("call", "put") else _straight_words
    name = CONTRACTS[contract][2]
    return " ".join([_result(position, name, price), shape(position, price), _liquidation(price, ends)])


def _result(position, name, price):
    pnl = position.pnl(price)
    if abs(pnl) < 1e-9 * ENTRY:
        return f"At {_usd(price)}, the entry, the {name} has earned nothing yet."
    verb = "earned" if pnl > 0.0 else "lost"
    return f"At {_usd(price)} the {name} has {verb} {_usd(abs(pnl))} dollars, or {abs(pnl) / price:.4f} coin."


def _straight_words(position, price):
    """Say that dollars see straight lines, and how steep the account's is."""
    slope = (position.equity(2.0 * ENTRY) - position.equity(ENTRY)) / ENTRY
    if abs(slope) < 1e-9:
        return (
            f"Its coin of margin cancels it: the account is worth {_usd(position.equity(price))} dollars at any price."
        )
    text = f"In dollars nothing bends: equity moves {_number(slope, '+.2f')} for each dollar of price"
    if position.collateral == "stable":
        return f"{text}, all from the contract."
    coins = position.margin / ENTRY
    own = _number(position.size, "+.2f")
    return f"{text}, {own} from the contract and {coins:+.2f} from the coins of margin."


def _option_words(position, price):
    """Say what the option owes now, and the most it can ever owe."""
    owed = f"It owes {position.option_coins(price):.4f} coin now"
    if position.contract == "call":
        return f"{owed}, and never more than 1 coin."
    low = 0.2 * ENTRY
    return f"{owed}; at {_usd(low)} it would owe {position.option_coins(low):.2f} coins, and there is no limit."


def _liquidation(price, ends):
    """Say where the position ends, and whether this price is beyond."""
    (down, up), _ = ends
    end = down if down is not None else up
    if end is None:
        return "No price liquidates it."
    passed = price <= end if end < ENTRY else price >= end
    past = ": already passed." if passed else "."
    if end > 10.0 * ENTRY:
        return f"Liquidation only at {_usd(end)}, {end / ENTRY:.0f} times the entry{past}"
    side = "below" if end < ENTRY else "above"
    return f"Liquidation at {_usd(end)}, {_percent(abs(end / ENTRY - 1.0))} {side} entry{past}"


def _ends(pair, share=False):
    words = [_percent(end / ENTRY - 1.0, "+") if share else _usd(end) for end in pair if end is not None]
    return " and ".join(words) or "none"


def _percent(share, sign="") -> str:
    return _number(100.0 * share, f"{sign}.1f") + " %"


def _usd(value) -> str:
    """Write whole dollars, thousands apart."""
    return _number(round(value), ",d").replace(",", " ")


def _number(value, form) -> str:
    """Format a number with a real minus sign, as the axes have it."""
    return format(value, form).replace("-", "\N{MINUS SIGN}")


def linear_explorer() -> Explorer:
    """Build the explorer; its controls say the rest."""
    return Explorer(
        linear_view,
        [
            Choice("contract", "Contract", {key: name for key, (_, _, name) in CONTRACTS.items()}, "inverse-long"),
            Choice("collateral", "Margin held in", COLLATERAL, "coin"),
            Slider("leverage", "Leverage", 10, 1, 15, 1, "x", page=_LEVERAGES),
            Slider("move", "Price move since entry", -4, -60, 60, 1, "%", page=_MOVES),
        ],
        title="One position, two units",
        notebook="02_linear_margining",
    )
