"""The harness itself: a wrong number is found, an unknown case is not covered, the table counts right."""

import copy
import json

import pytest
from harness.cases import RESTATED, Case, DataMissing, load
from harness.compare import compare, tolerance
from harness.registry import adaptors, run
from harness.table import as_property, lines, reasons


def case(folder="numbers", stem="derivatives_margin", document=None, **record):
    return Case(folder, stem, {"id": "x", "kind": "computed", **record}, document or {})


LINEAR = {"inputs": {"qty": 2, "entry": 100, "exit": 110}, "expected": {"pnl_usd": 20.0}}


def test_a_right_number_is_met_and_a_wrong_one_fails():
    assert run(case(**LINEAR)).status == "met"
    wrong = run(case(**LINEAR | {"expected": {"pnl_usd": 20.1}}))
    assert wrong.status == "failed" and "published 20.1" in wrong.reason


def test_a_case_half_computed_is_not_covered_but_a_wrong_half_fails():
    half = run(case(**LINEAR | {"expected": {"pnl_usd": 20.0, "fee": 1.0}}))
    assert half.status == "not covered" and half.reason == "not computed: fee" and len(half.differences) == 1
    assert run(case(**LINEAR | {"expected": {"pnl_usd": 21.0, "fee": 1.0}})).status == "failed"


@pytest.mark.parametrize(
    "unknown",
    [
        case(stem="unheard_of", inputs={}, expected={"x": 1}),
        case(inputs={"qty": 1, "entry": 100, "exit": 110, "rebate": 1}, expected={"pnl_usd": 10}),
        case(inputs={"qty": 1, "entry": 100, "exit": 110, "side": "both"}, expected={"pnl_usd": 10}),
        case(inputs=LINEAR["inputs"], expected={"something_else": 1}),
        case(inputs={}, expected={}),
        case("vectors", "span", kind="unheard_of", inputs={}, expected={"x": 1}),
        case("vectors", "span", kind="span_scan", expected={"scan_risk": 1},
             inputs={"positions": {"a": 1}, "risk_arrays_long_pnl": {"a": [1, 2]}}),
        case(stem="crash_facts", inputs={"date": "1987-10-19"}, expected={"BTC": {"close": 1}}),
    ],
)  # fmt: skip
def test_what_is_unknown_is_not_covered(unknown):
    outcome = run(unknown)
    assert outcome.status == "not covered" and outcome.reason


def test_two_volatilities_at_one_strike_are_not_covered():
    """A market has one volatility per strike: a case with two is refused, not computed with the last of them."""
    first = next(c for c in load(RESTATED) if c.kind == "derive_srm" and any(m["options"] for m in _markets(c)))
    changed = copy.deepcopy(first.record)
    options = next(m["options"] for m in changed["inputs"]["markets"].values() if m["options"])
    options.append(options[0] | {"vol": 2.0 * options[0]["vol"]})
    outcome = run(Case(first.folder, first.stem, changed, first.document))
    assert outcome.status == "not covered" and "volatilities" in outcome.reason


@pytest.mark.parametrize("kind, part", [("snx_v3_margin", "positions"), ("mango_health_init", "perp")])
def test_an_unknown_field_inside_a_position_is_not_covered(kind, part):
    first = next(c for c in load(RESTATED) if c.kind == kind and c.inputs.get(part))
    changed = copy.deepcopy(first.record)
    position = changed["inputs"][part]
    (position[0] if isinstance(position, list) else position)["accrued_funding"] = 10.0
    outcome = run(Case(first.folder, first.stem, changed, first.document))
    assert outcome.status == "not covered" and "accrued_funding" in outcome.reason


def _markets(case):
    return case.inputs["markets"].values()


@pytest.mark.parametrize(
    "stem, kind, change",
    [
        ("opyn", "opyn_spread", {"long_amount": None, "long_strike": None, "expiry_spot": None}),
        ("drift_v2", "drift_perp_margin", {"quote_twap5": None, "open_orders": None}),
        ("okx_pm", "okx_pm_risk_unit", {"mr7_tiers": None, "imr_multiplier": None}),
        ("dydx_v4", "dydx_margin", {"user_imf_ppm": None, "notes": "words for the reader"}),
    ],
)
def test_an_optional_input_that_is_null_is_not_stated(stem, kind, change):
    """What is left out, null, or only words gives the same numbers."""
    first = next(c for c in load(RESTATED) if c.stem == stem and c.kind == kind)
    left = {name: x for name, x in first.inputs.items() if name not in change}
    without, null = (
        run(Case(first.folder, stem, first.record | {"inputs": left | extra}, first.document)) for extra in ({}, change)
    )
    assert without.differences and without.differences == null.differences


