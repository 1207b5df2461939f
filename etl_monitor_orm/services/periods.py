"""Which dates, or which time, a question is about."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from sqlalchemy import ColumnElement
from sqlalchemy.orm import InstrumentedAttribute

from etl_monitor_orm import inputs
from etl_monitor_orm.errors import InvalidInput
from etl_monitor_orm.services.context import recent


@dataclass(frozen=True)
class Period:
    """Processing dates from one to another, both included; None does not restrict.

    Attributes:
        since: The earliest.
        until: The latest.
    """

    since: date | None = None
    until: date | None = None

    @classmethod
    def read(cls, processing_date: object, since: object, until: object) -> Period:
        """Read a caller's arguments: one date, or two ends; the latest alone means 35 days up to it.

        Raises:
            InvalidInput: One of them cannot be read, or they exclude each other.
        """
        on = inputs.optional_day("processing_date", processing_date)
        first, last = inputs.optional_day("since", since), inputs.optional_day("until", until)
        if on is not None and (first is not None or last is not None):
            raise InvalidInput("processing_date is one date. Leave out since and until, or give only those.")
        if last is not None and first is None:
            first = recent(last)
        if first is not None and last is not None and first > last:
            raise InvalidInput(f"since is {first}, which is after until, {last}. Exchange them.")
        return cls(on or first, on or last)

    def __bool__(self) -> bool:
        """Whether it restricts."""
        return self.since is not None or self.until is not None

    def conditions(self, column: InstrumentedAttribute[date]) -> tuple[ColumnElement[bool], ...]:
        """Conditions on a column of processing dates."""
        if self.since is not None and self.since == self.until:
            return (column == self.since,)
        first = () if self.since is None else (column >= self.since,)
        return first if self.until is None else (*first, column <= self.until)


@dataclass(frozen=True)
class Moments:
    """A time from one moment until another; None does not restrict.

    Attributes:
        since: The earliest: a moment, or how long before the call.
        until: The first that is too late, in the same way; of a day that was named, the beginning of the next one.
    """

    since: datetime | timedelta | None = None
    until: datetime | timedelta | None = None

    @classmethod
    def read(cls, since: object, until: object) -> Moments:
        """Read a caller's arguments.

        Raises:
            InvalidInput: One of them cannot be read.
        """
        last = _moment_or_span("until", until)
        if isinstance(last, datetime) and inputs.day_alone(until) is not None:
            last = inputs.shifted("until", last, timedelta(days=1))
        return cls(_moment_or_span("since", since), last)

    def at(self, now: datetime) -> tuple[datetime | None, datetime | None]:
        """Return both ends as seen from a moment (aware UTC).

        Raises:
            InvalidInput: A length leads out of the calendar, or the first end is not before the second.
        """
        first, last = _before("since", self.since, now), _before("until", self.until, now)
        if first is not None and last is not None and first >= last:
            raise InvalidInput(f"since is {first:%Y-%m-%d %H:%M:%S}, which is not before until. Exchange them.")
        return first, last


def _moment_or_span(name: str, value: object) -> datetime | timedelta | None:
    if value is None or isinstance(value, str | date):
        return inputs.optional_moment(name, value)
    return inputs.span(name, value)


def _before(name: str, value: datetime | timedelta | None, now: datetime) -> datetime | None:
    return inputs.shifted(name, now, value, back=True) if isinstance(value, timedelta) else value
