"""The replayed nights of 2013: which ones are due, what happens in each, and the status afterwards."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, time
from time import sleep
from typing import Final, cast

from sqlalchemy import or_, select

from etl_monitor_orm import (
    Breach,
    BreachKind,
    ETLMonitor,
    EtlMonitorError,
    LogEntry,
    MandatoryBlocker,
    ProcessStatus,
    Run,
    Status,
    Task,
    TaskDetail,
    TaskHandle,
    Watermark,
)
from etl_monitor_orm.demo.clock import NightClock
from etl_monitor_orm.demo.flights import FlightLoads
from etl_monitor_orm.demo.pipeline import Job, TaskFailure, dispatch
from etl_monitor_orm.demo.processes import FLIGHT_ID, FLIGHTS, PROCESSES, PROJECT
from etl_monitor_orm.demo.reference import ReferenceLoads
from etl_monitor_orm.demo.source import WEATHER, Inbox
from etl_monitor_orm.demo.warehouse import Warehouse

LATE_DAY: Final = date(2013, 1, 2)
"""On this day the weather service is late, and the load finds no file."""
LATE_UNTIL: Final = time(0, 52)
"""When it comes in that night: seven minutes after the flights are due."""

_DAYS_BEYOND: Final = """
SELECT DISTINCT flight_date FROM source.flights WHERE flight_id > $last ORDER BY flight_date LIMIT $days
"""


class StillBlocked(EtlMonitorError):
    """A mandatory task failed again; the run cannot continue."""


@dataclass
class Nights:
    """Replays nights with one monitor and one warehouse.

    Attributes:
        look: Evaluates the deadlines; called when a run is blocked, and at the end of a night.
        picture: Keeps a page of how everything stands at these times; called with a name for it.
        pause: Seconds that each task takes longer.
        failures: The tasks that failed so far.
        blockers_seen: What `v_mandatoryBlockers` showed while a failure blocked its run.
    """

    monitor: ETLMonitor
    clock: NightClock
    warehouse: Warehouse
    inbox: Inbox
    look: Callable[[], object]
    picture: Callable[[str], object]
    pause: float = 0.0
    failures: list[TaskFailure] = field(default_factory=list)
    blockers_seen: list[MandatoryBlocker] = field(default_factory=list)

    def __post_init__(self) -> None:
        jobs: Mapping[str, Job] = {
            "start": _start,
            **ReferenceLoads(self.warehouse, self.inbox).jobs(),
            **FlightLoads(self.warehouse, self.inbox).jobs(),
        }
        self._jobs = {name: _after(self.pause, job) for name, job in jobs.items()} if self.pause else jobs

    def last_flight(self) -> int:
        """Return the watermark: the number of the last flight that was loaded."""
        return cast(int, self.monitor.get_active_watermark(PROJECT, FLIGHTS, FLIGHT_ID) or 0)

    def unfinished(self) -> list[date]:
        """Return the unfinished days: their demo was killed, or a failure blocks them."""
        blocked = select(MandatoryBlocker.processing_date).where(MandatoryBlocker.project_code == PROJECT)
        query = (
            select(ProcessStatus.processing_date)
            .where(ProcessStatus.project_code == PROJECT)
            .where(or_(ProcessStatus.pending > 0, ProcessStatus.processing_date.in_(blocked)))
            .distinct()
            .order_by(ProcessStatus.processing_date)
        )
        with self.monitor.session() as session:
            days = list(session.scalars(query))
        return [day for day in days if any(not _is_settled(step) for step in self._own_steps(day))]

    def beyond(self, last_flight: int, days: int) -> list[date]:
        """Return the next days with flights that the watermark has not passed."""
        return [cast(date, day) for (day,) in self.warehouse.read(_DAYS_BEYOND, last=last_flight, days=days)]

    def replay(self, day: date, *, resume: bool) -> None:
        """Run the night of a day: each process that is due, in order.

        Args:
            day: The day to load.
            resume: Whether the day was started before, so that only its unfinished steps remain.

        Raises:
            StillBlocked: A mandatory task failed, and failed again.
        """
        if resume and day == LATE_DAY:
            self.clock.set_to_night_of(day, LATE_UNTIL)  # time does not go back in a night
        else:
            self.clock.set_to_night_of(day)
        if resume:
            self._bury_the_killed(day)
        if day == LATE_DAY and not resume:
            self.inbox.withdraw(WEATHER)
        for process in PROCESSES:
            run = self.monitor.start_run(PROJECT, process, day, resume=resume, only_due=True)
            self._finish(run)
        self.look()
        self.picture(f"{day}")

    def statuses(self, days: Sequence[date]) -> tuple[ProcessStatus, ...]:
        """Return the status of the processes on these days."""
        query = (
            select(ProcessStatus)
            .where(ProcessStatus.project_code == PROJECT, ProcessStatus.processing_date.in_(days))
            .order_by(ProcessStatus.processing_date, ProcessStatus.process_load.desc())
        )
        with self.monitor.session() as session:
            return tuple(session.scalars(query))

    def blockers(self) -> tuple[MandatoryBlocker, ...]:
        """Return what blocks the processes now."""
        with self.monitor.session() as session:
            return tuple(session.scalars(select(MandatoryBlocker).where(MandatoryBlocker.project_code == PROJECT)))

    def late(self, days: Sequence[date]) -> tuple[Breach, ...]:
        """Return what was late on these days, and until when."""
        query = select(Breach).where(
            Breach.project_code == PROJECT, Breach.kind != BreachKind.FAILED, Breach.processing_date.in_(days)
        )
        with self.monitor.session() as session:
            return tuple(session.scalars(query.order_by(Breach.since, Breach.breach_id)))

    def watermarks(self) -> tuple[Watermark, ...]:
        """Return how far each source was read."""
        query = select(Watermark).where(Watermark.project_code == PROJECT).order_by(Watermark.parameter_name)
        with self.monitor.session() as session:
            return tuple(session.scalars(query))

    def _finish(self, run: Run) -> None:
        """Dispatch a run. When a failure blocks it, remove the cause, reset the failed steps, and continue."""
        before = self.warehouse.written.copy()
        self.failures += dispatch(run, self._jobs)
        if blockers := self._blockers_of(run):
            self.blockers_seen += blockers
            # Here a person would look at `etl-monitor failures`, ask for the file, and call `etl-monitor reset`.
            if run.processing_date == LATE_DAY:
                self.clock.set_to_night_of(LATE_DAY, LATE_UNTIL)
            self.look()
            self.picture(f"{run.processing_date}-blocked")
            self.inbox.deliver(WEATHER)
            run.reset(remark=f"{WEATHER} has arrived")
            self.failures += dispatch(run, self._jobs)
            if still := self._blockers_of(run):
                raise StillBlocked(
                    f"{run.process_load} of {run.processing_date} is blocked: {still[0].task_name} failed again with "
                    f"{still[0].log_message!r}. Remove the cause and run the demo again: it continues from here."
                )
        self._leave_receipts(run, self.warehouse.written - before)

    def _blockers_of(self, run: Run) -> list[MandatoryBlocker]:
        return [blocker for blocker in self.blockers() if blocker.execution_id == run.execution_id]

    def _leave_receipts(self, run: Run, written: Mapping[str, int]) -> None:
        """Record in `ETLsysLogs` what the run wrote, in one statement."""
        self.monitor.log(
            *(LogEntry(f"{rows} rows", activity_name=table) for table, rows in written.items()),
            project_code=run.project_code,
            process_load=run.process_load,
            processing_date=run.processing_date,
            execution_id=run.execution_id,
            operation_name="load",
        )

    def _own_steps(self, day: date) -> list[TaskDetail]:
        """The steps of a day that the demo does; others may have registered tasks of their own in its processes."""
        own = select(Task.process_load, Task.workflow_id, Task.task_id).where(
            Task.project_code == PROJECT, Task.source_identifier.in_(self._jobs)
        )
        with self.monitor.session() as session:
            tasks = {tuple(task) for task in session.execute(own)}
        found = [step for process in PROCESSES for step in self.monitor.get_status(PROJECT, process, day)]
        return [step for step in found if (step.process_load, step.workflow_id, step.task_id) in tasks]

    def _bury_the_killed(self, day: date) -> None:
        """Fail the steps that a killed demo left running: the warehouse has one writer, so nobody works on them."""
        for step in self._own_steps(day):
            if not step.is_running:
                continue
            self.monitor.fail_task(
                step.execution_id,
                step.project_code,
                step.process_load,
                step.task_id,
                workflow_id=step.workflow_id,
                processing_date=step.processing_date,
                attempts=step.attempts,
                log_message="The demo was killed during this task",
                log_code="KILLED",
            )


def _after(seconds: float, job: Job) -> Job:
    def paused(task: TaskHandle) -> str:
        sleep(seconds)
        return job(task)

    return paused


def _is_settled(step: TaskDetail) -> bool:
    return step.status is Status.DONE or (step.status is Status.FAIL and not step.task_mandatory)


def _start(task: TaskHandle) -> str:
    """The initiation: it marks the run and does no work."""
    return f"The night of {task.processing_date} begins"
