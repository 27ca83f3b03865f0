"""Numbers the chapter on portfolio risk exposure calculation reads aloud, each with where it comes from."""

import json
from pathlib import Path

import numpy as np
import pytest
from scipy.special import ndtr, ndtri

from greekslab.book import (
    Book,
    error_map,
    exposure,
    market_maker_book,
    named_books,
    pnl_cube,
    position_values,
    taylor_pnl,
)
from greekslab.errors import InputError
from greekslab.market import SMILE_TIME, Market, Smile, btc_smile, closes
from greekslab.pricing import coin_implied_vol, coin_price, delta, net_delta, price
from greekslab.risk import (
    cornish_fisher_var,
    delta_gamma_moments,
    delta_gamma_var,
    delta_normal_var,
    largest_size,
    quadratic_pnl,
    value_at_risk,
    worst,
)
from greekslab.scenarios import grid, lognormal_moves, published

TOY, BTC = Market.toy(), Market.btc()
BOOK = Book.from_list([("TOY-31JAN24-100-C", 10), ("TOY-PERP", -5)])
STRADDLE, MAKER = named_books(TOY)["short straddle"], market_maker_book(BTC)
EXPIRY = BTC.expiries("BTC")[1]
VOL = float(BTC.vol("BTC", EXPIRY, BTC.forward("BTC", EXPIRY)))
NOTEBOOK = Path(__file__).parents[2] / "notebooks" / "05_portfolio_risk_exposure_calculation.ipynb"


def book_greeks(book, market, unit="quote", **more):
    return exposure(book, market, by="underlying", unit=unit, **more).iloc[0]


def at(book, market, move, vol=0.0, days=0.0):
    return float(pnl_cube(book, market, grid([move], vol, days=days)).total()[0])


def by_order(book, market, move, order, **more):
    return float(taylor_pnl(book, market, grid([move], **more), order=order).total()[0])


def three_ways(book, market, vol, days=1, count=2050):
    greek, years = quadratic_pnl(book, market), days / 365.0
    bent = delta_gamma_var(greek.delta, greek.gamma, vol**2 * years, drift=greek.theta * years)
    full = value_at_risk(pnl_cube(book, market, lognormal_moves(vol, days=days, count=count)).total())
    return [delta_normal_var(greek.delta, vol**2 * years), bent, full]


# --- by hand -----------------------------------------------------------------------------------------------------


def test_by_hand():
    # 10 * 0.53 - 5, 0.23 * 100^2 / 100, 0.3 - 10 * 6.85 / 100, profit by delta and gamma, 2.33 days of deviation
    assert 10 * 0.53 - 5 == pytest.approx(0.3) and 0.23 * 100**2 / 100 == pytest.approx(23.0)
    assert 0.3 - 0.685 == pytest.approx(-0.385)
    assert [0.3 * x + 0.23 * x**2 / 2 for x in (-10, 10)] == pytest.approx([8.5, 14.5])
    assert 2.33 * round(0.60 / np.sqrt(365), 4) * 30 == pytest.approx(2.19, abs=5e-3)


# --- exercises of the brief (reference numbers) ------------------------------------------------------------------


def test_exercise_one_the_greeks_of_the_book():
    found = book_greeks(BOOK, TOY)
    assert found["delta"] == pytest.approx(0.3427, abs=5e-5)
    assert found["gamma"] == pytest.approx(0.2311, abs=5e-5)
    assert found["vega"] == pytest.approx(113.95, abs=5e-3)
    assert found["theta"] / 365 == pytest.approx(-1.1395, abs=5e-5)


@pytest.mark.parametrize(
    ("move", "exact", "second", "hand"),
    [(-0.1, 8.376, 8.126, 8.128), (0.1, 14.163, 14.980, 14.982), (0.2, 45.415, 53.067, 53.074)],
)
def test_exercise_two_delta_gamma_beside_revaluation(move, exact, second, hand):
    assert at(BOOK, TOY, move) == pytest.approx(exact, abs=5e-4)
    assert by_order(BOOK, TOY, move, 2) == pytest.approx(second, abs=5e-4)
    assert 0.3427 * 100 * move + 0.2311 * (100 * move) ** 2 / 2 == pytest.approx(hand, abs=5e-4)


