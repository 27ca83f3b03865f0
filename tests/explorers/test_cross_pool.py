"""The explorer of cross margin: it shows what survives, and says it in words."""

import pytest

from greekslab.explorers import cross_explorer, cross_view
from greekslab.explorers.cross_pool import MARKET, PAIRS, SUM, _book
from greekslab.explorers.explorer import PAGE_BYTES
from greekslab.margin import Account

START = {"account": "longs", "btc": 0, "alt": -60, "leverage": 5, "fenced": 50}


def words(panel, alt, btc):
    return panel.words[panel.rows.index(alt)][panel.columns.index(btc)]


def test_the_start_shows_the_surprise():
    view = cross_view(**START)
    # pool 30 less 50 x 60 %: 0 against 5 + 2; the pot of BTC still has its 15
    assert "Cross: the pool has 0.00 and needs 7.00, everything is closed" in view.finding
    assert "Cross has closed BTC, which isolated keeps" in view.finding
    # of 7 x 7 shocks, counted by hand: isolated is a box, cross a half-plane through its corner
    assert "cross keeps more legs in 14, isolated in 10" in view.finding
    isolated, cross = view.panels[:2]
    assert words(isolated, "−60 %", "0 %") == "B" and words(cross, "−60 %", "0 %") == "–"
    assert words(isolated, "−40 %", "0 %") == "B" and words(cross, "−40 %", "0 %") == "BA"
    assert cross.values[cross.ring[0]][cross.ring[1]] == 0


def test_counts_by_hand():
    view = cross_view(**START)
    isolated, cross = view.panels[:2]
    box = {(b, a) for b in (0, 40, 80, 120) for a in (40, 20, 0, -20)}  # long BTC lives above -10/95, ALT above -10/45
    moves = lambda text: int(text.replace("−", "-").removesuffix(" %"))  # noqa: E731
    for i, row in enumerate(isolated.rows):
        for j, column in enumerate(isolated.columns):
            b, a = moves(column), moves(row)
            alive = (b > -100 * 10 / 95) + (a > -100 * 10 / 45)
            assert isolated.values[i][j] == alive and ((b, a) in box) == (alive == 2)
            slack = 30 + b + a / 2 - 0.05 * (100 + b) - 0.10 * (50 + a / 2)
            assert cross.values[i][j] == (2 if slack >= -1e-9 else 0)


def test_a_pure_rally_ends_a_hedged_pool_and_a_credit_saves_it():
    rally = {"account": "hedged", "btc": 120, "alt": 0, "leverage": 10}
    summed = cross_view(**START | rally)
    # pool 25 throughout; 0.05 S twice and 5 for ALT: 15 at S = 100, 27 at S = 220
    assert "the pool has 25.00 and needs 27.00, everything is closed" in summed.finding
    assert "Before the shocks the pool had 25.00 and needed 15.00" in summed.finding
    paired = cross_view(**START | rally | {"account": "credit"})
    assert "needs 9.40, every leg stays open" in paired.finding and "Cross has saved the BTC hedge" in paired.finding
    assert "No move of BTC from −60 to +120 %" in paired.finding
    calm = cross_view(**START | rally | {"btc": 0})
    assert "at ALT unchanged, where it stands at +100 %" in calm.finding
    assert [x for x, _ in calm.panels[2].vlines] == [100.0]


@pytest.mark.parametrize("account", ["longs", "spread", "hedged", "credit"])
def test_it_shows_what_the_engine_says(account):
    view = cross_view(**START | {"account": account, "btc": 35, "alt": 5, "leverage": 7})
    book, rule = _book(account), PAIRS if account == "credit" else SUM
    pool = sum(abs(p.quantity) * MARKET.spot(p.instrument.underlying) for p in book) / 7
    there = MARKET.moved({"BTC": 0.35, "ALT": 0.05})
    equity = Account(book, cash=pool).entered(MARKET).equity(there)
    bars = view.panels[3]
    assert bars.series[0].y[-2] == pytest.approx(equity, abs=6e-4)
    assert bars.series[1].y[-1] == pytest.approx(rule.requirement(book, there)[1], abs=6e-4)
    pots = bars.series[0].y[:-2].sum()
    assert pots == pytest.approx(equity, abs=3e-3)  # what stands in the pots is what stands in the pool
    assert view.panels[0].columns[4] == "+35 %" and view.panels[0].rows[2] == "+5 %"


def test_every_setting_has_words():
    for account in ("longs", "spread", "hedged", "credit"):
        for btc in range(-60, 121, 30):
            for leverage in (2, 20):
                finding = cross_view(account=account, btc=btc, alt=-5, leverage=leverage, fenced=10).finding
                assert finding.endswith(".") and "nan" not in finding


def test_it_fits_the_page(monkeypatch):
    monkeypatch.setenv("GREEKSLAB_PAGE", "1")
    assert 0 < len(cross_explorer().grid) <= PAGE_BYTES
