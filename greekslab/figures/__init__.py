"""Figures: tidy series and reports in, matplotlib Axes out; nothing is computed here."""

from greekslab._lazy import attach

__getattr__, __dir__, __all__ = attach(
    __name__,
    {
        "style": ["COLOURS", "CYCLE", "DASHES", "LOSS", "GAIN", "diverging", "rc", "use"],
        "capital": ["plot_gross_net", "plot_ruin"],
        "errors": ["plot_errors"],
        "exposures": ["plot_pnl_ladder", "plot_error_map"],
        "payoffs": ["plot_by_price", "plot_replay"],
        "quadratics": ["plot_quadratic", "plot_ratio_map", "plot_ratio_smile"],
        "rankings": ["plot_bake_off", "plot_paths", "plot_frontier"],
        "scans": ["plot_scan_matrix", "plot_weighted_losses"],
        "survival": ["plot_survivors"],
        "wake_up": ["plot_along_price", "plot_along_time"],
    },
)
