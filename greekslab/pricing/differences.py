r"""Greeks by central differences: the second route, from prices alone.

A derivative of order :math:`n` in one variable is replaced by

.. math:: \frac{\partial^n V}{\partial x^n} \approx \frac{1}{h^n}\sum_{k=0}^{n} (-1)^k \binom nk\,
    V\bigl(x + (\tfrac n2 - k)\,h\bigr),

and a mixed one by the product of two such sums. The formula leaves out a term of size :math:`h^2`; the prices are
rounded, which leaves :math:`2^n\varepsilon V/h^n` (:math:`\varepsilon` = 1e-16). One falls with the step, the other
rises: no step gives third derivatives more than about six digits.

References
----------
Press, W. H., Teukolsky, S. A., Vetterling, W. T. and Flannery, B. P. (2007). Numerical Recipes, 3rd ed., sec. 5.7.
"""

from itertools import product
from math import comb, prod

import numpy as np

from greekslab.errors import InputError
from greekslab.inputs import numbers
from greekslab.pricing.black import price

# What each Greek is differentiated by, in turn. Those by tau are in calendar time: they change sign.
DERIVED_BY = {
    "price": (), "delta": ("forward",), "gamma": ("forward",) * 2, "vega": ("vol",), "theta": ("tau",),
    "rho": ("rate",), "vanna": ("forward", "vol"), "volga": ("vol",) * 2, "charm": ("forward", "tau"),
    "veta": ("vol", "tau"), "dual_delta": ("strike",), "dual_gamma": ("strike",) * 2, "speed": ("forward",) * 3,
    "zomma": ("forward", "forward", "vol"), "color": ("forward", "forward", "tau"), "ultima": ("vol",) * 3,
}  # fmt: skip
# Where both errors are about equal, for an order of 1, 2, 3: eps ** (1 / (order + 2)).
_STEPS = {n: float(np.finfo(float).eps ** (1.0 / (n + 2))) for n in (0, 1, 2, 3)}


def difference(name, *, of=price, step=None, forward, strike, vol, tau, **others):
    """Compute one Greek by central differences of a price.

    Parameters
    ----------
    name : str
        A field of `ThirdGreeks`.
    of : callable
        The price: `price` or `coin_price`, or another function with their parameters.
    step : float, optional
        Width of the step: for forward and strike in standard deviations, ``forward * vol * sqrt(tau)``; for vol
        and tau as a share of them; for the rate per 1.00. Default: the best by rule of thumb, from 6e-6 for a
        first derivative to 7e-4 for a third.
    forward, strike, vol, tau, **others
        Of the price; forward, vol and tau above 0.

    Returns
    -------
    float or ndarray
        In the units of `ThirdGreeks`.

    Examples
    --------
    >>> round(difference("gamma", forward=100, strike=100, vol=0.4, tau=0.25), 6)
    0.019848
    """
    if name not in DERIVED_BY:
        raise InputError("Greek", name, f"say one of {', '.join(DERIVED_BY)}")
    variables = DERIVED_BY[name]
    step = _STEPS[len(variables)] if step is None else float(numbers("step", step, "give a step above 0", above=0.0))
    market = {"forward": forward, "strike": strike, "vol": vol, "tau": tau} | others
    for one in ("forward", "vol", "tau"):
        market[one] = numbers(one, market[one], f"differences need a {one} above 0", above=0.0)
    deviation = market["forward"] * market["vol"] * np.sqrt(market["tau"])
    widths = {"forward": deviation, "strike": deviation, "vol": market["vol"], "tau": market["tau"], "rate": 1.0}
    counts = {variable: variables.count(variable) for variable in variables}
    total = 0.0
    for places in product(*(range(n + 1) for n in counts.values())):
        moved = dict(market)
        for (variable, n), k in zip(counts.items(), places, strict=True):
            moved[variable] = moved.get(variable, 0.0) + (0.5 * n - k) * step * widths[variable]
        weight = prod((-1) ** k * comb(n, k) for n, k in zip(counts.values(), places, strict=True))
        total = total + weight * of(**moved)
    total = total / prod((step * widths[variable]) ** n for variable, n in counts.items())
    return -total if "tau" in variables else total
