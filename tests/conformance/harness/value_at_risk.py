"""Adaptors: value at risk and expected shortfall of named distributions and of delta-gamma P&Ls."""

import numpy as np
from scipy.special import ndtr

from greekslab.risk import (
    cornish_fisher_quantile,
    cornish_fisher_var,
    delta_gamma_moments,
    delta_gamma_var,
    delta_normal_var,
    normal_es,
    normal_var,
    student_t_es,
    student_t_var,
)  # fmt: skip
from harness.registry import number


@number("var_es", needs="dist mu sigma alpha", gives="VaR ES")
def of_a_normal(case):
    """The mean that is given is the loss's."""
    given = case.inputs
    inputs = -given["mu"], given["sigma"], given["alpha"]
    return {"VaR": normal_var(*inputs), "ES": normal_es(*inputs)} if given["dist"] == "normal" else {}


@number("var_es", needs="dist nu mu alpha", gives="VaR_standard_t ES_standard_t VaR_unit_variance ES_unit_variance")
def of_a_student_t(case):
    mean, dof, level = -case.inputs["mu"], case.inputs["nu"], case.inputs["alpha"]
    standard = np.sqrt(dof / (dof - 2.0))  # standard deviation of the standard t
    return {
        "VaR_standard_t": student_t_var(mean, standard, dof, level),
        "ES_standard_t": student_t_es(mean, standard, dof, level),
        "VaR_unit_variance": student_t_var(mean, 1.0, dof, level),
        "ES_unit_variance": student_t_es(mean, 1.0, dof, level),
    }


@number("var_es", needs="V sigma_daily alphas", gives="normal t4_same_variance")
def of_a_portfolio_twice(case):
    sd = case.inputs["V"] * case.inputs["sigma_daily"]
    levels = case.inputs["alphas"]
    return {
        "normal": {str(a): [normal_var(0.0, sd, a), normal_es(0.0, sd, a)] for a in levels},
        "t4_same_variance": {str(a): [student_t_var(0.0, sd, 4, a), student_t_es(0.0, sd, 4, a)] for a in levels},
    }


@number("var_es", needs="positions_usd sigma_daily rho alpha days z_used_in_book",
        gives="sd_daily_usd VaR_1d_usd VaR_10d_usd")  # fmt: skip
def of_two_shares(case):
    """The level is the one at which the printed, rounded quantile would be exact."""
    given = case.inputs
    correlations = np.array([[1.0, given["rho"]], [given["rho"], 1.0]])
    daily = np.outer(given["sigma_daily"], given["sigma_daily"]) * correlations
    level = float(ndtr(given["z_used_in_book"]))
    return {
        "sd_daily_usd": delta_gamma_moments(given["positions_usd"], 0.0, daily).sd,
        "VaR_1d_usd": delta_normal_var(given["positions_usd"], daily, level),
        "VaR_10d_usd": delta_normal_var(given["positions_usd"], given["days"] * daily, level),
    }


@number("var_es", needs="mean sigma skew excess_kurtosis alpha", gives="z z_cf VaR")
def by_cornish_fisher(case):
    given = case.inputs
    shape = given["skew"], given["excess_kurtosis"]
    return {
        "z": cornish_fisher_quantile(0.0, 0.0, given["alpha"]),
        "z_cf": cornish_fisher_quantile(*shape, given["alpha"]),
        "VaR": cornish_fisher_var(given["mean"], given["sigma"], *shape, given["alpha"]),
    }


@number("var_es", needs="delta gamma sigma_dS alpha",
        gives="mean sd skew excess_kurtosis VaR_delta_normal VaR_exact VaR_cornish_fisher")  # fmt: skip
def of_a_parabola(case):
    """The published expansion is the bare polynomial; here it lies outside the domain of `cornish_fisher_var`."""
    delta, gamma, level = (case.inputs[key] for key in ("delta", "gamma", "alpha"))
    variance = case.inputs["sigma_dS"] ** 2
    m = delta_gamma_moments(delta, gamma, variance)
    return vars(m) | {
        "VaR_delta_normal": delta_normal_var(delta, variance, level),
        "VaR_exact": delta_gamma_var(delta, gamma, variance, level),
        "VaR_cornish_fisher": -(m.mean + m.sd * cornish_fisher_quantile(m.skew, m.excess_kurtosis, level)),
    }


@number("var_es", needs="delta gamma cov", gives="mean var mu3")
def of_several_factors(case):
    m = delta_gamma_moments(case.inputs["delta"], case.inputs["gamma"], case.inputs["cov"])
    return {"mean": m.mean, "var": m.sd**2, "mu3": m.skew * m.sd**3}