def test_exercise_three_value_at_risk():
    straight, bent, full = three_ways(BOOK, TOY, 0.6)
    assert straight == pytest.approx(2.504, abs=5e-4)  # reference number; also 2.326 * 0.6 / sqrt(365) * 34.27
    assert straight == pytest.approx(ndtri(0.99) * 0.6 / np.sqrt(365) * 34.2697, abs=1e-4)
    assert (bent, full) == pytest.approx((1.393, 1.389), abs=5e-4)
    straight, bent, full = three_ways(STRADDLE, TOY, 0.6)
    assert straight == pytest.approx(0.501, abs=5e-4)  # reference number
    assert bent == pytest.approx(1.531, abs=5e-4) and full == pytest.approx(1.567, abs=5e-4)
    # long gamma without delta: delta reports nothing, a still day costs the theta (by hand 2 x -41.59 / 365 = -0.228)
    still = three_ways(-1 * named_books(TOY)["hedged straddle"], TOY, 0.6)
    assert still == pytest.approx([0.0, 0.228, 0.230], abs=1e-3)
    assert three_ways(STRADDLE, TOY, 0.6, count=20_050)[2] == pytest.approx(1.56, abs=0.01)  # reference, to 0.01
    assert [round(100 / loss) for loss in (straight, full)] == [200, 64]


def test_revaluation_value_at_risk_of_the_straddle_by_a_root():
    # second route: the loss L with P(loss > L) = 1 %, both tails of the lognormal, by bisection on Black's formula
    s, tau, now = 0.6 / np.sqrt(365), 29 / 365, 2 * price(forward=100, strike=100, vol=0.6, tau=30 / 365)

    def loss(z):
        forward = 100 * np.exp(s * z - s * s / 2)
        return sum(price(forward=forward, strike=100, vol=0.6, tau=tau, kind=kind) for kind in ("call", "put")) - now

    z = np.linspace(-5, 5, 400_001)
    losses, chance = loss(z), np.gradient(ndtr(z))
    order = np.argsort(losses)[::-1]
    at_one_per_cent = losses[order][np.searchsorted(np.cumsum(chance[order]), 0.01)]
    assert at_one_per_cent == pytest.approx(1.559, abs=1e-3)


# --- units -------------------------------------------------------------------------------------------------------


def test_long_in_dollars_and_as_short_in_coin():
    assert book_greeks(BOOK, TOY, "coin")["delta"] == pytest.approx(-0.3427, abs=5e-5)
    coins = position_values(BOOK, TOY).sum() / 100
    # at the money V/F = 2 N(d1) - 1 = 2 (delta - 1/2): ten calls less ten halves are worth twice the book's delta
    assert coins == pytest.approx(2 * book_greeks(BOOK, TOY)["delta"], abs=1e-12)
    assert coins == pytest.approx(0.6854, abs=5e-5)
    dollar = book_greeks(BOOK, TOY, "dollar")
    assert [round(dollar[g], 2) for g in ("delta", "gamma", "vega", "theta")] == [34.27, 23.11, 1.14, -1.14]


def test_ticks_move_implied_volatility_by_half_a_point():
    chain = btc_smile()
    tau = (chain["expiry"] - SMILE_TIME).dt.total_seconds() / (365 * 86400)
    mid, option = (chain["bid_vol"] + chain["ask_vol"]) / 2, chain[["forward", "strike", "kind"]].assign(tau=tau)
    exact = coin_price(vol=mid, **option)
    quoted = (exact / 0.0005).round() * 0.0005
    implied = coin_implied_vol(price=quoted, **option, on_error="mask")
    assert len(implied.reasons) == 0 and (quoted.min(), quoted.max()) == pytest.approx((0.0045, 0.2045))
    gap = (implied.vol - mid).abs()
    assert gap.max() == pytest.approx(0.0055, abs=5e-5)
    row = chain.loc[gap.idxmax()]
    assert (row["strike"], f"{row['expiry']:%Y-%m-%d}") == (52_000, "2021-11-05")
    assert row["ask_vol"] - row["bid_vol"] == pytest.approx(0.0168)  # recorded bid and ask
    assert (round(exact[gap.idxmax()], 4), quoted[gap.idxmax()]) == pytest.approx((0.0072, 0.0070))


# --- forty legs --------------------------------------------------------------------------------------------------


def test_the_line_of_greeks_of_forty_legs_is_the_slope_of_revaluation():
    # second route: differences of full revaluation
    found, h = book_greeks(MAKER, BTC, "dollar"), 1e-4
    assert [round(found[g]) for g in ("delta", "gamma", "vega", "theta", "vega_30d")] == [13472, 20678, -4123, 16, -772]
    down, up = at(MAKER, BTC, -h), at(MAKER, BTC, h)
    assert (up - down) / (2 * h) == pytest.approx(found["delta"], rel=1e-4)
    assert (up + down) / h**2 / 100 == pytest.approx(found["gamma"], rel=1e-3)
    table = exposure(MAKER, BTC, by="expiry", unit="dollar")
    assert table["delta"].round().tolist() == [-565843, 609370, -62953, 130684, -97786]
    assert table["vega"].round().tolist() == [0, 402, 1519, -266, -5778]


