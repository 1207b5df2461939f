"""What all mapped classes share: the metadata, its naming, the column types and the audit columns."""

from __future__ import annotations

from datetime import UTC, datetime
from enum import StrEnum
from typing import Generic, TypeVar

from sqlalchemy import TIMESTAMP, Dialect, MetaData, String, TypeDecorator, inspect
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from etl_monitor_orm.settings import DEFAULT_SCHEMA

W = TypeVar("W", bound=StrEnum)

NAMING = {
    "pk": "pk_%(table_name)s",
    "uq": "uq_%(table_name)s_%(column_0_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_name)s_%(referred_table_name)s",
    "ix": "ix_%(table_name)s_%(column_0_name)s",
}


class UTCDateTime(TypeDecorator[datetime]):
    """An instant. Python sees aware UTC datetimes; a naive one that is written means UTC."""

    impl = TIMESTAMP(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Hand the driver an aware UTC datetime."""
        return None if value is None else _utc(value)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Return what the driver read, in whatever zone its session is, as UTC."""
        return None if value is None else _utc(value)


def _utc(value: datetime) -> datetime:
    return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


class Word(TypeDecorator[W], Generic[W]):
    """One of the domain's words, stored as its text.

    A word that this version does not know, written by another tool, is read as plain text.
    """

    impl = String
    cache_ok = True

    def __init__(self, words: type[W]) -> None:
        super().__init__()
        self.words = words

    def process_bind_param(self, value: W | str | None, dialect: Dialect) -> str | None:
        """Store the word's text; refuse one that the domain does not have."""
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
    """Rows that say which they are when they are printed."""

    def __repr__(self) -> str:
        """Return the key, and how the row stands, as far as they are loaded."""
        mapper = inspect(type(self), raiseerr=True)
        key = [mapper.get_property_by_column(column).key for column in mapper.primary_key]
        loaded = vars(self)
        shown = [name for name in (*key, "status", "overall_status", "active_value") if name in loaded]
        return f"<{type(self).__name__} {', '.join(f'{name}={loaded[name]}' for name in shown)}>"


class Base(Readable, DeclarativeBase):
    """Root of the six mapped tables; their metadata is what migrations are compared with."""

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
