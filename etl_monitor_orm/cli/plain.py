"""A command whose options are all text or switches: reading them takes no library for types, which costs a quarter."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from typer.core import TyperCommand

Process = Callable[[Any, Any], Any]


class PlainCommand(TyperCommand):
    """A command that takes its words as they are; only what is missing or no text goes the library's way."""

    def __init__(self, *arguments: Any, **attributes: Any) -> None:
        super().__init__(*arguments, **attributes)
        for one in self.params:
            if one.callback is None:
                one.process_value = _as_it_is(one.process_value, one.required)  # type: ignore[method-assign,assignment]


def _as_it_is(process: Process, required: bool) -> Process:
    def take(ctx: Any, value: Any) -> Any:
        if isinstance(value, str):
            return value
        if isinstance(value, tuple) and value and all(isinstance(word, str) for word in value):
            return list(value)
        return None if value is None and not required else process(ctx, value)

    return take
