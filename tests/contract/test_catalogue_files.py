"""The catalogue as a file: an export is what is stored, a plan is what would be written, applying writes it."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager

import pytest
import yaml
from sqlalchemy import update

from etl_monitor_orm import (
    ETLMonitor,
    InvalidInput,
    Parameter,
    Process,
    ProcessNotFound,
    SequenceStage,
    StageNotFound,
    Task,
)

Refused = Callable[..., AbstractContextManager[None]]
Unchanged = Callable[[], AbstractContextManager[None]]
Row = Callable[..., Task]
Tables = Callable[[], dict[str, list[dict[str, object]]]]

HEAD = "catalogue: 1\n"
PROCESS = f"{HEAD}processes:\n  - project_code: CORP\n    process_load: HR_DAILY\n"
TASKS = f"{PROCESS}    tasks:\n"
MART = "      - {task_id: 3, workflow_id: 1, sequence_id: 6, task_name: Build mart}\n"
CATALOGUE = ("ETLOrganisation", "ETLconfigProject", "ETLconfigSequence", "ETLconfigProcess", "ETLconfigTasks")
STAMPS = ("CreatedOn", "CreatedBy", "LastUpdatedOn", "LastUpdatedBy", "DeadlineSetOn", "ActiveSetOn")


@pytest.fixture
def rich(hr: ETLMonitor) -> ETLMonitor:
    """HR_DAILY with a row of every kind, and a second process of the same project and one of another."""
    hr.register_organisation("GROUP", "The group").register_project("CORP", "no", organisation_code="GROUP")
    hr.register_organisation("OTHER", "Another").register_project("FIN", "Finance", organisation_code="OTHER")
    hr.register_sequence(11, "PUBLISH").register_sequence(12, "CHECK", sort_order=3)
    hr.register_parameter("CORP", "HR_DAILY", "LoadEmployees", "DELTA_DATE", advance_mode="MANUAL", lag_seconds=60)
    hr.register_process("CORP", "PAYROLL", owner="on").register_task("CORP", "PAYROLL", 1, 2, 11, "007")
    hr.register_task("CORP", "PAYROLL", 2, 2, 11, "Off", file_name_mask="*", file_extension=".csv")
    hr.register_process("FIN", "GL").register_task("FIN", "GL", 1, 1, 12, "Post", task_mandatory=False)
    return hr.deactivate_task("CORP", "PAYROLL", 2, 2).deactivate_process("FIN", "GL")


def described(tables: Tables) -> dict[str, list[dict[str, object]]]:
    """The catalogue without who wrote it and when."""
    found = tables()
    return {
        name: [{column: value for column, value in row.items() if column not in STAMPS} for row in found[name]]
        for name in CATALOGUE
    }


# Exporting


def test_catalogue_when_exported_and_compared_differs_in_nothing(rich: ETLMonitor) -> None:
    assert rich.diff_catalogue(rich.export_catalogue()) == []


def test_catalogue_when_exported_and_applied_writes_nothing(rich: ETLMonitor, unchanged: Unchanged) -> None:
    with unchanged():
        assert rich.apply_catalogue(rich.export_catalogue()) == []


def test_exported_catalogue_when_applied_to_an_empty_one_makes_the_same(
    rich: ETLMonitor, empty: Callable[[], None], tables: Tables
) -> None:
    text, before = rich.export_catalogue(), described(tables)
    empty()
    rich.apply_catalogue(text)

    assert described(tables) == before


def test_exported_catalogue_when_applied_to_another_clears_what_is_not_set(
    rich: ETLMonitor, row: Row, empty: Callable[[], None]
) -> None:
    text = rich.export_catalogue()
    rich.register_task("CORP", "HR_DAILY", 1, 1, 2, "Load", task_description="old", expected_duration_seconds=5)
    rich.apply_catalogue(text)

    task = row(Task, process_load="HR_DAILY", task_id=1)
    assert (task.task_name, task.task_description, task.expected_duration_seconds) == ("Load employees", None, None)


def test_exported_catalogue_has_no_values_of_parameters_and_no_stage_of_the_framework(rich: ETLMonitor) -> None:
    rich.advance_watermark("CORP", "HR_DAILY", "LoadEvents", new_int_value=987_654)
    text = rich.export_catalogue()

    assert "987654" not in text
    assert [stage["sequence_id"] for stage in yaml.safe_load(text)["stages"]] == [11, 12]


def test_project_when_exported_alone_comes_with_its_own_stages_and_organisation(rich: ETLMonitor) -> None:
    found = yaml.safe_load(rich.export_catalogue("CORP", "PAYROLL"))

    assert [one["organisation_code"] for one in found["organisations"]] == ["GROUP"]
    assert [one["project_code"] for one in found["projects"]] == ["CORP"]
    assert [one["sequence_id"] for one in found["stages"]] == [11]
    assert [one["process_load"] for one in found["processes"]] == ["PAYROLL"]
    assert [one["task_name"] for one in found["processes"][0]["tasks"]] == ["007", "Off"]


def test_catalogue_of_a_process_that_is_not_there_when_exported_is_refused(hr: ETLMonitor, refused: Refused) -> None:
    with refused(ProcessNotFound, "HR_DALY"):
        hr.export_catalogue("CORP", "HR_DALY")


def test_values_that_nobody_can_read_when_exported_are_left_out_and_counted(hr: ETLMonitor) -> None:
    with hr.session() as session:
        session.execute(update(Process).where(Process.process_load == "HR_DAILY").values(due_by="whenever"))
        session.commit()
    text = hr.export_catalogue()

    assert text.startswith("# Left out: 1 values ")
    assert "whenever" not in text
    assert hr.diff_catalogue(text) == []


def test_rows_that_register_would_refuse_when_exported_are_left_out_and_counted(hr: ETLMonitor) -> None:
    with hr.session() as session:
        session.execute(update(Task).where(Task.task_id == 1).values(process_load="GONE"))
        session.execute(update(Task).where(Task.task_id == 2).values(task_name=""))
        session.execute(update(Task).where(Task.task_id == 3).values(is_active=None))
        session.commit()
    text = hr.export_catalogue()

    assert text.startswith("# Left out: 2 rows ")
    assert "GONE" not in text
    kept = [one for one in hr.diff_catalogue(text) if one.change != "keep"]
    assert kept == []


# Planning


def test_file_when_compared_tells_each_new_row_and_each_column_that_differs(
    hr: ETLMonitor, unchanged: Unchanged
) -> None:
    file = f"""{HEAD}stages:
  - sequence_id: 11
    sequence_code: PUBLISH
