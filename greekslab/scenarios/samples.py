r"""Equally likely moves as scenarios: what prices did, or what a Student distribution says.

A sample has no weights and no extremes of its own making: every move counts once. Fixed scenario sets give the worst
loss; a sample gives a distribution, from which value at risk and expected shortfall are read.
"""

import numpy as np
import pandas as pd
from scipy.special import gammaln, stdtrit

from greekslab.errors import InputError
from greekslab.inputs import checked_type, number, numbers
from greekslab.scenarios.grids import grid
from greekslab.scenarios.sets import ScenarioSet


def past_moves(prices: pd.Series, *, days: float = 1.0, name: str = "past moves") -> ScenarioSet:
    """Take the relative changes from each price to the next as equally likely scenarios.

    Parameters
    ----------
    prices : Series
        In order of time, quote currency, two or more; for example ``bars("BTC", "1d")["close"]``. A price that is
        missing is left out by the caller: the change then spans a longer time.
    days : float
        Time between two prices, which passes for the options.

    Returns
    -------
    ScenarioSet
        One scenario a change, in order of time, weight 1, volatility unchanged.

    Examples
    --------
    >>> past_moves(pd.Series([100.0, 110.0, 99.0])).moves("BTC").round(4).tolist()
    [0.1, -0.1]
    """
    checked_type("prices", prices, pd.Series, 'give a Series, for example bars("BTC", "1d")["close"]')
    days = number("days", days, "give the days between two prices, above 0", above=0.0)
    values = numbers("prices", prices, "give finite prices above 0; leave out what is missing", above=0.0)
    if len(values) < 2 or not prices.index.is_monotonic_increasing:
        raise InputError("prices", len(values), "give two or more, in order of time")
    return grid(values[1:] / values[:-1] - 1.0, days=days, name=name)


def student_moves(vol: float, *, dof: float = 3.0, days: float = 1.0, count: int = 2000) -> ScenarioSet:
    r"""Slice a Student move of a given volatility into equally likely scenarios.

    With the density f of Student's t and :math:`s = \sigma\sqrt{t\,(\nu - 2)/\nu}`, so that the standard deviation of
    the move is :math:`\sigma\sqrt t`, the scenarios are the means of n equally likely slices,

    .. math:: x_i = s\,n \int_{a_i}^{a_{i+1}} u f(u)\,du = s\,n\,\bigl[g(a_i) - g(a_{i+1})\bigr], \qquad
        g(u) = \frac{\nu + u^2}{\nu - 1}\,f(u).

    The means, not the middles: the outermost slice of a fat tail is long, and a shortfall averages over it.

    Parameters
    ----------
    vol : float
        Volatility of the price per year, decimal.
    dof : float
        Degrees of freedom, above 2; the fewer, the fatter the tails.
    days : float
        Length of the move; as much time passes for the options.
    count : int
        Number of scenarios, in order of the move.

    Examples
    --------
    >>> [round(float(move), 4) for move in student_moves(0.6, count=3).moves("BTC")]
    [-0.0279, 0.0, 0.0279]
    """
    vol = number("vol", vol, "give a volatility per year, decimal, 0 or more", least=0.0)
    days = number("days", days, "give the days of the move, above 0", above=0.0)
    dof = number("dof", dof, "give more than 2 degrees of freedom; with fewer there is no variance", above=2.0)
    if isinstance(count, bool) or not isinstance(count, (int, np.integer)) or count < 1:
        raise InputError("count", count, "give a whole number of scenarios, 1 or more")
    scale = vol * np.sqrt(days / 365.0 * (dof - 2.0) / dof)
    ends = stdtrit(dof, np.arange(1, count) / count)
    beyond = np.concatenate([[0.0], _partial_mean(ends, dof), [0.0]])
    moves = scale * count * (beyond[:-1] - beyond[1:])
    if moves[0] <= -1.0:
        raise InputError("vol", vol, f"the lowest of {count} slices falls by 100 % or more; give fewer slices or days")
    return grid(moves, days=days, name=f"Student, {dof:g} degrees, {vol:.4g} over {days:g} days")


def _partial_mean(u, dof):
    """Return the mean of Student's t beyond u, times its probability."""
    constant = np.exp(gammaln((dof + 1.0) / 2.0) - gammaln(dof / 2.0)) / np.sqrt(dof * np.pi)
    density = constant * (1.0 + u**2 / dof) ** (-(dof + 1.0) / 2.0)
    return (dof + u**2) / (dof - 1.0) * density
