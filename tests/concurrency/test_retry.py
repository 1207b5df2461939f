"""Conflicts: a conflicting call is retried as a whole until it succeeds or patience runs out."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta

import duckdb
import pytest
from sqlalchemy import Connection, event, select, text, update
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from etl_monitor_orm import (
    ConflictError,
    DatabaseError,
    ETLMonitor,
    InvalidInput,
    InvalidTransition,
    ManualClock,
    Parameter,
    Process,
    ProcessingStep,
    Retryable,
    Run,
)
from etl_monitor_orm import session as session_module
from etl_monitor_orm.session import RetryPolicy
from tests.patience import PATIENT

BACKENDS = ("duckdb",)  # it refuses at once what waits for the row on a server: see `test_on_a_server.py`
DAY = "2026-04-09"
HR = ("CORP", "HR_DAILY")
EVENTS = (*HR, "Events")

Steps = Callable[..., list[ProcessingStep]]


@pytest.fixture
def run(monitor: ETLMonitor) -> Run:
    """A run whose task 1 has the watermark Events, by number."""
    monitor.register_parameter(*EVENTS, "DELTA_ID", value_int=0)
    monitor.register_task(*HR, 1, 1, 2, "Load events", source_system_code="Events")
    return monitor.start_run(*HR, DAY, execution_id="run-1")


@pytest.fixture
def hasty(url: str, monitor: ETLMonitor, monkeypatch: pytest.MonkeyPatch) -> Iterator[ETLMonitor]:
    """A monitor on the same file that soon gives up."""
    monkeypatch.setattr(session_module, "RetryPolicy", lambda: RetryPolicy(patience=0.2))
    hasty = ETLMonitor(url, actor="pytest")
    yield hasty
    hasty.close()


def hold(session: Session, value: int | None = None) -> None:
    """Change the watermark Events in a separate session, without committing."""
    values: dict[str, object] = {"last_updated_by": "somebody"}
    if value is not None:
        values["value_int"] = value
    session.execute(
        update(Parameter).where(Parameter.parameter_name == "Events").values(values),
        execution_options={"synchronize_session": False},
    )


@contextmanager
def meanwhile(call: Callable[[], object]) -> Iterator[list[object]]:
    """Make a call on another thread while the block runs; yields a list that gets its result or error."""
    result: list[object] = []

    def work() -> None:
        try:
            result.append(call())
        except Exception as error:
            result.append(error)

    thread = threading.Thread(target=work)
    thread.start()
    yield result
    thread.join()


def test_given_a_session_that_holds_a_row_when_it_commits_then_the_waiting_call_succeeds(
    monitor: ETLMonitor, run: Run, conflicts
) -> None:
    with monitor.session() as session:
        hold(session)
        with meanwhile(lambda: monitor.advance_watermark(*EVENTS, new_int_value=7)) as result:
            assert conflicts.first.wait(timeout=PATIENT)
            session.commit()

    assert result == [None]
    assert monitor.get_active_watermark(*EVENTS) == 7


def test_given_a_session_that_holds_a_row_when_it_rolls_back_then_the_waiting_call_succeeds(
    monitor: ETLMonitor, run: Run, conflicts
) -> None:
    with monitor.session() as session:
        hold(session, 100)
        with meanwhile(lambda: monitor.advance_watermark(*EVENTS, new_int_value=7)) as result:
            assert conflicts.first.wait(timeout=PATIENT)
            session.rollback()

    assert result == [None]
    assert monitor.get_active_watermark(*EVENTS) == 7


def test_given_a_session_that_moves_a_watermark_when_it_commits_then_the_waiting_call_refuses(
    monitor: ETLMonitor, run: Run, conflicts
) -> None:
    with monitor.session() as session:
        hold(session, 100)
        with meanwhile(lambda: monitor.advance_watermark(*EVENTS, new_int_value=7)) as result:
            assert conflicts.first.wait(timeout=PATIENT)
            session.commit()

    assert [type(found) for found in result] == [InvalidInput]
    assert monitor.get_active_watermark(*EVENTS) == 100


def test_given_a_call_of_several_statements_when_the_last_one_conflicts_then_all_are_repeated(
    monitor: ETLMonitor, run: Run, conflicts, steps: Steps
) -> None:
    task = run.task(1).__enter__()
    task.advance(7)
    with monitor.session() as session:
        hold(session)
        with meanwhile(lambda: task.__exit__(None, None, None)) as result:
            assert conflicts.first.wait(timeout=PATIENT)
            assert steps(task_id=1)[0].is_running
            session.commit()

    assert result == [None]
    assert (steps(task_id=1)[0].status, monitor.get_active_watermark(*EVENTS)) == ("DONE", 7)


def test_given_a_worker_that_waits_for_a_row_when_others_end_their_steps_then_they_do_not_wait(
    monitor: ETLMonitor, run: Run, conflicts, steps: Steps
) -> None:
    task = run.task(1).__enter__()
    task.advance(7)
    with monitor.session() as session:
        hold(session)
        with meanwhile(lambda: task.__exit__(None, None, None)):
            assert conflicts.first.wait(timeout=PATIENT)
            monitor.end_task("run-1", *HR, 0)
            states = [step.status for step in steps()]
            session.commit()

    assert states == ["DONE", "NQUE"]


def test_given_a_session_that_inserts_a_process_during_a_call_then_the_call_updates_it(
    monitor: ETLMonitor, url: str, conflicts
) -> None:
    other = ETLMonitor(url)
    session = other.session()
    session.add(Process(project_code="CORP", process_load="NEW", process_name="by hand", created_by="somebody"))
    session.flush()
    event.listen(monitor.engine, "commit", lambda connection: session.commit(), once=True)

    monitor.register_process("CORP", "NEW", name="New load")
    process = session.get(Process, ("CORP", "NEW"), populate_existing=True)
    session.close()
    other.close()

    assert conflicts.count == 1
    assert process is not None
    assert (process.process_name, process.created_by) == ("New load", "somebody")


def test_given_a_process_that_was_inserted_since_a_call_began_then_the_call_updates_it(
    monitor: ETLMonitor, url: str, conflicts
) -> None:
    other = ETLMonitor(url, actor="somebody")

    def insert_first(connection: Connection, *statement: object) -> None:
        connection.exec_driver_sql('SELECT count(*) FROM etl."ETLconfigProcess"')  # the snapshot is taken here
        other.register_process("CORP", "NEW", name="Old load")

    event.listen(monitor.engine, "before_cursor_execute", insert_first, once=True)
    monitor.register_process("CORP", "NEW", name="New load")
    other.close()

    assert conflicts.count == 1
    with monitor.session() as session:
        process = session.get_one(Process, ("CORP", "NEW"))
        assert (process.process_name, process.created_by) == ("New load", "somebody")


def test_given_a_heartbeat_that_comes_while_stale_steps_are_failed_then_the_step_is_not_stale(
    monitor: ETLMonitor, url: str, steps: Steps
) -> None:
    clock = ManualClock("2026-04-09 06:00")
    worker, watcher = ETLMonitor(url, clock=clock), ETLMonitor(url, clock=clock)
    task = worker.start_run(*HR, DAY).task(0).__enter__()
    clock.advance(3600)
    assert [step.task_id for step in watcher.stale_steps(60)] == [0]
    event.listen(watcher.engine, "after_cursor_execute", lambda *statement: task.heartbeat(), once=True)

    failed = watcher.fail_stale(60)
    worker.close()
    watcher.close()

    assert (failed, steps(task_id=0)[0].is_running) == ([], True)


def test_given_a_take_over_while_the_first_worker_ends_the_step_then_the_second_keeps_it(
    monitor: ETLMonitor, url: str, steps: Steps
) -> None:
    clock = ManualClock("2026-04-09 06:00")
    first, second = ETLMonitor(url, clock=clock), ETLMonitor(url, clock=clock)
    run = first.start_run(*HR, DAY, execution_id="run-2")
    task = run.task(0).__enter__()
    clock.advance(60)

    def take_over(connection: Connection, *statement: object) -> None:
        connection.exec_driver_sql('SELECT count(*) FROM etl."ETLProcessingSteps"')  # the snapshot is taken here
        second.start_task("run-2", *HR, 0, processing_date=DAY, takeover=True)

    event.listen(first.engine, "before_cursor_execute", take_over, once=True)

    with pytest.raises(InvalidTransition):
        task.__exit__(None, None, None)
    first.close()
    second.close()

    (step,) = steps(task_id=0, execution_id="run-2")
    assert (step.is_running, step.start_time) == (True, clock.now)


def test_given_a_call_that_is_made_again_then_its_times_come_from_one_reading_of_the_clock(
    monitor: ETLMonitor, run: Run, conflicts
) -> None:
    readings: list[object] = []
    clock = ManualClock("2026-04-09 06:00")

    def ticking() -> object:
        readings.append(clock.advance(timedelta(seconds=1)))
        return clock.now

    other = ETLMonitor(monitor.engine, clock=ticking)
    with monitor.session() as session:
        hold(session)
        with meanwhile(lambda: other.advance_watermark(*EVENTS, new_int_value=7)):
            assert conflicts.first.wait(timeout=PATIENT)
            session.commit()

        session.expire_all()
        assert [session.get_one(Parameter, EVENTS).last_updated_on] == readings


def test_given_a_session_that_read_before_a_call_wrote_when_it_writes_that_row_then_it_loses(
    monitor: ETLMonitor, run: Run
) -> None:
    with monitor.session() as session:
        session.scalars(select(Parameter)).all()
        monitor.advance_watermark(*EVENTS, new_int_value=7)
        with pytest.raises(DBAPIError) as caught:
            hold(session, 100)

    assert isinstance(caught.value.orig, duckdb.TransactionException)
    assert monitor.get_active_watermark(*EVENTS) == 7


def test_given_a_session_that_deletes_a_step_when_it_commits_then_the_waiting_call_misses_it(
    monitor: ETLMonitor, run: Run, conflicts
) -> None:
    with monitor.session() as session:
        session.delete(session.scalars(select(ProcessingStep).filter_by(task_id=1)).one())
        session.flush()
        with meanwhile(lambda: monitor.end_task("run-1", *HR, 1)) as result:
            assert conflicts.first.wait(timeout=PATIENT)
            session.commit()

    assert [type(found).__name__ for found in result] == ["StepNotQueued"]


def test_given_a_session_that_works_on_other_rows_when_a_call_is_made_then_neither_waits(
    monitor: ETLMonitor, run: Run, conflicts
) -> None:
    monitor.register_parameter(*HR, "Others", "DELTA_ID")
    with monitor.session() as session:
        hold(session, 100)
        monitor.advance_watermark(*HR, "Others", new_int_value=7)
        session.commit()

    assert conflicts.count == 0
    assert monitor.get_active_watermark(*EVENTS) == 100


def test_given_a_row_that_stays_held_when_patience_runs_out_then_the_conflict_is_reported(
    hasty: ETLMonitor, monitor: ETLMonitor, run: Run
) -> None:
    with monitor.session() as session:
        hold(session)
        with pytest.raises(ConflictError, match=r"during \d+ tries in 0\.\d s; nothing was written"):
            hasty.advance_watermark(*EVENTS, new_int_value=7)


def test_given_a_row_that_stays_held_when_patience_runs_out_then_several_tries_were_made(
    hasty: ETLMonitor, monitor: ETLMonitor, run: Run
) -> None:
    tries: list[object] = []
    event.listen(hasty.engine, "handle_error", tries.append)
    with monitor.session() as session:
        hold(session)
        with pytest.raises(ConflictError):
            hasty.advance_watermark(*EVENTS, new_int_value=7)

    assert len(tries) > 2


def test_given_a_reported_conflict_then_the_drivers_error_is_its_cause(
    hasty: ETLMonitor, monitor: ETLMonitor, run: Run
) -> None:
    with monitor.session() as session:
        hold(session)
        with pytest.raises(ConflictError) as caught:
            hasty.advance_watermark(*EVENTS, new_int_value=7)

    cause = caught.value.__cause__
    assert isinstance(cause, DBAPIError)
    assert isinstance(cause.orig, duckdb.TransactionException)


def test_given_a_reported_conflict_then_nothing_was_written_and_the_call_may_be_repeated(
    hasty: ETLMonitor, monitor: ETLMonitor, run: Run, steps: Steps
) -> None:
    task = hasty.task("run-1", *HR, 1).__enter__()
    task.advance(7)
    with monitor.session() as session:
        hold(session)
        with pytest.raises(Retryable):
            task.__exit__(None, None, None)
        session.rollback()
    assert steps(task_id=1)[0].is_running

    hasty.end_task("run-1", *HR, 1)
    assert steps(task_id=1)[0].status == "DONE"


def test_given_a_statement_that_the_database_refuses_for_good_then_it_is_made_once(
    monitor: ETLMonitor, run: Run
) -> None:
    with monitor.session() as session:
        session.execute(text('ALTER TABLE etl."ETLsysLogs" DROP COLUMN "Message"'))
        session.commit()
    tries: list[object] = []
    event.listen(monitor.engine, "handle_error", tries.append)

    with pytest.raises(DatabaseError):
        monitor.log("120 rows")
    assert len(tries) == 1


def test_claim_that_is_not_committed_yet_is_in_the_way_of_others_and_they_lose(
    monitor: ETLMonitor, run: Run, at_once: Callable[..., list[object]], conflicts
) -> None:
    event.listen(monitor.engine, "commit", lambda connection: conflicts.first.wait(timeout=PATIENT), once=True)
    results = at_once([lambda: monitor.start_task("run-1", *HR, 1, processing_date=DAY)] * 8)

    assert conflicts.count > 0
    assert sum(isinstance(result, InvalidTransition) for result in results) == 7
