"""How everything stands at a time, from reads of recent dates only; nothing is written."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING, Final, TypeVar

from sqlalchemy import select
from sqlalchemy.orm import Session

from etl_monitor_orm.deadlines.evaluating import QUIET_AFTER
from etl_monitor_orm.keys import ProcessKey
from etl_monitor_orm.models import SequenceStage
from etl_monitor_orm.services import baselines, breaches, queries
from etl_monitor_orm.services.context import Context
from etl_monitor_orm.services.explaining.changes import changes_of_catalogue
from etl_monitor_orm.services.overview.parts import LatestRun, Most, Overview, Some, Standing, Wanted
from etl_monitor_orm.services.overview.standing import days_to_show, standings
from etl_monitor_orm.services.overview.trouble import blocked, failures
from etl_monitor_orm.services.scopes import Processes, Scope
from etl_monitor_orm.vocabulary import ParameterType

if TYPE_CHECKING:
    from etl_monitor_orm.views import CurrentFailure, Watermark

_WEEKS: Final = 12
"""So many weeks say what is usual for a task, as in `monitor.baselines`."""


_T = TypeVar("_T")
_EVERYTHING: Final = Wanted()


def overview(
    session: Session, context: Context, processes: Processes, most: Most, wanted: Wanted = _EVERYTHING
) -> Overview:
    """Return how processes stand; how much history there is costs nothing, and nothing is written.

    What is late, the watermarks and the changes are those of now, on whatever date.

    Reads the catalogue, and the steps of recent dates (`v_processStatus`, `v_mandatoryBlockers`, `v_currentFailures`,
    `v_taskDetail`, `v_watermarks`, `ETLbreaches`).

    Raises:
        ProcessNotFound: There is no such process, or the project has no process.
    """
    days = days_to_show(session, context, processes, wanted.on)
    every = standings(session, context, processes, days)
    standing = every if wanted.states is None else [one for one in every if one.state in wanted.states]
    shown = None if wanted.states is None else {one.key for one in standing}

    def among(some: Some[_T], key: Callable[[_T], ProcessKey]) -> Some[_T]:
        return some if shown is None else Some([one for one in some if key(one) in shown], some.more)

    since = context.now - min(timedelta(days=1), context.now.replace(tzinfo=None) - datetime.min)
    return Overview(
        context.now,
        since,
        days,
        standing,
        blocked(session, context, processes, days, most.explained, shown),
        among(Some(breaches.late_now(session, context, processes, QUIET_AFTER)), lambda one: one.process).rows,
        among(failures(session, processes, days, most.failures), _key),
        _latest_run(session, context, standing, most.compared, wanted.on),
        among(_watermarks(session, context, processes, most.watermarks), _key),
        among(
            Some.of(changes_of_catalogue(session, processes, since, context.now), most.changes),
            lambda one: ProcessKey(str(one.key["ProjectCode"]), str(one.key["ProcessLoad"])),
        ),
        wanted,
        len(every),
    )


def _key(row: CurrentFailure | Watermark) -> ProcessKey:
    return ProcessKey(row.project_code, row.process_load)


def _latest_run(
    session: Session, context: Context, standing: Sequence[Standing], compared: int, on: date | None
) -> LatestRun | None:
    """The steps of the process and date that were started last; of one date, if it is given."""
    began = [
        (one.latest.run_start, one.key, one.latest)
        for one in standing
        if one.latest is not None
        and one.latest.run_start is not None
        and (on is None or one.latest.processing_date == on)
    ]
    if not began:
        return None
    _, key, row = max(began, key=lambda one: (one[0], one[1].project_code, one[1].process_load))
    compares = row.done + row.failed + row.pending <= compared
    scope = Scope(key, row.processing_date)
    steps = baselines.compare(session, context, scope, _WEEKS if compares else None)
    numbers = sorted({step.sequence_id for step in steps})
    stages = select(SequenceStage.sequence_id, SequenceStage.sequence_code)
    found = session.execute(stages.where(SequenceStage.sequence_id.in_(numbers)))
    codes = {one.sequence_id: one.sequence_code for one in found}
    return LatestRun(key, row.processing_date, steps, compares, codes)


def _watermarks(session: Session, context: Context, processes: Processes, most: int) -> Some[Watermark]:
    """The watermarks, the one that was moved the longest ago first; and SYSDT, where it holds a process in the past."""
    moves = (ParameterType.DELTA_DATE, ParameterType.DELTA_ID)
    found = [
        one
        for one in queries.watermarks(session, context, processes)
        if one.parameter_type in moves or (one.parameter_type == ParameterType.SYSTEM and one.value_datetime)
    ]
    found.sort(key=lambda one: "" if one.last_updated_on is None else one.last_updated_on.isoformat())
    return Some.of(found, most)
