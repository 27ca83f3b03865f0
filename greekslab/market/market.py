"""The state of the market at one instant: spots, forwards, volatilities, rates, funding, confidence.

A `Market` is what every price in the package is computed from. It is immutable: a shocked market is another market.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace

import pandas as pd

from greekslab.errors import InputError
from greekslab.inputs import number
from greekslab.market.observed import READERS, feed_key, table
from greekslab.market.smile import FlatVol, Smile, VolSurface
from greekslab.market.times import SECONDS_PER_YEAR, utc


@dataclass(frozen=True, eq=False)
class Market:
    """Everything observable at one instant, quote currency throughout.

    Parameters
    ----------
    time : Timestamp
        The instant (UTC).
    spots : mapping of str to float
        Spot or index price of each underlying.
    forwards : mapping of str to mapping of Timestamp to float
        Forward of each underlying by expiry. Without any for an underlying, its forward is the spot.
    vols : mapping of str to FlatVol, Smile or SviSurface
        Implied volatility of each underlying.
    rate : float
        Continuously compounded rate per year that discounts option prices.
    funding : mapping of str to float
        Funding rate of the perpetual per 8 hours, decimal; longs pay when it is above 0.
    confidence : mapping of feed to float
        Confidence of the price feeds in [0, 1], for venues whose margin depends on it; 1 where not given. A feed is
        an underlying ("BTC": its spot), ("BTC", "perp"), or ("BTC", "forward" | "rate" | "vol", expiry).
    perps : mapping of str to float
        Price of the perpetual of each underlying, where it is apart from the spot.
    rates : mapping of str to mapping of Timestamp to float
        Rate of an expiry, continuously compounded per year, in place of `rate`.
    averaged : mapping of str to mapping of Timestamp to float
        Part of the forward, quote currency, that is fixed already because the settlement price is an average and its
        time has begun. A move of the spot moves the rest of the forward only. 0 where not given.
    stable_price : float
        Dollars that one unit of the stablecoin is worth in which cash is held, above 0: below 1 when it has lost its
        peg. Only rules whose venue looks at it use it; no price here is changed by it.
    """

    time: pd.Timestamp
    spots: Mapping[str, float]
    forwards: Mapping[str, Mapping[pd.Timestamp, float]] = field(default_factory=dict)
    vols: Mapping[str, VolSurface] = field(default_factory=dict)
    rate: float = 0.0
    funding: Mapping[str, float] = field(default_factory=dict)
    confidence: Mapping = field(default_factory=dict)
    perps: Mapping[str, float] = field(default_factory=dict)
    rates: Mapping[str, Mapping[pd.Timestamp, float]] = field(default_factory=dict)
    averaged: Mapping[str, Mapping[pd.Timestamp, float]] = field(default_factory=dict)
    stable_price: float = 1.0

    def __post_init__(self):
        object.__setattr__(self, "time", utc(self.time))
        for name, read in READERS.items():
            object.__setattr__(self, name, table(name.removesuffix("s"), getattr(self, name), read))
        if not self.spots:
            raise InputError("spots", self.spots, "give the spot price of at least one underlying")
        rate = number("rate", self.rate, "give a finite continuously compounded rate per year")
        object.__setattr__(self, "rate", rate)
        remedy = "give the dollars that one unit of the stablecoin is worth, above 0"
        object.__setattr__(self, "stable_price", number("stable_price", self.stable_price, remedy, above=0.0))
        if self.confidence:
            object.__setattr__(self, "confidence", {feed_key(key): value for key, value in self.confidence.items()})
        for underlying, parts in self.averaged.items():
            for expiry, part in parts.items():
                if part > (whole := self.forward(underlying, expiry)):
                    where = f"averaged part of {underlying} for {expiry:%Y-%m-%d %H:%M}"
                    raise InputError(where, part, f"it is more than the whole forward, {whole:g}")

    # --- construction ------------------------------------------------------------------------------------------

    @classmethod
    def toy(cls, *, spot=100.0, vol=0.6, days=30.0) -> "Market":
        """Build the toy world of the first chapters: forward 100, volatility 60 %, one expiry in 30 days, rate 0.

        With a list of `days` it has one expiry for each.
        """
        time = utc("2024-01-01 08:00")
        expiries = [_later(time, each) for each in (days if isinstance(days, Iterable) else [days])]
        return cls(time, {"TOY": spot}, {"TOY": dict.fromkeys(expiries, spot)}, {"TOY": FlatVol(vol)})

    @classmethod
    def btc(cls) -> "Market":
        """Build the real BTC market of 2021-10-20 21:24:34 UTC from the embedded Deribit smile (mid vols)."""
        from greekslab.market.data import SMILE_TIME, btc_smile

        return cls.from_chain(btc_smile(), time=SMILE_TIME, underlying="BTC")

    @classmethod
    def from_chain(cls, chain, *, time, underlying, spot=None, rate=0.0, funding=0.0) -> "Market":
        """Build a market from a table of option quotes.

        Parameters
        ----------
        chain : DataFrame, path or buffer
            Columns expiry, strike, kind, forward and either vol or bid_vol and ask_vol (decimals).
        time : Timestamp or str
            The instant of the quotes (UTC).
        underlying : str
            Name of the underlying.
        spot : float, optional
            Spot price; where it is not given it is extrapolated from the forwards.
        rate, funding : float
            Discount rate per year; funding per 8 hours.
        """
        from greekslab.market.data import implied_spot
        from greekslab.market.prices import read_chain

        time, chain = utc(time), read_chain(chain)
        if expired := [e for e in chain["expiry"].unique() if e <= time]:
            raise InputError("expiry", f"{expired[0]:%Y-%m-%d %H:%M}", f"it is not after the quotes' time {time}")
        groups = list(chain.groupby("expiry"))
        curve = {expiry: float(rows["forward"].iloc[0]) for expiry, rows in groups}
        smile = Smile({expiry: _mids(rows) for expiry, rows in groups})
        spot = implied_spot(chain, time) if spot is None else spot
        return cls(time, {underlying: spot}, {underlying: curve}, {underlying: smile}, rate, {underlying: funding})

    # --- questions ---------------------------------------------------------------------------------------------

    def _known(self, table, underlying, what):
        if not isinstance(underlying, str) or underlying not in table:
            known = ", ".join(table) or "none"
            raise InputError("underlying", underlying, f"the market has no {what} for it (it has {known}); add one")
        return table[underlying]

    def spot(self, underlying: str) -> float:
        """Return the spot price of `underlying`."""
        return self._known(self.spots, underlying, "spot")

    def forward(self, underlying: str, expiry: pd.Timestamp) -> float:
        """Return the forward of `underlying` for `expiry`."""
        curve, expiry = self.forwards.get(underlying), utc(expiry, "expiry")
        if not curve:
            return self.spot(underlying)
        if expiry not in curve:
            known = ", ".join(f"{e:%Y-%m-%d}" for e in sorted(curve))
            raise InputError(f"expiry of {underlying}", f"{expiry:%Y-%m-%d}", f"no forward for it; there are {known}")
        return curve[expiry]

    def perp(self, underlying: str) -> float:
        """Return the price of the perpetual of `underlying`: the spot where none is given."""
        return self.perps[underlying] if underlying in self.perps else self.spot(underlying)

    def rate_of(self, underlying: str, expiry: pd.Timestamp) -> float:
        """Return the rate per year that discounts an option of `underlying` with this `expiry`."""
        rates = self.rates.get(underlying)
        return rates.get(utc(expiry, "expiry"), self.rate) if rates else self.rate

    def loose_share(self, underlying: str, expiry: pd.Timestamp) -> float:
        """Return the share of the forward that still moves with the spot: 1 but for an average in the making."""
        parts = self.averaged.get(underlying)
        part = parts.get(utc(expiry, "expiry"), 0.0) if parts else 0.0
        return 1.0 - part / self.forward(underlying, expiry) if part else 1.0

    def confidence_in(self, underlying: str, feed: str = "spot", expiry: pd.Timestamp | None = None) -> float:
        """Return the confidence of a price feed, in [0, 1].

        Parameters
        ----------
        underlying : str
        feed : {"spot", "perp", "forward", "rate", "vol"}
        expiry : Timestamp, optional
            Of a forward, a rate or volatilities.
        """
        if feed == "spot":
            return self.confidence.get(underlying, 1.0)
        return self.confidence.get(feed_key((underlying, feed) if feed == "perp" else (underlying, feed, expiry)), 1.0)

    def vol(self, underlying: str, expiry: pd.Timestamp, strike):
        """Return the implied volatility of `strike` (quote currency, float or array), per year, decimal."""
        return self._known(self.vols, underlying, "volatility").vol(expiry, strike)

    def vol_slope(self, underlying: str, expiry: pd.Timestamp, strike):
        """Return the skew at `strike`: change of implied volatility per 1 of ln(strike / forward)."""
        return self._known(self.vols, underlying, "volatility").vol_slope(expiry, strike)

    def tau(self, expiry: pd.Timestamp) -> float:
        """Return the years (of 365 days) to `expiry`; negative once it has passed."""
        return (utc(expiry, "expiry") - self.time).total_seconds() / SECONDS_PER_YEAR

    def expiries(self, underlying: str) -> list[pd.Timestamp]:
        """Return the expiries of `underlying` in order of time."""
        return sorted(self.forwards.get(underlying, {}))

    def moved(self, move=0.0, *, vol_shift=0.0, days=0.0) -> "Market":
        """Return the market after a relative move of the spots, a relative change of all vols, and time.

        Parameters
        ----------
        move : float or mapping of str to float
            Relative move of spot, perpetual and forwards: -0.1 is 10 % down. A mapping moves the named underlyings
            only. What an average has fixed of a forward stays.
        vol_shift : float or mapping of Timestamp to float
            Relative change of every volatility, -1 or more: 0.4 turns 60 % into 84 %. A mapping shocks the expiries
            it names only.
        days : float
            Days that pass.
        """
        moves = move if isinstance(move, Mapping) else dict.fromkeys(self.spots, move)
        if unknown := set(moves) - set(self.spots):
            raise InputError("underlying", sorted(unknown)[0], f"the market has only {', '.join(self.spots)}")
        remedy = "a price cannot fall by 100 % or more; give a finite move above -1"
        moves = {u: number("move", m, remedy, above=-1.0) for u, m in moves.items()}
        vol_factor = _vol_factor(vol_shift)
        factor = {u: 1.0 + moves.get(u, 0.0) for u in self.spots}
        return replace(
            self,
            time=_later(self.time, days),
            spots={u: s * factor[u] for u, s in self.spots.items()},
            forwards={u: self._moved_curve(u, factor.get(u, 1.0)) for u in self.forwards},
            perps={u: p * factor.get(u, 1.0) for u, p in self.perps.items()},
            vols=self.vols if vol_factor == 1.0 else {u: s.scaled(vol_factor) for u, s in self.vols.items()},
        )

    def _moved_curve(self, underlying, factor):
        fixed = self.averaged.get(underlying, {})
        curve = self.forwards[underlying]
        return {e: f * factor if e not in fixed else (f - fixed[e]) * factor + fixed[e] for e, f in curve.items()}


def _vol_factor(shift):
    if isinstance(shift, Mapping):
        return {expiry: _vol_factor(one) for expiry, one in shift.items()}
    return 1.0 + number("vol_shift", shift, "give a relative change of -1 or more, 0.4 for 40 % up", least=-1.0)


def _later(time, days):
    remedy = "give a finite number of days, a few hundred years at most"
    try:
        return time + pd.Timedelta(days=number("days", days, remedy))
    except (OverflowError, pd.errors.OutOfBoundsDatetime, pd.errors.OutOfBoundsTimedelta):
        raise InputError("days", days, remedy) from None


def _mids(rows):
    """Return strikes and mid vols; where a strike is quoted as call and put, their mean."""
    by_strike = ((rows["bid_vol"] + rows["ask_vol"]) / 2.0).groupby(rows["strike"]).mean()
    return by_strike.index.to_numpy(dtype=float), by_strike.to_numpy(dtype=float)
