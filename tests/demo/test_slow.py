"""A slow demo, and what another terminal sees of it and adds to it meanwhile."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from time import monotonic

import pytest

from etl_monitor_orm.demo import nights, run_demo
from tests.patience import PATIENT

COMMAND = (sys.executable, "-m", "etl_monitor_orm")


@pytest.fixture
def command(in_folder: Path, three_days: Path) -> Callable[..., subprocess.CompletedProcess[str]]:
    """The command, in the folder of the demo."""

    def run(*words: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [*COMMAND, *words], cwd=in_folder, capture_output=True, text=True, timeout=PATIENT, check=False
        )

    return run


@pytest.fixture
def slow_demo(in_folder: Path, three_days: Path):
    """One night of the demo in a process of its own; each task takes a second."""
    running = subprocess.Popen(
        [*COMMAND, "demo", "--days", "1", "--slow", "--json"],
        cwd=in_folder,
        env={**os.environ, "PYTHONPATH": os.pathsep.join([str(three_days), os.environ.get("PYTHONPATH", "")])},
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    yield running
    running.kill()
    running.communicate()


def states(told: subprocess.CompletedProcess[str]) -> set[str]:
    """The states of the processes; none before there are tables."""
    return {row["run_state"] for row in json.loads(told.stdout)} if told.returncode == 0 else set()


def test_given_a_slow_demo_when_its_tasks_run_then_each_takes_that_time(
    in_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    slept: list[float] = []
    monkeypatch.setattr(nights, "sleep", slept.append)
    result = run_demo(1, pause=1.0)

    assert slept == [1.0] * sum(status.done + status.failed for status in result.statuses)


def test_given_a_slow_demo_when_another_terminal_looks_and_reports_then_both_are_in_one_place(
    slow_demo: subprocess.Popen[str], command: Callable[..., subprocess.CompletedProcess[str]]
) -> None:
    seen: set[str] = set()
    until = monotonic() + PATIENT
    while "RUNNING" not in seen and slow_demo.poll() is None and monotonic() < until:
        seen |= states(command("status", "--json"))
    own = command(
        *("exec", "NYC", "FLIGHTS", "Count the files", "--date", "2013-01-01", "--register"),
        *("--", "bash", "-c", 'echo "message=$(ls | wc -l) files" >> "$ETL_MONITOR_OUT"'),
    )
    told, _ = slow_demo.communicate(timeout=PATIENT)

    assert "RUNNING" in seen
    assert own.returncode == 0, own.stderr
    assert slow_demo.returncode == 0
    assert json.loads(told)["days"] == ["2013-01-01"]
    shown = command("status", "--date", "2013-01-01")
    assert "COMPLETE" in shown.stdout
    message = command("sql", 'select "LogMessage" from etl."v_taskDetail" where "TaskName" = \'Count the files\'')
    assert "files" in message.stdout
