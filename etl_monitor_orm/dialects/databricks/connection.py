"""Sessions on a warehouse: what the URL says, and what no session may do."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from sqlalchemy.engine import URL
from sqlalchemy.exc import ArgumentError

HINT: Final = (
    "Write the URL like databricks://token:TOKEN@HOST?http_path=/sql/1.0/warehouses/ID&catalog=main, "
    "or without token:TOKEN@ to take DATABRICKS_TOKEN or the Databricks SDK's own credentials."
)

_OURS: Final = ("http_path", "catalog", "schema", "enable_multirow_insert_casts")


class UnusableArguments(ArgumentError):
    """The arguments for a session are incomplete or contradict each other."""


def connect_arguments(url: URL) -> dict[str, object]:
    """Read the driver's arguments from a URL: `databricks+monitor://token:…@host?http_path=…&catalog=…&schema=…`.

    The query may have any other argument of the driver, such as `_tls_trusted_ca_file` or `_socket_timeout`.

    Raises:
        UnusableArguments: An option is repeated, or the URL has a part that means nothing.
    """
    _refuse_odd(url)
    extra = {name: _typed(value) for name, value in url.query.items() if name not in _OURS and isinstance(value, str)}
    return {
        "server_hostname": url.host,
        "http_path": url.query.get("http_path"),
        "access_token": url.password,
        "catalog": url.query.get("catalog"),
        "schema": url.query.get("schema"),
        "use_inline_params": False,
        **extra,
    }


def resend_nothing(connection: Any) -> None:
    """Make the driver report a broken connection instead of resending the statement.

    If only the reply was lost, resending an INSERT writes its rows twice. SQLAlchemy and its users rely on an execution
    that happens once or fails, so this applies to every engine.
    """
    connection.session.backend.retry_policy.read = False


def refuse_other_protocols(arguments: Mapping[str, Any]) -> None:
    """Refuse the driver's other protocols: with them it cannot be kept from resending a statement.

    Raises:
        UnusableArguments: The arguments ask for one of them.
    """
    for name in ("use_sea", "use_kernel"):
        if arguments.get(name):
            raise UnusableArguments(f"This dialect works over Thrift only, but {name} is set. Leave it out.")


def _refuse_odd(url: URL) -> None:
    # No value is repeated in a message: each may be a secret in the wrong place.
    repeated = [name for name, value in url.query.items() if not isinstance(value, str)]
    if repeated:
        raise UnusableArguments(f"The URL has {repeated[0]}= more than once. Keep one of them. {HINT}")
    if url.database:
        raise UnusableArguments(f"The URL has a path after its host, which means nothing here. {HINT}")
    if url.username and not url.password:
        raise UnusableArguments(f"The URL has a user but no token. {HINT}")


def _typed(value: str) -> object:
    if value.lower() in ("true", "false"):
        return value.lower() == "true"
    for kind in (int, float):
        try:
            return kind(value)
        except ValueError:
            continue
    return value
