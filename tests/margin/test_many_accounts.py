"""Many accounts at once: the numbers of one account after another, from arrays, files and a cluster."""

import os
import signal
import threading
import time

import numpy as np
import pytest
from scipy import sparse

from greekslab.book import Book, Position, chain_names
from greekslab.errors import InputError
from greekslab.margin import (
    Account,
    AddOn,
    Scan,
    account_blocks,
    dask_accounts,
    margin_accounts,
    read_accounts,
    rules,
    write_accounts,
)  # fmt: skip
from greekslab.market import Market
from greekslab.scenarios import grid, published

BTC = Market.btc()
UNITS = Book.from_list([(name, 1.0) for name in chain_names(BTC, "BTC")])
PARADEX = rules()["paradex"]


def accounts(count, seed=0, held=6, units=UNITS):
    """Draw accounts that hold a few instruments each; one holds nothing."""
    rng = np.random.default_rng(seed)
    dense = np.zeros((count, len(units)))
    for row in range(1, count):
        dense[row, rng.choice(len(units), held, replace=False)] = rng.normal(size=held).round(2)
    return sparse.csr_array(dense)


def book_of(quantities, row, units=UNITS):
    held = quantities[[row]].toarray().ravel()
    return Book(tuple(Position(p.instrument, q) for p, q in zip(units, held, strict=True) if q != 0.0))


@pytest.mark.parametrize("name", ["paradex", "paradex-16", "derive-pm2", "span", "tims"])
def test_every_account_needs_what_it_needs_alone(name):
    rule, quantities = rules()[name], accounts(25)
    if not isinstance(rule, Scan):
        pytest.skip("not a scan")
    cash = np.linspace(-1_000.0, 50_000.0, 25)
    found = margin_accounts(rule, UNITS, BTC, quantities, cash=cash)
    assert found.initial[0] == found.maintenance[0] == 0.0 and found.scenario[0, 0] == -1
    for row in range(1, 25):
        book = book_of(quantities, row)
        report = rule.margin(Account(book, cash=cash[row]), BTC)
        assert (found.initial[row], found.maintenance[row]) == pytest.approx((report.initial, report.maintenance))
        assert found.equity[row] == pytest.approx(report.equity)
        assert found.liquidated[row] == (report.equity < report.maintenance)
        assert found.to_frame()["scenario"].iloc[row] == report.binding


def test_underlyings_are_scanned_alone_unless_the_rule_is_joint():
    market = Market(BTC.time, spots={"BTC": 60_000.0, "ETH": 4_000.0})
    units = Book.from_list([("BTC-PERP", 1.0), ("ETH-PERP", 1.0)])
    for joint in (False, True):
        rule = Scan(published("paradex-16"), joint=joint)
        found = margin_accounts(rule, units, market, np.array([[1.0, -15.0], [1.0, 2.0]]))
        for row, legs in enumerate([(1.0, -15.0), (1.0, 2.0)]):
            book = Book.from_list([("BTC-PERP", legs[0]), ("ETH-PERP", legs[1])])
            assert found.initial[row] == pytest.approx(rule.requirement(book, market)[0], abs=1e-6)
        assert found.scenario.shape == (2, 1 if joint else 2)
    assert margin_accounts(Scan(published("paradex-16")), units, market, [[1.0, 2.0]]).to_frame().shape == (1, 5)


def test_the_form_and_the_order_of_the_quantities_is_of_no_account():
    quantities = accounts(30, seed=1)
    dense = margin_accounts(PARADEX, UNITS, BTC, quantities.toarray())
    for form in (quantities, sparse.coo_array(quantities), sparse.csc_matrix(quantities)):
        found = margin_accounts(PARADEX, UNITS, BTC, form, threads=1)
        assert np.array_equal(found.initial, dense.initial) and np.array_equal(found.scenario, dense.scenario)
    # a holding given in two rows is their sum, and the caller's arrays are left as they are
    twice = sparse.csr_array((np.array([3.0, -1.0, 2.0]), np.array([5, 1, 5]), np.array([0, 3])), shape=(1, len(UNITS)))
    before = twice.data.copy(), twice.indices.copy()
    once = np.zeros((1, len(UNITS)))
    once[0, [5, 1]] = 5.0, -1.0
    assert margin_accounts(PARADEX, UNITS, BTC, twice).initial == pytest.approx(
        margin_accounts(PARADEX, UNITS, BTC, once).initial
    )
    assert np.array_equal(twice.data, before[0]) and np.array_equal(twice.indices, before[1])


def test_threads_and_blocks_give_the_same_bits():
    rule = Scan(grid(np.linspace(-0.3, 0.3, 20), [-0.2, 0.0, 0.3]))
    quantities = accounts(9_000, seed=2, held=3)  # several blocks
    one, two = (margin_accounts(rule, UNITS, BTC, quantities, threads=n) for n in (1, 2))
    assert np.array_equal(one.initial, two.initial) and np.array_equal(one.scenario, two.scenario)
    parts = [margin_accounts(rule, UNITS, BTC, quantities[a : a + 1000]).initial for a in range(0, 9_000, 1000)]
    assert np.array_equal(np.concatenate(parts), one.initial)


