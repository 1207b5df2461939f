"""Who wrote a row and when: the actor, and one reading of the clock per call."""

from __future__ import annotations

import getpass
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta, timezone

import pytest

from etl_monitor_orm import (
    ConfigurationError,
    ETLMonitor,
    ManualClock,
    Parameter,
    Process,
    ProcessingStep,
    Run,
    SequenceStage,
    Task,
)
from tests.contract.every_call.calls import FILE

HR = ("CORP", "HR_DAILY")
DAY = date(2026, 4, 9)
RUN = ("run-1", *HR)

Call = Callable[[ETLMonitor], object]
Rows = Callable[..., list[object]]
Tables = Callable[[], dict[str, list[dict[str, object]]]]


# Who


def test_given_an_actor_when_it_registers_then_the_rows_bear_its_name(monitor: ETLMonitor, rows: Rows) -> None:
    other = ETLMonitor(monitor.engine, actor="the loader")
    other.register_process(*HR).register_sequence(10, "PUBLISH").register_parameter(*HR, "P", "FLAG")
    other.register_task(*HR, 1, 1, 2, "T")
    for kind in (Process, Task, Parameter):
        assert [(found.created_by, found.last_updated_by) for found in rows(kind)] == [("the loader", "the loader")]
    assert rows(SequenceStage, sequence_id=10)[0].created_by == "the loader"


@pytest.mark.parametrize(
    "call",
    [
        lambda m: m.start_task(*RUN, 1),
        lambda m: m.end_task(*RUN, 1),
        lambda m: m.fail_task(*RUN, 1),
        lambda m: m.task(*RUN, 1).__enter__(),
        lambda m: m.start_run(*HR, DAY),
        lambda m: m.join_run(*HR, "2026-04-10"),
        lambda m: m.status_reset(*HR, DAY, task_id=3),
        lambda m: m.advance_watermark(*HR, "LoadEvents", new_int_value=9),
        lambda m: m.set_processing_mode(*HR, is_historic_mode=True, historic_date=DAY),
        lambda m: m.deactivate_process(*HR),
        lambda m: m.deactivate_task(*HR, 1, 1),
        lambda m: m.register_process(*HR, name="New name"),
    ],
    ids=[
        "start",
        "end",
        "fail",
        "task",
        "run",
        "join",
        "reset",
        "advance",
        "mode",
        "process off",
        "task off",
        "register",
    ],
)
def test_given_an_actor_when_it_changes_something_then_every_row_it_wrote_bears_its_name(
    hr: ETLMonitor, run: Run, tables: Tables, call: Call
) -> None:
    hr.fail_task(*RUN, 3)
    before = tables()
    call(ETLMonitor(hr.engine, actor="the loader"))
    written = [row for name, found in tables().items() for row in found if row not in before[name]]
    names = {row["LastUpdatedBy"] for row in written if "LastUpdatedBy" in row}
    assert names == {"the loader"}


