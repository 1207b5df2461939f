"""What `monitor.doctor()` looks at: the way to the database, its tables, the clocks, and rows that need somebody."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from time import monotonic
from typing import Final, Literal

from sqlalchemy import func, select
from sqlalchemy.exc import SQLAlchemyError

from etl_monitor_orm.backends import our_error, place
from etl_monitor_orm.errors import EtlMonitorError, SchemaError, SchemaOutOfDate
from etl_monitor_orm.keys import ProcessKey, RunKey, StepKey
from etl_monitor_orm.models.base import UTCDateTime
from etl_monitor_orm.models.revision import REPEATED, SCHEMA_REVISION
from etl_monitor_orm.printable import one_line
from etl_monitor_orm.runtime import OneReading
from etl_monitor_orm.services import deadline_checks, orphans, stale
from etl_monitor_orm.services.stale import Sweep

State = Literal["ok", "note", "problem"]

TOLERATED_SKEW: Final = timedelta(seconds=5)
"""How far clocks may differ before it matters to watermarks."""
_MILLISECOND: Final = timedelta(milliseconds=1)


@dataclass(frozen=True)
class Finding:
    """What was found at one place.

    Attributes:
        check: What was looked at: `connection`, `revision`, `drift`, `clock`, `stale`, `orphans` or
            `deadlines`.
        state: `ok`; `note` for what needs nobody; `problem` for what does.
        words: What was found, in one or two sentences.
        command: The next command, where one helps.
    """

    check: str
    state: State
    words: str
    command: str | None = None

    def __str__(self) -> str:
        next_ = "" if self.command is None else f" Next: `{self.command}`."
        return f"{self.check}: {self.words}{next_}"


def examine(at_once: OneReading, schema: str, stale_after: timedelta) -> Iterator[Finding]:
    """Yield what is found, in the order in which one thing needs the other."""
    now, began = at_once.now, monotonic()
    try:
        server = _server_time(at_once)
    except EtlMonitorError as error:
        yield Finding("connection", "problem", one_line(str(error)))
        return
    took = timedelta(seconds=monotonic() - began)
    yield Finding("connection", "ok", f"{place(at_once.units.engine.url)} answers in {took / _MILLISECOND:.0f} ms.")
    yield _clock(now, server, took)
    revision = _revision(at_once, schema)
    yield revision
    if revision.state == "problem":
        return
    yield from _drift(at_once, schema)
    yield _stale(at_once, stale_after)
    lonely = at_once.run(orphans.found)
    yield from (Finding("orphans", "problem", one.words, one.command) for one in lonely)
    if not lonely:
        yield Finding("orphans", "ok", "Every task, parameter and recent step belongs to something registered.")
    yield from _deadlines(at_once)


def _server_time(at_once: OneReading) -> datetime:
    engine, backend = at_once.units.engine, at_once.units.backend
    backend.before_work_in_tables(engine)
    try:
        with backend.for_services(engine).connect() as connection:
            found = connection.scalars(select(func.current_timestamp(type_=UTCDateTime()))).one()
    except SQLAlchemyError as error:
        raise our_error(error, engine) from error
    assert isinstance(found, datetime)
    return found


def _clock(now: datetime, server: datetime, took: timedelta) -> Finding:
    """Compare the server's time with the client's: it was read between the beginning of the question and its end."""
    ahead = server - (now + took) if server > now + took else min(server - now, timedelta(0))
    if abs(ahead) <= TOLERATED_SKEW:
        return Finding("clock", "ok", "The clocks of the database and of this machine agree.")
    which = "ahead of" if ahead > timedelta(0) else "behind"
    return Finding(
        "clock",
        "problem",
        f"The database's clock is {abs(ahead).total_seconds():.0f} s {which} this machine's, whose time is written. "
        "Set both by NTP: a watermark can leave out rows otherwise.",
    )


def _revision(at_once: OneReading, schema: str) -> Finding:
    from etl_monitor_orm.migrations.standing import standing

    try:
        there = standing(at_once.units.engine, schema)
    except SchemaError as error:
        return Finding("revision", "problem", one_line(str(error)))
    if there.usable:
        newer = "" if there.revision == SCHEMA_REVISION else f", from a newer version; this one has {SCHEMA_REVISION}"
        return Finding("revision", "note" if newer else "ok", f"The tables are at revision {there.revision}{newer}.")
    if there.revision is not None and there.revision > SCHEMA_REVISION:
        words = f"The tables are at revision {there.revision}; this version can use {SCHEMA_REVISION}."
        return Finding("revision", "problem", words, "pip install --upgrade etl-monitor-orm")
    words = "There are no tables" if there.revision is None else f"The tables are at revision {there.revision}"
    return Finding("revision", "problem", f"{words}; this version needs {SCHEMA_REVISION}.", "etl-monitor db upgrade")


def _drift(at_once: OneReading, schema: str) -> Iterator[Finding]:
    from etl_monitor_orm import migrations

    try:
        found = migrations.compare(at_once.units.engine, schema)
    except SchemaOutOfDate:
        yield Finding("drift", "note", "The tables of a newer version were not compared.")
        return
    for words in found.differences:
        can_be_repaired = words.startswith(("View ", "Stage ", REPEATED))
        command = "etl-monitor db repair" if can_be_repaired else "etl-monitor db check"
        yield Finding("drift", "problem", one_line(words), command)
    for note in found.notes:
        yield Finding("drift", "note", one_line(note))
    if not found.differences:
        yield Finding("drift", "ok", "All tables and views are as they should be.")


def _stale(at_once: OneReading, stale_after: timedelta) -> Finding:
    found = at_once.run(stale.stale_steps, Sweep(stale_after))
    if not found:
        return Finding("stale", "ok", "No running step of the last 35 days has gone quiet.")
    first = found[0]
    run = RunKey(ProcessKey(first.project_code, first.process_load), first.execution_id, first.processing_date)
    words = (
        f"Running steps that have gone quiet: {len(found)}, such as {StepKey(run, first.task_id, first.workflow_id)}."
    )
    minutes = max(1, int(stale_after.total_seconds() // 60))
    return Finding("stale", "problem", words, f"etl-monitor stale --older-than {minutes}")


def _deadlines(at_once: OneReading) -> Iterator[Finding]:
    bad = at_once.run(deadline_checks.bad_deadlines)
    for one in bad:
        yield Finding("deadlines", "problem" if one.is_urgent else "note", one_line(one.words), one.command)
    if not bad:
        yield Finding("deadlines", "ok", "Each deadline can be read, and no list of holidays ends soon.")