def test_forty_legs_far_away():
    # by hand: D x + G x^2 / 2 with D = 13 472, G = 100 * 20 678
    assert by_order(MAKER, BTC, -0.4, 2) == pytest.approx(-0.4 * 13471.6 + 0.16 * 2067768 / 2, rel=1e-4)
    assert [round(by_order(MAKER, BTC, -0.4, n) / 1000) for n in (2, 3)] == [160, 205]
    assert [round(at(MAKER, BTC, x) / 1000, 1) for x in (-0.4, -0.2, 0.1, 0.2, 0.4)] == [-144.3, 16.5, 9.5, 19.0, -81.6]
    assert [round(by_order(MAKER, BTC, x, 2) / 1000, 1) for x in (0.1, 0.2)] == [11.7, 44.0]
    moves = np.linspace(-0.4, 0.4, 81)
    losing = moves[pnl_cube(MAKER, BTC, grid(moves)).total() < 0]
    assert np.round([losing[losing < -0.05].max(), losing[losing > 0.05].min()], 2).tolist() == [-0.27, 0.30]


def test_delta_depends_on_what_the_smile_does():
    rules = ("sticky strike", "sticky moneyness")
    totals = [book_greeks(MAKER, BTC, smile=rule)["delta"] for rule in rules]
    assert [round(total, 2) for total in totals] == [0.20, -0.38]
    tables = [exposure(MAKER, BTC, by="expiry", smile=rule)["delta"] for rule in rules]
    assert (tables[1] - tables[0]).round(2).tolist() == [0.0, -0.88, -0.13, -0.25, 0.67]
    # second route: revalue on a smile whose strikes are stretched with the spot; the step bends by 1e-4
    h, options = 1e-4, Book(MAKER.positions[:36])
    values = []
    for move in (h, -h):
        smile = Smile({e: (k * (1 + move), v) for e, (k, v) in BTC.vols["BTC"].quotes.items()})
        spot = {"BTC": BTC.spot("BTC") * (1 + move)}
        moved = Market(BTC.time, spot, BTC.moved(move).forwards, {"BTC": smile})
        values.append(position_values(options, moved).sum())
    slope = (values[0] - values[1]) / (2 * h * BTC.spot("BTC")) + book_greeks(Book(MAKER.positions[36:]), BTC)["delta"]
    assert slope == pytest.approx(totals[1], abs=2e-4) and round(slope, 4) == -0.3827


# --- the error map and where expansions break --------------------------------------------------------------------


def test_the_error_map_as_read():
    errors = error_map(BOOK, TOY, [-0.3, -0.05, 0.05, 0.1, 0.3], [-0.4, 0.0, 0.4])
    assert errors.loc[[-0.05, 0.05], 0.0].abs().max() < 0.1
    assert errors.loc[0.1, 0.0] == pytest.approx(0.82, abs=5e-3)
    assert errors.loc[0.3, [0.0, 0.4]].tolist() == pytest.approx([27.4, 45.1], abs=0.05)
    assert errors.loc[-0.3, -0.4] == pytest.approx(-11.1, abs=0.05)
    # identity: ten calls less five perpetuals are five bought straddles (parity)
    sold = error_map(STRADDLE, TOY, [-0.3, 0.1], [0.0, 0.4])
    assert (-5 * sold).to_numpy() == pytest.approx(errors.loc[[-0.3, 0.1], [0.0, 0.4]].to_numpy(), abs=1e-9)


def test_the_ladder_as_drawn():
    # numbers of the figure's alternative text; revaluation at -30 % as read
    assert [round(at(BOOK, TOY, x)) for x in (-0.4, 0.4)] == [132, 133]
    assert [[round(by_order(BOOK, TOY, x, n)) for x in (-0.4, 0.4)] for n in (1, 2, 3)] == [
        [-14, 14], [171, 199], [208, 162],
    ]  # fmt: skip
    assert round(by_order(BOOK, TOY, 0.2, 2), 1) == 53.1 and round(by_order(BOOK, TOY, -0.1, 3), 3) == 8.704


