"""One family of errors; each class has a default message.

The type of an error tells the caller what to do: after a `Retryable` error the same call may succeed. Every other error
needs a change first. Its attributes say what an error is about.
"""

from __future__ import annotations

from typing import ClassVar, Final

from etl_monitor_orm.failures import FailedTask
from etl_monitor_orm.keys import ProcessKey, RunKey, StepKey, TaskKey
from etl_monitor_orm.vocabulary import Status


class EtlMonitorError(Exception):
    """Something went wrong in the ETL monitor.

    Args:
        message: What happened, to what, and what to do next; else the class's default message.
        process: The process that the error is about.
        task: The task.
        run: The run.
        step: The step.
        stage: The stage's number.
        parameter: The parameter's name.
        state: Status of the step.
        asked: The requested change of the step: start, end, fail, heartbeat, and so on.

    Attributes:
        process: The process that the error is about: `project_code` and `process_load`. Set for errors about its tasks,
            runs and steps too.
        task: The task: its `process`, `task_id` and `workflow_id`. Set for errors about its steps too.
        run: The run: its `process`, `execution_id` and `processing_date`. Set for errors about its steps too.
        step: The step: its `run`, `task_id`, `workflow_id`, and other known keys.
        stage: The stage's number.
        parameter: The parameter's name.
        state: Status of the step at the time of the request.
        asked: The requested change of the step.

    An attribute is None if it does not apply.
    """

    default_message: ClassVar[str] = "Something went wrong in the ETL monitor."

    def __init__(
        self,
        message: str | None = None,
        *,
        process: ProcessKey | None = None,
        task: TaskKey | None = None,
        run: RunKey | None = None,
        step: StepKey | None = None,
        stage: int | None = None,
        parameter: str | None = None,
        state: Status | None = None,
        asked: str | None = None,
    ) -> None:
        super().__init__(message or self.default_message)
        self.step = step
        self.run = run or (step.run if step else None)
        self.task = task or (step.task if step else None)
        self.process = process or next((key.process for key in (self.run, self.task) if key), None)
        self.stage = stage
        self.parameter = parameter
        self.state = state
        self.asked = asked


class Retryable(EtlMonitorError):
    """The same call may succeed when it is made again."""

    default_message = "The same call may succeed when it is made again."


class ConfigurationError(EtlMonitorError):
    """The monitor's settings do not lead to a usable database."""

    default_message = "The monitor's settings do not lead to a usable database."


class DatabaseLocked(ConfigurationError, Retryable):
    """Another process holds the database file; nothing was written."""

    default_message = "Another process holds the database file; nothing was written."


class DatabaseGone(ConfigurationError):
    """The database's file cannot be read or written: its disk does not work."""

    default_message = "The database's file cannot be read or written: its disk does not work."


class JournalError(ConfigurationError):
    """The journal of calls that wait for the monitor cannot be used."""

    default_message = "The journal of calls that wait for the monitor cannot be used."


class DatabaseError(EtlMonitorError):
    """The database refused a statement; the driver's error is chained as the cause."""

    default_message = "The database refused a statement; the driver's error is chained as the cause."


class ConflictError(Retryable):
    """Others kept writing the same rows until the retries ran out; nothing was written."""

    default_message = "Others kept writing the same rows until the retries ran out; nothing was written."


class ConnectionBroken(Retryable):
    """The connection to the database broke; nobody knows whether the last statement was executed."""

    default_message = "The connection to the database broke; nobody knows whether the last statement was executed."


class MonitorAway(Retryable):
    """The monitor is away, and nothing on this machine can answer in its place."""

    default_message = "The monitor is away, and nothing on this machine can answer in its place."


class RequestInProgress(Retryable):
    """A request with the same idempotency key is being answered.

    Attributes:
        retry_after: In how many seconds to ask again.
    """

    default_message = "A request with the same idempotency key is being answered. Send it again in a few seconds."

    retry_after: int = 1


class SchemaError(EtlMonitorError):
    """The monitor's tables do not match this version."""

    default_message = "The monitor's tables do not match this version."


class SchemaMissing(SchemaError):
    """The monitor's tables do not exist here."""

    default_message = "The monitor's tables do not exist here. Run `etl-monitor db upgrade`, or call `monitor.setup()`."


class SchemaOutOfDate(SchemaError):
    """The monitor's tables have another revision."""

    default_message = (
        "The monitor's tables have another revision. Run `etl-monitor db upgrade`, or call `monitor.setup()`."
    )


class InvalidInput(EtlMonitorError, ValueError):
    """An argument has a value that the monitor cannot accept; nothing was written."""

    default_message = "An argument has a value that the monitor cannot accept; nothing was written."


class KeyReused(InvalidInput):
    """The idempotency key was given with another request; nothing was written."""

    default_message = "The idempotency key was given with another request; nothing was written."


class NotFoundError(EtlMonitorError):
    """An object that the call names does not exist; nothing was written."""

    default_message = "An object that the call names does not exist; nothing was written."


class ProcessNotFound(NotFoundError):
    """The process is not registered."""

    default_message = "The process is not registered."


class TaskNotFound(NotFoundError):
    """The task is not registered."""

    default_message = "The task is not registered."


class StageNotFound(NotFoundError):
    """The stage is not registered."""

    default_message = "The stage is not registered."


class ParameterNotFound(NotFoundError):
    """The parameter is not registered."""

    default_message = "The parameter is not registered."


class StepNotFound(NotFoundError):
    """The step does not exist: its task is not registered, or the run has no step for it."""

    default_message = "The step does not exist: its task is not registered, or the run has no step for it."


class TokenNotFound(NotFoundError):
    """No token has this name."""

    default_message = "No token has this name."


class InvalidTransition(EtlMonitorError):
    """The step's state does not allow this transition; nothing was written."""

    default_message = "The step's state does not allow this transition; nothing was written."


class StepNotQueued(InvalidTransition, StepNotFound):
    """The task is registered, but this run has no step for it."""

    default_message = "The task is registered, but this run has no step for it."


class StepSkipped(InvalidTransition):
    """The step is skipped in this run; nothing was written."""

    default_message = "The step is skipped in this run; nothing was written."


class RunInProgress(InvalidTransition):
    """Another run of the date is at work on a step that the resumed run would queue; nothing was written."""

    default_message = (
        "Another run of the date is at work on a step that the resumed run would queue; nothing was written."
    )


class ProcessInactive(InvalidTransition):
    """The process is deactivated, or has no active task: there is nothing to run."""

    default_message = "The process is deactivated, or has no active task: there is nothing to run."


class RunFailed(EtlMonitorError):
    """Tasks of the run failed.

    Attributes:
        failures: The failed tasks, in running order.
    """

    default_message = "Tasks of the run failed."

    failures: tuple[FailedTask, ...] = ()


REFUSALS: Final = (InvalidInput, NotFoundError, InvalidTransition)
"""The errors that answer one call: the monitor is there, and says no. Any other error would meet every call."""

AWAY: Final = (ConnectionBroken, DatabaseLocked, DatabaseGone)
"""The errors that mean that the monitor is away: its database cannot be reached, or stays locked.

A conflict, a refused argument, missing tables, wrong credentials and a full disk are none of them: waiting is no help.
"""


def is_away(error: BaseException) -> bool:
    """Return whether an error means that the monitor is away (`when_away=`)."""
    return isinstance(error, AWAY)
