r"""Mills' ratio of the normal distribution, :math:`M(z) = N(-z)/\phi(z)`, and the difference of two of its values.

With :math:`w = 10/(z + 6)` the ratio is :math:`w\,p(w - 1)`, :math:`p` a polynomial, to the last digits for
:math:`z \ge -1`. An option out of the money is worth a density times :math:`M(a - t) - M(a + t)`. Two nearly equal
numbers lose digits when one is taken from the other, here where :math:`t` is small or :math:`a` large; two values of
a polynomial need not. With the divided difference :math:`p[x, y] = (p(x) - p(y))/(x - y)`

.. math:: M(a - t) - M(a + t) = \frac{t}{5}\,w_-w_+\,\bigl\{p(x_+) + w_-\,p[x_-, x_+]\bigr\}, \qquad
   w_\pm = \frac{10}{a \pm t + 6}, \quad x_\pm = w_\pm - 1,

and Horner's scheme, run at both points at once, gives :math:`p[x, y]` without a subtraction. The ratio is right
to 2e-15 of itself, the difference to 3e-15. A rough fit of the same form serves for first steps.

References
----------
Schonfelder, J. L. (1978). Chebyshev expansions for the error and related functions. Mathematics of Computation 32:
polynomials in (z - b) / (z + b) for the same function.
"""

from typing import NamedTuple

import numpy as np

from greekslab.pricing.blocks import aligned

LEAST = -1.0  # the polynomial is good from here to infinity
# p, highest power first: Chebyshev's interpolation at sixty digits, written out in powers.
_COEFFICIENTS = (
    -1.872209721137918e-09, 1.498901370479319e-09, 2.1634854144753737e-08, -1.5976058331276722e-08,
    -1.4916683889898732e-07, 8.18819122781777e-08, 8.90147817244251e-07, -9.523307285063785e-08,
    -5.1946538379529906e-06, -3.686300702968798e-06, 2.7807459271094317e-05, 6.0350615852969576e-05,
    -8.512282336770566e-05, -0.0005908326133280458, -0.0008182489208396152, 0.002183209851493148,
    0.01469714423411837, 0.04492839086389917, 0.09819817194900038, 0.1707982483487658,
    0.2472267594994151, 0.3046349994442482, 0.32336849252498046, 0.29725230054401286,
    0.2366523829135607,
)  # fmt: skip
# The same in w = 6.5/(z + 4), for z from -0.75 on: error 3e-7, of the slope 1e-6.
_ROUGH_COEFFICIENTS = (
    -0.00011375590939148181, 0.00021549107152354167, 0.0010017035192196504, -0.0014932370328379096,
    -0.0075760897106038425, 0.001116483644110133, 0.05809096798408633, 0.17635474811694513,
    0.31329807979849933, 0.38892641118018245, 0.35426509920083504,
)  # fmt: skip

# N(-z) exp(z^2 / 2) for z from 0 on, in 6.4/(z / sqrt(2) + 3.2) - 1: absolute error 1e-15.
_TAIL_COEFFICIENTS = (
    3.5630702006541235e-09, -2.1845024718200423e-09, -3.8780809297978915e-08, 2.7962926728909557e-08,
    2.755192757121657e-07, -1.9883500033223678e-07, -1.9067153246791383e-06, 7.048824742658445e-07,
    1.4488079454717593e-05, 8.596988495766822e-06, -0.00010956233563211003, -0.0002873677226338599,
    0.0003551730857455066, 0.004457122051143684, 0.01652558516081278, 0.04093151546612423,
    0.07795407042514542, 0.12052555298502979, 0.1552619119982623, 0.08436404840594196,
)  # fmt: skip


class Fit(NamedTuple):
    """M(z) = w p(w - 1), w = scale / (z + shift), for z from `least` on."""

    shift: float
    scale: float
    least: float
    polynomial: tuple  # of arrays: NumPy turns a number into one at every use


EXACT = Fit(6.0, 10.0, LEAST, tuple(map(np.array, _COEFFICIENTS)))
ROUGH = Fit(4.0, 6.5, -0.75, tuple(map(np.array, _ROUGH_COEFFICIENTS)))
_TAIL = tuple(map(np.array, _TAIL_COEFFICIENTS))


def mills_apart(a, t, fit=EXACT):
    """Compute M(a + t) and M(a - t) - M(a + t).

    Parameters
    ----------
    a, t : array, float
        Both 0 or more; `t` has the shape of `a` or broadcasts to it. Where ``a - t`` is below the fit's `least`
        the difference is not to be used.
    fit : Fit
        `EXACT`, or `ROUGH` for the first step of an iteration.
    """
    shift, scale, least, polynomial = fit
    middle = a + shift
    lower, upper = scale / np.maximum(middle - t, least + shift), scale / (middle + t)
    x, y, at_y, slope = aligned(4, a.shape)
    np.subtract(lower, 1.0, x)
    np.subtract(upper, 1.0, y)
    at_y[...], slope[...] = polynomial[0], 0.0  # p(y) and p[x, y]
    multiply, add = np.multiply, np.add  # in place: memory for a hundred results would cost as much again
    for coefficient in polynomial[1:]:
        multiply(slope, x, slope)
        add(slope, at_y, slope)
        multiply(at_y, y, at_y)
        add(at_y, coefficient, at_y)
    return upper * at_y, (2.0 / scale) * t * lower * upper * (at_y + lower * slope)


def tail_over_bell(y, memory):
    """Write N(-z) exp(z^2 / 2), z = y sqrt(2), into `memory` and return it; `y`, 0 or more, is overwritten.

    The absolute error is 2e-15: enough where values are added to such of the size of 1.
    """
    y += 3.2
    x = np.divide(6.4, y, y)
    x -= 1.0
    memory[...] = _TAIL[0]
    for coefficient in _TAIL[1:]:
        np.multiply(memory, x, memory)
        np.add(memory, coefficient, memory)
    return memory
