"""What the command prints: a progress bar during the nights, and the status at the end."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from types import TracebackType
from typing import Final, Self

from rich import box
from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeElapsedColumn
from rich.progress import Progress as Bar
from rich.table import Table

from etl_monitor_orm.demo.processes import PROJECT
from etl_monitor_orm.demo.result import DemoResult
from etl_monitor_orm.errors import InvalidInput
from etl_monitor_orm.printable import one_line

_DAYS_SHOWN: Final = 14
"""The report lists the last days and counts the others: nobody reads 365 of them."""


class Progress:
    """A progress bar over the nights.

    Args:
        console: Where it is drawn; None draws none.
        nights: How many nights there are.
    """

    def __init__(self, console: Console | None, nights: int) -> None:
        self._bar = Bar(
            TextColumn("{task.description}"),
            BarColumn(),
            MofNCompleteColumn(),
            TimeElapsedColumn(),
            console=console,
            disable=console is None or nights == 0,
        )
        self._task = self._bar.add_task(PROJECT, total=nights)

    def show(self, day: date) -> None:
        """Name the day that is being loaded."""
        self._bar.update(self._task, description=f"Loading {day}")

    def done(self) -> None:
        """Count a day as loaded."""
        self._bar.advance(self._task)

    def __enter__(self) -> Self:
        self._bar.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._bar.stop()


def print_report(result: DemoResult, console: Console) -> None:
    """Print what a demo did, and the current status.

    Args:
        result: What `run_demo` returned.
        console: Where to print.

    Raises:
        InvalidInput: `result` is something else.
    """
    if not isinstance(result, DemoResult):
        raise InvalidInput(f"result must be what run_demo() returned, not {type(result).__name__}.")
    for table in (_statuses(result), _failures(result), _late(result), _watermarks(result), _rows(result)):
        if table.row_count:
            console.print(table)
            console.print()
    blocked = ", ".join(f"{blocker.task_name} of {blocker.processing_date}" for blocker in result.blockers)
    console.print(f"Blocked now: {_plain(blocked) or 'nothing'}.")
    console.print(f"{_plain(result.warehouse)} matches its sources, row by row.")
    if result.days:
        first, last, count = result.days[0], result.days[-1], len(result.days)
        loaded = f"{first} to {last}, {count} days" if count > 1 else str(first)
        console.print(f"Loaded {loaded}, in {result.seconds:.1f} s.")
    if result.nothing_left:
        console.print("Nothing is left to load: the warehouse has the whole year.")
    else:
        console.print("Run the demo again to load the next days.")


def _plain(text: str) -> str:
    """Text of a database, as one line without Rich's markup."""
    return escape(one_line(text))


def _table(title: str, *columns: str, numbers: Sequence[str] = ()) -> Table:
    table = Table(title=title, title_justify="left", box=box.SIMPLE_HEAD, show_edge=False, pad_edge=False)
    for column in columns:
        table.add_column(column, justify="right" if column in numbers else "left", overflow="fold")
    return table


def _statuses(result: DemoResult) -> Table:
    hidden = len(result.days[:-_DAYS_SHOWN])
    title = f"Status of the processes (and of {hidden} earlier days)" if hidden else "Status of the processes"
    numbers = ("Done", "Failed", "Pending", "Attempts")
    table = _table(title, "Date", "Process", *numbers, "State", numbers=numbers)
    for status in result.statuses:
        if status.processing_date in result.days[-_DAYS_SHOWN:]:
            table.add_row(
                str(status.processing_date),
                _plain(f"{status.project_code}/{status.process_load}"),
                str(status.done),
                str(status.failed),
                str(status.pending),
                str(status.latest_attempt + 1),
                _plain(str(status.run_state)),
            )
    return table


def _failures(result: DemoResult) -> Table:
    table = _table("What failed", "Date", "Task", "What went wrong", "Consequence")
    for failure in result.failures:
        table.add_row(
            str(failure.processing_date),
            _plain(failure.task_name),
            _plain(failure.message.splitlines()[0]),
            "blocked its run until the retry" if failure.mandatory else "not mandatory: blocked nothing",
        )
    return table


def _late(result: DemoResult) -> Table:
    table = _table("What was late", "Date", "What", "Since (UTC)", "Until")
    for breach in result.late:
        ends = "now" if breach.until is None else f"{breach.until:%H:%M}"
        what = _plain(breach.message or str(breach.kind))
        table.add_row(str(breach.processing_date), what, f"{breach.since:%Y-%m-%d %H:%M}", ends)
    return table


def _watermarks(result: DemoResult) -> Table:
    table = _table("How far the sources were read", "Watermark", "Type", "Value")
    for watermark in result.watermarks:
        table.add_row(
            _plain(f"{watermark.process_load}/{watermark.parameter_name}"),
            _plain(str(watermark.parameter_type)),
            _plain(watermark.active_value or "the beginning"),
        )
    return table


def _rows(result: DemoResult) -> Table:
    numbers = ("Written now", "In the warehouse", "In the source")
    table = _table("Rows (the mart is compared by the flights that it counts)", "Table", *numbers, numbers=numbers)
    for check in result.checks:
        table.add_row(check.table, f"{result.rows.get(check.table, 0):,}", f"{check.warehouse:,}", f"{check.source:,}")
    return table
