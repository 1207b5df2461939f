"""What a machine has seen of watermarks, dates, runs and names: what each call teaches, and what it answers later."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from datetime import date
from typing import Any, Final

from etl_monitor_orm.journal.codec import decoded, encoded
from etl_monitor_orm.journal.kinds import Service
from etl_monitor_orm.keys import ProcessKey, RunKey, StepKey
from etl_monitor_orm.models import Parameter
from etl_monitor_orm.services import (
    catalogue,
    dates,
    ending,
    joining,
    modes,
    named,
    registration,
    runs,
    steps,
    watermarks,
)
from etl_monitor_orm.services.entries import Entry
from etl_monitor_orm.services.staging import Watermark
from etl_monitor_orm.vocabulary import ParameterType, Status

UNKNOWN: Final = object()
"""The answer to what this machine never saw."""

Seen = dict[str, dict[str, Any]]

_TABLES: Final = ("watermarks", "tasks", "names", "dates", "runs", "joined")
_MOST_RUNS: Final = 1000
_VALUES: Final = ("value_datetime", "value_int", "value_bit")


def nothing() -> Seen:
    """What a machine has seen that is new."""
    return {table: {} for table in _TABLES}


def is_whole(found: object) -> bool:
    """Return whether something that was read from a file is what a machine has seen."""
    return isinstance(found, dict) and all(isinstance(found.get(table), dict) for table in _TABLES)


def note(seen: Seen, service: Service, args: tuple[Any, ...], result: Any) -> None:
    """Note what a call read or moved."""
    _NOTES[service](seen, args, result)


def answer(seen: Seen, service: Service, args: tuple[Any, ...]) -> Any:
    """Answer a question; UNKNOWN if this machine never saw the answer."""
    return ANSWERS[service](seen, *args)


def joined(seen: Seen, process: ProcessKey, on: date) -> RunKey | None:
    """Return the run of a date that this machine started or joined last."""
    known = seen["joined"].get(_key(process, on.isoformat()))
    return None if known is None else RunKey(process, known, on)


def watermark_of(seen: Seen, step: StepKey) -> str | None:
    """Return the name of a task's watermark, if this machine has read it before."""
    name: str | None = seen["tasks"].get(_task_key(step))
    return name


def note_watermark(seen: Seen, process: ProcessKey, watermark: Watermark) -> None:
    """Note where a watermark stands."""
    parameter = watermark.parameter
    seen["watermarks"][_key(process, parameter.parameter_name)] = {
        "type": str(parameter.parameter_type),
        "historic": watermark.historic,
        "shared": watermark.shared,
        "value": encoded(parameter.value),
    }


def _note_step(seen: Seen, args: tuple[Any, ...], result: Watermark | None) -> None:
    step = args[0]
    seen["tasks"][_task_key(step)] = None if result is None else result.parameter.parameter_name
    if result is not None:
        note_watermark(seen, step.run.process, result)


def _note_value(seen: Seen, process: ProcessKey, name: str, value: object) -> None:
    known = seen["watermarks"].get(_key(process, name))
    if known is not None:
        known["value"] = encoded(value)


def _note_ending(seen: Seen, args: tuple[Any, ...], result: object) -> None:
    step, how, _claim, staged = (*args, None, None)[:4]
    if how.status is not Status.DONE or staged is None or staged.move is None:
        return
    known = seen["watermarks"].get(_key(step.run.process, staged.name))
    if known is not None and not known["historic"]:
        known["value"] = encoded(staged.move.value)


def _note_name(seen: Seen, args: tuple[Any, ...], result: StepKey) -> None:
    run, name, only = args
    _add_name(seen, run.process, name, [result.workflow_id, only.sequence_id, result.task_id])


def _note_entries(seen: Seen, *entries: Entry) -> None:
    for entry in entries:
        task, name = entry.task, entry.given.get("TaskName")
        if task is None or name is None:
            continue
        for key, known in seen["names"].items():  # it may have had another name
            if key.startswith(_key(task.process)[:-1]):
                known[:] = [one for one in known if (one[0], one[2]) != (task.workflow_id, task.task_id)]
        _add_name(seen, task.process, str(name), [task.workflow_id, entry.stage, task.task_id])


def _add_name(seen: Seen, process: ProcessKey, name: str, task: list[int | None]) -> None:
    """Note that a task has a name: its pass, its stage if that is known, and its number."""
    known = seen["names"].setdefault(_key(process, name), [])
    known[:] = [one for one in known if (one[0], one[2]) != (task[0], task[2])] + [task]


