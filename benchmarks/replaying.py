"""The same statements again, through the driver alone: what the database itself takes."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Engine, event


@dataclass
class Script:
    """What one piece of work sent: statements with their values, and None for each commit."""

    sent: list[tuple[str, Any] | None] = field(default_factory=list)

    @property
    def statements(self) -> int:
        return sum(one is not None for one in self.sent)


@contextmanager
def recorded(engine: Engine) -> Iterator[Script]:
    """Record what the block sends to the database."""
    script = Script()

    def execute(connection: object, cursor: object, statement: str, parameters: Any, *more: object) -> None:
        script.sent.append((statement, parameters))

    def commit(connection: object) -> None:
        script.sent.append(None)

    event.listen(engine, "before_cursor_execute", execute)
    event.listen(engine, "commit", commit)
    try:
        yield script
    finally:
        event.remove(engine, "before_cursor_execute", execute)
        event.remove(engine, "commit", commit)


class Player:
    """One connection of the driver, on which scripts run again."""

    def __init__(self, engine: Engine) -> None:
        self._held = engine.raw_connection()
        self._driver: Any = self._held.driver_connection
        self._begins = engine.dialect.name.startswith("duckdb")

    def play(self, script: Script, instead: Mapping[object, object]) -> None:
        """Run the statements with other values in the place of some, and fetch their rows."""
        cursor, open_ = self._driver.cursor(), False
        for one in script.sent:
            if one is None:
                self._driver.commit()
                open_ = False
                continue
            if self._begins and not open_:
                cursor.execute("BEGIN")
                open_ = True
            statement, values = one
            cursor.execute(statement, _replaced(values, instead))
            if cursor.description:
                cursor.fetchall()
        if open_ or not self._begins:
            self._driver.commit()
        cursor.close()

    def close(self) -> None:
        self._held.close()


def _replaced(values: Any, instead: Mapping[object, object]) -> Any:
    def new(value: object) -> object:
        return instead.get(value, value) if isinstance(value, str | int) else value

    if isinstance(values, Mapping):
        return {name: new(value) for name, value in values.items()}
    return [new(value) for value in values]


def beside(engine: Engine, work: Callable[[int], object], number: int) -> Script:
    """What one try sends."""
    with recorded(engine) as script:
        work(number)
    return script
