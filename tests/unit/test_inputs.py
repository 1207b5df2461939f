"""What callers pass, read in one place: each reader's values, and what it refuses."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta, timezone, tzinfo
from decimal import Decimal
from enum import Enum

import numpy
import pandas
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from etl_monitor_orm import InvalidInput, LogLevel, SourceType, inputs

ANY_TEXT = st.text(st.characters())


# Text


@pytest.mark.parametrize("value", ["x", " x ", "'", "\1", "😀"])
def test_given_text_when_read_then_it_is_kept_as_it_is(value: str) -> None:
    assert inputs.text("name", value) == value


@pytest.mark.parametrize("value", ["\0", "HR\0DAILY"])
def test_text_with_nul_is_refused_where_it_names_something(value: str) -> None:
    with pytest.raises(InvalidInput, match="no database can store the character NUL"):
        inputs.text("name", value)


def test_optional_text_and_message_show_nul_as_a_visible_sign() -> None:
    assert inputs.optional_text("name", "a\0b") == "a\u2400b"
    assert inputs.message("name", "\0" * 2_000) == "\u2400" * 2_000


@pytest.mark.parametrize("value", ["", " ", "\t\n", "\u2003"])
def test_given_text_without_anything_to_see_when_required_then_it_is_refused(value: str) -> None:
    with pytest.raises(InvalidInput, match=r"^name must not be empty.$"):
        inputs.text("name", value)


@pytest.mark.parametrize("value", [None, 5, b"x", ["x"]])
def test_given_something_else_when_text_is_required_then_it_is_refused(value: object) -> None:
    with pytest.raises(InvalidInput, match=f"^name must be text, not {type(value).__name__}.$"):
        inputs.text("name", value)


def test_given_a_maximum_length_when_text_is_longer_then_it_is_refused() -> None:
    assert inputs.text("name", "xxx", longest=3) == "xxx"
    with pytest.raises(InvalidInput, match=r"^name is 4 characters long; the limit is 3.$"):
        inputs.text("name", "xxxx", longest=3)


@pytest.mark.parametrize("value", [None, "", " ", "x"])
def test_given_optional_text_when_read_then_none_and_empty_are_kept_apart(value: str | None) -> None:
    assert inputs.optional_text("name", value) == value


@pytest.mark.parametrize("value", [5, b"x", False])
def test_given_something_else_when_text_is_optional_then_it_is_refused(value: object) -> None:
    with pytest.raises(InvalidInput, match=f"^name must be text or None, not {type(value).__name__}.$"):
        inputs.optional_text("name", value)


@settings(deadline=None)
@given(ANY_TEXT)
def test_encodable_text_can_be_encoded_and_only_surrogates_and_nul_are_replaced(
    value: str,
) -> None:
    made = inputs.encodable(value)
    made.encode("utf-8")
    kept = value.replace("\0", "\u2400")
    assert made == "".join("?" if "\ud800" <= char <= "\udfff" else char for char in kept)


# Words


@pytest.mark.parametrize("value", ["DBX_JOB", SourceType.DBX_JOB])
def test_given_a_word_when_read_then_it_is_the_member(value: str) -> None:
    assert inputs.choice("source_type", SourceType, value) is SourceType.DBX_JOB


@pytest.mark.parametrize("value", ["dbx_job", "CRON", None, 5, "", [], {}])
def test_given_no_word_of_the_domain_when_read_then_it_is_refused_with_the_words_there_are(value: object) -> None:
    with pytest.raises(InvalidInput, match=r"^source_type is .*ADF_PIPELINE, DBX_JOB, DBX_NOTEBOOK, DATAFLOW"):
        inputs.choice("source_type", SourceType, value)


@pytest.mark.parametrize("value", [None, ""])
def test_given_nothing_when_a_word_is_optional_then_it_is_none(value: str | None) -> None:
    assert inputs.optional_choice("source_type", SourceType, value) is None


# Numbers and switches


@pytest.mark.parametrize("value", [0, 1, 2**31 - 1])
def test_given_a_whole_number_within_bounds_when_read_then_it_is_kept(value: int) -> None:
    assert inputs.integer("task_id", value) == value


@pytest.mark.parametrize(("value", "least", "most"), [(-1, 0, 2**31 - 1), (2**31, 0, 2**31 - 1), (4, 5, 6), (7, 5, 6)])
def test_given_a_whole_number_beyond_bounds_when_read_then_it_is_refused(value: int, least: int, most: int) -> None:
    with pytest.raises(InvalidInput, match=f"^task_id is {value}; it must be between {least} and {most}.$"):
        inputs.integer("task_id", value, least=least, most=most)


@pytest.mark.parametrize(
    "value",
    [
        7,
        numpy.int64(7),
        numpy.uint8(7),
        numpy.array(7),
        Decimal(7),
        Decimal("7.00"),
        "7",
        " 7\n",
        "+7",
        numpy.str_("7"),
    ],
    ids=repr,
)
def test_integer_of_any_make_is_pythons_own(value: object) -> None:
    read = inputs.integer("task_id", value)

    assert (read, type(read)) == (7, int)


@pytest.mark.parametrize("value", ["", "seven", "7.0", "1_000", "0x7", "\u0667", "9" * 5_000])
def test_integer_text_that_is_not_digits_is_refused(value: str) -> None:
    with pytest.raises(InvalidInput, match=r"^task_id is '.*'; it must be a whole number\.$"):
        inputs.integer("task_id", value)


@pytest.mark.parametrize(
    "value",
    [10**5_000, -(10**5_000), Decimal("1E+900"), "9" * 900],
    ids=["int", "negative", "Decimal", "text"],
)
def test_integer_beyond_all_bounds_is_refused_in_words(value: object) -> None:
    with pytest.raises(InvalidInput, match=r"^task_id is a number with too many digits; it must be between"):
        inputs.integer("task_id", value)


NO_VALUES = [
    pandas.NaT,
    pandas.NA,
    float("nan"),
    numpy.float32("nan"),
    numpy.datetime64("NaT"),
    numpy.timedelta64("NaT", "s"),
    Decimal("NaN"),
    Decimal("sNaN"),
]
READERS = [
    inputs.text,
    inputs.optional_text,
    inputs.optional_code,
    inputs.message,
    inputs.integer,
    inputs.optional_integer,
    inputs.boolean,
    inputs.day,
    inputs.optional_day,
    inputs.moment,
    inputs.optional_moment,
    inputs.span,
]


@pytest.mark.parametrize("value", NO_VALUES, ids=repr)
@pytest.mark.parametrize("read", READERS, ids=lambda read: read.__name__)
def test_missing_value_is_refused_by_every_reader(read: Callable[[str, object], object], value: object) -> None:
    with pytest.raises(InvalidInput, match=r"^it "):
        read("it", value)


@pytest.mark.parametrize("value", NO_VALUES, ids=repr)
@pytest.mark.parametrize("kind", [SourceType, LogLevel])
def test_missing_value_is_no_word(kind: type[Enum], value: object) -> None:
    with pytest.raises(InvalidInput, match=r"^it is .*; it must be one of"):
        inputs.optional_choice("it", kind, value)


@pytest.mark.parametrize("value", [2, "2", numpy.int64(2), LogLevel.WARN], ids=repr)
def test_level_is_a_whole_number_of_any_make(value: object) -> None:
    assert inputs.choice("level", LogLevel, value) is LogLevel.WARN


class _Project(str, Enum):  # noqa: UP042 - such enums are common, and print differently
    CORP = "CORP"


@pytest.mark.parametrize("value", [_Project.CORP, numpy.str_("CORP")], ids=repr)
@pytest.mark.parametrize("read", [inputs.text, inputs.optional_text, inputs.optional_code])
def test_text_of_any_make_is_pythons_own(read: Callable[[str, object], object], value: object) -> None:
    made = read("project_code", value)

    assert (made, type(made)) == ("CORP", str)


@pytest.mark.parametrize("value", [True, 1.0, 1.5, numpy.float64(1), numpy.bool_(True), Decimal("1.5"), None])
def test_given_something_else_when_a_whole_number_is_required_then_it_is_refused(value: object) -> None:
    with pytest.raises(InvalidInput, match=f"^task_id must be a whole number, not {type(value).__name__}.$"):
        inputs.integer("task_id", value)


def test_given_none_when_a_whole_number_is_optional_then_it_is_none() -> None:
    assert inputs.optional_integer("task_id", None) is None
    assert inputs.optional_integer("task_id", 0) == 0


@pytest.mark.parametrize("value", [True, False])
def test_given_a_switch_when_read_then_it_is_kept(value: bool) -> None:
    assert inputs.boolean("resume", value) is value
    assert inputs.boolean("resume", numpy.bool_(value)) is value


@pytest.mark.parametrize("value", [None, 0, 1, "True"])
def test_given_something_else_when_a_switch_is_required_then_it_is_refused(value: object) -> None:
    with pytest.raises(InvalidInput, match=f"^resume must be True or False, not {type(value).__name__}.$"):
        inputs.boolean("resume", value)


# Dates and times

NEPAL = timezone(timedelta(hours=5, minutes=45))


@pytest.mark.parametrize(
    ("value", "day"),
    [
        (date(2026, 4, 9), date(2026, 4, 9)),
        ("2026-04-09", date(2026, 4, 9)),
        (datetime(2026, 4, 9, 23, 59), date(2026, 4, 9)),
        (datetime(2026, 4, 10, 5, 0, tzinfo=NEPAL), date(2026, 4, 9)),
        (pandas.Timestamp("2026-04-10 05:00", tz="Asia/Kathmandu"), date(2026, 4, 9)),
        (pandas.Timestamp("2026-04-09 23:59:59.999999999"), date(2026, 4, 9)),
        (numpy.datetime64("2026-04-09"), date(2026, 4, 9)),
        (numpy.datetime64("2026-04-09T23:59:59.999999999"), date(2026, 4, 9)),
    ],
)
def test_given_a_date_in_any_form_when_read_then_it_is_its_utc_day(value: object, day: date) -> None:
    read = inputs.day("processing_date", value)

    assert (read, type(read)) == (day, date)


@pytest.mark.parametrize("value", ["", "09.04.2026", "2026-13-01", "2026-04-09 08:00", "today"])
def test_given_text_that_is_no_date_when_read_then_it_is_refused_with_how_to_write_one(value: str) -> None:
    with pytest.raises(InvalidInput, match=f"^processing_date is '{value}'; write a date as YYYY-MM-DD.$"):
        inputs.day("processing_date", value)


@pytest.mark.parametrize("value", [None, 20260409, 1.5])
def test_given_something_else_when_a_date_is_required_then_it_is_refused(value: object) -> None:
    with pytest.raises(InvalidInput, match=r"^processing_date must be a date or its ISO text"):
        inputs.day("processing_date", value)


class _NoOffset(tzinfo):
    """A zone that does not say how far it is from UTC."""

    def utcoffset(self, moment: datetime | None) -> None:
        return None

    dst = utcoffset


@pytest.mark.parametrize(
    ("value", "moment"),
    [
        (datetime(2026, 4, 9, 8, tzinfo=_NoOffset()), datetime(2026, 4, 9, 8, tzinfo=UTC)),
        (pandas.Timestamp("2026-04-09 08:00:00.123456789"), datetime(2026, 4, 9, 8, 0, 0, 123_456, tzinfo=UTC)),
        (pandas.Timestamp("2026-04-09 08:00", tz="Asia/Kathmandu"), datetime(2026, 4, 9, 2, 15, tzinfo=UTC)),
        (numpy.datetime64("2026-04-09T08:00:00.123456789"), datetime(2026, 4, 9, 8, 0, 0, 123_456, tzinfo=UTC)),
        (numpy.datetime64("2026-04-09T08"), datetime(2026, 4, 9, 8, tzinfo=UTC)),
        (numpy.datetime64("2026-04"), datetime(2026, 4, 1, tzinfo=UTC)),
        ("2026-04-09 08:00:00.5", datetime(2026, 4, 9, 8, 0, 0, 500_000, tzinfo=UTC)),
        ("2026-04-09T08:00:00Z", datetime(2026, 4, 9, 8, tzinfo=UTC)),
        ("2026-04-09T08:00:00+05:45", datetime(2026, 4, 9, 2, 15, tzinfo=UTC)),
        ("2026-04-09", datetime(2026, 4, 9, tzinfo=UTC)),
        (date(2026, 4, 9), datetime(2026, 4, 9, tzinfo=UTC)),
        (datetime(2026, 4, 9, 8), datetime(2026, 4, 9, 8, tzinfo=UTC)),
        (datetime(2026, 4, 9, 8, tzinfo=NEPAL), datetime(2026, 4, 9, 2, 15, tzinfo=UTC)),
    ],
)
def test_given_a_time_in_any_form_when_read_then_it_is_aware_utc(value: object, moment: datetime) -> None:
    read = inputs.moment("timestamp", value)
    assert (read, read.tzinfo, type(read)) == (moment, UTC, datetime)


@pytest.mark.parametrize("value", [numpy.datetime64("20026-04-09"), numpy.datetime64("-0044-03-15")], ids=repr)
def test_numpy_time_outside_of_the_calendar_is_refused(value: object) -> None:
    with pytest.raises(InvalidInput, match=r"which is no time within the years 1 to 9999\.$"):
        inputs.moment("timestamp", value)


@pytest.mark.parametrize("value", ["", "noon", "2026-04-09 25:00"])
def test_given_text_that_is_no_time_when_read_then_it_is_refused_with_how_to_write_one(value: str) -> None:
    with pytest.raises(InvalidInput, match=f"^timestamp is '{value}'; write a time as YYYY-MM-DD HH:MM:SS.$"):
        inputs.moment("timestamp", value)


@pytest.mark.parametrize("value", [None, 1_775_000_000, 1.5])
def test_given_something_else_when_a_time_is_required_then_it_is_refused(value: object) -> None:
    with pytest.raises(InvalidInput, match=r"^timestamp must be a datetime or its ISO text"):
        inputs.moment("timestamp", value)


@pytest.mark.parametrize(
    "value", [datetime.min.replace(tzinfo=NEPAL), datetime.max.replace(tzinfo=timezone(timedelta(hours=-1)))]
)
def test_given_a_time_that_utc_cannot_express_when_read_then_it_is_refused(value: datetime) -> None:
    with pytest.raises(InvalidInput, match=r"^timestamp is (0001|9999)-.*, which UTC cannot express.$"):
        inputs.moment("timestamp", value)


def test_given_none_when_a_time_is_optional_then_it_is_none() -> None:
    assert inputs.optional_moment("timestamp", None) is None


@pytest.mark.parametrize(
    ("value", "span"),
    [(0, timedelta(0)), (90, timedelta(seconds=90)), (1.5, timedelta(seconds=1.5)), (timedelta(days=1),) * 2]
    + [(pandas.Timedelta("1 day 00:00:00.5"), timedelta(days=1, seconds=0.5))]
    + [(numpy.timedelta64(90, "s"), timedelta(seconds=90)), (numpy.timedelta64(1, "D"), timedelta(days=1))]
    + [(value, timedelta(seconds=90)) for value in ("90", Decimal(90), numpy.int64(90), numpy.float32(90))],
)
def test_given_a_length_of_time_when_read_then_numbers_are_seconds(value: object, span: timedelta) -> None:
    assert inputs.span("older_than", value) == span


@pytest.mark.parametrize(
    ("value", "words"),
    [
        (-1, "must not be negative"),
        (timedelta(microseconds=-1), "must not be negative"),
        (float("nan"), "which is not a length of time"),
        (float("inf"), "which is not a length of time"),
        (True, "must be a timedelta or seconds, not bool"),
        ("soon", "must be a timedelta or seconds, not str"),
        (Decimal("1E+900"), "which is not a length of time"),
        (Decimal("Infinity"), "which is not a length of time"),
        (numpy.bool_(True), "must be a timedelta or seconds, not bool"),
        (None, "must be a timedelta or seconds, not NoneType"),
    ],
)
def test_given_what_is_no_length_of_time_when_read_then_it_is_refused(value: object, words: str) -> None:
    with pytest.raises(InvalidInput, match=f"^older_than .*{words}"):
        inputs.span("older_than", value)


# Messages


@settings(deadline=None)
@given(ANY_TEXT.filter(lambda text: len(text) <= 2000))
def test_given_a_message_that_fits_when_read_then_it_is_whole(message: str) -> None:
    assert inputs.message("log_message", message) == inputs.encodable(message)


@settings(deadline=None)
@given(st.lists(st.sampled_from(["word ", "line\n", "x" * 700, "\n", "end"]), min_size=5, max_size=40))
def test_given_a_message_of_any_shape_when_read_then_it_fits_and_its_head_and_end_are_kept(
    parts: list[str],
) -> None:
    message = "".join(parts)
    kept = inputs.message("log_message", message)
    assert kept is not None
    assert len(kept) <= 2000
    assert kept[:900] == message[:900]
    last = message.rstrip().rsplit("\n", 1)[-1]
    assert kept.rstrip().endswith(last[-400:])


def test_given_no_message_when_read_then_it_is_none() -> None:
    assert inputs.message("log_message", None) is None


@pytest.mark.parametrize(
    "read",
    [inputs.text, inputs.integer, inputs.boolean, inputs.day, inputs.moment, inputs.span],
    ids=lambda read: read.__name__,
)
def test_given_a_refusal_when_caught_as_a_built_in_error_then_it_is_a_value_error(
    read: Callable[[str, object], object],
) -> None:
    with pytest.raises(ValueError, match=r"^it must"):
        read("it", object())


def test_text_with_a_lone_surrogate_is_refused_so_that_two_keys_stay_two() -> None:
    with pytest.raises(InvalidInput, match=r"project_code is '\\udcff'; its lone surrogates"):
        inputs.text("project_code", "\udcff")


@pytest.mark.parametrize("back", [False, True])
def test_time_beyond_the_calendar_is_refused(back: bool) -> None:
    with pytest.raises(InvalidInput, match=r"by is .* leads out of the calendar"):
        inputs.shifted("by", datetime(2026, 4, 9, tzinfo=UTC), timedelta.max, back=back)
