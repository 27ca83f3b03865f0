"""Adaptors: profit, funding, liquidation and bankruptcy of futures and perpetuals."""

from greekslab.book import Book, Perpetual, Position
from greekslab.margin import FixedRate, Scan, bankruptcy_price, liquidation_price
from greekslab.market import Market
from greekslab.pricing import annual_funding, funding_payment, inverse_pnl, linear_pnl
from greekslab.scenarios import grid
from harness.cases import NotCovered
from harness.registry import number

_TOPIC = "derivatives_margin"


def perpetuals(prices: dict, quantities: dict, settlement="linear", entries=None):
    """Give a book of perpetuals, and a market at `prices`."""
    legs = (Position(Perpetual(u, settlement), q, (entries or {}).get(u)) for u, q in quantities.items())
    return Book(tuple(legs)), Market(time="2024-01-01", spots=prices)


@number(_TOPIC, needs="qty entry exit", may="side", gives="pnl_usd")
def linear(case):
    i = case.inputs
    return {"pnl_usd": linear_pnl(quantity=case.side() * i["qty"], entry=i["entry"], exit=i["exit"])}


def _inverse(case, contracts):
    i = case.inputs
    return {"pnl_btc": inverse_pnl(contracts=case.side() * contracts, entry=i["entry"], exit=i["exit"])}


@number(_TOPIC, needs="contracts_usd entry exit", may="side", gives="pnl_btc")
def inverse(case):
    return _inverse(case, case.inputs["contracts_usd"])


@number(_TOPIC, needs="contracts multiplier_usd entry exit", may="side", gives="pnl_btc")
def inverse_with_multiplier(case):
    return _inverse(case, case.inputs["contracts"] * case.inputs["multiplier_usd"])


@number(_TOPIC, needs="notional rate_8h intervals", may="side", gives="long_pays short_pays annualised_simple")
def funding(case):
    i = case.inputs
    pays = {
        side: funding_payment(notional=sign * i["notional"], rate=i["rate_8h"], intervals=i["intervals"])
        for side, sign in (("long_pays", 1.0), ("short_pays", -1.0))
    }
    return pays | {"annualised_simple": annual_funding(rate=i["rate_8h"])}


@number(
    _TOPIC, needs="entry leverage mmr side", may="qty contracts_usd contract margin",
    gives="initial_margin maintenance_margin liquidation_price liquidation_price_mm_on_mark bankruptcy_price",
)  # fmt: skip
def isolated(case):
    """One position alone, margined at its entry price. An inverse one is sized in USD and pays in coin."""
    i = case.inputs
    if "margin" in i:
        case.one_of("margin", "isolated")
    settlement = "inverse" if "contracts_usd" in i else "linear"
    if "contract" in i:
        settlement = case.one_of("contract", "linear", "inverse")
    if "qty" in i and "contracts_usd" in i:
        raise NotCovered("both qty and contracts_usd")
    quantity = case.side() * i.get("contracts_usd", i.get("qty", 1.0))
    rule = FixedRate(initial=1.0 / i["leverage"], maintenance=i["mmr"])
    initial, maintenance = rule.requirement(*perpetuals({"X": i["entry"]}, {"X": quantity}, settlement))
    unit = i["entry"] if settlement == "inverse" else 1.0  # quote currency -> coin
    terms = {
        "quantity": quantity, "entry": i["entry"], "margin": initial / unit, "settlement": settlement,
    }  # fmt: skip
    return {
        "initial_margin": initial / unit,
        "maintenance_margin": maintenance / unit,
        "liquidation_price": liquidation_price(**terms, mmr=i["mmr"], maintenance_on="entry"),
        "liquidation_price_mm_on_mark": liquidation_price(**terms, mmr=i["mmr"], maintenance_on="mark"),
        "bankruptcy_price": bankruptcy_price(**terms),
    }


@number(
    _TOPIC, needs="contracts_usd entry account_balance_btc mmr taker_fee side",
    gives="bankruptcy_price liquidation_price liquidation_price_precise",
)  # fmt: skip
def inverse_cross(case):
    """One inverse position backed by a whole account; the fee to close it is kept back."""
    i = case.inputs
    terms = {
        "quantity": case.side() * i["contracts_usd"], "entry": i["entry"], "settlement": "inverse",
        "margin": i["account_balance_btc"], "closing_fee": i["taker_fee"],
    }  # fmt: skip
    price = liquidation_price(**terms, mmr=i["mmr"], maintenance_on="entry")
    return {
        "bankruptcy_price": bankruptcy_price(**terms),
        "liquidation_price": price,
        "liquidation_price_precise": price,
    }


@number(_TOPIC, needs="delta price shock", may="corr", gives="gross net")
def netting(case):
    """Every position charged the shock alone, and all moved by it together."""
    i = case.inputs
    names = [f"X{n}" for n in range(len(i["delta"]))]
    book, market = perpetuals(dict(zip(names, i["price"], strict=True)), dict(zip(names, i["delta"], strict=True)))
    alone = FixedRate(initial=i["shock"], maintenance=i["shock"])
    together = Scan(grid([-i["shock"], i["shock"]]), joint=True)
    return {"gross": alone.requirement(book, market)[0], "net": together.requirement(book, market)[0]}
