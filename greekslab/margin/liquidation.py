r"""Liquidation and bankruptcy: the prices at which an account ends.

For one position with margin :math:`m` set aside, liquidation comes where equity falls to the maintenance
requirement, bankruptcy where it falls to nothing. With a maintenance rate :math:`\mu` on the value at the mark,

.. math:: S^*_{long} = \frac{|q| S_0 - m}{|q|(1-\mu)}, \quad S^*_{short} = \frac{|q| S_0 + m}{|q|(1+\mu)}
          \quad\text{(linear)}, \qquad
          m + N\Bigl(\frac1{S_0}-\frac1{S^*}\Bigr) = \mu\frac{|N|}{S^*} \quad\text{(inverse, in coin)}.

For a whole account under any rule the move is found by search.
"""

import numpy as np

from greekslab.book.along import checked_moves
from greekslab.errors import InputError
from greekslab.inputs import BELOW_ONE, SMALLEST, number, numbers
from greekslab.margin.account import as_account
from greekslab.market.market import Market


def liquidation_price(
    *,
    quantity: float,
    entry: float,
    margin: float,
    mmr: float,
    settlement: str = "linear",
    maintenance_on="mark",
    closing_fee: float = 0.0,
) -> float:
    """Return the price at which an isolated position is liquidated.

    Parameters
    ----------
    quantity : float
        Linear: coins. Inverse: contracts of 1 unit of quote currency. Long > 0, short < 0.
    entry : float
        Entry price, quote currency.
    margin : float
        Margin set aside: quote currency (linear) or coins (inverse), 0 or more.
    mmr : float
        Maintenance rate, in [0, 1).
    settlement : str
        "linear" or "inverse".
    maintenance_on : str
        "mark": the requirement moves with the price. "entry": it is fixed at the entry value, as on Bybit.
    closing_fee : float
        Fee for closing the position, as a share of its value at the bankruptcy price, in [0, 1). Venues that
        charge it keep it back, so that liquidation comes a little earlier.

    Returns
    -------
    float
        Price in quote currency: 0 if no price however low liquidates a long, infinity if none however high
        liquidates a short.

    Examples
    --------
    >>> round(liquidation_price(quantity=1, entry=100, margin=10, mmr=0.05), 4)
    94.7368
    """
    if number("quantity", quantity, "give a finite quantity other than 0") == 0.0:
        raise InputError("quantity", quantity, "give a finite quantity other than 0")
    number("entry", entry, "give a finite entry price above 0", above=0.0)
    number("margin", margin, "give the margin set aside, 0 or more", least=0.0)
    number("mmr", mmr, "give a maintenance rate from 0 to below 1", least=0.0, most=BELOW_ONE)
    number("closing_fee", closing_fee, "give a share of the value from 0 to below 1", least=0.0, most=BELOW_ONE)
    if settlement not in ("linear", "inverse") or maintenance_on not in ("mark", "entry"):
        raise InputError(
            "settlement, maintenance_on",
            (settlement, maintenance_on),
            'say "linear" or "inverse"; "mark" or "entry"',
        )
    size, side = float(abs(quantity)), float(np.sign(quantity))
    if closing_fee:
        bankrupt = bankruptcy_price(
            quantity=quantity, entry=entry, margin=margin, settlement=settlement, closing_fee=closing_fee
        )
        margin = margin - closing_fee * size * (bankrupt if settlement == "linear" else 1.0 / bankrupt)
    on_mark = mmr if maintenance_on == "mark" else 0.0
    if settlement == "linear":
        cushion = margin - (mmr * size * entry if maintenance_on == "entry" else 0.0)
        return max((size * entry - side * cushion) / (size * (1.0 - side * on_mark)), 0.0)
    cushion = margin - (mmr * size / entry if maintenance_on == "entry" else 0.0)
    # size / price * (1 + side * on_mark) = size / entry + side * cushion, linear in 1 / price
    coins = size / entry + side * cushion
    return size * (1.0 + side * on_mark) / coins if coins > 0.0 else np.inf


def bankruptcy_price(
    *, quantity: float, entry: float, margin: float, settlement: str = "linear", closing_fee: float = 0.0
) -> float:
    """Return the price at which the margin of an isolated position is gone. Parameters of `liquidation_price`.

    With a `closing_fee` it is where what is left just pays the fee: the fee is a requirement on the mark.

    Examples
    --------
    >>> round(bankruptcy_price(quantity=50_000, entry=50_000, margin=0.1, settlement="inverse"), 2)
    45454.55
    """
    return liquidation_price(quantity=quantity, entry=entry, margin=margin, mmr=closing_fee, settlement=settlement)


