"""Implied volatility by expiry and strike: flat, or read off quotes.

A smile here answers one question: which volatility does this option have *now*? Between quoted strikes it is
linear in ln(strike), beyond the last quote it stays flat. When a scenario moves the spot the volatility of a strike
stays where it is (sticky strike), and the scenario's own vol rule changes it.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from greekslab.errors import InputError
from greekslab.inputs import number, numbers
from greekslab.market.times import utc

_VOL = "give volatilities per year as decimals, 0 or more (0.6 is 60 %)"
_STRIKE = "give a strike above 0, in quote currency"


@dataclass(frozen=True)
class FlatVol:
    """One volatility for every expiry and strike (per year, decimal)."""

    level: float

    def __post_init__(self):
        object.__setattr__(self, "level", number("vol", self.level, _VOL, least=0.0))

    def vol(self, expiry: pd.Timestamp, strike):
        """Return the level, shaped like `strike`."""
        return np.full(np.shape(strike), self.level)[()]

    def scaled(self, factor: float) -> "FlatVol":
        """Return a copy with the volatility multiplied by `factor`."""
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
        expiry, strike = utc(expiry, "expiry"), numbers("strike", strike, _STRIKE, above=0.0)
        if expiry not in self.quotes:
            known = ", ".join(f"{e:%Y-%m-%d}" for e in self.quotes) or "none"
            raise InputError("expiry", f"{expiry:%Y-%m-%d}", f"the smile has no such expiry; choose one of {known}")
        strikes, vols = self.quotes[expiry]
        return np.interp(np.log(strike), np.log(strikes), vols)

    def scaled(self, factor: float) -> "Smile":
        """Return a copy with every volatility multiplied by `factor`."""
        return Smile({expiry: (strikes, vols * factor) for expiry, (strikes, vols) in self.quotes.items()})
