"""What revisions use besides alembic's own operations: columns and views.

`upgrade(steps)` and `downgrade(steps)` of each revision get a `Steps`. This file belongs to the revisions: it imports
nothing from the package, and a method never changes what it does for a released revision. If a later revision needs
something else, it gets a method with another name.

If DDL is not transactional, each statement can be executed again; if the database has no `IF NOT EXISTS` for it, the
method looks first. Offline it cannot look: the script says what a run against a database would do.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable
from pathlib import Path

import sqlalchemy as sa
from alembic import op
from alembic.runtime.migration import MigrationContext

FROZEN = Path(__file__).parent / "views"

ROW_BY_ROW = {"delta.enableDeletionVectors": "true", "delta.enableRowTracking": "true"}
"""Properties of all Delta tables of the clustered layout."""
OF_RESULTS: dict[str, dict[str, object]] = {
    "partitioned": {"databricks_partition_by": ("ProcessingDate",)},
    "clustered": {
        "databricks_tblproperties": ROW_BY_ROW,
        "databricks_cluster_by": ("ProcessingDate", "ProjectCode", "ProcessLoad"),
    },
}
"""How each layout keeps a Delta table of results."""

log = logging.getLogger("alembic.runtime.migration")


class Steps:
    """Steps of a migration, on the database and in the schema of the migration under way; one object for a run."""

    def __init__(self) -> None:
        self._waiting: list[tuple[MigrationContext, sa.Executable]] = []

    @property
    def schema(self) -> str | None:
        """The monitor's schema."""
        return op.get_context().version_table_schema

    @property
    def views_schema(self) -> str | None:
        """The schema of the views: the monitor's own, unless somebody named another one."""
        return op.get_context().opts.get("views_schema") or self.schema

    @property
    def can_roll_back(self) -> bool:
        """Whether a migration is one transaction."""
        return op.get_context().impl.transactional_ddl

    @property
    def database(self) -> str:
        """The name under which views of this database are frozen, such as `duckdb`."""
        return op.get_context().dialect.name.partition("+")[0]

    def write_rows(self, statement: sa.Executable) -> None:
        """Change rows: at once if nothing can be rolled back, else after the last revision of the run.

        DuckDB 1.5 alters no table whose rows the same transaction has changed, and a later revision may alter it.
        """
        if self.can_roll_back:
            self._waiting.append((op.get_context(), statement))
        else:
            op.execute(statement)

    def finish(self) -> None:
        """Change the rows that wait for the end of the run."""
        waiting, self._waiting = self._waiting, []
        for context, statement in waiting:
            context.execute(statement)

    def create_table(self, name: str, *parts: sa.schema.SchemaItem, comment: str) -> None:
        """Create a table of the catalogue, unless it exists; the layout of Delta tables is the one of the others."""
        clustered = op.get_context().opts.get("layout") == "clustered"
        options = {"databricks_tblproperties": ROW_BY_ROW} if clustered else {}
        op.create_table(name, *parts, schema=self.schema, comment=comment, if_not_exists=True, **options)

    def create_results_table(self, name: str, *parts: sa.schema.SchemaItem, comment: str) -> None:
        """Create a table of results, unless it exists: it has a ProcessingDate, and its own layout on Delta."""
        options = OF_RESULTS.get(op.get_context().opts.get("layout") or "", {})
        op.create_table(name, *parts, schema=self.schema, comment=comment, if_not_exists=True, **options)

    def add_columns(self, table: str, *columns: sa.Column[object]) -> None:
        """Add missing columns at the end of a table. They are nullable: other tools write the table too."""
        there = self._columns(table)
        self._say(
            f"A run against the database adds to {table} only the columns that are not there yet.",
            "Leave out the others here.",
        )
        for column in columns:
            if not column.nullable:
                raise ValueError(f"Column {table}.{column.name} must be nullable: other tools write this table too.")
            if column.name.lower() in there:
                continue
            try:
                op.add_column(table, column, schema=self.schema)
            except sa.exc.DBAPIError:
                # A statement whose reply was lost is resent, and finds its work done.
                if self.can_roll_back or column.name.lower() not in self._columns(table):
                    raise

    def fill_column(self, table: str, column: str, *, source: str, key: tuple[str, ...]) -> None:
        """Fill a column, where it is NULL, with the value that another table has under the same name and key."""
        mine, theirs = (
            sa.table(name, *map(sa.column, (*key, column))).alias(alias)
            for name, alias in ((table, "target"), (source, "source"))
        )
        same = sa.and_(*(mine.c[name] == theirs.c[name] for name in key))
        empty = sa.and_(mine.c[column].is_(None), theirs.c[column].is_not(None))
        dialect = op.get_context().dialect
        words = [
            "MERGE INTO %(schema)s.%(table)s AS target USING %(schema)s.%(source)s AS source ON",
            str(same.compile(dialect=dialect)),
            "WHEN MATCHED AND",
            str(empty.compile(dialect=dialect)),
            "THEN UPDATE SET %(column)s = source.%(column)s",
        ]
        self.write_rows(sa.DDL(" ".join(words), context=self._place(table=table, source=source, column=column)))

    def drop_columns(self, table: str, *names: str) -> None:
        """Drop columns that exist. If nothing can be rolled back, they stay, with their values.

        They are nullable, so an older version ignores them, and `db check` lists them as notes. Delta drops a column
        only after a change to its table that older readers do not understand.
        """
        if not self.can_roll_back:
            words = f"Columns of {table} stay, with their values: {', '.join(names)}."
            log.info(words)
            self._say(words)
            return
        there = self._columns(table)
        for name in names:
            if op.get_context().as_sql or name.lower() in there:
                op.drop_column(table, name, schema=self.schema)

    def add_index(self, table: str, name: str, *columns: str, only_on: str, where: str | None = None) -> None:
        """Create a missing index, on one database only; an offline script creates it if it is not there."""
        if self.database != only_on:
            return
        rows = None if where is None else sa.text(where)
        op.create_index(name, table, list(columns), schema=self.schema, if_not_exists=True, postgresql_where=rows)

    def drop_index(self, table: str, name: str, *, only_on: str) -> None:
        """Drop an existing index, on the one database that has it."""
        if self.database == only_on:
            op.drop_index(name, table, schema=self.schema, if_exists=True)

    def create_views(self, revision: str, *names: str) -> None:
        """Create views from their text of a revision. If a migration is one transaction, none may exist."""
        self._make(self._texts(revision, names))

    def replace_views(self, revision: str, *names: str) -> None:
        """Replace views with their text of a revision: all of them, or none.

        A database that joins with this revision gets all of its views; one that joins later gets none yet.
        """
        self._make(self._texts(revision, names), replacing=True)

    def restore_views(self, revision: str, *names: str) -> None:
        """Restore the text that views had before a revision; a database that joined with it loses all its views."""
        if (first := self.joined()) >= revision:
            self.drop_views(*(self.views_of(revision) if first == revision else ()))
            return
        self._make({name: self.frozen(name, self.newest(name, before=revision)) for name in names}, replacing=True)

    def renew_views(self, revision: str, *names: str) -> None:
        """Create or replace views with the text that they have at a revision: for a repair, no revision calls this."""
        later = f"{int(revision) + 1:04}"
        self._make({name: self.frozen(name, self.newest(name, before=later)) for name in names}, replacing=True)

    def drop_views(self, *names: str) -> None:
        """Drop existing views, in reverse order."""
        for name in reversed(names):
            op.execute(sa.DDL("DROP VIEW IF EXISTS %(views_schema)s.%(view)s", context=self._place(view=name)))

    def joined(self) -> str:
        """Return the revision in which this database joined: the first that has views for it."""
        folders = sorted(folder.parent.name for folder in FROZEN.glob(f"*/{self.database}"))
        if not folders:
            raise FileNotFoundError(
                f"No revision has views for {self.database}: there is no folder {FROZEN}/REVISION/{self.database}. "
                f"Write it: python scripts/freeze_views.py REVISION --dialect {self.database}"
            )
        return folders[0]

    def views_of(self, revision: str) -> list[str]:
        """Return the names of the views that a revision has for this database."""
        return sorted(file.stem for file in (FROZEN / revision / self.database).glob("*.sql"))

    def newest(self, name: str, *, before: str) -> str:
        """Return the last revision before another one that has a view's text for this database."""
        files = FROZEN.glob(f"*/{self.database}/{name}.sql")
        found = [number for file in files if (number := file.parts[-3]) < before]
        if not found:
            raise FileNotFoundError(f"No revision before {before} has {name} for {self.database}, in {FROZEN}.")
        return max(found)

    def frozen(self, name: str, revision: str) -> str:
        """Return the CREATE VIEW of a revision, for this database, with `%(schema)s` in place of the schema."""
        file = FROZEN / revision / self.database / f"{name}.sql"
        try:
            return file.read_text("utf-8")
        except FileNotFoundError:
            raise FileNotFoundError(
                f"Revision {revision} has no {name} for {self.database}: there is no {file}. "
                f"Write it: python scripts/freeze_views.py {revision} {name} --dialect {self.database}"
            ) from None

    def _texts(self, revision: str, names: Iterable[str]) -> dict[str, str]:
        first = self.joined()
        more = self.views_of(revision) if first == revision else []
        wanted = [*names, *(name for name in more if name not in names)]
        return {} if first > revision else {name: self.frozen(name, revision) for name in wanted}

    def _make(self, texts: dict[str, str], *, replacing: bool = False) -> None:
        if not (self.can_roll_back or op.get_context().as_sql):
            # Nothing can be rolled back, so the database reads all queries before the first view is replaced.
            for text in texts.values():
                query = text.partition(" AS\n")[2]
                op.execute(sa.DDL(" ".join(["DESCRIBE QUERY", query]), context=self._place()))
        if self.can_roll_back and replacing:
            self.drop_views(*texts)
        for text in texts.values():
            head, then, query = text.partition(" AS\n")
            here = head.replace("%(schema)s", "%(views_schema)s")
            op.execute(sa.DDL("".join([here, then, query]), context=self._place()))

    def _columns(self, table: str) -> set[str]:
        """Names of a table's columns in lower case; offline, none is known."""
        if op.get_context().as_sql:
            return set()
        columns = sa.inspect(op.get_bind()).get_columns(table, schema=self.schema)
        return {column["name"].lower() for column in columns}

    def _place(self, **names: str) -> dict[str, str]:
        preparer = op.get_context().dialect.identifier_preparer
        schemas = {"schema": self.schema, "views_schema": self.views_schema}
        names = {place: preparer.quote(name) for place, name in {**schemas, **names}.items()}
        if not preparer._double_percents:
            return names
        # sa.DDL itself doubles the percent signs of its whole text if the driver needs that.
        return {place: name.replace("%%", "%") for place, name in names.items()}

    def _say(self, *lines: str) -> None:
        if op.get_context().as_sql:
            op.get_context().impl.static_output("\n".join(f"-- {line}" for line in lines))
