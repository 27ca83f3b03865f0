r"""Greek margin: the book reduced to a few Greeks, and the worst of a quadratic on a box of moves.

For each underlying the Greeks of all legs are summed in money, for a relative move x of the spot and a change y of
volatilities as they stand at 30 days,

.. math::

    D = \sum_i \Delta_i S, \quad G = \sum_i \Gamma_i S^2, \quad
    V = \sum_i \mathcal V_i\,\sigma_i\,(30/d_i)^p, \qquad
    M = \max_{x, y} -\bigl(D x + \tfrac12 G x^2 + V y\bigr),

over :math:`x_0 \le x \le x_1`, :math:`y_0 \le y \le y_1`; the worst point is known in closed form
(`greekslab.risk.worst_quadratic`). The power p lets near expiries move more than far ones, by the same vol rule that
scans use. Where vegas of different expiries are only correlated by :math:`\rho < 1`, V becomes
:math:`\pm\sqrt{\sum_{kl} \rho_{kl} V_k V_l}` with the sign of the sum.

No leg is revalued: what the Greeks of today do not say about prices far away, this margin does not see.
"""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from greekslab.book.along import checked_moves
from greekslab.book.instruments import Option
from greekslab.book.legs import is_inverse_future, loosened, option_legs, slope
from greekslab.book.positions import Book
from greekslab.errors import InputError
from greekslab.inputs import SMALLEST, checked_type, number
from greekslab.margin.account import as_account
from greekslab.margin.report import MarginReport
from greekslab.market.market import Market
from greekslab.pricing.black import greeks
from greekslab.risk.maximum_loss import quadratic, worst_quadratic
from greekslab.scenarios.sets import VolRule, scenario_name

# The box of Paradex's core scenarios, so that the two models differ in the revaluation alone.
MOVES = (-0.16, 0.16)
VOL_RULE = VolRule(up=0.40, down=0.22, short_power=0.30, long_power=0.13, floor_days=1.0)
TERMS = ("delta", "gamma", "vega", "vanna", "volga")


