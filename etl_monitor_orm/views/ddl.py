"""CREATE VIEW, which SQLAlchemy 2.0 lacks."""

from __future__ import annotations

from typing import Any, cast

from sqlalchemy import MetaData, Table
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.schema import DDLElement
from sqlalchemy.sql.compiler import DDLCompiler

from etl_monitor_orm.views.base import ViewBase


class CreateView(DDLElement):
    """Create the view behind a mapped class, from the class's own query.

    Args:
        view: One of the mapped views.
    """

    def __init__(self, view: type[ViewBase]) -> None:
        self.view = view
        self.table: Table = cast(Table, view.__table__)


class CreateTemporaryView(CreateView):
    """Create a temporary view with the query of a mapped class, under a name that is none of the monitor's.

    Args:
        view: One of the mapped views.
        name: The temporary view's name.
    """

    def __init__(self, view: type[ViewBase], name: str) -> None:
        super().__init__(view)
        self.table = Table(name, MetaData())


@compiles(CreateView)
def _create_view(element: CreateView, compiler: DDLCompiler, **kw: Any) -> str:
    return _rendered("CREATE VIEW", element, compiler)


@compiles(CreateView, "databricks", "databricks+monitor")
def _replace_view(element: CreateView, compiler: DDLCompiler, **kw: Any) -> str:
    # Nothing is rolled back there, so a stopped migration finds its own views when it runs again.
    return _rendered("CREATE OR REPLACE VIEW", element, compiler)


@compiles(CreateTemporaryView)
def _create_temporary_view(element: CreateTemporaryView, compiler: DDLCompiler, **kw: Any) -> str:
    return _rendered("CREATE TEMPORARY VIEW", element, compiler)


def _rendered(words: str, element: CreateView, compiler: DDLCompiler) -> str:
    query = compiler.sql_compiler.process(element.view.definition, literal_binds=True)
    return " ".join([words, compiler.preparer.format_table(element.table), "AS", query])
