"""Purging: old runs go, whole and with their receipts; what is unfinished, the last good one and the rest stays."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from contextlib import AbstractContextManager, suppress
from datetime import UTC, date, datetime, timedelta

import pytest
from sqlalchemy import event

from etl_monitor_orm import (
    Breach,
    BreachKind,
    ETLMonitor,
    InvalidInput,
    LogEntry,
    ManualClock,
    Metric,
    Parameter,
    ProcessingStep,
    PurgeReport,
    SysLog,
    Task,
)
from etl_monitor_orm.models import StoredRequest, StoredToken
from etl_monitor_orm.services import purging

Refused = Callable[..., AbstractContextManager[None]]
Unchanged = Callable[[], AbstractContextManager[None]]
Rows = Callable[..., list[object]]

HR, GL = ("CORP", "HR_DAILY"), ("FIN", "HR_DAILY")
FIRST = date(2024, 1, 1)
AGE = timedelta(days=400)


def day(number: int) -> date:
    return FIRST + timedelta(days=number - 1)


class Stopped(Exception):
    """As when a process is killed."""


class History:
    """Makes runs of the past, each at six o'clock of its date."""

    def __init__(self, monitor: ETLMonitor) -> None:
        self._monitor = monitor

    def monitor(self, on: date) -> ETLMonitor:
        now = datetime(on.year, on.month, on.day, 6, tzinfo=UTC)
        return ETLMonitor(self._monitor.engine, clock=lambda: now, actor="pytest")

    def run(self, on: date, process: tuple[str, str] = HR, *, fail: int | None = None, leave: int | None = None) -> str:
        """Run a process; one of its tasks fails, or is left in the queue."""
        then, execution_id = self.monitor(on), f"run of {on}"
        run = then.start_run(*process, on, execution_id=execution_id)
        for step in run.pending():
            if step.task_id == leave:
                continue
            with suppress(OSError), run.task(step.task_id, step.workflow_id):
                if step.task_id == fail:
                    raise OSError("source is down")
        then.log(LogEntry("receipt", *process, processing_date=on, execution_id=execution_id))
        return execution_id


@pytest.fixture
def past(hr: ETLMonitor) -> History:
    hr.register_process(*GL).register_task(*GL, 1, 1, 2, "Post")
    return History(hr)


@pytest.fixture
def dates(rows: Rows) -> Callable[..., list[int]]:
    """The days of the first month that have steps, or receipts."""

    def read(kind: type = ProcessingStep, process: tuple[str, str] = HR) -> list[int]:
        found = rows(kind, project_code=process[0], process_load=process[1])
        return sorted({one.processing_date.day for one in found})

    return read


def told(report: PurgeReport) -> list[tuple[str, int, str | None]]:
    return [(one.project_code, one.processing_date.day, one.reason) for one in (*report.deleted, *report.kept)]


# What goes


def test_old_runs_when_purged_go_with_their_receipts_and_the_last_good_one_stays(
    hr: ETLMonitor, past: History, dates: Callable[..., list[int]]
) -> None:
    for number in (1, 2, 3):
        past.run(day(number))
    report = hr.purge(AGE)

    assert told(report) == [("CORP", 1, None), ("CORP", 2, None), ("CORP", 3, "last good")]
    assert (report.done, report.receipts) == (True, 2)
    assert [(one.runs, one.steps) for one in report.deleted] == [(1, 4), (1, 4)]
    assert (dates(), dates(SysLog)) == ([3], [3])


def test_old_runs_when_looked_at_in_a_dry_run_are_told_and_stay(
    hr: ETLMonitor, past: History, unchanged: Unchanged
) -> None:
    past.run(day(1))
    past.run(day(2))
    with unchanged():
        looked = hr.purge(AGE, dry_run=True)
    done = hr.purge(AGE)

    assert (looked.done, told(looked), looked.receipts) == (False, told(done), done.receipts)


def test_purge_when_made_again_finds_nothing(hr: ETLMonitor, past: History, unchanged: Unchanged) -> None:
    past.run(day(1))
    past.run(day(2))
    hr.purge(AGE)
    with unchanged():
        report = hr.purge(AGE)

    assert (report.is_empty, told(report)) == (True, [("CORP", 2, "last good")])


