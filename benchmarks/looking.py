"""The two views over all of history, beside plain queries for the same rows."""

from __future__ import annotations

from typing import Final

from sqlalchemy import text

from benchmarks.measuring import line, milliseconds
from etl_monitor_orm import ETLMonitor

QUESTIONS: Final = {
    "v_currentFailures over all": (
        'SELECT * FROM etl."v_currentFailures"',
        """SELECT * FROM etl."ETLProcessingSteps" AS failed WHERE failed."Status" = 'FAIL' AND NOT EXISTS (
            SELECT 1 FROM etl."ETLProcessingSteps" AS newer WHERE newer."ProcessingDate" = failed."ProcessingDate"
            AND newer."ProjectCode" = failed."ProjectCode" AND newer."ProcessLoad" = failed."ProcessLoad"
            AND newer."WorkFlowID" = failed."WorkFlowID" AND newer."TaskID" = failed."TaskID"
            AND newer."Attempts" > failed."Attempts")""",
    ),
    "v_processStatus over all": (
        'SELECT * FROM etl."v_processStatus"',
        """SELECT "ProcessingDate", "ProjectCode", "ProcessLoad", count(*) FILTER (WHERE status = 'DONE'),
            count(*) FILTER (WHERE status = 'FAIL'), min(started), max(ended) FROM (
            SELECT "ProcessingDate", "ProjectCode", "ProcessLoad", "WorkFlowID", "TaskID",
            arg_max("Status", "Attempts") AS status, arg_max("StartTime", "Attempts") AS started,
            arg_max("EndTime", "Attempts") AS ended FROM etl."ETLProcessingSteps" GROUP BY ALL) AS current
            GROUP BY "ProcessingDate", "ProjectCode", "ProcessLoad" """,
    ),
}
"""Each view, and the plainest query that finds its rows; `arg_max` is DuckDB's."""


def views(monitor: ETLMonitor, tries: int) -> None:
    """Read both views whole."""
    grouping = monitor.engine.dialect.name.startswith("duckdb")
    for name, (view, plain) in QUESTIONS.items():
        quotes = "`" if monitor.engine.dialect.name.startswith("databricks") else '"'

        def read(sql: str, quotes: str = quotes) -> int:
            with monitor.engine.connect() as connection:
                return len(connection.execute(text(sql.replace('"', quotes))).all())

        ours = milliseconds(lambda _, sql=view: read(sql), tries)
        possible = grouping or "arg_max" not in plain
        line(name, ours, milliseconds(lambda _, sql=plain: read(sql), tries)[0] if possible else None)
