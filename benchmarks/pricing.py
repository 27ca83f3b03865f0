"""Pricing at the sizes of a slider: one option's Greeks along 200 spots; 100 legs along 200 spots."""

import numpy as np

from benchmarks import by_hand, peers
from benchmarks.legs import options
from benchmarks.results import Table
from benchmarks.timing import cpu_times
from greekslab.book import pnl_cube
from greekslab.pricing import greeks, price
from greekslab.scenarios import grid

SPOTS = np.linspace(30_000.0, 120_000.0, 200)
TERMS = {"strike": 60_000.0, "vol": 0.6, "tau": 30 / 365}


def measure() -> list[Table]:
    """Compare CPU times per call, in microseconds."""
    found, notes = peers.load()
    return [_all_greeks(found, notes), _legs_along_spots(found, notes)]


def _table(title, contenders, notes):
    times = cpu_times(contenders, repeats=7, loops=20)
    hand = times["NumPy and ndtr by hand"]
    rows = {name: [seconds * 1e6, seconds / hand] for name, seconds in times.items()}
    return Table(title, ["CPU microseconds", "x by hand"], rows, notes=notes)


def _all_greeks(found, notes):
    contenders = {
        "greekslab, greeks": lambda: greeks(forward=SPOTS, **TERMS),
        "NumPy and ndtr by hand": lambda: by_hand.greeks(SPOTS, 60_000.0, 0.6, 30 / 365, 1.0),
    }
    if "opengreeks" in found:
        module = found["opengreeks"]
        same = (np.full(200, 60_000.0), np.full(200, 30 / 365), 0.0, np.full(200, 0.6))
        names = ("black", "delta", "gamma", "vega", "theta", "rho")
        contenders["opengreeks"] = lambda: [getattr(module, f"{n}_array")("c", SPOTS, *same) for n in names]
    if "vanilla-option-pricers" in found:
        package = found["vanilla-option-pricers"]
        terms = {"strike": 60_000.0, "ttm": 30 / 365, "vol": 0.6, "optiontype": "C"}

        def without_rho():
            package.compute_bsm_forward_grid_prices(30 / 365, SPOTS, 60_000.0, 0.6, "C")
            package.compute_bsm_vanilla_delta_vector(forward=SPOTS, **terms)
            for name in ("gamma", "vega", "theta"):
                some = {k: v for k, v in terms.items() if k != "optiontype" or name == "theta"}
                getattr(package, f"compute_bsm_vanilla_{name}_vector")(forward=SPOTS, **some)

        contenders["vanilla-option-pricers, without rho"] = without_rho
    return _table("Pricing: one option, 200 spots, price and five Greeks", contenders, notes)


def _legs_along_spots(found, notes):
    book, market, legs = options(100)
    moves = SPOTS / 60_000.0 - 1.0
    still = np.zeros(len(moves))
    scenarios = grid(moves)
    kinds = np.where(legs.sign > 0, "call", "put")
    forwards = SPOTS[:, None]
    contenders = {
        "greekslab, pnl_cube": lambda: pnl_cube(book, market, scenarios),
        "greekslab, price": lambda: price(forward=forwards, strike=legs.strike, vol=legs.vol, tau=legs.tau, kind=kinds),
        "NumPy and ndtr by hand": lambda: by_hand.pnl(legs, moves, still),
    }
    if "opengreeks" in found:
        contenders["opengreeks"] = lambda: peers.opengreeks_pnl(found["opengreeks"], legs, moves, still)
    if "vanilla-option-pricers" in found:
        package = found["vanilla-option-pricers"]
        contenders["vanilla-option-pricers"] = lambda: peers.vanilla_pnl(package, legs, moves, np.zeros(1))
    return _table("Pricing: 100 legs x 200 spots", contenders, notes)
