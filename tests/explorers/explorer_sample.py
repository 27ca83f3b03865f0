"""A small explorer with every kind of control and panel; its numbers can be checked in the head."""

from greekslab.errors import InputError
from greekslab.explorers import (
    Bars,
    Choice,
    Explorer,
    Legs,
    Lines,
    Marker,
    Matrix,
    Series,
    Slider,
    Table,
    Toggle,
    View,
)

X = [-20, -10, 0, 10, 20]
BOOKS = {"one long": [("TOY-PERP", 1.0)], "two short": [("TOY-PERP", -2.0)]}


def quantity_of(book):
    if isinstance(book, str):
        rows = [line.split(",") for line in book.strip().splitlines()]
        if rows[0][0] != "instrument":
            raise InputError("line 1, column 1", rows[0][0], "name the column instrument")
        return sum(float(quantity) for _, quantity in rows[1:])
    for name, _ in book:
        if name != "TOY-PERP":
            raise InputError("instrument", name, "the sample knows TOY-PERP only")
    return sum(quantity for _, quantity in book)


def sample_view(book, rate, shift, rule, addon):
    """P&L of the quantity over moves x: quantity * (x + shift); margin: rate % of 100 * |quantity|."""
    quantity = quantity_of(book)
    if rate == 13:
        raise ZeroDivisionError("thirteen")
    pnl = [quantity * (x + shift) for x in X]
    margin = rate * abs(quantity)
    half = [y / 2 if x else None for x, y in zip(X, pnl, strict=True)]
    moves = [f"{x:+d} %" for x in X]
    worst = min(range(5), key=lambda i: pnl[i])
    return View(
        f"{quantity:g} contracts need {margin:g} USD under {rule}.",
        [
            Lines(
                "Profit and loss",
                X,
                [Series("now", pnl), Series("half", half)],
                "move, %",
                "profit and loss, USD",
                markers=[Marker(X[worst], pnl[worst], "worst")],
                vlines=[(0, "spot")],
            ),
            Bars(
                "Requirement",
                ["this rule", "twice"],
                [Series("scan", [margin, 2 * margin]), Series("add-on", [5 if addon else 0, -2])],
                "USD",
            ),
            Matrix("Scenarios", ["up", "down"], moves, [pnl, [*pnl[:4], None]], (0, worst), "USD"),
            Table("Legs", ["leg", "quantity"], [["TOY-PERP", f"{quantity:g}"]]),
        ],
    )  # fmt: skip


def sample_controls(page_rule=True):
    return [
        Legs("book", "Book", ["TOY-PERP", "TOY-FUT"], BOOKS["one long"], books=BOOKS, page=True),
        Slider("rate", "Margin rate", 20, 5, 50, 1, "%", page=[5, 10, 20, 50]),
        Slider("shift", "Shift", 0.0, -5, 5, 0.5, "USD"),
        Choice("rule", "Rule", {"cross": "Cross margin", "scan": "Scan"}, "cross", page=page_rule),
        Toggle("addon", "With add-on", True),
    ]


def sample(**options):
    return Explorer(sample_view, sample_controls(**options), title="A sample", notebook="00_sample")
