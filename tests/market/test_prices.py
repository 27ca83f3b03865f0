"""The reader's own tables: good ones come back whole, bad ones are refused with place, value and remedy."""

import gzip
import io
from contextlib import suppress
from datetime import date, datetime, timedelta, timezone

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from greekslab.errors import InputError
from greekslab.market.data import SMILE_TIME, btc_smile, closes, implied_spot
from greekslab.market.prices import read_chain, read_prices

PRICES = "time,BTC,ETH\n2024-01-01,44168,2352\n2024-01-02,44957,2355\n2024-01-03,42848,2210\n"
CHAIN = (
    "expiry,strike,kind,bid_vol,ask_vol,forward\n"
    "5NOV21,60000,put,0.86,0.88,67106\n"
    "5NOV21,70000,call,0.88,0.90,67106\n"
    "26NOV21,70000,call,0.90,0.92,67843\n"
)
steady = settings(derandomize=True, deadline=None, max_examples=150)

# Cells that Python or pandas would read as a number, a date or a gap without a murmur.
NOT_PRICES = [
    "", " ", "nan", "NaN", "inf", "-inf", "0", "-0.0", "-3", "1_000", "1,000", "1e999", "$5", "5 %", "None",
    "0x10",
]  # fmt: skip
NOT_TIMES = [
    "", "yesterday", "2024", "20240101", "01/02/2024", "2024-13-01", "2024-02-30", "1704067200",
    "2024-01-01 25:00",
    "2024-01-01 8am", "9999-12-31", "0001-01-01", "NaT", "2024-01-01T00:00+99:99",
    "\u0662\u0660\u0662\u0664-01-01",
]  # fmt: skip


def same(a, b):
    pd.testing.assert_frame_equal(a, b, check_freq=False)


# --- good prices


def as_path(text, folder):
    (folder / "prices.csv").write_text(text)
    return folder / "prices.csv"


def as_gzip(text, folder):
    (folder / "prices.csv.gz").write_bytes(gzip.compress(text.encode()))
    return str(folder / "prices.csv.gz")


SOURCES = {
    "path": as_path,
    "gzip": as_gzip,
    "text": lambda text, _: text,
    "text buffer": lambda text, _: io.StringIO(text),
    "bytes buffer": lambda text, _: io.BytesIO(text.encode()),
    "uploaded memoryview": lambda text, _: memoryview(text.encode()),
    "byte order mark": lambda text, _: b"\xef\xbb\xbf" + text.encode(),
    "semicolons": lambda text, _: text.replace(",", ";"),
    "tabs": lambda text, _: text.replace(",", "\t"),
    "other system's line ends": lambda text, _: text.replace("\n", "\r\n"),
    "blank lines and blanks": lambda text, _: text.replace("\n", "\n\n").replace(",", " , "),
    "frame": lambda text, _: pd.read_csv(io.StringIO(text)),
    "frame of text": lambda text, _: pd.read_csv(io.StringIO(text), dtype=str),
    "frame with times": lambda text, _: pd.read_csv(io.StringIO(text), parse_dates=["time"]),
    "frame with times as index": lambda text, _: pd.read_csv(
        io.StringIO(text), index_col=0, parse_dates=True
    ),
}


@pytest.mark.parametrize("source", SOURCES)
def test_prices_are_the_same_from_every_source(source, tmp_path):
    prices = read_prices(SOURCES[source](PRICES, tmp_path))
    days = pd.DatetimeIndex(["2024-01-01", "2024-01-02", "2024-01-03"], tz="UTC", name="time").as_unit("ns")
    expected = pd.DataFrame({"BTC": [44168.0, 44957.0, 42848.0], "ETH": [2352.0, 2355.0, 2210.0]}, index=days)
    same(prices, expected.rename_axis(columns="asset"))


def test_embedded_closes_pass_and_survive_a_file():
    frame = closes(["BTC", "EOS"])
    same(read_prices(frame), frame)
    same(read_prices(frame.to_csv()), frame)
    unnamed = frame.rename_axis(index=None)
    same(read_prices(unnamed), frame)
    same(read_prices(unnamed.to_csv()), frame)


def test_times_come_out_in_utc_and_in_order():
    text = "Date,BTC\n2024-01-01T09:00:00+01:00,2\n2024-01-01 07:30 UTC,1\n2024-01-01 09:00:00.5Z,3\n"
    prices = read_prices(text)
    assert prices["BTC"].tolist() == [1.0, 2.0, 3.0]
    assert prices.index.strftime("%H:%M").tolist() == ["07:30", "08:00", "09:00"]


