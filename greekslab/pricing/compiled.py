r"""Prices, first Greeks and revaluation, compiled: several options per instruction, and no branch.

The mathematics is that of `greekslab.pricing.time_value`, in one formula for all options. With :math:`L`,
:math:`H`, :math:`a`, :math:`t` as there and Mills' ratio :math:`M(x) = N(-x)/\phi(x)`,

.. math:: U = L\,\phi(a - t)\,[M(a - t) - M(a + t)] .

:math:`M(x) = w\,q(1 - w)` with :math:`w = 2k/(x + s + k)` and a polynomial :math:`q`, whose difference at two
points is their distance times a sum as long as :math:`q` itself: nothing cancels. Where :math:`a - t < -s`,
:math:`U = L - L\phi(a - t)[M(t - a) + M(a + t)]`. Logarithm, total volatility and the exponent of :math:`\phi` are
carried in two floats, by multiplications and additions that round once (`_fma`).

Prices, whether out of or in the money, and Greeks are within 1e-14 of themselves where the price of the
out-of-the-money option is at least 1e-300 of the forward and of 1 (theta at a rate other than 0: of its two terms
together). Revalued positions are within 1e-14 of the forward or the strike, whichever is larger. The plain functions
are the reference in the tests. `greekslab.pricing.acceleration` decides when this module, and with it Numba, is
loaded.

References
----------
Shepherd, M. M. and Laframboise, J. G. (1981). Chebyshev approximation of (1 + 2x) exp(x^2) erfc(x) in
0 <= x < infinity. Mathematics of Computation 36, 249-253: the form of the fit.
Dekker, T. J. (1971). A floating-point technique for extending the available precision. Numerische Mathematik 18.
"""

import math

import numba
import numpy as np
from llvmlite.binding import get_host_cpu_features
from numba import types
from numba.extending import intrinsic

if numba.config.DISABLE_JIT or not get_host_cpu_features().get("fma", True):
    raise ImportError("Numba is switched off, or this processor cannot multiply and add in one step")

# Polynomials, highest power first: Chebyshev interpolants computed at 60 digits, rounded to doubles. The errors are
# the largest found on a grid in exact arithmetic; the tests find them again.
# exp(r) for |r| <= ln(2) / 2; relative error 2e-17.
_EXP = (
    2.510520706495097e-08, 2.7620076916475885e-07, 2.7557255423879104e-06, 2.480152131987891e-05,
    0.00019841269874802173, 0.0013888888917198588, 0.008333333333326141, 0.04166666666662416, 0.1666666666666667,
    0.5000000000000001, 1.0, 1.0,
)  # fmt: skip
# (atanh(s) / s - 1) / s^2 in s^2, for |s| <= 0.2007; relative error of atanh 1e-18.
_ATANH = (
    0.068101156652705, 0.06604116874578048, 0.0769447184854603, 0.09090867850007456, 0.11111111536644724,
    0.14285714283561682, 0.20000000000004145, 0.3333333333333333,
)  # fmt: skip
# q of Mills' ratio for x from -s to infinity; relative error 4e-17, of M' 1.1e-16.
_SHIFT, _SCALE = 0.25, 5.5
_MILLS = (
    -7.621344571588862e-11, -5.365296999484228e-11, 9.500854939763268e-10, 5.629934579466411e-10,
    -7.325762103135959e-09, -2.3050885556242408e-09, 4.998025578661762e-08, -1.2793220160515758e-08,
    -3.2998781059239256e-07, 4.1652404410671274e-07, 1.8856347662168948e-06, -6.056067300781229e-06,
    -3.7695430784313594e-06, 5.9463081779135e-05, -0.0001273990438509836, -0.0001519751112908098,
    0.0019073227769473245, -0.007411237286309874, 0.019871937886860813, -0.04219275963052399,
    0.07487304781439205, -0.11413748869704757, 0.15181728446689768, -0.1777989581567511,
    0.1842076773079702,
)  # fmt: skip
# Mills' ratio for x from 0 on as a fraction, fitted by least squares with weights iterated towards the smallest
# maximum (Lawson), for revaluation; error of N(-x), which is at most 1/2: 4e-17.
_TOP = (
    0.00020064129028345625, 0.003985381332677389, 0.03627153834338848, 0.19299229290622694, 0.6378494775007039,
    1.2589843224634296, 1.2533141373155003,
)  # fmt: skip
_BOTTOM = (
    0.00020063760010397523, 0.003985533994721846, 0.03646907494678306, 0.197018987607617, 0.6733170681259009,
    1.4470443353621836, 1.8024087139893024, 1.0,
)  # fmt: skip
_LN2_HIGH = float.fromhex("0x1.62e42fefa3800p-1")  # 42 bits: times an exponent it is exact
_LN2_LOW = float.fromhex("0x1.ef35793c76730p-45")
_TO_INTEGER = 1.5 * 2.0**52  # added to a small float, it leaves the nearest integer in the last bits
_TO_INTEGER_BITS = 0x4338000000000000
_DENSITY = 1.0 / math.sqrt(2.0 * math.pi)
_LOG2_E = 1.0 / math.log(2.0)
_TINY, _FAR = 1e-300, 50.0  # in revaluation: in place of a total volatility of 0; deviations beyond which N is 0
# Outside these a row is left to the plain functions: nothing inside over- or underflows on the way.
_SIZES, _TOTAL_VOLS, _TAUS, _EXPONENT = (1e-60, 1e60), (1e-12, 20.0), (1e-12, 1e6), 500.0

