"""Parameter cards: every one has a source, a date and a certainty; what is wrong with one is named."""

from dataclasses import dataclass

import pandas as pd
import pytest

from greekslab.errors import InputError
from greekslab.margin.venues import Card, card, card_names
from greekslab.margin.venues.cards import read_card

GOOD = {"title": "A venue", "source": "its rules, section 3", "as_of": "2026-01-21", "certainty": "documented"}


@dataclass(frozen=True)
class Rates:
    initial: float
    maintenance: float = 0.05


@pytest.mark.parametrize("name", card_names(), ids="-".join)
def test_every_card_has_a_source_and_a_date(name):
    found = card(*name)
    assert found.source and pd.Timestamp(found.as_of) and found.values


def test_numbers_can_be_overridden():
    found = read_card("venue", "now", {**GOOD, "initial": 0.1})
    assert found.parameters(Rates) == Rates(0.1, 0.05)
    assert found.parameters(Rates, maintenance=0.07) == Rates(0.1, 0.07)
    assert read_card("venue", "now", {**GOOD, "perp": {"initial": 0.2}}).parameters(Rates, "perp") == Rates(0.2)


@pytest.mark.parametrize("missing", list(GOOD))
def test_a_card_without_its_words_is_refused(missing):
    with pytest.raises(InputError, match=missing):
        read_card("venue", "now", {k: v for k, v in GOOD.items() if k != missing})


@pytest.mark.parametrize("wrong", [{"source": " "}, {"as_of": ""}, {"certainty": "sure"}, {"title": None}])
def test_empty_words_are_refused(wrong):
    with pytest.raises(InputError, match=next(iter(wrong))):
        Card("venue", "now", **{**GOOD, **wrong}, values={})


def test_unknown_keys_are_refused():
    found = read_card("venue", "now", {**GOOD, "initial": 0.1, "initail": 0.2})
    with pytest.raises(InputError, match="initail"):
        found.parameters(Rates)
    with pytest.raises(InputError, match="maintenence"):
        read_card("venue", "now", {**GOOD, "initial": 0.1}).parameters(Rates, maintenence=0.1)


def test_whoever_changes_a_card_changes_his_own_copy():
    for name in card_names():
        card(*name).values["between"] = []
        assert card(*name).values.get("between") != []
    card("simm_equity").values["delta_weight"][0] = 99
    assert card("simm_equity").values["delta_weight"][0] == 26


def test_what_a_card_lacks_is_named():
    with pytest.raises(InputError, match="initial is missing"):
        read_card("venue", "now", {**GOOD, "maintenance": 0.1}).parameters(Rates)
    with pytest.raises(InputError, match="now, perp.*initial is missing"):
        read_card("venue", "now", GOOD).parameters(Rates, "perp")


def test_unknown_venues_and_editions_are_refused():
    with pytest.raises(InputError, match="venue"):
        card("nowhere")
    with pytest.raises(InputError, match="edition of simm_equity"):
        card("simm_equity", "1.0")
    for wrong in ({"venue": ["opyn"]}, {"venue": "opyn", "edition": ["2022"]}):
        with pytest.raises(InputError):
            card(**wrong)
