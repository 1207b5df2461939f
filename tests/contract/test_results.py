"""What calls return: a list, and its ways out to JSON, data frames and notebooks."""

from __future__ import annotations

import copy
import json
import pickle
import sys
from collections.abc import Callable
from dataclasses import asdict, dataclass
from datetime import UTC, date, datetime

import pandas
import polars
import pyarrow
import pytest

from etl_monitor_orm import (
    ConfigurationError,
    CurrentFailure,
    Duration,
    ETLMonitor,
    Explanation,
    MandatoryBlocker,
    ManualClock,
    ModeChange,
    PastFailure,
    PendingTask,
    ProcessingStep,
    ProcessStatus,
    Rows,
    Run,
    RunSummary,
    SysLog,
    TaskDetail,
    Watermark,
)

HR = ("CORP", "HR_DAILY")
DAY = "2026-04-09"

Answer = Callable[[ETLMonitor, Run], object]

ANSWERS: dict[str, tuple[type, Answer]] = {
    "pending": (PendingTask, lambda m, run: run.pending()),
    "ready": (PendingTask, lambda m, run: m.start_run(*HR, DAY, execution_id="run-2").ready()),
    "get_pending_tasks": (PendingTask, lambda m, run: m.get_pending_tasks("run-1", *HR, DAY)),
    "status": (TaskDetail, lambda m, run: run.status()),
    "get_status": (TaskDetail, lambda m, run: m.get_status(*HR, DAY)),
    "summary": (RunSummary, lambda m, run: run.summary()),
    "get_status summary": (RunSummary, lambda m, run: m.get_status(*HR, DAY, summary_mode=True)),
    "runs": (RunSummary, lambda m, run: m.runs("run-1")),
    "list_runs": (RunSummary, lambda m, run: m.list_runs()),
    "list_tasks": (TaskDetail, lambda m, run: m.list_tasks()),
    "list_logs": (SysLog, lambda m, run: (m.log("one"), m.list_logs())[1]),
    "past_failures": (PastFailure, lambda m, run: m.past_failures(since=3600)),
    "history": (TaskDetail, lambda m, run: m.history(*HR, 1)),
    "durations": (Duration, lambda m, run: m.durations(*HR)),
    "why": (Explanation, lambda m, run: m.why(*HR)),
    "processes": (ProcessStatus, lambda m, run: m.processes()),
    "watermarks": (Watermark, lambda m, run: m.watermarks()),
    "stale_steps": (ProcessingStep, lambda m, run: m.stale_steps(0, since=DAY)),
    "fail_stale": (ProcessingStep, lambda m, run: m.fail_stale(0, since=DAY)),
    "failures": (CurrentFailure, lambda m, run: m.failures()),
    "blockers": (MandatoryBlocker, lambda m, run: m.failures(mandatory=True)),
    "reset": (ProcessingStep, lambda m, run: run.reset()),
    "status_reset": (ProcessingStep, lambda m, run: m.status_reset(*HR, DAY, replay=True)),
    "one mode": (ModeChange, lambda m, run: m.set_processing_mode(*HR, is_bulk_mode=True)),
    "one parameter": (
        ModeChange,
        lambda m, run: m.set_processing_mode(*HR, parameter_name="LoadEvents", value_int=7),
    ),
    "one bulk": (
        ModeChange,
        lambda m, run: m.set_processing_mode(*HR, is_bulk_mode=True, parameter_name="LoadEmployees"),
    ),
}
"""Every call that returns a list, and what the list holds."""

