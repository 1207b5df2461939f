"""What the rest of the package knows about a database: its capabilities, and the meaning of its errors."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Collection, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass
from typing import Any, ClassVar

from sqlalchemy import Result, Table
from sqlalchemy.engine import URL, Connection, Engine
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from etl_monitor_orm.backends.own_engine import own_engine
from etl_monitor_orm.errors import ConfigurationError, EtlMonitorError


@dataclass(frozen=True)
class Capabilities:
    """What a database can do, as data that services read.

    Attributes:
        transactions: Several statements commit or roll back together.
        transactional_ddl: So do CREATE, ALTER and DROP; a migration succeeds or leaves nothing.
        returning: A statement that writes can return what it wrote.
        counts_inserts: The number of rows that an INSERT wrote is known.
        users: The database knows who is connected.
        catalogs: Schemas live in catalogs.
        layouts: A table has a choice of layouts for its files.
        folds_names: The database stores names of schemas, tables and views in lower case, however they were written.
        max_bound_values: Maximum number of bound values in one statement.
        ignores_case: Names that differ only in case are the same; each is stored as it was first written.
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
    ignores_case: bool = False


@dataclass(frozen=True)
class Holding:
    """How an engine holds a file that several processes share. Servers let all in.

    Attributes:
        lock_wait: Seconds to wait while another process holds the file.
        exclusive: Whether to hold the file until the engine is disposed.
    """

    lock_wait: float = 0.0
    exclusive: bool = False


@dataclass(frozen=True)
class Storage:
    """How a table's files are laid out.

    Attributes:
        partitioned_by: Its partition columns; each combination of their values has separate files.
        clustered_by: Its clustering columns, by which rows are sorted into files.
        numbers_rows: Whether a column gives each row a number.
    """

    partitioned_by: tuple[str, ...]
    clustered_by: tuple[str, ...]
    numbers_rows: bool


