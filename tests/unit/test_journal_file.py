"""The journal's file: what was appended is there, whatever is cut, changed, copied or written by several at once."""

from __future__ import annotations

import errno
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from etl_monitor_orm.errors import JournalError
from etl_monitor_orm.journal import file as journal_file
from etl_monitor_orm.journal.file import JournalFile
from etl_monitor_orm.journal.lines import packed, unpacked

OF = "duckdb:////data/etl.duckdb schema=etl"
RECORDS = [{"call": "log", "number": number, "text": "ünï\n🎉"} for number in range(3)]


@pytest.fixture
def make(tmp_path: Path) -> Callable[..., JournalFile]:
    return lambda name="hr.journal", database=OF: JournalFile(tmp_path / name, database)


@pytest.fixture
def written(make) -> JournalFile:
    file = make()
    for record in RECORDS:
        file.append(record)
    return file


def records(file: JournalFile) -> list[object]:
    return [line.record for line in file.read().lines]


def test_records_that_were_appended_are_read_in_order(written: JournalFile) -> None:
    assert records(written) == RECORDS


def test_file_that_does_not_exist_is_an_empty_journal_and_is_not_made_by_reading(make) -> None:
    file = make()

    assert file.read().lines == ()
    assert not file.path.exists()


def test_file_is_for_its_user_alone_and_begins_with_its_version(written: JournalFile) -> None:
    assert written.path.stat().st_mode & 0o077 == 0
    assert written.path.read_bytes().startswith(b"etl-monitor-journal 1 ")
    assert len(written.path.read_bytes().splitlines()) == 1 + len(RECORDS)


@settings(deadline=None)
@given(lost=st.integers(0, 600))
def test_file_cut_at_any_byte_keeps_each_whole_line_and_takes_new_ones(
    tmp_path_factory: pytest.TempPathFactory, lost: int
) -> None:
    file = JournalFile(tmp_path_factory.mktemp("cut") / "hr.journal", OF)
    ends = []
    for record in RECORDS:
        file.append(record)
        ends.append(file.path.stat().st_size)
    size = max(0, ends[-1] - lost)
    os.truncate(file.path, size)
    whole = [record for record, end in zip(RECORDS, ends, strict=True) if end - 1 <= size]

    assert [record for record in records(file) if record is not None] == whole
    file.append({"call": "new"})
    assert [record for record in records(file) if record is not None] == [*whole, {"call": "new"}]


@settings(deadline=None)
@given(back=st.integers(1, 600), by=st.integers(1, 255))
def test_file_with_any_byte_changed_never_gives_a_wrong_record(
    tmp_path_factory: pytest.TempPathFactory, back: int, by: int
) -> None:
    file = JournalFile(tmp_path_factory.mktemp("changed") / "hr.journal", OF)
    for record in RECORDS:
        file.append(record)
    content = bytearray(file.path.read_bytes())
    content[max(0, len(content) - back)] ^= by
    file.path.write_bytes(content)

    try:
        found = [record for record in records(file) if record is not None]
    except JournalError:
        return
    assert all(record in RECORDS for record in found)
    assert len(found) >= len(RECORDS) - 2  # a line break that changed joins two lines


@settings(deadline=None)
@given(st.dictionaries(st.text(), st.none() | st.booleans() | st.integers() | st.text()))
def test_record_of_any_text_is_one_line_that_says_the_same(record: dict[str, object]) -> None:
    line = packed(record)

    assert line.count(b"\n") == 1
    assert unpacked(line.rstrip(b"\n")) == record


def test_lines_of_several_processes_at_once_are_all_there_and_none_is_mixed(make) -> None:
    file = make()
    program = (
        "import sys; from pathlib import Path; from etl_monitor_orm.journal.file import JournalFile\n"
        "file = JournalFile(Path(sys.argv[1]), sys.argv[2])\n"
        "for number in range(50): file.append({'by': sys.argv[3], 'number': number, 'text': 'x' * 5000})"
    )
    at_work = [subprocess.Popen([sys.executable, "-c", program, file.path, OF, str(by)]) for by in range(4)]

    assert [process.wait() for process in at_work] == [0] * 4
    found = [(record["by"], record["number"]) for record in records(file)]
    assert sorted(found) == sorted((str(by), number) for by in range(4) for number in range(50))
    assert [number for by, number in found if by == "0"] == list(range(50))


