"""Rules of tracked tasks: `with run.task(...)` entered in one step of the machine and left in a later one.

Between the two anything may happen: other tasks, a takeover, a reset, a deactivation. So the machine holds the
context managers open, as concurrent workers would.
"""

from __future__ import annotations

import sys
from dataclasses import dataclass, field
from datetime import datetime

from hypothesis import strategies as st
from hypothesis.stateful import precondition, rule

from etl_monitor_orm import TaskHandle
from etl_monitor_orm.errors import EtlMonitorError

from . import choices
from .driver import Driver, drawn_from
from .reference import transitions
from .reference.state import Refused, Step
from .reference.transitions import Address
from .run_rules import has_steps
from .step_rules import has_queued, named, queued_step, some_step


class JobError(Exception):
    """What a tracked body raises in this test."""


@dataclass
class Tracked:
    """A task whose body is running, on both sides."""

    handle: TaskHandle
    step: Step = field(repr=False)
    claim: transitions.Claim = field(repr=False)


open_task = drawn_from(lambda machine: machine.tracked)


def has_open_tasks(machine: Driver) -> bool:
    return isinstance(machine, TaskRules) and bool(machine.tracked)


class TaskRules(Driver):
    def __init__(self) -> None:
        super().__init__()
        self.tracked: list[Tracked] = []

    def teardown(self) -> None:
        for task in self.tracked:
            try:
                task.handle.__exit__(None, None, None)
            except EtlMonitorError:
                continue  # somebody ended or took the step meanwhile: the machine has seen enough of it
        super().teardown()

    @precondition(has_queued)
    @rule(address=queued_step)
    def enter_queued(self, address: Address) -> None:
        self.enter(address, False, False)

    @precondition(has_steps)
    @rule(address=some_step, takeover=st.booleans(), skip=st.booleans())
    def enter_any(self, address: Address, takeover: bool, skip: bool) -> None:
        self.enter(address, takeover, skip)

    def enter(self, address: Address, takeover: bool, skip: bool) -> Tracked | None:
        known = named(address)
        del known["attempts"]

        def real() -> TaskHandle:
            handle = self.monitor.task(**known, takeover=takeover, on_not_runnable="skip" if skip else "raise")
            return handle.__enter__()

        def model(now: datetime) -> Step | None:
            try:
                return transitions.start(self.world, now, address, takeover=takeover)
            except Refused as refusal:
                if skip and refusal.error in ("InvalidTransition", "StepNotQueued"):
                    return None
                raise

        answers = self.both(real, model)
        if answers is None:
            return None
        handle, step = answers
        assert handle.active == (step is not None)
        if step is None:
            return None
        assert handle.attempts in (step.attempts, None)
        task = Tracked(handle, step, transitions.Claim.of(step))
        self.tracked.append(task)
        return task

    @precondition(has_open_tasks)
    @rule(task=open_task)
    def leave_cleanly(self, task: Tracked) -> None:
        self.tracked.remove(task)
        self.both(
            lambda: task.handle.__exit__(None, None, None),
            lambda now: transitions.end_claimed(self.world, now, task.step, task.claim),
        )

    @precondition(has_open_tasks)
    @rule(
        task=open_task,
        kind=st.sampled_from([JobError, KeyboardInterrupt, SystemExit]),
        message=choices.messages,
    )
    def leave_with_an_exception(self, task: Tracked, kind: type[BaseException], message: str) -> None:
        """The job's own exception always reaches the caller; where FAIL cannot be recorded it bears a note."""
        self.tracked.remove(task)
        error = kind(choices.MESSAGES[message])

        def real() -> bool:
            try:
                raise error
            except BaseException:
                assert not task.handle.__exit__(*sys.exc_info())
            return hasattr(error, "__notes__")

        def model(now: datetime) -> bool:
            try:
                transitions.fail_claimed(self.world, now, task.step, task.claim, f"{type(error).__name__}: {error}")
            except Refused:
                return True
            return False

        answers = self.both(real, model)
        assert answers is not None
        assert answers[0] == answers[1]

    @precondition(has_open_tasks)
    @rule(task=open_task)
    def beat(self, task: Tracked) -> None:
        self.both(
            task.handle.heartbeat,
            lambda now: transitions.heartbeat(task.step, task.claim, now),
        )

    @precondition(has_open_tasks)
    @rule(task=open_task)
    def read_watermark(self, task: Tracked) -> None:
        answers = self.both(
            lambda: task.handle.watermark,
            lambda now: transitions.watermark_of(self.world, task.step, task.claim),
        )
        if answers is not None:
            assert answers[0] == answers[1]

    @precondition(has_open_tasks)
    @rule(task=open_task)
    def hold(self, task: Tracked) -> None:
        self.both(task.handle.hold, lambda now: transitions.hold(self.world, task.step, task.claim))

    @precondition(has_open_tasks)
    @rule(task=open_task, value=choices.moments | choices.ids, allow_rewind=st.sampled_from([False, False, True]))
    def stage(self, task: Tracked, value: datetime | int, allow_rewind: bool) -> None:
        self.both(
            lambda: task.handle.advance(value, allow_rewind=allow_rewind),
            lambda now: transitions.stage(self.world, task.step, task.claim, value, allow_rewind),
        )
