"""Exit codes: what a script learns from the end of a command."""

from __future__ import annotations

from enum import IntEnum

from etl_monitor_orm import (
    ConfigurationError,
    DatabaseError,
    EtlMonitorError,
    Retryable,
    SchemaError,
)
from etl_monitor_orm.errors import REFUSALS


class ExitCode(IntEnum):
    """How a command ended. The help and the documentation show each member's text."""

    meaning: str

    def __new__(cls, code: int, meaning: str) -> ExitCode:
        """Make a member from its number and its meaning."""
        member = int.__new__(cls, code)
        member._value_ = code
        member.meaning = meaning
        return member

    FINE = 0, "fine"
    ATTENTION = 1, "something needs attention (see --exit-code), or you answered no"
    INPUT = 2, "an invalid option, an unknown name, or an invalid transition"
    CONFIGURATION = 3, "the settings do not lead to a database, or a package is missing"
    SCHEMA = 4, "the monitor's tables are missing, older, newer or changed"
    DATABASE = 5, "the database refused a statement"
    BUSY = 6, "others hold the file or the rows: run it again"
    DEFECT = 70, "a bug in etl-monitor: please report it"
    OUTPUT = 74, "the result could not be written; what the command changed is changed"
    INTERRUPTED = 130, "interrupted from the keyboard"
    PIPE = 141, "the reader of the output has left, such as head"


# The first family that contains an error decides, so narrower families come first.
_CODES = (
    ((Retryable,), ExitCode.BUSY),
    ((ConfigurationError,), ExitCode.CONFIGURATION),
    ((SchemaError,), ExitCode.SCHEMA),
    (REFUSALS, ExitCode.INPUT),
    ((DatabaseError,), ExitCode.DATABASE),
)


def code_for(error: EtlMonitorError) -> ExitCode:
    """Return the exit code for an error."""
    return next((code for kinds, code in _CODES if isinstance(error, kinds)), ExitCode.ATTENTION)
