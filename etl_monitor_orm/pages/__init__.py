"""A page for people who would rather look than read: one HTML file that asks no network for anything."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Final

from etl_monitor_orm import inputs
from etl_monitor_orm.extras import of_extra
from etl_monitor_orm.services.overview.overview import overview
from etl_monitor_orm.services.overview.parts import Most
from etl_monitor_orm.services.scopes import Processes

if TYPE_CHECKING:
    from etl_monitor_orm.monitor import ETLMonitor

__all__ = ["status_page"]

TITLE: Final = "ETL status"
_HEAD: Final = 1_000
"""Bytes in which a page says of what it is made."""
GENERATOR: Final = "etl-monitor report"
"""What a page says of its making."""


def status_page(
    monitor: ETLMonitor, project_code: str | None = None, process_load: str | None = None, *, title: str = TITLE
) -> str:
    """Return a page that shows how all processes stand, as one HTML document of less than 400 kB.

    It shows what is blocked and what to do next, the last 14 days of each process, what is late, what failed, the
    latest run, watermarks, durations, and what changed since the day before. It has no script, and opening it sends no
    request. Where nothing ran in these days, it shows those up to the latest date that has steps. Nothing is written.
    It reads the catalogue and the steps of recent dates (`v_processStatus`, `v_mandatoryBlockers`, `v_currentFailures`,
    `v_taskDetail`, `v_watermarks`, `ETLbreaches`).

    Args:
        monitor: The monitor.
        project_code: Only this project.
        process_load: Only this process of it.
        title: What the page is called, such as the name of the database; at most 200 characters.

    Returns:
        The document. Write it in UTF-8.

    Raises:
        ProcessNotFound: There is no such process, or the project has no process.
        InvalidInput: An argument cannot be read.
        ConfigurationError: The extra `page` is not installed.

    Example:
        `Path("status.html").write_text(status_page(monitor), encoding="utf-8")`
    """
    with of_extra("page", "A page", "jinja2", "markupsafe"):
        from etl_monitor_orm.pages.rendering import rendered

    name = inputs.text("title", title, longest=200)
    return rendered(monitor._runtime.run(overview, Processes.read(project_code, process_load), Most()), name)


def is_page(file: Path) -> bool:
    """Return whether a file is a page that `status_page` made, or empty: the next one may replace it."""
    try:
        if not file.is_file():  # opening a pipe waits for whoever writes into it
            return False
        if file.stat().st_size == 0:
            return True
        with file.open("rb") as there:
            return f'<meta name="generator" content="{GENERATOR}">'.encode() in there.read(_HEAD)
    except (OSError, ValueError):
        return False
