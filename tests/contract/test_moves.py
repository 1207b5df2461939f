"""Everything in one file: what is exported from a database is what another one has after the import, or nothing is."""

from __future__ import annotations

import hashlib
import json
import zipfile
from collections.abc import Callable
from contextlib import AbstractContextManager, suppress
from pathlib import Path

import pytest
from sqlalchemy import event, update

from etl_monitor_orm import (
    ConfigurationError,
    ETLMonitor,
    InvalidInput,
    LogEntry,
    ManualClock,
    MovedTable,
    Process,
    SequenceStage,
)
from etl_monitor_orm.services import moving

Unchanged = Callable[[], AbstractContextManager[None]]
Refused = Callable[..., AbstractContextManager[None]]
Tables = Callable[[], dict[str, list[dict[str, object]]]]
HR = ("CORP", "HR_DAILY")
ODD = 'it\'s \u202e a \x1b[31m `name` 🎉\n\t\\ "quoted" %s :x {}'


class Stopped(Exception):
    """As when a process is killed."""


@pytest.fixture
def full(hr: ETLMonitor, clock: ManualClock) -> ETLMonitor:
    """Rows in all tables: a failed run and a retry on two dates, receipts with and without a date, odd names."""
    hr.register_organisation("GROUP", ODD).register_project("CORP", "Corporate", organisation_code="GROUP")
    hr.register_sequence(12, "CHECK").register_process("CORP", ODD).register_task("CORP", ODD, 1, 1, 12, ODD)
    for day in ("2026-04-08", "2026-04-09"):
        run = hr.start_run(*HR, day, execution_id="run-1")
        with suppress(OSError), run.task(1):
            raise OSError(ODD)
        run.reset()
        with run.task(2) as task:
            task.advance(120)
            task.measure(rows=2**62)
    hr.register_holidays("odd", ["9999-12-31"]).register_process(*HR, due_by="00:00 UTC", calendar="daily except odd")
    clock.advance(86_400)
    assert hr.evaluate()
    hr.advance_watermark(*HR, "LoadEvents", new_int_value=2**62)
    hr.log(
        LogEntry("first"), LogEntry("second", *HR), LogEntry(ODD * 1000), LogEntry("adopted", operation_name="adopt")
    )
    with hr.session() as session:
        tasks = moving.tables()["ETLconfigTasks"]  # with plain text where the monitor's words are
        session.execute(update(tasks).where(tasks.c.TaskID == 3).values(SourceType="OTHER_TOOL"))
        session.commit()
    return hr


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "monitor.zip"


def everything(tables: Tables) -> dict[str, list[dict[str, object]]]:
    """All rows, those of receipts without their numbers, in their order."""
    found = tables()
    logs = sorted(found["ETLsysLogs"], key=lambda row: row["_ID"])
    others = [row for row in logs if row["OperationName"] not in ("adopt", "import")]
    return {**found, "ETLsysLogs": [{**row, "_ID": None} for row in others]}


# Files that stay


def test_database_when_an_export_is_to_replace_it_stays(hr: ETLMonitor, tmp_path: Path) -> None:
    other = ETLMonitor(f"duckdb:///{tmp_path / 'book.duckdb'}").setup()
    other.register_process("CORP", "BOOK").close()
    with pytest.raises(InvalidInput, match="is a DuckDB database, and nothing replaces it"):
        hr.export_data(tmp_path / "book.duckdb", overwrite=True)

    assert [one.process_load for one in other.register_process("CORP", "BOOK").session().query(Process)] == ["BOOK"]
    other.close()


def test_file_with_a_row_twice_when_imported_is_refused_before_anything_is_written(
    full: ETLMonitor, file: Path, unchanged: Unchanged, empty: Callable[[], None]
) -> None:
    full.export_data(file)
    with zipfile.ZipFile(file) as there:
        members = {name: there.read(name) for name in there.namelist()}
    name = "ETLProcessingSteps.jsonl"
    members[name] += members[name].splitlines(keepends=True)[0]
    listed = json.loads(members["manifest.json"])
    for table in listed["tables"]:
        if table["name"] == "ETLProcessingSteps":
            table["rows"] += 1
            table["sha256"] = hashlib.sha256(members[name]).hexdigest()
    members["manifest.json"] = json.dumps(listed).encode()
    with zipfile.ZipFile(file, "w") as there:
        for member, content in members.items():
            there.writestr(member, content)
    empty()
    with unchanged(), pytest.raises(InvalidInput, match=r"row \d+ of ETLProcessingSteps is there twice"):
        full.import_data(file)


# Round trips


def test_export_when_imported_into_empty_tables_leaves_the_same_rows(
    full: ETLMonitor, file: Path, tables: Tables, empty: Callable[[], None]
) -> None:
    exported, before = full.export_data(file), everything(tables)
    empty()
    imported = full.import_data(file)

    assert everything(tables) == before
    assert imported == exported
    assert {one.table: one.rows for one in exported}["ETLsysLogs"] == len(before["ETLsysLogs"])
    assert all(one.rows for one in exported)


