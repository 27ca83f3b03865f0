"""The Margin Lab shows what the engine computes, says why, and its guided experiments are true."""

import json
import re
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from greekslab.book import Book, exposure, named_books, pnl_cube
from greekslab.errors import InputError
from greekslab.explorers import margin_lab_explorer, margin_lab_view
from greekslab.explorers.explorer import PAGE_BYTES
from greekslab.explorers.margin_lab import IN_FOCUS_ON_PAGE, ON_PAGE, REACH, Desk, margin_lab_books
from greekslab.margin import Account, liquidation_moves
from greekslab.margin.venues import looks_at, rulebooks
from greekslab.market import Market
from greekslab.scenarios import grid

MARKET, RULES = Market.btc(), rulebooks()
BOOKS = margin_lab_books(MARKET)
STRADDLE = BOOKS["short straddle"]
START = {"book": STRADDLE, "rule": "paradex", "spot": 0, "vol": 0, "cash": 20_000}
LINES, MATRIX, BARS, ACCOUNT, LEGS, PARTS, GREEKS = range(7)
CSV = (
    "instrument,quantity,entry_price\nBTC-PERP,0.5,62000\nBTC-26NOV21-58000-P,-2,\n"
    "BTC-26NOV21-48000-P,2,\nBTC-26NOV21-80000-C,-1,3100\n"
)
NOTEBOOK = Path(__file__).parents[2] / "notebooks" / "00_margin_lab.ipynb"

SETTINGS = [
    {},
    {"rule": "tims", "vol": -25},
    {"rule": "isolated", "book": BOOKS["conversion"], "spot": -20},
    {"rule": "cross", "book": BOOKS["call spread"], "spot": 10, "vol": 50, "cash": 4_000},
    {"rule": "derive-pm2", "book": CSV, "spot": 7, "cash": 15_000},
    {"rule": "span", "book": BOOKS["long perp"], "spot": -30},
    {"rule": "greeks", "book": BOOKS["call spread"], "vol": 30},
    {"rule": "deribit-portfolio", "spot": -10, "cash": 9_000},
    {"rule": "deribit-2018", "book": BOOKS["covered call"]},
]


@pytest.fixture(params=SETTINGS, ids=[f"{s.get('rule', 'start')}" for s in SETTINGS])
def setting(request):
    """One setting, its view, and the same account and market from the engine."""
    values = START | request.param
    legs = values["book"]
    book = Book.from_csv(legs) if isinstance(legs, str) else Book.from_list(legs)
    account = Account.opened(book, MARKET, values["cash"])
    return values, margin_lab_view(**values), account, MARKET.moved(values["spot"] / 100, vol_shift=values["vol"] / 100)


def number(text):
    """Read a written number: thin spaces, true minus, a per cent in brackets left aside."""
    plain = re.sub(r"\(.*\)", "", text).replace("\u202f", "").replace("\u2212", "-").strip()
    return float(plain)


def column(table, name):
    return [row[list(table.columns).index(name)] for row in table.rows]


# Provenance of all expected values below: the engine, called here directly; it has its own tests.


def test_bars_are_the_requirements_to_keep_and_to_open(setting):
    values, view, account, market = setting
    stacked = np.sum([series.y for series in view.panels[BARS].series], axis=0)
    expected = [rule.margin(account, market).initial for rule in RULES.values()]
    assert stacked == pytest.approx(expected, rel=2e-4, abs=2e-4 * max(expected))
    keep = next(series.y for series in view.panels[BARS].series if series.name == "to keep it")
    expected = [rule.margin(account, market).maintenance for rule in RULES.values()]
    assert keep == pytest.approx(expected, rel=2e-4, abs=2e-4 * max(expected))
    places = [place for place, name in enumerate(view.panels[BARS].categories) if name.endswith("(in focus)")]
    assert places == [list(RULES).index(values["rule"])]


def test_account_table_is_the_account_under_every_rule(setting):
    values, view, account, market = setting
    for row, (key, rule) in zip(view.panels[ACCOUNT].rows, RULES.items(), strict=True):
        report = rule.margin(account, market)
        room = report.equity - report.maintenance
        assert row[1] == looks_at(rule)
        assert number(row[2]) == pytest.approx(report.excess, rel=5e-3, abs=0.51), key
        assert (row[3] == "closed out") == (room < 0.0), key
        assert row[3] == "closed out" or number(row[3]) == pytest.approx(room, rel=5e-3, abs=0.51), key


