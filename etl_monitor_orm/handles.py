"""What a caller holds while work goes on: a run, and a task within it."""

from __future__ import annotations

from contextlib import suppress
from contextvars import ContextVar, Token
from dataclasses import replace
from datetime import date, datetime
from types import TracebackType
from typing import Literal, Self

from etl_monitor_orm import inputs
from etl_monitor_orm.errors import InvalidInput, InvalidTransition
from etl_monitor_orm.models import Parameter, ProcessingStep
from etl_monitor_orm.runtime import Runtime
from etl_monitor_orm.services import dispatch, reset, status, steps
from etl_monitor_orm.services.dispatch import PendingTask
from etl_monitor_orm.services.keys import RunKey, StepKey, step_key
from etl_monitor_orm.services.status import Attempts, Scope
from etl_monitor_orm.services.steps import Claim, Ending, Where
from etl_monitor_orm.services.watermarks import Move
from etl_monitor_orm.views import RunSummary, TaskDetail
from etl_monitor_orm.vocabulary import LogType, SourceType, Status

OnNotRunnable = Literal["raise", "skip"]

current_task: ContextVar[TaskHandle | None] = ContextVar("etl_monitor_current_task", default=None)
"""The task whose body is running here, for log records to say where they come from."""


class OfRun:
    """What a run and its tasks can both tell: which run it is."""

    _key: RunKey

    @property
    def execution_id(self) -> str:
        """The run's id."""
        return self._key.execution_id

    @property
    def processing_date(self) -> date:
        """The date that the run works on."""
        return self._key.processing_date

    @property
    def project_code(self) -> str:
        """The project."""
        return self._key.process.project_code

    @property
    def process_load(self) -> str:
        """The process."""
        return self._key.process.process_load


