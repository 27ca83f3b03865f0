"""What margin rules and risk measures cannot use is refused by name, before it becomes a number."""

import re

import numpy as np
import pandas as pd
import pytest

from greekslab.book import Book, named_books, pnl_cube
from greekslab.errors import InputError
from greekslab.margin import (
    Account,
    Cross,
    FixedRate,
    IsolatedPosition,
    Scan,
    contract_charge,
    hedged_book,
    hedged_pnl,
    hedged_requirements,
    liquidation_moves,
    liquidation_price,
    minimum_delta,
    naked_option_charge,
    nearest_breaches,
    open_size,
    redeployed_size,
    replay,
    rules,
    scan_matrix,
    standard_option_margin,
)
from greekslab.market import Market
from greekslab.risk import expected_shortfall, lognormal_ruin, ruin_probability, value_at_risk, worst
from greekslab.scenarios import grid, published

TOY = Market.toy()
BOOKS = named_books(TOY)
RULES = rules()
GRID = grid([-0.1, 0.1])
NO_LOW = pd.DataFrame({"low": [np.nan], "high": [1.0], "close": [1.0]})


@pytest.mark.parametrize(
    "build",
    [
        lambda: standard_option_margin(spot=np.inf, strike=1, mark=0),
        lambda: standard_option_margin(spot=1, strike=1, mark=0, keep=np.nan),
        lambda: standard_option_margin(spot=1, strike=1, mark=0, closing_fee="0.1"),
        lambda: Account(BOOKS["long call"], cash="1000"),
        lambda: Account(BOOKS["long call"], haircuts=0.1),
        lambda: Account(BOOKS["long call"], haircuts={"BTC": "10%"}),
        lambda: Account(BOOKS["long call"], collateral=0.5),
        lambda: Account.opened(BOOKS["long call"], TOY, np.nan),
        lambda: FixedRate(initial="0.1"),
        lambda: FixedRate(high=np.inf),
        lambda: Cross(0.1),
        lambda: Cross(pair_credit="all"),
        lambda: Scan("paradex-24"),
        lambda: Scan(published("paradex-24"), add_ons=0.04),
        lambda: Scan(published("paradex-24"), floor=0.02),
        lambda: Scan(published("paradex-24"), "one"),
        lambda: contract_charge(np.nan, 0.03),
        lambda: naked_option_charge(-0.01, 0.0),
        lambda: minimum_delta("2 %", 0.01),
        lambda: RULES["paradex"].margin(None, TOY),
        lambda: RULES["paradex"].margin(BOOKS["long call"], None),
        lambda: RULES["cross"].requirements_along(BOOKS["long call"], TOY, [-1.0]),
        lambda: RULES["paradex"].requirements_along(BOOKS["long call"], TOY, [np.nan]),
        lambda: RULES["span"].requirements_along(BOOKS["long call"], TOY, 0.1),
        lambda: Account(BOOKS["long call"]).equity_along(TOY, ["up"]),
        lambda: Account(BOOKS["long call"]).equity_along(TOY, [0.1], vol_shift=np.nan),
        lambda: Account(BOOKS["long call"]).equity_along(TOY, [0.1], days="1"),
        lambda: open_size(position="1"),
        lambda: liquidation_price(quantity="1", entry=100, margin=10, mmr=0.05),
        lambda: liquidation_price(quantity=1, entry=None, margin=10, mmr=0.05),
        lambda: liquidation_moves(BOOKS["long perp"], TOY, RULES["cross"], low=0.1),
        lambda: liquidation_moves(BOOKS["long perp"], TOY, RULES["cross"], steps=0),
        lambda: nearest_breaches([0.1, -0.1], [1.0, 1.0]),
        lambda: nearest_breaches([-0.1, 0.1], [1.0, np.nan]),
        lambda: nearest_breaches([-0.1, 0.1], [1.0]),
        lambda: IsolatedPosition("call", size=1, entry=100, leverage=2, vol=np.nan),
        lambda: IsolatedPosition("call", size="1", entry=100, leverage=2),
        lambda: IsolatedPosition("linear", size=1, entry=100, leverage=2).equity(-1.0),
        lambda: replay(IsolatedPosition("linear", size=1, entry=100, leverage=2), None),
        lambda: replay(IsolatedPosition("linear", size=1, entry=100, leverage=2), NO_LOW),
        lambda: scan_matrix(None),
        lambda: scan_matrix(published("paradex-24").table).fill([1.0]),
        lambda: hedged_book(BOOKS["long perp"], BOOKS["long put"], "half"),
        lambda: hedged_pnl(BOOKS["long perp"], BOOKS["long put"], TOY, ["up"], [1.0]),
        lambda: hedged_requirements(BOOKS["long perp"], BOOKS["long put"], TOY, RULES["cross"], None),
        lambda: redeployed_size(np.nan, 1.0),
        lambda: redeployed_size(2.0, 1.0, "all"),
        lambda: worst(None),
        lambda: worst(pnl_cube(2 * Book.from_list([("X-PERP", 5e11)]), Market("2024-01-01", {"X": 1e300}), GRID)),
        lambda: value_at_risk("abc"),
        lambda: expected_shortfall([1.0, 2.0], "99 %"),
        lambda: ruin_probability([1.0], None),
        lambda: lognormal_ruin(fall="half", vol=0.8),
        lambda: lognormal_ruin(fall=0.1, vol=[0.8, 0.9]),
    ],
)
def test_the_error_names_the_thing_and_the_remedy(build):
    with np.errstate(over="ignore"), pytest.raises(InputError) as caught:
        build()
    assert re.fullmatch(r"[a-z&, P_L-]+( of [a-zA-Z ]+)?", caught.value.thing), caught.value.thing
    assert re.match(r"(give|a price|the market|add)", caught.value.remedy), caught.value.remedy


def test_one_add_on_needs_no_tuple():
    """Identity: the same rule, with the add-on in a tuple."""
    one, many = (Scan(GRID, add_ons=x) for x in (contract_charge(0.04, 0.03), (contract_charge(0.04, 0.03),)))
    assert one.requirement(BOOKS["long perp"], TOY) == many.requirement(BOOKS["long perp"], TOY) == (14.0, 13.0)
