"""A process that is killed right after a migration leaves a file that opens again."""

from __future__ import annotations

import signal
import subprocess
import sys
from pathlib import Path

from etl_monitor_orm import ETLMonitor

_KILLED_AFTER_SETUP = """
import os, signal
from etl_monitor_orm import ETLMonitor

monitor = ETLMonitor("duckdb:///etl_monitor.duckdb").setup()
monitor.register_process("CORP", "HR_DAILY").register_task("CORP", "HR_DAILY", 1, 1, 2, "Load employees")
monitor.start_run("CORP", "HR_DAILY", "2026-04-09")
monitor.log("started")
os.kill(os.getpid(), signal.SIGKILL)
"""


def test_given_a_process_killed_after_setup_when_the_file_is_opened_then_no_commit_is_lost(
    tmp_path: Path,
) -> None:
    killed = subprocess.run(
        [sys.executable, "-c", _KILLED_AFTER_SETUP], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert killed.returncode == -signal.SIGKILL, killed.stderr

    monitor = ETLMonitor(f"duckdb:///{tmp_path}/etl_monitor.duckdb")
    assert [step.task_name for step in monitor.get_status("CORP", "HR_DAILY", "2026-04-09")] == ["Load employees"]
    assert monitor.log("opened again") == 1
    monitor.close()


def test_given_a_new_file_when_it_is_migrated_then_nothing_of_that_waits_in_the_log(tmp_path: Path) -> None:
    monitor = ETLMonitor(f"duckdb:///{tmp_path}/etl_monitor.duckdb").setup()

    log = tmp_path / "etl_monitor.duckdb.wal"
    assert not log.exists() or log.stat().st_size == 0
    monitor.close()
