"""A history that makes every public call, and what it leaves: answers, and the rows of all tables and views.

Its times lie around hours that clocks skip or show twice, in New York and in Auckland.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import asdict, is_dataclass

from sqlalchemy import inspect, select
from sqlalchemy.orm import DeclarativeBase

import etl_monitor_orm
from etl_monitor_orm import EtlLogHandler, ETLMonitor, LogLevel, ManualClock, Process, Run

HR, OPS = ("CORP", "HR_DAILY"), ("CORP", "OPS_DAILY")
DAWN = "2025-03-09 06:30:00.25"
"""Half an hour before the clocks of New York skip an hour."""
SPRING, AUTUMN = "2025-03-09", "2025-11-02"
ODD = 'it\'s `odd` \\ "quoted" :name %s 🚚\nnext line'

TABLES = (
    *("SequenceStage", "Process", "Task", "Parameter", "ProcessingStep", "SysLog"),
    *("Holiday", "Breach", "Metric"),
)
VIEWS = ("ProcessStatus", "RunSummary", "TaskDetail", "MandatoryBlocker", "CurrentFailure", "Watermark", "Overdue")

NOT_TOLD = {"SysLog": {"id"}, "SequenceStage": {"created_on", "last_updated_on"}}
"""What is another one each time: numbers of log rows, and when a migration ran."""

Rows = dict[str, list[str]]
Story = dict[str, Rows]
Chapter = Callable[[ETLMonitor, ManualClock], Iterable[object]]


def play(monitor: ETLMonitor, clock: ManualClock) -> Story:
    """Make all calls on an empty monitor; return by chapter what they answered, and at last what is there."""
    clock.set(DAWN)
    told = {chapter.__name__: {"answers": plain(chapter(monitor, clock))} for chapter in CHAPTERS}
    return {**told, "rows": read(monitor)}


def read(monitor: ETLMonitor) -> Rows:
    """All rows of the tables and views, in a fixed order."""
    with monitor.session() as session:
        return {
            name: sorted(plain(session.scalars(select(getattr(etl_monitor_orm, name))))) for name in (*TABLES, *VIEWS)
        }


def stages(monitor: ETLMonitor) -> list[str]:
    """The stages, which a migration writes."""
    with monitor.session() as session:
        return sorted(plain(session.scalars(select(etl_monitor_orm.SequenceStage))))


def plain(answers: Iterable[object]) -> list[str]:
    """Answers as text."""
    return [repr(_plain(answer)) for answer in answers]


def _plain(answer: object) -> object:
    if isinstance(answer, DeclarativeBase):
        names = {column.key for column in inspect(type(answer)).column_attrs}
        names -= NOT_TOLD.get(type(answer).__name__, set())
        return {name: getattr(answer, name) for name in sorted(names)}
    if is_dataclass(answer) and not isinstance(answer, type):
        return asdict(answer)
    return [_plain(one) for one in answer] if isinstance(answer, list) else answer


def catalogue(monitor: ETLMonitor, clock: ManualClock) -> Iterable[object]:
    """Two processes that share all names but their own."""
    monitor.register_sequence(10, "PUBLISH", name="Publish").register_sequence(10, "PUBLISH", name=ODD)
    monitor.register([Process(project_code=code, process_load=load, process_owner=ODD) for code, load in (HR, OPS)])
    for process in (HR, OPS):
        monitor.register_process(*process, name="Daily load", owner=ODD).register_process(*process, name="Daily")
        monitor.register_parameter(*process, "SYSDT", "SYSTEM")
        monitor.register_parameter(*process, "Employees", "DELTA_DATE", description=ODD)
        monitor.register_parameter(*process, "Events", "DELTA_ID", value_int=0)
        monitor.register_parameter(*process, "Strict", "FLAG", value_bit=True)
        monitor.register_task(*process, 0, 0, 0, "Initiation")
        monitor.register_task(
            *process, 1, 1, 2, ODD, source_system_code="Employees", source_identifier="/jobs/1", source_type="DBX_JOB"
        )
        monitor.register_task(
            *process, 2, 1, 2, "Events", source_system_code="Events", task_mandatory=False, file_name_mask=ODD
        )
        monitor.register_task(*process, 3, 1, 6, "Mart", expected_duration_seconds=4000, load_frequency="W")
        monitor.register_task(*process, 1, 2, 10, "Publish", source_system_code="Employees")
    monitor.register_parameter(*OPS, "Employees", "DELTA_DATE", lag_seconds=5400)
    monitor.register_parameter(*OPS, "Archive", "DELTA_DATE", advance_mode="MANUAL")
    monitor.register_organisation("GROUP", ODD).register_organisation("GROUP", "Group", ODD)
    monitor.register_project("CORP", ODD).register_project("CORP", "Corporate", ODD, "GROUP")
    monitor.deactivate_process(*OPS).activate_process(*OPS)
    monitor.deactivate_task(*HR, 2, 1).activate_task(*HR, 2, 1)
    monitor.require_registered(*HR)
    clock.advance(1)
    monitor.register_task(*HR, 3, 1, 6, "Mart", task_description="Joins all", expected_duration_seconds=3000)
    yield monitor.watermarks()


def first_night(monitor: ETLMonitor, clock: ManualClock) -> Iterable[object]:
    """A run whose mandatory task fails, and is tried again."""
    run = monitor.start_run(*HR, execution_id="spring")
    yield monitor.generate_execution_steps("spring", *HR, SPRING).processing_date
    yield from (run.pending(), run.ready())
    run.skip(1)
    yield run.ready()
    run.unskip(1)
    with run.task(0):
        clock.advance(0.5)
    with run.task(1) as task:
        yield task.watermark
        clock.advance(3600)
        task.heartbeat()
        task.log_message = ODD
    with run.task(2) as task:
        clock.advance(1.999999)
        task.advance(120)
    with suppress(OSError), run.task(3):
        clock.advance(3700)
        raise OSError(ODD)
    yield from (monitor.failures(), monitor.failures(mandatory=True), run.ready(), run.status(), run.summary())
    yield from (run.reset(remark=ODD), run.reset())
    with run.task(3) as task:
        clock.advance(60)
    with run.task(1, workflow_id=2) as task:
        clock.advance(60)
        task.hold()
    yield from (run.status(attempts="all"), run.pending(), monitor.runs("spring"), monitor.processes())


def by_flat_calls(monitor: ETLMonitor, clock: ManualClock) -> Iterable[object]:
    """A run that an orchestrator reports, with times of its own; one step is found stale."""
    clock.set("2025-11-02 05:30:00.000001")  # half past one in New York, for the first time
    yield len(monitor.generate_execution_id())
    run = ("autumn", *OPS)
    yield monitor.get_pending_tasks(*run, AUTUMN)
    yield monitor.get_pending_tasks(*run, AUTUMN, workflow_id=1, sequence_id=2)
    monitor.start_task(*run, 0, source_type="ADF_PIPELINE", source_run_id="adf-1", cluster_id="c-1")
    clock.advance(3600)
    monitor.end_task(*run, 0, processing_date=AUTUMN, log_type="WARN", log_code="W1", log_message=ODD)
    monitor.start_task(*run, 1, timestamp="2025-11-02T01:30:00-04:00")
    monitor.end_task(*run, 1, timestamp="2025-11-02T01:30:00.5-05:00")
    monitor.skip_task(*run, 2, 1)
    yield (monitor.task_status(*run, AUTUMN, task_id=2), monitor.get_status(*OPS, AUTUMN))
    monitor.unskip_task(*run, 2, 1)
    monitor.end_task(*run, 2)
    monitor.start_task(*run, 3)
    clock.advance(30)
    monitor.start_task(*run, 3, takeover=True)
    clock.advance(7200)
    yield monitor.stale_steps(3600)
    yield monitor.fail_stale(3600)
    yield monitor.status_reset(*OPS, AUTUMN, execution_id="autumn", task_id=3, workflow_id=1)
    monitor.start_task(*run, 3)
    clock.advance(10)
    monitor.fail_task(*run, 3, log_message="Not again", log_code="E1")
    with monitor.task(*run, 1, workflow_id=2, source_type="DATAFLOW"):
        clock.advance(1)
    yield monitor.get_status(*OPS, AUTUMN)
    yield monitor.get_status(*OPS, AUTUMN, "autumn", attempts="all", task_id=3)
    yield monitor.get_status(*OPS, AUTUMN, attempts=1, summary_mode=True)
    yield from (monitor.latest_date(), monitor.latest_date(*HR))


def marks(monitor: ETLMonitor, clock: ManualClock) -> Iterable[object]:
    """Watermarks and modes, with times from 1905 to 9999."""
    for time in ("1905-06-07 08:09:10.000011", "9999-12-30 23:59:59.999999", "2025-04-05T14:30:00.12"):
        monitor.advance_watermark(*HR, "Employees", time, allow_rewind=True)
        yield from (monitor.get_active_watermark(*HR, "Employees"), monitor.watermarks(*HR))
    monitor.advance_watermark(*HR, "Events", new_int_value=2**62)
    yield from (monitor.get_active_watermark(*HR, "Events"), monitor.get_active_watermark(*HR, "Strict"))
    yield monitor.set_processing_mode(*HR, parameter_name="Strict", value_bit=False)
    yield monitor.set_processing_mode(*HR, parameter_name="Events", value_int=7)
    yield monitor.set_processing_mode(*OPS, is_bulk_mode=True)
    yield monitor.set_processing_mode(*HR, is_historic_mode=True, historic_date="1969-12-31")
    yield from (monitor.get_active_watermark(*HR, "SYSDT"), monitor.watermarks())
    past = monitor.start_run(*HR, execution_id="past")
    yield past.processing_date
    for task_id in (0, 1):
        with past.task(task_id):
            clock.advance(1)
    yield monitor.set_processing_mode(*HR)


def later_nights(monitor: ETLMonitor, clock: ManualClock) -> Iterable[object]:
    """Runs that take up where others stopped, around the hour that Auckland shows twice; one is left at work."""
    clock.set("2025-04-05 13:30:00.999999")
    for days, options in enumerate(({}, {"resume": True}, {"only_due": True})):
        run = monitor.start_run(*HR, "2025-04-05", execution_id=f"night {days}", **options)
        yield run.pending()
        for task in run.ready():
            with run.task(task.task_id, workflow_id=task.workflow_id):
                clock.advance(3600)
    yield monitor.status_reset(*HR, "2025-04-05", replay=True, sequence_id=2)
    monitor.start_run(*HR, "2025-04-06", execution_id="at work")
    monitor.start_task("at work", *HR, 1, processing_date="2025-04-06")
    clock.advance(5400)
    monitor.start_run(*OPS, "2025-04-06", execution_id="broken")
    monitor.fail_task("broken", *OPS, 1, log_message=ODD * 200)
    yield from (monitor.processes(processing_date="2025-04-06"), monitor.failures(*OPS))


def joined(monitor: ETLMonitor, clock: ManualClock) -> Iterable[object]:
    """Jobs that know their process but no run: they meet in one, also for a task that was registered since."""
    clock.set("2025-04-07 13:30:00.999999")
    run = monitor.join_run(*OPS, "2025-04-07")
    monitor.start_task(run.execution_id, *OPS, 0, processing_date="2025-04-07")
    clock.advance(60)
    monitor.heartbeat_task(run.execution_id, *OPS, 0, processing_date="2025-04-07")
    monitor.end_task(run.execution_id, *OPS, 0, processing_date="2025-04-07")

    @monitor.tracked(*OPS, ODD, workflow_id=1, processing_date="2025-04-07")
    def load() -> None:
        clock.advance(1.5)

    load()
    with suppress(OSError), run.task("Events"):
        raise OSError(ODD)
    with run.task("Events", retry_failed=True) as task:
        task.advance(5)
    monitor.register_task(*OPS, 4, 1, 6, "Since")
    with run.task("Since", queue_missing=True):
        clock.advance(1)
    yield from (run.succeeded, run.status(attempts="all"), monitor.list_runs(*OPS, "2025-04-07"))
    for step in run.pending():
        with run.task(step.task_id, step.workflow_id):
            clock.advance(1)
    run.raise_for_failures()
    yield from (run.succeeded, monitor.get_run(run.execution_id).processing_date)
    yield monitor.join_run(*OPS, "2025-04-07", task_id=4).pending()


def receipts(monitor: ETLMonitor, clock: ManualClock) -> Iterable[object]:
    """Log rows, by a call and by Python's logging."""
    monitor.log("noted", ODD, "x" * 5000)
    log = logging.Logger("history")
    log.addFilter(lambda record: setattr(record, "created", clock.now.timestamp()) or True)
    handler = EtlLogHandler(monitor, timeout=60)  # what it writes is compared, so on a busy machine too
    monitor.flush_at_task_end(handler)
    log.addHandler(handler)
    run = monitor.start_run(*OPS, "2025-04-07", execution_id="logged")
    with run.task(0):
        log.warning("within a task: %s", ODD)
    log.error("outside")
    handler.close()
    yield isinstance(run, Run)


