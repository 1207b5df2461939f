"""The alerts' queries run on the warehouse: each is triggered by what it watches, and by nothing else."""

from __future__ import annotations

import math
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from etl_monitor_orm import ETLMonitor, ManualClock
from tests.warehouse.warehouse import CATALOG

from .conftest import HR, OPS, Past, Rows
from .kit import Kit

BLOCKERS, LATE = "etl_monitor_blockers", "etl_monitor_late"

Evaluate = Callable[..., tuple[str, Rows]]


def state(alert: dict[str, Any], rows: Rows) -> str:
    """What Databricks makes of a query's rows, by the alert's settings."""
    rule = alert["evaluation"]
    if not rows:
        return rule["empty_result_state"]
    assert (rule["source"]["aggregation"], rule["comparison_operator"]) == ("COUNT", "GREATER_THAN")
    counted = sum(row[rule["source"]["name"]] is not None for row in rows)
    return "TRIGGERED" if counted > rule["threshold"]["value"]["double_value"] else "OK"


@pytest.fixture
def evaluate(past: Past, ask: Callable[..., Rows]) -> Evaluate:
    """Run an alert's query; return its state and its rows. Minutes count from the end of the past."""

    def run(key: str, silent: int = 60, **given: object) -> tuple[str, Rows]:
        since = math.ceil((datetime.now(UTC) - past.now) / timedelta(minutes=1))
        alert = Kit().alert(key, catalog=CATALOG, schema="etl", silent_minutes=silent + since, **given)
        rows = ask(alert["query_text"])
        return state(alert, rows), rows

    return run


def test_given_a_mandatory_failure_when_evaluated_then_the_alert_names_it(
    monitor: ETLMonitor, evaluate: Evaluate
) -> None:
    told, rows = evaluate(BLOCKERS)

    (blocker,) = monitor.failures(mandatory=True)
    assert told == "TRIGGERED"
    assert [(row["ProcessLoad"], row["TaskName"], row["WorkFlowID"], row["TaskID"]) for row in rows] == [
        (blocker.process_load, blocker.task_name, blocker.workflow_id, blocker.task_id)
    ]
    assert rows[0]["LogMessage"] == blocker.log_message


def test_given_a_failure_that_was_reset_when_evaluated_then_nothing_blocks(
    monitor: ETLMonitor, past: Past, evaluate: Evaluate
) -> None:
    monitor.status_reset(*HR, past.day(0))

    assert evaluate(BLOCKERS) == ("OK", [])


def test_given_a_failure_before_the_days_that_count_when_evaluated_then_nothing_blocks(
    monitor: ETLMonitor, past: Past, evaluate: Evaluate
) -> None:
    monitor.status_reset(*HR, past.day(0))
    monitor.start_run(*HR, past.day(5), execution_id="earlier")
    monitor.fail_task("earlier", *HR, 1, processing_date=past.day(5))

    days = (datetime.now(UTC).date() - past.today).days + 5
    assert evaluate(BLOCKERS, alert_days=days - 1) == ("OK", [])
    assert evaluate(BLOCKERS, alert_days=days)[0] == "TRIGGERED"


def test_given_a_step_over_its_expected_time_when_evaluated_then_it_is_late(
    monitor: ETLMonitor, evaluate: Evaluate
) -> None:
    told, rows = evaluate(LATE)

    assert told == "TRIGGERED"
    assert [(row["ProcessLoad"], row["WorkFlowID"], row["TaskID"], row["Reason"]) for row in rows] == [
        ("OPS_DAILY", 1, 1, "longer than expected")
    ]
    assert {(one.process_load, one.task_id) for one in monitor.stale_steps(3600)} == {("OPS_DAILY", 1)}


def test_given_a_step_without_a_sign_of_life_when_evaluated_then_it_is_late(
    monitor: ETLMonitor, past: Past, clock: ManualClock, evaluate: Evaluate
) -> None:
    clock.set(past.now - timedelta(minutes=50))
    monitor.start_run(*HR, past.day(1), execution_id="silent")
    monitor.start_task("silent", *HR, 2, processing_date=past.day(1))  # it has no expected time

    def late(minutes: int) -> set[tuple[str, int, str]]:
        return {(row["ProcessLoad"], row["TaskID"], row["Reason"]) for row in evaluate(LATE, silent=minutes)[1]}

    over = ("OPS_DAILY", 1, "longer than expected")
    assert late(60) == {over}
    assert late(40) == {over, ("HR_DAILY", 2, "no sign of life")}


def test_given_steps_that_ended_when_evaluated_then_nothing_is_late(
    monitor: ETLMonitor, past: Past, evaluate: Evaluate
) -> None:
    monitor.end_task("ops-0", *OPS, 1, processing_date=past.day(0))

    assert evaluate(LATE) == ("OK", [])


def test_given_a_step_that_was_started_anew_elsewhere_when_evaluated_then_the_old_one_is_not_late(
    monitor: ETLMonitor, past: Past, evaluate: Evaluate
) -> None:
    monitor.start_run(*OPS, past.day(0), execution_id="ops-again")
    monitor.start_task("ops-again", *OPS, 1, processing_date=past.day(0), takeover=True)

    assert monitor.stale_steps(3600) == []
    assert evaluate(LATE) == ("OK", [])
