"""Adaptors: SVI slices in their three forms, SSVI, and a fit to quotes."""

import json
from math import sqrt

import numpy as np

from greekslab.market import HestonLike, PowerLaw, Ssvi, Svi, SviJumpWings, fit_svi
from harness.cases import NotCovered
from harness.registry import number


def _raw(case):
    return Svi(**case.inputs["raw"], tau=case.inputs.get("t", 1.0))


def _jump_wings(form):
    return vars(form) | {"vtilde": form.v_tilde}


def _named(values, at):
    """Values by the text of their k, as the cases write them."""
    return dict(zip(at, map(float, values), strict=True))


@number("svi_ssvi", needs="raw t", gives="v psi p c vtilde")
def raw_to_jump_wings(case):
    return _jump_wings(_raw(case).to_jump_wings())


@number("svi_ssvi", needs="raw k", gives="w g")
def curve(case):
    return {"w": _raw(case).total_variance(case.inputs["k"]), "g": _raw(case).durrleman(case.inputs["k"])}


@number("svi_ssvi", needs="jw t", gives="c_new vtilde_new")
def repair(case):
    i = case.inputs["jw"]
    form = SviJumpWings(**{n: i[n] for n in ("v", "psi", "p", "c")}, v_tilde=i["vtilde"], tau=case.inputs["t"])
    repaired = form.to_raw().repaired().to_jump_wings()
    return {"c_new": repaired.c, "vtilde_new": repaired.v_tilde}


@number("svi_ssvi", needs="raw t", gives="jw natural k w iv g butterfly_free_on_-2_2")
def conversions(case):
    svi, k = _raw(case), case.expected["k"]
    natural, check = svi.to_natural(), svi.butterfly()
    if not check.free and abs(check.k) > 2.0:
        raise NotCovered("a butterfly beyond -2 to 2: the package checks all strikes")
    return {
        "jw": _jump_wings(svi.to_jump_wings()),
        "natural": vars(natural) | {"Delta": natural.delta},
        "k": k,
        "w": svi.total_variance(k),
        "iv": svi.vol(k),
        "g": svi.durrleman(k),
        "butterfly_free_on_-2_2": check.free,
    }


@number("svi_ssvi", needs="eta gamma rho theta", gives="slices eta_1_plus_absrho_le_2")
def power_law(case):
    i = case.inputs
    surface = Ssvi(i["rho"], PowerLaw(i["eta"], i["gamma"]))
    slices = []
    for published, row in zip(case.expected["slices"], surface.conditions(i["theta"]).itertuples(), strict=True):
        at = list(published["w"])
        slices.append({
            "theta": row.theta,
            "phi": row.phi,
            "w": _named(surface.total_variance([float(k) for k in at], row.theta), at),
            "theta_phi_1_plus_absrho": row.wing,
            "theta_phi2_1_plus_absrho": row.bend,
            "sufficient_butterfly": row.butterfly,
        })  # fmt: skip
    on_eta_alone = PowerLaw(i["eta"], 0.5).always_free(i["rho"])  # the other condition, gamma <= 1/2, holds
    return {"slices": slices, "eta_1_plus_absrho_le_2": on_eta_alone}


@number("svi_ssvi", needs="lambda rho theta", gives="phi w")
def heston_like(case):
    i, at = case.inputs, list(case.expected["w"])
    surface = Ssvi(i["rho"], HestonLike(i["lambda"]))
    w = surface.total_variance([float(k) for k in at], i["theta"])
    return {"phi": surface.phi(i["theta"]), "w": _named(w, at)}


@number("svi_ssvi", needs="file expiry", may="objective", gives="rmse_total_variance rmse_iv")
def fit(case):
    """The case's own objective: unweighted, at mid, without conditions."""
    slices = json.loads(case.data(case.inputs["file"]).read_text(encoding="utf-8"))["slices"]
    (i,) = [s for s in slices if s["expiry"] == case.inputs["expiry"]]
    quotes, tau = (i["strike"], i["bid_iv"], i["ask_iv"]), i["T"]
    svi = fit_svi(*quotes, forward=i["forward"], tau=tau, weights="equal", inside_spread=False, free_of_arbitrage=False)
    k, mid = np.log(np.divide(i["strike"], i["forward"])), np.add(i["bid_iv"], i["ask_iv"]) / 2.0
    return {
        "rmse_total_variance": sqrt(np.mean((svi.total_variance(k) - mid**2 * tau) ** 2)),
        "rmse_iv": sqrt(np.mean((svi.vol(k) - mid) ** 2)),
    }
