"""What Spark raises, as the warehouse answers it: the message's first line, as on Databricks, and its SQLSTATE."""

from __future__ import annotations

import re
from typing import Any

from py4j.protocol import Py4JJavaError
from pyspark.errors import PySparkException

_NESTED = re.compile(
    r"\[REQUIRES_SINGLE_PART_NAMESPACE\].*? but got `(?P<one>[^`]*)`\.|by v1 session catalog: (?P<two>\w+)\."
)
_STATE = re.compile(r"SQLSTATE: (\w{5})")


class StatementFailed(Exception):
    """A statement that did not work: what the client is told.

    Attributes:
        message: The message.
        state: Its SQLSTATE.
        trace: Java's stack trace.
    """

    def __init__(self, message: str, state: str = "XX000", trace: str = "") -> None:
        super().__init__(message)
        self.message, self.state, self.trace = message, state, trace


def no_such_catalog(name: str) -> StatementFailed:
    """Return the error for a catalog that does not exist."""
    return StatementFailed(
        f"[NO_SUCH_CATALOG_EXCEPTION] Catalog '{name}' was not found. Please verify the catalog name and then retry "
        "the query or command again. SQLSTATE: 42704",
        "42704",
    )


def explained(error: PySparkException | Py4JJavaError, catalog: str) -> StatementFailed:
    """Return what the client is told; Spark's own catalog has our name in it."""
    java = error.java_exception if isinstance(error, Py4JJavaError) else getattr(error, "_origin", None)
    message = str(error) if java is None else _message(java)
    message = message.replace("spark_catalog", catalog)
    nested = _NESTED.search(message)
    if nested is not None:
        return no_such_catalog(nested["one"] or nested["two"])
    state = _STATE.search(message)
    return StatementFailed(message, state[1] if state else "XX000", getattr(error, "_stackTrace", None) or "")


def _message(java: Any) -> str:
    """The message without the query plan that Spark appends, which Databricks does not show."""
    simple = getattr(java, "getSimpleMessage", None)
    text = java.getMessage() or java.toString()
    if java.getClass().getName().endswith("AnalysisException") and simple is not None:
        return simple()
    return text.strip()
