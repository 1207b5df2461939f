"""What belongs to a process's connections is not copied: the refusal says what to hand over instead."""

from __future__ import annotations

import copy
import pickle
from collections.abc import Callable

import pytest

from etl_monitor_orm import EtlLogHandler, ETLMonitor, InvalidInput

MAKE: dict[str, tuple[Callable[[ETLMonitor], object], str]] = {
    "ETLMonitor": (lambda monitor: monitor, "URL"),
    "Run": (lambda monitor: monitor.start_run("P", "L", "2026-04-09"), "execution_id"),
    "TaskHandle": (lambda monitor: monitor.start_run("P", "L", "2026-04-09").task(1), "task_id"),
    "EtlLogHandler": (EtlLogHandler, "URL"),
}


@pytest.mark.parametrize("how", [pickle.dumps, copy.copy, copy.deepcopy])
@pytest.mark.parametrize("kind", MAKE)
def test_copy_of_what_has_connections_is_refused_with_what_to_hand_over(
    kind: str, how: Callable[[object], object], etl_monitor: ETLMonitor
) -> None:
    make, word = MAKE[kind]
    etl_monitor.register_process("P", "L").register_task("P", "L", 1, 1, 2, "One")

    with pytest.raises(InvalidInput, match=rf"{kind} objects cannot be copied or pickled.*{word}") as refusal:
        how(make(etl_monitor))
    assert isinstance(refusal.value, TypeError)
