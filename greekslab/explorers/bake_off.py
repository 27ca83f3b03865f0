"""The explorer of the bake-off: one book under several rules, and how their order turns as the book changes.

The book walks from directional over hedged to a short tail. All amounts are in per cent of the spot, so that the toy
world and the bitcoin market read alike.
"""

from functools import cache

import numpy as np
import pandas as pd

from greekslab.book import Book, morph, morph_stages
from greekslab.explorers.controls import Choice, Slider
from greekslab.explorers.explorer import Explorer
from greekslab.explorers.panels import Bars, Lines, Marker, Series, Table, View
from greekslab.margin import crossings
from greekslab.margin.venues import revaluations, rulebooks
from greekslab.market import Market

_WORLDS = {"toy": "toy world", "btc": "BTC smile, 2021-10-20"}
# Key -> words, and the rules of the shelf that are picked, under short names; six at most, as there are colours.
_PICKS = {
    "schools": (
        "one or two of each school",
        {
            "isolated": "isolated", "delta": "delta", "greeks": "Greeks", "shortfall": "shortfall",
            "paradex-2026-02": "Paradex", "derive-pm2": "Derive PM2",
        },
    ),
    "scans": (
        "scans alone",
        {
            "tims": "TIMS", "span": "SPAN", "paradex": "Paradex Aug 2026", "paradex-2026-02": "Paradex Feb 2026",
            "derive-pm2": "Derive PM2", "deribit-portfolio": "Deribit",
        },
    ),
    "offers": (
        "a venue's two offers",
        {
            "derive-srm": "Derive standard", "derive-pm2": "Derive PM2", "deribit-standard": "Deribit standard",
            "deribit-portfolio": "Deribit portfolio",
        },
    ),
    "history": (
        "one venue in four states",
        {
            "deribit-2018": "Deribit 2018", "deribit-2019": "Deribit 2019", "deribit-2020": "Deribit 2020",
            "deribit-portfolio": "Deribit 2024",
        },
    ),
}  # fmt: skip
_STEP = 10  # of the path, per cent of the way from one stage to the next
_PLACES = np.arange(0, 201, _STEP)
_STAGES = ("directional", "hedged", "short tail")


@cache
def _world(world: str) -> tuple[Market, tuple[Book, ...]]:
    market = Market.toy() if world == "toy" else Market.btc()
    stages = morph_stages(market)
    return market, tuple(stages[name] for name in _STAGES)


@cache
def _shelf() -> dict:
    return rulebooks()


@cache
def _book(world: str, at: int) -> Book:
    return morph(_world(world)[1], at / 100.0)


@cache
def _line(world: str, key: str) -> np.ndarray:
    """Return what one rule asks to open and to keep along the path, per cent of the spot, shape (places, 2)."""
    market, rule = _world(world)[0], _shelf()[key]
    unit = 100.0 / next(iter(market.spots.values()))
    return unit * np.array([rule.requirement(_book(world, int(at)), market) for at in _PLACES])


@cache
def _lines(world: str, pick: str) -> tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame]:
    """Return what all picked rules ask to open, what to keep, and where the first cross."""
    rules = _PICKS[pick][1].items()
    both = [pd.DataFrame({words: _line(world, key)[:, i] for key, words in rules}, index=_PLACES) for i in (0, 1)]
    return both[0], both[1], crossings(both[0])


def bake_off_view(*, at: int, world: str, pick: str) -> View:
    """Compare several rules on one book of the path.

    Parameters
    ----------
    at : int
        Place on the path in per cent: 0 directional, 100 hedged, 200 short tail.
    world : str
        "toy" or "btc".
    pick : str
        Which rules: "schools", "scans", "offers" or "history".
    """
    opened, kept, turns = _lines(world, pick)
    now = opened.loc[at].sort_values(ascending=False, kind="stable")
    keep = kept.loc[at, now.index].to_numpy()
    bars = [Series("to keep it", np.round(keep, 2)), Series("more, to open it", np.round(now.to_numpy() - keep, 2))]
    return View(
        _finding(at, world, opened.loc[at], turns),
        [
            Bars("What each rule asks for this book", list(now.index), bars, "% of spot"),
            Lines(
                "To open it: the same rules along the path, and where they cross", _PLACES,
                [Series(words, np.round(opened[words].to_numpy(), 2)) for words in opened],
                "path of the book: 0 directional, 100 hedged, 200 short tail", "% of spot",
                markers=[_crossing(opened, turn) for turn in turns.itertuples()], vlines=[(at, "this book")],
            ),
            Table(
                "To open it, % of spot, and the place among them", ["rule", *_STAGES, "revaluations"],
                [_row(key, words, opened) for key, words in _PICKS[pick][1].items()],
            ),
        ],
    )  # fmt: skip


def _row(key, words, opened) -> tuple[str, ...]:
    """Return one rule at the three stages: what it asks, and its place from the dearest on."""
    stages = opened.loc[[0, 100, 200]]
    places = stages.round(6).rank(axis=1, ascending=False, method="min")[words].astype(int)
    cells = [f"{asked:.2f} ({place}.)" for asked, place in zip(stages[words], places, strict=True)]
    return words, *cells, str(revaluations(_shelf()[key]))


def _crossing(lines, turn) -> Marker:
    height = float(np.interp(turn.at, lines.index.to_numpy(dtype=float), lines[turn.overtakes]))
    return Marker(round(turn.at, 1), round(height, 2), "")


def _finding(at, world, asked, turns) -> str:
    most, least, free = asked.idxmax(), asked.idxmin(), list(asked.index[asked < 0.005])
    text = f"{_place(at)}, {_WORLDS[world]}: {most} asks for most, {asked[most]:.2f} % of the spot"
    if free:
        text += f", {_listed(free)} for nothing. "
    else:
        text += f", {least} for least, {asked[least]:.2f} %; that is {_times(asked[most] / asked[least])} as much. "
    ahead = turns[turns["at"] > at]
    if len(ahead):
        turn = ahead.iloc[0]
        text += f"Further along, {turn.overtakes} overtakes {turn.overtaken} at {turn['at']:.0f}. "
    else:
        text += "Further along no line crosses another. "
    text += f"On the whole path the {len(asked)} lines cross {len(turns)} time{'' if len(turns) == 1 else 's'}."
    return text.replace(" %", "\u00a0%")  # a number and its sign stay on one line


def _listed(words) -> str:
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} and {words[-1]}"


def _times(ratio: float) -> str:
    return f"{ratio:.0f} times" if ratio >= 10.0 else f"{ratio:.1f} times"


def _place(at: int) -> str:
    stage, share = divmod(at, 100)
    if share == 0:
        return f"{_STAGES[stage].capitalize()} book"
    return f"{share} % of the way from {_STAGES[stage]} to {_STAGES[stage + 1]}"


def bake_off_explorer() -> Explorer:
    """Build the explorer: place on the path, world, rules."""
    controls = [
        Slider(
            "at", "Book: 0 directional, 100 hedged, 200 short tail", 100, 0, 200, _STEP, page=list(range(0, 201, 20))
        ),
        Choice("world", "World", _WORLDS, "toy"),
        Choice("pick", "Rules", {key: words for key, (words, _) in _PICKS.items()}, "schools"),
    ]
    title = "Which rule is the dear one?"
    return Explorer(bake_off_view, controls, title=title, notebook="13_portfolio_margining_models")
