"""The OpenAPI document is what the server does: shown by generated requests, and by a client generated from it."""

from __future__ import annotations

import importlib
import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from schemathesis import GenerationMode
from schemathesis.checks import CHECKS, load_all_checks
from starlette.testclient import TestClient

from etl_monitor_orm import ETLMonitor, ProcessingStep, Status
from etl_monitor_orm.server.app import make_app
from etl_monitor_orm.server.calls import calls
from etl_monitor_orm.server.limits import Limits
from tests.concurrency.conftest import duckdb_url

from .conftest import DAY, OF_RUN
from .serving import served

__all__ = ["duckdb_url"]

GENEROUS = Limits(rate=1e6, burst=10**6, refusals=10**6)


@pytest.fixture(scope="module")
def monitor() -> Iterator[ETLMonitor]:
    """One database for all generated requests: what they write is the next one's surroundings."""
    with ETLMonitor("duckdb:///:memory:openapi").setup() as made, made.engine.connect():
        made.register_process("CORP", "HR_DAILY").register_task("CORP", "HR_DAILY", 1, 1, 2, "Load employees")
        made.register_parameter("CORP", "HR_DAILY", "LoadEvents", "DELTA_ID")
        made.start_run("CORP", "HR_DAILY", DAY, execution_id="run-1")
        yield made


@pytest.fixture(scope="module")
def allowed(monitor: ETLMonitor) -> dict[str, str]:
    return {"Authorization": f"Bearer {monitor.make_token('schemathesis', 'report').text}"}


@pytest.fixture(scope="module")
def openapi(monitor: ETLMonitor, allowed: dict[str, str]) -> object:
    return schemathesis.openapi.from_asgi("/openapi.json", make_app(monitor, GENEROUS), headers=allowed)


@pytest.mark.parametrize("mode", [GenerationMode.POSITIVE, GenerationMode.NEGATIVE])
def test_given_generated_requests_when_sent_then_each_answer_is_as_documented(
    openapi: schemathesis.BaseSchema, allowed: dict[str, str], mode: GenerationMode
) -> None:
    load_all_checks()
    # What JSON cannot say is refused too: a date that is none, a claim that nobody holds.
    too_strict = CHECKS.get_one("positive_data_acceptance")
    asked = 0
    for found in openapi.get_all_operations():
        operation = found.ok()
        if mode is GenerationMode.NEGATIVE and operation.path == "/healthz":
            continue  # nothing that it takes can be wrong

        @settings(
            max_examples=6,
            deadline=None,
            derandomize=True,
            database=None,
            phases=[Phase.generate],
            suppress_health_check=list(HealthCheck),
        )
        @given(case=operation.as_strategy(generation_mode=mode))
        def check(case: schemathesis.Case) -> None:
            case.call_and_validate(headers=allowed, excluded_checks=[too_strict])

        check()
        asked += 1
    assert asked >= len(calls()) + 7


def test_given_the_document_when_read_then_each_call_has_its_errors_its_scheme_and_examples(
    monitor: ETLMonitor, allowed: dict[str, str]
) -> None:
    with TestClient(make_app(monitor), headers=allowed) as client:
        document = client.get("/openapi.json").json()

    assert document["components"]["securitySchemes"] == {
        "token": {
            "type": "http",
            "scheme": "bearer",
            "description": "A token that `etl-monitor token make` made.",
        }
    }
    operations = [one for path, way in document["paths"].items() for one in way.values() if path != "/healthz"]
    assert {one["operationId"] for one in operations} >= {call.name for call in calls()} | {"ping", "v_taskDetail"}
    assert not [one["operationId"] for one in operations if one["security"] != [{"token": []}]]
    shapes = document["components"]["schemas"]
    for one in operations:
        shape = one["responses"]["200"]["content"]["application/json"]["schema"]["$ref"]
        assert shapes[shape.rpartition("/")[2]]["type"] == "object"  # Data Factory takes no array
        assert {"200", "401", "403", "404", "413", "422", "429", "503"} <= one["responses"].keys()
        answer = one["responses"]["422"]["content"]["application/json"]["schema"]
        assert answer == {"$ref": "#/components/schemas/Refused"}
    task = shapes["StartTask"]
    assert task["required"] == ["execution_id", "project_code", "process_load", "task_id"]
    assert task["additionalProperties"] is False
    assert task["properties"]["task_id"]["examples"] == [1]


def test_given_a_client_generated_from_the_document_when_it_starts_and_ends_a_task_then_it_is_done(
    monitor: ETLMonitor,
    allowed: dict[str, str],
    duckdb_url: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with TestClient(make_app(monitor), headers=allowed) as client:
        (tmp_path / "openapi.json").write_text(client.get("/openapi.json").text)
    (tmp_path / "how.json").write_text(json.dumps({"post_hooks": [], "package_name_override": "generated_client"}))
    command = [sys.executable, "-m", "openapi_python_client", "generate", "--path", "openapi.json", "--meta", "none"]
    made = subprocess.run(
        [*command, "--config", "how.json", "--output-path", "generated_client", "--fail-on-warning"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert made.returncode == 0, made.stdout + made.stderr
    monkeypatch.syspath_prepend(str(tmp_path))
    theirs = importlib.import_module("generated_client")
    start_task = importlib.import_module("generated_client.api.report.start_task")
    end_task = importlib.import_module("generated_client.api.report.end_task")
    models = importlib.import_module("generated_client.models")

    with ETLMonitor(duckdb_url) as own:
        own.setup().register_process("CORP", "HR_DAILY").register_task("CORP", "HR_DAILY", 1, 1, 2, "Load employees")
        own.start_run("CORP", "HR_DAILY", DAY, execution_id="run-1")
        text = own.make_token("generated", "report").text
        own.close()
        with served(duckdb_url) as running, theirs.AuthenticatedClient(base_url=running.url, token=text) as caller:
            started = start_task.sync(client=caller, body=models.StartTask(**OF_RUN, task_id=1))
            ended = end_task.sync(client=caller, body=models.EndTask(**OF_RUN, task_id=1, claim=started.claim))
            again = end_task.sync(client=caller, body=models.EndTask(**OF_RUN, task_id=1))
        with own.session() as session:
            (step,) = session.query(ProcessingStep).all()

    assert (ended.recorded, step.status, again.state) == (True, Status.DONE, "DONE")
