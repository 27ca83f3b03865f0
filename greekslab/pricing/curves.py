r"""A Greek along the price: one curve, and where it changes sign.

The curves have landmarks in closed form. With :math:`v = \sigma\sqrt\tau` and the strike fixed, at a rate of 0,
vanna and charm of an option on a forward are 0 where :math:`d_2 = 0`, at :math:`F = Ke^{v^2/2}`; volga where
:math:`d_1 d_2 = 0`, there and at :math:`Ke^{-v^2/2}`; speed where :math:`d_1 = -v`, at :math:`Ke^{-3v^2/2}`.
"""

import numpy as np

from greekslab.errors import InputError
from greekslab.pricing.black import greeks
from greekslab.pricing.differences import DERIVED_BY
from greekslab.pricing.inverse import coin_greeks

_BUNDLES = {"linear": greeks, "coin": coin_greeks}
_ORDER = {name: 3 if len(by) == 3 else 2 for name, by in DERIVED_BY.items()}
# Below this share of the largest value on the curve a sign is not looked for: it is flat there.
_FLAT = 1e-9
_HALVINGS = 30  # of a step between two points: 1e-9 of it


def greek_along(name, forwards, *, strike, vol, tau, kind="call", settlement="linear"):
    """Compute one Greek at several forwards, at a rate of 0.

    Parameters
    ----------
    name : str
        A field of `ThirdGreeks`.
    forwards : array
        Quote currency, above 0.
    strike, vol, tau, kind
        As in `price`.
    settlement : {"linear", "coin"}
        Whether the option, and so the Greek, is counted in quote currency or in coin.

    Returns
    -------
    ndarray
    """
    if name not in DERIVED_BY:
        raise InputError("Greek", name, f"say one of {', '.join(DERIVED_BY)}")
    if settlement not in _BUNDLES:
        raise InputError("settlement", settlement, f"say one of {', '.join(_BUNDLES)}")
    forwards = np.asarray(forwards, dtype=float)
    terms = dict(forward=forwards, strike=strike, vol=vol, tau=tau, kind=kind, order=_ORDER[name])
    return np.asarray(getattr(_BUNDLES[settlement](**terms), name))


def sign_changes(name, forwards, **option):
    """Find the forwards at which a Greek changes sign.

    Parameters
    ----------
    name, forwards, **option
        Of `greek_along`; `forwards` increasing, fine enough to have one change at most between two of them.

    Returns
    -------
    ndarray
        Increasing; empty if there is none.
    """
    forwards = np.asarray(forwards, dtype=float)
    values = greek_along(name, forwards, **option)
    signs = np.where(np.abs(values) > _FLAT * np.abs(values).max(), np.sign(values), 0.0)
    known = np.flatnonzero(signs)
    turns = np.flatnonzero(signs[known[1:]] != signs[known[:-1]]) if known.size else known
    low, high = forwards[known[turns]], forwards[known[turns + 1]] if turns.size else forwards[:0]
    for _ in range(_HALVINGS if low.size else 0):
        middle = 0.5 * (low + high)
        before = np.sign(greek_along(name, middle, **option)) == signs[known[turns]]
        low, high = np.where(before, middle, low), np.where(before, high, middle)
    return 0.5 * (low + high)
