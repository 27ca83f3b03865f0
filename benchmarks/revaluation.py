"""Scenario revaluation: 1,000 options in 10,000 scenarios, and the memory it takes beyond its result."""

import tracemalloc

import numpy as np

from benchmarks import by_hand, peers
from benchmarks.legs import options
from benchmarks.results import Table
from benchmarks.timing import cpu_times, plain_only
from greekslab.book import pnl_cube
from greekslab.scenarios import grid

OPTIONS, SPOTS, VOLS = 1_000, np.linspace(-0.5, 1.0, 100), np.linspace(-0.4, 0.8, 100)
MEGABYTE = 2.0**20


def measure() -> list[Table]:
    """Compare CPU times of the plain build and others; all compute the same matrix, which is checked first."""
    with plain_only():
        return [_table()]


def _table():
    book, market, legs = options(OPTIONS)
    scenarios = grid(SPOTS, VOLS)
    moves, changes = np.repeat(SPOTS, len(VOLS)), np.tile(VOLS, len(SPOTS))
    found, notes = peers.load()
    contenders = {
        "greekslab, pnl_cube": lambda: pnl_cube(book, market, scenarios).values,
        "NumPy and ndtr by hand": lambda: by_hand.pnl(legs, moves, changes),
    }
    if "opengreeks" in found:
        contenders["opengreeks"] = lambda: peers.opengreeks_pnl(found["opengreeks"], legs, moves, changes)
    if "vanilla-option-pricers" in found:
        package = found["vanilla-option-pricers"]
        contenders["vanilla-option-pricers"] = lambda: peers.vanilla_pnl(package, legs, SPOTS, VOLS)
    apart = _differences(contenders)
    times = cpu_times(contenders, repeats=5)
    hand = times["NumPy and ndtr by hand"]
    extra = {name: _extra_memory(run) for name, run in contenders.items()}
    rows = {
        name: [s, s / hand, s * 1e9 / (OPTIONS * len(moves)), extra[name], apart[name]] for name, s in times.items()
    }
    ours = "greekslab, pnl_cube"
    aims = [
        ("CPU time beside the loop by hand", times[ours] / hand, 1.0),
        ("memory beyond the result, MB", extra[ours], 16.0),
    ]
    if "opengreeks" in found:
        aims.append(("CPU time beside opengreeks", times[ours] / times["opengreeks"], 0.35))
    return Table(
        f"Revaluation: {OPTIONS:,} options x {len(moves):,} scenarios",
        ["CPU s", "x by hand", "ns per price", "extra memory, MB", "largest difference"],
        rows,
        aims,
        [
            "Largest difference: from greekslab's numbers, in forwards.",
            "Extra memory: peak of allocations less the result.",
            *notes,
        ],
    )


def _differences(contenders):
    """Give how far each is from greekslab, as a share of the forward per option."""
    reference = None
    apart = {}
    for name, run in contenders.items():
        values = run()
        reference = values if reference is None else reference
        apart[name] = f"{np.abs(values - reference).max() / 60_000.0:.1e}"
    return apart


def _extra_memory(run):
    tracemalloc.start()
    result = run()
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    return (peak - result.nbytes) / MEGABYTE
