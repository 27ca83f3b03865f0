"""Which adaptor runs which case.

An adaptor turns a case's inputs into calls of the package's public functions and gives the results by field name.
It does no maths of its own beyond a change of units. It is found by what a case looks like, never by its id: vectors
by their kind, numbers by their topic and the set of their input and expected fields.
"""

import importlib
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cache

from harness.cases import Case, DataMissing, NotCovered
from harness.compare import Difference, compare

COMMENTS = {"note", "notes", "comment", "scenario_order"}  # inputs that are words for the reader
_ADAPTORS = []


@dataclass(frozen=True)
class Adaptor:
    """``key`` (folder, kind or topic), the inputs it needs and may take, and the fields it gives (empty: any)."""

    key: tuple[str, str]
    needs: frozenset
    may: frozenset
    gives: frozenset
    run: Callable[[Case], dict]

    def takes(self, case: Case) -> bool:
        inputs = set(case.inputs) - COMMENTS
        return self.needs <= inputs <= self.needs | self.may and (
            not self.gives or bool(self.gives & set(case.expected))
        )

    def compute(self, case: Case) -> dict:
        """Run the case; an optional input that is null counts as not stated."""
        stated = {name: x for name, x in case.inputs.items() if x is not None or name not in self.may}
        return self.run(replace(case, record=case.record | {"inputs": stated}))


def _register(folder, name, needs, may, gives):
    def keep(run):
        words = (frozenset(text.split()) for text in (needs, may, gives))
        _ADAPTORS.append(Adaptor((folder, name), *words, run))
        return run

    return keep


def vector(kind: str, *, needs: str, may: str = "", gives: str = ""):
    """Register an adaptor for a kind of vector; field names are separated by blanks."""
    return _register("vectors", kind, needs, may, gives)


def number(topic: str, *, needs: str, may: str = "", gives: str = ""):
    """Register an adaptor for a topic of numbers: the stem of its file, or what that begins with."""
    return _register("numbers", topic, needs, may, gives)


@cache
def adaptors() -> tuple[Adaptor, ...]:
    parts = (
        "options", "implied_vols", "contracts", "venues", "scans", "facts", "samples", "simm", "smiles", "opyn",
        "cboe", "value_at_risk", "derive", "dydx", "deribit", "paradex", "exchanges", "mango", "drift",
        "synthetix", "hyperliquid",
    )  # fmt: skip
    for name in parts:
        importlib.import_module(f"harness.{name}")
    return tuple(_ADAPTORS)


def _answers_to(adaptor, case):
    folder, name = adaptor.key
    if folder != case.folder:
        return False
    return case.kind == name if folder == "vectors" else case.stem.startswith(name)


def find(case: Case) -> Adaptor:
    """Give the adaptor that computes most of what a case expects, or say why there is none."""
    known = [a for a in adaptors() if _answers_to(a, case)]
    if not known:
        what = f"kind {case.kind}" if case.folder == "vectors" else f"topic {case.stem}"
        raise NotCovered(f"nothing for {what}")
    fitting = [a for a in known if a.takes(case)]
    if not fitting:
        raise NotCovered(f"{_words(case.inputs)} -> {_words(case.expected)}")
    return max(fitting, key=lambda a: len(a.gives & set(case.expected)))


def _words(names, most=6):
    names = sorted(names)
    return ", ".join(names[:most]) + (", ..." if len(names) > most else "")


@dataclass(frozen=True)
class Outcome:
    """What became of a case: "met", "failed", "not covered" or "data missing", and the compared numbers."""

    status: str
    reason: str
    differences: tuple[Difference, ...] = ()

    @property
    def failures(self) -> list[Difference]:
        return [d for d in self.differences if not d.met]

    @property
    def worst(self) -> Difference | None:
        return max(self.differences, key=lambda d: d.units, default=None)


def run(case: Case) -> Outcome:
    """Run a case. Where only some fields are computed they are still compared, and a wrong one fails."""
    try:
        computed = find(case).compute(case)
    except NotCovered as error:
        return Outcome("not covered", str(error))
    except DataMissing as error:
        return Outcome("data missing", str(error))
    differences, missing = compare(case, computed)
    if any(not d.met for d in differences):
        return Outcome("failed", "; ".join(str(d) for d in differences if not d.met), tuple(differences))
    if missing or not differences:
        return Outcome("not covered", f"not computed: {_words(missing)}", tuple(differences))
    return Outcome("met", "", tuple(differences))
