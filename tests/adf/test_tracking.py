"""One tracked task, by HTTP and by notebooks: whatever the work does, the monitor and the pipeline say the same."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from sqlalchemy import select

from etl_monitor_orm import ETLMonitor, ManualClock, ProcessingStep, SourceType, Status
from tests.adf.conftest import DAY, HR
from tests.adf.factory import Activity, Answer, Factory, Outcome, failed, succeeded
from tests.adf.services import Services

WAYS = pytest.mark.parametrize("way", ["track-by-http", "track-by-notebook"])
MART = {**HR, "task_id": "3", "processing_date": DAY}
LOAD = {**HR, "task_id": "1", "processing_date": DAY}
ODD = "Login failed for 'sa' \"again\" \\ at line 1\nCaused by: 100 % {odd} @{text} 😀"

Steps = Callable[..., list[tuple[str, str]]]


@pytest.fixture
def step(corp: ETLMonitor) -> Callable[[int, int], ProcessingStep]:
    """Read one step."""

    def read(workflow_id: int, task_id: int) -> ProcessingStep:
        with corp.session() as session:
            return session.scalars(select(ProcessingStep).filter_by(workflow_id=workflow_id, task_id=task_id)).one()

    return read


@WAYS
def test_given_a_task_when_it_is_tracked_then_its_step_is_done_in_a_run_of_the_pipelines_id(
    factory: Factory, services: Services, step: Callable[[int, int], ProcessingStep], way: str
) -> None:
    outcome = factory.run(way, MART, services, run_id="adf-1")

    done = step(1, 3)
    assert (outcome.succeeded, done.status, done.execution_id) == (True, Status.DONE, "adf-1")
    assert done.source_type is SourceType.ADF_PIPELINE


@WAYS
def test_given_work_that_fails_when_it_is_tracked_then_step_and_pipeline_fail_with_its_words(
    factory: Factory, services: Services, step: Callable[[int, int], ProcessingStep], way: str
) -> None:
    services.instead("incremental-copy.Watermark", lambda activity: failed(ODD))

    outcome = factory.run(way, LOAD, services)

    assert (step(1, 1).status, step(1, 1).log_message) == (Status.FAIL, ODD)
    assert (outcome.succeeded, outcome.error) == (False, ODD)
    assert outcome.status(f"{way}.End") == ["Skipped"]


@WAYS
def test_given_work_that_failed_when_that_cannot_be_reported_then_the_pipeline_says_why(
    factory: Factory, services: Services, way: str
) -> None:
    services.instead("incremental-copy.Watermark", lambda activity: failed(ODD))
    services.instead(f"{way}.Report failure", lambda activity: failed("The monitor is away."))

    outcome = factory.run(way, LOAD, services)

    assert (outcome.succeeded, outcome.error) == (False, ODD)


@WAYS
def test_given_a_task_that_is_done_when_it_is_tracked_again_then_no_work_is_done(
    factory: Factory, services: Services, way: str
) -> None:
    factory.run(way, MART, services, run_id="adf-1")

    again = factory.run(way, {**MART, "execution_id": "adf-1"}, services, run_id="adf-2")

    assert (again.succeeded, again.ran("do-the-work")) == (False, [])
    assert "DONE" in (again.error or "")


@WAYS
def test_given_work_that_is_done_when_its_end_cannot_be_reported_then_the_step_is_not_failed(
    factory: Factory, services: Services, steps: Steps, way: str
) -> None:
    services.instead(f"{way}.End", lambda activity: failed("The monitor is away."))

    outcome = factory.run(way, MART, services)

    assert (outcome.succeeded, outcome.status(f"{way}.Report failure")) == (False, ["Skipped"])
    assert ("1.3", "runs") in steps()


@WAYS
def test_given_a_run_of_another_pipeline_when_a_task_of_it_is_tracked_then_no_run_is_started(
    factory: Factory, services: Services, corp: ETLMonitor, steps: Steps, way: str
) -> None:
    corp.start_run(**HR, processing_date=DAY, execution_id="parent")

    outcome = factory.run(way, {**MART, "execution_id": "parent"}, services, run_id="child")

    assert outcome.succeeded
    assert "Start run" not in outcome.ran()
    assert (len(steps()), len(steps(execution_id="parent"))) == (5, 5)


@WAYS
def test_given_tasks_of_one_number_in_two_passes_when_one_is_tracked_then_the_other_waits(
    factory: Factory, services: Services, steps: Steps, way: str
) -> None:
    factory.run(way, {**HR, "task_id": "1", "workflow_id": "2", "processing_date": DAY}, services)

    assert {("1.1", "waits"), ("2.1", "DONE")} <= set(steps())


@WAYS
def test_given_no_date_when_a_task_is_tracked_then_it_is_of_the_monitors_day(
    factory: Factory, services: Services, step: Callable[[int, int], ProcessingStep], corp: ETLMonitor, way: str
) -> None:
    factory.run(way, {**HR, "task_id": "3"}, services)

    assert step(1, 3).processing_date.isoformat() == "2026-01-01"


@WAYS
def test_given_no_task_when_the_pipeline_is_triggered_then_nothing_runs(
    factory: Factory, services: Services, way: str
) -> None:
    outcome = factory.run(way, HR, services)

    assert (outcome.succeeded, services.asked) == (False, [])
    assert "task_id" in (outcome.error or "")


@WAYS
def test_given_a_step_that_was_taken_over_when_the_first_start_ends_then_the_second_runs(
    factory: Factory, services: Services, corp: ETLMonitor, clock: ManualClock, steps: Steps, way: str
) -> None:
    def taken_over(activity: Activity) -> Answer:
        clock.advance(60)
        corp.start_task("adf-run", **HR, task_id=1, processing_date=DAY, takeover=True)
        return services.really(activity)

    services.instead("incremental-copy.Copy", taken_over)

    outcome = factory.run(way, LOAD, services)

    assert (outcome.succeeded, outcome.status(f"{way}.End")) == (False, ["Failed"])
    assert ("1.1", "runs") in steps()


def test_given_a_task_without_a_case_when_it_is_tracked_then_the_error_says_what_to_add(
    factory: Factory, services: Services, corp: ETLMonitor
) -> None:
    corp.register_task(**HR, task_id=3, workflow_id=1, sequence_id=6, task_name="Mart", source_identifier="it's new")

    outcome: Outcome = factory.run("track-by-http", MART, services)

    assert outcome.error == (
        "do-the-work has no case for 'it's new'. Add one, or change the SourceIdentifier of task 1.3."
    )


def test_given_answers_that_are_lost_when_the_requests_are_sent_again_then_each_is_done_once(
    factory: Factory, services: Services, step: Callable[[int, int], ProcessingStep], steps: Steps
) -> None:
    def twice(activity: Activity) -> Answer:
        services.really(activity)
        return services.really(activity)

    for name in ("Start run", "Start", "End"):
        services.instead(f"track-by-http.{name}", twice)

    outcome = factory.run("track-by-http", MART, services, run_id="adf-1")

    assert (outcome.succeeded, step(1, 3).status, len(steps())) == (True, Status.DONE, 5)


def test_given_a_token_that_is_revoked_when_a_task_is_tracked_then_no_work_is_done(
    factory: Factory, services: Services, corp: ETLMonitor
) -> None:
    revoked = corp.make_token("revoked", "report")
    corp.revoke_token("revoked")
    services.instead("track-by-http.Token", lambda activity: succeeded({"value": revoked.text}))

    outcome = factory.run("track-by-http", MART, services)

    assert (outcome.succeeded, outcome.ran("do-the-work")) == (False, [])
    assert "Unauthorized" in (outcome.error or "")


def test_given_requests_that_write_when_they_are_sent_then_each_has_a_key_of_its_own(
    factory: Factory, services: Services
) -> None:
    factory.run("track-by-http", MART, services, run_id="adf-1")

    posts = [each.properties for each in services.asked if each.properties.get("method") == "POST"]
    keys = [post["headers"]["Idempotency-Key"] for post in posts]
    assert keys == ["adf-1-start_run", "adf-1-start_task", "adf-1-end_task"]


def test_given_a_tracked_task_when_its_start_is_reported_then_it_names_the_pipelines_run(
    factory: Factory, services: Services, step: Callable[[int, int], ProcessingStep]
) -> None:
    factory.run("track-by-http", MART, services, run_id="adf-1")

    assert step(1, 3).source_run_id == "adf-1"


@WAYS
def test_given_a_done_task_when_it_is_debugged_again_then_the_refusal_says_how_to_repeat_it(
    factory: Factory, services: Services, way: str
) -> None:
    factory.run(way, MART, services, run_id="adf-1")

    again = factory.run(way, MART, services, run_id="adf-2")

    assert (again.succeeded, again.ran("do-the-work")) == (False, [])
    assert "it is DONE on 2026-04-09 in run adf-1" in (again.error or "")
    assert "status_reset(execution_id='adf-1', task_id=3, replay=True)" in (again.error or "")


@WAYS
def test_given_a_done_task_that_was_reset_when_it_is_debugged_again_then_it_is_done_again(
    factory: Factory, services: Services, corp: ETLMonitor, steps: Steps, way: str
) -> None:
    factory.run(way, MART, services, run_id="adf-1")
    corp.status_reset(**HR, execution_id="adf-1", task_id=3, replay=True)

    again = factory.run(way, MART, services, run_id="adf-2")

    assert again.error is None
    assert ("1.3", "DONE") in steps(execution_id="adf-2")


@WAYS
def test_given_a_task_that_failed_when_it_is_debugged_again_then_it_is_done_in_a_new_run(
    factory: Factory, services: Services, steps: Steps, way: str
) -> None:
    services.instead("incremental-copy.Copy", lambda activity: failed("no source"))
    factory.run(way, LOAD, services, run_id="adf-1")
    services.instead("incremental-copy.Copy", services.really)

    again = factory.run(way, LOAD, services, run_id="adf-2")

    assert again.error is None
    assert ("1.1", "DONE") in steps(execution_id="adf-2")
