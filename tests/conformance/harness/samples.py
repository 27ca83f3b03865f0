"""Adaptors: value at risk and expected shortfall of samples."""

from greekslab.risk import expected_shortfall, value_at_risk
from harness.registry import number

# The mean of the k worst of n outcomes is the expected shortfall at level 1 - k / n. The books' values at risk are not
# the definition's but the k-th worst loss, or an interpolated one.


@number("var_es", needs="returns alpha",
        gives="ES_mean_two_worst ES_mean_of_two_worst VaR_order_statistic_k=2 VaR_numpy_linear_quantile")  # fmt: skip
def of_returns(case):
    sample = case.inputs["returns"], case.inputs["alpha"]
    tail = expected_shortfall(*sample)
    return {
        "ES_mean_two_worst": tail,
        "ES_mean_of_two_worst": tail,
        "VaR_order_statistic_k=2": value_at_risk(*sample, rule="k-th worst"),
        "VaR_numpy_linear_quantile": value_at_risk(*sample, rule="interpolated"),
    }


@number("var_es", needs="scenarios alpha five_largest_losses_usd", may="rule", gives="VaR ES_mean_of_five_worst")
def of_largest_losses(case):
    """The losses that are not told lie below the tail, where their size does not matter."""
    losses = case.inputs["five_largest_losses_usd"]
    rest = [0.0] * (case.inputs["scenarios"] - len(losses))
    pnl = [-loss for loss in losses] + rest
    return {
        "VaR": value_at_risk(pnl, case.inputs["alpha"], rule="k-th worst"),
        "ES_mean_of_five_worst": expected_shortfall(pnl, case.inputs["alpha"]),
    }
