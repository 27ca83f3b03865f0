"""Numbers the chapter on portfolio margining models reads aloud, each with where it comes from."""

import numpy as np
import pandas as pd
import pytest
from scipy.stats import t as student

from greekslab.book import market_maker_book, morph, morph_stages, named_books
from greekslab.explorers import bake_off_view
from greekslab.margin import Scan, ShortfallMargin, bake_off, covered, crossings, losses, replay_book, undominated
from greekslab.margin.venues import DeribitVintage, card, revaluations, rulebooks
from greekslab.market import FlatVol, Market, bars
from greekslab.scenarios import crash_scenarios, grid, past_moves, published, span, student_moves, tims

TOY, BTC = Market.toy(), Market.btc()
BOOKS, REAL = named_books(TOY), named_books(BTC)
CHOSEN = [
    "isolated", "deribit-standard", "derive-srm", "delta", "greeks", "shortfall", "tims", "span", "core-16",
    "paradex-2026-02", "derive-pm2", "deribit-portfolio",
]  # fmt: skip
LEGS = {"isolated", "deribit-standard", "derive-srm"}
SHELF = rulebooks()
RULES = {key: SHELF[key] for key in CHOSEN}
ASKED, REAL_ASKED = bake_off(BOOKS, TOY, RULES), bake_off(REAL, BTC, RULES)
STRADDLE = BOOKS["short straddle"]


def asks(rule, book, market=TOY):
    return rule.requirement(book, market)[0]


# --- by hand and in code ---------------------------------------------------------------------------------------------


def test_two_books_and_three_rules_by_hand():
    a, b, weights = np.array([-8.0, 12.0, 497.0]), np.array([0.0, 0.0, -450.0]), np.array([1.0, 1.0, 0.032])
    assert [-15 + (10 - 3), 15 - 3, 500 - 3] == a.tolist() and 150 - 600 == b[2]
    assert max(-weights * b) == pytest.approx(14.40) and max(-weights[:2] * b[:2]) == 0.0  # narrow does not see B
    mix = np.linspace(0, 1, 101)
    wide = [max(0.0, (-weights * ((1 - u) * a + u * b)).max()) for u in mix]
    turn = crossings(pd.DataFrame({"flat": 13 - 3 * mix, "wide": wide}, index=mix)).iloc[0]
    # 450 x 3.2 % = 14.4 and 497 x 3.2 % = 15.904: 30.304 u - 15.904 = 13 - 3 u
    assert turn["at"] == pytest.approx(28.904 / 33.304) and round(turn["at"], 3) == 0.868
    assert (turn["overtakes"], turn["overtaken"]) == ("wide", "flat")


def test_seven_answers_for_one_straddle():
    # reference numbers of the book: TIMS 5.62, SPAN 7.24 and 10.39, P16 10.78, D31 13.48, P24 15.56
    reach = {"price_range": 0.15, "vol_range": 0.10}
    sets = [tims(up=0.15, down=0.15), span(**reach, extreme=2, cover=0.35), span(**reach)]
    sets += [published(name) for name in ("paradex-16", "derive-pm2-31", "paradex-24")]
    assert [round(asks(Scan(each), STRADDLE), 2) for each in sets] == [5.62, 7.24, 10.39, 10.78, 13.48, 15.56]
    # about 3.65 in closed form if no time passes; a day earns the seller 0.19
    sample = student_moves(0.6, dof=3, days=1, count=2000)
    frozen, longer = grid(sample.moves("TOY")), student_moves(0.6, dof=3, days=5, count=2000)
    assert [round(asks(ShortfallMargin(each), STRADDLE), 2) for each in (frozen, sample, longer)] == [3.66, 3.47, 13.72]
    assert asks(ShortfallMargin(frozen), STRADDLE) == pytest.approx(3.65, abs=0.02)
    assert round(15.5613 / 3.4711, 1) == 4.5
    day = 0.6 / np.sqrt(365)
    assert (round(0.16 / day), round(0.16 / (day * np.sqrt(5)), 1)) == (5, 2.3)


