"""Numbers the chapter on the portfolio margin model reads aloud, each with where it comes from."""

import numpy as np
import pytest

from greekslab.book import Book, exposure, named_books, position_values
from greekslab.errors import InputError
from greekslab.explorers import greek_margin_view
from greekslab.margin import GreekMargin, Scan, SensitivityMargin, bucket_margin, greek_against_scan, sold_options
from greekslab.market import Market
from greekslab.pricing import greeks
from greekslab.risk import (
    cornish_fisher_es,
    cornish_fisher_is_valid,
    cornish_fisher_quantile,
    delta_gamma_es,
    delta_gamma_moments,
    delta_gamma_var,
    worst_quadratic,
)
from greekslab.scenarios import VolRule, grid, published

TOY, BTC, WEEK = Market.toy(), Market.btc(), Market.toy(days=7)
BOOKS, REAL = named_books(TOY), named_books(BTC)
RULE, SCAN = GreekMargin(), Scan(published("paradex-16"))
PRICE_ONLY, SECOND = GreekMargin(vol_rule=VolRule()), GreekMargin(vanna_volga=True)
STRADDLE, HEDGED = BOOKS["short straddle"], BOOKS["hedged straddle"]
G = greeks(forward=100.0, strike=100.0, vol=0.6, tau=30 / 365, order=3)


def asks(rule, book, market=TOY):
    return rule.requirement(book, market)[0]


# --- by hand and in code ----------------------------------------------------------------------------------------


def test_the_two_sides_of_one_trade_by_hand():
    # -20 x + 200 x^2 + 10 y: 20^2 / (2 x 400) + 10 x 0.2; the other side 2 + 2 + 10 x 0.3
    box = {"moves": (-0.1, 0.1), "vols": (-0.2, 0.3)}
    bought, sold = worst_quadratic(-20.0, 400.0, 10.0, **box), worst_quadratic(20.0, -400.0, -10.0, **box)
    assert (bought.loss, bought.move, bought.vol) == pytest.approx((2.5, 0.05, -0.2))
    assert (sold.loss, sold.move, sold.vol) == pytest.approx((7.0, -0.1, 0.3))


def test_the_straddle_by_its_parts():
    # delta N(d1) - N(-d1) = 0.0685 a coin, gamma and vega of two options at the money, closed form
    parts = RULE.margin(STRADDLE, TOY).parts
    by_hand = {
        "delta": (2 * G.delta - 1) * 16.0,
        "gamma": 2 * G.gamma * 100**2 * 0.16**2 / 2,
        "vega": 2 * G.vega * 0.24,
    }
    assert {k: v[0] for k, v in parts.items()} == pytest.approx(by_hand)
    assert [round(v[0], 2) for v in parts.values()] == [1.10, 5.92, 5.47]
    assert (asks(RULE, STRADDLE), asks(SCAN, STRADDLE)) == pytest.approx((12.4816, 10.7787), abs=5e-5)  # reference


# --- predictions ---------------------------------------------------------------------------------------------------


def test_the_buyer_of_the_straddle_loses_most_between_two_nodes():
    # x* = -D / G = -(0.0685394 x 100) / (2 x 0.0231067 x 100^2); then vega 2 x 11.395 x 0.6 x 0.22
    report = RULE.margin(-1 * STRADDLE, TOY)
    delta, gamma = (2 * G.delta - 1) * 100.0, 2 * G.gamma * 100**2
    assert report.initial == pytest.approx(delta**2 / (2 * gamma) + 2 * G.vega * 0.6 * 0.22)
    assert (round(report.initial, 3), report.binding) == (3.059, "-1.483 %, vol -22 %")
    assert round(100 * delta / gamma, 3) == 1.483
    scan = SCAN.margin(-1 * STRADDLE, TOY)
    assert (round(scan.initial, 3), scan.binding) == (3.011, "0 %, vol down")