@pytest.mark.parametrize(
    "moment",
    [date(2024, 1, 1), datetime(2024, 1, 1), np.datetime64("2024-01-01"), pd.Timestamp("2024-01-01"),
     datetime(2024, 1, 1, 3, tzinfo=timezone(timedelta(hours=3)))],
)  # fmt: skip
def test_date_objects_are_read_as_utc(moment):
    frame = pd.DataFrame({"time": pd.Series([moment], dtype=object), "BTC": [1.0]})
    assert read_prices(frame).index[0] == pd.Timestamp("2024-01-01", tz="UTC")


def test_wanted_assets_come_in_the_order_asked():
    assert read_prices(PRICES, assets=["ETH", "BTC"]).columns.tolist() == ["ETH", "BTC"]
    with_hole = PRICES.replace(",2352\n", ",\n")
    assert read_prices(with_hole, assets="BTC").shape == (3, 1)


def test_input_is_not_changed():
    frame = pd.read_csv(io.StringIO(PRICES))[::-1]
    before = frame.copy(deep=True)
    read_prices(frame)
    pd.testing.assert_frame_equal(frame, before)
    chain = pd.read_csv(io.StringIO(CHAIN)).rename(columns=str.upper)
    before = chain.copy(deep=True)
    read_chain(chain)
    pd.testing.assert_frame_equal(chain, before)


# --- bad prices


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (
            PRICES + "2024-01-02,1,1\n",
            r"line 5, column time is 2024-01-02 .*: line 3 has it already; keep one line",
        ),
        (
            PRICES + "\n\n2024-01-04,-5,1\n",
            "line 7, column BTC is -5: give a price above 0, or leave the whole line",
        ),
        (PRICES + "2024-01-04,5\n", "line 5 is 2024-01-04,5: give 3 cells, as in the header"),
        (PRICES + "04.01.2024,5,1\n", "line 5, column time is 04.01.2024: give a date as 2024-01-31"),
        (PRICES.replace("time", "when"), "header is when, BTC, ETH: name one column of dates time"),
        (PRICES.replace("ETH", "BTC"), "header is time, BTC, BTC: column BTC is there twice; rename one"),
        (PRICES.replace("ETH", "date"), "header is time, BTC, date: name one column of dates time"),
        ("time\n2024-01-01\n", "header is time: give at least one column of prices"),
        ("time,BTC\n", "table is empty: give at least one line below the header"),
        ("", "header is '': give at least one column of prices"),
        (
            "Date,Open,High,Low,Close,Volume\n2024-01-01,1,2,1,2,0\n",
            "header is .*: these are bars of one asset",
        ),
        (
            'time,BTC\n2024-01-01,"' + "5" * 200_000,
            "line 2 is field larger than .*: save the table again as plain CSV",
        ),
    ],
)
def test_bad_prices_are_named(text, message):
    with pytest.raises(InputError, match=message):
        read_prices(text)


def test_a_missing_asset_is_named():
    with pytest.raises(InputError, match="header is time, BTC, ETH: column SOL is missing; add it"):
        read_prices(PRICES, assets=["BTC", "SOL"])


@pytest.mark.parametrize(
    ("source", "message"),
    [
        ("no_such_file.csv", "file is no_such_file.csv: No such file"),
        ("bad\0name", "file is .*: .*; give the path of a CSV file"),
        (7, "source is int: give a path"),
        (b"\xff\xfe\x00", "file is .*: save the table as CSV in UTF-8"),
        (b"\x1f\x8bnot gzip at all", "file is .*: save the table as CSV in UTF-8"),
        (pd.DataFrame({"BTC": [1.0]}), "header is BTC: name one column of dates time"),
        (pd.DataFrame(), "header is : name one column|header is '': name one column"),
    ],
)
def test_bad_sources_are_named(source, message):
    with pytest.raises(InputError, match=message):
        read_prices(source)


def test_a_frames_row_is_named_by_its_label():
    frame = closes(["BTC"]).iloc[:3]
    frame.iloc[1, 0] = np.nan
    with pytest.raises(InputError, match=r"row 2017-10-02 .*, column BTC is nan: give a price above 0"):
        read_prices(frame)


