"""Budgets: how many statements each call costs, counted where they reach the database."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date

import pytest

from etl_monitor_orm import ETLMonitor, EtlMonitorError, ManualClock, Run

HR = ("CORP", "HR_DAILY")
DAY = date(2026, 4, 9)
RUN = ("run-1", *HR)
ON_DAY = {"processing_date": DAY}

Call = Callable[[ETLMonitor], object]


def cost(statements, call: Callable[[], object]) -> int:
    with statements.counted() as executed:
        call()
    return len(executed)


@pytest.fixture
def counting(monitor: ETLMonitor) -> int:
    """The read that counts the rows of an INSERT, where the database does not."""
    return 0 if monitor._runtime.units.backend.capabilities.counts_inserts else 1


@pytest.fixture
def reading(monitor: ETLMonitor) -> int:
    """A read of what a write cannot return, in the same transaction: at most one at a start, and one at an end."""
    can = monitor._runtime.units.capabilities
    return 2 if can.transactions and not can.returning else 0


@pytest.fixture
def dating(monitor: ETLMonitor) -> int:
    """The read that finds the date of a run's id first, where a statement without a date would read all files."""
    return 1 if monitor._runtime.units.backend.capabilities.layouts else 0


def within(spent: int, budget: int, more: int) -> bool:
    """Whether a budget was kept, the reads included that the database may need on top of it."""
    return budget <= spent <= budget + more


@pytest.fixture
def ready(hr: ETLMonitor, run: Run) -> ETLMonitor:
    """A monitor that has asked the database about its tables already, and a queued run."""
    return hr


# Runs


def test_given_a_date_when_a_run_starts_then_it_costs_one_statement(
    ready: ETLMonitor, statements, counting: int
) -> None:
    assert cost(statements, lambda: ready.start_run(*HR, DAY)) == 1 + counting


def test_given_no_date_when_a_run_starts_then_sysdt_costs_one_more(
    ready: ETLMonitor, statements, counting: int
) -> None:
    assert cost(statements, lambda: ready.start_run(*HR)) == 2 + counting


@pytest.mark.parametrize("switches", [{"resume": True}, {"only_due": True}, {"resume": True, "only_due": True}])
def test_given_switches_when_a_run_starts_then_it_still_costs_one_statement(
    ready: ETLMonitor, statements, counting: int, switches: dict[str, bool]
) -> None:
    assert cost(statements, lambda: ready.start_run(*HR, DAY, **switches)) == 1 + counting


def test_given_many_tasks_when_a_run_starts_then_it_still_costs_one_statement(
    ready: ETLMonitor, statements, counting: int
) -> None:
    for task in range(10, 40):
        ready.register_task(*HR, task, 1, 2, f"Task {task}")
    assert cost(statements, lambda: ready.start_run(*HR, DAY)) == 1 + counting


def test_given_the_spark_edition_calls_when_a_run_is_made_then_each_costs_one_statement(
    ready: ETLMonitor, statements, counting: int
) -> None:
    assert cost(statements, lambda: ready.generate_execution_steps("run-2", *HR, DAY)) == 1 + counting
    assert cost(statements, lambda: ready.get_pending_tasks("run-2", *HR, DAY)) == 1


@pytest.mark.parametrize(
    "call",
    [
        lambda run: run.pending(),
        lambda run: run.pending(workflow_id=1, sequence_id=2, task_id=1),
        lambda run: run.ready(),
        lambda run: run.status(),
        lambda run: run.status(attempts="all"),
        lambda run: run.summary(),
    ],
    ids=["pending", "pending filtered", "ready", "status", "status of all", "summary"],
)
def test_given_a_run_when_asked_then_it_costs_one_statement(
    run: Run, statements, call: Callable[[Run], object]
) -> None:
    assert cost(statements, lambda: call(run)) == 1


