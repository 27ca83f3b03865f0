"""Time to run each notebook from a fresh kernel."""

import os
import statistics
import subprocess
import time
from pathlib import Path

import nbclient
import nbformat

from benchmarks.results import Table

FOLDER = Path(__file__).resolve().parent.parent / "notebooks"


def measure(rounds: int = 3) -> list[Table]:
    """Run every notebook several times, kernel start included; give medians."""
    rows = {}
    for path in sorted(FOLDER.glob("*.ipynb")):
        runs = [_run(path) for _ in range(rounds)]
        rows[path.stem] = [statistics.median(column) for column in zip(*runs, strict=True)]
    middle = statistics.median(wall for wall, _ in rows.values()) if rows else float("nan")
    return [
        Table(
            "Notebooks: run all, from a fresh kernel",
            ["seconds", "CPU s"],
            rows,
            [("median notebook, seconds", middle, 8.0)],
            [f"Median of {rounds} runs each; the kernel's start is included."],
        )
    ]


def _run(path):
    notebook = nbformat.read(path, as_version=4)
    client = nbclient.NotebookClient(notebook, timeout=120, resources={"metadata": {"path": str(FOLDER)}})
    before, start = os.times(), time.perf_counter()
    client.execute(stderr=subprocess.DEVNULL)  # the kernel's own warnings
    wall, after = time.perf_counter() - start, os.times()
    spent = [
        getattr(after, name) - getattr(before, name) for name in ("user", "system", "children_user", "children_system")
    ]
    return wall, sum(spent)
