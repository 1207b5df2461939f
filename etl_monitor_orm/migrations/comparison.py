"""The result of comparing the database with the tables and views that this version expects."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

OTHER_COMMENT: Final = "has another comment."
"""How the sentence about a comment ends."""


@dataclass(frozen=True)
class Comparison:
    """The findings of `migrations.compare`, one sentence each.

    Attributes:
        differences: What this version does not expect.
        notes: What does not disturb the monitor: other comments, and added columns that accept NULL or have a default.
    """

    differences: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)


def summarised(notes: list[str]) -> list[str]:
    """Return notes as people read them: other comments are counted, as tables of another origin differ in all."""
    comments = [note for note in notes if note.endswith(OTHER_COMMENT)]
    others = [note for note in notes if note not in comments]
    if len(comments) > 1:
        return [*others, f"{len(comments)} comments differ from the monitor's; --json lists them."]
    return [*others, *comments]
