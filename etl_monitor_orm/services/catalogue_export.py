"""The rows of the catalogue that a file of it describes: all of them, a project's, or a process's."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeVar

from sqlalchemy import ColumnElement, select
from sqlalchemy.orm import Session

from etl_monitor_orm.models import Organisation, Parameter, Process, Project, SequenceStage, Task
from etl_monitor_orm.services.context import Context
from etl_monitor_orm.services.queries import require_registered
from etl_monitor_orm.services.scopes import Processes
from etl_monitor_orm.vocabulary import FIRST_CUSTOM_STAGE

Row = TypeVar("Row", Organisation, Project, SequenceStage, Process, Parameter, Task)


@dataclass(frozen=True)
class Catalogue:
    """Rows of the catalogue, each list in the order of its keys; the framework's stages are not among them."""

    organisations: Sequence[Organisation]
    projects: Sequence[Project]
    stages: Sequence[SequenceStage]
    processes: Sequence[Process]
    parameters: Sequence[Parameter]
    tasks: Sequence[Task]


def read(session: Session, context: Context, processes: Processes) -> Catalogue:
    """Return the catalogue; of some processes, with their stages, project and organisation.

    Raises:
        ProcessNotFound: There is no such process, or the project has no process.
    """
    require_registered(session, context, processes)
    code = processes.project_code
    project = () if code is None else (Project.project_code == code,)
    projects = _all(session, Project, *project)
    organisations = _all(session, Organisation)
    stages = _all(session, SequenceStage, SequenceStage.sequence_id >= FIRST_CUSTOM_STAGE)
    found = _all(session, Process, *processes.narrow(Process))
    parameters = _all(session, Parameter, *processes.narrow(Parameter))
    of_process = select(Task).where(*processes.narrow(Task))
    order = (Task.project_code, Task.process_load, Task.workflow_id, Task.sequence_id, Task.task_id)
    tasks = list(session.scalars(of_process.order_by(*order)))
    if code is not None:
        owners = {one.organisation_code for one in projects}
        used = {one.sequence_id for one in tasks}
        organisations = [one for one in organisations if one.organisation_code in owners]
        stages = [one for one in stages if one.sequence_id in used]
    return Catalogue(organisations, projects, stages, found, parameters, tasks)


def _all(session: Session, kind: type[Row], *where: ColumnElement[bool]) -> list[Row]:
    keys = kind.__mapper__.primary_key
    return list(session.scalars(select(kind).where(*where).order_by(*keys)))
