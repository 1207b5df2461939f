"""What blocks processes, and what failed."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Sequence
from dataclasses import replace
from datetime import date
from typing import TYPE_CHECKING

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from etl_monitor_orm import views
from etl_monitor_orm.keys import ProcessKey
from etl_monitor_orm.services.context import Context
from etl_monitor_orm.services.explaining.why import why
from etl_monitor_orm.services.overview.parts import Blocked, Some
from etl_monitor_orm.services.periods import Period
from etl_monitor_orm.services.scopes import Processes

if TYPE_CHECKING:
    from etl_monitor_orm.views import CurrentFailure


def blocked(
    session: Session,
    context: Context,
    processes: Processes,
    days: Sequence[date],
    explained: int,
    among: Collection[ProcessKey] | None,
) -> list[Blocked]:
    """Return the processes that are blocked, the latest date first; the first of them explained."""
    view = views.MandatoryBlocker
    key = (view.project_code, view.process_load, view.processing_date)
    within = (*processes.narrow(view), *Period(days[0], days[-1]).conditions(view.processing_date))
    counts: dict[ProcessKey, dict[date, int]] = defaultdict(dict)
    for project, process, on, steps in session.execute(select(*key, func.count()).where(*within).group_by(*key)):
        counts[ProcessKey(project, process)][on] = steps
    found = []
    for one, dates in counts.items():
        if among is not None and one not in among:
            continue
        latest, *earlier = sorted(dates, reverse=True)
        found.append(Blocked(one, latest, dates[latest], earlier))
    found.sort(key=lambda one: (-one.on.toordinal(), one.key.project_code, one.key.process_load))
    return [
        replace(one, why=why(session, context, one.key, one.on)) if number < explained else one
        for number, one in enumerate(found)
    ]


def failures(session: Session, processes: Processes, days: Sequence[date], most: int) -> Some[CurrentFailure]:
    """Return the failed steps of dates, the latest date first."""
    view = views.CurrentFailure
    within = (*processes.narrow(view), *Period(days[0], days[-1]).conditions(view.processing_date))
    order = (view.processing_date.desc(), view.project_code, view.process_load, view.workflow_id, view.task_id)
    found = list(session.scalars(select(view).where(*within).order_by(*order).limit(most + 1)))
    if len(found) <= most:
        return Some(found)
    every = session.scalar(select(func.count()).select_from(view).where(*within)) or 0
    return Some(found[:most], max(1, every - most))
