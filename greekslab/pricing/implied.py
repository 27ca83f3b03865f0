r"""Implied volatility: the volatility at which Black-76 gives the price that is quoted.

A price has one exactly where it lies between its no-arbitrage bounds,

.. math:: D\,(w(F - K))^+ \le V < D\,F \ \text{(call)}, \quad D\,K \ \text{(put)}, \qquad D = e^{-r\tau},\ w = \pm1.

At the lower bound it is 0. In between, the option of the same strike that is out of the money has the same one and
a price that holds more of its digits, :math:`V - D(w(F - K))^+`; `greekslab.pricing.total_vol` inverts that one.
A price outside the bounds is an error, or with ``on_error="mask"`` a NaN and a row in a table of reasons.

References
----------
Jaeckel, P. (2015). Let's be rational. Wilmott 2015 (75), 40-53.
"""

from dataclasses import dataclass, replace

import numpy as np

from greekslab.errors import InputError
from greekslab.pricing.black import kind_sign
from greekslab.pricing.blocks import blocks
from greekslab.pricing.labels import labels_of
from greekslab.pricing.total_vol import solve_total_vol

# The lower bound is a rounded product: a price this close below it, relative to it, is at it.
_ROUNDING = 4 * np.finfo(float).eps
# A share of the upper bound below this may have no float; its logarithm is then taken in two parts.
_SMALL_SHARE = 1e-290
_ON_ERROR = ("raise", "mask")


@dataclass(frozen=True)
class ImpliedVols:
    """Implied volatilities of a chain, and why some have none.

    ``vol`` float, array, Series or DataFrame: per year, decimal, NaN where there is none; ``reasons`` a DataFrame
    with a row for each NaN: its label (or position) as index, and in columns ``thing``, ``value``, ``bound`` what is
    wrong with which input, in ``remedy`` what to do.
    """

    vol: object
    reasons: object


@dataclass(frozen=True)
class _Fault:
    """Rows without a volatility, by number: the input at fault, its values, the bounds broken and the remedy."""

    thing: str
    rows: np.ndarray
    values: np.ndarray
    bounds: np.ndarray
    remedy: str


def implied_vol(*, price, forward, strike, tau, kind="call", rate=0.0, on_error="raise"):
    r"""Invert Black-76: find the volatility of European options on a forward from their prices.

    Parameters
    ----------
    price : float or array
        Price in quote currency per unit of underlying, within its no-arbitrage bounds.
    forward, strike : float or array
        Forward and strike, quote currency, above 0.
    tau : float or array
        Years to expiry, 365 days a year, above 0.
    kind : str or array of str
        "call" or "put".
    rate : float or array
        Continuously compounded rate per year.
    on_error : str
        "raise" stops at the first row without a volatility; "mask" gives NaN there and says why in a table.

    Returns
    -------
    float, ndarray, Series, DataFrame or ImpliedVols
        Volatility per year, decimal, 0 or more; exactly 0 for a price at its discounted intrinsic value. With
        ``on_error="mask"`` an `ImpliedVols` with ``.vol`` and ``.reasons``.

    Notes
    -----
    The relative error is below 4e-14, or 4 times what half a unit in the last place of the price allows if that is
    more: a price :math:`V` that is rounded leaves its volatility open by :math:`\delta V / (\sigma\mathcal V)`, which
    is large deep in the money, where vega is small.

    Examples
    --------
    >>> round(implied_vol(price=6.8539, forward=100, strike=100, tau=30 / 365), 4)
    0.6
    """
    inputs = dict(price=price, forward=forward, strike=strike, tau=tau, kind=kind, rate=rate)
    return _implied(inputs, on_error, coin=False)


