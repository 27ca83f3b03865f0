"""Third face: the same notebook on Pyodide, in the reader's own browser, opened by one click."""

import os

import drive
import pytest

pytestmark = pytest.mark.skipif(
    "GREEKSLAB_PYODIDE" not in os.environ,
    reason="live pages are not run: GREEKSLAB_PYODIDE names no folder of Pyodide 0.27.7 files",
)


@pytest.mark.timeout(420)
def test_live(page, served, watch, notebook):
    """One click from the page, run all, move a control: the chart follows, and nothing leaves the site."""
    expected = drive.chapter_explorers(notebook)
    page.goto(f"{served}/notebooks/{notebook}.html")
    page.locator("a.live-link").first.click()
    page.wait_for_url("**/lite/notebooks/**")
    drive.run_all(page, seconds=240)
    found = drive.notebook_explorers(page)
    assert set(found) == set(expected)
    for title, place in found.items():
        explorer = expected[title]
        root = drive.scroll_to(page, place)
        drive.expect_shown(root, explorer.evaluate())
        spec, value = next(move for move in drive.moves(explorer, on_page=False) if move[0]["kind"] == "slider")
        drive.move(root, spec, value)
        drive.expect_shown(root, explorer.evaluate(**{spec["name"]: value}))
