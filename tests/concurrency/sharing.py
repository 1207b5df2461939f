"""Processes that share one DuckDB file, some of which are killed: `python -m tests.concurrency.sharing --help`."""

from __future__ import annotations

import argparse
import os
import random
import select
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

from etl_monitor_orm import ETLMonitor, InvalidTransition, Run, Task
from tests.patience import PATIENT

HR = ("CORP", "HR_DAILY")
DAY, RUN = "2026-04-09", "run-1"
AT_ONCE = 20
"""How many of the waiting tasks a worker takes on before it looks again."""


@dataclass
class Report:
    """What the workers told.

    Attributes:
        done: For each task, how often a worker was told that its step is DONE.
        slowest: Seconds of the slowest call.
        kills: How many workers were killed.
        errors: What workers ended with.
    """

    done: Counter[int] = field(default_factory=Counter)
    slowest: float = 0.0
    kills: int = 0
    errors: list[str] = field(default_factory=list)


def prepare(url: str, tasks: int) -> None:
    """Register a process with this many tasks, and start a run of them."""
    monitor = ETLMonitor(url, exclusive=True).setup().register_process(*HR)
    process = {"project_code": HR[0], "process_load": HR[1]}
    monitor.register(
        Task(**process, task_id=number, workflow_id=1, sequence_id=2, task_name=f"Task {number}")
        for number in range(1, tasks + 1)
    )
    monitor.start_run(*HR, DAY, execution_id=RUN)
    monitor.close()


def share(url: str, processes: int, kills: int = 0, tasks: int = 0) -> Report:
    """Let workers do the run's tasks, and kill one of them now and then.

    Without kills the workers compete for all tasks. With kills each has its own, and the next worker of that number
    goes on with what the killed one left.

    Args:
        url: The file.
        processes: How many work at the same time.
        kills: How many are killed, spread over the run.
        tasks: How many tasks there are.
    """
    report, unfinished = Report(), set(range(processes))
    reading, writing = os.pipe()

    def start(number: int) -> subprocess.Popen[bytes]:
        arguments = [url, str(number), str(processes), "alone" if kills else "compete"]
        return subprocess.Popen([sys.executable, "-m", __spec__.name, "work", *arguments], stdout=writing)

    workers = [start(number) for number in range(processes)]
    marks = sorted(random.sample(range(tasks * 3 // 4), kills))
    try:
        while unfinished and not report.errors:
            kind, number, words = _read_line(reading).split(" ", 2)
            if kind == "end":
                unfinished.discard(int(number))
            elif kind == "error":
                report.errors.append(words)
            elif kind == "done":
                report.done[int(words)] += 1
            else:
                report.slowest = max(report.slowest, float(words))
            while marks and report.done.total() > marks[0] and unfinished:
                marks.pop(0)
                time.sleep(random.uniform(0, 0.05))
                victim = random.choice(sorted(unfinished))
                workers[victim].send_signal(signal.SIGKILL)
                workers[victim].wait(timeout=PATIENT)
                report.kills += 1
                workers[victim] = start(victim)
    finally:
        for worker in workers:
            if unfinished:
                worker.kill()
            worker.wait(timeout=PATIENT)
        os.close(reading)
        os.close(writing)
    return report


def _read_line(pipe: int) -> str:
    """Read what a worker told; each line is written at once, so that a kill leaves no part of one."""
    line = b""
    while not line.endswith(b"\n"):
        assert select.select([pipe], [], [], PATIENT)[0], "no worker told anything"
        line += os.read(pipe, 1)
    return line.decode().rstrip("\n")


def work(url: str, number: int, processes: int, how: str) -> None:
    """Do tasks until none is left, and tell each that is DONE."""

    def tell(kind: str, words: object) -> None:
        os.write(sys.stdout.fileno(), f"{kind} {number} {words}\n".encode())

    slowest = 0.0
    try:
        monitor = ETLMonitor(url, lock_wait=PATIENT)
        run = monitor.start_run(*HR, DAY, execution_id=RUN)
        while left := _left(run, number, processes, how):
            for task in left:
                began = time.monotonic()
                try:
                    claim = monitor.start_task(
                        RUN, *HR, task, workflow_id=1, processing_date=DAY, takeover=how == "alone"
                    )
                except InvalidTransition:
                    continue  # another worker was faster
                middle = time.monotonic()
                monitor.end_task(RUN, *HR, task, workflow_id=1, processing_date=DAY, claim=claim)
                tell("done", task)
                slowest = max(slowest, middle - began, time.monotonic() - middle)
            tell("slowest", slowest)
    except Exception as error:
        tell("error", " ".join(f"{type(error).__name__}: {error}".split()))
    else:
        tell("end", slowest)


def _left(run: Run, number: int, processes: int, how: str) -> list[int]:
    if how == "alone":
        mine = [step.task_id for step in run.status() if step.status != "DONE" and step.task_id % processes == number]
        return mine[:AT_ONCE]
    waiting = [step.task_id for step in run.pending()]
    return random.sample(waiting, min(AT_ONCE, len(waiting)))


def main() -> None:
    """Share a file as the arguments say, and print how it went."""
    if sys.argv[1:2] == ["work"]:
        url, number, processes, how = sys.argv[2:]
        return work(url, int(number), int(processes), how)
    parser = argparse.ArgumentParser(prog="python -m tests.concurrency.sharing", description=__doc__)
    parser.add_argument("--processes", type=int, default=8, help="how many work at the same time [8]")
    parser.add_argument("--tasks", type=int, default=1000, help="how many tasks they do in all [1000]")
    parser.add_argument("--kills", type=int, default=200, help="how many of them are killed with SIGKILL [200]")
    chosen = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        url = f"duckdb:///{Path(folder) / 'monitor.duckdb'}"
        prepare(url, chosen.tasks)
        began = time.monotonic()
        report = share(url, chosen.processes, chosen.kills, chosen.tasks)
        took = time.monotonic() - began
        steps = ETLMonitor(url).get_status(*HR, DAY, execution_id=RUN)
    done = sum(step.status == "DONE" for step in steps)
    sys.stdout.write(
        f"{chosen.processes} processes, {report.kills} killed: {done} of {len(steps)} steps DONE in {took:.0f} s; "
        f"told twice: {sum(times > 1 for times in report.done.values())}; slowest call {report.slowest:.2f} s\n"
    )
    for error in report.errors:
        sys.stdout.write(f"{error}\n")
    sys.exit(1 if report.errors or done < len(steps) or max(report.done.values()) > 1 else 0)


if __name__ == "__main__":
    main()
