"""Adaptors: options on a forward, on a spot, and settled in coin."""

from greekslab.pricing import coin_delta, coin_gamma, coin_price, greeks, net_delta, spot_greeks
from harness.cases import NotCovered
from harness.registry import number

_OPTION = "type strike T sigma r"
GREEKS = "price delta gamma vega theta rho vanna volga charm veta speed zomma color ultima dual_delta dual_gamma"


def _terms(case, forward):
    kind = case.one_of("type", "call", "put")
    i = case.inputs
    return {"forward": forward, "strike": i["strike"], "vol": i["sigma"], "tau": i["T"], "kind": kind}


@number("black_scholes_greeks", needs=f"model forward {_OPTION}", gives=GREEKS)
def black76(case):
    case.one_of("model", "black76")
    return vars(greeks(**_terms(case, case.inputs["forward"]), rate=case.inputs["r"], order=3))


@number(
    "black_scholes_greeks", needs=f"model forward {_OPTION}",
    gives="price_usd price_coin delta_black delta_coin delta_net_usd gamma_coin",
)  # fmt: skip
def coin_settled(case):
    if not str(case.inputs["model"]).startswith("inverse") or case.inputs["r"] != 0:
        raise NotCovered(f"model {case.inputs['model']!r} at rate {case.inputs['r']}")
    terms = _terms(case, case.inputs["forward"])
    black = greeks(**terms)
    return {
        "price_usd": black.price,
        "price_coin": coin_price(**terms),
        "delta_black": black.delta,
        "delta_coin": coin_delta(**terms),
        "delta_net_usd": net_delta(**terms),
        "gamma_coin": coin_gamma(**terms),
    }


@number("black_scholes_greeks", needs=f"spot {_OPTION}", may="q b", gives=f"{GREEKS} rho_q")
def on_a_spot(case):
    i = case.inputs
    if ("q" in i) == ("b" in i):
        raise NotCovered("neither or both of q and b")
    terms = _terms(case, None) | {"rate": i["r"], "carry": i["b"] if "b" in i else i["r"] - i["q"]}
    del terms["forward"]
    return vars(spot_greeks(spot=i["spot"], **terms))


@number(
    "deribit_ticker_check", needs="forward strike T_years mark_iv type", may="instrument timestamp",
    gives="mark_price_coin delta vega_per_point_usd",
)  # fmt: skip
def ticker(case):
    i = case.inputs
    terms = {"forward": i["forward"], "strike": i["strike"], "vol": i["mark_iv"], "tau": i["T_years"]}
    terms["kind"] = case.one_of("type", "call", "put")
    black = greeks(**terms)
    return {
        "mark_price_coin": coin_price(**terms),
        "delta": black.delta,
        "vega_per_point_usd": black.vega / 100.0,  # per 1.00 of volatility -> per point
    }
