"""The explorer of isolated margin: it shows what the replay of the pots gives, and says it in words."""

import itertools

import numpy as np
import pytest

from greekslab.explorers import isolated_explorer, isolated_view
from greekslab.explorers.explorer import PAGE_BYTES
from greekslab.explorers.isolated_pots import FILLS, PATHS
from greekslab.margin import IsolatedPosition, replay_pots
from greekslab.market import bars

OPENING = {"path": "toy", "share": 50, "leverage": 10, "mmr": 5.0, "penalty": 0.0, "fill": "trigger"}


def rows(view):
    """Return {label: cells} of the table."""
    return {label: cells for label, *cells in view.panels[2].rows}


def test_the_start_shows_the_surprise():
    view = isolated_explorer().view
    # 90 / 0.95 = 94.7368: the long has lost 5.2632 of its 10
    assert "falls from 100 to 94.00 and ends where it began" in view.finding
    assert "The long is closed at 94.74." in view.finding
    assert "in two pots loses 5.26 on 20 of collateral, in one pot loses nothing." in view.finding
    assert view.panels[1].series[0].y.tolist() == pytest.approx([4.7368, 10.0, 14.7368, 20.0])
    chart = view.panels[0]
    assert [line.y[0] for line in chart.series] == pytest.approx([100.0, 94.7368, 104.7619], abs=5e-5)
    assert (chart.markers[0].y, chart.markers[0].label) == (pytest.approx(94.7368, abs=5e-5), "long closed")
    assert rows(view)["liquidated at a price of"] == ["94.74", "never", "never"]


def test_pots_add_up_for_every_setting_of_the_page():
    for path, fill, penalty, leverage in itertools.product(PATHS, FILLS, (0.0, 1.0), (3, 20)):
        view = isolated_view(**OPENING | {"path": path, "fill": fill, "penalty": penalty, "leverage": leverage})
        view.payload()
        trader, kept, paid = (np.array(series.y) for series in view.panels[1].series)
        for part in (trader, kept, paid):
            assert part[:2].sum() == pytest.approx(part[2], abs=2e-4)  # the pots and their sum
        assert np.all(trader >= 0.0) and np.all(kept >= 0.0) and np.all(paid <= 0.0)


def test_it_shows_what_the_replay_gives_on_real_bars():
    view = isolated_view(**OPENING | {"path": "apr-2019", "fill": "worst", "penalty": 1.0, "share": 30, "leverage": 5})
    week = bars("BTC").loc["2019-04-01":"2019-04-05"]
    entry = float(week["open"].iloc[0])
    size = 50.0 / entry  # the same pair in dollars: notional 50 of each leg on pots of 6 and 14
    pots = {
        "long": IsolatedPosition("linear", size, entry, 50 / 6),
        "short": IsolatedPosition("linear", -size, entry, 50 / 14),
    }
    replayed = replay_pots(pots, week, penalty=0.01, slip=1.0)
    assert view.panels[1].series[0].y[:2] == pytest.approx(replayed.ends["trader"].to_numpy(), abs=1e-4)
    assert [float(cell.replace("−", "-")) for cell in rows(view)["profit of the trader"][:2]] == pytest.approx(
        replayed.ends["profit"].to_numpy(), abs=0.0051
    )


def test_words_change_with_the_controls():
    def finding(**changed):
        return isolated_view(**OPENING | changed).finding

    assert "The short is closed at 115.18; its pot is 5.18 in debt" in finding(path="apr-2019", fill="worst")
    assert "earns 31.31 on 20 of collateral" in finding(path="nov-2018")
    assert "From there on the short stands alone" in finding(path="nov-2018")
    assert "loses 10.03" in finding(path="feb-2018")  # 5.2632 + 4.7619
    assert "closed at 100.00 at once" in finding(leverage=20)  # 1/20 is the maintenance rate
    assert "No leg is closed" in finding(leverage=3)
    assert "loses 6.21" in finding(penalty=1.0)  # 5.2632 and 1 % of 94.7368


def test_the_line_touches_the_extremes_and_lasts_the_whole_path():
    for key, (_, first, last) in PATHS.items():
        chart = isolated_view(**OPENING | {"path": key}).panels[0]
        assert np.all(np.diff(chart.x) > 0)
        if first:
            window = bars("BTC").loc[first:last]
            scaled = 100.0 / window["open"].iloc[0]
            ends = (window["low"].min() * scaled, window["high"].max() * scaled)
            assert (min(chart.series[0].y), max(chart.series[0].y)) == pytest.approx(ends)


def test_it_fits_the_page(monkeypatch):
    monkeypatch.setenv("GREEKSLAB_PAGE", "1")
    assert 0 < len(isolated_explorer().grid) <= PAGE_BYTES
