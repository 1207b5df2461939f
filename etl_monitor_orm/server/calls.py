"""The table of calls: what each is called, whose arguments it takes, what it does and what it answers."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from pydantic import BaseModel

from etl_monitor_orm import views
from etl_monitor_orm.claims import Claim
from etl_monitor_orm.columns import written
from etl_monitor_orm.errors import InvalidInput
from etl_monitor_orm.models import ProcessingStep
from etl_monitor_orm.monitor import ETLMonitor
from etl_monitor_orm.run import Run
from etl_monitor_orm.server import answers
from etl_monitor_orm.server.answers import Answered, in_rows
from etl_monitor_orm.services.dispatch import PendingTask
from etl_monitor_orm.services.logs import LogEntry

Given = Mapping[str, Any]
"""The arguments of a request, by name; read by the library."""


@dataclass(frozen=True)
class Call:
    """A call that the door makes.

    Attributes:
        name: The route's name.
        like: The library's function whose arguments it takes.
        do: Makes the call and returns what JSON can hold.
        answer: The shape of what it returns.
        writes: Whether it writes.
        found_done: What it returns where an earlier try of the same request had done it, by the claim.
        more: Further arguments, and whether each is needed.
        names_run: Whether it starts a run, with an id of its own if none is given.
    """

    name: str
    like: Callable[..., object]
    do: Callable[[ETLMonitor, Given], Answered]
    answer: type[BaseModel]
    writes: bool
    found_done: Callable[[Claim], Answered] | None = None
    more: Mapping[str, bool] | None = None
    names_run: bool = False


def _run(run: Run) -> Answered:
    return {
        "execution_id": run.execution_id,
        "project_code": run.project_code,
        "process_load": run.process_load,
        "processing_date": run.processing_date.isoformat(),
    }


def _claim(claim: Claim) -> Answered:
    return {"claim": str(claim), "attempts": claim.attempts, "started": claim.started.isoformat()}


_RECORDED: Final[Answered] = {"recorded": True}


def _ended(claim: Claim) -> Answered:
    return _RECORDED


def _recorded(call: Callable[..., object]) -> Callable[[ETLMonitor, Given], Answered]:
    def do(monitor: ETLMonitor, given: Given) -> Answered:
        call(monitor, **given)
        return _RECORDED

    return do


_NARROWING: Final = {"workflow_id": False, "sequence_id": False, "task_id": False}


def _pending(monitor: ETLMonitor, given: Given) -> Answered:
    of_run = {name: value for name, value in given.items() if name not in _NARROWING}
    only = {name: value for name, value in given.items() if name in _NARROWING}
    return in_rows(monitor.get_run(**of_run).pending(**only))


def _run_status(monitor: ETLMonitor, given: Given) -> Answered:
    run = monitor.get_run(**given)
    return {
        **_run(run),
        "succeeded": run.succeeded,
        "summary": run.summary().to_dicts(),
        "steps": run.status().to_dicts(),
    }


def _log(monitor: ETLMonitor, given: Given) -> Answered:
    common = {name: value for name, value in given.items() if name != "entries"}
    entries = [_entry(one) for one in given["entries"]]
    return {"appended": monitor.log(*entries, **common)}


def _entry(told: object) -> LogEntry | str:
    if isinstance(told, str):
        return told
    if not isinstance(told, dict):
        raise InvalidInput(f"entries must hold texts or objects, not {type(told).__name__}.")
    return LogEntry(**{name: value for name, value in told.items() if value is not None})


def _watermark(monitor: ETLMonitor, given: Given) -> Answered:
    value = monitor.get_active_watermark(**given)
    return {"parameter_name": given["parameter_name"], "value": written(value)}


def calls() -> list[Call]:
    """Return the calls, those that write first; it maps the views, so only a server asks."""
    monitor = ETLMonitor
    steps, rollup = answers.row(views.TaskDetail), answers.row(views.RunSummary)
    run_status = answers.run_status(steps, rollup)
    pending = answers.rows(PendingTask)
    return [
        Call(
            "start_run",
            monitor.start_run,
            lambda m, a: _run(m.start_run(**a)),
            answers.RunFound,
            True,
            names_run=True,
        ),
        Call("join_run", monitor.join_run, lambda m, a: _run(m.join_run(**a)), answers.RunFound, True),
        Call(
            "get_pending_tasks",
            monitor.get_pending_tasks,
            lambda m, a: in_rows(m.get_pending_tasks(**a)),
            pending,
            True,
        ),
        Call("start_task", monitor.start_task, lambda m, a: _claim(m.start_task(**a)), answers.Started, True, _claim),
        Call("end_task", monitor.end_task, _recorded(monitor.end_task), answers.Recorded, True, _ended),
        Call("fail_task", monitor.fail_task, _recorded(monitor.fail_task), answers.Recorded, True, _ended),
        Call("heartbeat", monitor.heartbeat_task, _recorded(monitor.heartbeat_task), answers.Recorded, True),
        Call("measure", monitor.measure_task, _recorded(monitor.measure_task), answers.Recorded, True),
        Call("skip_task", monitor.skip_task, _recorded(monitor.skip_task), answers.Recorded, True),
        Call("unskip_task", monitor.unskip_task, _recorded(monitor.unskip_task), answers.Recorded, True),
        Call(
            "status_reset",
            monitor.status_reset,
            lambda m, a: in_rows(m.status_reset(**a)),
            answers.rows(ProcessingStep),
            True,
        ),
        Call("log", monitor.log, _log, answers.Appended, True, more={"entries": True}),
        Call(
            "advance_watermark",
            monitor.advance_watermark,
            _recorded(monitor.advance_watermark),
            answers.Recorded,
            True,
        ),
        Call("pending", monitor.get_run, _pending, pending, False, more=_NARROWING),
        Call("ready", monitor.get_run, lambda m, a: in_rows(m.get_run(**a).ready()), pending, False),
        Call("watermark", monitor.get_active_watermark, _watermark, answers.Value, False),
        Call("run_status", monitor.get_run, _run_status, run_status, False),
        Call(
            "process_status",
            monitor.processes,
            lambda m, a: in_rows(m.processes(**a)),
            answers.rows(views.ProcessStatus),
            False,
        ),
    ]