def test_fourteen_books():
    ratio = {name: asks(RULE, book) / asks(SCAN, book) for name, book in BOOKS.items() if name != "conversion"}
    straight = [name for name, value in ratio.items() if value == pytest.approx(1.0, abs=1e-9)]
    assert straight == ["long perp", "synthetic long"] and asks(RULE, BOOKS["conversion"]) < 1e-9
    assert [name for name, value in ratio.items() if value < 1.0 - 1e-9] == ["far short call"]
    assert (round(min(ratio.values()), 2), round(max(ratio.values()), 2)) == (0.28, 1.33)
    assert max(ratio, key=ratio.get) == "call spread"


def test_synthetic_long_is_no_hedge():
    # call and put of one strike: deltas add to 1, gamma and vega are equal and opposite
    assert asks(RULE, BOOKS["synthetic long"]) == pytest.approx(16.0)
    tails = Scan(published("paradex-24"))
    put = BOOKS["short put"]
    assert [round(asks(rule, put), 2) for rule in (RULE, SCAN, tails)] == [13.14, 12.16, 14.20]  # 14.1951: reference


def test_what_is_the_box_and_what_the_quadratic():
    box = grid(np.linspace(-0.16, 0.16, 33), list(np.linspace(-0.22, 0.40, 32)))
    call = BOOKS["long call"]
    fine = asks(Scan(box), call)
    assert round(fine, 2) == 6.29 and asks(Scan(box), STRADDLE) == pytest.approx(asks(SCAN, STRADDLE))
    assert (round(fine - asks(SCAN, call), 2), round(asks(RULE, call) - fine, 2)) == (0.59, 0.80)


# --- several expiries ----------------------------------------------------------------------------------------------

CALENDAR = Book.from_list([("BTC-26NOV21-70000-C", -1.0), ("BTC-31DEC21-70000-C", 1.0)])


def test_vega_of_a_calendar_spread():
    alike = GreekMargin(vol_rule=VolRule(up=0.40, down=0.22)).terms(CALENDAR, BTC)["vega"]
    tenor = RULE.terms(CALENDAR, BTC)["vega"]
    assert (round(alike.iloc[0]), round(alike.iloc[1]), round(alike.sum())) == (-7770, 11013, 3243)
    days = np.array([BTC.tau(p.instrument.expiry) * 365 for p in CALENDAR])
    assert tenor.to_numpy() == pytest.approx(alike.to_numpy() * (30 / days) ** 0.13)  # equation C6.3
    assert round(tenor.sum()) == 2262 and ((30 / days) ** 0.13).round(2).tolist() == [0.98, 0.89]
    dollars = exposure(CALENDAR, BTC, by="underlying", unit="dollar").iloc[0]
    assert (round(dollars["vega"], 2), round(dollars["vega_30d"], 2)) == (34.28, 0.05)


def test_correlation_sets_the_margin_of_a_calendar_spread():
    vega = RULE.terms(CALENDAR, BTC)["vega"].to_numpy()
    for rho, part in {1.0: 498, 0.9: 984, 0.5: 1963, 0.0: 2732}.items():
        report = GreekMargin(vega_correlation=rho).margin(CALENDAR, BTC)
        size = np.sqrt(vega @ np.array([[1.0, rho], [rho, 1.0]]) @ vega)  # equation C6.3
        assert report.parts["vega"][0] == pytest.approx(0.22 * size)
        assert round(report.parts["vega"][0]) == part
        assert round(report.initial - report.parts["vega"][0]) == 957


def test_turning_the_calendar_spread():
    turned = -1 * CALENDAR
    assert [round(asks(GreekMargin(vega_correlation=rho), turned, BTC)) for rho in (1.0, 0.9)] == [1162, 2047]
    assert [round(asks(GreekMargin(vega_correlation=rho), CALENDAR, BTC)) for rho in (1.0, 0.9, 0.0)] == [
        1454,
        1941,
        3689,
    ]
    delta, gamma, vega = RULE.terms(turned, BTC).sum()
    assert (round(-100 * delta / gamma, 1), round(delta**2 / (2 * gamma)), round(-0.40 * vega)) == (13.6, 257, 905)
    assert round(GreekMargin(vega_correlation=0.9).margin(CALENDAR, BTC).parts["vega"][0] / 0.22) == 4475


