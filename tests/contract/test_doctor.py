"""The doctor: what it looks at, what it finds, and the next command; it writes nothing."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import delete, text, update

from etl_monitor_orm import ETLMonitor, Finding, Holiday, InvalidInput, ManualClock, Process, Task
from etl_monitor_orm.calls import examining
from etl_monitor_orm.models.revision import SCHEMA_REVISION

Unchanged = Callable[[], AbstractContextManager[None]]
HR = ("CORP", "HR_DAILY")
CHECKS = ["connection", "clock", "revision", "drift", "stale", "orphans", "deadlines"]


@pytest.fixture
def sound(hr: ETLMonitor, clock: ManualClock, monkeypatch: pytest.MonkeyPatch) -> ETLMonitor:
    """A monitor whose clock says what the database's says."""
    monkeypatch.setattr(examining, "_server_time", lambda at_once: at_once.now)
    return hr


def problems(monitor: ETLMonitor, **arguments: object) -> list[Finding]:
    return [one for one in monitor.doctor(**arguments) if one.state == "problem"]


def test_sound_monitor_when_examined_is_ok_in_every_check_and_stays_as_it_is(
    sound: ETLMonitor, unchanged: Unchanged
) -> None:
    with unchanged():
        found = sound.doctor()

    assert [(one.check, one.state, one.command) for one in found] == [(check, "ok", None) for check in CHECKS]


def test_clocks_that_agree_when_examined_are_ok(hr: ETLMonitor) -> None:
    other = ETLMonitor(hr.engine, clock=lambda: datetime.now(UTC), actor="pytest")

    assert [one.state for one in other.doctor() if one.check in ("connection", "clock")] == ["ok", "ok"]


@pytest.mark.parametrize(("hours", "words"), [(-2, "7200 s ahead of"), (2, "s behind")])
def test_clocks_that_differ_when_examined_are_a_problem(hr: ETLMonitor, hours: int, words: str) -> None:
    now = datetime.now(UTC) + timedelta(hours=hours)
    found = problems(ETLMonitor(hr.engine, clock=lambda: now, actor="pytest"))

    assert [one.check for one in found] == ["clock"]
    assert words.removeprefix("7200 ") in found[0].words


def test_quiet_step_when_examined_is_a_problem_with_the_command_that_lists_it(
    sound: ETLMonitor, clock: ManualClock
) -> None:
    sound.start_run(*HR, clock.now.date(), execution_id="run-1").task(1).__enter__()
    clock.advance(1800)
    assert problems(sound) == []
    (found,) = problems(sound, stale_after=1800)

    assert (found.check, found.command) == ("stale", "etl-monitor stale --older-than 30")
    assert "Running steps that have gone quiet: 1," in found.words
    assert "task 1 (workflow 1) of CORP/HR_DAILY in run run-1" in found.words


def test_orphans_of_the_catalogue_when_examined_are_problems_with_what_they_lack(sound: ETLMonitor) -> None:
    sound.register_process("CORP", "it's GONE").register_task("CORP", "it's GONE", 1, 1, 2, "Lonely")
    sound.register_sequence(12, "OLD").register_task(*HR, 4, 1, 12, "In an old stage")
    sound.register_task(*HR, 5, 1, 2, "Of a watermark", source_system_code="Nowhere")
    with sound.session() as session:
        session.execute(delete(Process).where(Process.process_load == "it's GONE"))
        session.execute(text('DELETE FROM etl."ETLconfigSequence" WHERE "SequenceID" = 12'))
        session.commit()
    found = problems(sound)

    assert [one.check for one in found] == ["orphans"] * 3
    assert [one.command for one in found] == [
        "etl-monitor register process CORP 'it'\"'\"'s GONE'",
        "etl-monitor register stage 12 CODE",
        "etl-monitor register parameter CORP HR_DAILY Nowhere TYPE",
    ]
    assert "Tasks of a process that is not registered: 1, such as CORP/it's GONE." in found[0].words
    assert "such as 12 of task 1.4 of CORP/HR_DAILY" in found[1].words
    assert "such as Nowhere of task 1.5 of CORP/HR_DAILY" in found[2].words


def test_steps_of_a_task_that_is_gone_when_examined_are_a_problem_on_recent_dates(
    sound: ETLMonitor, clock: ManualClock
) -> None:
    today = clock.now.date()
    for age in (0, 40):
        sound.start_run(*HR, today - timedelta(days=age))
    with sound.session() as session:
        session.execute(update(Task).where(Task.task_id == 3).values(task_id=30))
        session.commit()
    (found,) = problems(sound)

    assert found.check == "orphans"
    assert f"Steps since {today - timedelta(days=35)} whose task is not registered: 1," in found.words
    assert found.command == "etl-monitor register task CORP HR_DAILY 1.3 --sequence 6 --name TEXT"


def test_tasks_that_are_switched_off_when_examined_need_no_stage_and_no_watermark(sound: ETLMonitor) -> None:
    sound.register_task(*HR, 5, 1, 2, "Of a watermark", source_system_code="Nowhere").deactivate_task(*HR, 5, 1)

    assert problems(sound) == []