@pytest.mark.parametrize(
    ("call", "expected"),
    [
        (lambda m: m.processes(), 3),
        (lambda m: m.processes(processing_date=DAY), 1),
        (lambda m: m.failures(), 1),
        (lambda m: m.failures(mandatory=True), 1),
        (lambda m: m.failures(*HR), 2),
        (lambda m: m.watermarks(*HR), 1),
        (lambda m: m.runs("run-1"), 1),
        (lambda m: m.latest_date(), 1),
        (lambda m: m.require_registered(*HR), 1),
        (lambda m: m.get_status(*HR, DAY), 1),
        (lambda m: m.get_status(*HR), 2),
    ],
    ids=[
        "processes on their dates",
        "processes on a date",
        "failures",
        "blockers",
        "failures of a process that has none",
        "watermarks",
        "runs",
        "latest date",
        "registered",
        "status of a date",
        "status without a date",
    ],
)
def test_question_when_asked_costs_no_more_statements_than_this(
    ready: ETLMonitor, statements, call: Call, expected: int
) -> None:
    assert cost(statements, lambda: call(ready)) == expected


def test_given_a_run_by_its_id_alone_when_its_status_is_asked_for_then_it_costs_one_statement(
    ready: ETLMonitor, statements, dating: int
) -> None:
    assert cost(statements, lambda: ready.get_status(*HR, execution_id="run-1")) == 1 + dating


# Steps


def test_given_a_task_without_watermark_when_tracked_then_it_costs_two_statements(
    run: Run, statements, reading: int
) -> None:
    def track() -> None:
        with run.task(3):
            pass

    assert within(cost(statements, track), 2, reading)


def test_given_a_task_with_a_watermark_when_tracked_then_it_costs_three_statements(
    run: Run, statements, reading: int
) -> None:
    def track() -> None:
        with run.task(1):
            pass

    assert within(cost(statements, track), 3, reading)


def test_given_a_task_that_advances_its_watermark_when_tracked_then_only_the_read_costs_extra(
    run: Run, statements, reading: int
) -> None:
    def track() -> None:
        with run.task(2) as task:
            task.advance(int(task.watermark) + 10)

    assert within(cost(statements, track), 4, 2 * reading)


@pytest.mark.parametrize(("task_id", "expected"), [(2, 2), (3, 3), (0, 2)], ids=["optional", "mandatory", "initiation"])
def test_given_a_task_that_fails_when_tracked_then_only_a_mandatory_one_costs_one_more(
    run: Run, statements, reading: int, task_id: int, expected: int
) -> None:
    def track() -> None:
        with pytest.raises(OSError, match="down"), run.task(task_id):
            raise OSError("down")

    assert within(cost(statements, track), expected, reading)


def test_given_the_flat_call_and_a_date_when_tracked_then_it_costs_what_a_task_of_a_run_costs(
    ready: ETLMonitor, statements, reading: int
) -> None:
    def track() -> None:
        with ready.task(*RUN, 3, processing_date=DAY):
            pass

    assert within(cost(statements, track), 2, reading)


@pytest.mark.parametrize(
    ("call", "expected"),
    [
        (lambda m: m.start_task(*RUN, 1, **ON_DAY), 1),
        (lambda m: m.start_task(*RUN, 1), 2),
        (lambda m: m.end_task(*RUN, 3, **ON_DAY), 1),
        (lambda m: m.end_task(*RUN, 1, **ON_DAY), 2),
        (lambda m: m.fail_task(*RUN, 0, **ON_DAY), 1),
        (lambda m: m.fail_task(*RUN, 1, **ON_DAY), 2),
    ],
    ids=[
        "start",
        "start without a date",
        "end",
        "end with a watermark",
        "fail the initiation",
        "fail and re-open the initiation",
    ],
)
def test_given_a_step_when_moved_by_a_flat_call_then_it_costs_no_more_than_this(
    ready: ETLMonitor, statements, reading: int, call: Call, expected: int
) -> None:
    assert within(cost(statements, lambda: call(ready)), expected, reading)


def test_given_a_running_task_when_it_beats_then_it_costs_one_statement(run: Run, statements) -> None:
    with run.task(1) as task:
        assert cost(statements, task.heartbeat) == 1


# Reset


def test_given_failures_when_reset_then_it_costs_two_statements(ready: ETLMonitor, run: Run, statements) -> None:
    for task in (1, 2, 3):
        ready.fail_task(*RUN, task)
    assert cost(statements, run.reset) == 2


def test_given_nothing_to_reset_when_reset_then_it_costs_one_statement(ready: ETLMonitor, statements) -> None:
    assert cost(statements, lambda: ready.status_reset(*HR, DAY)) == 1