def coin_implied_vol(*, price, forward, strike, tau, kind="call", on_error="raise"):
    """Find the volatility of coin-settled options from their prices in coin; the inverse of `coin_price`.

    Parameters
    ----------
    price : float or array
        Price in coin per coin of notional: times the forward it is the price in quote currency.
    forward, strike, tau, kind, on_error
        As in `implied_vol`; the rate is 0.

    Returns
    -------
    float, ndarray, Series, DataFrame or ImpliedVols
        Volatility per year, decimal, as in `implied_vol`.

    Examples
    --------
    >>> round(coin_implied_vol(price=0.068539, forward=50_000, strike=50_000, tau=30 / 365), 4)
    0.6
    """
    inputs = dict(price=price, forward=forward, strike=strike, tau=tau, kind=kind, rate=0.0)
    return _implied(inputs, on_error, coin=True)


def _implied(inputs, on_error, coin):
    if on_error not in _ON_ERROR:
        raise InputError("on_error", on_error, 'say "raise" or "mask"')
    shaped, row_names = labels_of(**inputs), _row_names(inputs)
    flat, shape = _flat(inputs)
    vol, faults = np.empty(len(flat["price"])), []
    for rows in blocks(len(vol)):
        block = {name: x[rows] for name, x in flat.items()}
        vol[rows], found = _vols(**block, unit=block["forward"] if coin else 1.0)
        faults += [replace(fault, rows=fault.rows + rows.start) for fault in found]
    vol = shaped(vol.reshape(shape))
    if on_error == "mask":
        return ImpliedVols(vol, _reasons(faults, shape, row_names))
    if faults:
        raise _error(min(faults, key=lambda fault: fault.rows[0]), shape, row_names)
    return vol


def _error(fault, shape, row_names):
    """Word the first row of a fault as an error."""
    where = f" of row {row_names(fault.rows[:1], shape)[0]}" if shape else ""
    bound = "" if np.isnan(fault.bounds[0]) else f" ({float(fault.bounds[0])!r})"
    return InputError(f"{fault.thing}{where}", float(fault.values[0]), fault.remedy.format(bound=bound))


def _flat(inputs):
    """Turn the inputs into float arrays of one length (kind into signs), and give the shape of the result."""
    arrays = {}
    for name, value in inputs.items():
        try:
            arrays[name] = np.asarray(kind_sign(value) if name == "kind" else value, dtype=float)
        except (TypeError, ValueError) as error:
            if isinstance(error, InputError):
                raise
            raise InputError(name, value, "give numbers") from None
    shapes = [x.shape for x in arrays.values()]
    try:
        shape = np.broadcast_shapes(*shapes)
    except ValueError:
        remedy = "give arrays of one length, or of shapes that broadcast, such as (3, 1) and (4,)"
        raise InputError(f"shapes of {', '.join(inputs)}", shapes, remedy) from None
    return {name: np.broadcast_to(x, shape).reshape(-1) for name, x in arrays.items()}, shape


def _row_names(inputs):
    """Give a function from row numbers, and the shape they count in, to the caller's labels or else positions."""
    labelled = next((value for value in inputs.values() if hasattr(value, "iloc")), None)

    def names(rows, shape):
        places = np.unravel_index(rows, shape or (1,))
        if labelled is not None and labelled.ndim == len(shape):
            places = [axis[place] for axis, place in zip(labelled.axes, places, strict=True)]
        columns = [place.tolist() for place in places]
        return columns[0] if len(columns) == 1 else list(zip(*columns, strict=True))

    return names


@np.errstate(over="ignore", invalid="ignore", divide="ignore", under="ignore")
def _vols(price, forward, strike, tau, kind, rate, unit):
    """Return the volatilities, NaN where there are none, and the faults; prices in `unit` of quote currency."""
    value = price * unit
    discount = np.exp(-rate * tau)
    gap = forward - strike
    lower = np.maximum(discount * (kind * gap), 0.0)
    upper = discount * np.where(kind > 0.0, forward, strike)
    faults = []
    if not _sound(forward, strike, tau, discount, value, lower, upper):
        faults = _faults(price, forward, strike, tau, rate, discount, value, lower, upper, unit)
    time_value = value - lower
    # In the money the rounding of F - K, known exactly, would be a large part of a small time value.
    part = gap - forward
    lost = (forward - (gap - part)) - (strike + part)
    time_value = np.where(lower > 0.0, time_value - discount * kind * lost, time_value)
    wrong = np.zeros(len(price), dtype=bool)
    for fault in faults:
        wrong[fault.rows] = True
    solved = ~wrong & (value > lower) & (time_value > 0.0)
    vol = np.where(wrong, np.nan, 0.0)
    if solved.any():
        keep = slice(None) if solved.all() else solved
        terms = (x[keep] for x in (time_value, upper - value, discount, forward, strike))
        vol[keep] = _total_vol(*terms) / np.sqrt(tau[keep])
    return vol, faults


