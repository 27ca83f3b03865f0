"""Adaptors: the printed rules of venues, position by position."""

from greekslab.margin import FixedRate, standard_option_margin
from harness.contracts import perpetuals
from harness.registry import number, vector

# Aevo's documentation, standard margin: maintenance is 10 % of the spot, of the mark for puts.
AEVO = {"high": 0.15, "low": 0.10, "keep": 0.10}


@number("derivatives_margin", needs="type strike underlying mark_coin", may="size", gives="IM_coin MM_coin")
def deribit_option(case):
    """Amounts in coin: the spot is 1 and the strike is in units of it."""
    i = case.inputs
    both = standard_option_margin(
        spot=1.0, strike=i["strike"] / i["underlying"], mark=i["mark_coin"], kind=case.one_of("type", "call", "put")
    )
    return {name: i.get("size", 1) * margin for name, margin in zip(("IM_coin", "MM_coin"), both, strict=True)}


@number("derivatives_margin", needs="type strike spot mark_usd", may="size", gives="IM MM")
def aevo_option(case):
    i = case.inputs
    both = standard_option_margin(
        spot=i["spot"], strike=i["strike"], mark=i["mark_usd"], kind=case.one_of("type", "call", "put"), **AEVO
    )
    return {name: i.get("size", 1) * margin for name, margin in zip(("IM", "MM"), both, strict=True)}


@vector(
    "deribit_sm_inverse_option", needs="type index strike mark_price_coin quantity",
    gives="im_coin mm_coin im_usd mm_usd",
)  # fmt: skip
def deribit_inverse_option(case):
    """A long option is paid for, and needs no margin."""
    i, size = case.inputs, max(-case.inputs["quantity"], 0.0)
    initial, maintenance = standard_option_margin(
        spot=1.0, strike=i["strike"] / i["index"], mark=i["mark_price_coin"], kind=case.one_of("type", "call", "put")
    )
    coins = {"im": size * initial, "mm": size * maintenance}
    usd = {f"{name}_usd": amount * i["index"] for name, amount in coins.items()}
    return usd | {f"{name}_coin": amount for name, amount in coins.items()}


def _rising(case, size, price, settlement):
    """Requirement of one perpetual whose rates rise with its size."""
    i = case.inputs
    slope = {name[:2]: value for name, value in i.items() if "_slope_per_" in name}
    rule = FixedRate(
        initial=i["im_base"], maintenance=i.get("mm_base", i["im_base"]),
        initial_slope=slope["im"], maintenance_slope=slope.get("mm", slope["im"]),
    )  # fmt: skip
    return rule.requirement(*perpetuals({"X": price}, {"X": size}, settlement))


def _stated(case, margins):
    """Leave out the maintenance where the case has no rate of it."""
    return {name: x for name, x in margins.items() if name[:2] == "im" or "mm_base" in case.inputs}


@vector(
    "deribit_sm_linear_perp", needs="size price im_base im_slope_per_unit", may="currency mm_base mm_slope_per_unit",
    gives="im_usdc mm_usdc",
)  # fmt: skip
def deribit_linear_perpetual(case):
    both = _rising(case, case.inputs["size"], case.inputs["price"], "linear")
    return _stated(case, {"im_usdc": both[0], "mm_usdc": both[1]})


@vector(
    "deribit_sm_inverse_future", needs="size_btc im_base im_slope_per_btc", may="mm_base mm_slope_per_btc",
    gives="im_btc mm_btc",
)  # fmt: skip
def deribit_inverse_future(case):
    """Amounts in coin: at a price of 1 a contract of 1 USD is one coin."""
    both = _rising(case, case.inputs["size_btc"], 1.0, "inverse")
    return _stated(case, {"im_btc": both[0], "mm_btc": both[1]})
