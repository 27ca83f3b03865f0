"""Live pages without a Pyodide of their own: they fetch it from its public address, at the same version.

Here the test stands in for that address, with the official files.
"""

import json
import os
import subprocess
import sys
import threading
from pathlib import Path

import drive
import pytest
from serve import site_server

ROOT = Path(__file__).resolve().parents[2]
MANIFEST = json.loads((ROOT / "book" / "lite" / "pyodide-0.27.7.json").read_text())
NOTEBOOK = "01_prologue"


@pytest.fixture
def served_without(tmp_path):
    """Build and serve live pages as they are without GREEKSLAB_PYODIDE."""
    env = {key: value for key, value in os.environ.items() if key != "GREEKSLAB_PYODIDE"}
    where = [f"--site={tmp_path / 'lite'}", f"--parts={tmp_path / 'parts'}"]
    command = [sys.executable, str(ROOT / "book" / "lite" / "build.py"), *where]
    subprocess.run(command, env=env, check=True, timeout=120, capture_output=True)
    server = site_server(tmp_path, port=0)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://localhost:{server.server_address[1]}"
    server.shutdown()


@pytest.mark.skipif("GREEKSLAB_PYODIDE" not in os.environ, reason="GREEKSLAB_PYODIDE names no folder")
@pytest.mark.timeout(300)
def test_live_from_the_public_address(page, served_without, watch):
    """The notebook runs, and the pages asked the public address for official files only."""
    folder, asked = Path(os.environ["GREEKSLAB_PYODIDE"]), set()

    def stand_in(route):
        name = route.request.url.removeprefix(MANIFEST["address"])
        asked.add(name)
        route.fulfill(path=folder / name, headers={"Access-Control-Allow-Origin": "*"})

    page.context.route(f"{MANIFEST['address']}**", stand_in)
    page.goto(f"{served_without}/lite/notebooks/index.html?path={NOTEBOOK}.ipynb")
    drive.run_all(page, seconds=240)
    expected = drive.chapter_explorers(NOTEBOOK)
    found = drive.notebook_explorers(page)
    assert set(found) == set(expected)
    for title, place in found.items():
        drive.expect_shown(drive.scroll_to(page, place), expected[title].evaluate())
    official = set(MANIFEST["core"]) | {entry["file_name"] for entry in MANIFEST["packages"].values()}
    assert {"pyodide.js", "pyodide.asm.wasm"} <= asked <= official