class Backend(ABC):
    """One kind of database. The defaults are safe: a method that a subclass leaves out claims nothing."""

    name: ClassVar[str]
    """The first word of its URLs."""
    drivername: ClassVar[str]
    """The name by which SQLAlchemy finds the monitor's dialect, such as `duckdb+monitor`."""

    most_calls: ClassVar[int | None] = None
    """How many of the monitor's calls may use a connection at a time, where connections are scarce."""

    capabilities: ClassVar[Capabilities]
    """What every supported version can do."""

    def capabilities_of(self, engine: Engine) -> Capabilities:
        """Return what the database behind an engine can do, its server's version included."""
        return self.capabilities

    def translated(self, url: URL) -> URL:
        """Return the URL with the monitor's driver.

        Raises:
            ConfigurationError: The URL names another driver.
        """
        if url.drivername not in (self.name, self.drivername):
            raise ConfigurationError(
                f"The monitor does not work with the driver of {url.drivername}:// URLs. Write {self.name}://… instead."
            )
        return url.set(drivername=self.drivername)

    @abstractmethod
    def create_engine(
        self,
        url: URL,
        *,
        catalog: str | None,
        schemas: Collection[str] = (),
        connect_args: Mapping[str, object] | None = None,
        holding: Holding | None = None,
    ) -> Engine:
        """Return an engine that is safe for the monitor: UTC, parameters hidden from error texts.

        Args:
            url: The database.
            catalog: Its catalog, where the database has catalogs.
            schemas: The monitor's schemas, for databases where a file may be called like one.
            connect_args: Driver arguments that a URL cannot express.
            holding: How a file is shared with other processes, where the database is a file.

        Raises:
            ConfigurationError: The settings do not lead to a usable database.
        """

    def refuse_exclusive(self) -> None:
        """Refuse to keep other processes away from the database, where the monitor cannot.

        Raises:
            ConfigurationError: It cannot.
        """
        raise ConfigurationError(
            f"exclusive=True holds a DuckDB file; other processes always can use a {self.name}:// database. "
            "Leave out exclusive=."
        )

    def arguments_to_read(self, url: URL) -> Mapping[str, object]:
        """Return driver arguments for a program that only reads, where that makes a difference to others."""
        return {}

    @abstractmethod
    def adopt(self, engine: Engine) -> Engine:
        """Return an engine on which the monitor can use the connections of the caller's engine.

        The caller's engine does not change.

        Raises:
            ConfigurationError: Its connections cannot be made safe.
        """

    def refuse_schema(self, engine: Engine, schema: str) -> None:  # noqa: B027 - most databases need nothing
        """Refuse a schema that the engine's connections could not tell from something else.

        Raises:
            ConfigurationError: They could not.
        """

    def before_work(self, engine: Engine) -> None:  # noqa: B027 - most databases need nothing
        """Refuse to connect where the caller's engine would reach another database than it did when it was adopted.

        Raises:
            ConfigurationError: It would.
        """

    def before_work_in_tables(self, engine: Engine) -> None:
        """Like `before_work`, for work that needs the monitor's tables, and must not make a database without them.

        Raises:
            SchemaMissing: There is no database.
            ConfigurationError: It would be another one.
        """
        self.before_work(engine)
        if (reason := self.absent(engine)) is not None:
            raise reason

    @abstractmethod
    def is_conflict(self, error: DBAPIError) -> bool:
        """Return whether the work failed only because others wrote at the same time, so that it can be retried."""

    def is_column_missing(self, error: DBAPIError) -> bool:
        """Return whether a statement was refused because it names a column that is not there."""
        return False

    @abstractmethod
    def explain(self, error: DBAPIError, engine: Engine) -> EtlMonitorError:
        """Return our error for the driver's: what happened, and what to do next."""

    def for_services(self, engine: Engine) -> Engine:
        """Return the engine for the monitor's own calls and migrations, whatever options the caller's engine has."""
        return own_engine(engine)

    def was_sent_again(self, result: Result[Any]) -> bool:
        """Return whether a statement was sent twice because its first reply was lost; its row count may be too low."""
        return False

    def is_reply_lost(self, error: DBAPIError) -> bool:
        """Return whether a statement may have been executed although it failed."""
        return False

    def alone(self, engine: Engine) -> AbstractContextManager[object]:
        """Guard work that must see what other work of the same kind wrote, where the database does not ensure that."""
        return nullcontext()

    def wait_for_others(self, session: Session, table: Table) -> None:  # noqa: B027 - `alone` is enough for most
        """Begin a transaction for work that must run alone: wait for other work of its kind, on other machines too.

        Args:
            session: A session that has not sent a statement yet.
            table: The table that such transactions lock.
        """

    @contextmanager
    def reading(self, engine: Engine) -> Iterator[Connection]:
        """Yield a connection for a query that others wrote; where the database can, it refuses to write.

        The query is checked before (`refuse_writing`).
        """
        with engine.connect() as connection:
            self.refuse_to_write(connection)
            yield connection

    def refuse_to_write(self, connection: Connection) -> None:  # noqa: B027 - some databases cannot
        """Begin a transaction that cannot write."""

    def nothing_to_read(self, engine: Engine) -> EtlMonitorError | None:
        """Return why a command that only reads would find nothing, if opening the database would create it."""
        return None

    def absent(self, engine: Engine) -> EtlMonitorError | None:
        """Return why there is no database behind an engine, if opening it would create one."""
        return None

    def storage(self, connection: Connection, table: str, schema: str) -> Storage | None:
        """Return the layout of a table's files; None when the table does not exist or has no layout."""
        return None

    def others_named(self, connection: Connection, schema: str, names: Collection[str]) -> Mapping[str, str]:
        """Return what has one of the names in a schema and is no table or view, such as `a sequence`, by name.

        Only what would prevent creating a table, a key or a view of that name counts.
        """
        return {}

    def after_migration(self, connection: Connection) -> None:  # noqa: B027 - most databases need nothing
        """Do what this database needs after a migration is committed."""
