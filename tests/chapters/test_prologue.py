"""The numbers that the prologue reads aloud, each with where it comes from; and its explorer."""

import json
from pathlib import Path

import numpy as np
import pytest

from greekslab.book import Book, named_books
from greekslab.explorers.grid import unpack
from greekslab.explorers.prologue import BOOKS, RULES, STEPS, position_and_hedge, prologue_explorer, prologue_view
from greekslab.margin import (
    Account,
    capital,
    hedged_book,
    hedged_pnl,
    hedged_requirements,
    liquidation_moves,
    redeployed_size,
    rules,
)
from greekslab.market import Market, closes, crash_facts, window_returns
from greekslab.risk import lognormal_ruin, ruin_probability

NOTEBOOK = Path(__file__).resolve().parents[2] / "notebooks" / "01_prologue.ipynb"
PARTS = [
    "Goals", "By hand", "Notation", "The formula", "In code", "Predict", "Explore", "Break it", "Check",
    "In the wild", "Exercises", "Limits", "Summary", "Sources",
]  # fmt: skip
TOY = Market.toy()
SCAN, PM2, FIXED = (rules()[name] for name in ("paradex", "derive-pm2", "isolated"))


@pytest.fixture(scope="module")
def day():
    return window_returns(closes("BTC", every="30min")["BTC"].dropna())


def test_the_account_by_hand():
    # 20 of cash, one coin from 100; at 88: equity 8, initial 8.80, maintenance 5.72; liquidated at 80 / 0.935
    account = Account(Book.from_list([("TOY-PERP", 1, 100.0)]), cash=20.0)
    report = FIXED.margin(account, TOY.moved(-0.12))
    assert (report.equity, report.initial, report.maintenance) == pytest.approx((8.0, 8.8, 5.72))
    down, up = liquidation_moves(account, TOY, FIXED)
    assert 100 * (1 + down) == pytest.approx(80 / 0.935, abs=1e-3) and up is None


def test_exercise_1_short_straddle():
    # stand-alone margins of the reference table, 15.7807 and 14.1951
    found = capital(named_books(TOY)["short straddle"], TOY, SCAN)
    assert (found.gross, found.net) == pytest.approx((29.98, 15.56), abs=0.005)
    assert round(found.efficiency, 2) == 0.48


def test_exercise_2_unhedged_perpetual():
    # Derive's published parameters: 18 % scan and 4 % contingency against a fixed rate of 10 %
    assert capital(Book.from_list([("TOY-PERP", 1)]), TOY, PM2, alone=FIXED).efficiency == pytest.approx(-1.2)


def test_exercise_3_conversion():
    # scan 0; 4 % and 3 % of one perpetual. A short call covered at its own strike costs Derive nothing.
    report = PM2.margin(named_books(TOY)["conversion"], TOY)
    assert (report.initial, report.maintenance) == pytest.approx((4.0, 3.0))
    assert report.parts["worst scenario"] == pytest.approx((0.0, 0.0))


def test_exercise_4_where_portfolio_margin_begins_to_pay():
    # 16 (1 - h) = 10 (1 + h) and 18 (1 - h) + 4 (1 + h) = 10 (1 + h)
    perp, future = position_and_hedge("perp")
    for rule, ratio in ((SCAN, 6 / 26), (PM2, 0.5)):
        assert capital(hedged_book(perp, future, ratio), TOY, rule, alone=FIXED).saved == pytest.approx(0.0, abs=1e-9)


def test_chance_of_ruin_is_a_count_of_falls(day):
    # second route: counting the falls themselves, without a book
    assert len(day) == 34_948
    for margin, windows in ((10, 833), (16, 110), (22, 21)):
        assert (day < -margin / 100).sum() == windows
        alone = hedged_pnl(*position_and_hedge("perp"), TOY, day, [0.0])[0]
        assert ruin_probability(alone, margin) == pytest.approx(windows / len(day))


def test_redeploying_brings_ruin_back_to_where_it_was(day):
    # identity: equity = 0.16 x exposure at every hedge ratio, so ruin is a fall of more than 16 %
    for ratio in (0.0, 0.25, 0.5, 0.9):
        pnl = hedged_pnl(*position_and_hedge("perp"), TOY, day, [ratio])[0]
        size = redeployed_size(16.0, 16.0 * (1.0 - ratio))
        assert ruin_probability(size * pnl, 16.0) == pytest.approx(110 / len(day))


