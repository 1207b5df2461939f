"""Values arrive as people have them: ids as text, numbers and times of numpy and pandas. NaT and NaN are refused."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import numpy
import pandas
import pytest
from sqlalchemy.exc import StatementError

from etl_monitor_orm import ETLMonitor, InvalidInput, Parameter

HR = ("CORP", "HR_DAILY")


@pytest.fixture
def hr(monitor: ETLMonitor) -> ETLMonitor:
    """A process with one load that has a watermark by number, and a watermark in time."""
    monitor.register_process(*HR).register_parameter(*HR, "ID", "DELTA_ID", value_int=0)
    monitor.register_parameter(*HR, "DAY", "DELTA_DATE", value_datetime="2026-04-01")
    return monitor.register_task(*HR, 1, 1, 2, "Load employees", source_system_code="ID")


def test_step_whose_ids_are_text_is_started_and_ended(hr: ETLMonitor) -> None:
    hr.start_run(*HR, "2026-04-09", execution_id="run-1")
    step = {"task_id": "1", "workflow_id": "1", "sequence_id": "2", "attempts": "0", "processing_date": "2026-04-09"}

    hr.start_task("run-1", *HR, **step)
    hr.end_task("run-1", *HR, **step)

    wanted = {"workflow_id": "1", "sequence_id": "2", "task_id": "1", "attempts": "0"}
    assert [row.status for row in hr.get_status(*HR, execution_id="run-1", **wanted)] == ["DONE"]


def test_task_whose_numbers_are_of_other_makes_is_registered_with_them(hr: ETLMonitor) -> None:
    hr.register_sequence("12", "EXPORT", sort_order=Decimal(3))
    hr.register_task(*HR, numpy.int64(2), "1", Decimal(12), "Export", expected_duration_seconds="60")
    hr.deactivate_task(*HR, "2", numpy.int32(1)).activate_task(*HR, "2", "1")

    step = next(row for row in hr.start_run(*HR, "2026-04-09").pending() if row.task_id == 2)

    assert (step.sequence_id, step.sequence_code) == (12, "EXPORT")


@pytest.mark.parametrize("value", [numpy.int64(77), Decimal(77), "77"], ids=repr)
def test_watermark_by_number_moves_to_a_number_of_any_make(hr: ETLMonitor, value: Any) -> None:
    with hr.start_run(*HR, "2026-04-09").task("1") as task:
        task.advance(value)

    assert hr.get_active_watermark(*HR, "ID") == 77


def test_watermark_in_time_moves_to_a_time_of_any_make(hr: ETLMonitor) -> None:
    hr.advance_watermark(*HR, "DAY", new_datetime_value=pandas.Timestamp("2026-04-02 03:00", tz="Asia/Kathmandu"))
    assert hr.get_active_watermark(*HR, "DAY") == datetime(2026, 4, 1, 21, 15, tzinfo=UTC)

    hr.advance_watermark(*HR, "DAY", new_datetime_value=numpy.datetime64("2026-04-03"))
    assert hr.get_active_watermark(*HR, "DAY") == datetime(2026, 4, 3, tzinfo=UTC)


NO_VALUES = [pandas.NaT, pandas.NA, float("nan"), numpy.datetime64("NaT")]
CALLS: list[Callable[[ETLMonitor, Any], object]] = [
    lambda hr, none: hr.advance_watermark(*HR, "DAY", new_datetime_value=none, allow_rewind=True),
    lambda hr, none: hr.advance_watermark(*HR, "ID", new_int_value=none, allow_rewind=True),
    lambda hr, none: hr.set_processing_mode(*HR, parameter_name="DAY", value_datetime=none),
    lambda hr, none: hr.set_processing_mode(*HR, parameter_name="ID", value_int=none),
    lambda hr, none: hr.set_processing_mode(*HR, is_historic_mode=True, historic_date=none),
    lambda hr, none: hr.register_parameter(*HR, "NEW", "DELTA_DATE", value_datetime=none),
    lambda hr, none: hr.register_parameter(*HR, "NEW", "DELTA_ID", value_int=none),
    lambda hr, none: hr.register_task(*HR, 1, 1, 2, "Load", expected_duration_seconds=none),
    lambda hr, none: hr.register_task(*HR, 1, 1, 2, "Load", source_system_code=none),
    lambda hr, none: hr.start_run(*HR, none),
    lambda hr, none: hr.start_run(*HR, "2026-04-09", execution_id=none),
    lambda hr, none: hr.start_task("run-1", *HR, 1, processing_date="2026-04-09", timestamp=none),
    lambda hr, none: hr.end_task("run-1", *HR, 1, processing_date=none),
    lambda hr, none: hr.stale_steps(none),
    lambda hr, none: hr.get_status(*HR, none),
    lambda hr, none: hr.log("text", log_time_utc=none),
    lambda hr, none: hr.log("text", source_type=none),
]


@pytest.mark.parametrize("none", NO_VALUES, ids=repr)
def test_value_that_is_none_is_refused_by_each_call_and_nothing_is_written(hr: ETLMonitor, none: Any) -> None:
    for call in CALLS:
        with pytest.raises(InvalidInput):
            call(hr, none)

    assert hr.get_active_watermark(*HR, "DAY") == datetime(2026, 4, 1, tzinfo=UTC)
    assert hr.get_active_watermark(*HR, "ID") == 0


@pytest.mark.parametrize("none", NO_VALUES, ids=repr)
def test_value_that_is_none_is_not_staged(hr: ETLMonitor, none: Any) -> None:
    with hr.start_run(*HR, "2026-04-09").task(1) as task, pytest.raises(InvalidInput):
        task.advance(none)

    assert hr.get_active_watermark(*HR, "ID") == 0


def test_missing_time_in_your_own_session_is_refused(hr: ETLMonitor) -> None:
    with hr.session() as session:
        parameter = session.get_one(Parameter, (*HR, "DAY"))
        parameter.value_datetime = pandas.NaT

        with pytest.raises(StatementError, match="NaT is no time"):
            session.flush()


def test_package_imports_neither_numpy_nor_pandas() -> None:
    program = (
        "import sys; from etl_monitor_orm import inputs; inputs.integer('x', '1'); inputs.moment('x', '2026-04-09')\n"
        "print(sorted({'numpy', 'pandas'} & {*sys.modules}))"
    )

    assert subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True).stdout == "[]\n"
