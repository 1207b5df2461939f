"""What callers pass, read in one place: each reader's values, and what it refuses."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from etl_monitor_orm import InvalidInput, SourceType, inputs

ANY_TEXT = st.text(st.characters())


# Text


@pytest.mark.parametrize("value", ["x", " x ", "'", "\0", "😀"])
def test_given_text_when_read_then_it_is_kept_as_it_is(value: str) -> None:
    assert inputs.text("name", value) == value


@pytest.mark.parametrize("value", ["", " ", "\t\n", "\u2003"])
def test_given_text_without_anything_to_see_when_required_then_it_is_refused(value: str) -> None:
    with pytest.raises(InvalidInput, match=r"^name must not be empty.$"):
        inputs.text("name", value)


@pytest.mark.parametrize("value", [None, 5, b"x", ["x"]])
def test_given_something_else_when_text_is_required_then_it_is_refused(value: object) -> None:
    with pytest.raises(InvalidInput, match=f"^name must be text, not {type(value).__name__}.$"):
        inputs.text("name", value)


def test_given_a_longest_when_text_is_longer_then_it_is_refused() -> None:
    assert inputs.text("name", "xxx", longest=3) == "xxx"
    with pytest.raises(InvalidInput, match=r"^name is 4 characters long; at most 3 fit.$"):
        inputs.text("name", "xxxx", longest=3)


@pytest.mark.parametrize("value", [None, "", " ", "x"])
def test_given_optional_text_when_read_then_none_and_empty_are_kept_apart(value: str | None) -> None:
    assert inputs.optional_text("name", value) == value


@pytest.mark.parametrize("value", [5, b"x", False])
def test_given_something_else_when_text_is_optional_then_it_is_refused(value: object) -> None:
    with pytest.raises(InvalidInput, match=f"^name must be text or None, not {type(value).__name__}.$"):
        inputs.optional_text("name", value)


@given(ANY_TEXT)
def test_given_any_text_when_made_encodable_then_it_can_be_encoded_and_only_surrogates_are_replaced(value: str) -> None:
    made = inputs.encodable(value)
    made.encode("utf-8")
    assert made == "".join("?" if "\ud800" <= char <= "\udfff" else char for char in value)


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
    with pytest.raises(InvalidInput, match=f"^task_id is {value}; it must lie between {least} and {most}.$"):
        inputs.integer("task_id", value, least=least, most=most)


@pytest.mark.parametrize("value", [True, "1", 1.0, None])
def test_given_something_else_when_a_whole_number_is_required_then_it_is_refused(value: object) -> None:
    with pytest.raises(InvalidInput, match=f"^task_id must be a whole number, not {type(value).__name__}.$"):
        inputs.integer("task_id", value)


def test_given_none_when_a_whole_number_is_optional_then_it_is_none() -> None:
    assert inputs.optional_integer("task_id", None) is None
    assert inputs.optional_integer("task_id", 0) == 0


@pytest.mark.parametrize("value", [True, False])
def test_given_a_switch_when_read_then_it_is_kept(value: bool) -> None:
    assert inputs.boolean("resume", value) is value


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
    ],
)
def test_given_a_date_in_any_form_when_read_then_it_is_its_utc_day(value: object, day: date) -> None:
    assert inputs.day("processing_date", value) == day


@pytest.mark.parametrize("value", ["", "09.04.2026", "2026-13-01", "2026-04-09 08:00", "today"])
def test_given_text_that_is_no_date_when_read_then_it_is_refused_with_how_to_write_one(value: str) -> None:
    with pytest.raises(InvalidInput, match=f"^processing_date is '{value}'; write a date as YYYY-MM-DD.$"):
        inputs.day("processing_date", value)


@pytest.mark.parametrize("value", [None, 20260409, 1.5])
def test_given_something_else_when_a_date_is_required_then_it_is_refused(value: object) -> None:
    with pytest.raises(InvalidInput, match=r"^processing_date must be a date or its ISO text"):
        inputs.day("processing_date", value)


@pytest.mark.parametrize(
    ("value", "moment"),
    [
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
    assert (read, read.tzinfo) == (moment, UTC)


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
def test_given_a_time_beyond_utc_s_calendar_when_read_then_it_is_refused(value: datetime) -> None:
    with pytest.raises(InvalidInput, match=r"^timestamp is (0001|9999)-.*, which UTC cannot express.$"):
        inputs.moment("timestamp", value)


def test_given_none_when_a_time_is_optional_then_it_is_none() -> None:
    assert inputs.optional_moment("timestamp", None) is None


@pytest.mark.parametrize(
    ("value", "span"),
    [(0, timedelta(0)), (90, timedelta(seconds=90)), (1.5, timedelta(seconds=1.5)), (timedelta(days=1),) * 2],
)
def test_given_a_length_of_time_when_read_then_numbers_are_seconds(value: object, span: timedelta) -> None:
    assert inputs.span("older_than", value) == span


@pytest.mark.parametrize(
    ("value", "words"),
    [
        (-1, "must not be negative"),
        (timedelta(microseconds=-1), "must not be negative"),
        (float("nan"), "which is no length of time"),
        (float("inf"), "which is no length of time"),
        (True, "must be a timedelta or seconds, not bool"),
        ("90", "must be a timedelta or seconds, not str"),
        (None, "must be a timedelta or seconds, not NoneType"),
    ],
)
def test_given_what_is_no_length_of_time_when_read_then_it_is_refused(value: object, words: str) -> None:
    with pytest.raises(InvalidInput, match=f"^older_than .*{words}"):
        inputs.span("older_than", value)


# Messages


@given(ANY_TEXT.filter(lambda text: len(text) <= 2000))
def test_given_a_message_that_fits_when_read_then_it_is_whole(message: str) -> None:
    assert inputs.message("log_message", message) == inputs.encodable(message)


@given(st.lists(st.sampled_from(["word ", "line\n", "x" * 700, "\n", "end"]), min_size=5, max_size=40))
def test_given_a_message_of_any_shape_when_read_then_it_fits_and_its_head_and_the_end_of_its_last_line_are_kept(
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
def test_given_a_refusal_when_caught_as_python_s_own_then_it_is_a_value_error(
    read: Callable[[str, object], object],
) -> None:
    with pytest.raises(ValueError, match=r"^it must"):
        read("it", object())
