"""Times: every instant of the package is a UTC timestamp, a year has 365 days."""

from datetime import UTC
from numbers import Real

import numpy as np
import pandas as pd

from greekslab.errors import InputError

SECONDS_PER_YEAR = 365 * 86_400  # these markets never close


def utc(moment, name="time") -> pd.Timestamp:
    """Return `moment` (text, date or timestamp) as a UTC timestamp; naive times are taken as UTC."""
    if isinstance(moment, pd.Timestamp) and moment.tzinfo is UTC:
        return moment
    try:
        # a bare number could be seconds, milliseconds or a spreadsheet's day count
        stamp = pd.NaT if isinstance(moment, (Real, np.number)) else pd.Timestamp(moment)
    except (TypeError, ValueError):
        stamp = pd.NaT
    if stamp is pd.NaT:
        raise InputError(name, moment, "give a date or time, for example 2021-11-05 08:00 (UTC)")
    return stamp.tz_localize("UTC") if stamp.tzinfo is None else stamp.tz_convert("UTC")
