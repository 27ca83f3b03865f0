"""The margin report: one answer, whatever the rule, and the reasons for it."""

import re
from dataclasses import dataclass, field, replace
from html import escape

import numpy as np
import pandas as pd

from greekslab.errors import InputError
from greekslab.market.market import Market


@dataclass(frozen=True, eq=False)
class MarginReport:
    """What a rule asks of an account, and why.

    Attributes
    ----------
    rule : str
        Name of the rule.
    currency : str
        Unit of every amount: "quote", or a coin.
    equity : float
        Equity of the account; may be negative.
    initial, maintenance : float
        Requirements to open and to keep the positions, 0 or more.
    parts : dict of str to (float, float)
        Initial and maintenance amount of each part; each column sums to its requirement. Offsets are negative.
    contributions : Series
        Initial requirement by position, summing to `initial`. Hedges are negative.
    marginal : Series
        What the initial requirement would fall by if the position were closed.
    binding : str or None
        Name of the worst scenario. It sets the requirement, unless the parts show a floor in its place. None for
        rules without scenarios, or where nothing is lost.
    scan : DataFrame or None
        For scan rules, one row per scenario: name, move, vol, weight, pnl, loss (weighted, loss > 0).
    certainty, note : str
        How well the rule is known ("exact", "documented", "partial" or "generic"), and what it leaves out.
    """

    rule: str
    equity: float
    parts: dict
    contributions: pd.Series
    marginal: pd.Series
    binding: str | None = None
    scan: pd.DataFrame | None = field(default=None, repr=False)
    currency: str = "quote"
    certainty: str = "generic"
    note: str = ""

    @property
    def initial(self) -> float:
        """Requirement to open positions."""
        return float(sum(amount for amount, _ in self.parts.values()))

    @property
    def maintenance(self) -> float:
        """Requirement below which positions are liquidated."""
        return float(sum(amount for _, amount in self.parts.values()))

    @property
    def excess(self) -> float:
        """Equity left above the initial requirement."""
        return self.equity - self.initial

    @property
    def health(self) -> float:
        """Equity over maintenance requirement; liquidation below 1, infinite where nothing is required."""
        if self.maintenance > 0.0:
            return self.equity / self.maintenance
        return np.inf if self.equity >= 0.0 else -np.inf

    def to_frame(self) -> pd.DataFrame:
        """Return the positions with their contribution and marginal margin."""
        return pd.DataFrame({"contribution": self.contributions, "marginal": self.marginal})

    def parts_frame(self) -> pd.DataFrame:
        """Return the parts of the requirement, with their sum."""
        table = pd.DataFrame(self.parts, index=["initial", "maintenance"]).T
        table.loc["requirement"] = [self.initial, self.maintenance]
        return table

    def explain(self) -> str:
        """Say in plain sentences where the requirement comes from."""
        parts = [f"{label} {_amount(a)}" for label, (a, _) in self.parts.items() if a != 0.0]
        text = [f"{self.rule} asks for {_amount(self.initial)} to open and {_amount(self.maintenance)} to keep."]
        if len(parts) > 1:
            text.append(f"It is made of {', '.join(parts)}.")
        if self.binding and self.scan is not None and "worst scenario" not in self.parts:
            text.append(f"The {next(iter(self.parts))} is more than the worst scenario loses ({self.binding}).")
        elif self.binding:
            text.append(f"The scenario that binds is {self.binding}.")
        elif self.scan is not None:
            text.append("No scenario loses money.")
        if self.initial > 0.0 and len(self.contributions) > 1:
            top, low = self.contributions.idxmax(), self.contributions.idxmin()
            text.append(f"{top} causes most of it ({_amount(self.contributions.max())}).")
            if self.contributions.min() < 0.0:
                text.append(f"{low} offsets {_amount(-self.contributions.min())}.")
        state = "above" if self.equity >= self.initial else "below"
        text.append(f"Equity is {_amount(self.equity)}, {_amount(abs(self.excess))} {state} the requirement.")
        return " ".join(text + ([self.note] if self.note else []))

    def in_quote(self, market: Market) -> "MarginReport":
        """Convert a report in coin to quote currency at the market's spot; others are returned as they are."""
        if self.currency == "quote":
            return self
        if self.currency not in market.spots:
            raise InputError("currency", self.currency, f"the market has no spot for it; it has {list(market.spots)}")
        rate = market.spot(self.currency)
        scan = (
            self.scan if self.scan is None else self.scan.assign(pnl=self.scan.pnl * rate, loss=self.scan.loss * rate)
        )
        return replace(
            self,
            equity=self.equity * rate,
            parts={label: (a * rate, b * rate) for label, (a, b) in self.parts.items()},
            contributions=self.contributions * rate,
            marginal=self.marginal * rate,
            scan=scan,
            currency="quote",
        )

    def _repr_html_(self):
        parts = self.parts_frame().to_html(float_format=_amount, border=0)
        legs = self.to_frame().to_html(float_format=_amount, border=0)
        text = (
            f"<p><strong>{escape(self.rule)}</strong> ({escape(self.certainty)}; {escape(self.currency)} currency). "
            f"{escape(self.explain())}</p>"
            f'<div style="display:flex;flex-wrap:wrap;gap:1.5em">{parts}{legs}</div>'
        )
        return re.sub(r"(?<=\d) (?=\d{3}\b)", "\u00a0", text)  # numbers do not break across lines


def _amount(value: float) -> str:
    """Write an amount with the digits that matter: 9 877, 15.56, 0.00015."""
    if not np.isfinite(value):
        return str(value)
    size = abs(value)
    if size >= 1_000:
        return f"{value:,.0f}".replace(",", " ")
    if size >= 0.1 or size == 0.0:
        return f"{value:,.2f}".replace(",", " ")
    return f"{value:.4g}"
