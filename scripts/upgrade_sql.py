"""Writes the SQL of an upgrade on Databricks, as `etl-monitor db upgrade --sql` prints it: the tests' golden files.

    python scripts/upgrade_sql.py

Read the difference before you commit it: platform teams run these statements by hand.
"""

from __future__ import annotations

from pathlib import Path
from typing import Final

from etl_monitor_orm import create_engine, migrations
from etl_monitor_orm.settings import Layout

GOLDEN: Final = Path(__file__).parents[1] / "tests" / "migrations" / "golden"
URL: Final = "databricks://?catalog=main"
SCHEMA: Final = "etl"


def golden_file(layout: str) -> Path:
    """Return the file with the script of a layout."""
    return GOLDEN / f"databricks_{layout}.sql"


def script(layout: str) -> str:
    """Return the SQL of an upgrade from an empty schema; it needs no warehouse and no credentials."""
    return migrations.upgrade_script(create_engine(URL), SCHEMA, layout=layout)


if __name__ == "__main__":
    GOLDEN.mkdir(exist_ok=True)
    for each in Layout:
        golden_file(each).write_text(script(each), "utf-8")