# --- a probability -------------------------------------------------------------------------------------------------

DELTA, GAMMA, VARIANCE = -6.853941, -462.134425, 0.6**2 / 365
MOMENTS = delta_gamma_moments(DELTA, GAMMA, VARIANCE)


def test_moments_of_the_straddle():
    # equation C6.4, written out
    variance = DELTA**2 * VARIANCE + GAMMA**2 * VARIANCE**2 / 2
    third = 3 * DELTA**2 * GAMMA * VARIANCE**2 + GAMMA**3 * VARIANCE**3
    assert (MOMENTS.mean, MOMENTS.sd) == pytest.approx((GAMMA * VARIANCE / 2, np.sqrt(variance)))
    assert MOMENTS.skew == pytest.approx(third / variance**1.5)
    assert (round(MOMENTS.skew, 2), round(MOMENTS.excess_kurtosis, 2)) == (-2.71, 10.86)


def test_the_expansion_turns_back():
    bent = {a: -(MOMENTS.mean + MOMENTS.sd * cornish_fisher_quantile(MOMENTS.skew, MOMENTS.excess_kurtosis, a))
            for a in (0.01, 0.2, 0.99)}  # fmt: skip
    assert {a: round(loss, 3) for a, loss in bent.items()} == {0.01: 0.191, 0.2: -0.051, 0.99: 1.812}
    assert round(delta_gamma_var(DELTA, GAMMA, VARIANCE, 0.99), 3) == 1.759
    # the most that the quadratic earns is -D^2 / (2 G)
    assert delta_gamma_var(DELTA, GAMMA, VARIANCE, 0.01) == pytest.approx(DELTA**2 / (2 * GAMMA), abs=1e-4)
    with pytest.raises(InputError, match="delta_gamma_var"):
        cornish_fisher_es(**vars(MOMENTS), level=0.975)


def test_shortfall_of_the_straddle_by_simulation():
    x = np.random.default_rng(7).normal(0.0, np.sqrt(VARIANCE), 2_000_000)
    losses = np.sort(-(DELTA * x + GAMMA * x**2 / 2))[-50_000:]
    assert delta_gamma_es(DELTA, GAMMA, VARIANCE, 0.975) == pytest.approx(losses.mean(), rel=5e-3)
    assert round(delta_gamma_es(DELTA, GAMMA, VARIANCE, 0.975), 2) == 1.80


@pytest.mark.parametrize("share", np.geomspace(1e-3, 1e4, 29))
def test_one_coin_is_never_inside_the_region(share):
    m = delta_gamma_moments(1.0, share, 1.0)
    assert not cornish_fisher_is_valid(m.skew, m.excess_kurtosis)


def test_how_near_one_coin_comes():
    # little gamma: third moment 3 D^2 G, fourth cumulant 12 D^2 G^2, so k / s^2 = 12 / 9; the slope of C6.5 stays
    # above 0 where (s/3)^2 < 4 (k/8 - s^2/6), that is k > 14 s^2 / 9
    m = delta_gamma_moments(1.0, 1e-3, 1.0)
    assert m.excess_kurtosis / m.skew**2 == pytest.approx(4 / 3, rel=1e-5)
    edge = 14 / 9 * m.skew**2
    assert [cornish_fisher_is_valid(m.skew, f * edge) for f in (0.999, 1.001)] == [False, True]


