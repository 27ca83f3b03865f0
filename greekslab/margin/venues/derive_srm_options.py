r"""Options under Derive's standard manager: one short alone, and all of an expiry by the most they can lose.

A short option alone, worth V a piece at its mark and out of the money by a share o of the spot S, is asked for

* call: :math:`V + cS` to keep and :math:`V + \max(a - o, b)S` to open;
* put: :math:`V + \max(pS, p'V)` to keep, and to open the larger of :math:`V + \max(a - o, b)S` and a multiple of what
  it needs to be kept.

All options of an expiry can lose the least they pay at any settlement price; it lies at 0 or at a strike unless calls
are net short, which costs a multiple of the forward for each.
"""

from dataclasses import dataclass, fields

import numpy as np

from greekslab.inputs import number


@dataclass(frozen=True)
class SRMMarket:
    """Rates of one market, by the venue's names: shares of the notional, or scales; ``margin_factor`` 0: no coin."""

    im_perp_req: float
    mm_perp_req: float
    max_spot_req: float
    min_spot_req: float
    mm_call_spot_req: float
    mm_put_spot_req: float
    mm_put_mtm_req: float
    unpaired_im_scale: float
    unpaired_mm_scale: float
    mm_offset_scale: float
    perp_threshold: float
    option_threshold: float
    base_threshold: float
    oc_factor: float
    margin_factor: float = 0.0
    im_scale: float = 1.0

    def __post_init__(self):
        shares = ("margin_factor", "im_scale", "perp_threshold", "option_threshold", "base_threshold")
        for name in (each.name for each in fields(self)):
            value = getattr(self, name)
            if name in shares:
                number(name, value, "give a share from 0 to 1", least=0.0, most=1.0)
            else:
                number(name, value, "give a finite number of 0 or more", least=0.0)


def srm_isolated(rates: SRMMarket, *, spot: float, strike, price, sign) -> np.ndarray:
    """Return what one short option alone is asked for, quote currency, shape (2, options): initial, maintenance.

    Parameters
    ----------
    rates : SRMMarket
    spot : float
        Quote currency.
    strike, price : array
        Strikes and undiscounted marks, quote currency.
    sign : array
        +1 for calls, -1 for puts.
    """
    out = np.maximum(sign * (strike - spot), 0.0) / spot
    opened = price + np.maximum(rates.max_spot_req - out, rates.min_spot_req) * spot
    put = price + np.maximum(rates.mm_put_spot_req * spot, rates.mm_put_mtm_req * price)
    kept = np.where(sign > 0.0, price + rates.mm_call_spot_req * spot, put)
    return np.array([np.where(sign > 0.0, opened, np.maximum(opened, rates.mm_offset_scale * put)), kept])


def least_payoff(quantity, strike, sign) -> np.ndarray:
    """Return what every leg of an expiry pays at the settlement price where all pay least, 0 or a strike.

    Zeros where they never cost anything; shape (options,), quote currency.
    """
    prices = np.append(0.0, strike)
    payoffs = quantity * np.maximum(sign * (prices[:, None] - strike), 0.0)
    total = payoffs.sum(axis=1)
    return payoffs[total.argmin()] if total.min() < 0.0 else np.zeros(len(strike))


def srm_expiry_margin(rates: SRMMarket, *, spot, forward, quantity, net, strike, price, sign) -> tuple[str, np.ndarray]:
    """Return which way of margining an expiry opens it, and what its legs bring: the better of two ways.

    Parameters
    ----------
    rates : SRMMarket
    spot, forward : float
        Quote currency.
    quantity, net : array
        Signed quantity of each leg, and the net quantity of its instrument.
    strike, price, sign : array
        As in `srm_isolated`.

    Returns
    -------
    label : str
        "each alone" or "largest loss".
    margin : ndarray
        0 or less in sum, quote currency, shape (2, options): initial, maintenance.
    """
    alone = srm_isolated(rates, spot=spot, strike=strike, price=price, sign=sign)
    alone = alone * np.where(net < 0.0, quantity, 0.0)
    calls = np.where(sign > 0.0, quantity, 0.0)
    uncovered = forward * calls if calls.sum() < 0.0 else np.zeros(len(calls))
    scales = np.array([rates.unpaired_im_scale, rates.unpaired_mm_scale])
    together = least_payoff(quantity, strike, sign) + np.outer(scales, uncovered)
    better = together.sum(axis=1) > alone.sum(axis=1)
    return "largest loss" if better[0] else "each alone", np.where(better[:, None], together, alone)
