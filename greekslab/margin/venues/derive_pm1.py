r"""Derive PM1 (PMRM, the older manager): scan of one market and its coin, with a static and a confidence charge.

With the scenario loss :math:`L = \max(\max_s -P_s, -\text{basis})` of `derive_scan` and the spot S, the requirements
below equity are

.. math::

    \text{static} &= S\,(|q_{perp}|\,p + q_{base}\,b + n\,o), \\
    \text{maintenance} &= L + \text{static}, \\
    \text{initial} &= (L + \text{static})(f_{IM} + \text{peg}) + \text{confidence},

n the options short and not covered at their own strike. Options are priced without discounting; only an expiry worth
more than nothing is scaled, by :math:`d\,e^{-\tau(m \max(r, 0) + a)}`. The coin counts at spot over stablecoin price
and moves with the spot. Confidence charges :math:`(1-c)\,k\,S` on perpetual and coin, and on every expiry's options,
where the least confidence c of the feeds concerned is below a threshold.

The report's excess is the venue's "IM"; equity less maintenance is its "MM". Source: derivexyz/v2-core @ 7736900d,
PMRMLib.sol, PMRM.sol (2026-01-21). Left out: fees, caps on positions, the venue's 18-digit integer arithmetic.
"""

from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np

from greekslab.book.instruments import Option, Spot
from greekslab.errors import InputError
from greekslab.inputs import checked_type
from greekslab.margin.account import as_account
from greekslab.margin.add_ons import naked_option_charge
from greekslab.margin.report import MarginReport
from greekslab.margin.venues import derive_scan as shared
from greekslab.margin.venues.cards import card as card_of
from greekslab.margin.venues.derive_holdings import Holdings, hold, with_basis, with_rates
from greekslab.market.market import Market
from greekslab.scenarios.sets import ScenarioSet, VolRule
from greekslab.scenarios.venue_sets import published

_SECOND = 1.0 / 86_400.0  # days; the chain counts whole seconds


@dataclass(frozen=True)
class PM1Parameters:
    """Numbers of a PM1 manager, by the venue's names; shares or factors unless said otherwise.

    ``scenario_spot_up`` and ``_down`` are spot over spot; ``dte_floor_days`` is in days, ``rate_add_scale`` per year.
    ``max_...`` are the largest numbers of scenarios, expiries and instruments; None is no limit.
    """

    scenario_spot_up: float
    scenario_spot_down: float
    basis_cont_add_factor: float
    basis_cont_mult_factor: float
    peg_loss_threshold: float
    peg_loss_factor: float
    conf_threshold: float
    conf_margin: float
    base_percent: float
    perp_percent: float
    option_percent: float
    im_factor: float
    base_static_discount: float
    rate_mult_scale: float
    rate_add_scale: float
    vol_range_up: float
    vol_range_down: float
    short_term_power: float
    long_term_power: float
    dte_floor_days: float
    max_scenarios: int | None = None
    max_expiries: int | None = None
    max_assets: int | None = None

    def __post_init__(self):
        shared.check_parameters(self, above_zero=("im_factor",))

    @property
    def vol_rule(self) -> VolRule:
        """What up and down do to a volatility."""
        powers = self.short_term_power, self.long_term_power
        return VolRule(self.vol_range_up, self.vol_range_down, *powers, max(self.dte_floor_days, _SECOND))


