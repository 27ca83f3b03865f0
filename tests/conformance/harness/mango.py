"""Adaptors: health of Mango v4 accounts. Terms of tokens and of the perpetual are in the head of the file."""

import re

from greekslab.margin.venues import MangoOrders, MangoPerpetual, MangoPosition, MangoPrice, MangoToken, mango_health
from harness.cases import only
from harness.registry import vector

_BANK = {
    "deposits": "deposits", "borrows": "borrows", "potential_serum_tokens": "potential_from_orders",
    "potential_openbook_tokens": "potential_from_orders", "deposit_weight_scale_start_quote": "deposit_scale_start",
    "borrow_weight_scale_start_quote": "borrow_scale_start",
}  # fmt: skip
_ORDERS = re.compile(r"orders_(\d+)_(\d+)")


def _token(terms, bank):
    weights = {name: terms[name] for name in terms if name.endswith("_weight")}
    return MangoToken(
        **weights, **{_BANK[name]: float(x) for name, x in only(bank or {}, " ".join(_BANK), "bank").items() if x}
    )


def _price(terms, name="price", stable="stable_price"):
    return MangoPrice(terms[name], terms.get(stable))


def _orders(name, amounts):
    """Give the orders of a market named after its two tokens, base first."""
    base, quote = _ORDERS.fullmatch(name).groups()
    inverse = amounts.get("highest_bid_inv")
    return MangoOrders(
        base,
        quote,
        amounts["base"],
        amounts["quote"],
        amounts.get("lowest_ask") or None,
        1.0 / inverse if inverse else None,
    )


def _health(kind):
    def run(case):
        i, setup = case.inputs, case.document["setup"]
        banks = i.get("bank_settings") or [None] * len(setup["tokens"])
        names = [str(terms["index"]) for terms in setup["tokens"]]
        perpetuals, p = [], i.get("perp")
        if p:
            p = only(p, "base_lots quote bid_lots ask_lots", "perpetual")
            terms = setup["perp"]
            weights = {name: terms[name] for name in terms if name.endswith("_weight")}
            lot, price = terms["base_lot_size"], _price(terms, "base_price", "stable_base_price")
            perpetuals.append(
                MangoPosition(
                    MangoPerpetual(**weights), price, str(terms["settle_token"]),
                    p["base_lots"] * lot, p["quote"], p["bid_lots"] * lot, p["ask_lots"] * lot,
                )
            )  # fmt: skip
        found = mango_health(
            kind,
            tokens={n: _token(terms, bank) for n, terms, bank in zip(names, setup["tokens"], banks, strict=True)},
            prices={n: _price(terms) for n, terms in zip(names, setup["tokens"], strict=True)},
            balances=dict(zip(names, i["token_balances"], strict=True)),
            perpetuals=perpetuals,
            orders=[_orders(name, amounts) for name, amounts in i.items() if _ORDERS.fullmatch(name) and amounts],
        )
        return {
            "health": found.health, "assets": found.assets, "liabilities": found.liabilities,
            "health_ratio": found.ratio,
        }  # fmt: skip

    return run


for _kind in ("init", "maint", "liquidation_end"):
    vector(
        f"mango_health_{_kind}", needs="token_balances", may="orders_2_1 orders_3_1 orders_3_2 perp bank_settings",
        gives="health assets liabilities health_ratio",
    )(_health(_kind))  # fmt: skip
