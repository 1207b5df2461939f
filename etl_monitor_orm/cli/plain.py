"""Options that are text or switches, taken as they are: no library for types is loaded, which costs a quarter."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from typer.core import TyperCommand

Process = Callable[[Any, Any], Any]


class PlainCommand(TyperCommand):
    """A command whose options are all text or switches."""

    def get_params(self, ctx: Any) -> list[Any]:
        """Return the options and arguments, that for the help included."""
        return taken_as_they_are(super().get_params(ctx))


def taken_as_they_are(parameters: Iterable[Any]) -> list[Any]:
    """Have text, and what was left out, taken as it is; anything else goes the library's way.

    Args:
        parameters: Those of a command; all of them text or switches.
    """
    found = list(parameters)
    for one in found:
        if "process_value" not in vars(one):
            one.process_value = _as_it_is(one.process_value, required=one.required, called=one.callback is not None)
    return found


def _as_it_is(process: Process, *, required: bool, called: bool) -> Process:
    def take(ctx: Any, value: Any) -> Any:
        if value is None and not required:
            return None  # a callback would have nothing to do
        if isinstance(value, str) and not called:
            return value
        if isinstance(value, tuple) and value and all(isinstance(word, str) for word in value):
            return list(value)
        return process(ctx, value)

    return take