def test_runs_of_another_process_when_one_is_purged_are_judged_by_themselves(
    hr: ETLMonitor, past: History, dates: Callable[..., list[int]]
) -> None:
    for number in (1, 2):
        past.run(day(number))
    past.run(day(1), GL)
    past.run(day(2), GL, fail=1)
    hr.purge(AGE)

    assert (dates(), dates(process=GL)) == ([2], [1])


def test_catalogue_and_watermarks_when_purged_stay(hr: ETLMonitor, past: History, rows: Rows) -> None:
    past.run(day(1))
    past.run(day(2))
    before = [repr(vars(one)) for kind in (Task, Parameter) for one in rows(kind)]
    hr.purge(AGE)

    assert len(before) == len(rows(Task)) + len(rows(Parameter))
    assert hr.get_active_watermark(*HR, "LoadEmployees") == datetime(2024, 1, 2, 6, tzinfo=UTC)


@pytest.mark.parametrize("waiting", [None, 3], ids=["nothing waits", "a step waits behind the failure"])
def test_failed_runs_when_purged_go_though_no_good_one_followed(
    hr: ETLMonitor, past: History, dates: Callable[..., list[int]], waiting: int | None
) -> None:
    past.run(day(1))
    past.run(day(2), fail=1, leave=waiting)
    hr.purge(AGE)

    assert dates() == [1]


# What stays


def test_younger_good_run_when_purged_leaves_no_old_one(
    hr: ETLMonitor, past: History, clock: ManualClock, dates: Callable[..., list[int]]
) -> None:
    past.run(day(1))
    young = clock.now.date() - timedelta(days=2)
    past.run(young)
    report = hr.purge(AGE)

    assert told(report) == [("CORP", 1, None)]
    assert dates() == [young.day]


@pytest.mark.parametrize("days", [0, 1])
def test_run_when_purged_is_old_only_if_its_date_is_before(
    hr: ETLMonitor, past: History, clock: ManualClock, days: int
) -> None:
    border = clock.now.date() - AGE - timedelta(days=days)
    past.run(border)
    past.run(clock.now.date())

    assert len(hr.purge(AGE, dry_run=True).deleted) == days


@pytest.mark.parametrize("left", ["waiting", "running"])
def test_unfinished_run_when_purged_stays_with_the_others_of_its_date(
    hr: ETLMonitor, past: History, dates: Callable[..., list[int]], left: str
) -> None:
    past.run(day(1))
    run = past.run(day(2), leave=3)
    if left == "running":
        past.monitor(day(2)).start_task(run, *HR, 3, processing_date=day(2))
    past.monitor(day(2)).start_run(*HR, day(2), execution_id="another", resume=True, if_running="skip")
    past.run(day(3))
    report = hr.purge(AGE)

    assert told(report) == [("CORP", 1, None), ("CORP", 2, "unfinished"), ("CORP", 3, "last good")]
    assert (dates(), dates(SysLog)) == ([2, 3], [2, 3])


def test_run_whose_open_step_is_settled_when_purged_goes(
    hr: ETLMonitor, past: History, dates: Callable[..., list[int]]
) -> None:
    run = past.run(day(1), leave=3)
    past.monitor(day(1)).skip_task(run, *HR, 3, processing_date=day(1))
    past.run(day(2))
    hr.purge(AGE)

    assert dates() == [2]


def test_run_of_an_old_date_that_somebody_worked_on_since_when_purged_stays(
    hr: ETLMonitor, past: History, dates: Callable[..., list[int]]
) -> None:
    past.run(day(1), fail=2)
    hr.status_reset(*HR, day(1))
    for step in hr.get_run(f"run of {day(1)}", *HR, day(1)).pending():
        hr.end_task(f"run of {day(1)}", *HR, step.task_id, processing_date=day(1), workflow_id=step.workflow_id)
    past.run(day(2))
    report = hr.purge(AGE)

    assert told(report) == [("CORP", 1, "changed since"), ("CORP", 2, "last good")]
    assert (dates(), dates(SysLog)) == ([1, 2], [1, 2])


