"""Time from a slider's event to the changed chart, in Chromium: JupyterLab, and live on the published site.

The browser is driven by the fixtures of the browser tests (tests/browser/slider_times.py). The live page is measured
where GREEKSLAB_PYODIDE names a folder of Pyodide; GREEKSLAB_SITE may name a site that is built already.
"""

import json
import os
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

from benchmarks.results import Table

ROOT = Path(__file__).resolve().parent.parent
AIMS = {"JupyterLab": 100.0, "live": 300.0}


def measure() -> list[Table]:
    """Give medians of fifteen steps of every slider of every explorer of the book, milliseconds."""
    with tempfile.TemporaryDirectory() as folder:
        found = Path(folder) / "times"
        found.touch()
        command = [sys.executable, "-m", "pytest", "tests/browser/slider_times.py", "-q", "-p", "no:cacheprovider"]
        environment = os.environ | {"GREEKSLAB_SLIDER_TIMES": str(found)}
        run = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True)
        records = [json.loads(line) for line in found.read_text(encoding="utf-8").splitlines()]
    notes = ["Median and slowest of fifteen steps, from the event to the first frame after drawing."]
    if run.returncode:
        lines = [line for line in run.stdout.splitlines() if line.startswith(("FAILED", "ERROR", "E   "))]
        notes += ["Not all could be measured:", *(lines or run.stdout.splitlines()[-5:])]
    if "GREEKSLAB_PYODIDE" not in os.environ:
        notes.append("Live pages are not measured: GREEKSLAB_PYODIDE names no folder.")
    return [_table(where, [r for r in records if r["where"] == where], notes) for where in AIMS]


def _table(where, records, notes):
    rows = {f"{r['explorer']}: {r['slider']}": [statistics.median(r["ms"]), max(r["ms"])] for r in records}
    aims = [("slowest median, ms", max(median for median, _ in rows.values()), AIMS[where])] if rows else []
    return Table(f"Slider to changed chart, {where}", ["median ms", "slowest ms"], rows, aims, notes)
