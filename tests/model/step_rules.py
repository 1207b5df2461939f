"""Rules of the flat calls: start, end and fail a step from outside, whether or not it can be."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

from hypothesis import strategies as st
from hypothesis.stateful import precondition, rule

from etl_monitor_orm import Claim

from . import choices
from .driver import Driver, drawn_from
from .reference import transitions
from .reference.state import RunKey, Slot, Step
from .reference.transitions import Address, Place, Report
from .run_rules import has_steps, known_runs

some_step = drawn_from(lambda machine: machine.current_steps())
queued_step = drawn_from(lambda machine: machine.current_steps(lambda s: s.unfinished and not s.running))
running_step = drawn_from(lambda machine: machine.current_steps(lambda s: s.running))
variations = st.fixed_dictionaries(
    {},
    optional={
        "attempts": st.integers(min_value=0, max_value=3),
        "sequence_id": st.sampled_from([0, *choices.STAGES]),
        "dated": st.just(False),
    },
)
"""Further ways to say which step is meant, whether or not they fit it."""


def has_queued(machine: Driver) -> bool:
    return bool(machine.current_steps(lambda s: s.unfinished and not s.running))


def has_running(machine: Driver) -> bool:
    return bool(machine.current_steps(lambda s: s.running))


held_claim = drawn_from(lambda machine: machine.claims)


def has_claims(machine: Driver) -> bool:
    return isinstance(machine, StepRules) and bool(machine.claims)


class StepRules(Driver):
    def __init__(self) -> None:
        super().__init__()
        self.claims: list[tuple[Claim, Step, transitions.Claim]] = []

    @precondition(has_queued)
    @rule(address=queued_step, place=choices.places, offset=choices.reported)
    def start_queued(self, address: Address, place: Place, offset: timedelta | None) -> None:
        self.start(address, False, offset, place)

    @precondition(has_running)
    @rule(address=running_step, message=choices.messages, offset=choices.reported)
    def end_running(self, address: Address, message: str, offset: timedelta | None) -> None:
        self.end(address, Report("DONE", choices.MESSAGES[message], "WARN", "C-1"), offset)

    @precondition(has_running)
    @rule(address=running_step, message=choices.messages, offset=choices.reported)
    def fail_running(self, address: Address, message: str, offset: timedelta | None) -> None:
        self.end(address, Report("FAIL", choices.MESSAGES[message], None, "E-1"), offset)

    @precondition(has_steps)
    @rule(address=some_step, variation=variations, takeover=st.booleans(), offset=choices.reported)
    def start_any(self, address: Address, variation: dict[str, Any], takeover: bool, offset: timedelta | None) -> None:
        self.start(replace(address, **variation), takeover, offset)

    @precondition(has_steps)
    @rule(address=some_step, variation=variations, status=st.sampled_from(["DONE", "DONE", "FAIL"]))
    def end_any(self, address: Address, variation: dict[str, Any], status: str) -> None:
        self.end(replace(address, **variation), Report(status))

    @precondition(has_steps)
    @rule(run=known_runs, slot=st.sampled_from([*choices.SLOTS, (1, 9)]), start=st.booleans())
    def reach_for_any_slot(self, run: RunKey, slot: Slot, start: bool) -> None:
        """A step that the run may not hold, of a task that may not exist."""
        if start:
            self.start(Address(run, slot))
        else:
            self.end(Address(run, slot), Report())

    @precondition(has_steps)
    @rule(address=some_step, undated=st.booleans(), skipped=st.sampled_from([True, False]))
    def skip_any(self, address: Address, undated: bool, skipped: bool) -> None:
        meant = replace(address, dated=not undated)
        call = self.monitor.skip_task if skipped else self.monitor.unskip_task
        where = {name: value for name, value in named(meant).items() if name != "attempts"}
        self.both(lambda: call(**where), lambda now: transitions.set_skipped(self.world, now, meant, skipped))

    def start(
        self,
        address: Address,
        takeover: bool = False,
        offset: timedelta | None = None,
        place: Place | None = None,
    ) -> None:
        answers = self.both(
            lambda: self.monitor.start_task(
                **named(address),
                timestamp=None if offset is None else self.clock() + offset,
                takeover=takeover,
                **vars(place or Place()),
            ),
            lambda now: transitions.start(
                self.world,
                now,
                address,
                takeover=takeover,
                timestamp=None if offset is None else now + offset,
                place=place,
            ),
        )
        if answers is not None:
            claim, step = answers
            assert claim.attempts in (step.attempts, None)
            assert claim.started == step.start_time
            self.claims.append((claim, step, transitions.Claim.of(step)))

    @precondition(has_claims)
    @rule(held=held_claim, status=st.sampled_from(["DONE", "DONE", "FAIL"]), as_text=st.booleans())
    def end_with_claim(self, held: tuple[Claim, Step, transitions.Claim], status: str, as_text: bool) -> None:
        """A worker comes back with its claim, maybe too late."""
        claim, step, known = held
        self.claims.remove(held)
        run = RunKey(step.execution_id, step.process, step.processing_date)
        self.both(
            lambda: self.monitor.end_task(
                **named(Address(run, step.slot)), status=status, claim=str(claim) if as_text else claim
            ),
            lambda now: transitions.end_with_claim(self.world, now, step, known, Report(status)),
        )

    def end(self, address: Address, report: Report, offset: timedelta | None = None) -> None:
        self.both(
            lambda: self.monitor.end_task(
                **named(address),
                **vars(report),
                timestamp=None if offset is None else self.clock() + offset,
            ),
            lambda now: transitions.end(
                self.world, now, address, report, timestamp=None if offset is None else now + offset
            ),
        )


def named(address: Address) -> dict[str, Any]:
    """The arguments by which the flat calls name a step."""
    project_code, process_load = address.run.process
    workflow_id, task_id = address.slot
    return {
        "execution_id": address.run.execution_id,
        "project_code": project_code,
        "process_load": process_load,
        "task_id": task_id,
        "workflow_id": workflow_id,
        "sequence_id": address.sequence_id,
        "processing_date": address.run.processing_date if address.dated else None,
        "attempts": address.attempts,
    }
