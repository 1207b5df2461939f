"""What a person reads at the end of a demo."""

from __future__ import annotations

import io
from dataclasses import replace
from datetime import date, timedelta

from rich.console import Console

from etl_monitor_orm.demo import DemoResult, print_report, run_demo
from tests.demo.conftest import Demos


def printed(result: DemoResult) -> str:
    text = io.StringIO()
    print_report(result, Console(file=text, width=200))
    return text.getvalue()


def test_given_a_result_when_printed_then_it_tells_how_things_stand(demos: Demos) -> None:
    text = printed(demos.first)

    for fact in (
        "2013-01-01   NYC/REFERENCE",
        "2013-01-02   NYC/FLIGHTS",
        "blocked its run until the retry",
        "not mandatory: blocked nothing",
        "FLIGHTS/FlightID",
        "1785",
        "3,322",
        "Blocked now: nothing.",
        "flights.duckdb matches its sources",
        "Loaded 2013-01-01 to 2013-01-02",
        "Run the demo again",
    ):
        assert fact in text


def test_given_nothing_left_when_printed_then_it_says_so(demos: Demos) -> None:
    text = printed(replace(demos.second, days=(), statuses=(), failures=(), nothing_left=True))

    assert "Nothing is left to load" in text
    assert "Run the demo again" not in text


def test_given_many_days_when_printed_then_the_last_are_listed_and_the_others_counted(demos: Demos) -> None:
    days = tuple(date(2012, 12, 1) + timedelta(days=number) for number in range(33))

    text = printed(replace(demos.first, days=days))

    assert "and of 19 earlier days" in text


def test_given_a_console_when_the_demo_runs_then_it_shows_progress(in_folder: object) -> None:
    text = io.StringIO()

    run_demo(2, console=Console(file=text, width=80))

    assert "2/2" in text.getvalue()
    assert "2013-01-02" in text.getvalue()
