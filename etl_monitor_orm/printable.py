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


def quoted(value: object, most: int = 100) -> str:
    """Return what somebody passed, as Python would write it: one line, of about `most` characters."""
    if isinstance(value, str) and len(value) > most:
        return f"{value[:most]!r}…"
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
