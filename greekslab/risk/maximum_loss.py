r"""Maximum loss of a quadratic: the worst point of a book that is known by its Greeks alone.

For a relative move x of the spot and a change y of volatility the profit and loss is, to second order,

.. math:: Q(x, y) = D\,x + \tfrac12 G\,x^2 + V\,y + A\,x y + \tfrac12 W\,y^2,

with D the delta and G the gamma in money (:math:`\Delta S`, :math:`\Gamma S^2`), V the vega, A the vanna and W the
volga in money per unit of y. On the box :math:`x_0 \le x \le x_1`, :math:`y_0 \le y \le y_1` its least value lies at
one of nine points: the four corners; on each edge the point where the slope along it vanishes, if the curve bends
upwards there (at :math:`V = A = W = 0` this is :math:`x^* = -D/G` with :math:`G > 0`); and the stationary point
inside, if both curvatures are upwards. No search is needed, and a contract on chain can check all nine.

References
----------
Studer, G. (1997). Maximum loss for measurement of market risk. PhD thesis, ETH Zurich.
"""

from dataclasses import dataclass

import numpy as np

from greekslab.errors import InputError
from greekslab.inputs import numbers

_ROUNDING = 1e-12  # losses below this share of the terms they are the sum of are rounding, and count as 0
_TIE = 1e-9  # a coordinate that changes the loss by less than this share of it is left at 0


@dataclass(frozen=True)
class WorstPoint:
    """The largest loss on a box, and where it is.

    ``loss`` quote currency, 0 or more; ``move`` relative move of the spot and ``vol`` change of volatility there,
    both 0 where nothing is lost. Floats, or arrays of the broadcast shape.
    """

    loss: float
    move: float
    vol: float


def quadratic(delta, gamma, vega, move, vol, vanna=0.0, volga=0.0):
    """Evaluate the quadratic of the module: profit and loss after a relative move and a change of volatility."""
    slope = delta + 0.5 * gamma * move + vanna * vol
    return slope * move + (vega + 0.5 * volga * vol) * vol


def worst_quadratic(
    delta, gamma, vega=0.0, *, moves=(-0.16, 0.16), vols=(-0.22, 0.40), vanna=0.0, volga=0.0
) -> WorstPoint:
    """Find the largest loss of a quadratic P&L on a box, in closed form.

    Parameters
    ----------
    delta, gamma : float or array
        Quote currency per 100 % move of the spot, and its change per 100 % move.
    vega : float or array
        Quote currency per unit of the change of volatility in which `vols` is measured.
    moves, vols : (float, float)
        Least and greatest relative move, and change of volatility; each interval contains 0.
    vanna, volga : float or array
        Change of `delta` and of `vega` per unit of the change of volatility.

    Returns
    -------
    WorstPoint
        Of equal losses the point that comes first counts: corners (low move first), edges, inside; a coordinate
        that makes no difference is 0. Losses below 1e-12 of the terms they are made of are rounding, and count as 0.

    Examples
    --------
    >>> worst_quadratic(delta=10.0, gamma=200.0)  # a long gamma book loses most at x = -D / G
    WorstPoint(loss=0.25, move=-0.05, vol=0.0)
    """
    terms = {"delta": delta, "gamma": gamma, "vega": vega, "vanna": vanna, "volga": volga}
    terms = [numbers(name, value, "give finite amounts in quote currency") for name, value in terms.items()]
    try:
        D, G, V, A, W = np.broadcast_arrays(*terms)
    except ValueError:
        shapes = [x.shape for x in terms]
        raise InputError("shapes of delta, gamma, vega, vanna, volga", shapes, "give shapes that broadcast") from None
    (x0, x1), (y0, y1) = (_interval(*pair) for pair in (("moves", moves), ("vols", vols)))
    full = np.ones_like(D)
    points = [(x * full, y * full) for x in (x0, x1) for y in (y0, y1)]
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        points += [(x * full, _inside(-(V + A * x) / W, y0, y1, W > 0.0)) for x in (x0, x1)]
        points += [(_inside(-(D + A * y) / G, x0, x1, G > 0.0), y * full) for y in (y0, y1)]
        spread = G * W - A * A
        bowl = (spread > 0.0) & (G > 0.0)
        points.append(
            (_inside((A * V - W * D) / spread, x0, x1, bowl), _inside((A * D - G * V) / spread, y0, y1, bowl))
        )
    x, y = (np.array(coordinate) for coordinate in zip(*points, strict=True))
    with np.errstate(over="ignore", invalid="ignore"):
        pnl = quadratic(D, G, V, x, y, A, W)
    if not np.isfinite(pnl[:4]).all():  # of the corners, which always exist
        raise InputError("loss", np.inf, "a term of the quadratic, or a move, is too large for the arithmetic")
    pnl = np.where(np.isnan(pnl), np.inf, pnl)  # a point that does not exist
    first = np.argmin(pnl, axis=0)[None]
    loss, x, y = (np.take_along_axis(values, first, axis=0)[0] for values in (-pnl, x, y))
    size = quadratic(np.abs(D), np.abs(G), np.abs(V), np.abs(x), np.abs(y), np.abs(A), np.abs(W))
    lost = loss > _ROUNDING * size
    zero = np.zeros_like(x)
    y = np.where(-quadratic(D, G, V, x, zero, A, W) >= loss * (1.0 - _TIE), 0.0, y)
    x = np.where(-quadratic(D, G, V, zero, y, A, W) >= loss * (1.0 - _TIE), 0.0, x)
    return WorstPoint(*(_plain(np.where(lost, values, 0.0)) for values in (loss, x, y)))


def _interval(name, pair):
    remedy = "give (least, greatest) with 0 between them, such as (-0.16, 0.16)"
    pair = numbers(name, pair, remedy)
    if pair.shape != (2,) or not pair[0] <= 0.0 <= pair[1]:
        raise InputError(name, pair.tolist(), remedy)
    return pair


def _inside(value, low, high, exists):
    """Keep a coordinate that lies in the interval; NaN elsewhere."""
    return np.where(exists & (low < value) & (value < high), value, np.nan)


def _plain(values):
    return float(values) if values.ndim == 0 else values
