"""Which task a log record bears that a queue brings to the handler: from another thread, and from another process."""

from __future__ import annotations

import copy
import json
import logging
import pickle
from collections.abc import Callable, Iterator
from logging.handlers import QueueHandler, QueueListener
from queue import SimpleQueue

import pytest

from etl_monitor_orm import EtlLogHandler, ETLMonitor, Run, SysLog
from tests.patience import PATIENT

ONE, TWO = (f"task {number} (workflow 1)" for number in (1, 2))


@pytest.fixture
def handler(hr: ETLMonitor) -> Iterator[EtlLogHandler]:
    handler = EtlLogHandler(hr, execution_id="outside", project_code="OTHER", timeout=PATIENT)
    yield handler
    handler.close()


@pytest.fixture
def log() -> Iterator[logging.Logger]:
    log = logging.getLogger("loads.queued")
    log.setLevel(logging.INFO)
    yield log
    for handler in [*log.handlers]:
        log.removeHandler(handler)


def test_records_of_a_queue_bear_the_task_that_made_them(
    run: Run, log: logging.Logger, handler: EtlLogHandler, rows: Callable[..., list[SysLog]]
) -> None:
    records: SimpleQueue[logging.LogRecord] = SimpleQueue()
    sender = QueueHandler(records)  # type: ignore[arg-type]
    sender.addFilter(EtlLogHandler.name_task)
    log.addHandler(sender)
    listener = QueueListener(records, handler)  # type: ignore[arg-type]
    listener.start()
    with run.task(1):
        log.info("one")
    with run.task(2):
        log.info("two")
    log.info("outside")
    listener.stop()
    handler.flush()

    written = {line.message: line for line in rows(SysLog)}
    assert {message: line.activity_name for message, line in written.items()} == {
        "one": ONE,
        "two": TWO,
        "outside": None,
    }
    assert [written[message].execution_id for message in ("one", "outside")] == [run.execution_id, "outside"]
    assert [written[message].project_code for message in ("one", "outside")] == [run.project_code, "OTHER"]
    assert [written[message].processing_date for message in ("one", "outside")] == [run.processing_date, None]


def test_named_record_keeps_its_task_inside_another_one(
    run: Run, handler: EtlLogHandler, rows: Callable[..., list[SysLog]]
) -> None:
    record = logging.makeLogRecord({"msg": "carried", "levelno": logging.INFO})
    with run.task(1):
        assert EtlLogHandler.name_task(record) is True
    with run.task(2):
        EtlLogHandler.name_task(record)
        handler.handle(pickle.loads(pickle.dumps(copy.copy(record))))

    assert [line.activity_name for line in rows(SysLog)] == [ONE]


def test_name_of_a_task_on_a_record_is_plain_text(run: Run) -> None:
    record = logging.makeLogRecord({})
    assert EtlLogHandler.name_task(record) is True
    assert not hasattr(record, "etl_monitor_task")
    with run.task(1):
        EtlLogHandler.name_task(record)

    assert json.loads(json.dumps(vars(record)["etl_monitor_task"])) == {
        "project_code": run.project_code,
        "process_load": run.process_load,
        "processing_date": run.processing_date.isoformat(),
        "execution_id": run.execution_id,
        "activity_name": ONE,
    }


@pytest.mark.parametrize("told", ["text", 5, {"processing_date": "yesterday"}, {"activity_name": object()}])
def test_record_with_an_odd_name_of_a_task_ends_no_job(run: Run, handler: EtlLogHandler, told: object) -> None:
    with run.task(1):
        handler.handle(logging.makeLogRecord({"msg": "odd", "levelno": logging.INFO, "etl_monitor_task": told}))
    handler.flush()

    assert {step.task_id: step.status for step in run.status()}[1] == "DONE"
