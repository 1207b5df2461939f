"""Scripts and style sheets of the live page, each under a name that changes with what is in it."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Final

_TYPES: Final = {"js": "text/javascript; charset=utf-8", "css": "text/css; charset=utf-8"}
_UPDATING: Final = ("idiomorph.min.js", "live.js")
_CHART: Final = ("uplot.min.js", "chart.js", "uplot.min.css")


@dataclass(frozen=True)
class Asset:
    """A file of the package.

    Attributes:
        name: Its name, with a digest of what is in it.
        body: What is in it.
        media_type: What it is.
    """

    name: str
    body: bytes
    media_type: str


@cache
def asset(name: str) -> Asset:
    """Return a file of the package."""
    body = files("etl_monitor_orm.pages").joinpath(f"static/{name}").read_bytes()
    stem, _, kind = name.rpartition(".")
    return Asset(f"{stem}-{hashlib.sha256(body).hexdigest()[:16]}.{kind}", body, _TYPES[kind])


@cache
def assets() -> Mapping[str, Asset]:
    """Return every file that a live page asks for, by the name that it asks for."""
    return {found.name: found for found in map(asset, (*_UPDATING, *_CHART))}


def names(kind: str, *, with_chart: bool) -> list[str]:
    """Return the names of the scripts (`js`) or of the style sheets (`css`) of a page, in order."""
    wanted = (*_UPDATING, *_CHART) if with_chart else _UPDATING
    return [asset(name).name for name in wanted if name.endswith(f".{kind}")]
