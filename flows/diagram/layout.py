"""Where the boxes of a flow stand: in layers by the longest way to each, in each layer in an order with few crossings.

The layers are those of Sugiyama's method; a way that skips layers passes through each of them as a thin place of its
own, so that no line goes through a box.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from itertools import pairwise
from statistics import fmean

from flows.diagram.graph import Edge, Graph
from flows.diagram.words import Box, box_of

GAP_ACROSS = 36
GAP_DOWN = 58
MARGIN = 28
_THIN = 26
_SWEEPS = 8


@dataclass(frozen=True, slots=True)
class Placed:
    """A box at its place: `x` is its middle, `y` its upper edge."""

    box: Box
    x: float
    y: float


@dataclass(frozen=True, slots=True)
class Line:
    """A way between two boxes, through these points."""

    edge: Edge
    points: tuple[tuple[float, float], ...]


@dataclass(frozen=True, slots=True)
class Picture:
    """All boxes and lines, and how large the whole is."""

    boxes: tuple[Placed, ...]
    lines: tuple[Line, ...]
    width: float
    height: float


@dataclass(slots=True)
class _Cell:
    """A box, or a place at which a line passes, in one layer."""

    layer: int
    width: float
    height: float
    above: list["_Cell"] = field(default_factory=list)
    below: list["_Cell"] = field(default_factory=list)
    x: float = 0.0
    order: int = 0


def laid_out(graph: Graph) -> Picture:
    """The picture of a graph."""
    boxes = [box_of(node) for node in graph.nodes]
    layers = _layers(graph)
    cells = [_Cell(layers[box.node.id], box.width, box.height) for box in boxes]
    chains = [_chain(edge, cells) for edge in graph.edges]
    rows = _rows(cells, chains)
    _put_in_order(rows)
    _put_across(rows)
    tops = _tops(rows)
    width = _moved_to_the_left(rows)
    placed = tuple(
        Placed(box, cell.x, tops[cell.layer] + (_row_height(rows[cell.layer]) - cell.height) / 2)
        for box, cell in zip(boxes, cells, strict=True)
    )
    lines = tuple(_line(edge, chain, placed, tops, rows) for edge, chain in zip(graph.edges, chains, strict=True))
    return Picture(placed, lines, width, tops[-1] + _row_height(rows[-1]) + MARGIN)


def _layers(graph: Graph) -> Mapping[int, int]:
    """The layer of each node: one below the lowest from which a way leads to it."""
    layers = {node.id: 0 for node in graph.nodes}
    # Edges lead to later nodes only, so that one look in their order is enough.
    for edge in sorted(graph.edges, key=lambda each: each.end):
        layers[edge.end] = max(layers[edge.end], layers[edge.start] + 1)
    return layers


def _chain(edge: Edge, cells: list[_Cell]) -> list[_Cell]:
    """The cells through which a way leads, tied together."""
    first, last = cells[edge.start], cells[edge.end]
    between = [_Cell(layer, _THIN, 0) for layer in range(first.layer + 1, last.layer)]
    chain = [first, *between, last]
    for one, other in pairwise(chain):
        one.below.append(other)
        other.above.append(one)
    return chain


def _rows(cells: list[_Cell], chains: list[list[_Cell]]) -> list[list[_Cell]]:
    rows: list[list[_Cell]] = [[] for _ in range(max(cell.layer for cell in cells) + 1)]
    for cell in cells:
        rows[cell.layer].append(cell)
    for chain in chains:
        for cell in chain[1:-1]:
            rows[cell.layer].append(cell)
    for row in rows:
        _number(row)
    return rows


def _number(row: list[_Cell]) -> None:
    for order, cell in enumerate(row):
        cell.order = order


def _put_in_order(rows: list[list[_Cell]]) -> None:
    """Each row by the middle of what its cells are tied to, down and up; the order with the fewest crossings stays."""
    best, fewest = [list(row) for row in rows], _crossings(rows)
    for sweep in range(_SWEEPS):
        down = sweep % 2 == 0
        for row in rows[1:] if down else reversed(rows[:-1]):
            row.sort(key=lambda cell: _middle(cell, cell.above if down else cell.below))
            _number(row)
        crossings = _crossings(rows)
        if crossings < fewest:
            best, fewest = [list(row) for row in rows], crossings
    for row, ordered in zip(rows, best, strict=True):
        row[:] = ordered
        _number(row)


def _middle(cell: _Cell, tied: list[_Cell]) -> float:
    return fmean(other.order for other in tied) if tied else cell.order


def _crossings(rows: list[list[_Cell]]) -> int:
    """How many pairs of lines cross between two rows."""
    crossings = 0
    for row in rows[:-1]:
        ways = [(cell.order, other.order) for cell in row for other in cell.below]
        crossings += sum(
            (one[0] - other[0]) * (one[1] - other[1]) < 0 for at, one in enumerate(ways) for other in ways[:at]
        )
    return crossings


def _put_across(rows: list[list[_Cell]]) -> None:
    """The middle of each cell: as near as there is room to the middle of what it is tied to."""
    for row in rows:
        _spread(row, [0.0] * len(row))
    for sweep in range(_SWEEPS * 2):
        down = sweep % 2 == 0
        for row in rows if down else reversed(rows):
            wanted = [_wanted(cell, cell.above if down else cell.below) for cell in row]
            _spread(row, wanted)
    for row in rows:
        _spread(row, [_wanted(cell, [*cell.above, *cell.below]) for cell in row])


def _wanted(cell: _Cell, tied: list[_Cell]) -> float:
    return fmean(other.x for other in tied) if tied else cell.x


def _spread(row: list[_Cell], wanted: list[float]) -> None:
    """Put a row's cells where they are wanted, pushed apart in their order as far as they need, evenly both ways."""
    right, left = list(wanted), list(wanted)
    for at in range(1, len(row)):
        right[at] = max(right[at], right[at - 1] + _apart(row[at - 1], row[at]))
    for at in range(len(row) - 2, -1, -1):
        left[at] = min(left[at], left[at + 1] - _apart(row[at], row[at + 1]))
    for at, cell in enumerate(row):
        cell.x = (right[at] + left[at]) / 2


def _apart(one: _Cell, other: _Cell) -> float:
    return (one.width + other.width) / 2 + GAP_ACROSS


def _row_height(row: list[_Cell]) -> float:
    return max((cell.height for cell in row), default=0.0)


def _tops(rows: list[list[_Cell]]) -> list[float]:
    tops, y = [], float(MARGIN)
    for row in rows:
        tops.append(y)
        y += _row_height(row) + GAP_DOWN
    return tops


def _moved_to_the_left(rows: list[list[_Cell]]) -> float:
    """Move everything so that it begins at the margin; how wide it is."""
    cells = [cell for row in rows for cell in row]
    least = min(cell.x - cell.width / 2 for cell in cells)
    for cell in cells:
        cell.x += MARGIN - least
    return max(cell.x + cell.width / 2 for cell in cells) + MARGIN


def _line(
    edge: Edge, chain: list[_Cell], placed: tuple[Placed, ...], tops: list[float], rows: list[list[_Cell]]
) -> Line:
    """The points of a way: from the lower edge of a box, straight through each row between, to the upper edge."""
    start, end = placed[edge.start], placed[edge.end]
    points = [(start.x, start.y + start.box.height)]
    for cell in chain[1:-1]:
        top = tops[cell.layer]
        points += [(cell.x, top), (cell.x, top + _row_height(rows[cell.layer]))]
    return Line(edge, (*points, (end.x, end.y)))
