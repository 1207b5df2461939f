"""Texts of drivers in messages: no secret shows, and none can be guessed from a gap."""

from __future__ import annotations

import pytest
from sqlalchemy import make_url

from etl_monitor_orm.backends.wording import place, shown

HIDDEN = [
    "no pg_hba.conf entry for hunter2",
    'missing "=" after "hunter2" in connection info string',
    "cannot use postgresql://run:hunter2@host/db",
    "cannot use password=hunter2 host=db",
]


@pytest.mark.parametrize("words", HIDDEN)
def test_shown_given_a_secret_then_it_is_hidden(words: str) -> None:
    url = make_url("postgresql://run:hunter2@host/db")

    assert shown(words, url) == words.replace("hunter2", "***")


@pytest.mark.parametrize("password", ["etl", "run", "DB", "host", "x", "for", "postgresql"])
def test_shown_given_a_password_that_is_an_ordinary_word_then_names_stay_as_they_are(password: str) -> None:
    words = f'permission denied for schema {password}: relation {password}."ETLconfigTasks" x'

    assert shown(words, make_url(f"postgresql://run:{password}@host/db")) == words


@pytest.mark.parametrize("password", ["etl", "run", "x", "hunter2"])
@pytest.mark.parametrize(
    "words",
    [
        "postgresql://run:{}@host/db is wrong",
        "user=run password={} dbname=etl",
        "user=run password='{}' dbname=etl",
        "{{'access_token': '{}'}}",
    ],
)
def test_shown_given_a_password_in_the_place_of_a_credential_then_it_is_hidden(words: str, password: str) -> None:
    url = make_url(f"postgresql://run:{password}@host/db")

    assert shown(words.format(password), url) == words.format("***")


def test_shown_given_a_secret_inside_a_word_then_the_word_stays() -> None:
    assert shown("monitors and monitor_1", make_url("duckdb:///db?token=monitor")) == "monitors and monitor_1"


@pytest.mark.parametrize(
    ("password", "written"),
    [
        ("p@ss/wo rd", "p%40ss%2Fwo%20rd"),
        ("p@ss/wo rd", "p%40ss%2Fwo+rd"),
        ("hunter2\n", "hunter2"),
        ("hun\nter2", "hun\\nter2"),
        ("hünter2", "h%C3%BCnter2"),
    ],
)
def test_shown_given_a_secret_in_another_form_then_it_is_hidden_too(password: str, written: str) -> None:
    url = make_url("postgresql://run@host/db").set(password=password)

    assert shown(f"cannot use {written} here", url) == "cannot use *** here"


@pytest.mark.parametrize(
    ("words", "wanted"),
    [
        ("Invalid header value b'Bearer eyJhbGciOi.J9-_x'", "Invalid header value b'Bearer ***'"),
        ("token dapi0123456789abcdef is not valid", "token *** is not valid"),
        ("cannot reach https://me:hunter2@proxy:8080/", "cannot reach https://me:***@proxy:8080/"),
    ],
)
def test_shown_given_a_credential_that_nobody_named_then_it_is_hidden(words: str, wanted: str) -> None:
    assert shown(words, make_url("duckdb:///db")) == wanted


@pytest.mark.parametrize(
    "option", ["token", "client_secret", "sslpassword", "api_key", "AccessKey", "motherduck_token"]
)
def test_shown_given_a_secret_in_an_option_then_it_is_hidden(option: str) -> None:
    assert shown("no hunter2", make_url(f"duckdb:///db?{option}=hunter2&{option}=hunter2")) == "no ***"


def test_place_given_a_databricks_token_as_the_user_then_it_is_hidden() -> None:
    assert place(make_url("databricks://dapi123@host?catalog=main")) == "databricks://host"
