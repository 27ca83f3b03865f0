"""Adaptors: every figure of the embedded fact tables."""

import pandas as pd

from greekslab.market import (
    card,
    crash_facts,
    crash_window,
    funding_extremes,
    month_end_closes,
    worst_days,
)
from harness.cases import NotCovered
from harness.registry import number


def _day(text):
    return pd.Timestamp(text, tz="UTC")


def _event(day):
    """Give the facts of the crash on `day`, by asset."""
    facts = crash_facts()
    facts = facts[facts["day"] == _day(day)]
    if facts.empty:
        raise NotCovered(f"no crash recorded on {day}")
    return facts


@number("crash_facts", needs="date")
def crash_day(case):
    facts = _event(case.inputs["date"])
    computed = {}
    for (_, asset), row in facts.iterrows():
        computed[asset] = {
            "prev_close": row["previous_close"],
            "low": row["low"],
            "close": row["close"],
            "log_return": row["log_return"],
            "prev_close_to_low": row["previous_close_to_low"],
        }
        if pd.notna(row["funding_8h"]):
            computed[f"{asset}_funding_mean_8h"] = row["funding_8h"]
    return computed


def _on(closes, dates):
    """Give the closes of each asset on `dates`; None where it did not trade."""
    rows = closes.reindex([_day(date) for date in dates])
    return {asset: [None if pd.isna(x) else x for x in column] for asset, column in rows.items()}


@number("price_fact_tables", needs="dates event_day")
def window(case):
    facts = _event(case.inputs["event_day"])
    (name,) = {event for event, _ in facts.index}
    closes = _on(crash_window(name), case.inputs["dates"])
    lows = facts.droplevel("event")["low"]
    return {asset: {"close": column, "low_on_day": lows[asset]} for asset, column in closes.items()}


@number("price_fact_tables", needs="dates", gives="BTC ETH BNB SOL")
def month_ends(case):
    return _on(month_end_closes(), case.inputs["dates"])


def _ranked(table, side, column):
    rows = table[table["side"] == side].sort_values("rank")
    return [[f"{day:%Y-%m-%d}", value] for day, value in rows[column].items()]


@number("price_fact_tables", needs="n_days", gives="lowest10 highest10 median")
def funding(case):
    table = funding_extremes()
    sides = {f"{side}10": _ranked(table, side, "funding_8h") for side in ("lowest", "highest")}
    return sides | {"median": card("funding_extremes").facts["median_8h"]}


@number("price_fact_tables", needs="from to", gives="worst15_log_return best10_log_return")
def extreme_days(case):
    table = worst_days()
    return {
        "worst15_log_return": _ranked(table, "worst", "log_return"),
        "best10_log_return": _ranked(table, "best", "log_return"),
    }
