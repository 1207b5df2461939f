"""The reference of the public names: Sphinx reads their docstrings."""

from __future__ import annotations

import inspect
from collections.abc import Iterator
from enum import Enum
from functools import cache
from importlib import import_module
from typing import Final

import etl_monitor_orm
from etl_monitor_orm.errors import EtlMonitorError
from etl_monitor_orm.models import Base
from etl_monitor_orm.views import ViewBase
from scripts.reference import CALLED, MODULES, described
from scripts.site.extensions.docstrings import rewritten

PACKAGE: Final = etl_monitor_orm.__name__

_GROUPS: Final = {
    "errors": (
        "Errors",
        ":doc:`/docs/errors` says what to do about each.",
        lambda kind: issubclass(kind, EtlMonitorError),
    ),
    "words": ("Words", "The closed sets of values that columns and calls have.", lambda kind: issubclass(kind, Enum)),
    "rows": (
        "Mapped classes",
        ":doc:`tables` and :doc:`views` have their columns.",
        lambda kind: issubclass(kind, (Base, ViewBase)),
    ),
    "results": ("Results", "What calls return, and what is handed to them.", lambda kind: kind not in CALLED),
}
"""Pages of the package's classes: title, first sentence, and what belongs there; the first that applies."""


def written() -> dict[str, str]:
    """Return the pages in reStructuredText, by their paths in the site."""
    pages = {f"reference/{kind.__name__}.rst": _page(kind.__name__, "", [_place(kind)]) for kind in CALLED}
    grouped = _grouped()
    for group, (title, about, _) in _GROUPS.items():
        pages[f"reference/{group}.rst"] = _page(title, about, grouped[group])
    pages["reference/functions.rst"] = _page("Functions", "", grouped["functions"])
    for module in MODULES[1:]:
        names = [f"{module}.{name}" for name in sorted(import_module(module).__all__)]
        shown = [name for name in names if _thing(name) not in CALLED]
        about = "\n".join(rewritten((inspect.getdoc(import_module(module)) or "").partition("\n\n")[0].splitlines()))
        pages[f"reference/{module.removeprefix(f'{PACKAGE}.')}.rst"] = _page(module, about, shown)
    return pages


@cache
def public() -> dict[str, str]:
    """Return the path of each public name, by that path, by where it is defined, and by its bare name."""
    paths: dict[str, str] = {}
    for module in reversed(MODULES):
        for name in import_module(module).__all__:
            path = f"{module}.{name}"
            thing = _thing(path)
            if callable(thing) and hasattr(thing, "__qualname__"):
                paths[f"{thing.__module__}.{thing.__qualname__}"] = path
            paths[path] = paths[name] = path
    return paths


def public_name(name: str) -> str | None:
    """Return the public path of what a name means, or a member of it; None if it means nothing public."""
    head, members = name, ""
    while head:
        if head in public():
            return f"{public()[head]}{members}"
        head, _, last = head.rpartition(".")
        members = f".{last}{members}"
    return None


def _grouped() -> dict[str, list[str]]:
    """The package's own names by page, sorted; without the classes that have a page each."""
    grouped: dict[str, list[str]] = {group: [] for group in (*_GROUPS, "functions")}
    for name in sorted(etl_monitor_orm.__all__):
        thing = getattr(etl_monitor_orm, name)
        if thing in CALLED:
            continue
        fits = (group for group, (*_, belongs) in _GROUPS.items() if inspect.isclass(thing) and belongs(thing))
        grouped[next(fits, "functions")].append(f"{PACKAGE}.{name}")
    return grouped


def _place(kind: type) -> str:
    return public()[f"{kind.__module__}.{kind.__qualname__}"]


def _thing(path: str) -> object:
    module, _, name = path.rpartition(".")
    return getattr(import_module(module), name)


def _page(title: str, about: str, paths: list[str]) -> str:
    head = [title, "=" * len(title), "", about, ""]
    return "\n".join([*head, *(line for path in paths for line in _entry(path))])


def _entry(path: str) -> Iterator[str]:
    """The directive that shows a name."""
    thing = _thing(path)
    if not inspect.isclass(thing):
        if inspect.isroutine(thing):
            yield from (f".. autofunction:: {path}", "")
        else:
            module, _, name = path.rpartition(".")
            text = (f"   {line}" for line in rewritten(described(module, name).splitlines()))
            yield from (f".. py:data:: {path}", "", *text, "")
        return
    yield f".. {'autoexception' if issubclass(thing, BaseException) else 'autoclass'}:: {path}"
    yield from (f"   {option}" for option in _options(thing))
    yield ""


def _options(kind: type) -> Iterator[str]:
    yield ":members:"
    if kind in CALLED:
        yield ":inherited-members:"
    elif issubclass(kind, Enum):
        yield ":undoc-members:"
        yield ":member-order: bysource"
    elif issubclass(kind, EtlMonitorError):
        yield ":show-inheritance:"
    elif issubclass(kind, (Base, ViewBase)):
        columns = kind.__mapper__.all_orm_descriptors.keys()
        yield f":exclude-members: {', '.join(('definition', 'metadata', 'registry', *columns))}"
    elif fields := getattr(kind, "_fields", ()):
        yield f":exclude-members: {', '.join(fields)}"
