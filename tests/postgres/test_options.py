"""A wrong option is a mistake in the settings: the error is a ConfigurationError, and names the option."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from sqlalchemy import URL, text

from etl_monitor_orm import ConfigurationError, ETLMonitor, create_engine
from tests.postgres.conftest import HR

UNKNOWN = {
    "sslmod=require": "no option sslmod .*Did you mean sslmode",
    "statement_timeuot=5s": "no option statement_timeuot .*Did you mean statement_timeout",
    "zzz=s3cret": "no option zzz .*Leave it out",
    "autocommit=1": "no option autocommit ",
    "sslmode=require&sslmode=disable": "option sslmode stands in the URL more than once",
    "prepare_threshold=often": "option prepare_threshold must be a whole number",
    "client_encoding=SQL_ASCII": "option client_encoding must be UTF8",
    "client_encoding=latin1": "option client_encoding must be UTF8",
}


@pytest.mark.parametrize(("query", "words"), UNKNOWN.items())
def test_option_that_cannot_be_right_is_refused_before_a_connection(query: str, words: str) -> None:
    with pytest.raises(ConfigurationError, match=words) as caught:
        create_engine(f"postgresql://u@h/d?{query}")
    assert "s3cret" not in str(caught.value)


WRONG: dict[str, tuple[dict[str, str], str]] = {
    "sslmode": ({"sslmode": "nope"}, "sslmode"),
    "keepalives_idle": ({"keepalives_idle": "x"}, "keepalives_idle"),
    "connect_timeout": ({"connect_timeout": "abc"}, "connect_timeout"),
    "statement_timeout": ({"statement_timeout": "abc"}, "statement_timeout"),
    "service": ({"service": "nope"}, "service"),
    "value in options": ({"options": "-cstatement_timeout=abc"}, "statement_timeout"),
    "name in options": ({"options": "-cno_such=1"}, "no_such"),
    "target_session_attrs": ({"target_session_attrs": "x"}, "target_session_attrs"),
}


@pytest.mark.parametrize(("options", "name"), WRONG.values(), ids=WRONG)
def test_option_with_a_wrong_value_is_named(
    opened: Callable[..., ETLMonitor], url: URL, options: dict[str, str], name: str
) -> None:
    with pytest.raises(ConfigurationError, match=f"cannot be used with an option.*{name}"):
        opened(url.update_query_dict(options)).get_status(*HR)


def test_port_that_no_server_can_have_is_named(opened: Callable[..., ETLMonitor], url: URL) -> None:
    with pytest.raises(ConfigurationError, match=r"cannot be used with an option.*port number"):
        opened(url.set(port=99999)).get_status(*HR)


def test_argument_that_the_driver_does_not_know_is_named(url: URL) -> None:
    engine = create_engine(url, connect_args={"sslmod": "require"})
    with pytest.raises(ConfigurationError, match=r'cannot be used with an option.*"sslmod"'):
        ETLMonitor(engine).get_status(*HR)


@pytest.mark.parametrize("options", [{"prepare_threshold": "0"}, {"client_encoding": "UTF-8"}])
def test_option_that_is_right_reaches_the_driver(
    opened: Callable[..., ETLMonitor], url: URL, options: dict[str, str]
) -> None:
    assert opened(url.update_query_dict(options)).get_status(*HR) == []


def test_encoding_of_the_environment_does_not_reach_the_driver(
    opened: Callable[..., ETLMonitor], url: URL, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PGCLIENTENCODING", "SQL_ASCII")
    with opened(url).session() as session:
        assert session.scalar(text("SELECT 'ü'")) == "ü"
