"""The statements of an adoption, in their order: columns, rows, the rest, views, and the revision last.

All are written before the first is executed, so that what a person reads is what runs. A run that stopped after any of
them leaves tables that the Spark edition works on, and the next one plans what is left.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any, Final

from sqlalchemy import Connection, MetaData, String, Table, func, inspect, literal, select
from sqlalchemy.engine.reflection import Inspector
from sqlalchemy.schema import CreateSchema, CreateTable

from etl_monitor_orm.adoption import receipts
from etl_monitor_orm.adoption.duplicates import keep_latest, keys_twice
from etl_monitor_orm.adoption.moves import numbered_moves, of_dates, split_moves
from etl_monitor_orm.adoption.receipts import Moved
from etl_monitor_orm.adoption.rows import (
    EMPTIED,
    NUMBERED,
    REOPENED,
    SPLIT,
    UNSTARTED,
    Rule,
    empty_texts,
    table_in,
)
from etl_monitor_orm.backends import Capabilities
from etl_monitor_orm.migrations.names import TABLE_NAMES, VIEW_NAMES, same
from etl_monitor_orm.migrations.recognising import Columns, Kind
from etl_monitor_orm.migrations.repairing import stages_missing
from etl_monitor_orm.migrations.written import Writer
from etl_monitor_orm.models.revision import SCHEMA_REVISION, VERSION_TABLE

_DATES_AT_ONCE: Final = 100
"""How many dates one statement changes."""
_TEXTS: Final[Mapping[str, tuple[str, ...]]] = {
    "ETLconfigProcess": ("ProcessName", "ProcessDescription", "ProcessOwner", "LoadFrequency"),
    "ETLconfigTasks": (
        "TaskDescription",
        "SourceType",
        "SourceIdentifier",
        "SourceSystemCode",
        "LoadFrequency",
        "FileNameMask",
        "FileExtension",
        "InFilePath",
        "OutFilePath",
    ),
    "ETLconfigParameters": ("ParameterDescription",),
    "ETLconfigProject": ("OrganisationCode",),
}
"""Where the Spark edition's registrations write an empty text for what is not given."""


@dataclass(frozen=True)
class Statement:
    """One statement.

    Attributes:
        about: What kind of change it belongs to, as a word.
        words: The kind of change, in one sentence.
        sql: Its text, without bound values.
        rows: How many rows it changes; None where it changes no rows.
        optional: Whether the adoption goes on without it: it is for information only.
    """

    about: str
    words: str
    sql: str
    rows: int | None = None
    optional: bool = False


@dataclass(frozen=True)
class Plan:
    """What is to be done, and which natural keys it changes."""

    statements: tuple[Statement, ...]
    numbered: Moved
    split: Moved


