"""What this machine last saw of watermarks, dates, runs and names, kept beside the journal: what a task reads from
while the monitor is away.

A watermark from memory can be too old, so that rows are read again. Where it is too new, because somebody set it back,
the end of the task does not move it (`services/late.py`).
"""

from __future__ import annotations

import json
from collections.abc import Callable
from contextlib import suppress
from datetime import date
from pathlib import Path
from typing import Any, Final

from etl_monitor_orm.errors import ConflictError
from etl_monitor_orm.journal import disk, seen
from etl_monitor_orm.journal.kinds import ADVANCE, END, START_RUN, Made, Service
from etl_monitor_orm.journal.locks import locked
from etl_monitor_orm.journal.seen import Seen
from etl_monitor_orm.keys import ProcessKey, RunKey
from etl_monitor_orm.services import catalogue, ending, registration, runs, watermarks
from etl_monitor_orm.services.staging import Watermark
from etl_monitor_orm.vocabulary import Status

_PATIENCE: Final = 5.0


class Memory:
    """A small file of what was seen last.

    Args:
        path: Where it lies.
    """

    def __init__(self, path: Path) -> None:
        self._path = path

    def answer(self, service: Service, args: tuple[Any, ...]) -> Any:
        """Answer a question from memory; UNKNOWN if this machine never saw the answer."""
        return seen.answer(self._read(), service, args)

    def run_to_join(self, process: ProcessKey, on: date) -> RunKey | None:
        """Return the run of a date that this machine started or joined last."""
        return seen.joined(self._read(), process, on)

    def note(self, service: Service, args: tuple[Any, ...], result: Any) -> None:
        """Remember what a call read or moved. It must not fail for it: what is not remembered is read as unknown."""
        if service in seen.REMEMBERED:
            self._change(lambda known: seen.note(known, service, args, result))

    def moved_by(self, made: Made) -> str | None:
        """Return the watermark that an end may have moved by itself, if this machine has read it before."""
        if made.kind.name != END or made.step is None or made.arguments["ending"].status is not Status.DONE:
            return None
        return seen.watermark_of(self._read(), made.step)

    def note_moved(self, process: ProcessKey, watermark: Watermark) -> None:
        """Remember where a watermark stands after an end."""
        self._change(lambda known: seen.note_watermark(known, process, watermark))

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
        if made.kind.service in (registration.register, catalogue.register_all):
            self.note(made.kind.service, tuple(made.arguments.values()), None)
        if made.kind.name == ADVANCE:
            self.note(watermarks.advance, tuple(made.arguments[one] for one in ("process", "name", "to")), None)

    def _change(self, note: Callable[[Seen], None]) -> None:
        """Read the file, and write it again if that changes anything."""
        with suppress(OSError, ConflictError):
            self._path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        with suppress(OSError, ConflictError), locked(self._path.with_name(f"{self._path.name}.lock"), _PATIENCE):
            known = self._read()
            before = json.dumps(known)
            note(known)
            if (after := json.dumps(known)) != before:
                disk.replace(self._path, after.encode("ascii"))

    def _read(self) -> Seen:
        with suppress(OSError, ValueError):
            found: Seen = json.loads(self._path.read_text("ascii"))
            if seen.is_whole(found):
                return found
        return seen.nothing()
