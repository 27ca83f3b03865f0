"""Derive's Dutch auction: published bids restated, the path of prices, and bad input."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from greekslab.book import named_books
from greekslab.errors import InputError
from greekslab.margin import Account
from greekslab.margin.venues import DeriveAuction, DerivePM2
from greekslab.market import Market

TESTS = DeriveAuction.published("tests")
LIVE = DeriveAuction.published()
ACCOUNT = {"mark_to_market": 100.0, "maintenance": -50.0}


def test_published_bids():
    # derivexyz/v2-core @ 7736900d, test/integration-tests/liquidation/liquidationTests.json, Test1 and Test4
    first = TESTS.bid(0.0, 1.0, mark_to_market=119.30633018077472, maintenance=-103.09061949052965)
    assert (first.buffer_margin, first.max_share, first.price) == pytest.approx(
        (-147.57000942479047, 0.5579412854255694, 65.23460867605947), rel=1e-9
    )
    second = TESTS.bid(
        30.0, 1.0 / 9.0, mark_to_market=118.42583427825203, maintenance=-81.73109368534716, reserved=11.047987360634837
    )
    assert (second.max_share, second.price) == pytest.approx((0.5242905859581388, 11.047987360634837), rel=1e-9)


def test_the_share_on_offer_falls_fast_then_slowly_then_is_nothing():
    assert LIVE.discount(np.array([0, 900, 900 + 43_200, 1e6])) == pytest.approx([0.95, 0.7, 0.0, 0.0])
    assert LIVE.discount(450) == pytest.approx(0.825) and LIVE.discount(900 + 21_600) == pytest.approx(0.35)


def test_what_is_taken_at_most_brings_the_rest_to_its_buffer():
    # a share f is sold for f MtM d: the rest has (1 - f) of the buffer margin and the cash, which count in full
    for seconds in (0.0, 500.0, 20_000.0):
        bid = TESTS.bid(seconds, 1.0, **ACCOUNT)
        assert (1.0 - bid.share) * bid.buffer_margin + bid.price == pytest.approx(0.0, abs=1e-9)


def test_an_insolvent_account_pays_the_bidder_ever_more():
    lost = {"mark_to_market": -20.0, "maintenance": -80.0}
    assert LIVE.price(np.array([0.0, 1800.0, 3600.0, 9e9]), **lost) == pytest.approx([-20.0, -50.0, -80.0, -80.0])
    bid = LIVE.bid(1800.0, 0.5, **lost)
    assert (bid.price, bid.max_share, bid.cash_needed) == pytest.approx((-25.0, 1.0, 15.0))
    assert LIVE.starting_fee(**lost) == 0.0


def test_the_fee_is_on_what_must_be_sold_at_its_mark():
    assert TESTS.starting_fee(**ACCOUNT) == pytest.approx(0.02 * 100.0 * 80.0 / 180.0)


def test_a_small_account_is_sold_whole():
    auction = DeriveAuction.published("tests", mtm_cutoff=200.0)
    assert auction.bid(0.0, 1.0, **ACCOUNT).share == 1.0
    assert auction.max_share(np.array([0.0, 50.0]), **ACCOUNT) == pytest.approx([1.0, 1.0])


def test_nothing_is_sold_once_the_buffer_is_whole():
    assert TESTS.bid(10.0, 1.0, mark_to_market=100.0, maintenance=60.0).share == 0.0


def test_an_account_of_a_margin_report_is_auctioned():
    market = Market.toy()
    report = DerivePM2.published().margin(Account(named_books(market)["short straddle"], cash=15.0), market)
    assert report.health < 1.0
    bid = LIVE.bid(60.0, mark_to_market=report.equity, maintenance=report.equity - report.maintenance)
    assert 0.0 < bid.share <= 1.0 and bid.price > 0.0


@given(
    seconds=st.floats(0.0, 1e5), value=st.floats(1.0, 1e6), lack=st.floats(0.0, 1e6), reserved=st.floats(0.0, 1.0),
)  # fmt: skip
def test_a_bid_never_costs_more_than_what_it_takes(seconds, value, lack, reserved):
    bid = LIVE.bid(seconds, 1.0, mark_to_market=value, maintenance=-lack, reserved=reserved * value)
    assert 0.0 <= bid.share <= 1.0 and 0.0 <= bid.price <= bid.share * value


@pytest.mark.parametrize("bad, word", [
    ({"fast_length": 0.0}, "fast_length"), ({"insolvent_length": -1.0}, "insolvent_length"),
    ({"fee_rate": 1.1}, "fee_rate"), ({"buffer_pct": np.nan}, "buffer_pct"), ({"mtm_cutoff": -1.0}, "mtm_cutoff"),
    ({"fast_cutoff_pct": 0.99}, "fast_cutoff_pct"), ({"speed": 1.0}, "parameter of derive_auction"),
])  # fmt: skip
def test_bad_parameters_are_refused(bad, word):
    with pytest.raises(InputError, match=word):
        DeriveAuction.published(**bad)


@pytest.mark.parametrize("bad, word", [
    ({"seconds": -1.0}, "seconds"), ({"share": 1.5}, "share"), ({"mark_to_market": np.inf}, "mark_to_market"),
    ({"maintenance": 101.0}, "maintenance"), ({"reserved": -1.0}, "reserved"), ({"reserved": 101.0}, "reserved"),
])  # fmt: skip
def test_bad_bids_are_refused(bad, word):
    with pytest.raises(InputError, match=word):
        LIVE.bid(**{"seconds": 0.0, **ACCOUNT, **bad})


def test_an_insolvent_account_has_no_largest_share():
    with pytest.raises(InputError, match="insolvent"):
        LIVE.max_share(0.0, mark_to_market=-1.0, maintenance=-2.0)


def test_both_ends_of_the_shares_are_taken():
    for ends in ({"fee_rate": 0.0}, {"fee_rate": 1.0}, {"buffer_pct": 0.0}, {"starting_mtm_pct": 1.0}):
        assert DeriveAuction.published(**ends).bid(0.0, **ACCOUNT).price > 0.0
    free = DeriveAuction.published(starting_mtm_pct=0.0, fast_cutoff_pct=0.0)
    assert free.bid(0.0, **ACCOUNT).price == 0.0
