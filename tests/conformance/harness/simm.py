"""Adaptor: the equity class of ISDA SIMM."""

import pandas as pd

from greekslab.margin.venues import simm_equity
from harness.registry import vector

_COLUMNS = ["risk_type", "qualifier", "bucket", "label1", "amount_usd"]


@vector("simm25_equity", needs="sensitivities", gives="simm_usd")
def equity_class(case):
    return {"simm_usd": simm_equity(pd.DataFrame(case.inputs["sensitivities"], columns=_COLUMNS)).total}