_inline = numba.njit(forceinline=True, error_model="numpy")


def _compiled(function):
    """Compile when first called, and keep the result on disk where there is a place for it."""
    options = {"error_model": "numpy", "nogil": True}
    try:
        return numba.njit(cache=True, **options)(function)
    except RuntimeError:  # Numba found no folder that it may write to
        return numba.njit(**options)(function)


@intrinsic
def _fma(typing, x, y, z):
    """Compute x y + z, rounded once."""
    return types.float64(x, y, z), lambda context, builder, signature, args: builder.fma(*args)


@intrinsic
def _bits(typing, x):
    """Read a float as an integer."""
    return types.int64(x), _same_bits


@intrinsic
def _float(typing, x):
    """Read an integer as a float."""
    return types.float64(x), _same_bits


def _same_bits(context, builder, signature, args):
    return builder.bitcast(args[0], context.get_value_type(signature.return_type))


def _chains(context, builder, coefficients, x, y):
    """Write out p(y) and (p(x) - p(y)) / (x - y) by Horner's rule, without a difference.

    Written out, because the compiler does not unroll a loop inside the one it vectorises. Even and odd powers apart,
    p(x) = e(x^2) + x o(x^2), because the processor would wait for one chain twice as long.
    """
    sums, squares = [], (builder.fmul(x, x), builder.fmul(y, y))
    for first in (0, 1):
        value, *rest = (context.get_constant(types.float64, c) for c in coefficients[::-1][first::2][::-1])
        slope = context.get_constant(types.float64, 0.0)
        for c in rest:
            slope, value = builder.fma(slope, squares[0], value), builder.fma(value, squares[1], c)
        sums.append((value, slope))
    (even, even_slope), (odd, odd_slope) = sums
    slope = builder.fma(builder.fma(odd_slope, x, even_slope), builder.fadd(x, y), odd)
    return builder.fma(odd, y, even), slope


def _polynomial(coefficients):
    """Make a function that evaluates a polynomial."""

    @intrinsic
    def horner(typing, x):
        def generate(context, builder, signature, args):
            return _chains(context, builder, coefficients, args[0], args[0])[0]

        return types.float64(x), generate

    return horner


