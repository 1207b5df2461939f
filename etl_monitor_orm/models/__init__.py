"""The mapped tables."""

from __future__ import annotations

from etl_monitor_orm.models.base import Base
from etl_monitor_orm.models.catalogue import Organisation, Parameter, Process, Project, SequenceStage, Task
from etl_monitor_orm.models.results import ProcessingStep, SysLog

__all__ = [
    "Base",
    "Organisation",
    "Parameter",
    "Process",
    "ProcessingStep",
    "Project",
    "SequenceStage",
    "SysLog",
    "Task",
]
