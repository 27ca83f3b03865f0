"""The option columns of the P&L cube by the compiled kernel, where that is to be used."""

import numpy as np

from greekslab.book.legs import OptionLegs, movers, vol_table
from greekslab.pricing.acceleration import kernels
from greekslab.scenarios.sets import ScenarioSet

# The kernel spares 13 ns a price, and loading Numba takes 0.4 s of CPU time.
_PAYS_FROM = 30_000_000


def compiled_values(options: OptionLegs, scenarios: ScenarioSet, out: np.ndarray, factor: np.ndarray) -> bool:
    """Write factor * (shocked value - value now) of every option into its column of `out`; tell whether it was done.

    See `greekslab.pricing.acceleration` for when. The numbers are those of `pnl_cube` to 1e-13 of the forward; where
    nothing changes the P&L is exactly 0.
    """
    module = kernels(len(scenarios) * len(options.strike), _PAYS_FROM)
    if module is None:
        return False
    scale, row_of, vols = vol_table(options, scenarios)
    tau_then = np.maximum(options.tau - scenarios.days / 365.0, 0.0)
    half_root, half_root_now = 0.5 * np.sqrt(tau_then), 0.5 * np.sqrt(options.tau)
    every = movers(options)
    for name, share in dict.fromkeys(every):
        mine = np.flatnonzero([each == (name, share) for each in every])
        forward, strike, sign = options.forward[mine], options.strike[mine], options.sign[mine]
        terms = np.log(forward / strike), forward, strike, sign
        count, still, now = len(mine), np.ones(1), np.empty((1, len(mine)))
        module.revalue(
            still, np.zeros(1, dtype=np.int64), still, options.vol[mine][None], half_root_now[mine], *terms,
            np.zeros(count), np.ones(count), np.arange(count), now,
        )  # fmt: skip
        module.revalue(
            1.0 + share * scenarios.moves(name), row_of, scale, np.take(vols, mine, axis=1), half_root[mine], *terms,
            now[0], factor[mine], options.columns[mine], out,
        )  # fmt: skip
    return True
