"""The views, page by page."""

from __future__ import annotations

import base64
import json

import pytest
from starlette.testclient import TestClient

from etl_monitor_orm import ETLMonitor, Run, views

from .conftest import DAY

STORED = [stored for _, stored in views.HOMES.values()]


def walked(client: TestClient, view: str, limit: int, **narrowed: object) -> list[dict[str, object]]:
    found: list[dict[str, object]] = []
    after = ""
    while True:
        page = client.get(f"/v1/views/{view}", params={"limit": limit, "after": after, **narrowed}).json()
        assert len(page["rows"]) <= limit
        found += page["rows"]
        if page["next_page"] is None:
            return found
        after = page["next_page"]


@pytest.fixture
def history(hr: ETLMonitor, run: Run) -> None:
    """Two processes, runs and dates, with the same numbers, failures in them, and two steps that are late."""
    hr.register_process("CORP", "OTHER").register_task("CORP", "OTHER", 1, 1, 2, "Load")
    hr.register_parameter("CORP", "OTHER", "LoadEmployees", "DELTA_DATE")
    for day in (DAY, "2026-04-10"):
        other = hr.start_run("CORP", "OTHER", day, execution_id="run-1")
        hr.fail_task("run-1", "CORP", "OTHER", 1, processing_date=other.processing_date)
    hr.fail_task("run-1", "CORP", "HR_DAILY", 1)
    for task in (0, 2):
        hr.start_task("run-1", "CORP", "HR_DAILY", task)
    hr.evaluate(quiet_after=0)


@pytest.mark.parametrize("view", STORED)
def test_given_a_view_when_walked_page_by_page_then_each_row_is_shown_once_in_order(
    client: TestClient, history: None, view: str
) -> None:
    whole = client.get(f"/v1/views/{view}").json()

    assert whole["next_page"] is None
    assert len(whole["rows"]) > 1
    assert walked(client, view, 1) == whole["rows"]
    assert walked(client, view, len(whole["rows"])) == whole["rows"]


def test_given_a_view_when_narrowed_then_only_those_rows_are_walked(client: TestClient, history: None) -> None:
    found = walked(client, "v_taskDetail", 1, process_load="OTHER", processing_date="2026-04-10", task_id="1")

    assert [(one["process_load"], one["processing_date"], one["status"]) for one in found] == [
        ("OTHER", "2026-04-10", "FAIL")
    ]


def _token(values: object) -> str:
    return base64.urlsafe_b64encode(json.dumps(values).encode()).decode()


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ({"limit": 0}, "limit"),
        ({"limit": 1001}, "limit"),
        ({"limit": "all"}, "limit"),
        ({"after": "x"}, "after"),
        ({"after": "é"}, "after"),
        ({"after": _token(["CORP"])}, "after"),
        ({"after": _token({"a": 1})}, "after"),
        ({"after": _token(["CORP", 5, "x"])}, "after"),
        ({"after": _token([["CORP"], "x", "y"])}, "after"),
        ({"execution_id": "run-1"}, "execution_id"),
        ({"project_code": "a\0"}, "project_code"),
    ],
)
def test_given_a_wrong_argument_when_a_view_is_asked_for_then_it_is_named(
    client: TestClient, run: Run, query: dict[str, object], field: str
) -> None:
    told = client.get("/v1/views/v_watermarks", params=query)

    assert (told.status_code, told.json()["field"]) == (422, field)
