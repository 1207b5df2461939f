"""Worked examples of the reference model: the yardstick is itself measured against the contract's plainest cases."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest

from .reference import registration, reset, runs, transitions, views, watermarks
from .reference.state import Refused, RunKey, Slot, World
from .reference.transitions import Address

HR = ("CORP", "HR_DAILY")
DAY = date(2026, 4, 9)
RUN = RunKey("run-1", HR, DAY)
NOON = datetime(2026, 4, 9, 12, tzinfo=UTC)
DONE = transitions.Report()
FAIL = transitions.Report("FAIL", "ValueError: boom")


def minute(number: int) -> datetime:
    return NOON + timedelta(minutes=number)


def columns(stage: int, **changes: object) -> dict[str, object]:
    return {
        "sequence_id": stage,
        "task_name": f"stage {stage}",
        "task_description": None,
        "source_type": None,
        "source_identifier": None,
        "source_system_code": None,
        "load_frequency": "D",
        "task_mandatory": True,
        "expected_duration_seconds": None,
        **changes,
    }


@pytest.fixture
def world() -> World:
    """An initiation, two extracts of one watermark side by side, and a mart behind them."""
    world = World()
    registration.seed(world)
    registration.register_process(world, minute(0), HR, "HR", "", "Ann", "D")
    registration.register_parameter(world, minute(0), HR, "Source", "DELTA_DATE", "", None)
    for slot, stage, source in (((0, 0), 0, None), ((1, 1), 2, "Source"), ((1, 2), 2, "Source"), ((1, 3), 6, None)):
        registration.register_task(world, minute(0), HR, slot, columns(stage, source_system_code=source))
    return world


def work(world: World, run: RunKey, slot: Slot, start: int, end: int, report: transitions.Report = DONE) -> None:
    transitions.start(world, minute(start), Address(run, slot))
    transitions.end(world, minute(end), Address(run, slot), report)


def source(world: World) -> datetime | None:
    return world.parameters[HR, "Source"].value_datetime


def test_given_a_catalogue_when_a_run_starts_twice_then_each_task_is_queued_once(world: World) -> None:
    assert len(runs.start_run(world, minute(1), RUN)) == 4
    assert runs.start_run(world, minute(2), RUN) == []
    assert {step.attempts for step in world.steps} == {0}


def test_given_a_fresh_run_when_stages_finish_then_the_next_one_is_ready(world: World) -> None:
    runs.start_run(world, minute(1), RUN)
    assert [step.slot for step in runs.ready(world, RUN)] == [(0, 0)]
    work(world, RUN, (0, 0), 2, 3)
    assert [step.slot for step in runs.ready(world, RUN)] == [(1, 1), (1, 2)]
    work(world, RUN, (1, 1), 4, 5)
    transitions.start(world, minute(5), Address(RUN, (1, 2)))
    assert runs.ready(world, RUN) == []


def test_given_a_shared_watermark_when_its_last_step_is_done_then_it_is_the_earliest_start(
    world: World,
) -> None:
    runs.start_run(world, minute(1), RUN)
    transitions.start(world, minute(2), Address(RUN, (1, 1)))
    transitions.start(world, minute(3), Address(RUN, (1, 2)))
    transitions.end(world, minute(4), Address(RUN, (1, 2)), DONE)
    assert source(world) is None
    transitions.end(world, minute(5), Address(RUN, (1, 1)), DONE)
    assert source(world) == minute(2)


def test_given_an_explicit_move_since_the_start_when_done_then_the_watermark_stays(world: World) -> None:
    runs.start_run(world, minute(1), RUN)
    work(world, RUN, (1, 2), 2, 3)
    transitions.start(world, minute(4), Address(RUN, (1, 1)))
    watermarks.advance(world.parameters[HR, "Source"], minute(5), minute(1))
    transitions.end(world, minute(6), Address(RUN, (1, 1)), DONE)
    assert source(world) == minute(1)


def test_given_a_mandatory_failure_when_it_is_reset_then_a_new_attempt_joins_the_failed_one(
    world: World,
) -> None:
    runs.start_run(world, minute(1), RUN)
    work(world, RUN, (0, 0), 2, 3)
    work(world, RUN, (1, 1), 4, 5, FAIL)
    assert runs.ready(world, RUN) == []
    assert [row["task_id"] for row in views.mandatory_blockers(world)] == [1]

    again = reset.status_reset(world, minute(6), HR, DAY, reset.Scope())

    assert sorted((step.slot, step.attempts, step.status) for step in again) == [
        ((0, 0), 1, "RQUE"),
        ((1, 1), 1, "RQUE"),
    ]
    assert views.mandatory_blockers(world) == []
    assert reset.status_reset(world, minute(7), HR, DAY, reset.Scope()) == []
    assert sorted(step.status for step in world.steps) == ["FAIL", "NQUE", "NQUE", "NQUE", "RQUE", "RQUE"]


def test_given_a_mandatory_failure_when_the_marker_was_done_then_it_is_queued_again_in_place(world: World) -> None:
    runs.start_run(world, minute(1), RUN)
    work(world, RUN, (0, 0), 2, 3)
    work(world, RUN, (1, 1), 4, 5, FAIL)
    marker = transitions.find(world, minute(6), Address(RUN, (0, 0)))
    assert (marker.attempts, marker.status, marker.start_time, marker.end_time) == (0, "NQUE", None, None)


def test_given_a_partly_done_date_when_a_run_resumes_then_it_queues_only_what_is_left(world: World) -> None:
    runs.start_run(world, minute(1), RUN)
    work(world, RUN, (1, 1), 2, 3)
    again = RunKey("run-2", HR, DAY)
    queued = runs.start_run(world, minute(4), again, resume=True)
    assert sorted((step.slot, step.attempts) for step in queued) == [((0, 0), 1), ((1, 2), 1), ((1, 3), 1)]
    work(world, again, (1, 2), 5, 6)
    assert source(world) == minute(2)


def test_given_a_weekly_task_done_at_year_end_when_run_again_that_iso_week_then_it_is_left_out(
    world: World,
) -> None:
    registration.register_task(world, minute(0), HR, (1, 3), columns(6, load_frequency="W"))
    eve = RunKey("eve", HR, date(2024, 12, 30))
    runs.start_run(world, minute(1), eve)
    work(world, eve, (1, 3), 2, 3)
    same_week, next_week = RunKey("a", HR, date(2025, 1, 5)), RunKey("b", HR, date(2025, 1, 6))
    assert (1, 3) not in {step.slot for step in runs.start_run(world, minute(4), same_week, only_due=True)}
    assert (1, 3) in {step.slot for step in runs.start_run(world, minute(5), next_week, only_due=True)}


@pytest.mark.parametrize(
    ("state", "error"),
    [("running", "InvalidTransition"), ("done", "InvalidTransition"), ("unknown", "StepNotFound")],
)
def test_given_a_step_that_cannot_start_when_started_then_it_is_refused(world: World, state: str, error: str) -> None:
    runs.start_run(world, minute(1), RUN)
    transitions.start(world, minute(2), Address(RUN, (1, 1)))
    if state == "done":
        transitions.end(world, minute(3), Address(RUN, (1, 1)), DONE)
    with pytest.raises(Refused) as refusal:
        transitions.start(world, minute(4), Address(RUN, (1, 9) if state == "unknown" else (1, 1)))
    assert refusal.value.error == error


def test_given_historic_mode_when_a_step_is_done_then_the_live_watermark_stays(world: World) -> None:
    watermarks.set_mode(world, minute(1), HR, bulk=False, historic=date(2025, 1, 1))
    assert runs.default_date(world, minute(2), HR) == date(2025, 1, 1)
    runs.start_run(world, minute(2), RUN)
    work(world, RUN, (1, 1), 3, 4)
    work(world, RUN, (1, 2), 5, 6)
    assert source(world) is None


def test_given_a_whole_second_when_a_watermark_is_shown_then_no_fraction_follows(world: World) -> None:
    watermarks.advance(world.parameters[HR, "Source"], minute(1), NOON + timedelta(microseconds=120_000))
    assert views.watermarks(world)[0]["active_value"] == "2026-04-09 12:00:00.12"
    watermarks.advance(world.parameters[HR, "Source"], minute(1), NOON + timedelta(seconds=10))
    assert views.watermarks(world)[0]["active_value"] == "2026-04-09 12:00:10"