@dataclass(frozen=True)
class GreekMargin:
    """Charge the worst of the quadratic P&L, underlying by underlying.

    Parameters
    ----------
    moves : (float, float)
        Least and greatest relative move of the spot, 0 between them.
    vol_rule : VolRule
        How far volatility moves down and up, and how that depends on the days to expiry; its floors and skew must be
        empty, since a Greek cannot see them.
    vanna_volga : bool
        Whether vanna and volga count as well.
    vega_correlation : float
        Correlation of the vol changes of any two expiries, from 0 to 1; 1 lets them offset in full.
    initial_factor, maintenance_factor : float
        What the worst loss is multiplied by, above 0.
    name, certainty, note : str
        For the report.
    """

    moves: tuple[float, float] = MOVES
    vol_rule: VolRule = VOL_RULE
    vanna_volga: bool = False
    vega_correlation: float = 1.0
    initial_factor: float = 1.0
    maintenance_factor: float = 0.5
    name: str = "Greek margin"
    certainty: str = "generic"
    note: str = "No leg is revalued: far moves are judged by the Greeks of today."

    def __post_init__(self):
        for which in ("initial_factor", "maintenance_factor"):
            number(which, getattr(self, which), "give a finite factor above 0", least=SMALLEST)
        number("vega_correlation", self.vega_correlation, "give a correlation from 0 to 1", least=0.0, most=1.0)
        rule = checked_type("vol_rule", self.vol_rule, VolRule, "give VolRule(up=0.4, down=0.22)")
        if rule.min_vol_up > 0.0 or rule.skew is not None:
            raise InputError("vol_rule", rule, "leave out min_vol_up and skew: a Greek cannot see a floor or a tilt")
        worst_quadratic(0.0, 0.0, moves=self.moves, vols=self._vols)  # refuses a box without today in it

    @property
    def _vols(self):
        return -self.vol_rule.down, self.vol_rule.up

    def terms(self, book: Book, market: Market) -> pd.DataFrame:
        """Return the Greeks of every position in money, as the rule sums them within an underlying.

        Returns
        -------
        DataFrame
            One row per position; ``delta`` and ``gamma`` (quote currency per 100 % move, and its change per 100 %),
            ``vega`` (quote currency per unit of the change of a 30-day volatility), with ``vanna_volga`` also
            ``vanna`` and ``volga``.
        """
        names = TERMS if self.vanna_volga else TERMS[:3]
        table = pd.DataFrame(0.0, index=pd.Index(book.names, name="instrument"), columns=list(names))
        for _, legs, terms in self._terms(book, market, np.zeros(1)):
            table.iloc[legs] = np.column_stack([values[0] for values in terms.values()])
        return table

    def pnl(self, book: Book, market: Market, moves, vol: float = 0.0) -> np.ndarray:
        """Return what the quadratic says the book earns after moves of all spots, quote currency, shape (moves,).

        Parameters
        ----------
        moves : array
            Relative moves, above -1.
        vol : float
            Change of a 30-day volatility, in the unit of the vol rule; expiries offset each other in full.
        """
        return quadratic(move=checked_moves(moves), vol=vol, **self.terms(book, market).sum())

    def margin(self, account, market: Market) -> MarginReport:
        """Report the requirement of an `Account` or a `Book`."""
        account = as_account(account)
        book = account.book
        parts, by_leg, found = dict.fromkeys(TERMS, 0.0), np.zeros(len(book)), []
        for underlying, legs, terms in self._terms(book, market, np.zeros(1)):
            terms = {name: values[0] for name, values in terms.items()}
            sums, share = self._sums(terms, _expiries(book, legs))
            point = self._worst(sums)
            x, y = point.move, point.vol
            at = {"delta": x, "gamma": 0.5 * x * x, "vega": y, "vanna": x * y, "volga": 0.5 * y * y}
            loss = {name: -at[name] * terms[name] * (share if name == "vega" else 1.0) for name in terms}
            by_leg[legs] = sum(loss.values())
            for name, values in loss.items():
                parts[name] += float(values.sum())
            if point.loss > 0.0:
                found.append((underlying, scenario_name(x, y or "none")))
        index = pd.Index(book.names, name="instrument")
        label = "{0}: {1}" if len(book.underlyings) > 1 else "{1}"
        factors = self.initial_factor, self.maintenance_factor
        return MarginReport(
            rule=self.name,
            equity=account.equity(market),
            parts={name: tuple(f * amount for f in factors) for name, amount in parts.items() if amount != 0.0},
            contributions=pd.Series(self.initial_factor * by_leg, index),
            marginal=pd.Series(self.initial_factor * self._saved(book, market), index),
            binding="; ".join(label.format(*each) for each in found) or None,
            certainty=self.certainty,
            note=self.note,
        )

    def requirement(self, book: Book, market: Market) -> tuple[float, float]:
        """Return the initial and maintenance requirement alone, quote currency."""
        return tuple(float(x) for x in self.requirements_along(book, market, [0.0])[0])

    def stand_alone(self, book: Book, market: Market) -> np.ndarray:
        """Return the initial requirement of every position alone, quote currency, shape (positions,)."""
        alone = np.zeros(len(book))
        for _, legs, terms in self._terms(book, market, np.zeros(1)):
            alone[legs] = self._worst({name: values[0] for name, values in terms.items()}).loss
        return self.initial_factor * alone

    def requirements_along(self, book: Book, market: Market, moves) -> np.ndarray:
        """Return the requirements after each of several moves of all spots, shape (moves, 2), quote currency."""
        moves = checked_moves(moves)
        loss = np.zeros(len(moves))
        for _, legs, terms in self._terms(book, market, moves):
            loss += self._worst(self._sums(terms, _expiries(book, legs))[0]).loss
        return np.outer(loss, [self.initial_factor, self.maintenance_factor])

    def _worst(self, sums):
        return worst_quadratic(**sums, moves=self.moves, vols=self._vols)

    def _saved(self, book, market):
        """Return by how much the loss falls when each leg is closed: all but one leg, for all legs at once."""
        saved = np.zeros(len(book))
        for _, legs, terms in self._terms(book, market, np.zeros(1)):
            stay = 1.0 - np.eye(len(legs))
            expiries = _expiries(book, legs)
            whole = self._worst(self._sums(terms, expiries)[0]).loss
            rest = self._worst(self._sums({name: values * stay for name, values in terms.items()}, expiries)[0])
            saved[legs] = whole - rest.loss
        return saved

    def _terms(self, book, market, moves):
        """Yield each underlying, its legs, and their Greeks in money after each move, shape (moves, legs)."""
        names = TERMS if self.vanna_volga else TERMS[:3]
        table = {name: np.zeros((len(moves), len(book))) for name in names}
        growth = 1.0 + moves[:, None]
        for i, position in enumerate(book):
            if not isinstance(position.instrument, Option):
                level = 1.0 if is_inverse_future(position.instrument) else growth[:, 0]
                table["delta"][:, i] = position.quantity * slope(position.instrument, market) * level
        options = option_legs(book, market)
        if options is not None:
            forward, columns = loosened(options, growth) * options.forward, options.columns
            moving = growth * options.loose * options.forward
            g = greeks(
                forward=forward, strike=options.strike, vol=options.vol, tau=options.tau,
                kind=np.where(options.sign > 0.0, "call", "put"), order=2 if self.vanna_volga else 1,
            )  # fmt: skip
            if (kinked := ~np.isfinite(g.gamma).reshape(-1, len(columns)).all(axis=0)).any():
                name = book.names[columns[int(kinked.argmax())]]
                raise InputError("option", name, "at its strike, out of time or volatility, it has no gamma; use Scan")
            held = options.unit * book.quantities[columns]
            unit = self.vol_rule.scale(options.tau * 365.0) * (options.vol if self.vol_rule.relative else 1.0)
            table["delta"][:, columns] = held * g.delta * moving
            table["gamma"][:, columns] = held * g.gamma * moving**2
            table["vega"][:, columns] = held * g.vega * unit
            if self.vanna_volga:
                table["vanna"][:, columns] = held * g.vanna * moving * unit
                table["volga"][:, columns] = held * g.volga * unit**2
        for underlying in book.underlyings:
            legs = [i for i, p in enumerate(book) if p.instrument.underlying == underlying]
            yield underlying, legs, {name: values[:, legs] for name, values in table.items()}

    def _sums(self, terms, expiries):
        """Return the Greeks of the book, and the share of every leg's vega that counts."""
        sums = {name: values.sum(axis=-1) for name, values in terms.items()}
        if self.vega_correlation == 1.0:
            return sums, 1.0
        by_expiry = terms["vega"] @ expiries
        correlated = self.vega_correlation * sums["vega"][..., None] + (1.0 - self.vega_correlation) * by_expiry
        size = np.sqrt(np.maximum((by_expiry * correlated).sum(axis=-1), 0.0))
        sums["vega"] = np.where(sums["vega"] > 0.0, size, -size)
        correlated = correlated @ expiries.T
        whole = np.broadcast_to(sums["vega"][..., None], correlated.shape)  # 0 where the squares of vegas underflow
        return sums, np.divide(correlated, whole, out=np.zeros_like(correlated), where=whole != 0.0)


def _expiries(book, legs) -> np.ndarray:
    """Return which leg belongs to which expiry as 0 and 1, shape (legs, expiries)."""
    dates = [getattr(book.positions[i].instrument, "expiry", None) for i in legs]
    return np.array([[date == each for each in dict.fromkeys(dates)] for date in dates], dtype=float)