def liquidation_moves(account, market: Market, rule, *, low=-0.95, high=4.0, steps=20):
    """Find the nearest moves of all spots together at which equity falls below the maintenance requirement.

    Parameters
    ----------
    account : Account or Book
    market : Market
    rule : object
        As in `slack_along`.
    low, high : float
        Ends of the search as relative moves; volatilities stay as they are.
    steps : int
        Points looked at on each side, denser near 0, before the crossing is refined.

    Returns
    -------
    tuple of (float or None, float or None)
        Relative move down (below 0) and up (above 0); None where there is none in reach. An account already below
        its requirement gives (0.0, 0.0).
    """
    account = as_account(account)
    remedy = "give the end of the search, a relative move: low between -1 and 0, high above 0"
    number("low", low, remedy, above=-1.0, most=-SMALLEST)
    number("high", high, remedy, above=0.0)
    if not isinstance(steps, (int, np.integer)) or steps < 1:
        raise InputError("steps", steps, "give a whole number of points, 1 or more")
    if slack_along(account, market, rule, [0.0])[0] < 0.0:
        return 0.0, 0.0
    return tuple(
        _first_crossing(account, market, rule, end * np.linspace(0.0, 1.0, steps + 1) ** 2) for end in (low, high)
    )


def slack_along(account, market: Market, rule, moves) -> np.ndarray:
    """Return equity less maintenance requirement after each of several moves of all spots; below 0 is liquidation.

    Parameters
    ----------
    account : Account or Book
    market : Market
    rule : object
        Any rule with ``requirement(book, market)``; quick if it has ``requirements_along`` as well. A rule that
        looks at the account as a whole, collateral included, has ``slack(account, market)`` instead.
    moves : array
        Relative moves, above -1.

    Returns
    -------
    ndarray
        Quote currency, shape (moves,). More cash adds to it one for one.
    """
    account, moves = as_account(account), checked_moves(moves)
    if hasattr(rule, "slack"):
        account = account.entered(market)
        return np.array([rule.slack(account, market.moved(move)) for move in moves])
    equity = account.equity_along(market, moves)
    if hasattr(rule, "requirements_along"):
        return equity - rule.requirements_along(account.book, market, moves)[:, 1]
    return equity - np.array([rule.requirement(account.book, market.moved(move))[1] for move in moves])


def nearest_breaches(moves, slack, here: float = 0.0) -> tuple[float | None, float | None]:
    """Read the nearest moves to liquidation off a curve of the slack.

    Parameters
    ----------
    moves : array
        Increasing relative moves, as given to `slack_along`.
    slack : array
        Equity less maintenance requirement at each.
    here : float
        Move at which the account stands.

    Returns
    -------
    tuple of (float or None, float or None)
        The moves below and above `here` at which the slack turns negative, interpolated; None where there is none
        in reach; ``(here, here)`` if it is negative already.
    """
    moves = numbers("moves", moves, "give increasing relative moves, such as [-0.1, 0, 0.1]")
    slack = numbers("slack", slack, "give the slack at every move, from slack_along")
    if moves.ndim != 1 or moves.shape != slack.shape or moves.size == 0 or np.any(np.diff(moves) <= 0.0):
        raise InputError("moves, slack", (moves, slack), "give increasing moves and as many values of the slack")
    here = number("here", here, "give the move at which the account stands")
    now = np.interp(here, moves, slack)
    if now < 0.0:
        return here, here
    found = []
    for side in (-1.0, 1.0):
        beyond = moves * side > here * side
        x, y = np.append(here, moves[beyond][:: int(side)]), np.append(now, slack[beyond][:: int(side)])
        below = np.flatnonzero(y < 0.0)
        if below.size == 0:
            found.append(None)
            continue
        i = below[0]
        found.append(float(x[i - 1] + (x[i] - x[i - 1]) * y[i - 1] / (y[i - 1] - y[i])))
    return tuple(found)


def _first_crossing(account, market, rule, moves, passes=2):
    """Bracket the first sign change of the slack along `moves`, ever finer, and interpolate at the end."""
    slack = slack_along(account, market, rule, moves)
    for _ in range(passes):
        below = np.flatnonzero(slack < 0.0)
        if below.size == 0 or below[0] == 0:
            return None if below.size == 0 else float(moves[0])
        i = below[0]
        moves = np.linspace(moves[i - 1], moves[i], 13)
        slack = slack_along(account, market, rule, moves)
    i = max(np.flatnonzero(slack < 0.0)[0], 1) if np.any(slack < 0.0) else len(slack) - 1
    return float(np.interp(0.0, [slack[i], slack[i - 1]], [moves[i], moves[i - 1]]))
