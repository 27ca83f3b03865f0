"""Panels of the Margin Lab: reports, profiles and Greeks arranged for reading; nothing is computed here."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from greekslab.book import Book, Option, exposure, position_values
from greekslab.explorers.panels import Bars, Lines, Marker, Matrix, Series, Table
from greekslab.margin import MarginReport, scan_matrix
from greekslab.market import Market

CERTAINTY = {
    "exact": "This rule meets the venue's published figures",
    "documented": "This rule follows the venue's text",
    "partial": "Only part of this rule is known or taken",
    "generic": "A textbook rule, no venue's own",
}
MINUS, THIN = "\u2212", "\u202f"  # as the browser writes numbers


@dataclass(frozen=True)
class Answer:
    """What a rule asks for, quote currency, or why it does not take the book (`refusal`)."""

    rule: str
    looks_at: str
    initial: float = 0.0
    maintenance: float = 0.0
    refusal: str = ""


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


def finding(
    answer: Answer, report: MarginReport | None, equity: float, breach: Breach | None, reach: tuple[float, float]
) -> str:
    """Say what the rule in focus asks for, why, which leg causes it, and what would liquidate the account."""
    if report is None:
        return f"{answer.rule} does not take this book: {answer.refusal.rstrip('.')}. Put another rule in focus."
    asks = f"{report.rule} asks {money(report.initial)} USD to open this book, {money(report.maintenance)} to keep it"
    said = [asks + _why(report), _legs_said(report), _equity_said(report, equity, breach, reach)]
    said.append(f"({CERTAINTY.get(report.certainty, report.certainty)}. {report.note}".rstrip(". ") + ".)")
    return " ".join(part for part in said if part)


def _why(report) -> str:
    parts = {part: amount for part, (amount, _) in report.parts.items() if amount}
    if report.scan is None:
        named = [f"{part} {money(amount)}" for part, amount in parts.items()]
        return f": {', '.join(named[:4])}{', and others' if len(named) > 4 else ''}." if len(named) > 1 else "."
    if not report.binding:
        return ": no scenario of its loses money."
    if "worst scenario" not in parts:
        charge = next(iter(parts), "least charge")
        return f": its {charge} charge, more than the worst scenario ({words(report.binding)}) loses."
    added = [f"{part} {money(amount)}" for part, amount in parts.items() if part != "worst scenario"]
    more = f"; added to its loss: {', '.join(added)}" if added else ""
    return f": the scenario {words(report.binding)} binds{more}."


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


def requirements(answers: dict[str, Answer], focus: str) -> Bars:
    """Show what every rule that takes the book asks for: to keep it, and what opening it needs beyond that."""
    taken = {key: answer for key, answer in answers.items() if not answer.refusal}
    keep, asked = (np.array([getattr(answer, of) for answer in taken.values()]) for of in ("maintenance", "initial"))
    top = max(np.abs(keep).max(), np.abs(asked).max())
    keep, asked = (np.round(y) if top >= 1_000.0 else tidy(y, top) for y in (keep, asked))
    more = asked - keep
    parts = [("to keep it", keep, "blue"), ("more to open it", more, "sky")]
    series = [Series(said, y, colour=colour) for said, y, colour in parts if np.any(np.abs(y) > 1e-9 * top)]
    names = [_named(answer, key == focus) for key, answer in taken.items()]
    return Bars("Requirement to open, by rule", names, series or [Series("nothing", [0.0] * len(names))], "USD")


def _named(answer, in_focus) -> str:
    return answer.rule + (" (in focus)" if in_focus else "")


def account_table(answers: dict[str, Answer], focus: str, equity: float) -> Table:
    """Show the account under every rule: what it looks at, and what equity leaves above opening and keeping."""
    rows = []
    for key, answer in answers.items():
        name = _named(answer, key == focus)
        if answer.refusal:
            rows.append([name, f"does not take this book: {answer.refusal}", "", ""])
            continue
        spare, room = equity - answer.initial, equity - answer.maintenance
        rows.append([name, answer.looks_at, money(spare), money(room) if room >= 0.0 else "closed out"])
    columns = ["rule", "looks at", "to spare", "until liquidation"]
    return Table(f"The account under every rule, in USD: what is left of equity {money(equity)}", columns, rows)


def parts_table(answer: Answer, report: MarginReport | None) -> Table:
    """Show what the requirement of the rule in focus is made of."""
    parts = {} if report is None else report.parts
    rows = [[part, *(signed_money(amount) for amount in pair)] for part, pair in parts.items()]
    rows.append(["together", money(answer.initial), money(answer.maintenance)] if parts else ["nothing", "", ""])
    return Table(f"What the requirement of {answer.rule} is made of, in USD", ["part", "to open", "to keep"], rows)


def scan_panel(answer: Answer, report: MarginReport | None, shown: pd.DataFrame) -> Matrix:
    """Show the scan of the rule in focus, its binding cell ringed; for rules without one a plain grid."""
    scanned = report is not None and report.scan is not None
    table, binding, what = one_underlying(shown, report.binding if scanned else None)
    matrix, names = scan_matrix(table), list(table["name"])
    if not scanned:
        gone = f"{answer.rule} does not take this book" if report is None else f"{answer.rule} looks at no scenario"
        title = f"{gone}; these would be the book's profits and losses"
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
    by = next((column for column in ("underlying", "group") if column in scan), None)
    if by is None:
        return scan, binding, ""
    which = scan.loc[scan["loss"].idxmax(), by]
    names = dict(part.split(": ", 1) for part in binding.split("; ")) if binding else {}
    return scan[scan[by] == which].drop(columns=by), names.get(which), f" for {which}"


def profile_chart(
    profile: Profile, report: MarginReport | None, shown: pd.DataFrame, breach: Breach, so_far: float
) -> Lines:
    """Draw the profit since entry along the price, today and at expiry, with the scenarios' places marked."""
    series = [Series("today", profile.today)]
    if profile.expiry is not None:
        series.append(Series(f"when {profile.expires:%d %b %y} expires".replace(" 0", " "), profile.expiry))
    scanned = report is not None and report.scan is not None
    table, binding, _ = one_underlying(shown, report.binding if scanned else None)
    low, high = profile.prices[0], profile.prices[-1]
    markers = []
    for name, move, pnl in zip(table["name"], table["move"], table["pnl"], strict=True):
        if scanned and low <= breach.here * (1.0 + move) <= high:
            x, y = tidy(breach.here * (1.0 + move), high), tidy(so_far + pnl, np.abs(profile.today).max())
            markers.append(Marker(x, y, "binds" if name == binding else ""))
    ends = [] if breach.already else [(p, "liquidation") for p in (breach.below, breach.above) if p is not None]
    lines = [(p, label) for p, label in [(breach.here, "spot"), *ends] if low <= p <= high]
    title = "Profit and loss since entry" + ("; dots: the scenarios of the rule in focus" if markers else "")
    return Lines(
        title, profile.prices, series, "spot, USD", "profit and loss, USD", markers,
        [(tidy(p, high), label) for p, label in lines],
    )  # fmt: skip


def legs_table(book: Book, answer: Answer, report: MarginReport | None, market: Market) -> Table:
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
                "" if report is None else signed_money(report.contributions.iloc[place]),
                "" if report is None else signed_money(report.marginal.iloc[place]),
            ]
        )
    adds = "" if report is None else signed_money(report.contributions.sum())
    total = ["together", "", money(values.sum()), adds, ""]
    columns = ["leg", "quantity", "value", "adds", "closing frees"]
    return Table(f"Which leg causes the requirement of {answer.rule}, in USD", columns, rows + [total])


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
