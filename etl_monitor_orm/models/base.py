"""What all mapped classes share: the metadata, its naming, the column types and the audit columns."""

from __future__ import annotations

from datetime import UTC, datetime
from enum import StrEnum
from typing import Final, Generic, TypeVar

from sqlalchemy import TIMESTAMP, Dialect, Index, MetaData, String, TypeDecorator, inspect, text
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from etl_monitor_orm.foreign import is_no_value
from etl_monitor_orm.printable import named, quoted
from etl_monitor_orm.schemas import DEFAULT_SCHEMA

W = TypeVar("W", bound=StrEnum)

NAMING = {
    "pk": "pk_%(table_name)s",
    "uq": "uq_%(table_name)s_%(column_0_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_name)s_%(referred_table_name)s",
    "ix": "ix_%(table_name)s_%(column_0_name)s",
}


INDEXED: Final = "postgresql"
"""The database that gets indexes beside the primary keys; on the others they cost more than they give."""

_conditions: Final[dict[str, str]] = {}
"""Which rows an index has, by its name, where it has not all."""


def index(name: str, *columns: str, where: str | None = None) -> Index:
    """An index of a table, on the database that has indexes.

    Args:
        name: Its name.
        columns: The columns, by their names in the table.
        where: Which rows it has; None means all.
    """
    if where is not None:
        _conditions[name] = where  # given to the index here, it would load the database's dialect at each import
    return Index(name, *columns).ddl_if(dialect=INDEXED)


def with_conditions(tables: MetaData) -> MetaData:
    """Tell the indexes of tables which rows they have, for what compares or creates them."""
    for table in tables.tables.values():
        for one in table.indexes:
            if one.name in _conditions:
                one.dialect_options[INDEXED]["where"] = text(_conditions[str(one.name)])
    return tables


class UTCDateTime(TypeDecorator[datetime]):
    """An instant. Python sees aware UTC datetimes; a naive value means UTC."""

    impl = TIMESTAMP(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Pass an aware UTC datetime to the driver; refuse pandas.NaT, which would become NULL."""
        if value is None:
            return None
        if is_no_value(value):
            raise ValueError(f"{quoted(value)} is no time.")
        return _utc(value)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Return the driver's value as UTC, whatever its session's zone."""
        return None if value is None else _utc(value)


def _utc(value: datetime) -> datetime:
    return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


class Word(TypeDecorator[W], Generic[W]):
    """One of the domain's words, stored as its text.

    A word of another tool that this version does not know is read as plain text.
    """

    impl = String
    cache_ok = True

    def __init__(self, words: type[W]) -> None:
        super().__init__()
        self.words = words

    def process_bind_param(self, value: W | str | None, dialect: Dialect) -> str | None:
        """Store the word's text; refuse a word that the domain does not have."""
        return None if value is None else self.words(value).value

    def process_result_value(self, value: str | None, dialect: Dialect) -> W | None:
        """Return the word that the text names."""
        if value is None:
            return None
        try:
            return self.words(value)
        except ValueError:
            return value  # type: ignore[return-value]  # see the class docstring


class Readable:
    """Rows with a readable printed form."""

    def __repr__(self) -> str:
        """Return the row's loaded key and state."""
        mapper = inspect(type(self), raiseerr=True)
        key = [mapper.get_property_by_column(column).key for column in mapper.primary_key]
        loaded = vars(self)
        shown = [name for name in (*key, "status", "overall_status", "active_value") if name in loaded]
        return f"<{type(self).__name__} {', '.join(f'{name}={named(str(loaded[name]), 255)}' for name in shown)}>"


class Base(Readable, DeclarativeBase):
    """Root of the mapped tables; migrations are compared with their metadata."""

    metadata = MetaData(schema=DEFAULT_SCHEMA, naming_convention=NAMING)


class Audited:
    """The four audit columns, last in every catalogue table."""

    created_on: Mapped[datetime | None] = mapped_column(
        "CreatedOn", UTCDateTime, sort_order=100, comment="When the row was registered (UTC)"
    )
    created_by: Mapped[str | None] = mapped_column(
        "CreatedBy", String, sort_order=101, comment="Who registered the row"
    )
    last_updated_on: Mapped[datetime | None] = mapped_column(
        "LastUpdatedOn", UTCDateTime, sort_order=102, comment="When the row last changed (UTC)"
    )
    last_updated_by: Mapped[str | None] = mapped_column(
        "LastUpdatedBy", String, sort_order=103, comment="Who last changed the row"
    )
