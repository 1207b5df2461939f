"""`v_overdue`: what is late, as of the last evaluation."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import Date, Integer, Select, String, select
from sqlalchemy.orm import Mapped, aliased, mapped_column

from etl_monitor_orm.models import Breach, Process, Task
from etl_monitor_orm.models.base import UTCDateTime, Word
from etl_monitor_orm.views.base import Query, ViewBase
from etl_monitor_orm.vocabulary import BreachKind


def _definition() -> Select[*tuple[object, ...]]:
    breach = aliased(Breach, name="breach")
    process, task = aliased(Process, name="process"), aliased(Task, name="task")
    return (
        select(
            breach.breach_id,
            breach.kind,
            breach.project_code,
            breach.process_load,
            process.process_owner,
            breach.workflow_id,
            breach.task_id,
            task.task_name,
            breach.parameter_name,
            breach.processing_date,
            breach.execution_id,
            breach.attempts,
            breach.since,
            breach.message,
            breach.blocks,
            breach.opened_on,
            breach.notified_on,
        )
        .select_from(breach)
        .outerjoin(
            process,
            (process.project_code == breach.project_code) & (process.process_load == breach.process_load),
        )
        .outerjoin(
            task,
            (task.project_code == breach.project_code)
            & (task.process_load == breach.process_load)
            & (task.workflow_id == breach.workflow_id)
            & (task.task_id == breach.task_id),
        )
        .where(breach.closed_on.is_(None), breach.kind != BreachKind.FAILED)
    )


class Overdue(ViewBase):
    """Something that is late, as of the last evaluation, and whom to ask (`v_overdue`)."""

    __tablename__ = "v_overdue"
    definition = Query(_definition)

    breach_id: Mapped[str] = mapped_column("BreachID", String, primary_key=True)
    kind: Mapped[BreachKind] = mapped_column("Kind", Word(BreachKind))
    project_code: Mapped[str] = mapped_column("ProjectCode", String)
    process_load: Mapped[str] = mapped_column("ProcessLoad", String)
    process_owner: Mapped[str | None] = mapped_column("ProcessOwner", String)
    workflow_id: Mapped[int | None] = mapped_column("WorkFlowID", Integer)
    task_id: Mapped[int | None] = mapped_column("TaskID", Integer)
    task_name: Mapped[str | None] = mapped_column("TaskName", String)
    parameter_name: Mapped[str | None] = mapped_column("ParameterName", String)
    processing_date: Mapped[date | None] = mapped_column("ProcessingDate", Date)
    execution_id: Mapped[str | None] = mapped_column("ExecutionID", String)
    attempts: Mapped[int | None] = mapped_column("Attempts", Integer)
    since: Mapped[datetime] = mapped_column("Since", UTCDateTime)
    message: Mapped[str | None] = mapped_column("Message", String)
    blocks: Mapped[str | None] = mapped_column("Blocks", String)
    opened_on: Mapped[datetime] = mapped_column("OpenedOn", UTCDateTime)
    notified_on: Mapped[datetime | None] = mapped_column("NotifiedOn", UTCDateTime)