def _note_date(seen: Seen, args: tuple[Any, ...], result: date | None) -> None:
    seen["dates"][_key(args[0])] = None if result is None else result.isoformat()


def _note_run(seen: Seen, run: RunKey) -> None:
    known, key = seen["runs"], _key(run.process, run.execution_id)
    _keep(known, key, max(run.processing_date.isoformat(), known.get(key, "")))


def _note_joined(seen: Seen, run: RunKey) -> None:
    _note_run(seen, run)
    _keep(seen["joined"], _key(run.process, run.processing_date.isoformat()), run.execution_id)


def _note_modes(seen: Seen, args: tuple[Any, ...], result: Any) -> None:
    for change in result:
        if change.parameter_type is ParameterType.SYSTEM:
            seen["dates"][_key(args[0])] = None if change.after is None else change.after.date().isoformat()
        _note_value(seen, args[0], change.parameter_name, change.after)


def _keep(known: dict[str, Any], key: str, value: str) -> None:
    """Keep a value as the latest of its table, which does not grow for ever."""
    known.pop(key, None)
    known[key] = value
    while len(known) > _MOST_RUNS:
        del known[next(iter(known))]


_NOTES: Final[Mapping[Service, Callable[[Seen, tuple[Any, ...], Any], None]]] = {
    steps.watermark: _note_step,
    named.step_of_name: _note_name,
    registration.register: lambda seen, args, result: _note_entries(seen, args[0]),
    catalogue.register_all: lambda seen, args, result: _note_entries(seen, *args[0]),
    dates.historic_date_of: _note_date,
    dates.date_of_run: lambda seen, args, result: _note_run(seen, RunKey(args[0], args[1], result)),
    runs.generate: lambda seen, args, result: _note_joined(seen, args[0]),
    joining.join: lambda seen, args, result: _note_joined(seen, result),
    watermarks.find: lambda seen, args, result: _note_value(seen, args[0], result.parameter_name, result.value),
    watermarks.advance: lambda seen, args, result: _note_value(seen, args[0], args[1], args[2].value),
    ending.finish: _note_ending,
    modes.set_mode: _note_modes,
    modes.set_parameter: _note_modes,
}

REMEMBERED: Final = frozenset(_NOTES)
"""The calls that teach something."""


def _watermark(seen: Seen, step: StepKey, claim: object = None) -> Any:
    name = seen["tasks"].get(_task_key(step), UNKNOWN)
    if name is None or name is UNKNOWN:
        return name
    known: Mapping[str, Any] | None = seen["watermarks"].get(_key(step.run.process, name))
    if known is None:
        return UNKNOWN
    kind, value = ParameterType(known["type"]), decoded(known["value"])
    parameter = Parameter(
        project_code=step.run.process.project_code,
        process_load=step.run.process.process_load,
        parameter_name=name,
        parameter_type=kind,
        **dict.fromkeys(_VALUES),
    )
    setattr(parameter, registration.VALUE_COLUMN[kind], value)
    return Watermark(parameter, known["historic"], known["shared"], from_memory=True)


def _step(seen: Seen, run: RunKey, name: str, only: Any) -> Any:
    """The one task of this name, as far as this machine has seen."""
    fits = [
        (workflow, task)
        for workflow, stage, task in seen["names"].get(_key(run.process, name), ())
        if only.workflow_id in (None, workflow) and (None in (stage, only.sequence_id) or stage == only.sequence_id)
    ]
    return StepKey(run, fits[0][1], fits[0][0], only.sequence_id) if len(fits) == 1 else UNKNOWN


def _date(found: Any) -> Any:
    return found if found is UNKNOWN or found is None else date.fromisoformat(found)


ANSWERS: Final[Mapping[Service, Callable[..., Any]]] = {
    steps.watermark: _watermark,
    named.step_of_name: _step,
    dates.historic_date_of: lambda seen, process: _date(seen["dates"].get(_key(process), UNKNOWN)),
    dates.date_of_run: lambda seen, *run: _date(seen["runs"].get(_key(*run), UNKNOWN)),
}
"""The questions that memory answers while the monitor is away."""


def _task_key(step: StepKey) -> str:
    return _key(step.run.process, step.workflow_id, step.task_id)


def _key(process: ProcessKey, *more: object) -> str:
    return json.dumps([process.project_code, process.process_load, *more])
