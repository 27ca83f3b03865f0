r"""What Derive's portfolio managers share: one market's account, revalued scenario by scenario.

Each expiry e of a manager's `Holdings` is worth :math:`X_{se}` in scenario s, which is scaled by a *static discount*
:math:`\delta_e` that dampens time value,

.. math:: P_s = w_s\Bigl[\sum_e (\delta_e X_{se} - X_e) + \text{straight legs}\Bigr], \qquad
          \text{basis} = \sum_e \min\bigl(X_e(\uparrow) - X_e,\; X_e(\downarrow) - X_e,\; 0\bigr)\,(a + b\,\tau_e),

and the requirement starts from the worst of the scenarios and the basis contingency. Everything is kept by leg, so
that it can be said who caused what.
"""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from greekslab.book.instruments import Future, Option, Perpetual
from greekslab.book.revalue import PnLCube
from greekslab.errors import InputError
from greekslab.inputs import number
from greekslab.margin.account import Account
from greekslab.margin.report import MarginReport
from greekslab.margin.venues.derive_holdings import Holdings
from greekslab.market.market import Market
from greekslab.risk.functionals import ROUNDING, contributions, worst
from greekslab.scenarios.sets import ScenarioSet


@dataclass(frozen=True, eq=False)
class Charges:
    """What a manager asks: ``parts`` by label and leg, each shape (2, legs): initial, maintenance; what binds.

    ``pnl`` holds the P&L of every scenario, shape (scenarios,), before weights; ``basis`` the basis contingency.
    """

    parts: dict[str, np.ndarray]
    binding: str | None
    pnl: np.ndarray
    basis: float

    @property
    def total(self) -> np.ndarray:
        """Initial and maintenance requirement by leg, shape (2, legs)."""
        return sum(self.parts.values())


def discounted(held: Holdings, positive, negative, skewed) -> np.ndarray:
    """Return the P&L by scenario and leg after static discounts, before weights, shape (scenarios, legs).

    Parameters
    ----------
    held : Holdings
    positive, negative : array
        Static discount of each expiry where it is worth more and less than nothing, shape (expiries,).
    skewed : array of bool
        Scenarios that tilt the smile: there the net gain of an expiry counts as a loss, shape (scenarios,).
    """
    pnl, groups, options = held.pnl[:-2], held.groups, held.are(Option)
    worth = np.where(options, held.values + pnl, 0.0)
    by_expiry = worth @ groups
    scale = np.where(by_expiry >= 0.0, positive, negative)
    gain = by_expiry * scale - held.values @ groups
    turn = np.where(skewed[:, None] & (gain > 0.0), -1.0, 1.0)
    return np.where(options, (worth * (scale @ groups.T) - held.values) * (turn @ groups.T), pnl)


def basis_contingency(held: Holdings, add: float, mult: float) -> np.ndarray:
    """Return the basis contingency by leg, 0 or less in sum, shape (legs,); volatilities unchanged."""
    groups, ends = held.groups, np.where(held.are(Option), held.pnl[-2:], 0.0)
    by_expiry = ends @ groups
    tau = np.array([held.market.tau(e) for e in held.expiries])
    real = ROUNDING * (np.abs(held.values) @ groups)  # smaller losses are rounding, as in `worst`
    factor = np.where(by_expiry.min(axis=0, initial=0.0) < -real, add + mult * tau, 0.0)
    takes = np.array([by_expiry[0] <= by_expiry[1], by_expiry[0] > by_expiry[1]]) * factor
    return (ends * (takes @ groups.T)).sum(axis=0)


def worst_of(held: Holdings, pnl, weights, scenarios: ScenarioSet, basis) -> tuple[np.ndarray, str, str | None]:
    """Return the loss by leg in what binds, its label, and the name of the worst scenario.

    ``scenarios`` is the set with all weights 1; ``basis`` the result of `basis_contingency`.
    """
    cube = PnLCube(pnl * weights[:, None], held.book, scenarios)
    found = worst(cube)
    if -basis.sum() >= found.loss and basis.sum() < 0.0:
        return -basis, "basis contingency", found.name
    return contributions(cube, found), "worst scenario", found.name


def confidence_charge(confidence: float, threshold: float, rate: float, amounts) -> np.ndarray:
    """Return the charge on amounts whose price feed is doubtful: (1 - c) rate where c is below the threshold."""
    return (1.0 - confidence) * rate * amounts if confidence < threshold else np.zeros(np.shape(amounts))


