"""Time to import the package, in fresh interpreters, beside scipy.special."""

import statistics
import subprocess
import sys

from benchmarks.results import Table

STATEMENTS = (
    "import scipy.special",
    "import greekslab",
    "from greekslab.pricing import price",
    "from greekslab.book import Book",
    "from greekslab.margin import rules",
)
PROGRAM = "import time; start = time.process_time(); {0}; print(time.process_time() - start)"


def measure(rounds: int = 11) -> list[Table]:
    """Compare CPU times of import statements, in turn; the median of several fresh interpreters."""
    seconds = {statement: [] for statement in STATEMENTS}
    for _ in range(rounds):
        for statement, found in seconds.items():
            run = subprocess.run(
                [sys.executable, "-c", PROGRAM.format(statement)], capture_output=True, text=True, check=True
            )
            found.append(float(run.stdout))
    medians = {statement: statistics.median(found[1:]) for statement, found in seconds.items()}
    base = medians["import scipy.special"]
    rows = {statement: [s * 1e3, s / base] for statement, s in medians.items()}
    aims = [(f"{statement}, beside scipy.special", medians[statement] / base, 1.2) for statement in STATEMENTS[1:3]]
    return [
        Table("Import", ["CPU ms", "x scipy.special"], rows, aims, ["Median of ten; the first round warms the disk."])
    ]
