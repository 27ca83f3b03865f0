"""All views of a published page, packed: what they share is stored once.

The form is gzip-compressed JSON::

    {"axes": [name, ...], "shape": [n, ...], "view": tree, "columns": [{"u": [...], "i": [...]}, ...]}

``tree`` is one view in which every part that differs between views is ``{"$": k}``: take it from column
``k``, at ``u[i[point]]``. Points run through the axes with the last one fastest. `unpack` reads the form in
Python; ``static/explorer.js`` reads it in the browser.
"""

import gzip
import json
from collections.abc import Sequence


def pack(axes: dict[str, int], views: Sequence[dict]) -> bytes:
    """Pack the views of a grid.

    Parameters
    ----------
    axes : dict of str to int
        Control -> number of its values, the last fastest.
    views : sequence of dict
        Payloads of the views, one for each point.

    Returns
    -------
    bytes
    """
    columns: list[dict] = []
    tree = _merge(list(views), columns)
    packed = {"axes": list(axes), "shape": list(axes.values()), "view": tree, "columns": columns}
    text = json.dumps(packed, separators=(",", ":"), ensure_ascii=False, allow_nan=False)
    # mtime=0: the same views give the same bytes, so that a rebuilt page does not change.
    return gzip.compress(text.encode(), compresslevel=9, mtime=0)


def unpack(packed: bytes) -> list[dict]:
    """Give back the views, in the order of the points."""
    grid = json.loads(gzip.decompress(packed))
    points = 1
    for length in grid["shape"]:
        points *= length
    return [_fill(grid["view"], grid["columns"], point) for point in range(points)]


def _merge(nodes: list, columns: list[dict]) -> object:
    first = nodes[0]
    if all(node == first for node in nodes):
        return first
    if all(isinstance(node, dict) and node.keys() == first.keys() for node in nodes):
        return {key: _merge([node[key] for node in nodes], columns) for key in first}
    if all(isinstance(node, list) and len(node) == len(first) for node in nodes) and _has_parts(first):
        return [_merge(list(parts), columns) for parts in zip(*nodes, strict=True)]
    return _column(nodes, columns)


def _has_parts(node: list) -> bool:
    """Tell whether a list has inner structure to look into; a list of numbers is stored whole."""
    return any(isinstance(part, (dict, list, str)) for part in node)


def _column(nodes: list, columns: list[dict]) -> dict:
    places: dict[str, int] = {}
    unique, index = [], []
    for node in nodes:
        key = json.dumps(node)
        if key not in places:
            places[key] = len(unique)
            unique.append(node)
        index.append(places[key])
    columns.append({"u": unique, "i": index})
    return {"$": len(columns) - 1}


def _fill(node: object, columns: list[dict], point: int) -> object:
    if isinstance(node, dict):
        if "$" in node:
            column = columns[node["$"]]
            return column["u"][column["i"][point]]
        return {key: _fill(part, columns, point) for key, part in node.items()}
    if isinstance(node, list):
        return [_fill(part, columns, point) for part in node]
    return node
