"""The result of comparing the database with the tables and views that this version expects."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True)
class Comparison:
    """The findings of `migrations.compare`, one sentence each.

    Attributes:
        differences: What this version does not expect.
        notes: Additions that do not disturb the monitor: columns that accept NULL or have a default.
    """

    differences: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