def test_dispatch_does_not_look_at_ids():
    for record in load(RESTATED):
        renamed = Case(record.folder, record.stem, record.record | {"id": "renamed"}, record.document)
        assert run(renamed) == run(record)


def test_every_restated_figure_is_met():
    """Also where the published folder takes the place of the restated figures."""
    assert {run(c).status for c in load(RESTATED)} == {"met"}
    assert all(c.record["source"] for c in load(RESTATED))


@pytest.mark.parametrize(
    "record, document, expected",
    [
        ({}, {}, (1e-8, 0.0)),
        ({"tolerance": {"note": "approximate"}}, {}, (1e-8, 0.0)),
        ({"tolerance": {"rel": 1e-3}}, {"tol_abs": 5}, (1e-3, 0.0)),
        ({"tolerance": {"rel": 1e-3, "abs": 2}}, {}, (1e-3, 2)),
        ({"tolerance": {"abs": {"levels": 1, "other": 2}}}, {}, (0.0, 1)),
        ({"tolerance": {"abs": {"other": 2}}}, {}, (1e-8, 0.0)),
        ({"tolerance": {"abs": {"other": 2}, "rel": {"levels": 0.1}}}, {}, (0.1, 0.0)),
        ({"tolerance": {"abs": 0.1, "levels_abs": 7}}, {}, (0.0, 7)),
        ({"tolerance": 0.5}, {}, (0.0, 0.5)),
        ({"tol_rel": 1e-4}, {}, (1e-4, 0.0)),
        ({}, {"tol_abs": 1.5}, (0.0, 1.5)),
    ],
)
def test_tolerances(record, document, expected):
    assert tolerance(case(document=document, **record), "levels") == expected


def test_numbers_text_lists_and_tables_are_compared_in_depth():
    expected = {"a": [1.0, [2.0, "x"]], "b": {"c": None, "d": True}}
    record = case(expected=expected, tolerance={"abs": 0.1})
    met, missing = compare(record, {"a": (1.05, [2.0, "x"]), "b": {"c": None, "d": True, "more": 1}, "z": 3})
    assert all(d.met for d in met) and len(met) == 5 and not missing
    assert max(d.units for d in met) == pytest.approx(0.5)
    for wrong in ({"a": [1.2, [2.0, "x"]]}, {"a": [1.0, [2.0, "y"]]}, {"a": [1.0]}, {"a": [float("nan"), [2.0, "x"]]}):
        found, missing = compare(record, wrong)
        assert sum(not d.met for d in found) == 1 and missing == ["b"]
    assert compare(record, {"a": [1.0, [2.0, "x"]], "b": {"c": None}})[1] == ["b.d"]


def test_an_expected_zero_needs_no_absolute_tolerance():
    record = case(expected={"a": 0}, tolerance={"rel": 1e-12})
    assert compare(record, {"a": 1e-16})[0][0].met and not compare(record, {"a": 1e-9})[0][0].met


def test_a_data_file_is_found_or_named_as_missing(tmp_path, monkeypatch):
    monkeypatch.delenv("GREEKSLAB_DATA", raising=False)
    with pytest.raises(DataMissing, match="GREEKSLAB_DATA names no folder"):
        case().data("prices.csv")
    monkeypatch.setenv("GREEKSLAB_DATA", str(tmp_path))
    with pytest.raises(DataMissing, match=r"prices\.csv: not in"):
        case().data("prices.csv")
    (tmp_path / "prices.csv").write_text("1")
    assert case().data("prices.csv").read_text() == "1"


def test_the_table_counts_every_case_once_and_shows_the_worst():
    records = [
        case(**LINEAR), case(**LINEAR | {"expected": {"pnl_usd": 21.0}}), case(inputs={}, expected={"x": 1}),
        case("vectors", "span", kind="unheard_of"),
    ]  # fmt: skip
    results = [as_property(c, run(c)) for c in records]
    assert json.loads(json.dumps(results)) == results  # it travels between workers as plain text
    head, _, numbers, vectors, _, total = lines(results)
    assert head.startswith("file") and "not covered yet" in head
    assert numbers.split()[:6] == ["numbers/derivatives_margin", "3", "1", "1", "1", "."]
    assert vectors.split()[:6] == ["vectors/span", "1", ".", ".", "1", "."]
    assert total.split()[:6] == ["all", "4", "1", "1", "2", "."] and total.endswith("x: pnl_usd")
    assert len(reasons(results)) == 2


def test_adaptors_say_what_they_need():
    for adaptor in adaptors():
        assert not adaptor.needs & adaptor.may, adaptor
        assert adaptor.needs or adaptor.gives, "an adaptor that takes everything would hide what is not covered"
