"""`etl-monitor sql`: a query of your own, which can change nothing."""

from __future__ import annotations

import csv
import json
import math
import sys
from collections.abc import Iterator, Sequence
from datetime import date
from typing import Annotated, Final

import typer
from sqlalchemy import CursorResult

from etl_monitor_orm.backends import backend_of, refuse_writing
from etl_monitor_orm.cli import texts
from etl_monitor_orm.cli.options import Catalog, Json, Schema, Url, opened
from etl_monitor_orm.cli.output import Column, print_json, print_rows
from etl_monitor_orm.errors import InvalidInput

Statement = Annotated[str, typer.Argument(metavar="SELECT...", help="The query; - is standard input.")]
Csv = Annotated[bool, typer.Option("--csv", help="Print CSV with a header.")]

_AT_A_TIME: Final = 1_000
"""Rows that are held in memory where they are printed as they come."""

Row = tuple[object, ...]


def sql(
    statement: Statement,
    as_csv: Csv = False,
    url: Url = None,
    schema: Schema = None,
    catalog: Catalog = None,
    as_json: Json = False,
) -> None:
    """Run a query that only reads.

    Refuses anything but one statement that reads, and, where the database can, reads in a transaction that cannot
    write. The tables and views are in the schema etl.
    """
    with opened(url, schema, catalog, reads=True) as monitor:
        if as_csv and as_json:
            raise InvalidInput("--csv and --json exclude each other. Give one of them.")
        text = refuse_writing(texts.said(statement))
        with backend_of(monitor.engine).reading(monitor.engine) as connection:
            result = connection.execution_options(no_parameters=True).exec_driver_sql(text)
            names = list(result.keys()) if result.returns_rows else []
            if as_csv:
                _print_csv(names, result)
                return
            rows = [tuple(row) for row in result] if names else []
        if as_json:
            unique = _unique(names)
            print_json([{name: _plain(value) for name, value in zip(unique, row, strict=True)} for row in rows])
        else:
            columns: list[Column[Row]] = [
                Column(name, lambda row, at=number: _shown(row[at]))  # type: ignore[misc]
                for number, name in enumerate(names)
            ]
            print_rows(rows, columns, as_json=False, title="", nothing="No rows.")


def _print_csv(names: Sequence[str], result: CursorResult[tuple[object, ...]]) -> None:
    writer = csv.writer(sys.stdout, lineterminator="\n")
    writer.writerow(names)
    for row in _streamed(result) if names else ():
        writer.writerow(["" if value is None else _flat(value) for value in row])


def _streamed(result: CursorResult[tuple[object, ...]]) -> Iterator[Row]:
    while rows := result.fetchmany(_AT_A_TIME):
        yield from (tuple(row) for row in rows)


def _unique(names: Sequence[str]) -> list[str]:
    """Return names of which no two are the same: a JSON object would keep the last value only."""
    found: list[str] = []
    for name in names:
        other, number = name, 2
        while other in found:
            other, number = f"{name}_{number}", number + 1
        found.append(other)
    return found


def _plain(value: object) -> object:
    """Return what JSON has a word for; a number that it would round is text."""
    if isinstance(value, list | tuple | set):
        return [_plain(one) for one in value]
    if isinstance(value, dict):
        return {str(key): _plain(one) for key, one in value.items()}
    if isinstance(value, bytes | bytearray | memoryview):
        return bytes(value).hex()
    if value is None or isinstance(value, int | str) or (isinstance(value, float) and math.isfinite(value)):
        return value
    return value.isoformat() if isinstance(value, date) else str(value)


def _flat(value: object) -> object:
    """Return what a field of CSV holds."""
    plain = _plain(value)
    if isinstance(plain, bool):
        return str(plain).lower()
    return json.dumps(plain) if isinstance(plain, dict | list) else plain


def _shown(value: object) -> object:
    """Return what a table shows."""
    return value if value is None or isinstance(value, bool | int | date) else _flat(value)
