"""A run of a job as Databricks makes it: tasks in their order, conditions, repairs, and how it ends."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from etl_monitor_orm import ETLMonitor, RunState

from .kit import HOME, Kit

DAILY = ("CORP", "DAILY")
DAY = "2026-04-09"
JOB_RUN = "4711"

SUCCESS, FAILED, CANCELED, UPSTREAM_FAILED = "success", "failed", "canceled", "upstream_failed"
"""Values of a task's result state."""


@dataclass
class JobRun:
    """A run of a job of the kit; each script runs in a process of its own.

    Attributes:
        url: The monitor's URL.
        key: The job.
        job_run: Its run id, which is the monitor's run too.
        states: How each task ended.
        said: What each script wrote to stderr.
    """

    url: str
    key: str
    job_run: str = JOB_RUN
    states: dict[str, str] = field(default_factory=dict)
    said: dict[str, str] = field(default_factory=dict)

    def run(self, **ends: str | tuple[str, str]) -> JobRun:
        """Run what has not succeeded yet.

        Args:
            **ends: Tasks that do not do their own work: the result state, for a task that knows no monitor or is not
                run at all; or a text of the script, and what stands in its place.
        """
        before, self.states = self.states, {}
        for task in self._job["tasks"]:
            key = task["task_key"]
            self.states[key] = before[key] if before.get(key) == SUCCESS else self._ended(task, ends.get(key))
        return self

    def repair(self, *, dependents: bool, **ends: str | tuple[str, str]) -> JobRun:
        """Rerun what did not succeed; with `dependents`, what depends on that too, although it succeeded."""
        rerun = {key for key, state in self.states.items() if state != SUCCESS}
        for task in self._job["tasks"]:
            if dependents and rerun & {one["task_key"] for one in task.get("depends_on", [])}:
                rerun.add(task["task_key"])
        self.states = {key: state for key, state in self.states.items() if key not in rerun}
        return self.run(**ends)

    @property
    def result(self) -> str:
        """How the run ended: the leaf tasks decide."""
        inner = {one["task_key"] for task in self._job["tasks"] for one in task.get("depends_on", [])}
        if any(state != SUCCESS for key, state in self.states.items() if key not in inner):
            return "Failed"
        return "Succeeded" if set(self.states.values()) == {SUCCESS} else "Succeeded with failures"

    @property
    def steps(self) -> dict[str, tuple[int, str, str | None]]:
        """The steps of the monitor's run by name: attempt, status, message."""
        with ETLMonitor(self.url) as monitor:
            run = monitor.get_status(*DAILY, DAY, self.job_run)
            return {step.task_name: (step.attempts, step.status, step.log_message) for step in run}

    @property
    def state(self) -> RunState:
        """How the process stands."""
        with ETLMonitor(self.url) as monitor:
            (process,) = monitor.processes(*DAILY, DAY)
            return process.run_state

    @property
    def watermark(self) -> object:
        """How far the extract has read."""
        with ETLMonitor(self.url) as monitor:
            return monitor.get_active_watermark(*DAILY, "Extract")

    @property
    def starts(self) -> dict[int, datetime | None]:
        """When each attempt of the extract began."""
        with ETLMonitor(self.url) as monitor:
            run = monitor.get_status(*DAILY, DAY, self.job_run, attempts="all")
            return {step.attempts: step.start_time for step in run if step.task_name == "Extract"}

    @property
    def _job(self) -> dict[str, Any]:
        return Kit().deployed(url=self.url, layout="partitioned")["jobs"][self.key]  # the only layout that DuckDB has

    def _ended(self, task: dict[str, Any], end: str | tuple[str, str] | None) -> str:
        before = [self.states[one["task_key"]] for one in task.get("depends_on", [])]
        if task.get("run_if", "ALL_SUCCESS") != "ALL_DONE" and set(before) - {SUCCESS}:
            return UPSTREAM_FAILED
        if isinstance(end, str):
            return end
        script = task["spark_python_task"]
        file = (HOME / "resources" / script["python_file"]).resolve()
        return self._run(task["task_key"], file, [self._filled(one) for one in script.get("parameters", [])], end)

    def _run(self, key: str, file: Path, arguments: list[str], change: tuple[str, str] | None) -> str:
        source = file.read_text("utf-8")
        if change:
            assert source.count(change[0]) == 1
            source = source.replace(*change)
        command = [sys.executable, "-c", source, *arguments]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        self.said[key] = done.stderr
        return FAILED if done.returncode else SUCCESS

    def _filled(self, text: str) -> str:
        values = {"job.run_id": self.job_run, "job.start_time.iso_date": DAY}
        for one in self._job.get("parameters", []):
            values[f"job.parameters.{one['name']}"] = one["default"]
        for key, state in self.states.items():
            values[f"tasks.{key}.result_state"] = state
            values[f"tasks.{key}.error_code"] = "RunExecutionError" if state == FAILED else ""
        for _ in range(2):  # a job's parameter is a reference too
            for name, value in values.items():
                text = text.replace(f"{{{{{name}}}}}", value)
        assert "{{" not in text
        return text


def migrated(url: str) -> JobRun:
    """Return a run of the daily load that has not begun, with tables that the kit's migration made."""
    assert JobRun(url, "etl_monitor_migration").run().states == {"migrate": SUCCESS}
    return JobRun(url, "etl_monitor_daily_load")
