"""The explorer of portfolio delta margin: it shows what the rules ask, and says it in words."""

import numpy as np
import pytest

from greekslab.book import named_books, pnl_cube
from greekslab.explorers import delta_explorer, delta_view
from greekslab.explorers.explorer import PAGE_BYTES
from greekslab.margin import DeltaMargin, Scan, net_gross_hedged, wake_up
from greekslab.market import Market
from greekslab.scenarios import grid, published

START = {"options": "straddle", "size": -1.0, "hedge": 100, "move": 0, "days": 30}
CORE, TAILS = Scan(published("paradex-16")), Scan(published("paradex-24"))


def rows(view):
    """Return {label: (at the start, after the move)} of the table."""
    return {words: tuple(float(cell.replace("−", "-")) for cell in cells) for words, *cells in view.panels[2].rows}


def test_the_start_shows_the_surprise():
    view = delta_view(**START)
    # reference table of the running books: 9.6821 core, 14.4647 with tails; 1 % of half of gross 1.0685
    assert "16 % of net delta is 0.00 % of the spot, the minimum charge makes it 0.53 %" in view.finding
    assert "the scan asks for 9.68 % (with tails 14.46 %)" in view.finding
    assert "at −16.2 % and at +13.9 %" in view.finding  # spots of 83.80 and 113.88
    assert [x for x, _ in view.panels[1].vlines] == pytest.approx([-16.20, 13.88])
    seen = rows(view)
    assert seen["net delta, coins"] == (0.0, 0.0)
    assert seen["gross delta, coins"][0] == 1.0685


@pytest.mark.parametrize("world", ["toy", "btc"])
@pytest.mark.parametrize("move", [-30, 0, 10])
def test_it_shows_what_the_rules_ask(world, move):
    market = Market.toy() if world == "toy" else Market.btc()
    book, spot = named_books(market)["hedged straddle"], next(iter(market.spots.values()))
    key = "straddle" if world == "toy" else "btc-straddle"
    seen, moved = rows(delta_view(**START | {"options": key, "move": move})), market.moved(move / 100)
    coins = net_gross_hedged(book, moved).loc[0]
    for kind in ("net", "gross", "hedged"):
        assert seen[f"{kind} delta, coins"][1] == pytest.approx(coins[kind], abs=5e-5)
    for words, rule in (("delta margin, % of spot", DeltaMargin()), ("core scan", CORE), ("scan with tails", TAILS)):
        assert seen[words][1] == pytest.approx(100 * rule.requirement(book, moved)[0] / spot, abs=0.0051)
    lost = -pnl_cube(book, market, grid([move / 100])).total()[0]
    assert seen["loss so far"][1] == pytest.approx(100 * lost / spot, abs=0.0051)


def test_the_charge_cannot_tell_a_seller_from_a_buyer():
    sold, bought = (rows(delta_view(**START | {"size": size, "move": -20})) for size in (-1.0, 1.0))
    assert sold["delta margin, % of spot"] == bought["delta margin, % of spot"]
    assert sold["loss so far"][1] == -bought["loss so far"][1] > 9.0
    assert sold["core scan"][0] > 3 * bought["core scan"][0]


def test_every_size_and_hedge_has_words():
    unhedged = delta_view(**START | {"options": "call", "hedge": 0}).finding
    assert "The delta margin asks for 8.55 %" in unhedged and "+10.9 %, on the way down never" in unhedged
    assert "never" in delta_view(**START | {"options": "btc-straddle"}).finding
    assert delta_view(**START | {"options": "call", "size": 1.0, "hedge": 0}).finding.endswith("at once.")
    assert delta_view(**START | {"size": 0.0}).finding == "No options: there is nothing to margin."
    for size in np.arange(-3.0, 3.5, 0.5):
        delta_view(**START | {"size": float(size), "move": 3}).payload()


def test_words_agree_with_the_engine_on_where_it_wakes_up():
    toy = Market.toy()
    book = named_books(toy)["hedged straddle"]
    down, up = wake_up(DeltaMargin(net_floor=0.0, hedged_floor=0.0), book, toy, CORE.requirement(book, toy)[0])
    assert (down, up) == pytest.approx((0.8380 - 1.0, 1.1388 - 1.0), abs=5e-5)  # given spots 83.80 and 113.88


def test_days_pick_the_nearest_listed_expiry():
    assert "36 days" in delta_view(**START | {"options": "btc-straddle"}).finding
    assert "15 days" in delta_view(**START | {"options": "btc-straddle", "days": 7}).finding
    assert "7 days" in delta_view(**START | {"days": 7}).finding


def test_it_fits_the_page(monkeypatch):
    monkeypatch.setenv("GREEKSLAB_PAGE", "1")
    assert 0 < len(delta_explorer().grid) <= PAGE_BYTES