def test_what_cannot_be_margined_at_once_is_refused():
    with pytest.raises(InputError, match="one unit"):
        margin_accounts(PARADEX, 2.0 * UNITS, BTC, accounts(3))
    with pytest.raises(InputError, match="tilts"):
        margin_accounts(Scan(published("derive-pm2")), UNITS, BTC, accounts(3))
    with pytest.raises(InputError, match="give a Scan"):
        margin_accounts(rules()["cross"], UNITS, BTC, accounts(3))
    with pytest.raises(InputError, match="account by account"):
        own = AddOn("own charge", lambda book, market: np.zeros((2, len(book))))
        margin_accounts(Scan(published("paradex-16"), add_ons=(own,)), UNITS, BTC, accounts(3))
    with pytest.raises(InputError, match="one column an instrument"):
        margin_accounts(PARADEX, UNITS, BTC, np.ones((3, 4)))
    with pytest.raises(InputError, match="quantity of account 2"):
        bad = accounts(3).tolil()
        bad[2, 7] = np.nan
        margin_accounts(PARADEX, UNITS, BTC, bad)
    with pytest.raises(InputError, match="cash"):
        margin_accounts(PARADEX, UNITS, BTC, accounts(3), cash=[1.0, 2.0])
    with pytest.raises(InputError, match="equity"):
        _ = margin_accounts(PARADEX, UNITS, BTC, accounts(3)).liquidated
    with pytest.raises(InputError, match="threads"):
        margin_accounts(PARADEX, UNITS, BTC, accounts(3), threads=0)


def test_scenarios_may_be_many_and_have_one_name():
    rule = Scan(grid(np.linspace(-0.5, 0.5, 40_001)))  # names have four digits: several share one
    found = margin_accounts(rule, UNITS, BTC, np.eye(len(UNITS))[[1, 1]] * [[-1.0], [1.0]])  # the perpetual
    assert list(found.scenario[:, 0]) == [40_000, 0]
    assert list(found.to_frame()["scenario"]) == [rule.scenarios.names[-1], rule.scenarios.names[0]]


@pytest.mark.parametrize("value", [np.nan, np.inf, 1e300, 1j])
def test_quantities_out_of_bounds_are_refused(value):
    bad = np.ones((3, len(UNITS)), dtype=type(value))
    bad[2, 5] = value
    with pytest.raises(InputError, match="quantit"):
        margin_accounts(PARADEX, UNITS, BTC, sparse.csr_array(bad))
    da = pytest.importorskip("dask.array")
    with pytest.raises(InputError, match="quantit"):
        margin_accounts(PARADEX, UNITS, BTC, da.from_array(bad, chunks=(2, -1)))


# --- files and clusters (extra "dask")


@pytest.fixture
def file(tmp_path):
    pytest.importorskip("pyarrow", reason="the extra dask is not installed")
    path = tmp_path / "accounts.parquet"
    quantities = accounts(400, seed=3)[1:]  # an account without holdings leaves no row in a file
    write_accounts(path, quantities, UNITS, accounts=np.arange(1_000, 1_399), rows_per_group=50)
    return path, quantities


def test_files_give_back_what_was_written(file):
    path, quantities = file
    found, numbers = read_accounts(path, UNITS)
    assert (found != quantities).nnz == 0 and list(numbers[:2]) == [1_000, 1_001]
    parts = list(account_blocks(path, UNITS))
    assert len(parts) == 8 and sum(block.shape[0] for block, _ in parts) == 399
    alone = np.concatenate([margin_accounts(PARADEX, UNITS, BTC, block).initial for block, _ in parts])
    assert np.array_equal(alone, margin_accounts(PARADEX, UNITS, BTC, quantities).initial)


def test_files_that_are_wrong_are_named(file, tmp_path):
    import pandas as pd

    path, quantities = file
    with pytest.raises(InputError, match="no such file"):
        read_accounts(tmp_path / "none.parquet", UNITS)
    with pytest.raises(InputError, match="has none of this name"):
        read_accounts(path, UNITS.without(3))
    with pytest.raises(InputError, match="increasing"):
        write_accounts(tmp_path / "x.parquet", quantities, UNITS, accounts=np.zeros(399, dtype=int))
    rows = pd.read_parquet(path)
    rows.drop(columns="quantity").to_parquet(tmp_path / "no.parquet")
    with pytest.raises(InputError, match="'quantity'"):
        read_accounts(tmp_path / "no.parquet", UNITS)
    rows.sample(frac=1.0, random_state=0).to_parquet(tmp_path / "mixed.parquet", row_group_size=200)
    with pytest.raises(InputError, match="sort the file by account"):
        dask_accounts(tmp_path / "mixed.parquet", UNITS)
    assert (read_accounts(tmp_path / "mixed.parquet", UNITS)[0] != quantities).nnz == 0


