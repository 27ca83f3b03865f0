"""Rules compared: requirements in per cent of the spot, cover, the frontier, and crossings."""

import pandas as pd
import pytest

from greekslab.book import Book, named_books
from greekslab.errors import InputError
from greekslab.margin import DeltaMargin, FixedRate, Scan, bake_off, covered, crossings, losses, undominated
from greekslab.market import Market
from greekslab.scenarios import grid, published

TOY, BTC = Market.toy(), Market.btc()


def test_requirements_are_per_cent_of_the_spot():
    rules = {"rate": FixedRate(0.1, 0.05), "scan": Scan(published("paradex-24"))}
    for market in (TOY, BTC):
        table = bake_off({"perp": named_books(market)["long perp"]}, market, rules)
        assert table.loc["perp"].to_dict() == pytest.approx({"rate": 10.0, "scan": 16.0})


def test_losses_and_cover():
    books = {"perp": named_books(TOY)["long perp"], "short": -1 * named_books(TOY)["long perp"]}
    lost = losses(books, TOY, grid([-0.3, -0.1, 0.05, 0.2]))
    assert lost["perp"].tolist() == pytest.approx([30.0, 10.0, -5.0, -20.0])
    asked = bake_off(books, TOY, {"ten": DeltaMargin(rate=0.1), "thirty": DeltaMargin(rate=0.3)})
    cover = covered(asked, lost)
    # 10 pays for all but the fall of 30 %, and, held short, for all but the rise of 20 %; 30 pays for everything
    assert cover["ten"].tolist() == [0.75, 0.75] and cover["thirty"].tolist() == [1.0, 1.0]
    with pytest.raises(InputError, match="missing"):
        covered(asked, lost[["perp"]])


def test_frontier():
    cost = pd.Series({"cheap": 1.0, "good": 5.0, "worse": 6.0, "twin": 5.0, "best": 9.0})
    cover = pd.Series({"cheap": 0.2, "good": 0.8, "worse": 0.7, "twin": 0.8, "best": 1.0})
    front = undominated(cost, cover)
    assert front[front].index.tolist() == ["cheap", "good", "twin", "best"]  # equals do not beat one another
    # a cover that is larger by rounding alone does not count
    assert not undominated(pd.Series({"a": 1.0, "b": 2.0}), pd.Series({"a": 2 / 3, "b": 2 / 3 + 1e-16}))["b"]
    with pytest.raises(InputError):
        undominated(cost, cover.drop("best"))


def test_crossings_of_straight_lines():
    lines = pd.DataFrame({"a": [0.0, 4.0], "b": [3.0, 1.0], "c": [9.0, 9.0]}, index=[0.0, 1.0])
    found = crossings(lines)
    assert found.values.tolist() == [[pytest.approx(0.5), "a", "b"]]  # 4 x = 3 - 2 x


def test_touching_is_not_crossing_and_agreement_begins_a_crossing():
    lines = pd.DataFrame({"a": [2.0, 1.0, 2.0, 2.0], "b": [1.0, 1.0, 1.0, 3.0]}, index=[0, 1, 2, 3])
    assert crossings(lines).values.tolist() == [[2.5, "b", "a"]]
    stretch = pd.DataFrame({"a": [2.0, 1.0, 1.0, 0.0], "b": [1.0, 1.0, 1.0, 1.0]}, index=[0, 1, 2, 3])
    assert crossings(stretch).values.tolist() == [[1.0, "b", "a"]]
    assert crossings(pd.DataFrame({"a": [1.0, 1.0], "b": [1.0, 1.0 + 1e-12]}, index=[0, 1])).empty


def test_bad_input_is_refused():
    two = Book.from_list([("BTC-PERP", 1), ("ETH-PERP", 1)])
    with pytest.raises(InputError, match="one underlying"):
        bake_off({"two": two}, TOY, {})
    with pytest.raises(InputError):
        bake_off([two], TOY, {})
    with pytest.raises(InputError):
        crossings(pd.DataFrame({"a": [1.0, 2.0]}, index=[1, 0]))
