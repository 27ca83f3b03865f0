"""Parameter cards: a venue's published numbers as data, with their source, their date and how certain they are.

A card is a table in the venue's TOML file, one for each edition of the numbers. Rulebooks read theirs and let the
caller override any of them. Nothing in the package knows a venue's number by heart.
"""

import tomllib
from collections.abc import Mapping
from copy import deepcopy
from dataclasses import MISSING, dataclass, fields, is_dataclass, replace
from functools import cache
from importlib.resources import files

from greekslab.errors import InputError

# "exact": taken from the venue's own code, at least three published cases met; "documented": from its own pages, the
# formula complete; "partial": incomplete or recovered, what is missing is said in the note.
CERTAINTIES = ("exact", "documented", "partial")
_WORDS = ("title", "source", "as_of", "certainty", "note")


@dataclass(frozen=True)
class Card:
    """One edition of a venue's numbers.

    ``venue`` and ``edition`` name it; ``title`` for reports; ``source`` and ``as_of`` (ISO date) say where the numbers
    are from; ``certainty`` is "exact", "documented" or "partial"; ``note`` what is left out; ``values`` the numbers.
    """

    venue: str
    edition: str
    title: str
    source: str
    as_of: str
    certainty: str
    values: Mapping
    note: str = ""

    def __post_init__(self):
        for word in ("title", "source", "as_of"):
            value = getattr(self, word)
            if not isinstance(value, str) or not value.strip():
                remedy = "a card says where its numbers come from and of when they are; add it"
                raise InputError(f"card {self.venue} {self.edition}: {word}", value, remedy)
        if self.certainty not in CERTAINTIES:
            remedy = f"say one of {', '.join(CERTAINTIES)}"
            raise InputError(f"card {self.venue} {self.edition}: certainty", self.certainty, remedy)

    def parameters(self, kind: type, section: str | None = None, **overrides):
        """Build a parameter dataclass from the card's numbers.

        Parameters
        ----------
        kind : type
            A dataclass whose fields are the numbers; fields with a default may be missing on the card.
        section : str, optional
            Name of the table of the card that holds them; without it the card's own values.
        **overrides
            Numbers that take the place of the card's.
        """
        if not is_dataclass(kind):
            raise InputError("kind", kind, "give a dataclass of parameters")
        values = self.values if section is None else self.values.get(section, {})
        known = [f.name for f in fields(kind)]
        for name in (*values, *overrides):
            if name not in known:
                where = f"{self.venue} {self.edition}" + (f", {section}" if section else "")
                raise InputError(f"parameter of {where}", name, f"choose one of {', '.join(known)}")
        given = {**values, **overrides}
        needed = [f.name for f in fields(kind) if f.init and f.default is MISSING and f.default_factory is MISSING]
        if missing := [name for name in needed if name not in given]:
            where = f"{self.venue} {self.edition}" + (f", {section}" if section else "")
            raise InputError(f"card {where}", list(given), f"{missing[0]} is missing; give it")
        return kind(**given)


@cache
def _cards() -> dict[str, dict[str, Card]]:
    found = {}
    for entry in sorted(files("greekslab.margin.venues").joinpath("cards").iterdir(), key=lambda f: f.name):
        if entry.name.endswith(".toml"):
            venue = entry.name.removesuffix(".toml")
            editions = tomllib.loads(entry.read_text(encoding="utf-8"))
            found[venue] = {edition: read_card(venue, edition, table) for edition, table in editions.items()}
    return found


def read_card(venue: str, edition: str, table: Mapping) -> Card:
    """Build a `Card` from a table: title, source, as_of and certainty, an optional note, and the numbers."""
    words = {word: table[word] for word in _WORDS if word in table}
    missing = [word for word in _WORDS[:4] if word not in words]
    if missing:
        raise InputError(f"card {venue} {edition}", sorted(table), f"{missing[0]} is missing; add it")
    return Card(venue, edition, values={k: v for k, v in table.items() if k not in _WORDS}, **words)


def card_names() -> list[tuple[str, str]]:
    """List the venue and edition of every card."""
    return [(venue, edition) for venue, editions in _cards().items() for edition in editions]


def card(venue: str, edition: str | None = None) -> Card:
    """Return a venue's card; without an edition, the first in its file, which is the newest.

    Examples
    --------
    >>> card("simm_equity").as_of
    '2022-12-03'
    """
    cards = _cards()
    if not isinstance(venue, str) or venue not in cards:
        raise InputError("venue", venue, f"choose one of {', '.join(cards)}")
    editions = cards[venue]
    edition = next(iter(editions)) if edition is None else edition
    if not isinstance(edition, str) or edition not in editions:
        raise InputError(f"edition of {venue}", edition, f"choose one of {', '.join(editions)}")
    return replace(editions[edition], values=deepcopy(editions[edition].values))  # the caller's own to change
