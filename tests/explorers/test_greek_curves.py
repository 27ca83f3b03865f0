"""The explorer of the Greeks shows what the package computes, in the units that it names."""

import re
import time

import numpy as np
import pytest

from greekslab.explorers import greek_curves, greeks_explorer, greeks_view
from greekslab.explorers.explorer import PAGE_BYTES
from greekslab.pricing import coin_greeks, greeks

START = {"greek": "vanna", "kind": "call", "settlement": "linear", "vol": 60, "days": 30, "step": "0.01"}


@pytest.mark.parametrize("settlement, bundle", [("linear", greeks), ("coin", coin_greeks)])
@pytest.mark.parametrize("greek, size", [("delta", 1), ("vega", 100), ("theta", 365), ("volga", 1e4), ("color", 365)])
def test_lines_are_the_greek_in_the_units_shown(greek, size, settlement, bundle):
    view = greeks_view(**START | {"greek": greek, "settlement": settlement, "kind": "put"})
    along, both = view.panels
    for days, line in zip((7.5, 30, 120), along.series, strict=True):
        exact = bundle(forward=np.array(along.x), strike=100.0, vol=0.6, tau=days / 365, kind="put", order=3)
        want = getattr(exact, greek) / size
        np.testing.assert_allclose(line.y, want, atol=1e-4 * np.abs(want).max())
    assert np.array_equal(both.series[0].y, along.series[1].y)
    np.testing.assert_allclose(both.series[1].y, both.series[0].y, atol=2e-4 * np.abs(both.series[0].y).max())


def test_finding_names_the_sign_change():
    """Closed form: vanna is 0 where d2 = 0, at 100 exp(v^2 / 2); of the coin price where d1 = 0."""
    v = 0.6 * np.sqrt(30 / 365)
    assert f"changes sign at {100 * np.exp(v * v / 2):.2f} " in greeks_view(**START).finding
    assert f"changes sign at {100 * np.exp(-v * v / 2):.2f} " in greeks_view(**START | {"settlement": "coin"}).finding
    assert "does not change sign" in greeks_view(**START | {"greek": "gamma"}).finding
    assert "changes sign at 117.59" in greeks_view(**START | {"greek": "gamma", "settlement": "coin"}).finding


def test_finding_says_what_differences_miss():
    def missed(step):
        return re.search(r"miss it by up to (.*) its", greeks_view(**START | {"greek": "speed", "step": step}).finding)[
            1
        ]

    assert missed("0.01").endswith("% of") and missed("0.00001").endswith("times")


def test_every_setting_can_be_drawn():
    for greek in greek_curves._SHOWN:
        for vol, days in ((20, 4), (150, 90)):
            for settlement in ("linear", "coin"):
                view = greeks_view(**START | {"greek": greek, "vol": vol, "days": days, "settlement": settlement})
                assert view.payload()["finding"]


def test_a_step_is_quick_and_the_page_small(monkeypatch):
    """60 ms a step here; with leave for a busy machine."""
    greeks_view(**START)
    begun = time.perf_counter()
    greeks_view(**START | {"greek": "speed", "vol": 65, "days": 31, "settlement": "coin"}).payload()
    assert time.perf_counter() - begun < 0.3
    monkeypatch.setenv("GREEKSLAB_PAGE", "1")
    assert 0 < len(greeks_explorer().grid) <= PAGE_BYTES
