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
from greekslab.pricing.differences import DERIVED_BY

FORWARD, SPOT, STRIKE, VOL, TAU = sp.symbols("F S K sigma tau", positive=True)
RATE, YIELD = sp.symbols("r q", real=True)
LOG_MONEYNESS = sp.Symbol("x", real=True)  # ln(K/F), used in simplifying
SETTLEMENTS = ("linear", "coin", "spot")
_SYMBOLS = {"forward": FORWARD, "strike": STRIKE, "vol": VOL, "tau": TAU, "rate": RATE, "yield": YIELD, "spot": SPOT}
# What each Greek is differentiated by, in turn; in the spot where the option is on one.
DERIVATIVES = DERIVED_BY | {"rho_q": ("yield",)}


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


def _sign(kind):
    if kind not in ("call", "put"):
        raise InputError("kind", kind, 'say "call" or "put"')
    return 1 if kind == "call" else -1


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
    w = _sign(kind)
    if settlement not in SETTLEMENTS:
        raise InputError("settlement", settlement, f"say one of {', '.join(SETTLEMENTS)}")
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
    found = price_formula(kind, settlement)
    for variable in DERIVATIVES[name]:
        variable = "spot" if (variable, settlement) == ("forward", "spot") else variable
        found = sp.diff(found, _SYMBOLS[variable])
    return -found if "tau" in DERIVATIVES[name] else found


def expectation(kind="call"):
    """Integrate the payoff over a lognormal forward and discount it: the price before any formula for it.

    The forward ends at F exp(v z - v^2 / 2), v = sigma sqrt(tau), z standard normal: its mean is F. A call pays where
    z > -d2, a put where z < -d2.
    """
    w, (_, d2) = _sign(kind), moments()
    z, edge, total_vol = sp.Symbol("z", real=True), sp.Symbol("a", real=True), sp.Symbol("v", positive=True)
    end = FORWARD * sp.exp(total_vol * z - total_vol**2 / 2)
    bounds = (z, edge, sp.oo) if w == 1 else (z, -sp.oo, edge)
    mean = sp.simplify(sp.integrate(w * (end - STRIKE) * density(z), bounds)).rewrite(sp.erfc)
    return sp.exp(-RATE * TAU) * mean.subs({edge: -d2, total_vol: VOL * sp.sqrt(TAU)})


def closed_forms(kind="call", settlement="linear"):
    """Write the closed forms that the package computes, by name: in the forward, in coin, or in the spot."""
    linear = _on_forward(_sign(kind))
    return {"linear": dict, "coin": _in_coin, "spot": _in_spot}[settlement](linear)


def _on_forward(w):
    """Write what `greekslab.pricing.higher_order` computes."""
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


def _in_coin(linear):
    """Write what `greekslab.pricing.inverse` computes: quotients by the forward, at a rate of 0."""
    g = {name: form.subs(RATE, 0) for name, form in linear.items() if name != "rho"}
    coin = {name: form / FORWARD for name, form in g.items()}
    delta = coin["delta"] = (g["delta"] - coin["price"]) / FORWARD
    gamma = coin["gamma"] = (g["gamma"] - 2 * delta) / FORWARD
    vanna = coin["vanna"] = (g["vanna"] - coin["vega"]) / FORWARD
    charm = coin["charm"] = -VOL * vanna / (2 * TAU)
    bend = g["speed"] - g["gamma"] / FORWARD - 2 * gamma + 2 * delta / FORWARD
    return coin | {
        "speed": bend / FORWARD,
        "zomma": (g["zomma"] - 2 * vanna) / FORWARD,
        "color": (g["color"] - 2 * charm) / FORWARD,
    }


def _in_spot(linear):
    """Write what `greekslab.pricing.carry` computes: the chain rule through F = S exp(b tau), b = r - q."""
    g, carry = linear, RATE - YIELD
    growth, drift = sp.exp(carry * TAU), carry * FORWARD
    spot = g | {
        "delta": growth * g["delta"],
        "gamma": growth**2 * g["gamma"],
        "theta": g["theta"] - drift * g["delta"],
        "rho": TAU * (FORWARD * g["delta"] - g["price"]),
        "vanna": growth * g["vanna"],
        "charm": growth * (g["charm"] - drift * g["gamma"] - carry * g["delta"]),
        "veta": g["veta"] - drift * g["vanna"],
        "speed": growth**3 * g["speed"],
        "zomma": growth**2 * g["zomma"],
        "color": growth**2 * (g["color"] - drift * g["speed"] - 2 * carry * g["gamma"]),
        "rho_q": -TAU * FORWARD * g["delta"],
    }
    return {name: form.subs(FORWARD, SPOT * growth) for name, form in spot.items()}


def simplified(expression):
    """Simplify; 0 for what is 0 by the identity F phi(d1) = K phi(d2).

    The strike is written F exp(x), with a spot S exp(b tau + x): then both sides of the identity are visibly one thing.
    """
    forward = SPOT * sp.exp((RATE - YIELD) * TAU) if expression.has(SPOT) else FORWARD
    plain = sp.expand_log(expression.subs(STRIKE, forward * sp.exp(LOG_MONEYNESS)), force=True)
    return sp.simplify(sp.powsimp(sp.expand(plain)))


def remainder(name, kind="call", settlement="linear"):
    """Simplify the derived Greek less its closed form; 0 proves the closed form."""
    return simplified(derived(name, kind, settlement) - closed_forms(kind, settlement)[name])


def exact(name, *, kind="call", settlement="linear", digits=50, **market):
    """Evaluate the derived Greek to many digits, from the numbers as they are (a float is the fraction that it is).

    Parameters
    ----------
    name, kind, settlement
        As in `derived`.
    digits : int
        How many are right.
    **market
        ``forward`` (or ``spot``), ``strike``, ``vol``, ``tau``, and where they enter ``rate`` and ``yield_``.

    Returns
    -------
    sympy.Float
    """
    values = {"rate": 0.0, "yield": 0.0} | {key.rstrip("_"): value for key, value in market.items()}
    terms = {_SYMBOLS[key]: sp.Rational(value) for key, value in values.items()}
    return derived(name, kind, settlement).subs(terms).evalf(digits, maxn=400)
