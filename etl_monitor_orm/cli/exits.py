"""Exit codes: what a script can tell from how a command ended."""

from __future__ import annotations

from enum import IntEnum

from etl_monitor_orm import (
    ConfigurationError,
    DatabaseError,
    DatabaseLocked,
    EtlMonitorError,
    InvalidInput,
    InvalidTransition,
    NotFoundError,
    Retryable,
    SchemaError,
)


class ExitCode(IntEnum):
    """How a command ended. Each member's text is what the help and the documentation say of it."""

    meaning: str

    def __new__(cls, code: int, meaning: str) -> ExitCode:
        """Make a member from its number and its meaning."""
        member = int.__new__(cls, code)
        member._value_ = code
        member.meaning = meaning
        return member

    FINE = 0, "fine"
    ATTENTION = 1, "something to look at (see --exit-code), or you said no"
    INPUT = 2, "a wrong option, an unknown name, or a change out of turn"
    CONFIGURATION = 3, "settings that lead to no database, or a package missing"
    SCHEMA = 4, "the monitor's tables are missing, older, newer or changed"
    DATABASE = 5, "the database refused a statement"
    BUSY = 6, "others hold the file or the rows: try again"
    DEFECT = 70, "a defect of etl-monitor: please report it"
    INTERRUPTED = 130, "interrupted from the keyboard"


# The first family that an error belongs to decides, so the narrower ones come first.
_CODES = (
    ((Retryable, DatabaseLocked), ExitCode.BUSY),
    ((ConfigurationError,), ExitCode.CONFIGURATION),
    ((SchemaError,), ExitCode.SCHEMA),
    ((InvalidInput, NotFoundError, InvalidTransition), ExitCode.INPUT),
    ((DatabaseError,), ExitCode.DATABASE),
)


def code_for(error: EtlMonitorError) -> ExitCode:
    """Return the exit code that stands for an error."""
    return next((code for kinds, code in _CODES if isinstance(error, kinds)), ExitCode.ATTENTION)
