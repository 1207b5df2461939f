"""The state machine of a step: every transition that does not exist, and every step that does not."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import date
from functools import partial

import pytest

from etl_monitor_orm import (
    ETLMonitor,
    InvalidInput,
    InvalidTransition,
    ManualClock,
    ProcessingStep,
    Run,
    Status,
    StepNotFound,
    StepNotQueued,
)

HR = ("CORP", "HR_DAILY")
DAY = date(2026, 4, 9)
RUN = ("run-1", *HR)

Block = AbstractContextManager[None]
Step = Callable[..., ProcessingStep]

CALLS = {
    "start": lambda monitor, *args, **kwargs: monitor.start_task(*args, **kwargs),
    "take over": lambda monitor, *args, **kwargs: monitor.start_task(*args, **kwargs, takeover=True),
    "end": lambda monitor, *args, **kwargs: monitor.end_task(*args, **kwargs),
    "fail": lambda monitor, *args, **kwargs: monitor.fail_task(*args, **kwargs),
    "end as FAIL": lambda monitor, *args, **kwargs: monitor.end_task(*args, **kwargs, status="FAIL"),
}

every_call = pytest.mark.parametrize("call", ["start", "take over", "end", "fail"])
every_start = pytest.mark.parametrize("call", ["start", "take over"])


@pytest.fixture
def in_state(hr: ETLMonitor, run: Run, clock: ManualClock, prepare: Callable[..., None]) -> Callable[[str], None]:
    """Bring the step of task 1 into a state, with the run's initiation DONE where the state allows it."""

    def bring(state: str) -> None:
        hr.end_task(*RUN, 0)
        status, _, attempt = state.partition(" ")
        if attempt:
            hr.fail_task(*RUN, 1)
            run.reset()
            hr.end_task(*RUN, 0)
        hr.start_task(*RUN, 1)
        if status != "running":
            hr.end_task(*RUN, 1, status=status)
            if status == "FAIL":
                hr.end_task(*RUN, 0)
        clock.advance(60)

    return partial(prepare, bring)


@pytest.mark.parametrize(
    ("state", "call", "verb", "now_is", "way_out"),
    [
        ("running", "start", "start", "NQUE, running since 2026-01-01 06:00:00 UTC", "takeover=True"),
        ("running again", "start", "start", "RQUE, running since 2026-01-01 06:00:00 UTC", "fail_stale()"),
        *(
            (state, call, verb, f"{state[:4]} since 2026-01-01 06:00:00 UTC", way_out)
            for state, way_out in [
                ("DONE", "replay=True"),
                ("DONE again", "replay=True"),
                ("FAIL", "status_reset()"),
                ("FAIL again", "resume=True"),
            ]
            for call, verb in [
                ("start", "start"),
                ("take over", "start"),
                ("end", "end"),
                ("fail", "fail"),
                ("end as FAIL", "fail"),
            ]
        ),
    ],
)
def test_given_a_state_when_asked_for_a_transition_that_does_not_exist_then_it_is_refused(
    hr: ETLMonitor,
    in_state: Callable[[str], None],
    refused: Callable[..., Block],
    state: str,
    call: str,
    verb: str,
    now_is: str,
    way_out: str,
) -> None:
    in_state(state)
    attempt = "attempt 1" if "again" in state else "attempt 0"
    named = ["task 1 (workflow 1) of CORP/HR_DAILY", "run run-1", "2026-04-09", attempt]
    with refused(InvalidTransition, f"Cannot {verb} ", *named, now_is, way_out):
        CALLS[call](hr, *RUN, 1)


@every_call
def test_given_a_failed_attempt_queued_again_when_the_failed_one_is_named_then_it_is_refused(
    hr: ETLMonitor, run: Run, refused: Callable[..., Block], call: str
) -> None:
    hr.fail_task(*RUN, 1)
    run.reset()
    with refused(InvalidTransition, "attempt 0", "FAIL"):
        CALLS[call](hr, *RUN, 1, attempts=0)


# A deactivated task


@every_start
def test_given_a_deactivated_task_when_its_step_is_started_then_it_is_refused(
    hr: ETLMonitor, run: Run, refused: Callable[..., Block], call: str
) -> None:
    hr.deactivate_task(*HR, 1, 1)
    with refused(InvalidTransition, "task 1 (workflow 1) of CORP/HR_DAILY", "deactivated", "activate_task()"):
        CALLS[call](hr, *RUN, 1)


def test_given_a_running_step_of_a_deactivated_task_when_taken_over_then_it_is_refused(
    hr: ETLMonitor, run: Run, refused: Callable[..., Block]
) -> None:
    hr.start_task(*RUN, 1)
    hr.deactivate_task(*HR, 1, 1)
    with refused(InvalidTransition, "deactivated", "activate_task()"):
        hr.start_task(*RUN, 1, takeover=True)


