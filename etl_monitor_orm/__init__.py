"""etl-monitor-orm: an ETL monitor on SQLAlchemy, for Python code outside Spark."""

from __future__ import annotations

from etl_monitor_orm.backends import register_dialects
from etl_monitor_orm.clocks import ManualClock
from etl_monitor_orm.engine import create_engine
from etl_monitor_orm.errors import (
    ConfigurationError,
    ConflictError,
    ConnectionBroken,
    DatabaseError,
    DatabaseLocked,
    EtlMonitorError,
    InvalidInput,
    InvalidTransition,
    NotFoundError,
    ParameterNotFound,
    ProcessInactive,
    ProcessNotFound,
    Retryable,
    SchemaError,
    SchemaMissing,
    SchemaOutOfDate,
    StageNotFound,
    StepNotFound,
    StepNotQueued,
    TaskNotFound,
)
from etl_monitor_orm.handles import Run, TaskHandle
from etl_monitor_orm.logging_handler import EtlLogHandler
from etl_monitor_orm.models import Parameter, Process, ProcessingStep, SequenceStage, SysLog, Task
from etl_monitor_orm.monitor import ETLMonitor
from etl_monitor_orm.services.dispatch import PendingTask
from etl_monitor_orm.services.logs import LogEntry
from etl_monitor_orm.services.modes import ModeChange
from etl_monitor_orm.views import (
    CurrentFailure,
    MandatoryBlocker,
    ProcessStatus,
    RunSummary,
    TaskDetail,
    Watermark,
)
from etl_monitor_orm.vocabulary import (
    LoadFrequency,
    LogLevel,
    LogType,
    ParameterType,
    RunStatus,
    SourceType,
    Status,
)

register_dialects()

__all__ = [
    "ConfigurationError",
    "ConflictError",
    "ConnectionBroken",
    "CurrentFailure",
    "DatabaseError",
    "DatabaseLocked",
    "ETLMonitor",
    "EtlLogHandler",
    "EtlMonitorError",
    "InvalidInput",
    "InvalidTransition",
    "LoadFrequency",
    "LogEntry",
    "LogLevel",
    "LogType",
    "MandatoryBlocker",
    "ManualClock",
    "ModeChange",
    "NotFoundError",
    "Parameter",
    "ParameterNotFound",
    "ParameterType",
    "PendingTask",
    "Process",
    "ProcessInactive",
    "ProcessNotFound",
    "ProcessStatus",
    "ProcessingStep",
    "Retryable",
    "Run",
    "RunStatus",
    "RunSummary",
    "SchemaError",
    "SchemaMissing",
    "SchemaOutOfDate",
    "SequenceStage",
    "SourceType",
    "StageNotFound",
    "Status",
    "StepNotFound",
    "StepNotQueued",
    "SysLog",
    "Task",
    "TaskDetail",
    "TaskHandle",
    "TaskNotFound",
    "Watermark",
    "create_engine",
]