@dataclass(frozen=True)
class DerivePM1:
    """Margin an account as Derive's first portfolio managers do; several markets are several managers, and add up.

    Parameters
    ----------
    parameters : PM1Parameters
        From the card, or the caller's own.
    scenarios : ScenarioSet
        Moves and vol directions; weights of 1, no skew. Its vol rule gives way to that of the parameters.
    name, certainty, note : str
        For the report.
    """

    parameters: PM1Parameters
    scenarios: ScenarioSet
    name: str = "Derive PM1"
    certainty: str = "documented"
    note: str = ""

    def __post_init__(self):
        checked_type("parameters", self.parameters, PM1Parameters, "give PM1Parameters(...)")
        remedy = 'give a ScenarioSet, for example published("derive-pm1")'
        table = checked_type("scenarios", self.scenarios, ScenarioSet, remedy).table
        shared.check_limits(self.name, self.scenarios, self.parameters.max_scenarios)
        if (table["weight"] != 1.0).any() or table["vol"].isin(["linear", "abs"]).any():
            remedy = "this manager dampens no scenario and tilts no smile; DerivePM2 does"
            raise InputError("scenarios", self.scenarios.name, remedy)

    @classmethod
    def published(cls, edition: str | None = None, *, scenarios=None, **overrides) -> "DerivePM1":
        """Build the rule from its parameter card; numbers of `PM1Parameters` may be given in place of the card's."""
        card = card_of("derive_pm1", edition)
        return cls(
            card.parameters(PM1Parameters, "parameters", **overrides),
            published(card.values["scenarios"]) if scenarios is None else scenarios,
            name=card.title, certainty=card.certainty, note=card.note,
        )  # fmt: skip

    # --- answers -----------------------------------------------------------------------------------------------

    def margin(self, account, market: Market) -> MarginReport:
        """Report the requirement of an `Account` or a `Book`; contributions include posted coins."""
        account = as_account(account)
        weights = self.scenarios.weights
        held = self._held(account, market)
        return shared.report_of(self, account, held, lambda each: self._charges(each, market), weights, self._plain)

    def requirement(self, account, market: Market) -> tuple[float, float]:
        """Return the initial and maintenance requirement alone, quote currency."""
        held = self._held(as_account(account), market)
        return tuple(float(x) for x in sum(self._charges(each, market).total.sum(axis=1) for each in held))

    def slack(self, account, market: Market) -> float:
        """Return the venue's "MM": equity less maintenance requirement, below 0 in liquidation, quote currency."""
        account = as_account(account)
        held = self._held(account, market)
        return account.cash + sum(
            float(each.values.sum() - self._charges(each, market).total[1].sum()) for each in held
        )

    def basis_contingency(self, account, market: Market) -> float:
        """Return the basis contingency, quote currency, 0 or less: a candidate for what binds."""
        return sum(self._charges(each, market).basis for each in self._held(as_account(account), market))

    # --- the rule ----------------------------------------------------------------------------------------------

    @cached_property
    def _plain(self) -> ScenarioSet:
        return replace(self.scenarios, vol_rule=self.parameters.vol_rule)

    @cached_property
    def _with_basis(self) -> ScenarioSet:
        return with_basis(self._plain, self.parameters.scenario_spot_up, self.parameters.scenario_spot_down)

    def _held(self, account, market):
        undiscounted = with_rates(market, lambda rate: 0.0)
        held = hold(account, undiscounted, self._with_basis, lambda owner, coin: True)
        for each in held:
            shared.check_size(each, self.parameters.max_expiries, self.parameters.max_assets)
            for position in each.positions:
                if isinstance(position.instrument, Spot) and position.instrument.underlying != each.underlying:
                    remedy = f"this manager takes {each.underlying} alone; DerivePM2 takes other coins"
                    raise InputError("collateral", position.instrument.name, remedy)
        return held

    def _charges(self, held: Holdings, market: Market) -> shared.Charges:
        p, spot = self.parameters, held.market.spot(held.underlying)
        rates = np.array([max(market.rate_of(held.underlying, e), 0.0) for e in held.expiries])
        tau = np.array([held.market.tau(e) for e in held.expiries])
        static = p.base_static_discount * np.exp(-tau * (rates * p.rate_mult_scale + p.rate_add_scale))
        skewed = np.zeros(len(self.scenarios), dtype=bool)
        pnl = shared.discounted(held, static, 1.0, skewed)
        basis = shared.basis_contingency(held, p.basis_cont_add_factor, p.basis_cont_mult_factor)
        loss, label, binding = shared.worst_of(held, pnl, self.scenarios.weights, self._plain, basis)
        coins = held.net_size(Spot) * spot
        naked = naked_option_charge(p.option_percent, p.option_percent).charge(held.book, held.market)[1]
        kept = {
            label: loss,
            "perpetual contingency": p.perp_percent * shared.straight(held),
            "coin contingency": p.base_percent * coins,
            "short-option contingency": naked,
        }
        parts = {name: np.outer([p.im_factor, 1.0], amounts) for name, amounts in kept.items()}
        peg = shared.peg_loss(held.market, p.peg_loss_threshold, p.peg_loss_factor)
        parts["peg loss"] = np.outer([peg, 0.0], sum(kept.values()))
        parts["oracle confidence"] = np.outer([1.0, 0.0], self._doubt(held, coins, spot))
        return shared.Charges(parts, binding, pnl.sum(axis=1), float(basis.sum()))

    def _doubt(self, held, coins, spot):
        """Return the charge for doubtful price feeds by leg."""
        limit = self.parameters.conf_threshold, self.parameters.conf_margin
        least, by_expiry = shared.feed_confidence(held)
        charged = shared.confidence_charge(least, *limit, shared.straight(held) + coins)
        size = held.net_size(Option) * spot
        for column, expiry in enumerate(held.expiries):
            charged = charged + shared.confidence_charge(by_expiry[expiry], *limit, size * held.groups[:, column])
        return charged
