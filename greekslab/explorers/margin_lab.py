"""The Margin Lab: one book of positions under every margin rule, with the reasons.

`margin_lab_view` is the whole logic: a book, a rule in focus, a move of the market and a deposit go in, a finding
and six panels come out. What it shows is computed by the package's layers; here it is called, kept and arranged.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache, lru_cache, partial

import numpy as np

from greekslab.book import Book, Option, chain_names, named_books
from greekslab.explorers import margin_lab_panels as panels
from greekslab.explorers.controls import Choice, Legs, Slider
from greekslab.explorers.explorer import Explorer
from greekslab.explorers.margin_lab_panels import Breach, Profile
from greekslab.explorers.panels import View
from greekslab.margin import Account, MarginReport, Scan, nearest_breaches, rules, slack_along
from greekslab.market import Market
from greekslab.scenarios import grid

ON_PAGE = ["short straddle", "covered call", "call spread", "conversion", "far short call", "long perp"]
# Moves of the spot at which the account is looked at for liquidation: every per cent near today, coarser beyond. Where
# it happens between two of them the account is looked at again, in twelve steps, and read off a straight line: good to
# about one part in 50 000 of the price.
REACH = np.unique(
    np.concatenate([np.linspace(-0.95, -0.6, 19), np.linspace(-0.6, 0.6, 121), np.linspace(0.6, 4.0, 57)])
)
PROFILE = np.linspace(-0.5, 0.5, 101)  # moves shown in the chart of profit and loss
# What is shown beside a rule that looks at no scenario: every 5 % of the spot, volatilities a quarter up and down.
PLAIN = Scan(grid(np.linspace(-0.2, 0.2, 9), [0.25, 0.0, -0.25]))


@dataclass(frozen=True, eq=False)
class Desk:
    """What stays fixed while the reader works: the market of today and the rules compared."""

    market: Market
    rules: Mapping[str, object]


@cache
def btc_desk() -> Desk:
    """Return the desk of the book: the BTC market of 20 October 2021 and all ready-made rules."""
    return Desk(Market.btc(), rules())


def margin_lab_view(
    *, book: Sequence | str, rule: str, spot: float, vol: float, cash: float, desk: Desk | None = None
) -> View:
    """Margin one book under every rule.

    Parameters
    ----------
    book : list of (str, float), or str
        Legs, entered at today's marks; or the text of a CSV, whose legs may have entry prices.
    rule : str
        Key of the rule in focus.
    spot, vol : float
        Move of the spot and relative change of all volatilities since today, per cent.
    cash : float
        Quote currency deposited before the legs were entered.
    desk : Desk, optional
        Market and rules; the BTC desk if not given.

    Returns
    -------
    View
        Requirement by rule, profit and loss, the account under every rule, scan, legs, Greeks.
    """
    desk = desk or btc_desk()
    legs = book if isinstance(book, str) else tuple(tuple(leg) for leg in book)
    account, market = _account(desk, legs, cash), _market(desk, spot, vol)
    reports, equity = _reports(desk, legs, spot, vol), account.equity(market)
    breaches = _breaches(desk, legs, cash, spot, vol)
    focus, shown = reports[rule], _scenarios_shown(desk, legs, spot, vol, rule)
    profile = _profile(desk, legs, vol)
    return View(
        panels.finding(focus, equity, breaches[rule], (REACH[0], REACH[-1])),
        [
            panels.requirements(reports, rule),
            panels.profile_chart(profile, focus, shown, breaches[rule], equity - cash),
            panels.account_table(reports, rule, equity, breaches),
            panels.scan_panel(focus, shown),
            panels.legs_table(account.book, focus, market),
            _greeks(desk, legs, spot, vol),
        ],
    )


# What does not depend on the rule in focus or on the deposit is kept, so that a moved control computes only what
# it changes, and the published page computes each thing once.


@lru_cache(maxsize=64)
def _book(desk, legs) -> Book:
    return Book.from_csv(legs if "\n" in legs else legs + "\n") if isinstance(legs, str) else Book.from_list(legs)


@lru_cache(maxsize=64)
def _account(desk, legs, cash) -> Account:
    return Account.opened(_book(desk, legs), desk.market, cash)


@lru_cache(maxsize=256)
def _market(desk, spot, vol) -> Market:
    return desk.market.moved(spot / 100.0, vol_shift=vol / 100.0)


@lru_cache(maxsize=256)
def _reports(desk, legs, spot, vol) -> dict[str, MarginReport]:
    account, market = _account(desk, legs, 0.0), _market(desk, spot, vol)
    return {key: rule.margin(account, market) for key, rule in desk.rules.items()}


@lru_cache(maxsize=4096)
def _slack(desk, legs, vol, rule, interval=None):
    """Return moves and equity less maintenance without any deposit; a deposit adds to it one for one.

    Over the whole reach, or in twelve steps over the interval before the given one of its moves.
    """
    moves = REACH if interval is None else np.linspace(REACH[interval - 1], REACH[interval], 13)
    return moves, slack_along(_account(desk, legs, 0.0), _market(desk, 0.0, vol), desk.rules[rule], moves)


@lru_cache(maxsize=256)
def _breaches(desk, legs, cash, spot, vol) -> dict[str, Breach]:
    today = _spot(desk, legs)
    found = {}
    for key in desk.rules:
        moves = _nearest(desk, legs, vol, key, cash, spot / 100.0)
        found[key] = Breach(today * (1.0 + spot / 100.0), *(None if m is None else today * (1.0 + m) for m in moves))
    return found


def _nearest(desk, legs, vol, rule, cash, here):
    """Return the nearest breaches on both sides, looked at closely."""
    moves, slack = _slack(desk, legs, vol, rule)
    rough = nearest_breaches(moves, slack + cash, here)
    places = {int(np.searchsorted(REACH, move)) for move in rough if move is not None and move != here}
    close = [_slack(desk, legs, vol, rule, max(place, 1)) for place in sorted(places)]
    if not close:
        return rough
    moves, slack = (np.concatenate(parts) for parts in zip((moves, slack), *close, strict=True))
    moves, first = np.unique(moves, return_index=True)
    return nearest_breaches(moves, slack[first] + cash, here)


def _spot(desk, legs) -> float:
    """Return today's spot of the book's first underlying, by which prices are shown."""
    return desk.market.spot(_book(desk, legs).underlyings[0])


@lru_cache(maxsize=1024)
def _scenarios_shown(desk, legs, spot, vol, rule):
    """Return the scan of a rule, or of a plain grid where the rule has none."""
    scan = _reports(desk, legs, spot, vol)[rule].scan
    return PLAIN.margin(_account(desk, legs, 0.0), _market(desk, spot, vol)).scan if scan is None else scan


@lru_cache(maxsize=256)
def _profile(desk, legs, vol) -> Profile:
    account, market = _account(desk, legs, 0.0), desk.market
    book = account.book
    options = [p.instrument for p in book if isinstance(p.instrument, Option)]
    days = min((market.tau(o.expiry) * 365.0 for o in options), default=None)
    curves = [
        panels.tidy(account.equity_along(market, PROFILE, vol_shift=vol / 100.0, days=d)) for d in (0.0, days or 0.0)
    ]
    return Profile(
        prices=panels.tidy(_spot(desk, legs) * (1.0 + PROFILE)),
        today=curves[0],
        expiry=None if days is None else curves[1],
        expires=min((o.expiry for o in options), default=None),
    )


@lru_cache(maxsize=256)
def _greeks(desk, legs, spot, vol):
    return panels.greeks_table(_book(desk, legs), _market(desk, spot, vol))


def margin_lab_books(market: Market) -> dict[str, list[tuple[str, float]]]:
    """Return the running books as legs, quantities rounded to what one would trade."""
    return {
        name: [(leg, round(float(q), 4)) for leg, q in zip(book.names, book.quantities, strict=True)]
        for name, book in named_books(market).items()
    }


def margin_lab_explorer(
    market: Market | None = None, margin_rules: Mapping | None = None, *, most_cash: int = 100_000
) -> Explorer:
    """Make the Margin Lab.

    Parameters
    ----------
    market : Market, optional
        The market to work on; the BTC chain of 20 October 2021 if not given.
    margin_rules : mapping of str to rule, optional
        The rules to compare; all of `greekslab.margin.rules` if not given.
    most_cash : int
        Upper end of the slider of the deposit, quote currency. A fifth of it is the start.
    """
    desk = btc_desk() if market is None else Desk(market, rules())
    desk = desk if margin_rules is None else Desk(desk.market, dict(margin_rules))
    books = margin_lab_books(desk.market)
    start = "paradex" if "paradex" in desk.rules else next(iter(desk.rules))
    names = [name for underlying in desk.market.spots for name in chain_names(desk.market, underlying)]
    step = max(most_cash // 100, 1)
    controls = [
        Legs("book", "Book of positions (coins; long above 0, short below)", names, books[ON_PAGE[0]], books, ON_PAGE),
        Choice("rule", "Rule in focus", {key: rule.name for key, rule in desk.rules.items()}, start),
        Slider("spot", "The spot moves by", 0, -40, 40, 1, "%", page=[-30, -20, -10, 0, 10, 20, 30]),
        Slider("vol", "All volatilities change by", 0, -50, 100, 5, "%", page=[-25, 0, 50]),
        Slider("cash", "Cash deposited", most_cash // 5, 0, most_cash, step, "USD"),
    ]
    return Explorer(partial(margin_lab_view, desk=desk), controls, title="Margin Lab", notebook="00_margin_lab")
