"""Instruments, positions and their revaluation: the P&L cube."""

from greekslab._lazy import attach

__getattr__, __dir__, __all__ = attach(
    __name__,
    {
        "instruments": [
            "Option",
            "Future",
            "Perpetual",
            "Spot",
            "Instrument",
            "parse_instrument",
            "chain_names",
        ],
        "positions": ["Position", "Book"],
        "revalue": ["pnl_cube", "PnLCube", "position_values"],
        "exposures": ["exposure"],
        "taylor": ["taylor_pnl", "error_map"],
        "named": ["named_books"],
        "morphing": ["morph", "morph_stages"],
        "market_maker": ["market_maker_book"],
    },
)
