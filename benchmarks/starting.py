"""What it costs to begin: the import, a command, and `setup()` of current tables."""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory

from benchmarks.measuring import line, process_cpu
from etl_monitor_orm import ETLMonitor

COMMAND = "import sys; from etl_monitor_orm.cli import main; sys.argv[1:] = {words!r}; main()"


def imports() -> None:
    """The CPU of importing the package, beside SQLAlchemy's ORM; it is printed as both times."""
    ours = process_cpu("-c", "import etl_monitor_orm")
    line("import (CPU)", (ours, ours), process_cpu("-c", "import sqlalchemy.orm"))


def commands() -> None:
    """The CPU of a command on a file, beside an interpreter that imports what the driver is."""
    with TemporaryDirectory() as folder:
        url = f"duckdb:///{Path(folder, 'monitor.duckdb')}"
        ETLMonitor(url).setup().close()
        driver = process_cpu("-c", "import duckdb_engine, sqlalchemy.orm")
        for words in (["status"], ["failures"], ["watermarks"], ["db", "current"], ["db", "upgrade"]):
            spent = process_cpu("-c", COMMAND.format(words=[*words, "--url", url]))
            line(f"etl-monitor {' '.join(words)} (CPU)", (spent, spent), driver)
