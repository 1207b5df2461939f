"""The file in which the child leaves words for the monitor: `advance=…`, `hold`, `message=…` and others."""

from __future__ import annotations

import os
import tempfile
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Final

from etl_monitor_orm.cli.executing.words import warn
from etl_monitor_orm.printable import quoted

HOLD: Final = "hold"
_MOST: Final = 64 * 1024
"""Bytes that are read: a message has at most 2,000 characters."""

_SHOWN: Final = 3
"""How many lines that say nothing are shown."""


@dataclass
class Words:
    """What the child asks for.

    Attributes:
        advance: New value of the task's watermark.
        hold: Whether the watermark is to stay where it is.
        messages: Lines of the step's message.
        code: The message's code.
        measures: What it measured, by name.
    """

    advance: str | None = None
    hold: bool = False
    messages: list[str] = field(default_factory=list)
    code: str | None = None
    measures: dict[str, str] = field(default_factory=dict)

    def take(self, line: str) -> bool:
        """Read one line, and return whether it says something; of `advance` and `hold`, the last one counts."""
        word, equals, value = line.partition("=")
        match word.strip().lower(), bool(equals):
            case "advance", True:
                self.advance, self.hold = value.strip(), False
            case "hold", False:
                self.advance, self.hold = None, True
            case "message", True:
                self.messages.append(value)
            case "code", True:
                self.code = value.strip()
            case "measure", True:
                name, told, number = value.partition("=")
                if not told:
                    return False
                self.measures[name.strip()] = number.strip()
            case _:
                return False
        return True


class Outbox:
    """A private file for the child; where none can be made, the child goes without."""

    def __init__(self) -> None:
        self.path: str | None = None
        try:
            number, self.path = tempfile.mkstemp(prefix="etl-monitor-", suffix=".out")
            os.close(number)
        except OSError as trouble:
            warn(f"There is no file for ETL_MONITOR_OUT: {trouble}. The command runs without it.")

    def read(self) -> Words:
        """Return what the child wrote."""
        words = Words()
        if self.path is None:
            return words
        try:
            # Not to block where the child put something else in the file's place.
            with open(os.open(self.path, os.O_RDONLY | os.O_NONBLOCK), "rb") as file:
                text = file.read(_MOST + 1)
        except OSError as trouble:
            warn(f"What the command left in ETL_MONITOR_OUT cannot be read: {trouble}.")
            return words
        if len(text or b"") > _MOST:
            warn(f"The command left more than {_MOST} bytes in ETL_MONITOR_OUT; the rest is not read.")
        lines = (text or b"")[:_MOST].decode("utf-8", "replace").splitlines()
        strange = [line for line in lines if line.strip() and not words.take(line)]
        for line in strange[:_SHOWN]:
            warn(
                f"The command left the line {quoted(line)}, which says nothing to the monitor. "
                "Write advance=VALUE, hold, message=TEXT, code=TEXT or measure=NAME=NUMBER."
            )
        if len(strange) > _SHOWN:
            warn(f"The command left {len(strange) - _SHOWN} more such lines.")
        return words

    def remove(self) -> None:
        """Remove the file, if the child has not."""
        if self.path is not None:
            with suppress(OSError):
                os.unlink(self.path)
