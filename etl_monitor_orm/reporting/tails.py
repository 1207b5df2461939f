"""The last of what a program printed, as text for a step's message."""

from __future__ import annotations

import re
from typing import Final

from etl_monitor_orm.inputs import MESSAGE_MAX

_KEPT: Final = 16 * 1024
"""Bytes; four for each character of the longest message, and room for colours."""
_COLOURS: Final = re.compile(r"\x1b(?:\[[0-?]*[ -/]*[@-~]|\][^\x07\x1b]*(?:\x07|\x1b\\)|[@-Z\\^_])")
_OVERWRITTEN: Final = re.compile(r"[^\n]*\r(?=[^\n\r])")
"""What a progress bar printed before its last state."""


class Tail:
    """Keeps the end of a stream of bytes, however long that is."""

    def __init__(self) -> None:
        self._bytes = bytearray()

    def add(self, chunk: bytes) -> None:
        """Take what came next."""
        self._bytes += chunk[-_KEPT:]
        if len(self._bytes) > _KEPT:
            del self._bytes[:-_KEPT]

    def text(self, most: int = MESSAGE_MAX) -> str:
        """Return the end as text of at most `most` characters: whole lines where they fit, no colours."""
        text = _COLOURS.sub("", self._bytes.decode("utf-8", "replace").replace("\r\n", "\n"))
        text = _OVERWRITTEN.sub("", text).strip()
        if len(text) <= most:
            return text
        end = text[-most:]
        _, line_break, lines = end.partition("\n")
        return lines if line_break and len(lines) >= most // 2 else end