def test_accounts_that_hold_nothing_leave_no_row(tmp_path):
    pytest.importorskip("pyarrow", reason="the extra dask is not installed")
    for rows, left in ((6, [0, 5]), (5, [0]), (0, [])):
        quantities = np.zeros((6, len(UNITS)))
        quantities[[0, 5], [3, 4]] = 1.0, -2.0
        write_accounts(tmp_path / "some.parquet", quantities[:rows], UNITS, rows_per_group=2)
        parts = list(account_blocks(tmp_path / "some.parquet", UNITS))
        assert [number for _, numbers in parts for number in numbers] == left
        blocks, numbers = dask_accounts(tmp_path / "some.parquet", UNITS)
        assert blocks.shape == (len(left), len(UNITS)) and list(numbers) == left
        assert len(margin_accounts(PARADEX, UNITS, BTC, blocks)) == len(left)


@pytest.mark.parametrize("columns, thing", [
    ({"account": [0, None, 1]}, "'account'"), ({"account": [0.5, 0.5, 1.0]}, "'account'"),
    ({"account": ["a", "a", "b"]}, "'account'"), ({"quantity": ["1", "2", "x"]}, "'quantity'"),
    ({"account": "null"}, "account in"), ({"instrument": [1, 2, 3]}, "none of this name"),
    ({"instrument": ["BTC-PERP", None, "BTC"]}, "none of this name"), ({"quantity": [1.0, None, 2.0]}, "quantity in"),
])  # fmt: skip
def test_columns_of_another_kind_are_named(tmp_path, columns, thing):
    pytest.importorskip("pyarrow", reason="the extra dask is not installed")
    import pandas as pd

    rows = pd.DataFrame({"account": [0, 0, 1], "instrument": ["BTC-PERP"] * 3, "quantity": [1.0, 2.0, 3.0]})
    if columns == {"account": "null"}:
        columns = {"account": pd.array([0, None, 1], dtype="Int64")}
    rows.assign(**columns).to_parquet(tmp_path / "odd.parquet")
    for read in (read_accounts, lambda *both: list(account_blocks(*both)), dask_accounts):
        with pytest.raises(InputError, match=thing):
            found = read(tmp_path / "odd.parquet", UNITS)
            found[0].compute()  # a Dask array reads when it is worked on


def test_what_would_be_lost_in_a_file_is_not_written(tmp_path):
    pytest.importorskip("pyarrow", reason="the extra dask is not installed")
    path, one = tmp_path / "x.parquet", np.ones((2, len(UNITS)))
    for bad in (
        lambda: write_accounts(path, one, UNITS, rows_per_group=-1),
        lambda: write_accounts(path, one, UNITS, rows_per_group=0),
        lambda: write_accounts(path, one * np.nan, UNITS),
        lambda: write_accounts(path, one, UNITS, accounts=np.array([1, 0], dtype=np.uint64)),
        lambda: write_accounts(path, np.ones((2, 2 * len(UNITS))), UNITS + UNITS),
    ):
        with pytest.raises(InputError):
            bad()
    path.write_bytes(b"")
    with pytest.raises(InputError, match="no Parquet file"):
        read_accounts(path, UNITS)


def test_a_dask_array_needs_whole_rows(file):
    da = pytest.importorskip("dask.array")
    with pytest.raises(InputError, match="whole rows"):
        margin_accounts(PARADEX, UNITS, BTC, da.ones((4, len(UNITS)), chunks=(2, 5)))
    found = margin_accounts(PARADEX, UNITS, BTC, da.from_array(file[1].toarray(), chunks=(100, -1)), progress=True)
    assert np.array_equal(found.initial, margin_accounts(PARADEX, UNITS, BTC, file[1]).initial)


@pytest.mark.timeout(180)
def test_two_workers_give_the_same_bits_even_if_one_is_killed(file):
    distributed = pytest.importorskip("distributed", reason="the extra dask is not installed")
    path, quantities = file
    here = margin_accounts(PARADEX, UNITS, BTC, quantities)
    with (
        distributed.LocalCluster(n_workers=2, threads_per_worker=1, dashboard_address=None) as cluster,
        distributed.Client(cluster) as client,
    ):
        there, numbers = dask_accounts(path, UNITS)
        found = margin_accounts(PARADEX, UNITS, BTC, there, progress=True)
        assert np.array_equal(found.initial, here.initial) and np.array_equal(found.scenario, here.scenario)
        assert len(numbers) == 399

        def slowly(block):
            time.sleep(0.3)
            return block

        victim = list(client.run(os.getpid).values())[0]
        slow = there.map_blocks(slowly, dtype=float, meta=sparse.csr_array((0, len(UNITS))))
        threading.Timer(0.5, os.kill, (victim, signal.SIGKILL)).start()
        again = margin_accounts(PARADEX, UNITS, BTC, slow)
        assert victim not in client.run(os.getpid).values()  # it died in the middle
    assert np.array_equal(again.initial, here.initial) and np.array_equal(again.scenario, here.scenario)
