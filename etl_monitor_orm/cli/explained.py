"""The commands' help under `python -OO`, which removes their docstrings."""

from __future__ import annotations

import ast
import inspect
from collections.abc import Callable

import typer


def explained(app: typer.Typer) -> typer.Typer:
    """Restore the missing docstrings of an app's commands from their source; return the app."""
    for info in app.registered_commands:
        if info.callback is not None and not (info.callback.__doc__ or info.help):
            info.help = _docstring(info.callback)
    for group in app.registered_groups:
        if group.typer_instance is not None:
            explained(group.typer_instance)
    return app


def _docstring(function: Callable[..., object]) -> str | None:
    try:
        tree = ast.parse(inspect.getsource(function))
    except (OSError, TypeError):
        return None  # there is no source to read
    definition = tree.body[0]
    return ast.get_docstring(definition) if isinstance(definition, ast.FunctionDef) else None
