"""The scan as a matrix: labels, places, ring, and what it refuses."""

import pytest

from greekslab.book import named_books
from greekslab.errors import InputError
from greekslab.margin import Scan, scan_matrix
from greekslab.market import Market
from greekslab.scenarios import grid, published

TOY, P24 = Market.toy(), published("paradex-24")


def test_matrix_places_and_ring():
    report = Scan(P24).margin(named_books(TOY)["short straddle"], TOY)
    matrix = scan_matrix(report.scan)
    values = matrix.to_frame(-report.scan["loss"])
    assert list(values.index) == ["vol up", "vol down"]
    assert list(values.columns[[0, 2, -1]]) == ["-66% x24%", "-16%", "+500% x3.2%"]
    assert int(values.isna().sum().sum()) == 2 * 17 - 24
    row, column = matrix.ring(23)
    assert values.iat[row, column] == pytest.approx(-report.initial) == values.min().min()
    assert matrix.ring(None) is None


def test_matrix_keeps_the_larger_loss_of_a_shared_cell():
    doubled = scan_matrix(grid([0.1, 0.1], ["none"]).table)
    assert doubled.fill([1.0, -2.0]).tolist() == [[-2.0]]


def test_matrix_refuses_two_underlyings():
    table = P24.table.assign(underlying=["BTC", "ETH"] * 12)
    with pytest.raises(InputError, match="one underlying"):
        scan_matrix(table)
    with pytest.raises(InputError, match="vol"):
        scan_matrix(P24.table.drop(columns="vol"))
