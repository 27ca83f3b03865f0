"""The table at the end of a run: what became of the cases of each file.

Results travel with pytest's own reports, so the table is the same with and without parallel workers.
"""

import math
import os

PROPERTY = "conformance"
COLUMNS = ("met", "failed", "not covered", "data missing")
HEADS = (
    "file", "cases", "met", "failed", "not covered yet", "data missing", "in tolerances", "relative", "absolute",
    "worst deviation at",
)  # fmt: skip


def as_property(case, outcome) -> dict:
    """Give what the table needs to know of a case, in plain types."""
    worst = outcome.worst
    found = {"file": f"{case.folder}/{case.stem}", "status": outcome.status, "reason": outcome.reason}
    if worst is not None:
        found |= {
            "units": float(worst.units), "relative": float(worst.relative), "absolute": float(worst.absolute),
            "where": f"{case.id}: {worst.where}",
        }  # fmt: skip
    return found


def result_of(report) -> dict | None:
    """Give what a report says of a published case, None for every other test."""
    return next((v for k, v in getattr(report, "user_properties", ()) if k == PROPERTY), None)


def category(report):
    """Count cases that are not covered, or miss their data, as what they are: neither passed nor skipped."""
    result = result_of(report)
    if report.when != "call" or not report.skipped or result is None:
        return None
    return result["status"], result["status"][0], result["status"].upper()


def write(terminal) -> None:
    """Write the table, if published cases were run."""
    reports = [r for group in terminal.stats.values() for r in group if getattr(r, "when", "") == "call"]
    results = [r for r in map(result_of, reports) if r is not None]
    if not results:
        return
    terminal.section("published cases")
    if os.environ.get("GREEKSLAB_CASES"):
        terminal.write_line(f"Cases of {os.environ['GREEKSLAB_CASES']} (GREEKSLAB_CASES).")
    else:
        terminal.write_line(
            "GREEKSLAB_CASES is not set: these are the few figures that the project restates itself"
            " (tests/conformance/restated)."
        )
    for line in lines(results):
        terminal.write_line(line)
    terminal.write_line(
        "Worst deviation: of all numbers compared, also in cases of which only some fields are computed;"
        " above 1 tolerance a case fails."
    )
    if terminal.config.getoption("verbose") > 0:
        for line in reasons(results):
            terminal.write_line(line)


def lines(results) -> list[str]:
    """Lay out one row per file, and their sum."""
    files = {}
    for result in results:
        files.setdefault(result["file"], []).append(result)
    rows = [HEADS, *(_row(name, files[name]) for name in sorted(files)), _row("all", results)]
    widths = [max(len(row[i]) for row in rows) for i in range(len(HEADS))]
    laid = [
        "  ".join(
            cell.ljust(width) if i in (0, len(HEADS) - 1) else cell.rjust(width)
            for i, (cell, width) in enumerate(zip(row, widths, strict=True))
        ).rstrip()
        for row in rows
    ]
    return [laid[0], "-" * len(laid[0]), *laid[1:-1], "-" * len(laid[0]), laid[-1]]


def _row(name, results):
    counts = [sum(r["status"] == status for r in results) for status in COLUMNS]
    worst = max((r for r in results if "units" in r), key=lambda r: r["units"], default=None)
    cells = [name, str(len(results)), *(str(n) if n else "." for n in counts)]
    if worst is None:
        return [*cells, "", "", "", ""]
    return [*cells, *(_short(worst[key]) for key in ("units", "relative", "absolute")), worst["where"]]


def _short(value):
    if value == 0.0:
        return "0"
    return "inf" if math.isinf(value) else f"{value:.2g}"


def reasons(results) -> list[str]:
    """Say, most frequent first, why cases are not covered or miss their data."""
    counts = {}
    for r in results:
        if r["status"] in ("not covered", "data missing"):
            key = (r["status"], r["file"], r["reason"])
            counts[key] = counts.get(key, 0) + 1
    ordered = sorted(counts.items(), key=lambda item: (-item[1], item[0]))
    return [f"{count:5d} {status}: {file}: {reason}" for (status, file, reason), count in ordered]
