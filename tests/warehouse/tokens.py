"""SQL taken apart into words, names, texts and signs, so that nothing inside of quotes is mistaken for a keyword."""

from __future__ import annotations

import re
from dataclasses import dataclass

_TOKEN = re.compile(
    r"""(?P<skip>\s+|--[^\n]*|/\*.*?\*/)
    |(?P<text>'(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*")
    |(?P<quoted>`(?:[^`]|``)*`)
    |(?P<word>\w+)
    |(?P<sign>.)""",
    re.VERBOSE | re.DOTALL,
)
_ESCAPES = {"n": "\n", "t": "\t", "r": "\r", "0": "\0", "b": "\b", "Z": "\x1a", "%": "\\%", "_": "\\_"}


@dataclass(frozen=True)
class Token:
    """A word, a sign, a name in quotes or a text, and where it stands."""

    kind: str
    source: str
    start: int
    end: int

    @property
    def word(self) -> str:
        """The word in capitals; empty for names in quotes and texts, which are never keywords."""
        return self.source.upper() if self.kind in ("word", "sign") else ""

    @property
    def value(self) -> str:
        """The name or the text without its quotes."""
        if self.kind == "quoted":
            return self.source[1:-1].replace("``", "`")
        if self.kind == "text":
            return re.sub(r"\\(.)", lambda found: _ESCAPES.get(found[1], found[1]), self.source[1:-1], flags=re.DOTALL)
        return self.source


class Reader:
    """Reads tokens from left to right."""

    def __init__(self, sql: str) -> None:
        self.sql = sql
        self.tokens = [
            Token(str(found.lastgroup), found[0], found.start(), found.end())
            for found in _TOKEN.finditer(sql)
            if found.lastgroup != "skip"
        ]
        self._tokens = [*self.tokens, Token("end", "", len(sql), len(sql))]
        self.place = 0

    @property
    def next(self) -> Token:
        """The token that comes next; one of kind `end` after the last."""
        return self._tokens[self.place]

    def take(self) -> Token:
        """Read one token."""
        token = self.next
        self.place = min(self.place + 1, len(self.tokens))
        return token

    def skip(self, *words: str) -> bool:
        """Read these words if they come next, all of them; return whether they did."""
        coming = [token.word for token in self._tokens[self.place : self.place + len(words)]]
        if coming != list(words):
            return False
        self.place += len(words)
        return True

    def name(self) -> tuple[str, ...]:
        """Read a name with dots in it; return its parts."""
        parts = [self.take().value]
        while self.skip("."):
            parts.append(self.take().value)
        return tuple(parts)

    def names(self) -> tuple[str, ...]:
        """Read names in parentheses, separated by commas; what else stands there is passed over."""
        found: list[str] = []
        expected = self.skip("(")
        while self.next.kind != "end" and not self.skip(")"):
            token = self.take()
            if token.word == ",":
                expected = True
            elif expected:
                found.append(token.value)
                expected = False
        return tuple(found)

    def past(self, *words: str) -> str:
        """Read up to one of these words outside of parentheses; return the source text before it."""
        start, depth, types = self.next.start, 0, 0
        end = start
        while self.next.kind != "end" and not (depth == types == 0 and self.next.word in words):
            sign = self.next.word
            depth += (sign == "(") - (sign == ")")
            # A type's bracket stands right behind its word, as in ARRAY<INT>; otherwise it is a comparison.
            types += (sign == "<" and self.next.start == end) - (sign == ">" and types > 0)
            end = self.take().end
        return self.sql[start:end]
