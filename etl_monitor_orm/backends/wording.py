"""How messages name a database and quote its driver: without secrets."""

from __future__ import annotations

import re
import shlex
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from typing import Final
from urllib.parse import quote, quote_plus

from sqlalchemy.engine import URL, Engine

from etl_monitor_orm.errors import DatabaseError, SchemaError, SchemaMissing
from etl_monitor_orm.schemas import DEFAULT_SCHEMA, schema_of, views_schema_of


def place(url: URL) -> str:
    """Return a URL for messages: without its password, and without options, which may hold tokens."""
    plain = url.set(drivername=url.get_backend_name(), query={})
    if url.get_backend_name() == _WITHOUT_USERS and not url.password:
        plain = plain._replace(username=None)  # it is a token in the wrong place
    return plain.render_as_string(hide_password=True)


def repeatable(url: URL, typed: str | None = None) -> str:
    """Return a URL for a command that a message proposes.

    It has no password, and of the options only those that say which database it is.

    Args:
        url: The database.
        typed: How somebody wrote the URL; it is repeated as it is, if it holds nothing else.
    """
    name = url.get_backend_name()
    options = {option: value for option, value in url.query.items() if option in _NAMING}
    if (
        typed is not None
        and not url.password
        and len(options) == len(url.query)
        and place(url).count("@") == bool(url.username)
    ):
        return typed
    plain = url.set(drivername=name, query=options)
    if name == _WITHOUT_USERS and not url.password:
        plain = plain._replace(username=None)
    return plain.render_as_string(hide_password=True)


def options(engine: Engine) -> str:
    """Return the options with which a command reaches an engine's database."""
    schema, views_schema = schema_of(engine), views_schema_of(engine)
    there = {
        "--url": repeatable(engine.url),
        "--schema": None if schema == DEFAULT_SCHEMA else schema,
        "--views-schema": None if views_schema == schema else views_schema,
    }
    return "".join(f" {name} {shlex.quote(value)}" for name, value in there.items() if value is not None)


def pointed(words: str, engine: Engine) -> str:
    """Return a text whose commands about the tables, such as `etl-monitor db upgrade`, lead to an engine's database."""
    there = options(engine)
    return _COMMAND.sub(lambda found: found[0] if _POINTED.search(found[1]) else f"`{found[1]}{there}`", words)


@contextmanager
def pointing(engine: Engine) -> Iterator[None]:
    """A block whose errors about the tables name commands that lead to an engine's database."""
    try:
        yield
    except SchemaError as error:
        error.args = (pointed(str(error), engine),)
        raise


def lacking(words: str, engine: Engine, database: str) -> SchemaMissing | DatabaseError:
    """Return our error for a table or view that is not there; one that is not the monitor's is the caller's mistake.

    Without the version table there is no revision, and an upgrade makes everything. Otherwise an upgrade may find
    nothing to do, and only a repair restores a view.

    Args:
        words: The driver's text.
        engine: Where it happened.
        database: Who says so, such as `DuckDB`.
    """
    if not _OURS.search(_HINTS.split(words)[0]):
        return DatabaseError(f"{place(engine.url)} has nothing of this name. {database} says: {words}")
    what, way = "one of the monitor's tables or views", _UPGRADE
    if _NO_REVISION.search(words):
        what = "the monitor's tables or views"
    elif _VIEW.search(words):
        way = "Run `etl-monitor db repair`, or call migrations.repair(monitor.engine, monitor.schema)."
    else:
        way = f"{_UPGRADE} Where that finds nothing to do, `etl-monitor db check` says what is missing."
    return SchemaMissing(f"{place(engine.url)} lacks {what}. {pointed(way, engine)} {database} says: {words}")