def test_line_is_on_the_disk_before_its_call_goes_on(make, monkeypatch: pytest.MonkeyPatch) -> None:
    synced: list[int] = []
    monkeypatch.setattr(os, "fsync", synced.append)
    make().append({"call": "log"})

    assert len(synced) == 2  # the file, and once the folder that it is new in


def test_disk_that_is_full_in_the_middle_of_a_line_leaves_the_file_as_it_was(
    written: JournalFile, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = written.path.read_bytes()
    write = os.write

    def full(number: int, data: memoryview) -> int:
        if len(data) > 10:
            return write(number, data[:10])
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(os, "write", full)
    with pytest.raises(JournalError, match="No space left"):
        written.append({"call": "log", "text": "x" * 15})
    monkeypatch.undo()

    assert written.path.read_bytes() == before


def test_file_of_a_newer_version_is_refused_and_left_alone(written: JournalFile) -> None:
    content = written.path.read_bytes().replace(b"journal 1 ", b"journal 2 ", 1)
    written.path.write_bytes(content)

    for use in (written.read, lambda: written.append({"call": "log"})):
        with pytest.raises(JournalError, match=r"A newer version wrote .* Upgrade"):
            use()
    assert written.path.read_bytes() == content


def test_file_that_is_no_journal_is_refused_and_left_alone(make) -> None:
    file = make()
    file.path.write_text("my notes\n")

    with pytest.raises(JournalError, match="is not a journal"):
        file.append({"call": "log"})
    assert file.path.read_text() == "my notes\n"


def test_journal_of_another_database_or_schema_is_refused(written: JournalFile, make) -> None:
    with pytest.raises(JournalError, match=r"is of .* schema=etl, not of .* schema=other"):
        make(database=OF.replace("schema=etl", "schema=other")).append({"call": "log"})


def test_journal_whose_first_line_is_damaged_is_refused(written: JournalFile) -> None:
    content = written.path.read_bytes().replace(b"duckdb", b"duckdx", 1)
    written.path.write_bytes(content)

    with pytest.raises(JournalError, match=r"first line .* is damaged"):
        written.read()


def test_copy_of_a_journal_is_refused_until_somebody_says_that_it_was_moved(written: JournalFile, make) -> None:
    copy = make("copy.journal")
    copy.path.write_bytes(written.path.read_bytes())
    with pytest.raises(JournalError, match="A copy would be sent twice"):
        copy.read()
    copy.adopt()

    assert records(copy) == RECORDS


def test_folder_that_cannot_be_made_is_said_with_the_way_out(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    file = JournalFile(tmp_path / "file" / "hr.journal", OF)

    with pytest.raises(JournalError, match="ETL_MONITOR_JOURNAL"):
        file.append({"call": "log"})


def test_journal_that_others_append_to_meanwhile_is_not_cleared(written: JournalFile) -> None:
    seen = written.read()
    written.append({"call": "late"})

    assert not written.clear(seen)
    assert written.clear(written.read())
    assert records(written) == []


def test_places_of_lines_stay_when_the_first_line_changes(written: JournalFile, make) -> None:
    places = [line.place for line in written.read().lines]
    moved = make("a much longer name of a file.journal")
    os.replace(written.path, moved.path)
    moved.adopt()

    assert [line.place for line in moved.read().lines] == places


def test_lock_that_others_keep_is_given_up_in_words(written: JournalFile, monkeypatch: pytest.MonkeyPatch) -> None:
    from etl_monitor_orm.errors import ConflictError

    monkeypatch.setattr(journal_file, "_PATIENCE", 0.0)
    with written._open(), pytest.raises(ConflictError, match="locked"):
        written.append({"call": "log"})
