"""The compiled kernels: their polynomials and results at fifty digits, and beside the plain functions."""

import mpmath as mp
import numpy as np
import pandas as pd
import pytest

from greekslab.errors import InputError
from greekslab.pricing import Greeks, greeks, price
from greekslab.pricing.acceleration import SWITCH

pytest.importorskip("numba", reason='the extra "fast" is not installed: there is nothing compiled to test')
compiled = pytest.importorskip(
    "greekslab.pricing.compiled", exc_type=ImportError, reason="Numba or the processor cannot"
)

NAMES = list(Greeks.__dataclass_fields__)


@pytest.fixture
def both(monkeypatch):
    """Give a function that calls another twice: plain, then compiled."""

    def run(function, **inputs):
        found, calls = [], []
        for name in ("prices", "greeks"):
            kernel = getattr(compiled, name)
            monkeypatch.setattr(compiled, name, lambda *x, kernel=kernel: calls.append(0) or kernel(*x))
        for word in ("off", "on"):
            monkeypatch.setenv(SWITCH, word)
            assert not calls
            found.append(function(**inputs))
        assert calls
        return found

    return run


def mills(x):
    return mp.sqrt(mp.pi / 2) * mp.exp(x * x / 2) * mp.erfc(x / mp.sqrt(2))


def largest(error, points):
    with mp.workdps(50):
        return max(abs(error(mp.mpf(x))) for x in points)


def power_sum(coefficients):
    return lambda x: mp.polyval([mp.mpf(c) for c in coefficients], x)


def test_the_polynomials_have_the_errors_that_are_stated():
    """The rounded coefficients, evaluated exactly, beside mpmath's functions."""
    exp, atanh, q = (power_sum(c) for c in (compiled._EXP, compiled._ATANH, compiled._MILLS))
    top, bottom = power_sum(compiled._TOP), power_sum(compiled._BOTTOM)
    shift, scale = compiled._SHIFT, compiled._SCALE
    half = np.linspace(-1, 1, 202) * float(np.log(2)) / 2
    assert largest(lambda r: exp(r) / mp.exp(r) - 1, half) < 2e-17
    small = np.linspace(1e-3, 0.2007, 200)
    assert largest(lambda s: s * (1 + s * s * atanh(s * s)) / mp.atanh(s) - 1, small) < 1e-18

    def w(x):
        return 2 * scale / (x + shift + scale)

    def change(x):  # dM/dx, by the rule for a product, is x M - 1
        value, slope = mp.polyval([mp.mpf(c) for c in compiled._MILLS], 1 - w(x), derivative=True)
        return -(w(x) ** 2) / (2 * scale) * (value - w(x) * slope) / (x * mills(x) - 1) - 1

    wide = np.concatenate([np.linspace(-shift, 3, 150), np.geomspace(3, 60, 100)])
    assert largest(lambda x: w(x) * q(1 - w(x)) / mills(x) - 1, wide) < 4e-17
    assert largest(change, wide) < 1.1e-16
    above = wide[wide >= 0]
    assert largest(lambda x: (top(x) / bottom(x) - mills(x)) * mp.npdf(x), above) < 4e-17
    with mp.workdps(50):
        assert abs(mp.mpf(compiled._LN2_HIGH) + mp.mpf(compiled._LN2_LOW) - mp.log(2)) < 1e-29


def hard_grid(count):
    """Draw ln(K/F) within 3, total vols from 1e-4 to 6, up to 38 deviations out, both sides and both kinds."""
    rng = np.random.default_rng(20261122)
    total_vol = 10.0 ** rng.uniform(-4.0, np.log10(6.0), count)
    x = np.minimum(3.0, total_vol * rng.uniform(0.0, 38.0, count) ** rng.choice([0.3, 1.0], count))
    tau = rng.uniform(0.001, 3.0, count)
    forward = rng.uniform(0.5, 2.0, count) * 10.0 ** rng.uniform(-2.0, 5.0, count)
    strike = forward * np.exp(rng.choice([-1.0, 1.0], count) * x)
    return forward, strike, total_vol / np.sqrt(tau), tau, rng.choice([-1.0, 1.0], count)


def run(forward, strike, vol, tau, rate, sign):
    out = np.empty((6, len(forward)))
    left = compiled.greeks(forward, strike, vol, tau, rate, sign, *out)
    return out, left


def exact(forward, strike, vol, tau, sign):
    """Give the time value and price and first Greeks at a rate of 0."""
    f, k, s, t, w = (mp.mpf(float(x)) for x in (forward, strike, vol, tau, sign))
    v = s * mp.sqrt(t)
    d1 = mp.log(f / k) / v + v / 2
    bell = f * mp.npdf(d1)
    outside = mp.sign(k - f) or 1
    time_value = outside * (f * mp.ncdf(outside * d1) - k * mp.ncdf(outside * (d1 - v)))
    value = time_value + max(w * (f - k), 0)
    return time_value, (value, w * mp.ncdf(w * d1), bell / f**2 / v, bell * mp.sqrt(t), -bell * v / 2 / t, -t * value)


