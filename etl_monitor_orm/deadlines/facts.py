"""What an evaluation knows: what was promised, what ran, and what stands open; and what it finds."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta, tzinfo

from etl_monitor_orm.deadlines.calendars import Calendar
from etl_monitor_orm.deadlines.due_times import DueTime
from etl_monitor_orm.keys import ProcessKey, TaskKey
from etl_monitor_orm.vocabulary import BreachKind, LoadFrequency, Status

Slot = tuple[int, int]
"""Pass and number of a task within its process."""


@dataclass(frozen=True)
class Promise:
    """What a process or a task promises.

    Attributes:
        due: By when each of its dates is done.
        late_after: Longest time without a success.
        calendar: Its dates; None means those of its frequency.
        holidays: The days of the list that the calendar names.
        frequency: How often it is due.
        since: Since when all this is so (aware UTC); None means for ever.
    """

    due: DueTime | None = None
    late_after: timedelta | None = None
    calendar: Calendar | None = None
    holidays: frozenset[date] = frozenset()
    frequency: LoadFrequency | None = LoadFrequency.DAILY
    since: datetime | None = None

    @property
    def zone(self) -> tzinfo:
        """Where its days begin and end."""
        return UTC if self.due is None else self.due.zone


@dataclass(frozen=True)
class Mark:
    """A watermark.

    Attributes:
        name: The parameter.
        moved_on: When it last changed (aware UTC); None where nobody knows.
    """

    name: str
    moved_on: datetime | None


@dataclass(frozen=True)
class TaskFacts:
    """An active task.

    Attributes:
        task_id: Its number.
        workflow_id: Its pass.
        sequence_id: Its stage.
        name: Its name.
        promise: What it promises.
        active_since: Since when it is part of new runs (aware UTC); None means for ever.
        mark: Its watermark, if that should move.
    """

    task_id: int
    workflow_id: int
    sequence_id: int
    name: str
    promise: Promise = field(default_factory=Promise)
    active_since: datetime | None = None
    mark: Mark | None = None

    @property
    def slot(self) -> Slot:
        """What its steps are found by."""
        return self.workflow_id, self.task_id

    @property
    def place(self) -> tuple[int, int]:
        """Pass and stage: tasks of a later place wait for it."""
        return self.workflow_id, self.sequence_id


@dataclass(frozen=True)
class Attempt:
    """One attempt of a step.

    Attributes:
        day: Its processing date.
        slot: Its task.
        execution_id: Its run.
        number: Its number.
        status: Its state.
        start: When it was started (aware UTC).
        end: When it ended.
        last_sign: Its last sign of life.
        mandatory: Whether its failure blocks what follows.
        expected: Its expected duration.
        skipped: Whether its run leaves it out.
    """

    day: date
    slot: Slot
    execution_id: str
    number: int
    status: Status
    start: datetime | None = None
    end: datetime | None = None
    last_sign: datetime | None = None
    mandatory: bool = True
    expected: timedelta | None = None
    skipped: bool = False

    @property
    def is_queued(self) -> bool:
        """Whether it waits or runs."""
        return self.status in (Status.NQUE, Status.RQUE)

    @property
    def is_running(self) -> bool:
        """Whether it was started and has not ended."""
        return self.is_queued and self.start is not None and self.end is None

    @property
    def recency(self) -> tuple[int, datetime, str]:
        """The current attempt of a step has the highest."""
        return self.number, self.last_sign or datetime.min.replace(tzinfo=UTC), self.execution_id


@dataclass(frozen=True)
class Standing:
    """A breach of `NO_SUCCESS` that is open.

    Attributes:
        breach_id: Its key.
        slot: Its task; None means the process.
        since: Since when it is late (aware UTC).
        message: What was said of it.
    """

    breach_id: str
    slot: Slot | None
    since: datetime
    message: str


@dataclass(frozen=True)
class ProcessFacts:
    """An active process, and what is known of it from its first date on.

    Attributes:
        key: Which process.
        first: The first processing date whose attempts are all known.
        promise: What it promises.
        tasks: Its active tasks.
        attempts: Attempts of these dates.
        standing: What stands open of it.
    """

    key: ProcessKey
    first: date
    promise: Promise = field(default_factory=Promise)
    tasks: tuple[TaskFacts, ...] = ()
    attempts: tuple[Attempt, ...] = ()
    standing: tuple[Standing, ...] = ()

    def named(self, slot: Slot) -> TaskKey:
        """Return the key of one of its tasks."""
        return TaskKey(self.key, slot[1], slot[0])


def without_beginning(process: ProcessFacts) -> ProcessFacts:
    """Return what is known of a process as if it had always promised what it promises now."""
    tasks = tuple(replace(task, promise=replace(task.promise, since=None)) for task in process.tasks)
    return replace(process, promise=replace(process.promise, since=None), tasks=tasks)


@dataclass(frozen=True)
class Late:
    """Something that is or was late.

    Attributes:
        breach_id: Made of what is late; two evaluations make the same one.
        kind: What is wrong.
        process: The process.
        slot: The task; None means the whole process.
        since: Since when it is late (aware UTC).
        until: When it was late no more; None while it is.
        message: What is late, as a sentence.
        blocks: What waits for it.
        parameter_name: The watermark, if it stands still.
        day: The processing date that is late.
        execution_id: The run of the attempt that is late.
        number: The number of that attempt.
    """

    breach_id: str
    kind: BreachKind
    process: ProcessKey
    slot: Slot | None
    since: datetime
    until: datetime | None
    message: str
    blocks: str | None = None
    parameter_name: str | None = None
    day: date | None = None
    execution_id: str | None = None
    number: int | None = None


def identity(family: str, process: ProcessKey, slot: Slot | None, *occurrence: object) -> str:
    """Return the key of a breach: the same for everyone who finds it, and for no other breach.

    Args:
        family: What is wrong.
        process: The process.
        slot: The task; None means the process.
        occurrence: What tells this time from others.
    """
    parts = [family, process.project_code, process.process_load, slot, *map(str, occurrence)]
    return hashlib.sha256(json.dumps(parts).encode()).hexdigest()[:32]
