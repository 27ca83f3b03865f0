"""The compiled kernels of the extra ``fast`` beside the plain functions: Greeks, prices and revaluation."""

import os

import numpy as np

from benchmarks.legs import options
from benchmarks.results import Table
from benchmarks.timing import cpu_times
from greekslab.book import pnl_cube
from greekslab.errors import InputError
from greekslab.pricing import greeks, price
from greekslab.pricing.acceleration import SWITCH
from greekslab.scenarios import grid

SIZES = (100_000, 1_000_000)
OPTIONS, SPOTS, VOLS = 1_000, np.linspace(-0.5, 1.0, 100), np.linspace(-0.4, 0.8, 100)
AIMS = {"Greeks": 0.25, "P&L cube": 0.3}


def measure() -> list[Table]:
    """Compare CPU times on one core; the results are compared first."""
    title, columns = "Compiled kernels", ["plain ns", "compiled ns", "ratio", "largest difference"]
    before = os.environ.get(SWITCH)
    try:
        found = {f"{what}, {size:,}": _row(run, size, scale) for what, size, run, scale in _subjects()}
    except InputError as error:
        return [Table(title, columns, {}, notes=[f"Left out: {error}"])]
    finally:
        os.environ.pop(SWITCH, None)
        if before is not None:
            os.environ[SWITCH] = before
    aims = [
        (f"{name}: CPU time beside plain", row[2], AIMS[what])
        for name, row in found.items()
        if (what := name.split(",")[0]) in AIMS
    ]
    notes = [
        "CPU time per option, or per option and scenario, on one core; compiled and loaded before the clock starts.",
        "Largest difference: of prices and of the cube in forwards or strikes, of Greeks relative to the largest.",
    ]
    return [Table(title, columns, found, aims, notes)]


def _subjects():
    """Yield a name, its size, a function without arguments that gives arrays, and the scale of differences."""
    rng = np.random.default_rng(7)
    for size in SIZES:
        market = {
            "forward": rng.uniform(3e4, 1.2e5, size),
            "strike": rng.uniform(3e4, 1.2e5, size),
            "vol": rng.uniform(0.3, 1.2, size),
            "tau": rng.uniform(3 / 365, 0.7, size),
        }
        yield "Greeks", size, lambda market=market: list(vars(greeks(**market)).values()), None
        yield "price", size, lambda market=market: [price(**market)], 1.2e5
    book, market, _ = options(OPTIONS)
    scenarios = grid(SPOTS, VOLS)
    yield "P&L cube", OPTIONS * len(scenarios), lambda: [pnl_cube(book, market, scenarios).values], 1.2e5


def _row(run, size, scale):
    plain, compiled = _switched("off", run), _switched("on", run)
    apart = [np.abs(x - y).max() / (scale or np.abs(x).max()) for x, y in zip(plain(), compiled(), strict=True)]
    times = cpu_times({"plain": plain, "compiled": compiled}, repeats=7)
    each = [times[name] * 1e9 / size for name in ("plain", "compiled")]
    return [*each, each[1] / each[0], f"{max(apart):.1e}"]


def _switched(word, run):
    def call():
        os.environ[SWITCH] = word
        return run()

    return call
