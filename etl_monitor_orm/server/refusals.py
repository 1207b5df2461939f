"""The one table of refusals: which HTTP status an error has, and what its answer says."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from typing import Final

from etl_monitor_orm.errors import (
    ConfigurationError,
    DatabaseError,
    EtlMonitorError,
    InvalidInput,
    InvalidTransition,
    KeyReused,
    NotFoundError,
    RequestInProgress,
    Retryable,
    RunFailed,
    SchemaError,
)
from etl_monitor_orm.printable import named

SOON: Final = 2
"""Seconds after which the same request may succeed: another process has let go of the file or the rows."""
LATER: Final = 60
"""Seconds after which it may succeed: somebody has to repair something first."""


class Refusal(Exception):
    """The door refuses a request before the monitor is asked.

    Args:
        status: The HTTP status.
        error: The error's name.
        message: What is wrong, and what to do.
        field: The argument or the header that it is about.
        retry_after: Seconds after which the same request may succeed.
    """

    def __init__(
        self, status: int, error: str, message: str, *, field: str | None = None, retry_after: float | None = None
    ) -> None:
        super().__init__(message)
        self.status = status
        self.error = error
        self.field = field
        self.retry_after = retry_after


def in_the_body(name: str) -> Refusal:
    """An argument of a call that writes stands in the query, where it would be lost."""
    words = f"{named(name)} stands in the query. A call that writes takes its arguments as a JSON object in the body."
    return Refusal(422, "InvalidInput", words, field=named(name))


def given_twice(name: str) -> Refusal:
    """An argument stands in the query twice: one of its values would be lost."""
    return Refusal(422, "InvalidInput", f"{named(name)} is given more than once. Give it once.", field=named(name))


def no_json(content_type: str) -> Refusal:
    """The body's media type is another than JSON: curl's `-d` alone says that it is a form."""
    words = f"The body is sent as {named(content_type) or 'nothing'}. Add the header `Content-Type: application/json`."
    return Refusal(415, "UnsupportedMediaType", words, field="Content-Type")


@dataclass(frozen=True)
class _Row:
    kinds: tuple[type[EtlMonitorError], ...]
    status: int
    retry_after: int | None = None


# The first family that contains an error decides, so narrower families come first.
_TABLE: Final = (
    _Row((RequestInProgress,), 409),
    _Row((Retryable,), 503, SOON),
    _Row((ConfigurationError, SchemaError), 503, LATER),
    _Row((NotFoundError,), 404),
    _Row((InvalidTransition, RunFailed), 409),
    _Row((InvalidInput,), 422),
    _Row((DatabaseError,), 500),
)


def status_of(error: EtlMonitorError) -> tuple[int, int | None]:
    """Return an error's HTTP status, and the seconds after which the same request may succeed."""
    row = next((row for row in _TABLE if isinstance(error, row.kinds)), _Row((), 500))
    return row.status, getattr(error, "retry_after", row.retry_after)


def told(error: EtlMonitorError, arguments: Iterable[str], given: Collection[str]) -> dict[str, object]:
    """Return what the answer says about an error.

    Args:
        error: The error.
        arguments: The names of arguments, one of which an `InvalidInput` names first.
        given: The arguments of this request.
    """
    step, run, process = error.step, error.run, error.process
    about: dict[str, object] = {
        "error": type(error).__name__,
        "message": str(error),
        "field": _field(error, arguments, given),
        "state": None if error.state is None else error.state.value,
        "asked": error.asked,
        "project_code": process and process.project_code,
        "process_load": process and process.process_load,
        "execution_id": run and run.execution_id,
        "processing_date": None if run is None else run.processing_date.isoformat(),
        "task_id": step.task_id if step else error.task and error.task.task_id,
        "workflow_id": step.workflow_id if step else error.task and error.task.workflow_id,
        "parameter_name": error.parameter,
    }
    return {name: value for name, value in about.items() if value is not None}


_MEANT: Final = ("advance", "new_datetime_value", "new_int_value", "hold", "timestamp", "execution_id")
"""What an `InvalidInput` is about that names no argument, but calls a value by what it is, such as a watermark."""


def _field(error: EtlMonitorError, arguments: Iterable[str], given: Collection[str]) -> str | None:
    """The argument that a message names first: what callers passed stands behind it. Else the one that it must mean."""
    if isinstance(error, KeyReused):
        return "Idempotency-Key"
    if not isinstance(error, InvalidInput):
        return None
    found = {name: re.search(rf"\b{re.escape(name)}\b", str(error)) for name in arguments}
    places = {name: place.start() for name, place in found.items() if place is not None}
    meant = next((name for name in _MEANT if name in given), None)
    return min(places, key=lambda name: (places[name], -len(name)), default=meant)
