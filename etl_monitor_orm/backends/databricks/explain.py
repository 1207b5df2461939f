"""Our errors for the warehouse's: what happened, and the way out."""

from __future__ import annotations

import os
import re
from collections.abc import Callable
from typing import Final

from sqlalchemy import Engine

from etl_monitor_orm.backends.base import place
from etl_monitor_orm.backends.databricks.trouble import ConnectionLost
from etl_monitor_orm.errors import (
    ConfigurationError,
    ConnectionBroken,
    DatabaseError,
    EtlMonitorError,
    SchemaMissing,
)

_LONGEST: Final = 600
"""Characters of the warehouse's own words that a message keeps; the whole text is in the chained error."""

_SECRETS: Final = ("DATABRICKS_TOKEN", "DATABRICKS_CLIENT_SECRET", "DATABRICKS_PASSWORD", "ARM_CLIENT_SECRET")
_SECRET_OPTION: Final = re.compile("token|secret|password", re.IGNORECASE)

_Reading = tuple[re.Pattern[str], Callable[[str, str], EtlMonitorError]]

_READINGS: Final[tuple[_Reading, ...]] = (
    (
        re.compile(r"TABLE_OR_VIEW_NOT_FOUND|DELTA_TABLE_NOT_FOUND|SCHEMA_NOT_FOUND|VIEW_NOT_FOUND"),
        lambda where, words: SchemaMissing(
            f"{where} lacks the schema, or a table or view, of the monitor. Run `etl-monitor db upgrade --url …`, "
            f"or call monitor.setup(). The warehouse says: {words}"
        ),
    ),
    (
        re.compile(r"NO_SUCH_CATALOG|CATALOG_NOT_FOUND|Catalog '.*' (?:not found|does not exist)", re.IGNORECASE),
        lambda where, words: ConfigurationError(
            f"{where} has no such catalog, or you may not see it. Check catalog= or ETL_MONITOR_CATALOG, or have it "
            f"made: CREATE CATALOG, and GRANT USE CATALOG. The warehouse says: {words}"
        ),
    ),
    (
        re.compile(r"\b401\b|UNAUTHENTICATED|Invalid access token|invalid_client|Unauthorized", re.IGNORECASE),
        lambda where, words: ConfigurationError(
            f"{where} refuses the credentials. Check the token in the URL or in DATABRICKS_TOKEN, or the profile of "
            f"the Databricks SDK: it may have expired, or be of another workspace. The driver says: {words}"
        ),
    ),
    (
        re.compile(
            r"INSUFFICIENT_PERMISSIONS|PERMISSION_DENIED|does not have .*(?:privilege|permission)", re.IGNORECASE
        ),
        lambda where, words: ConfigurationError(
            f"{where} refuses for want of a privilege. Have it granted: USE CATALOG on the catalog, USE SCHEMA, SELECT "
            f"and MODIFY on the schema; CREATE SCHEMA and CREATE TABLE too for migrations. The warehouse says: {words}"
        ),
    ),
    (
        re.compile(r"\b403\b|Forbidden", re.IGNORECASE),
        lambda where, words: ConfigurationError(
            f"{where} does not let you use this warehouse. Ask for CAN USE on it, and check the workspace's IP access "
            f"list. The driver says: {words}"
        ),
    ),
    (
        re.compile(r"\b404\b|ENDPOINT_NOT_FOUND|RESOURCE_DOES_NOT_EXIST", re.IGNORECASE),
        lambda where, words: ConfigurationError(
            f"{where} has no warehouse at this http_path. Copy it from the warehouse's page, under Connection details. "
            f"The driver says: {words}"
        ),
    ),
    (
        re.compile(r"NameResolutionError|Name or service not known|nodename nor servname|getaddrinfo"),
        lambda where, words: ConfigurationError(
            f"The host of {where} is not known. It is the workspace's, without https://. The driver says: {words}"
        ),
    ),
)


def explain(cause: BaseException | None, engine: Engine) -> EtlMonitorError:
    """Return our error for the driver's."""
    where = place(engine.url)
    words = _without_secrets(str(cause), engine)
    for pattern, error in _READINGS:
        if pattern.search(words):
            return error(where, words)
    if isinstance(cause, ConnectionLost) and not cause.sent:
        return ConnectionBroken(f"{where} cannot be reached; nothing was sent. Make the call again later. {words}")
    if isinstance(cause, ConnectionLost):
        return ConnectionBroken(
            f"The connection to {where} broke, and stayed broken. Whether the last statement was executed is not "
            f"known; make the call again when the warehouse is back. {words}"
        )
    return DatabaseError(f"The warehouse refused a statement on {where}: {words}")


def _without_secrets(words: str, engine: Engine) -> str:
    options = [value for name, value in engine.url.query.items() if _SECRET_OPTION.search(name)]
    for secret in {str(one) for one in (engine.url.password, *options, *map(os.environ.get, _SECRETS)) if one}:
        words = re.sub(rf"(?<![\w-]){re.escape(secret)}(?![\w-])", "***", words)
    return words if len(words) <= _LONGEST else f"{words[:_LONGEST]}…"
