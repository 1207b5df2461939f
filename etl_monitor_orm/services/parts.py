"""Work cut into parts: what one statement can bind, or should name."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TypeVar

from etl_monitor_orm.services.context import Context

T = TypeVar("T")


def parts(found: Sequence[T], most: int) -> Iterator[Sequence[T]]:
    """Cut a list into parts of at most `most`."""
    for first in range(0, len(found), most):
        yield found[first : first + most]


def by_statement(context: Context, rows: Sequence[T], *, values: int = 1, beside: int = 10) -> Iterator[Sequence[T]]:
    """Cut rows into parts that one statement can bind.

    Args:
        context: Knows how many values a statement may have.
        rows: The rows.
        values: How many values each of them has.
        beside: How many the statement has that belong to no row, such as times, and who writes.
    """
    return parts(rows, max(1, (context.capabilities.max_bound_values - beside) // values))