def test_what_an_answer_costs():
    counts = {key: revaluations(SHELF[key]) for key in ("delta", "tims", "derive-pm2", "shortfall")}
    assert counts == {"delta": 0, "tims": 10, "derive-pm2": 35, "shortfall": 729}
    assert len(bars("BTC", "1d")) == 730


# --- predictions -----------------------------------------------------------------------------------------------------


def test_which_of_the_two_is_riskier():
    # reference: B13 against B10, 2.25 < 3.00 without tails and 14.40 > 3.00 with them
    pair = ASKED.loc[["call spread", "far short call"]]
    assert pair["core-16"].round(2).tolist() == [3.00, 2.25]
    assert pair["paradex-2026-02"].round(2).tolist() == [3.00, 14.40]
    assert pair["derive-pm2"].round(2).tolist() == [3.82, 12.51]
    assert pair["derive-srm"].round(2).tolist() == [6.42, 13.00]
    assert pair["isolated"].round(2).tolist() == pair["deribit-standard"].round(2).tolist() == [18.27, 10.00]
    dearer = [key for key in CHOSEN if pair.loc["far short call", key] > pair.loc["call spread", key]]
    assert dearer == ["derive-srm", "paradex-2026-02", "derive-pm2"]


def test_the_bill_of_the_hedger():
    bare, hedged = ASKED.loc["long perp"], ASKED.loc["conversion"]
    assert [key for key in CHOSEN if hedged[key] > bare[key]] == [key for key in CHOSEN if key in LEGS]
    # 10 % of 100, max(15 % - 0, 10 %) of 100, and the price of the put
    assert hedged["isolated"] == pytest.approx(10 + 15 + 6.8539, abs=1e-4) and bare["isolated"] == 10
    report = RULES["derive-pm2"].margin(BOOKS["conversion"], TOY)
    assert report.parts["basis contingency"][0] == pytest.approx(4.5 * (0.5 + 2 * 30 / 365), rel=1e-6)
    assert report.parts["perpetual contingency"][0] == pytest.approx(4.0) and round(report.initial, 2) == 6.99
    assert hedged["tims"] == pytest.approx(3 * 0.375)  # three contracts
    assert hedged[["greeks", "shortfall", "span", "core-16"]].abs().max() < 1e-9


def test_forty_legs():
    maker = market_maker_book(BTC)
    coins = bake_off({"maker": maker}, BTC, RULES).loc["maker"] / 100
    said = {"isolated": 51.7, "deribit-standard": 50.6, "derive-srm": 62.6, "derive-pm2": 14.6, "paradex-2026-02": 14.2}
    assert {key: round(coins[key], 1) for key in said} == said
    assert (round(coins["delta"], 2), round(coins["greeks"], 2), round(coins["span"], 1)) == (0.62, 2.46, 4.7)
    assert (round(coins["shortfall"], 3), round(coins["tims"], 3)) == (0.005, 0.003)
    assert coins.max() / coins.min() > 10_000
    lost = losses({"maker": maker}, BTC, crash_scenarios())["maker"] / 100
    assert round(lost.max(), 2) == 1.82 and lost.idxmax().startswith("2020-03-12")
    assert [key for key in CHOSEN if coins[key] < lost.max()] == ["delta", "shortfall", "tims"]
    missing = 1.0 - coins / lost.max()
    assert missing[["shortfall", "tims"]].min() > 0.99 and missing["delta"] == pytest.approx(2 / 3, abs=0.01)
    assert RULES["greeks"].margin(maker, BTC).parts["vega"][0] == pytest.approx(246.2 * BTC.spot("BTC") / 100, rel=1e-3)
    assert round(100 * past_moves(bars("BTC", "1d")["close"]).moves("BTC").min(), 1) == -18.6
    assert 27 < coins[[*LEGS]].min() / lost.max() < coins[[*LEGS]].max() / lost.max() < 35


