"""Whether two texts are the same query, however they are laid out."""

from __future__ import annotations

import re
from typing import Final

_TOKEN: Final = re.compile(r"""'(?:[^'\\]|\\.|'')*'|`(?:[^`]|``)*`|"(?:[^"]|"")*"|\w+|[^\w\s]""", re.DOTALL)
_PLAIN: Final = re.compile(r"`(\w+)`")


def same_query(one: str, other: str) -> bool:
    """Compare two queries word by word; spaces, lines, and quotes around plain names do not count, nor upper case.

    Comments are no words, but a part of what is compared: a query with one is another query.
    """
    return _words(one) == _words(other)


def _words(query: str) -> list[str]:
    return [_word(token) for token in _TOKEN.findall(query.strip().rstrip(";"))]


def _word(token: str) -> str:
    if token.startswith("'"):
        return token
    return _PLAIN.sub(r"\1", token).lower()
