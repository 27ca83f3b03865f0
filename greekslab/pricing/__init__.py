"""Prices and Greeks: Black-76, coin-settled options, linear and inverse contracts."""

from greekslab._lazy import attach

__getattr__, __dir__, __all__ = attach(
    __name__,
    {
        "black": [
            "price",
            "delta",
            "gamma",
            "vega",
            "theta",
            "rho",
            "greeks",
            "Greeks",
            "SecondGreeks",
            "ThirdGreeks",
            "kind_sign",
        ],
        "carry": ["spot_price", "spot_greeks", "SpotGreeks"],
        "curves": ["greek_along", "sign_changes"],
        "differences": ["difference"],
        "implied": ["implied_vol", "coin_implied_vol", "ImpliedVols"],
        "inverse": ["coin_price", "coin_greeks", "coin_delta", "coin_gamma", "net_delta"],
        "contracts": ["linear_pnl", "inverse_pnl", "inverse_pnl_quote", "funding_payment", "annual_funding"],
    },
)
