"""A call about one process, date or run does the same whatever stands beside it under other names and dates.

The neighbours have the same tasks, runs and parameters in every other state, so whoever reads or writes one of theirs
does something else.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date

import pytest
from sqlalchemy import insert, inspect

from etl_monitor_orm import ETLMonitor, LogEntry, ManualClock
from etl_monitor_orm.services.empty_runs import OPERATION
from tests.contract.every_call.calls import DAY, HR, end, fail, start, start_run
from tests.contract.every_call.conftest import Rows
from tests.contract.every_call.test_complete import USES, Use
from tests.databases import TABLES, Database

BACKENDS = (
    "duckdb",
    "postgresql",
)  # which rows a condition selects is the same on Databricks, where this takes minutes

PROCESSES = {
    "lived": [("CORP", "HR_DAILX"), ("CORP", "HR_DAILZ"), ("CORO", "HR_DAILY"), ("CORQ", "HR_DAILY")],
    "waiting": [("CORP", "HR_DAILW"), ("CORP", "HR_DAIM"), ("CORN", "HR_DAILY"), ("CORR", "HR_DAILY")],
    "running": [("CORP", "HR_DAILV"), ("CORP", "HR_DAIN"), ("CORM", "HR_DAILY"), ("CORS", "HR_DAILY")],
}
DATES = {
    "lived": [(date(2026, 4, 8), "run-0"), (date(2026, 4, 10), "run-2")],
    "waiting": [(date(2026, 4, 7), "run-00"), (date(2026, 4, 11), "run-20")],
    "running": [(date(2026, 4, 6), "run-01"), (date(2026, 4, 12), "run-21")],
}
RUNS = {life: [run for _, run in others] for life, others in DATES.items()}

ABOUT_ALL = {
    *("log", "register", "register_sequence", "runs", "generate_execution_id", "session", "flush_at_task_end"),
    *("make_token", "revoke_token", "tokens", "register_holidays", "evaluate", "overdue"),
    *("diff_catalogue", "apply_catalogue", "purge", "doctor", "export_data"),
}
"""Calls that are not about one process, and cannot be asked so."""
ON_HR: dict[str, Callable[[ETLMonitor], object]] = {
    "fail_stale": lambda m: m.fail_stale(0, *HR),
    "stale_steps": lambda m: m.stale_steps(0, *HR),
    "processes": lambda m: m.processes(*HR),
    "failures": lambda m: m.failures(*HR),
    "watermarks": lambda m: m.watermarks(*HR),
    "latest_date": lambda m: m.latest_date(*HR),
    "list_runs": lambda m: m.list_runs(*HR),
    "list_tasks": lambda m: m.list_tasks(*HR),
    "past_failures": lambda m: m.past_failures(*HR, since="2025-12-01"),
    "history": lambda m: m.history(*HR, 1),
    "durations": lambda m: m.durations(*HR),
    "why": lambda m: m.why(*HR, DAY),
    "list_logs": lambda m: m.list_logs(*HR),
}
"""Calls about all processes, asked about one."""
ABOUT_ALL_DATES = set(ON_HR) - {"watermarks"}

NARROWED = {
    "a task": Use((start_run, fail(1)), lambda m: m, lambda m: m.get_status(*HR, DAY, task_id=1), 1),
    "a stage": Use((start_run, fail(1)), lambda m: m, lambda m: m.get_status(*HR, DAY, sequence_id=2), 1),
    "runs of dates": Use((start_run,), lambda m: m, lambda m: m.list_runs(*HR, since=DAY, until=DAY), 1),
    "processes of dates": Use((start_run,), lambda m: m, lambda m: m.processes(*HR, since=DAY, until=DAY), 1),
    "tasks of a date": Use((start_run, fail(1)), lambda m: m, lambda m: m.list_tasks(*HR, DAY), 1),
    "tasks of dates": Use((start_run,), lambda m: m, lambda m: m.list_tasks(*HR, since=DAY, until=DAY), 1),
    "failures of a time": Use(
        (start_run, fail(1)), lambda m: m, lambda m: m.past_failures(*HR, DAY, since="2025-12-01"), 2
    ),
    "durations of a date": Use((start_run,), lambda m: m, lambda m: m.durations(*HR, since=DAY, until=DAY), 1),
    "a task's history on a date": Use((start_run,), lambda m: m, lambda m: m.history(*HR, 1, since=DAY, until=DAY), 1),
    "receipts of a date": Use((start_run,), lambda m: m, lambda m: m.list_logs(*HR, DAY), 1),
    "a run": Use((start_run, fail(1)), lambda m: m, lambda m: m.get_status(*HR, DAY, "run-1", attempts="all"), 1),
    "rollups": Use((start_run, fail(1)), lambda m: m, lambda m: m.get_status(*HR, DAY, summary_mode=True), 1),
    "rollups of a task": Use(
        (start_run, fail(1)), lambda m: m, lambda m: m.get_status(*HR, DAY, task_id=1, summary_mode=True), 1
    ),
    "reset of a task": Use((start_run, fail(1)), lambda m: m, lambda m: m.status_reset(*HR, DAY, task_id=1), 2),
    "reset of nothing": Use((start_run,), lambda m: m, lambda m: m.status_reset(*HR, DAY, task_id=3), 9),
    "a resumed run": Use(
        (start_run, end(1)), lambda m: m, lambda m: m.start_run(*HR, DAY, execution_id="run-9", resume=True), 1
    ),
    "a run of what is due": Use(
        (start_run, end(1)), lambda m: m, lambda m: m.start_run(*HR, DAY, execution_id="run-9", only_due=True), 1
    ),
}
"""Calls about a part, which ask about more than the whole does."""
MADE = {**USES, **NARROWED}

OF_ONE_PROCESS = sorted(name for name in MADE if name.partition(".")[2] not in ABOUT_ALL)
OF_ONE_DATE = sorted(name for name in OF_ONE_PROCESS if name.partition(".")[2] not in ABOUT_ALL_DATES)
OF_ONE_RUN = [
    "ETLMonitor.start_task",
    "ETLMonitor.end_task",
    "ETLMonitor.fail_task",
    "Run.pending",
    "Run.ready",
    "Run.status",
    "Run.summary",
    *sorted(name for name in OF_ONE_PROCESS if name.startswith("TaskHandle.")),
]
"""Calls for which another run of the same process and date, and its attempts, make no difference."""

UNTOUCHED: dict[str, object] = {
    "IsActive": True,
    **dict.fromkeys(("ValueDateTime", "ValueINT", "ValueBIT"), None),
    **dict.fromkeys(("SetOn", "AutomaticValue", "AdvanceMode", "LagSeconds"), None),
}
"""A catalogue in which nobody has changed anything since it was registered."""

Told = tuple[object, Rows]
Neighbours = Callable[[Rows, ManualClock], Rows]
Make = Callable[[str, Neighbours | None], tuple[Told, Rows, Rows]]


def live(monitor: ETLMonitor, clock: ManualClock) -> None:
    """Leave steps of every state, attempts, receipts, a mode and values behind."""
    for do in (start_run, start(0), end(0), start(1), fail(1), fail(2)):
        do(monitor)
        clock.advance(10)
    monitor.status_reset(*HR, execution_id="run-1")
    for do in (start(0), end(0), start(2), fail(2), start(3)):
        do(monitor)
        clock.advance(10)
    monitor.log(
        LogEntry(
            "receipt",
            project_code=HR[0],
            process_load=HR[1],
            processing_date=date.fromisoformat(DAY),
            execution_id="run-1",
            operation_name=OPERATION,
        )
    )
    monitor.advance_watermark(*HR, "LoadEvents", new_int_value=900)
    monitor.register_parameter(*HR, "LoadEmployees", "DELTA_DATE", advance_mode="MANUAL", lag_seconds=600)
    monitor.set_processing_mode(*HR, is_historic_mode=True, historic_date="2026-03-01")
    monitor.deactivate_task(*HR, 2, 1).deactivate_process(*HR)


def in_life(rows: list[dict[str, object]], life: str, clock: ManualClock) -> list[dict[str, object]]:
    """Rows as they were left behind; or an untouched catalogue, and first attempts that wait or run."""
    if life == "lived" or not rows:
        return rows
    if "StartTime" not in rows[0]:
        return [{**row, **{name: value for name, value in UNTOUCHED.items() if name in row}} for row in rows]
    times = {"StartTime": clock.now if life == "running" else None, "EndTime": None, "DurationSeconds": None}
    return [{**row, **times, "Status": "NQUE"} for row in rows if row["Attempts"] == 0]


def beside(lived: Rows, others: dict[str, list[dict[str, object]]], clock: ManualClock) -> Rows:
    """The rows of each neighbour, of whatever life."""
    found: Rows = {}
    for life, names in others.items():
        for table, rows in lived.items():
            found.setdefault(table, []).extend({**row, **name} for row in in_life(rows, life, clock) for name in names)
    return found


def as_other_processes(lived: Rows, clock: ManualClock) -> Rows:
    names = {
        life: [{"ProjectCode": project, "ProcessLoad": load} for project, load in others]
        for life, others in PROCESSES.items()
    }
    return beside(lived, names, clock)


def as_other_dates(lived: Rows, clock: ManualClock) -> Rows:
    names = {
        life: [{"ProcessingDate": day, "ExecutionID": run} for day, run in others] for life, others in DATES.items()
    }
    return beside(of_runs(lived), names, clock)


def as_other_runs(lived: Rows, clock: ManualClock) -> Rows:
    return beside(of_runs(lived), {life: [{"ExecutionID": run} for run in runs] for life, runs in RUNS.items()}, clock)


def of_runs(lived: Rows) -> Rows:
    return {table: lived[table] for table in ("ETLProcessingSteps", "ETLsysLogs")}


def seen(value: object) -> object:
    """What a call returned, to be compared."""
    if isinstance(value, list | tuple):
        return [seen(one) for one in value]
    state = inspect(value, raiseerr=False)
    if state is not None and hasattr(state, "mapper"):
        return {column.key: getattr(value, column.key) for column in state.mapper.column_attrs}
    return type(value) if " at 0x" in repr(value) else repr(value)


def of(rows: Rows, where: Callable[[dict[str, object]], bool]) -> Rows:
    return {
        table: sorted(({**row, "_ID": None} for row in found if where(row)), key=repr) for table, found in rows.items()
    }


@pytest.fixture
def made(hr: ETLMonitor, database: Database, clock: ManualClock) -> Make:
    """Make a call alone or beside neighbours: what it told and left of its own, and the others before and after."""
    dawn = clock.now

    def begin() -> ETLMonitor:
        clock.set(dawn)
        database.empty()
        database.restore("hr")
        return ETLMonitor(database.engine.execution_options(), clock=clock, actor="pytest")

    def add(rows: Rows) -> None:
        with database.engine.begin() as connection:
            for kind in TABLES[1:]:
                for row in rows.get(kind.__tablename__, []):
                    given = {name: value for name, value in row.items() if name != "_ID"}
                    connection.execute(insert(kind.__table__).values(given))

    def lived() -> Rows:
        live(begin(), clock)
        return {table: [row for row in rows if row.get("ProjectCode")] for table, rows in database.rows().items()}

    def make(name: str, neighbours: Neighbours | None) -> tuple[Told, Rows, Rows]:
        others = neighbours(lived(), clock) if neighbours else {}
        use = MADE[name]
        call = ON_HR.get(name.partition(".")[2], use.make)
        monitor = begin()
        for step in use.before:
            step(monitor)
            clock.advance(10)
        subject = use.on(monitor)
        add(others)
        others_before = of(database.rows(), is_other)
        told = seen(call(subject))
        return (told, of(database.rows(), lambda row: not is_other(row))), others_before, of(database.rows(), is_other)

    return make


def is_other(row: dict[str, object]) -> bool:
    process = row.get("ProjectCode"), row.get("ProcessLoad")
    return any(process in PROCESSES[life] or row.get("ExecutionID") in RUNS[life] for life in RUNS)


@pytest.mark.parametrize("name", OF_ONE_PROCESS)
def test_given_other_processes_of_nearby_names_then_a_call_does_as_if_alone(made: Make, name: str) -> None:
    alone, _, _ = made(name, None)
    among, before, after = made(name, as_other_processes)

    assert among == alone
    assert before == after


@pytest.mark.parametrize("name", OF_ONE_DATE)
def test_given_the_dates_before_and_after_then_a_call_does_as_if_alone(made: Make, name: str) -> None:
    alone, _, _ = made(name, None)
    among, before, after = made(name, as_other_dates)

    assert among == alone
    assert before == after


@pytest.mark.parametrize("name", OF_ONE_RUN)
def test_given_other_runs_of_the_date_then_a_call_about_one_does_as_if_alone(made: Make, name: str) -> None:
    alone, _, _ = made(name, None)
    among, before, after = made(name, as_other_runs)

    assert among == alone
    assert before == after
