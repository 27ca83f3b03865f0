"""Scenario sets: published numbers, the vol rule, and what a table must look like."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from greekslab.errors import InputError
from greekslab.scenarios import (
    ScenarioSet,
    Skew,
    VolRule,
    crash_scenarios,
    grid,
    ladder,
    moves_table,
    published,
    published_names,
    span,
    stretched,
    tims,
)


@pytest.mark.parametrize(
    "name, count",
    [
        ("paradex-24", 24), ("paradex-16", 16), ("paradex-24-2026-08", 24), ("paradex-24-alts-2026-08", 24),
        ("derive-pm2", 33), ("derive-pm2-31", 31), ("derive-pm1", 23), ("derive-pm1-tests", 21),
    ],
)  # fmt: skip
def test_published_sets_have_their_published_size_source_and_date(name, count):
    scenarios = published(name)
    assert len(scenarios) == count == len(set(scenarios.names))
    assert scenarios.source and scenarios.as_of


def test_every_published_set_is_listed():
    assert all(len(published(name)) for name in published_names())


def test_the_dampener_is_scan_range_over_move():
    # Structural fact of the published sets: weight x move is the scan range (16 %; Derive 0.77 x 18 %), so a
    # straight-line book never binds in a tail.
    for name, reach, rounding in [("paradex-24", 0.16, 2e-3), ("derive-pm2-31", 0.77 * 0.18, 1e-4)]:
        table = published(name).table
        tails = table[table["weight"] < 1.0]
        # weights are printed rounded: 5.33 %, 24 % of 66 %
        assert np.allclose(tails["weight"] * tails["move"].abs(), reach, atol=rounding)


def test_the_last_of_paradex_is_plus_500_percent_at_3_2_percent():
    last = published("paradex-24").table.iloc[-1]
    assert (last["name"], last["move"], last["vol"], last["weight"]) == ("+500 %, vol up, x 3.2 %", 5.0, "up", 0.032)


def test_span_has_its_sixteen_scenarios_in_order():
    # CME SPAN: no move, then thirds of the range up and down, each with vol up and down; two extremes at 3 x, 33 %.
    table = span(price_range=0.15, vol_range=0.10).table
    thirds = table["move"].to_numpy()[:14:2] / 0.15 * 3
    assert thirds == pytest.approx([0, 1, -1, 2, -2, 3, -3])
    assert table["vol"].tolist() == ["up", "down"] * 7 + ["none", "none"]
    assert table["move"].tolist()[14:] == pytest.approx([0.45, -0.45])
    assert table["weight"].tolist()[14:] == [0.33, 0.33]


def test_tims_spaces_ten_points_evenly_with_both_ends():
    moves = tims(up=0.06, down=0.08).moves("SPX")
    assert len(moves) == 10 and moves[0] == -0.08 and moves[-1] == 0.06
    assert np.allclose(np.diff(moves), 0.14 / 9)


def test_iv_shock_vintages_of_a_documented_venue():
    # Deribit's older rule (27 % or 40 % x sqrt(30/DTE)) and the later 38 % x (30/DTE)^0.30, at 15 days and at 1 day:
    # (a) 56.6 % and 219 %, (b) 38.2 %, (c) 46.8 % and 105 %.
    def shock(size, power, days):
        return VolRule(up=size, short_power=power).shocked(1.0, days, "up") - 1.0

    assert shock(0.40, 0.5, 15) == pytest.approx(0.566, abs=5e-4)
    assert shock(0.27, 0.5, 15) == pytest.approx(0.382, abs=5e-4)
    assert shock(0.38, 0.3, 15) == pytest.approx(0.468, abs=5e-4)
    assert shock(0.40, 0.5, 1) == pytest.approx(2.19, abs=5e-3)
    assert shock(0.38, 0.3, 1) == pytest.approx(1.05, abs=5e-3)


def test_the_vol_rule_scales_floors_and_never_goes_below_zero():
    rule = VolRule(up=0.4, down=0.9, short_power=0.3, long_power=0.13, floor_days=1, min_vol_up=0.5)
    assert rule.scale([30, 60]).tolist() == pytest.approx([1.0, 0.5**0.13])
    assert rule.scale(0.01) == rule.scale(1.0) == pytest.approx(30**0.3)
    assert rule.shocked(0.2, 30, "up") == 0.5
    assert rule.shocked(0.6, 1, "down") == 0.0
    assert rule.shocked(0.6, 30, "none") == 0.6
    assert rule.shocked(0.6, 30, -0.25) == pytest.approx(0.45)
    absolute = VolRule(up=0.1, down=0.1, relative=False)
    assert absolute.shocked(0.6, 7, "up") == pytest.approx(0.7)
    assert absolute.shocked(0.05, 7, "down") == 0.0


def test_skew_scenarios_tilt_with_moneyness_up_to_the_cap():
    rule = VolRule(skew=Skew(cap=0.25, slope=-0.1, min_width=0.01, width=2.4))
    root = np.sqrt(30 / 365)
    cap, width = 0.25 - 0.1 * root, 2.4 * root
    k = np.array([-10.0, 0.0, width / 2, 10.0])
    assert rule.shocked(1.0, 30, "linear", k).tolist() == pytest.approx([1 - cap, 1, 1 + cap / 2, 1 + cap])
    assert rule.shocked(1.0, 30, "abs", k).tolist() == pytest.approx([1 + cap, 1, 1 + cap / 2, 1 + cap])
    steep = VolRule(skew=Skew(cap=0.1, slope=0.0, min_width=0.01, width=2.0, width_slope=-1.0))
    assert steep.shocked(1.0, 91.25, "linear", 0.375) == pytest.approx(1 + 0.1 * 0.375 / (0.5 * 1.5))
    with pytest.raises(InputError, match="skew"):
        VolRule().shocked(1.0, 30, "linear", 0.1)


def test_grids_and_ladders():
    cross = grid([-0.1, 0.1], [-0.25, 0, 0.5])
    assert len(cross) == 6 and cross.names[0] == "-10 %, vol -25 %"
    assert ladder(0.3, 4).moves("X").tolist() == pytest.approx([-0.3, -0.15, 0, 0.15, 0.3])


def test_crash_days_move_each_coin_by_its_own_amount():
    crashes = crash_scenarios()
    first = crashes.table.iloc[0]
    # 12 March 2020: BTC 7911.43 to a low of 4860.35, ETH 194.87 to 111.21.
    assert first["name"] == "2020-03-12 covid, to the low"
    assert first["move_BTC"] == pytest.approx(4860.354 / 7911.4302 - 1, abs=1e-6)
    assert first["move_ETH"] == pytest.approx(111.21071 / 194.86853 - 1, abs=1e-6)
    assert crashes.moves("SOL").tolist() == crashes.moves("BTC").tolist()
    with pytest.raises(InputError, match="lead is DOGE"):
        crash_scenarios("DOGE")


def test_a_table_can_be_printed_edited_and_passed_back():
    scenarios = published("paradex-16")
    table = scenarios.table.copy()
    table.loc[0, "move"] = 0.30
    edited = scenarios.edited(table.drop(columns="name"))
    assert edited.moves("BTC")[0] == 0.30 and edited.names[0] == "+30 %, vol up"
    assert edited.vol_rule == scenarios.vol_rule
    assert scenarios.moves("BTC")[0] == 0.16
    assert "24 scenarios" in published("paradex-24")._repr_html_()


GOOD = dict(move=[0.1, -0.1], vol=["up", "none"], weight=[1.0, 0.5])


@pytest.mark.parametrize(
    "change, word",
    [
        (dict(move=[0.1, np.nan]), "scenario 1, move is nan"),
        (dict(move=[-1.0, 0.1]), "scenario 0, move is -1.0"),
        (dict(weight=[1.0, 0.0]), "scenario 1, weight is 0.0"),
        (dict(weight=[1.2, 1.0]), "scenario 0, weight is 1.2"),
        (dict(vol=["sideways", "up"]), "scenario 0, vol is sideways"),
        (dict(vol=[0.1, np.nan]), "scenario 1, vol is nan"),
        (dict(move=["a", 0.1]), "scenario 0, move is a"),
    ],
)
def test_bad_tables_are_named_by_row_and_column(change, word):
    with pytest.raises(InputError, match=word):
        ScenarioSet("mine", pd.DataFrame(GOOD | change))


def test_missing_doubled_and_empty_tables():
    frame = pd.DataFrame(GOOD)
    with pytest.raises(InputError, match='"weight" is missing'):
        ScenarioSet("mine", frame.drop(columns="weight"))
    with pytest.raises(InputError, match="twice"):
        ScenarioSet("mine", pd.concat([frame, frame[["move"]]], axis=1))
    with pytest.raises(InputError, match="empty"):
        ScenarioSet("mine", frame.head(0))
    with pytest.raises(InputError, match="DataFrame"):
        ScenarioSet("mine", [1, 2])
    with pytest.raises(InputError, match="VolRule"):
        ScenarioSet("mine", frame)  # "up" without a size would leave every volatility as it is
    with pytest.raises(InputError, match="choose one of"):
        published("paradox")


@given(st.floats(0.01, 3.0), st.floats(0.0, 800.0), st.sampled_from(["up", "down", "none"]))
def test_shocked_vols_are_finite_and_ordered(vol, days, word):
    rule = published("paradex-24").vol_rule
    got = float(rule.shocked(vol, days, word))
    assert np.isfinite(got) and got >= 0.0
    assert (got >= vol) if word == "up" else (got <= vol)


def test_the_users_table_is_never_modified():
    frame = pd.DataFrame(GOOD)
    before = frame.copy()
    ScenarioSet("mine", frame, VolRule(up=0.4))
    pd.testing.assert_frame_equal(frame, before)
    assert moves_table([(0.1, "up", 1.0)]).shape == (1, 3)


@pytest.mark.parametrize(
    "build, word",
    [
        (lambda: grid([-0.1], ["up"]), "vol rule is empty"),
        (lambda: grid("down"), "moves is down"),
        (lambda: grid([-0.1, np.nan]), "moves is nan"),
        (lambda: grid([-0.1], None), "vols is NoneType"),
        (lambda: grid([-0.1], days="1"), "days is 1"),
        (lambda: ladder(1.0), "reach is 1.0"),
        (lambda: ladder(0.2, 0), "steps is 0"),
        (lambda: ladder(0.2, 2.5), "steps is 2.5"),
        (lambda: stretched(published("paradex-24"), "wide"), "factor is wide"),
        (lambda: stretched("paradex-24", 1.0), "scenarios is paradex-24"),
        (lambda: span(price_range=0.0, vol_range=0.1), "price_range is 0.0"),
        (lambda: span(price_range=0.4, vol_range=0.1), "extreme . price_range is 1.2"),
        (lambda: span(price_range=0.1, vol_range="10"), "vol_range is 10"),
        (lambda: tims(up=-0.1, down=0.1), "up is -0.1"),
        (lambda: tims(up=0.1, down=0.1, points=1), "points is 1"),
        (lambda: published(["paradex-24"]), "scenario set is"),
        (lambda: crash_scenarios(["BTC"]), "lead is"),
        (lambda: VolRule(up="0.4"), "vol rule: up is 0.4"),
        (lambda: VolRule(skew=0.1), "vol rule: skew is float"),
        (lambda: Skew(cap=0.1, slope=0.0, min_width=0.0, width=1.0), "skew: min_width is 0.0"),
        (lambda: VolRule(up=0.1).shocked(0.5, 30, "sideways"), "vol direction is sideways"),
        (lambda: VolRule(up=0.1).shocked(0.5, 30, np.nan), "vol direction is nan"),
        (lambda: moves_table([(0.1, "none")]), "scenario row is"),
        (lambda: published("paradex-24").head(0), "count is 0"),
    ],
)
def test_what_no_set_can_be_made_of_is_named(build, word):
    with pytest.raises(InputError, match=word) as caught:
        build()
    assert caught.value.remedy


def test_one_move_and_one_direction_need_no_list():
    assert list(grid(-0.1, 0.5).table.iloc[0][["move", "vol"]]) == [-0.1, 0.5]
    assert list(grid([0.1], "none").table["vol"]) == ["none"]


def test_the_text_of_a_set_is_no_html():
    shown = ScenarioSet("<b>mine</b>", pd.DataFrame(GOOD | dict(vol="none")), source="<i>me</i>")._repr_html_()
    assert "<b>" not in shown and "<i>" not in shown and "&lt;b&gt;mine" in shown
