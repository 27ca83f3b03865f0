"""One position in two units. Provenance: closed forms, the contract's own formula, the engine for whole accounts."""

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from greekslab.book import Book
from greekslab.errors import InputError
from greekslab.margin import Account, FixedRate, IsolatedPosition, liquidation_moves, liquidation_price
from greekslab.market import Market
from greekslab.pricing import price

MARKS = np.array([100.0, 20_000.0, 50_000.0, 80_000.0, 1e6])


def closed_form(contract, collateral, side, leverage, mmr):
    """Liquidation price over entry: the table of the chapter, signs turned for a short."""
    x, mu = side / leverage, side * mmr
    return {
        ("linear", "stable"): (1.0 - x) / (1.0 - mu),
        ("inverse", "stable"): 1.0 - x + mu,
        ("linear", "coin"): 1.0 / (1.0 - mu + x),
        ("inverse", "coin"): (1.0 + mu) / (1.0 + x),
    }[contract, collateral]


@pytest.mark.parametrize("contract", ["linear", "inverse"])
@pytest.mark.parametrize("collateral", ["stable", "coin"])
@pytest.mark.parametrize("side", [1.0, -1.0])
@pytest.mark.parametrize("leverage", [1.5, 10.0, 15.0])
def test_liquidation_and_bankruptcy_agree_with_the_closed_forms(contract, collateral, side, leverage):
    position = IsolatedPosition(contract, 2.0 * side, 50_000.0, leverage, collateral, mmr=0.05)
    at = 0 if side > 0.0 else 1
    assert position.liquidation()[at] / 50_000 == pytest.approx(closed_form(contract, collateral, side, leverage, 0.05))
    assert position.bankruptcy()[at] / 50_000 == pytest.approx(closed_form(contract, collateral, side, leverage, 0.0))
    assert position.liquidation()[1 - at] is None


@pytest.mark.parametrize(("contract", "collateral"), [("linear", "stable"), ("inverse", "coin")])
@pytest.mark.parametrize("side", [1.0, -1.0])
def test_the_usual_pairs_agree_with_liquidation_price(contract, collateral, side):
    position = IsolatedPosition(contract, side, 50_000.0, 8.0, collateral, mmr=0.03)
    inverse = contract == "inverse"
    expected = liquidation_price(
        quantity=side * (50_000.0 if inverse else 1.0), entry=50_000.0, settlement=contract, mmr=0.03,
        margin=position.margin / (50_000.0 if inverse else 1.0),
    )  # fmt: skip
    assert position.liquidation()[0 if side > 0.0 else 1] == pytest.approx(expected, rel=1e-9)


@pytest.mark.parametrize(("contract", "name"), [("linear", "BTC-PERP"), ("inverse", "BTC-PERP:inverse")])
@pytest.mark.parametrize("collateral", ["stable", "coin"])
@pytest.mark.parametrize("side", [1.0, -1.0])
def test_the_engine_for_whole_accounts_finds_the_same_price(contract, name, collateral, side):
    position = IsolatedPosition(contract, side, 50_000.0, 10.0, collateral, mmr=0.05)
    book = Book.from_list([(name, side * (50_000.0 if contract == "inverse" else 1.0), 50_000.0)])
    held = {"cash": 5_000.0} if collateral == "stable" else {"collateral": Book.from_list([("BTC", 0.1)])}
    market = Market(time="2024-01-01", spots={"BTC": 50_000.0})
    moves = liquidation_moves(Account(book, **held), market, FixedRate(initial=0.1, maintenance=0.05))
    at = 0 if side > 0.0 else 1
    assert 50_000.0 * (1.0 + moves[at]) == pytest.approx(position.liquidation()[at], rel=1e-6)


def test_linear_and_inverse_of_one_size_are_one_bet():
    linear, inverse = (IsolatedPosition(c, -3.0, 50_000.0, 5.0) for c in ("linear", "inverse"))
    np.testing.assert_allclose(linear.pnl(MARKS), inverse.pnl(MARKS), rtol=1e-12)


def test_a_short_on_its_own_coin_is_worth_the_same_at_every_price():
    steady = IsolatedPosition("inverse", -2.0, 50_000.0, 1.0, "coin")
    np.testing.assert_allclose(steady.equity(MARKS), 100_000.0)
    assert steady.liquidation() == steady.bankruptcy() == (None, None)


@pytest.mark.parametrize("kind", ["call", "put"])
def test_a_coin_settled_option_in_dollars_is_the_dollar_option_and_its_premium_in_coin(kind):
    short = IsolatedPosition(kind, -1.0, 50_000.0, 5.0, "stable", strike=55_000.0)
    marks = MARKS[1:4]
    value = [price(forward=f, strike=55_000.0, vol=0.6, tau=30 / 365, kind=kind) for f in (50_000.0, *marks)]
    expected = 10_000.0 - (np.array(value[1:]) - value[0] / 50_000.0 * marks)
    np.testing.assert_allclose(short.equity(marks), expected)


def test_one_coin_secures_a_short_call_and_dollars_secure_a_short_put():
    assert IsolatedPosition("call", -1.0, 50_000.0, 1.0, "coin").bankruptcy() == (None, None)
    assert IsolatedPosition("put", -1.0, 50_000.0, 1.0, "stable").bankruptcy() == (None, None)
    assert IsolatedPosition("call", -1.0, 50_000.0, 1.0, "stable").bankruptcy()[1] is not None
    assert IsolatedPosition("put", -1.0, 50_000.0, 1.0, "coin").bankruptcy()[0] is not None


@given(
    st.sampled_from(["linear", "inverse", "call", "put"]), st.sampled_from(["stable", "coin"]),
    st.sampled_from([1.0, -1.0]), st.floats(1.0, 20.0), st.floats(1.05, 3.0),
)  # fmt: skip
def test_more_margin_never_brings_liquidation_closer(contract, collateral, side, leverage, factor):
    side = -1.0 if contract in ("call", "put") else side
    if contract == "linear" and collateral == "coin" and side < 0:
        assume(leverage / factor > 1.05)  # at 1x this one ends 20 entries away, by its growing requirement only
    few, more = (IsolatedPosition(contract, side, 100.0, x, collateral) for x in (leverage, leverage / factor))
    for near, far in zip(few.liquidation(), more.liquidation(), strict=True):
        if far is not None:
            assert near is not None and abs(far - 100.0) >= abs(near - 100.0) - 1e-6


def test_a_position_below_its_requirement_ends_at_its_entry():
    assert IsolatedPosition("linear", 1.0, 100.0, 25.0, mmr=0.05).liquidation() == (100.0, 100.0)


@pytest.mark.parametrize(
    ("change", "thing"),
    [
        ({"contract": "swap"}, "contract"),
        ({"collateral": "gold"}, "collateral"),
        ({"size": 0.0}, "size"),
        ({"size": float("nan")}, "size"),
        ({"entry": -1.0}, "entry"),
        ({"leverage": 0.0}, "leverage"),
        ({"mmr": 1.0}, "maintenance"),
    ],
)
def test_errors_name_the_thing_and_the_remedy(change, thing):
    with pytest.raises(InputError, match=thing):
        IsolatedPosition(**{"contract": "linear", "size": 1.0, "entry": 100.0, "leverage": 5.0, **change})
