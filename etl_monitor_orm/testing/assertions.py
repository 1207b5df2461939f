"""Assertions on steps. A failure says what was expected, and shows how all steps stand.

They raise AssertionError themselves instead of using `assert`: so they say the same outside of pytest, in modules that
pytest does not rewrite, and under `python -O`.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date
from typing import TYPE_CHECKING

from etl_monitor_orm import ETLMonitor, InvalidInput, Run, Status
from etl_monitor_orm.printable import quoted
from etl_monitor_orm.testing.naming import find, label
from etl_monitor_orm.testing.standing import Standing, standing
from etl_monitor_orm.vocabulary import QUEUED, state_of

if TYPE_CHECKING:
    from etl_monitor_orm import TaskDetail


def assert_done(
    where: Run | ETLMonitor,
    *tasks: int | str,
    project_code: str | None = None,
    process_load: str | None = None,
    processing_date: date | str | None = None,
) -> None:
    """Assert that tasks are DONE (`v_taskDetail`); without tasks, that there are steps and every one is.

    Args:
        where: A run: then its own steps count. Or a monitor: then the steps of a process on a date, over all runs.
        tasks: Numbers (0 is the initiation, others are in pass 1), names, or text such as `"2.1"` for task 1 of pass 2.
        project_code: With a monitor, the project; left out, the monitor has one process.
        process_load: With a monitor, the process; left out, the monitor has one process.
        processing_date: With a monitor, the date; else the SYSDT parameter's, else the latest that has steps.

    Raises:
        AssertionError: A task is not DONE; the message shows how all steps stand.
        InvalidInput: An argument cannot be read, or could mean several tasks or processes.

    Example:
        `assert_done(run, "Load orders", "Build mart")`
    """
    __tracebackhide__ = True
    there = standing(where, project_code, process_load, processing_date)
    _check(there, tasks, "DONE", lambda step: step.status is Status.DONE)


def assert_queued(
    where: Run | ETLMonitor,
    *tasks: int | str,
    project_code: str | None = None,
    process_load: str | None = None,
    processing_date: date | str | None = None,
) -> None:
    """Assert that tasks are queued and nobody has started them; without tasks, that there are steps and every one is.

    It is what remains of a run behind a mandatory failure. A running step is not queued.

    Args:
        where: A run: then its own steps count. Or a monitor: then the steps of a process on a date, over all runs.
        tasks: As for `assert_done`.
        project_code: As for `assert_done`.
        process_load: As for `assert_done`.
        processing_date: As for `assert_done`.

    Raises:
        AssertionError: A task is not queued; the message shows how all steps stand.
        InvalidInput: An argument cannot be read, or could mean several tasks or processes.
    """
    __tracebackhide__ = True
    there = standing(where, project_code, process_load, processing_date)
    _check(there, tasks, "queued", lambda step: step.status in QUEUED and not step.is_running)


def assert_failed(
    where: Run | ETLMonitor,
    *tasks: int | str,
    match: str | None = None,
    project_code: str | None = None,
    process_load: str | None = None,
    processing_date: date | str | None = None,
) -> None:
    """Assert that the current attempts of tasks are FAIL; without tasks, that at least one step's is.

    Args:
        where: A run: then its own steps count. Or a monitor: then the steps of a process on a date, over all runs.
        tasks: As for `assert_done`.
        match: A regular expression that is found in each one's message, as `pytest.raises` takes it.
        project_code: As for `assert_done`.
        process_load: As for `assert_done`.
        processing_date: As for `assert_done`.

    Raises:
        AssertionError: A task did not fail, or said something else; the message shows how all steps stand.
        InvalidInput: An argument cannot be read, or could mean several tasks or processes.

    Example:
        `assert_failed(run, "Load orders", match="KeyError")`
    """
    __tracebackhide__ = True
    pattern = _pattern(match)
    there = standing(where, project_code, process_load, processing_date)
    expected = "FAIL" if match is None else f"FAIL with {quoted(match)}"

    def failed(step: TaskDetail) -> bool:
        return step.status is Status.FAIL and (pattern is None or bool(pattern.search(step.log_message or "")))

    if tasks or not there.steps:
        _check(there, tasks, expected, failed)
    elif not any(map(failed, there.steps)):
        _refuse(there, expected, "no step is", {}, [])


def _check(there: Standing, tasks: tuple[int | str, ...], expected: str, right: Callable[[TaskDetail], bool]) -> None:
    """Refuse that a task stands otherwise; without tasks, that any step does, or that there is none."""
    __tracebackhide__ = True
    asked: dict[object, TaskDetail | None] = {}
    for task in tasks:
        step = find(there.steps, task)
        asked[quoted(task) if step is None else label(step)] = step
    if not tasks:
        asked = {label(step): step for step in there.steps}
    wrong = [one for one, step in asked.items() if step is None or not right(step)]
    if wrong:
        step = asked[wrong[0]]
        but = f"there is no step {wrong[0]}" if step is None else f"{wrong[0]} is {_told(step)}"
        if len(wrong) > 1:
            but += f", and {len(wrong) - 1} more"
        _refuse(there, expected, but, dict.fromkeys(asked, expected), wrong)
    if not asked:
        _refuse(there, expected, "there are no steps", {}, [])


def _told(step: TaskDetail) -> str:
    state = state_of(step.status, is_running=step.is_running)
    return f"{state} with {quoted(step.log_message)}" if step.log_message else state


def _refuse(there: Standing, expected: str, but: str, asked: dict[object, str], wrong: list[object]) -> None:
    __tracebackhide__ = True
    lines = [f"Expected {expected}, but {but}: {there.of}."]
    raise AssertionError("\n".join([*lines, *there.table(asked, wrong)] if there.steps or asked else lines))


def _pattern(match: object) -> re.Pattern[str] | None:
    if match is None:
        return None
    if not isinstance(match, str):
        raise InvalidInput(f"match must be a regular expression as text, not {type(match).__name__}.")
    try:
        return re.compile(match)
    except re.error as error:
        raise InvalidInput(
            f"match is {quoted(match)}, which is no regular expression: {error}. Use re.escape() for plain text."
        ) from None
