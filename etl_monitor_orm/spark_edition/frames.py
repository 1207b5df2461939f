"""Rows and lists of rows that can be used like those of Spark: by column name, with `.collect()`, `.display()`…"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from dataclasses import dataclass, fields, make_dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final, TypeVar, cast, get_type_hints

from etl_monitor_orm.columns import plain, written
from etl_monitor_orm.errors import InvalidInput
from etl_monitor_orm.printable import listed, one_line, quoted
from etl_monitor_orm.rows import Rows

if TYPE_CHECKING:
    import pandas

_LONGEST: Final = 20
"""How many characters of a value `show()` prints, unless it is told otherwise."""
_ROWS: Final = object()


def as_there(value: object) -> object:
    """Return a value as the Spark edition returns it: a word as plain text, a time without its zone, in UTC."""
    value = plain(value)
    return value.astimezone(UTC).replace(tzinfo=None) if isinstance(value, datetime) and value.tzinfo else value


@dataclass(frozen=True)
class Row:
    """One row: `row["Status"]`, `row.Status`, `row[0]`, `row.asDict()`."""

    def asDict(self, recursive: bool = False) -> dict[str, object]:
        """Return the values by column; no value has rows of its own, so `recursive` changes nothing."""
        return {field.name: getattr(self, field.name) for field in fields(self)}

    def __getitem__(self, column: str | int) -> object:
        if isinstance(column, int):
            return tuple(self)[column]
        if column not in self:
            names = [field.name for field in fields(self)]
            raise KeyError(f"There is no column {quoted(column)}. There are {listed(names, str(column), 30)}.")
        return cast(object, getattr(self, column))

    def __contains__(self, column: object) -> bool:
        return any(field.name == column for field in fields(self))

    def __iter__(self) -> Iterator[object]:
        return iter(self.asDict().values())

    def __len__(self) -> int:
        return len(fields(self))


R = TypeVar("R", bound=Row)


class Frame(Rows[R]):
    """A list of rows that answers like a data frame of Spark; everything has been read already.

    Example:
        `monitor.get_pending_tasks(execution_id, "CORP", "HR_DAILY").select("TaskName", "Status").show()`
    """

    def collect(self) -> list[R]:
        """Return the rows as a plain list."""
        return list(self)

    def first(self) -> R | None:
        """Return the first row; None if there is none."""
        return self[0] if self else None

    def count(self, value: object = _ROWS) -> int:
        """Return how many rows there are; with a row, how often it is among them."""
        return len(self) if value is _ROWS else super().count(cast(R, value))

    def select(self, *columns: str | list[str]) -> Frame[Row]:
        """Return the rows with these columns only.

        Raises:
            InvalidInput: There is no such column.
        """
        names = [name for one in columns for name in (one if isinstance(one, list) else [one])]
        hints = get_type_hints(self._kind)
        for name in names:
            if name not in self.columns:
                raise InvalidInput(f"There is no column {quoted(name)}. There are {', '.join(self.columns)}.")
        kind = make_dataclass("Row", [(name, hints[name]) for name in names], bases=(Row,), frozen=True)
        return Frame(kind, [kind(*(row[name] for name in names)) for row in self])

    def show(self, n: int = 20, truncate: bool | int = True, vertical: bool = False) -> None:
        """Print the rows.

        Args:
            n: How many rows at most.
            truncate: Whether to cut values after 20 characters, or after how many.
            vertical: Print one line for each value.
        """
        longest = _LONGEST if truncate is True else int(truncate)
        cells = [[_shown(value, longest) for value in row] for row in self[:n]]
        lines = _listed(self.columns, cells) if vertical else _table(self.columns, cells)
        if len(self) > n:
            lines.append(f"only the first {n} of {len(self)} rows are shown")
        sys.stdout.write("\n".join(lines) + "\n")

    def display(self) -> None:
        """Show the rows: as a table in a notebook, else printed."""
        ipython = sys.modules.get("IPython")
        if ipython is None or ipython.get_ipython() is None:
            self.show(len(self), truncate=False)
            return
        from IPython.display import display

        display(self)  # type: ignore[no-untyped-call]

    def toPandas(self) -> pandas.DataFrame:
        """Return a pandas DataFrame; times are UTC, without saying so, as in the rows.

        Raises:
            ConfigurationError: pandas is not installed.
        """
        frame = self.to_pandas()
        for name in frame.select_dtypes("datetimetz").columns:
            frame[name] = frame[name].dt.tz_localize(None)
        return frame


def _shown(value: object, longest: int) -> str:
    if value is None:
        return "NULL"
    if isinstance(value, bool):
        return str(value).lower()
    text = one_line(value.isoformat(sep=" ") if isinstance(value, datetime) else str(written(value)))
    return f"{text[: longest - 3]}..." if 3 < longest < len(text) else text


def _table(columns: list[str], cells: list[list[str]]) -> list[str]:
    widths = [max(map(len, column)) for column in zip(columns, *cells, strict=True)]
    line = f"+{'+'.join('-' * width for width in widths)}+"

    def row(values: list[str]) -> str:
        return f"|{'|'.join(value.ljust(width) for value, width in zip(values, widths, strict=True))}|"

    return [line, row(columns), line, *map(row, cells), line]


def _listed(columns: list[str], cells: list[list[str]]) -> list[str]:
    width = max(map(len, columns))
    lines = []
    for number, values in enumerate(cells):
        lines.append(f"-RECORD {number}")
        lines += [f" {name.ljust(width)} | {value}" for name, value in zip(columns, values, strict=True)]
    return lines