def test_two_coins_may_be():
    both = VARIANCE * np.array([[1.0, 0.8], [0.8, 1.0]])
    sold = delta_gamma_moments([DELTA, DELTA], [GAMMA, GAMMA], both)
    mixed = delta_gamma_moments([DELTA, -DELTA], [GAMMA, -GAMMA], both)
    assert not cornish_fisher_is_valid(sold.skew, sold.excess_kurtosis)
    assert cornish_fisher_is_valid(mixed.skew, mixed.excess_kurtosis) and mixed.skew == pytest.approx(0.0, abs=1e-12)
    x = np.random.default_rng(3).multivariate_normal([0.0, 0.0], both, 2_000_000)
    pnl = x @ [DELTA, -DELTA] + x**2 @ [GAMMA / 2, -GAMMA / 2]
    exact = delta_gamma_es([DELTA, -DELTA], [GAMMA, -GAMMA], both, 0.975)
    assert exact == pytest.approx(-np.sort(pnl)[:50_000].mean(), rel=1e-2)
    assert (round(cornish_fisher_es(**vars(mixed), level=0.975), 2), round(exact, 2)) == (1.20, 0.93)


# --- the form of SIMM and Basel ------------------------------------------------------------------------------------


def test_three_forms_of_five_books():
    names = ["short straddle", "call spread", "protective put", "far short call", "synthetic long"]
    rules = [RULE, SensitivityMargin(), SensitivityMargin(curvature="vega"), SCAN]
    asked = [[round(asks(rule, BOOKS[name]), 2) for rule in rules] for name in names]
    assert asked == [
        [12.48, 12.51, 27.74, 10.78],
        [4.00, 4.42, 4.77, 3.00],
        [10.98, 14.27, 14.27, 8.86],
        [0.62, 0.82, 1.20, 2.25],
        [16.00, 16.00, 16.00, 16.00],
    ]
    # SIMM's curvature is gamma over a move of z sigma sqrt(h), by equation C6.7: 30 %
    move = 2.5758293 * 0.6 * np.sqrt(14 / 365)
    curvature = SensitivityMargin(curvature="vega").margin(STRADDLE, TOY).parts["curvature"][0]
    assert curvature == pytest.approx(2 * G.gamma * 100**2 * move**2 / 2, rel=1e-6) and round(move, 2) == 0.30


def test_parts_of_the_protective_put():
    greek, basel = (rule.margin(BOOKS["protective put"], TOY).parts for rule in (RULE, SensitivityMargin()))
    assert [round(greek[k][0], 2) for k in ("delta", "gamma", "vega")] == [12.12, -2.33, 1.18]
    assert [round(basel[k][0], 2) for k in ("delta", "curvature", "vega")] == [12.12, 0.00, 2.15]


def test_a_published_total():
    # ISDA's unit test portfolio, case C199: 162 702 674 US dollars
    assert bucket_margin([26 * 6e6, 26 * 1e6], 0.18) == pytest.approx(162_702_674, abs=1.0)
    assert bucket_margin([26 * 6e6, -26 * 1e6], 0.18) < 156e6


# --- the map, and where it breaks --------------------------------------------------------------------------------


def test_the_map():
    market = Market.toy(days=[1, 2, 4, 7, 14, 30, 60, 120])
    table = greek_against_scan(sold_options(market, "TOY", range(80, 151, 10), "call"), market)
    chart = table.round({"days": 6}).pivot(index="days", columns="strike", values="ratio").round(2)
    assert chart.shape == (8, 8)
    assert (round(table["ratio"].max(), 2), round(table["ratio"].median(), 2)) == (1.74, 0.79)
    assert chart[100.0].loc[[1.0, 30.0, 120.0]].tolist() == [1.74, 1.06, 1.01]
    assert chart.loc[7.0, 130.0] == 0.04 and chart.loc[1.0, 120.0:].max() == 0.0
    assert round(1.8218 / 0.0785) == 23


