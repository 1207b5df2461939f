"""Which requests are a browser's, for a page; all others are a program's."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Mapping, MutableMapping
from typing import Any, Final

from starlette.datastructures import Headers

PAGE: Final = "/status"
_PAGES: Final = frozenset({"/", PAGE, f"{PAGE}/"})
STATIC: Final = "/static/"
"""Scripts and style sheets of the package: they say nothing, so they need no token."""
_READING: Final = ("GET", "HEAD")


def is_page(scope: Mapping[str, Any]) -> bool:
    """Return whether a request wants a page, and to read it."""
    return scope["path"] in _PAGES and scope["method"] in _READING


def token_of(scope: MutableMapping[str, Any]) -> str | None:
    """Return the token that a request shows; None if it shows none.

    A browser sends no bearer token to what a person opens, so a page takes the token as the password of HTTP Basic. No
    other route does: a browser sends that by itself, also when another site's page makes the request.
    """
    scheme, _, given = Headers(scope=scope).get("authorization", "").partition(" ")
    if scheme.lower() == "bearer":
        return given.strip()
    if scheme.lower() == "basic" and is_page(scope):
        try:
            return base64.b64decode(given.strip(), validate=True).decode().partition(":")[2].strip()
        except (binascii.Error, ValueError):
            return ""
    return None


def challenge(scope: MutableMapping[str, Any]) -> str:
    """Return what asks for a token: of a person a password, of a program a bearer token.

    A page that updates itself in the background opens no window for a password.
    """
    asks_person = is_page(scope) and Headers(scope=scope).get("sec-fetch-mode", "navigate") == "navigate"
    return 'Basic realm="etl-monitor", charset="UTF-8"' if asks_person else "Bearer"
