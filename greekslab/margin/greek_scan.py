"""Where the Greek margin is wrong: every option sold alone, its quadratic beside its full scan.

The two models share one box of moves and one vol rule, so that what differs is the revaluation: the quadratic knows
the option at today's price, the scan prices it again in every scenario.
"""

import numpy as np
import pandas as pd

from greekslab.book.instruments import Option
from greekslab.book.positions import Book, Position
from greekslab.book.revalue import pnl_cube
from greekslab.errors import InputError
from greekslab.inputs import checked_type, numbers
from greekslab.margin.greek_margin import GreekMargin
from greekslab.market.market import Market
from greekslab.risk.functionals import stand_alone
from greekslab.scenarios.sets import ScenarioSet
from greekslab.scenarios.venue_sets import published

_KINDS = ("call", "put", "out of the money")


def sold_options(market: Market, underlying: str, strikes=None, kind: str = "out of the money") -> Book:
    """Sell one option of every strike and expiry of a market.

    Parameters
    ----------
    market : Market
    underlying : str
    strikes : sequence of float, optional
        Quote currency, the same for all expiries. Without them the strikes that each expiry quotes.
    kind : {"call", "put", "out of the money"}
        The last sells the put below the forward and the call from the forward up.

    Returns
    -------
    Book
        One position of -1 each, by expiry and then by strike.
    """
    if kind not in _KINDS:
        raise InputError("kind", kind, f"say one of {', '.join(_KINDS)}")
    market.spot(underlying)  # names an underlying that the market does not have
    quotes = getattr(market.vols.get(underlying), "quotes", None)
    if strikes is None and quotes is None:
        raise InputError("strikes", strikes, "the market quotes none; give a list of strikes")
    if strikes is not None:
        strikes = np.atleast_1d(numbers("strikes", strikes, "give a list of strikes above 0", above=0.0))
    legs = []
    for expiry in market.expiries(underlying):
        forward = market.forward(underlying, expiry)
        for strike in quotes[expiry][0] if strikes is None else strikes:
            side = kind if kind in ("call", "put") else ("put" if strike < forward else "call")
            legs.append(Position(Option(underlying, "linear", expiry, float(strike), side), -1.0))
    return Book(tuple(legs))


def greek_against_scan(
    book: Book, market: Market, *, rule: GreekMargin | None = None, scenarios: ScenarioSet | None = None
) -> pd.DataFrame:
    """Compare the two models on every option of a book, each held alone.

    Parameters
    ----------
    book : Book
        Options only.
    market : Market
    rule : GreekMargin, optional
        Without it the box of Paradex's core scenarios, delta, gamma and vega.
    scenarios : ScenarioSet, optional
        Without it Paradex's core scenarios.

    Returns
    -------
    DataFrame
        One row per position: ``instrument``, ``days`` to expiry, ``strike``, ``greek`` and ``scan`` (what each model
        asks for, quote currency), ``ratio`` of the two, NaN where the scan asks for nothing.
    """
    rule = GreekMargin() if rule is None else checked_type("rule", rule, GreekMargin, "give GreekMargin(...)")
    options = [checked_type(f"leg {p.instrument.name}", p.instrument, Option, "give options only") for p in book]
    greek = rule.stand_alone(book, market)
    scan = stand_alone(pnl_cube(book, market, published("paradex-16") if scenarios is None else scenarios))
    return pd.DataFrame(
        {
            "instrument": book.names,
            "days": [market.tau(option.expiry) * 365.0 for option in options],
            "strike": [option.strike for option in options],
            "greek": greek,
            "scan": scan,
            "ratio": np.divide(greek, scan, out=np.full(len(book), np.nan), where=scan > 0.0),
        }
    )
