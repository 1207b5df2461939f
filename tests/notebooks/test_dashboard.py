"""The pictures of the dashboard show what happened, from both libraries' frames, and on a monitor of one's own."""

from __future__ import annotations

import re
from html import unescape
from pathlib import Path

import pytest
from nbformat import NotebookNode

from etl_monitor_orm import ETLMonitor, ManualClock
from tests.databases import TABLES, read
from tests.notebooks.executing import DASHBOARD, executed, opened
from tests.pages.names import page_with_names

PICTURES = {"grid", "blockers", "failures", "late", "run", "watermarks", "durations", "changes"}
SVG = "image/svg+xml"

Pictures = dict[str, str]
"""The SVG of each picture, by the name of its variable."""


@pytest.fixture(scope="module")
def cells(tmp_path_factory: pytest.TempPathFactory) -> NotebookNode:
    return executed(opened(DASHBOARD), tmp_path_factory.mktemp("elsewhere"))


@pytest.fixture(scope="module")
def pictures(cells: NotebookNode) -> Pictures:
    return drawn(cells)


def test_given_the_dashboard_when_drawn_then_both_libraries_draw_each_picture_alike(pictures: Pictures) -> None:
    by_polars, by_pandas = (
        {name.removeprefix(library): svg for name, svg in pictures.items() if name.startswith(library)}
        for library in ("polars_", "pandas_")
    )

    assert set(by_polars) == set(by_pandas) == PICTURES
    assert [name for name in PICTURES if by_polars[name] != by_pandas[name]] == []


def test_given_a_bad_night_when_drawn_then_the_grid_has_each_state_on_its_date(pictures: Pictures) -> None:
    squares = [label for label in labels(pictures["polars_grid"]) if "; state: " in label]

    assert {label for label in squares if "2026-04-09" in label} == {
        "day: 2026-04-09; process: CORP/FIN_DAILY; state: RUNNING",
        "day: 2026-04-09; process: CORP/HR_DAILY; state: FAILED",
        "day: 2026-04-09; process: SHOP/SALES; state: COMPLETE",
    }
    assert "day: 2026-04-08; process: SHOP/STOCK; state: WAITING" in squares


def test_given_a_bad_night_when_drawn_then_only_processes_that_stand_otherwise_changed(pictures: Pictures) -> None:
    changed = " ".join(labels(pictures["polars_changes"]))

    assert [name for name in ("FIN_DAILY", "HR_DAILY", "SALES", "STOCK") if name in changed] == [
        "FIN_DAILY",
        "HR_DAILY",
        "STOCK",
    ]


@pytest.mark.parametrize(
    ("picture", "shown"),
    [
        ("blockers", "CORP/HR_DAILY 2026-04-09 Load events"),
        ("blockers", "Build absences, Build headcount"),
        ("failures", "ConnectionError: events.example has no file for 2026-04-08"),
        ("late", "SHOP/STOCK 2026-04-09 NOT_STARTED"),
        ("late", "CORP/FIN_DAILY 2026-04-09 NOT_DONE"),
        ("run", "CORP/FIN_DAILY 2026-04-09"),
        ("run", "stage 6"),
        ("watermarks", "SHOP/STOCK Load stock"),
        ("durations", "SHOP/SALES"),
    ],
)
def test_given_a_bad_night_when_drawn_then_a_picture_shows_it(pictures: Pictures, picture: str, shown: str) -> None:
    assert f">{shown}</text>" in unescape(pictures[f"polars_{picture}"])


def test_given_a_step_that_runs_when_drawn_then_its_bar_ends_now(pictures: Pictures) -> None:
    steps = [label for label in labels(pictures["polars_run"]) if "task: 1.3 Build balance" in label]

    assert [label.rpartition("; ")[2] for label in steps if "state" in label] == ["state: RUNNING"]
    assert "06:04" in steps[0]


def test_given_five_weeks_when_drawn_then_each_process_has_its_usual_band(pictures: Pictures) -> None:
    assert pictures["polars_durations"].count('aria-roledescription="area mark container"') == 4


def test_given_the_dashboard_when_executed_then_no_output_asks_a_network(cells: NotebookNode) -> None:
    kinds = {kind for cell in cells.cells for output in cell.get("outputs", ()) for kind in output.get("data", {})}
    linked = [
        svg for svg in drawn(cells).values() if re.search(r"(?:href|src)=|<script|<image|url\((?!#)|@import", svg)
    ]

    assert kinds == {SVG, "text/plain"}
    assert linked == []


def test_given_an_empty_monitor_of_ones_own_when_drawn_then_no_cell_fails(duckdb_url: str, tmp_path: Path) -> None:
    assert len(drawn(executed(on_own_monitor(duckdb_url), tmp_path))) == 2 * len(PICTURES)


def test_given_ones_own_monitor_when_drawn_then_it_is_shown_as_text_and_unchanged(
    duckdb_url: str, tmp_path: Path
) -> None:
    before = filled(duckdb_url)
    cells = executed(on_own_monitor(duckdb_url), tmp_path)

    blockers = drawn(cells)["polars_blockers"]
    assert "alert(1)" in blockers
    assert re.findall(r"<(?:script|img|svg onload|style|textarea)", blockers.removeprefix("<svg")) == []
    assert contents(duckdb_url) == before


def drawn(cells: NotebookNode) -> Pictures:
    """Return what cells drew, by the last word of each."""
    return {
        cell.source.split()[-1]: output["data"][SVG]
        for cell in cells.cells
        for output in cell.get("outputs", ())
        if SVG in output.get("data", {})
    }


def labels(svg: str) -> list[str]:
    """Return what a picture says to a screen reader."""
    return [unescape(label) for label in re.findall(r'aria-label="([^"]*)"', svg)]


def on_own_monitor(url: str) -> NotebookNode:
    """Return the dashboard with the one line changed that names the database, on the morning of its own story."""
    cells = opened(DASHBOARD)
    for line, instead in (
        ("URL = None\n", f"URL = {url!r}\n"),
        ("now = datetime.now(UTC)", "now = datetime(2026, 4, 9, 8, tzinfo=UTC)"),
    ):
        (cell,) = (cell for cell in cells.cells if line in f"{cell.source}\n")
        cell.source = f"{cell.source}\n".replace(line, instead)
    return cells


def filled(url: str) -> dict[str, list[str]]:
    """Fill a monitor with names that try to be more than names; return its rows."""
    with ETLMonitor(url, clock=(clock := ManualClock("2026-04-08 12:00"))) as monitor:
        page_with_names(monitor, clock, lambda number: f"<img src=x onerror=alert(1)> <script>alert({number})</script>")
    return contents(url)


def contents(url: str) -> dict[str, list[str]]:
    """Return the rows of a monitor."""
    with ETLMonitor(url) as monitor:
        return {kind.__name__: sorted(map(repr, read(monitor.engine, kind.__table__))) for kind in TABLES}
