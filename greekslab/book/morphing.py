"""Books that turn into one another: a path of positions from one portfolio to the next."""

from collections.abc import Sequence
from dataclasses import replace

from greekslab.book.instruments import Option, Perpetual
from greekslab.book.named import named_books, nearest_expiry
from greekslab.book.positions import Book, Position
from greekslab.errors import InputError
from greekslab.inputs import checked_type, number
from greekslab.market.market import Market

_TAIL = (0.70, 1.50)  # strikes of the strangle, as multiples of the forward


def morph(stages: Sequence[Book], at: float) -> Book:
    """Return the book at one point of a straight path through several books.

    Parameters
    ----------
    stages : sequence of Book
        Two or more, in order.
    at : float
        0 is the first book, 1 the second, and so on; between two books their quantities are mixed, at 0.25 three
        quarters of the first and one quarter of the second.

    Returns
    -------
    Book
        Equal positions are one leg; what has been traded away is left out.
    """
    stages = [checked_type("stage", stage, Book, "give books, for example named_books(market)") for stage in stages]
    if len(stages) < 2:
        raise InputError("stages", len(stages), "give two or more books")
    at = number("at", at, f"give a place from 0 to {len(stages) - 1}", least=0.0, most=len(stages) - 1.0)
    place = min(int(at), len(stages) - 2)
    size: dict[Position, float] = {}
    for stage, share in ((stages[place], 1.0 - (at - place)), (stages[place + 1], at - place)):
        for position in stage:
            key = replace(position, quantity=1.0)
            size[key] = size.get(key, 0.0) + share * position.quantity
    legs = tuple(replace(key, quantity=quantity) for key, quantity in size.items() if quantity != 0.0)
    if not legs:
        raise InputError("at", at, "the two books cancel here; choose another place")
    return Book(legs)


def morph_stages(market: Market, underlying: str | None = None) -> dict[str, Book]:
    """Return three books to walk through: directional, hedged, short tail.

    Parameters
    ----------
    market : Market
        For example `Market.toy()` or `Market.btc()`.
    underlying : str, optional
        Defaults to the market's first.

    Returns
    -------
    dict of str to Book
        "directional": one long perpetual. "hedged": the same with an at-the-money call sold and the put bought (the
        conversion). "short tail": a put at 0.7 and a call at 1.5 times the forward sold, and nothing else; where the
        market quotes strikes, the nearest ones. Options expire nearest to 30 days.
    """
    books = named_books(market, underlying)
    underlying = underlying or next(iter(market.spots))
    expiry = nearest_expiry(market, underlying)
    forward, quotes = market.forward(underlying, expiry), getattr(market.vols.get(underlying), "quotes", None)
    legs = []
    for kind, multiple in zip(("put", "call"), _TAIL, strict=True):
        strike = round(multiple * forward, 10)
        if quotes is not None:
            strike = float(min(quotes[expiry][0], key=lambda k: abs(k - multiple * forward)))
        legs.append(Position(Option(underlying, "linear", expiry, strike, kind), -1.0))
    perpetual = Book((Position(Perpetual(underlying), 1.0),))
    return {"directional": perpetual, "hedged": books["conversion"], "short tail": Book(tuple(legs))}
