"""The stand-in does what Data Factory's documentation says about failures, loops and missing values."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.adf.factory import Activity, Answer, Factory, failed, succeeded
from tests.adf.pack import Json


def _pipeline(folder: Path, *activities: Json, name: str = "tried", **properties: Json) -> Path:
    (folder / "pipeline").mkdir(exist_ok=True)
    written = {"name": name, "properties": {"activities": list(activities), **properties}}
    (folder / "pipeline" / f"{name}.json").write_text(json.dumps(written), "utf-8")
    return folder


def _web(name: str, *after: tuple[str, str]) -> Json:
    edges = [{"activity": activity, "dependencyConditions": [condition]} for activity, condition in after]
    return {"name": name, "type": "WebActivity", "dependsOn": edges, "typeProperties": {"url": name}}


def _failing(*names: str) -> object:
    def answer(activity: Activity) -> Answer:
        return failed(f"{activity.name} failed") if activity.name in names else succeeded()

    return answer


DO, CAUGHT, ELSE = _web("Do"), _web("Caught", ("Do", "Failed")), _web("Then", ("Do", "Succeeded"))
LAST = _web("Last", ("Then", "Skipped"))


@pytest.mark.parametrize(
    ("activities", "failing", "ends_well"),
    [
        ([DO], [], True),
        ([DO], ["Do"], False),
        ([DO, CAUGHT], [], True),
        ([DO, CAUGHT], ["Do"], True),
        ([DO, CAUGHT], ["Do", "Caught"], False),
        ([DO, CAUGHT, ELSE], [], True),
        ([DO, CAUGHT, ELSE], ["Do"], False),
        ([DO, CAUGHT, ELSE, LAST], [], True),
        ([DO, CAUGHT, ELSE, LAST], ["Do"], True),
    ],
    ids=["do", "do!", "try", "try!", "try!!", "do-else", "do-else!", "do-skip-else", "do-skip-else!"],
)
def test_given_edges_when_an_activity_fails_then_the_pipeline_ends_as_documented(
    factory: Factory, tmp_path: Path, activities: list[Json], failing: list[str], ends_well: bool
) -> None:
    outcome = factory.run("tried", {}, _failing(*failing), folder=_pipeline(tmp_path, *activities))

    assert outcome.succeeded is ends_well


def test_given_a_foreach_when_one_turn_fails_then_the_others_run_and_it_fails(factory: Factory, tmp_path: Path) -> None:
    each = {"items": {"value": "@createArray(1, 2, 3)", "type": "Expression"}, "activities": [_turn()]}
    folder = _pipeline(tmp_path, {"name": "Each", "type": "ForEach", "dependsOn": [], "typeProperties": each})

    def answer(activity: Activity) -> Answer:
        return failed("two failed") if activity.properties["url"] == "2" else succeeded()

    outcome = factory.run("tried", {}, answer, folder=folder)

    assert outcome.status("tried.Turn") == ["Succeeded", "Failed", "Succeeded"]
    assert (outcome.succeeded, outcome.error) == (False, "two failed")


def _turn() -> Json:
    url = {"value": "@string(item())", "type": "Expression"}
    return {"name": "Turn", "type": "WebActivity", "dependsOn": [], "typeProperties": {"url": url}}


def _until(expression: str, *activities: Json, timeout: str = "0.00:05:00") -> Json:
    inside = {"expression": {"value": expression, "type": "Expression"}, "timeout": timeout, "activities": activities}
    return {"name": "Until", "type": "Until", "dependsOn": [], "typeProperties": inside}


def test_given_an_until_when_an_activity_in_it_fails_then_it_goes_on(factory: Factory, tmp_path: Path) -> None:
    folder = _pipeline(tmp_path, _until("@equals(activity('Ask').output?.there, true)", _web("Ask")))
    answers = iter([failed("not now"), succeeded({"there": False}), succeeded({"there": True})])

    outcome = factory.run("tried", {}, lambda activity: next(answers), folder=folder)

    assert outcome.status("tried.Ask") == ["Failed", "Succeeded", "Succeeded"]
    assert outcome.succeeded


def test_given_an_until_when_its_time_is_up_then_it_fails(factory: Factory, tmp_path: Path) -> None:
    wait = {"name": "Wait", "type": "Wait", "dependsOn": [], "typeProperties": {"waitTimeInSeconds": 60}}
    folder = _pipeline(tmp_path, _until("@equals(1, 2)", wait), _web("After", ("Until", "Succeeded")))

    outcome = factory.run("tried", {}, _failing(), folder=folder)

    assert outcome.status("tried.Until") == ["Failed"]
    assert outcome.status("tried.After") == ["Skipped"]
    assert outcome.waited > 300


def test_given_a_missing_property_when_an_expression_names_it_then_its_activity_fails(
    factory: Factory, tmp_path: Path
) -> None:
    asked = _web("Ask")
    used = _web("Use", ("Ask", "Succeeded"))
    used["typeProperties"]["url"] = {"value": "@activity('Ask').output.firstRow.Value", "type": "Expression"}
    outcome = factory.run("tried", {}, _failing(), folder=_pipeline(tmp_path, asked, used))

    assert outcome.status("tried.Use") == ["Failed"]
    assert "firstRow" in (outcome.error or "")


def test_given_a_parameter_without_default_when_it_is_not_passed_then_nothing_runs(
    factory: Factory, tmp_path: Path
) -> None:
    folder = _pipeline(tmp_path, _web("Do"), parameters={"wanted": {"type": "string"}})

    outcome = factory.run("tried", {}, _failing(), folder=folder)

    assert (outcome.succeeded, outcome.seen) == (False, ())
    assert "wanted" in (outcome.error or "")


def _returning(value: str) -> Json:
    pair = {"key": "advance", "value": {"type": "Expression", "content": value}}
    given = {"variableName": "pipelineReturnValue", "value": [pair], "setSystemVariable": True}
    return {"name": "Return", "type": "SetVariable", "dependsOn": [], "typeProperties": given}


def _calling(name: str, *after: str) -> Json:
    edges = [{"activity": activity, "dependencyConditions": ["Succeeded"]} for activity in after]
    called = {"pipeline": {"referenceName": name, "type": "PipelineReference"}, "parameters": {}}
    return {"name": name, "type": "ExecutePipeline", "dependsOn": edges, "typeProperties": called}


def test_given_pipelines_when_they_are_called_then_their_caller_has_what_each_returned(
    factory: Factory, tmp_path: Path
) -> None:
    said = _web("Say", ("gives", "Succeeded"), ("silent", "Succeeded"))
    values = [f"activity('{name}').output?.pipelineReturnValue?.advance" for name in ("gives", "silent")]
    said["typeProperties"]["url"] = {"value": f"@concat('>', {', '.join(values)}, '<')", "type": "Expression"}
    _pipeline(tmp_path, _returning("@string(12)"), name="gives")
    _pipeline(tmp_path, _web("Do"), name="silent")
    asked: list[str] = []

    def answer(activity: Activity) -> Answer:
        asked.append(activity.properties["url"])
        return succeeded()

    outcome = factory.run(
        "tried", {}, answer, folder=_pipeline(tmp_path, _calling("gives"), _calling("silent", "gives"), said)
    )

    assert (outcome.error, asked) == (None, ["Do", ">12<"])
