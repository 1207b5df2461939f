"""Whether a duration or a count is unusual, in words."""

from __future__ import annotations

from typing import Final

from etl_monitor_orm.baselines.usual import Usual
from etl_monitor_orm.printable import named

_AT_LEAST: Final = 60
"""A step that takes so many seconds longer than usual at most is on time: short steps vary by large factors."""


def longest(usual: Usual) -> int:
    """Return beyond how many seconds a duration is unusual."""
    return int(max(usual.high, usual.median + _AT_LEAST))


def duration(seconds: int, usual: Usual | None) -> str | None:
    """Say that a duration is unusually long: "3 × its usual time"; None where it is not, or nobody can say.

    Args:
        seconds: How long it took, or has been running.
        usual: What is usual.
    """
    if usual is None or seconds <= longest(usual):
        return None
    if usual.median < 1:
        return f"{seconds:,} seconds, usually less than one"
    return f"{_factor(seconds / usual.median)} × its usual time"


def count(name: str, value: int, usual: Usual | None) -> str | None:
    """Say that a count is unusual: "0 rows, usually 41,000"; None where it is not, or nobody can say.

    Args:
        name: What was counted.
        value: How much.
        usual: What is usual.
    """
    if usual is None or usual.low <= value <= usual.high:
        return None
    return f"{value:,} {named(name)}, usually {round(usual.median):,}"


def _factor(factor: float) -> str:
    """A factor as people say it: 3, 2.4, 17."""
    return f"{factor:,.0f}" if factor >= 10 else f"{factor:.1f}".removesuffix(".0")
