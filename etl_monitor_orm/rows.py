"""`Rows`: the list that a call returns, with ways out to JSON, data frames and notebooks."""

from __future__ import annotations

from collections.abc import Iterable
from html import escape
from typing import TYPE_CHECKING, Final, Self, SupportsIndex, TypeVar, cast, overload

from etl_monitor_orm import frames
from etl_monitor_orm.columns import columns_of, in_column, written
from etl_monitor_orm.printable import harmless

if TYPE_CHECKING:
    import pandas
    import polars
    import pyarrow

T = TypeVar("T")

_SHOWN: Final = 100
"""How many rows a notebook shows."""
_LONGEST_CELL: Final = 300
"""How many characters of a text a notebook shows."""


class Rows(list[T]):
    """A list of rows of one kind, as calls return it; it knows its columns even when it is empty.

    Args:
        kind: The mapped class or dataclass of the rows.
        rows: The rows.

    Example:
        `monitor.failures().to_pandas()`
    """

    def __new__(cls, kind: type[T] | Iterable[T] | None = None, rows: Iterable[T] = ()) -> Self:
        """Make a list with a kind; `dataclasses.asdict` makes lists of dicts without one, and gets a plain list."""
        if kind is None or isinstance(kind, type):
            return super().__new__(cls)
        return cast(Self, list(kind))

    def __init__(self, kind: type[T], rows: Iterable[T] = ()) -> None:
        super().__init__(rows)
        self._kind = kind

    @property
    def columns(self) -> list[str]:
        """The names of the columns, in order."""
        return list(columns_of(self._kind))

    def to_dicts(self) -> list[dict[str, object]]:
        """Return one dict per row, as `json.dumps` takes it: dates and times (UTC) are ISO text."""
        names = self.columns
        return [{name: written(getattr(row, name)) for name in names} for row in self]

    def to_pandas(self) -> pandas.DataFrame:
        """Return a pandas DataFrame with typed columns; times are UTC.

        Raises:
            ConfigurationError: pandas is not installed.
        """
        return frames.to_pandas(self._by_column())

    def to_polars(self) -> polars.DataFrame:
        """Return a polars DataFrame with typed columns; times are UTC.

        Raises:
            ConfigurationError: polars is not installed.
        """
        return frames.to_polars(self._by_column())

    def to_arrow(self) -> pyarrow.Table:
        """Return a pyarrow Table with typed columns; times are UTC.

        Raises:
            ConfigurationError: pyarrow is not installed.
        """
        return frames.to_arrow(self._by_column())

    def copy(self) -> Rows[T]:
        """Return a copy of the list; the rows are the same."""
        return Rows(self._kind, self)

    @overload
    def __getitem__(self, index: SupportsIndex) -> T: ...

    @overload
    def __getitem__(self, index: slice) -> Rows[T]: ...

    def __getitem__(self, index: SupportsIndex | slice) -> T | Rows[T]:
        if isinstance(index, slice):
            return Rows(self._kind, super().__getitem__(index))
        return super().__getitem__(index)

    def _by_column(self) -> frames.Columns:
        return {
            name: (kind, [in_column(kind, getattr(row, name)) for row in self])
            for name, kind in columns_of(self._kind).items()
        }

    def _repr_html_(self) -> str:
        """Return a table for notebooks, in which no text of a row is markup, a formula or a script."""
        names = self.columns
        head = "".join(f"<th>{escape(name)}</th>" for name in names)
        body = "".join(
            f"<tr>{''.join(f'<td>{_cell(getattr(row, name))}</td>' for name in names)}</tr>" for row in self[:_SHOWN]
        )
        more = f"<p>… and {len(self) - _SHOWN} more rows</p>" if len(self) > _SHOWN else ""
        # The classes keep MathJax from reading $…$ in a message as a formula.
        table = f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"
        return f'<div class="tex2jax_ignore mathjax_ignore">{table}{more}</div>'


def _cell(value: object) -> str:
    text = "" if value is None else str(written(value))
    return escape(harmless(text if len(text) <= _LONGEST_CELL else f"{text[:_LONGEST_CELL]}…"))
