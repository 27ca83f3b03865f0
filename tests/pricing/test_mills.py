"""Mills' ratio and its differences at fifty digits; the polynomial is Chebyshev's interpolation."""

import mpmath as mp
import numpy as np
import pytest

from greekslab.pricing import mills
from greekslab.pricing.blocks import BLOCK, aligned, blocks
from greekslab.pricing.higher_order import columns, columns_with_limits
from greekslab.pricing.mills import LEAST, mills_apart, tail_over_bell
from greekslab.pricing.time_value import time_value


def exact(z):
    return mp.sqrt(mp.pi / 2) * mp.exp(z * z / 2) * mp.erfc(z / mp.sqrt(2))


def test_ratio_and_difference_keep_their_digits():
    """Near and far, for differences down to 1e-12 of the ratio, and where a - t is as low as it may be."""
    rng = np.random.default_rng(1)
    a = np.concatenate([rng.uniform(0.0, 3.0, 300), rng.uniform(0.0, 40.0, 300), np.zeros(60)])
    t = np.concatenate([10.0 ** rng.uniform(-12.0, 1.0, 600), np.geomspace(1e-12, -LEAST, 60)])
    a, t = (x[a - t >= LEAST] for x in (a, t))
    ratio, apart = mills_apart(a, t)
    with mp.workdps(50):
        for i, (one, other) in enumerate(zip(a, t, strict=True)):
            one, other = mp.mpf(float(one)), mp.mpf(float(other))
            far = exact(one + other)
            assert abs(mp.mpf(float(ratio[i])) / far - 1) < 2e-15, (one, other)
            assert abs(mp.mpf(float(apart[i])) / (exact(one - other) - far) - 1) < 3e-15, (one, other)


def test_tails_over_the_bell_are_right_to_the_last_digit_of_one():
    y = np.concatenate([np.linspace(0.0, 8.0, 400), np.geomspace(8.0, 1e300, 50)])
    got = tail_over_bell(y.copy(), np.empty_like(y))
    with mp.workdps(50):
        want = [mp.mpf(exact(mp.sqrt(2) * mp.mpf(float(v)))) / mp.sqrt(2 * mp.pi) for v in y[:410]]
        assert max(abs(mp.mpf(float(g)) - w) for g, w in zip(got, want, strict=False)) < 2e-15
    assert np.all(got >= -2e-15) and np.all(got[410:] < 0.4 / y[410:] + 2e-15)


def test_the_polynomial_is_chebyshev_s():
    """p(x) = M(z) / w with w = 1 + x and z = 10 / w - 6, interpolated at Chebyshev's points of [-1, 1]."""
    with mp.workdps(60):
        count, points = len(mills._COEFFICIENTS), 64
        nodes = [mp.cos(mp.pi * (2 * j + 1) / (2 * points)) for j in range(points)]
        values = [exact(10 / (1 + x) - 6) / (1 + x) for x in nodes]
        series = [
            (2 if k else 1) * mp.fsum(v * mp.chebyt(k, x) for v, x in zip(values, nodes, strict=True)) / points
            for k in range(count)
        ]
        for x in (mp.mpf(k) / 10 for k in range(-10, 11)):
            want = mp.fsum(c * mp.chebyt(k, x) for k, c in enumerate(series))
            got = mp.polyval([mp.mpf(float(c)) for c in mills._COEFFICIENTS], x)
            assert abs(got / want - 1) < 1e-16


@pytest.mark.parametrize("size", [0, 1, 5, BLOCK, BLOCK + 1, 100_000])
def test_blocks_cover_every_row_once(size):
    rows = list(blocks(size))
    assert [i for part in rows for i in range(part.start, part.stop)] == list(range(size))
    assert all(part.stop - part.start <= BLOCK for part in rows)


@pytest.mark.parametrize("shape", [(1,), (7,), (3, 5)])
def test_memory_begins_at_a_cache_line(shape):
    arrays = aligned(3, shape)
    assert arrays.shape == (3, *shape) and all(x.ctypes.data % 64 == 0 for x in arrays)


@pytest.mark.parametrize("rate", [0.0, 0.04])
def test_greeks_and_their_limits_are_the_same_numbers(rate):
    """Both ways to write the Greeks agree where no input is 0, in and out of the money, with a wide total vol too."""
    x, v = (m.ravel() for m in np.meshgrid(np.linspace(-2.0, 2.0, 41), [0.02, 0.1, 0.5, 1.5, 4.0]))
    terms = 100.0, 100.0 * np.exp(x), v / 0.7, np.full_like(v, 0.49), np.float64(rate), np.where(x > 0.3, 1.0, -1.0)
    parts = time_value(*terms[:4])
    complete = parts._replace(rest=1.0 - parts.near if parts.rest is None else parts.rest)
    for one, other in zip(columns(3, *terms, parts), columns_with_limits(3, *terms, complete), strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-9, atol=1e-13 * np.abs(other).max())
