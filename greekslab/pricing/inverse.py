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

import numpy as np

from greekslab.inputs import numbers
from greekslab.pricing.black import BUNDLES, Greeks, ThirdGreeks, checked_order, evaluate
from greekslab.pricing.labels import labels_of

_LEVEL = "a coin-settled option needs a forward above 0: it is paid in coins"


def coin_greeks(*, forward, strike, vol, tau, kind="call", order=1) -> Greeks:
    r"""Compute the coin price and its Greeks: derivatives of the price in coin, in the forward in quote currency.

    Parameters
    ----------
    forward, strike, vol, tau, kind
        As in `greekslab.pricing.price`; the forward must be above 0.
    order : {1, 2, 3}
        As in `greekslab.pricing.greeks`.

    Returns
    -------
    Greeks, SecondGreeks or ThirdGreeks
        ``price`` in coins; ``delta`` coins per 1 of forward, ``vega`` coins per 1.00 of vol, ``theta`` coins per
        year, and so on; ``rho`` at a rate of 0, where it is ``-tau * price``.

    Notes
    -----
    :math:`\partial X/\partial F = wKN(wd_2)/F^2`, and with the Greeks of the option in quote currency
    :math:`\Gamma_X = (\Gamma - 2\,\partial X/\partial F)/F`,
    :math:`\text{vanna}_X = (\text{vanna} - \mathcal V/F)/F`,
    :math:`\text{zomma}_X = (\text{zomma} - 2\,\text{vanna}_X)/F`,
    :math:`\text{speed}_X = [\text{speed} - \Gamma/F - 2\,\Gamma_X + 2(\partial X/\partial F)/F]/F`. Those that are not
    derivatives in the forward are divided by it.
    """
    order = checked_order(order)
    shaped = labels_of(forward=forward, strike=strike, vol=vol, tau=tau, kind=kind)
    level = numbers("forward", forward, _LEVEL, above=0.0)
    given = {"forward": forward, "strike": strike, "vol": vol, "tau": tau}
    found = evaluate(max(order, 2), kind, **given, rate=0.0)
    columns = dict(zip(ThirdGreeks.__dataclass_fields__, (np.asarray(x) for x in found), strict=False))
    with np.errstate(all="ignore"):
        table = _in_coin(columns, level, *(np.asarray(x, dtype=float) for x in (strike, vol, tau)))
    bundle = BUNDLES[order]
    return bundle(*(shaped(table[name]) for name in bundle.__dataclass_fields__))


def _in_coin(quote, forward, strike, vol, tau):
    """Turn the columns of Greeks in quote currency into those of the price in coin."""
    table = {name: x / forward for name, x in quote.items()}
    slope = -quote["dual_delta"] * (strike / forward) / forward
    table["delta"] = np.where(quote["dual_delta"] == 0.0, 0.0, slope)
    table["gamma"] = (quote["gamma"] - 2.0 * table["delta"]) / forward
    table["vanna"] = (quote["vanna"] - quote["vega"] / forward) / forward
    expiring = np.where((forward == strike) & (vol > 0.0), np.inf, 0.0)  # charm at the kink of the payoff
    table["charm"] = np.where(tau > 0.0, -vol * table["vanna"] / (2.0 * tau), expiring)
    if "speed" in quote:
        bend = quote["speed"] - quote["gamma"] / forward - 2.0 * table["gamma"]
        table["speed"] = (bend + 2.0 * table["delta"] / forward) / forward
        table["zomma"] = (quote["zomma"] - 2.0 * table["vanna"]) / forward
        table["color"] = (quote["color"] - 2.0 * table["charm"]) / forward
    # At a kink, and where sizes overflow, infinities meet: the term in quote currency is the larger one.
    with_quote = {name: np.where(np.isnan(x), quote[name] / forward, x) for name, x in table.items()}
    return {name: np.where(np.isnan(x), 0.0, x) for name, x in with_quote.items()}


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
    shaped = labels_of(forward=forward, strike=strike, vol=vol, tau=tau, kind=kind)
    level = numbers("forward", forward, _LEVEL, above=0.0)
    return shaped(np.asarray(evaluate(0, kind, forward=forward, strike=strike, vol=vol, tau=tau, rate=0.0)[0]) / level)


def net_delta(*, forward, strike, vol, tau, kind="call"):
    """Premium-adjusted delta, coins of underlying per option: Black delta less the coin price.

    It is the delta to hedge when profit is counted in coin. Parameters of `coin_price`.
    """
    shaped = labels_of(forward=forward, strike=strike, vol=vol, tau=tau, kind=kind)
    slope = coin_greeks(forward=forward, strike=strike, vol=vol, tau=tau, kind=kind).delta
    return shaped(np.asarray(slope) * np.asarray(forward, dtype=float))


def coin_delta(*, forward, strike, vol, tau, kind="call"):
    """Change of the coin price per 1 of forward: net delta / forward. Parameters of `coin_price`."""
    return coin_greeks(forward=forward, strike=strike, vol=vol, tau=tau, kind=kind).delta


def coin_gamma(*, forward, strike, vol, tau, kind="call"):
    r"""Second derivative of the coin price in the forward, :math:`(\Gamma - 2\,\partial X/\partial F)/F`.

    Parameters of `coin_price`.
    """
    return coin_greeks(forward=forward, strike=strike, vol=vol, tau=tau, kind=kind).gamma
