"""`etl-monitor exec` records what a program does: which step, how it ended, and what it says of itself."""

from __future__ import annotations

import json
import subprocess
from concurrent.futures import ThreadPoolExecutor

import pytest

from etl_monitor_orm import ETLMonitor

from .executing import DAY, HR, Place


def test_given_a_program_that_succeeds_when_executed_then_its_step_is_done(place: Place) -> None:
    ended = place.bash("true")

    assert (ended.code, ended.err) == (0, b"")
    assert place.step(1).status == "DONE"


def test_given_a_program_that_fails_when_executed_then_its_step_says_how_and_why(place: Place) -> None:
    ended = place.bash("echo 'the gate is shut' >&2; exit 3")

    step = place.step(1)
    assert (ended.code, step.status) == (3, "FAIL")
    assert step.log_message == "CommandFailed: It exited with 3.\nthe gate is shut"


def test_given_a_task_by_its_pass_when_executed_then_the_other_pass_waits(place: Place) -> None:
    place.bash("true", task="2.1")

    assert [place.step(1, workflow_id).status for workflow_id in (1, 2)] == ["NQUE", "DONE"]


def test_given_a_task_by_its_name_when_executed_then_that_step_is_done(place: Place) -> None:
    place.bash("true", task="Load events")

    assert place.step(2).status == "DONE"


def test_given_a_step_that_is_done_when_executed_again_then_it_is_skipped_with_a_word(place: Place) -> None:
    place.bash("true")
    ended = place.bash("echo again; exit 3")

    assert (ended.code, ended.out) == (0, b"")
    assert "DONE already" in ended.said


def test_given_a_step_that_its_run_leaves_out_when_executed_then_it_is_skipped_with_a_word(place: Place) -> None:
    with ETLMonitor(place.url) as monitor:
        monitor.start_run(*HR, DAY, execution_id="run-1").skip(1, workflow_id=1)
    ended = place.bash("echo ran; exit 3")

    assert (ended.code, ended.out) == (0, b"")
    assert "is left out of its run" in ended.said
    assert place.step(1).status == "NQUE"


def test_given_a_step_that_failed_when_executed_again_then_it_is_a_new_attempt(place: Place) -> None:
    place.bash("exit 3")
    place.bash("true")

    steps = [step for step in place.steps(attempts="all") if (step.task_id, step.workflow_id) == (1, 1)]
    assert [(step.attempts, step.status) for step in steps] == [(0, "FAIL"), (1, "DONE")]


def test_given_an_unknown_task_when_executed_then_nothing_runs(place: Place) -> None:
    ended = place.bash("echo ran", task="Load everything")

    assert (ended.code, ended.out) == (2, b"")
    assert "--register" in ended.said


def test_given_nothing_registered_when_executed_with_register_then_the_task_is_tracked_and_met_again(
    place: Place,
) -> None:
    words = ("NEW", "LOAD", "Load all", "--register", "--date", DAY, "--", "bash", "-c", "echo ran")

    assert [place.exec(*words).out for _ in range(2)] == [b"ran\n", b""]


def test_given_a_run_under_way_when_a_new_task_is_registered_then_it_is_tracked_and_done_steps_stay(
    place: Place,
) -> None:
    place.bash("true")
    ended = place.bash("true", task="Brand new", options=["--register"])

    assert ended.code == 0
    assert sorted(step.task_name for step in place.steps() if step.status == "DONE") == ["Brand new", "Load employees"]


def test_given_a_deactivated_task_when_executed_with_register_then_it_stays_as_it_is(place: Place) -> None:
    monitor = ETLMonitor(place.url).deactivate_task(*HR, 1, 1)
    monitor.close()

    assert place.bash("echo ran", options=["--register"]).out == b""


def test_given_no_run_when_tasks_start_at_the_same_time_then_they_meet_in_one(place: Place) -> None:
    with ThreadPoolExecutor() as pool:
        ended = list(pool.map(lambda task: place.bash("true", task=task), ("1.1", "1.2", "2.1")))

    # On a file one process waits for the other, or says that it was away.
    assert {one.code for one in ended} == {0}
    assert len({step.execution_id for step in place.steps()}) == 1


def test_given_a_run_by_its_id_when_executed_then_it_is_that_one(place: Place) -> None:
    place.exec(*HR, "1", "--run", "adf-7", "--date", DAY, "--", "true")

    assert {step.execution_id for step in place.steps()} == {"adf-7"}


def test_given_a_run_in_the_environment_when_executed_then_it_is_that_one(place: Place) -> None:
    place.exec(*HR, "1", "--date", DAY, "--", "true", ETL_MONITOR_EXECUTION_ID="adf-8")

    assert {step.execution_id for step in place.steps()} == {"adf-8"}


def test_given_a_step_of_another_process_in_the_environment_when_executed_then_it_is_not_taken(place: Place) -> None:
    place.exec(*HR, "1", "--date", DAY, "--", "true", ETL_MONITOR_EXECUTION_ID="other", ETL_MONITOR_PROJECT="OTHER")

    assert "other" not in {step.execution_id for step in place.steps()}


@pytest.mark.parametrize("option", ["--new", "--resume"])
def test_given_a_failure_when_executed_in_a_new_run_then_the_run_is_another(place: Place, option: str) -> None:
    place.bash("exit 1")
    before = {step.execution_id for step in place.steps()}
    place.bash("true", options=[option])

    assert place.step(1).execution_id not in before


