r"""A lognormal move as equally likely scenarios: a distribution without a random number.

A price without drift and with volatility :math:`\sigma` stands after a time :math:`t` at

.. math:: S\,\exp(\sigma\sqrt t\,z - \tfrac12\sigma^2 t), \qquad z \sim N(0, 1).

Instead of drawing z we take the middle of every one of n equally likely slices, :math:`z_i = N^{-1}((i + \tfrac12)/n)`.
A quantile read off these scenarios has no sampling noise, and no seed.
"""

import numpy as np
from scipy.special import ndtri

from greekslab.errors import InputError
from greekslab.inputs import number
from greekslab.scenarios.grids import grid
from greekslab.scenarios.sets import ScenarioSet


def lognormal_moves(vol: float, *, days: float = 1.0, count: int = 2050) -> ScenarioSet:
    """Slice a lognormal move into equally likely scenarios, volatility unchanged.

    Parameters
    ----------
    vol : float
        Volatility of the price per year, decimal.
    days : float
        Length of the move; as much time passes for the options.
    count : int
        Number of scenarios, in order of the move. With the default, 2050, exactly 20.5 slices lie beyond a level of
        99 %, so that the 21st worst is the middle of its slice: the quantile itself for a book that is a straight line.

    Returns
    -------
    ScenarioSet
        For `pnl_cube`; the sums of the cube then go to `value_at_risk` or `expected_shortfall`.

    Examples
    --------
    >>> moves = lognormal_moves(0.6, count=3).moves("BTC")
    >>> [round(float(move), 4) for move in moves]
    [-0.0304, -0.0005, 0.0303]
    """
    vol = number("vol", vol, "give a volatility per year, decimal, 0 or more", least=0.0)
    days = number("days", days, "give the days of the move, above 0", above=0.0)
    if isinstance(count, bool) or not isinstance(count, (int, np.integer)) or count < 1:
        raise InputError("count", count, "give a whole number of scenarios, 1 or more")
    deviation = vol * np.sqrt(days / 365.0)
    z = ndtri((np.arange(count) + 0.5) / count)
    moves = np.expm1(deviation * z - deviation**2 / 2.0)
    return grid(moves, days=days, name=f"lognormal, {vol:.4g} over {days:g} days")
