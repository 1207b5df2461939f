"""Python's logging as run receipts, when things go wrong: a database that is away, odd records, many threads."""

from __future__ import annotations

import io
import logging
import sys
import threading
from collections.abc import Callable
from contextlib import AbstractContextManager

import pytest
from sqlalchemy import event

from etl_monitor_orm import EtlLogHandler, ETLMonitor, ProcessingStep, Run, SysLog
from tests.patience import PATIENT

HR = ("CORP", "HR_DAILY")

Away = Callable[..., AbstractContextManager[list[str]]]
Attach = Callable[..., EtlLogHandler]
Lines = Callable[[], list[str | None]]


def test_given_a_record_that_cannot_be_formatted_then_the_job_goes_on_and_others_are_written(
    log: logging.Logger, attach: Attach, lines: Lines, capsys: pytest.CaptureFixture[str]
) -> None:
    handler = attach()
    handler.handle(log.makeRecord("loads.hr", logging.INFO, "load.py", 7, "%d rows", ("many",), None))
    log.info("two")
    handler.flush()

    assert lines() == ["two"]
    assert "Logging error" in capsys.readouterr().err


@pytest.mark.parametrize("text", ["lone \ud800 surrogate", "nul \0 inside", ""], ids=["surrogate", "nul", "empty"])
def test_given_a_record_with_odd_text_then_it_holds_up_nothing(
    log: logging.Logger, attach: Attach, lines: Lines, text: str
) -> None:
    handler = attach()
    log.info(text)
    log.info("two")
    handler.flush()

    assert lines()[1:] == ["two"]


def test_given_a_database_that_is_away_when_a_task_logs_then_the_job_is_done_all_the_same(
    run: Run, log: logging.Logger, attach: Attach, away: Away, step: Callable[..., ProcessingStep]
) -> None:
    attach(capacity=1)
    with away() as attempts, run.task(1):
        log.info("one")

    assert (step(1).status, len(attempts) > 0) == ("DONE", True)


def test_given_a_database_that_is_away_when_the_job_fails_then_its_own_exception_is_seen(
    run: Run, log: logging.Logger, attach: Attach, away: Away
) -> None:
    attach(capacity=1)
    with pytest.raises(ZeroDivisionError), away(), run.task(1):
        log.info("%d", 1 / 0)


def test_given_a_database_that_was_away_once_then_the_records_are_written_with_the_next_batch(
    log: logging.Logger, attach: Attach, away: Away, lines: Lines
) -> None:
    handler = attach()
    with away():
        log.info("one")
        handler.flush()
    log.info("two")
    handler.flush()

    assert lines() == ["one", "two"]


def test_given_a_database_that_is_away_briefly_then_it_is_tried_again_batch_by_batch(
    log: logging.Logger, attach: Attach, away: Away
) -> None:
    attach(capacity=3)
    with away() as attempts:
        for number in range(9):
            log.info("line %d", number)

    assert len(attempts) == 3


def test_given_a_database_that_stays_away_then_the_newest_ten_batches_are_kept(
    log: logging.Logger, attach: Attach, away: Away, lines: Lines
) -> None:
    handler = attach(capacity=2)
    with away():
        for number in range(50):
            log.info("line %d", number)
    handler.flush()

    assert lines() == [f"line {number}" for number in range(30, 50)]


def test_given_a_record_of_another_thread_while_a_write_fails_then_it_follows_those_that_wait(
    hr: ETLMonitor, log: logging.Logger, attach: Attach, lines: Lines
) -> None:
    handler = attach()

    def refuse(*statement: object) -> None:
        other = threading.Thread(target=log.info, args=("two",))
        other.start()
        other.join(timeout=PATIENT)
        raise OSError("the disk is gone")

    log.info("one")
    hr.session().close()  # asks about the tables, so that the next statement is the write
    event.listen(hr.engine, "before_cursor_execute", refuse, once=True)
    handler.flush()
    handler.flush()

    assert lines() == ["one", "two"]


