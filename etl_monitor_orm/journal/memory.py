"""What this machine last saw of watermarks and dates, kept beside the journal: what a task reads from while away.

A watermark from memory can be too old, so that rows are read again. Where it is too new, because somebody set it back,
the end of the task does not move it (`services/late.py`).
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from contextlib import suppress
from datetime import date
from pathlib import Path
from typing import Any, Final

from etl_monitor_orm.errors import ConflictError
from etl_monitor_orm.journal import disk
from etl_monitor_orm.journal.codec import decoded, encoded
from etl_monitor_orm.journal.kinds import ADVANCE, END, START_RUN, Made, Service
from etl_monitor_orm.journal.locks import locked
from etl_monitor_orm.keys import ProcessKey, StepKey
from etl_monitor_orm.models import Parameter
from etl_monitor_orm.services import dates, ending, modes, registration, runs, steps, watermarks
from etl_monitor_orm.services.staging import Watermark
from etl_monitor_orm.vocabulary import ParameterType, Status

UNKNOWN: Final = object()
"""The answer to what this machine never saw."""

ANSWERS: Final[tuple[Service, ...]] = (steps.watermark, dates.historic_date_of, dates.date_of_run)
"""The questions that memory answers while the monitor is away."""

_REMEMBERED: Final[frozenset[Service]] = frozenset(
    {*ANSWERS, watermarks.find, watermarks.advance, ending.finish, runs.generate, modes.set_mode, modes.set_parameter}
)
_MOST_RUNS: Final = 1000
_PATIENCE: Final = 5.0
_VALUES: Final = ("value_datetime", "value_int", "value_bit")

Seen = dict[str, dict[str, Any]]


class Memory:
    """A small file of what was seen last.

    Args:
        path: Where it lies.
    """

    def __init__(self, path: Path) -> None:
        self._path = path

    def answer(self, service: Service, args: tuple[Any, ...]) -> Any:
        """Answer a question from memory; UNKNOWN if this machine never saw the answer."""
        seen = self._read()
        if service is steps.watermark:
            return _watermark(seen, args[0])
        if service is dates.historic_date_of:
            found = seen["dates"].get(_key(args[0]), UNKNOWN)
        else:
            found = seen["runs"].get(_key(*args), UNKNOWN)
        return found if found is UNKNOWN or found is None else date.fromisoformat(found)

    def note(self, service: Service, args: tuple[Any, ...], result: Any) -> None:
        """Remember what a call read or moved. It must not fail for it: what is not remembered is read as unknown."""
        if service in _REMEMBERED:
            self._change(lambda seen: _note(seen, service, args, result))

    def moved_by(self, made: Made) -> str | None:
        """Return the watermark that an end may have moved by itself, if this machine has read it before."""
        if made.kind.name != END or made.step is None or made.arguments["ending"].status is not Status.DONE:
            return None
        name: str | None = self._read()["tasks"].get(_task_key(made.step))
        return name

    def note_moved(self, process: ProcessKey, watermark: Watermark) -> None:
        """Remember where a watermark stands after an end."""
        self._change(lambda seen: _note_watermark(seen, process, watermark))

    def note_kept(self, made: Made) -> None:
        """Remember what a call in the journal does once it is sent."""
        if made.kind.name == START_RUN:
            self.note(runs.generate, (made.run,), None)
        if made.kind.name == END:
            arguments = made.arguments
            self.note(
                ending.finish,
                (arguments["step"], arguments["ending"], arguments.get("claim"), arguments.get("staged")),
                None,
            )
        if made.kind.name == ADVANCE:
            self.note(watermarks.advance, tuple(made.arguments[one] for one in ("process", "name", "to")), None)

    def _change(self, note: Callable[[Seen], None]) -> None:
        """Read the file, and write it again if that changes anything."""
        with suppress(OSError, ConflictError):
            self._path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        with suppress(OSError, ConflictError), locked(self._path.with_name(f"{self._path.name}.lock"), _PATIENCE):
            seen = self._read()
            before = json.dumps(seen)
            note(seen)
            if (after := json.dumps(seen)) != before:
                disk.replace(self._path, after.encode("ascii"))

    def _read(self) -> Seen:
        empty: Seen = {"watermarks": {}, "tasks": {}, "dates": {}, "runs": {}}
        with suppress(OSError, ValueError):
            found = json.loads(self._path.read_text("ascii"))
            if isinstance(found, dict) and all(isinstance(found.get(name), dict) for name in empty):
                return found
        return empty


def _note(seen: Seen, service: Service, args: tuple[Any, ...], result: Any) -> None:
    if service is steps.watermark:
        step = args[0]
        seen["tasks"][_task_key(step)] = None if result is None else result.parameter.parameter_name
        if result is not None:
            _note_watermark(seen, step.run.process, result)
    elif service is watermarks.find:
        _note_value(seen, args[0], result.parameter_name, result.value)
    elif service is watermarks.advance:
        _note_value(seen, args[0], args[1], args[2].value)
    elif service is ending.finish:
        _note_ending(seen, *args)
    elif service is dates.historic_date_of:
        seen["dates"][_key(args[0])] = None if result is None else result.isoformat()
    elif service is dates.date_of_run:
        _note_run(seen, _key(*args), result)
    elif service is runs.generate:
        run = args[0]
        _note_run(seen, _key(run.process, run.execution_id), run.processing_date)
    else:
        for change in result:
            if change.parameter_type is ParameterType.SYSTEM:
                seen["dates"][_key(args[0])] = None if change.after is None else change.after.date().isoformat()
            _note_value(seen, args[0], change.parameter_name, change.after)


def _note_watermark(seen: Seen, process: ProcessKey, watermark: Watermark) -> None:
    parameter = watermark.parameter
    seen["watermarks"][_key(process, parameter.parameter_name)] = {
        "type": str(parameter.parameter_type),
        "historic": watermark.historic,
        "shared": watermark.shared,
        "value": encoded(parameter.value),
    }


def _note_value(seen: Seen, process: ProcessKey, name: str, value: object) -> None:
    known = seen["watermarks"].get(_key(process, name))
    if known is not None:
        known["value"] = encoded(value)


def _note_ending(seen: Seen, step: StepKey, how: Any, claim: object = None, staged: Any = None) -> None:
    if how.status is not Status.DONE or staged is None or staged.move is None:
        return
    known = seen["watermarks"].get(_key(step.run.process, staged.name))
    if known is not None and not known["historic"]:
        known["value"] = encoded(staged.move.value)


def _note_run(seen: Seen, key: str, on: date) -> None:
    known = seen["runs"]
    latest = max(on.isoformat(), known.pop(key, ""))
    known[key] = latest
    while len(known) > _MOST_RUNS:
        del known[next(iter(known))]


def _watermark(seen: Seen, step: StepKey) -> Any:
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


def _task_key(step: StepKey) -> str:
    return _key(step.run.process, step.workflow_id, step.task_id)


def _key(process: ProcessKey, *more: object) -> str:
    return json.dumps([process.project_code, process.process_load, *more])
