"""Which cursor's rows a driver's connection holds.

A DuckDB connection holds one result at a time: a statement that runs while another's rows are being read replaces those
rows, or silently ends them early. So this module records who still has rows in the driver, and has them read into
memory before anything else happens on the connection.
"""

from __future__ import annotations

import weakref
from contextlib import suppress
from typing import Any, Final, Protocol

import duckdb

from etl_monitor_orm.dialects.duckdb.interrupts import interruptible

_HARMLESS: Final = frozenset({"duplicate", "extract_statements", "get_table_names", "interrupt", "query_progress"})
"""Attributes of the driver's connection that keep its result."""

_DONE_AT_ONCE: Final = frozenset(
    {
        "append",
        "checkpoint",
        "create_function",
        "filesystem_is_registered",
        "install_extension",
        "list_filesystems",
        "load_extension",
        "register",
        "register_filesystem",
        "remove_function",
        "unregister",
        "unregister_filesystem",
    }
)
"""Attributes that may end a result, but return nothing that uses the connection later."""


class Holder(Protocol):
    """Something whose rows are still in the driver."""

    def take(self) -> None:
        """Read the remaining rows into memory; never raises."""
        ...

    def end(self) -> None:
        """Handle a rollback: read the remaining rows into memory, or return none from now on."""
        ...


class DriverResults:
    """The state of one connection of the driver.

    Args:
        driver: The driver's connection.
        foreign: Whether it is duckdb-engine's, whose own cursors tell nothing.

    Attributes:
        autocommit: Whether each statement is a transaction: SQLAlchemy's AUTOCOMMIT.
        latest: The cursor that ran the last statement.
    """

    def __init__(self, driver: duckdb.DuckDBPyConnection, *, foreign: bool = False) -> None:
        self.driver = driver
        self._foreign = foreign
        self.autocommit = False
        self.latest: weakref.ref[object] | None = None
        self._idle = False
        self._holder: weakref.ref[Holder] | None = None
        self._unfinished = False
        self._watched = True

    def may_wait(self, *, streams: bool) -> bool:
        """Whether rows may stay in the driver until they are read."""
        # In AUTOCOMMIT, a result that nobody reads to its end would keep a transaction open.
        return self._watched and (streams or not self.autocommit)

    def hold(self, holder: Holder) -> None:
        """Record whose rows the driver has."""
        self._holder = weakref.ref(holder)
        self._unfinished = True

    def is_held_by(self, holder: Holder) -> bool:
        """Whether the driver has rows for this holder."""
        return self._holder is not None and self._holder() is holder

    def let_go(self, *, finished: bool = True) -> None:
        """Record that nobody needs rows from the driver any more.

        Args:
            finished: Whether the driver has given all of them.
        """
        self._holder = None
        self._unfinished = not finished

    @property
    def is_idle(self) -> bool:
        """Whether certainly no transaction is open: a rollback would only raise an error in the driver."""
        return self._idle and self._watched and not self._foreign

    def note(self, *, idle: bool) -> None:
        """Record what happened: a statement, which may begin a transaction, or the end of one."""
        self._idle = idle

    def begin(self) -> None:
        """Begin a transaction."""
        self.settle()
        self.note(idle=False)
        with interruptible:
            self.driver.begin()

    def commit(self) -> None:
        """Commit the transaction. Unread rows can still be read afterwards."""
        self.settle()
        with interruptible:
            self.driver.commit()
        self.note(idle=True)

    def settle(self) -> None:
        """Have rows that are still in the driver read into memory, before something else happens on the connection."""
        holder = self._holder() if self._holder is not None else None
        if holder is not None:
            holder.take()
        self._holder = None

    def roll_back(self) -> None:
        """Like `settle`, before a rollback: streams may end here."""
        holder = self._holder() if self._holder is not None else None
        if holder is not None:
            holder.end()
        self._holder = None

    def free(self) -> None:
        """Make the driver drop an unfinished result, which blocks everything except statements."""
        self.settle()
        if self._unfinished:
            self._unfinished = False
            with suppress(duckdb.Error), interruptible:
                self.driver.execute("SELECT 1").fetchall()

    def attribute(self, name: str) -> Any:
        """Return an attribute of the driver's connection, which callers use without any cursor."""
        found = getattr(self.driver, name)
        if name not in _HARMLESS:
            self.note(idle=False)
            self.free()
            # A relation runs its statement whenever it is read: from now on no rows may wait in the driver.
            self._watched = self._watched and name in _DONE_AT_ONCE
        return found
