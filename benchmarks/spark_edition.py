"""This edition and the Spark edition, each with one run of its own, on the same Spark and Delta Lake."""

from __future__ import annotations

from time import perf_counter

from etl_monitor.framework import ETLMonitorFramework

from benchmarks.tracking import DAY, catalogue
from etl_monitor_orm import ETLMonitor
from tests.databases import migrated, monitor_url
from tests.warehouse import Warehouse
from tests.warehouse.warehouse import CATALOG

LOAD = ("BENCH", "LOAD")


def compare(warehouse: Warehouse, tasks: int) -> None:
    """Print the seconds and the statements of a run of so many tasks."""
    migrated(warehouse)
    ours = _ours(warehouse, tasks)
    theirs = _theirs(warehouse, tasks)
    for name, (seconds, statements) in {"this edition": ours, "Spark edition": theirs}.items():
        print(f"{name:38} {seconds:7.1f} s  {statements:5} statements for a run of {tasks} tasks", flush=True)
    print(f"{'ratio of the seconds':38} {ours[0] / theirs[0]:7.2f}", flush=True)


def _ours(warehouse: Warehouse, tasks: int) -> tuple[float, int]:
    monitor = ETLMonitor(monitor_url(warehouse))
    monitor.register(catalogue(tasks, watermarks=False))
    before, start = len(warehouse.log), perf_counter()
    run = monitor.start_run(*LOAD, DAY)
    for step in run.pending():
        with run.task(step.task_id, workflow_id=step.workflow_id):
            pass
    spent = perf_counter() - start, len(warehouse.log) - before
    monitor.close()
    return spent


def _theirs(warehouse: Warehouse, tasks: int) -> tuple[float, int]:
    notebook = warehouse.notebook()
    framework = ETLMonitorFramework(notebook, CATALOG, "theirs")
    framework.setup()
    framework.register_process(*LOAD, name="Load")
    for number in range(1, tasks + 1):
        framework.register_task(*LOAD, task_id=number, workflow_id=1, sequence_id=2, task_name=f"Task {number}")
    sent = 0
    plain = notebook.sql

    def counted(*arguments: object, **more: object) -> object:
        nonlocal sent
        sent += 1
        return plain(*arguments, **more)

    notebook.sql = counted
    start = perf_counter()
    framework.generate_execution_steps("run-1", *LOAD, DAY)
    for number in range(1, tasks + 1):
        with framework.task("run-1", *LOAD, task_id=number, workflow_id=1, sequence_id=2, processing_date=DAY):
            pass
    return perf_counter() - start, sent
