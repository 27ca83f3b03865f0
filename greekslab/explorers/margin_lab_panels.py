"""Panels of the Margin Lab: reports, profiles and Greeks arranged for reading; nothing is computed here."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from greekslab.book import Book, Option, exposure, position_values
from greekslab.explorers.panels import Bars, Lines, Marker, Matrix, Series, Table
from greekslab.margin import MarginReport, scan_matrix
from greekslab.market import Market

# parts of all rules, gathered: legend -> (colour, names of parts); what is not named is an add-on
_PARTS = {
    "futures and coins, leg by leg": ("sky", ("futures and perpetuals", "coins held")),
    "options, leg by leg": ("blue", ("short options", "long options, paid in full")),
    "credit for pairs": ("green", ("pair credit", "option spreads")),
    "worst scenario": ("vermillion", ("worst scenario",)),
    "minimum delta": ("purple", ("minimum delta",)),
    "add-ons": ("orange", ()),
}
MINUS, THIN = "\u2212", "\u202f"  # as the browser writes numbers


@dataclass(frozen=True)
class Breach:
    """Prices of the spot at which the account is liquidated; None where it never is, `here` if it is already."""

    here: float
    below: float | None
    above: float | None

    @property
    def already(self) -> bool:
        """Whether the account stands below its maintenance requirement."""
        return self.below == self.here


@dataclass(frozen=True)
class Profile:
    """Profit of the account since its legs were entered, quote currency, along prices of the spot.

    ``expiry`` is the profit when the first options expire, at the time ``expires``; None without options.
    """

    prices: np.ndarray
    today: np.ndarray
    expiry: np.ndarray | None
    expires: pd.Timestamp | None


def money(value: float) -> str:
    """Write an amount of quote currency: 12 345 in whole units, smaller ones with decimals."""
    return signless(value, 0 if abs(value) >= 100 else 2 if abs(value) >= 1 else 4)


def signless(value: float, digits: int) -> str:
    """Write a number with thin spaces and, where negative, a true minus."""
    text = f"{abs(value):,.{digits}f}".replace(",", THIN)
    if digits:
        text = text.rstrip("0").rstrip(".")
    return MINUS + text if value < 0.0 and text.strip("0.") else text


def signed(value: float, digits: int = 2) -> str:
    """Write a number with its sign."""
    text = signless(value, digits)
    return text if text.startswith(MINUS) or text == "0" else f"+{text}"


def per_cent(price: float, here: float) -> str:
    """Write how far a price is from here: -12.3 %."""
    return f"{signed(100.0 * (price / here - 1.0), 1)} %"


def finding(report: MarginReport, equity: float, breach: Breach, reach: tuple[float, float]) -> str:
    """Say what the rule in focus asks for, why, which leg causes it, and what would liquidate the account."""
    asks = f"{report.rule} asks {money(report.initial)} USD to open this book, {money(report.maintenance)} to keep it"
    said = [asks + _why(report), _legs_said(report), _equity_said(report, equity, breach, reach)]
    if report.note:
        said.append(f"({report.note.rstrip('.')}.)")
    return " ".join(part for part in said if part)


def _why(report) -> str:
    extra = sum(
        amount for part, (amount, _) in report.parts.items() if _legend(part) in ("add-ons", "credit for pairs")
    )
    if report.scan is None:
        return ", leg by leg" + (f", less {money(-extra)} credit for pairs." if extra < 0.0 else ".")
    if not report.binding:
        said = ": no scenario of its loses money"
    elif "minimum delta" in report.parts:
        said = f": its minimum delta charge, more than the worst scenario ({words(report.binding)}) loses"
    else:
        said = f": the scenario {words(report.binding)} binds"
    return said + (f"; {money(extra)} of it are add-ons." if extra > 0.0 else ".")


def _legend(part: str) -> str:
    return next((legend for legend, (_, known) in _PARTS.items() if part in known), "add-ons")


def words(scenario: str) -> str:
    """Write a scenario's name with true signs: +500 %, vol up, × 3.2 %."""
    return scenario.replace("-", MINUS).replace(", x ", ", × ")