def test_given_the_variable_when_there_is_no_argument_then_it_names_the_actor(
    monitor: ETLMonitor, rows: Rows, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ETL_MONITOR_ACTOR", "from the environment")
    ETLMonitor(monitor.engine).register_process(*HR)
    assert rows(Process)[0].created_by == "from the environment"


def test_given_the_variable_when_there_is_an_argument_then_the_argument_wins(
    monitor: ETLMonitor, rows: Rows, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ETL_MONITOR_ACTOR", "from the environment")
    ETLMonitor(monitor.engine, actor="from the argument").register_process(*HR)
    assert rows(Process)[0].created_by == "from the argument"


def test_given_a_database_without_users_when_there_is_no_actor_then_it_is_the_os_user(
    etl_monitor: ETLMonitor,
) -> None:
    ETLMonitor(etl_monitor.engine).register_process(*HR)
    with etl_monitor.session() as session:
        assert session.get_one(Process, HR).created_by == getpass.getuser()


def test_given_no_name_at_all_when_writing_then_it_is_refused_and_says_how_to_give_one(
    etl_monitor: ETLMonitor, monkeypatch: pytest.MonkeyPatch
) -> None:
    def nameless() -> str:
        raise OSError("no username set in the environment")

    monkeypatch.setattr(getpass, "getuser", nameless)
    with pytest.raises(ConfigurationError, match=r"actor=.*ETL_MONITOR_ACTOR"):
        ETLMonitor(etl_monitor.engine).register_process(*HR)
    with etl_monitor.session() as session:
        assert session.get(Process, HR) is None


# When


class TickingClock:
    """Shows another time at each reading, a second later."""

    def __init__(self) -> None:
        self.readings: list[datetime] = []

    def __call__(self) -> datetime:
        self.readings.append(datetime(2026, 5, 1, tzinfo=UTC) + timedelta(seconds=len(self.readings)))
        return self.readings[-1]


WRITES = {
    "register_process": lambda m: m.register_process("CORP", "NEW"),
    "describe a process": lambda m: m.register_process(*HR, name="New name"),
    "register_sequence": lambda m: m.register_sequence(10, "PUBLISH"),
    "register_task": lambda m: m.register_task(*HR, 9, 1, 2, "T"),
    "register_parameter": lambda m: m.register_parameter(*HR, "New", "FLAG"),
    "register": lambda m: m.register([Process(project_code="CORP", process_load="NEW")]),
    "describe in a list": lambda m: m.register([Process(project_code=HR[0], process_load=HR[1], process_name="New")]),
    "deactivate_process": lambda m: m.deactivate_process(*HR),
    "deactivate_task": lambda m: m.deactivate_task(*HR, 1, 1),
    "register_holidays": lambda m: m.register_holidays("germany", [DAY]),
    "change a deadline": lambda m: m.register_process(*HR, due_by="06:00 UTC"),
    "evaluate": lambda m: m.evaluate(quiet_after=0),
    "start_run": lambda m: m.start_run(*HR, DAY),
    "generate_execution_steps": lambda m: m.generate_execution_steps("run-2", *HR, DAY),
    "get_pending_tasks": lambda m: m.get_pending_tasks("run-2", *HR, DAY),
    "start_task": lambda m: m.start_task(*RUN, 2, processing_date=DAY),
    "end_task": lambda m: m.end_task(*RUN, 2, processing_date=DAY),
    "end_task with a watermark": lambda m: m.end_task(*RUN, 1, processing_date=DAY),
    "end_task and hold": lambda m: m.end_task(*RUN, 1, processing_date=DAY, hold=True),
    "heartbeat_task": lambda m: m.heartbeat_task(*RUN, 1, processing_date=DAY),
    "measure_task": lambda m: m.measure_task(*RUN, 1, {"rows": 1}, processing_date=DAY),
    "fail_task and re-open": lambda m: m.fail_task(*RUN, 1, processing_date=DAY),
    "status_reset": lambda m: m.status_reset(*HR, DAY),
    "advance_watermark": lambda m: m.advance_watermark(*HR, "LoadEvents", new_int_value=9),
    "set_processing_mode": lambda m: m.set_processing_mode(*HR, True, True, DAY),
    "fail_stale": lambda m: m.fail_stale(0),
    "log": lambda m: m.log("one", "two"),
    "make_token": lambda m: m.make_token("adf", "report"),
    "apply_catalogue": lambda m: m.apply_catalogue(FILE),
    "revoke_token": lambda m: m.revoke_token("powerbi"),
}


@pytest.fixture
def under_way(hr: ETLMonitor, run: Run, prepare: Callable[..., None]) -> ETLMonitor:
    """A monitor where each call has what to do: a run, its initiation DONE, task 1 running, task 3 failed; a token."""

    def go() -> None:
        hr.start_task(*RUN, 1)
        hr.fail_task(*RUN, 3)
        hr.end_task(*RUN, 0)
        hr.make_token("powerbi", "read")

    prepare(go)
    return hr


@pytest.mark.parametrize("call", WRITES.values(), ids=WRITES)
def test_given_a_ticking_clock_when_a_call_writes_then_its_timestamps_are_one_bound_reading(
    under_way: ETLMonitor, tables: Tables, statements, call: Call
) -> None:
    clock = TickingClock()
    before = tables()
    with statements.counted() as executed:
        call(ETLMonitor(under_way.engine, clock=clock, actor="pytest"))
    times = {
        value
        for name, found in tables().items()
        for row in found
        if row not in before[name]
        for value in row.values()
        if isinstance(value, datetime) and value >= datetime(2026, 5, 1, tzinfo=UTC)
    }
    assert len(times) == 1
    assert times <= set(clock.readings)
    asking = ("now(", "current_timestamp", "getdate", "localtimestamp", "today(", "2026-05-01")
    assert not [sql for sql in executed if any(word in sql.lower() for word in asking)]


def test_given_a_ticking_clock_when_a_task_is_tracked_then_start_and_end_are_separate_readings(
    hr: ETLMonitor, run: Run, step: Callable[..., ProcessingStep]
) -> None:
    clock = TickingClock()
    with ETLMonitor(hr.engine, clock=clock, actor="pytest").task(*RUN, 3, processing_date=DAY):
        pass
    assert [step(3).start_time, step(3).end_time] == clock.readings


@pytest.mark.parametrize(
    "shown",
    [
        datetime(2026, 4, 9, 6, 30),
        datetime(2026, 4, 9, 6, 30, tzinfo=UTC),
        datetime(2026, 4, 9, 1, 30, tzinfo=timezone(timedelta(hours=-5))),
    ],
)
def test_given_a_clock_in_any_zone_when_something_is_written_then_it_is_at_that_instant_in_utc(
    monitor: ETLMonitor, rows: Rows, shown: datetime
) -> None:
    ETLMonitor(monitor.engine, clock=lambda: shown).register_process(*HR)
    assert rows(Process)[0].created_on == datetime(2026, 4, 9, 6, 30, tzinfo=UTC)


def test_given_no_clock_when_something_is_written_then_it_is_at_the_utc_time_of_the_system(
    monitor: ETLMonitor, rows: Rows
) -> None:
    before = datetime.now(UTC)
    ETLMonitor(monitor.engine).register_process(*HR)
    assert before <= rows(Process)[0].created_on <= datetime.now(UTC)


def test_given_a_manual_clock_when_it_is_moved_then_it_shows_the_new_time_until_moved_again() -> None:
    clock = ManualClock("2026-04-09 08:00")
    assert clock() == clock() == datetime(2026, 4, 9, 8, tzinfo=UTC)
    assert clock.advance(90) == clock() == datetime(2026, 4, 9, 8, 1, 30, tzinfo=UTC)
    assert clock.advance(timedelta(days=1)) == clock() == datetime(2026, 4, 10, 8, 1, 30, tzinfo=UTC)
    assert clock.set("2026-01-01") == clock() == datetime(2026, 1, 1, tzinfo=UTC)
