"""What the tests of `exec` share: the command for real, in a process of its own, on a file of its own."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import select

from etl_monitor_orm import ETLMonitor, Metric, TaskDetail
from tests.patience import PATIENT

HR = ("CORP", "HR_DAILY")
DAY = "2026-04-09"
PYTHON = sys.executable
MONITOR = (PYTHON, "-m", "etl_monitor_orm")


@dataclass(frozen=True)
class Ended:
    """How `exec` ended, its output as bytes."""

    code: int
    out: bytes
    err: bytes

    @property
    def said(self) -> str:
        """What exec itself said on stderr."""
        return "".join(
            line + "\n" for line in self.err.decode("utf-8", "replace").splitlines() if line.startswith("etl-monitor")
        )


@dataclass(frozen=True)
class Place:
    """A monitor's database, and commands that use it."""

    url: str
    folder: Path

    def environment(self, **more: str) -> dict[str, str]:
        own = {name: value for name, value in os.environ.items() if not name.startswith("ETL_MONITOR_")}
        return {**own, "ETL_MONITOR_URL": self.url, **more}

    def started(self, *words: str, **more: object) -> subprocess.Popen[bytes]:
        """Start `etl-monitor exec`."""
        return subprocess.Popen(
            [*MONITOR, "exec", *words],
            cwd=self.folder,
            env=self.environment(),
            stdin=subprocess.DEVNULL,
            **{"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, **more},  # type: ignore[call-overload]
        )

    def exec(self, *words: str, given: bytes = b"", **variables: str) -> Ended:
        """Run `etl-monitor exec` to its end."""
        done = subprocess.run(
            [*MONITOR, "exec", *words],
            cwd=self.folder,
            env=self.environment(**variables),
            input=given,
            capture_output=True,
            timeout=PATIENT,
            check=False,
        )
        return Ended(done.returncode, done.stdout, done.stderr)

    def bash(self, script: str, *, task: str = "1", options: Sequence[str] = ()) -> Ended:
        """Run a bash script as a task of the day."""
        return self.exec(*HR, task, "--date", DAY, *options, "--", "bash", "-c", script)

    def steps(self, *, attempts: str | None = None) -> list[TaskDetail]:
        monitor = ETLMonitor(self.url)
        try:
            return monitor.get_status(*HR, DAY, attempts=attempts)
        finally:
            monitor.close()

    def step(self, task_id: int, workflow_id: int = 1) -> TaskDetail:
        (found,) = [one for one in self.steps() if (one.task_id, one.workflow_id) == (task_id, workflow_id)]
        return found

    def watermark(self, name: str) -> object:
        monitor = ETLMonitor(self.url)
        try:
            return monitor.get_active_watermark(*HR, name)
        finally:
            monitor.close()

    def measures(self, task_id: int) -> dict[str, int | None]:
        monitor = ETLMonitor(self.url)
        try:
            with monitor.session() as session:
                found = session.scalars(select(Metric).where(Metric.task_id == task_id)).all()
            return {one.metric_name: one.metric_value for one in found}
        finally:
            monitor.close()
