"""What can be held: options, futures, perpetuals and the coin itself.

Each instrument settles either *linear*, in quote currency, or *inverse*, in coin. Quantities are coins (long > 0,
short < 0); for inverse futures and perpetuals they are contracts of one unit of quote currency, as venues trade
them. Every instrument has a name a trader would recognise: "BTC-26NOV21-60000-C", "BTC-26NOV21", "BTC-PERP", "BTC";
coin-settled ones end in ":inverse".
"""

import re
from dataclasses import dataclass

import numpy as np
import pandas as pd

from greekslab.errors import InputError
from greekslab.inputs import checked_type, number
from greekslab.market.market import Market
from greekslab.market.times import utc
from greekslab.pricing.black import kind_sign

_EXPIRY_HOUR = 8  # options and futures of this market expire at 08:00 UTC unless their name says otherwise
_MONTHS = "JAN FEB MAR APR MAY JUN JUL AUG SEP OCT NOV DEC".split()
_NAME = re.compile(
    r"(?P<underlying>[A-Z0-9_]+)"
    r"(-(?P<perp>PERP(ETUAL)?)|-(?P<expiry>\d{1,2}[A-Z]{3}\d{2}(T\d{4})?)(-(?P<strike>[0-9.]+)-(?P<kind>[CP]))?)?"
    r"(:(?P<settlement>inverse|linear))?"
)
_EXPIRY = re.compile(r"(\d{1,2})([A-Z]{3})(\d{2})(?:T(\d{2})(\d{2}))?")
_REMEDY = 'write it like "BTC-26NOV21-60000-C", "BTC-26NOV21", "BTC-PERP" or "BTC" (and ":inverse" if coin-settled)'


@dataclass(frozen=True)
class Instrument:
    """What all instruments share: an underlying and a settlement, "linear" (quote) or "inverse" (coin)."""

    underlying: str
    settlement: str = "linear"

    def __post_init__(self):
        checked_type("underlying", self.underlying, str, 'name it, for example "BTC"')
        if self.settlement not in ("linear", "inverse"):
            raise InputError("settlement", self.settlement, 'say "linear" (paid in quote) or "inverse" (paid in coin)')

    @property
    def stem(self) -> str:
        """Name without the settlement."""
        return self.underlying

    @property
    def name(self) -> str:
        """Name, unique among instruments (expiries to the minute)."""
        return self.stem + (":inverse" if self.settlement == "inverse" else "")

    def __str__(self):
        return self.name


@dataclass(frozen=True)
class Spot(Instrument):
    """The coin itself."""

    def __post_init__(self):
        super().__post_init__()
        if self.settlement == "inverse":
            raise InputError("settlement of a coin", "inverse", "a coin is simply held; leave the settlement out")


@dataclass(frozen=True)
class Perpetual(Instrument):
    """A future without expiry, held near the spot by funding."""

    @property
    def stem(self) -> str:
        """Name without the settlement."""
        return f"{self.underlying}-PERP"


@dataclass(frozen=True)
class Future(Instrument):
    """A dated future. ``expiry`` is a UTC timestamp."""

    expiry: pd.Timestamp = None

    def __post_init__(self):
        super().__post_init__()
        object.__setattr__(self, "expiry", _expiry(self.expiry))

    @property
    def stem(self) -> str:
        """Name without the settlement."""
        return f"{self.underlying}-{_expiry_text(self.expiry)}"


@dataclass(frozen=True)
class Option(Instrument):
    """A European call or put on one coin. ``strike`` in quote currency, ``kind`` "call" or "put"."""

    expiry: pd.Timestamp = None
    strike: float = np.nan
    kind: str = "call"

    def __post_init__(self):
        super().__post_init__()
        object.__setattr__(self, "expiry", _expiry(self.expiry))
        remedy = "give a finite strike above 0, in quote currency"
        object.__setattr__(self, "strike", number("strike", self.strike, remedy, above=0.0))
        checked_type("kind", self.kind, str, 'say "call" or "put"')
        object.__setattr__(self, "kind", "call" if kind_sign(self.kind) > 0 else "put")

    @property
    def stem(self) -> str:
        """Name without the settlement."""
        strike = np.format_float_positional(self.strike, trim="-")  # every digit, so that the name reads back
        return f"{self.underlying}-{_expiry_text(self.expiry)}-{strike}-{self.kind[0].upper()}"


def _expiry(moment):
    expiry = utc(moment, "expiry")
    if not 2000 <= expiry.year <= 2099:
        raise InputError(
            "expiry", f"{expiry:%Y-%m-%d}", "give a date of this century: names have two digits for the year"
        )
    return expiry


def _expiry_text(expiry):
    text = f"{expiry.day}{_MONTHS[expiry.month - 1]}{expiry.year % 100:02d}"
    return text if (expiry.hour, expiry.minute) == (_EXPIRY_HOUR, 0) else f"{text}T{expiry:%H%M}"


def _expiry_time(text, name):
    day, month, year, hour, minute = _EXPIRY.fullmatch(text).groups()
    clock = (int(hour), int(minute)) if hour else (_EXPIRY_HOUR, 0)
    try:
        return pd.Timestamp(2000 + int(year), _MONTHS.index(month) + 1, int(day), *clock, tz="UTC")
    except ValueError:
        raise InputError("instrument", name, f"{text} is not a date; write 26NOV21") from None


def parse_instrument(name) -> Instrument:
    """Turn a name into an instrument.

    Parameters
    ----------
    name : str or Instrument
        For example "BTC-26NOV21-60000-C", "ETH-PERP:inverse". Expiries are at 08:00 UTC; another time is written
        "26NOV21T1530". An instrument is returned as it is.

    Examples
    --------
    >>> parse_instrument("BTC-26NOV21-60000-P").strike
    60000.0
    """
    if isinstance(name, Instrument):
        return name
    text = checked_type("instrument", name, str, _REMEDY).strip()
    head, _, settlement = text.partition(":")
    match = _NAME.fullmatch(head.upper() + (":" + settlement.lower() if settlement else ""))
    if not match:
        raise InputError("instrument", name, _REMEDY)
    part = match.groupdict()
    underlying, settlement = part["underlying"], part["settlement"] or "linear"
    if part["perp"]:
        return Perpetual(underlying, settlement)
    if part["expiry"] is None:
        return Spot(underlying, settlement)
    expiry = _expiry_time(part["expiry"], name)
    if part["strike"] is None:
        return Future(underlying, settlement, expiry)
    try:
        strike = float(part["strike"])
    except ValueError:
        raise InputError("instrument", name, f"{part['strike']} is not a strike; {_REMEDY}") from None
    return Option(underlying, settlement, expiry, strike, "call" if part["kind"] == "C" else "put")


def chain_names(market: Market, underlying: str) -> list[str]:
    """List every instrument of `underlying` that the market quotes: coin, perpetual, futures, both options a strike."""
    names = [Spot(underlying).name, Perpetual(underlying).name]
    quotes = getattr(market.vols.get(underlying), "quotes", {})
    for expiry in market.expiries(underlying):
        names.append(Future(underlying, "linear", expiry).name)
        for strike in quotes.get(expiry, ([],))[0]:
            names += [Option(underlying, "linear", expiry, float(strike), kind).name for kind in ("call", "put")]
    return names
