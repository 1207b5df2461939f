"""`TaskHandle`: tracks one task of a run while it works."""

from __future__ import annotations

import logging
import os
from contextlib import suppress
from dataclasses import replace
from datetime import date, datetime, timedelta
from functools import partial
from types import TracebackType
from typing import Literal, Self

from etl_monitor_orm import at_work, causes, inputs
from etl_monitor_orm.errors import InvalidInput, InvalidTransition, MonitorAway, StepNotQueued
from etl_monitor_orm.handing_over import NotCopied
from etl_monitor_orm.heartbeats import Heartbeats
from etl_monitor_orm.keys import RunKey, StepKey
from etl_monitor_orm.models import Parameter
from etl_monitor_orm.printable import quoted
from etl_monitor_orm.runtime import Runtime
from etl_monitor_orm.services import metrics, steps
from etl_monitor_orm.services.again import start_again
from etl_monitor_orm.services.ending import Ending, finish
from etl_monitor_orm.services.late import ReadFromMemory
from etl_monitor_orm.services.refusals import without_watermark
from etl_monitor_orm.services.runs import queue_missing
from etl_monitor_orm.services.staging import Staged, Watermark
from etl_monitor_orm.services.steps import Held, Where
from etl_monitor_orm.services.watermarks import Move, check_is_watermark, titled, warn_if_ahead
from etl_monitor_orm.threads import to_the_end
from etl_monitor_orm.vocabulary import LogType, ParameterType, Status

OnNotRunnable = Literal["raise", "skip"]


