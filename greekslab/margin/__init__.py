"""Margin: an account, the rules that charge it, and the report that explains the charge."""

from greekslab._lazy import attach

__getattr__, __dir__, __all__ = attach(
    __name__,
    {
        "account": ["Account"],
        "report": ["MarginReport"],
        "isolated": ["FixedRate", "standard_option_margin"],
        "cross": ["Cross"],
        "scan": ["Scan", "AddOn", "contract_charge", "naked_option_charge", "minimum_delta"],
        "rules": ["rules"],
        "liquidation": ["liquidation_price", "bankruptcy_price", "liquidation_moves"],
    },
)