@pytest.mark.parametrize("way", ["out of this database", "into this database"])
def test_export_when_imported_into_another_kind_of_database_leaves_the_same_rows(
    full: ETLMonitor, file: Path, tables: Tables, empty: Callable[[], None], way: str
) -> None:
    before = everything(tables)
    full.export_data(file)
    with ETLMonitor("duckdb:///:memory:").setup() as other, other.engine.connect():
        other.import_data(file)
        if way == "into this database":
            file.unlink()
            other.export_data(file)
            empty()
            full.import_data(file)
        else:
            assert other.get_active_watermark(*HR, "LoadEvents") == 2**62
            again = other.export_data(file.with_name("again.zip"))
            assert [one.rows for one in again] == [one.rows for one in full.export_data(file, overwrite=True)]

    assert everything(tables) == before


def test_monitor_after_an_import_works_on(full: ETLMonitor, file: Path, empty: Callable[[], None]) -> None:
    full.export_data(file)
    empty()
    full.import_data(file)
    run = full.get_run("run-1", *HR, "2026-04-09")
    with run.task(1):
        pass
    full.log("after")

    assert [step.attempts for step in run.status() if step.task_id == 1] == [1]


def test_many_rows_when_moved_are_all_there(
    full: ETLMonitor, file: Path, tables: Tables, empty: Callable[[], None]
) -> None:
    full.log(*(LogEntry(f"line {number}") for number in range(40)))
    before = everything(tables)
    full.export_data(file)
    empty()
    full.import_data(file)

    assert everything(tables)["ETLsysLogs"] == before["ETLsysLogs"]


def test_tokens_when_exported_stay_behind(full: ETLMonitor, file: Path) -> None:
    full.make_token("adf", "report")
    full.export_data(file)

    with zipfile.ZipFile(file) as archive:
        assert not [name for name in archive.namelist() if "token" in name.lower() or "request" in name.lower()]


# Exporting


def test_file_that_exists_when_exported_to_stays_unless_it_is_to_be_replaced(hr: ETLMonitor, file: Path) -> None:
    file.write_text("mine")
    with pytest.raises(InvalidInput, match="exists"):
        hr.export_data(file)
    assert file.read_text() == "mine"
    hr.export_data(file, overwrite=True)

    assert zipfile.is_zipfile(file)


def test_export_that_is_stopped_leaves_no_file_and_keeps_the_one_that_was_there(
    full: ETLMonitor, file: Path, tmp_path: Path
) -> None:
    file.write_text("mine")

    def stop(connection, cursor, statement, parameters, context, executemany) -> None:
        if "ETLsysLogs" in statement:
            raise Stopped

    event.listen(full.engine, "before_cursor_execute", stop)
    with pytest.raises(Stopped):
        full.export_data(file, overwrite=True)
    event.remove(full.engine, "before_cursor_execute", stop)

    assert [path.name for path in tmp_path.iterdir()] == ["monitor.zip"]
    assert file.read_text() == "mine"


def test_folder_that_is_not_there_when_exported_to_is_refused(hr: ETLMonitor, tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="cannot be written"):
        hr.export_data(tmp_path / "nowhere" / "monitor.zip")


# Importing


def test_tables_with_rows_when_imported_into_are_refused(full: ETLMonitor, file: Path, refused: Refused) -> None:
    full.export_data(file)
    with refused(InvalidInput, "ETLconfigProcess", "empty tables"):
        full.import_data(file)


def test_import_that_is_stopped_anywhere_is_completed_by_the_next_one(
    full: ETLMonitor, file: Path, tables: Tables, empty: Callable[[], None]
) -> None:
    before = everything(tables)
    full.export_data(file)
    empty()
    left = {"writes": 0}

    def stop(connection, cursor, statement, parameters, context, executemany) -> None:
        if statement.startswith(("INSERT", "DELETE")):
            left["writes"] -= 1
            if left["writes"] < 0:
                raise Stopped

    event.listen(full.engine, "before_cursor_execute", stop)
    for writes in (0, 1, 3, 7):
        left["writes"] = writes
        with pytest.raises(Stopped):
            full.import_data(file)
    event.remove(full.engine, "before_cursor_execute", stop)
    full.import_data(file)

    assert everything(tables) == before


def test_stages_of_the_framework_when_imported_are_those_of_the_database(
    full: ETLMonitor, file: Path, empty: Callable[[], None], rows: Callable[..., list[SequenceStage]]
) -> None:
    full.export_data(file)
    empty()
    full.import_data(file)

    assert [one.sequence_id for one in rows(SequenceStage)] == [0, 1, 2, 3, 4, 5, 6, 12]


# Bad files


