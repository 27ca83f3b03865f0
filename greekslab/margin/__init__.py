"""Margin: an account, the rules that charge it, and the report that explains the charge."""

from greekslab._lazy import attach

__getattr__, __dir__, __all__ = attach(
    __name__,
    {
        "account": ["Account"],
        "report": ["MarginReport"],
        "isolated": ["FixedRate", "standard_option_margin", "open_size"],
        "cross": ["Cross"],
        "by_coin": ["ByCoin"],
        "survival": [
            "shock_plane", "isolated_survival", "cross_survival", "contagion", "pots_by_notional", "Survival",
        ],
        "pool_replay": ["replay_pool", "PoolReplay"],
        "scan": ["Scan"],
        "add_ons": ["AddOn", "contract_charge", "naked_option_charge", "minimum_delta"],
        "many_accounts": ["margin_accounts", "AccountMargins"],
        "cluster": ["write_accounts", "read_accounts", "account_blocks", "dask_accounts"],
        "matrix": ["scan_matrix", "ScanMatrix"],
        "delta_margin": ["DeltaMargin", "net_gross_hedged", "wake_up"],
        "greek_margin": ["GreekMargin"],
        "sensitivities": ["SensitivityMargin", "bucket_margin", "across_buckets", "simm_curvature"],
        "greek_scan": ["greek_against_scan", "sold_options"],
        "ready_made": ["rules"],
        "shortfall": ["ShortfallMargin"],
        "comparison": ["bake_off", "losses", "covered", "undominated", "crossings"],
        "efficiency": [
            "capital", "Capital", "gross_margin", "gross_notional", "hedged_book", "hedged_requirements",
            "hedged_pnl", "redeployed_size",
        ],
        "numeraire": ["IsolatedPosition"],
        "bar_replay": ["replay", "liquidated_at"],
        "pots": ["replay_pots", "PotReplay", "limited_liability", "Payout", "toy_path"],
        "book_replay": ["replay_book"],
        "liquidation": [
            "liquidation_price", "bankruptcy_price", "liquidation_moves", "slack_along", "nearest_breaches",
        ],
    },
)  # fmt: skip
