r"""Generalised Black-Scholes: an option on a spot with a cost of carry.

The forward of a spot :math:`S` is :math:`F = S e^{b\tau}`, :math:`b` the cost of carry: the rate for a stock,
:math:`r - q` with a yield :math:`q`, the difference of two rates for a currency, 0 for a future. The option is
the one on that forward, and its Greeks in the spot follow by the chain rule with :math:`G = \partial F/\partial S =
e^{b\tau}` and, in calendar time, :math:`\dot F = -bF`.

Conventions: theta, charm, veta and color per year of calendar time at a fixed spot; ``rho`` per 1.00 of rate with
the yield fixed (the carry moves with the rate), ``rho_q`` per 1.00 of yield with the rate fixed.

References
----------
Haug, E. G. (2007). The Complete Guide to Option Pricing Formulas, 2nd ed., sec. 1.1.6 and ch. 2.
"""

from dataclasses import dataclass

import numpy as np

from greekslab.pricing.black import ThirdGreeks, evaluate, inputs_of


@dataclass(frozen=True)
class SpotGreeks(ThirdGreeks):
    """Greeks of an option on a spot: those of `ThirdGreeks`, in the spot, and ``rho_q`` per 1.00 of yield."""

    rho_q: float


def _on_the_forward(spot, strike, vol, tau, kind, rate, carry):
    """Read the inputs; return them with the forward in the place of the spot, the carry, and the way back."""
    carry = rate if carry is None else carry
    market, _, _, shaped = inputs_of(kind, spot=spot, strike=strike, vol=vol, tau=tau, rate=rate, carry=carry)
    spot, strike, vol, tau, rate, carry = market
    terms = {"forward": spot * np.exp(carry * tau), "strike": strike, "vol": vol, "tau": tau, "rate": rate}
    kind = kind if isinstance(kind, str) else np.asarray(kind)
    return terms | {"kind": kind}, carry, shaped


def spot_price(*, spot, strike, vol, tau, kind="call", rate=0.0, carry=None):
    """Price European options on a spot.

    Parameters
    ----------
    spot, strike : float or array
        Quote currency, 0 or more.
    vol, tau, kind, rate
        As in `greekslab.pricing.price`.
    carry : float or array, optional
        Cost of carry per year, continuously compounded: rate less yield. Default: the rate (no yield).

    Returns
    -------
    float, ndarray, Series or DataFrame
        Price in quote currency, 0 or more.

    Examples
    --------
    >>> round(spot_price(spot=60, strike=65, vol=0.3, tau=0.25, rate=0.08), 4)
    2.1334
    """
    terms, _, shaped = _on_the_forward(spot, strike, vol, tau, kind, rate, carry)
    return shaped(evaluate(0, **terms)[0])


def spot_greeks(*, spot, strike, vol, tau, kind="call", rate=0.0, carry=None) -> SpotGreeks:
    r"""Compute price and all Greeks to the third order of options on a spot; parameters of `spot_price`.

    Notes
    -----
    From those in the forward: :math:`\Delta_S = G\Delta`, :math:`\Gamma_S = G^2\Gamma`,
    :math:`\Theta_S = \Theta - bF\Delta`, :math:`\text{charm}_S = G(\text{charm} - bF\Gamma - b\Delta)`,
    :math:`\text{color}_S = G^2(\text{color} - bF\,\text{speed} - 2b\Gamma)`,
    :math:`\rho = -\tau V + \tau F\Delta`, :math:`\rho_q = -\tau F\Delta`.
    """
    terms, carry, shaped = _on_the_forward(spot, strike, vol, tau, kind, rate, carry)
    found = ThirdGreeks(*evaluate(3, **terms))
    forward, tau = terms["forward"], terms["tau"]
    growth = np.exp(carry * tau)
    with np.errstate(all="ignore"):
        drift = carry * forward
        moved = vars(found) | {
            "delta": growth * found.delta,
            "gamma": growth**2 * found.gamma,
            "theta": found.theta - drift * found.delta,
            "rho": found.rho + tau * forward * found.delta,
            "vanna": growth * found.vanna,
            "charm": growth * (_less(found.charm, drift, found.gamma) - carry * found.delta),
            "veta": _less(found.veta, drift, found.vanna),
            "speed": growth**3 * found.speed,
            "zomma": growth**2 * found.zomma,
            "color": growth**2 * _less(_less(found.color, drift, found.speed), 2.0 * carry, found.gamma),
        }
        return SpotGreeks(**{name: shaped(x) for name, x in moved.items()}, rho_q=shaped(-tau * forward * found.delta))


def _less(x, scale, y):
    """Return x - scale y; where both are infinite (at the kink of an expiring payoff), x."""
    less = x - scale * y
    return np.where(np.isnan(less), x, less)