def _legs_said(report) -> str:
    if len(report.contributions) < 2 or not report.initial > 0.0:
        return ""
    names, freed = list(report.contributions.index), report.marginal.tolist()
    top, best, worst = int(np.argmax(report.contributions)), int(np.argmax(freed)), int(np.argmin(freed))
    said = f"{names[top]} causes most of it."
    if freed[best] > 0.0:
        said += f" Closing {'that leg' if best == top else names[best]} frees {money(freed[best])} USD"
        said += f"; closing {names[worst]} costs {money(-freed[worst])} more." if freed[worst] < 0.0 else "."
    elif freed[worst] < 0.0:
        said += f" Closing {names[worst]} costs {money(-freed[worst])} USD more: it is the hedge."
    return said


def _equity_said(report, equity, breach, reach) -> str:
    if breach.already:
        return f"Equity is {money(equity)} USD, less than must be kept: the account is liquidated here."
    gap = equity - report.initial
    said = f"Equity is {money(equity)} USD, {money(abs(gap))} {'to spare' if gap >= 0.0 else 'too little to open it'}"
    ends = [
        f"{side} {money(price)} USD ({per_cent(price, breach.here)})"
        for side, price in (("below", breach.below), ("above", breach.above))
        if price is not None
    ]
    if ends:
        return f"{said}; liquidation comes {' or '.join(ends)}."
    low, high = (f"{signed(100.0 * end, 0)} %" for end in reach)
    return f"{said}; no price from {low} to {high} of today's liquidates it."


def requirements(reports: dict[str, MarginReport], focus: str) -> Bars:
    """Stack the parts of the initial requirement of every rule."""
    gathered = {legend: np.zeros(len(reports)) for legend in _PARTS}
    for place, report in enumerate(reports.values()):
        for part, (initial, _) in report.parts.items():
            gathered[_legend(part)][place] += initial
    top = max(np.abs(y).max() for y in gathered.values())
    series = [
        Series(words, np.round(y) if top >= 1_000.0 else tidy(y, top), colour=_PARTS[words][0])
        for words, y in gathered.items()
        if np.any(np.abs(y) > 1e-9 * top)
    ]
    names = [f"{report.rule}{' (in focus)' if key == focus else ''}" for key, report in reports.items()]
    return Bars("Requirement to open, by rule", names, series or [Series("nothing", [0.0] * len(names))], "USD")


def account_table(reports: dict[str, MarginReport], focus: str, equity: float, breaches: dict[str, Breach]) -> Table:
    """Show the account under every rule: what to keep, what is free, and where liquidation comes."""
    rows = []
    for key, report in reports.items():
        ends = [_end(breaches[key], breaches[key].below), _end(breaches[key], breaches[key].above)]
        asked = [money(report.initial), money(report.maintenance), money(equity - report.initial)]
        rows.append([report.rule + (" (in focus)" if key == focus else ""), *asked, *ends])
    columns = ["rule", "to open", "to keep", "left of equity", "liquidated below", "liquidated above"]
    return Table(f"The account under every rule, in USD; equity {money(equity)}", columns, rows)


def _end(breach: Breach, price: float | None) -> str:
    if breach.already:
        return "here"
    return "\u2013" if price is None else f"{money(price)} ({per_cent(price, breach.here)})"


def scan_panel(report: MarginReport, shown: pd.DataFrame) -> Matrix:
    """Show the scan of the rule in focus, its binding cell ringed; for rules without one a plain grid."""
    table, binding, what = one_underlying(shown, report.binding)
    matrix, names = scan_matrix(table), list(table["name"])
    if report.scan is None:
        title = f"{report.rule} looks at no scenario; these would be the book's profits and losses"
    else:
        title = f"What {report.rule} looks at{what}: profit and loss, times the weight where one is given"
    # moves run down the page: a venue looks at up to nine of them on each side, but at three directions of the vols
    cells = tidy(matrix.fill(-table["loss"])).T.tolist()
    values = [[None if np.isnan(v) else v for v in row] for row in cells]
    rows, columns = ([_short(label) for label in axis] for axis in (matrix.columns, matrix.rows))
    ring = matrix.ring(names.index(binding))[::-1] if binding in names else None
    return Matrix(title, rows, columns, values, ring, "USD", row_label="move of the spot")


def _short(label: str) -> str:
    """Write a label of the matrix with true signs, and two digits of the weight."""
    move, _, weight = label.partition(" x")
    move = move.replace("-", MINUS)
    return f"{move} \u00d7{float(weight.rstrip('%')):.2g}%" if weight else move


