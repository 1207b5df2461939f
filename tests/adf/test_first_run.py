"""The first tracked run by HTTP: two pipelines, no linked service, and addresses as the portal shows them."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from shutil import copy

import pytest

from etl_monitor_orm import ETLMonitor
from tests.adf.conftest import DAY, HR
from tests.adf.factory import Factory
from tests.adf.pack import PACK, Json, called, of_type, pipelines, texts
from tests.adf.services import MONITOR, VAULT, Services

FIRST = ("track-by-http", "do-the-work")
HTTP = (*FIRST, "dispatch-ready", "run-tasks")
Steps = Callable[..., list[tuple[str, str]]]


def _pasted(folder: Path, names: tuple[str, ...]) -> Path:
    """A factory that has some of the pack's pipelines, and nothing else."""
    (folder / "pipeline").mkdir()
    for name in names:
        copy(PACK / "pipeline" / f"{name}.json", folder / "pipeline")
    return folder


def test_given_the_first_two_pipelines_when_one_is_debugged_then_a_task_is_tracked(
    factory: Factory, services: Services, steps: Steps, tmp_path: Path
) -> None:
    given = {**HR, "task_id": "3", "processing_date": DAY}

    outcome = factory.run("track-by-http", given, services, folder=_pasted(tmp_path, FIRST))

    assert (outcome.error, outcome.waited) == (None, 1)
    assert ("1.3", "DONE") in steps()


def test_given_a_first_tracked_task_when_the_rest_is_dispatched_then_the_process_is_complete(
    factory: Factory, services: Services, steps: Steps, corp: ETLMonitor, tmp_path: Path
) -> None:
    given, folder = {**HR, "processing_date": DAY}, _pasted(tmp_path, HTTP)
    corp.register_task(**HR, task_id=1, workflow_id=1, sequence_id=2, task_name="Load", source_identifier="wait")
    factory.run("track-by-http", {**given, "task_id": "1"}, services, folder=folder, run_id="adf-1")

    outcome = factory.run("dispatch-ready", given, services, folder=folder, run_id="adf-2")

    assert outcome.error is None
    assert ("0.0", "DONE") in steps(execution_id="adf-2")
    assert [one.run_state for one in corp.processes(**HR, processing_date=DAY)] == ["COMPLETE"]


@pytest.mark.parametrize("name", HTTP)
def test_given_a_pipeline_by_http_when_it_is_pasted_then_it_needs_only_the_other_three(name: str) -> None:
    needed = set(texts(_references(pipelines()[name])))

    assert needed <= {*HTTP, "PipelineReference"}


def _references(within: object) -> list[object]:
    if isinstance(within, list):
        return [found for each in within for found in _references(each)]
    if not isinstance(within, dict):
        return []
    own = [within] if "referenceName" in within else []
    return own + [found for each in within.values() for found in _references(each)]


@pytest.mark.parametrize("end", ["", "/"])
def test_given_addresses_that_end_in_a_slash_or_not_when_asked_then_no_path_has_two(
    factory: Factory, services: Services, tmp_path: Path, end: str
) -> None:
    given = {**HR, "processing_date": DAY, "monitor_url": f"{MONITOR}{end}", "vault_url": f"https://{VAULT}{end}"}

    outcome = factory.run("dispatch-ready", given, services)

    assert outcome.error is None
    urls = [each.properties["url"] for each in services.asked if each.type == "WebActivity"]
    assert urls
    assert not [url for url in urls if "//" in url.removeprefix("https://")]


@pytest.mark.parametrize(("pipeline", "activity"), of_type("ExecutePipeline"), ids=str)
def test_given_a_call_of_a_pipeline_when_it_passes_parameters_then_none_is_a_list(
    pipeline: str, activity: Json
) -> None:
    """Data Factory fails an activity whose parameters have more than 896 KB: about 1,500 tasks of `ready`."""
    for properties in called(activity["typeProperties"]["pipeline"]["referenceName"]):
        assert {one["type"] for one in properties["parameters"].values()} <= {"string", "bool", "int"}
