"""When the compiled kernels are used: by size and by word, and not at all where Numba is missing."""

import os
import subprocess
import sys

import numpy as np
import pytest

from greekslab.errors import InputError
from greekslab.pricing import acceleration, price
from greekslab.pricing.acceleration import SWITCH, kernels
from greekslab.pricing.blocks import BLOCK

CALL = """
import sys, numpy
from greekslab.pricing import greeks
greeks(forward=numpy.full({size}, 100.0), strike=90, vol=1, tau=1)
print("numba" in sys.modules)
"""


def loaded_after(size, **switch):
    """Tell whether Numba was loaded by a call of this size, in a fresh interpreter."""
    environment = {name: value for name, value in os.environ.items() if name != SWITCH} | switch
    program = [sys.executable, "-c", CALL.format(size=size)]
    run = subprocess.run(program, capture_output=True, text=True, check=True, env=environment)
    assert run.stderr == ""
    return run.stdout.strip() == "True"


def kernels_or_skip():
    reason = 'the extra "fast" is not installed'
    return pytest.importorskip("greekslab.pricing.compiled", exc_type=ImportError, reason=reason)


@pytest.fixture
def without_numba(monkeypatch):
    """Make this interpreter one in which Numba is not installed."""
    monkeypatch.setitem(sys.modules, "numba", None)
    monkeypatch.delitem(sys.modules, "greekslab.pricing.compiled", raising=False)


def test_numba_is_not_loaded_for_small_calls():
    assert not loaded_after(100_000)
    assert not loaded_after(1000, GREEKSLAB_FAST="on")
    assert not loaded_after(100_000, GREEKSLAB_FAST="off")


def test_numba_is_loaded_when_asked_for():
    kernels_or_skip()
    assert loaded_after(100_000, GREEKSLAB_FAST="on")


def test_a_large_call_pays_for_loading(monkeypatch):
    compiled = kernels_or_skip()
    monkeypatch.delenv(SWITCH, raising=False)
    assert kernels(50_000, pays_from=50_000) is compiled
    assert kernels(49_999, pays_from=50_000) is None
    monkeypatch.setenv(SWITCH, "off")
    assert kernels(10**9, pays_from=1) is None
    monkeypatch.setenv(SWITCH, "on")
    assert kernels(BLOCK + 1, pays_from=10**9) is compiled


def test_without_numba_all_is_plain_and_nothing_is_said(without_numba, monkeypatch):
    monkeypatch.delenv(SWITCH, raising=False)
    assert kernels(10**9, pays_from=1) is None
    monkeypatch.setattr(acceleration, "_PAYS_FROM", 1)
    many = price(forward=np.full(20_000, 100.0), strike=100, vol=0.6, tau=30 / 365)
    assert many[-1] == pytest.approx(6.8539, abs=1e-4)


def test_asking_for_what_is_missing_is_an_error(without_numba, monkeypatch):
    monkeypatch.setenv(SWITCH, "on")
    with pytest.raises(InputError, match='GREEKSLAB_FAST is on: install the extra "fast"'):
        kernels(20_000, pays_from=1)


def test_other_words_are_refused(monkeypatch):
    monkeypatch.setenv(SWITCH, "yes")
    with pytest.raises(InputError, match='say "on" or "off"'):
        price(forward=np.full(20_000, 100.0), strike=100, vol=0.6, tau=0.1)
