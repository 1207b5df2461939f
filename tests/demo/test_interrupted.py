"""Ctrl-C ends the demo, wherever it strikes."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from contextlib import closing

import pytest

from etl_monitor_orm.demo.warehouse import Warehouse


@pytest.fixture
def _alarm_interrupts() -> Iterator[None]:
    """An alarm does what the interrupt from the keyboard would."""
    before = signal.signal(signal.SIGALRM, signal.default_int_handler)
    yield
    signal.setitimer(signal.ITIMER_REAL, 0)
    signal.signal(signal.SIGALRM, before)


@pytest.mark.usefixtures("_alarm_interrupts")
def test_given_ctrl_c_during_a_query_when_it_ends_then_it_was_an_interrupt_and_no_failure() -> None:
    with closing(Warehouse(":memory:")) as warehouse, pytest.raises(KeyboardInterrupt):
        interrupted(warehouse)


def interrupted(warehouse: Warehouse) -> None:
    signal.setitimer(signal.ITIMER_REAL, 0.05)
    # Long enough for the alarm, and no longer: DuckDB may let its other threads finish before it gives up.
    warehouse.read("SELECT count(*) FROM range(10000000000)")
