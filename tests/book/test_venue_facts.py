"""What venues look at beyond spot and forward: perpetual prices, rates per expiry, averages of the settlement price."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from greekslab.book import Book, Future, Option, Perpetual, Position, exposure, pnl_cube, position_values
from greekslab.book.along import delta_along, pnl_along, position_values_along
from greekslab.book.taylor import taylor_pnl
from greekslab.errors import InputError
from greekslab.market import FlatVol, Market
from greekslab.pricing import price
from greekslab.scenarios import Skew, VolRule, grid, published

NOW = pd.Timestamp("2024-01-01 08:00", tz="UTC")
SOON, FAR = NOW + pd.Timedelta(minutes=15), NOW + pd.Timedelta(days=60)
MARKET = Market(
    NOW, {"X": 100.0}, {"X": {SOON: 100.0, FAR: 104.0}}, {"X": FlatVol(0.5)}, 0.02,
    perps={"X": 101.0}, rates={"X": {FAR: 0.10}}, averaged={"X": {SOON: 50.0}},
)  # fmt: skip
BOOK = Book((
    Position(Option("X", "linear", SOON, 99.0, "put"), -2.0), Position(Option("X", "linear", FAR, 110.0, "call"), 3.0),
    Position(Perpetual("X"), 1.5, 100.0), Position(Perpetual("X", "inverse"), -70.0, 100.0),
))  # fmt: skip
SCENARIOS = grid([-0.3, -0.01, 0.0, 0.2], ["up", "none"], vol_rule=VolRule(up=0.3, down=0.2))


def test_values_use_the_rate_of_their_expiry_and_the_price_of_the_perpetual():
    near, far, linear, inverse = position_values(BOOK, MARKET)
    put = price(forward=100.0, strike=99.0, vol=0.5, tau=15 / 525_600, kind="put", rate=0.02)
    assert near == pytest.approx(-2 * put, abs=1e-12)
    assert far == pytest.approx(3 * price(forward=104.0, strike=110.0, vol=0.5, tau=60 / 365, kind="call", rate=0.10))
    assert linear == pytest.approx(1.5) and inverse == pytest.approx(-70 * (1 / 100 - 1 / 101) * 100)


def test_every_scenario_is_the_moved_market_revalued():
    cube = pnl_cube(BOOK, MARKET, SCENARIOS)
    now = position_values(BOOK, MARKET)
    for row, (move, vol) in enumerate(zip(SCENARIOS.table["move"], SCENARIOS.table["vol"], strict=True)):
        shifts = {e: float(VolRule(up=0.3).shocked(1.0, MARKET.tau(e) * 365, vol)) - 1.0 for e in (SOON, FAR)}
        moved = MARKET.moved(move)
        for i, (expiry, strike, kind, q) in enumerate([(SOON, 99.0, "put", -2.0), (FAR, 110.0, "call", 3.0)]):
            then = q * price(
                forward=moved.forward("X", expiry), strike=strike, vol=0.5 * (1.0 + shifts[expiry]),
                tau=MARKET.tau(expiry), kind=kind, rate=MARKET.rate_of("X", expiry),
            )  # fmt: skip
            assert cube.values[row, i] == pytest.approx(then - now[i], abs=1e-12)
        assert cube.values[row, 2] == pytest.approx(1.5 * 101.0 * move)
        assert cube.values[row, 3] == pytest.approx(-70.0 * 100.0 / 101.0 * move)


def test_along_a_row_of_prices_is_one_moved_market_after_another():
    moves = np.array([-0.2, 0.0, 0.1])
    along, values = pnl_along(BOOK, MARKET, SCENARIOS, moves), position_values_along(BOOK, MARKET, moves)
    delta = delta_along(BOOK, MARKET, moves)
    for k, move in enumerate(moves):
        moved = MARKET.moved(move)
        assert along[k] == pytest.approx(pnl_cube(BOOK, moved, SCENARIOS).values, abs=1e-11)
        assert values[k, :3] == pytest.approx(position_values(BOOK, moved)[:3], abs=1e-11)
        assert delta[k] == pytest.approx(exposure(BOOK, moved)["delta"], abs=1e-11)


def test_delta_is_the_slope_of_the_value_although_an_average_holds_part_of_the_forward():
    small = 1e-6
    up, down = (position_values(BOOK, MARKET.moved(x)) for x in (small, -small))
    found = exposure(BOOK, MARKET)["delta"].to_numpy()
    assert found[:3] == pytest.approx(((up - down) / (2 * small * 100.0))[:3], rel=1e-5)


def test_an_expansion_knows_that_half_of_the_forward_is_fixed():
    soon = Book((Position(Option("X", "linear", SOON, 99.0, "put"), -2.0),))
    tiny = grid([-1e-4, 1e-4])
    exact, expanded = pnl_cube(soon, MARKET, tiny).values, taylor_pnl(soon, MARKET, tiny, order=2).values
    assert expanded == pytest.approx(exact, rel=1e-2)


def test_a_future_moves_with_what_its_average_has_not_fixed():
    future = Book((Position(Future("X", "linear", SOON), 3.0, 100.0),))  # half of its 100 is fixed
    cube = pnl_cube(future, MARKET, SCENARIOS)
    earned = [(position_values(future, MARKET.moved(x)) - position_values(future, MARKET))[0] for x in (-0.3, 0.2)]
    assert cube.values[[0, -1], 0] == pytest.approx(earned) and earned == pytest.approx([-45.0, 30.0])
    assert exposure(future, MARKET)["delta"][0] == pytest.approx(1.5)
    assert taylor_pnl(future, MARKET, SCENARIOS).values == pytest.approx(cube.values)
    moves = np.array([-0.2, 0.1])
    along = pnl_along(future, MARKET, SCENARIOS, moves), position_values_along(future, MARKET, moves)
    for k, moved in enumerate(map(MARKET.moved, moves)):
        assert along[0][k] == pytest.approx(pnl_cube(future, moved, SCENARIOS).values)
        assert along[1][k] == pytest.approx(position_values(future, moved))
    coin = Book((Position(Future("X", "inverse", SOON), 3.0),))
    with pytest.raises(InputError, match="averaged"):
        pnl_cube(coin, MARKET, SCENARIOS)
    later = Book((Position(Future("X", "inverse", FAR), 3.0),))  # another expiry of the same market is as it was
    assert pnl_cube(later, MARKET, SCENARIOS).values[0, 0] == pytest.approx(3.0 * 100.0 / 104.0 * -0.3)


def test_a_coin_settled_option_is_refused_while_its_settlement_is_averaged():
    coin = Book((Position(Option("X", "inverse", SOON, 99.0, "put"), 1.0),))
    with pytest.raises(InputError, match="averaged"):
        position_values(coin, MARKET)
    assert position_values(coin, replace(MARKET, averaged={}))[0] > 0.0


def test_skew_gains_can_be_left_as_they_are():
    far = Book((Position(Option("X", "linear", FAR, 140.0, "call"), 1.0),))
    tilted = published("derive-pm2")
    raw, flipped = (pnl_cube(far, MARKET, tilted, flip_skew=way).values[-2:] for way in (False, True))
    assert (raw > 0.0).all() and flipped == pytest.approx(-raw)


def test_abs_scenarios_may_have_a_skew_of_their_own():
    skew, wide = Skew(0.25, -0.1, 0.01, 2.4), Skew(0.5, 0.0, 0.01, 2.4)
    one, two = VolRule(0.5, 0.3, skew=skew), VolRule(0.5, 0.3, skew=skew, skew_abs=wide)
    for word, same in (("linear", True), ("abs", False)):
        assert (one.shocked(0.6, 30.0, word, 0.2) == two.shocked(0.6, 30.0, word, 0.2)) is np.bool_(same)
    only = VolRule(0.5, 0.3, skew_abs=wide)
    assert only.shocked(0.6, 30.0, "abs", 0.2) == two.shocked(0.6, 30.0, "abs", 0.2)
    with pytest.raises(InputError, match="skew"):
        only.shocked(0.6, 30.0, "linear", 0.2)
    with pytest.raises(InputError, match="skew_abs"):
        VolRule(0.5, 0.3, skew_abs=0.1)
