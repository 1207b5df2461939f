"""Two calls that change different columns of one row: the database refuses one of them, so neither change is lost."""

from __future__ import annotations

import threading
from collections.abc import Callable

import pytest
from sqlalchemy import event
from sqlalchemy.orm import Session

from etl_monitor_orm import ETLMonitor
from etl_monitor_orm.task import TaskHandle
from tests.patience import PATIENT

from .conftest import DAY, HR, Conflicts

BACKENDS = ("duckdb",)  # it refuses at once what waits for the row on a server

Call = Callable[[ETLMonitor, TaskHandle], object]

CALLS: dict[str, Call] = {
    "take over": lambda monitor, task: monitor.start_task("run-1", *HR, 1, processing_date=DAY, takeover=True),
    "end": lambda monitor, task: monitor.end_task("run-1", *HR, 1, processing_date=DAY),
    "heartbeat": lambda monitor, task: task.heartbeat(),
    "advance": lambda monitor, task: monitor.advance_watermark(*HR, "Events", new_int_value=5),
    "set": lambda monitor, task: monitor.set_processing_mode(*HR, parameter_name="Events", value_int=7),
    "describe": lambda monitor, task: monitor.register_parameter(*HR, "Events", "DELTA_ID", description="new"),
    "rename": lambda monitor, task: monitor.register_process(*HR, name="New"),
    "deactivate": lambda monitor, task: monitor.deactivate_process(*HR),
}

PAIRS = [
    ("take over", "end"),
    ("take over", "heartbeat"),
    ("end", "heartbeat"),
    ("heartbeat", "end"),
    ("advance", "describe"),
    ("describe", "advance"),
    ("advance", "set"),
    ("set", "advance"),
    ("set", "describe"),
    ("rename", "deactivate"),
    ("deactivate", "rename"),
]


@pytest.mark.parametrize(("first", "second"), PAIRS)
def test_given_a_call_before_its_commit_when_another_changes_the_row_then_that_one_conflicts(
    monitor: ETLMonitor, conflicts: Conflicts, first: str, second: str
) -> None:
    monitor.register_parameter(*HR, "Events", "DELTA_ID", value_int=0)
    monitor.register_task(*HR, 1, 1, 2, "Load events")
    task = monitor.start_run(*HR, DAY, execution_id="run-1").task(1)
    task.__enter__()
    here, others = threading.current_thread(), []

    def let_the_other_try(session: Session) -> None:
        if threading.current_thread() is here and not others:
            others.append(threading.Thread(target=_quietly, args=(CALLS[second], monitor, task)))
            others[0].start()
            conflicts.first.wait(timeout=10)

    event.listen(monitor._runtime.units._service_sessions, "before_commit", let_the_other_try)
    CALLS[first](monitor, task)
    others[0].join(timeout=PATIENT)

    assert conflicts.count > 0


def _quietly(call: Call, monitor: ETLMonitor, task: TaskHandle) -> None:
    try:
        call(monitor, task)
    except Exception:  # the second may be refused once it sees what the first did
        return
