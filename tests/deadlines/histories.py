"""Simulated years: what was planned of a process, how it looks at each moment, and who keeps book of breaches."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta

from hypothesis import settings
from hypothesis import strategies as st

from etl_monitor_orm.deadlines.evaluating import Evaluation
from etl_monitor_orm.deadlines.facts import Attempt, Late, ProcessFacts, Promise, Slot, Standing, TaskFacts
from etl_monitor_orm.keys import ProcessKey
from etl_monitor_orm.vocabulary import BreachKind, Status

KEY = ProcessKey("CORP", "HR_DAILY")
ZONES = st.sampled_from(["UTC", "Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "Africa/Casablanca"])
STARTS = st.dates(date(2019, 1, 1), date(2032, 1, 1))
STEPS = st.lists(st.timedeltas(timedelta(minutes=7), timedelta(days=9)), min_size=20, max_size=60)
FEW = settings(deadline=None, max_examples=60, derandomize=True)
SELDOM = settings(FEW, max_examples=9)


@dataclass(frozen=True)
class Work:
    """One attempt as it will go: nobody knows its end before."""

    day: date
    slot: Slot
    start: datetime
    end: datetime
    good: bool = True
    run: str = "run"
    number: int = 0
    mandatory: bool = True
    expected: timedelta | None = None

    def at(self, now: datetime) -> Attempt | None:
        """How it looks at a time; nothing before it starts."""
        if now < self.start:
            return None
        ended = now >= self.end
        status = (Status.DONE if self.good else Status.FAIL) if ended else Status.NQUE
        return Attempt(
            self.day,
            self.slot,
            self.run,
            self.number,
            status,
            self.start,
            self.end if ended else None,
            self.end if ended else self.start,
            self.mandatory,
            self.expected,
        )


@dataclass
class Process:
    """A process whose work is known beforehand."""

    works: list[Work]
    promise: Promise = field(default_factory=Promise)
    tasks: tuple[TaskFacts, ...] = (TaskFacts(1, 1, 2, "Load"),)
    active: list[tuple[datetime, datetime]] = field(default_factory=list)
    """When it is active; empty means always."""

    def since(self, now: datetime) -> datetime | None:
        """Since when it is active; None while it is not, and the beginning of time where it always is."""
        if not self.active:
            return datetime.min.replace(tzinfo=UTC)
        return next((start for start, end in self.active if start <= now < end), None)

    def known(self, now: datetime, standing: Iterable[Standing] = ()) -> ProcessFacts | None:
        """What an evaluation is told: only what is recent."""
        since = self.since(now)
        if since is None:
            return None
        begin = since if self.active else None
        promise = replace(self.promise, since=_later(begin, self.promise.since))
        tasks = tuple(
            replace(
                task,
                active_since=_later(begin, task.active_since),
                promise=replace(task.promise, since=_later(begin, task.promise.since)),
            )
            for task in self.tasks
        )
        first = Evaluation(now).first_known(promise, *(task.promise for task in tasks))
        attempts = tuple(found for work in self.works if work.day >= first and (found := work.at(now)) is not None)
        return ProcessFacts(KEY, first, promise, tasks, attempts, tuple(standing))


def _later(*times: datetime | None) -> datetime | None:
    return max((at for at in times if at is not None), default=None)


@dataclass
class Row:
    """A breach, as it is stored."""

    late: Late
    opened: datetime
    closed: datetime | None = None


class Book:
    """Keeps breaches as `ETLbreaches` does: each opens once and closes once."""

    def __init__(self) -> None:
        self.rows: dict[str, Row] = {}

    def evaluate(self, process: Process, now: datetime) -> None:
        """Evaluate what is known at a time, and write it down."""
        standing = [
            Standing(one.late.breach_id, one.late.slot, one.late.since, one.late.message)
            for one in self.open()
            if one.late.kind == BreachKind.NO_SUCCESS
        ]
        known = process.known(now, standing)
        found = [] if known is None else list(Evaluation(now).late(known))
        assert len({late.breach_id for late in found}) == len(found), "one breach is found twice"
        late = {one.breach_id: one for one in found}
        for key, one in late.items():
            row = self.rows.setdefault(key, Row(one, now))
            if row.closed is None:
                assert row.late.since == one.since
                row.late = one
                row.closed = now if one.until is not None else None
        for row in self.open():
            if row.late.breach_id not in late:
                row.closed = now

    def open(self, *kinds: BreachKind) -> list[Row]:
        """What is late as of the last evaluation."""
        return [row for row in self.rows.values() if row.closed is None and (not kinds or row.late.kind in kinds)]

    def all(self, *kinds: BreachKind) -> list[Row]:
        """All breaches that there were."""
        return [row for row in self.rows.values() if row.late.kind in kinds]


def moments(start: datetime, steps: Iterable[timedelta]) -> list[datetime]:
    """Times one after another."""
    found = [start]
    for step in steps:
        found.append(found[-1] + step)
    return found