@pytest.mark.parametrize(("call", "status"), [("end", Status.DONE), ("fail", Status.FAIL)])
@pytest.mark.parametrize("started", [True, False])
def test_given_a_task_deactivated_meanwhile_when_its_step_is_ended_then_it_ends(
    hr: ETLMonitor, run: Run, step: Step, call: str, status: Status, started: bool
) -> None:
    if started:
        hr.start_task(*RUN, 1)
    hr.deactivate_task(*HR, 1, 1)
    CALLS[call](hr, *RUN, 1)
    assert step(1).status is status


# Unknown steps


@every_call
def test_given_an_unregistered_task_when_its_step_is_to_move_then_it_is_not_found(
    hr: ETLMonitor, run: Run, refused: Callable[..., Block], call: str
) -> None:
    with refused(StepNotFound, "task 9 (workflow 1) of CORP/HR_DAILY", "register_task()"):
        CALLS[call](hr, *RUN, 9)


@every_call
def test_given_an_unregistered_pass_when_its_step_is_to_move_then_it_is_not_found(
    hr: ETLMonitor, run: Run, refused: Callable[..., Block], call: str
) -> None:
    with refused(StepNotFound, "task 1 (workflow 2) of CORP/HR_DAILY", "register_task()"):
        CALLS[call](hr, *RUN, 1, workflow_id=2)


@every_call
def test_given_an_unknown_process_when_a_step_is_to_move_then_it_is_not_found(
    hr: ETLMonitor, run: Run, refused: Callable[..., Block], call: str
) -> None:
    with refused(StepNotFound, "task 1 (workflow 1) of CORP/NOWHERE", "register_task()"):
        CALLS[call](hr, "run-1", "CORP", "NOWHERE", 1)


@every_call
def test_given_a_task_registered_since_when_its_step_is_to_move_then_it_is_not_queued(
    hr: ETLMonitor, run: Run, refused: Callable[..., Block], call: str
) -> None:
    hr.register_task(*HR, 9, 1, 2, "Came later")
    with refused(StepNotQueued, "run run-1", "task 9 (workflow 1) of CORP/HR_DAILY", "Start a new run"):
        CALLS[call](hr, *RUN, 9)


@every_call
@pytest.mark.parametrize(
    ("which", "words"),
    [
        ({"processing_date": "2026-04-10"}, ["run run-1", "2026-04-10"]),
        ({"sequence_id": 3}, ["task 1", "in stage 3"]),
        ({"attempts": 1}, ["task 1", "attempt 1"]),
    ],
)
def test_given_a_run_when_a_step_that_it_does_not_hold_is_to_move_then_it_is_not_queued(
    hr: ETLMonitor,
    run: Run,
    refused: Callable[..., Block],
    call: str,
    which: dict[str, object],
    words: list[str],
) -> None:
    with refused(StepNotQueued, *words, "Start a new run"):
        CALLS[call](hr, *RUN, 1, **which)


@every_call
def test_given_an_unknown_run_when_a_step_is_to_move_then_it_is_not_queued(
    hr: ETLMonitor, run: Run, refused: Callable[..., Block], call: str
) -> None:
    with refused(StepNotQueued, "run nowhere", "task 1 (workflow 1) of CORP/HR_DAILY"):
        CALLS[call](hr, "nowhere", *HR, 1)


@every_call
def test_step_of_an_unknown_run_when_refused_names_the_latest_run_and_no_date_of_its_own(
    hr: ETLMonitor, run: Run, call: str
) -> None:
    hr.start_run(*HR, "2026-04-08", execution_id="earlier")
    hr.register_process("ACME", HR[1]).register_task("ACME", HR[1], 1, 1, 2, "Load")
    for day in ("2026-04-09", "2026-04-10"):
        hr.start_run("ACME", HR[1], day, execution_id="the run of another process")
    with pytest.raises(
        StepNotQueued, match=r"no run nowhere of CORP/HR_DAILY.*latest run is run-1 on 2026-04-09"
    ) as told:
        CALLS[call](hr, "nowhere", *HR, 1)

    assert ("2026-01-01" in str(told.value), "tart a new run" in str(told.value)) == (False, False)


@every_call
def test_step_of_an_unknown_run_when_nothing_has_run_says_so(hr: ETLMonitor, call: str) -> None:
    with pytest.raises(StepNotQueued, match=r"no run nowhere of CORP/HR_DAILY.*no run yet.*start_run\(\)"):
        CALLS[call](hr, "nowhere", *HR, 1)


