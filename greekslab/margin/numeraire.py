r"""One position and its collateral, counted in dollars and in coin.

A contract is *linear in unit u* if its profit, counted in u, is a straight line in the price. With :math:`S_0`
the entry and :math:`S` the mark, the profit in quote currency is

.. math::

    P(S) = q\,(S - S_0) \quad\text{(linear)}, \qquad
    P(S) = N\Bigl(\frac1{S_0} - \frac1S\Bigr) S = N\Bigl(\frac S{S_0} - 1\Bigr) \quad\text{(inverse)}, \qquad
    P(S) = q\,\bigl(X(S) - X_0\bigr)\,S \quad\text{(coin-settled option, price } X \text{ in coin)},

and the equity of the position depends on what the margin :math:`m` is made of:

.. math:: E(S) = m + P(S) \quad\text{(stable)}, \qquad E(S) = m\,\frac S{S_0} + P(S) \quad\text{(coin)}.

Divide by :math:`S` to count in coin. The maintenance requirement is a rate of the notional at the mark:
:math:`\mu |q| S` for linear contracts and options, :math:`\mu |N|` for inverse ones, whose notional is fixed in
quote currency. Liquidation comes where equity falls to it, bankruptcy where equity falls to 0.

References
----------
BitMEX, Inverse Perpetual Guide (contract calculations). Lucic, V. and Sepp, A. (2024). Valuation and hedging of
cryptocurrency inverse options. Quantitative Finance 24(7), 851-869 (accounting in dollars and in coin).
"""

from dataclasses import dataclass

import numpy as np
from scipy.optimize import brentq

from greekslab.errors import InputError
from greekslab.inputs import BELOW_ONE, number, numbers
from greekslab.pricing.contracts import inverse_pnl, linear_pnl
from greekslab.pricing.inverse import coin_price
from greekslab.pricing.labels import plain

CONTRACTS = ("linear", "inverse", "call", "put")
# Prices searched for liquidation, as multiples of the entry: a factor of 1000 either way is beyond any one trade,
# and neighbouring points are 3.5 % apart, so that one bracket cannot hide two crossings of these smooth curves.
_SEARCH = np.geomspace(1.0, 1000.0, 201)


@dataclass(frozen=True)
class IsolatedPosition:
    """A position, and the margin that may be lost to it.

    Parameters
    ----------
    contract : str
        "linear" or "inverse" (perpetual or future), "call" or "put" (coin-settled option).
    size : float
        Coins of notional at entry, long > 0, short < 0. An inverse contract on it has ``size * entry`` contracts.
    entry : float
        Price at entry, quote currency.
    leverage : float
        Notional at entry over margin, above 0.
    collateral : str
        "stable": the margin is quote currency. "coin": it is coin, bought at the entry price.
    mmr : float
        Maintenance rate of the notional at the mark, in [0, 1).
    strike, vol, tau : float
        Options only: strike (quote currency; 0 means at the money), volatility (per year, decimal) and years to
        expiry. The forward is taken to be the price.

    Examples
    --------
    >>> long = IsolatedPosition("inverse", size=1, entry=50_000, leverage=10, collateral="coin")
    >>> [round(price, 2) for price in long.liquidation() if price]
    [47727.27]
    """

    contract: str
    size: float
    entry: float
    leverage: float
    collateral: str = "stable"
    mmr: float = 0.05
    strike: float = 0.0
    vol: float = 0.6
    tau: float = 30 / 365

    def __post_init__(self):
        if self.contract not in CONTRACTS:
            raise InputError("contract", self.contract, f"choose one of {', '.join(CONTRACTS)}")
        if self.collateral not in ("stable", "coin"):
            raise InputError("collateral", self.collateral, 'say "stable" or "coin"')
        if number("size", self.size, "give a finite number of coins other than 0") == 0.0:
            raise InputError("size", self.size, "give a finite number of coins other than 0")
        for name in ("entry", "leverage"):
            number(name, getattr(self, name), "give a finite number above 0", above=0.0)
        number("mmr", self.mmr, "give a maintenance rate from 0 to below 1", least=0.0, most=BELOW_ONE)
        for name in ("strike", "vol", "tau"):
            number(name, getattr(self, name), "give a finite number, 0 or more", least=0.0)

    @property
    def margin(self) -> float:
        """Margin at entry, worth this much quote currency then."""
        return abs(self.size) * self.entry / self.leverage

    def option_coins(self, price):
        """Return what one option is worth in coin at `price`; 0 for other contracts."""
        if self.contract not in ("call", "put"):
            return plain(np.zeros_like(price, dtype=float))
        strike = self.strike or self.entry
        return coin_price(forward=price, strike=strike, vol=self.vol, tau=self.tau, kind=self.contract)

    def pnl(self, price):
        """Return the profit of the contract alone since entry, quote currency.

        Parameters
        ----------
        price : float or array
            Mark price, quote currency, above 0.
        """
        if self.contract == "linear":
            return linear_pnl(quantity=self.size, entry=self.entry, exit=price)
        if self.contract == "inverse":
            return inverse_pnl(contracts=self.size * self.entry, entry=self.entry, exit=price) * price
        return self.size * (self.option_coins(price) - self.option_coins(self.entry)) * price

    def collateral_value(self, price):
        """Return what the margin is worth at `price`, quote currency."""
        relative = _mark(price) / self.entry
        return plain(self.margin * (relative if self.collateral == "coin" else np.ones_like(relative)))

    def equity(self, price):
        """Return margin and profit together at `price`, quote currency."""
        return self.collateral_value(price) + self.pnl(price)

    def notional(self, price):
        """Return the notional at `price`, quote currency: fixed at entry for inverse contracts."""
        level = _mark(price)
        if self.contract == "inverse":
            level = np.full_like(level, self.entry)
        return plain(abs(self.size) * level)

    def maintenance(self, price):
        """Return the maintenance requirement at `price`, quote currency."""
        return self.mmr * self.notional(price)

    def liquidation(self) -> tuple[float | None, float | None]:
        """Return the nearest prices below and above the entry at which equity falls to the maintenance requirement.

        None where there is none within a factor of 1000. A position that starts below its requirement gives
        its entry twice.
        """
        return self._crossings(lambda price: self.equity(price) - self.maintenance(price))

    def bankruptcy(self) -> tuple[float | None, float | None]:
        """Return the nearest prices below and above the entry at which equity falls to 0; None as above."""
        return self._crossings(self.equity)

    def _crossings(self, slack):
        if slack(self.entry) < 0.0:
            return self.entry, self.entry
        return self._first(slack, self.entry / _SEARCH), self._first(slack, self.entry * _SEARCH)

    def _first(self, slack, prices):
        # Slack within rounding of 0 at a point (a flat account) is not a crossing.
        below = np.flatnonzero(slack(prices) < -1e-9 * abs(self.size) * self.entry)
        if below.size == 0:
            return None
        i = below[0]
        return float(brentq(slack, prices[i - 1], prices[i], xtol=1e-9 * self.entry))


def _mark(price):
    return numbers("price", price, "give a finite mark price above 0, in quote currency", above=0.0)
