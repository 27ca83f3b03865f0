"""Series and DataFrames in, the same labels out; differing labels are refused, never matched by place."""

import numpy as np
import pandas as pd
import pytest

from greekslab.errors import InputError
from greekslab.pricing import (
    annual_funding,
    coin_delta,
    coin_gamma,
    coin_price,
    funding_payment,
    greeks,
    inverse_pnl,
    inverse_pnl_quote,
    linear_pnl,
    net_delta,
    price,
)

STRIKES = np.array([90.0, 100.0, 110.0, 120.0])
SERIES = pd.Series(STRIKES, index=["a", "b", "c", "d"])
FRAME = pd.DataFrame(STRIKES.reshape(2, 2), index=["x", "y"], columns=["p", "q"])
OPTION = dict(forward=100.0, vol=0.6, tau=0.1)


@pytest.mark.parametrize("function", [price, coin_price, coin_delta, coin_gamma, net_delta])
@pytest.mark.parametrize("labelled", [SERIES, FRAME], ids=["series", "frame"])
def test_options_keep_their_labels(function, labelled):
    """Identity: the numbers are those of the plain array."""
    got = function(strike=labelled, **OPTION)
    assert type(got) is type(labelled)
    pd.testing.assert_index_equal(got.index, labelled.index)
    assert np.array_equal(got, function(strike=labelled.to_numpy(), **OPTION))


@pytest.mark.parametrize("name", ["forward", "vol", "tau", "kind"])
def test_any_input_may_carry_the_labels(name):
    value = pd.Series(["call", "put", "put", "call"], SERIES.index) if name == "kind" else SERIES / 100.0
    bundle = greeks(**{**OPTION, "strike": 1.0, name: value})
    assert all(isinstance(x, pd.Series) and list(x.index) == list("abcd") for x in vars(bundle).values())


def test_contracts_keep_their_labels():
    """By hand: 2 coins from 100 to 90, 100, 110, 120."""
    got = linear_pnl(quantity=2.0, entry=100.0, exit=SERIES)
    assert got.to_dict() == {"a": -20.0, "b": 0.0, "c": 20.0, "d": 40.0}
    for function in (inverse_pnl, inverse_pnl_quote):
        assert list(function(contracts=1.0, entry=SERIES, exit=SERIES).index) == list("abcd")
    assert list(funding_payment(notional=SERIES, rate=0.01).index) == list("abcd")
    assert list(annual_funding(rate=SERIES).index) == list("abcd")


def test_labels_that_differ_are_refused():
    """The same four labels in another order would be matched by place: 90 with 120."""
    for other in (SERIES.iloc[::-1], SERIES.iloc[:3], FRAME):
        with pytest.raises(InputError, match="labels of strike") as caught:
            price(**{**OPTION, "forward": SERIES, "strike": other})
        assert "reindex" in caught.value.remedy
    assert list(price(**{**OPTION, "forward": SERIES, "strike": SERIES.iloc[::-1].to_numpy()}).index) == list("abcd")


def test_a_result_of_another_shape_is_an_array():
    assert price(**{**OPTION, "strike": SERIES, "tau": [[0.1], [0.2]]}).shape == (2, 4)
    assert isinstance(coin_price(**{**OPTION, "forward": SERIES, "strike": 100, "tau": [[0.1], [0.2]]}), np.ndarray)


def test_inputs_are_not_changed_and_may_be_read_only():
    strikes = STRIKES.copy()
    strikes.flags.writeable = False
    assert np.array_equal(price(strike=strikes, **OPTION), price(strike=SERIES, **OPTION))
    assert np.array_equal(SERIES, STRIKES)
