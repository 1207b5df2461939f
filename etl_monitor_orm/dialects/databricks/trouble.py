"""The meaning of the warehouse's and the driver's errors. They have no SQLSTATE, so their text decides."""

from __future__ import annotations

import re
from typing import Final

import urllib3
from databricks.sql import exc

_CONFLICT: Final = re.compile(
    r"DELTA_CONCURRENT_\w+|DELTA_METADATA_CHANGED|DELTA_PROTOCOL_CHANGED"
    r"|Concurrent\w+Exception|(?:Metadata|Protocol)ChangedException"
)
_BUSY: Final = re.compile(r"\b(?:429|503)\b|TEMPORARILY_UNAVAILABLE", re.IGNORECASE)
_NOT_SENT: Final = (
    urllib3.exceptions.NewConnectionError,
    urllib3.exceptions.ConnectTimeoutError,
    urllib3.exceptions.NameResolutionError,
)
_SESSION_GONE: Final = re.compile(
    r"SESSION_NOT_FOUND|SESSION_CLOSED|Invalid SessionHandle|Session .* (?:closed|expired)|from closed connection"
)

_MISSING: Final = re.compile(r"TABLE_OR_VIEW_NOT_FOUND|DELTA_TABLE_NOT_FOUND|SCHEMA_NOT_FOUND|VIEW_NOT_FOUND")

_NO_COLUMN: Final = re.compile(r"UNRESOLVED_COLUMN|INCOMPATIBLE_VIEW_SCHEMA_CHANGE")


class ConnectionLost(exc.OperationalError):
    """The connection broke.

    Attributes:
        sent: Whether a statement may have reached the warehouse; then its result is not known.
    """

    def __init__(self, cause: BaseException, *, sent: bool) -> None:
        self.sent = sent
        super().__init__(  # type: ignore[no-untyped-call]
            f"The connection to the warehouse was lost: {type(cause).__name__}: {cause}"
        )


def is_conflict(error: BaseException | None) -> bool:
    """Whether a statement was refused because others wrote the same files: it was not applied, and can be retried."""
    return isinstance(error, exc.Error) and _CONFLICT.search(str(error)) is not None


def is_missing(error: BaseException | None) -> bool:
    """Whether a statement was refused because there is no such schema, table or view."""
    return isinstance(error, exc.Error) and _MISSING.search(str(error)) is not None


def is_column_missing(error: BaseException | None) -> bool:
    """Whether a statement was refused because it names a column that is not there."""
    return isinstance(error, exc.Error) and _NO_COLUMN.search(str(error)) is not None


def is_lost(error: BaseException) -> bool:
    """Whether the connection broke: the statement may have been executed, or not."""
    if isinstance(error, ConnectionLost | urllib3.exceptions.HTTPError | ConnectionError | TimeoutError):
        return True
    # The driver gave up on a status such as 503. The warehouse executed nothing then, but may have done so later.
    return isinstance(error, exc.RequestError) and not isinstance(error, exc.SessionAlreadyClosedError)


def is_busy(error: BaseException) -> bool:
    """Whether the warehouse is starting or overloaded: it executed nothing, and asks for a retry."""
    return isinstance(error, exc.Error | urllib3.exceptions.HTTPError) and _BUSY.search(str(error)) is not None


def was_sent(error: BaseException) -> bool:
    """Whether a statement whose connection broke may have reached the warehouse."""
    if is_busy(error):
        return False
    reason = error.reason if isinstance(error, urllib3.exceptions.MaxRetryError) else error
    return not isinstance(reason, _NOT_SENT)


def session_is_gone(error: BaseException) -> bool:
    """Whether the session cannot be used any more: the warehouse forgot it after idle hours, or somebody closed it."""
    return isinstance(error, exc.Error) and _SESSION_GONE.search(str(error)) is not None
