"""Tracked tasks, the dispatcher's question and registering: beside the same statements through the driver."""

from __future__ import annotations

from benchmarks.measuring import line, milliseconds
from benchmarks.replaying import Player, beside
from etl_monitor_orm import ETLMonitor, Parameter, Process, Task

DAY = "2026-04-09"
FIRST = 100_001
"""The first task's number: one that no other value has, so that another task can be put in its place."""
LOAD = {"project_code": "BENCH", "process_load": "LOAD"}


def catalogue(tasks: int, *, watermarks: bool, load: str = "LOAD") -> list[Process | Parameter | Task]:
    place = {**LOAD, "process_load": load}
    numbers = range(FIRST, FIRST + tasks)
    marks = [Parameter(**place, parameter_name=f"M{n}", parameter_type="DELTA_DATE") for n in numbers if watermarks]
    named = (f"M{n}" if watermarks else None for n in numbers)
    return [
        Process(**place),
        *marks,
        *(
            Task(**place, task_id=n, workflow_id=1, sequence_id=2, task_name=f"Task {n}", source_system_code=mark)
            for n, mark in zip(numbers, named, strict=True)
        ),
    ]


def tracked(monitor: ETLMonitor, name: str, tries: int, *, watermarks: bool) -> None:
    """A task, started and DONE, in a run of its own; the same statements again in another run."""
    load = "MARKED" if watermarks else "LOAD"
    monitor.register(catalogue(tries + 5, watermarks=watermarks, load=load))
    run, again = (monitor.start_run("BENCH", load, DAY) for _ in range(2))

    def track(number: int) -> None:
        with run.task(number):
            pass

    track(FIRST)
    known = FIRST + 1
    script = beside(monitor.engine, track, known)
    ours = milliseconds(track, tries, known + 1)
    player = Player(monitor.engine)

    def play(number: int) -> None:
        other = {known: number, f"M{known}": f"M{number}", run.execution_id: again.execution_id}
        player.play(script, other)

    plain, _ = milliseconds(play, tries, FIRST)
    player.close()
    line(f"{name}, {script.statements} statements", ours, plain)


def asked(monitor: ETLMonitor, tries: int) -> None:
    """`pending()` of 50 steps, and 1,000 unchanged tasks that are registered again."""
    monitor.register(catalogue(50, watermarks=False, load="FIFTY"))
    run = monitor.start_run("BENCH", "FIFTY", DAY)
    for name, work in (
        ("pending() of 50", lambda _: run.pending()),
        ("register() of 1,000, unchanged", lambda _: monitor.register(thousand())),
    ):
        if name.startswith("register"):
            monitor.register(thousand())
        script = beside(monitor.engine, work, 0)
        ours = milliseconds(work, tries)
        player = Player(monitor.engine)
        plain, _ = milliseconds(lambda _, script=script, player=player: player.play(script, {}), tries)
        player.close()
        line(f"{name}, {script.statements} statements", ours, plain)


def thousand() -> list[Process | Parameter | Task]:
    return catalogue(1_000, watermarks=False, load="THOUSAND")
