"""What a forked child inherits: connections that are its parent's, which it may neither use nor close.

In the child, a DuckDB file has no lock and its commits are lost, and a server's connection would be read by two
processes. So the child is refused, and nothing of the parent's is closed there, not even when Python ends. Nothing of
this costs anything in the parent.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable
from typing import Any, Final, cast
from weakref import ReferenceType, WeakKeyDictionary, WeakSet, ref

from sqlalchemy import event
from sqlalchemy.engine import URL, Connection, Dialect, Engine
from sqlalchemy.pool import ConnectionPoolEntry, Pool, QueuePool

from etl_monitor_orm.backends.wording import place
from etl_monitor_orm.errors import ConfigurationError

_USES: Final = ("do_begin", "do_commit", "do_ping", "do_execute", "do_executemany", "do_execute_no_params")
_ENDS: Final = ("do_rollback", "do_close", "do_terminate")
"""Methods of a dialect that use a connection, and those that give it up."""

_watched: Final[WeakKeyDictionary[Engine, Watched]] = WeakKeyDictionary()
_inherited_databases: Final[set[str]] = set()
"""Databases inside this process that its parent had open when it forked."""
_in_child: Final[list[Callable[[], None]]] = []


class Watched:
    """The connections of one engine.

    Args:
        database: What identifies a database that lives inside the process, such as a file; None for a server's.
        theirs: Whether somebody else made the engine.
    """

    def __init__(self, database: str | None, *, theirs: bool) -> None:
        self.database = database
        self.theirs = theirs
        self.connections: WeakSet[Any] = WeakSet()
        self.inherited: set[int] = set()
        self.orphaned: ReferenceType[Pool] | None = None

    def is_inherited(self, target: object) -> bool:
        """Whether a connection, or the one of a cursor, was opened by the parent."""
        one = getattr(target, "dbapi_connection", target)
        return id(one) in self.inherited or id(getattr(one, "connection", None)) in self.inherited

    def may_not_connect(self, engine: Engine) -> bool:
        """Whether the parent's connections were not given up, or lead to a database that lives in the parent."""
        return self.database in _inherited_databases or (self.orphaned is not None and self.orphaned() is engine.pool)


def after_fork(work: Callable[[], None]) -> None:
    """Do something in each forked child of this process, before it continues."""
    if not _in_child and hasattr(os, "register_at_fork"):
        os.register_at_fork(after_in_child=_continue_in_child)
    if work not in _in_child:
        _in_child.append(work)


def watch(engine: Engine, database: str | None = None) -> Engine:
    """Refuse the connections of an engine in forked children.

    Args:
        engine: An engine that was made here.
        database: What identifies a database that lives inside the process.
    """
    watched = _watch(engine, Watched(database, theirs=False))

    @event.listens_for(engine, "do_connect")
    def refuse(dialect: Dialect, record: object, arguments: object, options: object) -> None:
        if watched.may_not_connect(engine):
            raise refusal(engine.url)

    @event.listens_for(engine, "connect")
    def note(connection: object, record: ConnectionPoolEntry) -> None:
        watched.connections.add(connection)

    return engine


def watch_theirs(engine: Engine, database: str | None = None) -> Engine:
    """Return an engine for the monitor on somebody else's connections, which are refused in forked children.

    Args:
        engine: Their engine; it does not change.
        database: What identifies a database that lives inside the process.
    """
    if is_watched(engine):
        return engine
    ours = engine.execution_options()
    watched = _watch(ours, Watched(database, theirs=True))

    @event.listens_for(ours, "engine_connect")
    def note(connection: Connection) -> None:
        refuse_inherited(connection)
        watched.connections.add(connection.connection.dbapi_connection)

    return ours


def refuse_inherited(connection: Connection) -> None:
    """Refuse a connection that a pool of somebody else's handed out, if the parent opened it.

    Raises:
        ConfigurationError: It did.
    """
    watched = _found(connection.engine)
    if watched is not None and (
        watched.may_not_connect(connection.engine) or watched.is_inherited(connection.connection)
    ):
        raise refusal(connection.engine.url)


