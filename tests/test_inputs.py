"""What is no number, or not the right one, is refused by name, whatever its type."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from greekslab.errors import InputError
from greekslab.inputs import checked_type, number, numbers

NO_NUMBER = [None, "abc", 1j, {"a": 1}, object(), pd.NA, np.nan, np.inf, -np.inf]


@pytest.mark.parametrize("value", NO_NUMBER, ids=repr)
def test_what_is_no_number_is_named(value):
    for check in (number, numbers):
        with pytest.raises(InputError, match="^size is .*give a size"):
            check("size", value, "give a size")


@pytest.mark.parametrize("value", ["100", b"1", [1.0], np.array([1.0, 2.0]), pd.Series([1.0])], ids=repr)
def test_one_number_is_no_text_and_no_array(value):
    with pytest.raises(InputError, match="give one number"):
        number("cash", value, "give an amount")


@pytest.mark.parametrize("value", [3, 3.0, np.float32(3), np.array(3), True + 2])
def test_numbers_of_every_type_become_floats(value):
    assert number("cash", value, "") == 3.0 and type(number("cash", value, "")) is float


@given(st.floats(), st.floats(-10, 10))
def test_bounds_hold(value, bound):
    """Second implementation: Python's own comparisons."""
    for kwargs, good in (({"least": bound}, value >= bound), ({"above": bound}, value > bound)):
        if good and value < np.inf:
            assert number("x", value, "", **kwargs) == value
        else:
            with pytest.raises(InputError):
                numbers("x", [bound + 1.0, value], "", **kwargs)
    if value > bound:
        with pytest.raises(InputError):
            number("x", value, "", most=bound)


def test_a_type_is_asked_for_by_name():
    assert checked_type("book", "x", str, "give text") == "x"
    with pytest.raises(InputError, match="^book is NoneType: give text"):
        checked_type("book", None, str, "give text")


def test_the_first_bad_number_of_an_array_is_shown():
    with pytest.raises(InputError, match="^vol is -0.3: "):
        numbers("vol", [0.1, -0.3, np.nan], "give 0 or more", least=0.0)
    assert numbers("vol", [], "give 0 or more", least=0.0).shape == (0,)