@pytest.mark.parametrize("change", [{}, {"book": BOOKS["conversion"], "spot": -20}, {"book": CSV, "vol": 50}], ids=str)
@pytest.mark.parametrize("key", ["isolated", "cross", "delta", "shortfall", "tims", "span", "paradex", "derive-srm"])
def test_liquidation_is_where_a_close_search_finds_it(change, key):
    values = START | {"rule": key} | change
    legs = values["book"]
    book = Book.from_csv(legs) if isinstance(legs, str) else Book.from_list(legs)
    account = Account.opened(book, MARKET, values["cash"])
    market = MARKET.moved(values["spot"] / 100, vol_shift=values["vol"] / 100)
    said = margin_lab_view(**values).finding.replace("\u202f", "")
    found = liquidation_moves(account, market, RULES[key])
    assert ("is liquidated here" in said) == (found == (0.0, 0.0))
    for side, move in zip(("below", "above"), found, strict=True):
        price = re.search(rf"{side} (\d[\d.]*) USD \(", said)
        there = move and (1.0 + move) * market.spot("BTC") / MARKET.spot("BTC") - 1.0
        if move == 0.0:
            assert price is None
        elif move is None or not REACH[0] < there < REACH[-1]:  # the two searches end at different prices
            assert price is None or not 0.06 < float(price[1]) / market.spot("BTC") < 4.9
        else:
            assert float(price[1]) == pytest.approx(market.spot("BTC") * (1.0 + move), rel=2e-4)


def test_parts_are_those_of_the_report(setting):
    values, view, account, market = setting
    report, table = RULES[values["rule"]].margin(account, market), view.panels[PARTS]
    assert [row[0] for row in table.rows] == [*report.parts, "together"]
    shown = [[number(cell) for cell in row[1:]] for row in table.rows[:-1]]
    assert np.array(shown) == pytest.approx(np.array(list(report.parts.values())), rel=5e-3, abs=0.51)


def test_a_rule_that_does_not_take_the_book_says_so_and_the_others_stay():
    """Here the rule is in focus, or beside it; all panels are there either way."""

    class Picky:
        name = "Picky"

        def requirement(self, book, market):
            raise InputError("book", "two legs", "give one leg")

    desk = Desk(MARKET, {"paradex": RULES["paradex"], "picky": Picky()})
    for key in desk.rules:
        view = margin_lab_view(**START | {"rule": key}, desk=desk)
        view.payload()
        assert len(view.panels[BARS].categories) == 1
        row = view.panels[ACCOUNT].rows[1]
        assert row[1].startswith("does not take this book: book 'two legs': give one leg") or "two legs" in row[1]
        assert [panel.payload()["kind"] for panel in view.panels] == [
            "lines", "matrix", "bars", "table", "table", "table", "table"
        ]  # fmt: skip
    assert view.finding.startswith("Picky does not take this book") and "does not take" in view.panels[MATRIX].title
    with pytest.raises(InputError, match="no rule takes it"):
        margin_lab_view(**START | {"rule": "picky"}, desk=Desk(MARKET, {"picky": Picky()}))


@pytest.mark.parametrize("key", RULES)
def test_every_rule_can_be_in_focus_for_every_running_book(key):
    for book in BOOKS.values():
        view = margin_lab_view(**START | {"rule": key, "book": book, "spot": 10})
        view.payload()
        assert view.finding.startswith(RULES[key].name)


def test_certainty_and_note_of_the_rule_in_focus_are_said():
    words = {"exact": "published figures", "documented": "venue's text", "partial": "Only part", "generic": "textbook"}
    for key in ("derive-pm2", "paradex", "tims", "greeks"):
        said = margin_lab_view(**START | {"rule": key}).finding
        assert words[RULES[key].certainty] in said and RULES[key].note.rstrip(".") in said


