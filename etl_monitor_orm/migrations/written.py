"""Writes what the revisions would do to tables that exist already, as statements. Importing this imports alembic."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from types import ModuleType
from typing import Any

from alembic.operations import Operations
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from alembic.util import load_python_file
from sqlalchemy import Connection, Executable
from sqlalchemy.schema import DDLElement

from etl_monitor_orm.migrations import scripts
from etl_monitor_orm.migrations.recognising import Columns
from etl_monitor_orm.models.revision import VERSION_TABLE
from etl_monitor_orm.settings import Layout


class Statements:
    """The statements that were written and not taken yet; alembic writes into it as into a file."""

    def __init__(self, terminator: str) -> None:
        self._texts: list[str] = []
        self._terminator = terminator

    def write(self, text: str) -> None:
        """Keep one statement: alembic writes each at once."""
        statement = text.strip().removesuffix(self._terminator)
        if statement and not statement.startswith("--"):
            self._texts.append(statement)

    def flush(self) -> None:
        """Nothing is buffered."""

    def take(self) -> list[str]:
        """Return what was written since the last time."""
        texts, self._texts = self._texts, []
        return texts


class Writer:
    """Turns revisions, views and expressions into the text of statements for one database.

    Args:
        context: Alembic's, which writes instead of executing.
        statements: Where it writes.
        columns: The columns that exist.
        scripts: The migration scripts.
    """

    def __init__(
        self, context: MigrationContext, statements: Statements, columns: Columns, scripts: ScriptDirectory
    ) -> None:
        self.op = Operations(context)
        self.steps = _steps_where(scripts, columns)
        self._context, self._statements, self._scripts = context, statements, scripts

    def take(self) -> list[str]:
        """Return the statements that were written since the last time."""
        return self._statements.take()

    def text_of(self, statement: Executable | DDLElement) -> list[str]:
        """Return the text of a statement."""
        self._context.impl._exec(statement)
        return self.take()

    def later_revisions(self) -> list[ModuleType]:
        """Return the revisions after the first, the oldest first."""
        return [script.module for script in reversed(list(self._scripts.walk_revisions()))][1:]


@contextmanager
def writer(
    connection: Connection, schema: str, views_schema: str, layout: Layout | None, columns: Columns
) -> Iterator[Writer]:
    """Yield a writer for a database.

    Args:
        connection: Says which database it is; nothing is executed on it.
        schema: The schema, as the database stores its name.
        views_schema: The schema of the views, likewise.
        layout: The layout of the results tables on Delta.
        columns: The columns that exist: what is there is not added.
    """
    # A literal percent sign must not be doubled, as some drivers want it beside bound values: there are none here.
    dialect = connection.engine.url.get_dialect()(paramstyle="named")  # type: ignore[call-arg]
    statements = Statements(";")
    options: dict[str, Any] = {
        "as_sql": True,
        "output_buffer": statements,
        "literal_binds": True,
        "version_table": VERSION_TABLE.name,
        "version_table_schema": schema,
        "views_schema": views_schema,
        "layout": layout,
    }
    with scripts.one_at_a_time:
        context = MigrationContext.configure(dialect=dialect, opts=options)
        with Operations.context(context):
            yield Writer(context, statements, columns, ScriptDirectory(str(scripts.script_location())))


def _steps_where(scripts: ScriptDirectory, columns: Columns) -> Any:
    """The steps of a revision, which leave out what exists, and the views: those are replaced last."""
    there = {table: set(names) for table, names in columns.items()}

    def note(name: str, parts: Iterable[Any]) -> None:
        there[name] = {part.name.lower() for part in parts if hasattr(part, "type")}

    class StepsHere(load_python_file(scripts.dir, "steps.py").Steps):  # type: ignore[misc]
        def _columns(self, table: str) -> set[str]:
            return there.get(table, set())

        def _say(self, *lines: str) -> None:
            pass

        def add_columns(self, table: str, *columns: Any) -> None:
            super().add_columns(table, *columns)
            there.setdefault(table, set()).update(column.name.lower() for column in columns)

        def create_table(self, name: str, *parts: Any, comment: str) -> None:
            if name not in there:
                super().create_table(name, *parts, comment=comment)
                note(name, parts)

        def create_results_table(self, name: str, *parts: Any, comment: str) -> None:
            if name not in there:
                super().create_results_table(name, *parts, comment=comment)
                note(name, parts)

        def replace_views(self, revision: str, *names: str) -> None:
            pass

    return StepsHere()
