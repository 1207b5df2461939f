"""Databricks' own variables, read without the white space that a secret from a file brings with it."""

from __future__ import annotations

import os
import unicodedata
from typing import Any, Final

from sqlalchemy.exc import ArgumentError

OF_THE_SDK: Final = {
    "DATABRICKS_HOST": "host",
    "DATABRICKS_TOKEN": "token",
    "DATABRICKS_CLIENT_ID": "client_id",
    "DATABRICKS_CLIENT_SECRET": "client_secret",
    "DATABRICKS_USERNAME": "username",
    "DATABRICKS_PASSWORD": "password",
    "ARM_CLIENT_ID": "azure_client_id",
    "ARM_CLIENT_SECRET": "azure_client_secret",
    "ARM_TENANT_ID": "azure_tenant_id",
}
"""Variables that the Databricks SDK reads, and its names for them."""
SECRETS: Final = ("DATABRICKS_TOKEN", "DATABRICKS_CLIENT_SECRET", "DATABRICKS_PASSWORD", "ARM_CLIENT_SECRET")
"""Those of them that no message may contain."""


def variable(name: str) -> str:
    """Return a variable without the white space around it; empty if it is unset.

    Raises:
        ArgumentError: It has a control character. In a header, the driver and the SDK would refuse it and show it.
    """
    return visible(name, os.environ.get(name, "").strip())


def for_the_sdk() -> dict[str, Any]:
    """Return the SDK's arguments for those variables that have white space around them: it would not leave it out.

    Raises:
        ArgumentError: One of its variables has a control character.
    """
    told = {argument: (os.environ.get(name, ""), variable(name)) for name, argument in OF_THE_SDK.items()}
    return {argument: clean for argument, (given, clean) in told.items() if given != clean}


def visible(name: str, value: str) -> str:
    """Return a value that has no control character.

    Raises:
        ArgumentError: It has one. The message does not repeat the value.
    """
    if any(unicodedata.category(character) in ("Cc", "Cs") for character in value):
        raise ArgumentError(f"{name} has a control character, such as a line break. Set it again without it.")
    return value
