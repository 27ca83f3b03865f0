"""The reference table: fourteen books under three published scenario sets, and their twins on the real smile.

The figures were computed for the toy world (forward 100, vol 60 %, 30 days, rate 0, Black-76) independently of this
package; scan value only, no add-ons. Binding scenarios are those of the first set.
"""

import pytest

from greekslab.book import named_books, pnl_cube
from greekslab.margin import Scan
from greekslab.market import Market
from greekslab.risk import worst
from greekslab.scenarios import published

SETS = ("paradex-24", "paradex-16", "derive-pm2-31")
TABLE = {
    "long perp": (16.0000, 16.0000, 18.0000, "-16 %, vol up"),
    "long call": (5.7091, 5.7091, 6.2321, "-12 %, vol down"),
    "long put": (5.2795, 5.2795, 5.8874, "+12 %, vol down"),
    "short call": (15.7807, 13.3894, 15.5427, "+500 %, vol up, x 3.2 %"),
    "short put": (14.1951, 12.1609, 14.0964, "-66 %, vol up, x 24 %"),
    "short straddle": (15.5613, 10.7787, 13.4800, "+500 %, vol up, x 3.2 %"),
    "hedged straddle": (14.4647, 9.6821, 12.5301, "+500 %, vol up, x 3.2 %"),
    "short strangle": (15.4039, 9.0536, 13.3437, "+500 %, vol up, x 3.2 %"),
    "covered call": (15.0551, 14.2498, 16.2786, "-66 %, vol up, x 24 %"),
    "call spread": (3.0004, 3.0004, 3.5877, "+12 %, vol down"),
    "synthetic long": (16.0000, 16.0000, 18.0000, "-16 %, vol up"),
    "conversion": (0.0000, 0.0000, 0.0000, None),
    "far short call": (14.3979, 2.2483, 12.4722, "+500 %, vol up, x 3.2 %"),
    "protective put": (8.8648, 8.8648, 9.9774, "-12 %, vol down"),
}


@pytest.mark.parametrize("name", list(TABLE))
def test_the_toy_books_have_their_reference_margins(name):
    market = Market.toy()
    book = named_books(market)[name]
    *want, binding = TABLE[name]
    found = [worst(pnl_cube(book, market, published(s))) for s in SETS]
    assert [f.loss for f in found] == pytest.approx(want, abs=1e-4)
    assert found[0].name == binding


def test_a_short_perpetual_needs_what_a_long_one_needs():
    market = Market.toy()
    short = -1 * named_books(market)["long perp"]
    found = worst(pnl_cube(short, market, published("paradex-24")))
    assert (found.loss, found.name) == (pytest.approx(16.0), "+16 %, vol up")


@pytest.mark.parametrize("name", list(TABLE))
def test_the_real_twins_behave_like_the_toy_books(name):
    # No published figure exists for these; what must hold: the rule's own structure, book by book.
    market = Market.btc()
    books, spot = named_books(market), market.spot("BTC")
    report = Scan(published("paradex-24")).margin(books[name], market)
    several = range(len(books[name])) if len(books[name]) > 1 else ()
    rests = [Scan(published("paradex-24")).requirement(books[name].without(i), market)[0] for i in several]
    assert 0.0 < report.initial <= 0.20 * spot
    assert report.contributions.sum() == pytest.approx(report.initial, rel=1e-9)
    if len(books[name]) == 1:
        assert report.marginal.iloc[0] == pytest.approx(report.initial)
    else:
        assert report.marginal.tolist() == pytest.approx([report.initial - rest for rest in rests], abs=1e-6)


def test_real_conversion_needs_only_its_basis():
    # perp + short call + long put at one strike is a perpetual against a future: what is left is forward over spot,
    # moved by 500 % and counted at 3.2 %.
    market = Market.btc()
    book = named_books(market)["conversion"]
    basis = market.forward("BTC", market.expiries("BTC")[1]) - market.spot("BTC")
    assert worst(pnl_cube(book, market, published("paradex-24"))).loss == pytest.approx(0.032 * 5 * basis, rel=1e-9)
