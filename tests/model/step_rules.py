"""Rules of the flat calls: start, end and fail a step from outside, whether or not it can be."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from hypothesis import strategies as st
from hypothesis.stateful import precondition, rule

from . import choices
from .driver import Driver, drawn_from
from .reference import runs, transitions
from .reference.state import RunKey, Slot
from .run_rules import has_steps, known_runs

Address = tuple[RunKey, Slot]

some_step = drawn_from(lambda machine: machine.current_steps())
queued_step = drawn_from(lambda machine: machine.current_steps(lambda s: s.unfinished and not s.running))
running_step = drawn_from(lambda machine: machine.current_steps(lambda s: s.running))
attempt_numbers = st.none() | st.integers(min_value=0, max_value=3)


def has_queued(machine: Driver) -> bool:
    return bool(machine.current_steps(lambda s: s.unfinished and not s.running))


def has_running(machine: Driver) -> bool:
    return bool(machine.current_steps(lambda s: s.running))


class StepRules(Driver):
    @precondition(has_steps)
    @rule(run=known_runs, outcomes=choices.outcomes, last_first=st.booleans())
    def work_through_stage(self, run: RunKey, outcomes: dict[Slot, str], last_first: bool) -> None:
        """What a dispatcher does: start all that is ready, side by side, and see each end or be left running."""
        slots = [step.slot for step in runs.ready(self.world, run)]
        for slot in slots:
            self.start((run, slot), None, False, None)
        self.tables_and_views_agree()
        for slot in reversed(slots) if last_first else slots:
            outcome = outcomes.get(slot, "DONE")
            if outcome != "left":
                self.end((run, slot), None, transitions.Report(outcome), None)

    @precondition(has_steps)
    @rule(run=known_runs, outcomes=choices.outcomes, last_first=st.booleans())
    def work_through_run(self, run: RunKey, outcomes: dict[Slot, str], last_first: bool) -> None:
        """Stage after stage, until the run is done or something holds it up."""
        while runs.ready(self.world, run):
            self.work_through_stage(run, outcomes, last_first)
            self.tables_and_views_agree()

    @precondition(has_steps)
    @rule(
        earlier=known_runs,
        execution_id=choices.executions,
        resume=st.sampled_from([True, True, False]),
        outcomes=choices.outcomes,
    )
    def retrigger(self, earlier: RunKey, execution_id: str, resume: bool, outcomes: dict[Slot, str]) -> None:
        """One more run on a date that has some, taking up what is left: where attempts pile up."""
        run = replace(earlier, execution_id=execution_id)
        self.both(
            lambda: self.monitor.start_run(*run.process, run.processing_date, execution_id=execution_id, resume=resume),
            lambda now: runs.start_run(self.world, now, run, resume=resume),
        )
        self.tables_and_views_agree()
        self.work_through_run(run, outcomes, False)

    @precondition(has_queued)
    @rule(address=queued_step, offset=choices.reported)
    def start_queued(self, address: Address, offset: timedelta | None) -> None:
        self.start(address, None, False, offset)

    @precondition(has_running)
    @rule(address=running_step, message=choices.messages, offset=choices.reported)
    def end_running(self, address: Address, message: str, offset: timedelta | None) -> None:
        self.end(address, None, transitions.Report("DONE", choices.MESSAGES[message], "WARN", "C-1"), offset)

    @precondition(has_running)
    @rule(address=running_step, message=choices.messages, offset=choices.reported)
    def fail_running(self, address: Address, message: str, offset: timedelta | None) -> None:
        self.end(address, None, transitions.Report("FAIL", choices.MESSAGES[message], None, "E-1"), offset)

    @precondition(has_steps)
    @rule(address=some_step, attempts=attempt_numbers, takeover=st.booleans(), offset=choices.reported)
    def start_any(self, address: Address, attempts: int | None, takeover: bool, offset: timedelta | None) -> None:
        self.start(address, attempts, takeover, offset)

    @precondition(has_steps)
    @rule(address=some_step, attempts=attempt_numbers, status=st.sampled_from(["DONE", "DONE", "FAIL"]))
    def end_any(self, address: Address, attempts: int | None, status: str) -> None:
        self.end(address, attempts, transitions.Report(status), None)

    @precondition(has_steps)
    @rule(run=known_runs, slot=st.sampled_from([*choices.SLOTS, (1, 9)]), start=st.booleans())
    def reach_for_any_slot(self, run: RunKey, slot: Slot, start: bool) -> None:
        """A step that the run may not hold, of a task that may not exist."""
        if start:
            self.start((run, slot), None, False, None)
        else:
            self.end((run, slot), None, transitions.Report(), None)

    def start(self, address: Address, attempts: int | None, takeover: bool, offset: timedelta | None) -> None:
        run, (workflow_id, task_id) = address
        self.both(
            lambda: self.monitor.start_task(
                run.execution_id,
                *run.process,
                task_id,
                workflow_id=workflow_id,
                processing_date=run.processing_date,
                attempts=attempts,
                timestamp=None if offset is None else self.clock() + offset,
                takeover=takeover,
            ),
            lambda now: transitions.start(
                self.world,
                now,
                run,
                (workflow_id, task_id),
                attempts=attempts,
                takeover=takeover,
                timestamp=None if offset is None else now + offset,
            ),
        )

    def end(self, address: Address, attempts: int | None, report: transitions.Report, offset: timedelta | None) -> None:
        run, (workflow_id, task_id) = address
        self.both(
            lambda: self.monitor.end_task(
                run.execution_id,
                *run.process,
                task_id,
                workflow_id=workflow_id,
                processing_date=run.processing_date,
                attempts=attempts,
                status=report.status,
                log_message=report.log_message,
                log_type=report.log_type,
                log_code=report.log_code,
                timestamp=None if offset is None else self.clock() + offset,
            ),
            lambda now: transitions.end(
                self.world,
                now,
                run,
                (workflow_id, task_id),
                report,
                attempts=attempts,
                timestamp=None if offset is None else now + offset,
            ),
        )
