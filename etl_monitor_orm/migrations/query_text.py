"""Whether two texts are the same query, whatever their layout."""

from __future__ import annotations

import re
from typing import Final

_TOKEN: Final = re.compile(r"""'(?:[^'\\]|\\.|'')*'|`(?:[^`]|``)*`|"(?:[^"]|"")*"|\w+|[^\w\s]""", re.DOTALL)
_PLAIN: Final = re.compile(r"`(\w+)`")


def same_query(one: str, other: str) -> bool:
    """Compare two queries word by word; spaces, lines, upper case, and quotes around plain names do not count.

    Comments do count: a query with a comment is another query.
    """
    return _words(one) == _words(other)


def _words(query: str) -> list[str]:
    return [_word(token) for token in _TOKEN.findall(query.strip().rstrip(";"))]


def _word(token: str) -> str:
    if token.startswith("'"):
        return token
    return _PLAIN.sub(r"\1", token).lower()
