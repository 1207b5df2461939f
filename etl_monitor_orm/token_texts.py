"""What a token looks like, and what is stored of it."""

from __future__ import annotations

import re
import secrets
from hashlib import sha256
from typing import Final

PREFIX: Final = "etlm_"
"""How a token begins: programs that look for leaked secrets find it by this."""

_ID_BYTES: Final = 8
_SECRET_BYTES: Final = 32
_TOKEN: Final = re.compile(rf"{PREFIX}([0-9a-f]{{16}})_[A-Za-z0-9_-]{{43}}")
_LENGTH: Final = len(PREFIX) + 2 * _ID_BYTES + 1 + 43


def new() -> str:
    """Return a new token: the prefix, its public id, and a secret of 256 bits."""
    return f"{PREFIX}{secrets.token_hex(_ID_BYTES)}_{secrets.token_urlsafe(_SECRET_BYTES)}"


def id_in(text: object) -> str | None:
    """Return the public id in a token; None if the text cannot be a token."""
    if not isinstance(text, str) or len(text) != _LENGTH:
        return None
    found = _TOKEN.fullmatch(text)
    return found[1] if found else None


def hashed(text: str) -> str:
    """Return what is stored of a token, and compared with what a caller shows.

    A plain SHA-256 is right here, where a password would need a slow hash with a salt: the secret is 256 random bits.
    There is no list of likely ones to try, and a slow hash would only make every request slow.
    """
    return sha256(text.encode("utf-8")).hexdigest()
