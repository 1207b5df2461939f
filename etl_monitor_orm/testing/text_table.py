"""A small table of plain text, for the message of an assertion."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Final

from etl_monitor_orm.printable import named

LONGEST_CELL: Final = 120
MOST_ROWS: Final = 40

Row = tuple[bool, Sequence[object]]
"""Whether the row is marked, and its cells; None is an empty cell."""


def text_table(head: Sequence[str], rows: Iterable[Row]) -> list[str]:
    """Return the lines of a table: marked rows begin with `>`, and no cell drives a terminal.

    Of many rows the marked ones are shown first, and how many are left out.
    """
    shown = [*rows]
    left_out = len(shown) - MOST_ROWS
    if left_out > 0:
        shown = sorted(shown, key=lambda row: not row[0])[:MOST_ROWS]
    lines = [_cells(head), *(_cells(cells) for _, cells in shown)]
    widths = [max(map(_width, column)) for column in zip(*lines, strict=True)]
    marks = ["  ", *("> " if marked else "  " for marked, _ in shown)]
    table = [
        f"  {mark}{'  '.join(_padded(cell, width) for cell, width in zip(line, widths, strict=True))}".rstrip()
        for mark, line in zip(marks, lines, strict=True)
    ]
    return [*table, f"    … and {left_out} more"] if left_out > 0 else table


def _cells(cells: Sequence[object]) -> list[str]:
    return ["" if cell is None else named(cell, LONGEST_CELL) for cell in cells]


def _padded(cell: str, width: int) -> str:
    return cell + " " * (width - _width(cell))


def _width(cell: str) -> int:
    from rich.cells import cell_len  # only a failed assertion needs it

    return cell_len(cell)
