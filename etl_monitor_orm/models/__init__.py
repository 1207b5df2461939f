"""The six mapped tables."""

from __future__ import annotations

from etl_monitor_orm.models.base import Base
from etl_monitor_orm.models.catalogue import Parameter, Process, SequenceStage, Task
from etl_monitor_orm.models.results import ProcessingStep, SysLog

__all__ = ["Base", "Parameter", "Process", "ProcessingStep", "SequenceStage", "SysLog", "Task"]