@pytest.mark.parametrize("cell", NOT_PRICES)
def test_what_is_no_price_is_refused(cell):
    with pytest.raises(InputError, match=r"^line 3, column ETH is "):
        read_prices(f'time,BTC,ETH\n2024-01-01,5,6\n2024-01-02,5,"{cell}"\n')


@pytest.mark.parametrize("cell", NOT_TIMES)
def test_what_is_no_time_is_refused(cell):
    with pytest.raises(InputError, match=r"^line 3, column time is "):
        read_prices(f'time,BTC,ETH\n2024-01-01,5,6\n"{cell}",5,6\n')


@pytest.mark.parametrize("cell", [True, None, pd.NA, pd.NaT, [], 1 + 2j, np.float64("nan"), np.int64(-1)])
def test_objects_that_are_no_price_are_refused(cell):
    frame = pd.DataFrame({"time": ["2024-01-01"], "BTC": pd.Series([cell], dtype=object)})
    with pytest.raises(InputError, match=r"^row 0, column BTC is "):
        read_prices(frame)


# --- hypothesis: whatever comes in

moments = st.datetimes(datetime(1980, 1, 1), datetime(2200, 1, 1))
amounts = st.floats(1e-12, 1e12)
cells = st.one_of(
    st.sampled_from([*NOT_PRICES, *NOT_TIMES]), st.text(max_size=6), st.floats().map(str), moments.map(str)
)
lines = st.lists(st.lists(cells, min_size=2, max_size=3).map(",".join)).map("\n".join)


def as_csv(header, rows):
    return pd.DataFrame(rows, columns=header, dtype=object).to_csv(index=False)


@steady
@given(st.lists(moments, min_size=1, max_size=8, unique=True), st.data())
def test_any_good_table_comes_back_sorted_and_exact(times, draw):
    columns = {
        a: draw.draw(st.lists(amounts, min_size=len(times), max_size=len(times))) for a in ("BTC", "ETH")
    }
    frame = pd.DataFrame(columns, index=pd.DatetimeIndex(times, tz="UTC", name="time").as_unit("ns"))
    expected = frame.sort_index().rename_axis(columns="asset")
    same(read_prices(frame), expected)
    same(read_prices(frame.to_csv(date_format="%Y-%m-%dT%H:%M:%S.%f+00:00")), expected)


@steady
@given(st.text() | lines.map("time,BTC\n{}".format))
def test_any_text_gives_clean_prices_or_an_input_error(text):
    try:
        prices = read_prices(io.StringIO(text))
    except InputError:
        return
    assert np.isfinite(prices.to_numpy()).all() and (prices.to_numpy() > 0).all()
    assert prices.index.is_unique and prices.index.is_monotonic_increasing and str(prices.index.tz) == "UTC"


@steady
@given(st.binary(max_size=60))
def test_any_bytes_give_a_table_or_an_input_error(blob):
    for read in (read_prices, read_chain):
        with suppress(InputError):
            read(blob)


@steady
@given(st.integers(0, 2), st.sampled_from(["BTC", "ETH"]), st.sampled_from(NOT_PRICES))
def test_the_bad_cell_itself_is_named(row, column, cell):
    frame = pd.read_csv(io.StringIO(PRICES), dtype=str)
    frame.loc[row, column] = cell
    with pytest.raises(InputError, match=f"^line {row + 2}, column {column} is "):
        read_prices(frame.to_csv(index=False))


# --- chains


def test_the_embedded_smile_passes_and_survives_a_file():
    smile = btc_smile()
    same(read_chain(smile), smile)
    same(read_chain(smile[::-1]), smile)
    same(read_chain(smile.to_csv(index=False)), smile)
    assert implied_spot(read_chain(smile), SMILE_TIME) == implied_spot(smile, SMILE_TIME)


@pytest.mark.parametrize("source", [s for s in SOURCES if "times" not in s])
def test_chains_are_the_same_from_every_source(source, tmp_path):
    chain = read_chain(SOURCES[source](CHAIN, tmp_path))
    same(chain, read_chain(CHAIN))
    assert chain.columns.tolist() == btc_smile().columns.tolist()
    assert chain.dtypes.tolist() == btc_smile().dtypes.tolist()


@pytest.mark.parametrize(
    "text",
    ["5NOV21", "05nov21", "2021-11-05", "2021-11-05 08:00", "2021-11-05T08:00Z", "2021-11-05 09:00+01:00"],
)
def test_an_expiry_may_be_written_in_these_ways(text):
    chain = read_chain(CHAIN.replace("5NOV21,", f"{text},", 1).replace("5NOV21,70000", f"{text},70000"))
    assert chain["expiry"][0] == pd.Timestamp("2021-11-05 08:00", tz="UTC")


