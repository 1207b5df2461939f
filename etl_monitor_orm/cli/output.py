"""How results are printed: tables for people, JSON for programs."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass, fields, is_dataclass
from datetime import date, datetime
from typing import TYPE_CHECKING, Final, Generic, Literal, TypeVar

import typer
from sqlalchemy import inspect

from etl_monitor_orm.cli.hints import tell
from etl_monitor_orm.printable import one_line

if TYPE_CHECKING:
    from rich.console import Console

Row = TypeVar("Row")

LONGEST_CELL: Final = 300
"""How many characters of a text a table shows; JSON has the whole text."""

_WHOLE: Final = (19, 12)
"""Up to so many characters a column is not broken into lines: a time; else a date, a state or a number."""
_LEAST: Final = 10
"""What a column needs that is."""
_UNLIMITED: Final = 10_000
_STYLES: Final = {
    "DONE": "green",
    "COMPLETE": "green",
    "FAIL": "bold red",
    "FAILED": "bold red",
    "RUNNING": "cyan",
    "NQUE": "yellow",
    "RQUE": "yellow",
}


@dataclass(frozen=True)
class Column(Generic[Row]):
    """One column of a table: its title, and what it shows of a row."""

    title: str
    value: Callable[[Row], object]


def print_json(value: object) -> None:
    """Print a value as JSON: rows by their column names in snake_case, times as ISO text in UTC."""
    typer.echo(json.dumps(value, indent=2, default=plain))


def print_rows(rows: Sequence[Row], columns: Sequence[Column[Row]], *, as_json: bool, title: str, nothing: str) -> None:
    """Print rows as JSON, or as a table; `nothing` is printed for people when there are none."""
    if as_json:
        print_json(rows)
    elif rows:
        print_table(rows, columns, title)
    else:
        tell(nothing)


def print_table(rows: Sequence[Row], columns: Sequence[Column[Row]], title: str) -> None:
    """Print rows as a table, as wide as the terminal; in a pipe, as wide as the rows."""
    from rich import box
    from rich.table import Table
    from rich.text import Text

    table = Table(
        box=box.SIMPLE_HEAD, show_edge=False, pad_edge=False, title_justify="left", title=Text(one_line(title))
    )
    shown = console()
    widths = [max(len(column.title), *(len(cell(column.value(row))) for row in rows)) for column in columns]
    whole = next((most for most in _WHOLE if _needed(widths, most) <= shown.width), 0)
    for column, width in zip(columns, widths, strict=True):
        numbers = all(isinstance(column.value(row), int | None) for row in rows)
        justify: Literal["right", "left"] = "right" if numbers else "left"
        # A date that is broken into lines cannot be read: where there is room, only long text is broken.
        table.add_column(column.title, justify=justify, overflow="fold", no_wrap=width <= whole)
    for row in rows:
        cells = (cell(column.value(row)) for column in columns)
        table.add_row(*(Text(text, style=_STYLES.get(text, "")) for text in cells))
    shown.print(table)
    typer.echo()


def _needed(widths: Sequence[int], whole: int) -> int:
    """How wide a table must be so that its columns of up to so many characters stay whole."""
    return sum((width if width <= whole else _LEAST) + 3 for width in widths)


def console(*, stderr: bool = False) -> Console:
    """Return the console for tables: as wide as the terminal, or without a limit in a pipe."""
    from rich.console import Console

    stream = sys.stderr if stderr else sys.stdout
    if os.environ.get("COLUMNS", "").strip() == "0":
        del os.environ["COLUMNS"]  # as shells do, Rich would take it for a terminal without any room
    fitted = stream.isatty() or "COLUMNS" in os.environ
    return Console(width=None if fitted else _UNLIMITED, highlight=False, stderr=stderr)


def cell(value: object) -> str:
    """Return what a table shows for a value: one line, without control characters, not too long."""
    match value:
        case None:
            return ""
        case bool():
            return "yes" if value else "no"
        case datetime():
            return f"{value:%Y-%m-%d %H:%M:%S}"
        case date():
            return value.isoformat()
        case _:
            text = one_line(str(value))
            return text if len(text) <= LONGEST_CELL else text[: LONGEST_CELL - 1] + "…"


def plain(value: object) -> object:
    """Return a JSON value for a date, a time, or one of the monitor's rows."""
    if isinstance(value, date):
        return value.isoformat()
    if is_dataclass(value) and not isinstance(value, type):
        return {field.name: getattr(value, field.name) for field in fields(value)}
    return {attribute.key: getattr(value, attribute.key) for attribute in inspect(type(value)).column_attrs}
