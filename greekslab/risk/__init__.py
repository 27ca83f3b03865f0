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
            "largest_size",
        ],
        "delta_gamma": [
            "quadratic_pnl",
            "QuadraticPnL",
            "delta_normal_var",
            "delta_gamma_moments",
            "Moments",
            "delta_gamma_var",
            "delta_gamma_es",
        ],
        "cornish_fisher": [
            "cornish_fisher_quantile",
            "cornish_fisher_is_valid",
            "cornish_fisher_var",
            "cornish_fisher_es",
        ],
        "maximum_loss": ["worst_quadratic", "WorstPoint"],
        "parametric": ["normal_var", "normal_es", "student_t_var", "student_t_es"],
        "ruin": ["ruin_probability", "lognormal_ruin"],
    },
)
