"""Every name in the pack exists: widgets, routes, arguments, columns, pipelines, datasets, linked services."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from etl_monitor_orm import ETLMonitor, widgets
from etl_monitor_orm.server.app import document
from etl_monitor_orm.server.limits import Limits
from etl_monitor_orm.services.requests import LEASE
from etl_monitor_orm.views import HOMES, VIEWS
from tests.adf.pack import COPY, FILES, PACK, Json, activities, called, name_of, of_type, pipelines, read, texts
from tests.notebooks.databricks import FOLDER

COLUMNS = {view.__tablename__: set(view.__table__.columns.keys()) for view in VIEWS}
REFERENCES = {
    "PipelineReference": "pipeline",
    "DatasetReference": "dataset",
    "LinkedServiceReference": "linkedService",
}
HOLDERS = {"ForEach", "Until", "IfCondition", "Switch"}


@pytest.mark.parametrize(("pipeline", "activity"), of_type("DatabricksNotebook"), ids=str)
def test_given_a_notebook_activity_when_it_runs_then_notebook_and_widgets_exist(pipeline: str, activity: Json) -> None:
    (notebook,) = re.findall(r"'/(\w+)'", activity["typeProperties"]["notebookPath"]["value"])

    assert (FOLDER / f"{notebook}.py").is_file()
    assert set(activity["typeProperties"]["baseParameters"]) <= set(widgets.NAMES)


@pytest.fixture(scope="module")
def openapi() -> Json:
    """The OpenAPI document of the monitor's door."""
    with ETLMonitor("duckdb:///:memory:") as monitor:
        return document(monitor, Limits()).openapi()


@pytest.mark.parametrize(("pipeline", "activity"), of_type("WebActivity"), ids=str)
def test_given_a_web_activity_when_it_asks_the_monitor_then_route_and_arguments_exist(
    openapi: Json, pipeline: str, activity: Json
) -> None:
    asked = activity["typeProperties"]
    url = asked["url"]["value"]
    routes = [f"/{found}" for found in re.findall(r"'(v1/\w+)'", url)]

    for route in routes:
        operation = openapi["paths"][route][asked["method"].lower()]
        query = _arguments({one["name"]: one for one in operation["parameters"] if one["in"] == "query"})
        assert _fits(set(re.findall(r"'[?&](\w+)='", url)), *query)
        assert _fits(set(asked.get("body", ())), *_body(openapi, operation))
    assert routes or "vault_url" in url


@pytest.mark.parametrize(
    ("pipeline", "activity"),
    [each for each in of_type("Lookup") if each[1]["typeProperties"]["dataset"]["referenceName"] == "MonitorView"],
    ids=str,
)
def test_given_a_lookup_when_it_reads_a_view_then_the_view_has_each_column(pipeline: str, activity: Json) -> None:
    query = activity["typeProperties"]["source"]["query"]["value"]
    (view,) = re.findall(r"\.(v_\w+)", query)
    named = set(re.findall(r"MAX\((\w+)\)|(?:WHERE|AND) (\w+) =", query))

    assert view in {stored for _, stored in HOMES.values()}
    assert {name for pair in named for name in pair if name} <= COLUMNS[view]


@pytest.mark.parametrize("file", FILES, ids=name_of)
def test_given_a_file_when_it_refers_to_another_then_that_is_in_the_pack(file: Path) -> None:
    """A file of `copy` is put over the pack, so it may name both; the pack is whole without `copy`."""
    homes = [PACK, COPY] if file.is_relative_to(COPY) else [PACK]
    for name, kind in _references(read(file)):
        assert any((home / REFERENCES[kind] / f"{name}.json").is_file() for home in homes)


@pytest.mark.parametrize("file", FILES, ids=name_of)
def test_given_a_file_when_its_texts_are_read_then_secrets_come_from_key_vault_only(file: str) -> None:
    written = " ".join(texts(read(file)))

    assert not re.search(r"dapi[0-9a-f]{8}|AccountKey=|Password=|SharedAccess|pwd=", written, re.IGNORECASE)
    assert all(value["type"] == "AzureKeyVaultSecret" for value in _secrets(read(file)))


