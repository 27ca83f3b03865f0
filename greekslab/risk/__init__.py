"""Functionals on the P&L cube: from a table of losses to one number."""

from greekslab._lazy import attach

__getattr__, __dir__, __all__ = attach(
    __name__,
    {
        "functionals": [
            "worst",
            "Worst",
            "contributions",
            "stand_alone",
            "value_at_risk",
            "expected_shortfall",
        ],
        "maximum_loss": ["worst_quadratic", "WorstPoint"],
        "ruin": ["ruin_probability", "lognormal_ruin"],
    },
)
