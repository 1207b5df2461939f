"""Which calls are recorded while the monitor is away, and what each gives its caller then.

They are the calls that report what a load did, and the registrations at the top of a pipeline. All others need an
answer of the database, or are a person's decision that must take effect now: they raise.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any, Final

from etl_monitor_orm.errors import REFUSALS, EtlMonitorError
from etl_monitor_orm.keys import ProcessKey, RunKey, StepKey
from etl_monitor_orm.services import again, catalogue, ending, logs, metrics, registration, runs, steps, watermarks
from etl_monitor_orm.services.steps import Held

Service = Callable[..., Any]
Arguments = Mapping[str, Any]

_signature: Final = cache(inspect.signature)

StepId = tuple[RunKey, int, int]
"""A step, whatever its attempt: its run, pass and task."""


@dataclass(frozen=True)
class Made:
    """A call that was made.

    Attributes:
        kind: Which call.
        arguments: What its service gets, by name.
        now: The call's reading of the clock (aware UTC).
    """

    kind: Kind
    arguments: Arguments
    now: datetime

    @property
    def step(self) -> StepKey | None:
        """The step that it is about."""
        found = self.arguments.get("step")
        return found if isinstance(found, StepKey) else None

    @property
    def is_start(self) -> bool:
        """Whether it starts a step."""
        return self.kind.name in (START, START_AGAIN)

    def is_lost_to(self, error: EtlMonitorError) -> bool:
        """Whether nobody would make this call again after an error: the work of a task that ends is over.

        A refusal is an answer. Any other trouble, such as a full disk or a file that was moved, may be gone later.
        """
        return self.kind.name == END and not isinstance(error, REFUSALS)

    @property
    def run(self) -> RunKey | None:
        """The run that it is about."""
        found = self.arguments.get("run")
        return found if isinstance(found, RunKey) else self.step.run if self.step is not None else None

    @property
    def step_id(self) -> StepId | None:
        """The step that it is about, whatever its attempt."""
        step = self.step
        return None if step is None else (step.run, step.workflow_id, step.task_id)

    @property
    def about(self) -> str:
        """What it is about, for people."""
        thing = self.step or self.run or self.arguments.get("process")
        return str(thing) if isinstance(thing, StepKey | RunKey | ProcessKey) else ""


@dataclass(frozen=True)
class Kind:
    """A call that is recorded.

    Attributes:
        name: Its name in the journal; it never changes.
        service: What records it.
        instead: What its caller gets while the monitor is away.
    """

    name: str
    service: Service
    instead: Callable[[Made], object] = lambda made: None

    def made(self, args: tuple[Any, ...], kwargs: Arguments, now: datetime) -> Made:
        """Return the call with its arguments by name."""
        bound = _signature(self.service).bind(None, None, *args, **kwargs)
        given = {name: value for name, value in bound.arguments.items() if name not in ("session", "context")}
        if self.name == START_RUN:
            given["is_new"] = False  # it may be sent twice
        return Made(self, given, now)


START_RUN: Final = "start_run"
START: Final = "start"
START_AGAIN: Final = "start_again"
END: Final = "end"
HEARTBEAT: Final = "heartbeat"
LOG: Final = "log"
ADVANCE: Final = "advance_watermark"


def _held(made: Made) -> Held:
    """The claim of a start that nobody has checked."""
    assert made.step is not None
    return Held(made.step.attempts, made.arguments["at"] or made.now)


_KINDS: Final = (
    Kind(START_RUN, runs.generate, lambda made: made.run),
    Kind(START, steps.start, _held),
    Kind(START_AGAIN, again.start_again, _held),
    Kind(END, ending.finish),
    Kind(HEARTBEAT, steps.heartbeat),
    Kind("measure", metrics.measure),
    Kind(LOG, logs.append, lambda made: len(made.arguments["entries"])),
    Kind(ADVANCE, watermarks.advance),
    Kind("register", registration.register),
    Kind("register_all", catalogue.register_all),
)

BY_NAME: Final[Mapping[str, Kind]] = {kind.name: kind for kind in _KINDS}
_BY_SERVICE: Final[Mapping[Service, Kind]] = {kind.service: kind for kind in _KINDS}


def kind_of(service: Service) -> Kind | None:
    """Return which recorded call a service is; None if it needs the database."""
    return _BY_SERVICE.get(service)


class Broken:
    """What was not recorded, so that nothing that follows from it is guessed: runs, and starts of steps."""

    def __init__(self) -> None:
        self._runs: set[RunKey] = set()
        self._starts: set[tuple[StepId, datetime]] = set()
        self._steps: set[StepId] = set()

    def note(self, made: Made, *, recorded: bool) -> None:
        """Remember whether a start of a run or of a step was recorded."""
        if made.kind.name == START_RUN and made.run is not None:
            (self._runs.discard if recorded else self._runs.add)(made.run)
        if made.is_start and made.step_id is not None:
            (self._steps.discard if recorded else self._steps.add)(made.step_id)
            start = made.step_id, made.arguments["at"] or made.now
            (self._starts.discard if recorded else self._starts.add)(start)

    def includes(self, made: Made) -> bool:
        """Return whether a call follows from one that was not recorded."""
        if made.kind.name in (START_RUN, LOG):
            return False
        return made.run in self._runs or (not made.is_start and self._has_lost_the_start_of(made))

    def _has_lost_the_start_of(self, made: Made) -> bool:
        """Two workers may have started one step: an end is of its own start, or else of the latest."""
        if made.step_id is None:
            return False
        claim = made.arguments.get("claim")
        return made.step_id in self._steps if claim is None else (made.step_id, claim.started) in self._starts