def test_matrix_is_the_scan_with_the_worst_cell_ringed(setting):
    values, view, account, market = setting
    report, panel = RULES[values["rule"]].margin(account, market), view.panels[MATRIX]
    cells = [cell for row in panel.values for cell in row if cell is not None]
    if report.scan is None:
        assert panel.ring is None and "looks at no scenario" in panel.title
        plain = pnl_cube(account.book, market, grid(np.linspace(-0.2, 0.2, 9), [0.25, 0.0, -0.25])).total()
        assert sorted(cells) == pytest.approx(sorted(plain), rel=1e-3, abs=1e-4 * np.abs(plain).max())
    else:
        assert sorted(cells) == pytest.approx(sorted(-report.scan["loss"]), abs=1e-4 * report.scan["loss"].abs().max())
        assert panel.values[panel.ring[0]][panel.ring[1]] == min(cells)


def test_profit_and_loss_is_equity_less_the_deposit(setting):
    values, view, account, market = setting
    panel = view.panels[LINES]
    for place in (0, 37, 100):
        move = panel.x[place] / MARKET.spot("BTC") - 1.0
        there = account.equity(MARKET.moved(move, vol_shift=values["vol"] / 100)) - values["cash"]
        assert panel.series[0].y[place] == pytest.approx(there, abs=2e-4 * np.abs(panel.series[0].y).max())
    if len(panel.series) == 2:
        days = min(MARKET.tau(p.instrument.expiry) for p in account.book if hasattr(p.instrument, "strike")) * 365
        there = account.equity_along(MARKET, [move], vol_shift=values["vol"] / 100, days=days)[0] - values["cash"]
        assert panel.series[1].y[place] == pytest.approx(there, abs=2e-4 * np.abs(panel.series[1].y).max())


def test_dots_are_the_scenarios_within_the_chart(setting):
    values, view, account, market = setting
    report, panel = RULES[values["rule"]].margin(account, market), view.panels[LINES]
    if report.scan is None:
        assert panel.markers == []
        return
    prices = market.spot("BTC") * (1.0 + report.scan["move"])
    inside = (prices >= panel.x[0]) & (prices <= panel.x[-1])
    expected = account.equity(market) - values["cash"] + report.scan["pnl"][inside]
    assert [dot.x for dot in panel.markers] == pytest.approx(list(prices[inside]), abs=0.51)
    assert [dot.y for dot in panel.markers] == pytest.approx(list(expected), rel=1e-3, abs=1e-3 * expected.abs().max())


def test_legs_add_up_to_the_requirement(setting):
    values, view, account, market = setting
    report, table = RULES[values["rule"]].margin(account, market), view.panels[LEGS]
    adds = [number(cell) for cell in column(table, "adds")]
    assert adds == pytest.approx([*report.contributions, report.initial], rel=5e-3, abs=0.51)
    frees = [number(cell) for cell in column(table, "closing frees")[:-1]]
    assert frees == pytest.approx(list(report.marginal), rel=5e-3, abs=0.51)


def test_greeks_are_the_exposure_in_trader_units(setting):
    values, view, account, market = setting
    table, shown = exposure(account.book, market), view.panels[GREEKS].rows
    spot = market.spot("BTC")
    for name, scale, place in [("delta", 1.0, 1), ("gamma", spot / 100, 2), ("vega", 0.01, 3), ("theta", 1 / 365, 4)]:
        expected = [*(table[name] * scale), table[name].sum() * scale]
        assert [number(row[place]) for row in shown] == pytest.approx(expected, abs=0.051 if place > 2 else 6e-4)


def test_the_finding_names_amounts_scenario_and_ends():
    """The amounts are those of the tests above; the words are the point here."""
    said = margin_lab_view(**START).finding.replace("\u202f", "")
    amounts = ["asks 8685 USD to open", "4343 to keep", "11315 to spare", "costs 1085 USD more", "below 36682 USD"]
    reasons = ["+16 %, vol up binds", "BTC-26NOV21-70000-C causes most of it", "above 92426 USD"]
    for words in amounts + reasons:
        assert words in said
    said = margin_lab_view(**START | {"rule": "isolated", "spot": 40}).finding
    assert "less than must be kept" in said
    said = margin_lab_view(**START | {"book": BOOKS["conversion"]}).finding
    assert "minimum delta charge" in said and "no price from" in said
    said = margin_lab_view(**START | {"book": BOOKS["call spread"], "rule": "cross"}).finding
    assert "option spreads \u2212" in said
    said = margin_lab_view(**START | {"rule": "derive-pm2"}).finding
    assert "added to its loss: short-option contingency 666" in said