def test_the_hard_grid_keeps_its_digits():
    """1e-14 of every number, down to prices of 1e-300 of the forward; mpmath at fifty digits."""
    forward, strike, vol, tau, sign = inputs = hard_grid(1500)
    out, left = run(forward, strike, vol, tau, np.zeros(1500), sign)
    only = np.empty(1500)
    compiled.prices(forward, strike, vol, tau, np.zeros(1500), sign, only)
    np.testing.assert_allclose(only, out[0], rtol=1e-15)
    assert left == 0
    with mp.workdps(50):
        for i, row in enumerate(zip(*inputs, strict=True)):
            time_value, wanted = exact(*row)
            if time_value > row[0] * mp.mpf("1e-300"):
                for one, other in zip(out[:, i], wanted, strict=True):
                    assert abs(mp.mpf(float(one)) / other - 1) < 1e-14, row


def test_the_plain_functions_give_the_same(both):
    """1e-13 of each number, theta of the larger of its terms, with rates, where the plain prices keep their digits."""
    forward, strike, vol, tau, sign = hard_grid(20_000)
    rate = np.random.default_rng(1).uniform(-0.2, 0.5, 20_000)
    kind = np.where(sign > 0, "call", "put")
    plain, fast = both(greeks, forward=forward, strike=strike, vol=vol, tau=tau, kind=kind, rate=rate)
    outside = np.where(forward < strike, "call", "put")
    time_value = both(price, forward=forward, strike=strike, vol=vol, tau=tau, kind=outside)[0]
    good, tiny = time_value > 1e-8 * forward, time_value < 1e-290 * forward
    assert good.sum() > 5000
    for name in NAMES:
        one, other = getattr(plain, name), getattr(fast, name)
        size = np.abs(rate * plain.price) + np.abs(one) if name == "theta" else np.abs(one)
        assert np.max(np.abs(one - other)[good] / size[good]) < 1e-13, name
        assert np.all((np.abs(one - other) <= 5e-13 * size) | tiny), name


def test_what_is_not_ordinary_is_left_to_the_plain_functions(both):
    """Zeros, huge and tiny sizes come out the same to the last bit; their neighbours are not touched."""
    size = 20_000
    rows = {name: np.full(size, x) for name, x in dict(forward=100.0, strike=110.0, vol=0.5, tau=0.1, rate=0.1).items()}
    strange = [("forward", 0.0), ("strike", 0.0), ("vol", 0.0), ("tau", 0.0), ("forward", 1e200), ("strike", 1e-80)]
    strange += [("vol", 1e-14), ("vol", 1e5), ("tau", 1e9), ("rate", 1e5), ("rate", -6e3), ("tau", 1e-20)]
    at = np.arange(len(strange)) * 1500 + 7
    for i, (name, value) in zip(at, strange, strict=True):
        rows[name][i] = value
    plain, fast = both(greeks, **rows, kind="put")
    others = np.delete(np.arange(size), at)
    for name in NAMES:
        one, other = getattr(plain, name), getattr(fast, name)
        np.testing.assert_array_equal(one[at], other[at])
        np.testing.assert_allclose(one[others], other[others], rtol=1e-13)
        assert len(set(other[others])) == 1


@pytest.mark.parametrize("name", ["forward", "strike", "vol", "tau", "rate"])
@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf, -1.0])
def test_wrong_input_is_refused_all_the_same(name, value, monkeypatch):
    monkeypatch.setenv(SWITCH, "on")
    inputs = {"forward": 100.0, "strike": 110.0, "vol": 0.5, "tau": 0.1, "rate": 0.1, name: np.full(20_000, 0.2)}
    inputs[name][15_000] = value
    if (name, value) != ("rate", -1.0):
        with pytest.raises(InputError, match=f"{name} is {value}"):
            price(**inputs)


def test_prices_far_out_run_down_to_nothing(both):
    strike = 100.0 * np.exp(np.linspace(0.0, 6.0, 20_000))
    for vol in (0.1, 1e-3, 1e-6):
        plain, fast = both(price, forward=100.0, strike=strike, vol=vol, tau=0.5)
        assert np.all(fast >= 0.0) and np.all(np.diff(fast) <= 0.0) and fast[-1] == 0.0
        np.testing.assert_allclose(fast, plain, rtol=5e-13, atol=1e-300)


ROWS = np.linspace(50.0, 200.0, 40_000)


@pytest.mark.parametrize(
    "forward",
    [ROWS, ROWS[::-1], ROWS.astype(np.float32), ROWS.astype(int), pd.Series(ROWS, index=ROWS + 1), list(ROWS),
     ROWS.reshape(200, 200), pd.DataFrame(ROWS.reshape(200, 200)), ROWS[:200, None]],
    ids=["array", "backwards", "float32", "integers", "Series", "list", "square", "DataFrame", "column"],
)  # fmt: skip
@pytest.mark.parametrize("function", [price, lambda **x: greeks(**x).vega])
def test_the_form_of_the_inputs_is_kept(both, forward, function):
    strike = np.linspace(90.0, 110.0, 200) if np.shape(forward) == (200, 1) else 100.0
    plain, fast = both(function, forward=forward, strike=strike, vol=0.5, tau=0.2)
    assert type(plain) is type(fast)
    if hasattr(plain, "index"):
        assert plain.index.equals(fast.index)
    np.testing.assert_allclose(fast, plain, rtol=1e-13)