def is_watched(engine: Engine) -> bool:
    """Whether an engine, or the one below it, is watched."""
    return _found(engine) is not None


def is_theirs(engine: Engine) -> bool:
    """Whether an engine works on somebody else's connections."""
    watched = _found(engine)
    return watched is None or watched.theirs


def _found(engine: Engine | None) -> Watched | None:
    while engine is not None:
        if engine in _watched:
            return _watched[engine]
        engine = getattr(engine, "_proxied", None)
    return None


def _watch(engine: Engine, watched: Watched) -> Watched:
    after_fork(_orphan_all)
    _watched[engine] = watched
    return watched


def _continue_in_child() -> None:
    for work in _in_child:
        work()


def _orphan_all() -> None:
    for engine, watched in list(_watched.items()):
        _orphan(engine, watched)


def _orphan(engine: Engine, watched: Watched) -> None:
    found = [*watched.connections, *(_pooled(engine) if watched.theirs else ())]
    if (keeper := getattr(engine.pool, "keeper", None)) is not None:
        found.append(keeper)
    open_ones = [one for one in found if not getattr(one, "closed", False) and getattr(one, "open", True)]
    if not open_ones:
        return
    keep_for_ever(open_ones)
    watched.inherited |= {id(one) for one in open_ones}
    if watched.database is not None:
        _inherited_databases.add(watched.database)
    if watched.theirs:
        _refuse_by_events(engine, watched)
    else:
        _refuse_by_dialect(engine, watched)
        engine.dispose(close=False)  # a new pool, whose locks no lost thread holds
    watched.orphaned = ref(engine.pool)


def _pooled(engine: Engine) -> list[Any]:
    """Connections that wait in somebody else's pool: it may have opened them on its own."""
    pool = engine.pool
    records = list(cast(Any, pool._pool).queue) if isinstance(pool, QueuePool) else []
    return [one for record in records if (one := record.dbapi_connection) is not None]


def keep_for_ever(connections: Iterable[object]) -> None:
    """Keep Python from ever closing connections: a file's last one would write what the parent is writing too."""
    import ctypes

    for one in connections:
        ctypes.pythonapi.Py_IncRef(ctypes.py_object(one))


def _refuse_by_dialect(engine: Engine, watched: Watched) -> None:
    """Change the dialect of an engine of ours, in the child only: for sessions that were at work during the fork."""
    dialect = engine.dialect
    for name in _USES:
        setattr(dialect, name, _refusing(getattr(dialect, name), engine, watched))
    for name in _ENDS:
        setattr(dialect, name, _skipping(getattr(dialect, name), watched))


def _refusing(method: Callable[..., Any], engine: Engine, watched: Watched) -> Callable[..., Any]:
    def used(target: object, *arguments: Any, **options: Any) -> Any:
        if watched.is_inherited(target):
            raise refusal(engine.url)
        return method(target, *arguments, **options)

    return used


def _skipping(method: Callable[..., Any], watched: Watched) -> Callable[..., Any]:
    def ended(target: object, *arguments: Any, **options: Any) -> Any:
        return None if watched.is_inherited(target) else method(target, *arguments, **options)

    return ended


def _refuse_by_events(engine: Engine, watched: Watched) -> None:
    """Like `_refuse_by_dialect`, on our engine over somebody else's."""

    def refuse(connection: Connection, *rest: object) -> None:
        if watched.is_inherited(connection.connection):
            raise refusal(engine.url)

    for name in ("begin", "commit", "before_cursor_execute"):
        event.listen(engine, name, refuse)


def refusal(url: URL) -> ConfigurationError:
    """Return the error of a forked process that would use what its parent opened."""
    return ConfigurationError(
        f"This process was forked while its parent had {place(url)} open. A forked process cannot use what its "
        "parent opened: call close() on the monitor, or dispose() on the engine, before the fork, or start the process "
        "with spawn."
    )