_OURS: Final = re.compile(
    r"\b(?:ETL(?:config|sys|Processing)\w*|ETL(?:Organisation|tokens|requests|holidays|breaches|metrics)|v_[a-z]\w*|etl_monitor_version)\b|schema",
    re.IGNORECASE,
)
_HINTS: Final = re.compile(r"Did you mean|LINE \d|\n")
"""Where a database begins to guess, or shows the statement."""
_NO_REVISION: Final = re.compile(
    r"etl_monitor_version|SCHEMA_NOT_FOUND|schema \"[^\"]*\" does not exist", re.IGNORECASE
)
_VIEW: Final = re.compile(r"\bv_[a-z]+\b", re.IGNORECASE)
_UPGRADE: Final = "Run `etl-monitor db upgrade`, or call monitor.setup()."
_COMMAND: Final = re.compile(r"`(etl-monitor db [^`]*)`")
_POINTED: Final = re.compile(" --(?:url|schema|views-schema) ")
_NAMING: Final = frozenset(
    {"http_path", "catalog", "schema", "lakebase", "host", "port", "dbname", "service", "sslmode", "access_mode"}
)
"""Options of a URL that say which database it is, or how to reach it; others may be secret."""
_WITHOUT_USERS: Final = "databricks"
_SECRET_OPTION: Final = re.compile("token|secret|passw|pwd|credential|api_?key|access_?key", re.IGNORECASE)
_CREDENTIAL: Final = r"(?P<before>(?i:password|passwd|pwd|token|secret)\w*[\"']?\s*[=:]\s*[\"']?)"
"""What stands before a secret in a connection string."""
_GENERAL: Final = (
    (re.compile(r"(?P<before>\b(?i:bearer|basic)\s+)(?!\*\*\*)[\w.~+/=-]{8,}"), r"\g<before>***"),
    (re.compile(r"\bdapi[0-9a-f]{8,}(?:-\d)?\b"), "***"),
    (re.compile(r"(?P<before>\w://[^\s:/@]*:)(?!TOKEN@)[^\s/@]+(?=@)"), r"\g<before>***"),
)
"""Secrets that nobody has to know to recognise them: in a header, a Databricks token, in a URL."""
_STATEMENT: Final = re.compile(r"^\s*LINE \d+:.*", re.MULTILINE | re.DOTALL)
"""How DuckDB and PostgreSQL quote a statement, at the end of what they say of it."""
_SHORTEST: Final = 4
_LONGEST: Final = 600


def shown(words: str, url: URL, *secrets: str | None) -> str:
    """Return the driver's text as a message may show it: one line without secrets, and not too long.

    The statement that a driver quotes is left out, with the line of marks below it.

    A secret that is also a name which messages show (the user, the database, the host, the schema `etl`), or that has
    fewer than four characters, is hidden only where a credential stands. Hidden elsewhere, it could be guessed from the
    gap: `permission denied for schema ***`.

    Args:
        words: The driver's text. The chained error keeps the whole of it.
        url: Where it happened. Its password and its secret options are hidden.
        secrets: What else to hide, such as a password from the environment.
    """
    named = [value for name, value in url.query.items() if _SECRET_OPTION.search(name)]
    options = [one for value in named for one in ((value,) if isinstance(value, str) else value)]
    public = {str(name).lower() for name in (url.get_backend_name(), url.username, url.host, url.database, "etl")}
    words = _STATEMENT.sub("", cleaned(words, url.password, *options, *secrets, public=public))
    words = " ".join(words.split())
    return words if len(words) <= _LONGEST else f"{words[:_LONGEST]}…"


def cleaned(words: str, *secrets: str | None, public: Collection[str] = ()) -> str:
    """Return a text without secrets, in whatever form they stand there: as they are, escaped, or in a URL.

    Args:
        words: The text.
        secrets: What to hide.
        public: Names in lower case that messages show.
    """
    forms = {form for secret in secrets if secret for form in _forms(str(secret))}
    for secret in sorted(forms, key=len, reverse=True):
        plain = re.escape(secret)
        words = re.sub(rf"{_CREDENTIAL}{plain}(?![\w-])|(?<=:){plain}(?=@)", r"\g<before>***", words)
        if len(secret) >= _SHORTEST and secret.lower() not in public:
            # A secret must not garble the words that contain it.
            words = re.sub(rf"(?<![\w-]){plain}(?![\w-])", "***", words)
    for pattern, instead in _GENERAL:
        words = pattern.sub(instead, words)
    return words


def _forms(secret: str) -> set[str]:
    """How a driver may write a secret: without white space around it, percent-encoded, or as Python's literal."""
    plain = {secret, secret.strip()}
    encoded = {write(one) for one in plain for write in (quote, quote_plus)}
    return {*plain, *encoded, *(quote(one, safe="") for one in plain), *(repr(one)[1:-1] for one in plain)} - {""}
