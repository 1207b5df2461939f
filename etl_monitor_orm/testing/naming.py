"""Which task a test means: its number, its name, or its pass and number."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import TYPE_CHECKING, Final, TypeVar

from etl_monitor_orm import InvalidInput, inputs
from etl_monitor_orm.printable import named, quoted
from etl_monitor_orm.vocabulary import FIRST_PASS, INITIATION_ID

_NUMBER: Final = re.compile(r"(?:([0-9]{1,9})\.)?([0-9]{1,9})")
"""A task as commands write it: its number, after its pass and a dot where that is not the first."""


if TYPE_CHECKING:
    from etl_monitor_orm import Task, TaskDetail

    Numbered = TaskDetail | Task

One = TypeVar("One", "TaskDetail", "Task")
"""What has a task's numbers and name: a step, or the task itself."""


def find(among: Iterable[One], asked: object) -> One | None:
    """Return the one that a test means; None when there is none.

    Args:
        among: Steps or tasks of one process, each task once.
        asked: A number (0 is the initiation, others are in pass 1), a name, or text such as `"2.1"` for task 1 of
            pass 2. A name goes before a number.

    Raises:
        InvalidInput: It is none of these, or several tasks have this name.
    """
    known = list(among)
    if isinstance(asked, str):
        name = inputs.text("task", asked)
        named_so = [one for one in known if one.task_name == name]
        if len(named_so) > 1:
            raise InvalidInput(
                f"{quoted(asked)} is the name of {', '.join(map(numbers, named_so))}. Write one of these instead."
            )
        if named_so:
            return named_so[0]
        match = _NUMBER.fullmatch(asked)
        if match is None:
            return None
        workflow, number = match.groups()
        wanted = _in_pass(int(number)) if workflow is None else (int(workflow), int(number))
    else:
        wanted = _in_pass(inputs.integer("task", asked))
    return next((one for one in known if (one.workflow_id, one.task_id) == wanted), None)


def _in_pass(number: int) -> tuple[int, int]:
    return (INITIATION_ID if number == INITIATION_ID else FIRST_PASS), number


def numbers(one: Numbered) -> str:
    """Return pass and number, as in `1.2`."""
    return f"{one.workflow_id}.{one.task_id}"


def label(one: Numbered) -> str:
    """Return pass, number and name, as in `1.2 Load orders`: one line that no terminal obeys."""
    return f"{numbers(one)} {named(one.task_name or '', 60)}".rstrip()