# --- the bake-off ----------------------------------------------------------------------------------------------------


def test_who_is_dear_and_who_is_cheap():
    dear, cheap = ASKED.idxmax(axis=1).value_counts(), ASKED.idxmin(axis=1).value_counts()
    assert dear.to_dict() == {"isolated": 6, "derive-pm2": 2, "delta": 2, "paradex-2026-02": 2, "derive-srm": 2}
    assert cheap.to_dict() == {"shortfall": 6, "delta": 5, "deribit-standard": 2, "greeks": 1}
    assert (round(ASKED.loc["long perp", "derive-pm2"], 2), round(ASKED.loc["long perp", "deribit-standard"], 2)) == (
        22.00,
        2.01,
    )
    # 16 % of the delta N(d1) = 0.5343, for a call worth 6.8539
    assert ASKED.loc["long call", "delta"] == pytest.approx(16 * 0.5343, abs=1e-2)
    assert round(ASKED.loc["long call", "delta"], 2) == 8.55


def test_rank_correlations():
    order = ASKED.corr("spearman")
    assert round(order.loc["shortfall", "span"], 2) == 0.92 and round(order.loc["derive-srm", "delta"], 2) == -0.39
    pairs = [(a, b) for i, a in enumerate(CHOSEN) for b in CHOSEN[i + 1 :]]
    turned = [pair for pair in pairs if order.loc[pair] < 0]
    assert (len(pairs), len(turned), round(min(order.loc[pair] for pair in pairs), 2)) == (66, 14, -0.55)
    assert all(len(LEGS & {*pair}) == 1 for pair in turned)


PLACES = np.linspace(0.0, 2.0, 41)
PATH = {f"{u:.2f}": morph(list(morph_stages(TOY).values()), u) for u in PLACES}
SIX = ["isolated", "delta", "greeks", "shortfall", "paradex-2026-02", "derive-pm2"]
ALONG = bake_off(PATH, TOY, RULES).set_axis(PLACES)


def test_the_path():
    turns = crossings(ALONG[SIX])
    assert len(turns) == 8
    last = turns.iloc[-1]
    assert (last["overtakes"], last["overtaken"], round(last["at"], 2)) == ("paradex-2026-02", "derive-pm2", 1.71)
    at = turns.query("overtakes == 'isolated' and overtaken == 'paradex-2026-02'")["at"].iloc[0]
    assert at == pytest.approx(6 / 37.8539, abs=1e-4) and round(at, 4) == 0.1585  # 10 + 21.8539 u = 16 (1 - u)
    assert (round(ALONG.loc[2.0, "delta"], 2), ALONG.loc[2.0, "isolated"]) == (0.06, pytest.approx(20.0))


def test_the_lines_sag():
    # C12.3: coherent rules are convex along a path
    for key in CHOSEN:
        for half in (slice(0, 21), slice(20, 41)):
            line = ALONG[key].to_numpy()[half]
            straight = np.linspace(line[0], line[-1], len(line))
            assert (line <= straight + 1e-9).all(), key
            if key == "isolated":
                assert line == pytest.approx(straight)


# --- cover -----------------------------------------------------------------------------------------------------------

LOST = losses(REAL, BTC, crash_scenarios())
SHARE = covered(REAL_ASKED, LOST)


def test_cost_and_cover():
    cost, cover = REAL_ASKED.mean(), SHARE.mean()
    said = {"shortfall": (5.48, 57), "delta": (6.54, 67), "span": (10.25, 85), "isolated": (18.15, 89)}
    for key, (level, per_cent) in said.items():
        assert (round(cost[key], 2), round(100 * cover[key])) == (level, per_cent), key
    assert round(100 * cover["derive-srm"]) == 90 and cover.idxmin() == "shortfall"
    assert cover["greeks"] == cover["core-16"] == pytest.approx(0.845, abs=5e-4)
    front = undominated(cost, cover)
    beaten = ["deribit-standard", "greeks", "tims", "core-16", "deribit-portfolio"]
    assert [key for key in CHOSEN if not front[key]] == beaten
    assert cover["tims"] == pytest.approx(cover["delta"]) and cost["tims"] > cost["delta"]