@intrinsic
def _mills_slope(typing, x, y):
    """Compute (q(x) - q(y)) / (x - y)."""

    def generate(context, builder, signature, args):
        return _chains(context, builder, _MILLS, *args)[1]

    return types.float64(x, y), generate


_exp_part, _atanh_part, _mills_part = _polynomial(_EXP), _polynomial(_ATANH), _polynomial(_MILLS)
_top_part, _bottom_part = _polynomial(_TOP), _polynomial(_BOTTOM)


@_inline
def _scaled_exp(x, rest, scale):
    """Compute scale exp(x + rest); x from -1400 to 700."""
    shifted = _fma(x, _LOG2_E, _TO_INTEGER)
    power = shifted - _TO_INTEGER
    r = _fma(-power, _LN2_LOW, _fma(-power, _LN2_HIGH, x)) + rest
    whole = _bits(shifted) - _TO_INTEGER_BITS
    half = whole >> 1  # in two steps, so that it may underflow but not fail
    return _exp_part(r) * _float((half + 1023) << 52) * scale * _float((whole - half + 1023) << 52)


@_inline
def _log_ratio(high, low):
    """Compute ln(high / low) in two floats."""
    # The difference of the bits is nearly that of the logarithms: round it to a whole power of 2.
    step = (_bits(high) - _bits(low) + (1 << 51)) & -(1 << 52)
    power = _float((step >> 52) + _TO_INTEGER_BITS) - _TO_INTEGER
    low = _float(_bits(low) + step)
    top, bottom = high - low, high + low  # top is exact, as high / low is between 2/3 and 3/2
    back = bottom - high
    dropped = (high - (bottom - back)) + (low - back)
    inverse = 1.0 / bottom
    s = top * inverse
    s_rest = (_fma(-s, bottom, top) - s * dropped) * inverse
    big = power * _LN2_HIGH
    first = big + 2.0 * s
    rest = (big - first) + 2.0 * s
    rest += power * _LN2_LOW + 2.0 * (s_rest + s * (s * s) * _atanh_part(s * s))
    total = first + rest
    return total, rest - (total - first)


@_inline
def _parts(forward, strike, vol, tau):
    """Compute what `greekslab.pricing.time_value` gives, and the total volatility and root of time."""
    low, high = (forward, strike) if forward < strike else (strike, forward)
    root = math.sqrt(tau)
    v = vol * root
    v_rest = _fma(vol, root, -v) + vol * (_fma(-root, root, tau) * (0.5 / root))
    log, log_rest = _log_ratio(high, low)
    inverse = 1.0 / v
    a, t = log * inverse, 0.5 * v
    a_rest = (_fma(-a, v, log) + (log_rest - a * v_rest)) * inverse
    d = a - t
    back = d - a
    d_rest = ((a - (d - back)) - (t + back)) + (a_rest - 0.5 * v_rest)
    square = d * d
    x, rest = (-0.5 * square, -0.5 * _fma(d, d, -square) - d * d_rest) if square < 2800.0 else (-1400.0, 0.0)
    bell = _scaled_exp(x, rest, low * _DENSITY)
    beside = d >= -_SHIFT
    x1, span = (d, v) if beside else (-d, 2.0 * a)
    w1 = 2.0 * _SCALE / (x1 + (_SHIFT + _SCALE))
    w2 = 2.0 * _SCALE / (a + t + (_SHIFT + _SCALE))
    q2 = _mills_part(1.0 - w2)
    difference = w1 * w2 * span * (0.5 / _SCALE) * (q2 - w1 * _mills_slope(1.0 - w1, 1.0 - w2))
    mills2 = w2 * q2
    mills1 = mills2 + difference
    tail = bell * mills1 / low
    value = bell * difference if beside else low - bell * (mills1 + mills2)
    near, rest = (tail, 1.0 - tail) if beside else (1.0 - tail, tail)
    return value, near, rest, bell * mills2 / high, bell, v, root


