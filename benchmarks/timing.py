"""CPU time of several ways to do the same work, measured side by side."""

import os
import statistics
import time
from contextlib import contextmanager

from greekslab.pricing.acceleration import SWITCH


@contextmanager
def plain_only():
    """Measure without the compiled kernels, whatever the environment says."""
    before = os.environ.get(SWITCH)
    os.environ[SWITCH] = "off"
    try:
        yield
    finally:
        os.environ.pop(SWITCH)
        if before is not None:
            os.environ[SWITCH] = before


def cpu_times(contenders: dict, *, repeats: int = 5, loops: int = 1) -> dict[str, float]:
    """Give the least CPU time of each contender, seconds per call.

    Parameters
    ----------
    contenders : dict of str to callable
        Each is called once before the clock starts (compilation, caches).
    repeats : int
        Rounds; in every round each contender has its turn, so that a busy machine disturbs all alike.
    loops : int
        Calls per turn, for work too short for the clock.
    """
    return {name: min(found) for name, found in cpu_rounds(contenders, repeats=repeats, loops=loops).items()}


def cpu_rounds(contenders: dict, *, repeats: int = 5, loops: int = 1) -> dict[str, list[float]]:
    """Give the CPU time of each contender in each round, seconds per call; parameters as in `cpu_times`."""
    for run in contenders.values():
        run()
    found = {name: [] for name in contenders}
    for _ in range(repeats):
        for name, run in contenders.items():
            start = time.process_time()
            for _ in range(loops):
                run()
            found[name].append((time.process_time() - start) / loops)
    return found


def ratio(ours: list[float], theirs: list[float]) -> tuple[float, float, float]:
    """Give the median of the ratios round by round, the least and the most of them."""
    ratios = sorted(one / other for one, other in zip(ours, theirs, strict=True))
    return statistics.median(ratios), ratios[0], ratios[-1]
