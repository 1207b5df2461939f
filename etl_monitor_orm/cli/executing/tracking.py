"""The monitor's part of `exec`: it starts and ends the step. Its own trouble is a warning, never the program's."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from typing import Final

from etl_monitor_orm import (
    Claim,
    ETLMonitor,
    LogType,
    TaskHandle,
    causes,
    inputs,
)
from etl_monitor_orm.cli import variables
from etl_monitor_orm.cli.executing.child import Outcome
from etl_monitor_orm.cli.executing.outbox import Words
from etl_monitor_orm.cli.executing.words import warn
from etl_monitor_orm.errors import REFUSALS, StepSkipped
from etl_monitor_orm.inputs import MESSAGE_MAX
from etl_monitor_orm.reporting.starting import Wish, start
from etl_monitor_orm.services.watermarks import shown
from etl_monitor_orm.settings import variable

_DATABASE: Final = ("ETL_MONITOR_URL", "ETL_MONITOR_SCHEMA", "ETL_MONITOR_CATALOG")
"""The variables for the options that name the database: the child's own commands are to reach the same one."""


_WHEN_AWAY: Final = "ETL_MONITOR_WHEN_AWAY"


class CommandFailed(Exception):
    """The command did not succeed; its step says so in these words."""


def opened(url: str | None, schema: str | None, catalog: str | None) -> ETLMonitor:
    """Return the monitor of `exec`: the one place that decides what it does while the database is away."""
    when_away: Final = None if variable(_WHEN_AWAY) else "journal"
    return ETLMonitor(url, schema=schema, catalog=catalog, when_away=when_away)


class Tracking:
    """A step, from its start to its end; where the monitor is away, nothing.

    Attributes:
        is_done: The step is DONE already, so there is nothing to do.
        is_skipped: Its run leaves the step out, so it must not be done.
    """

    def __init__(self, wish: Wish, *database: str | None) -> None:
        self.is_done = self.is_skipped = False
        self._wish = wish
        self._database = database
        self._monitor: ETLMonitor | None = None
        self._handle: TaskHandle | None = None
        self._known: dict[str, str] = {}

    def begin(self) -> None:
        """Start the step.

        Raises:
            EtlMonitorError: One of `REFUSALS`: this work must not be done.
        """
        try:
            self._monitor = opened(*self._database)
            self._handle = start(self._monitor, self._wish)
            self.is_done = self._handle is None
        except StepSkipped:
            self.is_skipped = True
        except REFUSALS:
            raise
        except Exception as trouble:
            warn(f"The command runs untracked. {causes.text(trouble)}")
        if self._handle is not None:
            self._learn(self._handle)
        self._let_go()

    def variables(self) -> dict[str, str]:
        """Return what the child finds in its environment; what nobody knows is not in it."""
        wish = self._wish
        asked = {
            variables.PROJECT: wish.project,
            variables.PROCESS: wish.process,
            variables.TASK: str(wish.task),
            variables.RUN: wish.execution_id,
            variables.DATE: None if wish.on is None else wish.on.isoformat(),
            **dict(zip(_DATABASE, self._database, strict=True)),
            # The program's own commands must not fail it either.
            _WHEN_AWAY: variable(_WHEN_AWAY) or "journal",
        }
        return {name: value for name, value in asked.items() if value is not None} | self._known

    def end(self, outcome: Outcome, words: Words, received: str) -> None:
        """End the step as the program ended.

        Args:
            outcome: How the program ended.
            words: What it left for the monitor.
            received: What signals were passed on, in words; empty where there were none.
        """
        handle = self._handle
        if handle is None:
            return
        failed = None
        if outcome.status != 0:
            failed = CommandFailed(_message(f"It {outcome.how}{received}.", words, outcome))
            handle.log_code = words.code or outcome.code
        else:
            handle.log_message = _message("", words, outcome) or None
            self._stage(handle, words)
            handle.log_code = words.code
        if words.measures:
            self._measure(handle, words)
        try:
            handle.__exit__(None if failed is None else type(failed), failed, None)
        except Exception as trouble:
            warn(f"The monitor could not record the end of the command: {causes.text(trouble)}")
        for note in getattr(failed, "__notes__", ()):
            warn(note)
        self._let_go()

    def _stage(self, handle: TaskHandle, words: Words) -> None:
        """Stage what the program says of its watermark; where that makes no sense, the watermark stays."""
        try:
            if words.advance is not None:
                handle.advance(words.advance)
            elif words.hold:
                handle.hold()
        except Exception as trouble:
            stays = f"The watermark stays where it is: {causes.text(trouble)}"
            warn(stays)
            handle.log_message = "\n".join(part for part in (handle.log_message, stays) if part)
            handle.log_type = LogType.WARN
            with suppress(Exception):
                handle.hold()

    def _measure(self, handle: TaskHandle, words: Words) -> None:
        """Note what the program measured; where that cannot be noted, the step ends as it would without."""
        try:
            handle.measure(**inputs.measures("measure", words.measures))
        except Exception as trouble:
            warn(f"What the command measured is not noted. {causes.text(trouble)}")

    def _learn(self, handle: TaskHandle) -> None:
        """Ask what the child is told, before it runs."""
        self._known = {
            variables.TASK: f"{handle.workflow_id}.{handle.task_id}",
            variables.RUN: handle.execution_id,
            variables.DATE: handle.processing_date.isoformat(),
        }
        try:
            if handle.started is not None:
                self._known[variables.CLAIM] = str(Claim(handle.attempts, handle.started))
            if handle.attempts is not None:
                self._known[variables.ATTEMPT] = str(handle.attempts)
            value = handle.watermark
            self._known[variables.WATERMARK] = "" if value is None else shown(value)
        except Exception as trouble:
            warn(f"{variables.WATERMARK} is not set: {causes.text(trouble)}")

    def _let_go(self) -> None:
        """Close the connections: while the command runs, a DuckDB file is for others, itself included."""
        if self._monitor is not None:
            with suppress(Exception):
                self._monitor.close()


def environment(inherited: Mapping[str, str], told: Mapping[str, str]) -> dict[str, str]:
    """Return the child's environment: what a surrounding step said of itself is not this one's."""
    return {name: value for name, value in inherited.items() if name not in variables.OF_A_STEP} | {**told}


def _message(headline: str, words: Words, outcome: Outcome) -> str:
    said = "\n".join(part for part in (headline, *words.messages) if part)
    room = MESSAGE_MAX - len(said) - len(CommandFailed.__name__) - len(": \n")
    tail = outcome.tail.text(room) if room > 0 else ""
    return "\n".join(part for part in (said, tail) if part)