def test_run_that_begins_between_the_look_and_the_deletion_stays_whole(
    hr: ETLMonitor, past: History, rows: Rows
) -> None:
    past.run(day(1))
    past.run(day(2))
    plan = hr._runtime.run(purging.plan, AGE)
    hr.start_run(*HR, day(1), execution_id="new")
    (part,) = plan.parts
    assert hr._runtime.run(purging.delete_runs, plan.until, part) == []

    assert {one.execution_id for one in rows(ProcessingStep, processing_date=day(1))} == {f"run of {day(1)}", "new"}


# Receipts


def test_old_receipts_of_no_run_when_purged_go_and_young_ones_and_those_of_an_adoption_stay(
    hr: ETLMonitor, past: History, clock: ManualClock, lines: Callable[[], list[str | None]]
) -> None:
    then = past.monitor(day(1))
    then.log(
        LogEntry("of a process", *HR),
        LogEntry("of a date", processing_date=day(1)),
        LogEntry("of a run without steps", *HR, processing_date=day(1), execution_id="empty"),
        LogEntry("of nothing"),
        LogEntry("views", operation_name="adopt", activity_name="views_apart", processing_date=day(1)),
        LogEntry("of a date to come", processing_date=clock.now.date()),
    )
    hr.log(LogEntry("young"), LogEntry("young, of an old date", *HR, processing_date=day(1)))
    report = hr.purge(AGE)

    assert report.receipts == 4
    assert sorted(map(str, lines())) == ["of a date to come", "views", "young", "young, of an old date"]


# Measures, deadlines and breaches


def test_measures_when_purged_go_with_their_runs_and_those_of_others_stay(
    hr: ETLMonitor, past: History, rows: Rows
) -> None:
    for number, process in ((1, HR), (2, HR), (1, GL)):
        then, run = past.monitor(day(number)), past.run(day(number), process)
        then.measure_task(run, *process, 1, {"rows": number})
    hr.purge(AGE)

    left = sorted((one.project_code, one.processing_date.day) for one in rows(Metric))
    assert left == [("CORP", 2), ("FIN", 1)]  # the last good one of each


def test_runs_by_which_a_deadline_is_judged_when_purged_stay_and_nothing_is_late_then(
    hr: ETLMonitor, past: History, clock: ManualClock
) -> None:
    promised, free = ("CORP", "NIGHTLY"), ("FIN", "NIGHTLY")
    for process, due in ((promised, "07:00 UTC"), (free, None)):
        past.monitor(day(1)).register_process(*process, due_by=due).register_task(*process, 1, 1, 2, "Load")
    today = clock.now.date()
    for ago in (60, 30, 20, 2):
        for process in (promised, free):
            past.run(today - timedelta(days=ago), process)
    late = {one.processing_date for one in hr.evaluate()}
    report = hr.purge(timedelta(days=10))

    kept = [((today - one.processing_date).days, one.reason) for one in report.kept if one.project_code == "CORP"]
    gone = [(one.project_code, (today - one.processing_date).days) for one in report.deleted]
    assert kept == [(30, "deadline"), (20, "deadline")]
    assert gone == [("CORP", 60), ("FIN", 60), ("FIN", 30), ("FIN", 20)]
    assert today - timedelta(days=29) in late
    assert hr.evaluate() == []


def test_dates_on_which_a_task_is_done_in_its_period_when_purged_stay_and_it_is_not_due_again(
    hr: ETLMonitor, past: History, clock: ManualClock
) -> None:
    clock.set("2026-12-20 06:00")
    process, other = ("CORP", "SELDOM"), ("FIN", "SELDOM")
    for one, frequency in ((process, "Y"), (other, "D")):
        hr.register_process(*one).register_task(*one, 1, 1, 2, "Daily")
        hr.register_task(*one, 2, 1, 2, "Yearly", load_frequency=frequency)
    for day_of_year in (date(2025, 12, 30), date(2026, 1, 2), date(2026, 12, 19)):
        for one in (process, other):
            past.run(day_of_year, one)
    report = hr.purge(AGE / 4)

    kept = [(one.processing_date, one.reason) for one in report.kept if one.process_load == "SELDOM"]
    assert kept == [(date(2026, 1, 2), "this period")]
    gone = [(one.project_code, one.processing_date.year) for one in report.deleted]
    assert gone == [("CORP", 2025), ("FIN", 2025), ("FIN", 2026)]
    due = hr.start_run(*process, "2026-12-20", only_due=True).pending()
    assert [step.task_name for step in due] == ["Daily"]


