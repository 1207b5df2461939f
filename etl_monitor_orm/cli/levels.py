"""Levels of receipts, by their words."""

from __future__ import annotations

from etl_monitor_orm import InvalidInput, LogLevel


def shown(level: int | None) -> str | None:
    """Return the word for a level; the number of another tool's stays one."""
    if level is None:
        return None
    return LogLevel(level).name if level in {*LogLevel} else str(level)


def read(word: str) -> LogLevel:
    """Read a level's name.

    Raises:
        InvalidInput: There is no such level.
    """
    try:
        return LogLevel[word.strip().upper()]
    except KeyError:
        known = ", ".join(level.name.lower() for level in LogLevel)
        raise InvalidInput(f"--level is {word!a}; it must be one of {known}.") from None
