"""Sessions on a warehouse: what the URL says, the driver's limits, and what must be set once a session is open."""

from __future__ import annotations

import atexit
import os
from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import Any, Final
from weakref import WeakSet

from sqlalchemy.engine import URL
from sqlalchemy.engine.interfaces import DBAPIConnection

from etl_monitor_orm.backends.databricks.credentials import credentials_for
from etl_monitor_orm.backends.databricks.trouble import ConnectionLost, is_busy, is_lost
from etl_monitor_orm.backends.retry import RetryPolicy
from etl_monitor_orm.errors import ConfigurationError

HINT: Final = (
    "Write the URL like databricks://token:TOKEN@HOST?http_path=/sql/1.0/warehouses/ID&catalog=main, "
    "or without token:TOKEN@ to take DATABRICKS_TOKEN or the Databricks SDK's own credentials."
)

LIMITS: Final[Mapping[str, object]] = {
    # By default the driver waits 15 minutes for a reply, and as long for a warehouse that says it is busy.
    "_socket_timeout": 120,
    "_retry_stop_after_attempts_count": 6,
    "_retry_stop_after_attempts_duration": 60,
    "_retry_delay_min": 0.5,
    "_retry_delay_max": 5,
    # A library does not report home for its users, nor wait for it.
    "enable_telemetry": False,
    "user_agent_entry": "etl-monitor-orm",
}
"""What the driver is told unless the caller says otherwise, in the URL's query or in `connect_args`."""

OPENING: Final = RetryPolicy(first=1.0, longest=10.0, patience=600.0)
"""How long a session waits for a warehouse that is starting: a classic one takes minutes."""

_SHORTEST_WAIT: Final = 1.0
_open: Final[WeakSet[Any]] = WeakSet()
_OURS: Final = ("http_path", "catalog", "schema")


def connect_arguments(url: URL) -> dict[str, object]:
    """Read the driver's arguments from a URL; what it leaves out comes from the environment when a session is opened.

    Any other argument of the driver's may stand in the query, such as `_tls_trusted_ca_file` or `_socket_timeout`.
    """
    extra = {name: _typed(value) for name, value in url.query.items() if name not in _OURS and isinstance(value, str)}
    return {
        "server_hostname": url.host,
        "http_path": url.query.get("http_path"),
        "access_token": url.password,
        "catalog": url.query.get("catalog"),
        **extra,
    }


def connect_safely(connect: Callable[..., DBAPIConnection], arguments: Mapping[str, Any]) -> DBAPIConnection:
    """Open a session with credentials, limits and UTC, and without the driver's own repetition of lost replies.

    Args:
        connect: Opens a session.
        arguments: The driver's arguments, as far as they are given.

    Raises:
        ConfigurationError: The warehouse or the credentials are not told.
    """
    told = {name: value for name, value in {**LIMITS, **arguments}.items() if value is not None}
    told["server_hostname"] = told.get("server_hostname") or _host()
    told["http_path"] = told.get("http_path") or _http_path()
    told["session_configuration"] = {"TIMEZONE": "UTC", **told.get("session_configuration", {})}
    if "access_token" not in told and "credentials_provider" not in told and "auth_type" not in told:
        told.update(credentials_for(told["server_hostname"]))
    told["use_inline_params"] = False
    try:
        connection: DBAPIConnection = OPENING.retrying(is_busy)(connect, **told)
    except Exception as error:
        if is_lost(error):
            raise ConnectionLost(error, sent=False) from error
        raise
    _repeat_nothing_unasked(connection)
    _open.add(connection)
    return connection


@atexit.register
def _close_sessions() -> None:
    # Left to the end of the interpreter, the driver finds half of Python gone, and says so on stderr.
    for connection in list(_open):
        with suppress(Exception):
            connection.close()


def _repeat_nothing_unasked(connection: Any) -> None:
    """Have the driver report a broken connection at once: it would execute an INSERT a second time."""
    policy = connection.session.backend.retry_policy
    policy.read = policy.connect = False
    # The driver waits for the longest of its pauses, however short a time the warehouse asks for.
    policy.delay_max = _SHORTEST_WAIT


def _host() -> str:
    host = os.environ.get("DATABRICKS_HOST", "").removeprefix("https://").rstrip("/")
    if not host:
        raise ConfigurationError(f"The URL names no host, and DATABRICKS_HOST is not set. {HINT}")
    return host


def _http_path() -> str:
    if path := os.environ.get("DATABRICKS_HTTP_PATH"):
        return path
    if warehouse := os.environ.get("DATABRICKS_WAREHOUSE_ID"):
        return f"/sql/1.0/warehouses/{warehouse}"
    raise ConfigurationError(
        "The URL has no http_path, and neither DATABRICKS_HTTP_PATH nor DATABRICKS_WAREHOUSE_ID is set. "
        f"It stands on the warehouse's page under Connection details. {HINT}"
    )


def _typed(value: str) -> object:
    if value.lower() in ("true", "false"):
        return value.lower() == "true"
    for kind in (int, float):
        try:
            return kind(value)
        except ValueError:
            continue
    return value
