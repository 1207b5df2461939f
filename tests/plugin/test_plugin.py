"""The fixtures that users get, in separate pytest runs: nothing here knows how the plugin is made."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from etl_monitor_orm import ETLMonitor, migrations

from ..docs.pages import ROOT, blocks  # noqa: TID252 - no test knows the name of its root

pytest_plugins = ["pytester"]

PAGE = ROOT / "docs" / "testing-your-pipeline.md"


def test_given_the_page_when_its_files_are_tested_then_all_of_its_tests_pass(pytester, run_tests) -> None:
    titled = ((re.fullmatch(r'python title="(.+)"', block.language), block.code) for block in blocks(PAGE))
    files = {title[1]: code for title, code in titled if title}
    for name, code in files.items():
        pytester.path.joinpath(name).write_text(code, "utf-8")

    failing = "test_too_much.py"
    passing = {"test_main.py": 1, "test_orders.py": 3, "test_report.py": 1, "test_year_end.py": 1}
    assert sorted(files) == sorted([*passing, failing, "orders.py"])
    for name, tests in passing.items():
        pytester.runpytest_subprocess(name).assert_outcomes(passed=tests)
    shown = pytester.runpytest_subprocess(failing).outlines
    (promised,) = (block.output for block in blocks(PAGE) if block.language == f'python title="{failing}"')
    said = [line.removeprefix("E       ").rstrip() + "\n" for line in shown if line.startswith("E ")]
    assert "".join(said) == promised


def test_given_two_tests_when_each_writes_then_neither_sees_the_other(run_tests) -> None:
    run_tests(
        """
        import pytest
        from sqlalchemy import func, select

        from etl_monitor_orm import Process, SequenceStage, SysLog

        @pytest.mark.parametrize("number", range(3))
        def test_alone(etl_monitor, number):
            with etl_monitor.session() as session:
                assert session.scalar(select(func.count()).select_from(Process)) == 0
                assert session.scalar(select(func.count()).select_from(SequenceStage)) == 7
            etl_monitor.register_process("CORP", "HR_DAILY").register_sequence(10, "OWN")
            etl_monitor.log("written")
            with etl_monitor.session() as session:
                assert session.scalars(select(SysLog.id)).all() == [1]
        """
    ).assert_outcomes(passed=3)


def test_given_a_test_that_ended_when_its_database_is_looked_for_then_it_is_gone(run_tests) -> None:
    run_tests(
        """
        from sqlalchemy import inspect

        from etl_monitor_orm import create_engine

        urls = []

        def tables(url):
            engine = create_engine(url)
            try:
                return inspect(engine).get_table_names(schema="etl")
            finally:
                engine.dispose()

        def test_first(etl_monitor):
            urls.append(etl_monitor.engine.url)
            assert "ETLProcessingSteps" in tables(urls[0])

        def test_second():
            assert tables(urls[0]) == []
        """
    ).assert_outcomes(passed=2)


def test_given_the_clock_when_a_test_moves_it_then_the_monitor_writes_its_time(run_tests) -> None:
    run_tests(
        """
        from datetime import UTC, datetime

        from etl_monitor_orm import ETLMonitor, ManualClock

        def test_clock(etl_monitor: ETLMonitor, etl_clock: ManualClock):
            etl_monitor.register_process("CORP", "HR").register_task("CORP", "HR", 1, 1, 2, "Load")
            assert etl_clock.now == datetime(2026, 1, 1, 6, tzinfo=UTC)
            run = etl_monitor.start_run("CORP", "HR")
            assert str(run.processing_date) == "2026-01-01"
            with run.task(1) as task:
                etl_clock.advance(75)
            assert task.started == datetime(2026, 1, 1, 6, tzinfo=UTC)
            assert run.status()[0].duration_seconds == 75
        """
    ).assert_outcomes(passed=1)


def test_given_an_environment_with_settings_when_the_fixture_is_used_then_they_are_ignored(
    run_tests, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ETL_MONITOR_URL", "duckdb:///production.duckdb")
    monkeypatch.setenv("ETL_MONITOR_SCHEMA", "theirs")
    monkeypatch.setenv("ETL_MONITOR_VIEWS_SCHEMA", "elsewhere")
    monkeypatch.setenv("ETL_MONITOR_CATALOG", "main")
    monkeypatch.setenv("ETL_MONITOR_ACTOR", "someone")

    run_tests(
        """
        from pathlib import Path

        from sqlalchemy import select

        from etl_monitor_orm import Process

        def test_settings(etl_monitor):
            etl_monitor.register_process("CORP", "HR")
            with etl_monitor.session() as session:
                assert session.scalars(select(Process.created_by)).all() == ["pytest"]
            assert (etl_monitor.schema, etl_monitor.views_schema) == ("etl", "etl")
            assert not Path("production.duckdb").exists()
        """
    ).assert_outcomes(passed=1)


def test_given_tests_that_use_no_fixture_of_ours_when_run_then_nothing_of_ours_is_imported(run_tests) -> None:
    run_tests(
        """
        import sys

        def test_light(pytestconfig):
            assert pytestconfig.pluginmanager.has_plugin("etl_monitor")
            assert {"etl_monitor_orm", "sqlalchemy", "duckdb", "alembic", "typer"} & {*sys.modules} == set()
        """
    ).assert_outcomes(passed=1)


def test_given_unwanted_fixtures_when_they_are_switched_off_then_they_are_gone(run_tests) -> None:
    result = run_tests("def test_without(etl_monitor): pass", "-p", "no:etl_monitor")

    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines("*fixture 'etl_monitor' not found*")


def test_given_the_fixtures_when_listed_then_each_says_what_it_is(run_tests) -> None:
    result = run_tests("", "--fixtures")

    result.stdout.fnmatch_lines_random(
        [
            "etl_clock -- *",
            "*2026-01-01 06:00 UTC*",
            "etl_monitor -- *",
            "*A fresh, migrated monitor on a separate DuckDB*",
            "etl_monitor_url -- *",
            "*`ETL_MONITOR_URL`*",
            "etl_process -- *",
            "etl_history -- *",
        ]
    )
    result.stdout.no_fnmatch_line("_etl_monitor_template*")


def test_given_a_template_that_is_made_when_more_tests_ask_then_each_gets_its_monitor_quickly(
    pytester, run_tests
) -> None:
    pytester.makeconftest(
        """
        from pathlib import Path
        from time import perf_counter

        import pytest

        @pytest.hookimpl(wrapper=True)
        def pytest_fixture_setup(fixturedef):
            began = perf_counter()
            yield
            if fixturedef.argname == "etl_monitor":
                with Path("seconds").open("a") as file:
                    print(perf_counter() - began, file=file)
        """
    )
    run_tests(
        """
        import pytest

        @pytest.mark.parametrize("number", range(12))
        def test_quick(etl_monitor, number): pass
        """
    ).assert_outcomes(passed=12)

    further = [float(seconds) for seconds in pytester.path.joinpath("seconds").read_text().split()][1:]
    # The quickest counts: whatever else the machine does only makes the others slower.
    assert min(further) < 0.1


def test_given_the_copy_when_compared_with_migrated_tables_then_nothing_differs(
    etl_monitor: ETLMonitor, tmp_path: Path
) -> None:
    migrated = ETLMonitor(f"duckdb:///{tmp_path}/migrated.duckdb", schema="etl").setup()

    assert migrations.check(etl_monitor.engine, etl_monitor.schema) == []
    assert catalogue(etl_monitor) == catalogue(migrated)
    migrated.close()


def catalogue(monitor: ETLMonitor) -> dict[str, list[tuple[object, ...]]]:
    """All that DuckDB knows of the monitor's objects, and the rows that the migrations wrote."""
    questions = {
        "tables": "SELECT table_name, comment, sql FROM duckdb_tables() ORDER BY ALL",
        "columns": "SELECT table_name, column_name, column_index, comment, column_default, is_nullable, data_type"
        " FROM duckdb_columns() WHERE NOT internal ORDER BY ALL",
        "constraints": "SELECT table_name, constraint_type, constraint_text FROM duckdb_constraints() ORDER BY ALL",
        "views": "SELECT view_name, comment, sql FROM duckdb_views() WHERE NOT internal ORDER BY ALL",
        "sequences": "SELECT sequence_name, start_value, increment_by, last_value FROM duckdb_sequences() ORDER BY ALL",
        "indexes": "SELECT index_name, sql FROM duckdb_indexes() ORDER BY ALL",
        "revision": "SELECT version_num FROM etl.etl_monitor_version",
        "stages": 'SELECT * EXCLUDE ("CreatedOn", "LastUpdatedOn") FROM etl."ETLconfigSequence" ORDER BY ALL',
    }
    with monitor.engine.connect() as connection:
        return {
            what: [tuple(row) for row in connection.exec_driver_sql(question)] for what, question in questions.items()
        }