def feed_confidence(held: Holdings) -> tuple[float, dict]:
    """Return the least confidence of spot and, where one is held, perpetual; and that of each expiry beside it."""
    market, underlying = held.market, held.underlying
    least = market.confidence_in(underlying)
    if held.net_size(Perpetual).any():
        least = min(least, market.confidence_in(underlying, "perp"))
    feeds = ("forward", "rate", "vol")
    return least, {e: min(least, *(market.confidence_in(underlying, f, e) for f in feeds)) for e in held.expiries}


def peg_loss(market: Market, threshold: float, factor: float) -> float:
    """Return what the factor of the initial margin rises by when the stablecoin has lost its peg."""
    return max(threshold - market.stable_price, 0.0) * factor


def check_limits(rule, scenarios: ScenarioSet, most_scenarios: int | None):
    """Refuse a set that the venue's contract would refuse."""
    if len(scenarios) > _limit(most_scenarios):
        raise InputError("scenarios", len(scenarios), f"{rule} takes at most {most_scenarios}")
    for word in ("linear", "abs"):
        rows = scenarios.table[scenarios.table["vol"] == word]
        if len(rows) > 1:
            raise InputError(f"{word} scenarios", len(rows), f"{rule} takes at most one")
        if (rows["move"] != 0.0).any():
            raise InputError(f"move of the {word} scenario", rows["move"].iloc[0], "the smile tilts where the spot is")


def check_size(held: Holdings, expiries: int | None, assets: int | None):
    """Refuse an account that is larger than the manager admits."""
    if len(held.expiries) > _limit(expiries):
        raise InputError(f"expiries of {held.underlying}", len(held.expiries), f"the manager takes at most {expiries}")
    if (count := len(set(held.same.tolist()))) > _limit(assets):
        raise InputError(f"assets of {held.underlying}", count, f"the manager takes at most {assets}")


def _limit(limit):
    return np.inf if limit is None else limit


def check_parameters(parameters, free=(), above_zero=()):
    """Refuse a parameter that is not a finite number; all but those in `free` are 0 or more."""
    for name, value in vars(parameters).items():
        if name.startswith("max_"):
            if value is not None:
                number(name, value, "give a whole number of 1 or more, or None for no limit", least=1.0)
        elif name in free:
            number(name, value, "give a finite number")
        elif name in above_zero:
            number(name, value, "give a finite number above 0", above=0.0)
        else:
            number(name, value, "give a finite number of 0 or more", least=0.0)
    number("scenario_spot_up", parameters.scenario_spot_up, "give spot over spot, 1 or more", least=1.0)
    number("scenario_spot_down", parameters.scenario_spot_down, "give spot over spot, in (0, 1]", above=0.0, most=1.0)


def report_of(rule, account: Account, held: list[Holdings], charge, weights, scenarios: ScenarioSet) -> MarginReport:
    """Put the charges of all managers on one report; `charge` turns holdings into `Charges`."""
    names = account.book.names + (account.collateral.names if account.collateral is not None else [])
    contribution, marginal, parts = np.zeros(len(names)), np.zeros(len(names)), {}
    binding, tables = [], []
    shown = scenarios.table[["name", "move", "vol"]]
    for each in held:
        found, label = charge(each), f"{each.underlying}: " if len(held) > 1 else ""
        total = found.total[0]
        contribution[each.places] = total
        for i, place in enumerate(each.places):
            rest = charge(each.without(i)).total[0].sum() if len(each.places) > 1 else 0.0
            marginal[place] = total.sum() - rest
        for part, amounts in found.parts.items():
            before = parts.get(part, (0.0, 0.0))
            parts[part] = tuple(float(x) for x in before + amounts.sum(axis=1))
        binding += [label + found.binding] if found.binding else []
        table = shown.assign(weight=weights, pnl=found.pnl, loss=-found.pnl * weights)
        if label:
            table.insert(0, "underlying", each.underlying)
        tables.append(table)
    index = pd.Index(names, name="instrument")
    return MarginReport(
        rule=rule.name,
        equity=account.cash + float(sum(each.values.sum() for each in held)),
        parts={label: pair for label, pair in parts.items() if any(pair) or label == "worst scenario"},
        contributions=pd.Series(contribution, index),
        marginal=pd.Series(marginal, index),
        binding="; ".join(binding) or None,
        scan=pd.concat(tables, ignore_index=True),
        certainty=rule.certainty,
        note=rule.note,
    )


def straight(held: Holdings) -> np.ndarray:
    """Return the notional of perpetuals at the spot, by leg, quote currency; dated futures count as they do."""
    return held.net_size(Perpetual, Future) * held.market.spot(held.underlying)