EMPTY: dict[str, tuple[type, Answer]] = {
    "pending": (PendingTask, lambda m, run: run.pending(task_id=99)),
    "status": (TaskDetail, lambda m, run: m.get_status(*HR, "2020-01-01")),
    "runs": (RunSummary, lambda m, run: m.list_runs(processing_date="2020-01-01")),
    "tasks": (TaskDetail, lambda m, run: m.list_tasks(since="2020-01-01", until="2020-01-02")),
    "logs": (SysLog, lambda m, run: m.list_logs(processing_date="2020-01-01")),
    "past failures": (PastFailure, lambda m, run: m.past_failures(since=0)),
    "durations": (Duration, lambda m, run: m.durations(until="2020-01-01")),
    "processes": (ProcessStatus, lambda m, run: m.processes(processing_date="2020-01-01")),
    "failures": (CurrentFailure, lambda m, run: m.failures(processing_date="2020-01-01")),
    "blockers": (MandatoryBlocker, lambda m, run: m.failures(processing_date="2020-01-01", mandatory=True)),
    "stale steps": (ProcessingStep, lambda m, run: m.stale_steps(10**6)),
    "reset": (ProcessingStep, lambda m, run: m.status_reset(*HR, DAY, task_id=3)),
}


@pytest.fixture
def worked(hr: ETLMonitor, run: Run, fail, clock: ManualClock) -> Run:
    """A run with a failed step, and one that runs."""
    hr.advance_watermark(*HR, "LoadEmployees", "2026-04-01 12:00:00.25")
    hr.start_task("run-1", *HR, 2)
    fail(run, 1)
    clock.advance(60)
    return run


@pytest.mark.parametrize("name", ANSWERS)
def test_given_an_answer_when_it_is_read_then_it_is_a_list_that_json_takes(
    hr: ETLMonitor, worked: Run, name: str
) -> None:
    kind, ask = ANSWERS[name]

    found = ask(hr, worked)

    assert isinstance(found, list)
    assert isinstance(found, Rows)
    assert {type(row) for row in found} == {kind}
    dicts = found.to_dicts()
    assert json.loads(json.dumps(dicts)) == dicts
    assert [list(row) for row in dicts] == [found.columns] * len(found)


@pytest.mark.parametrize("name", ANSWERS)
def test_given_an_answer_when_it_becomes_a_frame_then_each_library_has_its_rows_and_columns(
    hr: ETLMonitor, worked: Run, name: str
) -> None:
    found = ANSWERS[name][1](hr, worked)

    assert found.to_pandas().shape == found.to_polars().shape == found.to_arrow().shape
    assert found.to_arrow().shape == (len(found), len(found.columns))
    assert list(found.to_pandas()) == found.to_polars().columns == found.to_arrow().column_names == found.columns
    assert found.to_polars().to_dicts() == found.to_arrow().to_pylist()


@pytest.mark.parametrize("name", EMPTY)
def test_given_an_empty_answer_when_it_becomes_a_frame_then_its_columns_have_their_types(
    hr: ETLMonitor, worked: Run, name: str
) -> None:
    kind, ask = EMPTY[name]
    full = next(answer(hr, worked) for other, answer in ANSWERS.values() if other is kind)

    empty = ask(hr, worked)

    assert list(empty) == []
    assert empty.to_dicts() == []
    assert empty.to_arrow().schema == full.to_arrow().schema
    assert empty.to_polars().schema == full.to_polars().schema
    assert dict(empty.to_pandas().dtypes) == dict(full.to_pandas().dtypes)


def test_given_a_step_when_it_becomes_a_dict_then_words_are_text_and_times_are_iso_in_utc(worked: Run) -> None:
    row = worked.status().to_dicts()[1]

    assert type(row["status"]) is str
    assert (row["status"], row["processing_date"]) == ("FAIL", "2026-04-09")
    assert datetime.fromisoformat(str(row["start_time"])).tzinfo == UTC
    assert row["end_time"] is not None
    assert (row["task_mandatory"], row["expected_duration_seconds"]) == (True, None)


def test_given_a_step_when_it_becomes_a_frame_then_its_values_have_their_types(worked: Run) -> None:
    found = worked.status()

    arrow = found.to_arrow()
    polars_row = found.to_polars().row(1, named=True)
    pandas_row = found.to_pandas().iloc[1]

    assert arrow.schema.field("start_time").type == pyarrow.timestamp("us", tz="UTC")
    assert arrow.schema.field("processing_date").type == pyarrow.date32()
    assert (polars_row["processing_date"], polars_row["status"]) == (date(2026, 4, 9), "FAIL")
    assert polars_row["start_time"] == found[1].start_time == pandas_row["start_time"]
    assert found.to_polars().schema["task_id"] == polars.Int64
    assert found.to_pandas()["task_mandatory"].dtype == pandas.BooleanDtype()
    assert found.to_pandas()["expected_duration_seconds"].isna().tolist() == [True, True, True, False]


