"""How a command or a ping names a task: `ID`, `PASS.ID`, or the task's name."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

from etl_monitor_orm import InvalidInput, inputs
from etl_monitor_orm.vocabulary import FIRST_PASS, INITIATION_ID

_NUMBERS: Final = re.compile(r"(?:([0-9]+)\.)?([0-9]+)", re.ASCII)


@dataclass(frozen=True)
class TaskWord:
    """A task as somebody named it.

    Attributes:
        task: Its number, or its name.
        workflow_id: The pass; None with a name.
    """

    task: int | str
    workflow_id: int | None = None

    @classmethod
    def read(cls, word: str) -> TaskWord:
        """Read `ID` (in pass 1; 0 in pass 0), `PASS.ID`, or a name.

        Raises:
            InvalidInput: It is empty, or a number is too large.
        """
        found = _NUMBERS.fullmatch(word.strip())
        if found is None:
            return cls(inputs.text("TASK", word))
        task = inputs.integer("TASK", found[2])
        if found[1] is not None:
            return cls(task, inputs.integer("The pass of TASK", found[1]))
        return cls(task, INITIATION_ID if task == INITIATION_ID else FIRST_PASS)

    @property
    def numbers(self) -> tuple[int, int]:
        """Pass and number.

        Raises:
            InvalidInput: It is a name.
        """
        if isinstance(self.task, str) or self.workflow_id is None:
            raise InvalidInput(f"TASK is {self.task!r}; this command takes ID or PASS.ID.")
        return self.workflow_id, self.task

    def __str__(self) -> str:
        return str(self.task) if self.workflow_id is None else f"{self.workflow_id}.{self.task}"
