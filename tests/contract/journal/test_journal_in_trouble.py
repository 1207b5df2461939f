"""A journal that cannot be used: a clear word, the job's own result untouched, nothing lost that was acknowledged."""

from __future__ import annotations

import errno
import os
from pathlib import Path

import pytest

from etl_monitor_orm import ETLMonitor, JournalError, Run, Status, SysLog
from tests.contract.journal.conftest import Outage
from tests.contract.journal.nights import DAY, HR


@pytest.fixture
def newer(path: Path) -> bytes:
    """A journal that a newer version wrote."""
    content = b"etl-monitor-journal 2 something else\n"
    path.write_bytes(content)
    return content


@pytest.fixture
def full(monkeypatch: pytest.MonkeyPatch) -> None:
    """The disk of the journal is full."""

    def refuse(number: int, data: object) -> int:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr("etl_monitor_orm.journal.disk.os.write", refuse)


def work_through(monitor: ETLMonitor, run: Run) -> bool:
    with run.task(1):
        monitor.log("120 rows")
    return True


def test_given_a_journal_of_a_newer_version_in_an_outage_then_the_job_goes_on_and_the_file_is_left(
    hr: ETLMonitor, run: Run, away: Outage, newer: bytes, path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    with away():
        assert work_through(hr, run)

    assert path.read_bytes() == newer
    assert len([words for words in caplog.messages if "A newer version wrote the journal" in words]) == 1


def test_given_a_journal_of_a_newer_version_when_the_database_is_there_then_calls_are_recorded_as_ever(
    hr: ETLMonitor, run: Run, newer: bytes, step
) -> None:
    work_through(hr, run)

    assert step(1).status is Status.DONE
    with pytest.raises(JournalError):
        hr.journal.status()


@pytest.mark.usefixtures("full")
def test_given_a_full_disk_in_an_outage_then_the_job_goes_on_and_it_is_said(
    hr: ETLMonitor, run: Run, away: Outage, caplog: pytest.LogCaptureFixture
) -> None:
    with away():
        assert work_through(hr, run)

    assert len([words for words in caplog.messages if "No space left" in words]) == 1


def test_given_a_disk_that_is_full_for_a_while_then_what_was_acknowledged_before_and_after_is_sent(
    hr: ETLMonitor, away: Outage, rows, monkeypatch: pytest.MonkeyPatch
) -> None:
    with away():
        hr.log("before")
        with monkeypatch.context() as patched:
            patched.setattr(
                "etl_monitor_orm.journal.disk.os.fsync", lambda number: (_ for _ in ()).throw(OSError("full"))
            )
            hr.log("lost")
        hr.log("after")
    hr.journal.send()

    assert [line.message for line in rows(SysLog)] == ["before", "after"]


def test_given_a_start_that_could_not_be_kept_then_its_end_does_not_raise_when_the_database_is_back(
    hr: ETLMonitor, run: Run, away: Outage, newer: bytes, step
) -> None:
    outage = away()
    outage.__enter__()
    with run.task(1):
        outage.__exit__(None, None, None)

    assert (step(1).status, step(1).start_time) == (Status.NQUE, None)


def test_given_a_journal_that_was_cut_when_sent_then_the_whole_lines_are_recorded_and_the_cut_one_reported(
    hr: ETLMonitor, away: Outage, path: Path, rows
) -> None:
    with away():
        hr.log("whole")
        hr.log("cut")
    os.truncate(path, path.stat().st_size - 5)
    left = hr.journal.send()

    assert [line.message for line in rows(SysLog)] == ["whole"]
    assert [(line.line, line.state, line.call) for line in left.lines] == [(2, "damaged", None)]


def test_given_a_cut_line_when_more_calls_are_kept_behind_it_then_they_are_sent(
    hr: ETLMonitor, away: Outage, path: Path, rows
) -> None:
    with away():
        hr.log("cut")
        os.truncate(path, path.stat().st_size - 5)
        hr.log("behind")
    left = hr.journal.send()

    assert [line.message for line in rows(SysLog)] == ["behind"]
    assert [line.state for line in left.lines] == ["damaged"]
    assert hr.journal.drop() == 1


def test_given_a_line_that_another_version_wrote_when_sent_then_it_is_kept_for_that_version(
    hr: ETLMonitor, away: Outage, rows
) -> None:
    with away():
        hr.log("one")
        hr._runtime.bridge._file.append({"call": "rename_run", "at": "2026-04-09T08:00:00+00:00", "arguments": {}})
        hr.log("two")
    left = hr.journal.send()

    assert [line.message for line in rows(SysLog)] == ["one", "two"]
    assert [line.reason for line in left.lines] == [
        "Another version wrote this line. Send the journal with that version."
    ]


def test_given_a_moved_journal_when_somebody_says_so_then_it_is_sent(
    hr: ETLMonitor, away: Outage, opened, path: Path, rows
) -> None:
    with away():
        hr.log("kept")
    moved = opened(journal=path.rename(path.with_name("moved.journal"))).journal
    with pytest.raises(JournalError, match="--moved"):
        moved.send()

    assert moved.send(moved=True).lines == ()
    assert [line.message for line in rows(SysLog)] == ["kept"]


def test_given_a_journal_in_a_folder_then_each_database_and_schema_has_a_file_of_its_own(
    hr: ETLMonitor, opened, tmp_path: Path
) -> None:
    files = {opened(journal=tmp_path, schema=schema).journal.path for schema in ("etl", "other")}

    assert len(files) == 2
    assert {file.parent for file in files} == {tmp_path}


def test_given_no_place_for_the_journal_then_it_lies_in_the_state_folder_of_the_user(
    hr: ETLMonitor, opened, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sys.platform", "linux")
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    path = opened(journal=None).journal.path

    assert path.parent == tmp_path / "etl-monitor"
    assert not path.parent.exists()


def test_given_calls_with_a_password_in_the_url_then_the_journal_does_not_have_it(
    tmp_path: Path,
) -> None:
    told = ETLMonitor(
        "postgresql://loader:s3cret-word@127.0.0.1:1/hr?connect_timeout=1",
        actor="pytest",
        when_away="journal",
        journal=tmp_path / "hr.journal",
    )
    told.log("kept")
    assert told.start_run(*HR, DAY).execution_id

    assert [line.call for line in told.journal.status().lines] == ["log", "start_run"]
    assert not [file for file in tmp_path.iterdir() if "s3cret-word" in file.read_text()]
    told.close()
