"""Published cases: read them from a folder, and find the data files they name.

The folder holds two sub-folders. ``vectors/`` has one JSON file per venue, whose cases say their ``kind``;
``numbers/`` has one per topic. A case is a JSON object with ``id``, ``inputs``, ``expected`` and often a tolerance.
"""

import json
import os
from dataclasses import dataclass, field
from pathlib import Path

RESTATED = Path(__file__).resolve().parent.parent / "restated"
FOLDERS = ("vectors", "numbers")


class NotCovered(Exception):
    """The package does not compute this (yet); the message says what."""


class DataMissing(Exception):
    """A case names a data file that is not there; the message says which."""


def only(record: dict, names: str, thing: str) -> dict:
    """Give a part of a case that has no other fields than `names` and a note; others are not covered."""
    if unknown := sorted(set(record) - {*names.split(), "note"}):
        raise NotCovered(f"{', '.join(unknown)} of a {thing}")
    return {name: x for name, x in record.items() if name != "note"}


@dataclass(frozen=True)
class Case:
    """One published case.

    ``folder`` "vectors" or "numbers"; ``stem`` of its file; ``record`` the case and ``document`` the rest of the
    file, which may hold tolerances for all of its cases.
    """

    folder: str
    stem: str
    record: dict
    document: dict = field(repr=False)

    @property
    def id(self) -> str:
        return str(self.record.get("id", "without-id"))

    @property
    def kind(self) -> str:
        """What a vector dispatches on; in numbers only "published", "computed" or "fact"."""
        return str(self.record.get("kind", ""))

    @property
    def inputs(self) -> dict:
        return self.record.get("inputs", {})

    @property
    def expected(self) -> dict:
        return self.record.get("expected", {})

    @property
    def label(self) -> str:
        return f"{self.folder}/{self.stem}/{self.id}"

    def one_of(self, name: str, *known: str) -> str:
        """Give an input that must be one of `known`; other values are not covered."""
        value = self.inputs[name]
        if value not in known:
            raise NotCovered(f"{name} is {value!r}")
        return value

    def side(self) -> float:
        """Give +1 for a long and -1 for a short; without a side, +1."""
        return 1.0 if "side" not in self.inputs or self.one_of("side", "long", "short") == "long" else -1.0

    def data(self, name: str) -> Path:
        """Give the path of a data file, which lies in the folder that GREEKSLAB_DATA names."""
        folder = os.environ.get("GREEKSLAB_DATA")
        if not folder:
            raise DataMissing(f"{name}: GREEKSLAB_DATA names no folder")
        if not (path := Path(folder) / name).is_file():
            raise DataMissing(f"{name}: not in {folder}")
        return path


def cases_folder() -> Path:
    """Give the folder that GREEKSLAB_CASES names, or the project's own restated figures."""
    named = os.environ.get("GREEKSLAB_CASES")
    if not named:
        return RESTATED
    if not any((Path(named) / folder).is_dir() for folder in FOLDERS):
        raise ValueError(f"GREEKSLAB_CASES is {named}: it has neither vectors/ nor numbers/; name another folder")
    return Path(named)


def load(root: Path) -> list[Case]:
    """Read every case of a folder, in the order of its files."""
    cases = []
    for folder in FOLDERS:
        for path in sorted((root / folder).glob("*.json")):
            document = json.loads(path.read_text(encoding="utf-8"))
            records = document.pop("cases")
            cases += [Case(folder, path.stem, record, document) for record in records]
    return cases
