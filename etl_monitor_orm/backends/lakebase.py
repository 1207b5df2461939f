"""Lakebase, the PostgreSQL that Databricks runs: its passwords are tokens that last an hour, and it may be asleep."""

from __future__ import annotations

import threading
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from typing import Any, Final
from uuid import uuid4
from weakref import WeakKeyDictionary

import psycopg
from sqlalchemy import event
from sqlalchemy.engine import URL, Dialect, Engine
from sqlalchemy.exc import ArgumentError

from etl_monitor_orm.dialects.retrying import RetryPolicy
from etl_monitor_orm.dialects.variables import for_the_sdk
from etl_monitor_orm.errors import ConfigurationError

OPTION: Final = "lakebase"
"""The URL's option that names the instance: `?lakebase=INSTANCE`."""

_SPARE: Final = timedelta(minutes=5)
"""A token that ends sooner than this is replaced."""
_LIFETIME: Final = timedelta(hours=1)
"""How long a token lasts if it does not say."""
_WAKING: Final = ("starting up", "refused", "timeout", "is disabled", "temporarily unavailable")
"""What libpq says about an instance that is not awake yet."""

PATIENCE: Final = 120.0
"""Seconds within which a sleeping instance wakes."""


class Tokens:
    """The tokens of one instance, each used until shortly before it ends. Safe between threads.

    Args:
        instance: The instance's name.
    """

    def __init__(self, instance: str) -> None:
        self.instance = instance
        self.last: str | None = None
        self._ends = datetime.min.replace(tzinfo=UTC)
        self._lock = threading.Lock()

    def current(self) -> str:
        """Return a token that is valid for at least some more minutes.

        Raises:
            ConfigurationError: Databricks returned none.
        """
        with self._lock:
            if self.last is None or datetime.now(UTC) > self._ends - _SPARE:
                self.last, self._ends = _new_token(self.instance)
            return self.last


_tokens: WeakKeyDictionary[Dialect, Tokens] = WeakKeyDictionary()


def token_of(engine: Engine) -> str | None:
    """Return the token that an engine signed in with last; no message may contain it."""
    tokens = _tokens.get(engine.dialect)
    return None if tokens is None else tokens.last


def sign_in(engine: Engine, url: URL) -> None:
    """Make each connection of an engine sign in with a valid token, and wait for an instance that wakes up.

    Args:
        engine: The engine.
        url: The URL that names the instance.

    Raises:
        ConfigurationError: The URL has a password, or turns TLS off.
    """
    if url.password is not None:
        raise ConfigurationError(
            f"A Lakebase URL takes no password: the Databricks SDK supplies a token. Write {url.drivername}://"
            f"{url.username or 'USER'}@{url.host}/{url.database}?{OPTION}=INSTANCE."
        )
    if url.query.get("sslmode", "require") not in ("require", "verify-ca", "verify-full"):
        raise ConfigurationError(
            "Lakebase accepts only TLS. Leave sslmode out of the URL, or write sslmode=require or verify-full."
        )
    tokens = _tokens[engine.dialect] = Tokens(str(url.query[OPTION]))
    waiting = RetryPolicy(first=0.5, longest=5, patience=PATIENCE)

    @event.listens_for(engine, "do_connect")
    def connect(dialect: Dialect, record: object, arguments: list[Any], options: dict[str, Any]) -> object:
        def once() -> object:
            return dialect.connect(*arguments, **options, password=tokens.current())

        return waiting.run(once, _is_waking)


def _is_waking(error: BaseException) -> bool:
    return isinstance(error, psycopg.OperationalError) and any(words in str(error) for words in _WAKING)


def _new_token(instance: str) -> tuple[str, datetime]:
    """Ask the Databricks SDK, which finds the credentials by itself."""
    try:
        from databricks.sdk import WorkspaceClient
    except ImportError as error:
        raise ConfigurationError(
            f"Lakebase needs the Databricks SDK: {error}. Run: pip install 'etl-monitor-orm[postgresql,databricks]'"
        ) from error
    try:
        told = for_the_sdk()
    except ArgumentError as error:
        raise ConfigurationError(str(error)) from None
    try:
        given = WorkspaceClient(**told).database.generate_database_credential(
            request_id=str(uuid4()), instance_names=[instance]
        )
    except Exception as error:  # the SDK has no root of its own
        raise ConfigurationError(
            f"Databricks returned no token for the Lakebase instance {instance}: {type(error).__name__}. "
            "Check its name, and sign in: `databricks auth login`, or DATABRICKS_HOST and its credentials."
        ) from error
    if not given.token:
        raise ConfigurationError(f"Databricks returned an empty token for the Lakebase instance {instance}.")
    ends = datetime.now(UTC) + _LIFETIME
    with suppress(ValueError, TypeError):
        ends = datetime.fromisoformat(given.expiration_time or "")
    return given.token, ends
