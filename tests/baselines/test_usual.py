"""What is usual, whatever the numbers are."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from etl_monitor_orm.baselines import judging
from etl_monitor_orm.baselines.usual import LEAST_RUNS, by_weekday, usual, usual_on

MONDAY = date(2026, 3, 2)

counts = st.integers(-(2**63), 2**63 - 1)
seconds = st.integers(0, 2**31 - 1)
runs = st.lists(counts, min_size=LEAST_RUNS, max_size=60)
times = st.lists(seconds, min_size=LEAST_RUNS, max_size=60)


@given(runs)
def test_median_lies_between_the_quartiles_and_they_between_the_limits(values: list[int]) -> None:
    found = usual(values)

    assert found is not None
    assert found.low <= found.lower <= found.median <= found.upper <= found.high or _rounded(values)
    assert found.runs == len(values)


def _rounded(values: list[int]) -> bool:
    return max(map(abs, values)) > 2**52  # a float has no room for all of their digits


@given(st.lists(counts, max_size=LEAST_RUNS - 1))
def test_fewer_than_eight_runs_say_nothing(values: list[int]) -> None:
    assert usual(values) is None


@given(runs, st.randoms())
def test_order_of_the_runs_says_nothing(values: list[int], chance) -> None:
    shuffled = [*values]
    chance.shuffle(shuffled)

    assert usual(shuffled) == usual(values)


@given(runs)
def test_what_was_so_twice_is_not_unusual(values: list[int]) -> None:
    known = usual([*values, min(values), max(values)])

    assert judging.count("rows", min(values), known) is None or _rounded(values)
    assert judging.count("rows", max(values), known) is None or _rounded(values)


@given(times)
def test_usual_time_and_any_shorter_is_never_unusual_and_any_longer_than_an_unusual_is(values: list[int]) -> None:
    known = usual(values)
    assert known is not None
    longest = judging.longest(known)

    assert judging.duration(int(known.median), known) is None
    assert judging.duration(0, known) is None
    assert judging.duration(longest, known) is None
    assert judging.duration(longest + 1, known) is not None
    assert longest >= 2 * int(known.median)
    assert longest >= int(known.median) + 60


@given(st.lists(st.integers(10_000, 20_000), min_size=LEAST_RUNS, max_size=60), st.integers(0, 7))
def test_one_wild_night_does_not_hide_the_next(values: list[int], place: int) -> None:
    values[place] = 10**9

    assert judging.count("rows", 10**9, usual(values)) is not None


@given(st.lists(st.tuples(st.dates(MONDAY, date(2026, 5, 31)), counts), max_size=80))
def test_day_of_the_week_is_told_by_its_own_runs_only(samples: list[tuple[date, int]]) -> None:
    found = by_weekday(samples)

    for weekday in range(1, 8):
        of_day = [value for day, value in samples if day.isoweekday() == weekday]
        assert found.get(weekday) == usual(of_day)
        day = MONDAY + timedelta(days=weekday - 1)
        assert usual_on(day, found) == (usual(of_day) or usual([value for _, value in samples]))


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (1_200, None),
        (1_201, "2 × its usual time"),
        (1_440, "2.4 × its usual time"),
        (1_800, "3 × its usual time"),
        (10_230, "17 × its usual time"),
        (900_000, "1,500 × its usual time"),
    ],
)
def test_duration_is_told_as_people_say_it(seconds: int, words: str | None) -> None:
    assert judging.duration(seconds, usual([600] * 8)) == words


@pytest.mark.parametrize(("seconds", "words"), [(60, None), (61, "61 seconds, usually less than one")])
def test_duration_of_what_takes_no_time_is_told_in_seconds(seconds: int, words: str | None) -> None:
    assert judging.duration(seconds, usual([0] * 8)) == words


@pytest.mark.parametrize(
    ("rows", "words"),
    [
        (0, "0 rows, usually 41,000"),
        (20_499, "20,499 rows, usually 41,000"),
        (20_500, None),
        (82_000, None),
        (82_001, "82,001 rows, usually 41,000"),
    ],
)
def test_count_is_told_beside_the_usual_one(rows: int, words: str | None) -> None:
    assert judging.count("rows", rows, usual([41_000] * 8)) == words


def test_name_of_a_measure_drives_no_terminal() -> None:
    assert judging.count("ro\x1b[31mws\n", 0, usual([9] * 8)) == "0 ro [31mws, usually 9"


def test_without_a_baseline_nothing_is_unusual() -> None:
    assert (judging.duration(10**6, None), judging.count("rows", 0, None)) == (None, None)