class TaskHandle(OfRun):
    """Tracks one task of a run around the work that it does; made by `run.task(...)` and used in a `with` statement.

    Entering starts the step. A clean exit turns it DONE and moves its watermark; any exception turns it FAIL,
    with `Type: message`, and goes on to the caller.

    Attributes:
        active: Whether the work is to be done; False only with `on_not_runnable="skip"`.

    Example:
        ```python
        with run.task(1) as task:
            rows = read_since(task.watermark)
            task.log_message = f"{len(rows)} rows"
        ```
    """

    def __init__(
        self,
        runtime: Runtime,
        step: StepKey,
        *,
        where: Where,
        takeover: bool = False,
        on_not_runnable: OnNotRunnable = "raise",
        log_message: str | None = None,
        log_type: LogType | str | None = None,
        log_code: str | None = None,
    ) -> None:
        if on_not_runnable not in ("raise", "skip"):
            raise InvalidInput(f"on_not_runnable is {on_not_runnable!r}; it must be 'raise' or 'skip'.")
        self.active = False
        self.log_message = log_message
        self.log_type = log_type
        self.log_code = log_code
        self._runtime = runtime
        self._key = step.run
        self._step = step
        self._where = where
        self._takeover = inputs.boolean("takeover", takeover)
        self._on_not_runnable = on_not_runnable
        self._claim: Claim | None = None
        self._parameter: Parameter | None = None
        self._parameter_read = False
        self._staged: Move | None = None
        self._token: Token[TaskHandle | None] | None = None

    @property
    def task_id(self) -> int:
        """The task within process and pass."""
        return self._step.task_id

    @property
    def workflow_id(self) -> int:
        """The pass."""
        return self._step.workflow_id

    @property
    def attempts(self) -> int | None:
        """Number of the attempt; None before the start.

        Databricks does not hand it back with the start, so there it is read when it is first asked for.
        """
        if self._claim is not None and self._step.attempts is None:
            self._step = replace(self._step, attempts=self._runtime.run(steps.attempt, self._step, self._claim))
        return self._step.attempts

    @property
    def started(self) -> datetime | None:
        """When the work began (UTC)."""
        return self._claim.started if self._claim else None

    @property
    def log_message(self) -> str | None:
        """Message to store with DONE; 2,000 characters are kept. May be set while the work goes on."""
        return self._log_message

    @log_message.setter
    def log_message(self, value: str | None) -> None:
        self._log_message = inputs.message("log_message", value)

    @property
    def log_type(self) -> LogType | None:
        """Severity of that message."""
        return self._log_type

    @log_type.setter
    def log_type(self, value: LogType | str | None) -> None:
        self._log_type = inputs.optional_choice("log_type", LogType, value)

    @property
    def log_code(self) -> str | None:
        """Code of that message."""
        return self._log_code

    @log_code.setter
    def log_code(self, value: str | None) -> None:
        self._log_code = inputs.optional_text("log_code", value)

    @property
    def watermark(self) -> datetime | int | bool | None:
        """Active value of the task's watermark, read once; None when it has none, or nothing was read yet.

        Raises:
            ParameterNotFound: The task names a parameter that is not registered.
            InvalidTransition: The task is not running.
        """
        parameter = self._watermark_parameter()
        return parameter.value if parameter else None

    def advance(self, value: datetime | date | int | str, *, allow_rewind: bool = False) -> None:
        """Stage a new value for the task's watermark: written with DONE, dropped on failure.

        Args:
            value: A time (naive means UTC; ISO text is fine) for a DELTA_DATE, a whole number for a DELTA_ID.
            allow_rewind: Whether it may lie before the present value.

        Raises:
            InvalidInput: The task has no watermark, or the value does not fit it or lies before the present one.
            InvalidTransition: The task is not running.
        """
        parameter = self._watermark_parameter()
        if parameter is None:
            raise InvalidInput(
                f"{self._step.task} has no watermark to advance. Name a parameter in its source_system_code."
            )
        move = Move.read(value, allow_rewind=allow_rewind)
        move.check(parameter)
        self._staged = move

    def heartbeat(self) -> None:
        """Say that the work is still going on: refreshes `ETLProcessingSteps.LastUpdatedOn`.

        Raises:
            InvalidTransition: The step was ended or taken over by someone else.
        """
        self._runtime.run(steps.heartbeat, self._step, self._running())

    def __enter__(self) -> Self:
        if self._claim is not None:
            raise InvalidTransition(f"{self._step} was started by this handle already; ask the run for a new one.")
        try:
            claim = self._runtime.run(steps.start, self._step, None, self._where, takeover=self._takeover)
        except InvalidTransition:
            if self._on_not_runnable == "raise":
                raise
            return self
        self._claim = claim
        self._step = replace(self._step, attempts=claim.attempts)
        self.active = True
        self._token = current_task.set(self)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._token is None:
            return
        token, self._token = self._token, None
        try:
            if error is None:
                self._end(Status.DONE, self.log_message)
            else:
                self._fail(error)
        finally:
            self.active = False
            with suppress(ValueError):  # asynchronous code may leave in another context than it entered in
                current_task.reset(token)
            self._runtime.task_ended()

    def _fail(self, error: BaseException) -> None:
        """Record the job's failure; whatever goes wrong here must not hide it."""
        try:
            self._end(Status.FAIL, _words(error))
        except Exception as trouble:
            error.add_note(f"The ETL monitor could not record the failure of {self._step}: {trouble}")

    def _end(self, how: Status, message: str | None) -> None:
        ending = Ending(how, None, inputs.message("log_message", message), self.log_type, self.log_code)
        self._runtime.run_alone(steps.finish, self._step, ending, self._claim, self._staged)

    def _running(self) -> Claim:
        if self._claim is None or not self.active:
            raise InvalidTransition(
                f"{self._step} is not being worked on by this handle. Use it inside `with run.task(...) as task:`, "
                "and only while task.active."
            )
        return self._claim

    def _watermark_parameter(self) -> Parameter | None:
        claim = self._running()
        if not self._parameter_read:
            self._parameter = self._runtime.run(steps.watermark, self._step, claim)
            self._parameter_read = True
        return self._parameter

    def __repr__(self) -> str:
        return f"<TaskHandle {self._step}, {'active' if self.active else 'not active'}>"


def _words(error: BaseException) -> str:
    """Return `Type: message`; the type alone when the error's own message cannot be had."""
    try:
        return f"{type(error).__name__}: {error}"
    except Exception:
        return type(error).__name__


