r"""Coin-settled (inverse) options: price and Greeks when the account is kept in coin.

A coin-settled call pays :math:`\max(S_T - K, 0)/S_T` coins. Its price in coin is the Black-76 price divided by
the forward, :math:`X = V/F` (zero rate). Seen in dollars nothing has changed: :math:`X F = V`. Seen in coin, the
premium itself moves with the price, and the hedge that keeps the *coin* account steady is the premium-adjusted
delta

.. math:: \Delta_{net} = \Delta - X = F\,\frac{\partial X}{\partial F},

which for a call equals :math:`(K/F)\,N(d_2)`.

References
----------
Alexander, C., Chen, D. and Imeraj, A. (2023). Crypto quanto and inverse options. Mathematical Finance 33.
Lucic, V. and Sepp, A. (2024). Valuation and hedging of cryptocurrency inverse options. Quantitative Finance 24.
"""

from greekslab.inputs import numbers
from greekslab.pricing.black import greeks
from greekslab.pricing.labels import plain


def _coin(forward, **inputs):
    """Return the Greeks in quote currency, and the forward as an array to divide them by."""
    level = numbers("forward", forward, "a coin-settled option needs a forward above 0: it is paid in coins", above=0.0)
    return greeks(forward=forward, **inputs), level


def coin_price(*, forward, strike, vol, tau, kind="call"):
    """Price coin-settled options in coins per coin of notional.

    Parameters
    ----------
    forward, strike, vol, tau, kind
        As in `greekslab.pricing.price`; the forward must be above 0.

    Returns
    -------
    float or ndarray
        Price in coin. A call never costs more than 1 coin; a put has no upper bound.

    Examples
    --------
    >>> round(coin_price(forward=50_000, strike=50_000, vol=0.6, tau=30 / 365), 5)
    0.06854
    """
    g, forward = _coin(forward, strike=strike, vol=vol, tau=tau, kind=kind)
    return plain(g.price / forward)


def net_delta(*, forward, strike, vol, tau, kind="call"):
    """Premium-adjusted delta, coins of underlying per option: Black delta less the coin price.

    It is the delta to hedge when profit is counted in coin. Parameters of `coin_price`.
    """
    g, forward = _coin(forward, strike=strike, vol=vol, tau=tau, kind=kind)
    return plain(g.delta - g.price / forward)


def coin_delta(*, forward, strike, vol, tau, kind="call"):
    """Change of the coin price per 1 of forward: net delta / forward. Parameters of `coin_price`."""
    g, forward = _coin(forward, strike=strike, vol=vol, tau=tau, kind=kind)
    return plain((g.delta - g.price / forward) / forward)


def coin_gamma(*, forward, strike, vol, tau, kind="call"):
    r"""Second derivative of the coin price in the forward, :math:`(\Gamma - 2\,\partial X/\partial F)/F`.

    Parameters of `coin_price`.
    """
    g, forward = _coin(forward, strike=strike, vol=vol, tau=tau, kind=kind)
    slope = (g.delta - g.price / forward) / forward
    return plain((g.gamma - 2.0 * slope) / forward)
