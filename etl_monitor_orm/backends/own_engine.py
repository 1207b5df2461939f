"""The engine behind the monitor's own calls: it shares the caller's pool, but not the options the caller chose."""

from __future__ import annotations

from typing import Any, Final

from sqlalchemy.engine import Connection, Engine
from sqlalchemy.engine.base import OptionEngine
from sqlalchemy.exc import SQLAlchemyError

from etl_monitor_orm.backends.wording import place, shown
from etl_monitor_orm.errors import ConfigurationError, EtlMonitorError

_NOT_TAKEN_OVER: Final[dict[str, Any]] = {"stream_results": False, "yield_per": None}
"""A call reads its rows at once. A streamed result would need a cursor on the server for each statement."""


class OwnEngine(OptionEngine):
    """An engine on another one's connections, whose isolation level wins over that of the other.

    `Engine.execution_options` is not enough: SQLAlchemy applies the level of the engine below it last. So this one sets
    its level on each connection.
    """

    def connect(self) -> Connection:
        """Connect at this engine's isolation level.

        Raises:
            ConfigurationError: The caller's engine cannot connect, for a reason that is not the database's.
        """
        try:
            connection = super().connect()
        except (SQLAlchemyError, EtlMonitorError):
            raise
        except Exception as error:
            raise ConfigurationError(
                f"The engine cannot connect to {place(self.url)}: {type(error).__name__}: {shown(str(error), self.url)}"
            ) from error
        level = self.get_execution_options().get("isolation_level")
        if level is None:
            return connection
        try:
            return connection.execution_options(isolation_level=level)
        except BaseException:
            connection.close()
            raise


OwnEngine._option_cls = OwnEngine  # what `execution_options` makes of one is one too


def own_engine(engine: Engine, **options: Any) -> OwnEngine:
    """Return an engine for the monitor's own calls and migrations, on the connections of the given one.

    Args:
        engine: The engine with the connections; it does not change.
        options: Execution options of the new engine, such as `isolation_level`.
    """
    return OwnEngine(engine, {**_NOT_TAKEN_OVER, **options})
