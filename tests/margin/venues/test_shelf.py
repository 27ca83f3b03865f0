"""The shelf of rulebooks: each answers, says what it looks at, and is priced at what it really computes."""

import sys

import numpy as np
import pytest

from greekslab.book import market_maker_book, named_books
from greekslab.book.revalue import pnl_cube
from greekslab.margin import MarginReport
from greekslab.margin.venues import looks_at, revaluations, rulebook_table, rulebooks
from greekslab.margin.venues.cards import CERTAINTIES
from greekslab.margin.venues.shelf import FAMILIES
from greekslab.market import Market

SHELF, TOY, BTC = rulebooks(), Market.toy(), Market.btc()
BOOKS = named_books(TOY)


@pytest.mark.parametrize("key", SHELF)
@pytest.mark.parametrize("market", [TOY, BTC], ids=["toy", "btc"])
def test_every_rule_answers_for_every_book(key, market):
    rule = SHELF[key]
    for book in [*named_books(market).values(), market_maker_book(market)]:
        initial, maintenance = rule.requirement(book, market)
        assert np.isfinite([initial, maintenance]).all() and initial >= maintenance >= 0.0
    report = rule.margin(book, market)
    assert isinstance(report, MarginReport) and report.currency == "quote"
    assert (report.initial, report.maintenance) == pytest.approx((initial, maintenance))


@pytest.mark.parametrize("key", SHELF)
def test_revaluations_are_counted_as_they_happen(key):
    # second route: every call of the one revaluation engine while the rule answers
    counted = [0]

    def watch(frame, event, _):
        if event == "call" and frame.f_code is pnl_cube.__code__:
            counted[0] += len(frame.f_locals["scenarios"])

    sys.setprofile(watch)
    try:
        SHELF[key].requirement(BOOKS["short straddle"], TOY)
    finally:
        sys.setprofile(None)
    assert revaluations(SHELF[key]) == counted[0]


def test_the_table_names_what_each_is():
    table = rulebook_table()
    assert list(table.index) == list(SHELF)
    assert table["name"].is_unique and (table["name"].str.len() > 0).all()
    assert set(table["looks at"]) == set(FAMILIES)
    assert set(table["certainty"]) <= {*CERTAINTIES, "generic"}
    partial = table[table["certainty"] == "partial"]
    assert (partial["note"].str.len() > 0).all()  # what is missing is said
    assert rulebook_table({"one": SHELF["span"]}).loc["one", "revaluations"] == 16


def test_families_by_what_they_answer():
    # each leg: no hedge helps; net delta and Greeks: no revaluation of a box; scenarios: the whole book anew
    assert looks_at(SHELF["isolated"]) == looks_at(SHELF["deribit-standard"]) == "each leg"
    for key, rule in SHELF.items():
        if looks_at(rule) in ("scenarios", "a sample"):
            assert revaluations(rule) >= 10, key
        if looks_at(rule) == "each leg":
            whole = rule.requirement(BOOKS["call spread"], TOY)[0]
            assert whole > 2.0 * SHELF["paradex"].requirement(BOOKS["call spread"], TOY)[0]
