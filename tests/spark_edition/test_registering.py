"""Registrations say all of a row: what is left out is empty, as in the Spark edition."""

from __future__ import annotations

from etl_monitor_orm import Organisation, Parameter, Process, Project, SequenceStage, Task
from etl_monitor_orm.spark_edition import ETLMonitorFramework
from tests.spark_edition.conftest import HR, LOAD


def test_given_a_chain_of_registrations_then_each_row_is_as_it_was_described(edition: ETLMonitorFramework) -> None:
    chained = (
        edition.register_organisation("ORG", "Corporate", "All of it")
        .register_project("CORP", "Data platform", "Feeds", "ORG")
        .register_process(*HR, "HR daily", "Loads people", "HR team", "W")
        .register_parameter(*HR, "IsFull", "FLAG", "Whether to load all", value_bit=False)
        .register_task(*HR, **LOAD, task_name="Load", source_type="DATAFLOW", source_identifier="df_1")
    )

    assert chained is edition
    with edition.monitor.session() as session:
        organisation, project = session.get(Organisation, "ORG"), session.get(Project, "CORP")
        process, parameter = session.get(Process, HR), session.get(Parameter, (*HR, "IsFull"))
        task = session.get(Task, {"project_code": HR[0], "process_load": HR[1], "task_id": 1, "workflow_id": 1})
    assert (organisation.organisation_name, organisation.organisation_description) == ("Corporate", "All of it")
    assert (project.project_name, project.organisation_code) == ("Data platform", "ORG")
    assert (process.process_owner, process.load_frequency) == ("HR team", "W")
    assert (parameter.parameter_description, parameter.value_bit) == ("Whether to load all", False)
    assert (task.source_type, task.source_identifier, task.source_system_code) == ("DATAFLOW", "df_1", None)


def test_given_a_description_that_leaves_out_what_was_said_before_then_that_is_gone(
    edition: ETLMonitorFramework,
) -> None:
    edition.register_process(*HR, name="HR daily", owner="HR team", load_frequency="M")
    edition.register_task(
        *HR, **LOAD, task_name="Load", source_type="DBX_JOB", source_system_code="A", file_name_mask="f"
    )
    edition.register_process(*HR, name="HR")
    edition.register_task(*HR, **LOAD, task_name="Load", task_mandatory=False)

    with edition.monitor.session() as session:
        process = session.get(Process, HR)
        task = session.get(Task, {"project_code": HR[0], "process_load": HR[1], "task_id": 1, "workflow_id": 1})
    assert (process.process_name, process.process_owner, process.load_frequency) == ("HR", None, "D")
    assert (task.source_type, task.source_system_code, task.file_name_mask) == (None, None, None)
    assert task.task_mandatory is False


def test_given_a_parameter_with_a_value_when_it_is_registered_again_then_the_value_stays(
    edition: ETLMonitorFramework,
) -> None:
    edition.register_process(*HR)
    edition.register_parameter(*HR, "LoadEvents", "DELTA_ID", value_int=7)
    edition.register_parameter(*HR, "LoadEvents", "DELTA_ID", value_int=0)

    assert edition.get_active_watermark(*HR, "LoadEvents") == 7


def test_given_a_missing_and_a_changed_stage_when_they_are_seeded_then_only_the_missing_one_is_written(
    edition: ETLMonitorFramework,
) -> None:
    with edition.monitor.session() as session:
        session.delete(session.get(SequenceStage, 6))
        session.get(SequenceStage, 5).sequence_name = "Our own words"
        session.commit()
    try:
        edition.seed_sequence_data()

        with edition.monitor.session() as session:
            assert session.get(SequenceStage, 6).sequence_code == "PROCESS_DATA"
            assert session.get(SequenceStage, 5).sequence_name == "Our own words"
    finally:
        edition.monitor.setup()
        with edition.monitor.session() as session:
            session.get(SequenceStage, 5).sequence_name = "Functional logic"
            session.commit()
