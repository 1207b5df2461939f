"""Messages: people are told once of what is late or failed, and once when it is over, whoever watches."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from threading import Barrier

import pytest
from sqlalchemy import update

from etl_monitor_orm import Breach, BreachKind, ETLMonitor, ManualClock, Outcome, Overdue
from etl_monitor_orm.notify.messages import Message
from etl_monitor_orm.notify.quiet import read_quiet_hours
from etl_monitor_orm.notify.rules import Rule, Rules, Severity, Target
from etl_monitor_orm.notify.watching import Watch
from etl_monitor_orm.services import telling
from tests.patience import PATIENT

HR = ("CORP", "HR_DAILY")
DAY = "2026-04-09"
DUE = datetime(2026, 4, 9, 6, tzinfo=UTC)
LATER = timedelta(minutes=42)

Rows = Callable[..., list]


class Letterbox:
    """Takes messages, except for targets that are away."""

    def __init__(self, away: Collection[str] = ()) -> None:
        self.messages: list[Message] = []
        self.away = set(away)

    def send(self, messages: Sequence[Message]) -> Mapping[str, str]:
        self.messages += [one for one in messages if one.target not in self.away]
        return {one.target: "it is away" for one in messages if one.target in self.away}

    def taken(self) -> list[Message]:
        """The messages since the last look."""
        taken, self.messages = self.messages, []
        return taken


class Broken(RuntimeError):
    """What ends a watcher in the middle."""


class Dying:
    """Ends the watcher after the message was taken: as a machine that loses its power."""

    def send(self, messages: Sequence[Message]) -> Mapping[str, str]:
        raise Broken


def watch(monitor: ETLMonitor, box: object, *rules: Rule, targets: Sequence[str] = ("mail",)) -> Watch:
    rules = rules or (Rule("all", 1, tuple(targets)),)
    return Watch(monitor, Rules({name: Target(name, "json://x") for name in targets}, rules), box)


@pytest.fixture
def box() -> Letterbox:
    return Letterbox()


@pytest.fixture
def daily(monitor: ETLMonitor, clock: ManualClock) -> ETLMonitor:
    """A process that is due at 06:00 UTC on 9 April: a load, two optional ones, and a mart."""
    clock.set(datetime(2026, 4, 8, 12, tzinfo=UTC))
    monitor.register_process(*HR, owner="HR team", due_by="06:00 UTC")
    monitor.register_task(*HR, 1, 1, 2, "Load employees")
    monitor.register_task(*HR, 2, 1, 2, "Load events", task_mandatory=False)
    return monitor.register_task(*HR, 3, 1, 6, "Build mart")


def fail(run, task_id: int, words: str = "the source is down\nsecond line") -> None:
    with pytest.raises(OSError, match="down"), run.task(task_id):
        raise OSError(words)


def done(run, *task_ids: int) -> None:
    for task_id in task_ids:
        with run.task(task_id):
            pass


# What is told


def test_late_process_when_watched_is_told_once_with_what_waits_and_the_next_command(
    daily: ETLMonitor, clock: ManualClock, box: Letterbox
) -> None:
    clock.set(DUE + timedelta(minutes=1))
    watcher = watch(daily, box)
    watcher.once()
    watcher.once()

    [told] = box.taken()
    assert told.title == "CORP/HR_DAILY: 1 late"
    assert told.body == (
        "CORP/HR_DAILY (HR team)\n\n"
        "CORP/HR_DAILY for 2026-04-09 was due by 06:00 UTC and has not started.\n"
        "Since 2026-04-09 06:00 UTC.\n"
        "Load employees and 2 more wait.\n"
        "Next: etl-monitor why CORP HR_DAILY --date 2026-04-09"
    )


def test_late_process_when_done_is_told_as_resolved_with_how_long_it_took(
    daily: ETLMonitor, clock: ManualClock, box: Letterbox
) -> None:
    clock.set(DUE + timedelta(minutes=1))
    watcher = watch(daily, box)
    watcher.once()
    box.taken()
    clock.set(DUE + LATER)
    done(daily.start_run(*HR, DAY), 1, 2, 3)
    watcher.once()
    watcher.once()

    [told] = box.taken()
    assert told.title == "CORP/HR_DAILY: resolved"
    assert "Resolved after 42 min: CORP/HR_DAILY for 2026-04-09 was due by 06:00 UTC" in told.body
    assert not told.bad


def test_mandatory_failure_when_watched_is_told_with_the_first_line_of_its_error(
    hr: ETLMonitor, run, box: Letterbox
) -> None:
    fail(run, 1)
    watch(hr, box).once()

    [told] = box.taken()
    assert told.title == "CORP/HR_DAILY: 1 failed"
    assert (
        "Load employees (task 1, workflow 1) of CORP/HR_DAILY for 2026-04-09 failed: OSError: the source" in told.body
    )
    assert "second line" not in told.body
    assert "Build mart waits." in told.body
    assert "Next: etl-monitor why CORP HR_DAILY --date 2026-04-09" in told.body


def test_failures_of_one_process_when_new_are_one_message_and_of_another_process_another(
    hr: ETLMonitor, run, box: Letterbox
) -> None:
    hr.register_process("CORP", "PAYROLL", owner="HR team")
    hr.register_task("CORP", "PAYROLL", 1, 1, 2, "Load employees")
    fail(run, 1)
    fail(run, 2)
    fail(hr.start_run("CORP", "PAYROLL", DAY), 1)
    watch(hr, box).once()

    assert sorted(one.title for one in box.taken()) == ["CORP/HR_DAILY: 2 failed", "CORP/PAYROLL: 1 failed"]


def test_failure_when_queued_again_is_not_over_until_it_is_done(
    hr: ETLMonitor, run, box: Letterbox, clock: ManualClock, rows: Rows
) -> None:
    watcher = watch(hr, box)
    fail(run, 1)
    failed = clock.now
    watcher.once()
    hr.status_reset(*HR, DAY)
    watcher.once()
    assert [len(box.taken()), [one.outcome for one in rows(Breach)]] == [1, [None]]

    fail(run, 1, "down again")
    watcher.once()
    assert box.taken() == []
    assert "down again" in rows(Breach)[0].message

    hr.status_reset(*HR, DAY)
    clock.set(failed + LATER)
    done(run, 1)
    watcher.once()
    assert "Resolved after 42 min" in box.taken()[0].body
    assert [one.outcome for one in rows(Breach)] == [Outcome.RESOLVED]


@pytest.mark.parametrize("way", ["task", "process"])
def test_failure_when_its_task_is_deactivated_is_no_longer_expected(
    hr: ETLMonitor, run, box: Letterbox, way: str
) -> None:
    watcher = watch(hr, box)
    fail(run, 1)
    watcher.once()
    box.taken()
    if way == "task":
        hr.deactivate_task(*HR, 1, 1)
    else:
        hr.deactivate_process(*HR)
    watcher.once()

    assert "No longer expected" in box.taken()[0].body


def test_failure_whose_task_is_deactivated_and_activated_again_is_told_again(
    hr: ETLMonitor, run, box: Letterbox, rows: Rows
) -> None:
    watcher = watch(hr, box)
    fail(run, 1)
    watcher.once()
    hr.deactivate_task(*HR, 1, 1)
    watcher.once()
    hr.activate_task(*HR, 1, 1)
    box.taken()
    watcher.once()
    watcher.once()

    assert [one.title for one in box.taken()] == ["CORP/HR_DAILY: 1 failed"]
    assert [one.outcome for one in rows(Breach)] == [None]


def test_failure_after_a_success_between_two_looks_is_another_one(
    hr: ETLMonitor, run, box: Letterbox, rows: Rows
) -> None:
    watcher = watch(hr, box)
    fail(run, 1)
    watcher.once()
    box.taken()
    run.reset()
    done(run, 1)
    hr.status_reset(*HR, DAY, task_id=1, workflow_id=1, replay=True)
    fail(run, 1, "the source is down again")
    watcher.once()

    [told] = box.taken()
    assert told.title == "CORP/HR_DAILY: 1 failed, 1 resolved"
    assert "down again" in told.body
    assert sorted((one.attempts, one.outcome) for one in rows(Breach)) == [(0, Outcome.RESOLVED), (2, None)]


def test_failure_when_deadlines_are_evaluated_is_not_late_and_stays_open(hr: ETLMonitor, run, rows: Rows) -> None:
    fail(run, 1)
    watch(hr, Letterbox()).once()

    assert [hr.overdue(), hr.evaluate(), rows(Overdue)] == [[], [], []]
    assert [(one.kind, one.closed_on) for one in rows(Breach)] == [(BreachKind.FAILED, None)]


def test_lateness_that_ended_before_anybody_was_told_is_told_once_as_resolved(
    daily: ETLMonitor, clock: ManualClock, box: Letterbox
) -> None:
    clock.set(DUE + LATER)
    done(daily.start_run(*HR, DAY), 1, 2, 3)
    watcher = watch(daily, box)
    watcher.once()
    watcher.once()

    assert [one.title for one in box.taken()] == ["CORP/HR_DAILY: resolved"]


def test_preview_sends_nothing_and_notes_nothing_as_told(
    daily: ETLMonitor, clock: ManualClock, box: Letterbox, rows: Rows
) -> None:
    clock.set(DUE + timedelta(minutes=1))
    found = watch(daily, box).preview()

    assert [one.title for one in found.sent] == ["CORP/HR_DAILY: 1 late"]
    assert [box.taken(), [(one.notified_on, one.notify_claim) for one in rows(Breach)]] == [[], [(None, None)]]


# Who is told


@pytest.mark.parametrize(
    ("rule", "titles"),
    [
        (Rule("r", 1, ("mail",), severity=Severity.ERROR), ["CORP/HR_DAILY: 1 failed"]),
        (Rule("r", 1, ("mail",), kinds=("NOT_DONE",)), []),
        (Rule("r", 1, ("mail",), ("HR*",), ("CORP",), ("HR_DAILY",)), ["CORP/HR_DAILY: 2 failed"]),
        (Rule("r", 1, ("mail",), owners=("Finance",)), []),
        (Rule("r", 1, ("mail",), processes=("HR",)), []),
    ],
    ids=["severity", "kind", "all of it", "owner", "process"],
)  # fmt: skip
def test_rule_when_something_fails_tells_only_what_it_names(
    hr: ETLMonitor, run, box: Letterbox, rule: Rule, titles: list[str]
) -> None:
    fail(run, 1)
    fail(run, 2)
    watch(hr, box, rule).once()

    assert [one.title for one in box.taken()] == titles


def test_quiet_hours_when_over_bring_all_that_is_new_in_one_message(
    hr: ETLMonitor, run, box: Letterbox, clock: ManualClock
) -> None:
    watcher = watch(hr, box, Rule("r", 1, ("mail",), quiet=read_quiet_hours("22:00-07:00 Europe/Berlin")))
    clock.set(datetime(2026, 4, 9, 4, 58, tzinfo=UTC))  # 06:58 in Berlin
    fail(run, 1)
    watcher.once()
    fail(run, 2)
    watcher.once()
    assert box.taken() == []

    clock.set(datetime(2026, 4, 9, 5, tzinfo=UTC))
    watcher.once()
    assert [one.title for one in box.taken()] == ["CORP/HR_DAILY: 2 failed"]


# Told once, and at least once


def test_target_that_is_away_is_told_later_and_the_others_are_not_told_again(hr: ETLMonitor, run, rows: Rows) -> None:
    box = Letterbox(away=["chat"])
    watcher = watch(hr, box, targets=("mail", "chat"))
    fail(run, 1)
    [(lost, why)] = watcher.once().failed
    assert (lost.target, why, [one.target for one in box.taken()]) == ("chat", "it is away", ["mail"])
    assert rows(Breach)[0].notified_on is None

    box.away.clear()
    watcher.once()
    watcher.once()
    assert [one.target for one in box.taken()] == ["chat"]
    assert rows(Breach)[0].notified_on is not None


def test_target_that_was_away_until_it_was_over_is_told_as_resolved(hr: ETLMonitor, run, rows: Rows) -> None:
    box = Letterbox(away=["chat"])
    watcher = watch(hr, box, targets=("mail", "chat"))
    fail(run, 1)
    watcher.once()
    box.taken()
    hr.status_reset(*HR, DAY)
    done(run, 1)
    box.away.clear()
    watcher.once()

    assert sorted((one.target, one.title) for one in box.taken()) == [
        ("chat", "CORP/HR_DAILY: resolved"),
        ("mail", "CORP/HR_DAILY: resolved"),
    ]
    assert rows(Breach)[0].closure_notified_on is not None


def test_two_watchers_at_once_send_one_message(hr: ETLMonitor, run, box: Letterbox) -> None:
    fail(run, 1)
    gate = Barrier(2)

    def one_pass(_: int) -> None:
        watcher = watch(hr, box)
        gate.wait(PATIENT)
        watcher.once()

    with ThreadPoolExecutor(2) as pool:
        list(pool.map(one_pass, range(2)))

    assert len(box.taken()) == 1


def test_watcher_that_read_before_another_one_told_sends_nothing(hr: ETLMonitor, run, box: Letterbox) -> None:
    fail(run, 1)
    late = watch(hr, box)
    _, items = late._news()
    watch(hr, box).once()
    late._tell(items)

    assert len(box.taken()) == 1


def test_watcher_that_is_at_work_is_left_alone_until_it_must_be_dead(
    hr: ETLMonitor, run, box: Letterbox, clock: ManualClock
) -> None:
    fail(run, 1)
    watcher = watch(hr, box)
    watcher.preview()
    [item] = hr._runtime.run(telling.news)
    hr._runtime.run(telling.claim, [item.breach_id], "another one")
    watcher.once()
    assert box.taken() == []

    clock.advance(timedelta(minutes=11))
    watcher.once()
    assert len(box.taken()) == 1


def test_claim_that_was_taken_over_when_released_changes_nothing(
    hr: ETLMonitor, run, clock: ManualClock, rows: Rows
) -> None:
    fail(run, 1)
    watch(hr, Letterbox()).preview()
    [item] = hr._runtime.run(telling.news)
    hr._runtime.run(telling.claim, [item.breach_id], "first")
    clock.advance(timedelta(minutes=11))
    hr._runtime.run(telling.claim, [item.breach_id], "second")
    told = telling.Told(item.breach_id, {"mail": "opened"}, opened=True, closed=False)
    hr._runtime.run(telling.release, [told], "first")

    assert [(one.notify_claim, one.notified_on) for one in rows(Breach)] == [("second", None)]


def test_watcher_that_breaks_while_it_sends_gives_the_items_back_untold(
    hr: ETLMonitor, run, box: Letterbox, rows: Rows
) -> None:
    fail(run, 1)
    with pytest.raises(Broken):
        watch(hr, Dying()).once()
    assert [(one.notify_claim, one.notified_on) for one in rows(Breach)] == [(None, None)]

    watch(hr, box).once()
    assert len(box.taken()) == 1


def test_what_ended_long_ago_is_not_told_any_more(
    hr: ETLMonitor, run, box: Letterbox, clock: ManualClock, monitor: ETLMonitor
) -> None:
    fail(run, 1)
    watch(hr, Letterbox(away=["mail"])).once()
    hr.status_reset(*HR, DAY)
    done(run, 1)
    watch(hr, Letterbox(away=["mail"])).once()
    with monitor.session() as session:
        session.execute(update(Breach).values(closed_on=clock.now - timedelta(days=8)))
        session.commit()
    watch(hr, box).once()

    assert box.taken() == []
