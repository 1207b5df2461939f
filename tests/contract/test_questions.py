"""Questions across processes: their state, the failures, how far sources were read, how a run went."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import date

import pytest

from etl_monitor_orm import (
    CurrentFailure,
    ETLMonitor,
    InvalidInput,
    MandatoryBlocker,
    NotFoundError,
    ProcessNotFound,
    ProcessStatus,
    Run,
    RunSummary,
    Watermark,
)

HR = ("CORP", "HR_DAILY")
OTHER = ("OTHER", "LOAD")
EARLIER, DAY, LATER = date(2026, 4, 8), date(2026, 4, 9), date(2026, 4, 10)

Refused = Callable[..., AbstractContextManager[None]]
Ask = Callable[..., list[object]]


@pytest.fixture
def two(hr: ETLMonitor, run: Run, prepare: Callable[..., None]) -> ETLMonitor:
    """CORP/HR_DAILY failed in tasks 1 and 2 on the 9th; OTHER/LOAD, under the same names, on the 8th and the 10th."""

    def fail() -> None:
        hr.fail_task("run-1", *HR, 1, processing_date=DAY)
        hr.fail_task("run-1", *HR, 2, processing_date=DAY)
        hr.register_process(*OTHER).register_task(*OTHER, 1, 1, 2, "Load", source_system_code="LoadEvents")
        hr.register_parameter(*OTHER, "LoadEvents", "DELTA_ID", value_int=7)
        for day in (EARLIER, LATER):
            hr.start_run(*OTHER, day, execution_id="run-1")
            hr.fail_task("run-1", *OTHER, 1, processing_date=day)

    prepare(fail)
    return hr


def where(rows: list[ProcessStatus]) -> list[tuple[str, int]]:
    return [(row.process_load, row.processing_date.day) for row in rows]


# processes()


def test_processes_without_a_date_are_each_shown_on_the_latest_that_has_steps(two: ETLMonitor) -> None:
    assert where(two.processes()) == [("HR_DAILY", 9), ("LOAD", 10)]


def test_processes_in_historic_mode_are_shown_on_its_date_and_others_are_not(two: ETLMonitor) -> None:
    two.start_run(*HR, LATER)
    two.set_processing_mode(*OTHER, is_historic_mode=True, historic_date=EARLIER)

    assert where(two.processes()) == [("HR_DAILY", 10), ("LOAD", 8)]


def test_processes_in_historic_mode_without_steps_on_its_date_are_left_out(two: ETLMonitor) -> None:
    two.set_processing_mode(*HR, is_historic_mode=True, historic_date=EARLIER)

    assert where(two.processes()) == [("LOAD", 10)]


def test_processes_with_a_date_are_those_that_have_steps_on_it(two: ETLMonitor) -> None:
    assert where(two.processes(processing_date="2026-04-08")) == [("LOAD", 8)]


@pytest.mark.parametrize("names", [("OTHER",), OTHER])
def test_processes_with_names_are_those_of_the_project_or_the_one(two: ETLMonitor, names: tuple[str, ...]) -> None:
    assert where(two.processes(*names)) == [("LOAD", 10)]


# failures()


def brief(rows: list[CurrentFailure] | list[MandatoryBlocker]) -> list[tuple[int, str, int]]:
    return [(row.processing_date.day, row.process_load, row.task_id) for row in rows]


def test_failures_are_listed_latest_date_first(two: ETLMonitor) -> None:
    assert brief(two.failures()) == [(10, "LOAD", 1), (9, "HR_DAILY", 1), (9, "HR_DAILY", 2), (8, "LOAD", 1)]


def test_failures_when_only_mandatory_are_the_blockers(two: ETLMonitor) -> None:
    assert brief(two.failures(*HR, mandatory=True)) == [(9, "HR_DAILY", 1)]


@pytest.mark.parametrize("mandatory", [False, True])
def test_failures_with_a_date_and_names_are_narrowed_by_both(two: ETLMonitor, mandatory: bool) -> None:
    assert brief(two.failures(*OTHER, EARLIER, mandatory=mandatory)) == [(8, "LOAD", 1)]


def test_failures_that_were_queued_again_are_gone(two: ETLMonitor) -> None:
    two.status_reset(*HR, DAY)

    assert two.failures(*HR) == []


# watermarks()


def test_watermarks_are_every_parameter_with_its_active_value(two: ETLMonitor) -> None:
    found = [(row.process_load, row.parameter_name, row.active_value) for row in two.watermarks()]

    assert found == [
        ("HR_DAILY", "LoadEmployees", None),
        ("HR_DAILY", "LoadEvents", "0"),
        ("HR_DAILY", "SYSDT", None),
        ("LOAD", "LoadEvents", "7"),
    ]


def test_watermarks_of_a_process_are_its_own(two: ETLMonitor) -> None:
    assert [row.active_value for row in two.watermarks(*OTHER)] == ["7"]


# runs()


def test_runs_of_an_id_are_its_attempts_in_every_process_and_on_every_date(two: ETLMonitor) -> None:
    two.status_reset(*HR, DAY)
    found = [(row.process_load, row.processing_date.day, row.attempts) for row in two.runs("run-1")]

    assert found == [("HR_DAILY", 9, 0), ("HR_DAILY", 9, 1), ("LOAD", 8, 0), ("LOAD", 10, 0)]


def test_runs_of_an_unknown_id_are_refused(two: ETLMonitor, refused: Refused) -> None:
    with refused(NotFoundError, "run-9"):
        two.runs("run-9")


# latest_date()


@pytest.mark.parametrize(("names", "expected"), [((), LATER), (("CORP",), DAY), (OTHER, LATER)])
def test_latest_date_is_that_of_the_processes_that_are_meant(
    two: ETLMonitor, names: tuple[str, ...], expected: date
) -> None:
    assert two.latest_date(*names) == expected


def test_latest_date_when_nothing_ran_is_none(hr: ETLMonitor) -> None:
    assert hr.latest_date() is None


# What all of them do


def test_questions_are_answered_with_typed_rows(two: ETLMonitor) -> None:
    answers = (two.processes(), two.failures(), two.failures(mandatory=True), two.watermarks(), two.runs("run-1"))

    assert [type(answer[0]) for answer in answers] == [
        ProcessStatus,
        CurrentFailure,
        MandatoryBlocker,
        Watermark,
        RunSummary,
    ]


ASKED = {
    "processes": lambda m, *names: m.processes(*names),
    "failures": lambda m, *names: m.failures(*names),
    "blockers": lambda m, *names: m.failures(*names, mandatory=True),
    "watermarks": lambda m, *names: m.watermarks(*names),
    "require_registered": lambda m, *names: m.require_registered(*names),
}

each = pytest.mark.parametrize("ask", ASKED.values(), ids=ASKED)


@each
def test_questions_about_an_unknown_process_are_refused_with_the_known_ones(
    two: ETLMonitor, refused: Refused, ask: Ask
) -> None:
    with refused(ProcessNotFound, "CORP/PAYROLL", "CORP/HR_DAILY", "OTHER/LOAD"):
        ask(two, "CORP", "PAYROLL")


@each
def test_questions_about_an_unknown_project_are_refused_with_the_known_ones(
    two: ETLMonitor, refused: Refused, ask: Ask
) -> None:
    with refused(ProcessNotFound, "project NOWHERE", "CORP/HR_DAILY"):
        ask(two, "NOWHERE")


@each
def test_questions_about_a_registered_process_without_rows_are_answered_with_nothing(
    monitor: ETLMonitor, ask: Ask
) -> None:
    monitor.register_process("CORP", "PAYROLL")

    assert not ask(monitor, "CORP", "PAYROLL")


@each
def test_questions_about_a_process_without_its_project_are_refused(two: ETLMonitor, refused: Refused, ask: Ask) -> None:
    with refused(InvalidInput, "project_code"):
        ask(two, None, "HR_DAILY")
