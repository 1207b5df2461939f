"""What a client may configure when it opens a session."""

from __future__ import annotations

from collections.abc import Mapping

from tests.warehouse.errors import StatementFailed

# A warehouse knows these and refuses others; only the time zone matters to us.
_KNOWN = {
    "ansi_mode",
    "enable_photon",
    "legacy_time_parser_policy",
    "max_file_partition_bytes",
    "query_tags",
    "read_only_external_metastore",
    "statement_timeout",
    "timezone",
    "use_cached_result",
    "spark.thriftserver.arrowbasedrowset.timestampasstring",
}


def session_zone(configuration: Mapping[str, str]) -> str | None:
    """Return the time zone that a session asks for.

    Raises:
        StatementFailed: It asks for something that a warehouse does not have.
    """
    for name in configuration:
        if name.lower() not in _KNOWN:
            raise StatementFailed(
                f"[CONFIG_NOT_AVAILABLE] Configuration {name} is not available. SQLSTATE: 42K0I", "42K0I"
            )
    return next((value for name, value in configuration.items() if name.lower() == "timezone"), None)
