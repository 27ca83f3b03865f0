"""Numbers the chapter on portfolio risk-based margin reads aloud, each with where it comes from."""

import numpy as np
import pytest

from greekslab.book import Book, named_books, pnl_cube, position_values
from greekslab.explorers import scan_explorer, scan_view
from greekslab.explorers.explorer import PAGE_BYTES
from greekslab.margin import FixedRate, Scan, rules
from greekslab.market import Market
from greekslab.pricing import price
from greekslab.risk import stand_alone, value_at_risk, worst
from greekslab.scenarios import crash_scenarios, published

TOY, BTC = Market.toy(), Market.btc()
BOOKS, REAL = named_books(TOY), named_books(BTC)
P24, P16 = published("paradex-24"), published("paradex-16")
FAR = Book.from_list([("TOY-31JAN24-200-C", 1.0)])


def scan(book, market=TOY, scenarios=P24):
    return worst(pnl_cube(book, market, scenarios))


# --- by hand ---------------------------------------------------------------------------------------------------


def test_three_scenarios_by_hand():
    # perpetual -15, +15, +60; call at 110 sold at 2 and worth 0, 5, 50: 13 at -15 %; legs alone 15 and 0.25 * 48
    pnl, weights = np.array([[-15.0, 2.0], [15.0, -3.0], [60.0, -48.0]]), np.array([1.0, 1.0, 0.25])
    assert (-weights * pnl.sum(axis=1)).tolist() == [13.0, -12.0, -3.0]
    assert (-weights[:, None] * pnl).max(axis=0).tolist() == [15.0, 12.0]


# --- what is read aloud in the toy world ------------------------------------------------------------------------


def test_the_straddle_is_bound_by_the_farthest_tail():
    found = scan(BOOKS["short straddle"])
    # own derivation: 3.2 % of (600 - 100 - mark), less 3.2 % of the put's mark; marks 6.8539 from Black-76
    mark = price(forward=100.0, strike=100.0, vol=0.6, tau=30 / 365)
    assert found.loss == pytest.approx(0.032 * (500.0 - 2.0 * mark), abs=1e-6)
    assert found.loss == pytest.approx(15.5613, abs=1e-4)  # reference table
    assert found.name == "+500 %, vol up, x 3.2 %"
    assert scan(BOOKS["short straddle"], scenarios=P16).loss == pytest.approx(10.7787, abs=1e-4)


def test_legs_scanned_alone():
    alone = stand_alone(pnl_cube(BOOKS["short straddle"], TOY, P24))
    assert alone == pytest.approx([15.7807, 14.1951], abs=1e-4)  # rows B4 and B5 of the reference table
    assert alone == pytest.approx([scan(BOOKS[leg]).loss for leg in ("short call", "short put")], abs=1e-12)


def test_the_call_spread_is_bound_by_falling_volatility():
    found = scan(BOOKS["call spread"])
    assert (round(found.loss, 4), found.name) == (3.0004, "+12 %, vol down")
    assert Scan(P24).margin(BOOKS["call spread"], TOY).marginal.iloc[1] == pytest.approx(3.0004 - 15.7807, abs=1e-4)


def test_one_far_call_frees_three():
    straddle = BOOKS["short straddle"]
    assert position_values(FAR, TOY)[0] == pytest.approx(0.00015, abs=2e-6)
    assert {k: (round(scan(straddle + k * FAR).loss, 2), scan(straddle + k * FAR).name) for k in (0.25, 0.5, 1, 2)} == {
        0.25: (13.05, "+100 %, vol up, x 16 %"),
        0.5: (12.55, "-66 %, vol up, x 24 %"),
        1: (12.55, "-66 %, vol up, x 24 %"),
        2: (12.55, "-66 %, vol up, x 24 %"),
    }
    # -66 %, by hand: the put loses 66 - 2 marks at most, 24 % counts; time value at 34 and 84 % volatility is nil
    mark = price(forward=100.0, strike=100.0, vol=0.6, tau=30 / 365)
    assert scan(straddle + FAR).loss == pytest.approx(0.24 * (66.0 - 2.0 * mark), abs=1e-3)