@_inline
def _ordinary(forward, strike, v, tau):
    low, high = (forward, strike) if forward < strike else (strike, forward)
    times = (_TAUS[0] <= tau) & (tau <= _TAUS[1]) & (_TOTAL_VOLS[0] <= v) & (v <= _TOTAL_VOLS[1])
    return (_SIZES[0] <= low) & (high <= _SIZES[1]) & times


@_compiled
def prices(forward, strike, vol, tau, rate, sign, price):
    """Write prices into the last argument; NaN is for the plain functions to do: return how many there are.

    A rate of None, of which the compiler knows, is 0.
    """
    left = 0
    for i in range(forward.size):
        value, near, rest, far, bell, v, root = _parts(forward[i], strike[i], vol[i], tau[i])
        worth = max(sign[i] * (forward[i] - strike[i]), 0.0) + value
        ok = _ordinary(forward[i], strike[i], v, tau[i])
        if rate is not None:
            exponent = -rate[i] * tau[i]
            worth, ok = worth * _scaled_exp(exponent, 0.0, 1.0), ok & (abs(exponent) <= _EXPONENT)
        price[i] = worth if ok else np.nan
        left += not ok
    return left


@_compiled
def greeks(forward, strike, vol, tau, rate, sign, price, delta, gamma, vega, theta, rho):
    """Write price and first Greeks into the last six arguments; otherwise as `prices`."""
    left = 0
    for i in range(forward.size):
        f, years = forward[i], tau[i]
        value, near, rest, far, bell, v, root = _parts(f, strike[i], vol[i], years)
        worth = max(sign[i] * (f - strike[i]), 0.0) + value
        call = near if f < strike[i] else 1.0 - far
        put = rest if f < strike[i] else far
        chance = call if sign[i] > 0.0 else -put
        ok = _ordinary(f, strike[i], v, years)
        drift = 0.0
        if rate is not None:
            exponent = -rate[i] * years
            discount = _scaled_exp(exponent, 0.0, 1.0)
            ok &= abs(exponent) <= _EXPONENT
            worth, chance, bell = worth * discount, chance * discount, bell * discount
            drift = rate[i] * worth
        price[i] = worth if ok else np.nan
        delta[i] = chance
        gamma[i] = bell / (f * f * v)
        vega[i] = bell * root
        theta[i] = drift - bell * vol[i] / (2.0 * root)
        rho[i] = -years * worth
        left += not ok
    return left


@_compiled
def revalue(growth, row_of, scale, vols, half_root, log_now, forward, strike, sign, now, factor, columns, out):
    """Write factor (value - now) of every option (columns of `out`) in every scenario (rows of `out`)."""
    size = forward.size
    together = columns[-1] - columns[0] == size - 1
    aside = np.empty(size)
    for s in range(growth.size):
        log_growth, up, table = math.log(growth[s]), growth[s], vols[row_of[s]]
        row = out[s][columns[0] : columns[0] + size] if together else aside
        for i in range(size):
            t = max(scale[s] * table[i] * half_root[i], _TINY)
            h = (log_growth + log_now[i]) / (2.0 * t)
            level = up * forward[i]
            d1, d2 = sign[i] * (h + t), sign[i] * (h - t)
            x1, x2 = min(abs(d1), _FAR), min(abs(d2), _FAR)
            bottom1, bottom2 = _bottom_part(x1), _bottom_part(x2)
            bell = _scaled_exp(-0.5 * x1 * x1, 0.0, level * _DENSITY) / (bottom1 * bottom2)
            first, second = bell * bottom2 * _top_part(x1), bell * bottom1 * _top_part(x2)
            first = first if d1 < 0.0 else level - first
            second = second if d2 < 0.0 else strike[i] - second
            row[i] = factor[i] * (sign[i] * (first - second) - now[i])
        for i in range(0 if together else size):
            out[s, columns[i]] = row[i]
