"""Tasks that wait for a file: what its name is on a date, and who is told of it."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from etl_monitor_orm import ETLMonitor, InvalidInput, ProcessingStep, Task, TaskDetail

FIN = ("CORP", "FIN_MONTHLY")
IN, OUT = "abfss://raw@store.dfs.core.windows.net/payroll/uk/", "abfss://out@store/payroll/"

Row = Callable[..., object]
Rows = Callable[..., list]


@pytest.fixture
def files(monitor: ETLMonitor) -> ETLMonitor:
    """CORP/FIN_MONTHLY: no task yet."""
    return monitor.register_process(*FIN)


@pytest.mark.parametrize(
    ("frequency", "name"),
    [
        ("D", "payroll_uk_20260409.csv"),
        ("M", "payroll_uk_202604.csv"),
        ("Y", "payroll_uk_2026.csv"),
        ("W", None),
        ("A", None),
        (None, None),
    ],
)
def test_step_of_a_task_that_waits_for_a_file_names_it_by_the_frequency(
    files: ETLMonitor, row: Row, frequency: str | None, name: str | None
) -> None:
    files.register_task(
        *FIN, 1, 1, 2, "Payroll", file_name_mask="payroll_uk", file_extension=".csv", load_frequency=frequency
    )
    files.start_run(*FIN, "2026-04-09")

    assert row(ProcessingStep).full_file_name == name


def test_file_of_the_first_century_has_all_digits_of_its_year(files: ETLMonitor, row: Row) -> None:
    files.register_task(*FIN, 1, 1, 2, "Annals", file_name_mask="annals", load_frequency="Y")
    files.start_run(*FIN, "0079-08-24")

    assert row(ProcessingStep).full_file_name == "annals_0079"


def test_file_without_an_extension_ends_with_its_date(files: ETLMonitor, row: Row) -> None:
    files.register_task(*FIN, 1, 1, 2, "Payroll", file_name_mask="payroll")
    files.start_run(*FIN, "2026-04-09")

    assert row(ProcessingStep).full_file_name == "payroll_20260409"


def test_task_that_waits_for_no_file_has_no_file_name(files: ETLMonitor, row: Row) -> None:
    files.register_task(*FIN, 1, 1, 2, "Payroll", file_extension=".csv", in_file_path=IN)
    files.start_run(*FIN, "2026-04-09")

    assert (row(ProcessingStep).full_file_name, row(ProcessingStep).in_file_path) == (None, IN)


def test_name_with_quotes_and_signs_is_ordinary_text(files: ETLMonitor, row: Row) -> None:
    files.register_task(*FIN, 1, 1, 2, "Payroll", file_name_mask="O'Hara 100% :x \\n", file_extension=".é'")
    files.start_run(*FIN, "2026-04-09")

    assert row(ProcessingStep).full_file_name == "O'Hara 100% :x \\n_20260409.é'"


def test_pending_step_tells_its_file_and_folders(files: ETLMonitor) -> None:
    files.register_task(
        *FIN, 1, 1, 2, "Payroll", file_name_mask="pay", file_extension=".csv", in_file_path=IN, out_file_path=OUT
    )
    (pending,) = files.start_run(*FIN, "2026-04-09").pending()

    assert (pending.full_file_name, pending.in_file_path, pending.out_file_path) == ("pay_20260409.csv", IN, OUT)


def test_task_detail_tells_the_file_and_the_folders(files: ETLMonitor, row: Row) -> None:
    files.register_task(*FIN, 1, 1, 2, "Payroll", file_name_mask="pay", in_file_path=IN, out_file_path=OUT)
    files.start_run(*FIN, "2026-04-09")
    detail = row(TaskDetail)

    assert (detail.full_file_name, detail.in_file_path, detail.out_file_path) == ("pay_20260409", IN, OUT)


def test_step_keeps_its_file_when_the_task_is_registered_anew(files: ETLMonitor, row: Row) -> None:
    files.register_task(*FIN, 1, 1, 2, "Payroll", file_name_mask="old", in_file_path=IN)
    files.start_run(*FIN, "2026-04-09")
    files.register_task(*FIN, 1, 1, 2, "Payroll", file_name_mask="new", in_file_path=OUT)

    assert (row(ProcessingStep).full_file_name, row(ProcessingStep).in_file_path) == ("old_20260409", IN)


def test_new_attempt_waits_for_the_same_file(files: ETLMonitor, row: Row, fail: Callable[..., None]) -> None:
    files.register_task(*FIN, 1, 1, 2, "Payroll", file_name_mask="pay", in_file_path=IN, out_file_path=OUT)
    run = files.start_run(*FIN, "2026-04-09")
    fail(run, 1)
    files.register_task(*FIN, 1, 1, 2, "Payroll", file_name_mask="new")
    run.reset()
    again = row(ProcessingStep, attempts=1)

    assert (again.full_file_name, again.in_file_path, again.out_file_path) == ("pay_20260409", IN, OUT)


@pytest.mark.parametrize("argument", ["file_name_mask", "file_extension", "in_file_path", "out_file_path"])
def test_part_of_a_file_stays_when_left_out_and_goes_with_none(files: ETLMonitor, row: Row, argument: str) -> None:
    files.register_task(*FIN, 1, 1, 2, "Payroll", **{argument: "x"})
    files.register_task(*FIN, 1, 1, 2, "Payroll")
    kept = getattr(row(Task), argument)
    files.register_task(*FIN, 1, 1, 2, "Payroll", **{argument: None})

    assert (kept, getattr(row(Task), argument)) == ("x", None)


def test_file_name_that_is_no_text_is_refused(files: ETLMonitor, refused: Callable[..., object]) -> None:
    with refused(InvalidInput, "file_name_mask"):
        files.register_task(*FIN, 1, 1, 2, "Payroll", file_name_mask=7)
