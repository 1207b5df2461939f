"""Reads callers' arguments: converts them to the domain's types, or says what is wrong."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta
from enum import Enum, IntEnum
from os import PathLike, fspath
from typing import Final, TypeVar

from etl_monitor_orm import foreign
from etl_monitor_orm.errors import InvalidInput
from etl_monitor_orm.keys import EXECUTION_ID_MAX, ProcessKey, RunKey, StepKey, TaskKey
from etl_monitor_orm.printable import quoted
from etl_monitor_orm.vocabulary import FIRST_PASS, INITIATION_ID

E = TypeVar("E", bound=Enum)

INT_MAX: Final = 2**31 - 1
BIGINT_MAX: Final = 2**63 - 1
MESSAGE_MAX: Final = 2000
NUL: Final = "\0"
_LONGEST_MEASURE: Final = 100
_MOST_DIGITS: Final = 40
"""How much of a number a message shows."""


def text(name: str, value: object, *, longest: int | None = None) -> str:
    """Return `value` as required text; refuse non-strings, empty text, text over `longest`, NUL and lone surrogates."""
    if not isinstance(value, str):
        raise InvalidInput(f"{name} must be text, not {type(value).__name__}.")
    if not value.strip():
        raise InvalidInput(f"{name} must not be empty.")
    if longest is not None and len(value) > longest:
        raise InvalidInput(f"{name} is {len(value)} characters long; the limit is {longest}.")
    if NUL in value:
        raise InvalidInput(f"{name} is {quoted(value)}; no database can store the character NUL. Leave it out.")
    if encodable(value) != value:
        # Replaced, two different keys would become one.
        raise InvalidInput(f"{name} is {quoted(value)}; its lone surrogates cannot be stored. Leave them out.")
    return foreign.plain_text(value)


def optional_code(name: str, value: object) -> str | None:
    """Like `text`; None and the empty string become None."""
    return None if _is_nothing(value) else text(name, value)


def optional_text(name: str, value: object) -> str | None:
    """Return `value` as text or None; refuse any other type."""
    if value is None:
        return None
    if not isinstance(value, str):
        raise InvalidInput(f"{name} must be text or None, not {type(value).__name__}.")
    return encodable(foreign.plain_text(value))


def encodable(value: str) -> str:
    """Replace characters that some databases cannot store: NUL, and lone surrogates, as from undecodable file names.

    NUL becomes the visible ␀: a log message with a NUL must not make its job fail.
    """
    return value.encode("utf-8", "replace").decode("utf-8").replace(NUL, "\u2400")


def _is_nothing(value: object) -> bool:
    # pandas.NA == "" is neither true nor false, so only text is compared.
    return value is None or (isinstance(value, str) and value == "")


def choice(name: str, kind: type[E], value: object) -> E:
    """Return the member of `kind` that `value` names; refuse anything else, listing the words that exist."""
    word = foreign.whole_number(value) if issubclass(kind, IntEnum) else value
    try:
        return kind(word)
    except (ValueError, TypeError):
        words = ", ".join(str(member.value) for member in kind)
        raise InvalidInput(f"{name} is {quoted(value)}; it must be one of {words}.") from None


def optional_choice(name: str, kind: type[E], value: object) -> E | None:
    """Like `choice`; None and the empty string become None."""
    return None if _is_nothing(value) else choice(name, kind, value)


def integer(name: str, value: object, *, least: int = 0, most: int = INT_MAX) -> int:
    """Return `value` as a whole number within bounds: a number of any make, or digits as text; a bool is no number."""
    number = foreign.whole_number(value)
    if number is None:
        if isinstance(value, str):
            raise InvalidInput(f"{name} is {value[:_MOST_DIGITS]!r}; it must be a whole number.")
        raise InvalidInput(f"{name} must be a whole number, not {type(value).__name__}.")
    if not least <= number <= most:
        # Python writes no number of more than some thousand digits.
        told = str(number) if abs(number) < 10**_MOST_DIGITS else "a number with too many digits"
        raise InvalidInput(f"{name} is {told}; it must be between {least} and {most}.")
    return number


def measures(name: str, value: object) -> dict[str, int]:
    """Return `value` as whole numbers by name: what a load measured."""
    if not isinstance(value, Mapping):
        raise InvalidInput(f"{name} must be numbers by name, such as rows, not {type(value).__name__}.")
    if not value:
        raise InvalidInput(f"{name} is empty. Give at least one number, such as rows.")
    return {
        text(f"the name of one of {name}", one, longest=_LONGEST_MEASURE): integer(
            f"{name}: {quoted(one)}", number, least=-BIGINT_MAX, most=BIGINT_MAX
        )
        for one, number in value.items()
    }


def is_plain_number(value: object) -> bool:
    """Return whether `value` is a whole number of any make, and not the text of one."""
    return not isinstance(value, str) and foreign.whole_number(value) is not None


def is_time(value: object) -> bool:
    """Return whether `value` is a date or a time, and not the text of one."""
    return (isinstance(value, date) or foreign.is_datetime64(value)) and not foreign.is_no_value(value)


def optional_integer(name: str, value: object, *, least: int = 0, most: int = INT_MAX) -> int | None:
    """Like `integer`, or None."""
    return None if value is None else integer(name, value, least=least, most=most)


def path(name: str, value: object) -> str:
    """Read the path of a file."""
    if not isinstance(value, str | PathLike):
        raise InvalidInput(f"{name} must be a path, not {type(value).__name__}.")
    plain = fspath(value)
    if not isinstance(plain, str) or not plain.strip() or "\0" in plain:
        raise InvalidInput(f"{name} is {plain!a}; it must name a file.")
    return plain


def boolean(name: str, value: object) -> bool:
    """Return `value`, which must be True or False, Python's or numpy's."""
    switch = foreign.switch(value)
    if switch is None:
        raise InvalidInput(f"{name} must be True or False, not {type(value).__name__}.")
    return switch


def function(name: str, value: object) -> None:
    """Refuse what cannot be called."""
    if not callable(value):
        raise InvalidInput(f"{name} must be a function, not {type(value).__name__}.")


def day(name: str, value: object) -> date:
    """Return `value` as a date: a date, a datetime (its UTC day), pandas' or numpy's own, or ISO text."""
    if isinstance(value, str):
        try:
            return date.fromisoformat(value)
        except ValueError:
            raise InvalidInput(f"{name} is {quoted(value)}; write a date as YYYY-MM-DD.") from None
    if isinstance(value, date) and not isinstance(value, datetime):
        return date(value.year, value.month, value.day)
    if not isinstance(value, datetime) and not foreign.is_datetime64(value):
        raise InvalidInput(f"{name} must be a date or its ISO text, not {type(value).__name__}.")
    return moment(name, value).date()


def optional_day(name: str, value: object) -> date | None:
    """As `day`, or None."""
    return None if value is None else day(name, value)


def moment(name: str, value: object) -> datetime:
    """Return `value` as an aware UTC datetime: a datetime, a date (its midnight), pandas' or numpy's own, or ISO text.

    A part of a microsecond is dropped. A time that is none, such as pandas.NaT, is refused.
    """
    told = value
    if isinstance(value, str):
        try:
            value = datetime.fromisoformat(value)
        except ValueError:
            raise InvalidInput(f"{name} is {quoted(value)}; write a time as YYYY-MM-DD HH:MM:SS.") from None
    elif foreign.is_datetime64(value):
        value = foreign.from_datetime64(value)
        if value is None:
            raise InvalidInput(f"{name} is {quoted(told)}, which is no time within the years 1 to 9999.")
    if isinstance(told, datetime) and foreign.is_no_value(told):
        # pandas.NaT is a datetime to Python, and would be written as NULL.
        raise InvalidInput(f"{name} is {quoted(told)}, which is no time. Pass a datetime or its ISO text.")
    if isinstance(value, datetime):
        try:
            # A zone without an offset says nothing; Python would take the machine's.
            aware = value.replace(tzinfo=UTC) if value.utcoffset() is None else value.astimezone(UTC)
        except (OverflowError, ValueError):
            raise InvalidInput(f"{name} is {value.isoformat()}, which UTC cannot express.") from None
        return foreign.plain_time(aware)
    if isinstance(value, date):
        return datetime(value.year, value.month, value.day, tzinfo=UTC)
    raise InvalidInput(f"{name} must be a datetime or its ISO text, not {type(told).__name__}.")


def optional_moment(name: str, value: object) -> datetime | None:
    """Like `moment`, or None."""
    return None if value is None else moment(name, value)


def day_alone(value: object) -> date | None:
    """Return the day that a date, or the text of one, names without a time of day; None for anything else."""
    if isinstance(value, str):
        try:
            return date.fromisoformat(value)
        except ValueError:
            return None
    return value if isinstance(value, date) and not isinstance(value, datetime) else None


def span(name: str, value: object) -> timedelta:
    """Return `value` as a non-negative length of time: a timedelta, pandas' or numpy's own, or a number of seconds."""
    try:
        length = foreign.length_of_time(value)
    except (OverflowError, ValueError):
        raise InvalidInput(f"{name} is {value} seconds, which is not a length of time.") from None
    if length is None:
        raise InvalidInput(f"{name} must be a timedelta or seconds, not {type(value).__name__}.")
    if length < timedelta(0):
        raise InvalidInput(f"{name} must not be negative.")
    return length


def message(name: str, value: object) -> str | None:
    """Return a step's message within 2,000 characters.

    A longer one keeps its beginning and its last line: a stack trace shows the call first and the error last.
    """
    whole = optional_text(name, value)
    return None if whole is None else shortened(whole)


def shortened(whole: str, most: int = MESSAGE_MAX) -> str:
    """Return a text within `most` characters; a longer one keeps its beginning and its last line."""
    if len(whole) <= most:
        return whole
    said = whole.rstrip()
    if len(said) <= most:
        return whole[:most]
    gap = "\n[…]\n"
    half = most // 2 - len(gap)
    start = said.rfind("\n") + 1
    last = said[start:]
    if len(last) > half:
        # A very long line says most at its two ends; its beginning may already be in the head.
        beginning = "" if start < half else last[: half // 2] + gap
        last = beginning + last[len(beginning) - half :]
    return whole[: most - len(gap) - len(last)] + gap + last


def shifted(name: str, start: datetime, by: timedelta, *, back: bool = False) -> datetime:
    """Return the time that is `by` after `start`, or before it; refuse one that the calendar does not have."""
    try:
        return start - by if back else start + by
    except OverflowError:
        raise InvalidInput(f"{name} is {by}, which leads out of the calendar (years 1 to 9999).") from None


def process(project_code: object, process_load: object) -> ProcessKey:
    """Return the process that two codes name."""
    return ProcessKey(text("project_code", project_code), text("process_load", process_load))


def task(project_code: object, process_load: object, task_id: object, workflow_id: object) -> TaskKey:
    """Return the task that two codes and two numbers name."""
    return TaskKey(
        process(project_code, process_load), integer("task_id", task_id), integer("workflow_id", workflow_id)
    )


def task_meant(process: ProcessKey, task_id: object, workflow_id: object) -> TaskKey:
    """Return which task a call means; without a pass, the initiation's or the main load's."""
    number = integer("task_id", task_id)
    if workflow_id is None:
        workflow_id = INITIATION_ID if number == INITIATION_ID else FIRST_PASS
    return TaskKey(process, number, integer("workflow_id", workflow_id))


def name_of_task(task_id: object) -> str | None:
    """Return the name by which a call means a task; None if it is a number, as digits always are."""
    return text("task_id", task_id) if isinstance(task_id, str) and foreign.whole_number(task_id) is None else None


def step(run: RunKey, task_id: object, *, workflow_id: object, sequence_id: object, attempts: object = None) -> StepKey:
    """Return which step of a run a call means; without a pass, the initiation's or the main load's."""
    which = task_meant(run.process, task_id, workflow_id)
    return StepKey(
        run,
        which.task_id,
        which.workflow_id,
        optional_integer("sequence_id", sequence_id),
        optional_integer("attempts", attempts),
    )


def execution_id(value: object) -> str:
    """Return a run's id: any text that an orchestrator made, up to 255 characters."""
    return text("execution_id", value, longest=EXECUTION_ID_MAX)
