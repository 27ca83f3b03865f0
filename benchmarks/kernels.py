"""The plain build (NumPy and SciPy) beside compiled peers: prices, Greeks, implied vols, scenario revaluation."""

import numpy as np

from benchmarks import peers
from benchmarks.legs import options
from benchmarks.results import Table
from benchmarks.timing import cpu_rounds, plain_only, ratio
from greekslab.book import pnl_cube
from greekslab.pricing import greeks, implied_vol, price
from greekslab.scenarios import grid

SIZES = (100_000, 1_000_000)
FORWARD = 100.0  # one, as lbriv has it
LEGS, VOLS = 100, np.linspace(-0.4, 0.8, 25)  # of the book that is revalued
AIMS = {"price": 0.75, "eight Greeks": 0.25, "implied vol": 0.6, "revaluation": 0.35}
ROUNDS = {100_000: 15, 1_000_000: 7}


def measure() -> list[Table]:
    """Compare CPU times per option on one core; the numbers are compared first."""
    found, notes = peers.load()
    rows, aims = {}, []
    with plain_only():
        for size in SIZES:
            for what, peer, ours, theirs in (*_prices(found, size), *_revaluation(found, size)):
                times = cpu_rounds({"ours": ours, "theirs": theirs}, repeats=ROUNDS[size])
                middle, least, most = ratio(times["ours"], times["theirs"])
                each = [min(times[name]) * 1e9 / size for name in ("ours", "theirs")]
                name = f"{what}, {size:,}"
                rows[name] = [*each, middle, f"{least:.2f}-{most:.2f}", peer, _apart(what, ours(), theirs())]
                aims.append((f"{name}: CPU time beside {peer}", middle, AIMS[what]))
    notes = [
        "Nanoseconds per option: least of all rounds. Ratio: median of the rounds, with the least and the most.",
        f"Eight Greeks: {', '.join(peers.EIGHT)}; greekslab's call also gives the price, veta, dual delta, dual gamma.",
        f"Revaluation: {LEGS} options in {' and '.join(f'{size // LEGS:,}' for size in SIZES)} scenarios, per price; "
        "greekslab reads the book in this time, opengreeks has it as arrays.",
        "Largest difference: of prices, P&L and Greeks relative to the largest, of volatilities relative to each.",
        *notes,
    ]
    columns = ["greekslab ns", "peer ns", "ratio", "spread", "peer", "largest difference"]
    return [Table("Plain kernels beside compiled peers", columns, rows, aims, notes)]


def _prices(found, size):
    """Yield what is compared, with whom, and both calls, for the peers that load.

    Calls on one forward: strikes from half to twice, vols of 20 to 150 %, four days to a year.
    """
    rng = np.random.default_rng(7)
    terms = {
        "forward": np.full(size, FORWARD),
        "strike": FORWARD * np.exp(rng.uniform(-0.7, 0.7, size)),
        "tau": rng.uniform(0.01, 1.0, size),
    }
    vol = rng.uniform(0.2, 1.5, size)
    if "opengreeks" in found:
        black76 = found["opengreeks"]
        given = terms["forward"], terms["strike"], terms["tau"], 0.0, vol
        yield "price", "opengreeks", lambda: price(**terms, vol=vol), lambda: black76.black_array("c", *given)
        yield (
            "eight Greeks", "opengreeks", lambda: greeks(**terms, vol=vol, order=2),
            lambda: peers.opengreeks_greeks(black76, *given),
        )  # fmt: skip
    if "lbriv" in found:
        premium = price(**terms, vol=vol)
        yield (
            "implied vol", "lbriv", lambda: implied_vol(price=premium, **terms),
            lambda: peers.lbriv_vols(found["lbriv"], premium, FORWARD, terms["strike"], terms["tau"]),
        )  # fmt: skip


def _revaluation(found, size):
    if "opengreeks" in found:
        spots = np.linspace(-0.5, 1.0, size // LEGS // len(VOLS))
        moves, changes = np.repeat(spots, len(VOLS)), np.tile(VOLS, len(spots))
        book, market, legs = options(LEGS)
        scenarios = grid(spots, VOLS)
        yield (
            "revaluation", "opengreeks", lambda: pnl_cube(book, market, scenarios).values,
            lambda: peers.opengreeks_pnl(found["opengreeks"], legs, moves, changes, block=160),
        )  # fmt: skip


def _apart(what, ours, theirs):
    """Give the largest difference of what both give, in the units of the package."""
    if what == "implied vol":
        return f"{np.nanmax(np.abs(theirs / ours - 1.0)):.0e}"
    pairs = [(ours, theirs)]
    if what == "eight Greeks":
        pairs = [(getattr(ours, name), scale * theirs[name]) for name, (_, scale) in peers.EIGHT.items()]
    return f"{max(np.abs(one - other).max() / np.abs(one).max() for one, other in pairs):.0e}"