def one_underlying(scan: pd.DataFrame, binding: str | None):
    """Keep the underlying with the largest loss, where each is scanned alone."""
    if "underlying" not in scan:
        return scan, binding, ""
    which = scan.loc[scan["loss"].idxmax(), "underlying"]
    names = dict(part.split(": ", 1) for part in binding.split("; ")) if binding else {}
    return scan[scan["underlying"] == which].drop(columns="underlying"), names.get(which), f" for {which}"


def profile_chart(profile: Profile, report: MarginReport, shown: pd.DataFrame, breach: Breach, so_far: float) -> Lines:
    """Draw the profit since entry along the price, today and at expiry, with the scenarios' places marked."""
    series = [Series("today", profile.today)]
    if profile.expiry is not None:
        series.append(Series(f"when {profile.expires:%d %b %y} expires".replace(" 0", " "), profile.expiry))
    table, binding, _ = one_underlying(shown, report.binding)
    low, high = profile.prices[0], profile.prices[-1]
    markers = []
    for name, move, pnl in zip(table["name"], table["move"], table["pnl"], strict=True):
        if report.scan is not None and low <= breach.here * (1.0 + move) <= high:
            x, y = tidy(breach.here * (1.0 + move), high), tidy(so_far + pnl, np.abs(profile.today).max())
            markers.append(Marker(x, y, "binds" if name == binding else ""))
    ends = [] if breach.already else [(p, "liquidation") for p in (breach.below, breach.above) if p is not None]
    lines = [(p, label) for p, label in [(breach.here, "spot"), *ends] if low <= p <= high]
    title = "Profit and loss since entry" + ("; dots: the scenarios of the rule in focus" if markers else "")
    return Lines(
        title, profile.prices, series, "spot, USD", "profit and loss, USD", markers,
        [(tidy(p, high), label) for p, label in lines],
    )  # fmt: skip


def legs_table(book: Book, report: MarginReport, market: Market) -> Table:
    """Show what each leg is worth, what it contributes, and what closing it would free."""
    values = position_values(book, market)
    rows = []
    for place, position in enumerate(book):
        option = isinstance(position.instrument, Option)
        rows.append(
            [
                position.instrument.name,
                signed(position.quantity, 4),
                money(values[place]) if option else "",
                signed_money(report.contributions.iloc[place]),
                signed_money(report.marginal.iloc[place]),
            ]
        )
    total = ["together", "", money(values.sum()), signed_money(report.contributions.sum()), ""]
    columns = ["leg", "quantity", "value", "adds", "closing frees"]
    return Table(f"Which leg causes the requirement of {report.rule}, in USD", columns, rows + [total])


def signed_money(value: float) -> str:
    """Write an amount with its sign."""
    text = money(value)
    return text if text.startswith(MINUS) or text == "0" else f"+{text}"


def greeks_table(book: Book, market: Market) -> Table:
    """Show the Greeks of every leg and their sum, in a trader's units."""
    table = exposure(book, market)
    spot = np.array([market.spot(u) for u in table["underlying"]])
    units = pd.DataFrame(
        {
            "delta": table["delta"],
            "gamma": table["gamma"] * spot / 100.0,
            "vega": table["vega"] / 100.0,
            "theta": table["theta"] / 365.0,
        }
    )
    rows = [[name, *_greek_cells(row)] for name, row in zip(table["instrument"], units.to_numpy(), strict=True)]
    for underlying in dict.fromkeys(table["underlying"]):
        mine = (table["underlying"] == underlying).to_numpy()
        words = "together" if mine.all() else f"together, {underlying}"
        rows.append([words, *_greek_cells(units.to_numpy()[mine].sum(axis=0))])
    columns = ["leg", "delta, coins", "gamma, coins per 1\u00a0%", "vega, USD per point", "theta, USD a day"]
    return Table("Greeks of the book", columns, rows)


def _greek_cells(row) -> list[str]:
    delta, gamma, vega, theta = row
    return [signed(delta, 3), signed(gamma, 4), signed(vega, 1), signed(theta, 1)]


def tidy(values, largest: float | None = None) -> np.ndarray:
    """Round to five digits of the largest, so that a page carries no digits that nobody reads."""
    values = np.asarray(values, dtype=float)
    top = float(np.nanmax(np.abs(values), initial=0.0)) if largest is None else float(largest)
    return np.round(values, 4 - int(np.floor(np.log10(top)))) if top > 0.0 else values
