"""Docstrings are written in Markdown, with Google's sections; Sphinx reads reStructuredText."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from enum import Enum
from inspect import isclass
from typing import Final

from sphinx.application import Sphinx
from sphinx.ext.napoleon import Config
from sphinx.ext.napoleon.docstring import GoogleDocstring

from etl_monitor_orm import Journal, Run, TaskHandle
from etl_monitor_orm.errors import EtlMonitorError
from etl_monitor_orm.models import Base
from etl_monitor_orm.views import ViewBase

MADE_BY_CALLS: Final = (Run, TaskHandle, Journal)

_FENCE: Final = re.compile(r"^( *)```(\w*).*$")
_CODE: Final = re.compile(r"`([^`]+)`(?=(\w?))")
_NAME: Final = re.compile(r"([A-Za-z_][\w.]*)(\(\))?")
_SPECIAL: Final = re.compile(r"(?<=\w)_(?!\w)|[*|\\]")
_SECTIONS: Final = Config()
_PATH: Final = re.compile(r"\b(?:[a-z_]\w*\.)+[A-Za-z]\w*")
_ATTRIBUTE: Final = ".. attribute:: "


def rewritten(lines: Iterable[str]) -> Iterator[str]:
    """Yield a docstring's lines as reStructuredText: its fences and its code spans."""
    within = False
    for line in lines:
        if fence := _FENCE.match(line):
            within = not within
            yield from (["", f"{fence[1]}.. code-block:: {fence[2] or 'text'}", ""] if within else [""])
        else:
            yield f"    {line}" if within and line else line if within else _prose(line)


def _prose(line: str) -> str:
    """A line of text; code that is no name is shown as it stands."""
    done, at = "", 0
    for span in _CODE.finditer(line):
        name = _NAME.fullmatch(span[1])
        code = f"`{span[1]} <{name[1]}>`" if name else f"``{span[1]}``"
        done += _SPECIAL.sub(r"\\\g<0>", line[at : span.start()]) + code + ("\\ " if span[2] else "")
        at = span.end()
    return done + _SPECIAL.sub(r"\\\g<0>", line[at:])


def _rewrite(app: Sphinx, what: str, name: str, thing: object, options: object, lines: list[str]) -> None:
    # What stands before a colon would be read as the type of an attribute, but in the text of a call it is text.
    kind = "method" if what in ("attribute", "data", "property") else what
    read = GoogleDocstring(list(rewritten(lines)), _SECTIONS, app, kind, name, thing, options)
    lines[:] = _typed(str(read).splitlines())


def _typed(lines: Iterable[str]) -> list[str]:
    """Give each attribute its type beside its name; it is found by its name, but not listed beside the page."""
    typed: list[str] = []
    for line in lines:
        if line.startswith("   :type: "):
            attribute = max(number for number, above in enumerate(typed) if above.startswith(_ATTRIBUTE))
            typed.insert(attribute + 1, _PATH.sub(r"~\g<0>", line))
        else:
            typed += [line, "   :no-contents-entry:"] if line.startswith(_ATTRIBUTE) else [line]
    return typed


def _sign(
    app: Sphinx, what: str, name: str, thing: object, options: object, arguments: str | None, returned: str | None
) -> tuple[str | None, str | None]:
    """Show how a class is made where people make it, and only then."""
    if isclass(thing) and (thing in MADE_BY_CALLS or issubclass(thing, (Enum, Base, ViewBase))):
        return "", None
    if isclass(thing) and issubclass(thing, EtlMonitorError) and "__init__" not in vars(thing):
        return "", None
    return arguments and arguments.replace("<factory>", "..."), returned


def setup(app: Sphinx) -> dict[str, bool]:
    """Rewrite each docstring, and read its sections."""
    app.connect("autodoc-process-docstring", _rewrite)
    app.connect("autodoc-process-signature", _sign)
    return {"parallel_read_safe": True}
