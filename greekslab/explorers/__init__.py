"""Explorers: controls, one call of a tested function, charts of what it returns."""

from greekslab._lazy import attach

__getattr__, __dir__, __all__ = attach(
    __name__,
    {
        "controls": ["Slider", "Choice", "Toggle", "Legs"],
        "panels": ["View", "Lines", "Bars", "Matrix", "Table", "Series", "Marker"],
        "explorer": ["Explorer"],
        "prologue": ["prologue_explorer", "prologue_view"],
        "linear": ["linear_explorer", "linear_view"],
        "isolated_pots": ["isolated_explorer", "isolated_view"],
        "cross_pool": ["cross_explorer", "cross_view"],
        "delta_wakeup": ["delta_explorer", "delta_view"],
        "exposure_ladder": ["exposure_explorer", "exposure_view"],
        "scan": ["scan_explorer", "scan_view"],
        "bake_off": ["bake_off_explorer", "bake_off_view"],
        "greek_margin_map": ["greek_margin_explorer", "greek_margin_view"],
        "greek_curves": ["greeks_explorer", "greeks_view"],
        "margin_lab": ["margin_lab_explorer", "margin_lab_view"],
    },
)
