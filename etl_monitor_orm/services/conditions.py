"""A condition as people write it, such as `status = FAIL OR task_id IN (1, 2)`, as an expression with bound values.

No text of it reaches the database but as a bound value: its columns are looked up among those of the rows.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final, NoReturn

from sqlalchemy import ColumnElement, String, and_, between, literal, not_, or_
from sqlalchemy.orm import InstrumentedAttribute

from etl_monitor_orm import inputs
from etl_monitor_orm.columns import Kind, columns_of
from etl_monitor_orm.errors import InvalidInput
from etl_monitor_orm.printable import quoted
from etl_monitor_orm.services.condition_words import bound, tokens

Condition = ColumnElement[bool]

_LONGEST: Final = 2_000
"""Characters of a condition."""
_MOST_VALUES: Final = 200
"""Values of a condition; a statement on Databricks takes 256."""
_DEEPEST: Final = 20
"""Brackets within brackets."""
_ESCAPE: Final = "~"
"""Escapes itself in a pattern, so that `%` and `_` are all that is special, on every database."""

_RESERVED: Final = frozenset({"AND", "OR", "NOT", "IN", "LIKE", "IS", "NULL", "BETWEEN"})
_COMPARED: Final[dict[str, Callable[[Any, Any], Condition]]] = {
    "=": lambda column, value: column == value,
    "!=": lambda column, value: column != value,
    "<>": lambda column, value: column != value,
    "<": lambda column, value: column < value,
    "<=": lambda column, value: column <= value,
    ">": lambda column, value: column > value,
    ">=": lambda column, value: column >= value,
}


@dataclass(frozen=True)
class Where:
    """A condition, not yet about any kind of row.

    Attributes:
        text: What the caller wrote.
    """

    text: str

    @classmethod
    def read(cls, value: object) -> Where | None:
        """Read a caller's argument.

        Raises:
            InvalidInput: It is no text, or too long.
        """
        return None if value is None else cls(inputs.text("where", value, longest=_LONGEST))


def conditions(where: Where | None, kind: type) -> tuple[Condition, ...]:
    """Return a condition on rows of a mapped kind; none without one.

    Raises:
        InvalidInput: It cannot be read, or names a column that the rows do not have.
    """
    return () if where is None else (_Reader(where.text, kind).whole(),)


class _Reader:
    """Reads a condition from left to right: OR binds least, then AND, then NOT.

    Args:
        text: The condition.
        kind: The mapped class of the rows.
    """

    def __init__(self, text: str, kind: type) -> None:
        self._kind = kind
        self._kinds: dict[str, Kind] = columns_of(kind)
        self._names = {_plain(name): name for name in self._kinds}
        self._tokens = tokens(text)
        self._values = 0

    def whole(self) -> Condition:
        found = self._any_of(0)
        if self._tokens:
            self._refuse("expects AND or OR", self._tokens[0])
        return found

    def _any_of(self, depth: int) -> Condition:
        found = [self._all_of(depth)]
        while self._takes("OR"):
            found.append(self._all_of(depth))
        return or_(*found)

    def _all_of(self, depth: int) -> Condition:
        found = [self._one(depth)]
        while self._takes("AND"):
            found.append(self._one(depth))
        return and_(*found)

    def _one(self, depth: int) -> Condition:
        if depth > _DEEPEST:
            raise InvalidInput(f"where has more than {_DEEPEST} brackets within brackets. Write it with fewer.")
        if self._takes("NOT"):
            return not_(self._one(depth + 1))
        if self._takes("("):
            found = self._any_of(depth + 1)
            self._needs(")")
            return found
        return self._comparison()

    def _comparison(self) -> Condition:
        word, name = self._column()
        column: InstrumentedAttribute[Any] = getattr(self._kind, name)
        if self._takes("IS"):
            empty = not self._takes("NOT")
            self._needs("NULL")
            return column.is_(None) if empty else column.is_not(None)
        denied = self._takes("NOT")
        found: Condition
        if self._takes("IN"):
            found = column.in_(self._list(name))
        elif self._takes("LIKE"):
            if self._kinds[name] is not str:
                raise InvalidInput(f"where compares {word} with LIKE, but {word} is no text. Use =, < or >.")
            pattern = self._next("a pattern")[1].replace(_ESCAPE, _ESCAPE * 2)
            found = column.like(literal(pattern, String()), escape=_ESCAPE)
        elif self._takes("BETWEEN"):
            first = self._value(name)
            self._needs("AND")
            found = between(column, first, self._value(name))
        elif not denied and self._tokens and self._tokens[0][1] in _COMPARED:
            found = _COMPARED[self._tokens.pop(0)[1]](column, self._value(name))
        else:
            self._refuse("expects =, !=, <, >, IN, LIKE, BETWEEN or IS after a column", *self._tokens[:1])
        return not_(found) if denied else found

    def _column(self) -> tuple[str, str]:
        kind, word = self._next("a column")
        name = self._names.get(_plain(word))
        if kind == "sign" or name is None:
            known = ", ".join(self._kinds)
            raise InvalidInput(f"where names {quoted(word)}, which is no column here. The columns are {known}.")
        return word, name

    def _list(self, name: str) -> list[ColumnElement[Any]]:
        self._needs("(")
        found = [self._value(name)]
        while self._takes(","):
            found.append(self._value(name))
        self._needs(")")
        return found

    def _value(self, name: str) -> ColumnElement[Any]:
        self._values += 1
        if self._values > _MOST_VALUES:
            raise InvalidInput(f"where has more than {_MOST_VALUES} values. Ask in several calls.")
        kind, word = self._next("a value")
        if kind == "sign" or (kind == "word" and word.upper() in _RESERVED):
            self._refuse("expects a value", (kind, word))
        column = getattr(self._kind, name)
        return bound(f"where: {name}", word, self._kinds[name], column.type)

    def _takes(self, word: str) -> bool:
        if self._tokens and self._tokens[0][0] != "text" and self._tokens[0][1].upper() == word:
            del self._tokens[0]
            return True
        return False

    def _needs(self, word: str) -> None:
        if not self._takes(word):
            self._refuse(f"expects {word}", *self._tokens[:1])

    def _next(self, what: str) -> tuple[str, str]:
        if not self._tokens:
            self._refuse(f"expects {what}")
        return self._tokens.pop(0)

    def _refuse(self, what: str, *found: tuple[str, str]) -> NoReturn:
        place = f"before {quoted(found[0][1])}" if found else "at its end"
        raise InvalidInput(f"where {what} {place}. Write it like: COLUMN = VALUE OR COLUMN IN (1, 2).")


def _plain(name: str) -> str:
    """A column's name without what its two spellings differ in: ProcessLoad, process_load."""
    return name.replace("_", "").lower()
