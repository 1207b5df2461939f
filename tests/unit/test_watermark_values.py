"""A watermark's value is read, and refused, by the type of its parameter."""

from __future__ import annotations

import math
from datetime import UTC, date, datetime

import numpy as np
import pandas as pd
import pytest

from etl_monitor_orm import ETLMonitor, InvalidInput, ParameterType
from etl_monitor_orm.services.watermarks import Move

HR = ("CORP", "HR_DAILY")
NO_NUMBER = [None, 5.0, math.nan, np.nan, pd.NaT, pd.NA, np.datetime64("NaT"), True, "five", "", [], 5j]
NO_TIME = [None, 5.0, math.nan, pd.NaT, pd.NA, np.datetime64("NaT"), True, "yesterday", [], object()]


@pytest.mark.parametrize("value", NO_NUMBER)
def test_move_of_a_delta_id_to_no_number_asks_for_a_whole_number(value: object) -> None:
    with pytest.raises(InvalidInput, match="must be a whole number"):
        Move.read(value, allow_rewind=False, kind=ParameterType.DELTA_ID)  # type: ignore[arg-type]


@pytest.mark.parametrize("value", NO_TIME)
def test_move_of_a_delta_date_to_no_time_asks_for_a_time(value: object) -> None:
    with pytest.raises(InvalidInput, match=r"datetime|no time|write a time") as refused:
        Move.read(value, allow_rewind=False, kind=ParameterType.DELTA_DATE)  # type: ignore[arg-type]
    assert "number" not in str(refused.value)


@pytest.mark.parametrize("value", [5, np.int64(5), "5", " 5 "])
def test_move_of_a_delta_id_takes_numbers_of_any_make(value: int) -> None:
    assert Move.read(value, allow_rewind=False, kind=ParameterType.DELTA_ID).value == 5


@pytest.mark.parametrize(
    "value", ["2026-04-09", date(2026, 4, 9), pd.Timestamp("2026-04-09"), np.datetime64("2026-04-09")]
)
@pytest.mark.parametrize("kind", [ParameterType.DELTA_DATE])
def test_move_of_a_delta_date_takes_times_of_any_make(value: date, kind: ParameterType) -> None:
    assert Move.read(value, allow_rewind=False, kind=kind).value == datetime(2026, 4, 9, tzinfo=UTC)


@pytest.mark.parametrize(
    ("kind", "value", "words"),
    [
        ("DELTA_ID", None, "must be a whole number"),
        ("DELTA_ID", 5.0, "must be a whole number"),
        ("DELTA_ID", datetime(2026, 4, 9), "is a DELTA_ID. Pass a whole number"),
        ("DELTA_DATE", None, "must be a datetime"),
        ("DELTA_DATE", 5, "is a DELTA_DATE. Pass a datetime"),
        ("FLAG", None, "is a FLAG, not a watermark"),
    ],
)
def test_advance_in_a_task_is_refused_in_the_words_of_its_parameter(kind: str, value: object, words: str) -> None:
    monitor = ETLMonitor("duckdb://").setup().register_process(*HR).register_parameter(*HR, "W", kind)
    monitor.register_task(*HR, 1, 1, 2, "One", source_system_code="W")
    with (
        pytest.raises(InvalidInput, match=words.replace(".", r"\.")),
        monitor.start_run(*HR, "2026-04-09").task(1) as task,
    ):
        task.advance(value)  # type: ignore[arg-type]
    monitor.close()


def test_number_passed_as_a_time_is_told_its_argument() -> None:
    monitor = ETLMonitor("duckdb://").setup()
    with pytest.raises(InvalidInput, match="new_int_value="):
        monitor.advance_watermark(*HR, "W", 5)  # type: ignore[arg-type]
    monitor.close()
