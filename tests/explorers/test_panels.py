import json
import re

import numpy as np
import pytest

from greekslab.errors import InputError
from greekslab.explorers import Bars, Lines, Marker, Matrix, Series, Table, View
from greekslab.explorers.explorer import Explorer
from greekslab.figures.style import COLOURS, DASHES


def lines(**changes):
    given = dict(title="P&L", x=[0, 1, 2], series=[Series("now", [1.0, None, 3.0])], x_label="x", y_label="y")
    return Lines(**{**given, **changes})


def test_numbers_have_six_significant_digits_and_none_is_a_gap():
    panel = lines(series=[Series("now", np.array([1234567.8, -0.0123456789, 3.0]))]).payload()
    assert panel["series"][0]["y"] == [1234570, -0.0123457, 3]
    assert lines().payload()["series"][0]["y"] == [1, None, 3]


def test_rounding_noise_of_sums_is_zero():
    # 0.1 + 0.2 - 0.3 = 5.6e-17 beside 5000
    panel = lines(series=[Series("now", [5000.0, 0.1 + 0.2 - 0.3, 1e-3])]).payload()
    assert panel["series"][0]["y"] == [5000, 0, 0.001]


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
@pytest.mark.parametrize(
    ("build", "place"),
    [
        (lambda bad: lines(series=[Series("late", [1, bad, 2])]), "panel 'P&L', series 'late'"),
        (lambda bad: lines(x=[0, bad, 2]), "panel 'P&L', x"),
        (lambda bad: lines(markers=[Marker(1, bad, "worst")]), "panel 'P&L', marker 'worst'"),
        (lambda bad: lines(vlines=[(bad, "spot")]), "panel 'P&L', vertical line 'spot'"),
        (lambda bad: Bars("Need", ["a"], [Series("scan", [bad])]), "panel 'Need', series 'scan'"),
        (lambda bad: Matrix("Scan", ["up"], ["a", "b"], [[1, bad]]), "panel 'Scan', row 'up'"),
    ],
)
def test_nan_and_infinity_are_refused_by_panel_and_series(bad, build, place):
    with pytest.raises(InputError, match=re.escape(place)):
        View("", [build(bad)]).payload()


@pytest.mark.parametrize(
    "panel",
    [
        lines(series=[Series("short", [1, 2])]),
        lines(x=[0, 2, 1]),
        lines(x=[0], series=[Series("one", [1])]),
        lines(series=[Series("now", [1, 2, 3], dash="wavy")]),
        lines(series=[Series("now", [1, 2, 3], colour="pink")]),
        Bars("Need", ["a", "b"], [Series("scan", [1])]),
        Matrix("Scan", ["up"], ["a", "b"], [[1]]),
        Matrix("Scan", ["up", "down"], ["a"], [[1]]),
        Matrix("Scan", ["up"], ["a"], [[1]], ring=(1, 0)),
        Matrix("Scan", ["up"], ["a", "b"], [[1, 2]], words=[["x"]]),
        Table("T", ["a", "b"], [["1"]]),
    ],
)
def test_shapes_that_do_not_match_are_refused(panel):
    with pytest.raises(InputError):
        panel.payload()


def test_payload_is_json_also_from_numpy():
    view = View("ok", [
        lines(x=np.arange(3), series=[Series("now", np.arange(3, dtype=np.float32), "--", "green")],
              markers=[Marker(np.float64(1), np.int64(2), "m")]),
        Bars("Need", ("a",), [Series("scan", np.array([1]))]),
        Matrix("Scan", ["up"], ["a"], np.array([[1.5]]), ring=(np.int64(0), np.int64(0))),
    ])  # fmt: skip
    panels = json.loads(json.dumps(view.payload(), allow_nan=False))["panels"]
    assert panels[0]["series"][0] == {"name": "now", "y": [0, 1, 2], "dash": "dashed", "colour": 2}
    assert panels[2]["ring"] == [0, 0]


def test_browser_draws_the_colours_and_dashes_of_the_package():
    style, script = Explorer._css, Explorer._esm
    style, script = str(style), str(script)
    light = dict(re.findall(r"--gl-c(\d): (#\w+);", style.split("{", 1)[1].split("}", 1)[0]))
    assert [light[str(i)] for i in range(6)] == list(COLOURS.values())
    named = re.search(r"const DASHES = \{(.*?)\};", script)[1]
    assert re.findall(r"(\w+): \"", named) == list(DASHES)
