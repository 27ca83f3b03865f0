r"""Probability of ruin: the chance that one loss is larger than the equity that stands behind it.

For equity :math:`E` and the loss :math:`L` over a fixed horizon,

.. math:: p = P(L > E).

Two ways to the same number. *Counted*: the share of recorded outcomes in which the loss exceeds the equity.
*Lognormal*: for a long position that is ruined by a relative fall :math:`x` of the price,

.. math:: p = N\!\left(\frac{\ln(1-x) - \nu\,t}{\sigma\sqrt{t}}\right),

with :math:`\nu` the mean and :math:`\sigma` the standard deviation of log-returns per year, :math:`t` years of
365 days. The second has thin tails; where the two part, the data have fatter ones.
"""

import numpy as np
from scipy.special import ndtr

from greekslab.errors import InputError
from greekslab.inputs import number, numbers


def ruin_probability(pnl, equity: float) -> float:
    """Count the share of outcomes in which the loss exceeds the equity.

    Parameters
    ----------
    pnl : array
        Profit and loss over the horizon, one number per equally likely outcome, quote currency, profit > 0.
    equity : float
        Equity at the start, quote currency.

    Returns
    -------
    float
        Probability in [0, 1]. A loss of exactly the equity leaves nothing but owes nothing: it does not count.

    Examples
    --------
    >>> ruin_probability([5.0, -3.0, -10.0, -16.0], equity=10.0)
    0.25
    """
    pnl = numbers("P&L sample", pnl, "give finite numbers, at least one").ravel()
    if pnl.size == 0:
        raise InputError("P&L sample", "empty", "give finite numbers, at least one")
    equity = number("equity", equity, "give a finite amount in quote currency")
    # Losses within rounding of the equity count as equal to it: scaling a book must not change the answer.
    return float(np.mean(-pnl > equity + 1e-9 * abs(equity)))


def lognormal_ruin(*, fall, vol: float, drift: float = 0.0, days: float = 1.0):
    """Compute the chance that a lognormal price falls by more than a share of itself.

    Parameters
    ----------
    fall : float or array
        Relative fall that ruins the position, decimal (0.16 is 16 %), 0 or more. One of 1 or more cannot happen.
    vol : float
        Standard deviation of log-returns per year, decimal, above 0.
    drift : float
        Mean of log-returns per year, decimal.
    days : float
        Horizon in days, above 0.

    Returns
    -------
    float or ndarray
        Probability in [0, 1].

    Examples
    --------
    >>> round(lognormal_ruin(fall=0.16, vol=0.8), 6)
    1.6e-05
    """
    fall = numbers("fall", fall, "give a relative fall of 0 or more, decimal (0.16 is 16 %)", least=0.0)
    vol = number("vol", vol, "give a volatility per year as a decimal, above 0", above=0.0)
    drift = number("drift", drift, "give a finite mean of log-returns per year, decimal")
    t = number("days", days, "give a horizon in days, above 0", above=0.0) / 365.0
    with np.errstate(divide="ignore"):
        threshold = np.log(np.maximum(1.0 - fall, 0.0))
    chance = ndtr((threshold - drift * t) / (vol * np.sqrt(t)))
    return float(chance) if chance.ndim == 0 else chance
