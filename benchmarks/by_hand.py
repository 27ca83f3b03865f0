"""The same work written by hand with NumPy and ndtr, as someone would who needs only this."""

import numpy as np
from scipy.special import ndtr


def pnl(legs, moves, changes, *, block=16):
    """P&L of every option in every scenario, block by block, with what does not change computed once."""
    out = np.empty((len(moves), len(legs.strike)))
    root = np.sqrt(legs.tau)
    log_now = np.log(legs.forward / legs.strike)
    vol_now = legs.vol * root
    now = _value(log_now, vol_now, legs.forward, legs.strike, legs.sign)
    growth = 1.0 + moves
    log_growth = np.log(growth)
    for start in range(0, len(moves), block):
        rows = slice(start, start + block)
        total_vol = (1.0 + changes[rows])[:, None] * vol_now
        value = _value(
            log_growth[rows, None] + log_now, total_vol, growth[rows, None] * legs.forward, legs.strike, legs.sign
        )
        value -= now
        np.multiply(value, legs.quantity, out=out[rows])
    return out


def _value(log_moneyness, total_vol, forward, strike, sign):
    d1 = log_moneyness / total_vol + 0.5 * total_vol
    d2 = d1 - total_vol
    d1 *= sign
    d2 *= sign
    return sign * (forward * ndtr(d1) - strike * ndtr(d2))


def greeks(forward, strike, vol, tau, sign):
    """Price, delta, gamma, vega, theta and rho at a rate of 0."""
    root = np.sqrt(tau)
    total_vol = vol * root
    d1 = np.log(forward / strike) / total_vol + 0.5 * total_vol
    d2 = d1 - total_vol
    first = ndtr(sign * d1)
    price = sign * (forward * first - strike * ndtr(sign * d2))
    density = np.exp(-0.5 * d1 * d1) * 0.3989422804014327
    vega = forward * density * root
    return price, sign * first, density / (forward * total_vol), vega, -0.5 * vega * vol / tau, -tau * price
