"""What the rest of the house may know of a database: declared capabilities, and a few questions about errors."""

from __future__ import annotations

from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Any, Final, Protocol

from sqlalchemy import Result
from sqlalchemy.engine import URL, Connection, Engine
from sqlalchemy.exc import DBAPIError

from etl_monitor_orm.errors import EtlMonitorError

REPEATABLE: Final = "etl_monitor_repeatable"
"""Execution option: the statement may be sent again when its reply was lost, as a second execution changes nothing."""


@dataclass(frozen=True)
class Capabilities:
    """What a database can do, as data that services ask for.

    Attributes:
        transactions: Several statements commit or roll back together.
        transactional_ddl: So do CREATE, ALTER and DROP; a migration goes through or leaves nothing.
        returning: A statement that writes can hand back what it wrote.
        counts_inserts: The number of rows that an INSERT wrote is known.
        users: The database knows who is connected.
        catalogs: Schemas live in catalogs.
        layouts: A table says how its files are laid out.
        folds_names: Names of schemas, tables and views are kept in lower case, however they were written.
        max_bound_values: Most bound values in one statement.
    """

    transactions: bool
    transactional_ddl: bool
    returning: bool
    counts_inserts: bool
    users: bool
    catalogs: bool
    layouts: bool
    folds_names: bool
    max_bound_values: int


@dataclass(frozen=True)
class Storage:
    """How a table's files are laid out.

    Attributes:
        partitioned_by: Its partition columns; each combination of their values has files of its own.
        clustered_by: Its clustering columns, by which rows are sorted into files.
        numbers_rows: Whether a column gives each row a number.
    """

    partitioned_by: tuple[str, ...]
    clustered_by: tuple[str, ...]
    numbers_rows: bool


def place(url: URL) -> str:
    """Return where a URL leads, fit for messages: without its password, and without options, which may hold tokens."""
    return url.set(query={}).render_as_string(hide_password=True)


class Backend(Protocol):
    """One kind of database."""

    @property
    def capabilities(self) -> Capabilities:
        """What this database can do."""
        ...

    def create_engine(self, url: URL, *, catalog: str | None) -> Engine:
        """Return an engine that is safe for the monitor: UTC, parameters hidden from error texts."""
        ...

    def accept(self, engine: Engine) -> None:
        """Check an engine that the caller made; raise ConfigurationError when it is not safe to use."""
        ...

    def for_services(self, engine: Engine) -> Engine:
        """Return the engine as the monitor's own calls use it, where those may be treated otherwise than a user's."""
        ...

    def is_conflict(self, error: DBAPIError) -> bool:
        """Whether the work was refused only because others wrote at the same time: it may be tried again."""
        ...

    def was_sent_again(self, result: Result[Any]) -> bool:
        """Whether a statement was sent more than once, as its first reply was lost: its count may miss rows."""
        ...

    def is_reply_lost(self, error: DBAPIError) -> bool:
        """Whether a statement may have been executed although it failed."""
        ...

    def explain(self, error: DBAPIError, engine: Engine) -> EtlMonitorError:
        """Return our error for the driver's: what happened, and the way out."""
        ...

    def alone(self, engine: Engine) -> AbstractContextManager[object]:
        """Guard work that must see what others of its kind wrote, where the database would let two miss each other."""
        ...

    def storage(self, connection: Connection, table: str, schema: str) -> Storage | None:
        """Return how a table's files are laid out; None when there is no such table, or nothing to tell."""
        ...

    def teach_alembic(self) -> None:
        """Register with alembic what it must know of this database, before the first migration."""
        ...

    def after_migration(self, connection: Connection) -> None:
        """Do what this database needs once a migration is committed."""
        ...
