"""CREATE and DROP for DuckDB."""

from __future__ import annotations

from sqlalchemy import Column, Computed, Sequence, Table
from sqlalchemy.dialects.postgresql.base import PGDDLCompiler
from sqlalchemy.schema import CreateSequence, CreateTable, DropSequence, DropTable

from etl_monitor_orm.dialects.duckdb.identity import identity_sequence, is_temporary


class DuckDBDDLCompiler(PGDDLCompiler):
    """Renders DDL.

    A table with an autoincrementing column becomes two statements: its sequence is created before it and dropped
    after it. So online and offline DDL, and `schema_translate_map`, need nothing else.
    """

    def visit_create_table(self, create: CreateTable, **kw: object) -> str:
        """CREATE TABLE, after the CREATE SEQUENCE of each column that numbers itself."""
        table = create.element
        create_sequence = f"CREATE {'TEMPORARY ' if is_temporary(table) else ''}SEQUENCE IF NOT EXISTS"
        statements = [
            f"{create_sequence} {self.preparer.format_sequence(sequence)} {self.get_identity_options(sequence)};"
            for sequence in _sequences(table)
        ]
        return "\n".join([*statements, super().visit_create_table(create, **kw)])

    def visit_drop_table(self, drop: DropTable, **kw: object) -> str:
        """DROP TABLE, and the DROP SEQUENCE of each column that numbers itself."""
        sequences = [self.process(DropSequence(sequence, if_exists=True)) for sequence in _sequences(drop.element)]
        return ";\n".join([super().visit_drop_table(drop, **kw), *sequences])

    def visit_create_sequence(self, create: CreateSequence, **kw: object) -> str:
        """CREATE SEQUENCE; DuckDB's sequences have no type."""
        return str(super(PGDDLCompiler, self).visit_create_sequence(create, **kw))

    def get_column_specification(self, column: Column[object], **kw: object) -> str:
        """A column of CREATE TABLE."""
        parts = [
            self.preparer.format_column(column),
            self.dialect.type_compiler_instance.process(
                column.type, type_expression=column, identifier_preparer=self.preparer
            ),
        ]
        sequence = identity_sequence(column)
        default = self.next_value(sequence) if sequence is not None else self.get_column_default_string(column)
        if default is not None:
            parts.append(f"DEFAULT {default}")
        if column.computed is not None:
            parts.append(self.process(column.computed))
        elif not column.nullable:
            parts.append("NOT NULL")
        return " ".join(parts)

    def visit_computed_column(self, generated: Computed, **kw: object) -> str:
        """A generated column, which DuckDB computes when it is read."""
        expression = self.sql_compiler.process(generated.sqltext, include_table=False, literal_binds=True)
        return f"GENERATED ALWAYS AS ({expression}) {'STORED' if generated.persisted else 'VIRTUAL'}"

    def next_value(self, sequence: Sequence) -> str:
        """The expression that draws a number; dollar-quoted, because a translated schema is filled in afterwards."""
        return f"nextval($seq${self.preparer.format_sequence(sequence)}$seq$)"


def _sequences(table: Table) -> list[Sequence]:
    candidates = (identity_sequence(column) for column in table.columns)
    return [sequence for sequence in candidates if sequence is not None]
