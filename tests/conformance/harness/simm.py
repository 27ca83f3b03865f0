"""Adaptor: the equity class of ISDA SIMM."""

import pandas as pd

from greekslab.margin.venues import simm_equity
from harness.registry import vector


@vector("simm25_equity", needs="sensitivities", gives="simm_usd")
def equity_class(case):
    return {"simm_usd": simm_equity(pd.DataFrame(case.inputs["sensitivities"])).total}
