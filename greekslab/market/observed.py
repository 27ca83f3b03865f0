"""What a market is given: read into tidy tables, or refused with the thing, its value and the remedy."""

from collections.abc import Mapping

from greekslab.errors import InputError
from greekslab.inputs import number
from greekslab.market.smile import VolSurface
from greekslab.market.times import utc


def table(name, values, read) -> dict:
    """Return a mapping with every value read; `read` takes the value's name and the value."""
    if not isinstance(values, Mapping):
        raise InputError(name, values, 'give a mapping by underlying, such as {"BTC": ...}')
    return {key: read(f"{name} of {key}", value) for key, value in values.items()}


def _price(name, value) -> float:
    return number(name, value, "give a finite price above 0, in quote currency", above=0.0)


def _curve(name, values) -> dict:
    if not isinstance(values, Mapping):
        raise InputError(name, values, "give a mapping from expiry to forward price")
    return {utc(e, f"expiry, {name}"): _price(f"{name} for {e}", f) for e, f in values.items()}


def _surface(name, value):
    if isinstance(value, type) or not isinstance(value, VolSurface):
        raise InputError(name, value, "give FlatVol(0.6), a Smile of quotes or an SviSurface")
    return value


def _funding(name, value) -> float:
    return number(name, value, "give a finite rate per 8 hours, decimal")


def _confidence(name, value) -> float:
    return number(name, value, "give a number from 0 to 1", least=0.0, most=1.0)


def _by_expiry(name, values, remedy, **bounds) -> dict:
    if not isinstance(values, Mapping):
        raise InputError(name, values, f"give a mapping from expiry to a number; {remedy}")
    return {utc(e, f"expiry, {name}"): number(f"{name} for {e}", x, remedy, **bounds) for e, x in values.items()}


def _rates(name, values) -> dict:
    return _by_expiry(name, values, "give finite continuously compounded rates per year")


def _averaged(name, values) -> dict:
    return _by_expiry(name, values, "give the fixed part of the forward, quote currency, 0 or more", least=0.0)


_FEEDS = ("perp", "forward", "rate", "vol")


def feed_key(key):
    """Return the key of a price feed in tidy form, or refuse it."""
    if isinstance(key, str):
        return key
    remedy = 'name the feed "BTC" (its spot), ("BTC", "perp") or ("BTC", "forward" | "rate" | "vol", expiry)'
    if not (isinstance(key, tuple) and 2 <= len(key) <= 3 and isinstance(key[0], str) and key[1] in _FEEDS):
        raise InputError("price feed", key, remedy)
    if (len(key) == 2) != (key[1] == "perp"):
        raise InputError("price feed", key, remedy)
    return key if len(key) == 2 else (*key[:2], utc(key[2], "expiry of a price feed"))


READERS = {
    "spots": _price, "forwards": _curve, "vols": _surface, "funding": _funding, "confidence": _confidence,
    "perps": _price, "rates": _rates, "averaged": _averaged,
}  # fmt: skip