def test_given_a_step_that_runs_elsewhere_when_executed_then_nothing_runs_and_it_says_so(place: Place) -> None:
    monitor = ETLMonitor(place.url)
    monitor.start_run(*HR, DAY, execution_id="run-1")
    monitor.start_task("run-1", *HR, 1, processing_date=DAY)
    monitor.close()

    ended = place.bash("echo ran")

    assert (ended.code, ended.out) == (2, b"")
    assert "running since" in ended.said
    assert place.bash("echo ran", options=["--takeover"]).out == b"ran\n"


def test_given_a_program_when_executed_then_its_environment_says_what_it_works_on(place: Place) -> None:
    read = "import json, os; print(json.dumps({k: v for k, v in os.environ.items() if k.startswith('ETL_MONITOR_')}))"
    ended = place.exec(*HR, "2", "--run", "run-7", "--date", DAY, "--", "python3", "-c", read)

    found = json.loads(ended.out)
    assert found.pop("ETL_MONITOR_OUT")
    assert found.pop("ETL_MONITOR_CLAIM").startswith("0@")
    assert found == {
        "ETL_MONITOR_URL": place.url,
        "ETL_MONITOR_WHEN_AWAY": "journal",
        "ETL_MONITOR_PROJECT": "CORP",
        "ETL_MONITOR_PROCESS": "HR_DAILY",
        "ETL_MONITOR_EXECUTION_ID": "run-7",
        "ETL_MONITOR_DATE": DAY,
        "ETL_MONITOR_TASK": "1.2",
        "ETL_MONITOR_ATTEMPT": "0",
        "ETL_MONITOR_WATERMARK": "41",
    }


def test_given_a_new_watermark_when_the_program_says_it_then_it_is_written_with_done(place: Place) -> None:
    place.bash('echo "advance=$((ETL_MONITOR_WATERMARK + 9))" >> "$ETL_MONITOR_OUT"', task="2")

    assert place.watermark("LoadEvents") == 50


def test_given_a_new_watermark_when_the_program_fails_then_it_is_dropped(place: Place) -> None:
    place.bash('echo advance=50 >> "$ETL_MONITOR_OUT"; exit 1', task="2")

    assert place.watermark("LoadEvents") == 41


@pytest.mark.parametrize("line", ["hold", "advance=nonsense"])
def test_given_nothing_new_or_nonsense_when_the_program_says_so_then_the_watermark_stays(
    place: Place, line: str
) -> None:
    ended = place.bash(f'echo {line} >> "$ETL_MONITOR_OUT"')

    assert (ended.code, place.step(1).status, place.watermark("LoadEmployees")) == (0, "DONE", None)


def test_given_a_message_and_a_code_when_the_program_says_them_then_the_step_has_them(place: Place) -> None:
    place.bash('printf "message=12 rows\\nmessage=2 late\\ncode=LATE\\n" >> "$ETL_MONITOR_OUT"')

    monitor = ETLMonitor(place.url)
    (found,) = [row for row in monitor.get_status(*HR, DAY) if row.status == "DONE"]
    monitor.close()
    assert found.log_message == "12 rows\n2 late"


@pytest.mark.parametrize(("status", "told"), [("0", "DONE"), ("3", "FAIL")])
def test_given_measures_when_the_program_leaves_them_then_its_attempt_has_them(
    place: Place, status: str, told: str
) -> None:
    line = 'printf "measure=rows=41000\nmeasure= bytes = 2\nmeasure=rows=42000\n" >> "$ETL_MONITOR_OUT"'
    place.bash(f"{line}; exit {status}")

    assert (place.step(1).status, place.measures(1)) == (told, {"rows": 42_000, "bytes": 2})


@pytest.mark.parametrize("line", ["measure=rows", "measure=rows=many", "measure==5"])
def test_given_a_measure_that_is_none_when_left_then_it_is_named_and_the_step_is_done(place: Place, line: str) -> None:
    ended = place.bash(f'echo "{line}" >> "$ETL_MONITOR_OUT"')

    assert (ended.code, place.step(1).status, place.measures(1)) == (0, "DONE", {})
    assert "measure" in ended.said


def test_given_words_that_mean_nothing_when_left_then_they_are_named_and_the_rest_counts(place: Place) -> None:
    ended = place.bash('printf "rows=12\\nmessage=fine\\n" >> "$ETL_MONITOR_OUT"')

    assert (ended.code, place.step(1).log_message) == (0, "fine")
    assert "rows=12" in ended.said


def test_given_a_program_at_work_when_others_look_then_it_is_running_and_they_can_write(place: Place) -> None:
    look = "python3 -m etl_monitor_orm status --json; python3 -m etl_monitor_orm log copied --json"

    ended = place.exec(*HR, "1", "--date", DAY, "--", "bash", "-c", look)

    assert (ended.code, b'"running": 1' in ended.out, b'"appended": 1' in ended.out) == (0, True, True)


def test_given_an_id_from_run_start_when_a_script_reports_each_task_then_they_are_its_steps(place: Place) -> None:
    script = """
        set -euo pipefail
        etl() { python3 -m etl_monitor_orm "$@"; }
        id=$(etl run start CORP HR_DAILY --date 2026-04-09)
        export ETL_MONITOR_EXECUTION_ID=$id
        claim=$(etl task start 1)
        etl task heartbeat 1 --claim "$claim"
        echo "12 rows" | etl task end 1 --claim "$claim" --message -
        etl task fail "Load events" --message "no file" --code NO_FILE
        echo "$id"
    """
    done = subprocess.run(
        ["bash", "-c", script], cwd=place.folder, env=place.environment(), capture_output=True, text=True, check=False
    )

    assert (done.returncode, done.stderr) == (0, "")
    assert place.step(1).execution_id == done.stdout.split()[-1]
    assert [(place.step(task).status, place.step(task).log_message) for task in (1, 2)] == [
        ("DONE", "12 rows"),
        ("FAIL", "no file"),
    ]