def test_more_terms_may_be_worse():
    errors = {n: error_map(BOOK, TOY, [-0.05, -0.1, -0.3], order=n)[0.0].abs().tolist() for n in (2, 3)}
    assert errors[3][0] < errors[2][0]
    assert (round(errors[2][1], 2), round(errors[3][1], 2)) == (0.25, 0.33)
    assert (round(errors[2][2], 1), round(errors[3][2], 1)) == (11.2, 26.8)
    falls = -np.linspace(0.01, 0.4, 40)
    third = [by_order(BOOK, TOY, x, 3) - by_order(BOOK, TOY, x, 2) for x in falls]
    assert min(third) > 0  # speed is below 0 here: one sixth of it times a cube below 0
    second = error_map(BOOK, TOY, falls, order=2)[0.0]
    turn = falls[np.flatnonzero(second.to_numpy() > 0)[0]]
    assert turn == pytest.approx(-0.17, abs=1e-9) and 0.6 * np.sqrt(30 / 365) == pytest.approx(0.172, abs=5e-4)


def test_halving_the_move_divides_the_error():
    # theory: the error of order n is a power n + 1
    for n, wanted in ((1, [3.7, 3.9, 3.9]), (2, [8.0, 8.0, 8.0]), (3, [7.5, 12.2, 14.2])):
        size = [error_map(BOOK, TOY, [s], [s], order=n).iloc[0, 0] for s in (0.08, 0.04, 0.02, 0.01, 0.0005, 0.00025)]
        assert [round(a / b, 1) for a, b in zip(size[:3], size[1:4], strict=True)] == wanted
        if n < 3:
            assert size[4] / size[5] == pytest.approx(2 ** (n + 1), rel=5e-3)


def test_theta_does_not_last_a_week():
    theta = book_greeks(MAKER, BTC, "dollar")["theta"]
    assert [round(days * theta) for days in (1, 3, 7)] == [16, 49, 115]
    assert [round(at(MAKER, BTC, 0.0, days=days)) for days in (1, 3, 7)] == [-274, -2758, -17830]


# --- value at risk and capital -----------------------------------------------------------------------------------


def test_the_bottom_of_the_parabola():
    greek = quadratic_pnl(BOOK, TOY)
    D, G = greek.delta["TOY"], greek.gamma["TOY"]
    assert (-D / G, D**2 / (2 * G)) == pytest.approx((-0.0148, 0.2541), abs=5e-5)  # closed form


def test_value_at_risk_of_forty_legs():
    assert VOL == pytest.approx(0.905, abs=5e-4)
    assert [round(loss) for loss in three_ways(MAKER, BTC, VOL, 1)] == [1485, 27, 349]
    assert [round(loss) for loss in three_ways(MAKER, BTC, VOL, 7)] == [3928, -73, 17823]


def test_cornish_fisher_refuses():
    greek = quadratic_pnl(STRADDLE, TOY)
    moments = delta_gamma_moments(greek.delta, greek.gamma, 0.36 / 365, drift=greek.theta / 365)
    # theta = -gamma S^2 vol^2 / 2 (Black, rate 0) makes the mean 0
    assert moments.mean == pytest.approx(0.0, abs=1e-12)
    assert (moments.skew, moments.excess_kurtosis) == pytest.approx((-2.715, 10.858), abs=5e-4)
    with pytest.raises(InputError, match="delta_gamma_var"):
        cornish_fisher_var(**vars(moments))


def test_the_capital_boundary_by_each_road():
    for scenarios, wanted in (
        (grid(np.linspace(-0.3, 0.3, 13)), [24.74, np.inf, np.inf, 4.67]),
        (published("paradex-24"), [0.602, 0.253, 0.017, 0.106]),
    ):
        cubes = [taylor_pnl(MAKER, BTC, scenarios, order=n) for n in (1, 2, 3)] + [pnl_cube(MAKER, BTC, scenarios)]
        sizes = [largest_size(cube, 100_000) for cube in cubes]
        assert sizes == pytest.approx(wanted, abs=5e-3 if wanted[0] > 1 else 5e-4)
        # a book of that size loses the equity, no more and no less
        size = sizes[-1]
        assert worst(pnl_cube(size * MAKER, BTC, scenarios)).loss == pytest.approx(100_000)
    assert at(MAKER, BTC, -0.3) == pytest.approx(-21_435, abs=0.5)


