"""Sends pages and their files: nothing else may run in them, and nobody keeps what they say."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from typing import Final

from starlette.responses import Response

from etl_monitor_orm.pages.assets import Asset
from etl_monitor_orm.pages.rendering import live_policy

_ALWAYS: Final = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Resource-Policy": "same-origin",
}

_MADE: Final = re.compile(r"<time [^<>]*data-made>[^<>]*</time>")


def page(text: str, status: int = 200, more: Mapping[str, str] | None = None) -> Response:
    """Return a page; it is of now, and for whom it was made only."""
    headers = {
        **_ALWAYS,
        "Cache-Control": "no-store",
        "Content-Security-Policy": live_policy(),
        "Cross-Origin-Opener-Policy": "same-origin",
        "Vary": "Authorization",
        **(more or {}),
    }
    return Response(text, status, headers, media_type="text/html")


def file(found: Asset) -> Response:
    """Return a file of the package; its name changes with it, so it may be kept for ever."""
    headers = {**_ALWAYS, "Cache-Control": "public, max-age=31536000, immutable"}
    return Response(found.body, headers=headers, media_type=found.media_type)


def tag_of(text: str) -> str:
    """Return what tells one page from another, however often it is made: all of it but the times of making it."""
    said = _MADE.sub("", text)
    return f'W/"{hashlib.sha256(said.encode()).hexdigest()[:32]}"'


def is_known(tag: str, known: str) -> bool:
    """Return whether the header `If-None-Match` has a tag."""
    return tag.removeprefix("W/") in (one.strip().removeprefix("W/") for one in known.split(","))
