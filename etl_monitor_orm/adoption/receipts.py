"""What an adoption notes in `ETLsysLogs`: that it began, what it does to rows, and that it ended.

The first one names the kind of the tables. After some columns are added nobody could tell it any more, so a run that
continues a stopped one reads it there.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import date
from typing import Any, Final

from sqlalchemy import Connection, Date, Executable, String, Table, cast, func, literal, select

from etl_monitor_orm.adoption.report import StepNumber
from etl_monitor_orm.migrations.recognising import Kind
from etl_monitor_orm.migrations.unfinished import ADOPT, APART, BEGUN, ENDED
from etl_monitor_orm.vocabulary import LogLevel

_MAP: Final = "\n"
"""Between the sentence and the map of keys."""

Moved = Mapping[StepNumber, tuple[StepNumber, ...]]


def begun(logs: Table, today: date, kind: Kind) -> Executable:
    """Return the statement that notes the beginning."""
    return _receipt(logs, today, BEGUN, f"kind {kind.value}")


def views_apart(logs: Table, today: date, place: str) -> Executable:
    """Return the statement that notes in which other schema the views are made."""
    return _receipt(logs, today, APART, place)


def ended(logs: Table, today: date, revision: str) -> Executable:
    """Return the statement that notes the end."""
    return _receipt(logs, today, ENDED, f"The Spark edition's tables are adopted, at revision {revision}.")


def noted_rows(logs: Table, today: date, about: str, words: str, rows: int, moved: Moved | None = None) -> Executable:
    """Return the statement that notes a change of rows, and which keys it changes."""
    text = f"{words}: {rows}."
    if moved:
        text += _MAP + json.dumps([[_plain(old), *([new.attempts] for new in became)] for old, became in moved.items()])
    return _receipt(logs, today, about, text)


def moved_before(connection: Connection, logs: Table, about: str) -> dict[StepNumber, tuple[StepNumber, ...]]:
    """Return which keys a rule has changed in a run that was stopped, or was about to change."""
    query = select(logs.c.Message).where(
        logs.c.OperationName == literal(ADOPT, String), logs.c.ActivityName == literal(about, String)
    )
    found: dict[StepNumber, tuple[StepNumber, ...]] = {}
    for message in connection.scalars(query):
        _, _, text = message.partition(_MAP)
        for key, *became in json.loads(text or "[]"):
            old = StepNumber(date.fromisoformat(key[0]), *key[1:])
            found[old] = tuple(old._replace(attempts=number) for (number,) in became)
    return found


def joined(before: Moved, after: Moved) -> dict[StepNumber, tuple[StepNumber, ...]]:
    """Return one map for two changes that follow each other."""
    result = dict(after)
    for old, became in before.items():
        result[old] = tuple(final for new in became for final in after.get(new, (new,)))
        for new in became:
            if new != old and new not in before:
                result.pop(new, None)
    return result


def _plain(key: StepNumber) -> list[Any]:
    return [str(key.processing_date), *key[1:]]


def _receipt(logs: Table, today: date, about: str, message: str) -> Executable:
    values: dict[str, Any] = {
        "ProcessingDate": cast(literal(str(today), String), Date),
        "PipelineName": "etl-monitor",
        "ActivityName": about,
        "OperationName": ADOPT,
        "Level": int(LogLevel.INFO),
        "LogTimeUTC": func.current_timestamp(),
        "Message": message,
    }
    return logs.insert().values(values)
