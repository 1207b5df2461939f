"""One family of errors. Each class's docstring is its default message.

What a caller may do about an error is visible in its type: a `Retryable` one may go through when the same
call is made again, anything else needs a change first.
"""

from __future__ import annotations

import inspect


class EtlMonitorError(Exception):
    """Something went wrong in the ETL monitor."""

    def __init__(self, message: str | None = None) -> None:
        super().__init__(message or inspect.getdoc(type(self)) or type(self).__name__)


class Retryable(EtlMonitorError):
    """The same call may go through when it is made again."""


class ConfigurationError(EtlMonitorError):
    """The monitor's settings do not lead to a usable database."""


class DatabaseLocked(ConfigurationError):
    """Another process holds the database file."""


class DatabaseError(EtlMonitorError):
    """The database refused a statement; the driver's error is chained as the cause."""


class ConflictError(Retryable):
    """Others kept writing the same rows until the retries were used up; nothing was written."""


class ConnectionBroken(Retryable):
    """The connection to the database broke; whether the last statement was executed is not known."""


class SchemaError(EtlMonitorError):
    """The monitor's tables are not the ones that this version works on."""


class SchemaMissing(SchemaError):
    """The monitor's tables do not exist here. Run `etl-monitor db upgrade`, or call `monitor.setup()`."""


class SchemaOutOfDate(SchemaError):
    """The monitor's tables have another revision. Run `etl-monitor db upgrade`, or call `monitor.setup()`."""


class InvalidInput(EtlMonitorError, ValueError):
    """An argument has a value that the monitor cannot accept; nothing was written."""


class NotFoundError(EtlMonitorError):
    """What the call names does not exist; nothing was written."""


class ProcessNotFound(NotFoundError):
    """The process is not registered."""


class TaskNotFound(NotFoundError):
    """The task is not registered."""


class StageNotFound(NotFoundError):
    """The stage is not registered."""


class ParameterNotFound(NotFoundError):
    """The parameter is not registered."""


class StepNotFound(NotFoundError):
    """The step does not exist: its task is not registered, or the run does not hold it."""


class InvalidTransition(EtlMonitorError):
    """The step's state does not allow this; nothing was written."""


class StepNotQueued(InvalidTransition, StepNotFound):
    """The task is registered, but this run holds no step of it."""


class ProcessInactive(InvalidTransition):
    """The process is deactivated, or has no active task: there is nothing to run."""
