"""`make app`: the Margin Lab alone, in Voila."""

import os

import drive
import pytest
from servers import ROOT, running

NOTEBOOK = "00_margin_lab"


@pytest.fixture
def app(tmp_path):
    """Serve the Margin Lab as `make app` does; give its address."""
    here = str(ROOT / "book" / "app")
    env = os.environ | {"JUPYTER_PATH": here, "JUPYTER_CONFIG_PATH": here, "IPYTHONDIR": str(tmp_path)}
    flags = [f"notebooks/{NOTEBOOK}.ipynb"]
    with running("voila", flags, env, tmp_path / "log") as address:
        yield address


def test_app(page, app, watch):
    """The explorer works, no code is shown, and nothing is asked of another site."""
    watch.forgiven = ("WebSocket connection to",)  # Voila opens two at once and drops the first
    expected = drive.chapter_explorers(NOTEBOOK)
    page.goto(app)
    page.locator(".gl-explorer").first.wait_for(timeout=60_000)
    found = drive.roots(page)
    assert set(found) == set(expected)
    for title, root in found.items():
        spec, value = next(move for move in drive.moves(expected[title], on_page=False) if move[0]["kind"] == "slider")
        drive.move(root, spec, value)
        drive.expect_shown(root, expected[title].evaluate(**{spec["name"]: value}))
    assert page.locator(".jp-CodeCell .jp-InputArea:visible").count() == 0
