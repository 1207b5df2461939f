"""What there is in a database, as plain values."""

from __future__ import annotations

from sqlalchemy import Engine, inspect, text
from sqlalchemy.sql.elements import quoted_name

TABLES = {
    "ETLconfigSequence",
    "ETLconfigProcess",
    "ETLconfigTasks",
    "ETLconfigParameters",
    "ETLProcessingSteps",
    "ETLOrganisation",
    "ETLconfigProject",
    "ETLsysLogs",
    "ETLtokens",
    "ETLrequests",
    "ETLholidays",
    "ETLbreaches",
    "ETLmetrics",
}
VIEWS = {
    "v_processStatus",
    "v_runSummary",
    "v_taskDetail",
    "v_mandatoryBlockers",
    "v_currentFailures",
    "v_watermarks",
    "v_overdue",
}
VERSION = {"etl_monitor_version"}


def lower(names: set[str]) -> set[str]:
    """Names as Databricks keeps them."""
    return {name.lower() for name in names}


def objects(engine: Engine, schema: str = "etl") -> set[str]:
    """Names of all tables, views and sequences of a schema."""
    inspector = inspect(engine)
    if not engine.dialect.supports_sequences:
        return {*inspector.get_table_names(schema=schema), *inspector.get_view_names(schema=schema)}
    return {
        *inspector.get_table_names(schema=schema),
        *inspector.get_view_names(schema=schema),
        *inspector.get_sequence_names(schema=schema),
    }


def schemas(engine: Engine) -> set[str]:
    """Names of the schemas."""
    return set(inspect(engine).get_schema_names())


def execute(engine: Engine, statement: str) -> None:
    """Run a statement of someone else's and commit it."""
    with engine.begin() as connection:
        connection.execute(text(statement))


def run_script(engine: Engine, script: str) -> None:
    """Run the statements of a script as a person would, each in a transaction; its comments are left out."""
    for statement in script.split(";\n"):
        lines = [line for line in statement.splitlines() if line and not line.startswith("--")]
        if lines:
            with engine.begin() as connection:
                words = "\n".join(lines)
                connection.exec_driver_sql(words if engine.name == "duckdb" else words.replace("%", "%%"))


def rows(engine: Engine, statement: str) -> list[tuple[object, ...]]:
    """All rows of a query."""
    with engine.connect() as connection:
        return [tuple(row) for row in connection.execute(text(statement))]


def quoted(engine: Engine, name: str) -> str:
    """A name as it stands in SQL."""
    return engine.dialect.identifier_preparer.quote(quoted_name(name, quote=True))
