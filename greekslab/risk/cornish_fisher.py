r"""Cornish-Fisher: a quantile from four moments, where four moments are enough to have one.

The standard normal quantile :math:`z` is bent by skew :math:`s` and excess kurtosis :math:`k`,

.. math:: z_{cf} = z + \frac{(z^2 - 1)s}{6} + \frac{(z^3 - 3z)k}{24} - \frac{(2z^3 - 5z)s^2}{36} .

Its slope in z is a parabola, :math:`Az^2 + \tfrac s3 z + C` with :math:`A = \tfrac k8 - \tfrac{s^2}6` and
:math:`C = 1 - \tfrac k8 + \tfrac{5s^2}{36}`. The bent quantile is a quantile only where it rises everywhere: where

.. math:: A \ge 0, \qquad C \ge 0, \qquad \frac{s^2}{9} \le 4AC .

Without skew that is :math:`0 \le k \le 8`; no kurtosis allows a skew beyond :math:`6(\sqrt2 - 1) = 2.49`. Outside, two
probabilities share one loss and the figure means nothing, so the functions here refuse. The parameters s and k are
the skew and kurtosis of the bent distribution only when small (Maillard).

References
----------
Cornish, E. A. and Fisher, R. A. (1938). Moments and cumulants in the specification of distributions. Revue de
l'Institut International de Statistique 5, 307-320.
Zangari, P. (1996). A VaR methodology for portfolios that include options. RiskMetrics Monitor, first quarter, 4-12.
Maillard, D. (2012). A user's guide to the Cornish Fisher expansion. SSRN 1997178 (the domain of validity).
"""

import numpy as np
from scipy.special import ndtri

from greekslab.errors import InputError
from greekslab.inputs import BELOW_ONE, number

_LEVEL = "give a confidence level between 0 and 1, such as 0.99"
_FINITE = "give a finite number"
_ROUNDING = 1e-12  # the boundary itself counts as inside


def cornish_fisher_quantile(skew: float, excess_kurtosis: float, level: float = 0.99) -> float:
    """Return the bare polynomial at z = the quantile of 1 - level, whatever it means there.

    Parameters
    ----------
    skew, excess_kurtosis : float
        Of the P&L; pure numbers, 0 for the normal.
    level : float
        Confidence level in (0, 1).

    Returns
    -------
    float
        Standard deviations from the mean of the P&L, below 0 for a loss. Not checked for validity: outside the
        domain of `cornish_fisher_var` it is a number, not a quantile.

    Examples
    --------
    >>> round(cornish_fisher_quantile(-0.5, 1.0, 0.99), 4)
    -2.8337
    """
    s, k = number("skew", skew, _FINITE), number("excess_kurtosis", excess_kurtosis, _FINITE)
    z = ndtri(1.0 - number("level", level, _LEVEL, above=0.0, most=BELOW_ONE))
    return float(z + (z**2 - 1.0) * s / 6.0 + (z**3 - 3.0 * z) * k / 24.0 - (2.0 * z**3 - 5.0 * z) * s**2 / 36.0)


def cornish_fisher_is_valid(skew: float, excess_kurtosis: float) -> bool:
    """Tell whether the expansion rises in z everywhere, so that it gives quantiles.

    Examples
    --------
    >>> cornish_fisher_is_valid(0.0, 8.0), cornish_fisher_is_valid(-1.0, 1.0)
    (True, False)
    """
    s, k = number("skew", skew, _FINITE), number("excess_kurtosis", excess_kurtosis, _FINITE)
    bend, base = k / 8.0 - s**2 / 6.0, 1.0 - k / 8.0 + 5.0 * s**2 / 36.0
    room = 4.0 * bend * base - s**2 / 9.0
    return bool(min(bend, base) >= -_ROUNDING and room >= -_ROUNDING)


def cornish_fisher_var(mean: float, sd: float, skew: float, excess_kurtosis: float, level: float = 0.99) -> float:
    """Value at risk from four moments, refused where the expansion is no quantile.

    Parameters
    ----------
    mean, sd : float
        Of the P&L, quote currency; sd 0 or more.
    skew, excess_kurtosis : float
        Of the P&L; pure numbers, 0 for the normal.
    level : float
        Confidence level in (0, 1).

    Returns
    -------
    float
        Loss, quote currency; negative if even that is a gain.

    Notes
    -----
    A quadratic P&L of one factor lies outside the domain however small its gamma: its skew is 3 G s / D and its
    excess kurtosis 4/3 of the square of that, to first order, where A is 0. Use `delta_gamma_var`, which is exact.

    Examples
    --------
    >>> round(cornish_fisher_var(0.0005, 0.04, -1.0, 6.0, 0.99), 4)
    0.163
    """
    mean, sd = _checked(mean, sd, skew, excess_kurtosis)
    return -(mean + sd * cornish_fisher_quantile(skew, excess_kurtosis, level))


def cornish_fisher_es(mean: float, sd: float, skew: float, excess_kurtosis: float, level: float = 0.975) -> float:
    r"""Expected shortfall from four moments: the mean of `cornish_fisher_var` beyond the level, in closed form.

    Parameters are those of `cornish_fisher_var`; so is the refusal.

    Notes
    -----
    Integrating the polynomial against the normal density, term by term, gives with :math:`z` the quantile of
    :math:`1 - \alpha`

    .. math:: ES = -\mu + \sigma\,\frac{\phi(z)}{1-\alpha}
              \Bigl[1 + \frac{zs}{6} + \frac{(z^2 - 1)k}{24} - \frac{(2z^2 - 1)s^2}{36}\Bigr] .
    """
    mean, sd = _checked(mean, sd, skew, excess_kurtosis)
    beyond = 1.0 - number("level", level, _LEVEL, above=0.0, most=BELOW_ONE)
    z = ndtri(beyond)
    bell = np.exp(-0.5 * z**2) / np.sqrt(2.0 * np.pi)
    bent = 1.0 + z * skew / 6.0 + (z**2 - 1.0) * excess_kurtosis / 24.0 - (2.0 * z**2 - 1.0) * skew**2 / 36.0
    return float(-mean + sd * bell / beyond * bent)


def _checked(mean, sd, skew, excess_kurtosis):
    mean = number("mean", mean, _FINITE)
    sd = number("sd", sd, "give a standard deviation of 0 or more", least=0.0)
    if not cornish_fisher_is_valid(skew, excess_kurtosis):
        shown = f"{float(skew):.4g} and {float(excess_kurtosis):.4g}"
        remedy = (
            "the expansion does not rise with z everywhere there, so it gives no quantile; "
            "use delta_gamma_var, which is exact, or revalue the book"
        )
        raise InputError("skew and excess kurtosis", shown, remedy)
    return mean, sd
