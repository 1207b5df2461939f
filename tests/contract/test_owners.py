"""Projects and organisations: who owns a process."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from sqlalchemy import select
from sqlalchemy.orm import selectinload

from etl_monitor_orm import ETLMonitor, InvalidInput, ManualClock, Organisation, Process, Project

Row = Callable[..., object]


def test_organisation_when_registered_has_its_description_and_is_active(monitor: ETLMonitor, row: Row) -> None:
    monitor.register_organisation("CORP", "Corporate", "Head office")
    found = row(Organisation)

    assert (found.organisation_code, found.organisation_name, found.organisation_description, found.is_active) == (
        "CORP",
        "Corporate",
        "Head office",
        True,
    )


def test_project_when_registered_names_its_organisation(monitor: ETLMonitor, row: Row) -> None:
    monitor.register_project("HR", "HR platform", "People", "CORP")
    found = row(Project)

    assert (found.project_name, found.project_description, found.organisation_code, found.is_active) == (
        "HR platform",
        "People",
        "CORP",
        True,
    )


def test_description_that_is_not_given_is_empty_and_never_null(monitor: ETLMonitor, row: Row) -> None:
    monitor.register_organisation("CORP", "Corporate").register_project("HR", "HR platform", None)

    assert (row(Organisation).organisation_description, row(Project).project_description) == ("", "")


def test_owners_when_registered_again_follow_what_is_said_and_keep_what_is_not(monitor: ETLMonitor, row: Row) -> None:
    monitor.register_organisation("CORP", "Corporate", "Head office").register_organisation("CORP", "Group")
    monitor.register_project("HR", "HR platform", "People", "CORP").register_project("HR", "HR", organisation_code=None)

    assert (row(Organisation).organisation_name, row(Organisation).organisation_description) == ("Group", "Head office")
    assert (row(Project).project_name, row(Project).project_description, row(Project).organisation_code) == (
        "HR",
        "People",
        None,
    )


def test_owners_when_registered_again_in_the_same_words_are_not_touched(
    monitor: ETLMonitor, row: Row, clock: ManualClock
) -> None:
    monitor.register_organisation("CORP", "Corporate").register_project("HR", "HR platform")
    before = row(Organisation).last_updated_on, row(Project).last_updated_on
    clock.advance(60)
    monitor.register_organisation("CORP", "Corporate").register_project("HR", "HR platform")

    assert (row(Organisation).last_updated_on, row(Project).last_updated_on) == before


def test_owners_in_a_list_are_registered_with_the_rest(monitor: ETLMonitor, row: Row) -> None:
    monitor.register(
        [
            Process(project_code="HR", process_load="DAILY"),
            Project(project_code="HR", project_name="HR platform", organisation_code="CORP"),
            Organisation(organisation_code="CORP", organisation_name="Corporate", is_active=False),
        ]
    )

    assert (row(Project).organisation_code, row(Organisation).is_active, row(Process).process_load) == (
        "CORP",
        False,
        "DAILY",
    )


def test_list_of_owners_with_nothing_new_writes_nothing(monitor: ETLMonitor, statements: object) -> None:
    def owners() -> list[Project | Organisation]:
        return [
            Project(project_code="HR", project_name="HR platform"),
            Organisation(organisation_code="CORP", organisation_name="Corporate"),
        ]

    monitor.register(owners())
    with statements.counted() as executed:  # type: ignore[attr-defined]
        monitor.register(owners())

    assert all(statement.startswith("SELECT") for statement in executed)
    assert len(executed) == 2


def test_project_of_the_same_code_as_an_organisation_is_a_row_of_its_own(monitor: ETLMonitor, row: Row) -> None:
    monitor.register_organisation("CORP", "Corporate").register_project("CORP", "Project CORP")

    assert (row(Organisation).organisation_name, row(Project).project_name) == ("Corporate", "Project CORP")


@pytest.mark.parametrize("code", ["", "  ", None, 7])
def test_owner_without_a_code_is_refused(monitor: ETLMonitor, refused: Callable[..., object], code: object) -> None:
    with refused(InvalidInput, "organisation_code"):
        monitor.register_organisation(code, "Corporate")
    with refused(InvalidInput, "project_code"):
        monitor.register_project(code, "HR")


def test_owner_without_a_name_is_refused(monitor: ETLMonitor, refused: Callable[..., object]) -> None:
    with refused(InvalidInput, "organisation_name"):
        monitor.register_organisation("CORP", "")
    with refused(InvalidInput, "project_name"):
        monitor.register_project("HR", "")


def test_owners_lead_to_their_processes_in_one_query_of_the_orm(monitor: ETLMonitor) -> None:
    monitor.register_organisation("CORP", "Corporate").register_project("HR", "HR platform", organisation_code="CORP")
    monitor.register_process("HR", "DAILY").register_process("FIN", "DAILY")
    loaded = selectinload(Organisation.projects).selectinload(Project.processes)
    with monitor.session() as session:
        found = session.scalars(select(Organisation).options(loaded)).one()

        assert [(project.project_code, [p.process_load for p in project.processes]) for project in found.projects] == [
            ("HR", ["DAILY"])
        ]