def test_given_watermarks_of_several_types_when_they_become_a_frame_then_their_column_is_text(worked: Run) -> None:
    found = worked.pending(sequence_id=2)

    assert [row["watermark"] for row in found.to_dicts()] == ["2026-04-01T12:00:00.250000+00:00", 0]
    assert found.to_polars()["watermark"].to_list() == ["2026-04-01T12:00:00.250000+00:00", "0"]


def test_given_rows_in_a_dataclass_when_it_becomes_a_dict_then_none_is_lost(hr: ETLMonitor, worked: Run) -> None:
    @dataclass
    class Night:
        steps: Rows[PendingTask]
        nothing: Rows[PendingTask]

    steps = hr.get_pending_tasks("another", *HR, DAY)
    night = asdict(Night(steps, steps[:0]))

    assert steps
    assert night == {"steps": [asdict(step) for step in steps], "nothing": []}


def test_given_rows_when_they_are_sliced_copied_or_pickled_then_they_keep_their_columns(worked: Run) -> None:
    found = worked.status()

    for part in (found[:2], found.copy(), copy.copy(found), copy.deepcopy(found), pickle.loads(pickle.dumps(found))):
        assert type(part) is Rows
        assert part.to_dicts() == found.to_dicts()[: len(part)]
    assert found[0].task_id == 0
    assert found[5:].to_arrow().schema == found.to_arrow().schema
    assert found == list(found)


@pytest.mark.parametrize("library", ["pandas", "polars", "pyarrow"])
def test_given_no_such_library_when_a_frame_is_asked_for_then_the_error_has_the_command(
    run: Run, monkeypatch: pytest.MonkeyPatch, library: str
) -> None:
    class Absent:
        def find_spec(self, name: str, *about: object) -> None:
            if name == library:
                raise ModuleNotFoundError(f"No module named {name!r}", name=name)

    rows = run.status()  # before: a driver may need the library too
    monkeypatch.delitem(sys.modules, library, raising=False)
    monkeypatch.setattr(sys, "meta_path", [Absent(), *sys.meta_path])
    method = {"pyarrow": "to_arrow"}.get(library, f"to_{library}")

    with pytest.raises(ConfigurationError, match=rf"{method}\(\) needs {library}.*python -m pip install {library}$"):
        getattr(rows, method)()


def test_given_hostile_text_when_a_notebook_shows_it_then_it_is_inert(hr: ETLMonitor, run: Run) -> None:
    hr.fail_task("run-1", *HR, 1, log_message="<script>alert('x')</script> $\\href{evil}$ \x1b[2J & \u202e")

    shown = run.status()._repr_html_()

    assert "<script" not in shown
    assert "&lt;script&gt;alert(&#x27;x&#x27;)&lt;/script&gt;" in shown
    assert "mathjax_ignore" in shown
    assert "\x1b" not in shown
    assert "\u202e" not in shown


def test_given_many_rows_when_a_notebook_shows_them_then_it_shows_some_and_says_how_many_more(hr: ETLMonitor) -> None:
    for task in range(10, 120):
        hr.register_task(*HR, task, 1, 2, "x" * 1000)
    shown = hr.start_run(*HR, DAY).status()._repr_html_()

    assert shown.count("<tr>") == 1 + 100
    assert "… and 14 more rows" in shown
    assert "x" * 301 not in shown


def test_given_no_rows_when_a_notebook_shows_them_then_it_shows_the_columns(hr: ETLMonitor) -> None:
    shown = hr.failures()._repr_html_()

    assert "<th>log_message</th>" in shown
    assert "<td>" not in shown
