r"""Total volatility from a price: Black's formula, normalised and turned round.

Out of the money only two numbers matter: the distance :math:`k = |\ln(F/K)|` and the price as a share of its upper
bound, :math:`c = V / (D\min(F, K))`, between 0 and 1. With the total volatility :math:`s = \sigma\sqrt\tau`,
:math:`a = k/s`, :math:`t = s/2`, :math:`d = t - a` and Mills' ratio :math:`M(x) = N(-x)/\phi(x)`,

.. math::

    c = \phi(d)\,m_-, \quad m_- = M(a - t) - M(a + t), \qquad
    1 - c = \phi(d)\,m_+, \quad m_+ = M(t - a) + M(t + a).

Both are solved in logarithms, the smaller of the two, so neither a price of 1e-300 nor one a hair below its bound
loses digits: :math:`f(s) = \ln m_\pm - d^2/2 - \ln(\sqrt{2\pi}\,q)` with :math:`q = c` or :math:`1 - c`. A guess
from two limits is a third off at most; every Householder step then makes the error its fourth power. The first takes
Mills' ratio roughly (`greekslab.pricing.mills`).

References
----------
Jaeckel, P. (2015). Let's be rational. Wilmott 2015 (75), 40-53: the normalised function (eq. 2.1-2.3), the
out-of-the-money side, logarithms of small prices, Householder steps. The guess here is our own.
"""

import numpy as np
from scipy.special import ndtri

from greekslab.pricing.mills import EXACT, ROUGH, mills_apart

_SQRT_2PI = np.sqrt(2.0 * np.pi)
# A step this small relative to s leaves an error of its fourth power, 1e-16.
_DONE = 1e-4
# Two steps do; a row that needs more than ten would be a fault of the guess.
_MOST_STEPS = 10
# Where c = 1/2, d is at most the quartile of the normal distribution (reached at the money).
_QUARTILE = 0.6744897501960817
_TINY, _HUGE = 1e-300, 1e300


def _guess(c, rest, k):
    """Guess s: beyond the inflection from the normal distribution, before it from Bachelier's formula.

    The price is steepest in s where d = 0; there c is (1 - erfcx(sqrt k)) / 2. From there to the bound, 1 - c falls
    much as 2 N(-d), exactly so for k = 0 and for large k. Before it, an option on a forward that moves by s * sqrt(FK)
    without drift gives a; the part of the exponent that it leaves out, t^2, enters by a quadratic equation.
    """
    y = np.sqrt(k)
    u = y * (1.1284 + 0.7515 * y) / (1.0 + 0.424 * y)  # 1 / (1 + u) is erfcx(y) to 1 %
    inflection = 0.5 * u / (1.0 + u)
    above = 2.0 * (1.0 - inflection)
    d = np.maximum(-ndtri(rest / above), _SQRT_2PI * (c - inflection) / above)
    far = d + np.sqrt(d * d + 2.0 * k)
    # Bachelier: e^{a^2/2} a / (1 - a M(a)) = y; a(y) by a fit in ln(1 + y), good to 1 % from 0 to 1e300.
    y = np.log1p(np.minimum(k * np.exp(0.5 * k) / (_SQRT_2PI * np.maximum(c, _TINY)), _HUGE))
    square = y * y * (1.0 + 0.36522 * y) / (1.0 + y * (1.96916 + 0.181504 * y))
    a = np.sqrt(square)
    steep = 1.0 + (1.0 + 2.5066 * a / (2.0 + 1.2533 * a)) / square  # d ln y / d(a^2 / 2)
    square = 0.5 * (square + np.sqrt(np.maximum(square * square - k * k / steep, 0.0)))
    return np.where(c < inflection, k / np.sqrt(square), far)


def _share_over_density(a, t, sign, fit):
    """Give m_- where sign = 1 and m_+ where sign = -1."""
    if sign.min() > 0.0:
        return mills_apart(a, t, fit)[1]
    ratio, apart = mills_apart(np.where(sign > 0.0, a, t), np.where(sign > 0.0, t, a), fit)
    return apart + (1.0 - sign) * ratio


def _step(s, k, sign, log_q, fit=EXACT):
    """Take one Householder step of fourth order on f(s) = ln m - d^2 / 2 - ln(sqrt(2 pi) q)."""
    a, t = k / s, 0.5 * s
    m = _share_over_density(a, t, sign, fit)
    f = np.log(m) - 0.5 * (a - t) ** 2 - log_q
    f1 = sign / m  # q = phi(d) m and dc/ds = phi(d)
    slope = a / s
    f2 = a * slope - 0.25 * s - f1  # f'' / f'; what f1 is taken from is d ln phi(d) / ds = (a^2 - t^2) / s
    f3 = f2 * (f2 - f1) - 3.0 * slope * slope - 0.25  # f''' / f'
    newton = -f / f1
    return s + newton * (1.0 + 0.5 * f2 * newton) / (1.0 + newton * (f2 + f3 * newton / 6.0))


def _limits(k, sign):
    """Give the s between which the root lies, from the side of c = 1/2 that it is on."""
    root = np.sqrt(2.0 * k)  # where d = 0, and c below 1/2
    return np.where(sign > 0.0, 0.0, root), np.where(sign > 0.0, _QUARTILE + np.sqrt(_QUARTILE**2 + 2.0 * k), np.inf)


def solve_total_vol(c, rest, log_c, k):
    """Find the total volatility at which an out-of-the-money option costs the share `c` of its bound.

    Parameters
    ----------
    c, rest : array, 1-d
        Price over its upper bound, between 0 and 1 without them, and ``1 - c``; both, since near 1 only `rest`
        holds the digits.
    log_c : array, 1-d
        Logarithm of `c`; it may be of a `c` that is too small for a float.
    k : array, 1-d
        Distance of strike from forward, ``|ln(F / K)|``, 0 or more.

    Returns
    -------
    ndarray
        ``vol * sqrt(tau)``, above 0.
    """
    sign = np.where(c < 0.5, 1.0, -1.0)
    log_q = np.log(_SQRT_2PI) + np.where(c < 0.5, log_c, np.log(rest))
    # 0 * inf and 0 / 0 arise at k = 0 in the half of the guess that is not taken there.
    with np.errstate(divide="ignore", invalid="ignore", over="ignore", under="ignore"):
        guess = _guess(c, rest, k)
        rough = _step(guess, k, sign, log_q, ROUGH)
        least, most = _limits(k, sign)
        s = np.clip(rough, np.maximum(least, 0.5 * guess), np.minimum(most, 2.0 * guess))
        found = _step(s, k, sign, log_q)
        moving = np.flatnonzero(~(np.abs(found - s) <= _DONE * s))
        for _ in range(_MOST_STEPS):
            if not moving.size:
                break
            s = np.clip(found[moving], least[moving], most[moving])
            found[moving] = _step(s, k[moving], sign[moving], log_q[moving])
            moving = moving[~(np.abs(found[moving] - s) <= _DONE * s)]
    return found
