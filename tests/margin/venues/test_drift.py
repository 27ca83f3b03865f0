"""Drift v2: published cases in whole numbers, every kind of margin, orders, the rule over an account, bad input."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from greekslab.book import Book
from greekslab.errors import InputError
from greekslab.margin import Account, liquidation_moves
from greekslab.margin.venues import (
    DRIFT_DOLLARS,
    DriftCoin,
    DriftMargin,
    DriftPerpetual,
    DriftPosition,
    DriftPrice,
    DriftV2,
    drift_asset_weight,
    drift_coin_margin,
    drift_liability_weight,
    drift_liquidation_size,
    drift_perpetual_margin,
)
from greekslab.market import Market

RULE = DriftV2.published()
PERP, COIN = RULE.perpetuals["*"], RULE.coins["*"]
LIMITS = {"positive_profit_cap": RULE.positive_profit_cap, "order_charge": RULE.order_charge}
SIZE, DOLLAR = 10**9, 10**6
KINDS = ("initial", "fill", "maintenance")


def perp(base, price, quote=None, kind="initial", market=PERP, **more):
    position = {k: more.pop(k) for k in ("open_bids", "open_asks", "open_orders") if k in more}
    quote = -base * price // SIZE if quote is None else quote
    return drift_perpetual_margin(DriftPosition(base, quote, **position), market, price, kind, **LIMITS, **more)


# drift-labs/protocol-v2 @ 0ae3e3b1, programs/drift/src/math/margin/tests.rs
def test_weights_worsen_with_the_size():
    thousand = 1000 * SIZE
    assert drift_asset_weight(thousand, 0, 9000) == 9000 and drift_liability_weight(thousand, 0, 11_000) == 11_000
    assert drift_asset_weight(10**6 * thousand, 10, 9000) == drift_asset_weight(thousand, 10_000, 9000) == 8357
    assert drift_asset_weight(thousand, 100_000, 9000) == 2642
    liabilities = [drift_liability_weight(thousand, imf, 11_000) for imf in (10, 10_000, 100_000)]
    assert liabilities == [11_000, 11_962, 40_422] and drift_liability_weight(thousand, 100_000, 0) == 31_622
    profits = [PERP.pnl_weight(24_282_786_896 * n, "initial") for n in (1, 10, 100, 1000, 10_000, 800_000)]
    assert profits == [9516, 7368, 4299, 1855, 663, 78]
    assert PERP.pnl_weight(24_282_786_896, "maintenance") == PERP.pnl_weight(-1, "initial") == 10_000


def test_crowded_deposits_scale_the_asset_weight():
    def weight(tokens, price=25):
        coin = DriftCoin(9000, 9500, 11_000, 10_500, deposits=tokens * SIZE, scale_start=500_000 * DOLLAR)
        return coin.scaled_initial_asset_weight(price * DOLLAR)

    assert [weight(n) for n in (1, 20_000, 40_000, 60_000)] == [9000, 9000, 4500, 3000]
    assert weight(60_000, 50) == 1500


def test_perpetual_margin():
    short = -6_147_540_983, 22_050 * DOLLAR, 153_688_524_588
    assert perp(*short) == DriftMargin(100 * DOLLAR, 13_555_327_867)  # of a profit of 18 135 dollars, 100 count
    assert perp(short[0], 21_050 * DOLLAR, short[2]) == DriftMargin(100 * DOLLAR, 12_940_573_769)
    maintenance = perp(*short, kind="maintenance")
    assert maintenance == DriftMargin(18_135_245_913, 6_777_663_933)
    assert perp(*short, kind="fill").requirement == 10_166_495_900  # half way, rounded down
    loss = perp(10 * SIZE, 90 * DOLLAR, -1000 * DOLLAR)
    assert loss == DriftMargin(-100 * DOLLAR, 90 * DOLLAR)


def test_the_traders_own_ratio_counts_to_open_only():
    # user_custom_margin_ratio: 100 coins at 100 dollars held as a perpetual, and as many borrowed
    borrow = (-100 * SIZE, COIN, DriftPrice(100 * DOLLAR))
    for own, needed in ((10_000, 30_000), (5000, 20_000), (0, 13_000)):
        both = perp(100 * SIZE, 100 * DOLLAR, market=DriftPerpetual(1000, 500), own_ratio=own)
        both += drift_coin_margin(*borrow, "initial", own_ratio=own)
        assert both.requirement == needed * DOLLAR
    assert drift_coin_margin(*borrow, "maintenance", own_ratio=10_000).requirement == 11_000 * DOLLAR
    deposit = (100 * SIZE, COIN, DriftPrice(100 * DOLLAR))
    counted = [drift_coin_margin(*deposit, "initial", own_ratio=own).collateral for own in (0, 5000, 20_000)]
    assert counted == [8000 * DOLLAR, 5000 * DOLLAR, 0]


def test_strict_prices():
    dollars = drift_coin_margin(10_000 * DOLLAR, DRIFT_DOLLARS, DriftPrice(DOLLAR, 900_000), "maintenance")
    borrow = drift_coin_margin(-100 * SIZE, COIN, DriftPrice(100 * DOLLAR, 110 * DOLLAR), "maintenance")
    assert dollars + borrow == DriftMargin(9000 * DOLLAR, 12_100 * DOLLAR)
    cheap, dear = DriftPrice(DOLLAR, 900_000), DriftPrice(DOLLAR, 1_100_000)
    assert perp(SIZE, 110 * DOLLAR, -100 * DOLLAR, quote_price=cheap) == DriftMargin(9 * DOLLAR, 11 * DOLLAR)
    assert perp(SIZE, 90 * DOLLAR, -100 * DOLLAR, quote_price=dear) == DriftMargin(-11 * DOLLAR, 9_900_000)


def test_open_orders_count_at_their_worst():
    one = {"market": DriftPerpetual(1000, 500)}
    assert perp(SIZE, 100 * DOLLAR, open_bids=SIZE, open_orders=1, **one).requirement == 20 * DOLLAR + 10_000
    assert perp(SIZE, 100 * DOLLAR, open_asks=-4 * SIZE, **one).requirement == 30 * DOLLAR
    # a bid for a coin: the coin counts 80 %, the dollars paid in full
    price, order = DriftPrice(100 * DOLLAR), {"open_bids": SIZE, "open_orders": 1, "order_charge": 10_000}
    bid = drift_coin_margin(0, COIN, price, "initial", **order)
    assert bid == DriftMargin(80 * DOLLAR, 100 * DOLLAR + 10_000)
    ask = drift_coin_margin(SIZE, COIN, price, "initial", open_asks=-2 * SIZE)
    assert ask == DriftMargin(200 * DOLLAR, 120 * DOLLAR)  # 2 sold of 1 held: 200 dollars come, 1 coin is owed


def test_the_profit_of_a_market_out_of_balance_counts_less():
    market = DriftPerpetual(1000, 500, pnl_max_imbalance=100, net_user_pnl=400)
    assert market.pnl_weight(1, "initial") == 2500 and market.pnl_weight(1, "maintenance") == 10_000


# programs/drift/src/math/liquidation/tests.rs
def test_liquidation_sizes():
    assert drift_liquidation_size(10 * DOLLAR, 1000, 0, 0, 100 * DOLLAR) == SIZE
    assert drift_liquidation_size(10 * DOLLAR, 1000, 0, 0, 100 * DOLLAR, 1_010_000) == 990_099_009
    assert drift_liquidation_size(10 * DOLLAR, 1000, 10_000, 0, 100 * DOLLAR) == 1_111_111_111
    assert drift_liquidation_size(10 * DOLLAR, 1000, 10_000, 10_000, 100 * DOLLAR) == 1_250_000_000
    for nothing_freed in ((1000, 100_000, 0, DOLLAR), (1000, 0, 0, 0), (1000, 50_000, 60_000, DOLLAR)):
        assert drift_liquidation_size(DOLLAR, *nothing_freed) == 2**64 - 1


@given(st.integers(-(10**12), 10**12), st.integers(1, 10**11), st.integers(-(10**12), 10**12))
def test_initial_is_never_easier_than_fill_nor_fill_than_maintenance(base, price, quote):
    margins = [perp(base, price, quote, kind) for kind in KINDS]
    assert margins[0].free <= margins[1].free <= margins[2].free
    amount = drift_coin_margin(quote, COIN, DriftPrice(price), "initial")
    assert amount.free <= drift_coin_margin(quote, COIN, DriftPrice(price), "maintenance").free


# --- the rule ------------------------------------------------------------------------------------------------------
MARKET = Market("2024-01-01", {"BTC": 22_050.0, "SOL": 100.0})
SHORT = Book.from_list([("BTC-PERP", -6.147540983, 25_000.0)])


def test_the_rule_agrees_with_the_whole_numbers():
    report = RULE.margin(Account(SHORT, cash=20_000.0), MARKET)
    free = {k: RULE.collateral(Account(SHORT, cash=20_000.0), MARKET, k) for k in KINDS}
    assert free["initial"] == DriftMargin(20_100 * DOLLAR, 13_555_327_867)
    assert report.excess == pytest.approx(free["initial"].free / DOLLAR, abs=1e-5)
    assert report.equity - report.maintenance == pytest.approx(free["maintenance"].free / DOLLAR, abs=1e-5)
    assert report.contributions.sum() == pytest.approx(report.initial)
    assert report.parts["BTC perpetual"] == pytest.approx((13_555.327867, 6_777.663933))
    assert report.parts["BTC profit not counted"][0] == pytest.approx(report.equity - 20_100.0)


def test_coins_are_deposits_and_borrows():
    held = Account(Book.from_list([("SOL", 10.0)]), cash=500.0)
    assert RULE.requirement(held, MARKET) == pytest.approx((200.0, 100.0))
    owed = Account(Book.from_list([("SOL", -10.0)]), cash=1150.0)
    report = RULE.margin(owed, MARKET)
    assert (report.equity, report.initial, report.maintenance) == pytest.approx((150.0, 200.0, 100.0))
    posted = Account(SHORT, collateral=Book.from_list([("SOL", 10.0)]))
    assert RULE.margin(posted, MARKET).initial == RULE.margin(SHORT + held.book, MARKET).initial


def test_the_liquidation_criterion():
    for cash, liquidated in ((1099.0, True), (1101.0, False)):
        owed = Account(Book.from_list([("SOL", -10.0)]), cash=cash)
        assert (RULE.collateral(owed, MARKET, "maintenance").free < 0) == liquidated
        assert (RULE.margin(owed, MARKET).health < 1.0) == liquidated


def test_strict_prices_orders_and_own_leverage_reach_the_rule():
    owed = Account(Book.from_list([("SOL", -100.0)]), cash=10_000.0)
    strict = DriftV2.published(averages={"SOL": 110.0, "USDC": 0.9})
    assert strict.collateral(owed, MARKET, "maintenance") == DriftMargin(9000 * DOLLAR, 12_100 * DOLLAR)
    report = strict.margin(owed, MARKET)
    assert report.equity - report.maintenance == pytest.approx(-3100.0)
    assert report.parts["strict price of cash"] == pytest.approx((1000.0, 1000.0))
    perps = Book.from_list([("SOL-PERP", 1.0)])
    ordered = DriftV2.published(imf_factor=0, orders={"SOL": (1.0, 0.0, 2)})
    assert ordered.requirement(perps, MARKET) == pytest.approx((20.02, 10.02))
    assert DriftV2.published(own_ratio=0.5, imf_factor=0).requirement(perps, MARKET) == pytest.approx((50.0, 5.0))


@given(st.floats(-1e5, 1e5), st.floats(0.0, 1e5), st.floats(-50.0, 50.0))
def test_more_cash_never_lowers_the_excess(cash, more, coins):
    book = SHORT + Book.from_list([("SOL", coins)])
    excess = [RULE.margin(Account(book, cash + x), MARKET).excess for x in (0.0, more)]
    assert excess[1] >= excess[0] - 1e-5


def test_the_move_to_liquidation_is_where_nothing_is_spare():
    mine = Account(SHORT, cash=20_000.0)
    down, up = liquidation_moves(mine, MARKET, RULE)
    for move in (down, up):
        if move is not None:
            assert RULE.slack(mine, MARKET.moved(move)) == pytest.approx(0.0, abs=50.0)
    assert up is not None


@pytest.mark.parametrize("wrong", [
    {"margin_ratio_initial": -1}, {"margin_ratio_maintenance": 0.05}, {"pnl_initial_asset_weight": 10_001},
    {"initial_asset_weight": 12_000}, {"maintenance_liability_weight": 9000}, {"scale_start": -1},
    {"positive_profit_cap": -1}, {"order_charge": 0.5}, {"own_ratio": 1.5}, {"own_ratio": -0.1},
    {"averages": {"SOL": 0.0}}, {"orders": {"SOL": (-1.0, 0.0, 1)}}, {"orders": {"SOL": 1.0}}, {"orders": 1},
    {"averages": 1.0}, {"coins": {"SOL": 0.8}}, {"margin_ratio": 0.1},
])  # fmt: skip
def test_bad_parameters_are_refused(wrong):
    with pytest.raises(InputError, match=next(iter(wrong))):
        DriftV2.published(**wrong)


@pytest.mark.parametrize("call", [
    lambda: drift_asset_weight(-1, 0, 9000), lambda: drift_liability_weight(0.5, 0, 9000), lambda: DriftPrice(-1),
    lambda: DriftPosition(1, open_asks=1), lambda: DriftPosition(1, open_bids=-1), lambda: perp(1, 1, kind="final"),
    lambda: drift_perpetual_margin(1, PERP, 1, "initial", **LIMITS), lambda: perp(1, 1, own_ratio=-1),
    lambda: drift_coin_margin(1, COIN, DriftPrice(1), "final"), lambda: drift_liquidation_size(-1, 1000, 0, 0, 1),
    lambda: RULE.margin(Book.from_list([("SOL-1FEB24", 1)]), MARKET),
    lambda: RULE.margin(Book.from_list([("USDC", 1)]), Market("2024-01-01", {"USDC": 1.0})),
    lambda: DriftV2({}, {}, 0, 0).margin(SHORT, MARKET),
])  # fmt: skip
def test_bad_input_is_refused(call):
    with pytest.raises(InputError):
        call()
