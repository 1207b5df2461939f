"""What an exception says: its type and message, its notes, the leaves of a group, and what caused it.

Nothing here trusts an exception: its text, its notes and its causes may raise, be missing, or lead in a circle.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from etl_monitor_orm.errors import EtlMonitorError
from etl_monitor_orm.inputs import MESSAGE_MAX, shortened

_MOST: Final = 200
"""How many exceptions are looked at: a chain may be as long as a loop had turns."""
_LEAST: Final = 60
"""How many characters of each exception are worth keeping."""


def told(error: BaseException) -> str:
    """Return what a step's message says about the exception that ended it, within 2,000 characters.

    The first line is `Type: message`. Notes follow, then a group's leaves, then causes: those of `raise … from`, and
    the exception that was being handled, unless `from None` hides it. Where all of it is too long, each exception keeps
    its beginning and its last line.
    """
    parts = list(_parts(error))
    whole = "\n".join(parts)
    if len(parts) == 1 or len(whole) <= MESSAGE_MAX:
        return shortened(whole)
    most = MESSAGE_MAX // (_LEAST + 1) - 1
    if len(parts) > most:
        parts[most - 1 : -1] = [f"[… {len(parts) - most} more …]"]
    room = MESSAGE_MAX - len(parts) + 1
    for rank, place in enumerate(sorted(range(len(parts)), key=lambda number: len(parts[number]))):
        # The shortest first: what they leave of their share is for the longer ones.
        parts[place] = shortened(parts[place], room // (len(parts) - rank))
        room -= len(parts[place])
    return "\n".join(parts)


def words(error: BaseException) -> str:
    """Return `Type: message`, or only the type when the exception has no message, or cannot produce it."""
    name = _attribute(type(error), "__name__")
    name = _plain(name) if isinstance(name, str) else "Exception"
    try:
        message = _plain(str(error))
    except BaseException:  # what a hostile text raises must not take the place of the job's exception
        return name
    return f"{name}: {message}" if message else name


def text(error: BaseException) -> str:
    """Return the message alone, or the type where there is none."""
    said = words(error)
    return said.partition(": ")[2] or said


def _parts(error: BaseException) -> Iterator[str]:
    """Each exception once, with its notes: the first, then the leaves of groups and the causes, depth first."""
    waiting: list[tuple[str, BaseException]] = [("", error)]
    seen: set[int] = set()
    while waiting and len(seen) < _MOST:
        lead, found = waiting.pop()
        if id(found) in seen:
            continue
        seen.add(id(found))
        leaves = _leaves(found)
        if not leaves or found is error:
            yield "\n".join([lead + words(found), *_notes(found)])
        elif notes := _notes(found):  # of a group within a group
            yield "\n".join(notes)
        waiting.extend(_cause(found))
        waiting.extend(("- ", leaf) for leaf in reversed(leaves))


def _leaves(error: BaseException) -> list[BaseException]:
    """What a group holds; nothing for any other exception."""
    if not isinstance(error, BaseExceptionGroup):
        return []
    held = _attribute(error, "exceptions")
    return [one for one in held if isinstance(one, BaseException)] if isinstance(held, tuple) else []


def _cause(error: BaseException) -> list[tuple[str, BaseException]]:
    """What caused an exception, or else what was being handled when it was raised.

    The monitor's own errors say what the database said, so their causes would say it again.
    """
    if isinstance(error, EtlMonitorError):
        return []
    cause = _attribute(error, "__cause__")
    if isinstance(cause, BaseException):
        return [("caused by ", cause)]
    handled = _attribute(error, "__context__")
    if isinstance(handled, BaseException) and _attribute(error, "__suppress_context__") is False:
        return [("while handling ", handled)]
    return []


def _notes(error: BaseException) -> list[str]:
    notes = _attribute(error, "__notes__")
    if not isinstance(notes, list | tuple):
        return []
    return [_plain(note) for note in notes if isinstance(note, str)]


def _attribute(thing: object, name: str) -> object:
    try:
        return getattr(thing, name, None)
    except BaseException:  # as above
        return None


def _plain(text: str) -> str:
    """Return an ordinary string: a subclass may have methods that raise."""
    return str.encode(text, "utf-8", "replace").decode("utf-8")
