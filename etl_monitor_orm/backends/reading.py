"""Which statements only read: the rule for queries that others wrote, on every database.

A database that can refuse to write does so too (`Backend.reading`). This rule is for what that does not cover: a file
that a query writes, a setting that it changes, a server that has no such transaction.
"""

from __future__ import annotations

import re
from typing import Final

from etl_monitor_orm.errors import InvalidInput

_READS: Final = ("SELECT", "WITH", "FROM", "VALUES", "TABLE", "SHOW", "DESCRIBE", "DESC", "EXPLAIN", "SUMMARIZE")
_WRITES: Final = frozenset(("INSERT", "UPDATE", "DELETE", "MERGE", "INTO"))
"""Where a statement begins with a word above, what still makes it write."""
_EXECUTED: Final = frozenset(("CREATE", "ALTER", "DROP", "COPY", "ATTACH", "DETACH", "EXPORT", "IMPORT", "CALL"))
"""What EXPLAIN ANALYZE would do besides."""
_PIECES: Final = re.compile(
    r"""
    (?P<comment> --[^\n]* | /\* )
  | (?P<quoted> [eE]?'(?:[^'\\]|''|\\.)*' | "(?:[^"]|"")*" | `(?:[^`]|``)*` )
  | (?P<dollar> \$(?P<tag>[A-Za-z_]*)\$ .*? \$(?P=tag)\$ )
  | (?P<word> [A-Za-z_][A-Za-z_0-9$]* )
  | (?P<end> ; )
  | (?P<other> . )
    """,
    re.VERBOSE | re.DOTALL,
)
"""A backslash in a text hides the next character on some databases and none on others: see `_texts_differ`."""


def refuse_writing(statement: str) -> str:
    """Return a statement that only reads, without what follows its end.

    Raises:
        InvalidInput: It is empty, more than one statement, or one that may write.
    """
    words: list[str] = []
    ended = None
    for kind, piece, at in _pieces(statement):
        if kind == "end":
            ended = at if ended is None else ended
        elif kind != "comment" and not piece.isspace():
            if ended is not None:
                raise InvalidInput("That is more than one statement. Run them one by one.")
            words.append(piece.upper() if kind == "word" else "")
    if not words:
        raise InvalidInput("The statement is empty. Write a query, such as: select * from etl.v_processStatus")
    first = next((word for word in words if word), "")
    if first not in _READS:
        raise InvalidInput(
            f"A statement that begins with {first or 'that'} may write; begin with {', '.join(_READS[:3])}."
        )
    found = sorted((_WRITES | _EXECUTED if first == "EXPLAIN" else _WRITES).intersection(words))
    if found:
        raise InvalidInput(
            f"The statement has the word {found[0]}, so it may write. If that is a name, quote it; to write, use a "
            "command, or `etl-monitor shell`."
        )
    return statement if ended is None else statement[:ended]


def _pieces(statement: str) -> list[tuple[str, str, int]]:
    """Split a statement into comments, quoted texts, words and the rest: each with its place."""
    if "\\" in statement and _texts_differ(statement):
        raise InvalidInput(
            r"The statement has a backslash before a quotation mark, which databases read in two ways. Write '' for a "
            "quotation mark within a text."
        )
    found: list[tuple[str, str, int]] = []
    at = 0
    while at < len(statement):
        match = _PIECES.match(statement, at)
        if match is None:  # a dot matches anything
            break
        kind, end = match.lastgroup or "other", match.end()
        kind = "quoted" if kind in ("dollar", "tag") else kind
        if match["comment"] == "/*":
            end = _end_of_comment(statement, at)
        found.append((kind, statement[at:end], at))
        at = end
    return found


def _texts_differ(statement: str) -> bool:
    """Whether a backslash stands before a quotation mark: where a text ends then depends on the database."""
    return re.search(r"\\['\"`]", statement) is not None


def _end_of_comment(statement: str, start: int) -> int:
    """Where a comment ends; databases differ in whether comments nest, so one within another is refused.

    Raises:
        InvalidInput: It has no end, or another one begins in it.
    """
    end = statement.find("*/", start + 2)
    if end < 0:
        raise InvalidInput("A comment has no end. Close it with */.")
    if "/*" in statement[start + 2 : end]:
        raise InvalidInput("A comment begins within a comment, which databases read in two ways. Leave it out.")
    return end + 2