def test_as_expiry_nears():
    rows = {}
    for days in (120, 30, 7, 2, 1):
        market = Market.toy(days=days)
        book = named_books(market)["short straddle"]
        rows[days] = [round(asks(rule, book, market), 2) for rule in (RULE, SCAN)]
    assert rows == {120: [14.14, 13.88], 30: [12.48, 10.78], 7: [16.91, 11.34], 2: [26.47, 12.75], 1: [35.50, 13.56]}
    last = Market.toy(days=1)
    premium = -position_values(named_books(last)["short straddle"], last).sum()
    # at expiry a move of 16 % costs 16 less the premium
    assert (round(premium, 2), round(16.0 - premium, 2)) == (2.51, 13.49)
    assert [round(0.16 / (0.6 * np.sqrt(d / 365)), 2) for d in (30, 1)] == [0.93, 5.09]


def test_the_ringed_call_step_by_step():
    far = sold_options(WEEK, "TOY", [130], "call")
    steps = [PRICE_ONLY, RULE, SECOND, SCAN, Scan(published("paradex-24"))]
    assert [round(asks(rule, far, WEEK), 4) for rule in steps] == [0.0625, 0.0785, 0.2263, 1.8218, 15.0399]
    g = greeks(forward=100.0, strike=130.0, vol=0.6, tau=7 / 365)
    assert (round(100 * g.delta, 4), round(100**2 * g.gamma, 4), round(g.vega, 4)) == (0.0917, 3.7408, 0.0430)
    assert 100 * g.delta * 0.16 + 100**2 * g.gamma * 0.16**2 / 2 == pytest.approx(0.0625, abs=5e-5)
    assert (round((30 / 7) ** 0.3, 3), round(g.vega * 0.6, 4)) == (1.547, 0.0258)
    assert g.vega * 0.6 * (30 / 7) ** 0.3 * 0.40 == pytest.approx(0.0160, abs=5e-5)
    vol = 0.6 * (1 + 0.40 * (30 / 7) ** 0.3)
    root = np.sqrt(7 / 365)
    assert (round(vol, 3), round(np.log(1.3) / (0.6 * root), 2)) == (0.971, 3.16)
    assert round(np.log(130 / 116) / (vol * root), 2) == 0.85
    after = greeks(forward=116.0, strike=130.0, vol=vol, tau=7 / 365)
    assert (round(after.price, 2), round(after.delta, 2), round(g.price, 3)) == (1.82, 0.22, 0.002)


def test_the_missing_greek_of_the_straddle():
    parts = {k: round(v[0], 4) for k, v in SECOND.margin(STRADDLE, TOY).parts.items()}
    assert parts == {"delta": 1.0966, "gamma": 5.9153, "vega": 5.4696, "vanna": 0.4376, "volga": -0.0081}
    gain = 2 * G.gamma * 100**2 / 0.6 * 0.24 * 0.16**2 / 2
    assert round(gain, 2) == 2.37 and asks(SECOND, STRADDLE) - gain == pytest.approx(10.7787, abs=0.24)
    # zomma itself, from the closed form
    assert 2 * G.zomma * 100**2 * 0.24 * 0.16**2 / 2 == pytest.approx(-gain, rel=0.01)


# --- checks --------------------------------------------------------------------------------------------------------


def test_no_point_of_the_box_is_worse():
    x, y = np.meshgrid(np.linspace(-0.16, 0.16, 161), np.linspace(-0.22, 0.40, 63))
    gaps = []
    for book in [*BOOKS.values(), -1 * STRADDLE]:
        delta, gamma, vega = RULE.terms(book, TOY).sum()
        gaps.append(asks(RULE, book) - max(0.0, -(delta * x + gamma * x**2 / 2 + vega * y).min()))
    assert min(gaps) > -1e-9 and max(gaps) == pytest.approx(0.00016, abs=5e-6) and np.argmax(gaps) == 14


def test_in_a_small_box_the_two_models_are_one():
    ratio = {}
    for reach in (0.16, 0.08, 0.04, 0.02, 0.01):
        small = GreekMargin(moves=(-reach, reach), vol_rule=VolRule())
        ratio[reach] = asks(small, HEDGED) / asks(Scan(grid([-reach, reach])), HEDGED)
    assert [round(r, 4) for r in ratio.values()] == [0.9954, 0.9783, 0.9845, 0.9911, 0.9953]
    assert (1 - ratio[0.02]) / (1 - ratio[0.01]) == pytest.approx(2.0, abs=0.15)  # third order over second


