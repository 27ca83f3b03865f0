"""The Margin Lab: one book of positions under every rule of the shelf, with the reasons of one of them.

`margin_lab_view` is the whole logic: a book, a rule in focus, a move of the market and a deposit go in, a finding
and seven panels come out. What it shows is computed by the package's layers; here it is called, kept and arranged.
Every rule says what it asks for; only the one in focus gives its reasons and the prices of liquidation.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache, lru_cache, partial

import numpy as np

from greekslab.book import Book, Option, chain_names, named_books
from greekslab.errors import InputError
from greekslab.explorers import margin_lab_panels as panels
from greekslab.explorers.controls import Choice, Legs, Slider
from greekslab.explorers.explorer import Explorer
from greekslab.explorers.margin_lab_panels import Answer, Breach, Profile
from greekslab.explorers.panels import View
from greekslab.margin import Account, MarginReport, Scan, slack_along
from greekslab.margin.venues import looks_at, rulebooks
from greekslab.margin.venues.charged import Charged
from greekslab.market import Market
from greekslab.scenarios import grid

ON_PAGE = ["short straddle", "covered call", "far short call", "long perp"]
IN_FOCUS_ON_PAGE = ["isolated", "cross", "tims", "span", "paradex", "derive-pm2"]
# Moves of the spot at which the account is looked at for liquidation, the nearest first, until one is found: every 10 %
# near today, coarser beyond. Between the last two moves the account is looked at again, twice in five steps, and the
# price is read off a straight line: good to about one part in 20 000. A dip narrower than a step is not seen.
REACH = np.concatenate(
    [[-0.95, -0.8, -0.65, -0.5, -0.4], np.linspace(-0.3, 0.3, 7), [0.4, 0.5, 0.65, 0.8, 1.0, 1.4, 2.0, 2.8, 4.0]]
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
    """Return the desk of the book: the BTC market of 20 October 2021 and every rule of the shelf."""
    return Desk(Market.btc(), rulebooks())


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
        Profit and loss, scan, requirement by rule, the account under every rule, legs, parts, Greeks.
    """
    desk = desk or btc_desk()
    legs = book if isinstance(book, str) else tuple(tuple(leg) for leg in book)
    account, market = _account(desk, legs, cash), _market(desk, spot, vol)
    answers, equity = _answers(desk, legs, spot, vol), account.equity(market)
    refused = answers[rule].refusal
    focus = None if refused else _report(desk, legs, spot, vol, rule)
    breach = None if refused else _breach(desk, legs, cash, spot, vol, rule)
    shown, profile = _scenarios_shown(desk, legs, spot, vol, rule, bool(refused)), _profile(desk, legs, vol)
    here = _spot(desk, legs) * (1.0 + spot / 100.0)
    return View(
        panels.finding(answers[rule], focus, equity, breach, (REACH[0], REACH[-1])),
        [
            panels.profile_chart(profile, focus, shown, breach or Breach(here, None, None), equity - cash),
            panels.scan_panel(answers[rule], focus, shown),
            panels.requirements(answers, rule),
            panels.account_table(answers, rule, equity),
            panels.legs_table(account.book, answers[rule], focus, market),
            panels.parts_table(answers[rule], focus),
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
def _answers(desk, legs, spot, vol) -> dict[str, Answer]:
    """Return what every rule asks for; a rule that does not take the book says why."""
    book, market = _book(desk, legs), _market(desk, spot, vol)
    found = {key: _answer(rule, book, market) for key, rule in desk.rules.items()}
    if all(answer.refusal for answer in found.values()):
        raise InputError("book", ", ".join(book.names), f"no rule takes it: {next(iter(found.values())).refusal}")
    return found


def _answer(rule, book, market) -> Answer:
    try:
        return Answer(rule.name, looks_at(rule), *rule.requirement(book, market))
    except InputError as error:
        return Answer(rule.name, looks_at(rule), refusal=str(error))


@lru_cache(maxsize=1024)
def _report(desk, legs, spot, vol, rule) -> MarginReport:
    return desk.rules[rule].margin(_account(desk, legs, 0.0), _market(desk, spot, vol))


@lru_cache(maxsize=65536)
def _slack(desk, legs, vol, rule, move) -> float:
    """Return equity less maintenance after a move, without any deposit; a deposit adds to it one for one."""
    along = getattr(type(desk.rules[rule]), "requirements_along", Charged.requirements_along)
    if along is not Charged.requirements_along and move in (known := _reach(desk, legs, vol, rule)):
        return known[move]  # the rule looks at many moves at once
    return float(slack_along(_account(desk, legs, 0.0), _market(desk, 0.0, vol), desk.rules[rule], [move])[0])


@lru_cache(maxsize=256)
def _reach(desk, legs, vol, rule) -> dict[float, float]:
    slack = slack_along(_account(desk, legs, 0.0), _market(desk, 0.0, vol), desk.rules[rule], REACH)
    return dict(zip(REACH.tolist(), slack.tolist(), strict=True))


@lru_cache(maxsize=1024)
def _breach(desk, legs, cash, spot, vol, rule) -> Breach:
    """Return the nearest prices of liquidation on both sides."""
    today, here, report = _spot(desk, legs), spot / 100.0, _report(desk, legs, spot, vol, rule)
    price, now = today * (1.0 + here), report.equity + cash - report.maintenance
    if now < 0.0:
        return Breach(price, price, price)
    slack = partial(_slack, desk, legs, vol, rule)
    ways = (REACH[REACH < here][::-1], REACH[REACH > here])
    ends = [_first_below((here, now - cash), way.tolist(), slack, -cash) for way in ways]
    return Breach(price, *(None if move is None else today * (1.0 + move) for move in ends))


def _first_below(start, way, slack, level):
    """Return the first move along a way where the slack falls below a level; None where it does not."""
    last = start
    for move in way:
        if (value := slack(move)) < level:
            break
        last = move, value
    else:
        return None
    for _ in range(2):
        low, (high, below) = last[0], (move, value)
        for move in np.linspace(low, high, 6)[1:-1].tolist():
            if (value := slack(move)) < level:
                break
            last = move, value
        else:
            move, value = high, below
    return float(np.interp(level, [value, last[1]], [move, last[0]]))


def _spot(desk, legs) -> float:
    """Return today's spot of the book's first underlying, by which prices are shown."""
    return desk.market.spot(_book(desk, legs).underlyings[0])


@lru_cache(maxsize=1024)
def _scenarios_shown(desk, legs, spot, vol, rule, refused):
    """Return the scan of a rule, or of a plain grid where the rule has none."""
    scan = None if refused else _report(desk, legs, spot, vol, rule).scan
    return _plain_scan(desk, legs, spot, vol) if scan is None else scan


@lru_cache(maxsize=256)
def _plain_scan(desk, legs, spot, vol):
    return PLAIN.margin(_account(desk, legs, 0.0), _market(desk, spot, vol)).scan


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
        The rules to compare; all of `greekslab.margin.venues.rulebooks` if not given.
    most_cash : int
        Upper end of the slider of the deposit, quote currency. A fifth of it is the start.
    """
    desk = btc_desk() if market is None else Desk(market, rulebooks())
    desk = desk if margin_rules is None else Desk(desk.market, dict(margin_rules))
    books = margin_lab_books(desk.market)
    start = "paradex" if "paradex" in desk.rules else next(iter(desk.rules))
    in_focus = [key for key in IN_FOCUS_ON_PAGE if key in desk.rules] if start == "paradex" else True
    names = [name for underlying in desk.market.spots for name in chain_names(desk.market, underlying)]
    step = max(most_cash // 100, 1)
    controls = [
        Legs("book", "Book of positions (coins; long above 0, short below)", names, books[ON_PAGE[0]], books, ON_PAGE),
        Choice("rule", "Rule in focus", {key: rule.name for key, rule in desk.rules.items()}, start, in_focus),
        Slider("spot", "The spot moves by", 0, -40, 40, 1, "%", page=[-30, -15, 0, 15, 30]),
        Slider("vol", "All volatilities change by", 0, -50, 100, 5, "%", page=[-25, 0, 50]),
        Slider("cash", "Cash deposited", most_cash // 5, 0, most_cash, step, "USD"),
    ]
    return Explorer(partial(margin_lab_view, desk=desk), controls, title="Margin Lab", notebook="00_margin_lab")