def keys(monitor: ETLMonitor, clock: ManualClock) -> Iterable[object]:
    """Tokens for programs that report over HTTP; their ids are random."""
    for name, expires_in in (("adf", 86400), (ODD, None)):
        monitor.make_token(name, "report", project_code="CORP", expires_in=expires_in)
    clock.advance(60)
    monitor.revoke_token(ODD)
    yield [
        [one.name, one.scope, str(one.created_on), str(one.expires_on), str(one.revoked_on)] for one in monitor.tokens()
    ]


def promises(monitor: ETLMonitor, clock: ManualClock) -> Iterable[object]:
    """Deadlines of one process, at an hour that clocks skip and on holidays; it is late, and then it is not."""
    clock.set("2025-04-08 06:00:00.5")
    monitor.register_holidays(ODD, ["2025-04-10", "9999-12-31"]).register_holidays("others", ["2025-04-09"])
    monitor.register_process(*OPS, due_by="02:30 +1 Pacific/Auckland", calendar="daily", late_after=86_400)
    monitor.register_task(*OPS, 3, 1, 6, "Mart", due_by="23:59 America/New_York", calendar="Mon-Fri except others")
    for day in ("2025-04-08", "2025-04-09", "2025-04-10"):
        clock.advance(86_400)
        yield monitor.evaluate()
        run = monitor.start_run(*OPS, day, execution_id=f"promised {day}")
        yield monitor.overdue(*OPS, evaluate=False)
        for step in run.pending():
            with suppress(OSError), run.task(step.task_id, step.workflow_id) as task:
                clock.advance(60)
                task.measure(rows=step.task_id, bytes=2**62)
                if (day, step.task_id) == ("2025-04-09", 3):
                    raise OSError(ODD)
    monitor.measure_task(run.execution_id, *OPS, 1, {ODD: -1, "rows": 0}, 2, 1, day)
    yield from (monitor.evaluate(), monitor.overdue())


