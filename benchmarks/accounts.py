"""A venue's whole night: a million accounts of twenty positions, five hundred instruments, a hundred scenarios."""

import json
import os
import subprocess
import sys
from pathlib import Path

from benchmarks.results import Table

ACCOUNTS, HELD, INSTRUMENTS, SCENARIOS = 1_000_000, 20, 500, 100
DENSE = 60_000  # accounts of the dense product; as many as are quick to spell out
THREADS = 2


def measure() -> list[Table]:
    """Time both in processes of their own with the same threads; memory is the process's highest."""
    found = {name: _run(name) for name in ("greekslab", "dense")}
    ours, dense = found["greekslab"], found["dense"]
    rows = {
        "greekslab, margin_accounts": [ACCOUNTS, ours["seconds"], 1e6 * ours["seconds"] / ACCOUNTS, ours["megabytes"]],
        "dense BLAS blocks, worst and index": [
            DENSE, dense["seconds"], 1e6 * dense["seconds"] / DENSE, dense["megabytes"],
        ],
    }  # fmt: skip
    per_account = (ours["seconds"] / ACCOUNTS) / (dense["seconds"] / DENSE)
    return [
        Table(
            f"Accounts: {ACCOUNTS:,} x {HELD} positions of {INSTRUMENTS} instruments x {SCENARIOS} scenarios",
            ["accounts", "seconds", "microseconds an account", "peak memory, MB"],
            rows,
            [
                ("time an account beside the dense product", per_account, 0.5),
                ("peak memory of the process, MB", ours["megabytes"], 400.0),
            ],
            [
                f"Both use {THREADS} threads. The dense quantities are spelt out before the clock starts.",
                f"Largest difference of the worst losses: {ours['checked']:.1e} of the largest.",
            ],
        )
    ]


def _run(which):
    threads = {f"{name}_NUM_THREADS": str(THREADS) for name in ("OMP", "OPENBLAS", "MKL")}
    folder = Path(__file__).resolve().parent.parent
    command = [sys.executable, "-m", "benchmarks.accounts", which]
    done = subprocess.run(command, cwd=folder, env=os.environ | threads, capture_output=True, text=True, check=True)
    return json.loads(done.stdout.splitlines()[-1])


def _quantities(count):
    """Draw sorted holdings without a copy too many: memory is what is measured."""
    import numpy as np
    from scipy import sparse

    rng = np.random.default_rng(7)
    data, columns = np.empty(count * HELD), np.empty(count * HELD, dtype=np.int32)
    gaps = INSTRUMENTS // HELD
    for start in range(0, count, 10_000):
        rows = min(10_000, count - start)
        place = slice(start * HELD, (start + rows) * HELD)
        data[place] = rng.normal(size=rows * HELD)
        columns[place] = (rng.integers(0, gaps, (rows, HELD)) + gaps * np.arange(HELD)).ravel()
    starts = np.arange(0, count * HELD + 1, HELD, dtype=np.int32)
    return sparse.csr_array((data, columns, starts), shape=(count, INSTRUMENTS))


def _venue():
    import numpy as np
    import pandas as pd

    from greekslab.book import Book
    from greekslab.margin import Scan
    from greekslab.market import FlatVol, Market
    from greekslab.scenarios import grid

    now = pd.Timestamp("2024-01-01 08:00", tz="UTC")
    market = Market(now, {"BTC": 60_000.0}, vols={"BTC": FlatVol(0.6)})
    expiries = [f"{now + pd.Timedelta(days=days):%d%b%y}".upper() for days in (7, 14, 30, 60, 120, 240)]
    strikes = np.linspace(30_000, 120_000, 42).round(-2)
    names = [f"BTC-{e}-{k:.0f}-{kind}" for e in expiries for k in strikes for kind in "CP"]
    units = Book.from_list([(name, 1.0) for name in ["BTC-PERP", *names][:INSTRUMENTS]])
    return Scan(grid(np.linspace(-0.3, 0.3, 20), np.linspace(-0.3, 0.5, 5))), units, market


def _timed(run):
    """Give the least of three times and the last result."""
    import time

    best = float("inf")
    for _ in range(3):
        found = None  # one result at a time
        start = time.perf_counter()
        found = run()
        best = min(best, time.perf_counter() - start)
    return best, found


def _dense(quantities, cube, step=2_000):
    """Multiply blocks by BLAS and keep worst and index, as one would without sparse matrices."""
    import numpy as np

    loss, index = np.empty(len(quantities)), np.empty(len(quantities), dtype=np.int32)
    for start in range(0, len(quantities), step):
        pnl = quantities[start : start + step] @ cube
        at = pnl.argmin(axis=1)
        index[start : start + step], loss[start : start + step] = at, -pnl[np.arange(len(at)), at]
    return loss, index


def main(which):
    """Measure one contender in this process and print it as JSON."""
    import resource

    import numpy as np

    from greekslab.book import pnl_cube
    from greekslab.margin import margin_accounts

    rule, units, market = _venue()
    cube = np.ascontiguousarray(pnl_cube(units, market, rule.scenarios).values.T)
    checked = None
    if which == "greekslab":
        quantities = _quantities(ACCOUNTS)
        seconds, found = _timed(lambda: margin_accounts(rule, units, market, quantities, threads=THREADS))
        memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024.0
        loss, _ = _dense(quantities[:5_000].toarray(), cube)
        checked = float(np.abs(np.maximum(loss, 0.0) - found.scan[:5_000]).max() / loss.max())
    else:
        quantities = _quantities(DENSE).toarray()
        seconds, _ = _timed(lambda: _dense(quantities, cube))
        memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024.0
    print(json.dumps({"seconds": seconds, "megabytes": memory, "checked": checked}))


if __name__ == "__main__":
    main(sys.argv[1])
