import itertools
import json

import numpy as np
import pytest
from explorer_sample import BOOKS, sample, sample_controls, sample_view

from greekslab.errors import InputError
from greekslab.explorers import Explorer, Lines, Series, Slider, View
from greekslab.explorers.explorer import PAGE_BYTES
from greekslab.explorers.grid import pack, unpack


@pytest.fixture
def on_page(monkeypatch):
    monkeypatch.setenv("GREEKSLAB_PAGE", "1")


def ask(explorer, seq, **values):
    """Send what the browser sends."""
    explorer.asked = {"seq": seq, "values": {**explorer.answer["values"], **values}}
    return explorer.answer


def test_evaluate_changes_nothing():
    explorer = sample()
    before = explorer.answer
    assert explorer.evaluate(rate=50).finding == "1 contracts need 50 USD under cross."
    assert explorer.answer == before
    assert explorer.values["rate"] == 20


def test_set_moves_controls_and_screen():
    explorer = sample()
    view = explorer.set(rate=30, book="two short")
    assert view is explorer.view
    assert explorer.values["book"] == BOOKS["two short"]
    assert explorer.answer["seq"] == 1
    assert explorer.answer["values"]["rate"] == 30
    assert explorer.answer["view"]["finding"] == "-2 contracts need 60 USD under cross."


def test_answer_carries_the_number_of_its_request():
    answer = ask(sample(), 7, rate=10)
    assert answer["seq"] == 7
    assert answer["view"]["finding"] == "1 contracts need 10 USD under cross."


def test_unknown_control_is_named():
    with pytest.raises(InputError, match="speed"):
        sample().evaluate(speed=1)
    with pytest.raises(InputError, match="give each its own name"):
        Explorer(sample_view, [*sample_controls(), *sample_controls()], title="twice")


def test_input_error_is_shown_and_the_next_request_recovers():
    explorer = sample()
    answer = ask(explorer, 1, book={"legs": [["TOY-FUT", 1]]})
    assert answer["error"] == "instrument is TOY-FUT: the sample knows TOY-PERP only"
    assert "view" not in answer
    answer = ask(explorer, 2, book={"csv": "instrument,quantity\nTOY-PERP,3"})
    assert answer["view"]["finding"].startswith("3 ")
    assert ask(explorer, 3, rate=10_000)["error"].startswith("slider rate is 10000")


def test_fault_of_the_function_reaches_the_kernel():
    explorer = sample()
    with pytest.raises(ZeroDivisionError, match="thirteen"):
        ask(explorer, 1, rate=13)
    assert explorer.answer["error"].startswith("The calculation failed (ZeroDivisionError)")
    assert explorer.values["rate"] == 20


def test_set_with_a_bad_value_raises_and_leaves_the_screen():
    explorer = sample()
    before = explorer.answer
    with pytest.raises(InputError):
        explorer.set(rate=99)
    assert explorer.answer == before


def test_nan_does_not_reach_the_screen():
    def view(s):
        return View("", [Lines("Loss", [0, 1], [Series("now", [0, np.log(s) if s > 0 else np.nan])])])

    explorer = Explorer(view, [Slider("s", "S", 1, 0, 2, 1)], title="NaN")
    assert "panel 'Loss', series 'now'" in ask(explorer, 1, s=0)["error"]
    with pytest.raises(InputError, match="series 'now'"):
        explorer.evaluate(s=0)


def test_page_holds_the_views_of_all_its_settings(on_page):
    explorer = sample()
    axes = [["one long", "two short"], [5, 10, 20, 50], ["cross", "scan"], [False, True]]
    views = unpack(explorer.grid)
    points = list(itertools.product(*axes))
    assert len(views) == len(points) == 32
    for view, (book, rate, rule, addon) in zip(views, points, strict=True):
        assert view == explorer.evaluate(book=book, rate=rate, rule=rule, addon=addon).payload()


def test_page_with_nothing_to_move_still_has_its_view(on_page):
    fixed = Explorer(lambda s: View(f"{s}", []), [Slider("s", "S", 1, 0, 2, 1)], title="fixed")
    assert unpack(fixed.grid) == [{"finding": "1", "panels": []}]


def test_without_the_variable_there_is_no_grid(monkeypatch):
    monkeypatch.delenv("GREEKSLAB_PAGE", raising=False)
    assert sample().grid == b""


def surface(a, b, points=101):
    """Two smooth lines: as many digits as real P&L has."""
    x = np.linspace(-30, 30, points)
    now = 1000 * np.sin(x / 11 + a) * np.exp(-b * np.abs(x) / 40) + 37.7 * x
    return View(f"{a:.3f} {b:.3f}", [Lines("P&L", x, [Series("now", now), Series("later", now**2 / 977)])])


def test_page_of_two_sliders_and_two_lines_is_small(on_page):
    """The budget is 300 kB for 16 x 14 settings of 2 lines with 101 points."""
    controls = [
        Slider("a", "A", 0.0, 0, 15, 1, page=list(range(16))),
        Slider("b", "B", 0.0, 0, 13, 1, page=list(range(14))),
    ]
    explorer = Explorer(surface, controls, title="size")
    assert len(explorer.grid) < 200_000
    assert unpack(explorer.grid)[14 * 3 + 5] == surface(3, 5).payload()


def test_page_over_the_budget_is_refused(on_page):
    controls = [
        Slider("a", "A", 0, 0, 50, 1, page=list(range(51))),
        Slider("b", "B", 0, 0, 50, 1, page=list(range(30))),
    ]
    with pytest.raises(InputError, match=f"keep to {PAGE_BYTES}"):
        Explorer(surface, controls, title="size")


def test_page_needs_the_same_panels_everywhere(on_page):
    def view(s):
        panel = Lines("P&L", [0, 1], [Series("now", [0, 1])])
        return View("", [panel] * (1 + s))

    with pytest.raises(InputError, match="same kinds of panels"):
        Explorer(view, [Slider("s", "S", 0, 0, 1, 1, page=[0, 1])], title="x")


def test_packing_survives_changing_shapes():
    views = [
        {"finding": "a", "panels": [{"kind": "table", "rows": [["x", "1"]], "ring": [0, 0]}]},
        {"finding": "b", "panels": [{"kind": "table", "rows": [["x", "1"], ["y", "2"]]}]},
        {"finding": "a", "panels": [{"kind": "table", "rows": [], "ring": None}]},
    ]
    assert unpack(pack({"n": 3}, views)) == views


def test_same_views_give_the_same_bytes(on_page):
    assert sample().grid == sample().grid


def test_state_is_json_and_short_in_words():
    explorer = sample()
    assert json.loads(json.dumps(explorer.answer))["seq"] == 0
    assert repr(explorer) == "Explorer: 1 contracts need 20 USD under cross."
