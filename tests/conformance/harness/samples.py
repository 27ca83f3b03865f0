"""Adaptors: value at risk and expected shortfall of samples."""

from greekslab.risk import expected_shortfall
from harness.registry import number

# The mean of the k worst of n outcomes is the expected shortfall at level 1 - k / n. Value at risk is not run: the
# books' rules (the k-th worst loss, or an interpolated one) are other quantiles than the package's.


@number("var_es", needs="returns alpha", gives="ES_mean_two_worst ES_mean_of_two_worst")
def of_returns(case):
    tail = expected_shortfall(case.inputs["returns"], case.inputs["alpha"])
    return {"ES_mean_two_worst": tail, "ES_mean_of_two_worst": tail}


@number("var_es", needs="scenarios alpha five_largest_losses_usd", may="rule", gives="ES_mean_of_five_worst")
def of_largest_losses(case):
    """The losses that are not told lie below the tail, where their size does not matter."""
    losses = case.inputs["five_largest_losses_usd"]
    rest = [0.0] * (case.inputs["scenarios"] - len(losses))
    pnl = [-loss for loss in losses] + rest
    return {"ES_mean_of_five_worst": expected_shortfall(pnl, case.inputs["alpha"])}
