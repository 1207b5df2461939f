"""Values of options that may be long: `-` is standard input."""

from __future__ import annotations

import sys

from etl_monitor_orm import InvalidInput


def said(value: str) -> str:
    """Return a value, or standard input without its last line break if the value is `-`."""
    if value != "-":
        return value
    return read_input().removesuffix("\n").removesuffix("\r")


def optional(value: str | None) -> str | None:
    """Like `said`; None stays None."""
    return None if value is None else said(value)


def read_input() -> str:
    """Return all of standard input; bytes that are no text become `�`.

    Raises:
        InvalidInput: It cannot be read.
    """
    source = getattr(sys.stdin, "buffer", None)
    try:
        return sys.stdin.read() if source is None else source.read().decode("utf-8", "replace")
    except OSError as trouble:
        raise InvalidInput(f"Standard input cannot be read: {trouble.strerror}.") from trouble