@pytest.mark.parametrize(
    "change", [{"book": BOOKS["conversion"]}, {"rule": "span"}, {"spot": 5}, {"vol": 10}, {"cash": 30_000}], ids=str
)
def test_every_control_changes_what_is_said_and_shown(change):
    before, after = (margin_lab_view(**START | part).payload() for part in ({}, change))
    assert before["finding"] != after["finding"]
    assert before["panels"] != after["panels"]


@pytest.mark.parametrize(
    "text, says",
    [
        ("instrument,quantity\nBTC-PERP,many\n", "line 2, column quantity"),
        ("instrument,amount\nBTC-PERP,1\n", "column quantity is missing"),
        ("instrument,quantity\nBTC-26NOV21-60000-X,1\n", "BTC-26NOV21-60000-X"),
        ("instrument,quantity\nETH-PERP,1\n", "ETH"),
        ("instrument,quantity\nBTC-1JAN21-60000-C,1\n", "BTC"),
        ("instrument,quantity\n", "empty"),
        ("nonsense", "missing"),
    ],
)
def test_a_bad_csv_is_answered_with_what_is_wrong(text, says):
    lab = margin_lab_explorer()
    before = lab.view
    lab.asked = {"seq": 7, "values": {**START, "book": {"csv": text}}}
    assert says in lab.answer["error"] and lab.answer["seq"] == 7
    assert lab.view is before  # the last chart stays


def test_no_legs_and_unknown_instruments_are_messages_as_well():
    with pytest.raises(InputError, match="at least one position"):
        margin_lab_view(**START | {"book": []})
    with pytest.raises(InputError, match="2099-12-30"):
        margin_lab_view(**START | {"book": [("BTC-30DEC99-1-C", 1.0)]})
    with pytest.raises(InputError, match="BTC-HAMSTER"):
        margin_lab_view(**START | {"book": [("BTC-HAMSTER", 1.0)]})


def test_the_readers_own_market_and_rules():
    """Reference table of the running books: the short straddle of the toy world needs 15.5613 under 24 scenarios."""
    lab = margin_lab_explorer(Market.toy(), {"early": RULES["paradex-2026-02"]}, most_cash=100)
    assert lab.view.panels[BARS].categories == [f"{RULES['paradex-2026-02'].name} (in focus)"]
    assert sum(series.y[0] for series in lab.view.panels[BARS].series) == pytest.approx(15.5613, abs=1e-3)


def test_two_underlyings_are_scanned_one_by_one_and_the_larger_is_shown():
    """Definition: a set with one move for all nets nothing across coins, so the requirements add up."""
    market = replace(MARKET, spots={"BTC": 60_000.0, "ETH": 4_000.0})
    lab = margin_lab_explorer(market, {"paradex": RULES["paradex"]})
    view = lab.evaluate(book={"legs": [["BTC-PERP", 1], ["ETH-PERP", -2]]})
    assert sum(series.y[0] for series in view.panels[BARS].series) == pytest.approx(0.16 * (60_000 + 8_000))
    assert "for BTC" in view.panels[MATRIX].title
    assert [row[0] for row in view.panels[GREEKS].rows[2:]] == ["together, BTC", "together, ETH"]


def test_the_published_page_carries_named_books_rules_and_two_shifts(monkeypatch):
    monkeypatch.setenv("GREEKSLAB_PAGE", "1")
    lab = margin_lab_explorer()
    assert 0 < len(lab.grid) <= PAGE_BYTES
    on_page = {control["name"]: control["page"] for control in lab.controls}
    assert [value["book"] for value in on_page["book"]] == ON_PAGE
    assert on_page["rule"] == IN_FOCUS_ON_PAGE and set(IN_FOCUS_ON_PAGE) < set(RULES)
    assert len(on_page["spot"]) >= 5 and len(on_page["vol"]) >= 3
    assert on_page["cash"] is None  # fixed there


def test_named_books_are_the_running_books_to_four_decimals():
    for name, book in named_books(MARKET).items():
        assert [leg for leg, _ in BOOKS[name]] == book.names
        assert [q for _, q in BOOKS[name]] == pytest.approx(list(book.quantities), abs=5e-5)