class Planner:
    """Looks at the tables and writes the statements.

    Args:
        connection: The database.
        schema: The schema, as the database stores its name.
        columns: The columns that exist.
        kind: The kind of the tables.
        today: The date of the receipts.
        writer: Writes the text of statements.
        can: What the database can do.
    """

    def __init__(
        self,
        connection: Connection,
        schema: str,
        columns: Columns,
        kind: Kind,
        today: date,
        writer: Writer,
        can: Capabilities,
    ) -> None:
        self._connection, self._schema, self._kind, self._today = connection, schema, kind, today
        self._writer, self._can, self._columns = writer, can, columns
        self._there = tables_there(schema, columns)
        self._wanted = {name: table_in(schema, name) for name in TABLE_NAMES}
        self._logs = self._wanted["ETLsysLogs"]

    def plan(self, *, begun: bool, keep_latest: bool) -> Plan:
        """Return the plan.

        Args:
            begun: Whether a run that was stopped noted the beginning already.
            keep_latest: Whether to remove rows whose key another row has.
        """
        steps = self._there["ETLProcessingSteps"]
        moved = {
            "numbered": numbered_moves(self._connection, steps, self._kind),
            "split": split_moves(self._connection, steps, self._kind),
        }
        statements = [
            *([] if begun else self._receipt(receipts.begun(self._logs, self._today, self._kind))),
            *self._added(),
            # Before any row: DuckDB 1.5 refuses a transaction that alters a table whose rows it has changed.
            *self._comments(),
            *self._filled(),
            *self._views_read(),
            *(self._without_duplicates() if keep_latest else ()),
            *self._rows(moved),
            *self._texts(),
            *self._stages(),
            *(self._keys() if self._can.layouts else ()),
            *self._views(),
            *self._revision(),
            *self._receipt(receipts.ended(self._logs, self._today, SCHEMA_REVISION)),
        ]
        return Plan(tuple(statements), moved["numbered"], moved["split"])

    def _receipt(self, statement: Any) -> Iterator[Statement]:
        for sql in self._writer.text_of(statement):
            yield Statement("receipts", "Receipts in ETLsysLogs", sql)

    def _added(self) -> list[Statement]:
        """The columns and tables that are missing, with what the revisions that added them write into them."""
        duration = self._wanted["ETLconfigTasks"].c.ExpectedDurationSeconds
        self._writer.steps.add_columns("ETLconfigTasks", duration._copy())
        for revision in self._writer.later_revisions():
            revision.upgrade(self._writer.steps)
        return [Statement("columns", _ADDED, sql) for sql in self._writer.take()]

    def _filled(self) -> list[Statement]:
        """What the revisions write into rows after the last of them has altered its tables."""
        self._writer.steps.finish()
        return [Statement("columns", _ADDED, sql) for sql in self._writer.take()]

    def _views_read(self) -> Iterator[Statement]:
        """Where nothing rolls back, the database reads all queries before any row is changed."""
        if self._can.transactional_ddl:
            return
        for sql in self._view_texts():
            _, _, query = sql.partition(" AS\n")
            yield Statement("views", _VIEWS, " ".join(["DESCRIBE QUERY", query]))

    def _without_duplicates(self) -> Iterator[Statement]:
        for name, table in self._there.items():
            if name == "ETLsysLogs":
                continue
            rows = sum(row.TooMany for row in self._connection.execute(keys_twice(table)))
            if rows:
                words = "Rows whose key a later row has are removed"
                note = receipts.noted_rows(self._logs, self._today, "duplicates", f"{words} from {name}", rows)
                yield from self._receipt(note)
                for sql in self._writer.text_of(keep_latest(self._wanted[name])):
                    yield Statement("duplicates", words, sql, rows)

    def _rows(self, moved: Mapping[str, Moved]) -> Iterator[Statement]:
        first = (NUMBERED,) if self._kind is Kind.A else ()
        for rule in (*first, SPLIT, REOPENED, UNSTARTED, EMPTIED):
            yield from self._of_rule(rule, moved.get(rule.about, {}))

    def _of_rule(self, rule: Rule, moved: Moved) -> Iterator[Statement]:
        found = self._connection.execute(rule.dates(self._there["ETLProcessingSteps"])).all()
        counts = dict(sorted((row[0], row[1]) for row in found))
        days = list(counts)
        for start in range(0, len(days), _DATES_AT_ONCE):
            dates = days[start : start + _DATES_AT_ONCE]
            rows = sum(counts[day] for day in dates)
            part = of_dates(moved, set(dates))
            note = receipts.noted_rows(self._logs, self._today, rule.about, rule.words, rows, part)
            yield from self._receipt(note)
            for sql in self._writer.text_of(rule.statement(self._wanted["ETLProcessingSteps"], dates)):
                yield Statement(rule.about, rule.words, sql, rows)

    def _texts(self) -> Iterator[Statement]:
        words = "Empty text in registrations becomes NULL"
        for name, texts in _TEXTS.items():
            if name not in self._there:
                continue
            table = self._there[name]
            condition, statement = empty_texts(table, [text for text in texts if text in table.c])
            rows = self._connection.scalar(select(func.count()).select_from(table).where(condition))
            if rows:
                note = receipts.noted_rows(self._logs, self._today, "emptied", f"{words} in {name}", rows)
                yield from self._receipt(note)
                for sql in self._writer.text_of(statement):
                    yield Statement("emptied", words, sql, rows)

    def _stages(self) -> Iterator[Statement]:
        for statement in stages_missing(self._connection, self._schema):
            for sql in self._writer.text_of(statement):
                yield Statement("stages", "The framework's stages that are missing are added", sql, 1)

    def _comments(self) -> Iterator[Statement]:
        inspector = inspect(self._connection)
        kept_names = self._kept_names(inspector)
        for name in sorted(self._columns):
            table, kept = self._wanted[name], kept_names[name]
            if inspector.get_table_comment(kept, schema=self._schema)["text"] != table.comment:
                self._writer.op.create_table_comment(name, table.comment, schema=self._schema)
            found = inspector.get_columns(kept, schema=self._schema)
            comments = {one["name"].lower(): one.get("comment") for one in found}
            for column in table.c:
                if comments.get(column.name.lower(), column.comment) != column.comment:
                    self._writer.op.alter_column(
                        name,
                        column.name,
                        comment=column.comment,
                        existing_type=column.type,
                        existing_nullable=column.nullable,
                        schema=self._schema,
                    )
        for sql in self._writer.take():
            yield Statement("comments", "Comments of tables and columns are the monitor's", sql)

    def _kept_names(self, inspector: Inspector) -> dict[str, str]:
        """The name of each table as the database stores it."""
        plain = same(self._connection.engine)
        there = {plain(name): name for name in inspector.get_table_names(schema=self._schema)}
        return {name: there[plain(name)] for name in self._columns}

    def _keys(self) -> Iterator[Statement]:
        inspector = inspect(self._connection)
        kept_names = self._kept_names(inspector)
        for name in sorted(self._columns):
            if inspector.get_pk_constraint(kept_names[name], schema=self._schema)["constrained_columns"]:
                continue
            key = [column.name for column in self._wanted[name].primary_key]
            self._writer.op.create_primary_key(f"pk_{name}", name, key, schema=self._schema)
        for sql in self._writer.take():
            yield Statement("keys", "Primary keys are declared, for information", sql, optional=True)

    def _view_texts(self) -> list[str]:
        self._writer.steps.renew_views(SCHEMA_REVISION, *sorted(VIEW_NAMES))
        return self._writer.take()

    def _views(self) -> Iterator[Statement]:
        place = self._writer.steps.views_schema
        if not inspect(self._connection).has_schema(place):
            for sql in self._writer.text_of(CreateSchema(place, if_not_exists=True)):
                yield Statement("views", f"Schema {place} is created for the views", sql)
        for sql in self._view_texts():
            yield Statement("views", _VIEWS, sql)
        if place != self._schema:
            yield from self._receipt(receipts.views_apart(self._logs, self._today, place))

    def _revision(self) -> Iterator[Statement]:
        versions = VERSION_TABLE.to_metadata(MetaData(), schema=self._schema)
        release = self._writer.later_revisions()[-1].readable_from
        noted = versions.insert().from_select(
            ["version_num", "readable_from"],
            select(literal(SCHEMA_REVISION, String), literal(release, String)).where(
                ~select(versions.c.version_num).exists()
            ),
        )
        for statement in (CreateTable(versions, if_not_exists=True), noted):
            for sql in self._writer.text_of(statement):
                yield Statement("revision", f"Revision {SCHEMA_REVISION} is recorded", sql)


_ADDED: Final = "Columns and tables that are missing are added, and filled"
_VIEWS: Final = "The views are the monitor's"


def tables_there(schema: str, columns: Columns) -> dict[str, Table]:
    """Return the tables that exist, each with the columns that it has."""
    return {name: table_in(schema, name, only) for name, only in columns.items()}