def test_a_naked_perpetual_is_dearer_under_portfolio_margin():
    # venue parameters: 18 + 3 + 1 to open, 0.8 * 18 + 3 to keep; the standard rule asks for 10 and 6.5
    assert rules()["derive-pm2"].requirement(BOOKS["long perp"], TOY) == pytest.approx((22.0, 17.4))
    assert FixedRate(0.10, 0.065).requirement(BOOKS["long perp"], TOY) == pytest.approx((10.0, 6.5))


def test_the_same_straddle_under_four_rules():
    asked = {k: rules()[k].requirement(BOOKS["short straddle"], TOY) for k in ("tims", "span", "paradex", "derive-pm2")}
    assert asked["derive-pm2"][0] == pytest.approx(13.4800 + 2 * 0.5, abs=1e-4)  # table + 0.5 % for two naked options
    # TIMS, closed form: intrinsic and time value at 115, volatility unchanged
    value = sum(price(forward=115.0, strike=100.0, vol=0.6, tau=30 / 365, kind=kind) for kind in ("call", "put"))
    now = 2.0 * price(forward=100.0, strike=100.0, vol=0.6, tau=30 / 365)
    assert asked["tims"][0] == pytest.approx(value - now)
    assert [round(asked[k][0], 2) for k in ("tims", "span", "paradex")] == [5.62, 10.39, 15.56]


# --- checks and exercises ----------------------------------------------------------------------------------------


def test_losses_from_prices_alone():
    move, word, weight = (P24.table[c].to_numpy() for c in ("move", "vol", "weight"))
    vol = 0.6 * np.where(word == "up", 1.40, 0.78)

    def sold(forward, vol):
        return sum(price(forward=forward, strike=100.0, vol=vol, tau=30 / 365, kind=k) for k in ("call", "put"))

    report = Scan(P24).margin(BOOKS["short straddle"], TOY)
    losses = weight * (sold(100.0 * (1 + move), vol) - sold(100.0, 0.6))
    assert losses == pytest.approx(report.scan["loss"].to_numpy(), abs=1e-11)
    assert report.contributions.sum() == pytest.approx(report.initial, abs=1e-12)


def test_no_pair_of_books_needs_more_together():
    saved = [scan(a).loss + scan(b).loss - scan(a + b).loss for a in BOOKS.values() for b in BOOKS.values()]
    assert min(saved) > -1e-9
    assert max(saved) == pytest.approx(15.7807 + 5.7091, abs=1e-4)  # a call bought and the same call sold


def test_value_at_risk_is_not_subadditive():
    a, b = np.ones(1000), np.ones(1000)
    a[:9], b[9:18] = -100.0, -100.0  # 9 of 1000 is within 1 %, 18 of 1000 is not; then 1 - 100
    assert [value_at_risk(x, 0.99) for x in (a, b, a + b)] == [-1.0, -1.0, 99.0]


def test_tail_weight_times_move_is_the_scan_range():
    tails = P24.table.query("weight < 1")
    product = tails["move"].abs() * tails["weight"]
    assert product.between(0.158, 0.16).all()  # published weights are rounded down
    derive = published("derive-pm2-31").table.query("weight < 1")
    assert (derive["move"].abs() * derive["weight"]).to_numpy() == pytest.approx(0.77 * 0.18)


def test_a_far_short_call_in_the_tail():
    assert scan(BOOKS["far short call"]).loss == pytest.approx(0.032 * (600.0 - 150.0) - 0.032 * 0.0650, abs=1e-5)


def test_the_conversion_pays_contingencies_only():
    # 3 % + 1 % of the perpetual's notional; the long put at its own strike covers the short call
    report = rules()["derive-pm2"].margin(BOOKS["conversion"], TOY)
    assert (report.initial, report.maintenance) == pytest.approx((4.0, 3.0))
    assert report.parts["worst scenario"] == pytest.approx((0.0, 0.0), abs=1e-12)
    naked = rules()["derive-pm2"].margin(BOOKS["short call"], TOY).parts["short-option contingency"]
    assert naked == pytest.approx((0.5, 0.3))  # so a reading without that cover gives 4.5 and 3.3