def test_breaches_that_ended_long_ago_when_purged_go_and_open_and_recent_ones_stay(
    hr: ETLMonitor, past: History, clock: ManualClock, rows: Rows
) -> None:
    def late(name: str, since: datetime, until: datetime | None) -> Breach:
        process = {"project_code": HR[0], "process_load": HR[1]}
        return Breach(
            breach_id=name, kind=BreachKind.NOT_DONE, since=since, opened_on=since, closed_on=until, **process
        )

    then, now, one_day = datetime(2024, 1, 1, tzinfo=UTC), clock.now, timedelta(days=1)
    with hr.session() as session:
        session.add_all(
            [
                late("ended", then, then + one_day),
                late("open", then, None),
                late("ended now", then, now),
                late("found again", now - 60 * one_day, now - 59 * one_day),
            ]
        )
        session.commit()
    told = [hr.purge(one_day, dry_run=True).breaches, hr.purge(one_day).breaches, hr.purge(one_day).breaches]

    assert told == [1, 1, 0]
    assert sorted(one.breach_id for one in rows(Breach)) == ["ended now", "found again", "open"]


# Tokens and requests


def test_tokens_that_ended_and_requests_that_were_answered_when_purged_go(
    hr: ETLMonitor, past: History, clock: ManualClock, rows: Rows
) -> None:
    then = past.monitor(day(1))
    for name, lasts in (("expired", 86_400), ("lasting", None), ("revoked", None)):
        then.make_token(name, "report", expires_in=lasts)
    then.revoke_token("revoked")
    hr.make_token("revoked now", "read")
    hr.revoke_token("revoked now")
    with hr.session() as session:
        for key, when in (("old", day(1)), ("young", clock.now.date())):
            at = datetime(when.year, when.month, when.day, tzinfo=UTC)
            session.add(StoredRequest(token_id="t", request_key=key, request_digest="d", created_on=at, status=200))
        session.commit()
    report = hr.purge(AGE)

    assert (report.tokens, report.requests) == (2, 1)
    assert sorted(one.token_name for one in rows(StoredToken)) == ["lasting", "revoked now"]
    assert [one.request_key for one in rows(StoredRequest)] == ["young"]


# In parts


@pytest.fixture
def small_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(purging, "_MOST_DATES", 2)


def test_many_dates_when_purged_go_in_parts(
    hr: ETLMonitor, past: History, small_parts: None, dates: Callable[..., list[int]]
) -> None:
    for number in range(1, 7):
        past.run(day(number))
    report = hr.purge(AGE)

    assert [one.processing_date.day for one in report.deleted] == [1, 2, 3, 4, 5]
    assert (report.receipts, dates(), dates(SysLog)) == (5, [6], [6])


def test_purge_that_is_stopped_anywhere_is_completed_by_the_next_one(
    hr: ETLMonitor, past: History, small_parts: None, dates: Callable[..., list[int]], rows: Rows
) -> None:
    for number in range(1, 7):
        past.run(day(number))
    allowed = Counter(deletions=0)

    def stop(connection, cursor, statement, parameters, context, executemany) -> None:
        if statement.startswith("DELETE"):
            allowed["deletions"] -= 1
            if allowed["deletions"] < 0:
                raise Stopped

    event.listen(hr.engine, "before_cursor_execute", stop)
    try:
        for number in (1, 3, 1):
            allowed["deletions"] = number
            with pytest.raises(Stopped):
                hr.purge(AGE)
            assert set(Counter(one.processing_date for one in rows(ProcessingStep)).values()) == {4}
            assert 6 in dates(SysLog)
    finally:
        event.remove(hr.engine, "before_cursor_execute", stop)
    hr.purge(AGE)

    assert (dates(), dates(SysLog)) == ([6], [6])


# Refusals


@pytest.mark.parametrize(
    ("age", "words"),
    [
        (timedelta(hours=23), "at least 1 day"),
        (0, "at least 1 day"),
        (-1, "must not be negative"),
        ("400d", "must be a timedelta or seconds"),
        (timedelta(days=999_999), "leads out of the calendar"),
    ],
)
def test_age_that_makes_no_sense_when_purged_is_refused(
    hr: ETLMonitor, refused: Refused, age: object, words: str
) -> None:
    with refused(InvalidInput, words):
        hr.purge(age)
