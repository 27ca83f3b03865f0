"""The page on published cases says what the run found."""

import conformance_page
from harness.cases import RESTATED, load
from harness.registry import Outcome, run


def cells(text, title):
    row = next(line for line in text.splitlines() if line.startswith(f"| {title}"))
    return [cell.strip() for cell in row.strip("|").split("|")]


def test_rulebooks_show_their_card_and_what_was_met():
    text = conformance_page.page([(case, run(case)) for case in load(RESTATED)])
    title, certainty, cases, met, missing, worst, share, date = cells(text, "ISDA SIMM")
    assert (certainty, cases, met, missing, date) == ("exact", "2", "2", "0", "2022-12-03")
    assert float(worst) < 1e-8 and float(share.removesuffix(" %")) < 100.0
    assert "- **ISDA SIMM 2.5, equity, ten days**: ISDA SIMM Methodology" in text
    topic, cases, met, missing, worst, share = cells(text, "implied volatility")
    assert int(cases) == int(met) > 0 and missing == "0" and 0.0 <= float(share.removesuffix(" %")) <= 100.0


def test_what_is_not_computed_is_said():
    pairs = [(case, Outcome("not covered", "no such rule")) for case in load(RESTATED) if case.stem == "span"]
    assert "Not computed yet: span." in conformance_page.page(pairs)


def test_a_failed_case_is_not_counted_as_met():
    pairs = [(case, run(case)) for case in load(RESTATED) if case.stem == "simm_equity"]
    (case, outcome), *rest = pairs
    text = conformance_page.page([(case, Outcome("failed", "", outcome.differences)), *rest])
    assert cells(text, "ISDA SIMM")[2:5] == ["2", "1", "0"]