def test_deadlines_that_nobody_can_read_when_examined_are_problems_with_the_way_to_write_them(
    sound: ETLMonitor,
) -> None:
    sound.register_process("CORP", "OTHER", due_by="07:00 UTC").register_task("CORP", "OTHER", 9, 1, 2, "Load")
    with sound.session() as session:
        session.execute(update(Process).where(Process.process_load == HR[1]).values(due_by="07:00 Nowhere/At_All"))
        session.execute(update(Task).where(Task.task_id == 1).values(calendar="Funday"))
        session.commit()
    found = problems(sound)

    assert [one.check for one in found] == ["deadlines", "deadlines"]
    assert "CORP/HR_DAILY has a deadline that nobody can read, so it is never late." in found[0].words
    assert found[0].command == "etl-monitor register process CORP HR_DAILY --due-by '06:00 Europe/Berlin'"
    assert "task 1 (workflow 1) of CORP/HR_DAILY" in found[1].words
    assert str(found[1].command).endswith("--sequence 2 --calendar Mon-Fri")


def test_deadline_of_a_process_without_an_active_task_when_examined_is_a_problem(sound: ETLMonitor) -> None:
    sound.register_process("CORP", "EMPTY", due_by="07:00 UTC").register_process("FIN", "EMPTY")
    (found,) = problems(sound)

    assert found.words == "CORP/EMPTY has a deadline and no active task, so it is never late."
    assert found.command == "etl-monitor register task CORP EMPTY ID --name NAME --sequence 2"


def test_deadline_of_a_process_that_is_switched_off_when_examined_is_no_problem(sound: ETLMonitor) -> None:
    with sound.session() as session:
        values = {"due_by": "never", "is_active": False}
        session.execute(update(Process).where(Process.process_load == HR[1]).values(values))
        session.commit()

    assert problems(sound) == []


@pytest.mark.parametrize(
    ("last", "state", "words"),
    [
        (-1, "problem", "Holidays germany ended on"),
        (29, "note", "Holidays germany end on"),
        (30, "ok", "no list of holidays ends soon"),
    ],
)
def test_list_of_holidays_when_examined_is_told_before_it_ends(
    sound: ETLMonitor, clock: ManualClock, last: int, state: str, words: str
) -> None:
    days = [clock.now.date() + timedelta(days=number) for number in (-40, last)]
    sound.register_holidays("germany", days).register_holidays("of nobody", days[:1])
    sound.register_process(*HR, calendar="Mon-Fri except germany")
    found = sound.doctor()[-1]

    assert (found.check, found.state) == ("deadlines", state)
    assert words in found.words


def test_list_of_holidays_without_a_day_when_examined_is_a_problem(sound: ETLMonitor) -> None:
    sound.register_holidays("germany", ["2026-12-25"]).register_process(*HR, calendar="daily except germany")
    with sound.session() as session:
        session.execute(update(Holiday).values(is_active=False))
        session.commit()
    (found,) = problems(sound)

    assert "Holidays germany have no day" in found.words
    assert str(found.command).startswith("etl-monitor register holidays germany 2")


@pytest.mark.parametrize(
    ("revision", "words", "command"),
    [
        ("0000", "are at revision 0000; this version needs", "etl-monitor db upgrade"),
        ("9999", "are at revision 9999; this version can use", "pip install --upgrade etl-monitor-orm"),
    ],
)
def test_tables_of_another_revision_when_examined_are_a_problem_and_nothing_else_is_asked(
    revision: str, words: str, command: str
) -> None:
    monitor = ETLMonitor("duckdb:///:memory:").setup()
    with monitor.engine.connect():
        with monitor.engine.begin() as connection:
            connection.execute(
                text("UPDATE etl.etl_monitor_version SET version_num = :to, readable_from = NULL"), {"to": revision}
            )
        found = monitor.doctor()

        assert [one.check for one in found] == ["connection", "clock", "revision"]
        assert (words in found[-1].words, found[-1].command) == (True, command)
    monitor.close()


def test_database_without_tables_when_examined_says_how_to_make_them() -> None:
    with ETLMonitor("duckdb:///:memory:") as monitor:
        found = monitor.doctor()

    assert found[-1].words == f"There are no tables; this version needs {SCHEMA_REVISION}."
    assert found[-1].command == "etl-monitor db upgrade"


def test_view_that_differs_when_examined_is_a_problem_with_the_command_that_restores_it() -> None:
    monitor = ETLMonitor("duckdb:///:memory:").setup()
    with monitor.engine.connect():
        with monitor.engine.begin() as connection:
            connection.execute(text('DROP VIEW etl."v_watermarks"'))
        found = [one for one in problems(monitor) if one.check == "drift"]

        assert [(one.words, one.command) for one in found] == [
            ("View v_watermarks is missing.", "etl-monitor db repair")
        ]
    monitor.close()


def test_server_that_does_not_answer_when_examined_is_the_one_finding() -> None:
    monitor = ETLMonitor("postgresql://nobody@127.0.0.1:1/nowhere")
    (found,) = monitor.doctor()

    assert (found.check, found.state) == ("connection", "problem")
    assert "127.0.0.1" in found.words


@pytest.mark.parametrize("quiet", ["1h", -1])
def test_time_that_makes_no_sense_when_examining_is_refused(hr: ETLMonitor, quiet: object) -> None:
    with pytest.raises(InvalidInput, match="stale_after"):
        hr.doctor(stale_after=quiet)
