"""The other packages, as their users would call them; one that does not load is left out, and said so."""

import numpy as np

# Greeks that opengreeks gives one by one: greekslab's name, theirs, and what theirs is multiplied by to be ours.
EIGHT = {
    "delta": ("delta", 1.0), "gamma": ("gamma", 1.0), "vega": ("vega", 100.0), "theta": ("theta", 365.0),
    "rho": ("rho", 100.0), "vanna": ("vanna", 1.0), "volga": ("vomma", 1.0), "charm": ("charm", -1.0),
}  # fmt: skip


def load() -> tuple[dict, list[str]]:
    """Give {name: module} of the peers that load, and a note on each that does not."""
    found, notes = {}, []
    try:
        import opengreeks.black76

        found["opengreeks"] = opengreeks.black76
    except ImportError as error:
        notes.append(f"opengreeks is left out, it does not load here: {str(error).rsplit('/', 1)[-1]}")
    try:
        import vanilla_option_pricers

        found["vanilla-option-pricers"] = vanilla_option_pricers
    except ImportError as error:
        notes.append(f"vanilla-option-pricers is left out, it does not load here: {error}")
    try:
        import lbriv

        found["lbriv"] = lbriv
    except ImportError as error:
        notes.append(f"lbriv is left out, it does not load here: {error}")
    return found, notes


def opengreeks_greeks(black76, *given):
    """Eight Greeks of calls by greekslab's names, one call for each, as the package has it."""
    return {name: getattr(black76, f"{theirs}_array")("c", *given) for name, (theirs, _) in EIGHT.items()}


def lbriv_vols(package, premium, forward, strike, tau):
    """Volatilities of calls on one forward at a rate of 0; the package gives total volatilities."""
    return package.vectorized_implied_vol_strikes(premium, forward, strike, 1) / np.sqrt(tau)


def opengreeks_pnl(black76, legs, moves, changes, *, block=16):
    """P&L of every option in every scenario; arrays of one length per call, calls and puts apart."""
    out = np.empty((len(moves), len(legs.strike)))
    for flag, mine in (("c", legs.sign > 0), ("p", legs.sign < 0)):
        strike, tau, vol, forward = (x[mine] for x in (legs.strike, legs.tau, legs.vol, legs.forward))
        quantity = legs.quantity[mine]
        now = black76.black_array(flag, forward, strike, tau, 0.0, vol)
        columns = np.flatnonzero(mine)
        for start in range(0, len(moves), block):
            rows = slice(start, min(start + block, len(moves)))
            count = rows.stop - rows.start
            forwards = ((1.0 + moves[rows])[:, None] * forward).ravel()
            vols = ((1.0 + changes[rows])[:, None] * vol).ravel()
            prices = black76.black_array(flag, forwards, np.tile(strike, count), np.tile(tau, count), 0.0, vols)
            out[rows, columns] = quantity * (prices.reshape(count, -1) - now)
    return out


def vanilla_pnl(package, legs, spots, changes):
    """P&L on the grid of moves and vol changes, in their order; one call per option and vol over all forwards."""
    price, along = package.compute_bsm_vanilla_price, package.compute_bsm_forward_grid_prices
    out = np.empty((len(spots), len(changes), len(legs.strike)))
    for i in range(len(legs.strike)):
        kind = "C" if legs.sign[i] > 0 else "P"
        forward, strike, tau, vol = legs.forward[i], legs.strike[i], legs.tau[i], legs.vol[i]
        now = price(forward, strike, tau, vol, kind)
        forwards = (1.0 + spots) * forward
        for j, change in enumerate(changes):
            out[:, j, i] = legs.quantity[i] * (along(tau, forwards, strike, vol * (1.0 + change), kind) - now)
    return out.reshape(-1, len(legs.strike))
