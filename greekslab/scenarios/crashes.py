"""Real crash days as scenarios: what happened, coin by coin.

Each day gives two scenarios: to the day's low, and to its close, both from the close before. Every coin moves by
its own amount on that day, which is the point: the correlations are the real ones.
"""

import pandas as pd

from greekslab.errors import InputError
from greekslab.market.data import crash_facts
from greekslab.scenarios.sets import ScenarioSet, VolRule


def crash_scenarios(lead: str = "BTC", *, vol="none", vol_rule: VolRule | None = None) -> ScenarioSet:
    """Build a scenario set from the recorded crash days.

    Parameters
    ----------
    lead : str
        Coin whose moves apply to underlyings without a column of their own: "BTC", "ETH" or "BNB".
    vol : str or float
        What happens to volatility in every scenario; the record has prices only.
    vol_rule : VolRule, optional
        Needed if `vol` is a word other than "none".

    Returns
    -------
    ScenarioSet
        Columns ``move_BTC``, ``move_ETH`` and ``move_BNB`` hold each coin's own move. A coin that did not yet
        trade through all of the days (SOL) has no column and follows the lead.
    """
    facts = crash_facts()
    to = {"low": facts["previous_close_to_low"], "close": facts["close"] / facts["previous_close"] - 1.0}
    moves = pd.concat({end: series.unstack("asset") for end, series in to.items()}, names=["end"])
    moves = moves.dropna(axis="columns").swaplevel().sort_index()
    if not isinstance(lead, str) or lead not in moves:
        raise InputError("lead", lead, f"choose one of {', '.join(moves.columns)}")
    days = facts["day"].groupby("event").first()
    order = sorted(moves.index, key=lambda key: (days[key[0]], key[1] == "close"))
    moves = moves.loc[order]
    table = moves.add_prefix("move_").reset_index(drop=True).rename_axis(columns=None)
    table.insert(0, "name", [f"{days[event]:%Y-%m-%d} {event}, to the {end}" for event, end in moves.index])
    table.insert(1, "move", moves[lead].to_numpy())
    table.insert(2, "vol", [vol] * len(table))
    table.insert(3, "weight", 1.0)
    source = "recorded crash days, daily prices in UTC (see the data card crash_facts)"
    return ScenarioSet("crash days", table, vol_rule or VolRule(), 0.0, source, "2024-08-05")
