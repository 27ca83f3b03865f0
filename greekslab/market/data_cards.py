"""Data cards: where each embedded data set comes from, what it spans, and what was done to it.

A card is a small TOML file beside the data it describes. Every chapter that uses a data set shows its card.
"""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from html import escape
from importlib import resources

import pandas as pd

from greekslab.errors import InputError

FOLDER = resources.files("greekslab.market").joinpath("data_files")


@dataclass(frozen=True)
class Card:
    """What a reader must know before trusting a data set.

    Attributes
    ----------
    name, title, about : str
        Short name, heading, and what the data set is.
    origin, link : str
        Package of the Python Package Index and version, or repository and commit; the repository's address.
    span : str
        First and last time covered, UTC.
    licence, copyright : str
        Licence of the origin and its copyright line; the full text is in ``LICENCES.txt`` beside the data.
    changed : tuple of str
        Every change made on the way from the origin to the embedded file.
    gaps : tuple of str
        What is missing. Nothing is filled in.
    columns : mapping of str to str
        Meaning and unit of each column.
    files : mapping of str to str
        File name -> SHA-256 of the file.
    wheel_sha256 : str
        SHA-256 of the wheel the data were taken from; empty where the origin is a repository.
    facts : mapping of str to float
        Single numbers that belong to the data set but to no row of it.
    """

    name: str
    title: str
    about: str
    origin: str
    span: str
    licence: str
    copyright: str
    changed: tuple[str, ...]
    gaps: tuple[str, ...]
    columns: Mapping[str, str]
    files: Mapping[str, str]
    link: str = ""
    wheel_sha256: str = ""
    facts: Mapping[str, float] = field(default_factory=dict)

    def to_frame(self) -> pd.DataFrame:
        """Return the card as a table with one line of text a row."""
        origin = ", ".join(filter(None, [self.origin, self.link]))
        rows = [("about", self.about), ("origin", origin), ("span", self.span)]
        rows += [("licence", f"{self.licence}, {self.copyright}")]
        rows += [("changed", line) for line in self.changed] + [("gaps", line) for line in self.gaps]
        rows += [(f"column {column}", meaning) for column, meaning in self.columns.items()]
        rows += [(word.replace("_", " "), f"{value:g}") for word, value in self.facts.items()]
        rows += [("wheel SHA-256", self.wheel_sha256)] if self.wheel_sha256 else []
        rows += [(f"SHA-256 of {name}", digest) for name, digest in self.files.items()]
        return pd.DataFrame(rows, columns=["item", "text"])

    def _repr_html_(self) -> str:
        lines = self.to_frame().groupby("item", sort=False)["text"].agg(list)
        body = "".join(
            f'<tr><th scope="row" style="text-align:left;vertical-align:top">{escape(item)}</th>'
            f'<td style="text-align:left;overflow-wrap:anywhere">{"<br>".join(map(escape, texts))}</td></tr>'
            for item, texts in lines.items()
        )
        return f"<table><caption>{escape(self.title)}</caption><tbody>{body}</tbody></table>"


@cache
def _all() -> dict[str, Card]:
    found = {}
    for path in sorted(FOLDER.iterdir(), key=lambda p: p.name):
        if path.name.endswith(".toml"):
            table = tomllib.loads(path.read_text(encoding="utf-8"))
            lists = {k: tuple(v) if isinstance(v, list) else v for k, v in table.items()}
            found[path.name.removesuffix(".toml")] = Card(name=path.name.removesuffix(".toml"), **lists)
    return found


def card(name: str) -> Card:
    """Return the card of one embedded data set.

    Parameters
    ----------
    name : str
        Name of the data set, as listed by `cards`.

    Examples
    --------
    >>> card("btc_smile").licence
    'MIT'
    """
    if not isinstance(name, str) or name not in _all():
        raise InputError("data card", name, f"choose one of {', '.join(_all())}")
    return _all()[name]


def cards() -> pd.DataFrame:
    """List the embedded data sets: one row each with title, span, origin and licence.

    Examples
    --------
    >>> list(cards().columns)
    ['title', 'span', 'origin', 'licence']
    """
    columns = ["title", "span", "origin", "licence"]
    rows = {name: [getattr(c, column) for column in columns] for name, c in _all().items()}
    return pd.DataFrame.from_dict(rows, orient="index", columns=columns).rename_axis("name")