class Run(OfRun):
    """One run of a process on one date; made by `monitor.start_run(...)`."""

    def __init__(self, runtime: Runtime, key: RunKey) -> None:
        self._runtime = runtime
        self._key = key

    def task(
        self,
        task_id: int,
        workflow_id: int | None = None,
        *,
        sequence_id: int | None = None,
        takeover: bool = False,
        on_not_runnable: OnNotRunnable = "raise",
        source_type: SourceType | str | None = None,
        source_run_id: str | None = None,
        cluster_id: str | None = None,
        log_message: str | None = None,
        log_type: LogType | str | None = None,
        log_code: str | None = None,
    ) -> TaskHandle:
        """Return a context manager that tracks a task of this run (`ETLProcessingSteps`).

        Args:
            task_id: The task.
            workflow_id: The pass; else 0 for task 0 and 1 for any other.
            sequence_id: The stage; the run knows it, so it is checked only when given.
            takeover: Start the step although it is running: its worker is known to be gone.
            on_not_runnable: `"raise"`, or `"skip"` to get a handle with `active=False` when the step is DONE,
                running or failed already, its task is inactive, or the run does not hold it.
            source_type: Kind of job, if not the task's.
            source_run_id: The job's own run id.
            cluster_id: Cluster that does the work.
            log_message: Message to store with DONE.
            log_type: Severity of that message.
            log_code: Code of that message.

        Raises:
            InvalidInput: An argument cannot be read.
            StepNotFound: On entering: the task is not registered.
            InvalidTransition: On entering: the step may not start; nothing has been done.
        """
        return TaskHandle(
            self._runtime,
            step_key(self._key, task_id, workflow_id, sequence_id),
            where=Where.read(source_type, source_run_id, cluster_id),
            takeover=takeover,
            on_not_runnable=on_not_runnable,
            log_message=log_message,
            log_type=log_type,
            log_code=log_code,
        )

    def pending(
        self, *, workflow_id: int | None = None, sequence_id: int | None = None, task_id: int | None = None
    ) -> list[PendingTask]:
        """Return the steps that are not DONE and whose task is active, in running order. One statement.

        Args:
            workflow_id: Only this pass.
            sequence_id: Only this stage.
            task_id: Only this task.
        """
        return self._runtime.run(
            dispatch.pending,
            self._key,
            workflow_id=inputs.optional_integer("workflow_id", workflow_id),
            sequence_id=inputs.optional_integer("sequence_id", sequence_id),
            task_id=inputs.optional_integer("task_id", task_id),
        )

    def ready(self) -> list[PendingTask]:
        """Return the steps that may start now: the queued ones of the earliest stage that has work left.

        Empty while a mandatory failure blocks, and while all that is left of the stage is running.
        """
        return self._runtime.run(dispatch.ready, self._key)

    def status(self, *, attempts: Attempts = None) -> list[TaskDetail]:
        """Return the run's steps from `v_taskDetail`.

        Args:
            attempts: A number, `"all"`, or None for each step's current attempt in this run.
        """
        return self._runtime.run(status.detail, self._scope(), status.read_attempts(attempts))

    def summary(self) -> list[RunSummary]:
        """Return the rollup of each attempt of this run from `v_runSummary`, oldest first."""
        return self._runtime.run(status.summary, self._scope(), "all")

    def reset(self, *, replay: bool = False, remark: str | None = None) -> list[ProcessingStep]:
        """Queue this run's failed steps again as new attempts, and its initiation step with them.

        Args:
            replay: Whether DONE steps count too.
            remark: Message of the new attempts.

        Returns:
            The new attempts; empty when there was nothing to do.
        """
        return self._runtime.run_alone(
            reset.reset,
            self._scope(),
            replay=inputs.boolean("replay", replay),
            attempts=None,
            remark=inputs.message("remark", remark) or reset.REMARK,
        )

    def _scope(self) -> Scope:
        return Scope(self._key.process, self._key.processing_date, self._key.execution_id)

    def __repr__(self) -> str:
        return f"<Run {self._key}>"
