"""The views' page."""

from __future__ import annotations

import inspect

from sqlalchemy import Column
from sqlalchemy.sql.elements import ColumnElement

from etl_monitor_orm.views import VIEWS, ViewBase
from scripts.site.dictionary import anchors, columns
from scripts.site.dictionary.reading import origin, reading
from scripts.site.python_names import public_name

HEAD = """# Views

Every view of the monitor, in the schema of the tables unless you chose another one. Below a column stands the attribute
of the class. [Tables](tables.md) says how each type is stored; the columns of the *key* tell the rows apart. *From* is
the table whose column of the same name the view hands out; without one the view computes the value.
"""


def written() -> str:
    """Return the page."""
    return "\n".join([HEAD, *map(_section, VIEWS)])


def _section(view: type[ViewBase]) -> str:
    name = view.__tablename__
    read = ", ".join(anchors.linked(table) for table in reading()[name])
    rows = [
        _row(view, column, selected)
        for column, selected in zip(view.__table__.columns, view.definition.selected_columns, strict=True)
    ]
    return "\n".join(
        [
            f"## `{name}`\n\n{anchors.marked(name)}{inspect.getdoc(view)}\n",
            f"Class: [{view.__name__}](#{public_name(view.__name__)}). Reads: {read}.\n",
            columns.table(["Column", "Type", "Meaning", "From"], rows),
            "",
        ]
    )


def _row(view: type[ViewBase], column: Column[object], selected: ColumnElement[object]) -> list[str]:
    source = origin(selected)
    meaning = column.doc or (source.comment if source is not None else None)
    return [
        columns.name(view.__mapper__, column),
        columns.kind(column),
        columns.cell(f"{meaning}.{columns.words(column)}"),
        "" if source is None else anchors.linked(f"{source.table.name}.{source.name}", source.table.name),
    ]
