"""The log of a warehouse: every session and every statement that reached it, with its parameters and its answer."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

_CONFLICT = re.compile(r"DELTA_CONCURRENT_\w+|DELTA_METADATA_CHANGED|DELTA_PROTOCOL_CHANGED")


@dataclass
class Entry:
    """A statement.

    Attributes:
        statement: Its text, as it came.
        parameters: Its parameters as they travelled: text or None by name.
        types: The types of its parameters by name.
        error: The message of the error that it was answered with; None when it worked.
        changed: How many rows it changed; None where that is not told.
        done: Whether it came to its end.
    """

    statement: str
    parameters: dict[str, str | None] = field(default_factory=dict)
    types: dict[str, str] = field(default_factory=dict)
    error: str | None = None
    changed: int | None = None
    done: bool = False

    @property
    def is_conflict(self) -> bool:
        """Whether it was refused because of another writer."""
        return self.error is not None and _CONFLICT.search(self.error) is not None


class Log:
    """Statements in the order in which they arrived.

    Attributes:
        sessions: What each session was configured with, as its client asked for it.
    """

    def __init__(self) -> None:
        self.entries: list[Entry] = []
        self.sessions: list[dict[str, str]] = []

    def __iter__(self) -> Iterator[Entry]:
        return iter(list(self.entries))

    def __len__(self) -> int:
        return len(self.entries)

    def add(self, entry: Entry) -> Entry:
        """Note a statement."""
        self.entries.append(entry)
        return entry

    def clear(self) -> None:
        """Forget all."""
        self.entries.clear()
        self.sessions.clear()

    @property
    def texts(self) -> list[str]:
        """The statements' texts."""
        return [entry.statement for entry in self]

    @property
    def errors(self) -> list[str]:
        """The messages of the errors that were answered."""
        return [entry.error for entry in self if entry.error is not None]

    @property
    def conflicts(self) -> list[Entry]:
        """The statements that conflicted with another writer."""
        return [entry for entry in self if entry.is_conflict]
