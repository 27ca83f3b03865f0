r"""A venue's whole night: the margin of very many accounts from one revaluation.

Instruments are revalued once, in a P&L cube :math:`C` of one unit each (scenarios x instruments). Accounts are a sparse
matrix :math:`Q` (accounts x instruments) of quantities, and everyone's profit in every scenario is their product,

.. math:: P = Q\,C^\top, \qquad M_a = f \max\Bigl(0,\; \max_s -w_s P_{as}\Bigr) + \text{add-ons}.

P is never held: a block of accounts at a time is multiplied, its worst loss and scenario are kept, the rest is thrown
away. The same call takes a NumPy array, a SciPy sparse matrix or a Dask array of such blocks.
"""

import os
import sys
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy import sparse

from greekslab.book.positions import LARGEST, Book
from greekslab.book.revalue import pnl_cube, position_values
from greekslab.errors import InputError
from greekslab.inputs import checked_type, number, numbers
from greekslab.margin.scan import Scan
from greekslab.market.market import Market
from greekslab.risk.functionals import ROUNDING, TIE

# Doubles of profit and loss in one block: with the cube they stay in a core's own cache.
_BLOCK = 200_000


@dataclass(frozen=True, eq=False)
class AccountMargins:
    """Requirements of many accounts, quote currency, one entry an account.

    Attributes
    ----------
    initial, maintenance : ndarray
        Requirements, 0 or more, shape (accounts,).
    scan : ndarray
        Worst weighted loss, summed over what is scanned alone, before factors, floors and add-ons.
    scenario : ndarray
        Index of the scenario that binds, -1 where nothing is lost, shape (accounts, groups).
    groups : tuple of str
        What is scanned alone: the underlyings, or "all" where they move in one scenario together.
    names : tuple of str
        Names of the scenarios.
    equity : ndarray or None
        Cash and the value of all positions, where cash was given.
    """

    initial: np.ndarray
    maintenance: np.ndarray
    scan: np.ndarray
    scenario: np.ndarray
    groups: tuple
    names: tuple
    equity: np.ndarray | None = None

    def __len__(self):
        return len(self.initial)

    @property
    def liquidated(self) -> np.ndarray:
        """Return which accounts have less equity than their maintenance requirement, shape (accounts,)."""
        if self.equity is None:
            raise InputError("equity", None, "give cash to margin_accounts; without it nobody's equity is known")
        return self.equity < self.maintenance

    def to_frame(self, index=None) -> pd.DataFrame:
        """Return one row an account: requirements, scan, equity if known, and the names of binding scenarios."""
        table = pd.DataFrame({"initial": self.initial, "maintenance": self.maintenance, "scan": self.scan}, index)
        if self.equity is not None:
            table["equity"] = self.equity
        names = list(dict.fromkeys(self.names))  # two scenarios may have one name
        code = np.array([*map({name: i for i, name in enumerate(names)}.get, self.names), -1])
        for column, group in enumerate(self.groups):
            label = "scenario" if len(self.groups) == 1 else f"scenario {group}"
            table[label] = pd.Categorical.from_codes(code[self.scenario[:, column]], names)
        return table


