"""A database in which every name and message is somebody's choice, and its page."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from datetime import date

from etl_monitor_orm import ETLMonitor, ManualClock
from etl_monitor_orm.pages import status_page

DAY = date(2026, 4, 9)

HOSTILE = (
    "<script>alert(1)</script>",
    """"'><img src=x onerror=alert(1)>""",
    "</style></title></textarea><svg onload=alert(1)>",
    "{{ 7 * 7 }}{% raw %}",
    "javascript:alert(1)//https://example.com/",
    "\u202eknip\x1b[31m",
    "<!-- &lt;b&gt; ]]>",
)


def hostile(number: int) -> str:
    """A name that tries to be more than a name."""
    return f"{HOSTILE[number % len(HOSTILE)]} {number}"


def page_with_names(monitor: ETLMonitor, clock: ManualClock, name: Callable[[int], str]) -> str:
    """Return the page of a night that failed, where each name and message is another one of `name`."""
    clock.set("2026-04-08 12:00")
    monitor = ETLMonitor(monitor.engine, clock=clock, actor=name(14))
    process = (name(0), name(1))
    monitor.register_process(*process, name=name(2), owner=name(3), due_by="05:00 UTC")
    monitor.register_parameter(*process, name(4), "DELTA_DATE")
    monitor.register_sequence(11, name(5)[:50])
    monitor.register_task(*process, 1, 1, 11, name(6), source_system_code=name(4))
    monitor.register_task(*process, 2, 1, 11, name(7))
    clock.set(f"{DAY} 06:00")
    run = monitor.start_run(*process, DAY, execution_id=name(8))
    for task, message in ((1, name(9)), (2, f"{name(10)}\n{name(11)}")):
        with suppress(OSError), run.task(task):
            clock.advance(60)
            raise OSError(message)
    monitor.register_task(*process, 2, 1, 11, name(12))
    return status_page(monitor, title=name(13))
