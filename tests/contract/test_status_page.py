"""The page: what a person finds on it, in which order, and that making it writes nothing."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Callable
from contextlib import AbstractContextManager, suppress
from datetime import date, timedelta

import pytest

from etl_monitor_orm import ETLMonitor, InvalidInput, ManualClock, Process, ProcessNotFound, Run, Task
from etl_monitor_orm.pages import status_page
from tests.pages.names import hostile, page_with_names
from tests.pages.reading import Page

HR = ("CORP", "HR_DAILY")
DAY = date(2026, 4, 9)
PARTS = ["blocked", "days", "late", "failures", "run", "watermarks", "durations", "changes"]

Work = Callable[..., None]


def page(monitor: ETLMonitor, *processes: str, **arguments: str) -> Page:
    return Page(status_page(monitor, *processes, **arguments))


@pytest.fixture
def night(hr: ETLMonitor, clock: ManualClock, work: Work) -> Callable[..., Run]:
    """Load a date: each task ten seconds, or up to one that is left."""

    def load(day: date, until: int = 3, process: tuple[str, str] = HR, execution_id: str | None = None) -> Run:
        clock.set(f"{day} 06:00")
        run = hr.start_run(*process, day, execution_id=execution_id or f"run of {day}")
        for task in range(until + 1):
            work(run, task)
        return run

    return load


@pytest.fixture
def failed(night: Callable[..., Run], hr: ETLMonitor, clock: ManualClock) -> ETLMonitor:
    """A good night, then one in which the load of employees failed."""
    night(DAY - timedelta(days=1))
    run = night(DAY, until=0)
    with suppress(ConnectionError), run.task(1):
        clock.advance(90)
        raise ConnectionError("gate 7 is shut")
    clock.set(f"{DAY} 08:00")
    return hr


# What it says


def test_given_a_failed_night_when_read_then_it_says_what_failed_why_what_waits_and_what_to_do(
    failed: ETLMonitor,
) -> None:
    shown = page(failed)

    assert list(shown.parts)[1:] == PARTS
    assert shown.summary == (
        "At 2026-04-09 08:00 UTC, of 1 process, 1 failed, and nothing is late. CORP/HR_DAILY needs somebody first."
    )
    said = shown.says("blocked")
    assert "Task 1.1 Load employees failed first" in said
    assert "gate 7 is shut" in said
    assert "Task 1.2 Load events, and 1 more wait for it." not in said  # the other load has the same stage
    assert "Task 1.3 Build mart waits for it." in said
    assert "etl-monitor reset CORP HR_DAILY --date 2026-04-09" in said
    assert "The last good run was that of 2026-04-08" in said


def test_given_dates_in_each_state_when_read_then_the_grid_says_each_in_words(
    failed: ETLMonitor, night: Callable[..., Run], work: Work, fail: Work, clock: ManualClock
) -> None:
    other = ("CORP", "PAYROLL")
    failed.register_process(*other).register_task(*other, 1, 1, 2, "Pay")
    failed.register_task(*other, 2, 1, 2, "Print", task_mandatory=False)
    for back, state in ((3, "complete"), (2, "flawed"), (1, "waiting"), (0, "running")):
        run = failed.start_run(*other, DAY - timedelta(days=back))
        if state in ("complete", "flawed"):
            work(run, 1)
            (work if state == "complete" else fail)(run, 2)
        if state == "running":
            failed.start_task(run.execution_id, *other, 1, 2, 1, DAY)

    shown = page(failed)

    assert shown.row("days", "Process")[:3] == ["Process", "Thu 04-09", "Wed 04-08"]
    assert len(shown.row("days", "Process")) == 15
    said = [cell.split(" ", 1)[0] for cell in shown.row("days", "CORP/PAYROLL")[1:6]]
    assert said == ["running", "waiting", "complete,", "complete", "did"]
    assert shown.row("days", "CORP/HR_DAILY HR team")[1].startswith("failed")
    heads = [row[0] for row in shown.tables["days"][1:]]
    assert heads == ["CORP/HR_DAILY HR team", "CORP/PAYROLL"]  # the failed one first


def test_given_a_missed_deadline_when_read_then_it_is_late_without_an_evaluation_and_nothing_is_written(
    hr: ETLMonitor, clock: ManualClock, unchanged: Callable[[], AbstractContextManager[None]]
) -> None:
    clock.set("2026-04-08 12:00")
    hr.register_process(*HR, due_by="06:00 UTC")
    clock.set(f"{DAY} 08:00")

    with unchanged():
        shown = page(hr)

    assert "CORP/HR_DAILY for 2026-04-09 was due by 06:00 UTC and has not started." in shown.says("late")
    assert "for 2h00m" in shown.says("late")
    assert "HR_DAILY is late" in shown.summary or "none of 1 registered process has run" in shown.summary


def test_given_a_breach_that_was_noted_and_resolved_when_read_then_it_is_late_no_more(
    hr: ETLMonitor, clock: ManualClock, night: Callable[..., Run]
) -> None:
    clock.set("2026-04-08 12:00")
    hr.register_process(*HR, due_by="05:00 UTC")
    clock.set(f"{DAY} 05:30")
    hr.evaluate()
    assert "has not started" in page(hr).says("late")

    night(DAY)
    assert page(hr).says("late") == "Nothing is late."
    assert len(hr.overdue(evaluate=False)) == 1  # nobody has evaluated since
    hr.evaluate()
    assert page(hr).says("late") == "Nothing is late."


def test_given_a_breach_that_stands_when_read_then_it_is_as_evaluated(hr: ETLMonitor, clock: ManualClock) -> None:
    clock.set(f"{DAY} 06:00")
    run = hr.start_run(*HR, DAY)
    hr.start_task(run.execution_id, *HR, 1, 2, 1, DAY)
    clock.advance(600)
    hr.evaluate(quiet_after=300)

    assert "has given no sign of life" in page(hr).says("late")


def test_given_failures_when_read_then_each_has_its_message_in_full(failed: ETLMonitor, clock: ManualClock) -> None:
    run = failed.start_run(*HR, DAY, execution_id="again")
    with pytest.raises(OSError, match="no file"), run.task(2):
        raise OSError("no file\nsecond line")

    said = page(failed).says("failures")

    assert "CORP/HR_DAILY on 2026-04-09: task 1.2 Load events" in said
    assert "it blocks nothing" in said
    assert "OSError: no file second line" in said


def test_given_a_run_when_read_then_its_steps_are_bars_in_time_by_stage(
    hr: ETLMonitor, clock: ManualClock, work: Work
) -> None:
    clock.set(f"{DAY} 06:00")
    run = hr.start_run(*HR, DAY)
    work(run, 1, 100)
    work(run, 2, 300)
    hr.start_task(run.execution_id, *HR, 3, 6, 1, DAY)
    clock.advance(600)

    shown = page(hr)
    bars = [given for tag, given in shown.tags if tag == "rect" and given["class"] in "frwc"]

    assert [(bar["class"], bar["x"], bar["width"]) for bar in bars] == [
        ("c", "0", "100"),
        ("c", "100", "300"),
        ("r", "400", "600"),
    ]
    assert shown.row("run", "0 Initiation")[1:4] == ["… waiting", "not yet", "–"]
    assert shown.row("run", "3 Build mart")[1:3] == ["▶ running", "04-09 06:06:40"]
    assert shown.row("run", "3 Build mart")[3].startswith("10m00s")
    groups = [row[0] for row in shown.tables["run"] if row[0].startswith("Pass")]
    assert groups == ["Pass 0, stage 0: LOAD_GO", "Pass 1, stage 2: LOAD_DB_TRAN", "Pass 1, stage 6: PROCESS_DATA"]


def test_given_watermarks_when_read_then_their_ages_are_told_the_oldest_move_first(
    hr: ETLMonitor, clock: ManualClock, night: Callable[..., Run]
) -> None:
    night(DAY)
    clock.set(f"{DAY + timedelta(days=1)} 08:00")
    hr.advance_watermark(*HR, "LoadEvents", new_int_value=42)

    rows = page(hr).tables["watermarks"]

    assert [row[1] for row in rows[1:]] == ["LoadEmployees", "LoadEvents"]
    assert rows[1][2:] == ["DELTA: 2026-04-09 06:00:10", "25h59m", "25h59m ago"]
    assert rows[2][2:] == ["DELTA: 42", "–", "0s ago"]


def test_given_many_good_nights_when_one_takes_longer_then_its_duration_stands_beside_the_usual_band(
    hr: ETLMonitor, clock: ManualClock, night: Callable[..., Run], work: Work
) -> None:
    for back in range(9, 0, -1):
        night(DAY - timedelta(days=back))
    run = night(DAY, until=2)
    work(run, 3, 600)

    shown = page(hr)

    assert shown.row("durations", "CORP/HR_DAILY")[1:5] == [
        "2026-04-09",
        "10m30s",
        "40s",
        "16 × its usual time",
    ]
    assert "60 × its usual time" in shown.row("run", "3 Build mart")[3]


def test_given_nights_that_failed_when_read_then_they_say_nothing_of_what_is_usual(
    monitor: ETLMonitor, clock: ManualClock, work: Work, fail: Work
) -> None:
    monitor.register_process("CORP", "PAYROLL")
    monitor.register_task("CORP", "PAYROLL", 1, 1, 2, "Pay", task_mandatory=False)
    for back in range(16, -1, -1):
        clock.set(f"{DAY - timedelta(days=back)} 06:00")
        run = monitor.start_run("CORP", "PAYROLL", DAY - timedelta(days=back))
        if back % 2:
            fail(run, 1, 500)
        else:
            work(run, 1, 40)

    assert page(monitor).row("durations", "CORP/PAYROLL")[2:5] == ["40s", "40s", "as usual"]


@pytest.mark.parametrize(("seconds", "usual"), [((0, 0), "under 1s"), ((0, 4), "up to 4s"), ((40, 65), "40s to 1m05s")])
def test_given_good_nights_when_read_then_the_usual_band_is_said_in_short(
    monitor: ETLMonitor, clock: ManualClock, work: Work, seconds: tuple[int, int], usual: str
) -> None:
    monitor.register_process("CORP", "PAYROLL")
    monitor.register_task("CORP", "PAYROLL", 1, 1, 2, "Pay")
    for back in range(16, -1, -1):
        clock.set(f"{DAY - timedelta(days=back)} 06:00")
        work(monitor.start_run("CORP", "PAYROLL", DAY - timedelta(days=back)), 1, seconds[back // 2 % 2])

    assert page(monitor).row("durations", "CORP/PAYROLL")[3] == usual


def test_given_a_day_of_changes_when_read_then_states_and_hands_are_told(
    failed: ETLMonitor, clock: ManualClock
) -> None:
    clock.set(f"{DAY + timedelta(days=2)} 07:00")
    assert "on 2026-04-08: complete" not in page(failed).says("changes")  # the failure is no news any more

    clock.set(f"{DAY} 08:00")
    failed.register_task(*HR, 9, 1, 6, "Send mail")
    said = page(failed).says("changes")
    assert "CORP/HR_DAILY: failed on 2026-04-09; on 2026-04-08: complete." in said
    assert "CORP/HR_DAILY: Task 1.9 Send mail was registered at 2026-04-09 08:00:00 UTC." in said


# What there may be


def test_given_an_empty_database_when_read_then_each_part_says_that_there_is_nothing(monitor: ETLMonitor) -> None:
    shown = page(monitor)

    assert "no process is registered" in shown.summary
    assert {part: shown.says(part) for part in PARTS[:7]} == {
        "blocked": "Nothing is blocked.",
        "days": "No process is registered.",
        "late": "Nothing is late.",
        "failures": "No step of these days is failed.",
        "run": "Nothing was started in these days.",
        "watermarks": "No watermark is registered.",
        "durations": "No process has ended in these days.",
    }


def test_given_processes_that_never_ran_when_read_then_it_says_so(hr: ETLMonitor) -> None:
    assert page(hr).summary.endswith("none of 1 registered process has run.")


def test_given_a_history_that_ended_long_ago_when_read_then_its_last_days_are_shown(
    failed: ETLMonitor, clock: ManualClock
) -> None:
    clock.set("2036-04-09 08:00")
    shown = page(failed)

    assert shown.summary.startswith("On 2026-04-09, the last day on which anything ran, of 1 process, 1 failed")
    assert shown.row("days", "CORP/HR_DAILY")[1].startswith("failed")


def test_given_a_date_far_ahead_when_read_then_today_is_still_shown(
    failed: ETLMonitor, night: Callable[..., Run], clock: ManualClock
) -> None:
    failed.start_run(*HR, "2062-01-01")
    clock.set(f"{DAY} 08:00")

    assert page(failed).row("days", "Process")[1] == "Thu 04-09"


def test_given_tomorrow_begun_elsewhere_when_read_then_it_is_shown(failed: ETLMonitor, clock: ManualClock) -> None:
    failed.start_run(*HR, DAY + timedelta(days=1))

    assert page(failed).row("days", "Process")[1] == "Fri 04-10"


def test_given_one_process_when_asked_for_then_no_other_is_named(failed: ETLMonitor, clock: ManualClock) -> None:
    for namesake in (("CORP", "PAYROLL"), ("MAIN", "HR_DAILY")):
        clock.set(f"{DAY - timedelta(days=1)} 12:00")
        failed.register_process(*namesake, due_by="05:00 UTC").register_task(*namesake, 1, 1, 2, "Load strangers")
        clock.set(f"{DAY} 08:00")
        failed.register_parameter(*namesake, "LoadEmployees", "DELTA_DATE")
        run = failed.start_run(*namesake, DAY)
        with pytest.raises(OSError, match="strange"), run.task(1):
            raise OSError("strange")
    clock.set(f"{DAY} 08:00")

    shown = page(failed, *HR)

    assert "PAYROLL" not in shown.text
    assert "MAIN" not in shown.text
    assert "strange" not in shown.text
    assert shown.summary.startswith("At 2026-04-09 08:00 UTC, of 1 process, 1 failed")
    assert "PAYROLL" in page(failed, "CORP").says("late")
    assert "MAIN" not in page(failed, "CORP").text


def test_given_an_unknown_process_or_no_text_when_asked_for_then_it_is_refused(hr: ETLMonitor) -> None:
    with pytest.raises(ProcessNotFound, match="HR_DAILY"):
        status_page(hr, "CORP", "HR_DALY")
    with pytest.raises(InvalidInput, match="title"):
        status_page(hr, title="")


def test_given_names_with_markup_everywhere_when_read_then_the_page_has_the_same_tags(
    monitor: ETLMonitor, clock: ManualClock, database
) -> None:
    plain = Page(page_with_names(monitor, clock, "name {}".format))
    database.empty()
    shown = Page(page_with_names(monitor, clock, hostile))

    assert shown.open == []
    assert _shape(shown) == _shape(plain)
    assert "<script>alert(1)</script> 0" in shown.says("days")
    assert "\u202e" not in shown.text
    assert "\x1b" not in shown.text


def _shape(shown: Page) -> list[tuple[str, tuple[str, ...]]]:
    """Each tag, with the names of its attributes."""
    return [(tag, tuple(given)) for tag, given in shown.tags]


def test_given_a_page_when_read_then_nothing_in_it_leads_anywhere_and_nothing_in_it_runs(failed: ETLMonitor) -> None:
    shown = page(failed)

    leads = [
        value
        for _, given in shown.tags
        for name, value in given.items()
        if name in {"src", "href", "action", "data", "srcset", "poster", "xlink:href"}
    ]
    assert {value for value in leads if not (value or "").startswith("#")} == {"data:,"}
    assert "url(" not in shown.text
    assert "@import" not in shown.text
    tags = {tag for tag, _ in shown.tags}
    assert not tags & {"script", "iframe", "object", "embed", "form", "base", "img"}
    assert not [name for _, given in shown.tags for name in given if name.startswith("on") or name == "style"]
    [policy] = [given["content"] for _, given in shown.tags if given.get("http-equiv") == "Content-Security-Policy"]
    style = shown.text.partition("<style>")[2].partition("</style>")[0]
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    assert policy == (
        f"default-src 'none'; base-uri 'none'; form-action 'none'; img-src data:; style-src 'sha256-{digest}'"
    )


def test_given_a_run_of_2000_tasks_when_read_then_the_rest_is_counted_and_the_page_stays_small(
    monitor: ETLMonitor, clock: ManualClock
) -> None:
    clock.set(f"{DAY} 06:00")
    monitor.register_process(*HR)
    monitor.register(
        [
            Task(
                **{"project_code": "CORP", "process_load": "HR_DAILY", "workflow_id": 1, "sequence_id": 2},
                task_id=number,
                task_name=f"Load {number} {'<&>' * 30}",
            )
            for number in range(1, 2_001)
        ]
    )
    run = monitor.start_run(*HR, DAY)
    monitor.start_task(run.execution_id, *HR, 1_999, 2, 1, DAY)
    with pytest.raises(OSError, match="down"), run.task(2_000):
        raise OSError("down")

    shown = page(monitor)

    steps = [row for row in shown.tables["run"] if len(row) == 5][1:]
    assert len(steps) == 80
    assert {"failed", "running"} <= {row[1].split()[-1] for row in steps}
    assert "… and 1,920 more steps: 1,920 waiting." in shown.says("run")
    assert "Task 1.1 Load 1" not in shown.says("blocked")
    assert "too many tasks" in shown.says("run")
    assert len(shown.text.encode()) < 400_000


def test_given_300_processes_with_the_longest_names_when_read_then_the_page_stays_small(
    monitor: ETLMonitor, clock: ManualClock
) -> None:
    clock.set(f"{DAY} 06:00")
    names = [("<" * 40 + "🎉" * 40, f"{'&' * 70}{number}") for number in range(300)]
    monitor.register([Process(project_code=code, process_load=load, process_owner=code) for code, load in names])
    place = {"task_id": 1, "workflow_id": 1, "sequence_id": 2, "task_name": "<" * 200}
    monitor.register([Task(project_code=code, process_load=load, **place) for code, load in names])
    for code, load in names[:50]:
        with pytest.raises(OSError), monitor.start_run(code, load, DAY).task(1):  # noqa: PT011
            raise OSError("<" * 1_900)

    shown = page(monitor)

    assert len(shown.text.encode()) < 400_000
    assert shown.open == []
    assert shown.summary.endswith("0 needs somebody first.")
    listed = len(shown.tables["days"]) - 1
    assert f"… and {300 - listed:,} processes, no more urgent than these." in shown.says("days")


# What it costs


def test_given_more_history_processes_and_failures_when_read_then_no_more_statements_are_sent(
    failed: ETLMonitor, statements, clock: ManualClock
) -> None:
    def spent() -> int:
        with statements.counted() as executed:
            status_page(failed)
        return len(executed)

    page(failed)
    for number in range(5):
        process = ("CORP", f"P{number}")
        failed.register_process(*process).register_task(*process, 1, 1, 2, "Load")
        run = failed.start_run(*process, DAY)
        with pytest.raises(OSError, match="down"), run.task(1):
            raise OSError("down")
    clock.set(f"{DAY} 08:00")
    few = spent()
    for number in range(7):
        process = ("CORP", f"Z{number}")
        failed.register_process(*process).register_task(*process, 1, 1, 2, "Load")
        for day in (DAY - timedelta(days=300), DAY - timedelta(days=1), DAY):
            run = failed.start_run(*process, day)
            with pytest.raises(OSError, match="down"), run.task(1):
                raise OSError("down")
    clock.set(f"{DAY} 08:00")

    assert spent() == few
    assert few <= 70


def test_given_a_clock_that_moves_when_a_page_is_made_then_it_is_read_once(
    failed: ETLMonitor, clock: ManualClock
) -> None:
    readings = []

    def moving():
        readings.append(1)
        return clock()

    status_page(ETLMonitor(failed.engine, clock=moving))
    assert len(readings) == 1