def questions(monitor: ETLMonitor, clock: ManualClock) -> Iterable[object]:
    """What people ask about the past; and what is usual, which nobody knows yet."""
    since = "2025-01-01"
    yield from (
        monitor.list_tasks(*HR, SPRING, every_attempt=True),
        monitor.list_logs(*OPS, since=since, level=LogLevel.WARN),
    )
    yield monitor.list_tasks(where="task_name in ('Mart', 'Publish') or status = 'FAIL'", since=since)
    yield [line.message for line in monitor.list_logs(where="message like '%odd%'", since=since)]
    yield from (monitor.history(*HR, "Mart", since=since), monitor.history(*OPS, 3, 1, since=since))
    yield from (monitor.durations(*HR, since=since), monitor.durations(*HR, "Mart", since=since))
    yield from (monitor.past_failures(since=since), monitor.past_failures(*HR, SPRING, mandatory=True))
    yield from (monitor.why(*OPS, "2025-04-09"), monitor.why(*HR, SPRING), monitor.why(*HR))
    yield from (monitor.baselines(*OPS, 1, 1), monitor.compare_with_usual(*OPS, "2025-04-10"))


def care(monitor: ETLMonitor, clock: ManualClock) -> Iterable[object]:
    """The catalogue as a file, and old runs that go."""
    text = monitor.export_catalogue()
    yield from (text, monitor.diff_catalogue(text), monitor.apply_catalogue(text.replace("Mart", "Cube")))
    yield from (monitor.diff_catalogue(text), monitor.apply_catalogue(text))
    for run in (monitor.get_run("spring"), monitor.start_run(*HR, "2025-04-12", execution_id="good")):
        for step in run.pending():
            with run.task(step.task_id, step.workflow_id):
                clock.advance(1)
    clock.advance(40 * 86_400)
    for dry_run in (True, False, False):
        yield monitor.purge(30 * 86_400, dry_run=dry_run)


CHAPTERS: tuple[Chapter, ...] = (
    *(catalogue, first_night, by_flat_calls, marks, later_nights, joined, receipts, keys),
    *(promises, questions, care),
)
