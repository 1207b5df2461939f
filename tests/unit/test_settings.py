"""Settings: arguments first, then `ETL_MONITOR_*` variables, then defaults; and nothing secret in sight."""

from __future__ import annotations

import dataclasses
import re

import pytest
from sqlalchemy.engine import make_url

from etl_monitor_orm import ConfigurationError
from etl_monitor_orm.settings import Layout, Settings, read_layout


def test_given_nothing_when_read_then_it_is_a_duckdb_file_and_the_schema_etl() -> None:
    settings = Settings.read()
    assert str(settings.url) == "duckdb:///etl_monitor.duckdb"
    assert (settings.schema, settings.catalog, settings.actor) == ("etl", None, None)


VARIABLES = [
    ("ETL_MONITOR_URL", "url", "duckdb:///variable.duckdb", "duckdb:///argument.duckdb"),
    ("ETL_MONITOR_SCHEMA", "schema", "variable", "argument"),
    ("ETL_MONITOR_CATALOG", "catalog", "variable", "argument"),
    ("ETL_MONITOR_ACTOR", "actor", "variable", "argument"),
]


@pytest.mark.parametrize(("variable", "name", "from_variable", "from_argument"), VARIABLES)
def test_given_a_variable_when_there_is_no_argument_then_it_counts(
    monkeypatch: pytest.MonkeyPatch, variable: str, name: str, from_variable: str, from_argument: str
) -> None:
    monkeypatch.setenv(variable, from_variable)
    assert str(getattr(Settings.read(), name)) == from_variable


@pytest.mark.parametrize(("variable", "name", "from_variable", "from_argument"), VARIABLES)
def test_given_a_variable_when_there_is_an_argument_then_the_argument_counts(
    monkeypatch: pytest.MonkeyPatch, variable: str, name: str, from_variable: str, from_argument: str
) -> None:
    monkeypatch.setenv(variable, from_variable)
    assert str(getattr(Settings.read(**{name: from_argument}), name)) == from_argument


@pytest.mark.parametrize(("variable", "name", "from_variable", "from_argument"), VARIABLES)
def test_given_an_empty_variable_when_read_then_it_is_as_if_unset(
    monkeypatch: pytest.MonkeyPatch, variable: str, name: str, from_variable: str, from_argument: str
) -> None:
    default = getattr(Settings.read(), name)
    monkeypatch.setenv(variable, "")
    assert getattr(Settings.read(), name) == default


def test_given_a_url_object_when_read_then_it_is_that_url() -> None:
    url = make_url("duckdb:///object.duckdb")
    assert Settings.read(url).url == url


@pytest.mark.parametrize("url", ["not a url", "duckdb", "://", "s3cret@host"])
def test_given_text_that_is_no_url_when_read_then_it_is_refused_without_repeating_it(url: str) -> None:
    with pytest.raises(ConfigurationError, match=r"duckdb:///etl_monitor.duckdb") as caught:
        Settings.read(url)
    assert url not in re.sub(r"\S+://\S*", "", str(caught.value))  # without the examples
    assert caught.value.__cause__ is None


def test_given_a_databricks_url_with_https_when_read_then_the_error_shows_the_right_form() -> None:
    with pytest.raises(ConfigurationError, match=r"databricks://token:TOKEN@HOST\?.* without https://"):
        Settings.read("databricks://https://dbc-1.cloud.databricks.com?http_path=/sql/1.0/warehouses/abc&catalog=main")


def test_given_a_schema_with_square_brackets_when_read_then_it_is_refused_by_name() -> None:
    with pytest.raises(ConfigurationError, match=r"schema.*a\[b\].*square brackets"):
        Settings.read(schema="a[b]")


@pytest.mark.parametrize("schema", ["", "  "])
def test_given_an_empty_schema_when_read_then_it_is_refused_with_the_default(schema: str) -> None:
    with pytest.raises(ConfigurationError, match=r"schema.*must not be empty.*etl"):
        Settings.read(schema=schema)


def test_given_settings_when_shown_then_the_url_and_its_password_are_not() -> None:
    shown = repr(Settings.read("databricks://token:dapi-s3cret@host?http_path=/sql"))
    assert "dapi-s3cret" not in shown
    assert "host" not in shown


def test_given_settings_when_one_is_set_then_it_is_refused() -> None:
    with pytest.raises(dataclasses.FrozenInstanceError):
        Settings.read().schema = "other"  # type: ignore[misc]


