r"""The Greeks derived: every formula from the price alone, by SymPy.

Nothing but the price is written down, :math:`V = w e^{-r\tau}[F N(wd_1) - K N(wd_2)]`; each Greek is a derivative of
it. Beside them stand the closed forms that the package computes, as formulas; their difference simplifies to 0.

Three prices: "linear" (in quote currency, on a forward), "coin" (the same over the forward, at a rate of 0) and "spot"
(on the forward :math:`S e^{b\tau}`, :math:`b = r - q`).

References
----------
Haug, E. G. (2007). The Complete Guide to Option Pricing Formulas, 2nd ed., ch. 1-2.
"""

from functools import cache

import sympy as sp

from greekslab.errors import InputError

FORWARD, SPOT, STRIKE, VOL, TAU = sp.symbols("F S K sigma tau", positive=True)
RATE, YIELD = sp.symbols("r q", real=True)
LOG_MONEYNESS = sp.Symbol("x", real=True)  # ln(K/F), used in simplifying
SETTLEMENTS = ("linear", "coin", "spot")
# What each Greek is differentiated by, in turn; "price of" stands for the forward, or the spot where there is one.
DERIVATIVES = {
    "price": (), "delta": ("price of",), "gamma": ("price of",) * 2, "vega": (VOL,), "theta": (TAU,), "rho": (RATE,),
    "vanna": ("price of", VOL), "volga": (VOL, VOL), "charm": ("price of", TAU), "veta": (VOL, TAU),
    "dual_delta": (STRIKE,), "dual_gamma": (STRIKE, STRIKE),
    "speed": ("price of",) * 3, "zomma": ("price of", "price of", VOL), "color": ("price of", "price of", TAU),
    "ultima": (VOL,) * 3, "rho_q": (YIELD,),
}  # fmt: skip


def cumulative(z):
    """Write N(z) by the complementary error function, which keeps its digits in the left tail."""
    return sp.erfc(-z / sp.sqrt(2)) / 2


def density(z):
    """Write the normal density."""
    return sp.exp(-(z**2) / 2) / sp.sqrt(2 * sp.pi)


def moments(forward=FORWARD):
    """Write d1 and d2."""
    total_vol = VOL * sp.sqrt(TAU)
    d1 = sp.log(forward / STRIKE) / total_vol + total_vol / 2
    return d1, d1 - total_vol


def price_formula(kind="call", settlement="linear"):
    """Write the price, from which all else is derived.

    Parameters
    ----------
    kind : {"call", "put"}
    settlement : {"linear", "coin", "spot"}

    Returns
    -------
    sympy.Expr
        In F (or S and q), K, sigma, tau and r; coins if settled in coin, else quote currency.
    """
    if kind not in ("call", "put"):
        raise InputError("kind", kind, 'say "call" or "put"')
    if settlement not in SETTLEMENTS:
        raise InputError("settlement", settlement, f"say one of {', '.join(SETTLEMENTS)}")
    w = 1 if kind == "call" else -1
    forward = SPOT * sp.exp((RATE - YIELD) * TAU) if settlement == "spot" else FORWARD
    d1, d2 = moments(forward)
    undiscounted = w * (forward * cumulative(w * d1) - STRIKE * cumulative(w * d2))
    return undiscounted / forward if settlement == "coin" else sp.exp(-RATE * TAU) * undiscounted


def names_of(settlement="linear"):
    """List the Greeks that a settlement has, the price first."""
    missing = {"linear": {"rho_q"}, "coin": {"rho", "rho_q"}, "spot": set()}[settlement]
    return [name for name in DERIVATIVES if name not in missing]


@cache
def derived(name, kind="call", settlement="linear"):
    """Differentiate the price to a Greek; parameters as in `price_formula`.

    Calendar time runs against the time to expiry: theta, charm, veta and color change sign.
    """
    if name not in names_of(settlement):
        raise InputError("Greek", name, f"say one of {', '.join(names_of(settlement))}")
    moved = SPOT if settlement == "spot" else FORWARD
    found = price_formula(kind, settlement)
    for symbol in DERIVATIVES[name]:
        found = sp.diff(found, moved if symbol == "price of" else symbol)
    return -found if TAU in DERIVATIVES[name] else found


def closed_forms(kind="call"):
    """Write the closed forms that `greekslab.pricing.higher_order` computes, for an option on a forward."""
    w = 1 if kind == "call" else -1
    d1, d2 = moments()
    discount, root = sp.exp(-RATE * TAU), sp.sqrt(TAU)
    total_vol = VOL * root
    price = discount * w * (FORWARD * cumulative(w * d1) - STRIKE * cumulative(w * d2))
    bell = discount * FORWARD * density(d1)
    delta, gamma, vega = w * discount * cumulative(w * d1), bell / (FORWARD**2 * total_vol), bell * root
    vanna, volga = -bell / FORWARD * d2 / VOL, vega * d1 * d2 / VOL
    zomma = gamma * (d1 * d2 - 1) / VOL
    h = (d1 + d2) / 2
    return {
        "price": price, "delta": delta, "gamma": gamma, "vega": vega,
        "theta": RATE * price - VOL * vega / (2 * TAU), "rho": -TAU * price,
        "vanna": vanna, "volga": volga,
        "charm": RATE * delta - VOL * vanna / (2 * TAU),
        "veta": RATE * vega - (vega + VOL * volga) / (2 * TAU),
        "dual_delta": -w * discount * cumulative(w * d2), "dual_gamma": bell / (STRIKE**2 * total_vol),
        "speed": -gamma / FORWARD * (d1 / total_vol + 1), "zomma": zomma,
        "color": RATE * gamma - VOL * zomma / (2 * TAU),
        "ultima": -vega * (3 * h**2 / VOL**2 + TAU / 4 - (d1 * d2 / VOL) ** 2),
    }  # fmt: skip


def remainder(name, kind="call"):
    """Simplify the derived Greek less its closed form; 0 proves the closed form.

    The strike is written F exp(x): then K phi(d2) and F phi(d1) are visibly one thing.
    """
    difference = derived(name, kind) - closed_forms(kind)[name]
    plain = sp.expand_log(difference.subs(STRIKE, FORWARD * sp.exp(LOG_MONEYNESS)), force=True)
    return sp.simplify(sp.powsimp(sp.expand(plain)))
