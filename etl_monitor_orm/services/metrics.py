"""What attempts measure: rows, bytes, and what else a load counts (`ETLmetrics`)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, cast

from sqlalchemy import BigInteger, String, Table, and_, column, exists, select, true, values
from sqlalchemy import cast as sql_cast
from sqlalchemy.orm import Session

from etl_monitor_orm.keys import StepKey
from etl_monitor_orm.models import Metric, ProcessingStep
from etl_monitor_orm.models.attempts import number_in_run
from etl_monitor_orm.models.selecting import of_step
from etl_monitor_orm.services.context import Context, affected
from etl_monitor_orm.services.refusals import refuse
from etl_monitor_orm.sql.merge import Merge

_METRICS: Final = cast(Table, Metric.__table__)
_OF_STEP: Final = tuple(one for one in _METRICS.primary_key.columns if one.name != "MetricName")


def measure(session: Session, context: Context, step: StepKey, measures: Mapping[str, int]) -> None:
    """Note what an attempt measured (`ETLmetrics`); a measure that it has gets the new value.

    Args:
        session: The unit of work.
        context: The call's circumstances.
        step: The step; without an attempt, the current one in its run.
        measures: Values by name.

    Raises:
        StepNotFound: The task is not registered, or the run has no such attempt.
    """
    steps, table = ProcessingStep, _METRICS
    told = values(column("MetricName", String), column("MetricValue", BigInteger), name="told").data(
        list(measures.items())
    )
    which = of_step(step)
    if step.attempts is None:
        which += (steps.attempts == number_in_run(step).scalar_subquery(),)
    key = [steps.__table__.c[one.name].label(one.name) for one in _OF_STEP]
    source = (
        select(
            *key,
            sql_cast(told.c.MetricName, String).label("MetricName"),
            sql_cast(told.c.MetricValue, BigInteger).label("MetricValue"),
        )
        .select_from(steps)
        .join(told, true())
        .where(*which)
        .subquery("source")
    )
    same = and_(
        table.c.ProcessingDate == step.run.processing_date,  # so that Delta looks at one partition
        *(table.c[one.name] == source.c[one.name] for one in table.primary_key.columns),
    )
    stamp = {table.c.SetOn: context.now, table.c.LastUpdatedBy: context.actor}
    merge = (
        Merge(table, source, same)
        .update(
            {table.c.MetricValue: source.c.MetricValue, **stamp},
            where=table.c.MetricValue.is_distinct_from(source.c.MetricValue),
        )
        .insert({**{table.c[name]: source.c[name] for name in source.c.keys()}, **stamp})  # noqa: SIM118
    )
    if not affected(session.execute(merge)) and not session.scalar(select(exists().where(*which))):
        refuse(session, context, step, "measure")
