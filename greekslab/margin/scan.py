r"""Scan margin: the worst weighted loss over a scenario set, plus add-ons.

.. math:: M = f\,\max\Bigl(0,\; \max_s -w_s \sum_i P_{si}\Bigr) + \text{add-ons},

with the P&L cube :math:`P`. SPAN, TIMS, Paradex and Derive are this sentence with other numbers in it: a scenario
set, a factor for the initial and one for the maintenance requirement, and a few add-ons for what scenarios do not
see. Underlyings are scanned one by one and summed, unless the set moves each of them by its own amount.
"""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from greekslab.book.along import checked_moves, pnl_along
from greekslab.book.positions import Book
from greekslab.book.revalue import PnLCube, pnl_cube
from greekslab.inputs import checked_type, number
from greekslab.margin.account import as_account
from greekslab.margin.add_ons import AddOn
from greekslab.margin.report import MarginReport
from greekslab.market.market import Market
from greekslab.risk.functionals import ROUNDING, contributions, worst
from greekslab.scenarios.sets import ScenarioSet


@dataclass(frozen=True)
class Scan:
    """Charge the worst weighted loss of the netted book, and add-ons.

    Parameters
    ----------
    scenarios : ScenarioSet
        The states that count.
    initial_factor, maintenance_factor : float
        What the scan is multiplied by, above 0.
    add_ons : tuple of AddOn
        Added to the scan as they are.
    floor : AddOn, optional
        Least amount for the scan part, compared with the scans of all underlyings together (Paradex: the greater of
        SCAN risk and minimum delta of the portfolio); its maintenance column is taken as it is.
    joint : bool
        Whether all underlyings move in one scenario together. False scans each alone and adds up, as a venue does
        whose set has one move for all: it nets nothing across coins.
    name, certainty, note : str
        For the report.
    """

    scenarios: ScenarioSet
    initial_factor: float = 1.0
    maintenance_factor: float = 1.0
    add_ons: tuple[AddOn, ...] = ()
    floor: AddOn | None = None
    joint: bool = False
    name: str = ""
    certainty: str = "generic"
    note: str = ""

    def __post_init__(self):
        for which in ("initial_factor", "maintenance_factor"):
            number(which, getattr(self, which), "give a finite factor above 0", above=0.0)
        remedy = 'give a ScenarioSet, for example published("paradex-24")'
        checked_type("scenarios", self.scenarios, ScenarioSet, remedy)
        add_ons = self.add_ons if isinstance(self.add_ons, (tuple, list)) else (self.add_ons,)
        object.__setattr__(self, "add_ons", tuple(add_ons))
        for add_on in (*add_ons, *([] if self.floor is None else [self.floor])):
            checked_type("add-on", add_on, AddOn, "give AddOn(...), for example contract_charge(0.04, 0.03)")
        if not self.name:
            object.__setattr__(self, "name", f"Scan: {self.scenarios.name}")

    def margin(self, account, market: Market) -> MarginReport:
        """Report the requirement of an `Account` or a `Book`."""
        account = as_account(account)
        book = account.book
        cube = pnl_cube(book, market, self.scenarios)
        split, binding = self._scan(cube)
        parts, by_position = self._parts(book, market, split)
        index = pd.Index(book.names, name="instrument")
        return MarginReport(
            rule=self.name,
            equity=account.equity(market),
            parts=parts,
            contributions=pd.Series(by_position, index),
            marginal=pd.Series(self._marginal(cube, market, by_position.sum()), index),
            binding=binding,
            scan=self._table(cube),
            certainty=self.certainty,
            note=self.note,
        )

    def requirement(self, book: Book, market: Market) -> tuple[float, float]:
        """Return the initial and maintenance requirement alone, quote currency."""
        split, _ = self._scan(pnl_cube(book, market, self.scenarios))
        return _sums(self._parts(book, market, split)[0])

    def requirements_along(self, book: Book, market: Market, moves) -> np.ndarray:
        """Return the requirements after each of several moves of all spots, shape (moves, 2), quote currency.

        The same as `requirement` in one moved market after another, from one revaluation.
        """
        moves = checked_moves(moves)
        if self.tilts:
            return np.array([self.requirement(book, market.moved(x)) for x in moves])
        values, scan = pnl_along(book, market, self.scenarios, moves), np.zeros(len(moves))
        for _, columns in self.groups(book):
            part = values[:, :, columns]
            worst_loss = -(part.sum(axis=2) * self.scenarios.weights).min(axis=1)
            scan += np.where(worst_loss > ROUNDING * np.abs(part).max(axis=(1, 2)), worst_loss, 0.0)
        both = np.outer(scan, [self.initial_factor, self.maintenance_factor])
        if self.floor is not None:
            both = np.maximum(both, self.floor.totals(book, market, moves))
        return both + sum(add_on.totals(book, market, moves) for add_on in self.add_ons)

    @property
    def tilts(self) -> bool:
        """Whether the set tilts the smile, whose gains are turned into losses book by book."""
        return bool(self.scenarios.table["vol"].isin(["linear", "abs"]).any())

    def groups(self, book: Book) -> list[tuple[str, list[int]]]:
        """Return what is scanned alone: a label, and the places of its positions."""
        if self.joint or len(book.underlyings) == 1:
            return [("", list(range(len(book))))]
        return [(u, [i for i, p in enumerate(book) if p.instrument.underlying == u]) for u in book.underlyings]

    def _scan(self, cube: PnLCube) -> tuple[np.ndarray, str | None]:
        """Return the scan loss by position and the name of what binds."""
        split, names = np.zeros(len(cube.book)), []
        for label, columns in self.groups(cube.book):
            part = _columns(cube, columns)
            found = worst(part)
            if found.index is not None:
                split[columns] = contributions(part, found)
                names.append(f"{label}: {found.name}" if label else found.name)
        return split, "; ".join(names) or None

    def _table(self, cube: PnLCube) -> pd.DataFrame:
        """Return the scenarios with the book's P&L and weighted loss, per underlying if each is scanned alone."""
        seen, tables = cube.scenarios.table, []
        for label, columns in self.groups(cube.book):
            part = _columns(cube, columns)
            shown = {column: seen[column] for column in ("name", "move", "vol", "weight")}
            shown |= {"pnl": part.total(), "loss": -part.weighted()}
            tables.append(pd.DataFrame({"underlying": label, **shown} if label else shown))
        return tables[0] if len(tables) == 1 else pd.concat(tables, ignore_index=True)

    def _parts(self, book, market, split):
        """Return the parts of the requirement, and the initial requirement by position."""
        scan = np.array([self.initial_factor * split, self.maintenance_factor * split])
        label = "worst scenario"
        if self.floor is not None:
            least = self.floor.charge(book, market)
            for row in range(2):
                if least[row].sum() > scan[row].sum():
                    scan[row] = least[row]
                    label = self.floor.name if row == 0 else label
        parts = {label: tuple(scan.sum(axis=1))}
        total = scan[0].copy()
        for add_on in self.add_ons:
            charge = add_on.charge(book, market)
            parts[add_on.name] = tuple(charge.sum(axis=1))
            total += charge[0]
        return parts, total

    def _marginal(self, cube, market, requirement):
        """Return by how much the requirement falls when each position is closed."""
        count = len(cube.book)
        if count == 1:
            return np.array([requirement])
        marginal = np.empty(count)
        for i in range(count):
            if self.tilts:  # a tilt is flipped for the book as a whole: without the leg it may turn the other way
                rest = pnl_cube(cube.book.without(i), market, cube.scenarios)
            else:
                rest = PnLCube(np.delete(cube.values, i, axis=1), cube.book.without(i), cube.scenarios)
            split, _ = self._scan(rest)
            marginal[i] = requirement - self._parts(rest.book, market, split)[1].sum()
        return marginal


def _columns(cube: PnLCube, columns) -> PnLCube:
    if len(columns) == len(cube.book):
        return cube
    return PnLCube(cube.values[:, columns], Book(tuple(cube.book.positions[i] for i in columns)), cube.scenarios)


def _sums(parts) -> tuple[float, float]:
    return tuple(float(sum(column)) for column in zip(*parts.values(), strict=True))