def rewritten(file: Path, change: Callable[[dict[str, bytes]], object]) -> None:
    with zipfile.ZipFile(file) as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    change(members)
    with zipfile.ZipFile(file, "w") as archive:
        for name, content in members.items():
            archive.writestr(name, content)


def manifest(**said: object) -> Callable[[dict[str, bytes]], object]:
    def change(members: dict[str, bytes]) -> None:
        members["manifest.json"] = json.dumps({**json.loads(members["manifest.json"]), **said}).encode()

    return change


def signed(name: str, content: bytes) -> Callable[[dict[str, bytes]], object]:
    """Put other rows into a table, with their right count and checksum."""

    def change(members: dict[str, bytes]) -> None:
        members[f"{name}.jsonl"] = content
        head = json.loads(members["manifest.json"])
        for one in head["tables"]:
            if one["name"] == name:
                one["rows"], one["sha256"] = content.count(b"\n"), hashlib.sha256(content).hexdigest()
        members["manifest.json"] = json.dumps(head).encode()

    return change


STEPS = "ETLProcessingSteps.jsonl"
BAD = {
    "a row is gone": (lambda m: m.update({STEPS: m[STEPS].split(b"\n", 1)[1]}), "ETLProcessingSteps has"),
    "a letter is another": (lambda m: m.update({STEPS: m[STEPS].replace(b"run-1", b"run-2", 1)}), "is damaged"),
    "a table is gone": (lambda m: m.pop(STEPS), "ETLProcessingSteps cannot be read"),
    "half a row": (lambda m: m.update({STEPS: m[STEPS][:-9]}), "cannot be read after row"),
    "the list is gone": (lambda m: m.pop("manifest.json"), "is no export of the monitor"),
    "the list is none": (lambda m: m.update({"manifest.json": b"[]"}), "is no export of the monitor"),
    "a newer form": (manifest(etl_monitor_export=2), "is from a newer version"),
    "a newer revision": (manifest(revision="9999"), "is from a newer version"),
    "an unknown table": (manifest(tables=[{"name": "x"}]), "no table x"),
    "no columns": (manifest(tables=[{"name": "ETLconfigProcess"}]), "the columns of ETLconfigProcess"),
    "a text for a number": (signed("ETLconfigSequence", b'["x","y",null,null,1,true,null,null,null,null]\n'), "row 0"),
    "a key of nothing": (signed("ETLconfigSequence", b'[null,"y",null,null,1,true,null,null,null,null]\n'), "row 0"),
    "no list": (signed("ETLconfigSequence", b'"abcdefghij"\n'), "row 0"),
}


@pytest.mark.parametrize("bad", BAD)
def test_damaged_file_when_imported_is_refused_before_anything_is_written(
    full: ETLMonitor, file: Path, empty: Callable[[], None], refused: Refused, bad: str
) -> None:
    full.export_data(file)
    empty()
    change, words = BAD[bad]
    rewritten(file, change)
    with refused(InvalidInput, "monitor.zip", words):
        full.import_data(file)


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04 and no more", b"catalogue: 1\n"])
def test_file_that_is_no_export_when_imported_is_refused(
    hr: ETLMonitor, file: Path, refused: Refused, content: bytes
) -> None:
    file.write_bytes(content)
    with refused(InvalidInput, "is no export of the monitor"):
        hr.import_data(file)


def test_file_that_is_not_there_when_imported_is_refused(hr: ETLMonitor, file: Path, refused: Refused) -> None:
    with refused(InvalidInput, "cannot be read: No such file or directory"):
        hr.import_data(file)


def test_file_of_an_older_revision_when_imported_leaves_its_new_columns_empty(
    hr: ETLMonitor, file: Path, empty: Callable[[], None], rows: Callable[..., list[Process]]
) -> None:
    hr.export_data(file)
    empty()

    def without_the_owner(members: dict[str, bytes]) -> None:
        head = json.loads(members["manifest.json"])
        (table,) = (one for one in head["tables"] if one["name"] == "ETLconfigProcess")
        place = table["columns"].index("ProcessOwner")
        table["columns"].pop(place)
        lines = [json.loads(line) for line in members["ETLconfigProcess.jsonl"].splitlines()]
        content = b"".join(json.dumps([*line[:place], *line[place + 1 :]]).encode() + b"\n" for line in lines)
        members["manifest.json"] = json.dumps({**head, "revision": "0003"}).encode()
        signed("ETLconfigProcess", content)(members)

    rewritten(file, without_the_owner)
    hr.import_data(file)

    (process,) = rows(Process)
    assert (process.process_name, process.process_owner) == ("HR daily load", None)


def test_tables_that_are_moved_are_all_but_those_of_access() -> None:
    assert set(moving.tables()) | {"ETLtokens", "ETLrequests"} == {
        table.name for table in Process.metadata.tables.values()
    }
    assert MovedTable("x", 1).rows == 1
