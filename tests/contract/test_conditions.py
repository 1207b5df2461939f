"""`where=`: a condition on rows, with OR, AND, NOT and IN; its values are bound, its columns are looked up."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import date

import pytest

from etl_monitor_orm import ETLMonitor, InvalidInput, ManualClock

HR = ("CORP", "HR_DAILY")
DAY = date(2026, 4, 9)

Refused = Callable[..., AbstractContextManager[None]]


@pytest.fixture
def ran(hr: ETLMonitor, clock: ManualClock, prepare: Callable[..., None]) -> ETLMonitor:
    """Task 1 is DONE, task 2 failed with odd words, task 3 waits; so does the initiation."""

    def live() -> None:
        clock.set("2026-04-09 09:00")
        hr.register_task(*HR, 3, 1, 6, "It's 100% \\ a_mart~")
        hr.start_run(*HR, DAY, execution_id="run-1")
        hr.end_task("run-1", *HR, 1, processing_date=DAY, timestamp="2026-04-09 08:00")
        hr.fail_task("run-1", *HR, 2, processing_date=DAY, log_message="status = DONE OR 1 = 1")

    prepare(live)
    return hr


@pytest.mark.parametrize(
    ("where", "expected"),
    [
        ("status = DONE", [1]),
        ("Status = 'done'", [1]),
        ("status != DONE", [0, 2, 3]),
        ("status <> 'DONE'", [0, 2, 3]),
        ("status = DONE OR status = FAIL", [1, 2]),
        ("status IN (DONE, FAIL)", [1, 2]),
        ("status not in ('DONE', 'FAIL')", [0, 3]),
        ("NOT status = NQUE", [1, 2]),
        ("task_id = 1 OR task_id = 2 AND status = DONE", [1]),
        ("(task_id = 1 OR task_id = 2) AND status = FAIL", [2]),
        ("not (task_id = 1 or task_id = 2)", [0, 3]),
        ("TaskID >= 2", [2, 3]),
        ("task_id > -1 AND taskid < 1", [0]),
        ("task_id BETWEEN 1 AND 2", [1, 2]),
        ("task_id NOT BETWEEN 1 AND 2", [0, 3]),
        ("task_name LIKE 'Load%'", [1, 2]),
        ("task_name LIKE '%100% \\ a_mart~'", [3]),
        ("task_name LIKE 'L_ad events'", [2]),
        ("task_name = 'It''s 100% \\ a_mart~'", [3]),
        ('task_name = "It\'s 100% \\ a_mart~"', [3]),
        ("log_message = 'status = DONE OR 1 = 1'", [2]),
        ("log_message = '1'' OR ''1''=''1'", []),
        ("end_time IS NULL", [0, 3]),
        ("end_time is not null and end_time < 2026-04-09T08:00:01", [1]),
        ("task_mandatory = false", [2]),
        ("processing_date = 2026-04-09 AND task_mandatory = no", [2]),
    ],
)
def test_condition_selects_the_rows_that_satisfy_it(ran: ETLMonitor, where: str, expected: list[int]) -> None:
    assert [step.task_id for step in ran.list_tasks(*HR, DAY, where=where)] == expected


@pytest.mark.parametrize(
    ("where", "words"),
    [
        ("", ("empty",)),
        ("task_id", ("expects", "at its end")),
        ("stat = DONE", ("'stat'", "is no column", "status")),
        ("status DONE", ("before 'DONE'",)),
        ("status = ", ("a value", "at its end")),
        ("status = AND", ("a value", "before 'AND'")),
        ("status = FAILED", ("'FAILED'", "NQUE, RQUE, DONE, FAIL")),
        ("status = DONE status = FAIL", ("AND or OR",)),
        ("(status = DONE", ("expects )",)),
        ("status = DONE)", ("AND or OR",)),
        ("status IN DONE", ("expects (",)),
        ("status IN ()", ("a value",)),
        ("status = 'DONE", ("cannot be read", "quotes")),
        ("task_id = one", ("task_id", "whole number")),
        ("task_id LIKE 1", ("task_id", "no text")),
        ("task_mandatory = maybe", ("true or false",)),
        ("processing_date = soon", ("YYYY-MM-DD",)),
        ("task_id = 1; DROP TABLE x", ("whole number",)),
        ("task_id = 1 -- x", ("AND or OR",)),
        ("NOT " * 50 + "task_id = 1", ("20 brackets",)),
        ("task_id IN (" + "1, " * 200 + "1)", ("200 values",)),
        ("task_id = 1 OR " * 200 + "task_id = 1", ("limit is 2000",)),
    ],
    ids=lambda value: str(value)[:30],
)
def test_condition_that_cannot_be_read_is_refused_with_its_place(
    ran: ETLMonitor, refused: Refused, where: str, words: tuple[str, ...]
) -> None:
    with refused(InvalidInput, "where", *words):
        ran.list_tasks(*HR, DAY, where=where)


def test_condition_of_as_many_values_as_allowed_is_answered(ran: ETLMonitor) -> None:
    where = f"task_id IN ({', '.join(map(str, range(200)))})"

    assert len(ran.list_tasks(*HR, DAY, where=where)) == 4


def test_text_of_a_condition_reaches_the_database_as_bound_values_only(ran: ETLMonitor, statements) -> None:
    with statements.counted() as executed:
        ran.list_tasks(*HR, DAY, where="task_name = 'secret' OR task_id IN (771, 772) OR task_name LIKE 'mine%'")

    assert not [sql for sql in executed for word in ("secret", "771", "mine") if word in sql]
