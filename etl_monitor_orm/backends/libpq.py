"""The options of a PostgreSQL URL: which ones there are, and which errors are about them."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Mapping
from difflib import get_close_matches
from typing import Final

from psycopg import pq
from sqlalchemy.engine import URL

from etl_monitor_orm.errors import ConfigurationError

PREPARE_THRESHOLD: Final = "prepare_threshold"
"""psycopg's own option: after how many executions a statement is prepared."""

_SEVERAL: Final = ("host", "port")
"""Options that may stand in a URL more than once."""

_FILES: Final = ("passfile", "sslcert", "sslkey", "sslrootcert", "sslcrl", "sslcrldir")
"""Options that are paths; each has a variable, such as PGSSLROOTCERT."""

ABOUT_OPTIONS: Final = re.compile(
    r"invalid \w+ value:|invalid integer value|invalid port number|invalid connection option|bad value for \w+:"
    r"|definition of service|service file|invalid value for parameter|unrecognized configuration parameter"
    r"|invalid command-line argument|requires a value|must be an integer"
)
"""How libpq, psycopg and the server begin what they say of a wrong option."""


def require_known(url: URL, ours: Iterable[str]) -> None:
    """Return if every option of the URL exists and stands there once. No message repeats a value, which may be secret.

    Args:
        url: The database.
        ours: The monitor's own options.

    Raises:
        ConfigurationError: An option is unknown, or there twice, or makes text unreadable.
    """
    known = {option.keyword.decode() for option in pq.Conninfo.get_defaults()} | {*ours, PREPARE_THRESHOLD}
    for name, value in url.query.items():
        if name not in known:
            near = get_close_matches(name, known, 1)
            raise ConfigurationError(
                f"There is no option {name} for PostgreSQL URLs. "
                + (f"Did you mean {near[0]}?" if near else "Leave it out, or see docs/postgresql.md for the options.")
            )
        if not isinstance(value, str) and name not in _SEVERAL:
            raise ConfigurationError(f"The option {name} stands in the URL more than once. Write it once.")
    encoding = url.query.get("client_encoding", "utf8")
    if re.sub(r"[\W_]", "", str(encoding)).lower() not in ("utf8", "unicode"):
        raise ConfigurationError(
            "The option client_encoding must be UTF8: other encodings cannot hold all text. Leave it out."
        )


def anchored(url: URL, given: Mapping[str, object]) -> dict[str, object]:
    """Return arguments whose files stay where they are now, wherever the process goes: libpq opens them by each name.

    Args:
        url: The database; relative paths among its options become whole ones.
        given: The caller's own arguments, which win, and whose relative paths do too.
    """
    read: dict[str, object] = {**url.query, **given}
    found = {} if read.get("service") or os.environ.get("PGSERVICE") else _by_variable(read)
    for name in _FILES:
        path = os.fspath(value) if isinstance(value := read.get(name), str | os.PathLike) else None
        if isinstance(path, str) and _is_relative(path):
            found[name] = os.path.abspath(path)
    return {**given, **found}


def _by_variable(read: Mapping[str, object]) -> dict[str, object]:
    """The relative paths of variables; one that stays in its variable would mean another file after a chdir."""
    paths = {name: os.environ.get(f"PG{name.upper()}", "") for name in _FILES if name not in read}
    return {name: os.path.abspath(path) for name, path in paths.items() if _is_relative(path)}


def _is_relative(path: str) -> bool:
    """Whether a value is a relative path: it is no key of an engine (`pkcs11:…`), and not the system's certificates."""
    return bool(path) and path != "system" and ":" not in path and not os.path.isabs(path)


def service_file() -> str | None:
    """Return the whole path of the file that PGSERVICEFILE names."""
    path = os.environ.get("PGSERVICEFILE")
    return os.path.abspath(path) if path else None


def prepare_threshold(url: URL) -> dict[str, int]:
    """Return psycopg's argument for the option, if the URL has it.

    Raises:
        ConfigurationError: It is not a number.
    """
    value = url.query.get(PREPARE_THRESHOLD)
    if value is None:
        return {}
    if not (isinstance(value, str) and value.isdecimal()):
        raise ConfigurationError(
            f"The option {PREPARE_THRESHOLD} must be a whole number, such as 5. To prepare nothing, pass "
            'connect_args={"prepare_threshold": None} to etl_monitor_orm.create_engine.'
        )
    return {PREPARE_THRESHOLD: int(value)}
