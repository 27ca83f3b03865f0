"""Central differences of the price meet the Greeks, as far as differences can."""

import numpy as np
import pytest

from greekslab.errors import InputError
from greekslab.pricing import coin_greeks, coin_price, difference, greeks
from greekslab.pricing.differences import DERIVED_BY

OPTION = dict(forward=100.0, strike=np.array([85.0, 100.0, 120.0]), vol=0.4, tau=0.25)


@pytest.mark.parametrize("name", DERIVED_BY)
@pytest.mark.parametrize("kind", ["call", "put"])
def test_differences_meet_the_closed_forms(name, kind):
    """Second route: to 1e-8 of the scale for a first derivative, 1e-6 for a second, 1e-4 for a third."""
    quote, coin = greeks(**OPTION, rate=0.03, kind=kind, order=3), coin_greeks(**OPTION, kind=kind, order=3)
    tolerance = {0: 1e-15, 1: 1e-8, 2: 1e-6, 3: 1e-4}[len(DERIVED_BY[name])]
    for bundle, terms in ((quote, {"rate": 0.03}), (coin, {"of": coin_price})):
        if terms.get("of") is coin_price and name == "rho":
            continue
        want = getattr(bundle, name)
        got = difference(name, **OPTION, kind=kind, **terms)
        np.testing.assert_allclose(got, want, atol=tolerance * np.abs(want).max())


def test_the_stencil_is_exact_for_a_cubic():
    """By hand: third differences of x^3 are 6, whatever the step; of mixed x^2 y they are 2."""
    terms = dict(forward=2.0, strike=1.0, vol=0.5, tau=1.0)
    assert difference("speed", of=lambda forward, **_: forward**3, step=0.5, **terms) == pytest.approx(6.0)
    assert difference("zomma", of=lambda forward, vol, **_: forward**2 * vol, step=0.1, **terms) == pytest.approx(2.0)
    assert difference("theta", of=lambda tau, **_: 3.0 * tau, step=0.1, **terms) == pytest.approx(-3.0)  # calendar


def test_a_small_step_leaves_noise():
    """Rounding of 2^3 half-units of the price over h^3; the step of 1e-5 deviations is far below the best."""
    exact = greeks(**OPTION, order=3).speed
    rough = difference("speed", **OPTION, step=1e-5)
    assert np.abs(rough / exact - 1.0).max() > 0.1


def test_what_cannot_be_differenced_is_named():
    with pytest.raises(InputError, match="vera"):
        difference("vera", **OPTION)
    with pytest.raises(InputError, match="step"):
        difference("delta", **OPTION, step=0.0)
    with pytest.raises(InputError, match="tau"):
        difference("delta", **OPTION | {"tau": 0.0})
