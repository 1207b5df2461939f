"""Commands that are imported when they are used: each pays for nothing that it does not need."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, MutableMapping
from importlib import import_module
from typing import cast

import typer
from typer.core import TyperCommand, TyperGroup
from typer.main import get_command

from etl_monitor_orm.cli.explained import explained

Command = TyperCommand | TyperGroup


class Lazily(MutableMapping[str, Command]):
    """Commands by name, in the order of the help; each is imported at its first use.

    Args:
        homes: Each command's name, and `module:attribute` of its function or of its own group.
    """

    def __init__(self, homes: Mapping[str, str]) -> None:
        self._homes = dict(homes)
        self._loaded: dict[str, Command] = {}

    def __getitem__(self, name: str) -> Command:
        if name not in self._loaded:
            self._loaded[name] = _load(name, self._homes[name])
        return self._loaded[name]

    def __setitem__(self, name: str, command: Command) -> None:
        self._homes.setdefault(name, "")
        self._loaded[name] = command

    def __delitem__(self, name: str) -> None:
        del self._homes[name]
        self._loaded.pop(name, None)

    def __iter__(self) -> Iterator[str]:
        return iter(self._homes)

    def __len__(self) -> int:
        return len(self._homes)

    def __contains__(self, name: object) -> bool:
        return name in self._homes  # without importing it


def group(about: str) -> typer.Typer:
    """Return a group for commands that share their first word.

    Args:
        about: What the help says of it.
    """
    return typer.Typer(help=about, no_args_is_help=True, add_completion=False, rich_markup_mode=None)


def _load(name: str, home: str) -> Command:
    """Import the command at `module:attribute`."""
    module, _, attribute = home.partition(":")
    found = getattr(import_module(module), attribute)
    if isinstance(found, typer.Typer):
        app = found
    else:
        app = typer.Typer(add_completion=False, rich_markup_mode=None)
        app.command(name)(found)
    command = cast(Command, get_command(explained(app)))
    command.name = name
    return command
