r"""Functionals: what turns the P&L cube into one number.

*Worst case*: scenarios fixed, the largest weighted loss taken, :math:`\max_s -w_s \sum_i P_{si}`.
*Value at risk* and *expected shortfall*: probability fixed, the loss read off a sample,

.. math:: VaR_\alpha = \inf\{l : P(L \le l) \ge \alpha\}, \qquad
          ES_\alpha = \frac{1}{1-\alpha}\int_\alpha^1 VaR_u\,du .

References
----------
Artzner, P., Delbaen, F., Eber, J.-M. and Heath, D. (1999). Coherent measures of risk. Mathematical Finance 9.
Acerbi, C. and Tasche, D. (2002). On the coherence of expected shortfall. Journal of Banking and Finance 26.
Rockafellar, R. T. and Uryasev, S. (2002). Conditional value-at-risk for general loss distributions. ibid.
"""

from dataclasses import dataclass

import numpy as np

from greekslab.book.revalue import PnLCube
from greekslab.errors import InputError
from greekslab.inputs import BELOW_ONE, checked_type, number, numbers

ROUNDING = 1e-12  # losses below this share of the money moved in a cube are rounding, and count as 0
TIE = 1e-9  # scenarios whose losses agree to this share of the loss count as equal; the first in the set binds


@dataclass(frozen=True)
class Worst:
    """The worst weighted loss, and where it is.

    ``loss`` quote currency, 0 or more; ``index`` and ``name`` of the binding scenario, None where nothing is lost.
    """

    loss: float
    index: int | None
    name: str | None


def worst(cube: PnLCube) -> Worst:
    """Take the largest weighted loss of the book over the scenarios.

    Parameters
    ----------
    cube : PnLCube

    Returns
    -------
    Worst
        Ties within 1e-9 relative bind the scenario that comes first in the set. Losses below 1e-12 of the money
        moved in the cube are rounding, and count as 0; a loss of 0 binds none.
    """
    checked_type("cube", cube, PnLCube, "give the result of pnl_cube(book, market, scenarios)")
    losses = -cube.weighted()
    largest = float(losses.max())
    if not np.isfinite(largest):
        raise InputError("loss of the book", largest, "a price, a move or a quantity is too large for the arithmetic")
    if not largest > ROUNDING * float(np.abs(cube.values).max()):
        return Worst(0.0, None, None)
    index = int(np.flatnonzero(losses >= largest * (1.0 - TIE))[0])
    return Worst(largest, index, cube.scenarios.table["name"].iloc[index])


def contributions(cube: PnLCube, binding: Worst) -> np.ndarray:
    """Split the worst loss over the positions: each one's weighted loss in the binding scenario.

    Returns
    -------
    ndarray
        Quote currency, shape (positions,), summing to ``binding.loss``. A hedge contributes less than 0. This is
        the Euler split: the derivative of the requirement in the size of each leg, times its size.
    """
    if binding.index is None:
        return np.zeros(len(cube.book))
    return -cube.values[binding.index] * cube.scenarios.weights[binding.index]


def stand_alone(cube: PnLCube) -> np.ndarray:
    """Return the worst weighted loss of every position alone, quote currency, shape (positions,).

    Their sum is never less than `worst` of the book: each position is given its own worst scenario.
    """
    return np.maximum((-cube.values * cube.scenarios.weights[:, None]).max(axis=0), 0.0)


def largest_size(cube: PnLCube, equity: float) -> float:
    """Return the multiple of the book whose worst loss equals the equity: the boundary of its capital.

    Parameters
    ----------
    cube : PnLCube
        Of the book at its present size.
    equity : float
        Capital that may be lost, quote currency, 0 or more.

    Returns
    -------
    float
        Size, 1 being the present one; inf where no scenario loses.

    Notes
    -----
    A cube grows in proportion to the book, and so does its worst loss.
    """
    equity = number("equity", equity, "give the capital that may be lost, quote currency, 0 or more", least=0.0)
    loss = worst(cube).loss
    return equity / loss if loss > 0.0 else np.inf


def _sample(pnl, level):
    losses = -np.sort(numbers("P&L sample", pnl, "give finite numbers, at least one").ravel())  # largest loss first
    if losses.size == 0:
        raise InputError("P&L sample", "empty", "give finite numbers, at least one")
    remedy = "give a confidence level between 0 and 1, for example 0.99"
    number("level", level, remedy, above=0.0, most=BELOW_ONE)
    return losses


def value_at_risk(pnl, level: float = 0.99, *, rule: str = "definition") -> float:
    """Read the value at risk off equally likely outcomes.

    Parameters
    ----------
    pnl : array
        Profit and loss, quote currency, profit > 0.
    level : float
        Confidence level in (0, 1).
    rule : {"definition", "k-th worst", "interpolated"}
        Which outcome of n it is. "definition": the smallest loss that is not exceeded with probability `level` or
        more, the (k + 1)-th worst with k = n (1 - level). "k-th worst": one outcome further out, as Hull counts.
        "interpolated": the quantile on the straight line between two outcomes, as NumPy draws it.

    Returns
    -------
    float
        Loss, quote currency; negative if even that is a gain.

    References
    ----------
    Hull, J. C. (2018). Options, Futures, and Other Derivatives, ch. 22: of 500 scenarios at 99 %, the fifth worst.

    Examples
    --------
    >>> pnl = -np.arange(1.0, 501.0)  # losses of 1 to 500
    >>> [value_at_risk(pnl, 0.99, rule=rule) for rule in ("definition", "k-th worst", "interpolated")]
    [495.0, 496.0, 495.01]
    """
    losses = _sample(pnl, level)
    if rule not in ("definition", "k-th worst", "interpolated"):
        raise InputError("rule", rule, 'say "definition", "k-th worst" or "interpolated"')
    if rule == "interpolated":
        return float(np.quantile(losses, level))
    # n (1 - level) outcomes may be worse; the tolerance keeps 1000 * 0.01 at 10 although it is 10.000000000000009
    beyond = int(np.floor(losses.size * (1.0 - level) + 1e-9))
    place = beyond if rule == "definition" else max(beyond - 1, 0)
    return float(losses[min(place, losses.size - 1)])


def expected_shortfall(pnl, level: float = 0.975) -> float:
    """Average the losses beyond the confidence level; the outcome astride the level counts in part.

    Parameters are those of `value_at_risk`.

    Returns
    -------
    float
        Mean of the worst ``1 - level`` of the probability, never below the value at risk.
    """
    losses = _sample(pnl, level)
    tail = losses.size * (1.0 - level)
    whole = int(np.floor(tail + 1e-9))
    part = max(tail - whole, 0.0)
    astride = losses[min(whole, losses.size - 1)]
    return float((losses[:whole].sum() + part * astride) / (whole + part))