processes:
  - project_code: CORP
    process_load: HR_DAILY
    process_owner: null
    parameters:
      - parameter_name: Mark
        parameter_type: DELTA_ID
        value_int: 7
    tasks:
      - task_id: 1
        workflow_id: 1
        sequence_id: 11
        task_name: Load employees
        task_mandatory: off
"""
    with unchanged():
        found = hr.diff_catalogue(file)

    assert [(one.change, one.kind, one.name, one.column, one.before, one.after, one.line) for one in found][:5] == [
        ("add", "stage", "11", None, None, None, 3),
        ("change", "process", "CORP/HR_DAILY", "process_owner", "HR team", None, 8),
        ("add", "parameter", "CORP/HR_DAILY Mark", None, None, None, 10),
        ("change", "task", "CORP/HR_DAILY 1.1", "sequence_id", 2, 11, 16),
        ("change", "task", "CORP/HR_DAILY 1.1", "task_mandatory", True, False, 18),
    ]


def test_rows_of_a_listed_process_that_the_file_lacks_are_told_and_stay(hr: ETLMonitor, row: Row) -> None:
    hr.deactivate_task("CORP", "HR_DAILY", 2, 1).register_process("CORP", "OTHER")
    hr.register_task("CORP", "OTHER", 9, 1, 2, "Of another process")
    found = hr.apply_catalogue(TASKS + MART)

    assert [(one.change, one.kind, one.name) for one in found] == [
        ("keep", "parameter", "CORP/HR_DAILY LoadEmployees"),
        ("keep", "parameter", "CORP/HR_DAILY LoadEvents"),
        ("keep", "task", "CORP/HR_DAILY 0.0"),
        ("keep", "task", "CORP/HR_DAILY 1.1"),
    ]
    assert row(Task, process_load="HR_DAILY", task_id=1).is_active


def test_file_without_any_task_tells_all_those_that_it_lacks(hr: ETLMonitor) -> None:
    assert [one.name for one in hr.diff_catalogue(PROCESS) if one.kind == "task"] == [
        f"CORP/HR_DAILY {number}" for number in ("0.0", "1.1", "1.2", "1.3")
    ]


def test_plan_when_applied_is_what_was_written(rich: ETLMonitor) -> None:
    file = rich.export_catalogue().replace("Load employees", "Load them").replace("task_id: 3", "task_id: 4")
    planned = rich.diff_catalogue(file)

    assert [one.change for one in planned] == ["change", "add", "keep"]
    assert rich.apply_catalogue(file) == planned
    assert [one.change for one in rich.diff_catalogue(file)] == ["keep"]


# Applying


def test_key_that_is_left_out_when_applied_keeps_what_is_stored(hr: ETLMonitor, row: Row) -> None:
    hr.apply_catalogue(TASKS + MART.replace("Build mart", "Build"))

    task = row(Task, task_id=3)
    assert (task.task_name, task.expected_duration_seconds) == ("Build", 60)
    assert row(Process).process_owner == "HR team"


def test_parameter_that_exists_when_applied_keeps_its_value_and_a_new_one_gets_its_first(
    hr: ETLMonitor, row: Callable[..., Parameter]
) -> None:
    hr.advance_watermark("CORP", "HR_DAILY", "LoadEvents", new_int_value=120)
    lines = [f"{{parameter_name: {name}, parameter_type: DELTA_ID, value_int: 7}}" for name in ("LoadEvents", "New")]
    hr.apply_catalogue(f"{PROCESS}    parameters: [{', '.join(lines)}]\n")

    assert [row(Parameter, parameter_name=name).value for name in ("LoadEvents", "New")] == [120, 7]


@pytest.mark.parametrize(
    ("written", "stored"),
    [("no", "no"), ("007", "007"), ("2026-04-09", "2026-04-09"), ("1e3", "1e3"), ("'null'", "null"), ("!!str 5", "5")],
)
def test_text_that_yaml_takes_for_something_else_when_applied_is_text(
    hr: ETLMonitor, row: Row, written: str, stored: str
) -> None:
    hr.apply_catalogue(TASKS + MART.replace("Build mart", written))

    assert row(Task, task_id=3).task_name == stored


def test_task_in_a_stage_of_the_same_file_when_applied_is_registered(hr: ETLMonitor, row: Row) -> None:
    file = TASKS + MART.replace("sequence_id: 6", "sequence_id: 11") + "stages: [{sequence_id: 11, sequence_code: P}]\n"
    hr.apply_catalogue(file)

    assert row(Task, task_id=3).sequence_id == row(SequenceStage, sequence_id=11).sequence_id


# Refusing


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "It is empty"),
        ("# nothing\n", "It is empty"),
        ("null", "It is empty"),
        ("- a\n", "line 1: A catalogue file must be `key: value` lines"),
        ("processes: []\n", "line 1: A catalogue file begins with `catalogue: 1`"),
        ("processes: []\ncatalogue: 2\n", "line 2: The file is of form 2; this version knows 1"),
        ("catalogue: one\n", "line 1: catalogue is one; it must be 1"),
        (f"{HEAD}\ntasks: []\n", "line 3: A catalogue file has no tasks"),
        (f"{HEAD}catalogue: 1\n", "line 2: catalogue is on line 1 already"),
        (f"{HEAD}processes: CORP\n", "line 2: processes must be a list"),
        (f"{HEAD}processes:\n  - CORP\n", "line 3: A process must be `key: value` lines"),
        (f"{HEAD}processes:\n  - project_code: CORP\n", "line 3: A process: process_load is missing"),
        (f"{PROCESS}    proces_owner: me\n", "line 5: A process has no proces_owner. Write one of: project_code"),
        (f"{PROCESS}    process_owner: [me]\n", "line 5: process_owner must be one value"),
        (f"{PROCESS}    process_owner: !!python/none me\n", "line 5: process_owner has the tag"),
        (f"{PROCESS}    load_frequency: H\n", "line 5: load_frequency is 'H'; it must be one of D, W, M, Y, A"),
        (f"{PROCESS}    is_active: maybe\n", "line 5: is_active is 'maybe'; it must be true or false"),
        (f"{PROCESS}    created_by: me\n", "line 5: A process has no created_by"),
        (f"{TASKS}\n{MART.replace('3', 'x')}", "line 7: task_id is 'x'; it must be a whole number"),
        (f"{TASKS}{MART.replace('}', ', project_code: FIN}')}", "line 6: A task has no project_code"),
        (f"{TASKS}{MART.replace('task_id: 3', 'task_id: 0')}", "line 6: A task: task_id=0, workflow_id=1"),
        (f"{TASKS}{MART}{MART}", "line 7: Task CORP/HR_DAILY 1.3 is on line 6 already"),
        (f"{HEAD}stages: [{{sequence_id: 3, sequence_code: X}}]\n", "line 2: A stage: sequence_id is 3"),
        (f"{PROCESS}    tasks: [\n", "This is no YAML"),
        (f"{PROCESS}    ? [a, b]\n    : c\n", "line 5: A key must be one word"),
        (f"{HEAD}#\n#\x07\n", "line 3: It has a control character"),
        (f"{HEAD}x: \ud800\n", "half of a surrogate pair"),
        (f"{HEAD}processes: {'[' * 20_000}\n", "line 2"),
    ],
)
def test_text_that_is_no_catalogue_when_applied_is_refused_with_its_line(
    hr: ETLMonitor, refused: Refused, text: str, words: str
) -> None:
    with refused(InvalidInput, "c.yaml", words):
        hr.apply_catalogue(text, name="c.yaml")


def test_task_in_an_unknown_stage_when_applied_is_refused_with_its_line(hr: ETLMonitor, refused: Refused) -> None:
    with refused(StageNotFound, "c.yaml, line 6", "12"):
        hr.apply_catalogue(TASKS + MART.replace("sequence_id: 6", "sequence_id: 12"), name="c.yaml")


def test_parameter_of_another_type_when_applied_is_refused_with_its_line(hr: ETLMonitor, refused: Refused) -> None:
    file = f"{PROCESS}    parameters:\n      - parameter_name: LoadEvents\n        parameter_type: FLAG\n"
    with refused(InvalidInput, "c.yaml, line 6", "registered as DELTA_ID"):
        hr.apply_catalogue(file, name="c.yaml")


@pytest.mark.parametrize("text", [None, b"catalogue: 1", ["catalogue: 1"]])
def test_what_is_no_text_when_applied_is_refused(hr: ETLMonitor, refused: Refused, text: object) -> None:
    with refused(InvalidInput, "text must be the text of a catalogue file"):
        hr.apply_catalogue(text)
