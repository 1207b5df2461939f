"""How results are printed: tables for people, JSON for programs."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass, fields, is_dataclass
from datetime import date, datetime
from typing import TYPE_CHECKING, Final, Generic, TypeVar

import typer
from sqlalchemy import inspect

from etl_monitor_orm.cli.hints import tell
from etl_monitor_orm.printable import one_line

if TYPE_CHECKING:
    from rich.console import Console

Row = TypeVar("Row")

LONGEST_CELL: Final = 300
"""How many characters of a text a table shows; JSON has the whole text."""

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
    typer.echo(json.dumps(value, indent=2, default=_plain))


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
    for column in columns:
        numbers = all(isinstance(column.value(row), int | None) for row in rows)
        table.add_column(column.title, justify="right" if numbers else "left", overflow="fold")
    for row in rows:
        cells = (cell(column.value(row)) for column in columns)
        table.add_row(*(Text(text, style=_STYLES.get(text, "")) for text in cells))
    console().print(table)
    typer.echo()


def console(*, stderr: bool = False) -> Console:
    """Return the console for tables: as wide as the terminal, or without a limit in a pipe."""
    from rich.console import Console

    stream = sys.stderr if stderr else sys.stdout
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


def _plain(value: object) -> object:
    """Return a JSON value for a date, a time, or one of the monitor's rows."""
    if isinstance(value, date):
        return value.isoformat()
    if is_dataclass(value) and not isinstance(value, type):
        return {field.name: getattr(value, field.name) for field in fields(value)}
    return {attribute.key: getattr(value, attribute.key) for attribute in inspect(type(value)).column_attrs}