class OfRun(NotCopied):
    """What a run and its tasks share: the run's key."""

    __slots__ = ("_key",)

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
    """Tracks one task of a run while it works; create it with `run.task(...)`, use it in a `with` statement.

    Entering starts the step. A clean exit ends it as DONE and moves its watermark. Any exception ends it as FAIL
    with `Type: message`, and is raised again. In a coroutine, `async with` does the same and blocks no other coroutine;
    a cancellation ends the step as FAIL.

    Attributes:
        active: Whether to do the work; False only with `on_not_runnable="skip"`.

    Example:
        ```python
        with run.task(1) as task:
            rows = read_since(task.watermark)
            task.log_message = f"{len(rows)} rows"
        ```
    """

    # A name that is misspelt would be set, and its message lost.
    __slots__ = (
        *("__weakref__", "active", "_claim", "_heartbeats", "_log_code", "_log_message", "_log_type"),
        *("_on_not_runnable", "_process", "_queue_missing", "_runtime", "_staged", "_start_service", "_step"),
        *("_takeover", "_watermark", "_watermark_read", "_where"),
    )
    _instead = (
        "Hand over the database's URL, project_code, process_load, processing_date, execution_id, task_id and "
        "workflow_id, and track the task there: ETLMonitor(url).task(execution_id, project_code, process_load, "
        "task_id, workflow_id=..., processing_date=...)."
    )

    def __init__(
        self,
        runtime: Runtime,
        step: StepKey,
        *,
        where: Where,
        takeover: bool = False,
        on_not_runnable: OnNotRunnable = "raise",
        queue_missing: bool = False,
        retry_failed: bool = False,
        log_message: str | None = None,
        log_type: LogType | str | None = None,
        log_code: str | None = None,
        heartbeat: timedelta | float | None = None,
    ) -> None:
        if on_not_runnable not in ("raise", "skip"):
            raise InvalidInput(f"on_not_runnable is {quoted(on_not_runnable)}; it must be 'raise' or 'skip'.")
        self.active = False
        self._claim: Held | None = None
        self.log_message = log_message
        self.log_type = log_type
        self.log_code = log_code
        self._runtime = runtime
        self._key = step.run
        self._step = step
        self._where = where
        self._takeover = inputs.boolean("takeover", takeover)
        self._on_not_runnable = on_not_runnable
        self._queue_missing = inputs.boolean("queue_missing", queue_missing)
        self._start_service = start_again if inputs.boolean("retry_failed", retry_failed) else steps.start
        self._watermark: Watermark | None = None
        self._watermark_read = False
        self._staged: Staged | None = None
        self._heartbeats = None if heartbeat is None else Heartbeats(self.heartbeat, _interval(heartbeat), str(step))

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
        """Number of the attempt; None before the start, and where nobody knows it because the monitor is away.

        Databricks does not return it with the start, so there it is read on first use.
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
        """Message to store with DONE; 2,000 characters are kept. You can set it until the `with` block ends.

        Raises:
            InvalidTransition: On setting it: the task is over, so nothing would store it.
        """
        return self._log_message

    @log_message.setter
    def log_message(self, value: str | None) -> None:
        self._not_over("log_message")
        self._log_message = inputs.message("log_message", value)

    @property
    def log_type(self) -> LogType | None:
        """Severity of that message."""
        return self._log_type

    @log_type.setter
    def log_type(self, value: LogType | str | None) -> None:
        self._not_over("log_type")
        self._log_type = inputs.optional_choice("log_type", LogType, value)

    @property
    def log_code(self) -> str | None:
        """Code of that message."""
        return self._log_code

    @log_code.setter
    def log_code(self, value: str | None) -> None:
        self._not_over("log_code")
        self._log_code = inputs.optional_text("log_code", value)

    @property
    def watermark(self) -> datetime | int | bool | None:
        """Active value of the task's watermark, read once; None when it has none, or nothing was read yet.

        Raises:
            ParameterNotFound: The task names a parameter that is not registered.
            InvalidTransition: The task is not running.
        """
        watermark = self._own_watermark()
        return watermark.parameter.value if watermark else None

    @property
    def watermark_id(self) -> int | None:
        """Active value of the task's DELTA_ID, read once; None when it has none, or nothing was read yet.

        Raises:
            InvalidInput: The watermark has another type.
            ParameterNotFound: The task names a parameter that is not registered.
            InvalidTransition: The task is not running.
        """
        parameter = self._parameter_of_type(ParameterType.DELTA_ID, "watermark_id")
        return parameter.value_int if parameter else None

    @property
    def watermark_time(self) -> datetime | None:
        """Active value of the task's DELTA_DATE (UTC), read once; None when it has none, or nothing was read yet.

        Raises:
            InvalidInput: The watermark has another type.
            ParameterNotFound: The task names a parameter that is not registered.
            InvalidTransition: The task is not running.
        """
        parameter = self._parameter_of_type(ParameterType.DELTA_DATE, "watermark_time")
        return parameter.value_datetime if parameter else None

    @property
    def watermark_is_from_memory(self) -> bool:
        """Whether `watermark` is the last value that this machine saw, because the monitor is away.

        Reads the watermark, if nobody has yet. False if the task has none.

        Raises:
            MonitorAway: This machine has not seen it before.
            ParameterNotFound: The task names a parameter that is not registered.
            InvalidTransition: The task is not running.
        """
        watermark = self._own_watermark()
        return watermark is not None and watermark.from_memory

    def advance(self, value: datetime | date | int | str, *, allow_rewind: bool = False) -> None:
        """Stage a new value for the task's watermark: written with DONE, dropped on failure.

        It does not wait for other tasks that share the watermark: let the one that reads last stage for all. A time
        more than a day ahead of the monitor's clock is written too, and logged as a warning. If the watermark has
        meanwhile passed the value, the value is dropped, and the step's LogMessage says so. In historic mode a staged
        value is neither written nor refused for being before the current one; a receipt in `ETLsysLogs` says what it
        would have been. While the monitor is away, and this machine has not seen the watermark, all this is decided
        when the end is recorded; a value that does not fit is dropped then, and the LogMessage says so.

        Args:
            value: A time (naive means UTC; ISO text is fine) for a DELTA_DATE, a whole number for a DELTA_ID.
            allow_rewind: Whether it may be before the current value.

        Raises:
            InvalidInput: The task has no watermark, or the value does not fit it or is before the current one.
            InvalidTransition: The task is not running.
        """
        try:
            watermark = self._watermark_to("advance")
        except MonitorAway:
            self._staged = Staged.unread(value, allow_rewind=allow_rewind)
            return
        check_is_watermark(watermark.parameter)
        move = Move.read(value, allow_rewind=allow_rewind, kind=watermark.parameter.parameter_type)
        self._staged = watermark.stage(move)

    def hold(self) -> None:
        """Stage "stay where it is", for a load that found nothing: DONE then leaves a DELTA_DATE as it is, also NULL.

        It replaces a value staged before, and is dropped on failure. A DELTA_ID stays anyway. The DONE of steps that
        share a DELTA_DATE does not move it either, unless all of them start later; a value that one stages does.

        Raises:
            InvalidInput: The task has no watermark.
            InvalidTransition: The task is not running.
        """
        try:
            self._staged = self._watermark_to("hold").hold()
        except MonitorAway:
            self._staged = Staged.unread(None)

    def heartbeat(self) -> None:
        """Give a sign of life: refresh `ETLProcessingSteps.LastUpdatedOn`.

        Raises:
            InvalidTransition: The step was ended or taken over by someone else.
        """
        self._runtime.run(steps.heartbeat, self._step, self._running())

    def measure(self, /, **measures: int) -> None:
        """Note what this attempt measured (`ETLmetrics`); a measure that it has already gets the new value.

        Args:
            measures: Whole numbers by name; `rows` and `bytes` are what people ask for.

        Raises:
            InvalidInput: There is no number, or one cannot be read.
            InvalidTransition: The task is not running.

        Example:
            `task.measure(rows=41_000, bytes=1_204_224)`
        """
        read = inputs.measures("measures", measures)
        self._running()
        self._runtime.run(metrics.measure, self._step, read)

    def __enter__(self) -> Self:
        self._start()
        self._come_in()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if not self.active:
            return
        try:
            self._settle(error)
        finally:
            at_work.leave()

    async def __aenter__(self) -> Self:
        try:
            await to_the_end(self._start)
        except BaseException as error:
            if self.active:  # cancelled while the step was being started: the body will not run
                await to_the_end(partial(self._settle, error))
            raise
        self._come_in()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if isinstance(error, GeneratorExit):  # the coroutine is being closed, and may not wait any more
            return self.__exit__(kind, error, trace)
        if not self.active:
            return None
        try:
            await to_the_end(partial(self._settle, error))
        finally:
            at_work.leave()
        return None

    def _start(self) -> None:
        """Start the step, if it can be; the database work of entering."""
        if self._claim is not None:
            raise InvalidTransition(
                f"This handle has already started {self._step}. Call run.task() for a new one.",
                step=self._step,
                asked="start",
            )
        try:
            claim = self._claimed()
        except InvalidTransition:
            if self._on_not_runnable == "raise":
                raise
            return
        self._claim = claim
        self._process = os.getpid()
        self._step = replace(self._step, attempts=claim.attempts)
        self.active = True
        if self._heartbeats is not None:
            self._heartbeats.start()

    def _claimed(self) -> Held:
        """Start the step, which may have to be queued first."""

        def start() -> Held:
            return self._runtime.run(self._start_service, self._step, None, self._where, takeover=self._takeover)

        try:
            return start()
        except StepNotQueued as absent:
            if not self._queue_missing or absent.state is Status.DONE:
                raise
        self._runtime.run(queue_missing, self._step)
        return start()

    def _come_in(self) -> None:
        """Be the task at work in the caller's context."""
        if self.active:
            at_work.enter(self)

    def _settle(self, error: BaseException | None) -> None:
        """End the step; the database work of leaving."""
        try:
            if self._heartbeats is not None:
                self._heartbeats.stop()
            if error is None:
                self._end(Status.DONE, self.log_message)
            else:
                self._fail(error)
        finally:
            self.active = False
            self._runtime.task_ended()

    def _fail(self, error: BaseException) -> None:
        """Record the job's failure; an error here must not hide it."""
        try:
            self._end(Status.FAIL, causes.told(error))
        except Exception as trouble:
            _note(error, f"The ETL monitor could not record the failure of {self._step}: {causes.words(trouble)}")

    def _end(self, how: Status, message: str | None) -> None:
        if self._process != os.getpid():
            raise InvalidTransition(
                f"{self._step} was started in process {self._process}, from which this one was forked: it ends there. "
                "Start a task of your own here.",
                step=self._step,
                asked="end",
            )
        ending = Ending(
            how, message=inputs.message("log_message", message), log_type=self.log_type, log_code=self.log_code
        )
        at_once = self._runtime.one_reading()
        at_once.run(finish, self._step, ending, self._claim, self._staged)
        staged, watermark = self._staged, self._watermark
        if how is Status.DONE and staged and staged.move and watermark and not watermark.historic:
            warn_if_ahead(self._key.process, staged.name, staged.move.value, at_once.now)

    def _not_over(self, name: str) -> None:
        """Refuse to take what could not be stored any more."""
        if self._claim is not None and not self.active:
            raise InvalidTransition(
                f"{name} was set after {self._step} ended, so nothing would store it. "
                f"Set task.{name} inside `with run.task(...) as task:`.",
                step=self._step,
            )

    def _running(self) -> Held:
        if self._claim is None or not self.active:
            raise InvalidTransition(
                f"This handle is not working on {self._step}. Use it inside `with run.task(...) as task:`, "
                "and only while task.active.",
                step=self._step,
            )
        return self._claim

    def _own_watermark(self) -> Watermark | None:
        claim = self._running()
        if not self._watermark_read:
            self._watermark = self._runtime.run(steps.watermark, self._step, claim)
            self._watermark_read = True
            if self._watermark is not None and self._watermark.from_memory:
                parameter = self._watermark.parameter
                self._claim = replace(claim, memory=ReadFromMemory(parameter.parameter_name, parameter.value))
        return self._watermark

    def _watermark_to(self, do: str) -> Watermark:
        watermark = self._own_watermark()
        if watermark is None:
            raise without_watermark(self._step.task, do)
        return watermark

    def _parameter_of_type(self, kind: ParameterType, asked: str) -> Parameter | None:
        watermark = self._own_watermark()
        if watermark is None:
            return None
        parameter = watermark.parameter
        if parameter.parameter_type != kind:
            raise InvalidInput(
                f"{titled(parameter)} is a {parameter.parameter_type}; {asked} is for a {kind}. "
                "Read task.watermark for the value of any type."
            )
        return parameter

    def __repr__(self) -> str:
        return f"<TaskHandle {self._step}, {'active' if self.active else 'not active'}>"


def _interval(value: object) -> timedelta:
    """Read the time between two heartbeats.

    Raises:
        InvalidInput: It is no length of time, or none that passes.
    """
    every = inputs.span("heartbeat", value)
    if not every:
        raise InvalidInput("heartbeat is 0; it must be a number of seconds above 0, or None for no heartbeats.")
    return every


def _note(error: BaseException, words: str) -> None:
    """Add a note to the job's exception. One that takes no notes is raised all the same, and the log has the words."""
    try:
        error.add_note(words)
    except Exception:
        with suppress(Exception):
            logging.getLogger("etl_monitor_orm").error("%s", words)
