"""ISDA SIMM, equity class: published portfolios, identities and bad input."""

import numpy as np
import pandas as pd
import pytest

from greekslab.errors import InputError
from greekslab.margin.venues import simm_equity

# ISDA's unit test portfolio (SIMM 2.5, ten days, equity), as carried by AcadiaSoft/simm-lib @ cefc23b4
EQUITY = [("Risk_Equity", "ISIN:INE044A01036", "1", "", 6_000_000.0)]
VOLS = [
    ("Risk_EquityVol", "ISIN:AT000089755122", "1", "1m", 1_200_000.0),
    ("Risk_EquityVol", "ISIN:AU001159751155", "2", "6m", -200_000.0),
]
COLUMNS = ["risk_type", "qualifier", "bucket", "label1", "amount_usd"]


def portfolio(rows):
    return pd.DataFrame(rows, columns=COLUMNS)


def test_isdas_published_portfolios():
    assert simm_equity(portfolio(EQUITY)).total == pytest.approx(156_000_000, abs=1.0)  # testC165
    assert simm_equity(portfolio(VOLS)).total == pytest.approx(121_542_129, abs=1.0)  # testC430


def test_delta_of_one_name_is_weight_times_amount_times_concentration():
    found = simm_equity(portfolio([("Risk_Equity", "A", "9", "", 5.6e6)]))  # threshold 1.4 million: CR = 2
    assert (found.delta, found.vega, found.curvature) == pytest.approx((32 * 5.6e6 * 2, 0.0, 0.0))


def test_rows_of_one_name_net_and_order_is_of_no_account():
    both = portfolio([*EQUITY, ("Risk_Equity", "ISIN:INE044A01036", "1", "", -6_000_000.0)])
    assert simm_equity(both).total == 0.0
    assert simm_equity(portfolio(VOLS[::-1])).total == simm_equity(portfolio(VOLS)).total


@pytest.mark.parametrize(("column", "value", "word"), [
    ("risk_type", "Risk_FX", "risk_type"), ("bucket", "13", "bucket"), ("label1", "soon", "label1"),
    ("amount_usd", np.nan, "amount_usd"), ("amount_usd", "much", "amount_usd"), ("qualifier", None, "qualifier"),
])  # fmt: skip
def test_bad_sensitivities_name_their_row(column, value, word):
    table = portfolio(VOLS).astype(object)
    table.loc[1, column] = value
    with pytest.raises(InputError, match=f"sensitivity 1, {word}"):
        simm_equity(table)


def test_no_sensitivities_need_no_margin():
    columns = ["risk_type", "qualifier", "bucket", "label1", "amount_usd"]
    assert simm_equity(pd.DataFrame([], columns=columns)).total == 0.0


def test_other_bad_input_of_simm():
    with pytest.raises(InputError, match="add the column 'bucket'"):
        simm_equity(portfolio(VOLS).drop(columns="bucket"))
    with pytest.raises(InputError, match="edition of simm_equity"):
        simm_equity(portfolio(VOLS), version="9.9")
    with pytest.raises(InputError, match="DataFrame"):
        simm_equity(VOLS)