@every_call
def test_step_of_a_run_on_another_date_when_refused_names_the_date_that_the_run_has(
    hr: ETLMonitor, run: Run, call: str
) -> None:
    with pytest.raises(StepNotQueued, match=r"processing_date='2026-04-09'"):
        CALLS[call](hr, *RUN, 1, processing_date="2026-04-10")


def test_given_an_unqueued_step_when_caught_then_it_is_a_missing_step_and_a_refused_transition() -> None:
    assert issubclass(StepNotQueued, StepNotFound)
    assert issubclass(StepNotQueued, InvalidTransition)


# A refusal changes nothing else


@pytest.mark.parametrize("call", ["fail", "end as FAIL"])
@pytest.mark.parametrize("state", ["DONE", "FAIL"])
def test_given_a_step_that_has_ended_when_failing_it_is_refused_then_the_initiation_stays_done(
    hr: ETLMonitor, in_state: Callable[[str], None], step: Step, call: str, state: str
) -> None:
    in_state(state)
    with pytest.raises(InvalidTransition):
        CALLS[call](hr, *RUN, 1)
    assert step(0).status is Status.DONE


# Arguments that cannot be read

BAD_INPUT = [
    ("start", ("", *HR, 1), {}, ["execution_id", "empty"]),
    ("start", ("x" * 256, *HR, 1), {}, ["execution_id", "255"]),
    ("start", (*RUN, "one"), {}, ["task_id", "whole number"]),
    ("start", (*RUN, -1), {}, ["task_id", "-1"]),
    ("start", (*RUN, 1), {"workflow_id": "one"}, ["workflow_id", "whole number"]),
    ("start", (*RUN, 1), {"sequence_id": "two"}, ["sequence_id", "whole number"]),
    ("start", (*RUN, 1), {"attempts": "first"}, ["attempts", "whole number"]),
    ("start", (*RUN, 1), {"processing_date": "today"}, ["processing_date", "today", "YYYY-MM-DD"]),
    ("start", (*RUN, 1), {"source_type": "CRON"}, ["source_type", "CRON", "ADF_PIPELINE"]),
    ("start", (*RUN, 1), {"source_run_id": 7}, ["source_run_id", "text"]),
    ("start", (*RUN, 1), {"cluster_id": 7}, ["cluster_id", "text"]),
    ("start", (*RUN, 1), {"timestamp": "noon"}, ["timestamp", "noon", "YYYY-MM-DD HH:MM:SS"]),
    ("start", (*RUN, 1), {"takeover": "yes"}, ["takeover", "True or False"]),
    ("end", (*RUN, 1), {"status": "OK"}, ["status", "OK", "NQUE, RQUE, DONE, FAIL"]),
    ("end", (*RUN, 1), {"status": "OK"}, ["ends as DONE or FAIL"]),
    ("end", (*RUN, 1), {"status": None}, ["ends as DONE or FAIL"]),
    ("end", (*RUN, 1), {"status": ["DONE"]}, ["ends as DONE or FAIL"]),
    ("end", (*RUN, 1), {"status": "NQUE"}, ["status", "NQUE", "DONE or FAIL"]),
    ("end", (*RUN, 1), {"status": Status.RQUE}, ["status", "RQUE", "DONE or FAIL"]),
    ("end", (*RUN, 1), {"log_message": 7}, ["log_message", "text"]),
    ("end", (*RUN, 1), {"log_type": "FATAL"}, ["log_type", "FATAL", "INFO, WARN, ERROR"]),
    ("end", (*RUN, 1), {"log_code": 7}, ["log_code", "text"]),
    ("end", (*RUN, 1), {"timestamp": 12}, ["timestamp", "datetime", "int"]),
    ("fail", (*RUN, 1), {"log_message": b"x"}, ["log_message", "text", "bytes"]),
    ("fail", (*RUN, 1), {"timestamp": "noon"}, ["timestamp", "noon"]),
    ("fail", ("run-1", "", "HR_DAILY", 1), {}, ["project_code", "empty"]),
    ("end", ("run-1", "CORP", " ", 1), {}, ["process_load", "empty"]),
]


@pytest.mark.parametrize(("call", "args", "kwargs", "words"), BAD_INPUT)
def test_given_an_argument_that_cannot_be_read_when_a_step_is_to_move_then_it_is_refused(
    hr: ETLMonitor,
    run: Run,
    refused: Callable[..., Block],
    call: str,
    args: tuple[object, ...],
    kwargs: dict[str, object],
    words: list[str],
) -> None:
    with refused(InvalidInput, *words):
        CALLS[call](hr, *args, **kwargs)
