"""The Greek margin beside the scan: the map equals the two rules, leg by leg; reference numbers; bad input."""

import numpy as np
import pytest

from greekslab.book import Book
from greekslab.errors import InputError
from greekslab.margin import GreekMargin, Scan, greek_against_scan, sold_options
from greekslab.market import Market
from greekslab.scenarios import VolRule, grid, published

BTC = Market.btc()


def test_reference_numbers_of_the_map():
    # hand calculation and reference number: the 7-day 130 call sold alone, 0.0785 against 1.8218
    market = Market.toy(days=[7, 30])
    table = greek_against_scan(sold_options(market, "TOY", [100, 130], "call"), market).set_index(["days", "strike"])
    assert table.loc[(7.0, 130.0), ["greek", "scan"]].tolist() == pytest.approx([0.0785, 1.8218], abs=5e-5)
    # the running book "short call": 13.3894 in the reference table of the sixteen core scenarios
    assert table.loc[(30.0, 100.0), "scan"] == pytest.approx(13.3894, abs=1e-4)
    assert table["ratio"].to_numpy() == pytest.approx((table["greek"] / table["scan"]).to_numpy())


@pytest.mark.parametrize("rule", [GreekMargin(), GreekMargin(vanna_volga=True), GreekMargin(moves=(-0.08, 0.08))])
def test_every_row_is_two_rules_on_a_book_of_one_leg(rule):
    book, core = sold_options(BTC, "BTC"), published("paradex-16")
    table = greek_against_scan(book, BTC, rule=rule, scenarios=core)
    for row in (0, 11, 24, 48):
        leg = Book((book.positions[row],))
        asked = [each.requirement(leg, BTC)[0] for each in (rule, Scan(core))]
        assert table.loc[row, ["greek", "scan"]].tolist() == pytest.approx(asked, rel=1e-12)


def test_out_of_the_money_options_of_the_smile():
    table = greek_against_scan(sold_options(BTC, "BTC"), BTC)
    assert len(table) == 49  # quotes of the embedded smile
    assert table["instrument"].iloc[[0, -1]].tolist() == ["BTC-5NOV21-52000-P", "BTC-25MAR22-300000-C"]


def test_in_a_small_box_the_two_models_agree():
    # second order Taylor: the error falls with the third power of the move, the loss only with the first
    table = greek_against_scan(
        sold_options(BTC, "BTC"), BTC, scenarios=grid([-0.001, 0.001]),
        rule=GreekMargin(moves=(-0.001, 0.001), vol_rule=VolRule()),
    )  # fmt: skip
    assert table["ratio"].to_numpy() == pytest.approx(np.ones(49), abs=1e-4)


def test_what_a_scan_does_not_ask_for_has_no_ratio():
    market = Market.toy(days=1)
    far = sold_options(market, "TOY", [1e6], "call")
    assert np.isnan(greek_against_scan(far, market)["ratio"].iloc[0])


@pytest.mark.parametrize("wrong", [
    lambda: sold_options(BTC, "BTC", kind="both"),
    lambda: sold_options(Market.toy(), "TOY"),
    lambda: sold_options(Market.toy(), "TOY", "at the money"), lambda: sold_options(Market.toy(), "TOY", [-1.0]),
    lambda: greek_against_scan(Book.from_list([("BTC-PERP", 1.0)]), BTC),
    lambda: greek_against_scan(sold_options(BTC, "BTC"), BTC, rule=Scan(published("paradex-16"))),
])  # fmt: skip
def test_bad_input_is_refused(wrong):
    with pytest.raises(InputError):
        wrong()


def test_an_unknown_underlying_is_named():
    with pytest.raises(InputError, match="underlying is ETH"):
        sold_options(BTC, "ETH", [4_000.0])
