"""The history that is compared: it makes every public call, and a session's time zone changes nothing of it."""

from __future__ import annotations

import inspect
from collections.abc import Callable

import pytest

from etl_monitor_orm import ETLMonitor, ManualClock, Run, TaskHandle

from .conftest import WEST, told
from .history import DAWN, play
from .server import Address

KINDS = (ETLMonitor, Run, TaskHandle)
ELSEWHERE = {
    *("ETLMonitor.setup", "ETLMonitor.close", "ETLMonitor.adopt", "ETLMonitor.sample_usage", "ETLMonitor.doctor"),
    *("ETLMonitor.export_data", "ETLMonitor.import_data"),
}
"""What happens before and after the history, writes no row, or says how the clocks are."""


def public(kind: type) -> list[str]:
    """The calls of a class that users make."""
    return [name for name, _ in inspect.getmembers(kind, callable) if not name.startswith("_")]


@pytest.fixture
def called(monkeypatch: pytest.MonkeyPatch) -> set[str]:
    """The public calls that were made."""
    made: set[str] = set()

    def noting(name: str, function: Callable[..., object]) -> Callable[..., object]:
        def call(*arguments: object, **options: object) -> object:
            made.add(name)
            return function(*arguments, **options)

        return call

    for kind in KINDS:
        for name in public(kind):
            static = isinstance(inspect.getattr_static(kind, name), staticmethod)
            noted = noting(f"{kind.__name__}.{name}", getattr(kind, name))
            monkeypatch.setattr(kind, name, staticmethod(noted) if static else noted)
    return made


def test_history_makes_every_public_call(called: set[str]) -> None:
    clock = ManualClock(DAWN)
    monitor = ETLMonitor("duckdb:///:memory:called", clock=clock, actor="pytest")
    with monitor.engine.connect():
        play(monitor.setup(), clock)

    assert called | ELSEWHERE == {f"{kind.__name__}.{name}" for kind in KINDS for name in public(kind)}


def test_history_on_the_warehouse_in_new_york_is_that_of_duckdb_in_utc(spark4: Address) -> None:
    found = told(spark4.engine(WEST.zone, WEST.ansi), WEST)

    clock = ManualClock(DAWN)
    monitor = ETLMonitor("duckdb:///:memory:history", clock=clock, actor="pytest")
    with monitor.engine.connect():
        for chapter, rows in play(monitor.setup(), clock).items():
            assert found[chapter] == rows
    assert found["migrations"]["differences"] == []
