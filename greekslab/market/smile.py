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


def _positive_vols(vols):
    array = np.asarray(vols, dtype=float)
    if not np.all((array >= 0.0) & (array < np.inf)):
        raise InputError("vol", vols, "give volatilities per year as decimals, 0 or more (0.6 is 60 %)")
    return array


@dataclass(frozen=True)
class FlatVol:
    """One volatility for every expiry and strike (per year, decimal)."""

    level: float

    def __post_init__(self):
        _positive_vols(self.level)

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
        for expiry, (strikes, vols) in sorted(self.quotes.items()):
            strikes, vols = np.asarray(strikes, dtype=float), _positive_vols(vols)
            order = np.argsort(strikes)
            if strikes.size == 0 or strikes[order[0]] <= 0.0 or np.any(np.diff(strikes[order]) <= 0.0):
                raise InputError(f"strikes of {expiry:%Y-%m-%d}", strikes, "give each strike once, above 0")
            clean[expiry] = (strikes[order], vols[order])
        object.__setattr__(self, "quotes", clean)

    def vol(self, expiry: pd.Timestamp, strike):
        """Interpolate the volatility of `strike` (float or array) at a quoted `expiry`.

        Linear in ln(strike) between quotes, flat beyond them.
        """
        if expiry not in self.quotes:
            known = ", ".join(f"{e:%Y-%m-%d}" for e in self.quotes)
            raise InputError("expiry", f"{expiry:%Y-%m-%d}", f"the smile has no such expiry; choose one of {known}")
        strikes, vols = self.quotes[expiry]
        return np.interp(np.log(strike), np.log(strikes), vols)

    def scaled(self, factor: float) -> "Smile":
        """Return a copy with every volatility multiplied by `factor`."""
        return Smile({expiry: (strikes, vols * factor) for expiry, (strikes, vols) in self.quotes.items()})
