"""One stage by notebooks: it waits while a mandatory failure blocks, and asks the real view whether one does."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from etl_monitor_orm import ETLMonitor
from tests.adf.conftest import DAY, HR
from tests.adf.factory import Activity, Answer, Factory, failed
from tests.adf.services import Services

BACKENDS = ("duckdb", "databricks")
"""Where the Lookup's text is as it stands."""

RUN = {**HR, "processing_date": DAY, "execution_id": "run-1"}
LOADS = {**RUN, "sequence_id": "2"}
Steps = Callable[..., list[tuple[str, str]]]


@pytest.fixture
def run(corp: ETLMonitor) -> ETLMonitor:
    """A run whose initiation is DONE."""
    corp.start_run(**HR, processing_date=DAY, execution_id="run-1")
    corp.end_task("run-1", **HR, task_id=0, processing_date=DAY)
    return corp


def _fail(monitor: ETLMonitor, date: str = DAY) -> None:
    monitor.fail_task("run-1", **HR, task_id=1, processing_date=date, log_message="no source")


def test_given_a_stage_when_nothing_blocks_then_its_tasks_run_and_no_others(
    factory: Factory, services: Services, run: ETLMonitor, steps: Steps
) -> None:
    outcome = factory.run("run-a-stage", LOADS, services)

    assert (outcome.error, outcome.waited) == (None, 1)  # the one second is the work of Load events
    assert {("1.1", "DONE"), ("1.2", "DONE"), ("1.3", "waits"), ("2.1", "waits")} <= set(steps())


def test_given_a_blocked_stage_when_the_failure_is_reset_then_it_goes_on(
    factory: Factory, services: Services, run: ETLMonitor, steps: Steps
) -> None:
    _fail(run)

    def asked(activity: Activity) -> Answer:
        if len(services.named("run-a-stage.Blockers")) == 3:
            run.status_reset(**HR, execution_id="run-1")
            run.end_task("run-1", **HR, task_id=0, processing_date=DAY)
        return services.really(activity)

    services.instead("run-a-stage.Blockers", asked)

    outcome = factory.run("run-a-stage", LOADS, services)

    assert outcome.status("run-a-stage.Wait") == ["Succeeded", "Succeeded"]
    assert ("1.1", "DONE") in steps()


def test_given_a_blocked_stage_when_nobody_resets_it_then_it_fails_after_two_hours(
    factory: Factory, services: Services, run: ETLMonitor
) -> None:
    _fail(run)

    outcome = factory.run("run-a-stage", {**LOADS, "poll_seconds": 600}, services)

    assert (outcome.succeeded, outcome.ran("track-by-notebook")) == (False, [])
    assert outcome.waited == pytest.approx(2 * 3600, abs=600)


def test_given_a_failure_on_another_date_when_a_stage_is_run_then_it_does_not_block(
    factory: Factory, services: Services, run: ETLMonitor
) -> None:
    run.start_run(**HR, processing_date="2026-04-08", execution_id="run-1")
    _fail(run, "2026-04-08")

    outcome = factory.run("run-a-stage", LOADS, services)

    assert outcome.status("run-a-stage.Wait") == []


def test_given_a_lookup_that_fails_when_a_stage_waits_then_it_counts_as_blocked(
    factory: Factory, services: Services, run: ETLMonitor
) -> None:
    def asked(activity: Activity) -> Answer:
        first = len(services.named("run-a-stage.Blockers")) == 1
        return failed("The warehouse starts.") if first else services.really(activity)

    services.instead("run-a-stage.Blockers", asked)

    outcome = factory.run("run-a-stage", LOADS, services)

    assert outcome.status("run-a-stage.Blockers") == ["Failed", "Succeeded"]
    assert outcome.succeeded


def test_given_a_stage_that_is_done_when_it_is_run_again_then_an_empty_foreach_does_nothing(
    factory: Factory, services: Services, run: ETLMonitor
) -> None:
    factory.run("run-a-stage", LOADS, services)

    again = factory.run("run-a-stage", LOADS, services)

    assert (again.succeeded, again.ran("track-by-notebook")) == (True, [])


def test_given_an_earlier_stage_that_waits_when_a_later_one_is_run_then_it_is_refused(
    factory: Factory, services: Services, run: ETLMonitor
) -> None:
    outcome = factory.run("run-a-stage", {**RUN, "sequence_id": "6"}, services)

    assert outcome.ran("track-by-notebook") == []
    assert (outcome.error or "").startswith("Stage 1.6 of CORP/HR_DAILY has tasks that are not DONE")
