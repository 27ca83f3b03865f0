"""When the compiled kernels of the optional extra ``fast`` work, and when the plain functions do.

Numba takes as long to load as the plain functions need for millions of options. It is therefore loaded only by a
single call that is larger than that, or when asked for: the environment variable ``GREEKSLAB_FAST`` is

``on``
    the kernels do every call of more than 19,456 options (or revalued positions): the first one loads Numba, and
    once per machine compiles, about a second each;
``off``
    the kernels are never used;
not set
    the kernels do single calls large enough to pay for loading Numba. Where it is not installed, as in the browser,
    the plain functions do all.

The choice depends on the call alone, not on what was called before: the same call gives the same digits.
"""

import importlib
import os

import numpy as np

from greekslab.errors import InputError
from greekslab.pricing.blocks import BLOCK, blocks

SWITCH = "GREEKSLAB_FAST"
# Loading Numba and a kernel takes 0.4 s of CPU time; the kernels spare 25 ns a price, 40 ns a set of Greeks.
_PAYS_FROM = 15_000_000


def kernels(size, pays_from):
    """Return the module `greekslab.pricing.compiled` if it is to do a call of `size` elements, else None.

    Parameters
    ----------
    size : int
        Options, or options times scenarios.
    pays_from : int
        Size at which the time spared is that of loading Numba.
    """
    if size <= BLOCK:  # the plain functions take a millisecond; what is left of it matters to nobody
        return None
    switch = os.environ.get(SWITCH, "").lower()
    if switch not in ("on", "off", ""):
        raise InputError(f"environment variable {SWITCH}", switch, 'say "on" or "off", or do not set it')
    if switch == "off" or (switch == "" and size < pays_from):
        return None
    try:
        return importlib.import_module("greekslab.pricing.compiled")
    except ImportError as error:
        if switch == "":
            return None
        remedy = f'install the extra "fast" (numba 0.62 or later), or do not set it; {error}'
        raise InputError(f"environment variable {SWITCH}", switch, remedy) from None


def compiled_columns(order, inputs, found, plain, check):
    """Write price (order 0) or price and first Greeks (order 1) into the rows of `found`, if the kernels are to.

    Parameters
    ----------
    order : int
        From 2 on there is no kernel.
    inputs : sequence of float or array
        Forward, strike, vol, tau, rate and sign, single numbers or of the length of the rows.
    found : ndarray
        Results, shape (columns, options).
    plain : callable
        ``plain(order, *inputs)`` does what lies outside the kernels' range: zeros, and huge or tiny inputs.
    check : callable
        Raises an error if an input cannot be right; called where one lies outside the kernels' range, which is within
        what is right.

    Returns
    -------
    bool
        Whether it was done.
    """
    size = found.shape[1]
    module = kernels(size, _PAYS_FROM) if order < 2 else None
    if module is None:
        return False
    kernel = module.greeks if order else module.prices
    arrays = [np.full(BLOCK, x) if np.ndim(x) == 0 else np.ascontiguousarray(x, dtype=float).view() for x in inputs]
    for x in arrays:
        x.flags.writeable = False  # all alike: for each mixture Numba would compile anew
    single = [np.ndim(x) == 0 for x in inputs]
    checked, no_rate = False, single[4] and inputs[4] == 0.0
    for rows in blocks(size):
        mine = [x[: rows.stop - rows.start] if one else x[rows] for one, x in zip(single, arrays, strict=True)]
        part = found[:, rows]
        *market, rate, sign = mine
        if kernel(*market, None if no_rate else rate, sign, *part):
            if not checked:
                check()
                checked = True
            left = np.isnan(part[0])
            part[:, left] = np.array(plain(order, *(x[left] for x in mine)))
    return True
