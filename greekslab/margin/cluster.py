"""Accounts in Parquet files and on a Dask cluster: the same margin call, on one machine or many.

Needs the extra ``dask`` (dask, distributed, pyarrow, tqdm). A file has one row for each account and instrument held:
``account`` (whole number), ``instrument`` (name), ``quantity``. Accounts stand together and in order, and no row group
splits one, so that any row group can be margined on its own.
"""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pandas as pd
from scipy import sparse

from greekslab.book.positions import Book
from greekslab.errors import InputError
from greekslab.inputs import checked_type, number
from greekslab.margin.many_accounts import checked_quantities

_COLUMNS = ("account", "instrument", "quantity")
_NUMBERS = ("int", "uint", "float", "double", "halffloat", "decimal")


def bar(pieces):
    """Return the pieces with a progress bar around them."""
    from tqdm.auto import tqdm

    return tqdm(pieces, desc="accounts", unit="block")


def write_accounts(path, quantities, instruments: Book, *, accounts=None, rows_per_group: int = 50_000) -> None:
    """Write accounts to a Parquet file.

    Parameters
    ----------
    path : path
    quantities : sparse matrix or ndarray
        Signed quantities, shape (accounts, instruments).
    instruments : Book
        Names the columns.
    accounts : array of int, optional
        Increasing account numbers; 0, 1, 2 and so on if not given. An account that holds nothing leaves no row.
    rows_per_group : int
        Accounts in one row group, the piece that is read and margined at a time.
    """
    import pyarrow as pa
    import pyarrow.parquet as pq

    rows = checked_quantities(quantities, len(_units(instruments)))
    rows_per_group = int(number("rows_per_group", rows_per_group, "give a number of accounts, 1 or more", least=1.0))
    accounts = np.arange(rows.shape[0]) if accounts is None else np.asarray(accounts)
    if accounts.shape != (rows.shape[0],) or accounts.dtype.kind not in "iu" or np.any(accounts[1:] <= accounts[:-1]):
        raise InputError("accounts", accounts, f"give {rows.shape[0]} increasing whole numbers")
    names = pa.array(instruments.names)
    schema = pa.schema(
        [("account", pa.int64()), ("instrument", pa.dictionary(pa.int32(), pa.string())), ("quantity", pa.float64())]
    )
    with pq.ParquetWriter(path, schema) as writer:
        for start in range(0, rows.shape[0], rows_per_group):
            end = min(start + rows_per_group, rows.shape[0])
            first, last = rows.indptr[start], rows.indptr[end]
            held = np.repeat(accounts[start:end], np.diff(rows.indptr[start : end + 1]))
            which = pa.DictionaryArray.from_arrays(pa.array(rows.indices[first:last], pa.int32()), names)
            table = pa.table([pa.array(held, pa.int64()), which, pa.array(rows.data[first:last])], schema=schema)
            if len(held):
                writer.write_table(table, row_group_size=len(held))


def read_accounts(path, instruments: Book) -> tuple[sparse.csr_array, np.ndarray]:
    """Read accounts from a Parquet file.

    Returns
    -------
    quantities : sparse matrix
        Shape (accounts, instruments). Several rows for one account and instrument are added.
    accounts : ndarray of int
        Their numbers, increasing.
    """
    import pyarrow.parquet as pq

    return _quantities(_file(pq, path).read(), instruments, path)


def account_blocks(path, instruments: Book) -> Iterator[tuple[sparse.csr_array, np.ndarray]]:
    """Yield the accounts of a Parquet file one row group at a time, as `read_accounts` gives them."""
    import pyarrow.parquet as pq

    file = _file(pq, path)
    for group in _groups(file, path):
        yield _quantities(file.read_row_group(group), instruments, path)


def dask_accounts(path, instruments: Book):
    """Give the accounts of a Parquet file as a Dask array, one block a row group, read where it is worked on.

    Parameters
    ----------
    path : path
        A file that every worker can read.
    instruments : Book

    Returns
    -------
    quantities : dask array
        Shape (accounts, instruments), blocks of sparse rows, for `margin_accounts`.
    accounts : ndarray of int
        Account numbers, increasing.
    """
    import dask.array as da
    import pyarrow.parquet as pq
    from dask import delayed

    file = _file(pq, path)
    groups = _groups(file, path)
    held = [np.unique(_accounts(file.read_row_group(group, columns=["account"]), path)) for group in groups]
    count = len(_units(instruments))
    if not groups:
        return da.zeros((0, count), chunks=(1, count)), np.zeros(0, dtype=np.int64)
    read = delayed(_read_group, pure=True)
    empty = sparse.csr_array((0, count))
    blocks = [
        da.from_delayed(read(str(path), group, instruments), (len(accounts), count), float, meta=empty)
        for group, accounts in zip(groups, held, strict=True)
    ]
    return da.concatenate(blocks, axis=0), np.concatenate(held)


