"""Funding of perpetuals: signs, sums and the yearly rate."""

import numpy as np
import pytest

from greekslab.errors import InputError
from greekslab.pricing import annual_funding, funding_payment


def test_a_day_of_funding_by_hand():
    # one million of notional at 0.01 % per 8 hours, three times a day: 300; a short receives it
    assert funding_payment(notional=1_000_000, rate=0.0001, intervals=3) == pytest.approx(300.0)
    assert funding_payment(notional=-1_000_000, rate=0.0001, intervals=3) == pytest.approx(-300.0)
    assert funding_payment(notional=1_000_000, rate=-0.0001) == pytest.approx(-100.0)


def test_what_longs_pay_shorts_receive():
    notional, rate = np.array([5.0, -2.0, -3.0]), 0.0003
    assert funding_payment(notional=notional, rate=rate).sum() == pytest.approx(0.0, abs=1e-18)


def test_a_year_has_1095_intervals_of_8_hours():
    assert annual_funding(rate=0.0001) == pytest.approx(0.1095)
    assert annual_funding(rate=0.0001, hours=1) == pytest.approx(0.0001 * 8760)


def test_nonsense_is_refused():
    with pytest.raises(InputError, match="finite"):
        funding_payment(notional=float("nan"), rate=0.1)
    with pytest.raises(InputError, match="hours"):
        annual_funding(rate=0.1, hours=0)
