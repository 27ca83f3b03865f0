"""The time value to its last digits: the hard grid, at fifty digits from the floats as they are."""

import mpmath as mp
import numpy as np
import pytest

from greekslab.pricing.time_value import plain, time_value


def exact(forward, strike, vol, tau):
    with mp.workdps(50):
        f, k, s, t = (mp.mpf(float(x)) for x in (forward, strike, vol, tau))
        low, high, v = min(f, k), max(f, k), s * mp.sqrt(t)
        a = mp.log(high / low) / v
        far = mp.erfc((a + v / 2) / mp.sqrt(2)) / 2
        return low * mp.erfc((a - v / 2) / mp.sqrt(2)) / 2 - high * far, far, low * mp.npdf(a - v / 2)


def grid(side, count=1500):
    """Draw ln(K/F) up to 3 and total vols from 1e-4 to 6, up to 38 deviations out, with floats of no special form."""
    rng = np.random.default_rng(20261122)
    total_vol = 10.0 ** rng.uniform(-4.0, np.log10(6.0), count)
    x = np.minimum(3.0, total_vol * rng.uniform(0.0, 38.0, count) ** rng.choice([0.3, 1.0], count))
    tau = rng.uniform(0.001, 3.0, count)
    forward = rng.uniform(0.5, 2.0, count) * 10.0 ** rng.uniform(-2.0, 5.0, count)
    return forward, forward * np.exp(side * x), total_vol / np.sqrt(tau), tau


@pytest.mark.parametrize("side", [1, -1], ids=["call", "put"])
def test_the_hard_grid_keeps_its_digits(side):
    """1e-14 where the price is at least 1e-8 of the forward, 2e-13 down to 1e-300."""
    inputs = grid(side)
    got = time_value(*inputs)
    for i, row in enumerate(zip(*inputs, strict=True)):
        want = exact(*row)
        if want[0] < row[0] * mp.mpf("1e-300"):
            continue
        tolerance = 1e-14 if want[0] >= row[0] * 1e-8 else 2e-13
        for one, other in zip((got.value, got.far, got.bell), want, strict=True):
            assert abs(mp.mpf(float(one[i])) / other - 1) <= tolerance, row


@pytest.mark.parametrize("strike", [100.0 + 1e-9, np.nextafter(100.0, 101.0), 99.99, 100.0])
@pytest.mark.parametrize("total_vol", [1e-4, 1e-3, 0.1])
def test_strikes_next_to_the_forward(strike, total_vol):
    value = time_value(np.array([100.0]), strike, total_vol, 1.0).value[0]
    want = exact(100.0, strike, total_vol, 1.0)[0]
    assert want < 1e-290 or abs(mp.mpf(float(value)) / want - 1) < 1e-13


def test_the_plain_formula_is_the_same_number():
    """Black's formula as written agrees wherever it has digits, and the regions join without a step."""
    x, v = np.meshgrid(np.linspace(-3.0, 3.0, 121), np.linspace(0.05, 6.0, 120))
    inputs = np.full_like(x, 100.0), 100.0 * np.exp(x), v, np.float64(1.0)
    for one, other in zip(time_value(*inputs), plain(*inputs), strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-9, atol=1e-13)


def test_large_and_small_arrays_take_the_same_numbers():
    inputs = grid(1, 6000)
    whole = time_value(*inputs).value
    parts = np.concatenate([time_value(*(x[i : i + 500] for x in inputs)).value for i in range(0, 6000, 500)])
    np.testing.assert_allclose(whole, parts, rtol=1e-14)