# --- the real smile ------------------------------------------------------------------------------------------------


def test_the_real_smile():
    sold = sold_options(BTC, "BTC")
    table = greek_against_scan(sold, BTC).set_index("instrument")
    ratio = table["ratio"]
    assert (len(ratio), (ratio < 0.95).sum(), (ratio > 1.05).sum(), round(ratio.median(), 2)) == (49, 34, 1, 0.90)
    assert (ratio.idxmin(), ratio.idxmax()) == ("BTC-5NOV21-95000-C", "BTC-5NOV21-66000-P")
    assert table.loc["BTC-5NOV21-95000-C", ["greek", "scan"]].round().tolist() == [1800, 3707]
    assert (round(ratio.min(), 2), round(ratio.max(), 2)) == (0.49, 1.07)
    second = greek_against_scan(sold, BTC, rule=SECOND)["ratio"]
    assert (round(second.min(), 2), round(second.median(), 2), round(second.max(), 2)) == (0.91, 1.04, 1.11)
    deviations = [0.16 / (BTC.vol("BTC", e, BTC.forward("BTC", e)) * np.sqrt(BTC.tau(e))) for e in BTC.expiries("BTC")]
    assert (round(deviations[0], 1), round(deviations[-1], 2)) == (0.9, 0.25)


def test_the_straddle_on_the_real_smile():
    asked = [100 * asks(rule, REAL["short straddle"], BTC) / BTC.spot("BTC") for rule in (RULE, SCAN)]
    assert [round(a, 2) for a in asked] == [13.18, 13.05]


# --- exercises and explorer ----------------------------------------------------------------------------------------


def test_price_alone_of_the_hedged_straddle():
    assert asks(PRICE_ONLY, HEDGED) == pytest.approx(5.915, abs=5e-4)  # reference: G S^2 x^2 / 2
    assert round(2 * 0.02311 * 100**2 * 0.16**2 / 2, 3) == 5.916


def test_a_book_that_the_model_does_not_see():
    far, near = (sold_options(WEEK, "TOY", [strike], "call") for strike in (130, 100))
    gammas = [RULE.terms(book, WEEK)["gamma"].iloc[0] for book in (far, near)]
    calls = 100 * far + (-100 * gammas[0] / gammas[1]) * near
    hidden = calls + Book.from_list([("TOY-PERP", -exposure(calls, WEEK)["delta"].sum())])
    assert np.abs(RULE.terms(hidden, WEEK).sum()).max() < 1e-9
    assert asks(RULE, hidden, WEEK) < 1e-9 and round(asks(SCAN, hidden, WEEK), 2) == 176.50
    assert hidden.quantities.round(2).tolist() == [-100.0, 0.78, -0.31]
    assert round(-100 * position_values(far, WEEK)[0], 2) == 0.21


def test_answers_below_the_explorer():
    start = {"strike": 130, "days": 7, "reach": 16, "greeks": "vega"}
    found = {
        reach: greek_margin_view(**start | {"reach": reach}).finding.replace("\u00a0", " ") for reach in (16, 8, 4)
    }
    assert [words in found[reach] for reach, words in ((16, "23 times"), (8, "17 times"), (4, "14 times"))] == [
        True
    ] * 3
    assert "37 get more than 5 % too little" in found[16]
    assert "16 % too much. Of" in found[16] and "4 % too much. Of" in found[8] and "the same to half" in found[4]
    more = greek_margin_view(**start | {"greeks": "all"})
    assert "8.0 times too little" in more.finding and "27 get more than 5\u00a0% too little" in more.finding
    rows = {row: values for row, values in zip(more.panels[0].rows, more.panels[0].values, strict=True)}
    assert max(np.abs([*rows["60 d"], *rows["120 d"]])) <= 8