def test_an_expiry_with_a_time_of_day_keeps_it_and_a_day_means_eight():
    frame = pd.read_csv(io.StringIO(CHAIN)).iloc[:1]
    for expiry, hour in [(date(2021, 11, 5), 8), (datetime(2021, 11, 5), 0), ("2021-11-05 00:00", 0)]:
        expected = pd.Timestamp(2021, 11, 5, hour, tz="UTC")
        assert read_chain(frame.assign(expiry=pd.Series([expiry], dtype=object)))["expiry"][0] == expected


def test_one_vol_is_both_bid_and_ask_and_other_columns_are_left_aside():
    chain = read_chain("Expiry,Strike,Kind,Vol,Forward,delta\n5NOV21,60000,P,0.65,67106,-0.2\n")
    assert chain[["bid_vol", "ask_vol"]].iloc[0].tolist() == [0.65, 0.65]
    assert chain["kind"].tolist() == ["put"] and "delta" not in chain


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("0.86,0.88", "86,88", r"line 2, column bid_vol is 86: give volatility .*: 0.86, not 86$"),
        ("0.86,0.88", "0.86,65%", r"line 2, column ask_vol is 65%: .*: 0.65, not 65%$"),
        ("0.86,0.88", ",0.88", r"line 2, column bid_vol is '': give a volatility .* or leave the quote out"),
        ("0.86,0.88", "0,0.88", "line 2, column bid_vol is 0: give a volatility above 0"),
        ("0.86,0.88", "0.89,0.88", "line 2, column bid_vol is 0.89: it is above the ask_vol 0.88; swap"),
        ("70000,call,0.88", "-70000,call,0.88", "line 3, column strike is -70000: give a strike above 0"),
        ("60000,put", "60000,straddle", "line 2, column kind is straddle: write call or put"),
        ("5NOV21,60000", "31FEB22,60000", "line 2, column expiry is 31FEB22: give an expiry as 2021-11-05"),
        ("5NOV21,60000", "5NOX21,60000", "line 2, column expiry is 5NOX21: give an expiry"),
        ("70000,call,0.88,0.90,67106", "70000,call,0.88,0.90,67107",
         "line 3, column forward is 67107.0: that expiry has forward 67106 above; give each"),
        ("26NOV21", "5NOV21", r"line 4, columns expiry, strike, kind is .*, 70000, call: line 3 has it"),
        ("forward", "fwd", "header is expiry, .*: column forward is missing; add it"),
        ("bid_vol", "bid", "header is expiry, .*: column bid_vol is missing; add it"),
        (CHAIN.split("\n", 1)[1], "", "table is empty"),
    ],
)  # fmt: skip
def test_bad_quotes_are_named(old, new, message):
    with pytest.raises(InputError, match=message):
        read_chain(CHAIN.replace(old, new, 1))


@steady
@given(st.floats(10.01, 400.0))
def test_a_vol_in_percent_is_refused_with_its_decimal(percent):
    frame = btc_smile()
    frame.loc[7, "ask_vol"] = percent
    with pytest.raises(InputError, match=f"row 7, column ask_vol is .*: {percent / 100:g}, not "):
        read_chain(frame)


@steady
@given(st.lists(st.lists(cells, min_size=6, max_size=6)))
def test_any_rows_give_a_clean_chain_or_an_input_error(rows):
    try:
        chain = read_chain(as_csv(CHAIN.split("\n")[0].split(","), rows))
    except InputError:
        return
    assert (chain["strike"] > 0).all() and (chain["bid_vol"] <= chain["ask_vol"]).all()


@steady
@given(st.data())
def test_a_chain_with_any_one_cell_replaced_is_read_or_its_line_named(data):
    row, column = data.draw(st.integers(0, 2)), data.draw(st.sampled_from(CHAIN.split("\n")[0].split(",")))
    frame = pd.read_csv(io.StringIO(CHAIN), dtype=str)
    frame.loc[row, column] = data.draw(cells)
    try:
        chain = read_chain(frame)
    except InputError as error:
        assert error.thing.startswith("row ") and str(error).count(": ") >= 1
    else:
        assert len(chain) == 3 and chain["ask_vol"].max() <= 10.0
