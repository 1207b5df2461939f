"""The assertions and builders as a user meets them: in pytest, in unittest, and without either."""

from __future__ import annotations

import subprocess
import sys

import pytest

from .conftest import RunTests

pytest_plugins = ["pytester"]

FAILING = """
from etl_monitor_orm.testing import assert_done

def test_orders(etl_process):
    run = etl_process("SHOP", "ORDERS", tasks=["Load orders"]).start_run(
        "SHOP", "ORDERS", "2026-01-01", execution_id="run-1"
    )
    assert_done(run, "Load orders")
"""


@pytest.mark.parametrize("options", [(), ("--assert=plain",)], ids=["rewritten", "plain"])
def test_given_a_failing_assertion_when_pytest_reports_it_then_the_line_of_the_test_and_the_steps_are_shown(
    run_tests: RunTests, options: tuple[str, ...]
) -> None:
    result = run_tests(FAILING, *options)

    result.assert_outcomes(failed=1)
    lines = result.outlines
    start = next(number for number, line in enumerate(lines) if line.startswith(">"))
    assert [line.rstrip() for line in lines[start : start + 7]] == [
        '>       assert_done(run, "Load orders")',
        "E       AssertionError: Expected DONE, but 1.1 Load orders is NQUE: run run-1 of SHOP/ORDERS on 2026-01-01.",
        "E           Task             Expected  State  Attempt  Message",
        "E           0.0 Initiation             NQUE   0",
        "E         > 1.1 Load orders  DONE      NQUE   0",
        "",
        "test_users.py:7: AssertionError",
    ]


def test_given_the_fixtures_when_builders_are_called_then_the_history_ends_before_the_clocks_today(
    run_tests: RunTests,
) -> None:
    run_tests(
        """
        from etl_monitor_orm.testing import assert_done, assert_failed, assert_queued

        def test_history(etl_process, etl_history, etl_monitor, etl_clock):
            etl_clock.set("2026-04-10 06:00")
            etl_process(tasks={"Load": 2, "Build": 6}, watermarks={"Load": "DELTA_ID"})
            runs = etl_history(days=3, failures={"Load": [-1, -1]})
            assert [str(run.processing_date) for run in runs] == ["2026-04-07", "2026-04-08", "2026-04-09"]
            assert_done(runs[0])
            assert_failed(runs[-1], "Load", match="closed the connection")
            assert_queued(runs[-1], "Build")
            assert len(etl_monitor.failures()) == 1
            assert etl_clock.now.hour == 6
        """
    ).assert_outcomes(passed=1)


SCRIPT = """
import sys
sys.modules["pytest"] = None
from etl_monitor_orm import ETLMonitor
from etl_monitor_orm.testing import assert_done, process

run = process(ETLMonitor("duckdb:///:memory:").setup()).start_run("CORP", "DAILY", "2026-01-01", execution_id="run-1")
try:
    assert_done(run, 1)
except AssertionError as error:
    print(error)
"""


@pytest.mark.parametrize("options", [(), ("-O",)], ids=["", "optimised"])
def test_given_no_pytest_when_an_assertion_fails_then_it_says_the_same(options: tuple[str, ...]) -> None:
    result = subprocess.run(
        [sys.executable, *options, "-c", SCRIPT], capture_output=True, encoding="utf-8", check=False
    )

    assert (result.returncode, result.stderr) == (0, "")
    assert result.stdout.splitlines() == [
        "Expected DONE, but 1.1 Load is NQUE: run run-1 of CORP/DAILY on 2026-01-01.",
        "    Task            Expected  State  Attempt  Message",
        "    0.0 Initiation            NQUE   0",
        "  > 1.1 Load        DONE      NQUE   0",
    ]


def test_given_the_package_and_its_command_when_imported_then_the_kit_is_not() -> None:
    script = "import etl_monitor_orm.cli, etl_monitor_orm.demo, sys; print(*sys.modules)"
    loaded = subprocess.run([sys.executable, "-c", script], capture_output=True, encoding="utf-8", check=True)

    assert [name for name in loaded.stdout.split() if name.startswith("etl_monitor_orm.testing")] == []


def test_given_the_kit_when_imported_then_neither_pytest_nor_a_library_for_output_is() -> None:
    script = "import etl_monitor_orm.testing, sys; print(*sys.modules)"
    loaded = subprocess.run([sys.executable, "-c", script], capture_output=True, encoding="utf-8", check=True)

    assert {"pytest", "_pytest", "rich", "typer", "duckdb", "alembic"} & {*loaded.stdout.split()} == set()
