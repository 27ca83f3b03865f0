"""Market states: embedded real data, the reader's own, and what can be asked of them."""

from greekslab._lazy import attach

__getattr__, __dir__, __all__ = attach(
    __name__,
    {
        "market": ["Market"],
        "times": ["utc"],
        "smile": ["Smile", "FlatVol"],
        "svi": ["Svi", "SviNatural", "SviJumpWings"],
        "ssvi": ["Ssvi", "PowerLaw", "HestonLike"],
        "svi_surface": ["SviSurface"],
        "arbitrage": ["ButterflyCheck", "CalendarCheck"],
        "calibration": ["fit_svi"],
        "surface_fit": ["fit_surface", "quote_fit"],
        "data": [
            "bars",
            "closes",
            "btc_smile",
            "implied_spot",
            "SMILE_TIME",
            "crash_window",
            "crash_names",
            "crash_facts",
            "month_end_closes",
            "funding_extremes",
            "worst_days",
            "cards",
            "card",
        ],
        "prices": ["read_prices", "read_chain"],
        "returns": ["window_returns"],
    },
)
