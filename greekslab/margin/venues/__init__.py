"""Venues' rulebooks: each a short module that reads like the venue's own text, its numbers on a parameter card."""

from greekslab._lazy import attach

__getattr__, __dir__, __all__ = attach(
    __name__,
    {
        "cards": ["Card", "card", "card_names"],
        "deribit_standard": ["DeribitStandard"],
        "deribit_portfolio": ["DeribitPortfolio", "DeribitPMParameters", "deribit_pm_account"],
        "deribit_vintages": ["DeribitVintage"],
        "derive_pm1": ["DerivePM1", "PM1Parameters"],
        "derive_auction": ["DeriveAuction", "AuctionBid"],
        "derive_holdings": ["CollateralTerms"],
        "derive_pm2": ["DerivePM2", "PM2Parameters"],
        "derive_srm": ["DeriveSRM"],
        "derive_srm_options": ["SRMMarket", "srm_isolated", "srm_expiry_margin"],
        "dydx": [
            "DydxMarket",
            "DydxRisk",
            "DydxTier",
            "dydx_account_risk",
            "dydx_bankruptcy_price",
            "dydx_fillable_price",
        ],
        "dydx_rule": ["DydxV4"],
        "mango": [
            "MangoHealth",
            "MangoOrders",
            "MangoPerpetual",
            "MangoPosition",
            "MangoPrice",
            "MangoToken",
            "mango_health",
        ],
        "mango_rule": ["MangoV4"],
        "opyn": ["OpynVault", "NakedMargin", "spread_requirement", "settled", "excess"],
        "cboe": ["StrategyRule", "StrategyMargin", "Leg", "Underlying", "stock_maintenance"],
        "isda_simm": ["simm_equity", "SimmMargin"],
    },
)
