"""The pages that the demo keeps: of each night, and of the moment when somebody is needed."""

from __future__ import annotations

from pathlib import Path

import pytest

from etl_monitor_orm import ConfigurationError, InvalidInput
from etl_monitor_orm.demo import run_demo
from tests.pages.reading import Page


def test_given_a_folder_when_the_demo_runs_then_each_night_and_each_failure_has_its_page(in_folder: Path) -> None:
    run_demo(2, pages="kept/pages")

    kept = in_folder / "kept" / "pages"
    assert sorted(file.name for file in kept.iterdir()) == [
        "2013-01-01.html",
        "2013-01-02-blocked.html",
        "2013-01-02.html",
    ]
    blocked = Page((kept / "2013-01-02-blocked.html").read_text("utf-8"))
    assert "of 2 processes, 1 failed and 1 is complete, and NYC/FLIGHTS is late" in blocked.summary
    said = blocked.says("blocked")
    assert "Task 1.1 Load weather failed first" in said
    assert "No files found" in said
    assert "Task 1.3 Add new routes, and 3 more wait for it." in said
    assert "etl-monitor reset NYC FLIGHTS --date 2013-01-02" in said
    assert "Whom to ask\nFlight data team" in said
    assert blocked.row("run", "0 Start")[1:3] == ["… waiting", "at the next try"]
    assert "Not done: Load weather and 4 more." in blocked.says("late")
    assert "by hand" not in blocked.says("changes")
    after = Page((kept / "2013-01-02.html").read_text("utf-8"))
    assert after.says("blocked") == "Nothing is blocked."


def test_pages_that_an_earlier_demo_kept_are_replaced(in_folder: Path) -> None:
    folder = in_folder / "pages"
    run_demo(1, pages=folder)
    (in_folder / "etl_monitor.duckdb").unlink()
    (in_folder / "flights.duckdb").unlink()
    first = (folder / "2013-01-01.html").read_bytes()

    run_demo(1, pages=folder)

    assert (folder / "2013-01-01.html").read_bytes() != first


def test_file_in_place_of_the_folder_is_refused_before_anything_is_loaded(in_folder: Path) -> None:
    (in_folder / "pages").write_text("my notes")

    with pytest.raises(ConfigurationError, match="pages cannot be a folder for pages"):
        run_demo(1, pages="pages")
    assert sorted(file.name for file in in_folder.iterdir()) == ["pages"]


def test_file_that_is_no_page_stays_where_a_page_would_go(in_folder: Path) -> None:
    mine = in_folder / "pages" / "2013-01-01.html"
    mine.parent.mkdir()
    mine.write_text("my notes")

    with pytest.raises(InvalidInput, match=r"2013-01-01\.html exists"):
        run_demo(1, pages="pages")
    assert mine.read_text() == "my notes"
