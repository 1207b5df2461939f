"""Each call over HTTP does what the library's call of its name does."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from starlette.testclient import TestClient

from etl_monitor_orm import ETLMonitor, ManualClock, Metric, ProcessingStep, Run, Status, SysLog

from .conftest import DAY, HR, OF_RUN

Rows = Callable[..., list[object]]


def test_given_a_process_when_a_run_is_started_then_its_steps_are_queued(client: TestClient, rows: Rows) -> None:
    told = client.post("/v1/start_run", json={**HR, "processing_date": DAY, "execution_id": "adf-1"})

    assert (told.status_code, told.json()) == (200, {**HR, "execution_id": "adf-1", "processing_date": DAY})
    assert [(one.task_id, one.status) for one in rows(ProcessingStep, execution_id="adf-1")] == [
        (task, Status.NQUE) for task in range(4)
    ]


def test_given_no_run_when_two_join_the_date_then_they_meet_in_one(client: TestClient) -> None:
    first, second = (client.post("/v1/join_run", json={**HR, "processing_date": DAY}).json() for _ in range(2))

    assert first["execution_id"] == second["execution_id"]


def test_given_empty_texts_when_a_run_is_started_then_they_count_as_left_out(
    client: TestClient, clock: ManualClock
) -> None:
    told = client.post("/v1/start_run", json={**HR, "processing_date": "", "execution_id": "", "if_running": ""})

    assert told.json()["processing_date"] == clock.now.date().isoformat()
    assert told.json()["execution_id"]


@pytest.mark.parametrize("said", ["", "false", False, None])
def test_given_a_switch_as_text_when_a_run_is_started_then_it_is_the_switch(
    client: TestClient, run: Run, hr: ETLMonitor, rows: Rows, said: object
) -> None:
    hr.start_task("run-1", "CORP", "HR_DAILY", 1)
    hr.end_task("run-1", "CORP", "HR_DAILY", 1)
    body = {**HR, "processing_date": DAY, "stale_after": "60.5", "only_due": ""}
    resumed = client.post("/v1/start_run", json={**body, "execution_id": "run-2", "resume": "true"})
    whole = client.post("/v1/start_run", json={**body, "execution_id": "run-3", "resume": said})

    assert (resumed.status_code, whole.status_code) == (200, 200)
    assert len(rows(ProcessingStep, execution_id="run-3")) - len(rows(ProcessingStep, execution_id="run-2")) == 1


def test_given_a_failed_step_when_it_is_reset_then_it_is_offered_again(client: TestClient, run: Run) -> None:
    step = {**OF_RUN, "task_id": 1}
    client.post("/v1/start_task", json=step)
    client.post("/v1/fail_task", json=step)
    queued = client.post("/v1/status_reset", json=OF_RUN).json()["rows"]

    assert [(one["task_id"], one["attempts"], one["status"]) for one in queued if one["task_id"] == 1] == [
        (1, 1, "RQUE")
    ]
    assert client.post("/v1/start_task", json=step).status_code == 200


def test_given_levels_in_words_of_digits_when_receipts_are_sent_then_they_are_kept(
    client: TestClient, rows: Rows
) -> None:
    client.post("/v1/log", json={"entries": ["a", {"message": "b", "level": "2"}], "level": "3"})

    assert [(one.message, int(one.level)) for one in rows(SysLog)] == [("a", 3), ("b", 2)]


def test_given_a_run_when_a_worker_starts_and_ends_its_step_then_the_step_is_done(
    client: TestClient, run: Run, step: Callable[[int], ProcessingStep], clock: ManualClock
) -> None:
    claim = client.post("/v1/start_task", json={**OF_RUN, "task_id": "1"}).json()["claim"]
    clock.advance(10)
    ended = client.post("/v1/end_task", json={**OF_RUN, "task_id": 1, "claim": claim, "log_message": "12 rows"})

    assert (ended.status_code, ended.json()) == (200, {"recorded": True})
    found = step(1)
    assert (found.status, found.duration_seconds, found.log_message) == (Status.DONE, 10, "12 rows")


def test_given_a_running_step_when_it_fails_then_its_message_is_kept(
    client: TestClient, run: Run, step: Callable[[int], ProcessingStep]
) -> None:
    client.post("/v1/start_task", json={**OF_RUN, "task_id": 1})
    client.post("/v1/fail_task", json={**OF_RUN, "task_id": 1, "log_message": "it's gone 🎉", "log_code": "E1"})

    found = step(1)
    assert (found.status, found.log_message, found.log_code) == (Status.FAIL, "it's gone 🎉", "E1")


def test_given_a_running_step_when_it_gives_a_sign_of_life_then_the_time_is_noted(
    client: TestClient, run: Run, step: Callable[[int], ProcessingStep], clock: ManualClock
) -> None:
    claim = client.post("/v1/start_task", json={**OF_RUN, "task_id": 1}).json()["claim"]
    clock.advance(60)
    client.post("/v1/heartbeat", json={**OF_RUN, "task_id": 1, "claim": claim})

    assert step(1).last_updated_on == clock.now


def test_given_a_running_step_when_it_measures_then_its_attempt_has_the_numbers(
    client: TestClient, run: Run, rows: Rows
) -> None:
    claim = client.post("/v1/start_task", json={**OF_RUN, "task_id": 1}).json()["claim"]
    body = {**OF_RUN, "task_id": 1, "claim": claim, "measures": {"rows": 41_000, "bytes": "1204224"}}
    told = client.post("/v1/measure", json=body)

    assert (told.status_code, told.json()) == (200, {"recorded": True})
    assert {(one.metric_name, one.metric_value) for one in rows(Metric, task_id=1)} == {
        ("rows", 41_000),
        ("bytes", 1_204_224),
    }


@pytest.mark.parametrize("measures", [{}, {"rows": "many"}, {"rows": None}, {"rows": 1.5}, [1], {"": 1}])
def test_given_a_measure_that_is_none_when_sent_then_it_is_refused(
    client: TestClient, run: Run, rows: Rows, measures: object
) -> None:
    told = client.post("/v1/measure", json={**OF_RUN, "task_id": 1, "measures": measures})

    assert (told.status_code, rows(Metric)) == (422, [])


def test_given_a_queued_step_when_skipped_and_unskipped_then_it_is_offered_again(client: TestClient, run: Run) -> None:
    def offered() -> list[int]:
        return [one["task_id"] for one in client.get("/v1/pending", params=OF_RUN).json()["rows"]]

    client.post("/v1/skip_task", json={**OF_RUN, "task_id": 1})
    without = offered()
    client.post("/v1/unskip_task", json={**OF_RUN, "task_id": 1})

    assert (without, offered()) == ([0, 2, 3], [0, 1, 2, 3])


def test_given_receipts_of_both_kinds_when_logged_then_the_common_words_fill_them_in(
    client: TestClient, rows: Callable[..., list[SysLog]]
) -> None:
    entries = ["copied 10 rows", {"message": "slow", "level": 2, "operation_name": "read"}]
    told = client.post("/v1/log", json={"entries": entries, "operation_name": "copy", **HR})

    assert told.json() == {"appended": 2}
    assert [(one.message, one.level, one.operation_name, one.project_code) for one in rows(SysLog)] == [
        ("copied 10 rows", 1, "copy", "CORP"),
        ("slow", 2, "read", "CORP"),
    ]


@pytest.mark.parametrize(
    ("name", "value", "read"),
    [("LoadEvents", {"new_int_value": 120}, 120), ("LoadEvents", {"new_int_value": "9007199254740993"}, 2**53 + 1)],
)
def test_given_a_watermark_when_advanced_then_it_reads_as_that(
    client: TestClient, name: str, value: dict[str, object], read: object
) -> None:
    client.post("/v1/advance_watermark", json={**HR, "parameter_name": name, **value})

    assert client.get("/v1/watermark", params={**HR, "parameter_name": name}).json()["value"] == read


def test_given_a_time_when_a_watermark_is_advanced_to_it_then_it_reads_as_utc(client: TestClient) -> None:
    name = {"parameter_name": "LoadEmployees"}
    client.post("/v1/advance_watermark", json={**HR, **name, "new_datetime_value": "2026-04-08T08:00:00+02:00"})

    assert client.get("/v1/watermark", params={**HR, **name}).json()["value"] == "2026-04-08T06:00:00+00:00"


def test_given_a_value_staged_with_the_end_when_the_step_is_done_then_the_watermark_is_there(
    client: TestClient, run: Run, hr: ETLMonitor
) -> None:
    client.post("/v1/start_task", json={**OF_RUN, "task_id": 2})
    client.post("/v1/end_task", json={**OF_RUN, "task_id": 2, "advance": 77})

    assert hr.get_active_watermark("CORP", "HR_DAILY", "LoadEvents") == 77


def test_given_a_run_when_asked_what_is_ready_then_it_is_the_first_stage(client: TestClient, run: Run) -> None:
    (ready,) = client.get("/v1/ready", params={"execution_id": "run-1"}).json()["rows"]

    assert (ready["task_id"], ready["status"], ready["processing_date"]) == (0, "NQUE", DAY)


def test_given_a_pass_and_a_stage_when_asked_what_is_pending_then_the_rest_is_left_out(
    client: TestClient, run: Run
) -> None:
    found = client.get("/v1/pending", params={"execution_id": "run-1", "workflow_id": 1, "sequence_id": 2}).json()

    assert [one["task_id"] for one in found["rows"]] == [1, 2]


def test_given_no_run_when_its_pending_tasks_are_first_asked_for_then_they_are_queued(client: TestClient) -> None:
    found = client.post("/v1/get_pending_tasks", json={**OF_RUN, "processing_date": DAY}).json()

    assert [one["task_id"] for one in found["rows"]] == [0, 1, 2, 3]


def test_given_a_failed_step_when_the_run_is_asked_how_it_stands_then_it_says_so(
    client: TestClient, run: Run, hr: ETLMonitor
) -> None:
    hr.fail_task("run-1", "CORP", "HR_DAILY", 1, log_message="gone")
    told = client.get("/v1/run_status", params={"execution_id": "run-1"}).json()

    assert (told["succeeded"], told["summary"][0]["overall_status"]) == (False, "FAILED")
    assert [(one["task_id"], one["status"]) for one in told["steps"]] == [
        (0, "NQUE"),
        (1, "FAIL"),
        (2, "NQUE"),
        (3, "NQUE"),
    ]


def test_given_two_processes_when_asked_how_they_stand_then_each_is_told(
    client: TestClient, run: Run, hr: ETLMonitor
) -> None:
    hr.register_process("CORP", "OTHER").register_task("CORP", "OTHER", 1, 1, 2, "Load")
    hr.start_run("CORP", "OTHER", DAY)
    told = client.get("/v1/process_status").json()["rows"]

    assert [(one["process_load"], one["run_state"]) for one in told] == [("HR_DAILY", "WAITING"), ("OTHER", "WAITING")]
