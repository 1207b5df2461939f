"""`etl_monitor_url`: a database for code that opens its monitor itself, in separate pytest runs."""

from __future__ import annotations

from pathlib import Path

import pytest

from etl_monitor_orm import ETLMonitor, migrations

from .conftest import RunTests
from .test_plugin import catalogue

pytest_plugins = ["pytester"]

PIPELINE = """
from etl_monitor_orm import ETLMonitor

def load(day):
    monitor = ETLMonitor()
    monitor.register_process("SHOP", "ORDERS").register_task("SHOP", "ORDERS", 1, 1, 2, "Load orders")
    with monitor.start_run("SHOP", "ORDERS", day).task(1):
        pass
    return monitor
"""


@pytest.fixture(autouse=True)
def _pipeline(pytester: pytest.Pytester) -> None:
    pytester.makepyfile(orders=PIPELINE)


def test_given_code_that_opens_its_monitor_when_tested_then_it_finds_migrated_tables(run_tests: RunTests) -> None:
    run_tests(
        """
        import os

        from etl_monitor_orm import ETLMonitor
        from etl_monitor_orm.testing import assert_done
        from orders import load

        def test_load(etl_monitor_url):
            load("2026-04-09").close()
            assert os.environ["ETL_MONITOR_URL"] == etl_monitor_url
            monitor = ETLMonitor(etl_monitor_url)
            assert_done(monitor, "Load orders", processing_date="2026-04-09")
            monitor.close()
        """
    ).assert_outcomes(passed=1)


def test_given_a_monitor_that_is_left_open_when_the_next_test_opens_its_own_then_it_is_empty(
    run_tests: RunTests,
) -> None:
    run_tests(
        """
        from pathlib import Path

        import pytest
        from sqlalchemy.engine import make_url

        from etl_monitor_orm.testing import assert_done
        from orders import load

        kept, urls = [], []

        @pytest.mark.parametrize("number", range(3))
        def test_alone(etl_monitor_url, number):
            monitor = load("2026-04-09")
            kept.append(monitor)
            urls.append(etl_monitor_url)
            assert len(monitor.get_status("SHOP", "ORDERS", attempts="all")) == 1

        def test_afterwards():
            assert len({*urls}) == 3
            assert [url for url in urls if Path(make_url(url).database).parent.exists()] == []
        """
    ).assert_outcomes(passed=4)


def test_given_variables_when_a_test_ends_then_the_environment_is_as_before(
    run_tests: RunTests, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ETL_MONITOR_URL", "duckdb:///production.duckdb")
    monkeypatch.setenv("ETL_MONITOR_SCHEMA", "theirs")
    monkeypatch.setenv("ETL_MONITOR_EXECUTION_ID", "run-1")

    run_tests(
        """
        import os
        from pathlib import Path

        from orders import load

        def ours():
            return {name: value for name, value in os.environ.items() if name.startswith("ETL_MONITOR_")}

        def test_during(etl_monitor_url, monkeypatch):
            assert ours() == {"ETL_MONITOR_URL": etl_monitor_url}
            monkeypatch.setenv("ETL_MONITOR_ACTOR", "tests")
            monkeypatch.undo()
            assert ours() == {"ETL_MONITOR_URL": etl_monitor_url}
            os.environ["ETL_MONITOR_URL"] = "changed by the code"
            os.environ["ETL_MONITOR_URL"] = etl_monitor_url
            assert load("2026-04-09").schema == "etl"

        def test_after():
            assert ours() == {
                "ETL_MONITOR_URL": "duckdb:///production.duckdb",
                "ETL_MONITOR_SCHEMA": "theirs",
                "ETL_MONITOR_EXECUTION_ID": "run-1",
            }
            assert not Path("production.duckdb").exists()
        """
    ).assert_outcomes(passed=2)


def test_given_a_program_of_its_own_when_a_test_starts_it_then_it_writes_to_the_same_file(run_tests: RunTests) -> None:
    run_tests(
        """
        import subprocess
        import sys

        from etl_monitor_orm import ETLMonitor
        from etl_monitor_orm.testing import assert_done

        def test_program(etl_monitor_url):
            subprocess.run([sys.executable, "-c", "import orders; orders.load('2026-04-09')"], check=True)
            monitor = ETLMonitor()
            assert_done(monitor, 1)
            monitor.close()
        """
    ).assert_outcomes(passed=1)


def test_given_workers_side_by_side_when_they_test_then_each_test_has_its_own_file(run_tests: RunTests) -> None:
    run_tests(
        """
        import pytest

        from orders import load

        @pytest.mark.parametrize("number", range(6))
        def test_alone(etl_monitor_url, number):
            monitor = load("2026-04-09")
            assert len(monitor.get_status("SHOP", "ORDERS", attempts="all")) == 1
            monitor.close()
        """,
        "-n",
        "2",
    ).assert_outcomes(passed=6)


def test_given_both_fixtures_when_a_test_uses_them_then_they_are_two_databases(run_tests: RunTests) -> None:
    run_tests(
        """
        import pytest

        from etl_monitor_orm import InvalidInput
        from etl_monitor_orm.testing import assert_done
        from orders import load

        def test_two(etl_monitor, etl_monitor_url):
            load("2026-04-09").close()
            with pytest.raises(InvalidInput, match="No process is registered"):
                assert_done(etl_monitor)
        """
    ).assert_outcomes(passed=1)


def test_given_the_file_when_compared_with_migrated_tables_then_nothing_differs(
    etl_monitor_url: str, tmp_path: Path
) -> None:
    copied = ETLMonitor(etl_monitor_url)
    migrated = ETLMonitor(f"duckdb:///{tmp_path}/migrated.duckdb").setup()

    assert migrations.check(copied.engine, copied.schema) == []
    assert catalogue(copied) == catalogue(migrated)
    copied.close()
    migrated.close()
