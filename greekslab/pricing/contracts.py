r"""Profit of delta-one contracts: linear (paid in quote) and inverse (paid in coin).

A linear contract on :math:`q` coins earns :math:`q(S - S_0)` of quote currency. An inverse contract on :math:`N`
dollars earns :math:`N(1/S_0 - 1/S)` coins, which at the price :math:`S` are worth :math:`N(S/S_0 - 1)` dollars: a
straight line again. What bends is the count in coin; coin as collateral only tilts the line.

A perpetual has no expiry; funding holds it near the spot. At the end of each interval a long pays the rate times its
notional, :math:`q\,S\,f`, and a short receives it; below zero it runs the other way.

References
----------
BitMEX, Inverse Futures Guide (worked examples); Alexander, C., Choi, J., Park, H. and Sohn, S. (2020). BitMEX
bitcoin derivatives. Journal of Futures Markets 40.
"""

from greekslab.inputs import number, numbers
from greekslab.pricing.labels import labels_of


def _price(name, value):
    return numbers(name, value, "give a finite price above 0, in quote currency", above=0.0)


def _size(name, value):
    return numbers(name, value, "give a finite size, long > 0, short < 0")


def linear_pnl(*, quantity, entry, exit):
    """Profit of a linear future or perpetual, quote currency.

    Parameters
    ----------
    quantity : float or array
        Coins, long > 0, short < 0.
    entry, exit : float or array
        Prices in quote currency, above 0.
    """
    shaped = labels_of(quantity=quantity, entry=entry, exit=exit)
    return shaped(_size("quantity", quantity) * (_price("exit", exit) - _price("entry", entry)))


def inverse_pnl(*, contracts, entry, exit):
    """Profit of an inverse future or perpetual, in coin.

    Parameters
    ----------
    contracts : float or array
        Notional in quote currency (contracts of 1 USD), long > 0, short < 0.
    entry, exit : float or array
        Prices in quote currency, above 0.

    Examples
    --------
    BitMEX's own example: 100 000 contracts from 10 000 to 10 500.

    >>> round(inverse_pnl(contracts=100_000, entry=10_000, exit=10_500), 3)
    0.476
    """
    shaped = labels_of(contracts=contracts, entry=entry, exit=exit)
    return shaped(_size("contracts", contracts) * (1.0 / _price("entry", entry) - 1.0 / _price("exit", exit)))


def inverse_pnl_quote(*, contracts, entry, exit):
    """Profit of an inverse contract, converted to quote currency at the exit price: N (exit / entry - 1).

    Parameters of `inverse_pnl`.
    """
    shaped = labels_of(contracts=contracts, entry=entry, exit=exit)
    return shaped(_size("contracts", contracts) * (_price("exit", exit) / _price("entry", entry) - 1.0))


def funding_payment(*, notional, rate, intervals=1):
    """Funding that a position in a perpetual pays, quote currency (of an inverse one: coin, as its notional).

    Parameters
    ----------
    notional : float or array
        Value of the position, long > 0, short < 0.
    rate : float or array
        Funding rate per interval, decimal; above 0 longs pay shorts.
    intervals : float or array
        Number of intervals held at that rate.

    Returns
    -------
    float or ndarray
        Paid if above 0, received if below.

    Examples
    --------
    >>> round(funding_payment(notional=1_000_000, rate=0.0001, intervals=3), 6)
    300.0
    """
    shaped = labels_of(notional=notional, rate=rate, intervals=intervals)
    paid = _size("notional", notional) * numbers("rate", rate, "give a finite funding rate per interval, decimal")
    return shaped(paid * numbers("intervals", intervals, "give a number of intervals, 0 or more", least=0.0))


def annual_funding(*, rate, hours=8.0):
    """Convert a funding rate per interval to a simple rate per year of 365 days, decimal.

    Parameters
    ----------
    rate : float or array
        Funding rate per interval, decimal.
    hours : float
        Length of an interval, above 0; most venues settle every 8 hours.
    """
    hours = number("hours", hours, "give the length of a funding interval in hours, above 0", above=0.0)
    funding = numbers("rate", rate, "give a finite funding rate per interval, decimal")
    return labels_of(rate=rate)(funding * (24.0 / hours) * 365.0)
