"""A database with two days of CORP/HR_DAILY, and two ways to run the command: in this process, and for real."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from typer.testing import CliRunner

from etl_monitor_orm import ETLMonitor, ManualClock
from etl_monitor_orm.cli.app import app
from tests.cli.executing import Place

EARLIER, LATER = "2026-04-08", "2026-04-09"
COMMAND = str(Path(sys.executable).with_name("etl-monitor"))


@dataclass(frozen=True)
class Outcome:
    """How a command ended."""

    code: int
    out: str
    err: str

    @property
    def json(self):
        return json.loads(self.out)


Command = Callable[..., Outcome]


def describe(monitor: ETLMonitor) -> None:
    """CORP/HR_DAILY with an initiation, two loads (one optional) and a mart; CORP/PAYROLL, which never ran."""
    monitor.register_process("CORP", "HR_DAILY", name="HR daily load", owner="HR team")
    monitor.register_parameter("CORP", "HR_DAILY", "SYSDT", "SYSTEM")
    monitor.register_parameter("CORP", "HR_DAILY", "LoadEmployees", "DELTA_DATE")
    monitor.register_parameter("CORP", "HR_DAILY", "LoadEvents", "DELTA_ID", value_int=41)
    monitor.register_parameter("CORP", "HR_DAILY", "SendMail", "FLAG", value_bit=True)
    monitor.register_task("CORP", "HR_DAILY", 0, 0, 0, "Initiation")
    monitor.register_task("CORP", "HR_DAILY", 1, 1, 2, "Load employees", source_system_code="LoadEmployees")
    monitor.register_task(
        "CORP", "HR_DAILY", 2, 1, 2, "Load events", source_system_code="LoadEvents", task_mandatory=False
    )
    monitor.register_task("CORP", "HR_DAILY", 3, 1, 6, "Build mart", expected_duration_seconds=60)
    monitor.register_process("CORP", "PAYROLL")


def run_two_days(monitor: ETLMonitor, clock: ManualClock) -> None:
    """The earlier day: a late mart, and an optional failure. The later day: a mandatory failure, and a quiet step."""
    clock.set(f"{EARLIER} 06:00")
    run = monitor.start_run("CORP", "HR_DAILY", EARLIER, execution_id="run-1")
    with run.task(0), run.task(1):
        clock.advance(45)
    fail(run, 2, FileNotFoundError("no events.csv"))
    with run.task(3):
        clock.advance(3_725)
    clock.set(f"{LATER} 06:00")
    run = monitor.start_run("CORP", "HR_DAILY", LATER, execution_id="run-2")
    with run.task(0):
        pass
    fail(run, 1, ConnectionError("the source's [HR] gate is shut\nsecond line 🎉 it's \x1b[31mred"))
    monitor.start_task("run-2", "CORP", "HR_DAILY", 2, 2, 1, LATER)


def fail(run, task_id: int, error: Exception) -> None:
    with pytest.raises(type(error)), run.task(task_id):
        raise error


@pytest.fixture(scope="session")
def two_days(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The file that each test gets a copy of."""
    file = tmp_path_factory.mktemp("cli") / "two_days.duckdb"
    clock = ManualClock(f"{EARLIER} 05:00")
    monitor = ETLMonitor(f"duckdb:///{file}", clock=clock, actor="tests", schema="etl").setup()
    describe(monitor)
    run_two_days(monitor, clock)
    monitor.close()
    return file


@pytest.fixture
def file(two_days: Path, tmp_path: Path) -> Path:
    return Path(shutil.copy(two_days, tmp_path / "monitor.duckdb"))


@pytest.fixture
def url(file: Path) -> str:
    return f"duckdb:///{file}"


@pytest.fixture
def monitor(url: str) -> Iterator[ETLMonitor]:
    """The library's own view of the same file."""
    monitor = ETLMonitor(url)
    yield monitor
    monitor.close()


@pytest.fixture
def cli(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Command:
    """Runs the command in this process, in an empty folder, in a terminal's 80 columns."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "80")

    def run(*arguments: object, answer: str | None = None) -> Outcome:
        result = CliRunner().invoke(app, [str(one) for one in arguments], input=answer, prog_name="etl-monitor")
        if result.exception is not None and not isinstance(result.exception, SystemExit):
            raise result.exception
        return Outcome(result.exit_code, result.stdout, result.stderr)

    return run


@pytest.fixture
def shell(tmp_path: Path) -> Command:
    """Runs the installed command in a process of its own, its output piped."""

    def run(*arguments: object, answer: str = "", **environment: str) -> Outcome:
        result = subprocess.run(
            [COMMAND, *map(str, arguments)],
            cwd=tmp_path,
            env={**_plain_environment(), **environment},
            input=answer,
            capture_output=True,
            encoding=environment.get("PYTHONIOENCODING", "utf-8"),
            check=False,
        )
        return Outcome(result.returncode, result.stdout, result.stderr)

    return run


def _plain_environment() -> dict[str, str]:
    """What this process has, but nothing that shapes the output."""
    shaping = ("COLUMNS", "LINES", "NO_COLOR", "FORCE_COLOR", "TERM", "PYTHONIOENCODING")
    return {name: value for name, value in os.environ.items() if name not in shaping}


@pytest.fixture(scope="session")
def empty_day(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A file with the catalogue, in which nothing ran; a second pass has a task of the same number."""
    file = tmp_path_factory.mktemp("exec") / "empty_day.duckdb"
    monitor = ETLMonitor(f"duckdb:///{file}", actor="tests", schema="etl").setup()
    describe(monitor)
    monitor.register_task("CORP", "HR_DAILY", 1, 2, 2, "Load employees again")
    monitor.close()
    return file


@pytest.fixture
def place(empty_day: Path, tmp_path: Path) -> Place:
    """A monitor in which nothing ran yet, and `exec` on it."""
    return Place(f"duckdb:///{shutil.copy(empty_day, tmp_path / 'monitor.duckdb')}", tmp_path)
