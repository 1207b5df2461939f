"""Rules of runs: starting and resuming them, and the passing of time."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Any

from hypothesis import strategies as st
from hypothesis.stateful import rule

from . import choices
from .attempts import same
from .driver import Driver, drawn_from
from .reference import runs
from .reference.state import ProcessKey, RunKey, Step

known_runs = drawn_from(lambda machine: machine.runs())


def has_steps(machine: Driver) -> bool:
    return bool(machine.world.steps)


class RunRules(Driver):
    @rule(
        process=choices.maybe_processes,
        day=st.none() | choices.dates,
        execution_id=choices.executions,
        resume=st.booleans(),
        only_due=st.booleans(),
        if_running=choices.if_running,
        stale_after=choices.quiet_times,
    )
    def start_run(
        self, process: ProcessKey, day: date | None, execution_id: str, resume: bool, only_due: bool, **at_work: Any
    ) -> None:
        options = {"resume": resume, "only_due": only_due, **at_work}

        def model(now: datetime) -> date:
            on = day or runs.default_date(self.world, now, process)
            runs.start_run(self.world, now, RunKey(execution_id, process, on), **options)
            return on

        answers = self.both(
            lambda: self.monitor.start_run(*process, day, execution_id=execution_id, **options),
            model,
        )
        if answers is not None:
            handle, on = answers
            assert (handle.execution_id, handle.processing_date) == (execution_id, on)

    @rule(process=choices.maybe_processes, day=choices.dates, execution_id=choices.executions)
    def ask_for_pending(self, process: ProcessKey, day: date, execution_id: str) -> None:
        """What an orchestrator calls first: it queues the run's steps where there are none."""
        run = RunKey(execution_id, process, day)

        def model(now: datetime) -> list[Step]:
            if not runs.pending(self.world, run):
                runs.start_run(self.world, now, run)
            return runs.pending(self.world, run)

        answers = self.both(lambda: self.monitor.get_pending_tasks(execution_id, *process, day), model)
        if answers is not None:
            same(*answers, in_order=True)

    @rule(jump=choices.jumps)
    def wait(self, jump: timedelta) -> None:
        self.clock.advance(jump)
