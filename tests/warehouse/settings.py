"""What a client may configure when it opens a session."""

from __future__ import annotations

from collections.abc import Mapping

from tests.warehouse.errors import StatementFailed

ZONE = "spark.sql.session.timeZone"
ANSI = "spark.sql.ansi.enabled"

# A warehouse knows these and refuses others.
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

_SPARKS = {"timezone": ZONE, "ansi_mode": ANSI}
"""Those that change what a statement gives, under Spark's own names."""


def session_settings(configuration: Mapping[str, str]) -> dict[str, str]:
    """Return the settings of Spark for a session: those that it asks for and that matter here.

    Raises:
        StatementFailed: It asks for something that a warehouse does not have.
    """
    for name in configuration:
        if name.lower() not in _KNOWN:
            raise StatementFailed(
                f"[CONFIG_NOT_AVAILABLE] Configuration {name} is not available. SQLSTATE: 42K0I", "42K0I"
            )
    return {_SPARKS[name.lower()]: value for name, value in configuration.items() if name.lower() in _SPARKS}
