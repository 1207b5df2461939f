"""Who connects: a token from the environment, else what the Databricks SDK finds (profile, OAuth, Azure, notebook)."""

from __future__ import annotations

import os

from etl_monitor_orm.errors import ConfigurationError


def credentials_for(host: str) -> dict[str, object]:
    """Return the driver's arguments that carry credentials for a host.

    Args:
        host: The workspace's host name.

    Raises:
        ConfigurationError: There are none, or the SDK that would find them is not installed.
    """
    if token := os.environ.get("DATABRICKS_TOKEN"):
        return {"access_token": token}
    try:
        from databricks.sdk.core import Config
    except ImportError:
        raise ConfigurationError(
            f"There is no token for {host}: neither in the URL nor in DATABRICKS_TOKEN. For other ways to sign in, "
            "install the Databricks SDK: pip install 'etl-monitor-orm[databricks]'."
        ) from None
    try:
        # Without limits the SDK asks an unreachable host for its ways to sign in for five minutes.
        config = Config(host=f"https://{host}", http_timeout_seconds=10, retry_timeout_seconds=20)
    except ValueError as error:
        raise ConfigurationError(
            f"There are no credentials for {host}: no token in the URL, no DATABRICKS_TOKEN, and the Databricks SDK "
            f"found none either. Set one of them, or a profile with DATABRICKS_CONFIG_PROFILE. The SDK says: {error}"
        ) from error
    return {"credentials_provider": lambda: config.authenticate}
