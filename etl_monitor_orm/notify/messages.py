"""Messages: one an owner and process, in plain text, with all that a target has not been told."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from etl_monitor_orm.keys import ProcessKey
from etl_monitor_orm.printable import harmless, named, one_line
from etl_monitor_orm.services.telling import CLOSED, Item
from etl_monitor_orm.vocabulary import BreachKind, Outcome

_MOST: Final = 10
"""How many things a message tells one by one; of the others it says how many there are."""
_OBEYED: Final = re.compile(r"(?<![\w.])@(?=\w)|<(?=[\w/!?])")
"""What calls people in a chat, such as @everyone (an address such as a@b.com does not), and what begins a tag: Markdown
lets tags through, and not each way of escaping it stops them."""
_NOTHING: Final = "\u200d"
"""A character that is not seen."""
_UNITS: Final = ((86_400, "d"), (3_600, "h"), (60, "min"), (1, "s"))


@dataclass(frozen=True)
class Piece:
    """Something to tell: that it is so, or that it is over."""

    item: Item
    stage: str


@dataclass(frozen=True)
class Message:
    """What one target is told.

    Attributes:
        target: The target's name.
        title: One line.
        body: The text.
        bad: Whether something is wrong still.
    """

    target: str
    title: str
    body: str
    bad: bool


def message(target: str, pieces: Sequence[Piece], now: datetime) -> Message:
    """Return one message about one process and owner.

    Args:
        target: The target's name.
        pieces: What it was not told; at least one.
        now: The time (aware UTC).
    """
    process, owner = pieces[0].item.process, pieces[0].item.owner
    opened = [one.item for one in pieces if one.stage != CLOSED]
    closed = [one.item for one in pieces if one.stage == CLOSED]
    parts = [f"{process}{f' ({named(owner)})' if owner else ''}"]
    parts += [_opened(one) for one in opened[:_MOST]]
    parts += [_closed(one) for one in closed[:_MOST]]
    if rest := sum(max(0, len(some) - _MOST) for some in (opened, closed)):
        name = "failures" if all(one.kind == BreachKind.FAILED for one in opened) else "overdue"
        parts.append(f"And {rest} more: {_command(name, process)}")
    return Message(target, _plain(_title(process, opened, closed)), _plain("\n\n".join(parts)), bool(opened))


def groups(items: Iterable[Item]) -> dict[tuple[str | None, ProcessKey], list[Item]]:
    """Return items by owner and process, in their order."""
    found: dict[tuple[str | None, ProcessKey], list[Item]] = {}
    for item in items:
        found.setdefault((item.owner, item.process), []).append(item)
    return found


def length(elapsed: timedelta) -> str:
    """Say how long something took, in its largest unit and the next one, such as `42 min` or `3 h 5 min`."""
    seconds = max(0, elapsed // timedelta(seconds=1))
    for place, (size, unit) in enumerate(_UNITS):
        if seconds >= size:
            count, rest = divmod(seconds, size)
            smaller = rest // _UNITS[place + 1][0] if size >= 3_600 else 0
            return f"{count} {unit}" + (f" {smaller} {_UNITS[place + 1][1]}" if smaller else "")
    return "0 s"


def _title(process: ProcessKey, opened: Sequence[Item], closed: Sequence[Item]) -> str:
    what = []
    failed = sum(one.kind == BreachKind.FAILED for one in opened)
    if failed:
        what.append(f"{failed} failed")
    if late := len(opened) - failed:
        what.append(f"{late} late")
    resolved = sum(_is_resolved(one) for one in closed)
    for number, word in ((resolved, "resolved"), (len(closed) - resolved, "no longer expected")):
        if number:
            what.append(word if not opened and len(closed) == 1 else f"{number} {word}")
    return one_line(f"{process}: {', '.join(what)}")


def _opened(item: Item) -> str:
    lines = [one_line(item.message), f"Since {item.since:%Y-%m-%d %H:%M} UTC."]
    if item.blocks:
        lines.append(one_line(f"{item.blocks} {'wait' if item.blocks.endswith(' more') else 'waits'}."))
    lines.append(f"Next: {_next(item)}")
    return "\n".join(lines)


def _is_resolved(item: Item) -> bool:
    return item.outcome in (None, Outcome.RESOLVED)


def _closed(item: Item) -> str:
    over = item.until or item.since
    how = {
        Outcome.WITHDRAWN: "No longer expected",
        Outcome.EXPIRED: "No longer watched",
    }.get(item.outcome or Outcome.RESOLVED, "Resolved")
    return f"{how} after {length(over - item.since)}: {one_line(item.message)}"


def _next(item: Item) -> str:
    """The command that shows more of it."""
    if item.kind == BreachKind.WATERMARK_STILL:
        return _command("watermarks", item.process)
    date = () if item.day is None else ("--date", f"{item.day}")
    if item.kind in (BreachKind.GONE_QUIET, BreachKind.RUNNING_TOO_LONG):
        return _command("status", item.process, *date, "--steps")
    return _command("why", item.process, *date)


def _command(name: str, process: ProcessKey, *options: str) -> str:
    words = ("etl-monitor", name, one_line(process.project_code), one_line(process.process_load), *options)
    return shlex.join(words)


def _plain(text: str) -> str:
    """Text that no terminal obeys, that is no tag, and that calls nobody in a chat."""
    return _OBEYED.sub(lambda found: found[0] + _NOTHING, harmless(text))