@pytest.mark.parametrize(("pipeline", "activity"), of_type("WebActivity"), ids=str)
def test_given_a_request_when_it_carries_a_token_then_no_run_shows_it(pipeline: str, activity: Json) -> None:
    policy, headers = activity["policy"], activity["typeProperties"].get("headers", {})

    assert policy["secureInput"] is ("Authorization" in headers)
    assert policy["secureOutput"] is (activity["name"] == "Token")


@pytest.mark.parametrize("name", pipelines())
def test_given_a_pipeline_when_it_holds_activities_then_only_as_data_factory_allows(name: str) -> None:
    for holder in activities(pipelines()[name]["activities"]):
        inside = {each["type"] for each in activities(holder["typeProperties"])}
        if holder["type"] in ("ForEach", "Until"):
            assert not inside & {"ForEach", "Until"}
        elif holder["type"] in HOLDERS:
            assert not inside & HOLDERS


@pytest.mark.parametrize(("pipeline", "activity"), of_type("ExecutePipeline"), ids=str)
def test_given_a_call_of_a_pipeline_when_it_passes_parameters_then_none_is_missing_or_unknown(
    pipeline: str, activity: Json
) -> None:
    found = called(activity["typeProperties"]["pipeline"]["referenceName"])
    passed = set(activity["typeProperties"]["parameters"])

    assert found
    for parameters in (each["parameters"] for each in found):
        assert passed <= set(parameters)
        assert {name for name, one in parameters.items() if "defaultValue" not in one} <= passed


@pytest.mark.parametrize("name", [name for name in pipelines() if not name.endswith("do-the-work")])
def test_given_a_pipeline_when_it_has_a_parameter_then_an_expression_uses_it(name: str) -> None:
    """The parameters of do-the-work are for the work that a user adds to it."""
    properties = pipelines()[name]
    used = set(re.findall(r"pipeline\(\)\.parameters\.(\w+)", " ".join(texts(properties["activities"]))))

    assert used == set(properties["parameters"])


@pytest.mark.parametrize(("pipeline", "activity"), of_type("WebActivity"), ids=str)
def test_given_a_request_when_its_answer_is_late_or_lost_then_it_is_sent_again_in_time(
    pipeline: str, activity: Json
) -> None:
    """Data Factory waits a minute without httpRequestTimeout; a killed request refuses its repetition for a LEASE."""
    policy = activity["policy"]

    assert activity["typeProperties"]["httpRequestTimeout"] == "00:10:00"
    assert policy["timeout"] > "0.00:10:00"
    assert policy["retry"] >= 2
    assert policy["retryIntervalInSeconds"] >= LEASE.total_seconds()


def _fits(given: set[str], known: set[str], needed: set[str]) -> bool:
    return needed <= given <= known


def _arguments(parameters: dict[str, Json]) -> tuple[set[str], set[str]]:
    """Return the names of an operation's parameters, and of those that it needs."""
    return set(parameters), {name for name, one in parameters.items() if one["required"]}


def _body(openapi: Json, operation: Json) -> tuple[set[str], set[str]]:
    """Return the keys of an operation's body, and those that it needs."""
    if "requestBody" not in operation:
        return set(), set()
    shape = operation["requestBody"]["content"]["application/json"]["schema"]["$ref"]
    schema = openapi["components"]["schemas"][shape.rpartition("/")[2]]
    return set(schema["properties"]), set(schema["required"])


def _references(within: object) -> Iterator[tuple[str, str]]:
    if isinstance(within, dict):
        if "referenceName" in within:
            yield within["referenceName"], within["type"]
        for each in within.values():
            yield from _references(each)
    elif isinstance(within, list):
        for each in within:
            yield from _references(each)


def _secrets(within: object) -> Iterator[Json]:
    """Yield the values of keys that hold secrets."""
    if isinstance(within, dict):
        for key, each in within.items():
            if key in ("accessToken", "accountKey", "connectionString", "password"):
                yield each
            yield from _secrets(each)
    elif isinstance(within, list):
        for each in within:
            yield from _secrets(each)