def test_given_nothing_to_reset_when_a_runs_id_is_reset_then_it_costs_one_statement(
    ready: ETLMonitor, statements, dating: int
) -> None:
    assert cost(statements, lambda: ready.status_reset(*HR, execution_id="run-1")) == 1 + dating


def test_given_nothing_to_reset_when_a_stranger_to_the_run_resets_then_one_read_more_says_why(
    ready: ETLMonitor, run: Run, clock: ManualClock, statements
) -> None:
    stranger = ETLMonitor(ready.engine, clock=clock)
    stranger._runtime.schema_is_current()
    assert cost(statements, lambda: stranger.status_reset(*HR, DAY)) <= 3


# Registration

REGISTRATIONS = {
    "process": lambda m, description: m.register_process("CORP", "NEW", description=description),
    "stage": lambda m, description: m.register_sequence(10, "PUBLISH", description=description),
    "task": lambda m, description: m.register_task(*HR, 9, 1, 2, "T", task_description=description),
    "parameter": lambda m, description: m.register_parameter(*HR, "New", "FLAG", description),
}

each = pytest.mark.parametrize("kind", REGISTRATIONS)


@each
def test_given_something_new_when_registered_then_it_costs_one_statement(
    ready: ETLMonitor, statements, kind: str
) -> None:
    assert cost(statements, lambda: REGISTRATIONS[kind](ready, "First")) == 1


@each
def test_given_something_that_changed_when_registered_then_it_costs_one_statement(
    ready: ETLMonitor, statements, kind: str
) -> None:
    REGISTRATIONS[kind](ready, "First")
    assert cost(statements, lambda: REGISTRATIONS[kind](ready, "Second")) == 1


@pytest.mark.parametrize(("kind", "expected"), [("process", 1), ("stage", 1), ("task", 2), ("parameter", 2)])
def test_given_nothing_that_changed_when_registered_then_it_costs_at_most_a_read_more(
    ready: ETLMonitor, statements, kind: str, expected: int
) -> None:
    REGISTRATIONS[kind](ready, "First")
    assert cost(statements, lambda: REGISTRATIONS[kind](ready, "First")) == expected


@pytest.mark.parametrize(
    "call",
    [
        lambda m: m.register_task("CORP", "NOWHERE", 1, 1, 2, "T"),
        lambda m: m.register_task(*HR, 9, 1, 42, "T"),
        lambda m: m.register_parameter("CORP", "NOWHERE", "P", "FLAG"),
        lambda m: m.register_parameter(*HR, "LoadEvents", "FLAG"),
        lambda m: m.deactivate_process("CORP", "NOWHERE"),
        lambda m: m.activate_task(*HR, 99, 1),
    ],
)
def test_given_a_registration_that_is_refused_when_made_then_one_read_says_why(
    ready: ETLMonitor, statements, call: Call
) -> None:
    def refused() -> None:
        with pytest.raises(EtlMonitorError):
            call(ready)

    assert cost(statements, refused) == 2


@pytest.mark.parametrize(
    "call",
    [
        lambda m: m.register_process("", ""),
        lambda m: m.register_sequence(3, "MINE"),
        lambda m: m.register_task(*HR, 1, 0, 2, "T"),
        lambda m: m.register_parameter(*HR, "SYSDT", "FLAG"),
        lambda m: m.start_run(*HR, "tomorrow"),
        lambda m: m.end_task(*RUN, 1, status="NQUE"),
    ],
)
def test_given_an_argument_that_cannot_be_read_when_called_then_the_database_is_not_asked(
    ready: ETLMonitor, statements, call: Call
) -> None:
    def refused() -> None:
        with pytest.raises(EtlMonitorError):
            call(ready)

    assert cost(statements, refused) == 0


# The first call


def test_given_a_new_monitor_when_first_called_then_one_statement_asks_about_the_tables(
    hr: ETLMonitor, statements
) -> None:
    fresh = ETLMonitor(hr.engine)
    assert cost(statements, lambda: fresh.register_process("CORP", "A")) == 2
    assert cost(statements, lambda: fresh.register_process("CORP", "B")) == 1