def test_real_days_say_the_same_as_lognormal_ones():
    daily = closes()["BTC"].pct_change().dropna()
    real = pnl_cube(MAKER, BTC, grid(daily.to_numpy(), days=1)).total()
    assert (len(daily), round(daily.min(), 3), round(daily.max(), 3)) == (729, -0.186, 0.229)  # recorded closes
    assert round(value_at_risk(real), 1) == 349.3
    assert daily.abs()[real < -340].max() < 0.01 * 2  # the worst days are quiet ones
    # revaluation after a day changes its sign there: a gain inside, a loss outside
    assert [at(MAKER, BTC, x, days=1) > 0 for x in (-0.2775, -0.2765, 0.3265, 0.3275)] == [False, True, True, False]


# --- in the wild, further exercises ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("forward", "strike", "tau", "vol", "kind", "mark", "ticker", "net"),
    [
        # Deribit tickers recorded 2025-12-30 17:31 UTC, SVCJ-Deribit-Inverse-Options-Pricer; net is ticker less mark
        (92617.64, 95000, 0.98454, 0.4678, "call", 0.17337, 0.57061, 0.3971),
        (89170.64, 110000, 0.16045, 0.4135, "call", 0.00896, 0.11805, 0.1091),
        (89559.35, 120000, 0.23711, 0.4302, "put", 0.34884, -0.90201, -1.2506),
        (3029.02, 6000, 0.48625, 0.6744, "put", 1.00202, -0.88829, -1.8904),
    ],
)
def test_a_ticker_carries_the_black_scholes_delta(forward, strike, tau, vol, kind, mark, ticker, net):
    option = dict(forward=forward, strike=strike, tau=tau, vol=vol, kind=kind)
    assert delta(**option) == pytest.approx(ticker, abs=3e-4)
    assert coin_price(**option) == pytest.approx(mark, abs=2e-4)
    assert net_delta(**option) == pytest.approx(ticker - mark, abs=4e-4)
    assert net_delta(**option) == pytest.approx(net, abs=5e-5)


def test_fading_delta_of_an_expiring_option():
    # the venue's own example: delta 1, mark 0.3, after 15 of 30 minutes
    left = 1 - 15 / 30
    assert 1.0 * left - 0.3 * left == pytest.approx(0.35)


def test_hedged_in_dollars_and_in_coin():
    found = [three_ways(BOOK + Book.from_list([("TOY-PERP", n)]), TOY, 0.6) for n in (-0.3427, 0.3427)]
    assert found[0] == pytest.approx([0.0, 1.139, 1.149], abs=6e-4)
    assert found[1] == pytest.approx([5.008, 2.156, 2.120], abs=6e-4)


def test_volatility_as_a_second_factor():
    h = 0.01
    f = pnl_cube(MAKER, BTC, grid([-h, 0, h], [-h, 0, h])).total().reshape(3, 3)
    cross = (f[2, 2] - f[2, 0] - f[0, 2] + f[0, 0]) / 4
    slope = np.array([f[2, 1] - f[0, 1], f[1, 2] - f[1, 0]]) / (2 * h)
    bend = np.array([[f[2, 1] + f[0, 1], cross], [cross, f[1, 2] + f[1, 0]]]) / h**2
    # second route: vega of every leg times its volatility
    vols = [float(BTC.vol("BTC", p.instrument.expiry, p.instrument.strike)) for p in MAKER.positions[:36]]
    assert slope[1] == pytest.approx(float(exposure(MAKER, BTC)["vega"].to_numpy()[:36] @ vols), rel=1e-4)
    assert slope[1] == pytest.approx(-538_000, abs=500)
    sd = np.array([VOL / np.sqrt(365), 0.04])
    covariance = np.outer(sd, sd) * [[1, -0.3], [-0.3, 1]]
    assert delta_gamma_var(slope, bend, covariance, drift=16.37) == pytest.approx(55_800, abs=50)
    assert at(MAKER, BTC, 0.0, 2.33 * 0.04, days=1) == pytest.approx(-58_750, abs=50)


# --- the contract of a chapter -----------------------------------------------------------------------------------


def test_cells_are_short_and_answers_folded():
    cells = json.loads(NOTEBOOK.read_text(encoding="utf-8"))["cells"]
    sizes = sorted(len("".join(c["source"]).splitlines()) for c in cells if c["cell_type"] == "code")
    assert sizes[len(sizes) // 2] <= 2 and sizes[int(0.9 * len(sizes))] <= 8 and sizes[-1] <= 15
    text = ["".join(c["source"]) for c in cells]
    questions = [i for i, part in enumerate(text) if part.startswith("### Predict")]
    assert len(questions) >= 2
    for i in questions:
        assert "________" in text[i] and "hide-cell" in cells[i + 1]["metadata"]["tags"]
        assert text[i + 2].startswith("<details><summary>Answer</summary>")