@dataclass(frozen=True, eq=False)
class _Night:
    """What does not change from account to account; called with a block of quantities."""

    groups: tuple  # of (columns or None, cube times weights, instruments x scenarios)
    factors: tuple
    floor: object
    add_ons: tuple
    value: np.ndarray | None  # of one unit of each instrument, where equities are asked for

    def __call__(self, block) -> tuple:
        """Return initial and maintenance requirement, scan, binding scenarios and value of the accounts of a block."""
        block = sparse.csr_array(block)
        if not block.has_canonical_format:  # add-ons look at each holding's size; the caller's arrays stay as they are
            block = block.copy()
            block.sum_duplicates()
        scan, scenario = np.zeros(block.shape[0]), np.empty((block.shape[0], len(self.groups)), dtype=np.int32)
        for place, (columns, cube) in enumerate(self.groups):
            loss, scenario[:, place] = _worst(block if columns is None else block[:, columns], cube)
            scan += loss
        both = np.outer(scan, self.factors)
        if self.floor is not None:
            both = np.maximum(both, self.floor(block))
        for add_on in self.add_ons:
            both += add_on(block)
        value = np.zeros(0) if self.value is None else block @ self.value
        return both[:, 0], both[:, 1], scan, scenario, value

    def room(self, count: int) -> tuple:
        """Return empty arrays for the results of `count` accounts."""
        valued = 0 if self.value is None else count
        money = [np.empty(count) for _ in range(3)]
        return (*money, np.empty((count, len(self.groups)), dtype=np.int32), np.empty(valued))

    def rows(self) -> int:
        """Return how many accounts make a block."""
        return max(1, _BLOCK // max(cube.shape[1] for _, cube in self.groups))


def _worst(block, cube):
    """Return the worst loss of each account and its scenario; ties within 1e-9 bind the first."""
    pnl = block @ cube
    least = pnl.min(axis=1)
    # what counts as nothing lost is measured on the money that moves, as the scan of one account does
    moved = abs(block) @ np.abs(cube).max(axis=1)
    lost = -least > ROUNDING * moved
    first = (pnl <= (least * (1.0 - TIE))[:, None]).argmax(axis=1)
    return np.where(lost, -least, 0.0), np.where(lost, first, -1)


def margin_accounts(
    rule: Scan, instruments: Book, market: Market, quantities, *, cash=None, threads=None, progress=False
) -> AccountMargins:
    """Margin many accounts by one scan rule.

    Parameters
    ----------
    rule : Scan
        Scenarios, factors, floor and add-ons; sets that tilt the smile are refused, since a tilt turns with the book.
    instruments : Book
        One unit (quantity 1) of every instrument of the venue.
    market : Market
    quantities : sparse matrix, ndarray or Dask array
        Signed quantities, shape (accounts, instruments). A Dask array's blocks hold whole rows; they are worked on
        wherever its cluster is.
    cash : array, optional
        Quote currency of each account, shape (accounts,); gives equities.
    threads : int, optional
        Threads to work in; all cores if not given. Not for Dask arrays, whose cluster has its own.
    progress : bool
        Whether a bar counts the blocks (extra ``dask``, for tqdm).

    Returns
    -------
    AccountMargins
        The same numbers as ``rule.requirement`` of one account after another. Memory beyond the quantities is a few
        megabytes.
    """
    night = _night(rule, instruments, market, valued=cash is not None)
    names = [p.instrument.underlying for p in instruments]
    whole = rule.joint or len(set(names)) == 1
    if type(quantities).__module__.partition(".")[0] == "dask":
        from greekslab.margin.cluster import on_cluster

        found = on_cluster(night, quantities, len(instruments), progress)
    else:
        found = _in_threads(night, checked_quantities(quantities, len(instruments)), threads, progress)
    initial, maintenance, scan, scenario, value = found
    return AccountMargins(
        initial=initial,
        maintenance=maintenance,
        scan=scan,
        scenario=scenario,
        groups=("all",) if whole else tuple(instruments.underlyings),
        names=tuple(rule.scenarios.names),
        equity=None if cash is None else _cash(cash, len(initial)) + value,
    )


def _night(rule, instruments, market, valued) -> _Night:
    checked_type("rule", rule, Scan, "give a Scan; other rules are asked account by account")
    checked_type("instruments", instruments, Book, "give a Book with one unit of each instrument")
    if odd := [p for p in instruments if p.quantity != 1.0]:
        raise InputError(f"quantity of {odd[0].instrument}", odd[0].quantity, "give one unit of each instrument")
    if rule.tilts:
        raise InputError("scenarios", rule.scenarios.name, "the set tilts the smile; margin such accounts one by one")
    cube = pnl_cube(instruments, market, rule.scenarios)
    weighted = np.ascontiguousarray((cube.values * rule.scenarios.weights[:, None]).T)
    groups = rule.groups(instruments)
    whole = len(groups) == 1
    return _Night(
        groups=tuple((None if whole else np.array(columns), weighted[columns]) for _, columns in groups),
        factors=(rule.initial_factor, rule.maintenance_factor),
        floor=None if rule.floor is None else rule.floor.for_accounts(instruments, market),
        add_ons=tuple(add_on.for_accounts(instruments, market) for add_on in rule.add_ons),
        value=position_values(instruments, market) if valued else None,
    )


def checked_quantities(quantities, count: int) -> sparse.csr_array:
    """Return the quantities as compressed rows of finite floats."""
    if np.iscomplexobj(quantities):
        raise InputError("quantities", "complex", "give finite signed quantities, accounts x instruments")
    if not sparse.issparse(quantities):
        quantities = numbers("quantities", quantities, "give finite signed quantities, accounts x instruments")
    if quantities.ndim != 2 or quantities.shape[1] != count:
        raise InputError("shape of quantities", quantities.shape, f"give (accounts, {count}): one column an instrument")
    rows = sparse.csr_array(quantities)
    if rows.dtype != float:
        rows = rows.astype(float)
    if rows.nnz and not (rows.data.min() >= -LARGEST and rows.data.max() <= LARGEST):
        bad = int(np.flatnonzero(~(np.abs(rows.data) <= LARGEST))[0])
        account = int(np.searchsorted(rows.indptr, bad, side="right")) - 1
        remedy = f"give finite signed quantities, at most {LARGEST:g} in size"
        raise InputError(f"quantity of account {account}", float(rows.data[bad]), remedy)
    return rows


def _cash(cash, count):
    cash = numbers("cash", cash, "give finite amounts in quote currency")
    if cash.shape not in ((), (count,)):
        raise InputError("shape of cash", cash.shape, f"give one amount for each of the {count} accounts")
    return cash


def _in_threads(night, rows, threads, progress) -> tuple:
    size = night.rows()
    starts = range(0, rows.shape[0], size)
    found = night.room(rows.shape[0])

    def work(start):
        end = min(start + size, rows.shape[0])
        first, last = rows.indptr[start], rows.indptr[end]
        parts = rows.data[first:last], rows.indices[first:last], rows.indptr[start : end + 1] - first
        block = sparse.csr_array(parts, shape=(end - start, rows.shape[1]), copy=False)
        for whole, part in zip(found, night(block), strict=True):
            if len(whole):
                whole[start:end] = part

    threads = _threads(threads)
    if progress:
        from greekslab.margin.cluster import bar

        starts = bar(starts)
    if threads == 1:
        for start in starts:
            work(start)
    else:
        with ThreadPoolExecutor(threads) as pool:
            list(pool.map(work, starts))
    return found


def _threads(threads) -> int:
    if threads is None:
        return 1 if sys.platform == "emscripten" else os.cpu_count() or 1
    return int(number("threads", threads, "give a number of threads, 1 or more", least=1.0))