def test_given_a_layout_in_the_environment_when_it_is_read_then_an_argument_wins(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    assert read_layout() is None
    monkeypatch.setenv("ETL_MONITOR_LAYOUT", "clustered")
    assert read_layout() is Layout.CLUSTERED
    assert read_layout("partitioned") is Layout.PARTITIONED
    monkeypatch.setenv("ETL_MONITOR_LAYOUT", "")
    assert read_layout() is None


@pytest.mark.parametrize("word", ["diagonal", "PARTITIONED", " "])
def test_given_a_layout_that_nobody_knows_when_it_is_read_then_the_known_ones_are_named(word: str) -> None:
    with pytest.raises(ConfigurationError, match=r"partitioned or clustered.*default is partitioned"):
        read_layout(word)


@pytest.mark.parametrize("space", ["\n", " ", "\r\n", "\t", "\u00a0", "\u2028"])
@pytest.mark.parametrize(("variable", "name", "from_variable", "from_argument"), VARIABLES)
def test_settings_are_read_without_white_space_around_them(
    monkeypatch: pytest.MonkeyPatch, variable: str, name: str, from_variable: str, from_argument: str, space: str
) -> None:
    monkeypatch.setenv(variable, f"{space}{from_variable}{space}")

    assert str(getattr(Settings.read(), name)) == from_variable
    assert str(getattr(Settings.read(**{name: f"{space}{from_argument}{space}"}), name)) == from_argument


@pytest.mark.parametrize(("variable", "name", "from_variable", "from_argument"), VARIABLES)
def test_variable_with_nothing_but_white_space_is_as_if_unset(
    monkeypatch: pytest.MonkeyPatch, variable: str, name: str, from_variable: str, from_argument: str
) -> None:
    default = getattr(Settings.read(), name)
    monkeypatch.setenv(variable, " \n")

    assert getattr(Settings.read(), name) == default


@pytest.mark.parametrize("unseen", ["\n", "\t", "\x1b[31m", "\x07", "\x7f", "\x9b31m"])
@pytest.mark.parametrize("name", ["url", "schema", "catalog", "actor"])
def test_setting_with_a_control_character_is_refused_without_it(name: str, unseen: str) -> None:
    value = f"duckdb:///a{unseen}b" if name == "url" else f"a{unseen}b"

    with pytest.raises(ConfigurationError, match="control character") as caught:
        Settings.read(**{name: value})

    assert str(caught.value).isprintable()


@pytest.mark.parametrize("variable", [variable for variable, *_ in VARIABLES])
def test_variable_with_a_control_character_is_refused_without_it(
    monkeypatch: pytest.MonkeyPatch, variable: str
) -> None:
    monkeypatch.setenv(variable, "duckdb:///a\x1bb")

    with pytest.raises(ConfigurationError, match="control character") as caught:
        Settings.read()

    assert str(caught.value).isprintable()


@pytest.mark.parametrize(
    ("url", "part"),
    [
        ("postgresql://me:s3cret%0A@host/db", "password"),
        ("postgresql://me%1B:s3cret@host/db", "user"),
        ("databricks://token:dapi-s3cret%0D%0A@host?http_path=/sql", "password"),
        ("duckdb:///a.duckdb?motherduck_token=s3cret%0A", "option 'motherduck_token'"),
        ("postgresql://host/db?host=a&host=s3cret%00", "option 'host'"),
        ("duckdb:///a.duckdb?s3cret%07=1", "name of an option"),
    ],
)
def test_url_with_an_escaped_control_character_is_refused_by_its_part(url: str, part: str) -> None:
    with pytest.raises(ConfigurationError, match=f"The {part} in the database URL has a control character") as caught:
        Settings.read(url)

    assert "s3cret" not in str(caught.value)


def test_layout_is_read_without_white_space_around_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ETL_MONITOR_LAYOUT", "clustered\n")

    assert read_layout() is Layout.CLUSTERED
    assert read_layout(" partitioned ") is Layout.PARTITIONED


def test_lock_wait_is_the_argument_then_the_url_then_the_variable_then_half_a_minute(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    url = "duckdb:///monitor.duckdb?lock_wait=2&threads=1"
    assert Settings.read().lock_wait == 30
    monkeypatch.setenv("ETL_MONITOR_LOCK_WAIT", " 1.5\n")
    assert Settings.read().lock_wait == 1.5
    assert Settings.read(url).lock_wait == 2
    assert Settings.read(url, lock_wait=0).lock_wait == 0
    assert dict(Settings.read(url).url.query) == {"threads": "1"}


@pytest.mark.parametrize("given", [-1, "soon", float("nan"), float("inf"), True, "1e999"])
def test_lock_wait_that_is_no_number_of_seconds_is_refused_with_the_ways_to_set_it(given: object) -> None:
    with pytest.raises(ConfigurationError, match=r"lock_wait is .*seconds.*\?lock_wait=.*ETL_MONITOR_LOCK_WAIT"):
        Settings.read(lock_wait=given)


def test_lock_wait_given_twice_in_a_url_is_refused() -> None:
    with pytest.raises(ConfigurationError, match="more than once"):
        Settings.read("duckdb:///monitor.duckdb?lock_wait=1&lock_wait=2")
