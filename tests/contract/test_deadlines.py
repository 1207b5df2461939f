"""Deadlines: what is late is told once, by whoever evaluates first, and ends when it is done."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime, timedelta
from threading import Barrier

import pytest
from sqlalchemy import update

from etl_monitor_orm import Breach, BreachKind, ETLMonitor, Holiday, InvalidInput, ManualClock, Outcome, Process, Task

HR = ("CORP", "HR_DAILY")
DAY = date(2026, 4, 9)
DUE = datetime(2026, 4, 9, 6, tzinfo=UTC)
LATE = DUE + timedelta(seconds=1)

Rows = Callable[..., list]


@pytest.fixture
def daily(monitor: ETLMonitor, clock: ManualClock) -> ETLMonitor:
    """A process that is due at 06:00 UTC on 9 April, registered at noon of the day before: a load, and a mart."""
    clock.set(datetime(2026, 4, 8, 12, tzinfo=UTC))
    monitor.register_process(*HR, owner="HR team", due_by="06:00 UTC")
    monitor.register_task(*HR, 1, 1, 2, "Load employees", expected_duration_seconds=600)
    return monitor.register_task(*HR, 2, 1, 6, "Build mart")


def kinds(found: list) -> list[tuple[BreachKind, date | None]]:
    return [(one.kind, one.processing_date) for one in found]


# Registering


def test_deadline_when_registered_is_stored_in_one_way(monitor: ETLMonitor, rows: Rows) -> None:
    monitor.register_holidays("germany", ["2026-12-25", date(2026, 12, 26)])
    monitor.register_process(*HR, due_by=" 6:00 Europe/Berlin", late_after="7200", calendar="mon-FRI except germany")

    [stored] = rows(Process)
    assert (stored.due_by, stored.late_after_seconds, stored.calendar) == (
        "06:00 Europe/Berlin",
        7200,
        "Mon-Fri except germany",
    )
    assert [(day.calendar_name, day.day, day.is_active) for day in rows(Holiday)] == [
        ("germany", date(2026, 12, 25), True),
        ("germany", date(2026, 12, 26), True),
    ]


def test_deadline_when_left_out_stays_and_when_none_is_cleared(daily: ETLMonitor, rows: Rows) -> None:
    daily.register_process(*HR, name="HR")
    assert rows(Process)[0].due_by == "06:00 UTC"

    daily.register_process(*HR, due_by=None)
    assert rows(Process)[0].due_by is None


def test_deadline_of_a_task_when_registered_in_a_list_is_stored(daily: ETLMonitor, rows: Rows) -> None:
    place = {"project_code": HR[0], "process_load": HR[1], "workflow_id": 1, "sequence_id": 2}
    holiday = Holiday(calendar_name="own", day="2026-05-01", holiday_name="Labour day")
    task = Task(**place, task_id=1, task_name="Load", due_by="05:00 UTC", calendar="daily except own")
    daily.register([task, holiday])

    assert [(one.due_by, one.calendar) for one in rows(Task) if one.task_id == 1] == [("05:00 UTC", "daily except own")]


def test_deadline_when_changed_notes_when_and_when_repeated_does_not(
    daily: ETLMonitor, rows: Rows, clock: ManualClock
) -> None:
    clock.set(DUE)
    daily.register_process(*HR, due_by="06:00 UTC", name="HR")
    assert rows(Process)[0].deadline_set_on is None

    daily.register_process(*HR, due_by="07:00 UTC")
    assert rows(Process)[0].deadline_set_on == DUE
    assert rows(Process)[0].active_set_on is None


def test_process_when_deactivated_notes_when(daily: ETLMonitor, rows: Rows, clock: ManualClock) -> None:
    clock.set(DUE)
    daily.deactivate_process(*HR)

    assert rows(Process)[0].active_set_on == DUE


@pytest.mark.parametrize(
    "said",
    [
        {"due_by": "25:00 UTC"},
        {"due_by": "06:00"},
        {"due_by": "06:00 Europe/Atlantis"},
        {"late_after": 0},
        {"late_after": "soon"},
        {"calendar": "Someday"},
        {"calendar": "Mon-Fri except germany"},
    ],
)
def test_impossible_deadline_when_registered_is_refused_and_nothing_written(
    daily: ETLMonitor, unchanged, said: dict[str, object]
) -> None:
    with unchanged(), pytest.raises(InvalidInput):
        daily.register_process(*HR, **said)
    with unchanged(), pytest.raises(InvalidInput):
        daily.register_task(*HR, 1, 1, 2, "Load employees", **said)


def test_unknown_holidays_when_a_list_names_them_are_refused_with_the_way_on(daily: ETLMonitor, unchanged) -> None:
    listed = [Process(project_code="CORP", process_load="NEW", calendar="Mon-Fri except germany")]
    with unchanged(), pytest.raises(InvalidInput, match=r"objects\[0\].*germany.*register_holidays"):
        daily.register(listed)


# What is late


def test_process_when_due_and_not_started_is_late_until_it_is_done(
    daily: ETLMonitor, clock: ManualClock, rows: Rows
) -> None:
    clock.set(DUE)
    assert daily.overdue() == []

    clock.set(DUE + timedelta(minutes=5))
    [late] = daily.overdue()
    assert (late.kind, late.processing_date, late.since) == (BreachKind.NOT_STARTED, DAY, DUE)
    assert (late.process_owner, late.blocks) == ("HR team", "Load employees and 1 more")
    assert late.message == "CORP/HR_DAILY for 2026-04-09 was due by 06:00 UTC and has not started."

    run = daily.start_run(*HR, DAY)
    with run.task(1):
        clock.advance(300)
    [late] = daily.overdue()
    assert (late.kind, late.since, late.blocks) == (BreachKind.NOT_DONE, DUE, "Build mart")

    with run.task(2):
        clock.advance(300)
    assert daily.overdue() == []
    [breach] = rows(Breach)
    assert (breach.since, breach.until, breach.outcome) == (DUE, DUE + timedelta(minutes=15), Outcome.RESOLVED)
    assert (breach.opened_on, breach.closed_on) == (DUE + timedelta(minutes=5), clock.now)


def test_breach_when_evaluated_again_is_neither_opened_nor_closed_again(daily: ETLMonitor, clock: ManualClock) -> None:
    clock.set(LATE)
    assert kinds(daily.evaluate()) == [(BreachKind.NOT_STARTED, DAY)]
    assert daily.evaluate() == []

    run = daily.start_run(*HR, DAY)
    for task in (1, 2):
        with run.task(task):
            clock.advance(60)
    assert [one.outcome for one in daily.evaluate()] == [Outcome.RESOLVED]
    assert daily.evaluate() == []
    daily.status_reset(*HR, DAY, replay=True)
    clock.advance(3600)
    assert daily.evaluate() == []


def test_lateness_that_ended_between_evaluations_has_a_row_that_is_closed(
    daily: ETLMonitor, clock: ManualClock
) -> None:
    clock.set(DUE + timedelta(minutes=10))
    run = daily.start_run(*HR, DAY)
    for task in (1, 2):
        with run.task(task):
            clock.advance(60)

    [breach] = daily.evaluate()
    assert (breach.since, breach.until) == (DUE, DUE + timedelta(minutes=12))
    assert breach.closed_on == breach.opened_on == clock.now


def test_optional_failure_leaves_a_date_done_and_a_mandatory_one_does_not(
    daily: ETLMonitor, clock: ManualClock
) -> None:
    daily.register_task(*HR, 3, 1, 6, "Send mail", task_mandatory=False)
    clock.set(DUE - timedelta(hours=1))
    run = daily.start_run(*HR, DAY)
    for task in (1, 2):
        with run.task(task):
            pass
    daily.fail_task(run.execution_id, *HR, 3, processing_date=DAY)
    clock.set(LATE)
    assert daily.overdue() == []

    daily.register_task(*HR, 1, 1, 2, "Load employees", due_by="12:00 UTC")
    daily.status_reset(*HR, DAY, task_id=1, replay=True)
    daily.fail_task(run.execution_id, *HR, 1, processing_date=DAY)
    clock.set(LATE + timedelta(hours=6))
    assert daily.overdue() == []


def test_step_that_is_left_out_keeps_nothing_late(daily: ETLMonitor, clock: ManualClock) -> None:
    clock.set(DUE - timedelta(hours=1))
    run = daily.start_run(*HR, DAY)
    run.skip(2)
    with run.task(1):
        pass
    clock.set(LATE)

    assert daily.overdue() == []


def test_attempt_when_running_too_long_is_late_from_its_own_start(daily: ETLMonitor, clock: ManualClock) -> None:
    clock.set(DUE - timedelta(hours=3))
    run = daily.start_run(*HR, DAY)
    daily.fail_task(run.execution_id, *HR, 1, processing_date=DAY)
    run.reset()
    clock.advance(3600)
    daily.start_task(run.execution_id, *HR, 1, processing_date=DAY)
    started = clock.now
    clock.advance(600)
    assert daily.overdue() == []

    clock.advance(1)
    [late] = daily.overdue()
    assert (late.kind, late.task_name, late.attempts) == (BreachKind.RUNNING_TOO_LONG, "Load employees", 1)
    assert (late.since, late.blocks) == (started + timedelta(seconds=600), "Build mart")


def test_running_step_when_quiet_is_late_until_it_gives_a_sign(
    daily: ETLMonitor, clock: ManualClock, rows: Rows
) -> None:
    clock.set(DUE - timedelta(hours=5))
    run = daily.start_run(*HR, DAY)
    daily.start_task(run.execution_id, *HR, 2, processing_date=DAY)
    clock.advance(3600)
    assert kinds(daily.overdue()) == [(BreachKind.GONE_QUIET, DAY)]
    assert kinds(daily.overdue(quiet_after=7200)) == [(BreachKind.GONE_QUIET, DAY)]  # a look resolves nothing
    assert len(rows(Breach)) == 1

    clock.advance(1800)
    daily.heartbeat_task(run.execution_id, *HR, 2, processing_date=DAY)
    assert daily.overdue() == []


def test_task_without_success_for_too_long_is_late_since_then(daily: ETLMonitor, clock: ManualClock) -> None:
    registered = clock.now
    daily.register_process(*HR, due_by=None)
    daily.register_task(*HR, 2, 1, 6, "Build mart", late_after=3600)
    clock.advance(3600)
    assert daily.overdue() == []
    clock.advance(1)
    [late] = daily.overdue()
    assert (late.kind, late.task_id, late.since) == (BreachKind.NO_SUCCESS, 2, registered + timedelta(hours=1))

    with daily.start_run(*HR).task(2):
        pass
    assert daily.overdue() == []
    clock.advance(3601)
    assert kinds(daily.overdue()) == [(BreachKind.NO_SUCCESS, None)]


def test_watermark_that_stands_still_although_its_task_is_done_is_late(daily: ETLMonitor, clock: ManualClock) -> None:
    daily.register_process(*HR, due_by=None)
    daily.register_parameter(*HR, "Events", "DELTA_ID", value_int=7)
    daily.register_task(*HR, 2, 1, 6, "Build mart", late_after=7200, source_system_code="Events")
    for _ in range(4):
        clock.advance(3600)
        with daily.start_run(*HR).task(2):
            pass
    [late] = daily.overdue()
    assert (late.kind, late.parameter_name) == (BreachKind.WATERMARK_STILL, "Events")

    daily.advance_watermark(*HR, "Events", new_int_value=8)
    assert daily.overdue() == []


def test_calendar_and_holidays_leave_out_dates(daily: ETLMonitor, clock: ManualClock) -> None:
    daily.register_holidays("germany", ["2026-04-13"])
    daily.register_process(*HR, calendar="Mon-Fri except germany")
    clock.set("2026-04-15T12:00:00")

    dates = [late.processing_date for late in daily.overdue()]
    assert dates == [date(2026, 4, number) for number in (9, 10, 14, 15)]


def test_deadline_of_a_process_that_is_deactivated_is_withdrawn(daily: ETLMonitor, clock: ManualClock) -> None:
    clock.set(LATE)
    daily.evaluate()
    daily.deactivate_process(*HR)

    assert [one.outcome for one in daily.evaluate()] == [Outcome.WITHDRAWN]
    clock.advance(3600)
    daily.activate_process(*HR)
    clock.advance(3600)
    assert daily.evaluate() == []


def test_step_that_is_quiet_for_a_shorter_time_than_another_look_waits_for_has_one_row(
    daily: ETLMonitor, clock: ManualClock, rows: Rows
) -> None:
    clock.set(DUE - timedelta(hours=5))
    run = daily.start_run(*HR, DAY)
    daily.start_task(run.execution_id, *HR, 2, processing_date=DAY)
    clock.advance(120)
    for quiet_after in (60, 3600, 60):
        assert kinds(daily.overdue(quiet_after=quiet_after)) == [(BreachKind.GONE_QUIET, DAY)]
    clock.advance(3600)
    assert kinds(daily.overdue()) == [(BreachKind.GONE_QUIET, DAY)]

    assert [one.closed_on for one in rows(Breach)] == [None]


def test_breach_when_a_slower_clock_evaluates_stays_open(daily: ETLMonitor, clock: ManualClock) -> None:
    clock.set(DUE + timedelta(seconds=1))
    assert len(daily.overdue()) == 1
    clock.set(DUE - timedelta(seconds=1))

    assert daily.evaluate() == []
    assert len(daily.overdue(evaluate=False)) == 1


def test_breach_that_was_withdrawn_and_is_so_again_is_opened_again(
    daily: ETLMonitor, clock: ManualClock, rows: Rows
) -> None:
    run = daily.start_run(*HR, DAY)
    with run.task(1):
        pass
    clock.set(LATE)
    daily.evaluate()
    run.skip(2)
    assert [one.outcome for one in daily.evaluate()] == [Outcome.WITHDRAWN]
    run.unskip(2)
    clock.advance(60)
    [again] = daily.evaluate()

    assert (again.kind, again.since, again.opened_on) == (BreachKind.NOT_DONE, DUE, clock.now)
    assert (again.closed_on, again.until, again.outcome) == (None, None, None)
    assert daily.evaluate() == []
    with run.task(2):
        pass
    assert [one.outcome for one in daily.evaluate()] == [Outcome.RESOLVED]
    assert len(rows(Breach)) == 1


@pytest.mark.parametrize("changed", [{"late_after": 86_400}, {"calendar": "Mon-Sat"}], ids=str)
def test_missed_time_when_another_part_of_the_deadline_changes_stays_missed(
    daily: ETLMonitor, clock: ManualClock, changed: dict
) -> None:
    clock.set(LATE)
    daily.evaluate()
    daily.register_process(*HR, **changed)
    clock.advance(60)

    assert daily.evaluate() == []
    assert kinds(daily.overdue()) == [(BreachKind.NOT_STARTED, DAY)]
    daily.register_process(*HR, due_by="07:00 UTC")
    assert [one.outcome for one in daily.evaluate()] == [Outcome.WITHDRAWN]


def test_run_that_was_repeated_is_a_success_each_time(daily: ETLMonitor, clock: ManualClock) -> None:
    daily.register_process(*HR, due_by=None, late_after=7200)
    run = daily.start_run(*HR)
    for _ in range(3):
        for step in run.pending():
            with run.task(step.task_id, step.workflow_id):
                pass
        clock.advance(5400)
        daily.status_reset(*HR, execution_id=run.execution_id, replay=True)

    assert daily.evaluate() == []
    clock.advance(1801)
    assert kinds(daily.overdue()) == [(BreachKind.NO_SUCCESS, None)]


def test_success_that_came_in_time_and_was_reported_late_ends_what_was_said(
    daily: ETLMonitor, clock: ManualClock
) -> None:
    daily.register_process(*HR, due_by=None)
    daily.register_task(*HR, 2, 1, 6, "Build mart", late_after=3600)
    run, began = daily.start_run(*HR), clock.now
    clock.advance(4200)
    assert len(daily.overdue()) == 1
    daily.start_task(run.execution_id, *HR, 2, timestamp=began + timedelta(seconds=2400))
    daily.end_task(run.execution_id, *HR, 2, timestamp=began + timedelta(seconds=3000))

    assert [one.outcome for one in daily.evaluate()] == [Outcome.WITHDRAWN]
    assert daily.overdue() == []
    clock.set(began + timedelta(seconds=6601))
    [late] = daily.overdue()
    assert late.since == began + timedelta(seconds=6600)


def test_breach_of_a_date_long_ago_is_given_up(daily: ETLMonitor, clock: ManualClock) -> None:
    clock.set(LATE)
    daily.evaluate()
    daily.register_process(*HR, load_frequency="A")
    clock.advance(timedelta(days=36))

    assert [one.outcome for one in daily.evaluate()] == [Outcome.EXPIRED]


# Who evaluates


def test_answer_as_of_the_last_evaluation_writes_nothing(daily: ETLMonitor, clock: ManualClock, unchanged) -> None:
    clock.set(LATE)
    with unchanged():
        assert daily.overdue(evaluate=False) == []

    daily.evaluate()
    clock.advance(60)
    with unchanged():
        assert kinds(daily.overdue(*HR, evaluate=False)) == [(BreachKind.NOT_STARTED, DAY)]


def test_two_evaluators_at_once_open_one_row(daily: ETLMonitor, clock: ManualClock, rows: Rows) -> None:
    clock.set(LATE)
    ready = Barrier(2)

    def evaluate(_: int) -> int:
        ready.wait()
        return len(daily.evaluate())

    with ThreadPoolExecutor(2) as pool:
        list(pool.map(evaluate, range(2)))

    assert len(rows(Breach)) == 1


def test_time_that_another_tool_wrote_badly_leaves_the_others_evaluated(
    daily: ETLMonitor, clock: ManualClock, caplog: pytest.LogCaptureFixture
) -> None:
    daily.register_process("CORP", "BAD").register_task("CORP", "BAD", 1, 1, 2, "Load")
    with daily.session() as session, session.begin():
        session.execute(update(Process).where(Process.process_load == "BAD").values(due_by="when it is ready"))
    clock.set(LATE)

    assert kinds(daily.overdue()) == [(BreachKind.NOT_STARTED, DAY)]
    assert "BAD" in caplog.text
