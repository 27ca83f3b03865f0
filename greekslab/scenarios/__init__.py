"""Scenario sets as data: grids, venues' published sets, real crashes."""

from greekslab._lazy import attach

__getattr__, __dir__, __all__ = attach(
    __name__,
    {
        "sets": ["ScenarioSet", "VolRule", "Skew", "moves_table", "scenario_name"],
        "grids": ["grid", "ladder"],
        "lognormal": ["lognormal_moves"],
        "samples": ["past_moves", "student_moves"],
        "stretch": ["stretched"],
        "venue_sets": ["published", "published_names", "span", "tims"],
        "crashes": ["crash_scenarios"],
    },
)
