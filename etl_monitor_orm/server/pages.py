"""The six views, page by page: in the order of their keys, from where the page before ended."""

from __future__ import annotations

import base64
import json
from contextlib import suppress
from datetime import date
from typing import Any, Final

from sqlalchemy import ColumnElement, and_, inspect, or_, select
from sqlalchemy.exc import SQLAlchemyError

from etl_monitor_orm import inputs, views
from etl_monitor_orm.backends import our_error
from etl_monitor_orm.columns import written
from etl_monitor_orm.errors import InvalidInput
from etl_monitor_orm.monitor import ETLMonitor
from etl_monitor_orm.rows import Rows
from etl_monitor_orm.server.answers import Answered, in_rows
from etl_monitor_orm.server.calls import Given

DEFAULT_LIMIT: Final = 100
MOST_ROWS: Final = 1_000
FILTERS: Final = (
    "project_code",
    "process_load",
    "processing_date",
    "execution_id",
    "workflow_id",
    "sequence_id",
    "task_id",
    "parameter_name",
)
"""The columns by which a request may narrow a view that has them."""
_NUMBERS: Final = ("workflow_id", "sequence_id", "task_id")
_WHOLE: Final = (*_NUMBERS, "attempts")
_LONGEST_TOKEN: Final = 8_000
"""Characters: the keys of a row may be long."""


def filters(view: type[views.ViewBase]) -> tuple[str, ...]:
    """Return the columns by which a view may be narrowed."""
    return tuple(name for name in FILTERS if hasattr(view, name))


def page(monitor: ETLMonitor, view: type[views.ViewBase], given: Given) -> Answered:
    """Return a page of a view, and the token of the next one.

    Raises:
        InvalidInput: An argument cannot be read.
    """
    most = inputs.integer("limit", given.get("limit", DEFAULT_LIMIT), least=1, most=MOST_ROWS)
    keys = [column.key for column in _keys(view)]
    query = select(view).where(*_narrowed(view, given)).order_by(*_keys(view)).limit(most + 1)
    if "after" in given:
        query = query.where(_beyond(view, _read_token(given["after"], keys)))
    try:
        with monitor.session() as session:
            found = list(session.scalars(query))
    except SQLAlchemyError as error:
        # A session raises the driver's errors unchanged.
        raise our_error(error, monitor.engine) from error
    if not found and "after" not in given:
        _check_names(monitor, given)
    shown = found[:most]
    more = len(found) > most
    return in_rows(Rows(view, shown), next_page=_token(shown[-1], keys) if more else None)


def _check_names(monitor: ETLMonitor, given: Given) -> None:
    """Refuse a name that does not exist: no row would look as if nothing had failed.

    Raises:
        NotFoundError: There is no such process or run.
    """
    if "execution_id" in given:
        names = ("execution_id", "project_code", "process_load", "processing_date")
        with suppress(InvalidInput):  # several processes have such a run
            monitor.get_run(**{name: given[name] for name in names if name in given})
    elif "project_code" in given:
        monitor.processes(given["project_code"], given.get("process_load"))


def _keys(view: type[views.ViewBase]) -> list[Any]:
    mapper = inspect(view)
    return [getattr(view, mapper.get_property_by_column(column).key) for column in mapper.primary_key]


def _narrowed(view: type[views.ViewBase], given: Given) -> list[ColumnElement[bool]]:
    conditions: list[ColumnElement[bool]] = []
    for name in filters(view):
        if name not in given:
            continue
        value: object = given[name]
        if name in _NUMBERS:
            value = inputs.integer(name, value)
        elif name == "processing_date":
            value = inputs.day(name, value)
        else:
            value = inputs.text(name, value)
        conditions.append(getattr(view, name) == value)
    return conditions


def _beyond(view: type[views.ViewBase], last: list[object]) -> ColumnElement[bool]:
    """Whether a row comes after the last one shown. Not every database compares several columns at once."""
    columns = _keys(view)
    return or_(
        *(
            and_(
                *(one == value for one, value in zip(columns[:place], last[:place], strict=True)), column > last[place]
            )
            for place, column in enumerate(columns)
        )
    )


def _token(row: object, keys: list[str]) -> str:
    values = [written(getattr(row, name)) for name in keys]
    return base64.urlsafe_b64encode(json.dumps(values).encode()).decode().rstrip("=")


def _read_token(told: object, keys: list[str]) -> list[object]:
    """Return the keys of the last row that was shown.

    Raises:
        InvalidInput: It is no token of this view.
    """
    text = inputs.text("after", told, longest=_LONGEST_TOKEN)
    try:
        values = json.loads(base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)))
        return [_key(name, value) for name, value in zip(keys, values, strict=True)]
    except (ValueError, TypeError, RecursionError):
        raise InvalidInput("after is no token of this view. Pass the next_page of the page before.") from None


def _key(name: str, value: object) -> object:
    if name == "processing_date":
        return date.fromisoformat(str(value))
    if isinstance(value, bool) or not isinstance(value, str | int) or isinstance(value, str) is (name in _WHOLE):
        raise ValueError(name)
    return inputs.text(name, value) if isinstance(value, str) else inputs.integer(name, value)
