"""The book that is measured, once as the package holds it and once as plain arrays."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from greekslab.book import Book, Option, Position
from greekslab.market import FlatVol, Market

NOW = pd.Timestamp("2024-01-01 08:00", tz="UTC")


@dataclass(frozen=True)
class Legs:
    """Options as arrays: ``sign`` +1 call, -1 put; ``tau`` years; all of one length."""

    strike: np.ndarray
    sign: np.ndarray
    tau: np.ndarray
    vol: np.ndarray
    forward: np.ndarray
    quantity: np.ndarray


def options(count: int) -> tuple[Book, Market, Legs]:
    """Build `count` options on one coin: ten expiries of 7 to 180 days, strikes from half to twice the spot."""
    days = np.round(np.geomspace(7, 180, 10))
    expiries = [NOW + pd.Timedelta(days=float(d)) for d in days]
    each = -(-count // (2 * len(days)))  # strikes per expiry and kind
    strikes = np.round(np.geomspace(30_000.0, 120_000.0, each))
    rng = np.random.default_rng(7)
    rows = [(e, d, k, s) for e, d in zip(expiries, days, strict=True) for k in strikes for s in (1.0, -1.0)][:count]
    quantity = rng.choice([-2.0, -1.0, 1.0, 3.0], len(rows))
    book = Book(
        tuple(
            Position(Option("BTC", "linear", e, k, "call" if s > 0 else "put"), q)
            for (e, _, k, s), q in zip(rows, quantity, strict=True)
        )
    )
    market = Market(NOW, {"BTC": 60_000.0}, vols={"BTC": FlatVol(0.6)})
    size = len(rows)
    columns = (np.array([row[i] for row in rows], dtype=float) for i in (2, 3, 1))
    strike, sign, days_left = columns
    return book, market, Legs(strike, sign, days_left / 365.0, np.full(size, 0.6), np.full(size, 60_000.0), quantity)
