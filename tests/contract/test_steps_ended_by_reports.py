"""Jobs that hold no handle: they say of the watermark what a handle would, and give signs of life with their claim."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from etl_monitor_orm import ETLMonitor, InvalidInput, InvalidTransition, ManualClock, Run, StepNotFound

HR = ("CORP", "HR_DAILY")
RUN = ("run-1", *HR)
DAY = "2026-04-09"


def test_given_a_delta_id_when_its_step_ends_with_a_value_then_it_moves_there(hr: ETLMonitor, run: Run) -> None:
    hr.start_task(*RUN, 2)
    hr.end_task(*RUN, 2, advance="120")

    assert hr.get_active_watermark(*HR, "LoadEvents") == 120


def test_given_a_delta_date_when_its_step_ends_with_a_value_then_it_moves_there(hr: ETLMonitor, run: Run) -> None:
    hr.start_task(*RUN, 1)
    hr.end_task(*RUN, 1, advance="2026-04-01 10:00")

    assert str(hr.get_active_watermark(*HR, "LoadEmployees")) == "2026-04-01 10:00:00+00:00"


def test_given_a_delta_date_when_its_step_ends_and_holds_then_it_stays(hr: ETLMonitor, run: Run) -> None:
    hr.start_task(*RUN, 1)
    hr.end_task(*RUN, 1, hold=True)

    assert hr.get_active_watermark(*HR, "LoadEmployees") is None


def test_given_a_value_when_the_step_fails_then_the_watermark_stays(hr: ETLMonitor, run: Run) -> None:
    hr.start_task(*RUN, 2)
    hr.end_task(*RUN, 2, status="FAIL", advance=120)

    assert hr.get_active_watermark(*HR, "LoadEvents") == 0


def test_given_one_task_number_in_two_passes_when_one_ends_with_a_value_then_the_other_stays(hr: ETLMonitor) -> None:
    hr.register_parameter(*HR, "Second", "DELTA_ID", value_int=5)
    hr.register_task(*HR, 2, 2, 2, "Load events again", source_system_code="Second")
    hr.start_run(*HR, DAY, execution_id="run-1")

    hr.end_task(*RUN, 2, workflow_id=2, advance=9)

    assert [hr.get_active_watermark(*HR, name) for name in ("Second", "LoadEvents")] == [9, 0]


@pytest.mark.parametrize(
    ("task_id", "asked", "words"),
    [
        (2, {"advance": "soon"}, "whole number"),
        (2, {"advance": -1}, "before"),
        (1, {"advance": "2026-04-01", "hold": True}, "exclude each other"),
        (3, {"hold": True}, "has no watermark to hold"),
        (3, {"advance": 1}, "has no watermark to advance"),
        (1, {"hold": "yes"}, "hold must be True or False"),
    ],
)
def test_given_a_watermark_that_cannot_be_so_when_ended_then_it_is_refused_and_the_step_runs_on(
    hr: ETLMonitor, run: Run, refused: Callable[..., object], task_id: int, asked: dict[str, object], words: str
) -> None:
    hr.start_task(*RUN, task_id)

    with refused(InvalidInput, words):
        hr.end_task(*RUN, task_id, **asked)


def test_given_a_claim_when_it_gives_a_sign_of_life_then_the_step_is_not_stale(
    hr: ETLMonitor, run: Run, clock: ManualClock
) -> None:
    claim = hr.start_task(*RUN, 1)
    clock.advance(3_600)
    hr.heartbeat_task(*RUN, 1, claim=str(claim))

    assert hr.stale_steps(60, since=DAY) == []


def test_given_no_claim_when_a_running_step_gives_a_sign_of_life_then_it_is_taken(
    hr: ETLMonitor, run: Run, clock: ManualClock
) -> None:
    hr.start_task(*RUN, 1)
    clock.advance(3_600)
    hr.heartbeat_task(*RUN, 1)

    assert hr.stale_steps(60, since=DAY) == []


def test_given_a_step_that_was_taken_over_when_its_first_worker_gives_a_sign_of_life_then_it_is_refused(
    hr: ETLMonitor, run: Run, clock: ManualClock, refused: Callable[..., object]
) -> None:
    claim = hr.start_task(*RUN, 1)
    clock.advance(60)
    hr.start_task(*RUN, 1, takeover=True)

    with refused(InvalidTransition, "started again"):
        hr.heartbeat_task(*RUN, 1, claim=claim)


def test_given_a_step_that_is_not_running_when_it_gives_a_sign_of_life_then_it_is_refused(
    hr: ETLMonitor, run: Run, refused: Callable[..., object]
) -> None:
    with refused(InvalidTransition, "Cannot heartbeat", "not started"):
        hr.heartbeat_task(*RUN, 1)


def test_given_an_unknown_task_when_it_gives_a_sign_of_life_then_it_is_not_found(
    hr: ETLMonitor, run: Run, refused: Callable[..., object]
) -> None:
    with refused(StepNotFound, "task 9"):
        hr.heartbeat_task(*RUN, 9)
