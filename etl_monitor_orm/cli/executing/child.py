"""Runs the program: its input, output, signals and status are as without `exec`."""

from __future__ import annotations

import errno
import os
import select
import signal
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from etl_monitor_orm.cli.executing.pumping import Pump
from etl_monitor_orm.cli.executing.signalling import Signals
from etl_monitor_orm.reporting.tails import Tail

STDOUT, STDERR = 1, 2
NOT_FOUND: Final = 127
NOT_EXECUTABLE: Final = 126
BY_SIGNAL: Final = 128


@dataclass(frozen=True)
class Outcome:
    """How a program ended.

    Attributes:
        status: The exit status of a shell that ran it: its own, or 128 + the signal that ended it.
        how: The same in words, such as `exited with 3`.
        code: The same as a word for a column, such as `EXIT_3` or `SIGKILL`.
        tail: The last of what it printed.
        was_started: Whether it ran at all.
    """

    status: int
    how: str
    code: str
    tail: Tail
    was_started: bool = True


def run(command: Sequence[str], environment: Mapping[str, str], signals: Signals, *, tails_stdout: bool) -> Outcome:
    """Run a program to its end.

    Standard input is inherited, and so is standard output unless its tail is wanted. Standard error is a pipe.

    Args:
        command: The program and its arguments.
        environment: All its variables.
        signals: Receives this process's signals.
        tails_stdout: Whether standard output has a tail too.
    """
    tail = Tail()
    if signals.received:
        first = signals.received[0]
        how = f"was not started, because {first.name} arrived before it"
        return Outcome(BY_SIGNAL + first, how, first.name, tail, was_started=False)
    piped = subprocess.PIPE
    try:
        # Other open files are inherited too, as a shell would do; the monitor's own are closed on exec.
        child = subprocess.Popen(
            command, env=environment, stderr=piped, stdout=piped if tails_stdout else None, bufsize=0, close_fds=False
        )
    except (OSError, ValueError) as trouble:
        return _not_started(command[0], trouble, tail)
    pumps = [
        Pump(os.dup(stream.fileno()), target, tail)
        for stream, target in ((child.stderr, STDERR), (child.stdout, STDOUT))
        if stream is not None
    ]
    for stream in (child.stderr, child.stdout):
        if stream is not None:
            stream.close()
    signals.to(child.send_signal)
    while child.poll() is None:
        waiting = [signals.wake, *(pump.source for pump in pumps if pump.is_open)]
        ready, _, _ = select.select(waiting, [], [])
        signals.slept()
        for pump in pumps:
            if pump.is_open and pump.source in ready:
                pump.move()
    signals.to(None)
    for pump in pumps:
        pump.finish()
    return _ended(child.returncode, tail)


def _ended(returncode: int, tail: Tail) -> Outcome:
    if returncode >= 0:
        return Outcome(returncode, f"exited with {returncode}", f"EXIT_{returncode}", tail)
    try:
        name = signal.Signals(-returncode).name
    except ValueError:
        name = f"SIG_{-returncode}"  # a real-time signal
    return Outcome(BY_SIGNAL - returncode, f"was ended by {name}", name, tail)


def _not_started(program: str, trouble: OSError | ValueError, tail: Tail) -> Outcome:
    """Say why there was nothing to run, with the status that a shell gives."""
    missing = isinstance(trouble, OSError) and trouble.errno in (errno.ENOENT, errno.ENOTDIR)
    status = NOT_FOUND if missing else NOT_EXECUTABLE
    reason = (trouble.strerror if isinstance(trouble, OSError) else None) or str(trouble)
    if missing and os.path.isfile(program):
        reason = "the interpreter that its first line names does not exist"
    elif isinstance(trouble, OSError) and trouble.errno == errno.ENOEXEC:
        reason += "; a script needs a first line such as #!/bin/sh"
    return Outcome(status, f"was not started: {reason}", f"EXIT_{status}", tail, was_started=False)
