"""Adaptors: implied volatilities of single prices and of a recorded chain."""

import numpy as np
import pandas as pd

from greekslab.pricing import coin_implied_vol, implied_vol
from harness.cases import NotCovered
from harness.registry import number

_DAY = pd.Timedelta(days=1)
_CHAIN_FILTER = "T>=3d, time value >= 5 USD, mark >= 5 USD, OTM side (puts below F, calls above)"


@number("implied_vol", needs="x beta", gives="s")
def normalised(case):
    """At forward exp(x/2), strike exp(-x/2) and one year the price is the normalised one, the volatility is s."""
    half = case.inputs["x"] / 2.0
    vol = implied_vol(price=case.inputs["beta"], forward=np.exp(half), strike=np.exp(-half), tau=1.0)
    return {"s": vol}


@number("implied_vol", needs="model r type forward strike T price", gives="sigma")
def black76(case):
    case.one_of("model", "black76")
    i = case.inputs
    kind = case.one_of("type", "call", "put")
    terms = {"forward": i["forward"], "strike": i["strike"], "tau": i["T"], "kind": kind, "rate": i["r"]}
    return {"sigma": implied_vol(price=i["price"], **terms)}


@number("deribit_ticker_check", needs="forward strike T_years mark_price_coin type", may="instrument", gives="iv")
def mark(case):
    i = case.inputs
    terms = {"forward": i["forward"], "strike": i["strike"], "tau": i["T_years"]}
    return {"iv": coin_implied_vol(price=i["mark_price_coin"], **terms, kind=case.one_of("type", "call", "put"))}


@number("deribit_ticker_check", needs="file filters")
def at_the_money(case):
    """Volatilities of a recorded chain, read at the forward between the two strikes around it, per expiry."""
    if case.inputs["filters"] != _CHAIN_FILTER:
        raise NotCovered(f"filters {case.inputs['filters']!r}")
    chain = _chain(pd.read_csv(case.data(case.inputs["file"])))
    results = {}
    for name, quotes in chain.groupby("expire_date"):
        quotes = quotes.sort_values("distance")
        nearest = quotes.iloc[np.argmin(np.abs(quotes["distance"]))]
        at_forward = float(np.interp(0.0, quotes["distance"], quotes["vol"]))
        results[name] = {"T": nearest["tau"], "forward": nearest["underlying_price"], "atm_iv": at_forward}
    return results


def _chain(table):
    """Keep the out-of-the-money quotes that pass the filters, with tau, volatility and log-moneyness."""
    expiry = pd.to_datetime(table["expire_date"], format="%d%b%y", utc=True) + pd.Timedelta(hours=8)
    now = pd.to_datetime(table["creation_timestamp"], unit="ms", utc=True)
    table = table.assign(
        tau=(expiry - now) / _DAY / 365.0,
        kind=table["option_type"].map({"C": "call", "P": "put"}),
        distance=np.log(table["strike_price"] / table["underlying_price"]),
        mark=table["mark_price"] * table["underlying_price"],
    )
    call = table["kind"] == "call"
    table = table[(call == (table["distance"] > 0)) & (table["mark"] >= 5.0) & (table["tau"] >= 3.0 / 365.0)]
    terms = {"forward": table["underlying_price"], "strike": table["strike_price"], "tau": table["tau"]}
    vol = coin_implied_vol(price=table["mark_price"], **terms, kind=table["kind"])
    return table.assign(vol=vol)
