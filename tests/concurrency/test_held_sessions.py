"""Sessions that somebody holds take no connection away from the monitor's own calls."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from contextlib import ExitStack

from sqlalchemy import text

from etl_monitor_orm import ETLMonitor

HR = ("CORP", "HR_DAILY")
THREADS = 45

AtOnce = Callable[[Sequence[Callable[[], object]]], list[object]]


def test_calls_of_threads_that_each_hold_a_session_wait_for_none_of_them(monitor: ETLMonitor, at_once: AtOnce) -> None:
    run = monitor.start_run(*HR, "2026-04-09")

    with ExitStack() as held:
        for _ in range(THREADS):
            held.enter_context(monitor.session()).execute(text("SELECT 1"))
        began = time.monotonic()
        answers = at_once([lambda: len(run.pending())] * 8)
        took = time.monotonic() - began

    assert answers == [1] * 8
    assert took < 20  # a pool that is full waits for 30 seconds
