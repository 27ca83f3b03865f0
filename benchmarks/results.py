"""What a benchmark gives: a table with aims, printed for a reader and written as JSON."""

import json
import platform
import time
from dataclasses import asdict, dataclass, field
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

FOLDER = Path(__file__).resolve().parent / "results"
PACKAGES = ("greekslab", "numpy", "scipy", "pandas", "opengreeks", "vanilla-option-pricers", "lbriv")


@dataclass
class Table:
    """Rows of one measurement.

    ``rows`` maps a contender to its figures, in the order of ``columns``; ``aims`` are (what, measured, aim) and are
    met where measured <= aim; ``notes`` say what was measured and what could not be.
    """

    title: str
    columns: list[str]
    rows: dict[str, list]
    aims: list[tuple[str, float, float]] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    def __str__(self):
        head = ["", *self.columns]
        cells = [head, *([name, *map(_cell, values)] for name, values in self.rows.items())]
        widths = [max(len(row[i]) for row in cells) for i in range(len(head))]
        lines = [self.title, "=" * len(self.title)]
        for row in cells:
            first, *rest = (
                c.ljust(w) if i == 0 else c.rjust(w) for i, (c, w) in enumerate(zip(row, widths, strict=True))
            )
            lines.append("  ".join([first, *rest]).rstrip())
        for what, measured, aim in self.aims:
            lines.append(
                f"{'met' if measured <= aim else 'MISSED'}: {what}: {_cell(measured)} (aim: at most {_cell(aim)})"
            )
        return "\n".join(lines + self.notes)


def _cell(value):
    if isinstance(value, str):
        return value
    return "-" if value is None else f"{value:.3g}" if abs(value) < 1000 else f"{value:,.0f}".replace(",", " ")


def write(subject: str, tables: list[Table]) -> str:
    """Write the tables of a subject, with machine and versions; give the file's path from the project's folder."""
    FOLDER.mkdir(exist_ok=True)
    path = FOLDER / f"{subject}.json"
    record = {
        "measured": time.strftime("%Y-%m-%d %H:%M:%S UTC", time.gmtime()),
        "python": platform.python_version(),
        "processor": _processor(),
        "packages": {name: found for name in PACKAGES if (found := _version(name))},
        "tables": [asdict(table) for table in tables],
    }
    path.write_text(json.dumps(record, indent=1) + "\n", encoding="utf-8")
    return str(path.relative_to(FOLDER.parent.parent))


def _version(name):
    try:
        return version(name)
    except PackageNotFoundError:
        return None


def _processor():
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
        return next(line.split(":", 1)[1].strip() for line in lines if line.startswith("model name"))
    except (OSError, StopIteration):
        return platform.processor() or platform.machine()