def test_redeploying_the_hedged_straddle_adds_ruin(day):
    straddle, wings = position_and_hedge("straddle")
    needs = hedged_requirements(straddle, wings, TOY, SCAN, [0.0, 1.0])["net"].to_numpy()
    pnl = hedged_pnl(straddle, wings, TOY, day, [0.0, 1.0])
    size = redeployed_size(needs[0], needs[1])
    assert size == pytest.approx(6.83, abs=0.005)
    assert ruin_probability(pnl[0], needs[0]) == 0.0
    assert ruin_probability(size * pnl[1], needs[0]) == pytest.approx(0.0026, abs=5e-5)
    # why: what binds moves from the far tail to the edge of the scan
    assert SCAN.margin(straddle, TOY).binding.startswith("+500 %")
    assert SCAN.margin(straddle + wings, TOY).binding == "-16 %, vol up"


def test_the_record_has_fatter_tails_than_a_lognormal_price(day):
    logs = np.log1p(day)
    formula = lognormal_ruin(fall=[0.10, 0.16], vol=logs.std() * 365**0.5, drift=logs.mean() * 365)
    ratios = np.array([833, 110]) / len(day) / formula
    assert ratios == pytest.approx([2.3, 48], rel=0.03)


def test_crash_days_that_no_requirement_survived():
    falls = -crash_facts().xs("BTC", level="asset")["previous_close_to_low"]
    assert sorted(falls.index[falls > 0.22]) == ["china-ban", "covid"]


# --- the explorer ----------------------------------------------------------------------------------------------


def test_the_default_shows_the_surprise():
    view = prologue_explorer().view
    assert "asks for 8.00. The 8.00 set free" in view.finding
    assert view.finding.endswith("2.00 times the book, and the chance is 0.31 %: back where it was.")
    assert list(view.panels[0].series[0].y) == pytest.approx([15.0, 24.0, 8.0, 16.0])


@pytest.mark.parametrize("rule", RULES)
@pytest.mark.parametrize("book", BOOKS)
def test_panels_agree_with_the_engine(rule, book, day):
    view = prologue_view(hedge=75, redeployed=50, rule=rule, book=book)
    position, hedge = position_and_hedge(book)
    held = hedged_book(position, hedge, 0.75)
    found = capital(held, TOY, rules()[rule])
    start = rules()[rule].requirement(position, TOY)[0]
    size = redeployed_size(max(start, found.net), found.net, 0.5)
    assert list(view.panels[0].series[0].y)[1:] == pytest.approx([found.gross, found.net, found.net * size])
    pnl = hedged_pnl(position, hedge, TOY, day, [0.75])[0]
    expected = 100 * ruin_probability(size * pnl, max(start, found.net))
    assert view.panels[1].series[1].y[STEPS.index(75)] == pytest.approx(expected)


@pytest.mark.parametrize("rule", RULES)
def test_the_finding_says_what_happens_at_both_ends(rule):
    assert "move the first slider" in prologue_view(hedge=0, redeployed=100, rule=rule, book="perp").finding
    full = prologue_view(hedge=100, redeployed=100, rule=rule, book="perp").finding
    assert ("must be added" in full) == (rule == "isolated")
    assert full.endswith("0 %.")


def test_straddle_is_said_to_be_riskier():
    finding = prologue_view(hedge=100, redeployed=100, rule="paradex", book="straddle").finding
    assert finding.endswith("0.26 %: more than without the hedge.")


def test_the_grid_of_the_page_is_small(monkeypatch):
    monkeypatch.setenv("GREEKSLAB_PAGE", "1")
    grid = prologue_explorer().grid
    assert len(grid) < 300_000
    assert len(unpack(grid)) == 11 * 5 * len(RULES) * len(BOOKS)


# --- the notebook ----------------------------------------------------------------------------------------------


def cells(kind):
    return [c for c in json.loads(NOTEBOOK.read_text(encoding="utf-8"))["cells"] if c["cell_type"] == kind]


def test_parts_in_the_order_of_the_contract():
    text = "\n".join("".join(c["source"]) for c in cells("markdown"))
    assert [line[3:] for line in text.splitlines() if line.startswith("## ")] == PARTS
    assert sum(line.startswith("# ") for line in text.splitlines()) == 1
    assert text.count("<details>") == text.count("</details>") == 5


def test_cells_are_short_and_without_outputs():
    lengths = [len("".join(c["source"]).splitlines()) for c in cells("code")]
    assert np.median(lengths) <= 2 and np.mean(np.array(lengths) <= 8) >= 0.9 and max(lengths) <= 15
    assert not any(c["outputs"] for c in cells("code"))


def test_every_figure_says_its_finding_in_its_alt_text():
    figures = [c["metadata"]["mystnb"] for c in cells("code") if "".join(c["source"]).startswith("plot_")]
    assert len(figures) == 2
    for figure in figures:
        assert figure["figure"]["name"].startswith("fig-prologue-") and figure["figure"]["caption"]
        assert sum(ch.isdigit() for ch in figure["image"]["alt"]) > 5
