"""The mapped tables."""

from __future__ import annotations

from etl_monitor_orm.models.access import StoredRequest, StoredToken
from etl_monitor_orm.models.base import Base
from etl_monitor_orm.models.catalogue import Organisation, Parameter, Process, Project, SequenceStage, Task
from etl_monitor_orm.models.deadlines import Breach, Holiday, Metric
from etl_monitor_orm.models.results import ProcessingStep, SysLog

__all__ = [
    "Base",
    "Breach",
    "Holiday",
    "Metric",
    "Organisation",
    "Parameter",
    "Process",
    "ProcessingStep",
    "Project",
    "SequenceStage",
    "StoredRequest",
    "StoredToken",
    "SysLog",
    "Task",
]
