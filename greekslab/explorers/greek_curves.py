"""The explorer of the Greeks: one Greek along the price for three times to expiry, and by differences of the price.

The strike is 100 quote currency and the rate 0. Amounts are shown per point of volatility and per day, as venues do.
"""

from functools import cache

import numpy as np

from greekslab.explorers.controls import Choice, Slider
from greekslab.explorers.explorer import Explorer
from greekslab.explorers.panels import Lines, Series, View
from greekslab.pricing import coin_price, difference, greek_along, price, sign_changes

_STRIKE, _YEAR = 100.0, 365.0
# Forwards from 50 to 200, closest around the strike, where short-dated Greeks do all they do.
_FORWARDS = np.round(_STRIKE * np.exp(np.log(2.0) * np.sinh(4.0 * np.linspace(-1.0, 1.0, 71)) / np.sinh(4.0)), 2)
# Greek -> what the reader is shown, and its size in the package's units (per 1.00 of volatility, per year)
_SHOWN = {
    "delta": ("{money} per 1 of forward", 1.0),
    "gamma": ("delta per 1 of forward", 1.0),
    "vega": ("{money} per point of volatility", 1e-2),
    "theta": ("{money} per day", 1.0 / _YEAR),
    "vanna": ("delta per point of volatility", 1e-2),
    "volga": ("vega per point of volatility", 1e-4),
    "charm": ("delta per day", 1.0 / _YEAR),
    "veta": ("vega per day", 1e-2 / _YEAR),
    "dual_delta": ("{money} per 1 of strike", 1.0),
    "dual_gamma": ("dual delta per 1 of strike", 1.0),
    "speed": ("gamma per 1 of forward", 1.0),
    "zomma": ("gamma per point of volatility", 1e-2),
    "color": ("gamma per day", 1.0 / _YEAR),
    "ultima": ("volga per point of volatility", 1e-6),
}
_ON_PAGE = ["delta", "gamma", "vega", "theta", "vanna", "volga", "charm", "speed"]
_MONEY = {"linear": "quote currency", "coin": "coins"}
_PRICES = {"linear": price, "coin": coin_price}
_STEPS = {"0.5": "0.5", "0.1": "0.1", "0.01": "0.01", "0.001": "0.001", "0.0001": "0.0001", "0.00001": "0.00001"}


def greeks_view(*, greek: str, kind: str, settlement: str, vol: float, days: float, step: str) -> View:
    """Draw one Greek.

    Parameters
    ----------
    greek : str
        A name of `greekslab.pricing.ThirdGreeks`.
    kind : str
        "call" or "put".
    settlement : str
        "linear" or "coin".
    vol : float
        Volatility per year, per cent.
    days : float
        To expiry; drawn are a quarter of them, all, and four times as many.
    step : str
        Of the central differences: standard deviations of the forward, or a share of vol and time.
    """
    tenors = (days / 4.0, float(days), 4.0 * days)
    curves = {tenor: _curve(greek, kind, settlement, vol, tenor) for tenor in tenors}
    middle = curves[days][0]
    rough = _differences(greek, kind, settlement, vol, days, step)
    words, _ = _SHOWN[greek]
    unit, name = words.format(money=_MONEY[settlement]), greek.replace("_", " ")
    lines = [Series(_days(tenor), _drawn(values)) for tenor, (values, _) in curves.items()]
    both = [Series("formula", _drawn(middle)), Series("differences of the price", _drawn(rough))]
    axis, strike = "forward, quote currency", [(_STRIKE, "strike")]
    return View(
        _finding(name, unit, kind, settlement, vol, days, step, curves, rough),
        [
            Lines(f"{name.capitalize()} along the forward", _FORWARDS, lines, axis, unit, vlines=strike),
            Lines(f"With {_days(days)}, by formula and by differences", _FORWARDS, both, axis, unit, vlines=strike),
        ],
    )


@cache
def _curve(greek, kind, settlement, vol, days):
    """Return the Greek along the forwards, as shown, and where it changes sign."""
    option = dict(strike=_STRIKE, vol=vol / 100.0, tau=days / _YEAR, kind=kind, settlement=settlement)
    values = _SHOWN[greek][1] * greek_along(greek, _FORWARDS, **option)
    return values, sign_changes(greek, _FORWARDS, **option)


@cache
def _differences(greek, kind, settlement, vol, days, step):
    option = dict(forward=_FORWARDS, strike=_STRIKE, vol=vol / 100.0, tau=days / _YEAR, kind=kind)
    return _SHOWN[greek][1] * difference(greek, of=_PRICES[settlement], step=float(step), **option)


def _finding(name, unit, kind, settlement, vol, days, step, curves, rough) -> str:
    values, zeros = curves[days]
    low, high = int(values.argmin()), int(values.argmax())
    words = f"{name.capitalize()} of a {kind} struck at 100, settled in {_MONEY[settlement]}, {_days(days)}, "
    words += f"volatility {vol:g} %: from {_number(values[low])} near {_FORWARDS[low]:.0f} "
    words += f"to {_number(values[high])} near {_FORWARDS[high]:.0f}, in {unit}. "
    if zeros.size:
        others = [f"with {_days(t)} at {_places(z)}" for t, (_, z) in curves.items() if t != days and z.size]
        words += f"It changes sign at {_places(zeros)}" + (f" ({', '.join(others)}). " if others else ". ")
    else:
        words += "It does not change sign. "
    share = np.abs(rough - values).max() / np.abs(values).max()
    size = (
        f"{_number(share)} times its largest size" if share > 1.0 else f"{_number(100 * share)} % of its largest size"
    )
    return words + f"Differences of the price with a step of {step} miss it by up to {size}."


def _drawn(values):
    """Round to a ten-thousandth of the largest: finer than a screen."""
    return np.round(values, 4 - int(np.floor(np.log10(np.abs(values).max()))))


def _days(days) -> str:
    return "1 day" if days == 1.0 else f"{days:g} days"


def _number(value) -> str:
    return np.format_float_positional(value, precision=3, fractional=False, trim="-").replace("-", "−")


def _places(zeros) -> str:
    return " and ".join(f"{zero:.2f}" for zero in zeros)


def greeks_explorer() -> Explorer:
    """Build the explorer: Greek, kind, settlement, volatility, days, step of the differences."""
    named = {name: name.replace("_", " ") for name in _SHOWN}
    controls = [
        Choice("greek", "Greek", named, "vanna", page=_ON_PAGE),
        Choice("kind", "Kind", {"call": "call", "put": "put"}, "call"),
        Choice("settlement", "Settled in", _MONEY, "linear"),
        Slider("vol", "Volatility", 60, 20, 150, 5, "%", page=[30, 60, 90]),
        Slider("days", "Days to expiry", 30, 4, 90, 1, "days", page=[7, 30, 90]),
        Choice("step", "Step of the differences", _STEPS, "0.01", page=["0.01", "0.00001"]),
    ]
    return Explorer(greeks_view, controls, title="One Greek along the price", notebook="appendix_the_greeks_derived")
