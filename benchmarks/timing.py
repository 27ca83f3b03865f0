"""CPU time of several ways to do the same work, measured side by side."""

import time


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
    for run in contenders.values():
        run()
    best = dict.fromkeys(contenders, float("inf"))
    for _ in range(repeats):
        for name, run in contenders.items():
            start = time.process_time()
            for _ in range(loops):
                run()
            best[name] = min(best[name], (time.process_time() - start) / loops)
    return best
