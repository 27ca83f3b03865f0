import json

import pytest

from greekslab.errors import InputError
from greekslab.explorers import Choice, Legs, Slider, Toggle

BOOKS = {"long": [("BTC-PERP", 1.0)], "short": [("BTC-PERP", -1.0)]}


def test_slider_of_whole_numbers_gives_int_and_others_float():
    assert isinstance(Slider("days", "Days", 7, 1, 30, 1).clean(9.0), int)
    assert isinstance(Slider("vol", "Vol", 60.0, 1, 90, 1).clean(61), int | float)
    assert Slider("vol", "Vol", 0.6, 0.1, 2.0, 0.1).clean(0.7) == 0.7


@pytest.mark.parametrize("value", [float("nan"), float("inf"), -31, 32, "3", None, True, [3]])
def test_slider_refuses_what_it_cannot_show(value):
    with pytest.raises(InputError, match="spot"):
        Slider("spot", "Spot", 0, -30, 30, 1).clean(value)


@pytest.mark.parametrize(
    "wrong", [dict(low=5, high=5), dict(step=0), dict(value=99), dict(page=[1, 2]), dict(page=[0, 99])]
)
def test_slider_refuses_a_wrong_definition(wrong):
    with pytest.raises(InputError, match="slider s"):
        Slider(**{**dict(name="s", label="S", value=0, low=-5, high=9, step=1), **wrong})


def test_control_without_page_values_is_fixed_on_the_page():
    fixed = [
        Slider("s", "S", 1, 0, 2, 1),
        Choice("c", "C", {"a": "A", "b": "B"}, "a", page=False),
        Toggle("t", "T", True, page=False),
        Legs("l", "L", ["BTC-PERP"], BOOKS["long"]),
    ]
    for control in fixed:
        assert len(control.page_values) == 1
        assert control.spec()["page"] is None


def test_page_values_hold_the_start():
    assert Slider("s", "S", 2, 0, 9, 1, page=[9, 2, 0]).page_values == [0, 2, 9]
    assert Toggle("t", "T").page_values == [False, True]
    assert Choice("c", "C", {"a": "A", "b": "B", "d": "D"}, "a", page=["a", "d"]).page_values == ["a", "d"]
    with pytest.raises(InputError, match="put its start"):
        Choice("c", "C", {"a": "A", "b": "B"}, "a", page=["b"])


def test_choice_and_toggle_refuse_other_values():
    with pytest.raises(InputError, match="choose one of a, b"):
        Choice("c", "C", {"a": "A", "b": "B"}, "a").clean("z")
    with pytest.raises(InputError, match="True or False"):
        Toggle("t", "T").clean(1)


def test_legs_reach_the_function_as_pairs_or_csv_text():
    legs = Legs("book", "Book", ["BTC-PERP"], BOOKS["long"], books=BOOKS)
    pairs = [("BTC-PERP", 2.5)]
    assert legs.clean({"legs": [["BTC-PERP ", 2.5]]}) == pairs
    assert legs.clean([["BTC-PERP", 2.5]]) == pairs
    assert legs.clean({"legs": [], "book": "short"}) == []
    assert legs.clean("short") == legs.clean({"book": "short"}) == BOOKS["short"]
    assert legs.clean({"csv": "instrument,quantity\nBTC-PERP,1"}) == "instrument,quantity\nBTC-PERP,1"
    assert legs.sent(BOOKS["short"]) == {"legs": [["BTC-PERP", -1.0]], "book": "short"}
    assert legs.sent("instrument,quantity\n") == {"csv": "instrument,quantity\n"}


@pytest.mark.parametrize("leg", [("BTC-PERP",), "BTC-PERP", ("BTC-PERP", "1"), ("BTC-PERP", float("nan"))])
def test_a_bad_leg_is_named_by_its_number(leg):
    with pytest.raises(InputError, match="leg 2"):
        Legs("book", "Book", []).clean([("BTC", 1.0), leg])


def test_start_outside_the_named_books_comes_first_on_the_page():
    legs = Legs("book", "Book", [], [("BTC", 3.0)], books=BOOKS, page=True)
    assert legs.page_values == [[("BTC", 3.0)], "long", "short"]
    assert [value.get("book") for value in legs.spec()["page"]] == [None, "long", "short"]


def test_specifications_are_json():
    controls = [Legs("l", "L", ["A"], [("A", 1)], books=BOOKS, page=True), Slider("s", "S", 1, 0, 2, 1)]
    assert json.loads(json.dumps([control.spec() for control in controls]))[0]["books"][0][0] == "long"
