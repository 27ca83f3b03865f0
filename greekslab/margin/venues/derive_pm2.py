r"""Derive PM2: portfolio margin of one market with dampened tails, skew scenarios and contingencies.

With the scenario loss :math:`L = \max(\max_s -P_s, -\text{basis})` of `derive_scan`, spot S, sizes q and collateral
values V = amount x price / stablecoin price, the requirements below equity (cash and everything at its mark) are

.. math::

    \text{maintenance} &= L\,f_{MM} + N m_{perp} + n S m_{option} + \sum_c V_c h^{MM}_c, \\
    \text{initial} &= L\,(f_{IM} + \text{peg}) + N(m + i)_{perp} + nS(m + i)_{option}
        + \sum_c V_c(h^{MM}_c + h^{IM}_c) + \text{confidence},

N the perpetual's notional at the spot, n the options short and not covered at their own strike, peg the stablecoin's
price below its threshold times a factor. Confidence charges :math:`(1 - c)\,k` of the notional of perpetuals, of each
expiry's options and of each collateral where the least confidence c of the feeds concerned is below a threshold.

The static discount of an expiry is :math:`b_+ e^{-\tau(r m_+ + a_+)}` where the expiry is worth more than nothing and
:math:`\min(e^{r\tau}, b_- e^{\tau(r m_- + a_-)})` where less, with r no less than 0.

The report's excess is the venue's "IM"; equity less maintenance is its "MM". Source: derivexyz/v2-core @ 7736900d,
PMRMLib_2.sol, PMRM_2.sol (2026-01-21). Left out: fees, caps on positions, the venue's 18-digit integer arithmetic.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property

import numpy as np

from greekslab.book.instruments import Option, Spot
from greekslab.errors import InputError
from greekslab.inputs import checked_type, numbers
from greekslab.margin.account import as_account
from greekslab.margin.add_ons import naked_option_charge
from greekslab.margin.report import MarginReport
from greekslab.margin.venues import derive_scan as shared
from greekslab.margin.venues.cards import card as card_of
from greekslab.margin.venues.derive_holdings import CollateralTerms, Holdings, hold, with_basis, with_rates
from greekslab.market.market import Market
from greekslab.scenarios.grids import grid
from greekslab.scenarios.sets import ScenarioSet, Skew, VolRule
from greekslab.scenarios.venue_sets import published

_SECOND = 1.0 / 86_400.0  # days; the chain counts whole seconds, so no floor on them can be shorter
_WEI = 1e-18  # the smallest number of the chain


@dataclass(frozen=True)
class PM2Parameters:
    """Numbers of a PM2 manager, by the venue's names; all are shares or factors unless said otherwise.

    ``scenario_spot_up`` and ``_down`` are spot over spot; ``dte_floor_days`` is in days, ``min_vol_up_shock`` a
    volatility per year, ``rate_add`` per year. The skew's caps are relative changes of volatility, ``min_k_star`` a
    log-moneyness. ``max_...`` are the largest numbers of scenarios, expiries and instruments; None is no limit.
    """

    vol_range_up: float
    vol_range_down: float
    short_term_power: float
    long_term_power: float
    dte_floor_days: float
    min_vol_up_shock: float
    im_factor: float
    mm_factor: float
    short_rate_mult: float
    long_rate_mult: float
    short_rate_add: float
    long_rate_add: float
    long_base_static_discount: float
    short_base_static_discount: float
    scenario_spot_up: float
    scenario_spot_down: float
    add_factor: float
    mult_factor: float
    peg_loss_threshold: float
    peg_loss_factor: float
    conf_threshold: float
    conf_margin: float
    mm_perp: float
    im_perp: float
    mm_option: float
    im_option: float
    linear_base_cap: float
    linear_c_base: float
    abs_base_cap: float
    abs_c_base: float
    min_k_star: float
    width_scale: float
    vol_param_static: float
    vol_param_scale: float
    max_scenarios: int | None = None
    max_expiries: int | None = None
    max_assets: int | None = None

    def __post_init__(self):
        above = ("im_factor", "mm_factor")
        shared.check_parameters(self, free=("linear_c_base", "abs_c_base", "vol_param_scale"), above_zero=above)

    @property
    def vol_rule(self) -> VolRule:
        """What up, down, linear and abs do to a volatility."""
        width = self.width_scale * self.vol_param_static, self.width_scale * self.vol_param_scale
        least = max(self.min_k_star, _WEI)
        return VolRule(
            self.vol_range_up, self.vol_range_down, self.short_term_power, self.long_term_power,
            max(self.dte_floor_days, _SECOND), self.min_vol_up_shock,
            skew=Skew(self.linear_base_cap, self.linear_c_base, least, *width),
            skew_abs=Skew(self.abs_base_cap, self.abs_c_base, least, *width),
        )  # fmt: skip


@dataclass(frozen=True)
class DerivePM2:
    """Margin an account as Derive's PM2 managers do; several markets are several managers, and add up.

    Parameters
    ----------
    parameters : PM2Parameters
        From the card, or the caller's own.
    scenarios : ScenarioSet
        Moves, vol directions and dampeners (weights). Its vol rule gives way to that of the parameters.
    collateral : mapping of str to mapping of str to CollateralTerms
        For each market the terms of every coin its manager takes. Coins in the book and posted coins are treated
        alike; the account's own haircuts are not used.
    dampeners : sequence of float, optional
        One for each scenario, 0 or more, in place of the weights: the venue's tests use 0 and more than 1.
    name, certainty, note : str
        For the report.
    """

    parameters: PM2Parameters
    scenarios: ScenarioSet
    collateral: Mapping[str, Mapping[str, CollateralTerms]] = field(default_factory=dict)
    dampeners: tuple[float, ...] | None = None
    name: str = "Derive PM2"
    certainty: str = "documented"
    note: str = ""

    def __post_init__(self):
        checked_type("parameters", self.parameters, PM2Parameters, "give PM2Parameters(...)")
        checked_type(
            "scenarios", self.scenarios, ScenarioSet, 'give a ScenarioSet, for example published("derive-pm2")'
        )
        shared.check_limits(self.name, self.scenarios, self.parameters.max_scenarios)
        checked_type("collateral", self.collateral, Mapping, 'give {"BTC": {"BTC": CollateralTerms(...)}}')
        for market, coins in self.collateral.items():
            for coin, terms in checked_type(f"collateral of {market}", coins, Mapping, "give a mapping").items():
                checked_type(f"terms of {coin} in {market}", terms, CollateralTerms, "give CollateralTerms(...)")
        if self.dampeners is not None:
            dampeners = numbers("dampeners", self.dampeners, "give factors of 0 or more, one a scenario", least=0.0)
            if dampeners.shape != (len(self.scenarios),):
                raise InputError("dampeners", dampeners.size, f"give one for each of {len(self.scenarios)} scenarios")
            object.__setattr__(self, "dampeners", tuple(dampeners.tolist()))

    @classmethod
    def published(cls, edition: str | None = None, *, scenarios=None, collateral=None, **overrides) -> "DerivePM2":
        """Build the rule from its parameter card.

        Parameters
        ----------
        edition : str, optional
            Of the card; without it the newest.
        scenarios, collateral
            In place of the card's.
        **overrides
            Numbers of `PM2Parameters` in place of the card's.
        """
        card = card_of("derive_pm2", edition)
        terms = {
            u: {c: CollateralTerms(**t) for c, t in coins.items()} for u, coins in card.values["collateral"].items()
        }
        return cls(
            card.parameters(PM2Parameters, "parameters", **overrides),
            published(card.values["scenarios"]) if scenarios is None else scenarios,
            terms if collateral is None else collateral,
            name=card.title, certainty=card.certainty, note=card.note,
        )  # fmt: skip

    def for_trusted_assessor(self) -> "DerivePM2":
        """Return the quick check a trusted assessor may make: the two basis moves and no move, volatility unchanged.

        Only its maintenance requirement has a meaning at the venue.
        """
        p = self.parameters
        three = grid([p.scenario_spot_up - 1.0, p.scenario_spot_down - 1.0, 0.0], name="trusted assessor")
        return replace(self, scenarios=three, dampeners=None, name=f"{self.name}, trusted assessor")

    # --- answers -----------------------------------------------------------------------------------------------

    def margin(self, account, market: Market) -> MarginReport:
        """Report the requirement of an `Account` or a `Book`; contributions include posted coins."""
        account = as_account(account)
        held = self._held(account, market)
        return shared.report_of(self, account, held, self._charges, self._weights, self._plain)

    def requirement(self, account, market: Market) -> tuple[float, float]:
        """Return the initial and maintenance requirement alone, quote currency."""
        held = self._held(as_account(account), market)
        return tuple(float(x) for x in sum(self._charges(each).total.sum(axis=1) for each in held))

    def slack(self, account, market: Market) -> float:
        """Return the venue's "MM": equity less maintenance requirement, below 0 in liquidation, quote currency."""
        account = as_account(account)
        held = self._held(account, market)
        return account.cash + sum(float(each.values.sum() - self._charges(each).total[1].sum()) for each in held)

    def basis_contingency(self, account, market: Market) -> float:
        """Return the basis contingency, quote currency, 0 or less: a candidate for what binds."""
        return sum(self._charges(each).basis for each in self._held(as_account(account), market))

    # --- the rule ----------------------------------------------------------------------------------------------

    @cached_property
    def _weights(self) -> np.ndarray:
        return self.scenarios.weights if self.dampeners is None else np.array(self.dampeners)

    @cached_property
    def _plain(self) -> ScenarioSet:
        own = replace(self.scenarios, vol_rule=self.parameters.vol_rule)
        return own.edited(own.table.assign(weight=1.0), own.name)

    @cached_property
    def _with_basis(self) -> ScenarioSet:
        return with_basis(self._plain, self.parameters.scenario_spot_up, self.parameters.scenario_spot_down)

    @cached_property
    def _skewed(self) -> np.ndarray:
        return self.scenarios.table["vol"].isin(["linear", "abs"]).to_numpy()

    def _terms(self, market, coin) -> CollateralTerms:
        terms = self.collateral.get(market, {})
        if coin not in terms:
            known = ", ".join(terms) or "none"
            raise InputError("collateral", coin, f"the {market} manager takes {known}; give its terms in `collateral`")
        return terms[coin]

    def _held(self, account, market):
        p, floored = self.parameters, with_rates(market, lambda rate: max(rate, 0.0))
        follows = lambda owner, coin: self._terms(owner, coin).risk_cancelling  # noqa: E731
        held = hold(account, floored, self._with_basis, follows)
        for each in held:
            shared.check_size(each, p.max_expiries, p.max_assets)
        return held

    def _charges(self, held: Holdings) -> shared.Charges:
        p, spot = self.parameters, held.market.spot(held.underlying)
        pnl = shared.discounted(held, *self._static_discounts(held), self._skewed)
        basis = shared.basis_contingency(held, p.add_factor, p.mult_factor)
        loss, label, binding = shared.worst_of(held, pnl, self._weights, self._plain, basis)
        peg = shared.peg_loss(held.market, p.peg_loss_threshold, p.peg_loss_factor)
        parts = {
            label: np.outer([p.im_factor, p.mm_factor], loss),
            "peg loss": np.outer([peg, 0.0], loss),
            "perpetual contingency": np.outer([p.mm_perp + p.im_perp, p.mm_perp], shared.straight(held)),
            "short-option contingency": naked_option_charge(p.mm_option + p.im_option, p.mm_option).charge(
                held.book, held.market
            ),
            "collateral haircuts": self._haircuts(held),
            "oracle confidence": np.outer([1.0, 0.0], self._doubt(held, spot)),
        }
        return shared.Charges(parts, binding, pnl.sum(axis=1), float(basis.sum()))

    def _static_discounts(self, held):
        p, expiries = self.parameters, held.expiries
        tau = np.array([held.market.tau(e) for e in expiries])
        rate = np.array([held.market.rate_of(held.underlying, e) for e in expiries])
        positive = p.long_base_static_discount * np.exp(-tau * (rate * p.long_rate_mult + p.long_rate_add))
        with np.errstate(over="ignore"):
            negative = p.short_base_static_discount * np.exp(tau * (rate * p.short_rate_mult + p.short_rate_add))
        return positive, np.minimum(np.exp(rate * tau), negative)

    def _haircuts(self, held):
        charged = np.zeros((2, len(held.positions)))
        for i in np.flatnonzero(held.are(Spot)):
            terms = self._terms(held.underlying, held.positions[i].instrument.name)
            charged[:, i] = held.values[i] * np.array([terms.mm_haircut + terms.im_haircut, terms.mm_haircut])
        return charged

    def _doubt(self, held, spot):
        """Return the charge for doubtful price feeds by leg."""
        p, market = self.parameters, held.market
        limit = p.conf_threshold, p.conf_margin
        least, by_expiry = shared.feed_confidence(held)
        charged = shared.confidence_charge(least, *limit, shared.straight(held))
        size = held.net_size(Option) * spot
        for column, expiry in enumerate(held.expiries):
            charged = charged + shared.confidence_charge(by_expiry[expiry], *limit, size * held.groups[:, column])
        for i in np.flatnonzero(held.are(Spot)):
            coin = held.positions[i].instrument.name
            trust = min(market.confidence_in(coin), market.confidence_in(held.underlying))
            charged[i] += shared.confidence_charge(trust, *limit, held.values[i])
        return charged
