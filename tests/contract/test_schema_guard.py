"""Missing, older and newer tables: every call refuses, and says which command helps; the database is asked once."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from tempfile import TemporaryDirectory
from zipfile import ZipFile

import pytest
from sqlalchemy import Table, event, inspect, select, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.schema import DropTable

from etl_monitor_orm import ETLMonitor, EtlMonitorError, SchemaError, SchemaMissing, SchemaOutOfDate
from etl_monitor_orm.backends import our_error
from etl_monitor_orm.models import Base
from etl_monitor_orm.models.revision import SCHEMA_REVISION

HR = ("CORP", "HR_DAILY")
REVISION = "UPDATE etl.etl_monitor_version SET version_num = :revision, readable_from = NULL"


def in_a_folder(call: Callable[[str], object], *, made: bool = False) -> None:
    """Call with the name of a file: of an empty export, if it is to be made."""
    with TemporaryDirectory() as folder:
        file = f"{folder}/monitor.zip"
        if made:
            with ZipFile(file, "w") as archive:
                archive.writestr("manifest.json", '{"etl_monitor_export": 1, "revision": "0001", "tables": []}')
        call(file)


CALLS: dict[str, Callable[[ETLMonitor], object]] = {
    "register_process": lambda monitor: monitor.register_process(*HR),
    "register_sequence": lambda monitor: monitor.register_sequence(10, "PUBLISH"),
    "register_task": lambda monitor: monitor.register_task(*HR, 1, 1, 2, "Load employees"),
    "register_parameter": lambda monitor: monitor.register_parameter(*HR, "LoadEmployees", "DELTA_DATE"),
    "register": lambda monitor: monitor.register([]),
    "activate_process": lambda monitor: monitor.activate_process(*HR),
    "deactivate_process": lambda monitor: monitor.deactivate_process(*HR),
    "activate_task": lambda monitor: monitor.activate_task(*HR, 1, 1),
    "deactivate_task": lambda monitor: monitor.deactivate_task(*HR, 1, 1),
    "register_project": lambda monitor: monitor.register_project("CORP", "Corporate"),
    "register_organisation": lambda monitor: monitor.register_organisation("GROUP", "The group"),
    "register_holidays": lambda monitor: monitor.register_holidays("germany", ["2026-12-25"]),
    "evaluate": lambda monitor: monitor.evaluate(),
    "overdue": lambda monitor: monitor.overdue(),
    "baselines": lambda monitor: monitor.baselines(*HR),
    "compare_with_usual": lambda monitor: monitor.compare_with_usual(*HR),
    "skip_task": lambda monitor: monitor.skip_task("run-1", *HR, 1, processing_date="2026-04-09"),
    "unskip_task": lambda monitor: monitor.unskip_task("run-1", *HR, 1, processing_date="2026-04-09"),
    "task_status": lambda monitor: monitor.task_status("run-1", *HR, "2026-04-09", task_id=1),
    "start_run": lambda monitor: monitor.start_run(*HR, "2026-04-09"),
    "join_run": lambda monitor: monitor.join_run(*HR, "2026-04-09"),
    "get_run": lambda monitor: monitor.get_run("run-1"),
    "list_runs": lambda monitor: monitor.list_runs(),
    "list_tasks": lambda monitor: monitor.list_tasks(),
    "list_logs": lambda monitor: monitor.list_logs(),
    "past_failures": lambda monitor: monitor.past_failures(since=60),
    "history": lambda monitor: monitor.history(*HR, 1),
    "durations": lambda monitor: monitor.durations(),
    "why": lambda monitor: monitor.why(*HR),
    "tracked": lambda monitor: monitor.tracked(*HR, 1)(lambda: None)(),
    "generate_execution_steps": lambda monitor: monitor.generate_execution_steps("run-1", *HR, "2026-04-09"),
    "get_pending_tasks": lambda monitor: monitor.get_pending_tasks("run-1", *HR, "2026-04-09"),
    "start_task": lambda monitor: monitor.start_task("run-1", *HR, 1, processing_date="2026-04-09"),
    "end_task": lambda monitor: monitor.end_task("run-1", *HR, 1, processing_date="2026-04-09"),
    "measure_task": lambda monitor: monitor.measure_task("run-1", *HR, 1, {"rows": 1}, processing_date="2026-04-09"),
    "heartbeat_task": lambda monitor: monitor.heartbeat_task("run-1", *HR, 1, processing_date="2026-04-09"),
    "fail_task": lambda monitor: monitor.fail_task("run-1", *HR, 1, processing_date="2026-04-09"),
    "task": lambda monitor: monitor.task("run-1", *HR, 1, processing_date="2026-04-09").__enter__(),
    "stale_steps": lambda monitor: monitor.stale_steps(60),
    "fail_stale": lambda monitor: monitor.fail_stale(60),
    "get_active_watermark": lambda monitor: monitor.get_active_watermark(*HR, "LoadEmployees"),
    "advance_watermark": lambda monitor: monitor.advance_watermark(*HR, "LoadEvents", new_int_value=1),
    "set_processing_mode": lambda monitor: monitor.set_processing_mode(*HR),
    "get_status": lambda monitor: monitor.get_status(*HR),
    "processes": lambda monitor: monitor.processes(),
    "failures": lambda monitor: monitor.failures(),
    "watermarks": lambda monitor: monitor.watermarks(),
    "runs": lambda monitor: monitor.runs("run-1"),
    "latest_date": lambda monitor: monitor.latest_date(),
    "require_registered": lambda monitor: monitor.require_registered(*HR),
    "status_reset": lambda monitor: monitor.status_reset(*HR),
    "log": lambda monitor: monitor.log("120 rows"),
    "session": lambda monitor: monitor.session(),
    "make_token": lambda monitor: monitor.make_token("adf", "report"),
    "revoke_token": lambda monitor: monitor.revoke_token("adf"),
    "tokens": lambda monitor: monitor.tokens(),
    "export_data": lambda monitor: in_a_folder(monitor.export_data),
    "import_data": lambda monitor: in_a_folder(monitor.import_data, made=True),
    "purge": lambda monitor: monitor.purge(400 * 86_400),
    "export_catalogue": lambda monitor: monitor.export_catalogue(),
    "diff_catalogue": lambda monitor: monitor.diff_catalogue("catalogue: 1"),
    "apply_catalogue": lambda monitor: monitor.apply_catalogue("catalogue: 1"),
}
ASKS_NOTHING = {
    *(
        "setup",
        "adopt",
        "close",
        "engine",
        "schema",
        "views_schema",
        "journal",
        "generate_execution_id",
        "flush_at_task_end",
    ),
    *("sample_usage", "doctor"),
}
EACH_CALL = pytest.mark.parametrize("call", CALLS)


def at_revision(revision: str | None) -> ETLMonitor:
    """A monitor on its own database, whose tables have this revision, or do not exist."""
    monitor = ETLMonitor("duckdb:///:memory:")
    if revision is not None:
        monitor.setup()
        with monitor.engine.begin() as connection:
            connection.execute(text(REVISION), {"revision": revision})
    return ETLMonitor(monitor.engine, actor="pytest")


@pytest.fixture(scope="module")
def missing() -> Iterator[ETLMonitor]:
    monitor = at_revision(None)
    yield monitor
    monitor.close()


@pytest.fixture(scope="module")
def older() -> Iterator[ETLMonitor]:
    monitor = at_revision("0000")
    with monitor.engine.connect():
        yield monitor
    monitor.close()


@pytest.fixture(scope="module")
def newer() -> Iterator[ETLMonitor]:
    monitor = at_revision("9999")
    with monitor.engine.connect():
        yield monitor
    monitor.close()


def test_given_the_calls_of_a_monitor_then_each_is_tried_below() -> None:
    public = {name for name in dir(ETLMonitor) if not name.startswith("_")}

    assert public == set(CALLS) | ASKS_NOTHING


@EACH_CALL
def test_given_a_database_without_tables_then_the_call_refuses_and_says_how_to_make_them(
    missing: ETLMonitor, call: str
) -> None:
    with pytest.raises(SchemaMissing, match=r"etl-monitor db upgrade --url duckdb://.*monitor\.setup\(\)"):
        CALLS[call](missing)


@EACH_CALL
def test_given_older_tables_then_the_call_refuses_and_says_how_to_bring_them_up_to_date(
    older: ETLMonitor, call: str
) -> None:
    with pytest.raises(SchemaOutOfDate, match=r"revision 0000.*etl-monitor db upgrade.*monitor\.setup\(\)"):
        CALLS[call](older)


@EACH_CALL
def test_given_newer_tables_then_the_call_refuses_and_says_how_to_get_the_version_they_need(
    newer: ETLMonitor, call: str
) -> None:
    with pytest.raises(SchemaOutOfDate, match=r"revision 9999.*pip install --upgrade etl-monitor-orm"):
        CALLS[call](newer)


def test_given_tables_that_were_emptied_of_their_revision_then_the_call_refuses() -> None:
    monitor = at_revision(SCHEMA_REVISION)
    with monitor.engine.connect() as connection:
        connection.execute(text("DELETE FROM etl.etl_monitor_version"))
        connection.commit()

        with pytest.raises(SchemaMissing, match="etl-monitor db upgrade"):
            monitor.get_status(*HR)
    monitor.close()


@pytest.mark.parametrize("table", Base.metadata.sorted_tables, ids=str)
def test_given_a_table_that_somebody_dropped_when_it_is_read_then_the_error_says_what_to_do(table: Table) -> None:
    monitor = at_revision(SCHEMA_REVISION)
    with monitor.engine.connect() as connection:
        connection.execute(DropTable(table))
        connection.commit()
        with pytest.raises(DBAPIError) as caught:
            connection.execute(select(table))
        told = our_error(caught.value, monitor.engine)
    monitor.close()

    assert isinstance(told, SchemaMissing)
    assert "etl-monitor db upgrade" in str(told)


def test_given_a_database_without_tables_when_a_call_refuses_then_it_has_made_none(missing: ETLMonitor) -> None:
    with pytest.raises(SchemaMissing):
        missing.register_process(*HR)

    with missing.engine.connect() as connection:
        assert "etl" not in inspect(connection).get_schema_names()


def test_given_older_tables_when_a_call_refuses_then_it_has_written_nothing(older: ETLMonitor) -> None:
    with pytest.raises(SchemaOutOfDate):
        older.register_process(*HR)

    with older.engine.connect() as connection:
        assert connection.scalar(text('SELECT count(*) FROM etl."ETLconfigProcess"')) == 0


def test_given_a_refusal_then_it_is_an_error_about_the_schema(missing: ETLMonitor) -> None:
    with pytest.raises(SchemaError):
        missing.get_status(*HR)


def test_given_missing_tables_then_the_drivers_error_is_chained(missing: ETLMonitor) -> None:
    with pytest.raises(EtlMonitorError) as caught:
        missing.get_status(*HR)

    assert isinstance(caught.value.__cause__, DBAPIError)


def questions(monitor: ETLMonitor) -> list[str]:
    """Collect from now on each question about the revision of the tables."""
    asked: list[str] = []

    def note(connection, cursor, statement, parameters, context, executemany) -> None:
        if "etl_monitor_version" in statement:
            asked.append(statement)

    event.listen(monitor.engine, "before_cursor_execute", note)
    return asked


def test_given_a_monitor_on_existing_tables_when_it_makes_several_calls_then_it_asks_once(
    monitor: ETLMonitor,
) -> None:
    asked = questions(monitor)
    monitor.register_process(*HR)
    monitor.register_process(*HR)
    monitor.get_status(*HR)
    monitor.session().close()

    assert len(asked) == 1


def test_given_a_monitor_that_was_just_set_up_when_it_makes_a_call_then_it_does_not_ask() -> None:
    monitor = ETLMonitor("duckdb:///:memory:").setup()
    asked = questions(monitor)
    monitor.register_process(*HR)
    monitor.close()

    assert asked == []


def test_given_a_refused_monitor_when_the_tables_are_made_elsewhere_then_its_next_call_works() -> None:
    monitor = ETLMonitor("duckdb:///:memory:")
    with monitor.engine.connect():
        with pytest.raises(SchemaMissing):
            monitor.register_process(*HR)
        ETLMonitor(monitor.engine).setup()

        assert monitor.register_process(*HR) is monitor
    monitor.close()