def test_cover_of_single_books():
    count = (12 * SHARE).round().astype(int)
    assert count.loc["long perp", ["isolated", "deribit-standard"]].tolist() == [3, 1]
    assert count.loc["short straddle", "isolated"] == 12
    # second route: a perpetual is covered in the states that fall by no more than its requirement
    moves = crash_scenarios().moves("BTC")
    for key in CHOSEN:
        assert count.loc["long perp", key] == (-100 * moves <= REAL_ASKED.loc["long perp", key]).sum()
    four = ["long perp", "short put", "short straddle", "protective put"]
    scans = ["span", "core-16", "paradex-2026-02", "derive-pm2", "deribit-portfolio"]
    assert count.loc[four, scans].min().min() == 8 and count.loc[four, scans].max().max() == 12


def test_from_day_to_day():
    closes = bars("BTC", "1d")["close"]["2018-11-01":"2018-12-01"]
    start, spot = closes.index[0], float(closes.iloc[0])
    assert (round(spot), round(closes.iloc[-1])) == (6406, 4241)
    then = Market(start, {"BTC": spot}, {"BTC": {start + pd.Timedelta(days=60): spot}}, {"BTC": FlatVol(0.6)})
    month = replay_book(named_books(then)["hedged straddle"], then, closes, RULES, rehedge=True)
    percent = 100 * month[CHOSEN].div(month["price"], axis=0)
    change = 100 * percent.diff().abs().mean() / percent.mean()
    for key in ("greeks", "shortfall", "tims", "span", "core-16", "deribit-portfolio"):
        assert 6.5 < change[key] < 9.5 and percent[key].min() < 0.55 * percent[key].mean(), key
    for key in LEGS:
        assert 1 <= change[key] <= 2
    assert [round(change[key]) for key in ("paradex-2026-02", "derive-pm2")] == [3, 3]
    assert percent["delta"].max() < 1.1


# --- explore, break it, check ----------------------------------------------------------------------------------------


def test_answers_below_the_explorer():
    lines = bake_off_view(at=0, world="toy", pick="offers").panels[1]
    turns = {round(mark.x / 100, 2) for mark in lines.markers}
    # Derive: 10 + 21.85 u = 22 - 18.66 u; Deribit: 2.01 + 21.85 u = 17 - 15 u
    assert {0.30, 0.41} <= turns
    scans = {s.name: s.y[-1] for s in bake_off_view(at=0, world="toy", pick="scans").panels[1].series}
    assert (max(scans.values()), min(scans.values())) == (14.39, 0.75)
    smile = {s.name: s.y[-1] for s in bake_off_view(at=0, world="btc", pick="scans").panels[1].series}
    assert (scans["Deribit"], smile["Deribit"]) == (2.90, 10.87)


def test_every_rule_has_its_weak_book():
    day = losses(REAL, BTC, grid([-0.386, 0.386])).max()
    ratio = REAL_ASKED.rtruediv(day, axis=0)
    weak = {key: (ratio[key].idxmax(), round(ratio[key].max(), 1)) for key in CHOSEN}
    assert weak["delta"] == ("hedged straddle", 39.2) and weak["deribit-standard"] == ("long perp", 19.3)
    assert weak["shortfall"] == ("hedged straddle", 7.6) and weak["tims"] == ("hedged straddle", 6.2)
    for key in ("greeks", "span", "core-16", "paradex-2026-02", "derive-pm2", "deribit-portfolio"):
        assert 2.2 <= weak[key][1] <= 2.4, key
    assert (round(REAL_ASKED.loc["hedged straddle", "delta"], 2), round(day["hedged straddle"], 2)) == (0.52, 20.53)


