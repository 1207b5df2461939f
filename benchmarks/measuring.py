"""Times, and the lines that are printed."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from resource import RUSAGE_CHILDREN, getrusage
from statistics import median
from tempfile import TemporaryDirectory
from time import perf_counter, process_time


def milliseconds(work: Callable[[int], object], tries: int, first: int = 0) -> tuple[float, float]:
    """The median time of a piece of work and its median CPU; each try gets its own number."""
    times, cpu = [], []
    for number in range(first, first + tries):
        start, busy = perf_counter(), process_time()
        work(number)
        times.append(perf_counter() - start)
        cpu.append(process_time() - busy)
    return median(times) * 1_000, median(cpu) * 1_000


def process_cpu(*arguments: str, tries: int = 5) -> float:
    """The least CPU of a Python process, its children's not included, in milliseconds."""
    spent = []
    with TemporaryDirectory() as compiled:  # the first process compiles what the others import
        kept = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
        environment = {**kept, "PYTHONPYCACHEPREFIX": compiled}
        for _ in range(tries + 1):
            before = getrusage(RUSAGE_CHILDREN)
            subprocess.run([sys.executable, *arguments], check=True, capture_output=True, env=environment)
            after = getrusage(RUSAGE_CHILDREN)
            spent.append(after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime)
    return min(spent[1:]) * 1_000


def heading(title: str) -> None:
    print(f"\n{title}\n{'':38} {'monitor':>10} {'CPU':>9} {'plain':>10}   ratio", flush=True)


def line(name: str, ours: tuple[float, float], plain: float | None) -> None:
    ratio = "" if not plain else f"x {ours[0] / plain:5.1f}"
    beside = "" if plain is None else f"{plain:7.1f} ms"
    print(f"{name:38} {ours[0]:7.1f} ms {ours[1]:6.1f} ms {beside:>10} {ratio:>9}", flush=True)
