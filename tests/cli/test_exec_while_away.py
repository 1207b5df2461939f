"""`etl-monitor exec` while the monitor is away: the program runs, and its record follows."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest
from sqlalchemy import select

from etl_monitor_orm import ETLMonitor, SysLog

from .executing import DAY, HR, MONITOR, Ended, Place

Away = Callable[[], Iterator[Callable[..., Ended]]]


@pytest.fixture
def away(place: Place):
    """A block in which another process holds the file; it yields exec, which does not wait for that one."""

    @contextmanager
    def block() -> Iterator[Callable[..., Ended]]:
        holder = ETLMonitor(place.url, exclusive=True)
        holder.processes()

        def bash(script: str, *, task: str = "1", options: tuple[str, ...] = ("--date", DAY), **more: str) -> Ended:
            words = (*HR, task, *options, "--", "bash", "-c", script)
            return place.exec(*words, ETL_MONITOR_LOCK_WAIT="0", **more)

        try:
            yield bash
        finally:
            holder.close()

    return block


def sent(place: Place) -> None:
    """Make a call that sends what waits."""
    monitor = ETLMonitor(place.url, when_away="journal")
    assert (monitor.journal.send().waiting, monitor.journal.status().refused) == (0, 0)
    monitor.close()


def test_given_an_outage_when_executed_then_the_step_is_recorded_once_the_monitor_is_back(place: Place, away) -> None:
    with away() as bash:
        ended = bash("echo ran; echo 'the gate is shut' >&2; exit 3")
    assert (ended.code, ended.out) == (3, b"ran\n")
    assert "away" in ended.err.decode()

    sent(place)
    step = place.step(1)
    assert (step.status, step.log_message) == ("FAIL", "CommandFailed: It exited with 3.\nthe gate is shut")


def test_given_an_outage_when_the_next_command_runs_after_it_then_both_steps_are_of_one_run(place: Place, away) -> None:
    with away() as bash:
        bash("true")
    place.bash("true", task="2")

    assert [place.step(task_id).status for task_id in (1, 2)] == ["DONE", "DONE"]
    assert len({step.execution_id for step in place.steps(attempts="all")}) == 1


def test_given_an_outage_after_a_run_began_when_executed_then_it_is_a_step_of_that_run(place: Place, away) -> None:
    place.exec(*HR, "1", "--date", DAY, "--new", "--", "true")
    with away() as bash:
        bash("true", task="2")
    sent(place)

    assert [place.step(task_id).status for task_id in (1, 2)] == ["DONE", "DONE"]
    assert len({step.execution_id for step in place.steps(attempts="all")}) == 1


def test_given_an_outage_when_a_task_is_named_that_this_machine_has_seen_then_it_is_recorded(
    place: Place, away
) -> None:
    place.bash("true", task="Load events")
    with away() as bash:
        bash("true", task="Load events", options=("--date", "2026-04-10"))
    sent(place)

    monitor = ETLMonitor(place.url)
    done = [step.task_id for step in monitor.get_status(*HR, "2026-04-10") if step.status == "DONE"]
    monitor.close()
    assert done == [2]


def test_given_an_outage_when_a_task_is_named_that_nobody_has_seen_then_it_runs_untracked_and_says_so(
    place: Place, away
) -> None:
    with away() as bash:
        ended = bash("echo ran", task="Load events")

    assert (ended.code, ended.out) == (0, b"ran\n")
    assert "has not seen which task of CORP/HR_DAILY is called 'Load events'" in ended.said


def test_given_an_outage_when_a_run_is_named_then_its_steps_and_receipts_are_of_it(place: Place, away) -> None:
    with away() as bash:
        ended = bash("true", options=("--date", DAY, "--run", "nightly-7"))
    assert ended.code == 0
    sent(place)

    assert place.step(1).execution_id == "nightly-7"


def test_given_an_outage_when_the_watermark_was_never_seen_then_the_program_is_not_told_one(place: Place, away) -> None:
    with away() as bash:
        ended = bash('echo "${ETL_MONITOR_WATERMARK-unset}"', task="2")

    assert ended.out == b"unset\n"
    assert "ETL_MONITOR_WATERMARK is not set" in ended.said


def test_given_an_outage_when_the_watermark_was_seen_then_the_program_reads_from_there_and_moves_it(
    place: Place, away
) -> None:
    place.bash('echo advance=50 >> "$ETL_MONITOR_OUT"', task="2")
    with away() as bash:
        ended = bash(
            'echo "$ETL_MONITOR_WATERMARK"; echo advance=60 >> "$ETL_MONITOR_OUT"',
            task="2",
            options=("--date", "2026-04-10"),
        )
    sent(place)

    assert ended.out == b"50\n"
    assert place.watermark("LoadEvents") == 60


def test_given_when_away_is_raise_in_the_environment_then_exec_runs_the_program_untracked(place: Place, away) -> None:
    with away() as bash:
        ended = bash("exit 4", ETL_MONITOR_WHEN_AWAY="raise")
    assert (ended.code, "untracked" in ended.said) == (4, True)

    sent(place)
    assert place.steps() == []


def test_given_an_outage_when_a_program_fails_and_is_tried_again_then_both_attempts_are_recorded(
    place: Place, away
) -> None:
    with away() as bash:
        bash("exit 3")
        bash("true")
    sent(place)

    steps = [step for step in place.steps(attempts="all") if (step.task_id, step.workflow_id) == (1, 1)]
    assert [(step.attempts, step.status) for step in steps] == [(0, "FAIL"), (1, "DONE")]


def test_given_an_outage_when_the_program_writes_receipts_then_they_do_not_fail_it(place: Place, away) -> None:
    with away() as bash:
        ended = bash(f"set -e; {MONITOR[0]} -m etl_monitor_orm log 'ten rows'; echo ran")
    assert (ended.code, ended.out.splitlines()[-1]) == (0, b"ran")

    sent(place)
    monitor = ETLMonitor(place.url)
    with monitor.session() as session:
        assert session.scalars(select(SysLog.message)).all() == ["ten rows"]
    monitor.close()


def test_given_a_file_that_is_renamed_meanwhile_when_the_program_ends_then_its_end_waits_in_the_journal(
    place: Place,
) -> None:
    ended = place.bash("mv monitor.duckdb aside; exit 4")
    assert ended.code == 4
    assert "journal" in ended.said

    (place.folder / "aside").rename(place.folder / "monitor.duckdb")
    sent(place)
    assert (place.step(1).status, place.step(1).log_message) == ("FAIL", "CommandFailed: It exited with 4.")