def on_cluster(work, quantities, count: int, progress: bool) -> tuple:
    """Run `work` on every block of a Dask array of `count` columns, and join what it returns."""
    import dask

    if quantities.ndim != 2 or quantities.numblocks[1] != 1:
        remedy = "blocks hold whole rows: quantities.rechunk({1: -1})"
        raise InputError("chunks of quantities", quantities.chunks, remedy)
    if quantities.shape[1] != count:
        raise InputError("shape of quantities", quantities.shape, f"give (accounts, {count})")
    blocks = [dask.delayed(_in_pieces)(work, block, count) for block in quantities.to_delayed().ravel()]
    return tuple(np.concatenate(parts) for parts in zip(*_computed(dask, blocks, progress), strict=True))


def _computed(dask, blocks, progress):
    """Compute all blocks where Dask is told to: on the cluster of a client, else in threads here."""
    if not progress:
        return dask.compute(*blocks)
    from distributed import as_completed, get_client
    from tqdm.dask import TqdmCallback

    try:
        client = get_client()
    except ValueError:  # no cluster: the scheduler of this process counts its tasks
        with TqdmCallback(desc="accounts"):
            return dask.compute(*blocks)
    futures = client.compute(blocks)
    for _ in bar(as_completed(futures)):
        pass
    return client.gather(futures)


def _in_pieces(work, block, count):
    """Work through one block in pieces that stay in the cache; an error numbers the accounts of the block."""
    rows = checked_quantities(block, count)
    size = work.rows()
    found = [work(rows[start : start + size]) for start in range(0, rows.shape[0], size)]
    return tuple(np.concatenate(parts) for parts in zip(*found, strict=True)) if found else work.room(0)


def _read_group(path, group, instruments):
    import pyarrow.parquet as pq

    return _quantities(pq.ParquetFile(path).read_row_group(group), instruments, path)[0]


def _file(pq, path):
    if not Path(path).is_file():
        raise InputError("accounts file", str(path), "there is no such file; write_accounts makes one")
    try:
        file = pq.ParquetFile(path)
    except ValueError as error:
        raise InputError("accounts file", str(path), f"it is no Parquet file: {error}") from None
    if missing := [name for name in _COLUMNS if name not in file.schema_arrow.names]:
        raise InputError(f"columns of {path}", file.schema_arrow.names, f"add the column {missing[0]!r}")
    for name, known, remedy in (("account", ("int", "uint"), "whole numbers"), ("quantity", _NUMBERS, "numbers")):
        if not str(kind := file.schema_arrow.field(name).type).startswith(known):
            raise InputError(f"column {name!r} of {path}", str(kind), f"give {remedy}, none missing")
    return file


def _groups(file, path) -> list[int]:
    """Return the row groups that hold anything; no account may be in two of them."""
    column = file.schema_arrow.names.index("account")
    groups = [group for group in range(file.num_row_groups) if file.metadata.row_group(group).num_rows]
    spans = []
    for group in groups:
        seen = file.metadata.row_group(group).column(column).statistics
        if seen is None or not seen.has_min_max:
            accounts = _accounts(file.read_row_group(group, columns=["account"]), path)
            spans.append((int(accounts.min()), int(accounts.max())))
        else:
            spans.append((seen.min, seen.max))
    for (_, last), (first, _) in zip(spans, spans[1:], strict=False):
        if first <= last:
            remedy = "sort the file by account and keep each account in one row group, as write_accounts does"
            raise InputError(f"accounts of {path}", first, remedy)
    return groups


def _accounts(table, path) -> np.ndarray:
    if table["account"].null_count:
        raise InputError(f"account in {path}", None, "give whole numbers, none missing")
    return table["account"].to_numpy()


def _units(instruments) -> Book:
    """Return the book of instruments, each of them named once."""
    checked_type("instruments", instruments, Book, "give a Book with one unit of each instrument")
    names = instruments.names
    if len(set(names)) < len(names):
        twice = next(name for i, name in enumerate(names) if name in names[:i])
        raise InputError("instruments", twice, "it stands there twice; give one unit of each instrument")
    return instruments


def _quantities(table, instruments, path):
    """Turn rows of account, instrument, quantity into a sparse matrix."""
    names = pd.Categorical(table["instrument"].to_pandas())
    known = pd.Index(_units(instruments).names).get_indexer(names.categories)
    used = np.unique(names.codes)
    if bad := [names.categories[code] if code >= 0 else None for code in used if code < 0 or known[code] < 0]:
        raise InputError(f"instrument in {path}", bad[0], "the book of instruments has none of this name; add it")
    quantity = table["quantity"].to_numpy(zero_copy_only=False).astype(float)
    if not np.isfinite(quantity).all():
        row = int(np.flatnonzero(~np.isfinite(quantity))[0])
        raise InputError(f"quantity in row {row} of {path}", float(quantity[row]), "give finite signed quantities")
    accounts, place = np.unique(_accounts(table, path), return_inverse=True)
    shape = len(accounts), len(instruments)
    return sparse.csr_array((quantity, (place, known[names.codes])), shape=shape), accounts
