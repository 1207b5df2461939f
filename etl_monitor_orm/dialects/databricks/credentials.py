"""What a URL leaves out, found in the environment: the warehouse, and who connects.

An engine does this only if its creator asks for it. A token comes from the environment, else from the Databricks SDK: a
profile, OAuth, Azure, a notebook.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from etl_monitor_orm.dialects.databricks.connection import HINT, UnusableArguments
from etl_monitor_orm.dialects.variables import for_the_sdk, variable, visible

_SIGNED_IN: Final = ("access_token", "credentials_provider", "auth_type")


def completed(arguments: Mapping[str, Any]) -> dict[str, Any]:
    """Return the driver's arguments; the environment supplies a missing host, path or credentials.

    Raises:
        UnusableArguments: The host, the path or the credentials cannot be found.
    """
    told = {name: value for name, value in arguments.items() if value is not None}
    for name in ("server_hostname", "http_path", "access_token"):
        visible(name, str(told.get(name, "")))
    host = told.get("server_hostname") or _host()
    found = {**told, "server_hostname": host, "http_path": told.get("http_path") or _http_path()}
    return found if any(name in told for name in _SIGNED_IN) else {**found, **_credentials_for(host)}


def _host() -> str:
    host = variable("DATABRICKS_HOST").removeprefix("https://").rstrip("/")
    if not host:
        raise UnusableArguments(f"The URL has no host, and DATABRICKS_HOST is not set. {HINT}")
    return host


def _http_path() -> str:
    if path := variable("DATABRICKS_HTTP_PATH"):
        return path
    if warehouse := variable("DATABRICKS_WAREHOUSE_ID"):
        return f"/sql/1.0/warehouses/{warehouse}"
    raise UnusableArguments(
        "The URL has no http_path, and neither DATABRICKS_HTTP_PATH nor DATABRICKS_WAREHOUSE_ID is set. "
        f"Copy it from the warehouse's page, under Connection details. {HINT}"
    )


def _credentials_for(host: str) -> dict[str, object]:
    if token := variable("DATABRICKS_TOKEN"):
        return {"access_token": token}
    try:
        from databricks.sdk.core import Config
    except ImportError:
        raise UnusableArguments(
            f"There is no token for {host}: neither in the URL nor in DATABRICKS_TOKEN. For other ways to sign in, "
            "install the Databricks SDK: pip install databricks-sdk"
        ) from None
    try:
        # Without limits the SDK tries to reach an unreachable host for five minutes.
        told: dict[str, Any] = {**for_the_sdk(), "host": f"https://{host}"}
        config = Config(**told, http_timeout_seconds=10, retry_timeout_seconds=20)
    except ValueError as error:
        raise UnusableArguments(
            f"There are no credentials for {host}: no token in the URL, no DATABRICKS_TOKEN, and the Databricks SDK "
            f"found none either. Set one of them, or a profile with DATABRICKS_CONFIG_PROFILE. The SDK says: {error}"
        ) from error
    return {"credentials_provider": lambda: config.authenticate}
