"""Adaptors: Deribit's portfolio margin."""

from greekslab.book import Book, Future, Perpetual, Position
from greekslab.margin.venues import DeribitPortfolio, deribit_pm_account
from greekslab.market import Market
from harness.registry import vector
from harness.scans import NOW, days_later

_NUMBERS = {
    "price_range", "min_annualised_move", "annualised_move_risk", "pnl_offset", "max_offsetable_pnl", "mm_factor",
    "extended_table_factor", "extended_dampener", "buckets_count", "m_inc", "delta_total_liq_shock_threshold",
    "max_delta_shock", "volatility_range_up", "volatility_range_down", "short_term_vega_power",
    "long_term_vega_power", "min_volatility_for_shock_up",
}  # fmt: skip


@vector(
    "deribit_pme_inverse_futures", needs="positions_base_currency price_range mark_prices index",
    may=" ".join(sorted(_NUMBERS - {"price_range"})) + " mmp_margin open_orders_margin spot_margin days_to_expiry",
    gives="per_instrument_standard per_instrument_extended aggregated_standard aggregated_extended worst_case "
    "roll_shock delta_shock risk_matrix_margin initial_margin maintenance_margin",
)  # fmt: skip
def inverse_futures(case):
    """Positions in coins become contracts of 1 USD; amounts are in coin."""
    i = case.inputs
    names, days = list(i["positions_base_currency"]), i.get("days_to_expiry", {})
    coin, marks = names[0].split("-")[0], i["mark_prices"]
    held = {
        name: Future(coin, "inverse", days_later(days[name])) if name in days else Perpetual(coin, "inverse")
        for name in names
    }
    legs = (Position(held[name], i["positions_base_currency"][name] * marks[name]) for name in names)
    curve = {held[name].expiry: marks[name] for name in days}
    perpetual = next((marks[name] for name in names if name not in days), i["index"])
    market = Market(NOW, {coin: i["index"]}, {coin: curve}, perps={coin: perpetual})
    given = {"max_offsetable_pnl": 1e15} | {name: i[name] for name in _NUMBERS if name in i}
    rule = DeribitPortfolio.published(currency=coin, **given)
    book = Book(tuple(legs))
    matrix, report = rule.risk_matrix(book, market), rule.margin(book, market)
    same, far = matrix[matrix["vol"] == "none"], matrix[matrix["move"].abs() > i["price_range"] * (1.0 + 1e-9)]
    initial, maintenance = deribit_pm_account(
        report.initial, open_orders=i.get("open_orders_margin", 0.0), spot=i.get("spot_margin", 0.0),
        market_maker_protection=i.get("mmp_margin", 0.0), mm_factor=rule.markets["*"].mm_factor,
    )  # fmt: skip
    part = {label: report.parts.get(label, (0.0, 0.0))[0] for label in ("worst scenario", "roll shock", "delta shock")}
    return {
        "per_instrument_standard": {n: same[held[n].name].tolist() for n in names},
        "per_instrument_extended": {n: far[held[n].name].tolist() for n in names},
        "aggregated_standard": same["aggregated"].tolist(),
        "aggregated_extended": far["aggregated"].tolist(),
        "worst_case": part["worst scenario"],
        "roll_shock": part["roll shock"],
        "delta_shock": part["delta shock"],
        "risk_matrix_margin": report.initial,
        "initial_margin": initial,
        "maintenance_margin": maintenance,
    }
