"""Databricks' variables: the white space of a secret from a file is left out, and no message repeats a value."""

from __future__ import annotations

import pytest

from etl_monitor_orm import ConfigurationError, create_engine
from etl_monitor_orm.dialects.variables import OF_THE_SDK, for_the_sdk, variable

URL = "databricks://host?http_path=/sql&catalog=main"


@pytest.fixture(autouse=True)
def _no_variables_of_ours(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in OF_THE_SDK:
        monkeypatch.delenv(name, raising=False)


def test_variable_is_read_without_white_space_around_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATABRICKS_TOKEN", " dapi-s3cret\r\n")

    assert variable("DATABRICKS_TOKEN") == "dapi-s3cret"


def test_sdk_gets_only_the_variables_that_it_would_misread(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATABRICKS_HOST", "https://host")
    monkeypatch.setenv("DATABRICKS_CLIENT_SECRET", "s3cret\n")

    assert for_the_sdk() == {"client_secret": "s3cret"}


@pytest.mark.parametrize("name", ["DATABRICKS_TOKEN", "DATABRICKS_CLIENT_SECRET", "DATABRICKS_PASSWORD"])
def test_secret_with_a_line_break_within_is_refused_by_its_name(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    monkeypatch.setenv(name, "dapi-s3\ncret")

    with pytest.raises(ConfigurationError, match=f"{name} has a control character") as caught:
        create_engine(URL).connect()

    assert "s3" not in str(caught.value)


def test_token_among_the_drivers_arguments_is_refused_with_a_line_break() -> None:
    with pytest.raises(ConfigurationError, match="access_token has a control character") as caught:
        create_engine(URL, connect_args={"access_token": "dapi-s3cret\n"}).connect()

    assert "s3cret" not in str(caught.value)
