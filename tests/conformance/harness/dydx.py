"""Adaptors: dYdX v4, in whole numbers."""

from decimal import Decimal

from greekslab.margin.venues import DydxMarket, DydxTier, dydx_account_risk, dydx_bankruptcy_price, dydx_fillable_price
from harness.cases import NotCovered
from harness.registry import vector

_MILLION = 10**6
_CAPS = "oi_lower_cap oi_upper_cap"


def _ppm(share):
    """Give millionths of a decimal share, exactly."""
    found = Decimal(str(share)) * _MILLION
    if found != int(found):
        raise NotCovered(f"{share} is no whole number of millionths")
    return int(found)


def _tier(i):
    return DydxTier(
        i["initial_margin_ppm"],
        i.get("maintenance_fraction_ppm", _MILLION),
        i.get("oi_lower_cap", 0),
        i.get("oi_upper_cap", 0),
    )


def _own(i):
    return i.get("user_imf_ppm", i.get("custom_imf_ppm", 0))


def _like(expected, amounts):
    """Give large numbers as text where the case does."""
    return {name: str(x) if isinstance(expected.get(name), str) else x for name, x in amounts.items()}


@vector(
    "dydx_margin",
    needs="oracle_price price_exponent atomic_resolution base_quantums initial_margin_ppm maintenance_fraction_ppm",
    may=f"open_interest_base_quantums {_CAPS} user_imf_ppm custom_imf_ppm",
    gives="imr_quote_quantums mmr_quote_quantums",
)  # fmt: skip
def margin(case):
    i = case.inputs
    market = DydxMarket(
        _tier(i),
        i["oracle_price"],
        i["price_exponent"],
        i["atomic_resolution"],
        i.get("open_interest_base_quantums", 0),
        _own(i),
    )
    risk = market.risk(i["base_quantums"])
    return _like(case.expected, {
        "imr_quote_quantums": risk.initial, "mmr_quote_quantums": risk.maintenance,
        "net_notional_quote_quantums": risk.net_collateral, "notional_quote_quantums": abs(risk.net_collateral),
    })  # fmt: skip


@vector(
    "dydx_imf", needs="initial_margin_ppm notional_quote_quantums",
    may=f"open_interest_quote_quantums {_CAPS} maintenance_fraction_ppm user_imf_ppm custom_imf_ppm",
    gives="imr_quote_quantums",
)  # fmt: skip
def initial_share(case):
    i = case.inputs
    interest = i.get("open_interest_quote_quantums", 0)
    both = _tier(i).margins(i["notional_quote_quantums"], interest, _own(i))
    found = dict(zip(("imr_quote_quantums", "mmr_quote_quantums"), both, strict=True))
    found["effective_imf_ppm"] = _tier(i).initial_ppm(int(interest))
    return _like(case.expected, found)


def _market(price, quantums_per_unit, initial, maintenance):
    """Give a market at a decimal price; a unit of the coin is a power of ten of base quantums."""
    decimals = len(str(quantums_per_unit)) - 1
    if quantums_per_unit != 10**decimals:
        raise NotCovered(f"{quantums_per_unit} quantums a unit")
    sign, digits, exponent = Decimal(str(price)).as_tuple()
    price = int("".join(map(str, digits)))
    fraction = Decimal(str(maintenance)) / Decimal(str(initial))
    return DydxMarket(DydxTier(_ppm(initial), _ppm(fraction)), price, exponent, -decimals)


def _usdc(amount):
    return int(Decimal(str(amount)) * _MILLION)


def _account(i):
    """Give the markets and base quantums held, by name, and the risk of the whole account."""
    held = {}
    for p in i["positions"]:
        market = _market(p["oracle_price"], p["quantums_per_unit"], p["initial_margin"], p["maintenance_margin"])
        held[p["market"]] = (market, int(p["base_quantums"]))
    return held, dydx_account_risk(_usdc(i["usdc_balance"]), held.values())


@vector(
    "dydx_bankruptcy_price", needs="usdc_balance positions market delta_base_quantums",
    gives="bankruptcy_price_quote_quantums",
)  # fmt: skip
def bankruptcy(case):
    i = case.inputs
    held, total = _account(i)
    found = dydx_bankruptcy_price(total, *held[i["market"]], i["delta_base_quantums"])
    return _like(case.expected, {"bankruptcy_price_quote_quantums": found})


@vector(
    "dydx_fillable_price",
    needs="usdc_balance btc_base_quantums oracle_price quantums_per_unit maintenance_margin bankruptcy_adjustment_ppm "
    "spread_to_maintenance_ppm",
    may="initial_margin", gives="fillable_price_usd",
)  # fmt: skip
def fillable(case):
    i = case.inputs
    market = _market(i["oracle_price"], i["quantums_per_unit"], i.get("initial_margin", 1), i["maintenance_margin"])
    size = int(i["btc_base_quantums"])
    total = dydx_account_risk(_usdc(i["usdc_balance"]), [(market, size)])
    price = dydx_fillable_price(
        total, market, size, adjustment_ppm=i["bankruptcy_adjustment_ppm"], spread_ppm=i["spread_to_maintenance_ppm"]
    )
    return {"fillable_price_usd": float(price * i["quantums_per_unit"] / _MILLION)}


@vector(
    "dydx_fillable_price",
    needs="usdc_balance positions market bankruptcy_adjustment_ppm spread_to_maintenance_ppm",
    gives="fillable_price_usd",
)  # fmt: skip
def fillable_of_many(case):
    i = case.inputs
    held, total = _account(i)
    price = dydx_fillable_price(
        total, *held[i["market"]],
        adjustment_ppm=i["bankruptcy_adjustment_ppm"], spread_ppm=i["spread_to_maintenance_ppm"],
    )  # fmt: skip
    unit = next(p["quantums_per_unit"] for p in i["positions"] if p["market"] == i["market"])
    return {"fillable_price_usd": float(price * unit / _MILLION)}
