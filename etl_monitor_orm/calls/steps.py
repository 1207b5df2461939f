"""Calls that track steps."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime, timedelta

from etl_monitor_orm import inputs
from etl_monitor_orm.calls.group import Calls
from etl_monitor_orm.claims import Claim, read_claim
from etl_monitor_orm.errors import (
    ConnectionBroken,
    DatabaseLocked,
    EtlMonitorError,
    InvalidInput,
    InvalidTransition,
    MonitorAway,
)
from etl_monitor_orm.keys import ProcessKey, StepKey
from etl_monitor_orm.models import ProcessingStep
from etl_monitor_orm.rows import Rows
from etl_monitor_orm.run import Run
from etl_monitor_orm.services import stale, steps
from etl_monitor_orm.services.ending import Ending, finish
from etl_monitor_orm.services.staging import Staged
from etl_monitor_orm.services.stale import Sweep
from etl_monitor_orm.services.steps import Where
from etl_monitor_orm.services.watermarks import warn_if_ahead
from etl_monitor_orm.task import OnNotRunnable, TaskHandle
from etl_monitor_orm.vocabulary import LogType, SourceType, Status


class StepCalls(Calls):
    """Starts, ends and fails steps, for jobs that report directly or through an orchestrator."""

    def start_task(
        self,
        execution_id: str,
        project_code: str,
        process_load: str,
        task_id: int,
        sequence_id: int | None = None,
        workflow_id: int | None = None,
        processing_date: date | str | None = None,
        attempts: int | None = None,
        source_type: SourceType | str | None = None,
        source_run_id: str | None = None,
        timestamp: datetime | str | None = None,
        *,
        cluster_id: str | None = None,
        takeover: bool = False,
    ) -> Claim:
        """Start a queued step (`ETLProcessingSteps`). If two workers try, one succeeds.

        Args:
            execution_id: The run.
            project_code: The project.
            process_load: The process.
            task_id: The task.
            sequence_id: The stage; the run knows it, so it is checked only when given.
            workflow_id: The pass; else 0 for task 0 and 1 for any other.
            processing_date: The run's date; else the one that it works on, at the cost of a read.
            attempts: The attempt; else the step's current one in the run.
            source_type: Kind of job, if not the task's.
            source_run_id: The job's own run id.
            timestamp: When the work began, by another system's clock; else now. At most five minutes ahead.
            cluster_id: Cluster that does the work.
            takeover: Start the step although it is recorded as running, because its worker is gone.

        Returns:
            The claim: pass it, or its text, to `end_task` or `fail_task`, so that only this start is ended.

        Raises:
            StepNotFound: The task is not registered, or the run has no step for it.
            InvalidTransition: The step is running, DONE or FAIL, or its task is inactive.
            InvalidInput: An argument cannot be read, or `timestamp` is ahead of the clock.
        """
        began = inputs.optional_moment("timestamp", timestamp)
        where = Where.read(source_type=source_type, source_run_id=source_run_id, cluster_id=cluster_id)
        again = inputs.boolean("takeover", takeover)
        at_once = self._runtime.one_reading()
        run = self._run_key(at_once, execution_id, project_code, process_load, processing_date)
        step = inputs.step(run, task_id, workflow_id=workflow_id, sequence_id=sequence_id, attempts=attempts)
        held = at_once.run(steps.start, step, began, where, takeover=again)
        return Claim(held.attempts, held.started)

    def end_task(
        self,
        execution_id: str,
        project_code: str,
        process_load: str,
        task_id: int,
        sequence_id: int | None = None,
        workflow_id: int | None = None,
        processing_date: date | str | None = None,
        attempts: int | None = None,
        status: Status | str = Status.DONE,
        log_message: str | None = None,
        log_type: LogType | str | None = None,
        log_code: str | None = None,
        timestamp: datetime | str | None = None,
        *,
        claim: Claim | str | None = None,
        source_type: SourceType | str | None = None,
        advance: datetime | date | int | str | None = None,
        hold: bool = False,
    ) -> None:
        """End a step as DONE, or as FAIL (`ETLProcessingSteps`); DONE moves its watermark.

        A step that was never started can be ended, because some orchestrators report only completion.

        Args:
            execution_id: The run.
            project_code: The project.
            process_load: The process.
            task_id: The task.
            sequence_id: The stage; the run knows it, so it is checked only when given.
            workflow_id: The pass; else 0 for task 0 and 1 for any other.
            processing_date: The run's date; else the one that it works on, at the cost of a read.
            attempts: The attempt; else the step's current one in the run.
            status: DONE or FAIL.
            log_message: The job's message; 2,000 characters are kept.
            log_type: Severity of the message; FAIL is always ERROR.
            log_code: Code of the message.
            timestamp: When the work ended, by another system's clock; else now. At most five minutes ahead.
            claim: What `start_task` returned, or its text: end that start of that attempt, and no other.
            source_type: Kind of job; else the one of the start, else the task's.
            advance: With DONE, the new value of the task's watermark, like `TaskHandle.advance`.
            hold: With DONE, leave the task's watermark where it is, like `TaskHandle.hold`.

        Raises:
            StepNotFound: The task is not registered, or the run has no step for it.
            InvalidTransition: The step has ended already, or it is no longer the claim's.
            InvalidInput: An argument cannot be read, the status is neither DONE nor FAIL, `timestamp` is ahead of
                the clock or before the step's start, or the watermark cannot be what `advance` says.
            ParameterNotFound: With `advance` or `hold`: the task's watermark is not registered.
        """
        how = _read_ending(status)
        ending = Ending(
            how,
            at=inputs.optional_moment("timestamp", timestamp),
            message=inputs.message("log_message", log_message),
            log_type=inputs.optional_choice("log_type", LogType, log_type),
            log_code=inputs.optional_text("log_code", log_code),
            source_type=inputs.optional_choice("source_type", SourceType, source_type),
        )
        held = read_claim(claim)
        stages = inputs.boolean("hold", hold) or advance is not None
        if hold and advance is not None:
            raise InvalidInput("advance and hold exclude each other. Pass one of them.")
        at_once = self._runtime.one_reading()
        run = self._run_key(at_once, execution_id, project_code, process_load, processing_date)
        step = inputs.step(run, task_id, workflow_id=workflow_id, sequence_id=sequence_id, attempts=attempts)
        staged = None
        if stages and how is Status.DONE:
            try:
                staged = steps.stage(at_once.run(steps.watermark, step), step, advance)
            except MonitorAway:
                staged = Staged.unread(advance)
        at_once.run(finish, of_claim(step, held), ending, held, staged)
        if staged is not None and staged.name and staged.move is not None:
            warn_if_ahead(run.process, staged.name, staged.move.value, at_once.now)

    def fail_task(
        self,
        execution_id: str,
        project_code: str,
        process_load: str,
        task_id: int,
        sequence_id: int | None = None,
        workflow_id: int | None = None,
        processing_date: date | str | None = None,
        attempts: int | None = None,
        log_message: str | None = None,
        log_code: str | None = None,
        timestamp: datetime | str | None = None,
        *,
        claim: Claim | str | None = None,
        source_type: SourceType | str | None = None,
    ) -> None:
        """End a step as FAIL, like `end_task(..., status="FAIL")`.

        When a mandatory step fails, the monitor re-opens the run's initiation step if that was DONE. The arguments and
        errors are those of `end_task`.
        """
        self.end_task(
            execution_id,
            project_code,
            process_load,
            task_id,
            sequence_id=sequence_id,
            workflow_id=workflow_id,
            processing_date=processing_date,
            attempts=attempts,
            status=Status.FAIL,
            log_message=log_message,
            log_type=LogType.ERROR,
            log_code=log_code,
            timestamp=timestamp,
            claim=claim,
            source_type=source_type,
        )

    def heartbeat_task(
        self,
        execution_id: str,
        project_code: str,
        process_load: str,
        task_id: int,
        sequence_id: int | None = None,
        workflow_id: int | None = None,
        processing_date: date | str | None = None,
        attempts: int | None = None,
        *,
        claim: Claim | str | None = None,
    ) -> None:
        """Give a running step's sign of life, for jobs that hold no handle (`ETLProcessingSteps.LastUpdatedOn`).

        Args:
            execution_id: The run.
            project_code: The project.
            process_load: The process.
            task_id: The task.
            sequence_id: The stage; the run knows it, so it is checked only when given.
            workflow_id: The pass; else 0 for task 0 and 1 for any other.
            processing_date: The run's date; else the one that it works on, at the cost of a read.
            attempts: The attempt; else the step's current one in the run.
            claim: What `start_task` returned, or its text: of that start of that attempt, and no other.

        Raises:
            StepNotFound: The task is not registered, or the run has no step for it.
            InvalidTransition: The step is not running, or it is no longer the claim's.
            InvalidInput: An argument cannot be read.
        """
        held = read_claim(claim)
        at_once = self._runtime.one_reading()
        run = self._run_key(at_once, execution_id, project_code, process_load, processing_date)
        step = inputs.step(run, task_id, workflow_id=workflow_id, sequence_id=sequence_id, attempts=attempts)
        at_once.run(steps.heartbeat, of_claim(step, held), held)

    def task(
        self,
        execution_id: str,
        project_code: str,
        process_load: str,
        task_id: int | str,
        sequence_id: int | None = None,
        workflow_id: int | None = None,
        processing_date: date | str | None = None,
        source_type: SourceType | str | None = None,
        log_message: str | None = None,
        log_type: LogType | str | None = None,
        log_code: str | None = None,
        *,
        source_run_id: str | None = None,
        cluster_id: str | None = None,
        takeover: bool = False,
        on_not_runnable: OnNotRunnable = "raise",
        queue_missing: bool = False,
        retry_failed: bool = False,
        heartbeat: timedelta | float | None = None,
    ) -> TaskHandle:
        """Return a context manager that tracks a task, like `Run.task`, for a run that was started elsewhere.

        Args:
            execution_id: The run.
            project_code: The project.
            process_load: The process.
            task_id: The task's number, or its name if it is the only one of that name in the run, at the cost of a
                read. Digits are always a number.
            sequence_id: The stage; the run knows it, so it is checked only when given.
            workflow_id: The pass; else 0 for task 0 and 1 for any other.
            processing_date: The run's date; else the one that it works on, at the cost of a read.
            source_type: Kind of job, if not the task's.
            log_message: Message to store with DONE.
            log_type: Severity of that message.
            log_code: Code of that message.
            source_run_id: The job's own run id.
            cluster_id: Cluster that does the work.
            takeover: Start the step although it is recorded as running, because its worker is gone.
            on_not_runnable: `"raise"`, or `"skip"` for a handle with `active=False`.
            queue_missing: Queue the step if the run has none, because the task was registered after the run began.
            retry_failed: Queue the step again first if it has failed, with the run's initiation step, like a reset.
            heartbeat: Give a sign of life by itself, from a thread, whenever this time has passed: a timedelta, or
                seconds.

        Example:
            ```python
            with monitor.task(run_id, "CORP", "HR_DAILY", task_id=1, processing_date="2026-04-09"):
                load_employees()
            ```
        """
        key = self._run_key(self._runtime.one_reading(), execution_id, project_code, process_load, processing_date)
        return Run(self._runtime, key).task(
            task_id,
            workflow_id,
            sequence_id=sequence_id,
            takeover=takeover,
            on_not_runnable=on_not_runnable,
            queue_missing=queue_missing,
            retry_failed=retry_failed,
            heartbeat=heartbeat,
            source_type=source_type,
            source_run_id=source_run_id,
            cluster_id=cluster_id,
            log_message=log_message,
            log_type=log_type,
            log_code=log_code,
        )

    def stale_steps(
        self,
        older_than: timedelta | float,
        project_code: str | None = None,
        process_load: str | None = None,
        *,
        since: date | str | None = None,
    ) -> Rows[ProcessingStep]:
        """Return the running steps that gave no sign of life for a given time, longest silence first.

        Args:
            older_than: That time: a timedelta, or seconds.
            project_code: With `process_load`, only this process.
            process_load: With `project_code`, only this process.
            since: The earliest processing date to look at; else 35 days before today.
        """
        sweep = _sweep(older_than, project_code, process_load, since)
        return Rows(ProcessingStep, self._runtime.run(stale.stale_steps, sweep))

    def fail_stale(
        self,
        older_than: timedelta | float,
        project_code: str | None = None,
        process_load: str | None = None,
        *,
        since: date | str | None = None,
    ) -> Rows[ProcessingStep]:
        """Fail the running steps that gave no sign of life for a given time, with LogCode STALE.

        Each step is failed by itself. One that cannot be failed does not stop the others: its error is raised at the
        end.

        Args:
            older_than: That time: a timedelta, or seconds.
            project_code: With `process_load`, only this process.
            process_load: With `project_code`, only this process.
            since: The earliest processing date to look at; else 35 days before today.

        Returns:
            The steps that were failed.

        Raises:
            EtlMonitorError: A step could not be failed; the others were, unless the connection broke.
        """
        sweep = _sweep(older_than, project_code, process_load, since)
        at_once = self._runtime.one_reading()
        failed = Rows(ProcessingStep)
        trouble: EtlMonitorError | None = None
        for step in at_once.run(stale.stale_steps, sweep):
            try:
                failed.append(at_once.run(stale.fail_step, step, sweep))
            except InvalidTransition:
                continue  # its worker has ended it, or has given a sign of life, since it was listed
            except (ConnectionBroken, DatabaseLocked):
                raise  # the next step would fare no better, and the same call goes on from here
            except EtlMonitorError as error:
                trouble = trouble or error
                trouble.add_note(f"{str(step)!r} could not be failed.")
        if trouble is not None:
            trouble.add_note(f"Stale steps that were failed: {len(failed)}.")
            raise trouble
        return failed


def _read_ending(status: Status | str) -> Status:
    """Read as what a task ended.

    Raises:
        InvalidInput: It is another status, which only the monitor sets, or none.
    """
    try:
        how = Status(status)
    except (ValueError, TypeError):
        known = ", ".join(Status)
        raise InvalidInput(f"status is {status!r}, which is none of {known}; a task ends as DONE or FAIL.") from None
    if how not in (Status.DONE, Status.FAIL):
        raise InvalidInput(f"status is {how}, which only the monitor sets; a task ends as DONE or FAIL.")
    return how


def of_claim(step: StepKey, claim: Claim | None) -> StepKey:
    """The attempt that a claim means.

    Raises:
        InvalidInput: The caller names another attempt.
    """
    if claim is None or claim.attempts is None:
        return step
    if step.attempts not in (None, claim.attempts):
        raise InvalidInput(
            f"attempts is {step.attempts}, but the claim is of attempt {claim.attempts}. Leave attempts out."
        )
    return replace(step, attempts=claim.attempts)


def _sweep(
    older_than: timedelta | float, project_code: str | None, process_load: str | None, since: date | str | None
) -> Sweep:
    return Sweep(
        inputs.span("older_than", older_than),
        _process(project_code, process_load),
        inputs.optional_day("since", since),
    )


def _process(project_code: str | None, process_load: str | None) -> ProcessKey | None:
    if project_code is None and process_load is None:
        return None
    if project_code is None or process_load is None:
        raise InvalidInput("project_code and process_load together name a process. Pass both, or neither.")
    return inputs.process(project_code, process_load)
