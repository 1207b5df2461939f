"""Pings: a step's start or end, from what can do no better than curl."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Final

from etl_monitor_orm import inputs
from etl_monitor_orm.claims import Claim, read_claim
from etl_monitor_orm.errors import InvalidInput, InvalidTransition
from etl_monitor_orm.inputs import MESSAGE_MAX
from etl_monitor_orm.keys import ProcessKey, RunKey, StepKey
from etl_monitor_orm.monitor import ETLMonitor
from etl_monitor_orm.printable import quoted
from etl_monitor_orm.reporting.ending import Report, end
from etl_monitor_orm.reporting.starting import Wish, started
from etl_monitor_orm.reporting.tails import Tail
from etl_monitor_orm.reporting.task_words import TaskWord
from etl_monitor_orm.server.answers import Answered
from etl_monitor_orm.vocabulary import RunState, Status

_LONGEST_NAME: Final = 255
"""Of what a ping registers: whoever shows a token may be anybody's script."""
_MOST: Final = 255
"""The largest exit status of a program."""


@dataclass(frozen=True)
class Ping:
    """What a ping says.

    Attributes:
        project: The project.
        process: The process.
        task: The task's word: ID, PASS.ID or its name.
        signal: `start`, `done`, `fail`, or the exit status of the program.
        execution_id: The run; None means the one to join.
        on: The date; None means the run's, else the one that the process works on.
        claim: What the ping of the start answered.
        register: Whether to register what is unknown.
        log: The tail of the program's log.
    """

    project: str
    process: str
    task: str
    signal: str
    execution_id: str | None = None
    on: date | None = None
    claim: str | None = None
    register: bool = False
    log: bytes = b""

    def wish(self) -> Wish:
        """Return which step it means."""
        longest = _LONGEST_NAME if self.register else None
        for what, name in (("project", self.project), ("process", self.process), ("TASK", self.task)):
            inputs.text(what, name, longest=longest)
        return Wish(
            self.project,
            self.process,
            TaskWord.read(self.task),
            self.on,
            None if self.execution_id is None else inputs.execution_id(self.execution_id),
            register=self.register,
        )

    def exit_status(self) -> int | None:
        """Return the exit status that it tells; None if it is a start.

        Raises:
            InvalidInput: It tells nothing.
        """
        words = {"start": None, "done": 0, "fail": 1}
        if self.signal in words:
            return words[self.signal]
        if not (self.signal.isascii() and self.signal.isdecimal() and int(self.signal[:4]) <= _MOST):
            raise InvalidInput(f"signal is {quoted(self.signal)}; it must be start, done, fail or an exit status.")
        return int(self.signal[:4])


def take(monitor: ETLMonitor, ping: Ping) -> Answered:
    """Start or end the step that a ping means.

    A start without a run joins the date's latest unfinished run, or starts one, as `etl-monitor exec` does; one that
    names a run starts it if it is new. An end without a run ends the task where it is running; else it joins a run too.

    Raises:
        EtlMonitorError: The monitor refuses it.
    """
    status = ping.exit_status()
    wish = ping.wish()
    read_claim(ping.claim)  # before a run is started for it
    if status is None:
        return _started(monitor, wish)
    tail = Tail()
    tail.add(ping.log)
    how = Status.FAIL if status else Status.DONE
    told = [f"It exited with {status}."] if status and ping.signal != "fail" else []
    message = "\n".join([*told, tail.text(MESSAGE_MAX - sum(map(len, told)) - 1)]).strip() or None
    code = f"EXIT_{status}" if told else None
    step = end(monitor, wish, Report(how, message, code, ping.claim))
    return _answer(step, how.value, None)


def _started(monitor: ETLMonitor, wish: Wish) -> Answered:
    handle = started(monitor, wish)
    step = StepKey(
        RunKey(ProcessKey(handle.project_code, handle.process_load), handle.execution_id, handle.processing_date),
        handle.task_id,
        handle.workflow_id,
    )
    assert handle.started is not None
    return _answer(step, RunState.RUNNING.value, str(Claim(handle.attempts, handle.started)))


def taken_before(ping: Ping, refusal: InvalidTransition, claim: Claim) -> Answered:
    """Return the answer to a ping that an earlier try of the same request had taken.

    Args:
        ping: The ping.
        refusal: Why this try is refused.
        claim: The claim of what the earlier try started or ended.
    """
    status = ping.exit_status()
    assert refusal.step is not None
    if status is None:
        return _answer(refusal.step, RunState.RUNNING.value, str(claim))
    return _answer(refusal.step, (Status.FAIL if status else Status.DONE).value, None)


def _answer(step: StepKey, status: str, claim: str | None) -> Answered:
    return {
        "execution_id": step.run.execution_id,
        "processing_date": step.run.processing_date.isoformat(),
        "task": f"{step.workflow_id}.{step.task_id}",
        "status": status,
        "claim": claim,
    }