# --- the notebook: every number of its experiments, from the engine and word for word in its text --------------


@pytest.fixture(scope="module")
def prose():
    cells = json.loads(NOTEBOOK.read_text())["cells"]
    return " ".join(
        " ".join(c["source"] if isinstance(c["source"], str) else "".join(c["source"]) for c in cells).split()
    )


def asked(legs, vol=0.0):
    market = MARKET.moved(vol_shift=vol)
    return {key: round(rule.requirement(Book.from_list(legs), market)[0]) for key, rule in RULES.items()}


def said(value):
    return f"{value:,}".replace(",", " ")


def test_the_shelf_of_the_notebook(prose):
    before = asked(STRADDLE)
    assert (before["delta"], before["derive-pm1"]) == (367, 19440)
    assert "367 dollars" in prose and "19 440" in prose


def test_experiment_one_a_hedge_costs_more_under_isolated_margin(prose):
    alone, hedged = asked(BOOKS["short call"]), asked([*BOOKS["short call"], ("BTC-PERP", 0.5)])
    assert (alone["isolated"], hedged["isolated"], hedged["cross"]) == (6657, 9985, 9985)
    assert (alone["paradex"], hedged["paradex"]) == (9770, 4445)
    assert (alone["tims"], hedged["tims"], hedged["delta"]) == (6214, 1221, 364)
    dearer = {key for key in RULES if hedged[key] > alone[key]}
    assert {"isolated", "cross", "derive-srm", "deribit-standard"} <= dearer
    for value in (6657, 9985, 9770, 4445, 6214, 1221, 364):
        assert said(value) in prose


def test_experiment_two_calm_markets_raise_the_margin(prose):
    before, after = asked(STRADDLE), asked(STRADDLE, vol=-0.25)
    assert (before["tims"], after["tims"]) == (2251, 3126)
    assert (before["paradex"], after["paradex"]) == (8685, 7803)
    assert (before["paradex-2026-02"], after["paradex-2026-02"]) == (10279, 10404)
    calmer = MARKET.moved(vol_shift=-0.25)
    assert Account.opened(Book.from_list(STRADDLE), MARKET, 0.0).equity(calmer) > 0.0
    for value in (2251, 3126, 8685, 7803, 10279, 10404):
        assert said(value) in prose


def test_experiment_three_the_dearest_rule_is_not_the_last_to_liquidate(prose):
    account, spot = Account.opened(Book.from_list(STRADDLE), MARKET, 20_000.0), MARKET.spot("BTC")
    named = ("derive-pm1", "derive-pm2", "isolated", "tims", "paradex", "delta")
    ends = {key: spot * (1.0 + liquidation_moves(account, MARKET, RULES[key])[1]) for key in named}
    found = {key: round(end) for key, end in ends.items()}
    assert found == {
        "derive-pm1": 73452, "derive-pm2": 85326, "isolated": 85685, "tims": 88701, "paradex": 92426, "delta": 94799,
    }  # fmt: skip
    for value in found.values():
        assert said(value) in prose
    shown = column(margin_lab_view(**START | {"spot": 30}).panels[ACCOUNT], "until liquidation")
    closed = {key for key, cell in zip(RULES, shown, strict=True) if cell == "closed out"}
    assert {"derive-srm", "derive-pm1", "derive-pm2", "isolated", "cross"} <= closed
    assert not {"tims", "paradex", "delta"} & closed


def test_the_csv_of_the_notebook(prose):
    """By hand: 0.5 (66 569.80 - 62 000) = 2 285; the rest of 16 494 - 15 000 is the call's, sold at 3 100."""
    assert " ".join(CSV.split()) in prose
    account = Account.opened(Book.from_csv(CSV), MARKET, 15_000.0)
    call = Account(Book.from_list([("BTC-26NOV21-80000-C", 1.0)])).equity(MARKET)
    assert round(account.equity(MARKET)) == 16494
    assert (round(0.5 * (MARKET.spot("BTC") - 62_000)), round(call - 3_100)) == (2285, 791)
    for words in ("16 494", "2 285", "791", "66 570"):
        assert words in prose
