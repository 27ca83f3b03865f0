"""What a reader can move: sliders, choices, toggles, and a book of positions edited leg by leg.

Each control knows three things: the specification that the browser draws (`spec`), how to make the value
that the function receives from what the browser sent (`clean`), and which values the published page
carries (`page_values`; a single one means that the control is fixed there).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from math import isfinite

from greekslab.errors import InputError


@dataclass(frozen=True)
class Slider:
    """A number between two ends.

    Parameters
    ----------
    name : str
        Keyword under which the function receives the number.
    label : str
        What the reader sees.
    value, low, high, step : float
        Start, ends and step, in `unit`. All whole numbers: the function receives an ``int``.
    unit : str
        Shown after the number: ``"%"``, ``"USD"``, ``"days"``.
    page : list of float, optional
        Values on the published page, `value` among them. Without it the slider is fixed there.
    """

    name: str
    label: str
    value: float
    low: float
    high: float
    step: float
    unit: str = ""
    page: Sequence[float] | None = None

    def __post_init__(self):
        if not self.low < self.high:
            raise InputError(f"slider {self.name}: high", self.high, f"give more than low, {self.low}")
        if not self.step > 0:
            raise InputError(f"slider {self.name}: step", self.step, "give a positive step")
        self.clean(self.value)
        for value in self.page_values:
            self.clean(value)
        if self.page is not None and self.value not in self.page_values:
            raise InputError(f"slider {self.name}: page", list(self.page), f"put its start {self.value} in")

    @property
    def page_values(self) -> list:
        return [self.value] if self.page is None else sorted(self.clean(value) for value in self.page)

    def clean(self, value: object) -> float | int:
        number = _number(f"slider {self.name}", value)
        # Half a step of grace: browsers round to the step, which need not divide the span.
        if not self.low - self.step / 2 <= number <= self.high + self.step / 2:
            raise InputError(f"slider {self.name}", value, f"give a value from {self.low} to {self.high}")
        whole = all(isinstance(part, int) for part in (self.value, self.low, self.step))
        return round(number) if whole and number == round(number) else number

    def sent(self, value: object) -> object:
        return self.clean(value)

    def spec(self) -> dict:
        return _spec(self, "slider", low=self.low, high=self.high, step=self.step, unit=self.unit)


@dataclass(frozen=True)
class Choice:
    """One of several named options.

    Parameters
    ----------
    name, label : str
        As for `Slider`.
    options : dict of str to str
        Key that the function receives -> words that the reader sees.
    value : str
        Key at the start.
    page : bool or list of str
        True: all options are on the published page; a list: these keys; False: fixed there.
    """

    name: str
    label: str
    options: Mapping[str, str]
    value: str
    page: bool | Sequence[str] = True

    def __post_init__(self):
        for key in [self.value, *self.page_values]:
            self.clean(key)
        if self.value not in self.page_values:
            raise InputError(f"choice {self.name}: page", self.page, f"put its start {self.value!r} in")

    @property
    def page_values(self) -> list[str]:
        return _some(self.page, list(self.options), self.value)

    def clean(self, value: object) -> str:
        if value not in self.options:
            raise InputError(f"choice {self.name}", value, f"choose one of {', '.join(self.options)}")
        return value

    def sent(self, value: object) -> str:
        return self.clean(value)

    def spec(self) -> dict:
        return _spec(self, "choice", options=[[key, words] for key, words in self.options.items()])


@dataclass(frozen=True)
class Toggle:
    """On or off; `page` False fixes it on the published page."""

    name: str
    label: str
    value: bool = False
    page: bool = True

    @property
    def page_values(self) -> list[bool]:
        return [False, True] if self.page else [self.value]

    def clean(self, value: object) -> bool:
        if not isinstance(value, bool):
            raise InputError(f"toggle {self.name}", value, "give True or False")
        return value

    def sent(self, value: object) -> bool:
        return self.clean(value)

    def spec(self) -> dict:
        return _spec(self, "toggle")


@dataclass(frozen=True)
class Legs:
    """A book of positions that the reader edits: add, change, flip and remove legs, or paste a CSV.

    The function receives a list of ``(instrument name, quantity)``, or, where a CSV was pasted or
    uploaded, its text as one ``str`` (columns ``instrument, quantity[, entry_price]``). The browser sends
    ``{"legs": [[name, quantity], ...]}`` or ``{"csv": text}``.

    Parameters
    ----------
    name, label : str
        As for `Slider`.
    instruments : sequence of str
        Names offered while typing. Others may be typed as well: the function decides what it knows.
    value : sequence of (str, float)
        Legs at the start.
    books : dict of str to sequence of (str, float), optional
        Named books that the reader can load by one choice.
    page : bool or list of str
        True: all `books` can be chosen on the published page; a list: these; False: the book is fixed there.
        Legs are never edited there. If `value` is none of them it comes first, as "start".
    """

    name: str
    label: str
    instruments: Sequence[str]
    value: Sequence[tuple[str, float]] = ()
    books: Mapping[str, Sequence[tuple[str, float]]] = field(default_factory=dict)
    page: bool | Sequence[str] = False

    def __post_init__(self):
        for legs in [self.value, *self.books.values()]:
            self._legs(legs)
        for label in self.page if isinstance(self.page, Sequence) else []:
            if label not in self.books:
                raise InputError(f"legs {self.name}: page", label, f"choose among {', '.join(self.books)}")

    @property
    def _start(self) -> str | None:
        legs = self._legs(self.value)
        return next((label for label, book in self.books.items() if self._legs(book) == legs), None)

    @property
    def page_values(self) -> list:
        """Labels of the books on the page; the start's own legs where it is none of them."""
        labels = _some(self.page, list(self.books), None)
        start = self._start
        if labels == [None]:
            return [self._legs(self.value) if start is None else start]
        return labels if start in labels else [self._legs(self.value), *labels]

    def clean(self, value: object) -> list[tuple[str, float]] | str:
        if isinstance(value, Mapping):
            kind = next((key for key in ("csv", "legs", "book") if key in value), None)
            if kind is None:
                raise InputError(f"legs {self.name}", dict(value), 'send "legs", "csv" or "book"')
            value = value[kind]
        if isinstance(value, str):
            return self._legs(self.books[value]) if value in self.books else value
        return self._legs(value)

    def _legs(self, rows: object) -> list[tuple[str, float]]:
        legs = []
        for number, row in enumerate(rows, start=1):
            if not isinstance(row, Sequence) or isinstance(row, str) or len(row) != 2:
                raise InputError(f"legs {self.name}: leg {number}", row, "give (instrument, quantity)")
            legs.append((str(row[0]).strip(), _number(f"leg {number} ({row[0]}): quantity", row[1])))
        return legs

    def sent(self, value: object) -> dict:
        legs = self.clean(value)
        if isinstance(legs, str):
            return {"csv": legs}
        label = next((label for label, book in self.books.items() if self._legs(book) == legs), None)
        return {"legs": [list(leg) for leg in legs], **({} if label is None else {"book": label})}

    def spec(self) -> dict:
        books = [[label, [list(leg) for leg in self._legs(legs)]] for label, legs in self.books.items()]
        return _spec(self, "legs", instruments=list(self.instruments), books=books)


Control = Slider | Choice | Toggle | Legs


def _number(thing: str, value: object) -> float:
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not isfinite(value):
        raise InputError(thing, value, "give a finite number")
    return value


def _some(page: bool | Sequence[str], every: list, start: object) -> list:
    if page is True:
        return every
    return list(page) if page else [start]


def _spec(control: Control, kind: str, **more: object) -> dict:
    page = [control.sent(value) for value in control.page_values]
    return {
        "kind": kind,
        "name": control.name,
        "label": control.label,
        "value": control.sent(control.value),
        "page": page if len(page) > 1 else None,
        **more,
    }
