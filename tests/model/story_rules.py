"""Rules that string calls together: whole stages and runs, incremental loads, and what crosses them.

Single calls seldom line up into a run that finishes, or into a watermark that somebody moves under a running step;
these do, with the comparison between the calls.
"""

from __future__ import annotations

from dataclasses import replace

from hypothesis import strategies as st
from hypothesis.stateful import precondition, rule

from . import choices
from .reference import runs
from .reference.state import RunKey, Slot, current
from .reference.transitions import Address, Report
from .run_rules import has_steps, known_runs
from .step_rules import StepRules, has_queued, queued_step
from .task_rules import JobError, TaskRules
from .watermark_rules import WatermarkRules


class StoryRules(StepRules, TaskRules, WatermarkRules):
    @precondition(has_steps)
    @rule(run=known_runs, outcomes=choices.outcomes, last_first=st.booleans())
    def work_through_stage(self, run: RunKey, outcomes: dict[Slot, str], last_first: bool) -> None:
        """What a dispatcher does: start all that is ready, side by side, and see each end or be left running."""
        slots = [step.slot for step in runs.ready(self.world, run)]
        for slot in slots:
            self.start(Address(run, slot))
        self.tables_and_views_agree()
        for slot in reversed(slots) if last_first else slots:
            outcome = outcomes.get(slot, "DONE")
            if outcome != "left":
                self.end(Address(run, slot), Report(outcome))

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
        if_running=choices.if_running,
        outcomes=choices.outcomes,
    )
    def retrigger(
        self, earlier: RunKey, execution_id: str, resume: bool, if_running: str, outcomes: dict[Slot, str]
    ) -> None:
        """One more run on a date that has some, taking up what is left: where attempts pile up."""
        run = replace(earlier, execution_id=execution_id)
        options = {"resume": resume, "if_running": if_running}
        self.both(
            lambda: self.monitor.start_run(*run.process, run.processing_date, execution_id=execution_id, **options),
            lambda now: runs.start_run(self.world, now, run, **options),
        )
        self.tables_and_views_agree()
        self.work_through_run(run, outcomes, False)

    @precondition(has_steps)
    @rule(run=known_runs, last_first=st.booleans())
    def finish_what_runs(self, run: RunKey, last_first: bool) -> None:
        """All that is running in a run comes to its end."""
        running = [other for other in self.current_steps(lambda s: s.running) if other.run == run]
        for other in reversed(running) if last_first else running:
            self.end(other, Report())
            self.tables_and_views_agree()

    @precondition(has_queued)
    @rule(
        address=queued_step,
        how=st.sampled_from(["to the past", "to the past", "to now", "bulk", "historic", "historic and live"]),
        last_first=st.booleans(),
    )
    def cross(self, address: Address, how: str, last_first: bool) -> None:
        """Somebody moves the watermark under a running step, which then ends, and its run with it."""
        self.start(address)
        step = current(self.world.of_run(address.run))[address.slot]
        process, name = address.run.process, step.source_system_code or "Extract"
        if how.startswith("to"):
            self.advance(process, name, "now" if how == "to now" else choices.MOMENTS[0], True)
        elif how == "bulk":
            self.set_one_back(process, name)
        else:
            self.set_mode(process, "historic", choices.DATES[0])
            if how == "historic and live":
                self.go_live(process)
        self.tables_and_views_agree()
        self.finish_what_runs(address.run, last_first)
        self.work_through_run(address.run, {}, last_first)

    @precondition(has_queued)
    @rule(
        address=queued_step,
        up_to=st.sampled_from(["now", "past", "nothing", "hold"]),
        last_id=choices.ids,
        ending=st.sampled_from(["clean", "clean", "crossed", "exception"]),
    )
    def track(self, address: Address, up_to: str, last_id: int, ending: str) -> None:
        """A whole incremental load: start, read, stage what was read, end; with others beside it, maybe."""
        task = self.enter(address, False, False)
        if task is None:
            return
        self.read_watermark(task)
        if task.step.source_system_code == choices.ID_WATERMARK:
            self.stage(task, last_id, False)
        elif up_to == "hold":
            self.hold(task)
        elif up_to != "nothing":
            self.stage(task, self.clock() if up_to == "now" else choices.MOMENTS[0], up_to == "past")
        self.tables_and_views_agree()
        if ending == "exception":
            self.leave_with_an_exception(task, JobError, "short")
            return
        beside = [step.slot for step in runs.ready(self.world, address.run)] if ending == "crossed" else []
        for slot in beside:
            self.start(replace(address, slot=slot))
        self.leave_cleanly(task)
        self.tables_and_views_agree()
        for slot in beside:
            self.end(replace(address, slot=slot), Report())
        if ending == "crossed":
            self.work_through_run(address.run, {}, False)
