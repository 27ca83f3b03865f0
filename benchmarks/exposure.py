"""What a reader of the chapters on Greeks waits for: reports of a market maker's forty legs, milliseconds each."""

import numpy as np

from benchmarks.results import Table
from benchmarks.timing import cpu_times
from greekslab.book import exposure, market_maker_book, pnl_cube, taylor_pnl
from greekslab.market import SMILE_TIME, Market, btc_smile
from greekslab.pricing import implied_vol, price
from greekslab.risk import delta_gamma_es, delta_gamma_var, quadratic_pnl
from greekslab.scenarios import grid

AIM = 100.0  # milliseconds


def measure() -> list[Table]:
    """Time exposure, expansion, exact delta-gamma tails, and the implied volatilities of a whole chain."""
    market = Market.btc()
    book = market_maker_book(market)
    scenarios = grid(np.linspace(-0.3, 0.3, 10), np.linspace(-0.3, 0.4, 10))
    net = quadratic_pnl(book, market)
    size = np.array([1.0, 0.5, -0.3])  # the same book on three coins
    delta, gamma = size * float(net.delta.iloc[0]), size * float(net.gamma.iloc[0])
    covariance = 0.04**2 * (0.3 * np.eye(3) + 0.7)
    chain = btc_smile()
    vol = ((chain["bid_vol"] + chain["ask_vol"]) / 2.0).to_numpy()
    tau = np.array([market.tau(e) for e in chain["expiry"]])
    given = {"forward": chain["forward"].to_numpy(), "strike": chain["strike"].to_numpy(), "tau": tau}
    kind = chain["kind"].to_numpy()
    premium = price(vol=vol, kind=kind, **given)

    def report():
        for by in ("position", "expiry", "underlying"):
            for unit in ("quote", "dollar", "coin"):
                exposure(book, market, by=by, unit=unit, smile="sticky moneyness")

    seconds = cpu_times(
        {
            f"exposure of {len(book)} legs, by position": lambda: exposure(book, market),
            "its three tables in three units": report,
            "Taylor to the third order, 100 scenarios": lambda: taylor_pnl(book, market, scenarios, order=3),
            "revaluation, the same": lambda: pnl_cube(book, market, scenarios),
            "delta-gamma VaR, one factor": lambda: delta_gamma_var(delta[0], gamma[0], 0.04**2),
            "delta-gamma VaR, three factors": lambda: delta_gamma_var(delta, gamma, covariance),
            "delta-gamma ES, three factors": lambda: delta_gamma_es(delta, gamma, covariance),
            f"implied vols of {len(chain)} quotes": lambda: implied_vol(price=premium, kind=kind, **given),
        },
        loops=5,
    )
    rows = {name: [s * 1e3] for name, s in seconds.items()}
    slowest = max(seconds.values()) * 1e3
    aims = [("the slowest of them, ms", slowest, AIM)]
    return [
        Table("Exposure of a market maker's book", ["CPU ms"], rows, aims, [f"BTC smile of {SMILE_TIME:%Y-%m-%d}."])
    ]