def _total_vol(time_value, room, discount, forward, strike):
    """Normalise: the price as a share of D min(F, K), what is left to its upper bound, and |ln(F/K)|."""
    low, high = np.minimum(forward, strike), np.maximum(forward, strike)
    most = discount * low
    share = time_value / most
    log_share = np.log(share)
    tiny = ~(share > _SMALL_SHARE)
    if np.any(tiny):
        log_share[tiny] = np.log(time_value[tiny]) - np.log(most[tiny])
    distance = np.log1p((high - low) / low)  # high - low is exact near the money: no digit of a short distance is lost
    far = np.isinf(distance)
    if np.any(far):
        distance[far] = np.log(high[far]) - np.log(low[far])
    return solve_total_vol(share, room / most, log_share, distance)


def _sound(forward, strike, tau, discount, value, lower, upper):
    """Tell whether no row can have a fault, which is most often so and soon seen."""
    sizes = all(0.0 < x.min() and x.max() < np.inf for x in (forward, strike, tau, discount))
    return sizes and bool(np.all((lower <= value) & (value < upper)))


def _faults(price, forward, strike, tau, rate, discount, value, lower, upper, unit):
    """List what is wrong, the first fault of each row only."""
    nothing = np.full(len(price), np.nan)
    zero = np.zeros(len(price))
    checks = (
        ("forward", ~((forward > 0.0) & (forward < np.inf)), forward, zero, "give a forward price above 0"),
        ("strike", ~((strike > 0.0) & (strike < np.inf)), strike, zero, "give a strike above 0"),
        ("tau", tau == 0.0, tau, zero, "at expiry a price is its payoff and tells no volatility; drop expired options"),
        ("tau", ~((tau > 0.0) & (tau < np.inf)), tau, zero, "give years to expiry (365 days), above 0"),
        ("rate", ~((discount > 0.0) & (discount < np.inf)), rate, nothing, "give a finite rate per year, as a decimal"),
        ("price", ~np.isfinite(price), price, nothing, "give a finite price, or drop options without one"),
        (
            "price", value < lower * (1.0 - _ROUNDING), price, lower / unit,
            "no volatility gives less than the discounted intrinsic value{bound}; check price, kind and forward",
        ),
        (
            "price", ~(value < upper), price, upper / unit,
            "every volatility gives less than the upper bound{bound}; check price, unit and forward",
        ),
    )  # fmt: skip
    faults, good = [], np.ones(len(price), dtype=bool)
    for thing, bad, values, bounds, remedy in checks:
        if np.any(bad):
            rows = np.flatnonzero(bad & good)
            good &= ~bad
            if rows.size:
                faults.append(_Fault(thing, rows, values[rows], bounds[rows], remedy))
    return faults


def _reasons(faults, shape, row_names):
    """Lay the faults out as a table, in the order of the rows."""
    import pandas as pd  # here, so that prices can be inverted without loading it

    columns = ["thing", "value", "bound", "remedy"]
    parts = [pd.DataFrame(columns=columns, index=np.zeros(0, dtype=int))] if not faults else []
    for fault in faults:
        values = (fault.thing, fault.values, fault.bounds, fault.remedy.format(bound=""))
        parts.append(pd.DataFrame(dict(zip(columns, values, strict=True)), index=fault.rows))
    table = pd.concat(parts).sort_index()
    return table.set_axis(pd.Index(row_names(table.index.to_numpy(), shape), name="row", tupleize_cols=False))
