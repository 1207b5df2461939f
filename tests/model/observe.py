"""Looks at a real monitor with a user's eyes: its mapped classes, read row by row through a session."""

from __future__ import annotations

from collections.abc import Mapping

from sqlalchemy import inspect, select

import etl_monitor_orm
from etl_monitor_orm import ETLMonitor

from .reference.content import Row, Table, keyed, numbered


def read(monitor: ETLMonitor, keys: Mapping[str, tuple[str, ...]]) -> dict[str, Table]:
    """The content of the named tables or views, each row by its key."""
    content = {}
    with monitor.session() as session:
        for name, key in keys.items():
            mapped = getattr(etl_monitor_orm, name)
            columns = [getattr(mapped, attribute.key) for attribute in inspect(mapped).column_attrs]
            names = [attribute.key for attribute in inspect(mapped).column_attrs]
            rows = [dict(zip(names, row, strict=True)) for row in session.execute(select(*columns))]
            if "nth" in key:
                rows = numbered(sorted(rows, key=lambda row: str(row["message"])))
            content[name] = keyed(rows, key)
    return content


def differences(expected: Mapping[str, Table], actual: Mapping[str, Table]) -> list[str]:
    """What differs, one line each; columns that only the real side has are its own business."""
    found = []
    for name, table in expected.items():
        real = actual[name]
        found += [f"{name}: no row {key}" for key in table.keys() - real.keys()]
        found += [f"{name}: a row too many {key}" for key in real.keys() - table.keys()]
        for key in table.keys() & real.keys():
            found += [f"{name} {key}: {line}" for line in differing(table[key], real[key])]
    return sorted(found)


def differing(expected: Row, actual: Row) -> list[str]:
    return [
        f"{column} should be {value!r}, is {actual[column]!r}"
        for column, value in expected.items()
        if not value == actual[column]  # noqa: SIM201  # the expectation decides what equals it
    ]
