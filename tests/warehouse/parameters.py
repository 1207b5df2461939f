"""Statement parameters: from their text on the wire to the Java values that Spark binds."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from databricks.sql.thrift_api.TCLIService.ttypes import TSparkParameter


def as_text(parameters: Sequence[TSparkParameter]) -> dict[str, str | None]:
    """Return each parameter's value as it travelled, by its name."""
    return {one.name: None if one.value is None else one.value.stringValue for one in parameters}


def bind(jvm: Any, parameters: Sequence[TSparkParameter], zone: str) -> Any:
    """Return a Java map of the named parameters; `zone` is what a time without offset means.

    Raises:
        ValueError: A type that the warehouse does not know.
    """
    values = jvm.java.util.HashMap()
    for one in parameters:
        values.put(one.name, _value(jvm, one, zone))
    return values


def _value(jvm: Any, parameter: TSparkParameter, zone: str) -> Any:
    kind = (parameter.type or "STRING").upper().partition("(")[0]
    if parameter.value is None or kind == "VOID":
        return None
    text = parameter.value.stringValue
    if kind == "TIMESTAMP":
        return _instant(jvm, text, zone)
    reader = _READERS.get(kind)
    if reader is None:
        raise ValueError(f"parameter {parameter.name} is of type {parameter.type}, which the warehouse does not know")
    return reader(jvm, text)


def _instant(jvm: Any, text: str, zone: str) -> Any:
    """Java's Instant: microseconds are kept, and years that Python's timestamps cannot reach."""
    found = datetime.fromisoformat(text)
    if found.tzinfo is None:
        found = found.replace(tzinfo=ZoneInfo(zone))
    return jvm.java.time.Instant.parse(found.astimezone(UTC).replace(tzinfo=None).isoformat() + "Z")


# The bridge to Java hands numbers over by their size, so that a small BIGINT arrives as INT; Spark widens it.
_READERS: dict[str, Callable[[Any, str], Any]] = {
    "STRING": lambda jvm, text: text,
    "TINYINT": lambda jvm, text: int(text),
    "SMALLINT": lambda jvm, text: int(text),
    "INT": lambda jvm, text: int(text),
    "BIGINT": lambda jvm, text: int(text),
    "FLOAT": lambda jvm, text: float(text),
    "DOUBLE": lambda jvm, text: float(text),
    "DECIMAL": lambda jvm, text: Decimal(text),
    "BOOLEAN": lambda jvm, text: text.lower() == "true",
    "DATE": lambda jvm, text: jvm.java.time.LocalDate.parse(text),
    "TIMESTAMP_NTZ": lambda jvm, text: jvm.java.time.LocalDateTime.parse(
        datetime.fromisoformat(text).replace(tzinfo=None).isoformat()
    ),
}