def test_given_a_write_that_is_interrupted_then_the_interrupt_goes_on_and_the_records_are_kept(
    log: logging.Logger, attach: Attach, away: Away, lines: Lines
) -> None:
    handler = attach()
    log.info("one")
    with away(KeyboardInterrupt()), pytest.raises(KeyboardInterrupt):
        handler.flush()
    handler.flush()

    assert lines() == ["one"]


def test_given_a_database_that_is_away_then_stderr_says_how_many_records_wait_and_why(
    log: logging.Logger, attach: Attach, away: Away, capsys: pytest.CaptureFixture[str]
) -> None:
    handler = attach()
    log.info("one")
    with away():
        handler.flush()

    assert capsys.readouterr().err == (
        "etl-monitor: 1 log records could not be written and wait for the next batch: the disk is gone\n"
    )


def test_given_a_database_that_is_away_and_a_closed_stderr_then_the_job_goes_on(
    log: logging.Logger, attach: Attach, away: Away, lines: Lines, monkeypatch: pytest.MonkeyPatch
) -> None:
    handler = attach()
    closed = io.StringIO()
    closed.close()
    monkeypatch.setattr(sys, "stderr", closed)
    log.info("one")
    with away():
        handler.flush()
    monkeypatch.undo()
    handler.flush()

    assert lines() == ["one"]


def test_given_a_database_without_tables_then_the_job_goes_on_and_records_are_written_later(
    log: logging.Logger, capsys: pytest.CaptureFixture[str]
) -> None:
    monitor = ETLMonitor("duckdb:///:memory:")
    handler = EtlLogHandler(monitor)
    log.addHandler(handler)
    with monitor.engine.connect():
        log.info("one")
        handler.flush()
        assert "etl-monitor db upgrade" in capsys.readouterr().err
        monitor.setup()
        handler.close()
        with monitor.session() as session:
            assert [line.message for line in session.query(SysLog)] == ["one"]
    monitor.close()


@pytest.mark.parametrize("capacity", [1, 500])
def test_given_the_database_layers_own_records_then_writing_them_breeds_no_more(
    run: Run, sql_log: logging.Logger, attach: Attach, lines: Lines, capacity: int
) -> None:
    handler = attach("sqlalchemy", capacity=capacity)
    with run.task(1):
        pass
    handler.flush()
    sql_log.removeHandler(handler)
    written = lines()
    handler.flush()

    assert any("MERGE INTO" in line for line in written)
    assert not any("ETLsysLogs" in line for line in written)
    assert lines() == written


def test_given_many_threads_and_records_of_the_database_layer_then_no_thread_waits_for_ever(
    hr: ETLMonitor, sql_log: logging.Logger, log: logging.Logger, attach: Attach, lines: Lines
) -> None:
    for task_id in range(11, 17):
        hr.register_task(*HR, task_id, 1, 2, f"Load {task_id}")
    run = hr.start_run(*HR)
    handler = attach("sqlalchemy", capacity=5)

    def job(task_id: int) -> None:
        with run.task(task_id):
            for number in range(20):
                log.info("job %d line %d", task_id, number)

    threads = [threading.Thread(target=job, args=(task_id,), daemon=True) for task_id in range(11, 17)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=PATIENT)

    assert not any(thread.is_alive() for thread in threads)
    sql_log.removeHandler(handler)
    handler.flush()
    expected = {f"job {task_id} line {number}" for task_id in range(11, 17) for number in range(20)}
    assert {line for line in lines() if line.startswith("job ")} == expected


def test_given_tasks_on_several_threads_then_each_record_bears_the_ids_of_its_own_task(
    hr: ETLMonitor, log: logging.Logger, attach: Attach, rows: Callable[..., list[SysLog]]
) -> None:
    run = hr.start_run(*HR)
    handler = attach(capacity=7)
    together = threading.Barrier(3)

    def job(task_id: int) -> None:
        with run.task(task_id):
            together.wait(timeout=PATIENT)
            for _ in range(20):
                log.info("of task %d", task_id)

    threads = [threading.Thread(target=job, args=(task_id,)) for task_id in (1, 2, 3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    handler.flush()

    assert sorted((line.message, line.activity_name) for line in rows(SysLog)) == sorted(
        (f"of task {task_id}", f"task {task_id} (workflow 1)") for task_id in (1, 2, 3) for _ in range(20)
    )
