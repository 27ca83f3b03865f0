"""Implied volatility by expiry and strike: flat, or read off quotes.

A surface here answers one question: which volatility does this option have *now*? Between quoted strikes it is
linear in ln(strike), beyond the last quote it stays flat. When a scenario moves the spot the volatility of a strike
stays where it is (sticky strike), and the scenario's own vol rule changes it. `SviSurface` answers in the same way from
fitted curves.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol, runtime_checkable

import numpy as np
import pandas as pd

from greekslab.errors import InputError
from greekslab.inputs import number, numbers
from greekslab.market.times import utc

_VOL = "give volatilities per year as decimals, 0 or more (0.6 is 60 %)"
_STRIKE = "give a strike above 0, in quote currency"


@runtime_checkable
class VolSurface(Protocol):
    """What a market asks of the volatilities of one underlying."""

    def vol(self, expiry: pd.Timestamp, strike):
        """Return the volatility per year (decimal) of `strike`, shaped like it."""

    def vol_slope(self, expiry: pd.Timestamp, strike):
        """Return the skew there: change of volatility per 1 of ln(strike), shaped like `strike`."""

    def scaled(self, factor) -> "VolSurface":
        """Return a copy with volatilities multiplied by `factor`, or by its entry for each expiry it names."""


def factors_by_expiry(factor, expiries) -> dict[pd.Timestamp, float]:
    """Return the factor of every expiry: `factor` itself, or its entry for an expiry where it is a mapping, else 1."""
    remedy = "give a factor of 0 or more"
    if not isinstance(factor, Mapping):
        return dict.fromkeys(expiries, number("factor", factor, remedy, least=0.0))
    named = {utc(e, "expiry"): number(f"factor of {e}", f, remedy, least=0.0) for e, f in factor.items()}
    if unknown := sorted(set(named) - set(expiries)):
        known = ", ".join(f"{e:%Y-%m-%d %H:%M}" for e in expiries) or "none"
        raise InputError("expiry", f"{unknown[0]:%Y-%m-%d %H:%M}", f"no volatility for it; there are {known}")
    return {e: named.get(e, 1.0) for e in expiries}


@dataclass(frozen=True)
class FlatVol:
    """One volatility for every expiry and strike (per year, decimal)."""

    level: float

    def __post_init__(self):
        object.__setattr__(self, "level", number("vol", self.level, _VOL, least=0.0))

    def vol(self, expiry: pd.Timestamp, strike):
        """Return the level, shaped like `strike`."""
        return np.full(np.shape(strike), self.level)[()]

    def vol_slope(self, expiry: pd.Timestamp, strike):
        """Return 0, shaped like `strike`: a flat volatility has no skew."""
        return np.zeros(np.shape(strike))[()]

    def scaled(self, factor: float) -> "FlatVol":
        """Return a copy with the volatility multiplied by `factor`."""
        if isinstance(factor, Mapping):
            raise InputError("factor", factor, "a flat volatility has no expiries; give one number, or use a Smile")
        return FlatVol(self.level * factor)


@dataclass(frozen=True, eq=False)
class Smile:
    """Quoted volatilities of one underlying.

    Parameters
    ----------
    quotes : mapping of Timestamp to (strikes, vols)
        Per expiry the strikes (quote currency) and mid volatilities (per year, decimal).
    """

    quotes: Mapping[pd.Timestamp, tuple[np.ndarray, np.ndarray]]

    def __post_init__(self):
        clean = {}
        for expiry, (strikes, vols) in sorted((utc(e, "expiry"), quotes) for e, quotes in self.quotes.items()):
            where = f"strikes of {expiry:%Y-%m-%d}"
            strikes, vols = numbers(where, strikes, _STRIKE, above=0.0), numbers("vol", vols, _VOL, least=0.0)
            if strikes.ndim != 1 or strikes.size == 0 or strikes.shape != vols.shape:
                raise InputError(where, strikes, f"give as many strikes as volatilities, there are {vols.size}")
            order = np.argsort(strikes)
            if np.any(np.diff(strikes[order]) <= 0.0):
                raise InputError(where, strikes, "give each strike once")
            clean[expiry] = (strikes[order], vols[order])
        object.__setattr__(self, "quotes", clean)

    def vol(self, expiry: pd.Timestamp, strike):
        """Interpolate the volatility of `strike` (float or array) at a quoted `expiry`.

        Linear in ln(strike) between quotes, flat beyond them.
        """
        strike, strikes, vols = self._quotes(expiry, strike)
        return np.interp(np.log(strike), np.log(strikes), vols)

    def vol_slope(self, expiry: pd.Timestamp, strike):
        """Return the skew there: change of volatility per 1 of ln(strike).

        The slope between the two quotes around `strike`, 0 beyond the last; at a quoted strike, where the line bends,
        the mean of both sides.
        """
        strike, strikes, vols = self._quotes(expiry, strike)
        slopes = np.concatenate([[0.0], np.diff(vols) / np.diff(np.log(strikes)), [0.0]])
        left, right = (slopes[np.searchsorted(strikes, strike, side)] for side in ("left", "right"))
        return ((left + right) / 2.0)[()]

    def _quotes(self, expiry, strike):
        """Return the strike read, and the strikes and volatilities quoted for an expiry."""
        expiry, strike = utc(expiry, "expiry"), numbers("strike", strike, _STRIKE, above=0.0)
        if expiry not in self.quotes:
            known = ", ".join(f"{e:%Y-%m-%d}" for e in self.quotes) or "none"
            raise InputError("expiry", f"{expiry:%Y-%m-%d}", f"the smile has no such expiry; choose one of {known}")
        return strike, *self.quotes[expiry]

    def scaled(self, factor) -> "Smile":
        """Return a copy with volatilities multiplied by `factor`, or by its entry for each expiry it names."""
        factors = factors_by_expiry(factor, self.quotes)
        return Smile({e: (strikes, vols * factors[e]) for e, (strikes, vols) in self.quotes.items()})
