"""What an analyst sees who prints a row."""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.orm import load_only

from etl_monitor_orm import ETLMonitor, Process, Task, Watermark


def test_given_a_step_when_it_is_printed_then_it_says_which_it_is_and_how_it_stands(hr: ETLMonitor) -> None:
    run = hr.start_run("CORP", "HR_DAILY", "2026-01-01", execution_id="run-1")

    assert repr(run.status()[0]) == (
        "<TaskDetail processing_date=2026-01-01, project_code=CORP, process_load=HR_DAILY, execution_id=run-1, "
        "attempts=0, workflow_id=0, sequence_id=0, task_id=0, status=NQUE>"
    )


def test_given_a_watermark_when_it_is_printed_then_it_says_where_it_stands(hr: ETLMonitor) -> None:
    with hr.session() as session:
        found = session.scalars(select(Watermark).where(Watermark.parameter_name == "LoadEvents")).one()

    assert repr(found) == (
        "<Watermark project_code=CORP, process_load=HR_DAILY, parameter_name=LoadEvents, active_value=0>"
    )


def test_given_a_row_with_unloaded_columns_when_it_is_printed_then_nothing_is_read(hr: ETLMonitor) -> None:
    with hr.session() as session:
        found = session.scalars(select(Task).options(load_only(Task.task_name)).where(Task.task_id == 1)).one()
        session.expire(found, ["task_name"])

        assert repr(found) == "<Task task_id=1, project_code=CORP, process_load=HR_DAILY, workflow_id=1>"


def test_row_with_a_name_that_drives_a_terminal_is_printed_harmlessly(monitor: ETLMonitor) -> None:
    monitor.register_process("CORP\x1b[2J\x07", "HR\u202e\nAll is fine")

    with monitor.session() as session:
        printed = repr(session.scalars(select(Process)).one())

    assert printed.isprintable()
