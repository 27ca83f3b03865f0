"""Write the page on published cases, book/conformance.md, from a run of the conformance harness.

Run as part of `make book`. The cases are those of the folder that GREEKSLAB_CASES names, or the few that the project
restates itself; the page says which.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PAGE = ROOT / "book" / "conformance.md"
sys.path.insert(0, str(ROOT / "tests" / "conformance"))

HEAD = """\
# Published cases

A margin model is easy to write and easy to get wrong. This page is written by the test run that built the book. It
lists every published case that was computed, where it is from, and how far the worst number is from the published one.

"exact" is a rule that follows the venue's own code and meets its published cases. "documented" follows the venue's
pages. "partial" leaves something out that the venue does not publish; each report says what. A case is *met* when all
its numbers are within the tolerance stated with it, often half of the last digit that was printed; *not covered* counts
cases of which the package does not compute every number.
"""
TOPICS = {
    "black_scholes_greeks": "prices and Greeks", "implied_vol": "implied volatility", "svi_ssvi": "SVI and SSVI smiles",
    "deribit_ticker_check": "Deribit's tickers", "var_es": "value at risk, expected shortfall",
    "derivatives_margin": "liquidation prices, scans", "price_fact_tables": "price history", "crash_facts": "crashes",
    "var_backtests": "backtests", "volatility_correlation": "volatility, correlation",
    "markowitz_risk_parity": "frontier, risk parity", "protection_hedging_execution": "protection, hedging, execution",
    "contagion_feedback": "contagion, feedback", "defi_facts": "facts of decentralised finance",
}  # fmt: skip


def results() -> list[tuple]:
    """Run all cases and return (case, outcome) pairs."""
    from harness.cases import cases_folder, load
    from harness.registry import run

    return [(case, run(case)) for case in load(cases_folder())]


def page(pairs) -> str:
    """Word the page; `pairs` are those of `results`."""
    if os.environ.get("GREEKSLAB_CASES"):
        source = f"This build ran {len(pairs)} cases."
    else:
        source = f"This build ran the {len(pairs)} cases that the project restates in its tests."
    parts = [HEAD, source, "", "## Venues' rulebooks", "", *_table(pairs, "vectors")]
    parts += ["", "## Formulas and figures from the literature", "", *_table(pairs, "numbers"), ""]
    return "\n".join(parts)


def _table(pairs, folder) -> list[str]:
    files = {}
    for case, outcome in pairs:
        if case.folder == folder:
            files.setdefault(case.stem, []).append((case, outcome))
    head = ["cases", "met", "not covered", "worst deviation", "of its tolerance", "as of"]
    head = ["rulebook", "certainty", *head] if folder == "vectors" else ["topic", *head[:5]]
    later = sorted(stem for stem, group in files.items() if not any(outcome.differences for _, outcome in group))
    sources = []
    rows = [head, [":--" if name in ("rulebook", "topic", "certainty", "as of") else "--:" for name in head]]
    for stem, group in sorted((stem, group) for stem, group in files.items() if stem not in later):
        counts = [len(group), *(sum(o.status == status for _, o in group) for status in ("met", "not covered"))]
        cells = [*map(str, counts), *_worst(group)]
        if folder == "numbers":
            rows.append([TOPICS.get(stem, stem.replace("_", " ")), *cells])
            continue
        card = _card(stem)
        source = card.source if card else group[0][0].document.get("repo", group[0][0].record.get("source", ""))
        words = [card.title if card else group[0][0].document.get("venue", stem), card.certainty if card else ""]
        rows.append([*words, *cells, card.as_of if card else ""])
        sources.append(f"- **{words[0]}**: {source}")
    lines = ["| " + " | ".join(cell.replace("|", "/") for cell in row) + " |" for row in rows]
    names = [TOPICS.get(stem, stem.replace("_", " ")) for stem in later]
    lines += ["", f"Not computed yet: {'; '.join(names)}."] if names else []
    return [*lines, "", "Where the rules and their cases are from:", "", *sources] if sources else lines


def _worst(group) -> tuple[str, str]:
    """Say the largest deviation among the cases that are met: relative, where something is expected, and in tolerances.

    A published rounding error beside large numbers has a relative deviation that says nothing.
    """
    found = [d for _, outcome in group for d in outcome.differences if outcome.status == "met"]
    numbers = [d for d in found if isinstance(d.relative, float)]
    if not numbers:
        return "", ""
    units = max(d.units for d in numbers)
    sized = [d for d in numbers if d.relative == 0.0 or d.absolute / d.relative >= 1e-6]  # something is expected
    worst = max(sized or numbers, key=lambda d: d.units)
    return "0" if worst.absolute == 0.0 else f"{worst.relative:.1e}", f"{100.0 * units:.2g} %"


def _card(stem):
    """Return the newest card of the venue whose name a file of cases begins with."""
    from greekslab.margin.venues import card, card_names

    venues = dict.fromkeys(venue for venue, _ in card_names())
    if stem in venues:
        return card(stem)
    fits = [venue for venue in venues if stem == venue or stem.startswith(venue) or venue.startswith(stem)]
    return card(max(fits, key=len)) if fits else None


if __name__ == "__main__":
    PAGE.write_text(page(results()), encoding="utf-8")
