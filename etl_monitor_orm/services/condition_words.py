"""The words of a condition: how its text is divided, and how a value becomes one of its column's type."""

from __future__ import annotations

import re
from datetime import date, datetime
from typing import Any, Final

from sqlalchemy import BindParameter, String, literal

from etl_monitor_orm import inputs
from etl_monitor_orm.columns import Kind
from etl_monitor_orm.errors import InvalidInput
from etl_monitor_orm.models.base import Word
from etl_monitor_orm.printable import quoted

_TOKEN: Final = re.compile(
    r"""\s*(?:(?P<text>'(?:[^']|'')*'|"(?:[^"]|"")*")|(?P<sign><=|>=|<>|!=|[=<>(),])|(?P<word>[^\s()'",=<>!]+))"""
)
_SWITCHES: Final = {"true": True, "yes": True, "1": True, "false": False, "no": False, "0": False}


def tokens(text: str) -> list[tuple[str, str]]:
    """Return the kind and the text of each word: `text` is in quotes, `sign`, or `word`.

    Raises:
        InvalidInput: A quote has no end, or a sign has no meaning.
    """
    found, at = [], 0
    text = text.rstrip()
    while at < len(text):
        match = _TOKEN.match(text, at)
        if match is None or match.lastgroup is None:
            raise InvalidInput(
                f"where cannot be read from {quoted(text[at : at + 20])} on. Put text in quotes: 'it''s'."
            )
        word = match[match.lastgroup]
        if match.lastgroup == "text":
            word = word[1:-1].replace(word[0] * 2, word[0])
        found.append((match.lastgroup, word))
        at = match.end()
    return found


def bound(name: str, word: str, kind: Kind, stored: Any) -> BindParameter[Any]:
    """Return a value that is sent beside the statement, never within it.

    Args:
        name: How an error names the value.
        word: Its text.
        kind: What kind of value its column holds.
        stored: The column's type.

    Raises:
        InvalidInput: It is no such value.
    """
    return literal(_typed(name, word, kind, stored), String() if isinstance(stored, Word) else stored)


def _typed(name: str, word: str, kind: Kind, stored: Any) -> object:
    if kind is bool:
        if word.lower() not in _SWITCHES:
            raise InvalidInput(f"{name} is {quoted(word)}; it must be true or false.")
        return _SWITCHES[word.lower()]
    if kind is int:
        return inputs.integer(name, word, least=-inputs.BIGINT_MAX, most=inputs.BIGINT_MAX)
    if kind is date:
        return inputs.day(name, word)
    if kind is datetime:
        return inputs.moment(name, word)
    if not isinstance(stored, Word):
        return inputs.encodable(word)
    return inputs.choice(name, stored.words, word.upper()).value
