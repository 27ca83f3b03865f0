"""Stretch a scenario set: a wider or narrower scan range, everything else alike."""

import numpy as np

from greekslab.inputs import checked_type, number
from greekslab.scenarios.sets import ScenarioSet, scenario_name


def stretched(scenarios: ScenarioSet, factor: float) -> ScenarioSet:
    """Widen or narrow the scan range of a set with dampened tails.

    Parameters
    ----------
    scenarios : ScenarioSet
    factor : float
        Above 0; 1.25 turns a range of 16 % into 20 %.

    Returns
    -------
    ScenarioSet
        Scenarios of weight 1 move `factor` times as far. Dampened tails stay where they are and their weight
        is multiplied, up to 1: a dampener is scan range over move, so it follows the range.
    """
    checked_type("scenarios", scenarios, ScenarioSet, 'give a ScenarioSet, for example published("paradex-24")')
    factor = number("factor", factor, "give a finite factor above 0; 1 leaves the set as it is", above=0.0)
    table = scenarios.table.copy()
    core = table["weight"] == 1.0
    moves = [c for c in table if c == "move" or c.startswith("move_")]
    table[moves] = table[moves].where(~core, table[moves] * factor, axis=0)
    table["weight"] = table["weight"].where(core, np.minimum(table["weight"] * factor, 1.0))
    rows = zip(table["move"], table["vol"], table["weight"], strict=True)
    table["name"] = [scenario_name(*row) for row in rows]
    name = scenarios.name if factor == 1.0 else f"{scenarios.name}, range x {factor:g}"
    return scenarios.edited(table, name)