def test_shortfall_of_a_straight_line():
    # McNeil, Frey and Embrechts (2005), example 2.19
    q = student.ppf(0.975, 3)
    formula = 100 * 0.6 / np.sqrt(365 * 3) * (3 + q**2) / 2 * student.pdf(q, 3) / 0.025
    rule = ShortfallMargin(student_moves(0.6, dof=3, days=1, count=2000), 0.975)
    assert asks(rule, BOOKS["long perp"]) == pytest.approx(formula) and round(formula, 4) == 9.1377


# --- in the wild, exercises ------------------------------------------------------------------------------------------


def test_one_venue_in_four_states():
    keys = ["deribit-2018", "deribit-2019", "deribit-2020", "deribit-portfolio"]
    table = bake_off(BOOKS, TOY, {key: SHELF[key] for key in keys}).round(2)
    assert table.loc["short straddle"].tolist() == [11.03, 7.26, 9.70, 12.08]
    assert table.loc["long perp"].tolist() == [12.5, 10.0, 10.0, 17.0]
    assert table.loc["conversion"].tolist() == [2.0, 1.0, 0.0, 2.0]
    # the newest numbers of BTC are those of June 2024, ETH's are later
    newest = card("deribit_portfolio")
    assert "BTC: example of 2024-06-17" in newest.source and newest.as_of == "2026-02-15"
    said = {"BTC": (0.16, 0.50, 0.25), "ETH": (0.18, 0.40, 0.25)}
    names = ("price_range", "volatility_range_up", "volatility_range_down")
    assert {coin: tuple(newest.values["markets"][coin][name] for name in names) for coin in said} == said
    vega = [card("deribit_portfolio", year).values["offsetting_vega"] for year in ("2018", "2019", "2020")]
    assert vega == [0.25, 0.0, 0.0]


def test_shocks_of_the_older_models():
    # reference: 56.6, 38.2, 46.8 % at 15 days; 219 and 105 % at one day
    shock = {}
    for year in ("2018", "2019", "2020"):
        rule = DeribitVintage.published(year)
        shock[year] = [round(100 * rule.vol_range * (30 / d) ** rule.vol_power, 1) for d in (15, 1)]
    assert shock == {"2018": [56.6, 219.1], "2019": [38.2, 147.9], "2020": [46.8, 105.4]}


def test_synthetic_long_is_no_hedge():
    # reference: 16.00 <= 5.71 + 14.20 and > 14.20
    column = ASKED["paradex-2026-02"]
    assert column[["synthetic long", "long call", "short put"]].round(2).tolist() == [16.00, 5.71, 14.20]
    assert column["short put"] < column["synthetic long"] < column["long call"] + column["short put"]
    assert column["synthetic long"] == pytest.approx(column["long perp"])


def test_rising_volatility_changes_the_cover():
    rough = crash_scenarios(vol="up", vol_rule=published("paradex-24").vol_rule)
    less = (SHARE - covered(REAL_ASKED, losses(REAL, BTC, rough))).mean()
    said = {"span": 12, "tims": 11, "delta": 8, "core-16": 2, "derive-pm2": 1}
    assert {key: round(100 * less[key]) for key in said} == said
    assert [key for key in CHOSEN if less[key] < -1e-9] == ["greeks", "deribit-portfolio"]


def test_the_floored_rule():
    class Floored:
        def requirement(self, book, market):
            initial = max(asks(SHELF["shortfall"], book, market), asks(SHELF["core-16"], book, market) / 2)
            return initial, initial / 2

    mine = bake_off(REAL, BTC, {"floored": Floored()})
    cost, cover = REAL_ASKED.mean(), SHARE.mean()
    cost["floored"], cover["floored"] = mine["floored"].mean(), covered(mine, LOST)["floored"].mean()
    assert (round(cost["floored"], 2), round(100 * cover["floored"], 1)) == (6.37, 62.5)
    assert undominated(cost, cover)["floored"] and round(100 * cover["delta"], 1) == 66.7
