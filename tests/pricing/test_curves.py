"""A Greek along the price: zeros at their closed forms."""

import numpy as np
import pytest

from greekslab.errors import InputError
from greekslab.pricing import greek_along, greeks, sign_changes

FORWARDS = np.linspace(50.0, 200.0, 301)
OPTION = dict(strike=100.0, vol=0.6, tau=30 / 365)
V = 0.6 * np.sqrt(30 / 365)


@pytest.mark.parametrize(
    "name, settlement, zeros",
    [  # closed form: d2 = 0, d1 = 0, d1 d2 = 0, d1 = -v, and d1 d2 = 1, that is h = sqrt(1 + v^2 / 4)
        ("vanna", "linear", [0.5]),
        ("charm", "linear", [0.5]),
        ("vanna", "coin", [-0.5]),
        ("volga", "linear", [-0.5, 0.5]),
        ("speed", "linear", [-1.5]),
        ("zomma", "linear", [-np.sqrt(1 + V**2 / 4) / V, np.sqrt(1 + V**2 / 4) / V]),
        ("gamma", "linear", []),
        ("delta", "coin", []),
    ],
)
@pytest.mark.parametrize("kind", ["call", "put"])
def test_zeros_are_where_the_closed_form_says(name, settlement, zeros, kind):
    found = sign_changes(name, FORWARDS, **OPTION, kind=kind, settlement=settlement)
    assert found == pytest.approx([100.0 * np.exp(k * V**2) for k in zeros], rel=1e-9)


def test_the_curve_is_the_greek():
    got = greek_along("speed", FORWARDS, **OPTION, kind="put")
    assert np.array_equal(got, greeks(forward=FORWARDS, **OPTION, kind="put", order=3).speed)


def test_what_there_is_not_is_named():
    with pytest.raises(InputError, match="vera"):
        greek_along("vera", FORWARDS, **OPTION)
    with pytest.raises(InputError, match="quanto"):
        greek_along("delta", FORWARDS, **OPTION, settlement="quanto")
