"""`Claim`: how a worker that started a step is told from the one that starts it after it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Self

from etl_monitor_orm import inputs
from etl_monitor_orm.errors import InvalidInput
from etl_monitor_orm.printable import quoted


@dataclass(frozen=True)
class Claim:
    """The start of an attempt, as `start_task` returns it for `end_task` and `fail_task`.

    `str(claim)` is a text that another process can pass on, and that these calls take instead of the claim.

    Attributes:
        attempts: Number of the attempt; None where the database did not return it.
        started: The start time that was written (UTC); a worker that starts the step again writes a different one.
    """

    attempts: int | None
    started: datetime

    def __post_init__(self) -> None:
        inputs.optional_integer("attempts", self.attempts)
        if not isinstance(self.started, datetime):
            raise InvalidInput(f"started must be a datetime, not {type(self.started).__name__}.")

    def __str__(self) -> str:
        number = "" if self.attempts is None else str(self.attempts)
        return f"{number}@{self.started.isoformat()}"

    @classmethod
    def parse(cls, text: str) -> Self:
        """Return the claim that a text names, as `str(claim)` wrote it.

        Raises:
            InvalidInput: It is no such text.
        """
        number, at, started = inputs.text("claim", text).strip().partition("@")
        if not at or not (number == "" or (number.isascii() and number.isdecimal())):
            raise InvalidInput(f"claim is {quoted(text)}; pass what start_task() returned, or its text.")
        attempts = inputs.integer("claim", int(number)) if number else None
        return cls(attempts, inputs.moment("claim", started))


def read_claim(value: object) -> Claim | None:
    """Read a caller's argument: a claim, its text, or None.

    Raises:
        InvalidInput: It is something else.
    """
    if value is None or isinstance(value, Claim):
        return value
    if isinstance(value, str):
        return Claim.parse(value)
    raise InvalidInput(f"claim must be what start_task() returned, or its text, not {type(value).__name__}.")
