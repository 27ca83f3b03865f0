"""Numbers that callers give: turned into floats, or refused with the thing, its value and the remedy."""

import numpy as np

from greekslab.errors import InputError

BELOW_ONE = np.nextafter(1.0, 0.0)  # the largest float below 1, for bounds that leave 1 out
SMALLEST = np.finfo(float).smallest_subnormal  # the smallest float above 0


def numbers(thing: str, value, remedy: str, *, least: float = -np.inf, above: float = -np.inf) -> np.ndarray:
    """Return `value` as an array of finite floats.

    Parameters
    ----------
    thing, remedy : str
        What the number is, and what to give instead, for the error.
    value : float or array
        What the caller gave.
    least, above : float
        Bounds: at least `least`, and larger than `above`.

    Examples
    --------
    >>> numbers("tau", [0.1, -0.2], "give years to expiry, 0 or more", least=0.0)
    Traceback (most recent call last):
        ...
    greekslab.errors.InputError: tau is -0.2: give years to expiry, 0 or more
    """
    try:
        array = np.asarray(value, dtype=float)
    except (TypeError, ValueError):
        raise InputError(thing, value, f"give numbers; {remedy}") from None
    if array.size:
        low = array.min()  # NaN if any is
        if not (low >= least and low > above and array.max() < np.inf):
            bad = array[~((array >= least) & (array > above) & (array < np.inf))]
            raise InputError(thing, float(bad.flat[0]), remedy)
    return array


def checked_type(thing: str, value, kind: type | tuple[type, ...], remedy: str):
    """Return `value` if it is of the kind asked for."""
    if not isinstance(value, kind):
        raise InputError(thing, value if isinstance(value, str) else type(value).__name__, remedy)
    return value


def number(thing: str, value, remedy: str, *, least: float = -np.inf, above: float = -np.inf, most=np.inf) -> float:
    """Return `value` as one finite float; parameters as in `numbers`, and at most `most`.

    Text is refused even if it spells a number: it is a cell that was never read.
    """
    if isinstance(value, (float, int)) and least <= value <= most and above < value < np.inf:
        return float(value)  # the quick way for what is right: rules ask this of every leg
    if isinstance(value, (str, bytes)) or np.ndim(value) != 0:
        raise InputError(thing, value, f"give one number; {remedy}")
    found = float(numbers(thing, value, remedy, least=least, above=above))
    if found > most:
        raise InputError(thing, found, remedy)
    return found
