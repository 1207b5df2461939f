"""Rules of runs: starting, resuming, asking what is next, resetting, stale steps and the passing of time."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime, timedelta

from hypothesis import strategies as st
from hypothesis.stateful import precondition, rule

from etl_monitor_orm import PendingTask, ProcessingStep

from . import choices
from .driver import Driver, drawn_from
from .reference import reset, runs, transitions
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
    )
    def start_run(self, process: ProcessKey, day: date | None, execution_id: str, resume: bool, only_due: bool) -> None:
        def model(now: datetime) -> date:
            on = day or runs.default_date(self.world, now, process)
            runs.start_run(self.world, now, RunKey(execution_id, process, on), resume=resume, only_due=only_due)
            return on

        answers = self.both(
            lambda: self.monitor.start_run(*process, day, execution_id=execution_id, resume=resume, only_due=only_due),
            model,
        )
        if answers is not None:
            handle, on = answers
            assert (handle.execution_id, handle.processing_date) == (execution_id, on)

    @precondition(has_steps)
    @rule(run=known_runs)
    def what_is_next(self, run: RunKey) -> None:
        answers = self.both(
            lambda: (
                self.monitor.start_run(*run.process, run.processing_date, execution_id=run.execution_id),
                self.monitor.get_pending_tasks(run.execution_id, *run.process, run.processing_date),
            ),
            lambda now: (runs.pending(self.world, run), runs.ready(self.world, run)),
        )
        assert answers is not None
        (handle, flat), (pending, ready) = answers
        same(handle.pending(), pending, in_order=True)
        same(flat, pending, in_order=True)
        same(handle.ready(), ready, in_order=True)

    @precondition(has_steps)
    @rule(
        run=known_runs,
        whole_date=st.booleans(),
        narrowed=st.fixed_dictionaries(
            {},
            optional={
                "workflow_id": st.sampled_from([0, 1]),
                "sequence_id": st.sampled_from([0, *choices.STAGES]),
                "task_id": st.sampled_from([0, 1, 2]),
            },
        ),
        replay=st.sampled_from([False, False, True]),
    )
    def reset_narrowed(self, run: RunKey, whole_date: bool, narrowed: dict[str, int], replay: bool) -> None:
        self.reset(run, reset.Scope(None if whole_date else run.execution_id, **narrowed), replay)

    @precondition(has_steps)
    @rule(run=known_runs, whole_date=st.booleans())
    def reset_failures(self, run: RunKey, whole_date: bool) -> None:
        self.reset(run, reset.Scope(None if whole_date else run.execution_id), False)

    def reset(self, run: RunKey, scope: reset.Scope, replay: bool) -> None:
        answers = self.both(
            lambda: self.monitor.status_reset(
                *run.process,
                processing_date=run.processing_date,
                execution_id=scope.execution_id,
                workflow_id=scope.workflow_id,
                sequence_id=scope.sequence_id,
                task_id=scope.task_id,
                replay=replay,
            ),
            lambda now: reset.status_reset(self.world, now, run.process, run.processing_date, scope, replay=replay),
        )
        if answers is not None:
            same(*answers)

    @rule(older_than=choices.quiet_times, fail=st.booleans())
    def look_for_stale_steps(self, older_than: timedelta, fail: bool) -> None:
        real = self.monitor.fail_stale if fail else self.monitor.stale_steps
        model = transitions.fail_stale if fail else transitions.stale
        answers = self.both(lambda: real(older_than), lambda now: model(self.world, now, older_than))
        assert answers is not None
        same(*answers)

    @rule(jump=choices.jumps)
    def wait(self, jump: timedelta) -> None:
        self.clock.advance(jump)


Attempt = PendingTask | ProcessingStep | Step
"""An attempt as the monitor hands it out, or as the model keeps it."""


def seen(step: Attempt) -> tuple[object, ...]:
    """What tells one attempt from another, and how it stands."""
    return (
        step.project_code,
        step.process_load,
        step.processing_date,
        step.execution_id,
        step.workflow_id,
        step.sequence_id,
        step.task_id,
        step.attempts,
        str(step.status),
    )


def same(actual: Iterable[Attempt], expected: Iterable[Attempt], *, in_order: bool = False) -> None:
    """Both lists name the same attempts in the same states."""
    arranged = list if in_order else sorted
    real, wanted = arranged(map(seen, actual)), arranged(map(seen, expected))
    assert real == wanted, f"should be {wanted}, is {real}"
