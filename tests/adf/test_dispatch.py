"""A whole run by HTTP: stage after stage, and to an end whatever fails."""

from __future__ import annotations

from collections.abc import Callable

from etl_monitor_orm import ETLMonitor
from tests.adf.conftest import DAY, HR
from tests.adf.factory import Factory, failed
from tests.adf.services import Services

RUN = {**HR, "processing_date": DAY}
Steps = Callable[..., list[tuple[str, str]]]


def _started(services: Services) -> list[str]:
    started = [each.properties["body"] for each in services.named("track-by-http.Start")]
    return [f"{body['workflow_id']}.{body['task_id']}" for body in started]


def test_given_a_process_when_it_is_dispatched_then_its_stages_run_in_order(
    factory: Factory, services: Services, steps: Steps
) -> None:
    outcome = factory.run("dispatch-ready", RUN, services, run_id="adf-1")

    assert (outcome.succeeded, _started(services)) == (True, ["0.0", "1.1", "1.2", "1.3", "2.1"])
    assert {status for _, status in steps(execution_id="adf-1")} == {"DONE"}


def test_given_a_mandatory_failure_when_a_process_is_dispatched_then_later_stages_wait(
    factory: Factory, services: Services, steps: Steps
) -> None:
    services.instead("incremental-copy.Copy", lambda activity: failed("no source"))

    outcome = factory.run("dispatch-ready", RUN, services)

    assert not outcome.succeeded
    assert {("1.1", "FAIL"), ("1.2", "DONE"), ("1.3", "waits"), ("2.1", "waits")} <= set(steps())


def test_given_an_optional_failure_when_a_process_is_dispatched_then_the_rest_runs(
    factory: Factory, services: Services, corp: ETLMonitor, steps: Steps
) -> None:
    corp.register_task(**HR, task_id=2, workflow_id=1, sequence_id=2, task_name="Load events", source_identifier="new")

    factory.run("dispatch-ready", RUN, services)

    assert {("1.2", "FAIL"), ("1.3", "DONE"), ("2.1", "DONE")} <= set(steps())


def test_given_a_run_that_failed_when_it_is_triggered_again_then_only_the_rest_runs(
    factory: Factory, services: Services
) -> None:
    services.instead("incremental-copy.Copy", lambda activity: failed("no source"))
    factory.run("dispatch-ready", RUN, services, run_id="adf-1")
    services.instead("incremental-copy.Copy", services.really)
    services.asked.clear()

    outcome = factory.run("dispatch-ready", RUN, services, run_id="adf-2")

    assert outcome.succeeded
    assert "1.2" not in _started(services)
    assert {"1.1", "1.3", "2.1"} <= set(_started(services))


def test_given_a_date_that_is_done_when_it_is_triggered_again_then_the_foreach_is_empty(
    factory: Factory, services: Services
) -> None:
    factory.run("dispatch-ready", RUN, services, run_id="adf-1")
    services.asked.clear()

    outcome = factory.run("dispatch-ready", RUN, services, run_id="adf-2")

    assert (outcome.succeeded, _started(services)) == (True, [])
    assert set(outcome.status("run-tasks.Each task")) == {"Succeeded"}


def test_given_tasks_that_cannot_be_started_when_they_are_dispatched_then_the_loop_ends(
    factory: Factory, services: Services
) -> None:
    services.instead("track-by-http.Start", lambda activity: failed("The monitor is away."))

    outcome = factory.run("dispatch-ready", RUN, services)

    assert (outcome.succeeded, _started(services)) == (False, ["0.0", "0.0"])


def test_given_a_monitor_that_does_not_answer_when_it_is_asked_then_the_loop_ends(
    factory: Factory, services: Services
) -> None:
    for name in ("run-tasks.Ready", "dispatch-ready.Left"):
        services.instead(name, lambda activity: failed("The monitor is away."))

    outcome = factory.run("dispatch-ready", RUN, services)

    assert (outcome.succeeded, _started(services)) == (False, [])
