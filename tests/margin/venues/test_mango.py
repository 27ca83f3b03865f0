"""Mango v4: published healths, kinds of health, open orders, the rule over an account, and bad input."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from greekslab.book import Book
from greekslab.errors import InputError
from greekslab.margin import Account, liquidation_moves
from greekslab.margin.venues import (
    MangoOrders,
    MangoPerpetual,
    MangoPosition,
    MangoPrice,
    MangoToken,
    MangoV4,
    mango_health,
)
from greekslab.market import Market

RULE = MangoV4.published()
USD, COIN = RULE.tokens["USDC"], RULE.tokens["*"]
TOKENS = {"1": USD, "2": COIN, "3": COIN}
PRICES = {"1": MangoPrice(1.0), "2": MangoPrice(5.0), "3": MangoPrice(10.0)}
AMOUNT = st.floats(-500.0, 500.0)


def health(balances=(0, 0, 0), perp=None, orders=(), kind="init", tokens=TOKENS, prices=PRICES):
    """Return the health; `perp` is (base lots of 10, quote, bid lots, ask lots) of a market on token 2."""
    perps = []
    if perp:
        base, quote, bids, asks = perp
        perps = [MangoPosition(RULE.perpetuals["*"], prices["2"], "1", 10 * base, quote, 10 * bids, 10 * asks)]
    held = dict(zip(tokens, balances, strict=True))
    return mango_health(kind, tokens=tokens, prices=prices, balances=held, perpetuals=perps, orders=orders)


def orders(token, quote, base, **best):
    return MangoOrders(token, "1", base, quote, **best)


# blockworks-foundation/mango-v4 @ 1303a4a1, programs/mango-v4/src/health/cache.rs, test_health1, by case
@pytest.mark.parametrize(("balances", "perp", "reserved", "published"), [
    ((100, -10, 0), (3, -131, 7, 11), [("2", 20, 15)],
     0.8 * (100 + 20 + 15 * 5 + 10 * 50 * 0.8 - 131 - 7 * 50) - 10 * 5 * 1.5),  # 0: bids execute
    ((-100, 10, 0), (-10, -131, 7, 11), [("2", 20, 15)],
     1.2 * (-100 - 21 * 50 * 1.2 - 131 + 11 * 50) + (10 * 5 + 20 + 15 * 5) * 0.5),  # 1: asks execute
    ((0, 0, 0), (-1, 100, 0, 0), [], 0.8 * 0.95 * (100 - 1.2 * 50)),  # 2: a profit is weighted
    ((0, 0, 0), (1, -100, 0, 0), [], 1.2 * (-100 + 0.8 * 50)),  # 3: a loss is not
    ((0, 0, 0), (30, -100, 0, 0), [], 0.8 * 0.95 * (-100 + 0.8 * 30 * 50)),  # 5
    ((-14, -10, -10), None, [("2", 1, 1), ("3", 1, 1)],
     -14 * 1.2 - 50 * 1.5 - 100 * 1.5 + 3 * 1.2 + 3 * 0.8 + 8 * 1.2 + 3 * 0.8),  # 7: orders cross the zero of a balance
    ((-100, -100, -1), None, [("2", 0, 0), ("3", 10, 1)], -120 - 750 - 15 + 10 * 1.5 + 10 * 0.5),  # 8
    ((-100, 0, 0), (1, 100, 0, 0), [], 0.8 * (-100 + 0.95 * (100 + 0.8 * 50))),  # 12: a profit pays a borrow
    ((100, 0, 0), (-1, -100, 0, 0), [], 1.2 * (100 - 100 - 1.2 * 50)),  # 13
])  # fmt: skip
def test_published_healths(balances, perp, reserved, published):
    found = health(balances, perp, [orders(*r) for r in reserved])
    assert found.health == pytest.approx(published)
    assert found.assets - found.liabilities == pytest.approx(found.health)
    assert sum(found.parts.values()) == pytest.approx(found.health)


def test_best_prices_of_orders_limit_what_they_bring():
    # cases 14 and 15
    reserved = [orders("2", 1, 1, lowest_ask=3.0), orders("3", 11, 1, highest_bid=12.0)]
    common = -100 * 1.2 - 50 * 1.5
    assert health((-100, -10, 0), orders=reserved).health == pytest.approx(common + 4 * 1.2 + (11 / 12 + 1) * 10 * 0.5)
    reserved = [orders("2", 1, 1, lowest_ask=6.0), orders("3", 11, 1, highest_bid=9.0)]
    assert health((-100, -10, 0), orders=reserved).health == pytest.approx(common + 6 * 1.2 + (11 / 10 + 1) * 10 * 0.5)


def test_crowded_banks_scale_the_initial_weights():
    def bank(terms, **totals):
        weights = {
            f"{a}_{b}_weight": getattr(terms, f"{a}_{b}_weight") for a in ("init", "maint") for b in ("asset", "liab")
        }
        return MangoToken(**weights, **totals)

    # case 11: borrows; case 17: deposits, with what open orders may bring
    borrowed = {
        "1": bank(USD, borrows=100, borrow_scale_start=1000), "2": bank(COIN, borrows=1500, borrow_scale_start=5000),
        "3": bank(COIN, borrows=10_000, borrow_scale_start=10_000),
    }  # fmt: skip
    assert health((-100, -100, -100), tokens=borrowed).health == pytest.approx(-120 - 750 * 1.5 - 1500 * 10)
    deposited = {
        "1": USD, "2": bank(COIN, deposits=100, deposit_scale_start=500, potential_from_orders=100),
        "3": bank(COIN, deposits=600, deposit_scale_start=5000, potential_from_orders=100),
    }  # fmt: skip
    reserved = [orders("2", 0, 100), orders("3", 0, 100)]
    expected = 80 + 2 * 250 * (100 / 200) + 2 * 500 * (500 / 700)
    assert health((100, 100, 100), orders=reserved, tokens=deposited).health == pytest.approx(expected)
    assert health((100, 100, 100), tokens=deposited, kind="liquidation_end").health == pytest.approx(80 + 250 + 500)


def test_the_kinds_of_health():
    stable = PRICES | {"2": MangoPrice(5.0, 4.0)}
    assert health((0, 10, 0), prices=stable).health == 10 * 4 * 0.5
    assert health((0, 10, 0), prices=stable, kind="liquidation_end").health == 10 * 5 * 0.5
    assert health((0, 10, 0), prices=stable, kind="maint").health == 10 * 5 * 0.7
    higher = PRICES | {"2": MangoPrice(5.0, 6.0)}
    assert health((0, -10, 0), prices=higher).health == -10 * 6 * 1.5
    assert health(perp=(-1, 100, 0, 0), prices=higher).health == pytest.approx(0.8 * 0.95 * (100 - 1.2 * 60))
    assert health(perp=(-1, 100, 0, 0), prices=higher, kind="maint").health == pytest.approx(
        0.9 * 0.98 * (100 - 1.1 * 50)
    )


@given(AMOUNT, AMOUNT, AMOUNT, st.integers(-20, 20), AMOUNT, st.integers(0, 20), st.integers(0, 20))
def test_initial_health_is_the_least_and_maintenance_the_most(a, b, c, base, quote, bids, asks):
    found = [health((a, b, c), (base, quote, bids, asks), kind=k).health for k in ("init", "liquidation_end", "maint")]
    assert found[0] <= found[1] + 1e-9 and found[1] <= found[2] + 1e-9
    worth = a + 5 * b + 10 * c + 50 * base + quote
    assert found[2] <= worth + 1e-9


def test_the_health_ratio():
    assert health((200, -10, 0)).ratio == pytest.approx(100 * (160 - 75) / 75)
    assert health((100, 0, 0)).ratio == float("inf")
    mixed = health((10, 0, 0), (0, -12, 0, 0))  # 10 in the bank pays for the same of a loss of 12
    assert (mixed.assets, mixed.liabilities) == pytest.approx((12.0, 14.4))


# --- the rule ------------------------------------------------------------------------------------------------------
MARKET = Market("2024-01-01", {"SOL": 5.0, "ETH": 10.0})


def account(sol=0.0, perp=0.0, cash=0.0, entry=None):
    legs = [("SOL", sol)] if sol else []
    return Account(Book.from_list([*legs, *([("SOL-PERP", perp, entry)] if perp else [])]), cash=cash)


def test_the_report_carries_the_venues_health():
    mine = account(sol=-10.0, perp=100.0, cash=300.0, entry=4.0)
    report = RULE.margin(mine, MARKET)
    initial = 0.8 * (300 + 0.95 * (100 * 5 * 0.8 - 400 + 0)) - 75  # profit counts 0: 400 is paid, 400 is counted
    assert RULE.health(mine, MARKET).health == pytest.approx(initial)
    assert report.excess == pytest.approx(initial)
    maint = RULE.health(mine, MARKET, "maint").health
    assert report.equity - report.maintenance == pytest.approx(maint)
    assert report.equity == pytest.approx(300 + 100 - 50)
    assert report.contributions.sum() == pytest.approx(report.initial)
    assert RULE.requirement(mine, MARKET) == pytest.approx((report.initial, report.maintenance))


def test_posted_coins_count_as_coins_of_the_book():
    perp = Book.from_list([("SOL-PERP", 10.0)])
    coins = Book.from_list([("SOL", 4.0)])
    posted = RULE.margin(Account(perp, collateral=coins), MARKET)
    assert posted.initial == RULE.margin(Account(perp + coins), MARKET).initial


def test_stable_prices_reach_the_rule():
    mine = account(sol=10.0)
    slow = MangoV4.published(stable_prices={"SOL": 4.0})
    assert slow.margin(mine, MARKET).excess == pytest.approx(10 * 4 * 0.5)
    assert slow.margin(mine, MARKET).maintenance == RULE.margin(mine, MARKET).maintenance


def test_an_account_is_liquidated_when_maintenance_health_is_below_0():
    for cash in (1.0, 5.1, 200.0):
        mine = account(perp=10.0, cash=cash, entry=5.0)
        below = RULE.health(mine, MARKET, "maint").health < 0.0
        assert (RULE.margin(mine, MARKET).health < 1.0) == below
    assert not below


@given(AMOUNT, AMOUNT, st.floats(0.0, 100.0), AMOUNT)
def test_more_cash_never_lowers_the_excess(sol, perp, more, cash):
    excess = [RULE.margin(account(sol or 1.0, perp, cash + x, 5.0), MARKET).excess for x in (0.0, more)]
    assert excess[1] >= excess[0] - 1e-9


def test_the_move_to_liquidation_is_where_nothing_is_spare():
    mine = account(sol=-10.0, perp=100.0, cash=150.0, entry=5.0)
    down, up = liquidation_moves(mine, MARKET, RULE)
    for move in (down, up):
        if move is not None:
            assert RULE.slack(mine, MARKET.moved(move)) == pytest.approx(0.0, abs=0.5)
    assert down is not None


@pytest.mark.parametrize("wrong", [
    {"init_asset_weight": 1.2}, {"init_asset_weight": -0.1}, {"maint_liab_weight": 0.9}, {"deposits": -1.0},
    {"borrow_scale_start": 0.0}, {"init_base_liab_weight": 0.5}, {"maint_overall_asset_weight": 2.0},
    {"stable_prices": {"SOL": 0.0}}, {"tokens": {"SOL": 0.5}}, {"asset_weight": 0.5},
])  # fmt: skip
def test_bad_parameters_are_refused(wrong):
    with pytest.raises(InputError, match=next(iter(wrong))):
        MangoV4.published(**wrong)


@pytest.mark.parametrize("call", [
    lambda: health(kind="final"), lambda: MangoPrice(0.0), lambda: MangoPrice(1.0, -1.0), lambda: orders("2", -1, 0),
    lambda: orders("2", 1, 1, lowest_ask=0.0), lambda: health(orders=[orders("4", 1, 1)]),
    lambda: MangoPosition(None, PRICES["1"], "1"), lambda: MangoPosition(RULE.perpetuals["*"], 1.0, "1"),
    lambda: MangoPosition(RULE.perpetuals["*"], PRICES["1"], "1", bids=-1.0),
    lambda: MangoPosition(MangoPerpetual(1, 1, 1, 1, 1, 1), PRICES["1"], "1", base=float("nan")),
    lambda: RULE.margin(Book.from_list([("SOL-1FEB24", 1)]), MARKET),
    lambda: RULE.margin(Book.from_list([("USDC", 1)]), Market("2024-01-01", {"USDC": 1.0})),
    lambda: MangoV4({}, {}).margin(account(sol=1.0), MARKET),
])  # fmt: skip
def test_bad_input_is_refused(call):
    with pytest.raises(InputError):
        call()
