"""Data Factory's own models, from its management library, read every file of the pack and know every key in it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from azure.mgmt.datafactory import models
from azure.mgmt.datafactory._utils.model_base import Model, _deserialize

from tests.adf.pack import FILES, Json, name_of, read

RESOURCES = {
    "pipeline": models.PipelineResource,
    "linkedService": models.LinkedServiceResource,
    "dataset": models.DatasetResource,
}
BASES = {
    models.Activity,
    models.ControlActivity,
    models.CopySink,
    models.CopySource,
    models.Dataset,
    models.DatasetLocation,
    models.ExecutionActivity,
    models.LinkedService,
    models.SecretBase,
    models.StoreWriteSettings,
    models.TabularSource,
}
"""What a model becomes whose `type` is unknown."""


@pytest.mark.parametrize("file", FILES, ids=name_of)
def test_given_a_file_when_the_models_read_it_then_they_know_every_key_and_miss_none(file: Path) -> None:
    assert list(_troubles(_read(file), file.stem)) == []


@pytest.mark.parametrize(
    ("wrong", "trouble"),
    [
        ({"acitivities": []}, "broken.properties: unknown acitivities"),
        ({"activities": [{"name": "a", "type": "Wiat"}]}, "broken.properties.activities[0]: a bare Activity"),
        (
            {"activities": [{"name": "a", "type": "Wait", "typeProperties": {"seconds": 1}}]},
            "broken.properties.activities[0].typeProperties: unknown seconds",
        ),
        (
            {"activities": [{"name": "a", "type": "Wait", "typeProperties": {}}]},
            "broken.properties.activities[0].typeProperties: no waitTimeInSeconds",
        ),
    ],
)
def test_given_a_mistyped_pipeline_when_the_models_read_it_then_the_mistake_is_named(wrong: Json, trouble: str) -> None:
    assert trouble in _troubles(_deserialize(models.PipelineResource, {"properties": wrong}), "broken")


@pytest.mark.parametrize("file", FILES, ids=name_of)
def test_given_a_file_when_it_is_imported_then_its_name_is_the_one_inside(file: Path) -> None:
    assert read(file)["name"] == file.stem


def _read(file: Path) -> Model:
    return _deserialize(RESOURCES[file.parent.name], read(file))


def _exact(model: Model) -> Model:
    """What the model's `type` says: the library, in 10.0, looks one floor down; some kinds are deeper."""
    kinds = dict(_kinds(type(model))) if type(model) in BASES else {}
    return kinds.get(model.get("type"), type(model))(dict(model)) if kinds else model


def _kinds(base: type[Model]) -> Iterator[tuple[str, type[Model]]]:
    for name, kind in base.__dict__.get("__mapping__", {}).items():
        yield from _kinds(kind)
        yield name, kind


def _troubles(model: Model, where: str) -> Iterator[str]:
    """Yield what a model does not know, or misses, in it and below."""
    model = _exact(model)
    if type(model) in BASES:
        yield f"{where}: a bare {type(model).__name__}"
    fields = {field._rest_name: attribute for attribute, field in model._attr_to_rest_field.items()}
    for key in model.keys() - fields.keys():
        yield f"{where}: unknown {key}"
    for key, attribute in fields.items():
        value = getattr(model, attribute)
        if value is None and key not in model and not model._attr_to_rest_field[attribute]._is_optional:
            yield f"{where}: no {key}"
        yield from _below(value, f"{where}.{key}")


def _below(value: object, where: str) -> Iterator[str]:
    if isinstance(value, Model):
        yield from _troubles(value, where)
    elif isinstance(value, list):
        for number, each in enumerate(value):
            yield from _below(each, f"{where}[{number}]")
    elif isinstance(value, dict):
        for key, each in value.items():
            yield from _below(each, f"{where}.{key}")
