"""Pots through bars. Provenance: by hand, on round numbers; identities of the division; closed forms."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from greekslab.errors import InputError
from greekslab.margin import (
    IsolatedPosition,
    bankruptcy_price,
    limited_liability,
    liquidated_at,
    liquidation_price,
    replay,
    replay_pots,
    toy_path,
)
from greekslab.market import bars

LONG = IsolatedPosition("linear", 1.0, 100.0, 10.0)  # 1 coin from 100 on a pot of 10, maintenance 5 %
SHORT = IsolatedPosition("linear", -1.0, 100.0, 10.0)
APART = {"long": LONG, "short": SHORT}
DIP, SPIKE = toy_path(100, 94, 100), toy_path(100, 106, 100)
COLUMNS = ["open", "low", "high", "close"]


def test_a_hedged_pair_loses_on_a_path_that_ends_where_it_began():
    # the long ends at 90 / 0.95 = 94.7368 and keeps 4.7368 of its 10; the short is back where it was
    replayed = replay_pots(APART, DIP)
    long, short = (replayed.ends.loc[name] for name in APART)
    assert long["trigger"] == long["fill"] == pytest.approx(90 / 0.95)
    assert long["trader"] == pytest.approx(90 / 0.95 - 90)
    assert (short["trader"], short["fill"]) == (10.0, 100.0) and pd.isna(short["closed"])
    assert replayed.profit == pytest.approx(90 / 0.95 - 100) == pytest.approx(-5.2632, abs=5e-5)
    assert replayed.shortfall == 0.0
    # on the way up the short ends at 110 / 1.05 = 104.7619
    replayed = replay_pots(APART, SPIKE)
    assert replayed.ends.loc["short", "fill"] == pytest.approx(110 / 1.05)
    assert replayed.profit == pytest.approx(100 - 110 / 1.05)


@pytest.mark.parametrize("path", [DIP, SPIKE, toy_path(100, 199.9, 100)])
def test_the_same_pair_in_one_pot_loses_nothing(path):
    replayed = replay_pots({"both": (LONG, SHORT)}, path)
    assert replayed.ends["closed"].isna().all() and replayed.profit == pytest.approx(0.0)


def test_one_pot_of_a_hedged_pair_ends_where_its_summed_requirement_is_all_it_has():
    # equity stays 20, the requirement is 0.1 S: S = 200
    end = replay_pots({"both": (LONG, SHORT)}, toy_path(100, 250)).ends.loc["both"]
    assert end["trigger"] == pytest.approx(200.0) and end["profit"] == pytest.approx(0.0)


def test_after_its_leg_is_gone_the_other_is_naked():
    # down to 80: the long lost 5.2632 and no more, the short earns 20
    assert replay_pots(APART, toy_path(100, 80)).profit == pytest.approx(20 - (100 - 90 / 0.95))
    # down to 94, then up to 106: both gone
    both = 90 / 0.95 - 100 + 100 - 110 / 1.05
    assert replay_pots(APART, toy_path(100, 94, 106)).profit == pytest.approx(both) == pytest.approx(-10.0251, abs=5e-5)


def test_worth_falls_to_what_was_handed_back_and_stays():
    worth = replay_pots(APART, toy_path(100, 94, 100, steps=2)).worth
    assert worth["long"].tolist() == pytest.approx([7.0, 90 / 0.95 - 90, 90 / 0.95 - 90, 90 / 0.95 - 90])
    assert worth["short"].tolist() == pytest.approx([13.0, 16.0, 13.0, 10.0])


@pytest.mark.parametrize(
    ("slip", "penalty", "trader", "kept", "missing"),
    [
        (0.0, 0.0, 90 / 0.95 - 90, 0.0, 0.0),
        (0.0, 0.01, 90 / 0.95 * 0.99 - 90, 0.9 / 0.95, 0.0),
        (0.0, 1.0, 0.0, 90 / 0.95 - 90, 0.0),  # a penalty never takes more than the pot
        (1.0, 0.0, 0.0, 0.0, 5.0),  # filled at 85, 5 beyond the bankruptcy price of 90
        (1.0, 0.05, 0.0, 0.0, 5.0),
        (0.5, 0.0, 0.0, 0.0, 90 - (90 / 0.95 + 85) / 2),
    ],
)
def test_slip_and_penalty_by_hand(slip, penalty, trader, kept, missing):
    one_bar = pd.DataFrame([[100.0, 85.0, 101.0, 99.0]], columns=COLUMNS)
    end = replay_pots({"long": LONG}, one_bar, slip=slip, penalty=penalty).ends.loc["long"]
    assert (end["trader"], end["penalty"], end["shortfall"]) == pytest.approx((trader, kept, missing))
    assert end["trader"] + end["penalty"] - end["shortfall"] == pytest.approx(end["equity"])


def test_a_bar_that_opens_beyond_the_trigger_is_filled_at_its_open():
    gap = pd.DataFrame([[100.0, 99.0, 101.0, 99.0], [88.0, 87.0, 89.0, 88.0]], columns=COLUMNS)
    end = replay_pots({"long": LONG}, gap).ends.loc["long"]
    assert (end["closed"], end["fill"], end["shortfall"]) == (1, 88.0, pytest.approx(2.0))


def test_leverage_of_one_over_mmr_is_gone_at_once():
    end = replay_pots({"long": IsolatedPosition("linear", 1.0, 100.0, 20.0)}, DIP).ends.loc["long"]
    assert end["fill"] == 100.0 and end["profit"] == pytest.approx(0.0)


@given(st.floats(-1e6, 1e6), st.floats(0.0, 1e6))
def test_nothing_is_made_or_lost_in_the_division(equity, penalty):
    paid = limited_liability(equity, penalty=penalty)
    assert paid.trader + paid.penalty - paid.shortfall == pytest.approx(equity)
    assert min(paid.trader, paid.penalty, paid.shortfall) >= 0.0
    assert paid.penalty <= penalty and (paid.trader == 0.0 or paid.shortfall == 0.0)


def test_arrays_are_divided_place_by_place():
    paid = limited_liability(np.array([5.0, 1.0, -3.0]), penalty=2.0)
    assert paid.trader.tolist() == [3.0, 0.0, 0.0]
    assert paid.penalty.tolist() == [2.0, 1.0, 0.0]
    assert paid.shortfall.tolist() == [0.0, 0.0, 3.0]


@pytest.mark.parametrize("contract", ["linear", "inverse"])
@pytest.mark.parametrize("side", [1.0, -1.0])
def test_it_agrees_with_the_closed_forms_and_with_the_plain_replay(contract, side):
    week = bars("BTC").loc["2019-06-26":"2019-06-28"]  # up 17 %, then down 12 % from the start
    entry = float(week["open"].iloc[0])
    held = "coin" if contract == "inverse" else "stable"
    position = IsolatedPosition(contract, side, entry, 12.0, held, mmr=0.01)
    end = replay_pots({"one": position}, week).ends.loc["one"]
    assert end["closed"] == liquidated_at(replay(position, week))
    terms = dict(quantity=side * (entry if held == "coin" else 1.0), entry=entry, settlement=contract)
    margin = (1.0 if held == "coin" else entry) / 12.0
    closed_form = liquidation_price(margin=margin, mmr=0.01, **terms)
    gap = week.loc[end["closed"], "open"]
    assert end["fill"] == pytest.approx(min(closed_form, gap) if side > 0 else max(closed_form, gap))
    assert position.equity(bankruptcy_price(margin=margin, **terms)) == pytest.approx(0.0, abs=1e-9 * entry)


def test_more_in_the_pot_never_ends_it_sooner():
    week = bars("BTC").loc["2018-11-13":"2018-11-25"]
    entry = float(week["open"].iloc[0])
    ends = [replay_pots({"l": IsolatedPosition("linear", 1.0, entry, x)}, week).ends.loc["l"] for x in (15, 8, 5, 3, 2)]
    closed = [end["closed"] for end in ends]
    alive = [pd.isna(time) for time in closed]
    assert alive == sorted(alive) and alive[-1]
    times = [time for time in closed if not pd.isna(time)]
    assert times == sorted(times)


@pytest.mark.parametrize("bad", [{"penalty": -0.01}, {"penalty": 1.01}, {"slip": -0.1}, {"slip": 1.1}])
def test_bad_shares_are_refused(bad):
    with pytest.raises(InputError, match=next(iter(bad))):
        replay_pots(APART, DIP, **bad)


def test_bad_pots_bars_and_paths_are_refused():
    with pytest.raises(InputError, match="at least one pot"):
        replay_pots({}, DIP)
    with pytest.raises(InputError, match="at least one position"):
        replay_pots({"none": ()}, DIP)
    with pytest.raises(InputError, match="IsolatedPosition"):
        replay_pots({"word": ("long",)}, DIP)
    with pytest.raises(InputError, match='column "open" is missing'):
        replay_pots(APART, DIP.drop(columns="open"))
    with pytest.raises(InputError, match="at least one bar"):
        replay_pots(APART, DIP.iloc[:0])
    with pytest.raises(InputError, match="two or more prices"):
        toy_path(100)
    with pytest.raises(InputError, match="steps"):
        toy_path(100, 94, steps=0)
    with pytest.raises(InputError, match="penalty"):
        limited_liability(1.0, penalty=-1.0)
