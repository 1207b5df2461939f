"""The tables' page."""

from __future__ import annotations

import inspect

from sqlalchemy import Column
from sqlalchemy.orm import Mapper

from etl_monitor_orm.models import Base
from scripts.site.dictionary import anchors, columns
from scripts.site.dictionary.reading import reading
from scripts.site.python_names import public_name

HEAD = """# Tables

Every table of the monitor, in its schema (`etl` unless you chose another one). Below a column stands the attribute of
the class. The columns of the *key* are the primary key; no table has a foreign key.
"""


def written() -> str:
    """Return the page."""
    kinds = {
        columns.type_name(column.type): column.type for each in anchors.tables() for column in each.local_table.columns
    }
    stored = [[name, *(f"`{text}`" for text in columns.stored_as(kind))] for name, kind in sorted(kinds.items())]
    types = f"## Types\n\n{columns.table(['Type', *columns.DATABASES.values()], stored)}\n"
    return "\n".join([HEAD, types, *map(_section, anchors.tables())])


def _section(mapper: Mapper[Base]) -> str:
    stored = mapper.local_table
    name = mapper.class_.__name__
    path = public_name(name)
    views = ", ".join(anchors.linked(view) for view in reading() if stored.name in reading()[view])
    rows = [_row(mapper, column) for column in stored.columns]
    return "\n".join(
        [
            f"## `{stored.name}`\n\n{anchors.marked(stored.name)}{inspect.getdoc(mapper.class_)}\n",
            f"Class: {f'[{name}](#{path})' if path else f'none that is public (`{name}`)'}."
            f" Views that read it: {views or 'none'}.\n",
            columns.table(["Column", "Type", "NULL", "Meaning"], rows),
            *_indexes(mapper),
            "",
        ]
    )


def _row(mapper: Mapper[Base], column: Column[object]) -> list[str]:
    return [
        columns.name(mapper, column),
        columns.kind(column),
        "yes" if column.nullable else "no",
        columns.cell(f"{column.comment}.{columns.words(column)}"),
    ]


def _indexes(mapper: Mapper[Base]) -> list[str]:
    found = sorted(mapper.local_table.indexes, key=lambda index: str(index.name))
    shown = [f"`{index.name}` ({', '.join(f'`{column.name}`' for column in index.columns)})" for index in found]
    return [f"\nIndexes, on PostgreSQL: {', '.join(shown)}."] if shown else []
