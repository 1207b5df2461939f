"""The latest run, as the page shows it: its steps by stage, each with a bar in time."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from itertools import groupby
from typing import Final

from etl_monitor_orm.baselines.results import ComparedStep
from etl_monitor_orm.keys import ProcessKey
from etl_monitor_orm.pages import words
from etl_monitor_orm.pages.drawing import Axis, Bar, end_of
from etl_monitor_orm.pages.words import State
from etl_monitor_orm.services.overview.parts import LatestRun
from etl_monitor_orm.vocabulary import INITIATION_ID, Status

_URGENCY: Final = (words.FAILED, words.RUNNING, words.WAITING, words.COMPLETE)


@dataclass(frozen=True)
class StepShown:
    """A step.

    Attributes:
        step: What is known of it.
        state: How it stands.
        took: How long it took, or has been running.
        bar: Where it lies in time; None where it was not started.
        is_put_back: Whether it is the run's marker, which waits for the next try because a mandatory step failed.
    """

    step: ComparedStep
    state: State
    took: str | None
    bar: Bar | None
    is_put_back: bool


@dataclass(frozen=True)
class StageShown:
    """A stage of a pass, and its steps."""

    workflow_id: int
    name: str
    steps: Sequence[StepShown]


@dataclass(frozen=True)
class RunShown:
    """The latest run.

    Attributes:
        key: The process.
        on: The date.
        stages: Its stages, with the steps that are shown.
        more: How many further steps there are, in words; None where all are shown.
        first: When the first step began.
        last: When the last one ended, or now.
        is_compared: Whether steps stand beside what is usual for them.
        has_usual: Whether that is known of any step that is shown.
    """

    key: ProcessKey
    on: date
    stages: Sequence[StageShown]
    more: str | None
    first: datetime | None
    last: datetime | None
    is_compared: bool
    has_usual: bool


def run_shown(run: LatestRun | None, now: datetime, most: int) -> RunShown | None:
    """Return the latest run; of many steps those that failed, run or wait, and those that took longest."""
    if run is None:
        return None
    axis = Axis.of(run.steps, now)
    urgent = sorted(
        range(len(run.steps)),
        key=lambda number: (
            _URGENCY.index(_state(run.steps[number])),
            -(run.steps[number].duration_seconds or 0),
            number,
        ),
    )
    kept, has_failed = set(urgent[:most]), any(_state(step) is words.FAILED for step in run.steps)
    steps = [
        StepShown(
            step,
            _state(step),
            words.took(step.duration_seconds),
            axis.bar(step, now) if axis else None,
            has_failed and _is_waiting_marker(step),
        )
        for number, step in enumerate(run.steps)
        if number in kept
    ]
    left = [_state(run.steps[number]).words for number in urgent[most:]]
    counts = [f"{left.count(state.words):,} {state.words}" for state in _URGENCY if state.words in left]
    more = f"{words.counted(len(left), 'more step')}: {words.joined(counts)}" if left else None
    ends = [end for step in run.steps if (end := end_of(step, now)) is not None]
    return RunShown(
        run.key,
        run.on,
        [
            StageShown(
                workflow_id, f"stage {sequence_id}: {run.stages.get(sequence_id, '')}".rstrip(": "), list(members)
            )
            for (workflow_id, sequence_id), members in groupby(
                steps, lambda one: (one.step.workflow_id, one.step.sequence_id)
            )
        ],
        more,
        axis.first if axis else None,
        max(ends) if ends else None,
        run.is_compared,
        any(one.bar is not None and one.bar.usual for one in steps),
    )


def _is_waiting_marker(step: ComparedStep) -> bool:
    return (step.workflow_id, step.task_id) == (INITIATION_ID, INITIATION_ID) and _state(step) is words.WAITING


def _state(step: ComparedStep) -> State:
    if step.is_running:
        return words.RUNNING
    if step.status == Status.DONE:
        return words.COMPLETE
    return words.FAILED if step.status == Status.FAIL else words.WAITING
