"""Text of others on a terminal: it may say anything, and drive nothing."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

_KEPT: Final = "\n\u200c\u200d"
"""A line break, and what joins letters of some scripts and parts of an emoji."""


def harmless(text: str) -> str:
    """Return a text in which only line breaks are left of what a terminal obeys: no escape, no bell, no bidi mark."""
    return "".join(character if character.isprintable() or character in _KEPT else " " for character in text)


def one_line(text: str) -> str:
    """Return a text as one line that no terminal obeys, with single spaces: it can forge no line of its own."""
    return " ".join(harmless(text).split())


def named(name: object, most: int = 100) -> str:
    """Return a name as a message shows it: one line, of at most `most` characters."""
    text = str(name)
    line = one_line(text[: most * 2])
    return line if len(line) <= most and len(text) <= most * 2 else f"{line[:most]}…"


def duration(seconds: int | None) -> str | None:
    """Return a duration in short form: 45s, 3m20s, 2h05m, 3d04h."""
    if seconds is None:
        return None
    minutes, rest = divmod(seconds, 60)
    hours, minutes = divmod(minutes, 60)
    if hours >= 48:
        return f"{hours // 24}d{hours % 24:02}h"
    if hours:
        return f"{hours}h{minutes:02}m"
    return f"{minutes}m{rest:02}s" if minutes else f"{rest}s"


_ESCAPES: Final = 16
"""How much longer a quoted value may be than it is: by its quotation marks, and by what is escaped in it."""


def quoted(value: object, most: int = 100) -> str:
    """Return what somebody passed, as Python would write it: one line, of about `most` characters."""
    if isinstance(value, str):  # its `repr` is one line that no terminal obeys, and shows each of several blanks
        shown = repr(value[:most])
        if len(shown) > most + _ESCAPES:
            return f"{shown[: most + 2]}…"
        return shown if len(value) <= most else f"{shown}…"
    return named(repr(value), most + 2)  # with its quotation marks


def listed(names: Sequence[str], like: str, most: int = 10) -> str:
    """Return names for a message: all of a few; of many, those that are most like another, and how many more.

    Args:
        names: The names, in order.
        like: What was meant to be one of them.
        most: How many are a few.
    """
    if len(names) <= most:
        return ", ".join(map(named, names))
    from difflib import get_close_matches  # only trouble needs it

    plain = {name[:_LIKENESS].lower(): name for name in reversed(names)}
    found = get_close_matches(like[:_LIKENESS].lower(), plain, most // 2, 0.5)
    near = [plain[one] for one in found] or names[:most]
    return f"{', '.join(map(named, near))}, … and {len(names) - len(near)} more"


_LIKENESS: Final = 100
"""How much of two names is compared."""
