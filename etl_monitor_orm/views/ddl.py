"""CREATE VIEW and DROP VIEW, which SQLAlchemy 2.0 lacks."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Table
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.schema import DDLElement
from sqlalchemy.sql.compiler import DDLCompiler

from etl_monitor_orm.views.base import ViewBase


class CreateView(DDLElement):
    """Create the view behind a mapped class, from the class's own query.

    Args:
        view: One of the six mapped views.
    """

    def __init__(self, view: type[ViewBase]) -> None:
        self.view = view
        self.table: Table = view.metadata.tables[f"{view.metadata.schema}.{view.__tablename__}"]


class DropView(CreateView):
    """Drop the view behind a mapped class."""


@compiles(CreateView)
def _create_view(element: CreateView, compiler: DDLCompiler, **kw: Any) -> str:
    return _rendered("CREATE VIEW", element, compiler)


@compiles(CreateView, "databricks")
def _replace_view(element: CreateView, compiler: DDLCompiler, **kw: Any) -> str:
    # Nothing is rolled back there, so a migration that was stopped meets its own views when it is run again.
    return _rendered("CREATE OR REPLACE VIEW", element, compiler)


def _rendered(words: str, element: CreateView, compiler: DDLCompiler) -> str:
    query = compiler.sql_compiler.process(element.view.definition, literal_binds=True)
    return " ".join([words, compiler.preparer.format_table(element.table), "AS", query])


@compiles(DropView)
def _drop_view(element: DropView, compiler: DDLCompiler, **kw: Any) -> str:
    return "DROP VIEW %s" % compiler.preparer.format_table(element.table)  # noqa: UP031
