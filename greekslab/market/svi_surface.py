"""A surface of SVI slices, one per expiry, that answers as a smile of a `Market` does.

Each slice keeps the forward it was fitted with. When a scenario moves the market's forward, the volatility of a
strike stays where it is (sticky strike), as with `Smile`.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from greekslab.errors import InputError
from greekslab.inputs import checked_type, number, numbers
from greekslab.market.arbitrage import calendar
from greekslab.market.smile import factors_by_expiry
from greekslab.market.svi import Svi
from greekslab.market.times import utc


@dataclass(frozen=True, eq=False)
class SviSurface:
    """Slices by expiry, with their forwards.

    Parameters
    ----------
    slices : mapping of Timestamp to Svi
        The slice of each expiry.
    forwards : mapping of Timestamp to float
        The forward of each of these expiries when the slice was fitted, quote currency.

    Examples
    --------
    >>> from greekslab.market import Market, fit_surface, btc_smile, SMILE_TIME
    >>> surface = fit_surface(btc_smile(), time=SMILE_TIME)
    >>> market = Market(SMILE_TIME, {"BTC": 66_570.0}, Market.btc().forwards, {"BTC": surface})
    >>> bool(0.86 < market.vol("BTC", "2021-11-05 08:00", 64_000.0) < 0.88)
    True
    """

    slices: Mapping[pd.Timestamp, Svi]
    forwards: Mapping[pd.Timestamp, float]

    def __post_init__(self):
        for name in ("slices", "forwards"):
            checked_type(name, getattr(self, name), Mapping, "give a mapping from expiry to its slice or forward")
        slices = {utc(e, "expiry"): checked_type("slice", s, Svi, "give an Svi") for e, s in self.slices.items()}
        remedy = "give a finite price above 0, in quote currency"
        forwards = {utc(e, "expiry"): number("forward", f, remedy, above=0.0) for e, f in self.forwards.items()}
        if not slices:
            raise InputError("slices", slices, "give the slice of at least one expiry")
        if lone := sorted(set(slices) ^ set(forwards)):
            raise InputError("expiry", f"{lone[0]:%Y-%m-%d}", "give each expiry both a slice and a forward")
        object.__setattr__(self, "slices", dict(sorted(slices.items())))
        object.__setattr__(self, "forwards", dict(sorted(forwards.items())))

    def _slice(self, expiry, strike):
        """Return the slice of an expiry and k of the strikes on it."""
        expiry = utc(expiry, "expiry")
        strike = numbers("strike", strike, "give a strike above 0, in quote currency", above=0.0)
        if expiry not in self.slices:
            known = ", ".join(f"{e:%Y-%m-%d}" for e in self.slices)
            raise InputError("expiry", f"{expiry:%Y-%m-%d}", f"the surface has no such expiry; choose one of {known}")
        return self.slices[expiry], np.log(strike / self.forwards[expiry])

    def vol(self, expiry: pd.Timestamp, strike):
        """Return the volatility of `strike` (quote currency, float or array) at an expiry of the surface."""
        svi, k = self._slice(expiry, strike)
        return svi.vol(k)

    def vol_slope(self, expiry: pd.Timestamp, strike):
        """Return the skew there: change of volatility per 1 of ln(strike / forward)."""
        svi, k = self._slice(expiry, strike)
        return svi.vol_slope(k)

    def scaled(self, factor) -> "SviSurface":
        """Return a copy with volatilities multiplied by `factor`, or by its entry for each expiry it names."""
        factors = factors_by_expiry(factor, self.slices)
        return SviSurface({e: svi.scaled(factors[e]) for e, svi in self.slices.items()}, self.forwards)

    def arbitrage(self) -> pd.DataFrame:
        """Tabulate the checks for static arbitrage.

        Returns
        -------
        DataFrame
            One row per expiry: g, the smallest of Durrleman's function, and g_k, where it is; wing, the steeper
            slope of total variance (below 2); gap, the smallest total variance above the expiry before, and
            gap_k (NaN for the first); butterfly, calendar and free: whether there is none.
        """
        rows, before = [], None
        for expiry, svi in self.slices.items():
            own = svi.butterfly()
            step = None if before is None else calendar(before, svi)
            rows.append({
                "expiry": expiry, "g": own.g, "g_k": own.k, "wing": own.wing,
                "gap": np.nan if step is None else step.gap, "gap_k": np.nan if step is None else step.k,
                "butterfly": own.free, "calendar": step is None or step.free,
            })  # fmt: skip
            before = svi
        table = pd.DataFrame(rows).set_index("expiry")
        table["free"] = table["butterfly"] & table["calendar"]
        return table
