"""Every call that writes, and what must have happened before it makes sense.

`test_complete.py` finds out whether one is missing.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime

from etl_monitor_orm import ETLMonitor, LogEntry, Parameter, Process, SequenceStage, Task

HR = ("CORP", "HR_DAILY")
DAY = "2026-04-09"
RUN = ("run-1", *HR)

Do = Callable[[ETLMonitor], object]


@dataclass(frozen=True)
class Call:
    """A call, and what must have happened before it.

    Attributes:
        before: Brings the monitor to where the call makes sense.
        make: Makes the call.
    """

    before: tuple[Do, ...]
    make: Do


def start_run(monitor: ETLMonitor) -> object:
    return monitor.start_run(*HR, DAY, execution_id="run-1")


def start(task_id: int) -> Do:
    return lambda monitor: monitor.start_task(*RUN, task_id, processing_date=DAY)


def end(task_id: int) -> Do:
    return lambda monitor: monitor.end_task(*RUN, task_id, processing_date=DAY)


def fail(task_id: int) -> Do:
    return lambda monitor: monitor.fail_task(*RUN, task_id, processing_date=DAY, log_message="source is down")


def make_token(monitor: ETLMonitor) -> object:
    return monitor.make_token("adf", "report", project_code="CORP")


def catalogue() -> list[SequenceStage | Process | Parameter | Task]:
    """A new row of each kind, and one that changes."""
    load = {"project_code": "CORP", "process_load": "NEW"}
    return [
        Task(**load, task_id=1, workflow_id=1, sequence_id=11, task_name="Publish"),
        Task(project_code=HR[0], process_load=HR[1], task_id=1, workflow_id=1, sequence_id=2, task_name="New name"),
        Parameter(**load, parameter_name="Mark", parameter_type="DELTA_ID", value_int=7),
        Process(**load, process_name="New load"),
        SequenceStage(sequence_id=11, sequence_code="PUBLISH"),
    ]


def runs_of_long_ago(monitor: ETLMonitor) -> None:
    """Two dates on which all was done, long ago; the second one is the last good one."""
    for day in ("2024-01-01", "2024-01-02"):
        then = datetime.fromisoformat(f"{day}T06:00:00+00:00")
        past = ETLMonitor(monitor.engine, clock=lambda then=then: then, actor="pytest")
        past.start_run(*HR, day, execution_id="old")
        for task_id in range(4):
            past.end_task("old", *HR, task_id, processing_date=day)
        past.log(LogEntry("old", *HR, processing_date=date.fromisoformat(day), execution_id="old"))


FILE = """
catalogue: 1
processes:
  - {project_code: CORP, process_load: NEW, tasks: [{task_id: 1, workflow_id: 1, sequence_id: 2, task_name: Load}]}
"""


CALLS = {
    "register_process": Call((), lambda m: m.register_process("CORP", "NEW", name="New load")),
    "register_task": Call((), lambda m: m.register_task(*HR, 9, 1, 2, "Load all")),
    "register_parameter": Call((), lambda m: m.register_parameter(*HR, "New", "DELTA_ID", value_int=7)),
    "register_sequence": Call((), lambda m: m.register_sequence(10, "PUBLISH")),
    "register": Call((), lambda m: m.register(catalogue())),
    "apply_catalogue": Call((), lambda m: m.apply_catalogue(FILE)),
    "deactivate_process": Call((), lambda m: m.deactivate_process(*HR)),
    "deactivate_task": Call((), lambda m: m.deactivate_task(*HR, 1, 1)),
    "register_project": Call((), lambda m: m.register_project("CORP", "Corporate", organisation_code="GROUP")),
    "register_organisation": Call((), lambda m: m.register_organisation("GROUP", "The group")),
    "register_holidays": Call((), lambda m: m.register_holidays("germany", ["2026-05-01", "2026-12-25"])),
    "evaluate": Call((start_run, start(1)), lambda m: m.evaluate(quiet_after=0)),
    "skip_task": Call((start_run,), lambda m: m.skip_task(*RUN, 1, processing_date=DAY)),
    "start_run": Call((), start_run),
    "join_run": Call((), lambda m: m.join_run(*HR, DAY)),
    "get_pending_tasks": Call((), lambda m: m.get_pending_tasks(*RUN, DAY)),
    "start_task": Call((start_run,), start(1)),
    "end_task": Call((start_run, start(1)), end(1)),
    "fail_task": Call((start_run, start(0), end(0), start(1)), fail(1)),
    "heartbeat_task": Call((start_run, start(1)), lambda m: m.heartbeat_task(*RUN, 1, processing_date=DAY)),
    "measure_task": Call(
        (start_run, start(1)), lambda m: m.measure_task(*RUN, 1, {"rows": 120, "bytes": 4_096}, processing_date=DAY)
    ),
    "fail_stale": Call((start_run, start(1), start(3)), lambda m: m.fail_stale(0)),
    "status_reset": Call((start_run, fail(1), fail(2)), lambda m: m.status_reset(*HR, execution_id="run-1")),
    "advance_watermark": Call((), lambda m: m.advance_watermark(*HR, "LoadEvents", new_int_value=120)),
    "set_processing_mode": Call(
        (lambda m: m.advance_watermark(*HR, "LoadEvents", new_int_value=120),),
        lambda m: m.set_processing_mode(*HR, is_bulk_mode=True),
    ),
    "log": Call((), lambda m: m.log("one", "two")),
    "make_token": Call((), make_token),
    "purge": Call((runs_of_long_ago,), lambda m: m.purge(400 * 86_400)),
    "revoke_token": Call((make_token,), lambda m: m.revoke_token("adf")),
}
