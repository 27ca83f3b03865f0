"""Compare what was computed with what was published.

A number is met if ``|computed - expected| <= max(abs, rel * |expected|)``. The tolerance is looked for in the case,
then in its file; a key ``tolerance`` holds ``abs`` and ``rel``, each a number for all fields or one number per
field, and ``tol_abs`` and ``tol_rel`` are short for the same. ``levels_abs`` in a tolerance is an ``abs`` for the
fields with "levels" in their name; a bare number is an ``abs``. Without any it is 1e-8 relative. An expected 0 with
only a relative tolerance is met within 1e-12. No decimal number is asked for more digits than doubles keep beside the
largest one expected of the case: 1e-14 of that is rounding, and venues print some as well. Text, counts in lists and
truth values must be equal.
A field named ``..._if_unique`` tells of one solution where others may be as good: it may be left out.
"""

import math
from dataclasses import dataclass

DEFAULT_REL = 1e-8
ZERO_ABS = 1e-12
ROUNDING = 1e-14


@dataclass(frozen=True)
class Difference:
    """One compared number. ``units`` is its deviation in tolerances: above 1 it is not met."""

    where: str
    computed: object
    expected: object
    units: float
    absolute: float
    relative: float

    @property
    def met(self) -> bool:
        return self.units <= 1.0

    def __str__(self):
        return f"{self.where}: computed {self.computed!r}, published {self.expected!r}, {self.units:.3g} tolerances off"


def tolerance(case, name: str) -> tuple[float, float]:
    """Give (rel, abs) of a field; 0 where none is stated."""
    for source in (case.record, case.document):
        stated = source.get("tolerance", {})
        stated = stated if isinstance(stated, dict) else {"abs": stated}
        stated = stated | {key[4:]: source[key] for key in ("tol_abs", "tol_rel") if key in source}
        found = {which: _of_field(stated, which, name) for which in ("rel", "abs")}
        if any(value is not None for value in found.values()):
            return found["rel"] or 0.0, found["abs"] or 0.0
    return DEFAULT_REL, 0.0


def _of_field(stated, which, name):
    """Give the tolerance `which` ("rel" or "abs") that is stated for the field `name`, or None."""
    for key, value in stated.items():
        if key.endswith(f"_{which}") and key[: -len(which) - 1] in name:
            return value
    value = stated.get(which)
    return value.get(name) if isinstance(value, dict) else value


def compare(case, computed: dict) -> tuple[list[Difference], list[str]]:
    """Compare all expected fields; give the differences, and the names of what was not computed."""
    differences, missing = [], []
    rounding = ROUNDING * max((abs(x) for x in _decimals(case.expected)), default=0.0)
    for name, expected in case.expected.items():
        if name == "note" or (name.endswith("_if_unique") and name not in computed):
            continue
        if name not in computed:
            missing.append(name)
        else:
            _walk(name, computed[name], expected, (*tolerance(case, name), rounding), differences, missing)
    return differences, missing


def _decimals(expected):
    """Give every decimal number of what is expected."""
    if isinstance(expected, (dict, list)):
        for part in expected.values() if isinstance(expected, dict) else expected:
            yield from _decimals(part)
    elif isinstance(expected, float):
        yield expected


def _walk(where, computed, expected, allowed, differences, missing):
    if isinstance(expected, dict):
        for key, value in expected.items():
            if isinstance(computed, dict) and key in computed:
                _walk(f"{where}.{key}", computed[key], value, allowed, differences, missing)
            else:
                missing.append(f"{where}.{key}")
    elif isinstance(expected, list):
        computed = list(computed)
        if len(computed) != len(expected):
            differences.append(_unequal(f"{where}, length", len(computed), len(expected)))
        for i, (one, other) in enumerate(zip(computed, expected, strict=False)):
            _walk(f"{where}[{i}]", one, other, allowed, differences, missing)
    elif isinstance(expected, (int, float)) and not isinstance(expected, bool):
        differences.append(_number(where, computed, expected, *allowed))
    else:
        differences.append(_unequal(where, computed, expected))


def _number(where, computed, expected, rel, absolute, rounding):
    if computed is None or isinstance(computed, str) or not math.isfinite(computed):
        return _unequal(where, computed, expected)
    off = abs(float(computed) - expected)
    least = rounding if isinstance(expected, float) and not absolute else 0.0
    allowed = max(absolute, rel * abs(expected), least) or ZERO_ABS
    relative = off / abs(expected) if expected else (math.inf if off else 0.0)
    return Difference(where, float(computed), expected, off / allowed, off, relative)


def _unequal(where, computed, expected):
    same = computed == expected
    return Difference(where, computed, expected, 0.0 if same else math.inf, 0.0, 0.0)