def test_the_lighter_tails_of_august_2026():
    lighter = published("paradex-24-2026-08")
    changed = [name for name, book in BOOKS.items() if scan(book).loss != scan(book, scenarios=lighter).loss]
    assert changed == [
        "short call", "short put", "short straddle", "hedged straddle", "short strangle", "covered call",
        "far short call",
    ]  # fmt: skip
    # the weight of +500 % falls from 3.2 % to 2.4 %
    assert scan(BOOKS["short straddle"], scenarios=lighter).loss == pytest.approx(0.75 * 15.56135, abs=1e-4)


# --- the real smile and real crashes ------------------------------------------------------------------------------


def test_the_conversion_on_the_real_smile_is_basis():
    forward = BTC.forward("BTC", REAL["conversion"].positions[1].instrument.expiry)
    assert scan(REAL["conversion"], BTC).loss == pytest.approx(0.16 * (forward - BTC.spot("BTC")))  # parity


def test_the_wing_costs_money_on_the_real_smile():
    wing, straddle = Book.from_list([("BTC-26NOV21-140000-C", 1.0)]), REAL["short straddle"]
    assert round(position_values(wing, BTC)[0]) == 158
    assert round(scan(straddle, BTC).loss - scan(straddle + wing, BTC).loss) == 2771


def test_a_perpetual_on_12_march_2020():
    # recorded prices: close before 7911.4302, low 4860.354
    found = scan(REAL["long perp"], BTC, crash_scenarios())
    assert found.loss / BTC.spot("BTC") == pytest.approx(1.0 - 4860.354 / 7911.4302)
    assert found.name == "2020-03-12 covid, to the low"


# --- the explorer ---------------------------------------------------------------------------------------------------

START = {"book": "short straddle", "world": "toy", "scenarios": "paradex-24", "reach": 100, "wings": 0.0}


@pytest.mark.parametrize("world", ["toy", "btc"])
@pytest.mark.parametrize("scenarios", ["paradex-24", "paradex-16", "derive-pm2-31", "span", "tims"])
def test_explorer_shows_what_the_rule_asks(world, scenarios):
    market, books = (TOY, BOOKS) if world == "toy" else (BTC, REAL)
    rule = {"span": rules()["span"].scenarios, "tims": rules()["tims"].scenarios}.get(scenarios)
    rule = Scan(rule or published(scenarios))
    spot = next(iter(market.spots.values()))
    for name in ("short straddle", "long perp", "conversion"):
        view = scan_view(**START | {"book": name, "world": world, "scenarios": scenarios})
        report = rule.margin(books[name], market)
        matrix, _, _, bars = view.panels
        assert sum(part.y[1] for part in bars.series) == pytest.approx(100 * report.initial / spot, abs=1e-3)
        assert f"asks for {100 * report.initial / spot:.2f} % of the spot" in view.finding
        if report.binding:
            assert report.binding in view.finding
            row, column = matrix.ring
            assert matrix.values[row][column] == pytest.approx(-100 * report.initial / spot, abs=0.006)
        else:
            assert matrix.ring is None


def test_explorer_says_what_the_far_call_does():
    finding = scan_view(**START | {"wings": 1.0}).finding
    assert "asks for 12.55 %" in finding and "-66 %" in finding and "without them the scan asks for 15.56 %" in finding
    # answer given below the explorer: at three quarters of the range the core binds on the smile
    finding = scan_view(**START | {"world": "btc", "reach": 75}).finding
    assert "asks for 11.63 %" in finding and "+12 %, vol up" in finding


def test_explorer_fits_the_page(monkeypatch):
    monkeypatch.setenv("GREEKSLAB_PAGE", "1")
    explorer = scan_explorer()
    assert 0 < len(explorer.grid) <= PAGE_BYTES
