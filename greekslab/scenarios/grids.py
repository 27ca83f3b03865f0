"""Generic scenario grids: every move with every vol change, or a ladder of moves alone."""

from collections.abc import Iterable
from numbers import Real

import numpy as np

from greekslab.errors import InputError
from greekslab.inputs import BELOW_ONE, checked_type, number, numbers
from greekslab.scenarios.sets import ScenarioSet, VolRule, moves_table


def grid(moves, vols=("none",), *, vol_rule=None, days=0.0, name="grid") -> ScenarioSet:
    """Cross every move with every vol direction, weight 1.

    Parameters
    ----------
    moves : sequence of float
        Relative moves of the underlyings, above -1.
    vols : str, float or sequence of them
        Vol directions ("up", "none", "down") or relative changes such as -0.25.
    vol_rule : VolRule, optional
        What the words mean; needed if any is used.
    days : float
        Days that pass.

    Examples
    --------
    >>> len(grid([-0.15, 0, 0.15], ["up", "down"], vol_rule=VolRule(up=0.4, down=0.3)))
    6
    """
    moves = np.atleast_1d(numbers("moves", moves, "give relative moves above -1, such as [-0.1, 0, 0.1]", above=-1.0))
    vols = [vols] if isinstance(vols, (str, Real)) else list(checked_type("vols", vols, Iterable, "give a list"))
    rows = [(move, vol, 1.0) for move in moves for vol in vols]
    return ScenarioSet(name, moves_table(rows), vol_rule or VolRule(), days)


def ladder(reach, steps=20, *, days=0.0, name="ladder") -> ScenarioSet:
    """Space moves evenly from -reach to +reach, volatility unchanged.

    Parameters
    ----------
    reach : float
        Largest relative move, between 0 and 1.
    steps : int
        Number of intervals; ``steps + 1`` scenarios.
    """
    remedy = "give the largest relative move, above 0 and below 1"
    reach = number("reach", reach, remedy, above=0.0, most=BELOW_ONE)
    if not isinstance(steps, (int, np.integer)) or steps < 1:
        raise InputError("steps", steps, "give a whole number of intervals, 1 or more")
    return grid(np.linspace(-reach, reach, steps + 1), name=name, days=days)
