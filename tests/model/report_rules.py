"""Rules of reports and resets: what is next, how things stand, what went quiet, and trying again."""

from __future__ import annotations

from datetime import date, timedelta

from hypothesis import strategies as st
from hypothesis.stateful import precondition, rule

from etl_monitor_orm import PendingTask

from . import choices
from .attempts import same
from .driver import Driver
from .reference import reset, runs, status, transitions
from .reference.reset import Scope
from .reference.state import RunKey, Step
from .reference.views import active_text
from .run_rules import has_steps, known_runs

wholes = st.sampled_from(["run", "date", "run on any date", "current date"])
"""What a status or a reset is about before it is narrowed."""

narrowings = st.fixed_dictionaries(
    {},
    optional={
        "workflow_id": st.sampled_from([0, 1]),
        "sequence_id": st.sampled_from([0, *choices.STAGES]),
        "task_id": st.sampled_from([0, 1, 2]),
        "attempts": st.sampled_from([0, 1]),
    },
)


def about(run: RunKey, whole: str) -> tuple[date | None, str | None]:
    """The date and the execution to ask for."""
    day = run.processing_date if whole in ("run", "date") else None
    return day, run.execution_id if whole.startswith("run") else None


class ReportRules(Driver):
    @precondition(has_steps)
    @rule(run=known_runs)
    def what_is_next(self, run: RunKey) -> None:
        answers = self.both(
            lambda: self.monitor.start_run(*run.process, run.processing_date, execution_id=run.execution_id),
            lambda now: (runs.pending(self.world, run), runs.ready(self.world, run)),
        )
        assert answers is not None
        handle, (pending, ready) = answers
        tasks = handle.pending()
        same(tasks, pending, in_order=True)
        same(handle.ready(), ready, in_order=True)
        for task, step in zip(tasks, pending, strict=True):
            assert dispatched(task) == self.dispatchable(step)

    def dispatchable(self, step: Step) -> tuple[object, ...]:
        """What a dispatcher must know beside the step itself."""
        task = self.world.tasks[step.process, step.slot]
        parameter = self.world.parameters.get((step.process, step.source_system_code or ""))
        watermark = (
            (None,) * 3 if parameter is None else (parameter.parameter_type, parameter.active, active_text(parameter))
        )
        return task.source_identifier, step.running, step.start_time, *watermark

    @precondition(has_steps)
    @rule(run=known_runs, whole=wholes, narrowed=narrowings, every_attempt=st.booleans())
    def how_things_stand(self, run: RunKey, whole: str, narrowed: dict[str, int], every_attempt: bool) -> None:
        day, execution_id = about(run, whole)
        if every_attempt:
            narrowed = {name: value for name, value in narrowed.items() if name != "attempts"}
        scope = Scope(execution_id, **narrowed)
        asked = {"processing_date": day, "execution_id": execution_id, **narrowed}
        attempts = {"attempts": "all"} if every_attempt else {}
        answers = self.both(
            lambda: (
                self.monitor.get_status(*run.process, **asked, **attempts),
                self.monitor.get_status(*run.process, **asked, summary_mode=True),
            ),
            lambda now: (
                status.detail(self.world, now, run.process, day, scope, every_attempt),
                status.summary(self.world, now, run.process, day, scope),
            ),
        )
        assert answers is not None
        (real_detail, real_summary), (detail, summary) = answers
        same(real_detail, detail)
        assert sorted((row.processing_date, row.execution_id, row.attempts) for row in real_summary) == summary

    @precondition(has_steps)
    @rule(run=known_runs, whole=wholes, narrowed=narrowings, replay=st.sampled_from([False, False, True]))
    def reset_narrowed(self, run: RunKey, whole: str, narrowed: dict[str, int], replay: bool) -> None:
        self.reset(run, whole, narrowed, replay)

    @precondition(has_steps)
    @rule(run=known_runs, whole=wholes)
    def reset_failures(self, run: RunKey, whole: str) -> None:
        self.reset(run, whole, {}, False)

    def reset(self, run: RunKey, whole: str, narrowed: dict[str, int], replay: bool) -> None:
        day, execution_id = about(run, whole)
        scope = Scope(execution_id, **narrowed)
        answers = self.both(
            lambda: self.monitor.status_reset(
                *run.process, processing_date=day, execution_id=execution_id, replay=replay, **narrowed
            ),
            lambda now: reset.status_reset(self.world, now, run.process, day, scope, replay=replay),
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


def dispatched(task: PendingTask) -> tuple[object, ...]:
    return (
        task.source_identifier,
        task.is_running,
        task.start_time,
        task.watermark_type,
        task.watermark,
        task.active_value,
    )
