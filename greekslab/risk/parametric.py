r"""Value at risk and expected shortfall of two named distributions: the normal and Student's t.

With :math:`q` the quantile of the standard distribution at the level :math:`\alpha`,

.. math::

    \text{normal:}\quad VaR = -\mu + \sigma q, \qquad ES = -\mu + \sigma\frac{\phi(q)}{1-\alpha}; \\
    t_\nu:\quad VaR = -\mu + \varsigma q, \qquad ES = -\mu + \varsigma\,\frac{f_\nu(q)}{1-\alpha}\,
    \frac{\nu + q^2}{\nu - 1},

where :math:`\varsigma = \sigma\sqrt{(\nu-2)/\nu}` gives the t distribution the standard deviation :math:`\sigma`. The
standard t itself (:math:`\varsigma = 1`) has :math:`\sigma = \sqrt{\nu/(\nu-2)}`.

References
----------
McNeil, A. J., Frey, R. and Embrechts, P. (2005). Quantitative Risk Management. Princeton: examples 2.14, 2.18, 2.19.
"""

import numpy as np
from scipy.special import gammaln, ndtri, stdtrit

from greekslab.inputs import BELOW_ONE, number


def normal_var(mean: float, sd: float, level: float = 0.99) -> float:
    """Value at risk of a normal P&L.

    Parameters
    ----------
    mean, sd : float
        Of the P&L, quote currency; sd 0 or more.
    level : float
        Confidence level in (0, 1).

    Returns
    -------
    float
        Loss, quote currency; negative if even that is a gain.

    Examples
    --------
    >>> round(normal_var(0.0, 1.0, 0.99), 4)
    2.3263
    """
    mean, sd, level = _read(mean, sd, level)
    return float(-mean + sd * ndtri(level))


def normal_es(mean: float, sd: float, level: float = 0.975) -> float:
    """Expected shortfall of a normal P&L. Parameters of `normal_var`.

    Examples
    --------
    >>> round(normal_es(0.0, 1.0, 0.975), 3)
    2.338
    """
    mean, sd, level = _read(mean, sd, level)
    return float(-mean + sd * np.exp(-0.5 * ndtri(level) ** 2) / np.sqrt(2.0 * np.pi) / (1.0 - level))


def student_t_var(mean: float, sd: float, dof: float, level: float = 0.99) -> float:
    """Value at risk of a P&L with Student's t distribution.

    Parameters
    ----------
    mean, sd : float
        Of the P&L, quote currency; sd 0 or more.
    dof : float
        Degrees of freedom, above 2, so that there is a standard deviation. Fewer are a heavier tail.
    level : float
        Confidence level in (0, 1).

    Returns
    -------
    float
        Loss, quote currency; negative if even that is a gain.

    Examples
    --------
    >>> round(student_t_var(0.0, 1.0, 3, 0.99), 3), round(student_t_var(0.0, 1.0, 3, 0.999), 3)
    (2.622, 5.897)
    """
    mean, sd, level = _read(mean, sd, level)
    dof = _dof(dof)
    return float(-mean + sd * np.sqrt((dof - 2.0) / dof) * stdtrit(dof, level))


def student_t_es(mean: float, sd: float, dof: float, level: float = 0.975) -> float:
    """Expected shortfall of a P&L with Student's t distribution. Parameters of `student_t_var`.

    Examples
    --------
    >>> round(student_t_es(0.0, 1.0, 3, 0.975), 3)
    2.91
    """
    mean, sd, level = _read(mean, sd, level)
    dof = _dof(dof)
    q = stdtrit(dof, level)
    scale = np.exp(gammaln((dof + 1.0) / 2.0) - gammaln(dof / 2.0)) / np.sqrt(np.pi * dof)
    density = scale * (1.0 + q * q / dof) ** (-(dof + 1.0) / 2.0)
    tail = density / (1.0 - level) * (dof + q * q) / (dof - 1.0)
    return float(-mean + sd * np.sqrt((dof - 2.0) / dof) * tail)


def _read(mean, sd, level):
    return (
        number("mean", mean, "give a finite number"),
        number("sd", sd, "give a standard deviation of 0 or more", least=0.0),
        number("level", level, "give a confidence level between 0 and 1, such as 0.99", above=0.0, most=BELOW_ONE),
    )


def _dof(dof):
    return number(
        "dof", dof, "give degrees of freedom above 2; with 2 or fewer there is no standard deviation", above=2.0
    )
